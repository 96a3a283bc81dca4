//! The names of rules: `policy.template.label`, as `overrides`, `by` and `without` write them, in full or from any dot on.
//!
//! They are read off the trees and not off the model, so that they are known in a program with mistakes as well.

use crate::analysis::Analysis;
use std::collections::HashMap;
use warmor_compiler::resolve::{DefKind, Symbols};
use warmor_compiler::span::Span;
use warmor_compiler::syntax::ast::{Item, ItemKind, Member};

/// How deep templates are followed, and how many rules in all: a program with mistakes may have more than any meaning.
const MAX_DEPTH: usize = 32;
const MAX_CLAUSES: usize = 100_000;

/// A rule with a label, or a policy or detection as a whole.
#[derive(Clone, Debug)]
pub(crate) struct Clause {
    /// Its whole name.
    pub(crate) path: String,
    /// Where each word of that name is defined: policy, templates, label.
    pub(crate) parts: Vec<Span>,
}

/// All clauses of a program that have names.
#[derive(Debug, Default)]
pub(crate) struct Clauses {
    list: Vec<Clause>,
    by_last_word: HashMap<String, Vec<u32>>,
}

impl Clauses {
    /// Reads them off the trees.
    pub(crate) fn collect(analysis: &Analysis) -> Self {
        let mut clauses = Self::default();
        for file in analysis.sources().files() {
            for item in &file.tree.items {
                match &item.kind {
                    ItemKind::Policy(policy) => {
                        let parts = [policy.name.span];
                        clauses.add(policy.name.as_str().to_owned(), &parts);
                        clauses.members(analysis, &policy.members, policy.name.as_str(), &parts);
                    }
                    ItemKind::Detect(detect) => {
                        clauses.add(detect.name.as_str().to_owned(), &[detect.name.span]);
                    }
                    _ => {}
                }
            }
        }
        clauses
    }

    /// The rules that a template brings, as `without` names them.
    pub(crate) fn of_template(analysis: &Analysis, template: Span) -> Self {
        let mut clauses = Self::default();
        if let Some((_, members)) = template_members(analysis, template) {
            clauses.members(analysis, members, "", &[]);
        }
        clauses
    }

    fn members(&mut self, analysis: &Analysis, members: &[Member], prefix: &str, parts: &[Span]) {
        let with = |span: Span| parts.iter().copied().chain([span]).collect::<Vec<_>>();
        let join = |word: &str| if prefix.is_empty() { word.to_owned() } else { format!("{prefix}.{word}") };
        for member in members {
            match member {
                Member::Rule(rule) => {
                    if let Some(label) = rule.label.as_ref().filter(|l| !l.is_missing()) {
                        self.add(join(label.as_str()), &with(label.span));
                    }
                }
                Member::Use(used) if parts.len() < MAX_DEPTH && self.list.len() < MAX_CLAUSES => {
                    let Some(last) = used.template.segments.last() else { continue };
                    if let Some((name, inner)) = template_members(analysis, last.span) {
                        self.members(analysis, inner, &join(last.as_str()), &with(name));
                    }
                }
                Member::Use(_) | Member::Clause(_) | Member::Limit(_) | Member::Error(_) => {}
            }
        }
    }

    fn add(&mut self, path: String, parts: &[Span]) {
        let last = path.rsplit('.').next().unwrap_or(&path).to_owned();
        self.by_last_word.entry(last).or_default().push(self.list.len() as u32);
        self.list.push(Clause { path, parts: parts.to_vec() });
    }

    /// Those that a reference names.
    pub(crate) fn named<'c>(&'c self, name: &'c str) -> impl Iterator<Item = &'c Clause> {
        let last = name.rsplit('.').next().unwrap_or(name);
        let places = self.by_last_word.get(last).map_or(&[][..], Vec::as_slice);
        let clauses = places.iter().filter_map(|p| self.list.get(*p as usize));
        clauses.filter(move |c| {
            c.path.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Clause> {
        self.list.iter()
    }
}

/// The template that is named at a place: where its name is defined, and its members.
fn template_members(analysis: &Analysis, name: Span) -> Option<(Span, &[Member])> {
    let symbols: &Symbols = &analysis.checked().symbols;
    // Uses are in order of place, which is much faster than asking for each what is at it.
    let place = symbols.uses.binary_search_by_key(&(name.file, name.start), |u| (u.span.file, u.span.start));
    let id = place.ok().and_then(|i| symbols.uses.get(i)).map(|u| u.definition);
    let definition =
        id.or_else(|| symbols.at(name.file, name.start)).and_then(|id| symbols.definition(id))?;
    (definition.kind == DefKind::Template).then_some(())?;
    let file = analysis.file(definition.item.file)?;
    let items = &file.tree.items;
    let item: &Item = items.iter().find(|i| i.span == definition.item)?;
    match &item.kind {
        ItemKind::Template(template) => Some((definition.span, &template.members)),
        _ => None,
    }
}
