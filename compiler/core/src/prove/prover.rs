//! A program looked at again and again, as it is edited.

use super::engine::Engine;
use super::findings::{Findings, Run};
use super::space::Space;
use super::{Budget, ModelId};
use crate::model::Model;

/// Looks for what there is to find in a program, and keeps what it found out for the next look.
///
/// What is kept are answers to questions about what conditions say, not about where they are written or which rule has them. An
/// edit asks anew only those questions that its rules have a part in, wherever it moves the others; and what is found is what
/// [`findings`](super::findings()) finds in the edited program, to the letter.
///
/// ```
/// # use warmor_compiler::{check::{Options, check}, resolve::Sources};
/// use warmor_compiler::prove::{Budget, Prover};
///
/// # let model = |text: &str| check(&Sources::single("a.warmor", text), &Options::default()).into_model().unwrap();
/// let before = model("policy p for any { mode prevent deny read /etc/shadow }");
/// let after = model("policy p for any { mode prevent deny read /etc/shadow deny read /etc/* }");
///
/// let mut prover = Prover::new(Budget::default());
/// assert_eq!(prover.look(&before, &|| false).unwrap().list.len(), 0);
/// assert_eq!(prover.look(&after, &|| false).unwrap().list.len(), 1);
/// ```
pub struct Prover {
    budget: Budget,
    /// What is known; `None` before the first look.
    space: Option<Space<'static>>,
    /// How much was known after the first look.
    first: usize,
}

/// How many times more than after the first look is kept before everything is forgotten: what no program of now needs.
const MAX_GROWTH: usize = 4;
/// … and how much is kept in any case.
const MIN_KEPT: usize = 100_000;

impl Prover {
    /// A prover that knows nothing yet. The budget is for each look.
    pub const fn new(budget: Budget) -> Self {
        Self { budget, space: None, first: 0 }
    }

    /// Everything that there is to find in the program; `None` if `cancelled` said so, which is asked every now and then. A look
    /// that was cancelled keeps what it found out.
    pub fn look(&mut self, model: &Model, cancelled: &dyn Fn() -> bool) -> Option<Findings> {
        let known = self.space.take().filter(|s| s.size() <= MIN_KEPT.max(MAX_GROWTH * self.first));
        let fresh = known.is_none();
        let mut space = known.unwrap_or_default().about(vec![model], self.budget.total);
        space.cancelled = Some(cancelled);
        let mut engine = Engine::within(space, self.budget);
        let found = Run::new(&mut engine, model, ModelId(0)).all();
        let space = engine.into_space();
        let stopped = space.stopped;
        let space = space.about(Vec::new(), 0);
        if fresh {
            self.first = space.size();
        }
        self.space = Some(space);
        (!stopped).then_some(found)
    }
}

impl std::fmt::Debug for Prover {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let known = self.space.as_ref().map_or(0, Space::size);
        f.debug_struct("Prover").field("budget", &self.budget).field("known", &known).finish_non_exhaustive()
    }
}
