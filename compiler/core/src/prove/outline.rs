//! What a form needs of the facts that tell most apart, roughly: enough to see at a glance that two forms have nothing in common.

use super::axis::{Axis, AxisId, LiteralId, PredId, Test};
use super::formula::Formula;
use super::space::{Form, FormId, Space};
use crate::model::FactRef;
use std::rc::Rc;
use warmor_policy::event::{Event, Fact, Source, Value};
use warmor_policy::schema::slot;

/// Beginnings of which a text has one.
pub(super) type Prefixes = Rc<[Box<[u8]>]>;

/// What every event has for which the form holds, of each fact that is known or absent. `None` needs nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Outline {
    pub(super) path: Option<Prefixes>,
    pub(super) exe: Option<Prefixes>,
    pub(super) port: Option<(i64, i64)>,
    pub(super) address: Option<(u128, u128)>,
}

impl Outline {
    /// Whether events may have both, of which no fact is unknown that both tell of.
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

    /// The facts that it tells of.
    pub(super) fn told(&self) -> Told {
        let tells = [self.path.is_some(), self.exe.is_some(), self.port.is_some(), self.address.is_some()];
        Told::EACH
            .into_iter()
            .zip(tells)
            .filter(|(_, t)| *t)
            .fold(Told::NONE, |all, (fact, _)| all.with(fact))
    }

    /// What it tells of other facts than these.
    pub(super) fn without(&self, facts: Told) -> Self {
        let kept = |fact| !facts.has(fact);
        Self {
            path: self.path.clone().filter(|_| kept(Told::PATH)),
            exe: self.exe.clone().filter(|_| kept(Told::EXE)),
            port: self.port.filter(|_| kept(Told::PORT)),
            address: self.address.filter(|_| kept(Told::ADDRESS)),
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

    fn any(all: &[Rc<Self>]) -> Self {
        Self {
            path: together(all.iter().map(|o| o.path.clone())),
            exe: together(all.iter().map(|o| o.exe.clone())),
            port: hull(all.iter().map(|o| o.port)),
            address: hull(all.iter().map(|o| o.address)),
        }
    }
}

/// A set of the facts that outlines tell of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Told(u8);

impl Told {
    pub(super) const NONE: Self = Self(0);
    const PATH: Self = Self(1);
    const EXE: Self = Self(2);
    const PORT: Self = Self(4);
    const ADDRESS: Self = Self(8);
    const EACH: [Self; 4] = [Self::PATH, Self::EXE, Self::PORT, Self::ADDRESS];

    fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Those that are not in the other set.
    pub(super) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// All sets of some of them, the empty one first.
    pub(super) fn subsets(self) -> impl Iterator<Item = Self> {
        (0..=self.0).map(Self).filter(move |set| self.has(*set))
    }

    /// The facts.
    pub(super) fn facts(self) -> impl Iterator<Item = FactRef> {
        let of = |set| match set {
            Self::PATH => (Source::Event, slot::PATH),
            Self::EXE => (Source::Process, slot::EXE),
            Self::PORT => (Source::Event, slot::PORT),
            _ => (Source::Event, slot::ADDRESS),
        };
        let facts = Self::EACH.into_iter().filter(move |fact| self.has(*fact)).map(of);
        facts.map(|(source, slot)| FactRef { source, slot, key: None })
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

fn together(of: impl Iterator<Item = Option<Prefixes>>) -> Option<Prefixes> {
    let mut all: Vec<Box<[u8]>> = Vec::new();
    for one in of {
        all.extend(one?.iter().cloned());
        if all.len() > 2 * MAX_PREFIXES {
            all.sort_unstable();
            all.dedup();
            if all.len() > MAX_PREFIXES {
                return None;
            }
        }
    }
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

/// From the least to the greatest of ranges.
fn hull<T: Copy + Ord>(mut of: impl Iterator<Item = Option<(T, T)>>) -> Option<(T, T)> {
    let mut all = of.next()??;
    for one in of {
        let (first, last) = one?;
        all = (all.0.min(first), all.1.max(last));
    }
    Some(all)
}

/// Nothing has what this asks for.
fn nothing() -> Outline {
    Outline { path: Some(Rc::new([])), exe: Some(Rc::new([])), ..Outline::default() }
}

impl Space<'_> {
    /// What a form needs of the facts that tell most apart.
    pub(super) fn outline(&mut self, form: FormId) -> Rc<Outline> {
        if let Some(known) = self.outlines.get(&form) {
            return known.clone();
        }
        let outline = match self.form(form).clone() {
            Form::Const(true) => Outline::default(),
            Form::Const(false) => nothing(),
            Form::On(axis, pred) => self.outline_on(axis, pred),
            Form::All(parts) => {
                let parts = parts.iter().map(|p| Outline::clone(&self.outline(*p)));
                parts.fold(Outline::default(), Outline::and)
            }
            Form::Any(parts) => {
                let parts: Vec<Rc<Outline>> = parts.iter().map(|p| self.outline(*p)).collect();
                Outline::any(&parts)
            }
        };
        let outline = Rc::new(outline);
        self.outlines.insert(form, outline.clone());
        outline
    }

    fn outline_on(&self, axis: AxisId, pred: PredId) -> Outline {
        let Axis::Fact(fact) = &self.axes[axis.0 as usize] else { return Outline::default() };
        let formula = self.pred(pred);
        let mut out = Outline::default();
        match (fact.source, fact.slot) {
            (Source::Event, slot::PATH) => out.path = self.prefixes(&formula),
            (Source::Process, slot::EXE) => out.exe = self.prefixes(&formula),
            (Source::Event, slot::PORT) => out.port = self.numbers(&formula),
            (Source::Event, slot::ADDRESS) => out.address = self.addresses(&formula),
            _ => {}
        }
        out
    }

    /// What `of` finds in literals that stand without negation, put together.
    fn collect<T>(
        &self,
        formula: &Formula<LiteralId>,
        negated: bool,
        of: &impl Fn(&Test) -> Option<T>,
        and: &impl Fn(Option<T>, Option<T>) -> Option<T>,
        or: &impl Fn(&mut dyn Iterator<Item = Option<T>>) -> Option<T>,
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
                if all { found.reduce(and).flatten() } else { or(&mut found) }
            }
        }
    }

    fn prefixes(&self, formula: &Formula<LiteralId>) -> Option<Prefixes> {
        let of = |test: &Test| match test {
            Test::Text(id) => Some(self.texts.prefixes(*id)),
            _ => None,
        };
        self.collect(formula, false, &of, &fewer, &|all| together(all))
    }

    fn numbers(&self, formula: &Formula<LiteralId>) -> Option<(i64, i64)> {
        let of = |test: &Test| match test {
            Test::Numbers(ranges) => hull(ranges.iter().copied().map(Some)),
            _ => None,
        };
        self.collect(formula, false, &of, &meet, &|all| hull(all))
    }

    fn addresses(&self, formula: &Formula<LiteralId>) -> Option<(u128, u128)> {
        let of = |test: &Test| match test {
            // A wildcard is met by what it holds.
            Test::Networks { part: Some(_), .. } => None,
            Test::Networks { networks, .. } => hull(networks.iter().map(|n| Some((n.first.0, n.last.0)))),
            _ => None,
        };
        self.collect(formula, false, &of, &meet, &|all| hull(all))
    }
}
