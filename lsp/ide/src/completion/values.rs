//! Values: facts, names, words of tables.

use super::imports::{call, kind};
use super::{At, CompletionKind as K, escape, open_bracket};
use crate::analysis::Analysis;
use crate::facts::{self, Fact};
use crate::shape::Shape;
use crate::standard::parameters;
use crate::tree::{Node, path};
use warmor_compiler::resolve::{DefKind, Definition};
use warmor_compiler::span::FileId;
use warmor_compiler::syntax::ast::ItemKind;
use warmor_compiler::syntax::lexer::{Token, TokenKind as T};
use warmor_policy::event::Source;
use warmor_policy::schema::{Action, FieldType, NameTable, event_fields, name_tables, process_fields};

impl At<'_> {
    /// A value, by what it stands after.
    pub(super) fn values(&mut self, before: &[Token]) {
        if let Some(fact) = self.compared(before) {
            return self.values_of(fact);
        }
        if self.wants_subject(before) {
            self.names(&[DefKind::Subject]);
            return;
        }
        if wants_condition(before) {
            self.facts(before);
            self.locals();
            self.names(&[DefKind::Predicate, DefKind::Let, DefKind::Param]);
            self.standard(&[DefKind::Predicate], false, None);
            return;
        }
        let wanted = self.wanted(before);
        self.locals();
        for table in name_tables().iter().filter(|table| wanted == Some(Shape::Words(table.name))) {
            self.table(table);
        }
        self.fitting(wanted);
        // A subject is the other end of a connection, too: the addresses of its pods.
        if matches!(wanted, Some(Shape::Processes | Shape::Networks)) {
            self.names(&[DefKind::Subject]);
        }
    }

    /// Names and paths of a kind; all, if it is not known.
    fn fitting(&mut self, wanted: Option<Shape>) {
        let before = self.out.len();
        self.names(&[DefKind::Let, DefKind::Param]);
        let analysis = self.analysis;
        let own: Vec<&Definition> = visible(analysis, self.next.word.file).collect();
        for at in before..self.out.len() {
            let definition = own.iter().find(|d| d.name == self.out[at].label);
            let shape = definition.and_then(|definition| self.shape(definition));
            // What does not fit may be what is being changed: it comes last.
            if wanted.is_some() && shape.is_some() && shape != wanted {
                self.out[at].rank = 6;
            }
        }
        self.standard(&[DefKind::Let], false, wanted);
        if wanted.is_none_or(|shape| shape == Shape::Paths) {
            self.paths();
        }
    }

    /// The fact that the value here is compared with, or is in a list that a fact is compared with.
    pub(super) fn compared(&self, before: &[Token]) -> Option<Fact> {
        let operator = |t: &Token| {
            matches!(
                t.kind,
                T::EqualEqual | T::NotEqual | T::Less | T::LessEqual | T::Greater | T::GreaterEqual | T::In
            )
        };
        let mut end = before.len();
        if let Some(bracket) = open_bracket(before).filter(|t| t.kind == T::LeftBracket) {
            end = before.iter().position(|t| t.span == bracket.span)?;
        } else if before.last().is_some_and(|t| t.kind == T::Colon) {
            return facts::of_words(&self.dotted_before(&before[..end - 1]));
        }
        let at = end.checked_sub(1)?;
        before.get(at).filter(|t| operator(t))?;
        let not = usize::from(at > 0 && before[at - 1].kind == T::Not);
        facts::of_words(&self.dotted_before(&before[..at - not]))
    }

    /// The words of the dotted name that some tokens end with.
    fn dotted_before(&self, tokens: &[Token]) -> Vec<&str> {
        let mut words = Vec::new();
        let mut wants_word = true;
        for token in tokens.iter().rev() {
            if wants_word && (token.kind == T::Ident || token.kind.is_reserved()) {
                words.push(self.analysis.text(token.span));
            } else if wants_word || token.kind != T::Dot {
                break;
            }
            wants_word = !wants_word;
        }
        words.reverse();
        words
    }

    fn values_of(&mut self, fact: Fact) {
        match fact.field.kind.names() {
            Some(table) => self.table(table),
            None => {
                self.locals();
                self.fitting(Some(Shape::of_fact(fact.field.kind)));
            }
        }
    }

    fn table(&mut self, table: &'static NameTable) {
        for (name, _) in table.values {
            self.plain(name, K::EnumMember, 0).detail = String::from(table.name);
        }
    }

    /// Whether a subject stands here: after `for` and the words of claims, and in lists and exceptions of them.
    fn wants_subject(&self, before: &[Token]) -> bool {
        let inside = matches!(self.next.inside, Some(T::Policy | T::Template | T::Test | T::Detect));
        let turn = before.iter().rev().find(|t| {
            matches!(
                t.kind,
                T::For | T::Can | T::Never | T::Always | T::Only | T::Where | T::Allow | T::Deny | T::Equal
            )
        });
        let after_word = matches!(turn.map(|t| t.kind), Some(T::For | T::Never | T::Always | T::Only));
        after_word && !inside
            || matches!(before, [.., tree, open] if open.kind == T::LeftParen && self.analysis.text(tree.span) == "tree")
    }

    /// The actions that the statement names so far.
    pub(super) fn actions_before(&self, before: &[Token]) -> Vec<Action> {
        let named = before.iter().filter(|t| t.kind == T::Action).map(|t| self.analysis.text(t.span));
        named
            .flat_map(|word| match warmor_policy::schema::group(word) {
                Some(group) => group.actions.to_vec(),
                None => Action::from_name(word).into_iter().collect(),
            })
            .collect()
    }

    /// Facts that can be looked at here.
    fn facts(&mut self, before: &[Token]) {
        for field in process_fields() {
            self.fact(Fact { source: Source::Process, field }, 1);
        }
        let actions = self.actions_before(before);
        let in_event = self.next.inside.is_some();
        for field in event_fields().iter().filter(|_| in_event) {
            if field.actions.is_empty() || field.actions.iter().any(|a| actions.contains(a)) {
                self.fact(Fact { source: Source::Event, field }, 0);
            }
        }
        for root in ["parent", "target"] {
            self.plain(root, K::Fact, 2).detail = String::from("the facts of another process");
        }
    }

    fn fact(&mut self, fact: Fact, rank: u8) {
        let name = fact.name();
        let completion = self.plain(&name, K::Fact, rank);
        completion.detail = String::from(facts::type_name(fact.field.kind));
        completion.documentation = facts::describe(fact);
        if fact.field.kind == FieldType::Map {
            completion.snippet = format!("{}[\"${{1:key}}\"]", escape(&name));
        }
    }

    /// The keys of records in tests.
    pub(super) fn record_keys(&mut self) {
        for field in process_fields() {
            let fact = Fact { source: Source::Process, field };
            self.fact(fact, 0);
            if let Some(last) = self.out.last_mut() {
                last.snippet.push_str(": ");
            }
        }
        self.plain("ancestors", K::Fact, 1).snippet = String::from("ancestors: [{ process.exe: $1 \\}]");
    }

    /// What comes after a dot.
    pub(super) fn member(&mut self, before: &[Token]) {
        let words = self.dotted_before(&before[..before.len() - 1]).join(".");
        let prefix = format!("{words}.");
        let names_rule = before
            .iter()
            .rev()
            .find(|t| matches!(t.kind, T::Overrides | T::Without | T::By | T::Where | T::As));
        if matches!(names_rule.map(|t| t.kind), Some(T::Overrides | T::Without | T::By)) {
            self.clauses_after(&prefix);
        }
        for source in [Source::Process, Source::Parent, Source::Target, Source::Event] {
            let fields = if source == Source::Event { event_fields() } else { process_fields() };
            for field in fields {
                let fact = Fact { source, field };
                let name = fact.name();
                let Some(rest) = name.strip_prefix(&prefix).map(str::to_owned) else { continue };
                self.fact(fact, 0);
                let map = if field.kind == FieldType::Map { "[\"${1:key}\"]" } else { "" };
                if let Some(last) = self.out.last_mut() {
                    last.snippet = format!("{}{map}", escape(&rest));
                    last.label = rest;
                }
            }
        }
        // Names of a module that is imported as a whole.
        let symbols = &self.analysis.checked().symbols;
        let ends = |d: &&Definition| {
            let module = symbols.module(d.module);
            !words.is_empty() && (module == words || module.ends_with(&format!(".{words}")))
        };
        let found: Vec<&Definition> = symbols.definitions.iter().filter(ends).collect();
        for definition in found {
            self.plain(&definition.name, kind(definition.kind), 1).documentation.clone_from(&definition.doc);
        }
    }

    /// Definitions of the program that can be named in the file.
    fn names(&mut self, kinds: &[DefKind]) {
        let analysis = self.analysis;
        for definition in visible(analysis, self.next.word.file).filter(|d| kinds.contains(&d.kind)) {
            let arguments = parameters_of(analysis, definition);
            let completion = self.plain(&definition.name, kind(definition.kind), 2);
            completion.detail = String::from(definition.kind.name());
            completion.documentation.clone_from(&definition.doc);
            if matches!(definition.kind, DefKind::Predicate | DefKind::Template) {
                completion.snippet = call(&definition.name, &arguments);
            }
        }
    }

    /// Templates, with those of the standard library.
    pub(super) fn templates(&mut self) {
        self.names(&[DefKind::Template]);
        self.standard(&[DefKind::Template], true, None);
    }

    /// The parameters of the template or predicate around the place.
    fn locals(&mut self) {
        let Some(file) = self.analysis.file(self.next.word.file) else { return };
        let around = path(&file.tree, self.next.word.start);
        let parameters = around.iter().find_map(|node| match node {
            Node::Item(item) => match &item.kind {
                ItemKind::Template(x) => Some(&x.parameters),
                ItemKind::Predicate(x) => Some(&x.parameters),
                _ => None,
            },
            _ => None,
        });
        for parameter in parameters.into_iter().flatten() {
            self.plain(parameter.name.as_str(), K::Constant, 0).detail = String::from("parameter");
        }
    }

    /// The names of rules, policies and detections.
    pub(super) fn clauses(&mut self) {
        self.clauses_after("");
    }

    fn clauses_after(&mut self, prefix: &str) {
        let analysis = self.analysis;
        let mut names: Vec<&str> = analysis.clauses().iter().map(|c| c.path.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            if let Some(rest) = name.strip_prefix(prefix) {
                self.plain(rest, K::Clause, 0);
            }
        }
    }
}

