//! What a form needs of the facts that tell most apart, roughly: enough to see at a glance that two forms have nothing in common.

use super::axis::{Axis, LiteralId, Test};
use super::formula::Formula;
use super::space::{Form, FormId, Space};
use std::rc::Rc;
use warmor_policy::event::{Event, Fact, Source, Value};
use warmor_policy::schema::slot;

/// Beginnings of which a text has one.
pub(super) type Prefixes = Rc<[Box<[u8]>]>;

/// What every event has, all of whose facts are known or absent and for which the form holds. `None` needs nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Outline {
    pub(super) path: Option<Prefixes>,
    pub(super) exe: Option<Prefixes>,
    pub(super) port: Option<(i64, i64)>,
    pub(super) address: Option<(u128, u128)>,
}

impl Outline {
    /// Whether events of which no fact is unknown may have both.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        fn near<T: Copy + PartialOrd>(a: Option<(T, T)>, b: Option<(T, T)>) -> bool {
            match (a, b) {
                (Some(a), Some(b)) => a.0 <= b.1 && b.0 <= a.1,
                _ => true,
            }
        }
        near(self.port, other.port)
            && near(self.address, other.address)
            && begin_alike(self.path.as_ref(), other.path.as_ref())
            && begin_alike(self.exe.as_ref(), other.exe.as_ref())
    }

    /// What the event itself has; what is unknown of it needs nothing.
    pub(super) fn of(event: &Event) -> Self {
        let text = |fact: &Fact| match fact {
            Fact::Known(Value::Bytes(text)) => Some(Rc::from([text.as_slice().into()])),
            Fact::Absent => Some(Rc::from([])),
            _ => None,
        };
        Self {
            path: text(&event.facts[slot::PATH]),
            exe: text(&event.process.0[slot::EXE]),
            port: match &event.facts[slot::PORT] {
                Fact::Known(Value::Int(n)) => Some((*n, *n)),
                Fact::Absent => Some((i64::MAX, i64::MIN)),
                _ => None,
            },
            address: match &event.facts[slot::ADDRESS] {
                Fact::Known(Value::Ip(a)) => Some((a.0, a.0)),
                Fact::Absent => Some((u128::MAX, 0)),
                _ => None,
            },
        }
    }

    fn and(self, other: Self) -> Self {
        Self {
            path: fewer(self.path, other.path),
            exe: fewer(self.exe, other.exe),
            port: meet(self.port, other.port),
            address: meet(self.address, other.address),
        }
    }

    fn or(self, other: Self) -> Self {
        Self {
            path: together(self.path, other.path),
            exe: together(self.exe, other.exe),
            port: hull(self.port, other.port),
            address: hull(self.address, other.address),
        }
    }
}

/// Most prefixes that are kept.
const MAX_PREFIXES: usize = 256;

fn begin_alike(a: Option<&Prefixes>, b: Option<&Prefixes>) -> bool {
    let (Some(a), Some(b)) = (a, b) else { return true };
    a.iter().any(|a| b.iter().any(|b| a.starts_with(b) || b.starts_with(a)))
}

fn fewer(a: Option<Prefixes>, b: Option<Prefixes>) -> Option<Prefixes> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if b.len() < a.len() { b } else { a }),
        (a, b) => a.or(b),
    }
}

fn together(a: Option<Prefixes>, b: Option<Prefixes>) -> Option<Prefixes> {
    let (a, b) = (a?, b?);
    let mut all: Vec<Box<[u8]>> = a.iter().chain(b.iter()).cloned().collect();
    all.sort_unstable();
    all.dedup();
    (all.len() <= MAX_PREFIXES).then(|| all.into())
}

fn meet<T: Copy + Ord>(a: Option<(T, T)>, b: Option<(T, T)>) -> Option<(T, T)> {
    match (a, b) {
        (Some(a), Some(b)) => Some((a.0.max(b.0), a.1.min(b.1))),
        (a, b) => a.or(b),
    }
}

