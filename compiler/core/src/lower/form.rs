//! Conditions as alternatives of conjunctions, one predicate for each axis.
//!
//! An *axis* is what one classifier looks at. A condition is brought to negation normal form, tests of one axis are kept
//! together (a list of a thousand paths is one predicate, not a thousand alternatives), and what is left is multiplied out.
//! Kleene's logic is a distributive lattice with De Morgan's laws, so this keeps the three-valued meaning.

use super::LowerError;
use super::pattern::{Direction, Pattern, Plan, forward, plans};
use crate::model::{Atom, Compare, Cond, CondKind, Element, FactRef, Model, Network, SubjectId};
use rustc_hash::FxHashMap;
use warmor_policy::event::Source;
use warmor_policy::schema::FieldType;

/// Most alternatives of one clause.
pub(super) const MAX_TERMS: usize = 4096;
/// Most parts that subjects bring into one form. Subjects that name others more than once double with each level.
const MAX_MEMBER_PARTS: usize = 1 << 20;

/// What one classifier looks at. The order is that of tests in a diagram: what tells most apart comes first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Axis {
    Text { fact: FactRef, direction: Direction },
    Address { fact: FactRef },
    Depth { fact: FactRef },
    Number { fact: FactRef },
    Flags { fact: FactRef, mask: u32 },
    Present { fact: FactRef },
    List { fact: FactRef, every: bool, element: Element },
    Relation { left: FactRef, compare: Compare, right: FactRef, offset: i64 },
    Same { left: FactRef, right: FactRef, address: bool },
    Ancestor(u32),
}

impl Axis {
    /// Place in the order of tests.
    pub(super) fn order(&self) -> u32 {
        match self {
            Self::Text { direction, .. } => *direction as u32,
            Self::Address { .. } => 3,
            Self::Depth { .. } => 4,
            Self::Number { .. } => 5,
            Self::Flags { .. } => 6,
            Self::Present { .. } => 7,
            Self::List { .. } => 8,
            Self::Relation { .. } => 9,
            Self::Same { .. } => 10,
            Self::Ancestor(_) => 11,
        }
    }

    /// The direction in which it reads a text, if that is what it does.
    pub(super) fn direction(&self) -> Option<Direction> {
        if let Self::Text { direction, .. } = self { Some(*direction) } else { None }
    }

    /// The fact that it looks at, if it is one.
    pub(super) fn fact(&self) -> Option<&FactRef> {
        match self {
            Self::Text { fact, .. }
            | Self::Address { fact }
            | Self::Depth { fact }
            | Self::Number { fact }
            | Self::Flags { fact, .. }
            | Self::Present { fact }
            | Self::List { fact, .. } => Some(fact),
            Self::Relation { .. } | Self::Same { .. } | Self::Ancestor(_) => None,
        }
    }

    /// Whether its classes can be many. Clauses that look at different sets of such axes go to different diagrams.
    pub(super) fn is_major(&self) -> bool {
        matches!(self, Self::Text { .. } | Self::Address { .. })
    }
}

/// An axis, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct AxisId(pub(super) u32);

/// One test on an axis.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Test {
    Text(Pattern),
    Networks(Vec<Network>),
    Range(i64, i64),
    /// The "yes" of an axis with two answers.
    Yes,
}

/// A test of an axis, by its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct TestId(pub(super) u32);

/// A formula over the tests of one axis, negations at the tests.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Pred {
    Test { test: TestId, negated: bool },
    All(Vec<Pred>),
    Any(Vec<Pred>),
}

impl Pred {
    /// Calls with each test that stands without a negation.
    pub(super) fn positive(&self, found: &mut impl FnMut(TestId)) {
        match self {
            Self::Test { test, negated: false } => found(*test),
            Self::Test { .. } => {}
            Self::All(p) | Self::Any(p) => p.iter().for_each(|p| p.positive(found)),
        }
    }

    /// Calls with each test.
    pub(super) fn tests(&self, found: &mut impl FnMut(TestId)) {
        match self {
            Self::Test { test, .. } => found(*test),
            Self::All(p) | Self::Any(p) => p.iter().for_each(|p| p.tests(found)),
        }
    }

    /// Whether it holds; `holds` answers for a test and its negation.
    pub(super) fn eval(&self, holds: &impl Fn(TestId, bool) -> bool) -> bool {
        match self {
            Self::Test { test, negated } => holds(*test, *negated),
            Self::All(p) => p.iter().all(|p| p.eval(holds)),
            Self::Any(p) => p.iter().any(|p| p.eval(holds)),
        }
    }

    /// The tests, if it is an alternative of tests without negation.
    pub(super) fn as_alternatives(&self) -> Option<Vec<TestId>> {
        let one = |p: &Self| if let Self::Test { test, negated: false } = p { Some(*test) } else { None };
        match self {
            Self::Any(parts) => parts.iter().map(one).collect(),
            other => one(other).map(|t| vec![t]),
        }
    }
}

