//! Parameters of templates and predicates, and the variables of quantifiers.

use super::values::named;
use crate::analysis::Analysis;
use crate::bindings::bindings;
use crate::markdown::code;
use crate::tree::{Node, path};
use std::fmt::Write;
use warmor_compiler::span::Span;

/// A local name, by the place that defines it.
pub(super) fn describe(analysis: &Analysis, name: Span) -> String {
    let file = analysis.file(name.file);
    let around = file.map(|f| path(&f.tree, name.start)).unwrap_or_default();
    let parameter = around.iter().rev().find_map(|node| match node {
        Node::Parameter(parameter) => Some(*parameter),
        _ => None,
    });
    let mut out = code(analysis.text(parameter.map_or(name, |p| p.span)));
    if parameter.is_some() {
        let mut given: Vec<String> =
            bindings(analysis, name).into_iter().map(|span| analysis.text(span).to_owned()).collect();
        given.dedup();
        if !given.is_empty() {
            let _ = writeln!(out, "- given as {}", named(&given));
        }
    }
    out
}
