//! Conditions as terms. Kleene's three values are two Booleans: whether a condition holds, and whether it may hold (is not
//! false).
//!
//! What the evaluator computes from an event is written down here a second time, on purpose: the two are compared.

use super::terms::{Sort, Term};
use super::vocabulary::{Owner, Part, Place, TextId, Vocabulary};
use crate::model::{Atom, Compare, Cond, CondKind, Element, FactRef, Network, SubjectId};
use warmor_policy::event::{Address, Source};
use warmor_policy::schema::{Action, FieldType};

/// A truth value of three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kleene {
    /// It is true.
    pub(super) holds: Term,
    /// It is not false.
    pub(super) possible: Term,
}

/// Whose facts `process` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Reader {
    /// The process that asks: all records of the event are at hand.
    Asker,
    /// Another process, of which only this record is at hand.
    Other(Owner),
    /// Another process, of which nothing is at hand.
    Nobody,
}

/// A fact as a condition sees it.
#[derive(Clone, Copy)]
struct Seen {
    known: Term,
    unknown: Term,
    value: Value,
}

#[derive(Clone, Copy)]
enum Value {
    /// A bit vector.
    Bits(Term),
    /// A text.
    Text(TextId),
    /// A list, or a whole map.
    Many(Place),
}

/// A condition's surroundings.
pub(super) struct Context<'v, 'm> {
    vocabulary: &'v mut Vocabulary<'m>,
    model: usize,
    reader: Reader,
    /// Whether a literal holds that holds for a part of the addresses that a wildcard stands for.
    overlap: bool,
}

impl<'v, 'm> Context<'v, 'm> {
    /// One address is enough for a wildcard.
    pub(super) fn new(vocabulary: &'v mut Vocabulary<'m>, model: usize, reader: Reader) -> Self {
        Self { vocabulary, model, reader, overlap: true }
    }

    /// All of a wildcard's addresses are needed where `overlap` is not set.
    pub(super) fn with_overlap(self, overlap: bool) -> Self {
        Self { overlap, ..self }
    }

    /// The condition, or its opposite where `positive` is not set. The sign goes down to the atoms, because a literal is what
    /// a wildcard's overlap speaks of.
    pub(super) fn kleene(&mut self, cond: &Cond, positive: bool) -> Kleene {
        match &cond.kind {
            CondKind::Const(value) => self.known(*value == positive),
            CondKind::Not(inner) => self.kleene(inner, !positive),
            CondKind::All(parts) => self.join(parts, positive, positive),
            CondKind::Any(parts) => self.join(parts, positive, !positive),
            CondKind::Atom(atom) => self.literal(atom, positive),
        }
    }

    /// All of the conditions (`all`), or one of them, each with the sign.
    pub(super) fn join(&mut self, conds: &[Cond], positive: bool, all: bool) -> Kleene {
        let truths: Vec<Kleene> = conds.iter().map(|c| self.kleene(c, positive)).collect();
        self.combine(&truths, all)
    }

    /// All of the truths (`all`), or one of them.
    pub(super) fn combine(&mut self, truths: &[Kleene], all: bool) -> Kleene {
        let terms = &mut self.vocabulary.terms;
        let mut join = |side: fn(&Kleene) -> Term| {
            let parts: Vec<Term> = truths.iter().map(side).collect();
            if all { terms.and(parts) } else { terms.or(parts) }
        };
        Kleene { holds: join(|t| t.holds), possible: join(|t| t.possible) }
    }

    fn known(&mut self, value: bool) -> Kleene {
        let term = self.vocabulary.terms.constant(value);
        Kleene { holds: term, possible: term }
    }

    fn unknown(&mut self) -> Kleene {
        let terms = &mut self.vocabulary.terms;
        Kleene { holds: terms.constant(false), possible: terms.constant(true) }
    }

    fn signed(&mut self, truth: Kleene, positive: bool) -> Kleene {
        if positive {
            return truth;
        }
        let terms = &mut self.vocabulary.terms;
        Kleene { holds: terms.not(truth.possible), possible: terms.not(truth.holds) }
    }

