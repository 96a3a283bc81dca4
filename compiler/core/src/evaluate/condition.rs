//! The truth of a condition about one event.

use super::glob;
use super::truth::Truth;
use crate::model::{Atom, Compare, Cond, CondKind, Element, FactRef, Model, Network, SubjectId, TextTest};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use warmor_policy::event::{Address, Event, Fact, Record, Source, Value};
use warmor_policy::schema::Action;

/// What a literal means that holds for a part of the addresses that a wildcard stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overlap {
    /// It holds: one address is enough for a denial, an audit or a detection.
    Holds,
    /// It does not: an allow needs all of them.
    Fails,
}

/// Whose facts `process` means.
#[derive(Clone, Copy)]
enum Viewpoint<'a> {
    /// The process that asks; its parent, its ancestors and the target are at hand.
    Asker,
    /// Another process, of which only this record is at hand.
    Other(&'a Record),
    /// Another process, of which nothing is at hand.
    Nobody,
}

impl Viewpoint<'_> {
    /// A number that tells viewpoints on one event apart.
    fn number(self) -> usize {
        match self {
            Self::Asker => 0,
            Self::Nobody => 1,
            Self::Other(record) => std::ptr::from_ref(record).addr(),
        }
    }
}

/// A subject, from a viewpoint, with a sign.
pub(super) type Membership = (SubjectId, usize, bool);

/// The memberships of one event that are known already: subjects name each other, and without it each level would double the
/// work.
#[derive(Default)]
pub(super) struct Memo(RefCell<HashMap<Membership, Truth>>);

/// A condition's surroundings.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    model: &'a Model,
    event: &'a Event,
    overlap: Overlap,
    viewpoint: Viewpoint<'a>,
    memo: &'a Memo,
}

impl<'a> Context<'a> {
    /// A memo serves one event and one kind of overlap.
    pub(super) fn new(model: &'a Model, event: &'a Event, overlap: Overlap, memo: &'a Memo) -> Self {
        Self { model, event, overlap, viewpoint: Viewpoint::Asker, memo }
    }

    /// The truth of the condition, or of its opposite where `positive` is not set. The sign goes down to the atoms, because a
    /// literal (an atom with its sign) is what an [`Overlap`] speaks of.
    pub(super) fn truth(self, cond: &Cond, positive: bool) -> Truth {
        match &cond.kind {
            CondKind::Const(b) => Truth::from(*b == positive),
            CondKind::Not(inner) => self.truth(inner, !positive),
            CondKind::All(parts) => self.join(parts, positive, positive),
            CondKind::Any(parts) => self.join(parts, positive, !positive),
            CondKind::Atom(atom) => self.literal(atom, positive),
        }
    }

    /// All of the conditions (`all`), or one of them, each with the sign.
    pub(super) fn join(self, conds: &[Cond], positive: bool, all: bool) -> Truth {
        let truths = conds.iter().map(|c| self.truth(c, positive));
        if all { Truth::all(truths) } else { Truth::any(truths) }
    }

    fn literal(self, atom: &Atom, positive: bool) -> Truth {
        let atom = match atom {
            Atom::Member { source, subject } => {
                return self.seen_from(*source).member(*subject, positive);
            }
            Atom::Ancestor { cond } => return self.ancestor(cond, positive),
            Atom::Address { fact, networks } => {
                self.test(fact, |v| match v {
                    Value::Ip(address) => match self.coverage(*address, networks) {
                        Coverage::None => Some(Truth::False),
                        Coverage::Full => Some(Truth::True),
                        // Signed here, so that the sign below undoes it.
                        Coverage::Part => Some(Truth::from(self.overlap == Overlap::Holds).signed(positive)),
                    },
                    _ => None,
                })
            }
            Atom::Text { fact, test } => self.test(fact, |v| match v {
                Value::Bytes(text) => Some(text_passes(test, text).into()),
                _ => None,
            }),
            Atom::Number { fact, first, last } => self.test(fact, |v| match v {
                Value::Int(n) => Some((first..=last).contains(&n).into()),
                _ => None,
            }),
            Atom::Flags { fact, mask } => self.test(fact, |v| match v {
                Value::Int(n) => Some((n & i64::from(*mask) == i64::from(*mask)).into()),
                _ => None,
            }),
            Atom::Present { fact } => self.test(fact, |_| Some(Truth::True)),
            Atom::ListAny { fact, element } => self.test(fact, |v| match v {
                Value::List(items) => Some(items.iter().any(|i| element_passes(element, i)).into()),
                _ => None,
            }),
            Atom::ListAll { fact, element } => self.test(fact, |v| match v {
                Value::List(items) => Some(items.iter().all(|i| element_passes(element, i)).into()),
                _ => None,
            }),
            Atom::Relation { left, compare, right, offset } => {
                self.relate(left, right, |l, r| match (l, r) {
                    (Value::Int(l), Value::Int(r)) => {
                        let (l, r) = (i128::from(*l), i128::from(*r) + i128::from(*offset));
                        Some(match compare {
                            Compare::Equal => l == r,
                            Compare::Less => l < r,
                            Compare::LessEqual => l <= r,
                        })
                    }
                    _ => None,
                })
            }
            Atom::Same { left, right } => self.relate(left, right, |l, r| match (l, r) {
                (Value::Bytes(l), Value::Bytes(r)) => Some(l == r),
                (Value::Ip(l), Value::Ip(r)) => Some(l == r),
                _ => None,
            }),
        };
        atom.signed(positive)
    }

