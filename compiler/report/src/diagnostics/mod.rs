//! Diagnostics for people and for tools.

mod github;
mod json;
mod pretty;
mod sarif;

pub use github::{annotation, render as github};
pub use json::{place, render as json, value};
pub use pretty::render as pretty;
pub use sarif::{render as sarif, uri};

use warmor_compiler::diagnostics::{Diagnostic, Level};

/// How many there are of a level.
pub fn count(diagnostics: &[Diagnostic], level: Level) -> usize {
    diagnostics.iter().filter(|d| d.level == level).count()
}
