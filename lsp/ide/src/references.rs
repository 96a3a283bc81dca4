//! Where a thing is named: for "find references" and for highlighting.

use crate::analysis::{Analysis, Place};
use crate::names::{Meaning, labels_named, local_places, meant};
use crate::tree::{Node, Reference, dotted, walk};
use warmor_compiler::span::Span;

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
            let by_rules = named_clauses(analysis, |name| {
                symbols
                    .definition(*id)
                    .is_some_and(|d| d.name == name && labels_named(analysis, name).is_empty())
            });
            own.into_iter()
                .chain(symbols.uses_of(*id).map(used))
                .chain(by_rules.into_iter().map(used))
                .collect()
        }
        Meaning::Local(name) => {
            let places = local_places(analysis, *name);
            places.into_iter().map(|span| if span == *name { definition(span) } else { used(span) }).collect()
        }
        Meaning::Rules(labels) => {
            let names = named_clauses(analysis, |name| {
                labels_named(analysis, name).iter().any(|l| labels.contains(l))
            });
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

/// The last words of the references to rules, policies and detections that pass a test.
fn named_clauses(analysis: &Analysis, test: impl Fn(&str) -> bool) -> Vec<Span> {
    let mut found = Vec::new();
    for file in analysis.sources().files() {
        walk(Node::File(&file.tree), &mut |node| {
            if let Node::Reference(name, Reference::Rule) = node
                && let Some(last) = name.segments.last()
                && test(&dotted(name))
            {
                found.push(last.span);
            }
        });
    }
    found
}
