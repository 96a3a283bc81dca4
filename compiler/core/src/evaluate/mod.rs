//! The reference evaluator: the definition of what a policy means.
//!
//! It walks the [`Model`] for one event at a time, without indexes, and matches globs, texts, numbers and networks with
//! matchers of its own, so that it can judge whatever decides faster. Where another engine disagrees with it, the other
//! engine is wrong.
//!
//! Laws (each is a test in `evaluate/tests`):
//!
//! 1. *Facts.* A test of facts is false on an absent fact and unknown on an unknown one. `not`, `and`, `or` are Kleene's.
//! 2. *Order.* Nothing but the deciding clause depends on the order of rules and policies, and it only through severity.
//! 3. *Muting.* Muting policies, whichever and however many, never denies what was not denied.
//! 4. *Detecting.* A policy in `mode detect` never changes what is enforced.
//!
//! An event is taken as it is: who makes one folds wildcard targets first
//! ([`Event::normalise`](warmor_policy::event::Event::normalise)).

mod clause;
mod condition;
mod decide;
mod expect;
mod explain;
mod glob;
#[cfg(test)]
mod tests;
mod truth;

pub use clause::{applies, applying, truth};
pub use decide::{Muted, decide, decide_operation};
pub use expect::{Judged, judge, unmet};
pub use explain::{Applied, Cause, Missed, Part, Standing, Trace, explain};
pub use truth::Truth;

#[cfg(test)]
use crate::model::TextTest;
use crate::model::{Cond, Glob, Model};
use warmor_policy::event::Event;

/// The truth of a condition that belongs to no clause (an assumption, a subject).
pub fn holds(model: &Model, cond: &Cond, event: &Event) -> Truth {
    let memo = condition::Memo::default();
    condition::Context::new(model, event, condition::Overlap::Holds, &memo).truth(cond, true)
}

/// Whether a whole text matches a glob, by the definition.
pub fn glob_matches(glob: &Glob, text: &[u8]) -> bool {
    glob::matches(glob, text)
}

/// Whether a text passes a test.
#[cfg(test)]
pub(crate) fn text_matches(test: &TextTest, text: &[u8]) -> bool {
    condition::text_passes(test, text)
}
