//! Diagnostics as one JSON object.

use crate::places::Places;
use crate::text::json_text;
use serde_json::{Value, json};
use warmor_compiler::diagnostics::{Applicability, Diagnostic, LabelRole, Level};
use warmor_compiler::span::Span;

/// The diagnostics as text.
pub fn render(diagnostics: &[Diagnostic], places: &Places<'_>) -> String {
    json_text(&value(diagnostics, places))
}

/// Diagnostics with their number, for verbs that say more.
pub fn value(diagnostics: &[Diagnostic], places: &Places<'_>) -> Value {
    let list: Vec<Value> = diagnostics.iter().map(|d| diagnostic(d, places)).collect();
    let count = |level| super::count(diagnostics, level);
    json!({
        "version": 1,
        "diagnostics": list,
        "summary": { "errors": count(Level::Error), "warnings": count(Level::Warning), "notes": count(Level::Note) },
    })
}

/// A span as a JSON object.
pub fn place(span: Span, places: &Places<'_>) -> Value {
    let p = places.place(span);
    json!({
        "file": p.path,
        "start": { "line": p.start.0, "column": p.start.1, "offset": span.start },
        "end": { "line": p.end.0, "column": p.end.1, "offset": span.end },
    })
}

fn diagnostic(d: &Diagnostic, places: &Places<'_>) -> Value {
    let labels = d.labels.iter().map(|l| {
        let role = match l.role {
            LabelRole::Primary => "primary",
            LabelRole::Secondary => "secondary",
        };
        json!({ "role": role, "text": l.text, "place": place(l.span, places) })
    });
    let fixes = d.fixes.iter().map(|f| {
        let safe = f.applicability == Applicability::Safe;
        json!({ "title": f.title, "place": place(f.span, places), "replacement": f.replacement, "safe": safe })
    });
    json!({
        "code": d.code.id(),
        "level": d.level.name(),
        "message": d.message,
        "place": place(d.span(), places),
        "labels": labels.collect::<Vec<_>>(),
        "help": d.help,
        "notes": d.notes,
        "fixes": fixes.collect::<Vec<_>>(),
    })
}