    /// False where the fact is absent, unknown where it is, else the term.
    fn of_fact(&mut self, fact: Seen, passes: Term) -> Kleene {
        let terms = &mut self.vocabulary.terms;
        let holds = terms.and([fact.known, passes]);
        Kleene { holds, possible: terms.or([holds, fact.unknown]) }
    }

    fn literal(&mut self, atom: &Atom, positive: bool) -> Kleene {
        let truth = match atom {
            Atom::Member { source, subject } => return self.member(*source, *subject, positive),
            Atom::Address { fact, networks } => return self.address(fact, networks, positive),
            Atom::Ancestor { cond } => match self.reader {
                Reader::Asker => self.vocabulary.some_ancestor(self.model, cond),
                _ => self.unknown(),
            },
            Atom::Relation { left, compare, right, offset } => self.relation(left, *compare, right, *offset),
            Atom::Same { left, right } => self.same(left, right),
            Atom::Text { fact, test } => self.single(fact, |vocabulary, value| match value {
                Value::Text(text) => Some(vocabulary.test(text, test)),
                _ => None,
            }),
            Atom::Number { fact, first, last } => self.single(fact, |vocabulary, value| match value {
                Value::Bits(bits) => Some(number(vocabulary, fact, bits, *first, *last)),
                _ => None,
            }),
            Atom::Flags { fact, mask } => self.single(fact, |vocabulary, value| match value {
                Value::Bits(bits) => Some(flags(vocabulary, bits, *mask)),
                _ => None,
            }),
            Atom::Present { fact } => {
                self.single(fact, |vocabulary, _| Some(vocabulary.terms.constant(true)))
            }
            Atom::ListAny { fact, element } => self.single(fact, |vocabulary, value| match value {
                Value::Many(place) => Some(vocabulary.some_element(place, element)),
                _ => None,
            }),
            Atom::ListAll { fact, element } => {
                let opposite = Element::Not(Box::new(element.clone()));
                self.single(fact, |vocabulary, value| match value {
                    Value::Many(place) => {
                        let some = vocabulary.some_element(place, &opposite);
                        Some(vocabulary.terms.not(some))
                    }
                    _ => None,
                })
            }
        };
        self.signed(truth, positive)
    }

