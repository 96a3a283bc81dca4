//! What an extracted part needs of the names around it.

use super::At;
use crate::names::local;
use crate::tree::{Node, Word, path, walk};
use warmor_compiler::span::Span;
use warmor_compiler::syntax::ast::{Item, ItemKind, Parameter};

/// The parameters that a part must have when it stands outside.
#[derive(Default)]
pub(super) struct Parameters {
    /// As they are declared.
    pub(super) declared: Vec<String>,
    /// What they are given.
    pub(super) given: Vec<String>,
}

/// Those that stand for the parameters of the item around a part. `None` where the part cannot leave: it uses the variable of a quantifier
/// around it.
pub(super) fn of(at: &At<'_>, item: &Item, part: Span) -> Option<Parameters> {
    let known: &[Parameter] = match &item.kind {
        ItemKind::Template(template) => &template.parameters,
        ItemKind::Predicate(predicate) => &predicate.parameters,
        _ => &[],
    };
    let inside = |span: Span| part.start <= span.start && span.end <= part.end;
    let mut used: Vec<Span> = Vec::new();
    walk(Node::Item(item), &mut |node| {
        if let Node::Word(name, Word::Value) = node
            && inside(name.span)
        {
            let around = path(&at.source.tree, name.span.start);
            used.extend(local(&around, name).filter(|definition| !inside(*definition)));
        }
    });
    let mut out = Parameters::default();
    for parameter in known {
        let count = used.len();
        used.retain(|definition| *definition != parameter.name.span);
        if used.len() < count {
            let ty = parameter.ty.as_ref().map_or(String::new(), |ty| format!(": {}", at.text(ty.span)));
            out.declared.push(format!("{}{ty}", parameter.name.as_str()));
            out.given.push(parameter.name.as_str().to_owned());
        }
    }
    used.is_empty().then_some(out)
}
