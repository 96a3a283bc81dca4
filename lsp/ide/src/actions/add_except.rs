//! A denial leaves out what another rule allows.

use super::{Action, ActionKind, At};
use crate::formatting::Edit;
use crate::tree::{Node, path};
use warmor_compiler::diagnostics::Code;
use warmor_compiler::model::{ClauseRef, RuleEffect, RuleId};
use warmor_compiler::prove::About;
use warmor_compiler::span::Span;
use warmor_compiler::syntax::ast::{ExprKind, Item, ItemKind, Rule};

pub(super) fn add_except(at: &At<'_>, out: &mut Vec<Action>) {
    let Some(findings) = at.analysis.findings() else { return };
    let model = &at.analysis.checked().partial;
    let is_deny = |rule: RuleId| model.rule(rule).effect == RuleEffect::Deny;
    for diagnostic in at.concerned().filter(|d| d.code == Code::DeadAllow) {
        let Some(found) = findings.list.iter().find(|f| f.diagnostic.is_about(diagnostic)) else { continue };
        let About::Clause(ClauseRef::Rule(about)) = found.about else { continue };
        // With several denials across one allow, an exception in one of them changes nothing.
        let [ClauseRef::Rule(other)] = found.because[..] else { continue };
        let (denial, allow) = match (is_deny(about), is_deny(other)) {
            (true, false) => (about, other),
            (false, true) => (other, about),
            _ => continue,
        };
        let (Some(denial), Some(allow)) = (written(at, denial), written(at, allow)) else { continue };
        let Some(edit) = edit(at, denial, allow) else { continue };
        out.push(Action {
            title: format!("leave `{}` out of the denial", edit.1),
            kind: ActionKind::QuickFix,
            edits: vec![edit.0],
            mends: Some(diagnostic.clone()),
            is_preferred: false,
        });
    }
}

/// Where the file has a rule; `None` for rules of templates, which are many, and of other files.
fn written<'a>(at: &At<'a>, rule: RuleId) -> Option<&'a Rule> {
    let span = at.analysis.checked().partial.rule(rule).span;
    if span.file != at.file() {
        return None;
    }
    let around = path(&at.source.tree, span.start);
    let in_policy = around.iter().any(|node| matches!(node, Node::Item(item) if is_policy(item)));
    around.iter().find_map(|node| match node {
        Node::Rule(rule) if in_policy && rule.span == span => Some(*rule),
        _ => None,
    })
}

fn is_policy(item: &Item) -> bool {
    matches!(item.kind, ItemKind::Policy(_))
}

/// The exception, and what it leaves out.
fn edit<'a>(at: &At<'a>, denial: &Rule, allow: &Rule) -> Option<(Edit, &'a str)> {
    // What an allow leaves out, or asks for besides, would have to be said, too.
    let plain = |rule: &Rule| rule.event.object.place.is_none() && rule.event.object.port.is_none();
    if !plain(denial) || !plain(allow) || allow.event.except.is_some() || allow.event.condition.is_some() {
        return None;
    }
    let items = &allow.event.object.items;
    // Of a denial of the same objects nothing would be left.
    let allowed: Vec<&str> = items.iter().map(|item| at.text(item.span)).collect();
    if denial.event.object.items.iter().all(|item| allowed.contains(&at.text(item.span))) {
        return None;
    }
    let out = at.text(items.first()?.span.to(items.last()?.span));
    let edit = match &denial.event.except {
        None if items.len() == 1 => at.insert(denial.event.object.span.end, format!(" except {out}")),
        None => at.insert(denial.event.object.span.end, format!(" except [{out}]")),
        Some(except) => match &except.kind {
            ExprKind::List(known) => at.insert(known.last()?.span.end, format!(", {out}")),
            _ => {
                let span: Span = except.span;
                Edit { span, text: format!("[{}, {out}]", at.text(span)) }
            }
        },
    };
    Some((edit, out))
}