    /// Whether `process`, as seen from here, is a member of the subject.
    fn member(self, subject: SubjectId, positive: bool) -> Truth {
        let membership = self.membership(subject, positive);
        if let Some(known) = self.memo.0.borrow().get(&membership) {
            return *known;
        }
        let truth = self.truth(&self.model.subject(subject).cond, positive);
        self.memo.0.borrow_mut().insert(membership, truth);
        truth
    }

    /// What tells the question whether `process` is a member from others about the event.
    pub(super) fn membership(self, subject: SubjectId, positive: bool) -> Membership {
        (subject, self.viewpoint.number(), positive)
    }

    /// False on an absent fact, unknown on an unknown one, otherwise what the value says. A value that is not of the fact's
    /// type (`None`) tells nothing.
    fn test(self, fact: &FactRef, passes: impl Fn(&Value) -> Option<Truth>) -> Truth {
        match self.fact(fact).as_ref() {
            Fact::Absent => Truth::False,
            Fact::Unknown => Truth::Unknown,
            Fact::Known(value) => passes(value).unwrap_or(Truth::Unknown),
        }
    }

    /// False where either fact is absent, else unknown where either is unknown.
    fn relate(
        self,
        left: &FactRef,
        right: &FactRef,
        holds: impl Fn(&Value, &Value) -> Option<bool>,
    ) -> Truth {
        match (self.fact(left).as_ref(), self.fact(right).as_ref()) {
            (Fact::Absent, _) | (_, Fact::Absent) => Truth::False,
            (Fact::Known(l), Fact::Known(r)) => holds(l, r).map_or(Truth::Unknown, Truth::from),
            _ => Truth::Unknown,
        }
    }

    /// The fact as it is seen from here.
    pub(super) fn fact(self, fact: &FactRef) -> Cow<'a, Fact> {
        let whole = match (fact.source, self.viewpoint) {
            (Source::Event, _) | (_, Viewpoint::Asker) => self.event.fact(fact.source, fact.slot),
            (Source::Process, Viewpoint::Other(record)) => &record.0[fact.slot],
            _ => &Fact::Unknown,
        };
        match (&fact.key, whole) {
            (Some(key), Fact::Known(Value::Map(entries))) => {
                let entry = entries.iter().find(|(k, _)| k == key.as_bytes());
                Cow::Owned(entry.map_or(Fact::Absent, |(_, v)| Fact::Known(Value::Bytes(v.clone()))))
            }
            _ => Cow::Borrowed(whole),
        }
    }

    /// The same event, `process` being another one. Of a process other than the asker nothing but its own record is known.
    pub(super) fn seen_from(self, source: Source) -> Self {
        let viewpoint = match (source, self.viewpoint) {
            (Source::Process, same) => same,
            (Source::Parent, Viewpoint::Asker) => Viewpoint::Other(&self.event.parent),
            (Source::Target, Viewpoint::Asker) => Viewpoint::Other(&self.event.target),
            _ => Viewpoint::Nobody,
        };
        Self { viewpoint, ..self }
    }

    fn ancestor(self, cond: &Cond, positive: bool) -> Truth {
        if !matches!(self.viewpoint, Viewpoint::Asker) {
            return Truth::Unknown;
        }
        let known = self.event.ancestors.iter();
        let known =
            known.map(|record| Self { viewpoint: Viewpoint::Other(record), ..self }.truth(cond, positive));
        let missing = self.event.ancestors_incomplete.then_some(Truth::Unknown);
        // "No ancestor is" is "every ancestor is not".
        if positive { Truth::any(known.chain(missing)) } else { Truth::all(known.chain(missing)) }
    }

    /// How much of what the address stands for lies in the networks.
    fn coverage(self, address: Address, networks: &[Network]) -> Coverage {
        let wildcard = matches!(self.event.action, Action::Bind | Action::Listen) && address.is_wildcard();
        if !wildcard {
            return if networks.iter().any(|n| n.contains(address)) {
                Coverage::Full
            } else {
                Coverage::None
            };
        }
        let family: &[Network] =
            if address.is_v4() { &[Network::V4] } else { &[Network::V4, Network::V6_LOW, Network::V6_HIGH] };
        if family.iter().all(|all| covers(networks, *all)) {
            Coverage::Full
        } else if family.iter().any(|all| networks.iter().any(|n| n.first <= all.last && all.first <= n.last))
        {
            Coverage::Part
        } else {
            Coverage::None
        }
    }
}

/// How much of a set of addresses lies in networks.
enum Coverage {
    None,
    Part,
    Full,
}

/// Whether every address of the range lies in one of the networks: walk from the first address on, each time to the end of a
/// network that holds it.
fn covers(networks: &[Network], range: Network) -> bool {
    let mut at = range.first;
    loop {
        let Some(reach) = networks.iter().filter(|n| n.contains(at)).map(|n| n.last).max() else {
            return false;
        };
        if reach >= range.last {
            return true;
        }
        at = Address(reach.0 + 1);
    }
}

pub(super) fn text_passes(test: &TextTest, value: &[u8]) -> bool {
    match test {
        TextTest::Equals(bytes) => value == bytes.as_slice(),
        TextTest::Glob(pattern) => glob::matches(pattern, value),
        TextTest::Contains(bytes) => (0..=value.len()).any(|at| value[at..].starts_with(bytes)),
        TextTest::StartsWith(bytes) => value.starts_with(bytes),
        TextTest::EndsWith(bytes) => value.ends_with(bytes),
    }
}

fn element_passes(element: &Element, value: &[u8]) -> bool {
    match element {
        Element::Const(b) => *b,
        Element::Not(inner) => !element_passes(inner, value),
        Element::All(parts) => parts.iter().all(|p| element_passes(p, value)),
        Element::Any(parts) => parts.iter().any(|p| element_passes(p, value)),
        Element::Test(test) => text_passes(test, value),
    }
}
