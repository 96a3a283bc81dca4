//! A policy for several subjects becomes one for each.

use super::{Action, ActionKind, At};
use crate::analysis::Place;
use crate::formatting::Edit;
use crate::references::{OccurrenceKind, references};
use crate::tree::{Node, Word, walk};
use warmor_compiler::syntax::ast::{ExprKind, Item, ItemKind};

pub(super) fn split_policy(at: &At<'_>, out: &mut Vec<Action>) {
    let around = at.around();
    let in_head = around.iter().any(|node| matches!(node, Node::Subjects(_)));
    let Some(Node::Item(item @ Item { kind: ItemKind::Policy(policy), .. })) = around.get(1) else { return };
    let subjects = &policy.subjects;
    if !in_head || subjects.items.len() < 2 {
        return;
    }
    let names: Vec<&str> = subjects
        .items
        .iter()
        .filter_map(|item| if let ExprKind::Name(name) = &item.kind { Some(name.as_str()) } else { None })
        .collect();
    if names.len() < subjects.items.len() || is_named_elsewhere(at, item) {
        return;
    }
    let listed = match (subjects.items.first(), subjects.items.last()) {
        (Some(first), Some(last)) => first.span.to(last.span),
        _ => return,
    };
    let whole = item.docs.as_ref().map_or(item.span, |docs| docs.span.to(item.span));
    let own = policy.name.span;
    let texts: Vec<String> = names
        .iter()
        .map(|name| {
            let called = at.fresh(&format!("{}_{name}", policy.name.as_str()));
            let (before, between, after) = (
                at.part(whole.start, own.start),
                at.part(own.end, listed.start),
                at.part(listed.end, whole.end),
            );
            format!("{before}{called}{between}{name}{after}")
        })
        .collect();
    out.push(Action {
        title: format!("split into {} policies, one for each subject", names.len()),
        kind: ActionKind::Rewrite,
        edits: vec![Edit { span: whole, text: texts.join("\n\n") }],
        mends: None,
        is_preferred: false,
    });
}

/// Whether a test, an `overrides` or a claim names the policy or one of its rules: it could not mean both halves.
fn is_named_elsewhere(at: &At<'_>, item: &Item) -> bool {
    let mut named = false;
    walk(Node::Item(item), &mut |node| {
        if let Node::Word(name, Word::Label | Word::Definition(_)) = node {
            let place = Place { file: at.file(), offset: name.span.start };
            named |= references(at.analysis, place).iter().any(|o| o.kind == OccurrenceKind::Use);
        }
    });
    named
}
