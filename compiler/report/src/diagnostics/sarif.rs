//! Diagnostics as SARIF 2.1.0 (OASIS standard, Static Analysis Results Interchange Format).

use crate::places::Places;
use crate::text::json_text;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use warmor_compiler::diagnostics::{Code, Diagnostic, Fix, Label, LabelRole, Level};
use warmor_compiler::span::Span;

/// The diagnostics as a run.
pub fn render(diagnostics: &[Diagnostic], places: &Places<'_>) -> String {
    let codes: Vec<Code> = diagnostics.iter().map(|d| d.code).collect::<BTreeSet<_>>().into_iter().collect();
    let results: Vec<Value> = diagnostics.iter().map(|d| result(d, &codes, places)).collect();
    let whole = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "warmorc",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": codes.iter().map(|c| rule(*c)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    json_text(&whole)
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    }
}

fn rule(code: Code) -> Value {
    json!({
        "id": code.id(),
        "shortDescription": { "text": code.title() },
        "help": { "text": code.page(), "markdown": code.page() },
        "defaultConfiguration": { "level": level(code.level()) },
    })
}

fn result(d: &Diagnostic, codes: &[Code], places: &Places<'_>) -> Value {
    let message = match &d.help {
        Some(help) => format!("{}\n{help}", d.message),
        None => d.message.clone(),
    };
    let mut result = json!({
        "ruleId": d.code.id(),
        "ruleIndex": codes.binary_search(&d.code).unwrap_or_default(),
        "level": level(d.level),
        "message": { "text": message },
        "locations": [{ "physicalLocation": physical(d.span(), places) }],
    });
    let related: Vec<Value> =
        d.labels.iter().filter(|l| l.role == LabelRole::Secondary).map(|l| related(l, places)).collect();
    if !related.is_empty() {
        result["relatedLocations"] = related.into();
    }
    if !d.fixes.is_empty() {
        result["fixes"] = d.fixes.iter().map(|f| fix(f, places)).collect::<Vec<_>>().into();
    }
    result
}

fn related(label: &Label, places: &Places<'_>) -> Value {
    json!({ "physicalLocation": physical(label.span, places), "message": { "text": label.text } })
}

fn fix(fix: &Fix, places: &Places<'_>) -> Value {
    json!({
        "description": { "text": fix.title },
        "artifactChanges": [{
            "artifactLocation": artifact(fix.span, places),
            "replacements": [{
                "deletedRegion": region(fix.span, places),
                "insertedContent": { "text": fix.replacement },
            }],
        }],
    })
}

fn physical(span: Span, places: &Places<'_>) -> Value {
    json!({ "artifactLocation": artifact(span, places), "region": region(span, places) })
}

fn artifact(span: Span, places: &Places<'_>) -> Value {
    json!({ "uri": uri(&places.path(span.file)) })
}

fn region(span: Span, places: &Places<'_>) -> Value {
    let p = places.place(span);
    json!({ "startLine": p.start.0, "startColumn": p.start.1, "endLine": p.end.0, "endColumn": p.end.1 })
}

/// A path as a reference of RFC 3986.
pub fn uri(path: &str) -> String {
    let mut out = String::new();
    if path.starts_with('/') {
        out.push_str("file://");
    }
    for b in path.bytes() {
        match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' | b'~' => out.push(b.into()),
            _ => {
                for digit in [b >> 4, b & 15] {
                    out.push(char::from_digit(digit.into(), 16).map_or('0', |c| c.to_ascii_uppercase()));
                }
                let at = out.len() - 2;
                out.insert(at, '%');
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn paths_become_references() {
        assert_eq!(uri("a b/é.warmor"), "a%20b/%C3%A9.warmor");
        assert_eq!(uri("/srv/a:b"), "file:///srv/a%3Ab");
        assert_eq!(uri("<stdin>"), "%3Cstdin%3E");
    }
}
