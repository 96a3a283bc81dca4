//! What `warmorc diff` tells, in all its formats.

mod pretty;
mod told;

pub use pretty::render as pretty;
pub use told::{Told, Version};
