//! Questions about one axis: is there a value of this fact that passes and fails these tests, and which?
//!
//! An *axis* is a fact, or something that behaves like one: the ancestors of a process, a comparison of two facts. A *literal* is a
//! test of an axis with its sign and with what it counts as where the fact is unknown, which makes it two-valued; a *predicate* is
//! a combination of literals of one axis. Whatever is asked of an axis is answered once and kept.

use super::Answer;
use super::domain::{Domain, Values};
use super::formula::Formula;
use super::space::Space;
use super::text::{TextId, TextKind};
use crate::evaluate::Truth;
use crate::model::{Compare, FactRef, Network, TextTest};
use warmor_policy::event::{Address, Event, Fact, Record, Source, Value};

/// What one question can be about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Axis {
    /// A fact; an entry of a map is one by itself.
    Fact(FactRef),
    /// The records that the process descends from.
    Ancestors,
    /// A comparison of two facts, taken for a fact of its own.
    Relation(Relation),
}

/// A comparison of two facts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Relation {
    pub(super) left: FactRef,
    /// `None`: two texts or addresses are equal.
    pub(super) compare: Option<CompareBy>,
    pub(super) right: FactRef,
}

/// How numbers are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct CompareBy {
    /// 0 for `==`, 1 for `<`, 2 for `<=`.
    pub(super) order: u8,
    pub(super) offset: i64,
}

impl CompareBy {
    pub(super) fn new(compare: Compare, offset: i64) -> Self {
        let order = match compare {
            Compare::Equal => 0,
            Compare::Less => 1,
            Compare::LessEqual => 2,
        };
        Self { order, offset }
    }
}

/// An axis, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct AxisId(pub(super) u32);

/// A predicate with its sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct PredId(pub(super) u32);

impl PredId {
    /// The opposite.
    pub(super) fn negated(self) -> Self {
        Self(self.0 ^ 1)
    }
}

/// A test of an axis whose fact is known.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Test {
    /// There is such a fact.
    Present,
    Text(TextId),
    Numbers(Vec<(i64, i64)>),
    /// `part`: what it says of a wildcard that the networks hold in part; `None` where a wildcard is an address like others.
    Networks {
        networks: Vec<Network>,
        part: Option<bool>,
    },
    Flags(u32),
    /// Some element of the list passes.
    Some(Formula<TextId>),
    /// Every element does.
    Every(Formula<TextId>),
    /// Some ancestor satisfies the condition of this number.
    Ancestor(AncestorId),
    /// The comparison holds.
    Related,
}

/// A condition on ancestors, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct AncestorId(pub(super) u32);

/// A test with its sign, two-valued.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Literal {
    pub(super) test: Test,
    pub(super) negated: bool,
    /// Whether it holds where the fact is unknown.
    pub(super) unknown: bool,
}

/// A literal, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct LiteralId(pub(super) u32);

/// A value on an axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Point {
    Fact(Fact),
    Ancestors { records: Vec<Record>, incomplete: bool },
    Relation(Truth),
}

/// Most different quantifiers over one list, or conditions on ancestors, that are told apart in one question.
const MAX_QUANTIFIERS: usize = 10;
/// Most different sets of flags, likewise.
const MAX_MASKS: usize = 10;

