//! What a name under the cursor means: a definition, a local name, a rule, a fact, a word of the schema.

use crate::analysis::{Analysis, Place};
use crate::clauses::Clauses;
use crate::facts::{self, Fact};
use crate::tree::{Node, Reference, Word, dotted, path, walk};
use warmor_compiler::resolve::{DefId, SourceFile};
use warmor_compiler::span::{FileId, Span};
use warmor_compiler::syntax::ast::{Expr, ExprKind, ImportSource, ItemKind, Name, QualifiedName};
use warmor_policy::schema::{Action, GroupInfo, NameTable, group, name_tables};

/// What a name means.
#[derive(Clone, Debug)]
pub(crate) enum Meaning {
    /// A definition of this program or of the standard library.
    Definition(DefId),
    /// A parameter or the variable of a quantifier, by the place that defines it.
    Local(Span),
    /// Rules, by their labels' places: templates make one rule many.
    Rules(Vec<Span>),
    /// A fact.
    Fact(Fact),
    /// An action.
    Action(Action),
    /// A word for several actions.
    Group(&'static GroupInfo),
    /// A word of one of the schema's tables.
    Value(&'static NameTable, &'static str),
    /// Files of the program: those of an imported module.
    Files(Vec<FileId>),
    /// Something that is only a word: a mode, a severity, a response, a type.
    Word,
}

/// A meaning with the text that has it.
#[derive(Clone, Debug)]
pub(crate) struct Meant {
    pub(crate) meaning: Meaning,
    pub(crate) span: Span,
}

/// What is meant at a place.
pub(crate) fn meant(analysis: &Analysis, place: Place) -> Option<Meant> {
    let file = analysis.file(place.file)?;
    let around = path(&file.tree, place.offset);
    let at = |meaning, span| Some(Meant { meaning, span });
    let symbols = &analysis.checked().symbols;
    let (last, before) = around.split_last()?;
    match *last {
        Node::Word(name, word) if !name.is_missing() => match word {
            Word::Label => at(Meaning::Rules(vec![name.span]), name.span),
            Word::Parameter | Word::Variable => at(Meaning::Local(name.span), name.span),
            Word::Action => match group(name.as_str()) {
                Some(group) => at(Meaning::Group(group), name.span),
                None => at(Meaning::Action(Action::from_name(name.as_str())?), name.span),
            },
            Word::Value | Word::Field => value(analysis, place, name, before),
            Word::Segment(what) => {
                let Some(Node::Reference(whole, _)) = before.last() else { return None };
                reference(analysis, name, whole, what, before)
            }
            Word::Definition(_) | Word::Imported => {
                let id = symbols.at(place.file, name.span.start)?;
                at(Meaning::Definition(id), name.span)
            }
            _ => at(Meaning::Word, name.span),
        },
        Node::Text(text) => {
            let Some(Node::Item(item)) = before.last() else { return None };
            let ItemKind::Import(import) = &item.kind else { return None };
            let ImportSource::File(path) = &import.source else { return None };
            (path.span == text.span).then_some(())?;
            let id = analysis.sources().imported(place.file, &path.value).ok()?;
            at(Meaning::Files(vec![id]), text.span)
        }
        _ => None,
    }
}

/// A word of an expression.
fn value(analysis: &Analysis, place: Place, name: &Name, before: &[Node<'_>]) -> Option<Meant> {
    let symbols = &analysis.checked().symbols;
    let at = |meaning, span| Some(Meant { meaning, span });
    let whole = dotted_around(before)?;
    let mut words = Vec::new();
    facts::segments(whole, &mut words)?;
    let root = words.first()?;
    if let Some(definition) = local(before, root) {
        return at(Meaning::Local(definition), root.span);
    }
    if let Some(fact) = facts::of_expr(whole) {
        return at(Meaning::Fact(fact), whole.span);
    }
    if let Some(id) = symbols.at(place.file, name.span.start) {
        return at(Meaning::Definition(id), name.span);
    }
    let (table, word) = table_word(name.as_str())?;
    at(Meaning::Value(table, word), name.span)
}

/// The whole `a.b.c` that the last of these expressions belongs to.
fn dotted_around<'t>(path: &[Node<'t>]) -> Option<&'t Expr> {
    let mut whole: Option<&'t Expr> = None;
    for node in path.iter().rev() {
        let Node::Expr(expr) = *node else { break };
        let continues = match (&expr.kind, whole) {
            (ExprKind::Name(_) | ExprKind::Field { .. }, None) => true,
            (ExprKind::Field { base, .. } | ExprKind::Index { base, .. }, Some(inner)) => {
                std::ptr::eq(base.as_ref(), inner)
            }
            _ => false,
        };
        if !continues {
            break;
        }
        whole = Some(expr);
    }
    whole
}

