//! Where a thing is named: for "find references" and for highlighting.

use crate::analysis::{Analysis, Place};
use crate::clauses::Clauses;
use crate::names::{Meaning, local_places, meant};
use crate::tree::{Node, Reference, dotted, walk};
use warmor_compiler::span::Span;
use warmor_compiler::syntax::ast::QualifiedName;

/// How a thing is named at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OccurrenceKind {
    /// It is defined there.
    Definition,
    /// It is used there.
    Use,
}

/// A place where a thing is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// The word.
    pub span: Span,
    /// How.
    pub kind: OccurrenceKind,
}

/// All places in the program where what is named at a place is named, that place among them, by file and offset.
pub fn references(analysis: &Analysis, place: Place) -> Vec<Occurrence> {
    meant(analysis, place).map(|m| of_meaning(analysis, &m.meaning)).unwrap_or_default()
}

/// All places where a thing is named.
pub(crate) fn of_meaning(analysis: &Analysis, meaning: &Meaning) -> Vec<Occurrence> {
    let definition = |span| Occurrence { span, kind: OccurrenceKind::Definition };
    let used = |span| Occurrence { span, kind: OccurrenceKind::Use };
    let symbols = &analysis.checked().symbols;
    let mut list: Vec<Occurrence> = match meaning {
        Meaning::Definition(id) => {
            let own = symbols.definition(*id).map(|d| definition(d.span));
            let by_rules = own.map(|o| clause_references(analysis, &[o.span])).unwrap_or_default();
            own.into_iter().chain(symbols.uses_of(*id).chain(by_rules).map(used)).collect()
        }
        Meaning::Local(name) => {
            let places = local_places(analysis, *name);
            places.into_iter().map(|span| if span == *name { definition(span) } else { used(span) }).collect()
        }
        Meaning::Rules(labels) => {
            let names = clause_references(analysis, labels);
            labels.iter().copied().map(definition).chain(names.into_iter().map(used)).collect()
        }
        Meaning::Fact(_)
        | Meaning::Action(_)
        | Meaning::Group(_)
        | Meaning::Value(..)
        | Meaning::Files(_)
        | Meaning::Word => Vec::new(),
    };
    list.sort_by_key(|o| (o.span.file, o.span.start, o.kind));
    list.dedup_by_key(|o| o.span);
    list
}

/// The words of references to rules, policies and detections that mean what is defined at one of these places: in `p.t.label` each of
/// the three words means something.
fn clause_references(analysis: &Analysis, names: &[Span]) -> Vec<Span> {
    let clauses = analysis.clauses();
    let mut found = Vec::new();
    let mut look = |reference: &QualifiedName, clauses: &Clauses| {
        for clause in clauses.named(&dotted(reference)) {
            let words = reference.segments.iter().rev().zip(clause.parts.iter().rev());
            found.extend(words.filter(|(_, part)| names.contains(part)).map(|(word, _)| word.span));
        }
    };
    for file in analysis.sources().files() {
        walk(Node::File(&file.tree), &mut |node| match node {
            Node::Reference(name, Reference::Rule) => look(name, clauses),
            Node::Use(used) if !used.without.is_empty() => {
                let Some(template) = used.template.segments.last() else { return };
                let own = Clauses::of_template(analysis, template.span);
                used.without.iter().for_each(|name| look(name, &own));
            }
            _ => {}
        });
    }
    found
}
