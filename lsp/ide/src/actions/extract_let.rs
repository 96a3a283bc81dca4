//! A list gets a name of its own.

use super::sort_objects::list;
use super::{Action, ActionKind, At};
use crate::formatting::Edit;
use crate::tree::Node;
use warmor_compiler::span::Span;
use warmor_compiler::syntax::ast::ItemKind;

pub(super) fn extract_let(at: &At<'_>, out: &mut Vec<Action>) {
    let around = at.around();
    let Some(Node::Item(item)) = around.iter().find(|node| matches!(node, Node::Item(_))) else { return };
    // Inside a `let` it is named already; tests and imports name nothing; parameters are not seen outside.
    if !matches!(
        item.kind,
        ItemKind::Policy(_) | ItemKind::Subject(_) | ItemKind::Detect(_) | ItemKind::Assert(_)
    ) {
        return;
    }
    let Some((depth, items)) = around.iter().enumerate().rev().find_map(|(i, node)| Some((i, list(*node)?)))
    else {
        return;
    };
    let (Some(first), Some(last)) = (items.first(), items.last()) else { return };
    let span = match around[depth] {
        Node::Expr(expr) => expr.span,
        _ => first.span.to(last.span),
    };
    // A list of subjects is no value.
    if around[..depth].iter().any(|node| matches!(node, Node::Subjects(_) | Node::Record(_))) {
        return;
    }
    // The variable of a quantifier is not seen outside.
    let inside = Span::new(at.file(), first.span.start, last.span.end);
    if at.text(inside).contains('#') {
        return;
    }
    let name = at.fresh(wish(at, first.span));
    out.push(Action {
        title: format!("extract into `let {name}`"),
        kind: ActionKind::Extract,
        edits: vec![
            at.insert(at.before(item), format!("let {name} = [{}]\n\n", at.text(inside))),
            Edit { span, text: name },
        ],
        mends: None,
        is_preferred: false,
    });
}

/// What such things are called.
fn wish(at: &At<'_>, first: Span) -> &'static str {
    let text = at.text(first);
    if text.starts_with('/') {
        "paths"
    } else if text.starts_with('"') {
        "names"
    } else if text.contains(['.', ':']) {
        "networks"
    } else if text.starts_with(|c: char| c.is_ascii_digit()) {
        "numbers"
    } else {
        "values"
    }
}