impl Space<'_> {
    /// A value of the domain on which all predicates hold; the most telling one that there is: known before absent before
    /// unknown.
    pub(super) fn point(&mut self, axis: AxisId, domain: &Domain, preds: &[PredId]) -> Answer<Point> {
        let mut preds = preds.to_vec();
        preds.sort_by_key(|p| self.pred_content(*p));
        let formula = Formula::All(preds.iter().map(|p| self.pred(*p)).collect());
        match self.axes[axis.0 as usize].clone() {
            Axis::Fact(_) => self.fact_point(domain, &formula),
            Axis::Ancestors => self.ancestors(domain, &formula),
            Axis::Relation(_) => {
                let truths = [Truth::True, Truth::False, Truth::Unknown];
                let fits = |t: &Truth| {
                    (domain.unknown || *t != Truth::Unknown)
                        && formula.holds(&mut |l| self.literal(*l).holds_of(*t))
                };
                truths.into_iter().find(fits).map_or(Answer::Empty, |t| Answer::Found(Point::Relation(t)))
            }
        }
    }

    /// Whether a predicate holds at a point; `None` where that takes another question.
    pub(super) fn pred_at(&mut self, pred: PredId, point: &Point) -> Option<bool> {
        let formula = self.pred(pred);
        match point {
            Point::Ancestors { .. } => None,
            Point::Relation(truth) => Some(formula.holds(&mut |l| self.literal(*l).holds_of(*truth))),
            Point::Fact(Fact::Absent) => Some(formula.holds(&mut |l| self.literal(*l).negated)),
            Point::Fact(Fact::Unknown) => Some(formula.holds(&mut |l| self.literal(*l).unknown)),
            Point::Fact(Fact::Known(value)) => Some(formula.holds(&mut |l| {
                let literal = self.literal(*l).clone();
                let texts = &mut self.texts;
                let mut passes = |element: &Formula<TextId>, item: &[u8]| {
                    element.holds(&mut |t: &TextId| texts.matches(*t, item))
                };
                match (&literal.test, value) {
                    (Test::Text(id), Value::Bytes(text)) => self.texts.matches(*id, text) != literal.negated,
                    (Test::Some(element), Value::List(items)) => {
                        items.iter().any(|i| passes(element, i)) != literal.negated
                    }
                    (Test::Every(element), Value::List(items)) => {
                        items.iter().all(|i| passes(element, i)) != literal.negated
                    }
                    _ => literal.holds_for(value),
                }
            })),
        }
    }

    fn fact_point(&mut self, domain: &Domain, formula: &Formula<LiteralId>) -> Answer<Point> {
        let known = self.known_value(domain, formula);
        if let Answer::Found(value) = known {
            return Answer::Found(Point::Fact(Fact::Known(value)));
        }
        if domain.absent && formula.holds(&mut |l| self.literal(*l).negated) {
            return Answer::Found(Point::Fact(Fact::Absent));
        }
        if domain.unknown && formula.holds(&mut |l| self.literal(*l).unknown) {
            return Answer::Found(Point::Fact(Fact::Unknown));
        }
        match known {
            Answer::Budget => Answer::Budget,
            _ => Answer::Empty,
        }
    }

    fn known_value(&mut self, domain: &Domain, formula: &Formula<LiteralId>) -> Answer<Value> {
        let found = |value: Option<Value>| value.map_or(Answer::Empty, Answer::Found);
        match &domain.values {
            Values::None => Answer::Empty,
            Values::Text(kind) => {
                let texts = formula.map(&mut |l| {
                    let literal = self.literal(*l);
                    let test = match &literal.test {
                        Test::Text(id) => Formula::Test(*id),
                        other => Formula::Const(matches!(other, Test::Present)),
                    };
                    if literal.negated { test.negated() } else { test }
                });
                match self.text(*kind, &texts) {
                    Answer::Found(text) if text.is_empty() || text == b"/" => {
                        // No text, and the root, are correct and tell a reader nothing.
                        let bare = [TextTest::Equals(Vec::new()), TextTest::Equals(b"/".to_vec())];
                        let bare = Formula::Test(self.texts.union(&bare)).negated();
                        match self.text(*kind, &Formula::All(vec![texts, bare])) {
                            Answer::Found(better) => Answer::Found(Value::Bytes(better)),
                            _ => Answer::Found(Value::Bytes(text)),
                        }
                    }
                    Answer::Found(text) => Answer::Found(Value::Bytes(text)),
                    Answer::Empty => Answer::Empty,
                    Answer::Budget => Answer::Budget,
                }
            }
            Values::Numbers(ranges) => {
                let mut candidates: Vec<i64> = Vec::new();
                let around =
                    |first: i64, last: i64| [first, last, last.saturating_add(1), first.saturating_sub(1)];
                formula.each(&mut |l| {
                    if let Test::Numbers(tested) = &self.literal(*l).test {
                        candidates.extend(tested.iter().flat_map(|(f, l)| around(*f, *l)));
                    }
                });
                candidates.extend(ranges.iter().flat_map(|(f, l)| around(*f, *l)));
                let inside = |n: &i64| ranges.iter().any(|(first, last)| (first..=last).contains(&n));
                found(self.first(candidates.into_iter().filter(inside).map(Value::Int), formula))
            }
            Values::Addresses { wildcards } => {
                let mut candidates: Vec<u128> = vec![DOCUMENTATION_V4, DOCUMENTATION_V6];
                formula.each(&mut |l| {
                    if let Test::Networks { networks, .. } = &self.literal(*l).test {
                        candidates.extend(networks.iter().flat_map(|n| around_network(*n)));
                    }
                });
                let wild = [Address::V4_FIRST.0, Address::V6_UNSPECIFIED.0];
                candidates.extend(wild.into_iter().flat_map(|w| [w, w + 1]));
                let inside = |a: &Address| *wildcards || !a.is_wildcard();
                let values = candidates.into_iter().map(Address).filter(inside).map(Value::Ip);
                found(self.first(values, formula))
            }
            Values::Flags => self.flags(formula),
            Values::List => self.list(formula),
            // Of a map as a whole nothing is asked but whether it is there.
            Values::Map => found(self.first(std::iter::once(Value::Map(Vec::new())), formula)),
        }
    }

    /// The first of the values for which the formula holds.
    fn first(&self, mut values: impl Iterator<Item = Value>, formula: &Formula<LiteralId>) -> Option<Value> {
        values.find(|v| formula.holds(&mut |l| self.literal(*l).holds_for(v)))
    }

    fn flags(&self, formula: &Formula<LiteralId>) -> Answer<Value> {
        let mut masks: Vec<u32> = Vec::new();
        formula.each(&mut |l| {
            if let Test::Flags(mask) = &self.literal(*l).test {
                masks.push(*mask);
            }
        });
        masks.sort_unstable();
        masks.dedup();
        if masks.len() > MAX_MASKS {
            return Answer::Budget;
        }
        let union =
            |set: u32| (0..masks.len()).filter(|i| set >> i & 1 == 1).fold(0, |all, i| all | masks[i]);
        let values = (0..1u32 << masks.len()).map(|set| Value::Int(i64::from(union(set))));
        self.first(values, formula).map_or(Answer::Empty, Answer::Found)
    }

    /// A list: one element for each quantifier that asks for one.
    fn list(&mut self, formula: &Formula<LiteralId>) -> Answer<Value> {
        // "Every element is" is "no element is not".
        let mut elements: Vec<Formula<TextId>> = Vec::new();
        let mut place = |element: Formula<TextId>| {
            elements.iter().position(|e| *e == element).unwrap_or_else(|| {
                elements.push(element);
                elements.len() - 1
            })
        };
        let quantified = formula.map(&mut |l| {
            let literal = self.literal(*l);
            let test = match &literal.test {
                Test::Some(element) => Formula::Test(place(element.clone())),
                Test::Every(element) => Formula::Test(place(element.clone().negated())).negated(),
                other => Formula::Const(matches!(other, Test::Present)),
            };
            if literal.negated { test.negated() } else { test }
        });
        if elements.len() > MAX_QUANTIFIERS {
            return Answer::Budget;
        }
        let mut open = false;
        for chosen in choices(elements.len()) {
            if !quantified.holds(&mut |i| chosen >> i & 1 == 1) {
                continue;
            }
            let (some, none): (Vec<usize>, Vec<usize>) =
                (0..elements.len()).partition(|i| chosen >> i & 1 == 1);
            let others: Vec<Formula<TextId>> = none.iter().map(|i| elements[*i].clone().negated()).collect();
            let mut items: Vec<Vec<u8>> = Vec::new();
            let mut possible = true;
            for i in some {
                let mut parts = others.clone();
                parts.push(elements[i].clone());
                match self.text(TextKind::Text, &Formula::All(parts)) {
                    Answer::Found(item) if items.contains(&item) => {}
                    Answer::Found(item) => items.push(item),
                    Answer::Empty => possible = false,
                    Answer::Budget => (open, possible) = (true, false),
                }
            }
            if possible {
                return Answer::Found(Value::List(items));
            }
        }
        if open { Answer::Budget } else { Answer::Empty }
    }

    /// Ancestors: a record for each condition that is to hold of some, of which none satisfies what is to hold of none.
    fn ancestors(&mut self, domain: &Domain, formula: &Formula<LiteralId>) -> Answer<Point> {
        let mut conds: Vec<AncestorId> = Vec::new();
        formula.each(&mut |l| {
            if let Test::Ancestor(cond) = self.literal(*l).test {
                conds.push(cond);
            }
        });
        conds.sort_unstable();
        conds.dedup();
        conds.sort_by_key(|c| self.ancestor_content(*c));
        if conds.len() > MAX_QUANTIFIERS / 2 {
            return Answer::Budget;
        }
        let mut open = false;
        let mut choices: Vec<u32> = (0..3u32.pow(conds.len() as u32)).collect();
        let truth = |choice: u32, i: usize| match choice / 3u32.pow(i as u32) % 3 {
            0 => Truth::False,
            1 => Truth::True,
            _ => Truth::Unknown,
        };
        let all = conds.len();
        choices.sort_by_key(|c| {
            let count = |t: Truth| (0..all).filter(|i| truth(*c, *i) == t).count();
            (count(Truth::Unknown), count(Truth::True))
        });
        for choice in choices {
            let truths: Vec<Truth> = (0..all).map(|i| truth(choice, i)).collect();
            let of = |cond| conds.iter().position(|c| *c == cond).map_or(Truth::False, |i| truths[i]);
            let holds = formula.holds(&mut |l| {
                let literal = self.literal(*l);
                match literal.test {
                    Test::Ancestor(cond) => literal.holds_of(of(cond)),
                    _ => literal.negated,
                }
            });
            // Where some ancestors are not known, nothing is false of all of them. Otherwise what is unknown is so of some record.
            let vague = truths.contains(&Truth::Unknown);
            let incomplete = vague && !truths.contains(&Truth::False);
            if !holds || (vague && !domain.unknown) {
                continue;
            }
            let mut records: Vec<Record> = Vec::new();
            let mut possible = true;
            let asked = |t: Truth| t == Truth::True || (t == Truth::Unknown && !incomplete);
            for i in (0..all).filter(|i| asked(truths[*i])) {
                let others: Vec<(AncestorId, Truth)> =
                    (0..all).filter(|j| *j != i).map(|j| (conds[j], truths[j])).collect();
                match self.ancestor(conds[i], truths[i], &others, domain.unknown) {
                    Answer::Found(record) if records.contains(&record) => {}
                    Answer::Found(record) => records.push(record),
                    Answer::Empty => possible = false,
                    Answer::Budget => (open, possible) = (true, false),
                }
            }
            if possible {
                return Answer::Found(Point::Ancestors { records, incomplete });
            }
        }
        if open { Answer::Budget } else { Answer::Empty }
    }
}

