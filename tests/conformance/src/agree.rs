//! Comparing an engine with the reference evaluator.

use warmor_compiler::evaluate::{self, Muted};
use warmor_compiler::lower::{LowerError, Lowered, Part, lower};
use warmor_compiler::model::Model;
use warmor_policy::event::{Event, encode};
use warmor_policy::image::Scratch;
use warmor_policy::verdict::Decision;

/// What an engine says of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The decision.
    pub decision: Decision,
    /// The ranks of all clauses that apply.
    pub applying: Vec<u32>,
}

/// A faster engine, made from a model.
pub trait Engine {
    /// Its name in reports.
    fn name(&self) -> &'static str;
    /// Mutes exactly these policies.
    fn mute(&mut self, muted: &[bool]);
    /// Decides an event.
    fn answer(&mut self, event: &[u8]) -> Answer;
}

/// What the reference evaluator says.
pub fn reference(model: &Model, event: &Event, muted: &[bool]) -> Answer {
    let clauses = model.clauses();
    let rank = |c| clauses.iter().position(|x| *x == c).unwrap_or(usize::MAX) as u32;
    let set: Muted = muted_set(muted);
    let mut applying: Vec<u32> = evaluate::applying(model, event).into_iter().map(rank).collect();
    applying.sort_unstable();
    Answer { decision: evaluate::decide(model, event, &set), applying }
}

fn muted_set(muted: &[bool]) -> Muted {
    muted
        .iter()
        .enumerate()
        .filter(|(_, m)| **m)
        .map(|(i, _)| warmor_compiler::model::PolicyId(i as u32))
        .collect()
}

/// The table evaluator.
pub struct Tables {
    lowered: Lowered,
    scratch: Scratch,
}

impl Tables {
    /// The tables of a model.
    ///
    /// # Errors
    /// When the model cannot be lowered.
    pub fn new(model: &Model) -> Result<Self, LowerError> {
        Ok(Self { lowered: lower(model, Part::Whole)?, scratch: Scratch::default() })
    }
}

impl Engine for Tables {
    fn name(&self) -> &'static str {
        "tables"
    }

    fn mute(&mut self, muted: &[bool]) {
        for (i, m) in muted.iter().enumerate() {
            self.lowered.image.set_muted(i as u32, *m);
        }
    }

    fn answer(&mut self, event: &[u8]) -> Answer {
        let image = &self.lowered.image;
        let decision = image.decide(event).expect("the generator makes events");
        let applying = image.applying(event, &mut self.scratch).expect("the generator makes events").to_vec();
        Answer { decision, applying }
    }
}

/// Compares an engine with the reference on one event.
///
/// # Errors
/// Both answers, where they differ.
///
/// # Panics
/// When the event has no byte form; those of the generator have one.
pub fn compare(
    model: &Model,
    engine: &mut dyn Engine,
    event: &Event,
    muted: &[bool],
) -> Result<(), Box<(Answer, Answer)>> {
    let expected = reference(model, event, muted);
    let found = engine.answer(&encode(event).expect("the generator makes events"));
    if expected == found { Ok(()) } else { Err(Box::new((expected, found))) }
}
