//! What `warmorc diff` compares.

mod git;
mod input;

pub use input::load;
