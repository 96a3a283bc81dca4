//! Diagnostics in the format that is asked for.

use warmor_compiler::diagnostics::Diagnostic;
use warmor_report::{Places, diagnostics};

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
pub fn render(format: Format, list: &[Diagnostic], places: &Places<'_>, color: bool) -> String {
    match format {
        Format::Pretty => diagnostics::pretty(list, places, color),
        Format::Json => diagnostics::json(list, places),
        Format::Sarif => diagnostics::sarif(list, places),
        Format::Github => diagnostics::github(list, places),
    }
}
