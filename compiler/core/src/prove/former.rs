//! From conditions to forms: Kleene's logic becomes two-valued, subjects become what they say.
//!
//! A condition in negation normal form is a monotone combination of literals, and `and` and `or` are minimum and maximum. So "it is
//! true" is the same combination of "this literal is true", and "it is not false" of "this literal is not false": one form for each
//! threshold.

use super::axis::{Axis, AxisId, CompareBy, Literal, Relation, Test};
use super::formula::Formula;
use super::space::{FormId, Space};
use super::text::TextId;
use crate::model::{Atom, Cond, CondKind, Element, FactRef, Scope, SubjectId, TextTest};
use warmor_policy::event::Source;

/// How a condition is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Reading {
    /// The model whose subjects it names.
    pub(super) model: usize,
    /// Whether what is unknown counts.
    pub(super) unknown: bool,
    /// What a wildcard address says of networks that hold it in part; `None` where it is an address like others.
    pub(super) part: Option<bool>,
    /// Whose facts `process` means.
    pub(super) reader: Reader,
}

/// Whose facts `process` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Reader {
    /// The process that asks; the others are at hand.
    Own,
    /// Another process of the event, of which only its record is at hand.
    Other(Source),
    /// A process of which nothing is at hand.
    Nobody,
    /// The process that asks, once the image has replaced it that it executes now.
    Successor,
}

impl Reader {
    fn fact(self, fact: &FactRef) -> Option<FactRef> {
        match (self, fact.source) {
            (_, Source::Event) | (Self::Own, _) => Some(fact.clone()),
            (Self::Other(source), Source::Process) => Some(FactRef { source, ..fact.clone() }),
            (Self::Successor, _) => successor_fact(fact),
            _ => None,
        }
    }

    fn seen_from(self, source: Source) -> Self {
        match (self, source) {
            (same, Source::Process) => same,
            (Self::Own | Self::Successor, Source::Parent) => Self::Other(Source::Parent),
            (Self::Own | Self::Successor, Source::Target) => Self::Other(Source::Target),
            _ => Self::Nobody,
        }
    }
}

/// Where a fact of an image stands in the event that starts it: the image is the event's path, what is fixed by the container stays
/// and what changes by itself is taken to stay.
fn successor_fact(fact: &FactRef) -> Option<FactRef> {
    use warmor_policy::schema::{Stability, slot};
    if fact.source != Source::Process {
        return Some(fact.clone());
    }
    match fact.field().stability {
        Stability::Exec if fact.slot == slot::EXE => {
            Some(FactRef { source: Source::Event, slot: slot::PATH, key: None })
        }
        Stability::Exec => None,
        _ if fact.field().name == "process.name" => None,
        _ => Some(fact.clone()),
    }
}

impl<'m> Space<'m> {
    /// The form of a condition, or of its opposite.
    pub(super) fn cond(&mut self, cond: &'m Cond, positive: bool, how: Reading) -> FormId {
        match &cond.kind {
            CondKind::Const(b) => constant(*b == positive),
            CondKind::Not(inner) => self.cond(inner, !positive, how),
            CondKind::All(parts) => self.conds(parts, positive, positive, how),
            CondKind::Any(parts) => self.alternatives(parts, positive, how),
            CondKind::Atom(atom) => self.atom(atom, positive, how),
        }
    }

    /// All of the conditions (`all`) or one of them, each with the sign.
    fn conds(&mut self, conds: &'m [Cond], positive: bool, all: bool, how: Reading) -> FormId {
        let parts: Vec<FormId> = conds.iter().map(|c| self.cond(c, positive, how)).collect();
        self.join(parts, all)
    }

    /// One of the conditions, or none of them. Tests of one text, and ranges of one number, are put together first: a list of
    /// a thousand paths is one test.
    fn alternatives(&mut self, conds: &'m [Cond], positive: bool, how: Reading) -> FormId {
        let mut texts: Vec<(&FactRef, Vec<TextTest>)> = Vec::new();
        let mut numbers: Vec<(&FactRef, Vec<(i64, i64)>)> = Vec::new();
        let mut parts = Vec::new();
        for cond in conds {
            match &cond.kind {
                CondKind::Atom(Atom::Text { fact, test }) => {
                    match texts.iter_mut().find(|(f, _)| *f == fact) {
                        Some((_, tests)) => tests.push(test.clone()),
                        None => texts.push((fact, vec![test.clone()])),
                    }
                }
                CondKind::Atom(Atom::Number { fact, first, last }) => {
                    match numbers.iter_mut().find(|(f, _)| *f == fact) {
                        Some((_, ranges)) => ranges.push((*first, *last)),
                        None => numbers.push((fact, vec![(*first, *last)])),
                    }
                }
                _ => parts.push(self.cond(cond, positive, how)),
            }
        }
        for (fact, tests) in texts {
            let test = Test::Text(self.texts.union(&tests));
            parts.push(self.test(fact, test, positive, how));
        }
        for (fact, ranges) in numbers {
            parts.push(self.test(fact, Test::Numbers(ranges), positive, how));
        }
        self.join(parts, !positive)
    }