fn hull<T: Copy + Ord>(a: Option<(T, T)>, b: Option<(T, T)>) -> Option<(T, T)> {
    let (a, b) = (a?, b?);
    Some((a.0.min(b.0), a.1.max(b.1)))
}

/// Nothing has what this asks for.
fn nothing() -> Outline {
    Outline { path: Some(Rc::new([])), exe: Some(Rc::new([])), ..Outline::default() }
}

impl Space<'_> {
    pub(super) fn outline(&self, form: FormId) -> Outline {
        match self.form(form) {
            Form::Const(true) => Outline::default(),
            Form::Const(false) => nothing(),
            Form::On(axis, pred) => {
                let Axis::Fact(fact) = &self.axes[axis.0 as usize] else { return Outline::default() };
                let formula = self.pred(*pred);
                match (fact.source, fact.slot) {
                    (Source::Event, slot::PATH) => {
                        Outline { path: self.prefixes(&formula, false), ..Outline::default() }
                    }
                    (Source::Process, slot::EXE) => {
                        Outline { exe: self.prefixes(&formula, false), ..Outline::default() }
                    }
                    (Source::Event, slot::PORT) => {
                        Outline { port: self.numbers(&formula, false), ..Outline::default() }
                    }
                    (Source::Event, slot::ADDRESS) => {
                        Outline { address: self.addresses(&formula, false), ..Outline::default() }
                    }
                    _ => Outline::default(),
                }
            }
            Form::All(parts) => parts.iter().map(|p| self.outline(*p)).fold(Outline::default(), Outline::and),
            Form::Any(parts) => {
                let mut outlines = parts.iter().map(|p| self.outline(*p));
                let first = outlines.next().unwrap_or_default();
                outlines.fold(first, Outline::or)
            }
        }
    }

    /// What `of` finds in literals that stand without negation, put together.
    fn collect<T>(
        &self,
        formula: &Formula<LiteralId>,
        negated: bool,
        of: &impl Fn(&Test) -> Option<T>,
        and: &impl Fn(Option<T>, Option<T>) -> Option<T>,
        or: &impl Fn(Option<T>, Option<T>) -> Option<T>,
    ) -> Option<T> {
        match formula {
            Formula::Const(_) => None,
            Formula::Test(id) => {
                let literal = self.literal(*id);
                if literal.negated == negated { of(&literal.test) } else { None }
            }
            Formula::Not(inner) => self.collect(inner, !negated, of, and, or),
            Formula::All(parts) | Formula::Any(parts) => {
                let all = matches!(formula, Formula::All(_)) != negated;
                let mut found = parts.iter().map(|p| self.collect(p, negated, of, and, or));
                let first = found.next()?;
                if all { found.fold(first, and) } else { found.fold(first, or) }
            }
        }
    }

    fn prefixes(&self, formula: &Formula<LiteralId>, negated: bool) -> Option<Prefixes> {
        let of = |test: &Test| match test {
            Test::Text(id) => Some(self.texts.prefixes(*id)),
            _ => None,
        };
        self.collect(formula, negated, &of, &fewer, &together)
    }

    fn numbers(&self, formula: &Formula<LiteralId>, negated: bool) -> Option<(i64, i64)> {
        let of = |test: &Test| match test {
            Test::Numbers(ranges) => ranges.iter().copied().map(Some).reduce(hull).flatten(),
            _ => None,
        };
        self.collect(formula, negated, &of, &meet, &hull)
    }

    fn addresses(&self, formula: &Formula<LiteralId>, negated: bool) -> Option<(u128, u128)> {
        let of = |test: &Test| match test {
            // A wildcard is met by what it holds.
            Test::Networks { part: Some(_), .. } => None,
            Test::Networks { networks, .. } => {
                networks.iter().map(|n| Some((n.first.0, n.last.0))).reduce(hull).flatten()
            }
            _ => None,
        };
        self.collect(formula, negated, &of, &meet, &hull)
    }
}
