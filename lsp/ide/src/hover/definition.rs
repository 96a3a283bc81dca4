//! Definitions: their text, their documentation, and what they come to.

use super::{MOST_LINES, counted, subject, values};
use crate::analysis::Analysis;
use crate::markdown::{code, first_lines};
use crate::tree::Node;
use std::fmt::Write;
use warmor_compiler::model::{Mode, Model, Rule};
use warmor_compiler::resolve::{DefId, DefKind, Definition};
use warmor_policy::schema::Action;

/// A definition that is named inside of these parts.
pub(super) fn describe(analysis: &Analysis, id: DefId, around: &[Node<'_>]) -> Option<String> {
    let symbols = &analysis.checked().symbols;
    let found = symbols.definition(id)?;
    let model = &analysis.checked().partial;
    let text = analysis.text(found.item);
    let mut out = String::new();
    let shown = match found.kind {
        DefKind::Let | DefKind::Subject | DefKind::Predicate | DefKind::Param => {
            first_lines(text, MOST_LINES)
        }
        // Their bodies are shown where they stand.
        DefKind::Template | DefKind::Policy | DefKind::Detect => {
            text.split('{').next().unwrap_or(text).trim_end().to_owned()
        }
    };
    out.push_str(&code(&shown));
    if !found.doc.is_empty() {
        out.push_str(&found.doc);
        out.push_str("\n\n");
    }
    match found.kind {
        DefKind::Let | DefKind::Param => values::describe(analysis, id, around, &mut out),
        DefKind::Subject => subject::describe(analysis, found, &mut out),
        _ => policy_facts(model, found, &mut out),
    }
    let module = symbols.module(found.module);
    if !module.is_empty() && module != model.package {
        let _ = writeln!(out, "in `{module}`");
    }
    Some(out)
}

fn policy_facts(model: &Model, found: &Definition, out: &mut String) {
    let Some((index, policy)) = model.policies.iter().enumerate().find(|(_, p)| p.span == found.span) else {
        return;
    };
    let rules: Vec<&Rule> = model.rules.iter().filter(|r| r.policy.0 as usize == index).collect();
    let mode = match policy.mode {
        Mode::Prevent => "prevent",
        Mode::Detect => "detect",
    };
    let _ = writeln!(out, "- mode {mode}, severity {}", policy.severity.name());
    if !policy.default_deny.is_empty() {
        let names: Vec<&str> = policy.default_deny.iter().map(Action::name).collect();
        let _ = writeln!(out, "- default deny {}", names.join(", "));
    }
    let from_templates = rules.iter().filter(|r| r.used_at.is_some()).count();
    let _ = match from_templates {
        0 => writeln!(out, "- {}", counted(rules.len(), "rule")),
        n => writeln!(out, "- {}, {n} of them from templates", counted(rules.len(), "rule")),
    };
}
