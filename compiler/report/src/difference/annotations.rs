//! A difference on the lines of the new program: for code scanning, and for pull requests.

use super::told::{Told, asks, setting};
use crate::diagnostics::{annotation, uri};
use crate::places::Place;
use crate::story;
use crate::text::json_text;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use warmor_compiler::difference::{Change, Tendency};

/// Something to be shown at a place.
struct Note {
    id: &'static str,
    title: &'static str,
    widens: bool,
    place: Place,
    message: String,
    /// What stays the same while lines move.
    key: String,
}

fn notes(told: &Told<'_>) -> Vec<Note> {
    let mut notes: Vec<Note> = Vec::new();
    for row in &told.rows {
        let example =
            Told::event(row).map_or(String::new(), |e| format!("\nfor example: {}", story::event(e)));
        let (id, title) = (row.kind.id(), row.kind.title());
        let message = format!(
            "{title}: {} by {}\nwas: {}\nnow: {}{example}",
            row.actions, row.subject, row.before, row.after
        );
        let (before, after) = told.names(row);
        let asks = match &row.group.change {
            Change::Asked { items, .. } => format!("/{}", asks(items)),
            Change::Verdict { .. } | Change::Detection { .. } => String::new(),
        };
        let key = format!("{id}/{}/{before}/{after}{asks}", row.subject);
        notes.push(Note { id, title, widens: row.kind.widens(), place: told.anchor(row), message, key });
    }
    for changed in told.difference.settings.iter().filter(|s| s.tendency != Tendency::Same) {
        let (what, how) = setting(changed);
        notes.push(Note {
            id: "setting",
            title: "a setting that differs",
            widens: changed.tendency == Tendency::Wider,
            place: told.setting_anchor(changed),
            message: format!("{what}: {how}"),
            key: format!("setting/{what}"),
        });
    }
    for line in told.open() {
        notes.push(Note {
            id: "not-known",
            title: "not known: the budget ran out",
            widens: true,
            place: told.new.places.place(told.new.model.policies.first().map(|p| p.span).unwrap_or_default()),
            key: format!("not-known/{line}"),
            message: line,
        });
    }
    notes
}

/// Workflow commands of GitHub Actions: warnings for what is wider or not known, notices for the rest.
pub fn github(told: &Told<'_>) -> String {
    let kind = |widens| if widens { "warning" } else { "notice" };
    notes(told).iter().map(|n| annotation(kind(n.widens), &n.place, n.title, &n.message)).collect()
}

/// SARIF 2.1.0.
pub fn sarif(told: &Told<'_>) -> String {
    let notes = notes(told);
    let rules: BTreeMap<&str, &str> = notes.iter().map(|n| (n.id, n.title)).collect();
    let index = |id: &str| rules.keys().position(|k| *k == id).unwrap_or_default();
    let results: Vec<Value> = notes
        .iter()
        .map(|n| {
            let region = json!({
                "startLine": n.place.start.0, "startColumn": n.place.start.1,
                "endLine": n.place.end.0, "endColumn": n.place.end.1,
            });
            json!({
                "ruleId": n.id,
                "ruleIndex": index(n.id),
                "level": if n.widens { "warning" } else { "note" },
                "message": { "text": n.message },
                "locations": [{ "physicalLocation": {
                    "artifactLocation": { "uri": uri(&n.place.path) },
                    "region": region,
                }}],
                "partialFingerprints": { "warmorDiff/v1": n.key },
            })
        })
        .collect();
    let rules: Vec<Value> =
        rules.iter().map(|(id, title)| json!({ "id": id, "shortDescription": { "text": title } })).collect();
    json_text(&json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "warmorc diff", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    }))
}