    /// The form of a scope.
    pub(super) fn scope(&mut self, scope: &'m Scope, how: Reading) -> FormId {
        let inside = match &scope.subjects {
            None => FormId::ALWAYS,
            Some(subjects) => self.alternatives(subjects, true, how),
        };
        let outside = self.alternatives(&scope.except, false, how);
        self.join([inside, outside], true)
    }

    fn atom(&mut self, atom: &'m Atom, positive: bool, how: Reading) -> FormId {
        match atom {
            Atom::Text { fact, test } => {
                let test = Test::Text(self.texts.union(std::slice::from_ref(test)));
                self.test(fact, test, positive, how)
            }
            Atom::Number { fact, first, last } => {
                self.test(fact, Test::Numbers(vec![(*first, *last)]), positive, how)
            }
            Atom::Address { fact, networks } => {
                // A wildcard of which a part is meant says the same of a test and of its opposite.
                let part = how.part.map(|holds| holds == positive);
                self.test(fact, Test::Networks { networks: networks.clone(), part }, positive, how)
            }
            Atom::Flags { fact, mask } => self.test(fact, Test::Flags(*mask), positive, how),
            Atom::Present { fact } => self.test(fact, Test::Present, positive, how),
            Atom::ListAny { fact, element } => {
                let element = self.element(element);
                self.test(fact, Test::Some(element), positive, how)
            }
            Atom::ListAll { fact, element } => {
                let element = self.element(element);
                self.test(fact, Test::Every(element), positive, how)
            }
            Atom::Relation { left, compare, right, offset } => {
                self.relation(left, Some(CompareBy::new(*compare, *offset)), right, positive, how)
            }
            Atom::Same { left, right } => self.relation(left, None, right, positive, how),
            Atom::Member { source, subject } => self.member(*source, *subject, positive, how),
            Atom::Ancestor { cond } => self.some_ancestor(cond, positive, how),
        }
    }

    fn element(&mut self, element: &Element) -> Formula<TextId> {
        match element {
            Element::Const(b) => Formula::Const(*b),
            Element::Not(inner) => self.element(inner).negated(),
            Element::All(parts) => Formula::All(parts.iter().map(|p| self.element(p)).collect()),
            Element::Any(parts) => Formula::Any(parts.iter().map(|p| self.element(p)).collect()),
            Element::Test(test) => Formula::Test(self.texts.union(std::slice::from_ref(test))),
        }
    }

    fn member(&mut self, source: Source, subject: SubjectId, positive: bool, how: Reading) -> FormId {
        let model = self.models[how.model];
        let how = Reading { reader: how.reader.seen_from(source), ..how };
        if let Some(known) = self.members.get(&(subject, positive, how)) {
            return *known;
        }
        let form = self.cond(&model.subject(subject).cond, positive, how);
        self.members.insert((subject, positive, how), form);
        form
    }

    fn some_ancestor(&mut self, cond: &'m Cond, positive: bool, how: Reading) -> FormId {
        match how.reader {
            Reader::Own => {
                let of = |unknown| {
                    let reader = Reader::Other(Source::Process);
                    Reading { model: how.model, unknown, part: None, reader }
                };
                let (holds, possible) = (self.cond(cond, true, of(false)), self.cond(cond, true, of(true)));
                let test = Test::Ancestor(self.ancestor_id(holds, possible));
                let axis = self.axis(Axis::Ancestors);
                self.on_axis(axis, test, positive, how)
            }
            // The image that executes another becomes its nearest ancestor.
            Reader::Successor => {
                let before = self.some_ancestor(cond, positive, Reading { reader: Reader::Own, ..how });
                let own = Reading { reader: Reader::Other(Source::Process), ..how };
                let nearest = self.cond(cond, positive, own);
                self.join([before, nearest], !positive)
            }
            _ => constant(how.unknown),
        }
    }

    fn test(&mut self, fact: &FactRef, test: Test, positive: bool, how: Reading) -> FormId {
        match how.reader.fact(fact) {
            None => constant(how.unknown),
            Some(fact) => {
                let axis = self.axis(Axis::Fact(fact));
                self.on_axis(axis, test, positive, how)
            }
        }
    }

    fn on_axis(&mut self, axis: AxisId, test: Test, positive: bool, how: Reading) -> FormId {
        let literal = self.literal_id(Literal { test, negated: !positive, unknown: how.unknown });
        self.on(axis, Formula::Test(literal))
    }

    fn relation(
        &mut self,
        left: &FactRef,
        compare: Option<CompareBy>,
        right: &FactRef,
        positive: bool,
        how: Reading,
    ) -> FormId {
        match (how.reader.fact(left), how.reader.fact(right)) {
            (Some(left), Some(right)) => {
                let axis = self.axis(Axis::Relation(Relation { left, compare, right }));
                self.on_axis(axis, Test::Related, positive, how)
            }
            (None, None) => constant(how.unknown),
            // One of them is not at hand. It is unknown, unless the other one is absent, which makes it false.
            (Some(fact), None) | (None, Some(fact)) if positive == how.unknown => {
                let axis = self.axis(Axis::Fact(fact));
                self.on_axis(axis, Test::Present, positive, how)
            }
            _ => constant(how.unknown),
        }
    }
}

fn constant(holds: bool) -> FormId {
    if holds { FormId::ALWAYS } else { FormId::NEVER }
}