    /// A test of one fact. What the test does not fit to (`None`) tells nothing where the fact is known.
    fn single(
        &mut self,
        fact: &FactRef,
        passes: impl FnOnce(&mut Vocabulary<'m>, Value) -> Option<Term>,
    ) -> Kleene {
        let Some(seen) = self.fact(fact) else { return self.unknown() };
        match passes(self.vocabulary, seen.value) {
            Some(term) => self.of_fact(seen, term),
            None => self.ill_typed(seen),
        }
    }

    /// Unknown where the fact is there, false where it is absent.
    fn ill_typed(&mut self, seen: Seen) -> Kleene {
        let terms = &mut self.vocabulary.terms;
        Kleene { holds: terms.constant(false), possible: terms.or([seen.known, seen.unknown]) }
    }

    /// The fact as it is seen from here; `None` where nothing is known of it.
    fn fact(&mut self, fact: &FactRef) -> Option<Seen> {
        let owner = match (fact.source, self.reader) {
            (Source::Event, _) | (_, Reader::Asker) => Owner::Source(fact.source),
            (Source::Process, Reader::Other(owner)) => owner,
            _ => return None,
        };
        let place = Place { owner, slot: fact.slot };
        let whole = self.vocabulary.fact(place);
        let (mut known, unknown) = (whole.known, whole.unknown);
        let value = match (whole.value, place.field().kind, &fact.key) {
            (Some(bits), _, _) => Value::Bits(bits),
            (None, FieldType::Map, Some(key)) => {
                let present = self.vocabulary.entry(place, key);
                known = self.vocabulary.terms.and([known, present]);
                Value::Text(self.vocabulary.text(place, Part::Entry(key.clone())))
            }
            (None, FieldType::Map | FieldType::List, _) => Value::Many(place),
            (None, _, _) => Value::Text(self.vocabulary.text(place, Part::Whole)),
        };
        Some(Seen { known, unknown, value })
    }

    fn member(&mut self, source: Source, subject: SubjectId, positive: bool) -> Kleene {
        let reader = match (source, self.reader) {
            (Source::Process, same) => same,
            (other, Reader::Asker) => Reader::Other(Owner::Source(other)),
            _ => Reader::Nobody,
        };
        // Subjects name each other; without a memory each level would double the work.
        let key = (self.model, subject, reader, positive, self.overlap);
        if let Some(known) = self.vocabulary.members.get(&key) {
            return *known;
        }
        let cond = &self.vocabulary.model_of(self.model).subject(subject).cond;
        let (model, overlap) = (self.model, self.overlap);
        let mut inner = Context { vocabulary: self.vocabulary, model, reader, overlap };
        let truth = inner.kleene(cond, positive);
        self.vocabulary.members.insert(key, truth);
        truth
    }

    fn address(&mut self, fact: &FactRef, networks: &[Network], positive: bool) -> Kleene {
        let Some(seen) = self.fact(fact) else { return self.unknown() };
        let Value::Bits(bits) = seen.value else {
            let truth = self.ill_typed(seen);
            return self.signed(truth, positive);
        };
        let terms = &mut self.vocabulary.terms;
        let each: Vec<Term> = networks.iter().map(|n| network(terms, bits, *n)).collect();
        let inside = terms.or(each);
        let plain = if positive { inside } else { terms.not(inside) };
        // The literal where the address is a wildcard to bind: it is about all addresses that the wildcard stands for.
        let mut passes = plain;
        for wildcard in [Address::V4_FIRST, Address::V6_UNSPECIFIED] {
            let literal = match coverage(networks, wildcard) {
                Coverage::Full => positive,
                Coverage::None => !positive,
                Coverage::Part => self.overlap,
            };
            let binds = self.vocabulary.action_in([Action::Bind, Action::Listen]);
            let terms = &mut self.vocabulary.terms;
            let code = terms.number(wildcard.0, 128);
            let equal = terms.equal(bits, code);
            let here = terms.and([binds, equal]);
            passes = if literal {
                terms.or([here, passes])
            } else {
                let elsewhere = terms.not(here);
                terms.and([elsewhere, passes])
            };
        }
        let terms = &mut self.vocabulary.terms;
        // The literal of an absent fact is false, its opposite true.
        let sure = terms.and([seen.known, passes]);
        if positive {
            return Kleene { holds: sure, possible: terms.or([sure, seen.unknown]) };
        }
        let there = terms.or([seen.known, seen.unknown]);
        let absent = terms.not(there);
        let holds = terms.or([sure, absent]);
        Kleene { holds, possible: terms.or([holds, seen.unknown]) }
    }

    /// False where either fact is absent, else unknown where either is unknown.
    fn pair(
        &mut self,
        left: &FactRef,
        right: &FactRef,
        holds: impl FnOnce(&mut Vocabulary<'m>, Value, Value) -> Option<Term>,
    ) -> Kleene {
        let sides = (self.fact(left), self.fact(right));
        let (left, right) = match sides {
            (Some(left), Some(right)) => (left, right),
            // A fact of which nothing is at hand is unknown.
            (Some(one), None) | (None, Some(one)) => return self.ill_typed(one),
            (None, None) => return self.unknown(),
        };
        let passes = holds(self.vocabulary, left.value, right.value);
        let terms = &mut self.vocabulary.terms;
        let both = terms.and([left.known, right.known]);
        let there: Vec<Term> = [left, right].iter().map(|s| terms.or([s.known, s.unknown])).collect();
        let there = terms.and(there);
        let Some(passes) = passes else {
            return Kleene { holds: terms.constant(false), possible: there };
        };
        let sure = terms.and([both, passes]);
        let failed = terms.not(passes);
        let refuted = terms.and([both, failed]);
        let open = terms.not(refuted);
        Kleene { holds: sure, possible: terms.and([there, open]) }
    }

    fn relation(&mut self, left: &FactRef, compare: Compare, right: &FactRef, offset: i64) -> Kleene {
        let kinds = (left.field().kind, right.field().kind);
        self.pair(left, right, |vocabulary, l, r| {
            let (Value::Bits(l), Value::Bits(r)) = (l, r) else { return None };
            if kinds.0 == FieldType::Ip || kinds.1 == FieldType::Ip {
                return None;
            }
            // The sum of two numbers of 64 bits has 65.
            let terms = &mut vocabulary.terms;
            let mut wide = |term| match terms.sort(term) {
                Sort::Bits(width) => terms.extend(term, 66 - width, width == 64),
                Sort::Bool => term,
            };
            let (l, r) = (wide(l), wide(r));
            let offset = terms.number(i128::from(offset).cast_unsigned(), 66);
            let sum = terms.add(r, offset);
            Some(match compare {
                Compare::Equal => terms.equal(l, sum),
                Compare::LessEqual => terms.at_most(l, sum, true),
                Compare::Less => {
                    let reverse = terms.at_most(sum, l, true);
                    terms.not(reverse)
                }
            })
        })
    }

    fn same(&mut self, left: &FactRef, right: &FactRef) -> Kleene {
        let address = |f: &FactRef| f.field().kind == FieldType::Ip;
        let addresses = address(left) && address(right);
        self.pair(left, right, |vocabulary, l, r| match (l, r) {
            (Value::Text(l), Value::Text(r)) => Some(vocabulary.same_text(l, r)),
            (Value::Bits(l), Value::Bits(r)) if addresses => Some(vocabulary.terms.equal(l, r)),
            _ => None,
        })
    }
}

/// The number lies in the inclusive range.
fn number(vocabulary: &mut Vocabulary<'_>, fact: &FactRef, bits: Term, first: i64, last: i64) -> Term {
    if fact.field().kind == FieldType::Ip {
        return vocabulary.terms.constant(false);
    }
    vocabulary.within(bits, first, last)
}

/// All bits of the mask are set.
fn flags(vocabulary: &mut Vocabulary<'_>, bits: Term, mask: u32) -> Term {
    let Sort::Bits(width) = vocabulary.terms.sort(bits) else { return bits };
    let terms = &mut vocabulary.terms;
    let one = terms.number(1, 1);
    let asked = (0..width.min(32)).filter(|b| mask & (1 << b) != 0);
    let set: Vec<Term> = asked
        .map(|b| {
            let bit = terms.extract(bits, b, b);
            terms.equal(bit, one)
        })
        .collect();
    terms.and(set)
}

/// The address lies in the network. A prefix is compared by its bits.
fn network(terms: &mut super::terms::Terms, bits: Term, network: Network) -> Term {
    let (first, last) = (network.first.0, network.last.0);
    let differing = first ^ last;
    let is_prefix = differing & differing.wrapping_add(1) == 0 && first & differing == 0;
    if is_prefix && differing != u128::MAX {
        let low = 128 - differing.leading_zeros();
        let front = terms.extract(bits, 127, low);
        let expected = terms.number(first >> low, 128 - low);
        return terms.equal(front, expected);
    }
    terms.in_range(bits, first, last, false)
}

/// How much of what a wildcard stands for lies in the networks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Coverage {
    None,
    Part,
    Full,
}

fn coverage(networks: &[Network], wildcard: Address) -> Coverage {
    // `0.0.0.0` stands for all of IPv4, `::` for everything.
    let family = if wildcard.is_v4() { (Address::V4_FIRST.0, Address::V4_LAST.0) } else { (0, u128::MAX) };
    let mut parts: Vec<(u128, u128)> = networks
        .iter()
        .map(|n| (n.first.0.max(family.0), n.last.0.min(family.1)))
        .filter(|(first, last)| first <= last)
        .collect();
    parts.sort_unstable();
    if parts.is_empty() {
        return Coverage::None;
    }
    // The first address that no network seen so far holds; `None` past the last of all.
    let mut gap = Some(family.0);
    for (first, last) in parts {
        match gap {
            Some(at) if first <= at => gap = last.checked_add(1).map(|next| next.max(at)),
            _ => break,
        }
    }
    if gap.is_none_or(|at| at > family.1) { Coverage::Full } else { Coverage::Part }
}
