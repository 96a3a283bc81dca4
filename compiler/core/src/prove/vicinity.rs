//! Where a question looks, so that of a large program only those clauses are read that can have to do with it.

use super::engine::ModelId;
use super::outline::{Outline, Told};
use super::search::Readable;
use crate::model::ClauseRef;
use rustc_hash::FxHashSet;
use std::rc::Rc;

/// Events of which it is known beforehand what they have at least, what of them is unknown, and which clauses do not apply to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Vicinity {
    pub(super) outline: Rc<Outline>,
    /// Facts that are unknown.
    pub(super) unknown: Told,
    /// Clauses that do not apply.
    pub(super) apart: Option<Rc<FxHashSet<(ModelId, ClauseRef)>>>,
}

impl std::hash::Hash for Vicinity {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (&self.outline, self.unknown, self.apart.is_some()).hash(state);
    }
}

impl Vicinity {
    pub(super) fn new(outline: Rc<Outline>, apart: &[(ModelId, ClauseRef)]) -> Self {
        let apart = (!apart.is_empty()).then(|| Rc::new(apart.iter().copied().collect()));
        Self { outline, unknown: Told::NONE, apart }
    }

    pub(super) fn is_apart(&self, model: ModelId, clause: ClauseRef) -> bool {
        self.apart.as_ref().is_some_and(|apart| apart.contains(&(model, clause)))
    }

    /// All events of the vicinity, in cases, those first that are easiest to read.
    ///
    /// An outline says nothing of a fact that is unknown. So there is a case for each set of the facts that it tells of: those are
    /// unknown, which makes constants of the tests of them, and the others are not, so that the outline holds of them.
    pub(super) fn cases(self) -> impl Iterator<Item = (Self, Readable)> {
        let told = self.outline.told();
        let first = (self.clone(), Readable::any(false));
        let others = told.subsets().map(move |hidden| {
            let outline = Rc::new(self.outline.without(hidden));
            let near = Self { outline, unknown: hidden, apart: self.apart.clone() };
            (near, Readable { unknown: true, hidden, plain: told.without(hidden) })
        });
        std::iter::once(first).chain(others)
    }
}