/// Where a local name is defined that a word inside of these parts means.
pub(crate) fn local(path: &[Node<'_>], word: &Name) -> Option<Span> {
    let same = |name: &Name| name.text == word.text;
    path.iter().rev().find_map(|node| match node {
        Node::Expr(Expr { kind: ExprKind::Quantified { variable, body, .. }, .. }) => {
            let inside = body.span.start <= word.span.start && word.span.end <= body.span.end;
            (inside && same(variable)).then_some(variable.span)
        }
        Node::Item(item) => {
            let parameters = match &item.kind {
                ItemKind::Template(template) => &template.parameters,
                ItemKind::Predicate(predicate) => &predicate.parameters,
                _ => return None,
            };
            parameters.iter().find(|p| same(&p.name)).map(|p| p.name.span)
        }
        _ => None,
    })
}

fn reference(
    analysis: &Analysis,
    word: &Name,
    whole: &QualifiedName,
    what: Reference,
    before: &[Node<'_>],
) -> Option<Meant> {
    let at = |meaning, span| Some(Meant { meaning, span });
    match what {
        Reference::Template | Reference::Predicate => {
            let last = whole.segments.last()?;
            let id = analysis.checked().symbols.at(last.span.file, last.span.start)?;
            at(Meaning::Definition(id), last.span)
        }
        Reference::Rule => at(word_of_clause(analysis, analysis.clauses(), word, whole)?, word.span),
        Reference::Without => {
            let [.., Node::Use(used), _] = before else { return None };
            let own = Clauses::of_template(analysis, used.template.segments.last()?.span);
            at(word_of_clause(analysis, &own, word, whole)?, word.span)
        }
        Reference::Module | Reference::Package => {
            let name = dotted(whole);
            let declares = |f: &&SourceFile| f.tree.package.as_ref().is_some_and(|p| dotted(&p.name) == name);
            let files: Vec<FileId> = analysis.sources().files().filter(declares).map(|f| f.id).collect();
            (!files.is_empty()).then_some(())?;
            at(Meaning::Files(files), whole.span)
        }
    }
}

/// What one word of a reference to a clause means: a policy, a template, rules, or a policy or detection as a whole.
fn word_of_clause(
    analysis: &Analysis,
    clauses: &Clauses,
    word: &Name,
    whole: &QualifiedName,
) -> Option<Meaning> {
    let from_end = whole.segments.iter().rev().position(|s| s.span == word.span)?;
    let mut places: Vec<Span> =
        clauses.named(&dotted(whole)).filter_map(|c| c.parts.iter().rev().nth(from_end).copied()).collect();
    places.sort_by_key(|s| (s.file, s.start));
    places.dedup();
    let first = places.first()?;
    let definitions = &analysis.checked().symbols.definitions;
    match definitions.iter().position(|d| d.span == *first) {
        Some(index) => Some(Meaning::Definition(DefId(index as u32))),
        None => Some(Meaning::Rules(places)),
    }
}

/// The table of the schema that has a word.
pub(crate) fn table_word(word: &str) -> Option<(&'static NameTable, &'static str)> {
    name_tables().iter().find_map(|table| {
        let (name, _) = table.values.iter().find(|(name, _)| *name == word)?;
        Some((table, *name))
    })
}

/// Every place where a local name is written, its definition among them.
pub(crate) fn local_places(analysis: &Analysis, definition: Span) -> Vec<Span> {
    let Some(file) = analysis.file(definition.file) else { return Vec::new() };
    let name = analysis.text(definition);
    let mut candidates = vec![definition];
    walk(Node::File(&file.tree), &mut |node| {
        if let Node::Word(word, Word::Value) = node
            && word.as_str() == name
        {
            candidates.push(word.span);
        }
    });
    candidates.retain(|span| {
        *span == definition || {
            let around = path(&file.tree, span.start);
            match around.split_last() {
                Some((Node::Word(word, _), before)) => local(before, word) == Some(definition),
                _ => false,
            }
        }
    });
    candidates
}
