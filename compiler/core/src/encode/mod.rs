//! Policies as terms that a solver understands: the whole of a decision, for all events at once.
//!
//! ```text
//! Formula ──► terms ──► Solver ──► values ──► texts ──► event ──► evaluator
//!  (asked)   (encode)  (elsewhere)     ▲        │      (decode)   (replay)
//!                                      └ lemma ◄┘ none
//! ```
//!
//! | file | stage |
//! |---|---|
//! | `terms` | a small language of Booleans and bit vectors |
//! | `vocabulary`, `domain` | the variables that stand for an event, and which events there are |
//! | `condition`, `decision`, `formula` | conditions, verdicts and questions as terms |
//! | `texts` | what is said of texts before a solver starts |
//! | `search`, `implicant`, `realise` | the dialogue of a solver and the text engine |
//! | `decode` | a solver's values as an event, which the reference evaluator replays |
//! | `smtlib`, `dialogue` | terms as text, and solvers that read it |
//! | `confirm` | what findings of the exact engine claim, as formulas |
//! | `exact` | the same questions, put to the exact engine |
//!
//! Invariants: a text is never a solver's string, only the outcomes of its tests; every lemma holds of all texts, so that what is
//! not satisfiable here is not satisfiable; nothing is called a witness that the reference evaluator does not call one.

mod condition;
mod confirm;
mod decision;
mod decode;
mod dialogue;
mod domain;
mod exact;
mod formula;
mod implicant;
mod realise;
mod search;
mod smtlib;
mod terms;
#[cfg(test)]
mod tests;
mod texts;
mod vocabulary;

pub use confirm::Claimed;
pub use dialogue::Dialogue;
pub use domain::fit;
pub use exact::search_exactly;
pub use formula::{Formula, Muting, View, Witness};
pub use search::{Answer, Cause, Limits, Problem, Satisfiable, Solver};
pub use terms::{Node, Sort, Term, Terms, Variable};