/// The definitions that a file sees: those of its own module and those that it imports.
fn visible(analysis: &Analysis, file: FileId) -> impl Iterator<Item = &Definition> {
    let symbols = &analysis.checked().symbols;
    let own = symbols.definitions.iter().find(|d| d.span.file == file).map(|d| d.module);
    let mut imported: Vec<u32> =
        symbols.uses.iter().filter(|u| u.span.file == file).map(|u| u.definition.0).collect();
    imported.sort_unstable();
    symbols.definitions.iter().enumerate().filter_map(move |(i, d)| {
        let seen =
            d.span.file == file || Some(d.module) == own || imported.binary_search(&(i as u32)).is_ok();
        (seen && !d.name.is_empty()).then_some(d)
    })
}

fn parameters_of(analysis: &Analysis, definition: &Definition) -> Vec<String> {
    let file = analysis.file(definition.item.file);
    let item = file.and_then(|f| f.tree.items.iter().find(|i| i.span == definition.item));
    item.map(parameters).unwrap_or_default()
}

/// Whether a dot follows one of some tokens.
fn is_dotted(before: &[Token], token: &Token) -> bool {
    let place = before.iter().position(|t| t.span == token.span);
    place.and_then(|i| before.get(i + 1)).is_some_and(|t| t.kind == T::Dot)
}

/// Whether a condition stands here.
fn wants_condition(before: &[Token]) -> bool {
    let turn = before.iter().rev().find(|t| {
        matches!(t.kind, T::Where | T::Subject | T::Predicate | T::Assume | T::Allow | T::Deny | T::Audit | T::Action)
            // `process` and others are both a group of actions and a fact's first word.
            && !(t.kind == T::Action && is_dotted(before, t))
    });
    matches!(turn.map(|t| t.kind), Some(T::Where | T::Subject | T::Predicate | T::Assume))
        || matches!(before.last().map(|t| t.kind), Some(T::By | T::Distinct | T::Has))
}
