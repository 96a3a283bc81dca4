//! Objects of a list in order, each once.

use super::{Action, ActionKind, At};
use crate::formatting::Edit;
use crate::tree::Node;
use warmor_compiler::span::Span;
use warmor_compiler::syntax::ast::{Expr, ExprKind};

pub(super) fn sort_objects(at: &At<'_>, out: &mut Vec<Action>) {
    let around = at.around();
    let Some(items) = around.iter().rev().find_map(|node| list(*node)) else { return };
    let (Some(first), Some(last)) = (items.first(), items.last()) else { return };
    // A comment between two of them is about one of them: nobody knows which.
    let gaps =
        items.windows(2).map(|pair| at.text(Span::new(at.file(), pair[0].span.end, pair[1].span.start)));
    if gaps.clone().any(|gap| gap.chars().any(|c| c != ',' && !c.is_whitespace())) {
        return;
    }
    let separator = gaps.clone().next().unwrap_or(", ");
    let before: Vec<&str> = items.iter().map(|item| at.text(item.span)).collect();
    let mut sorted = before.clone();
    sorted.sort_unstable();
    sorted.dedup();
    if sorted == before {
        return;
    }
    out.push(Action {
        title: if sorted.len() < before.len() { "sort, and keep each once" } else { "sort" }.to_owned(),
        kind: ActionKind::Rewrite,
        edits: vec![Edit { span: first.span.to(last.span), text: sorted.join(separator) }],
        mends: None,
        is_preferred: false,
    });
}

/// The items of a list or of an object with two or more.
pub(super) fn list(node: Node<'_>) -> Option<&[Expr]> {
    match node {
        Node::Expr(Expr { kind: ExprKind::List(items), .. }) if items.len() > 1 => Some(items),
        Node::Object(object) if object.items.len() > 1 => Some(&object.items),
        _ => None,
    }
}
