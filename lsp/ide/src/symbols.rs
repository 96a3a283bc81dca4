//! The outline of a file.

use crate::analysis::Analysis;
use warmor_compiler::resolve::Origin;
use warmor_compiler::span::{FileId, Span};
use warmor_compiler::syntax::ast::{Claim, Item, ItemKind, Member, Name, Rule, TestStep};

/// What an entry of the outline is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutlineKind {
    /// A package.
    Package,
    /// A named value.
    Let,
    /// A named predicate over a process.
    Subject,
    /// A condition with parameters.
    Predicate,
    /// A value from outside.
    Param,
    /// Rules with parameters.
    Template,
    /// A policy.
    Policy,
    /// A rule.
    Rule,
    /// The use of a template.
    Use,
    /// A resource limit.
    Limit,
    /// An assertion.
    Assertion,
    /// A claim of an assertion.
    Claim,
    /// A test.
    Test,
    /// An expectation of a test.
    Expectation,
    /// A detection.
    Detection,
}

/// An entry of the outline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    /// Its name.
    pub name: String,
    /// What else there is to say, in a few words.
    pub detail: String,
    /// What it is.
    pub kind: OutlineKind,
    /// The whole of it.
    pub whole: Span,
    /// Its name, inside of the whole.
    pub selection: Span,
    /// What is in it.
    pub children: Vec<Outline>,
}

/// Longest text of an entry, in characters.
const LONGEST: usize = 60;

/// The outline of a file, in source order.
pub fn outline(analysis: &Analysis, file: FileId) -> Vec<Outline> {
    let Some(source) = analysis.file(file) else { return Vec::new() };
    let text = source.text.as_str();
    let package = source
        .tree
        .package
        .iter()
        .map(|p| entry(OutlineKind::Package, p.name.span.text(text), p.name.span, p.span, Vec::new()));
    package.chain(source.tree.items.iter().filter_map(|item| item_entry(item, text))).collect()
}

fn item_entry(item: &Item, text: &str) -> Option<Outline> {
    use ItemKind as K;
    use OutlineKind as O;
    let named = |kind, name: &Name, children| {
        let shown = if name.is_missing() { "…" } else { name.as_str() };
        Some(entry(kind, shown, name.span, item.span, children))
    };
    match &item.kind {
        K::Let(x) => named(O::Let, &x.name, Vec::new()),
        K::Subject(x) => named(O::Subject, &x.name, Vec::new()),
        K::Predicate(x) => named(O::Predicate, &x.name, Vec::new()),
        K::Param(x) => named(O::Param, &x.name, Vec::new()),
        K::Template(x) => named(O::Template, &x.name, members(&x.members, text)),
        K::Policy(x) => {
            let mut outline = named(O::Policy, &x.name, members(&x.members, text))?;
            outline.detail = format!("for {}", shortened(x.subjects.span.text(text)));
            Some(outline)
        }
        K::Detect(x) => {
            let mut outline = named(O::Detection, &x.name, Vec::new())?;
            outline.detail = format!("for {}", shortened(x.subjects.span.text(text)));
            Some(outline)
        }
        K::Assert(x) => {
            let claims = x.claims.iter().filter_map(|claim| match claim {
                Claim::Can(c) => Some(entry(O::Claim, c.span.text(text), c.span, c.span, Vec::new())),
                Claim::Error(_) => None,
            });
            Some(entry(O::Assertion, &x.name.value, x.name.span, item.span, claims.collect()))
        }
        K::Test(x) => {
            let steps = x.steps.iter().filter_map(|step| match step {
                TestStep::Expect(e) => {
                    Some(entry(O::Expectation, e.span.text(text), e.span, e.span, Vec::new()))
                }
                TestStep::As(_) | TestStep::Error(_) => None,
            });
            Some(entry(O::Test, &x.name.value, x.name.span, item.span, steps.collect()))
        }
        K::Import(_) | K::Assume(_) | K::Error => None,
    }
}

fn members(members: &[Member], text: &str) -> Vec<Outline> {
    use OutlineKind as O;
    let shown = members.iter().filter_map(|member| match member {
        Member::Rule(rule) => Some(rule_entry(rule, text)),
        Member::Use(used) => {
            Some(entry(O::Use, used.span.text(text), used.template.span, used.span, Vec::new()))
        }
        Member::Limit(limit) => {
            Some(entry(O::Limit, limit.span.text(text), limit.resource.span, limit.span, Vec::new()))
        }
        Member::Clause(_) | Member::Error(_) => None,
    });
    shown.collect()
}

fn rule_entry(rule: &Rule, text: &str) -> Outline {
    let words = rule.effect.span.to(rule.event.span).text(text);
    match &rule.label {
        Some(label) if !label.is_missing() => {
            let mut outline = entry(OutlineKind::Rule, label.as_str(), label.span, rule.span, Vec::new());
            outline.detail = shortened(words);
            outline
        }
        _ => entry(OutlineKind::Rule, words, rule.effect.span, rule.span, Vec::new()),
    }
}

fn entry(kind: OutlineKind, name: &str, selection: Span, whole: Span, children: Vec<Outline>) -> Outline {
    // Editors refuse an outline whose selection is outside of the whole, or that has an empty name.
    let inside = whole.start <= selection.start && selection.end <= whole.end;
    let name = shortened(name);
    Outline {
        name: if name.is_empty() { "…".to_owned() } else { name },
        detail: String::new(),
        kind,
        whole,
        selection: if inside { selection } else { whole },
        children,
    }
}

/// Most symbols that one search gives.
const MOST_FOUND: usize = 500;

/// The definitions and labelled rules of the program's own files whose names have the letters of a query, in order.
pub fn search(analysis: &Analysis, query: &str) -> Vec<Outline> {
    let own = analysis.sources().files().filter(|f| matches!(f.origin, Origin::Root | Origin::Imported));
    let mut found = Vec::new();
    for file in own {
        for mut entry in outline(analysis, file.id) {
            let children = std::mem::take(&mut entry.children);
            let inside = entry.name.clone();
            let rules = children.into_iter().filter(|c| c.kind == OutlineKind::Rule && !c.detail.is_empty());
            let rules = rules.map(|rule| Outline { detail: inside.clone(), ..rule });
            found.extend(std::iter::once(entry).chain(rules).filter(|e| has_letters(&e.name, query)));
            if found.len() >= MOST_FOUND {
                found.truncate(MOST_FOUND);
                return found;
            }
        }
    }
    found
}

/// Whether the letters of a query are in a name, in their order, whatever their case.
fn has_letters(name: &str, query: &str) -> bool {
    let mut letters = name.chars().flat_map(char::to_lowercase);
    query.chars().flat_map(char::to_lowercase).all(|wanted| letters.any(|c| c == wanted))
}

/// A text on one line, cut where it is long.
pub(crate) fn shortened(text: &str) -> String {
    let mut out = String::new();
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    match out.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{}…", &out[..cut]),
        None => out,
    }
}
