//! Questions about a program: who can do this, can that subject do it, which networks does it reach.
//!
//! ```text
//!  words ─► question (checked as a claim of the program) ─► outcomes by deciding clause, each with an event, or none (proved)
//! ```
//!
//! A question is about *all* events that it certainly means. Each of them has one [`Outcome`]: the clause that decides it, and what
//! comes of it. The outcomes that there are are found by the [engine](crate::prove), one question each; an outcome that no event has
//! is proved to have none. So what is listed is complete, and what is not settled is said to be open.

mod decide;
mod outcome;
mod question;
pub mod reach;
mod residual;
mod subjects;

pub use decide::{Fare, Group, Meant, Outcomes, outcomes};
pub use outcome::{Outcome, Verdict, outcome};
pub use question::{Asked, Question, ask};
pub use subjects::{Row, Who, rows};

#[cfg(test)]
mod tests;
