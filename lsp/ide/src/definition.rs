//! Go to definition.

use crate::analysis::{Analysis, Place};
use crate::names::{Meaning, meant};
use warmor_compiler::span::Span;

/// Somewhere to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The text that was pointed at.
    pub from: Span,
    /// The whole of what it means.
    pub whole: Span,
    /// Its name.
    pub name: Span,
}

/// Where what is named at a place is defined; several places for a package of several files, or rules of one label.
pub fn definition(analysis: &Analysis, place: Place) -> Vec<Target> {
    let Some(meant) = meant(analysis, place) else { return Vec::new() };
    let from = meant.span;
    match meant.meaning {
        Meaning::Definition(id) => {
            let found = analysis.checked().symbols.definition(id);
            found.map(|d| Target { from, whole: d.item, name: d.span }).into_iter().collect()
        }
        Meaning::Local(name) => vec![Target { from, whole: name, name }],
        Meaning::Rules(labels) => labels.into_iter().map(|name| Target { from, whole: name, name }).collect(),
        Meaning::Files(files) => {
            let top = |id| Span::new(id, 0, 0);
            files.into_iter().map(|id| Target { from, whole: top(id), name: top(id) }).collect()
        }
        Meaning::Fact(_) | Meaning::Action(_) | Meaning::Group(_) | Meaning::Value(..) | Meaning::Word => {
            Vec::new()
        }
    }
}
