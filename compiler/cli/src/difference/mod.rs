//! What `warmorc diff` compares, and what it tells in all its formats.

mod annotations;
mod git;
mod input;
mod json;
mod markdown;
mod pretty;
mod told;

pub use annotations::{github, sarif};
pub use input::load;
pub use json::render as json;
pub use markdown::render as markdown;
pub use pretty::render as pretty;
pub use told::{Told, Version};