/// A condition in negation normal form.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Form {
    Const(bool),
    /// Unknown whatever the event is.
    Unknown,
    On(AxisId, Pred),
    All(Vec<Form>),
    Any(Vec<Form>),
}

impl Form {
    /// The number of its parts.
    fn size(&self) -> usize {
        match self {
            Self::Const(_) | Self::Unknown | Self::On(..) => 1,
            Self::All(parts) | Self::Any(parts) => 1 + parts.iter().map(Self::size).sum::<usize>(),
        }
    }
}

/// A conjunction: a predicate for each axis, sorted by axis.
pub(super) type Term = Vec<(AxisId, Pred)>;

/// The axes and tests of a program, numbered in order of first use.
#[derive(Default)]
pub(super) struct Axes {
    all: Vec<Axis>,
    tests: Vec<Vec<Test>>,
    axis_ids: FxHashMap<Axis, AxisId>,
    test_ids: FxHashMap<(AxisId, Test), TestId>,
    /// Conditions on ancestors.
    pub(super) predicates: Vec<Cond>,
}

impl Axes {
    /// The axis of a number.
    pub(super) fn axis(&self, id: AxisId) -> &Axis {
        &self.all[id.0 as usize]
    }

    /// A test of an axis.
    pub(super) fn test(&self, axis: AxisId, test: TestId) -> &Test {
        &self.tests[axis.0 as usize][test.0 as usize]
    }

    fn intern(&mut self, axis: Axis) -> AxisId {
        if let Some(id) = self.axis_ids.get(&axis) {
            return *id;
        }
        let id = AxisId(self.all.len() as u32);
        self.all.push(axis.clone());
        self.tests.push(Vec::new());
        self.axis_ids.insert(axis, id);
        id
    }

    fn on(&mut self, axis: Axis, test: Test, negated: bool) -> Form {
        let axis = self.intern(axis);
        let tests = &mut self.tests[axis.0 as usize];
        let test = *self.test_ids.entry((axis, test)).or_insert_with_key(|(_, test)| {
            tests.push(test.clone());
            TestId(tests.len() as u32 - 1)
        });
        Form::On(axis, Pred::Test { test, negated })
    }

    fn predicate(&mut self, cond: &Cond) -> u32 {
        let known = self.predicates.iter().position(|c| c == cond);
        known.unwrap_or_else(|| {
            self.predicates.push(cond.clone());
            self.predicates.len() - 1
        }) as u32
    }
}

/// Whose facts `process` means while a condition is being read.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Reader {
    /// The process that asks.
    Own,
    /// Another process, whose parent and ancestors are not known.
    Other(Source),
}

/// Turns conditions of a model into forms.
pub(super) struct Former<'m> {
    model: &'m Model,
    /// What has been met so far.
    pub(super) axes: Axes,
    /// Forms of subjects, with their size.
    members: FxHashMap<(SubjectId, Reader, bool), (Form, usize)>,
    /// Parts that subjects have brought into the form that is being made.
    spent: usize,
}

impl<'m> Former<'m> {
    /// For the conditions of a model.
    pub(super) fn new(model: &'m Model) -> Self {
        Self { model, axes: Axes::default(), members: FxHashMap::default(), spent: 0 }
    }

    /// A condition on an event.
    pub(super) fn form(&mut self, cond: &Cond) -> Result<Form, LowerError> {
        self.spent = 0;
        self.walk(cond, false, Reader::Own)
    }

    /// A condition on an ancestor.
    pub(super) fn ancestor_form(&mut self, cond: &Cond) -> Result<Form, LowerError> {
        self.spent = 0;
        self.walk(cond, false, Reader::Other(Source::Process))
    }

    fn walk(&mut self, cond: &Cond, negated: bool, reader: Reader) -> Result<Form, LowerError> {
        Ok(match &cond.kind {
            CondKind::Const(b) => Form::Const(*b != negated),
            CondKind::Not(inner) => self.walk(inner, !negated, reader)?,
            CondKind::All(parts) | CondKind::Any(parts) => {
                let all = matches!(cond.kind, CondKind::All(_)) != negated;
                let forms = parts.iter().map(|p| self.walk(p, negated, reader)).collect::<Result<_, _>>()?;
                join(forms, all)
            }
            CondKind::Atom(Atom::Member { source, subject }) => {
                let reader = match (reader, source) {
                    (Reader::Own, Source::Process) => Reader::Own,
                    (Reader::Own, other) => Reader::Other(*other),
                    (Reader::Other(_), Source::Process) => reader,
                    (Reader::Other(_), _) => return Ok(Form::Unknown),
                };
                self.member(*subject, negated, reader)?
            }
            CondKind::Atom(atom) => self.atom(atom, negated, reader, cond)?,
        })
    }

