//! Diagnostics for people and for tools.

mod github;
mod json;
mod pretty;
mod sarif;

pub use github::annotation;
pub use json::{place, value};
pub use sarif::uri;

use crate::places::Places;
use warmor_compiler::diagnostics::{Diagnostic, Level};

/// How diagnostics are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Pretty,
    /// One JSON object.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands that put findings on the lines of a pull request.
    Github,
}

/// The diagnostics in that format.
pub fn render(format: Format, diagnostics: &[Diagnostic], places: &Places<'_>, color: bool) -> String {
    match format {
        Format::Pretty => pretty::render(diagnostics, places, color),
        Format::Json => json::render(diagnostics, places),
        Format::Sarif => sarif::render(diagnostics, places),
        Format::Github => diagnostics.iter().map(|d| github::render(d, places)).collect(),
    }
}

/// How many there are of a level.
pub fn count(diagnostics: &[Diagnostic], level: Level) -> usize {
    diagnostics.iter().filter(|d| d.level == level).count()
}

/// `2 errors`, `1 warning`.
pub fn plural(n: usize, word: &str) -> String {
    if n == 1 { format!("1 {word}") } else { format!("{n} {word}s") }
}
