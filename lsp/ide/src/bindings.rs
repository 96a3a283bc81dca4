//! What the parameters of templates and predicates are given.

use crate::analysis::Analysis;
use crate::tree::{Node, path, walk};
use warmor_compiler::resolve::DefId;
use warmor_compiler::span::Span;
use warmor_compiler::syntax::ast::{Expr, ExprKind, ItemKind, QualifiedName};

/// The arguments that a parameter is given wherever its template or predicate is used, in the order of files and places.
pub(crate) fn bindings(analysis: &Analysis, parameter: Span) -> Vec<Span> {
    let Some((id, position)) = position(analysis, parameter) else { return Vec::new() };
    let symbols = &analysis.checked().symbols;
    let means = |name: &QualifiedName| {
        name.segments.last().is_some_and(|last| symbols.at(last.span.file, last.span.start) == Some(id))
    };
    let mut out = Vec::new();
    for place in symbols.uses_of(id) {
        let Some(file) = analysis.file(place.file) else { continue };
        for node in path(&file.tree, place.start) {
            let arguments: &[Expr] = match node {
                Node::Use(used) if means(&used.template) => &used.arguments,
                Node::Expr(Expr { kind: ExprKind::Call { callee, arguments }, .. }) if means(callee) => {
                    arguments
                }
                _ => continue,
            };
            out.extend(arguments.get(position).map(|argument| argument.span));
        }
    }
    out
}

/// Whose parameter it is, and the how-manieth.
fn position(analysis: &Analysis, parameter: Span) -> Option<(DefId, usize)> {
    let file = analysis.file(parameter.file)?;
    let around = path(&file.tree, parameter.start);
    let Some(Node::Item(item)) = around.get(1) else { return None };
    let (name, parameters) = match &item.kind {
        ItemKind::Template(template) => (&template.name, &template.parameters),
        ItemKind::Predicate(predicate) => (&predicate.name, &predicate.parameters),
        _ => return None,
    };
    let id = analysis.checked().symbols.at(name.span.file, name.span.start)?;
    Some((id, parameters.iter().position(|p| p.name.span == parameter)?))
}

/// The lists that the variable of a quantifier ranges over.
pub(crate) fn ranged_over(analysis: &Analysis, variable: Span) -> Option<Span> {
    let file = analysis.file(variable.file)?;
    let mut found = None;
    walk(Node::File(&file.tree), &mut |node| {
        if let Node::Expr(Expr { kind: ExprKind::Quantified { variable: name, list, .. }, .. }) = node
            && name.span == variable
        {
            found = Some(list.span);
        }
    });
    found
}