    fn member(&mut self, subject: SubjectId, negated: bool, reader: Reader) -> Result<Form, LowerError> {
        let key = (subject, reader, negated);
        if !self.members.contains_key(&key) {
            let form = self.walk(&self.model.subject(subject).cond, negated, reader)?;
            let size = form.size();
            self.members.insert(key, (form, size));
        }
        let (form, size) = &self.members[&key];
        self.spent = self.spent.saturating_add(*size);
        if self.spent > MAX_MEMBER_PARTS {
            return Err(LowerError::TooManyAlternatives(self.model.subject(subject).span));
        }
        Ok(form.clone())
    }

    /// The fact as the event holds it; `None` where the reader cannot know it.
    fn fact(fact: &FactRef, reader: Reader) -> Option<FactRef> {
        match (reader, fact.source) {
            (Reader::Own, _) | (_, Source::Event) => Some(fact.clone()),
            (Reader::Other(source), Source::Process) => Some(FactRef { source, ..fact.clone() }),
            (Reader::Other(_), _) => None,
        }
    }

    fn atom(&mut self, atom: &Atom, negated: bool, reader: Reader, cond: &Cond) -> Result<Form, LowerError> {
        let read = |f: &FactRef| Self::fact(f, reader);
        let plain =
            |f: FactRef| if f.key.is_some() { Err(LowerError::Unsupported(cond.span)) } else { Ok(f) };
        let form = match atom {
            Atom::Text { fact, test } => {
                let Some(fact) = read(fact) else { return Ok(Form::Unknown) };
                let alternatives = if fact.key.is_some() {
                    // The value of an entry is short: one automaton that reads forward does for all tests.
                    let one = |elements| Plan::One(Pattern { direction: Direction::Forward, elements });
                    forward(test).into_iter().map(one).collect()
                } else {
                    plans(test, !negated)
                };
                if alternatives.iter().any(Plan::has_nul) {
                    return Err(LowerError::Unsupported(cond.span));
                }
                let forms = alternatives.into_iter().map(|p| self.plan(&fact, p, negated)).collect();
                join(forms, negated)
            }
            Atom::Number { fact, first, last } => {
                let Some(fact) = read(fact) else { return Ok(Form::Unknown) };
                self.axes.on(Axis::Number { fact: plain(fact)? }, Test::Range(*first, *last), negated)
            }
            Atom::Address { fact, networks } => {
                let Some(fact) = read(fact) else { return Ok(Form::Unknown) };
                self.axes.on(Axis::Address { fact: plain(fact)? }, Test::Networks(networks.clone()), negated)
            }
            Atom::Flags { fact, mask } => {
                let Some(fact) = read(fact) else { return Ok(Form::Unknown) };
                self.axes.on(Axis::Flags { fact: plain(fact)?, mask: *mask }, Test::Yes, negated)
            }
            Atom::Present { fact } => {
                let Some(fact) = read(fact) else { return Ok(Form::Unknown) };
                if fact.key.is_some() {
                    let any = plans(&crate::model::TextTest::StartsWith(Vec::new()), false).remove(0);
                    self.plan(&fact, any, negated)
                } else {
                    self.axes.on(Axis::Present { fact }, Test::Yes, negated)
                }
            }
            Atom::ListAny { fact, element } | Atom::ListAll { fact, element } => {
                let Some(fact) = read(fact) else { return Ok(Form::Unknown) };
                let every = matches!(atom, Atom::ListAll { .. });
                self.axes.on(
                    Axis::List { fact: plain(fact)?, every, element: element.clone() },
                    Test::Yes,
                    negated,
                )
            }
            Atom::Relation { left, compare, right, offset } => {
                let (left, right) = match (read(left), read(right)) {
                    (Some(left), Some(right)) => (plain(left)?, plain(right)?),
                    (one, other) => return Ok(self.half_known(one.or(other), negated)),
                };
                self.axes.on(
                    Axis::Relation { left, compare: *compare, right, offset: *offset },
                    Test::Yes,
                    negated,
                )
            }
            Atom::Same { left, right } => {
                let (left, right) = match (read(left), read(right)) {
                    (Some(left), Some(right)) => (plain(left)?, plain(right)?),
                    (one, other) => return Ok(self.half_known(one.or(other), negated)),
                };
                let address = left.field().kind == FieldType::Ip;
                self.axes.on(Axis::Same { left, right, address }, Test::Yes, negated)
            }
            Atom::Ancestor { cond } => {
                if reader != Reader::Own {
                    return Ok(Form::Unknown);
                }
                let predicate = self.axes.predicate(cond);
                self.axes.on(Axis::Ancestor(predicate), Test::Yes, negated)
            }
            Atom::Member { .. } => return Err(LowerError::Unsupported(cond.span)),
        };
        Ok(form)
    }

