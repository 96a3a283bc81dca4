//! A condition, or some neighbouring parts of one, gets a name of its own.

use super::parameters::{self, Parameters};
use super::{Action, ActionKind, At};
use crate::formatting::Edit;
use crate::tree::Node;
use warmor_compiler::span::Span;
use warmor_compiler::syntax::ast::{BinaryOperator, Expr, ExprKind, ItemKind};
use warmor_compiler::syntax::lexer::{TokenKind, lex};

pub(super) fn extract_predicate(at: &At<'_>, out: &mut Vec<Action>) {
    let around = at.around();
    let Some(Node::Item(item)) = around.get(1) else { return };
    // Where conditions stand. A test has none.
    if matches!(item.kind, ItemKind::Let(_) | ItemKind::Param(_) | ItemKind::Import(_) | ItemKind::Test(_)) {
        return;
    }
    let selected = at.selection();
    let Some(extracted) = around.iter().rev().find_map(|node| match node {
        Node::Expr(expr) => part(at, expr, selected),
        _ => None,
    }) else {
        return;
    };
    // What a comment is about would not be known.
    if at.text(extracted).contains('#') || !is_balanced(at, extracted) {
        return;
    }
    let Some(Parameters { declared, given }) = parameters::of(at, item, extracted) else { return };
    let name = at.fresh("condition");
    let text = at.text(extracted);
    out.push(Action {
        title: format!("extract into `predicate {name}`"),
        kind: ActionKind::Extract,
        edits: vec![
            at.insert(at.before(item), format!("predicate {name}({}) = {text}\n\n", declared.join(", "))),
            Edit { span: extracted, text: format!("{name}({})", given.join(", ")) },
        ],
        mends: None,
        is_preferred: false,
    });
}

/// The part of a condition that is meant: all of it, or those neighbours of an `and` or `or` that are selected.
fn part(at: &At<'_>, expr: &Expr, selected: Span) -> Option<Span> {
    let holds = |outer: Span, inner: Span| outer.start <= inner.start && inner.end <= outer.end;
    if !is_condition(expr) || !holds(expr.span, selected) {
        return None;
    }
    if let (ExprKind::And(parts) | ExprKind::Or(parts), false) = (&expr.kind, selected.is_empty()) {
        let mut touched = parts.iter().filter(|part| at.touches(part.span));
        let (first, last) = (touched.next()?, touched.next_back());
        return Some(last.map_or(expr.span, |last| first.span.to(last.span)));
    }
    Some(expr.span)
}

/// Whether an expression is true or false, and more than the call of a predicate.
fn is_condition(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Or(_)
        | ExprKind::And(_)
        | ExprKind::Not(_)
        | ExprKind::Has(_)
        | ExprKind::Quantified { .. }
        | ExprKind::SomeAncestor(_) => true,
        ExprKind::Binary { operator, .. } => {
            !matches!(operator.node, BinaryOperator::Add | BinaryOperator::Subtract)
        }
        _ => false,
    }
}

/// Whether every bracket in a part is closed in it: parts of a condition begin and end inside of their parentheses.
fn is_balanced(at: &At<'_>, span: Span) -> bool {
    let mut open = 0usize;
    for token in lex(at.text(span), at.file()).tokens {
        match token.kind {
            TokenKind::LeftParen | TokenKind::LeftBracket => open += 1,
            TokenKind::RightParen | TokenKind::RightBracket => match open.checked_sub(1) {
                Some(left) => open = left,
                None => return false,
            },
            _ => {}
        }
    }
    open == 0
}
