//! Two rules that differ in their objects alone become one.

use super::{Action, ActionKind, At};
use crate::formatting::Edit;
use crate::tree::Node;
use warmor_compiler::span::Span;
use warmor_compiler::syntax::ast::{ItemKind, Member, Rule};

pub(super) fn merge_rules(at: &At<'_>, out: &mut Vec<Action>) {
    let around = at.around();
    let Some(Node::Rule(here)) = around.iter().rev().find(|node| matches!(node, Node::Rule(_))) else {
        return;
    };
    let Some(Node::Item(item)) = around.get(1) else { return };
    let ItemKind::Policy(policy) = &item.kind else { return };
    let rules: Vec<&Rule> = policy
        .members
        .iter()
        .filter_map(|m| if let Member::Rule(rule) = m { Some(rule) } else { None })
        .collect();
    let Some(place) = rules.iter().position(|rule| std::ptr::eq(*rule, *here)) else { return };
    let Some(next) = rules.get(place + 1) else { return };
    let simple = |rule: &Rule| {
        rule.docs.is_none()
            && rule.label.is_none()
            && rule.event.object.place.is_none()
            && rule.event.object.port.is_none()
    };
    let (Some(first), Some(last)) = (here.event.object.items.first(), here.event.object.items.last()) else {
        return;
    };
    let (Some(more), Some(end)) = (next.event.object.items.first(), next.event.object.items.last()) else {
        return;
    };
    if !simple(here) || !simple(next) {
        return;
    }
    let same_head = at.part(here.span.start, first.span.start) == at.part(next.span.start, more.span.start);
    let same_tail = at.part(last.span.end, here.span.end) == at.part(end.span.end, next.span.end);
    let only_space = at.part(here.span.end, next.span.start).trim().is_empty();
    if !(same_head && same_tail && only_space) {
        return;
    }
    let added = at.part(more.span.start, end.span.end);
    out.push(Action {
        title: "merge with the rule below".to_owned(),
        kind: ActionKind::Rewrite,
        edits: vec![
            at.insert(last.span.end, format!(", {added}")),
            Edit { span: Span::new(at.file(), here.span.end, next.span.end), text: String::new() },
        ],
        mends: None,
        is_preferred: false,
    });
}