    /// A comparison of which the reader knows one side at most: false where that side is absent, unknown otherwise.
    fn half_known(&mut self, known: Option<FactRef>, negated: bool) -> Form {
        match known {
            None => Form::Unknown,
            Some(fact) => {
                let present = self.axes.on(Axis::Present { fact }, Test::Yes, negated);
                join(vec![present, Form::Unknown], !negated)
            }
        }
    }

    fn plan(&mut self, fact: &FactRef, plan: Plan, negated: bool) -> Form {
        let mut text = |pattern: Pattern| {
            let direction = pattern.direction;
            self.axes.on(Axis::Text { fact: fact.clone(), direction }, Test::Text(pattern), negated)
        };
        match plan {
            Plan::One(pattern) => text(pattern),
            Plan::Split { front, back, slashes } => {
                let parts = vec![text(front), text(back)];
                let deep =
                    self.axes.on(Axis::Depth { fact: fact.clone() }, Test::Range(slashes, i64::MAX), negated);
                join(parts.into_iter().chain([deep]).collect(), !negated)
            }
        }
    }
}

/// Conjunction or disjunction, flattened, with the tests of one axis in one predicate.
pub(super) fn join(forms: Vec<Form>, all: bool) -> Form {
    let mut axes: Vec<(AxisId, Vec<Pred>)> = Vec::new();
    let mut by_axis: FxHashMap<AxisId, usize> = FxHashMap::default();
    let mut rest = Vec::new();
    let mut open: Vec<Form> = forms;
    open.reverse();
    while let Some(form) = open.pop() {
        match form {
            Form::Const(b) if b == all => {}
            Form::Const(b) => return Form::Const(b),
            Form::All(parts) if all => open.extend(parts.into_iter().rev()),
            Form::Any(parts) if !all => open.extend(parts.into_iter().rev()),
            Form::On(axis, pred) => {
                let at = *by_axis.entry(axis).or_insert_with(|| {
                    axes.push((axis, Vec::new()));
                    axes.len() - 1
                });
                match pred {
                    Pred::All(parts) if all => axes[at].1.extend(parts),
                    Pred::Any(parts) if !all => axes[at].1.extend(parts),
                    other => axes[at].1.push(other),
                }
            }
            other => rest.push(other),
        }
    }
    let mut parts: Vec<Form> = axes
        .into_iter()
        .map(|(axis, mut preds)| match preds.len() {
            1 => Form::On(axis, preds.swap_remove(0)),
            _ if all => Form::On(axis, Pred::All(preds)),
            _ => Form::On(axis, Pred::Any(preds)),
        })
        .chain(rest)
        .collect();
    match parts.len() {
        0 => Form::Const(all),
        1 => parts.swap_remove(0),
        _ if all => Form::All(parts),
        _ => Form::Any(parts),
    }
}

/// The form as alternatives of conjunctions. `unknown` is what an unknown condition counts as.
///
/// # Errors
/// `None` when there are more than [`MAX_TERMS`].
pub(super) fn terms(form: &Form, unknown: bool) -> Option<Vec<Term>> {
    Some(match form {
        Form::Const(true) => vec![Term::new()],
        Form::Const(false) => vec![],
        Form::Unknown => {
            if unknown {
                vec![Term::new()]
            } else {
                vec![]
            }
        }
        Form::On(axis, pred) => vec![vec![(*axis, pred.clone())]],
        Form::Any(parts) => {
            let mut out = Vec::new();
            for p in parts {
                out.extend(terms(p, unknown)?);
                if out.len() > MAX_TERMS {
                    return None;
                }
            }
            out
        }
        Form::All(parts) => {
            let mut out = vec![Term::new()];
            for p in parts {
                let factor = terms(p, unknown)?;
                if out.len().saturating_mul(factor.len()) > MAX_TERMS {
                    return None;
                }
                out = out.iter().flat_map(|a| factor.iter().map(|b| conjunction(a, b))).collect();
            }
            out
        }
    })
}

fn conjunction(a: &Term, b: &Term) -> Term {
    let mut out = a.clone();
    for (axis, pred) in b {
        match out.binary_search_by_key(axis, |(x, _)| *x) {
            Ok(at) if out[at].1 == *pred => {}
            Ok(at) => {
                let mut parts = match std::mem::replace(&mut out[at].1, Pred::All(Vec::new())) {
                    Pred::All(parts) => parts,
                    other => vec![other],
                };
                match pred {
                    Pred::All(more) => parts.extend(more.iter().cloned()),
                    other => parts.push(other.clone()),
                }
                out[at].1 = Pred::All(parts);
            }
            Err(at) => out.insert(at, (*axis, pred.clone())),
        }
    }
    out
}
