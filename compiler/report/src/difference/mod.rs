//! A difference of two programs, in all formats.

mod annotations;
mod json;
mod markdown;
mod pretty;
mod told;

pub use annotations::{github, sarif};
pub use json::render as json;
pub use markdown::render as markdown;
pub use pretty::render as pretty;
pub use told::{Kind, Row, Told, Version, setting as setting_words};
