//! Values that are written out.

use super::{Hover, date, glob, network, number};
use crate::analysis::Analysis;
use crate::tree::Node;
use warmor_compiler::syntax::ast::{BinaryOperator, Expr, ExprKind, Literal};

/// What there is to say of the literal that these parts end with.
pub(super) fn hover(analysis: &Analysis, around: &[Node<'_>]) -> Option<Hover> {
    let (last, before) = around.split_last()?;
    let markdown = match (last, before.last()) {
        (Node::Text(text), Some(Node::Expr(Expr { kind: ExprKind::Host(_), .. }))) => {
            return Some(Hover::new(&glob::describe(analysis, &text.value)?, text.span));
        }
        (Node::Expr(Expr { kind: ExprKind::Literal(literal), .. }), parent) => match literal {
            Literal::Path(text) | Literal::Glob(text) => glob::describe(analysis, text),
            Literal::String(text) if text.starts_with('/') || is_pattern(parent) => {
                glob::describe(analysis, text)
            }
            Literal::Ip(address) => Some(network::address(*address)),
            Literal::Cidr { address, prefix } => Some(network::network(*address, *prefix)),
            Literal::Range { first, last } => Some(number::range(*first, *last)),
            Literal::Size(bytes) => Some(number::describe_size(*bytes)),
            Literal::Duration(nanoseconds) => Some(number::describe_duration(*nanoseconds)),
            Literal::Share(percent) => Some(number::describe_share(*percent)),
            Literal::Date(day) => Some(date::time(analysis, *day)),
            Literal::Bool(_) | Literal::Int(_) | Literal::String(_) => None,
        },
        _ => None,
    }?;
    Some(Hover::new(&markdown, last.span()))
}

/// Whether what stands on the right of an operator is a glob.
fn is_pattern(parent: Option<&Node<'_>>) -> bool {
    matches!(
        parent,
        Some(Node::Expr(Expr { kind: ExprKind::Binary { operator, .. }, .. }))
            if operator.node == BinaryOperator::Matches
    )
}