/// Subsets of so many things, small ones first.
fn choices(of: usize) -> Vec<u32> {
    let mut all: Vec<u32> = (0..1u32 << of).collect();
    all.sort_by_key(|set| set.count_ones());
    all
}

/// 192.0.2.1 and `2001:db8::1`, which no network has (RFC 5737, RFC 3849).
const DOCUMENTATION_V4: u128 = 0xffff_c000_0201;
const DOCUMENTATION_V6: u128 = 0x2001_0db8_0000_0000_0000_0000_0000_0001;

/// The addresses at the ends of a network, an ordinary one first.
fn around_network(n: Network) -> [u128; 5] {
    let (first, last) = (n.first.0, n.last.0);
    [first.saturating_add(1).min(last), first, last, last.saturating_add(1), first.saturating_sub(1)]
}

impl Literal {
    /// Whether it holds where its test has this truth.
    pub(super) fn holds_of(&self, truth: Truth) -> bool {
        match truth {
            Truth::Unknown => self.unknown,
            Truth::True => !self.negated,
            Truth::False => self.negated,
        }
    }

    /// Whether it holds of a number, an address, a set of flags or a map.
    fn holds_for(&self, value: &Value) -> bool {
        let passes = match (&self.test, value) {
            (Test::Numbers(ranges), Value::Int(n)) => ranges.iter().any(|(f, l)| (f..=l).contains(&n)),
            (Test::Flags(mask), Value::Int(n)) => n & i64::from(*mask) == i64::from(*mask),
            (Test::Networks { networks, part }, Value::Ip(a)) => match part {
                Some(part) if a.is_wildcard() => wildcard_passes(networks, *a).unwrap_or(*part),
                _ => networks.iter().any(|n| n.contains(*a)),
            },
            (test, _) => matches!(test, Test::Present),
        };
        passes != self.negated
    }
}

