//! Diagnostics on a terminal, as the compiler draws them, and how many there are.

use crate::places::Places;
use crate::text::Paint;
use crate::text::plural;
use warmor_compiler::diagnostics::{Diagnostic, Level, Style, render_with_paths};

/// The diagnostics, and how many there are.
pub fn render(diagnostics: &[Diagnostic], places: &Places<'_>, color: bool) -> String {
    let style = if color { Style::Coloured } else { Style::Plain };
    let mut out = render_with_paths(places.sources(), diagnostics, style, &|file| places.path(file));
    if let Some(summary) = summary(diagnostics, Paint(color)) {
        out.push_str(&format!("\n{summary}\n"));
    }
    out
}

fn summary(diagnostics: &[Diagnostic], paint: Paint) -> Option<String> {
    let count = |level| super::count(diagnostics, level);
    let (errors, warnings) = (count(Level::Error), count(Level::Warning));
    let mut parts = Vec::new();
    if errors > 0 {
        parts.push(paint.bad(&plural(errors, "error")));
    }
    if warnings > 0 {
        parts.push(paint.warn(&plural(warnings, "warning")));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}
