//! Diagnostics on a terminal, drawn by miette.

use super::plural;
use crate::output::{Paint, blunt, escape, escape_lines};
use crate::places::Places;
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, Severity};
use std::collections::HashMap;
use std::sync::Arc;
use warmor_compiler::diagnostics::{Diagnostic, LabelRole, Level};
use warmor_compiler::span::FileId;

/// Columns that a report takes: the same everywhere, so that logs can be compared.
const WIDTH: usize = 100;

/// A diagnostic as miette wants it.
#[derive(Debug)]
struct Shown {
    message: String,
    code: &'static str,
    severity: Severity,
    help: Option<String>,
    labels: Vec<LabeledSpan>,
    source: NamedSource<Arc<str>>,
}

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Shown {}

impl miette::Diagnostic for Shown {
    fn code(&self) -> Option<Box<dyn std::fmt::Display + '_>> {
        Some(Box::new(self.code))
    }

    fn severity(&self) -> Option<Severity> {
        Some(self.severity)
    }

    fn help(&self) -> Option<Box<dyn std::fmt::Display + '_>> {
        self.help.as_ref().map(|h| Box::new(h) as Box<dyn std::fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

pub(super) fn render(diagnostics: &[Diagnostic], places: &Places<'_>, color: bool) -> String {
    let theme = if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(WIDTH).with_links(false).tab_width(4);
    let mut texts: HashMap<FileId, Arc<str>> = HashMap::new();
    let mut out = String::new();
    for d in diagnostics {
        let file = d.span().file;
        let text = texts.entry(file).or_insert_with(|| blunt(places.source(file)).into()).clone();
        // Writing to a string cannot fail; a source that miette cannot cut is reported without its text.
        if handler.render_report(&mut out, &shown(d, places, text)).is_err() {
            out.push_str(&format!(
                "{} at {}\n",
                escape(&d.message),
                escape(&places.place(d.span()).to_string())
            ));
        }
        out.push('\n');
    }
    if let Some(summary) = summary(diagnostics, Paint(color)) {
        out.push_str(&summary);
        out.push('\n');
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

fn shown(d: &Diagnostic, places: &Places<'_>, text: Arc<str>) -> Shown {
    let file = d.span().file;
    let mut labels = Vec::new();
    let mut advice: Vec<String> = d.help.iter().map(|h| escape_lines(h)).collect();
    for label in &d.labels {
        if label.span.file == file {
            let end = (label.span.range().end).min(text.len());
            let start = label.span.range().start.min(end);
            let words = Some(escape(&label.text)).filter(|t| !t.is_empty());
            labels.push(match label.role {
                LabelRole::Primary => LabeledSpan::new_primary_with_span(words, (start, end - start)),
                LabelRole::Secondary => LabeledSpan::new(words, start, end - start),
            });
        } else {
            advice.push(format!(
                "{} at {}",
                escape(&label.text),
                escape(&places.place(label.span).to_string())
            ));
        }
    }
    advice.extend(d.notes.iter().map(|n| format!("note: {}", escape_lines(n))));
    Shown {
        message: escape_lines(&d.message),
        code: d.code.id(),
        severity: match d.level {
            Level::Error => Severity::Error,
            Level::Warning => Severity::Warning,
            Level::Note => Severity::Advice,
        },
        help: (!advice.is_empty()).then(|| advice.join("\n")),
        labels,
        source: NamedSource::new(escape(&places.path(file)), text),
    }
}