/// Whether a wildcard lies in networks; `None` for in part. `0.0.0.0` stands for all IPv4 addresses, `::` for all addresses.
fn wildcard_passes(networks: &[Network], wildcard: Address) -> Option<bool> {
    let range = |first: u128, last: u128| (first, last);
    let v4 = range(Address::V4_FIRST.0, Address::V4_LAST.0);
    let whole =
        if wildcard.is_v4() { vec![v4] } else { vec![range(0, v4.0 - 1), v4, range(v4.1 + 1, u128::MAX)] };
    let touched =
        whole.iter().any(|(first, last)| networks.iter().any(|n| n.first.0 <= *last && *first <= n.last.0));
    if !touched {
        return Some(false);
    }
    let mut sorted: Vec<(u128, u128)> = networks.iter().map(|n| (n.first.0, n.last.0)).collect();
    sorted.sort_unstable();
    let full = whole.iter().all(|(first, last)| {
        let mut next = Some(*first);
        for (from, to) in &sorted {
            match next {
                Some(at) if *from <= at && *to >= at => next = to.checked_add(1).filter(|n| n <= last),
                _ => {}
            }
        }
        next.is_none()
    });
    full.then_some(true)
}

/// Puts a point into an event.
pub(super) fn place(event: &mut Event, axis: &Axis, point: Point) {
    match (axis, point) {
        (Axis::Fact(fact), Point::Fact(value)) => {
            let value = match (&fact.key, value) {
                (Some(key), Fact::Known(Value::Bytes(text))) => {
                    Fact::Known(Value::Map(vec![(key.as_bytes().to_vec(), text)]))
                }
                (_, value) => value,
            };
            let slot = match fact.source {
                Source::Event => &mut event.facts[fact.slot],
                Source::Process => &mut event.process.0[fact.slot],
                Source::Parent => &mut event.parent.0[fact.slot],
                Source::Target => &mut event.target.0[fact.slot],
            };
            match (slot, value) {
                (Fact::Known(Value::Map(pairs)), Fact::Known(Value::Map(more))) => pairs.extend(more),
                // An entry that is absent leaves the map as it is.
                (_, Fact::Absent) if fact.key.is_some() => {}
                (slot @ (Fact::Absent | Fact::Unknown), value) => *slot = value,
                // A map that is there, of which nothing more is said.
                (_, _) => {}
            }
        }
        (Axis::Ancestors, Point::Ancestors { records, incomplete }) => {
            event.ancestors = records;
            event.ancestors_incomplete = incomplete;
        }
        _ => {}
    }
}
