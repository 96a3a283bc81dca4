//! The compiler's own fixes: did you mean, remove the rule, add what is missing.

use super::{Action, ActionKind, At};
use crate::diagnostics::diagnostics;
use crate::formatting::Edit;
use crate::tree::{Node, path};
use warmor_compiler::diagnostics::{Applicability, Fix};
use warmor_compiler::span::Span;

/// The fixes of the problems at the place.
pub(super) fn fixes(at: &At<'_>, out: &mut Vec<Action>) {
    for reported in diagnostics(at.analysis, at.file()) {
        let problem = reported.diagnostic;
        if !at.touches(problem.span()) {
            continue;
        }
        for (i, fix) in problem.fixes.iter().enumerate() {
            out.push(Action {
                title: fix.title.clone(),
                kind: ActionKind::QuickFix,
                edits: vec![edit(at, fix)],
                mends: Some(problem.clone()),
                is_preferred: i == 0,
            });
        }
    }
}

/// Everything in the file that can certainly be mended; of two changes to the same text the first.
pub(super) fn fix_all(at: &At<'_>, out: &mut Vec<Action>) {
    let mut edits: Vec<Edit> = Vec::new();
    for reported in diagnostics(at.analysis, at.file()) {
        let safe = reported.diagnostic.fixes.iter().find(|f| f.applicability == Applicability::Safe);
        if let Some(fix) = safe.filter(|f| f.span.file == at.file()) {
            edits.push(edit(at, fix));
        }
    }
    edits.sort_by_key(|e| (e.span.start, e.span.end));
    let mut end = 0;
    edits.retain(|e| {
        let apart = e.span.start >= end;
        if apart {
            end = e.span.end;
        }
        apart
    });
    if !edits.is_empty() {
        out.push(Action {
            title: "mend what can safely be mended".to_owned(),
            kind: ActionKind::FixAll,
            edits,
            mends: None,
            is_preferred: false,
        });
    }
}

/// A fix as a change; what stood alone on its lines goes with its line breaks.
fn edit(at: &At<'_>, fix: &Fix) -> Edit {
    let span = if fix.replacement.is_empty() && fix.span.file == at.file() {
        removal(at, fix.span)
    } else {
        fix.span
    };
    Edit { span, text: fix.replacement.clone() }
}

/// What goes with a part: a rule's comment and attributes, and the line breaks of lines on which nothing else stands.
pub(super) fn removal(at: &At<'_>, part: Span) -> Span {
    let around = path(&at.source.tree, part.start);
    let rule = around.iter().find_map(|node| match node {
        Node::Rule(rule) if rule.span == part => Some(*rule),
        _ => None,
    });
    let start = rule.map_or(part.start, |rule| at.begin(rule.span, rule.docs.as_ref()));
    let text = at.source.text.as_str();
    let before = text.get(..start as usize).unwrap_or("");
    let after = text.get(part.end as usize..).unwrap_or("");
    let first = before.rfind('\n').map_or(0, |i| i + 1);
    let last = after.find('\n').map_or(after.len(), |i| i + 1);
    if before[first..].trim().is_empty() && after[..last].trim().is_empty() {
        return Span::new(part.file, first as u32, part.end + last as u32);
    }
    Span::new(part.file, start, part.end)
}
