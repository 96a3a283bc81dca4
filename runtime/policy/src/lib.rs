//! What the compiler and the runtime share: the field schema, events and their encoding, verdicts, the table image with its
//! evaluator, and the artifact format.
//!
//! Nothing here depends on the compiler; the runtime needs nothing more than this crate to decide an event.

pub mod artifact;
pub mod event;
pub mod image;
pub mod schema;
pub mod verdict;
