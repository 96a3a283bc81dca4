//! The exact engine: questions about all events at once, answered with a proof or with an event.
//!
//! Every answer is one of three: there is such a thing (here it is), there is none (proved), or the budget ran out.

mod automaton;
mod axis;
mod claim;
mod content;
mod cover;
pub mod domain;
mod engine;
mod findings;
mod former;
mod formula;
mod index;
mod outline;
mod prover;
mod realise;
mod search;
mod space;
pub mod text;
mod vicinity;
mod walk;
pub mod witness;

pub use claim::{Claim, Verdict};
pub use engine::{Budget, Engine, ModelId};
pub use findings::{About, Finding, Findings, Witness, findings};
pub use formula::Formula;
pub use prover::Prover;

/// The answer to "is there one?".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer<T> {
    /// There is: this.
    Found(T),
    /// There is none.
    Empty,
    /// The budget ran out before that was known.
    Budget,
}

#[cfg(test)]
pub(crate) mod tests;
