//! Go to type definition: where a thing gets its shape from.
//!
//! Nobody defines types in Warmor, so the question is read as "what is this made of?": a value leads to the lists that write its
//! values out, a parameter to what it is given, a rule to its policy, a policy to whom it is for.

use crate::analysis::{Analysis, Place};
use crate::bindings::{bindings, ranged_over};
use crate::definition::Target;
use crate::names::{Meaning, meant};
use crate::tree::{Node, path, walk};
use std::collections::BTreeSet;
use warmor_compiler::resolve::{DefId, DefKind, Definition};
use warmor_compiler::span::Span;
use warmor_compiler::syntax::ast::{ExprKind, Item, ItemKind, SubjectList};

/// Where what is named at a place gets its shape from.
///
/// | of | it is |
/// |---|---|
/// | `let` | every `let` that writes values of it out, through the names between |
/// | subject, predicate, template, `param` | its definition |
/// | policy, detection | the subjects that it is for; itself, if it is for any process |
/// | rule | the policy or template that it stands in |
/// | parameter | what it is given, at each use; its definition, if nobody uses it |
/// | variable of `any` and `all` | the list that it ranges over |
///
/// Facts, actions and words of tables are defined by the language: there is nowhere to go.
pub fn type_definition(analysis: &Analysis, place: Place) -> Vec<Target> {
    let Some(meant) = meant(analysis, place) else { return Vec::new() };
    let from = meant.span;
    let at = |span| Target { from, whole: span, name: span };
    match meant.meaning {
        Meaning::Definition(id) => {
            let symbols = &analysis.checked().symbols;
            let found = made_of(analysis, id).into_iter().filter_map(|id| symbols.definition(id));
            found.map(|d| Target { from, whole: d.item, name: d.span }).collect()
        }
        Meaning::Local(name) => match ranged_over(analysis, name) {
            Some(list) => vec![at(list)],
            None => match bindings(analysis, name) {
                given if given.is_empty() => vec![at(name)],
                given => given.into_iter().map(at).collect(),
            },
        },
        Meaning::Rules(labels) => {
            labels.into_iter().filter_map(|label| home(analysis, from, label)).collect()
        }
        Meaning::Fact(_)
        | Meaning::Action(_)
        | Meaning::Group(_)
        | Meaning::Value(..)
        | Meaning::Files(_)
        | Meaning::Word => Vec::new(),
    }
}

/// What a definition is made of, by file and place.
fn made_of(analysis: &Analysis, id: DefId) -> BTreeSet<DefId> {
    let own = BTreeSet::from([id]);
    let Some(found) = analysis.checked().symbols.definition(id) else { return own };
    let Some(item) = item(analysis, found) else { return own };
    let made = match (found.kind, &item.kind) {
        (DefKind::Let, _) => lists(analysis, id),
        (DefKind::Policy, ItemKind::Policy(policy)) => subjects(analysis, &policy.subjects),
        (DefKind::Detect, ItemKind::Detect(detection)) => subjects(analysis, &detection.subjects),
        _ => BTreeSet::new(),
    };
    if made.is_empty() { own } else { made }
}

fn item<'a>(analysis: &'a Analysis, found: &Definition) -> Option<&'a Item> {
    analysis.file(found.item.file)?.tree.items.iter().find(|item| item.span == found.item)
}

/// The `let`s and `param`s that write out values which a `let` stands for.
fn lists(analysis: &Analysis, id: DefId) -> BTreeSet<DefId> {
    let symbols = &analysis.checked().symbols;
    let mut out = BTreeSet::new();
    let mut seen = BTreeSet::from([id]);
    let mut open = vec![id];
    while let Some(id) = open.pop() {
        let Some(found) = symbols.definition(id) else { continue };
        let Some(item) = item(analysis, found) else { continue };
        let ItemKind::Let(definition) = &item.kind else {
            out.insert(id);
            continue;
        };
        walk(Node::Expr(&definition.value), &mut |node| {
            let Node::Expr(expr) = node else { return };
            match &expr.kind {
                ExprKind::Literal(_) | ExprKind::Host(_) => {
                    out.insert(id);
                }
                ExprKind::Name(name) => match symbols.at(name.span.file, name.span.start) {
                    Some(named) if seen.insert(named) => open.push(named),
                    Some(_) => {}
                    // A word of a table.
                    None => {
                        out.insert(id);
                    }
                },
                ExprKind::Field { field, .. } => {
                    if let Some(named) = symbols.at(field.span.file, field.span.start)
                        && seen.insert(named)
                    {
                        open.push(named);
                    }
                }
                _ => {}
            }
        });
    }
    out
}

fn subjects(analysis: &Analysis, list: &SubjectList) -> BTreeSet<DefId> {
    let symbols = &analysis.checked().symbols;
    let mut out = BTreeSet::new();
    for expr in &list.items {
        walk(Node::Expr(expr), &mut |node| {
            if let Node::Word(name, _) = node {
                out.extend(symbols.at(name.span.file, name.span.start));
            }
        });
    }
    out
}

/// The policy or template that a rule stands in.
fn home(analysis: &Analysis, from: Span, label: Span) -> Option<Target> {
    let file = analysis.file(label.file)?;
    let around = path(&file.tree, label.start);
    let Some(Node::Item(item)) = around.get(1) else { return None };
    let name = match &item.kind {
        ItemKind::Policy(policy) => policy.name.span,
        ItemKind::Template(template) => template.name.span,
        _ => return None,
    };
    Some(Target { from, whole: item.span, name })
}
