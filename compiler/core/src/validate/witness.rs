//! An event on which tables and model differ: looked for once a proof has failed, so that the failure can be seen.
//!
//! For each fact there are a few values that matter: one for each class of a classifier together with each set of the clause's tests that
//! they pass. From events on which the clause applies one goes step by step to others, and asks the reference evaluator and the image
//! about each. What is found is a difference, whatever the search rests on; that none is found means nothing.

use super::automaton::Automaton;
use super::clauses::describe;
use super::formula::{Formulas, Reader as Whose, Test};
use super::hosting::{Question, Reader, tests_of};
use super::pattern::{Regex, regexes as regexes_of};
use super::text::samples;
use super::{Budget, Invalid};
use crate::evaluate;
use crate::evaluate::Truth;
use crate::lower::Part;
use crate::model::{Atom, ClauseRef, Cond, CondKind, FactRef, Model, TextTest};
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;
use warmor_policy::event::{Address, Event, Fact, Record, Source, Value, encode};
use warmor_policy::image::{Image, SINK, Scratch, header, node};
use warmor_policy::schema::{Action, FieldType};

/// Most events that are tried.
const MAX_EVENTS: usize = 200_000;
/// How often the search begins anew.
const STARTS: usize = 12;
/// Events near one on which the clause applies that are tried at random.
const NEIGHBOURS: usize = 4000;
/// Most values of one fact.
const MAX_VALUES: usize = 1500;
/// Most values that one classifier contributes.
const MAX_SAMPLES: usize = 400;
/// Pairs of states that are looked at for the values of one classifier.
const MAX_PAIRS: usize = 40_000;
/// Most classifiers that contribute values.
const MAX_QUESTIONS: usize = 200;

/// An event on which tables and model differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// The event.
    pub event: Event,
    /// The clause, by its rank.
    pub rank: u32,
    /// Whether the clause applies by the reference evaluator. By the tables it is the other way.
    pub applies: bool,
}

/// Looks for an event that shows why an image is not proved.
pub fn witness(model: &Model, image: &Image, invalid: &Invalid) -> Option<Witness> {
    let (rank, action) = match invalid {
        Invalid::Unjustified(rank, action) | Invalid::Missing(rank, action) => (*rank, *action),
        Invalid::Table(_) | Invalid::Budget => return None,
    };
    let clause = *model.clauses().get(rank as usize)?;
    let described = describe(model, clause, Part::Whole);
    let cond = Cond::all(vec![described.scope, described.cond], crate::span::Span::default());
    let values = Values::new(model, image, rank, action, &cond, described.on_unknown);
    let mut search = Search {
        model,
        image,
        clause,
        rank,
        action,
        cond: &cond,
        on_unknown: described.on_unknown,
        values: values.by_fact.into_iter().collect(),
        scratch: Scratch::default(),
        left: MAX_EVENTS,
        rng: 0x9e37_79b9_7f4a_7c15,
    };
    search.run()
}

/// A fact of the event, or of an ancestor of its process.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    ancestor: bool,
    fact: FactRef,
}

/// The values that matter, for each fact.
struct Values {
    by_fact: BTreeMap<Place, Vec<Fact>>,
}

impl Values {
    fn new(model: &Model, image: &Image, rank: u32, action: Action, cond: &Cond, on_unknown: bool) -> Self {
        let mut values = Self { by_fact: BTreeMap::new() };
        let mut formulas = Formulas::new(model);
        formulas.build(cond, true, Whose::Own, on_unknown);
        let mut tests: Vec<(bool, Test)> = formulas.tests.iter().map(|t| (false, t.clone())).collect();
        for test in &formulas.tests {
            if let Test::Ancestor { cond } = test {
                let mut inner = Formulas::new(model);
                inner.build(cond, true, Whose::Own, on_unknown);
                tests.extend(inner.tests.into_iter().map(|t| (true, t)));
            }
        }
        let reader = Reader::new(image.words());
        let mut questions = questions(&reader, rank, action);
        questions.truncate(MAX_QUESTIONS);
        // What the source asks of each fact, and what the image asks of it.
        let mut asked: BTreeMap<Place, Vec<Option<Question>>> = BTreeMap::new();
        for (ancestor, test) in &tests {
            let facts: Vec<FactRef> = match test {
                Test::Relation { left, right, .. } | Test::Same { left, right } => {
                    vec![left.clone(), right.clone()]
                }
                other => other.fact().cloned().into_iter().collect(),
            };
            for fact in facts {
                asked.entry(Place { ancestor: *ancestor, fact }).or_insert_with(|| vec![None]);
            }
        }
        for (ancestor, question) in questions {
            let facts = match reader.two_facts(question) {
                Some((left, right)) => vec![left, right],
                None => reader.only_fact(question).into_iter().collect(),
            };
            for fact in facts {
                asked.entry(Place { ancestor, fact }).or_insert_with(|| vec![None]).push(Some(question));
            }
        }
        for (place, questions) in asked {
            let own: Vec<&Test> = tests
                .iter()
                .filter(|(ancestor, t)| *ancestor == place.ancestor && t.fact() == Some(&place.fact))
                .map(|(_, t)| t)
                .collect();
            let facts = facts_of(&reader, &place.fact, &questions, &own);
            values.by_fact.insert(place, facts);
        }
        // Facts that are compared with each other have each other's values, and those next to them.
        for (ancestor, test) in &tests {
            let (left, right, offset) = match test {
                Test::Relation { left, right, offset, .. } => (left, right, *offset),
                Test::Same { left, right } => (left, right, 0),
                _ => continue,
            };
            let place = |fact: &FactRef| Place { ancestor: *ancestor, fact: fact.clone() };
            let (left, right) = (place(left), place(right));
            let of = |p: &Place| values.by_fact.get(p).cloned().unwrap_or_default();
            let near = |facts: Vec<Fact>, offset: i64| {
                facts.into_iter().flat_map(move |fact| match fact {
                    Fact::Known(Value::Int(n)) => [-1, 0, 1]
                        .map(|d| Fact::Known(Value::Int(n.saturating_add(offset).saturating_add(d))))
                        .to_vec(),
                    other => vec![other],
                })
            };
            let (a, b) = (of(&left), of(&right));
            values.by_fact.entry(left).or_default().extend(near(b, offset));
            values.by_fact.entry(right).or_default().extend(near(a, offset.saturating_neg()));
        }
        for facts in values.by_fact.values_mut() {
            let mut seen = FxHashSet::default();
            facts.retain(|f| seen.insert(f.clone()));
            facts.truncate(MAX_VALUES);
        }
        values
    }
}

/// The questions that selectors ask, and those of the diagrams that hold a clause of an action, or all of them where none does; whether
/// they are asked of ancestors.
fn questions(reader: &Reader<'_>, rank: u32, action: Action) -> Vec<(bool, Question)> {
    let word = |at: usize| reader.word(at);
    let mut out: Vec<(bool, Question)> = Vec::new();
    let mut seen = FxHashSet::default();
    let mut ends: Vec<u32> = Vec::new();
    let mut open: Vec<(bool, u32)> = (0..word(header::SELECTOR_COUNT) as usize)
        .map(|i| (false, word(word(header::SELECTORS) as usize + i)))
        .collect();
    let mut visit = |open: &mut Vec<(bool, u32)>, ends: &mut Vec<u32>| {
        while let Some((ancestor, at)) = open.pop() {
            if !seen.insert((ancestor, at)) {
                continue;
            }
            if !matches!(word(at as usize) & 0xff, node::TEST | node::HITS) {
                // What an ancestor's diagram ends in selects nothing.
                if !ancestor {
                    ends.push(at);
                }
                continue;
            }
            let question = reader.question(at);
            if !out.contains(&(ancestor, question)) {
                out.push((ancestor, question));
            }
            open.extend(reader.predicate(question).map(|root| (true, root)));
            let children = word(at as usize + 2) as usize;
            open.extend((0..children).map(|c| (ancestor, word(at as usize + 3 + c))));
        }
    };
    visit(&mut open, &mut ends);
    let mut roots: Vec<u32> = Vec::new();
    for end in std::mem::take(&mut ends) {
        let list = word(end as usize + 1 + action as usize) as usize;
        if list != 0 {
            roots.extend((0..word(list) as usize).map(|i| word(list + 1 + i)));
        }
    }
    roots.sort_unstable();
    roots.dedup();
    let holding: Vec<u32> = roots.iter().copied().filter(|r| reader.holds_rank(*r, rank)).collect();
    let roots = if holding.is_empty() { roots } else { holding };
    let mut open = roots.into_iter().map(|r| (false, r)).collect();
    visit(&mut open, &mut ends);
    out
}

/// The values of a fact that matter.
fn facts_of(
    reader: &Reader<'_>,
    fact: &FactRef,
    questions: &[Option<Question>],
    tests: &[&Test],
) -> Vec<Fact> {
    let mut texts: Vec<Vec<u8>> = Vec::new();
    let mut numbers: Vec<i64> = vec![0, 1];
    let mut addresses: Vec<u128> = Vec::new();
    let mut regexes: Vec<&Regex> = Vec::new();
    let mut elements: Vec<&TextTest> = Vec::new();
    for test in tests {
        match test {
            Test::Text { regex, .. } => regexes.push(regex),
            Test::Number { first, last, .. } => {
                numbers.extend([*first, *last, first.saturating_sub(1), last.saturating_add(1)]);
            }
            Test::Slashes { least, .. } => texts.extend([*least - 1, *least].map(deep)),
            Test::Address { networks, .. } => {
                addresses.extend(networks.iter().flat_map(|n| around(n.first.0, n.last.0)));
            }
            Test::Flags { mask, .. } => {
                let all = numbers.iter().fold(i64::from(*mask), |all, n| all | n);
                numbers.extend([i64::from(*mask), i64::from(!*mask), all]);
            }
            Test::List { element, .. } => tests_of(element, &mut elements),
            _ => {}
        }
    }
    let owned: Vec<Regex> = elements.iter().flat_map(|t| regexes_of(t)).collect();
    regexes.extend(&owned);
    for question in questions {
        let asked = question.map(|q| reader.asked(q)).unwrap_or_default();
        numbers.extend(asked.numbers);
        addresses.extend(asked.addresses.into_iter().flat_map(|a| around(a, a)));
        texts.extend(asked.depths.into_iter().flat_map(|d| [d - 1, d]).map(deep));
        let automaton = match question {
            None => Some(Automaton { words: &[], start: SINK, reversed: false }),
            Some(_) => asked.automaton,
        };
        if let Some(automaton) = automaton {
            let mut budget = Budget { left: MAX_PAIRS as u64 };
            texts.extend(samples(automaton, &regexes, MAX_SAMPLES, &mut budget));
        }
    }
    let mut out = vec![Fact::Absent, Fact::Unknown];
    let field = fact.field();
    let known = |value: Value| Fact::Known(value);
    match (&fact.key, field.kind) {
        (Some(key), _) => {
            out.extend(texts.into_iter().map(|t| known(Value::Map(vec![(key.clone().into_bytes(), t)]))));
        }
        (None, FieldType::Path | FieldType::String) => {
            out.extend(texts.into_iter().map(|t| known(Value::Bytes(t))));
        }
        (None, FieldType::List) => {
            out.push(known(Value::List(Vec::new())));
            for pair in texts.windows(2) {
                out.push(known(Value::List(pair.to_vec())));
            }
            out.extend(texts.into_iter().map(|t| known(Value::List(vec![t]))));
        }
        (None, FieldType::Ip) => {
            out.extend(addresses.into_iter().map(|a| known(Value::Ip(Address(a)))));
        }
        (None, FieldType::Map) => out.push(known(Value::Map(Vec::new()))),
        (None, _) => out.extend(numbers.into_iter().map(|n| known(Value::Int(n)))),
    }
    out
}

/// Addresses at a range's ends, and next to them.
fn around(first: u128, last: u128) -> [u128; 4] {
    [first, last, first.saturating_sub(1), last.saturating_add(1)]
}

/// A path with so many slashes.
fn deep(slashes: i64) -> Vec<u8> {
    b"/a".repeat(usize::try_from(slashes).unwrap_or(0).min(128))
}

/// What each fact is, as a place in the list of its values.
type Choice = Vec<usize>;

struct Search<'s> {
    model: &'s Model,
    image: &'s Image,
    clause: ClauseRef,
    rank: u32,
    action: Action,
    cond: &'s Cond,
    on_unknown: bool,
    values: Vec<(Place, Vec<Fact>)>,
    scratch: Scratch,
    /// Events that may still be tried.
    left: usize,
    /// State of a generator of numbers (xorshift), so that the same failure has the same witness.
    rng: u64,
}

impl Search<'_> {
    fn run(&mut self) -> Option<Witness> {
        for start in 0..STARTS {
            let mut choice: Choice = vec![0; self.values.len()];
            if start > 0 {
                for (at, chosen) in choice.iter_mut().enumerate() {
                    *chosen = below(&mut self.rng, self.values[at].1.len());
                }
            }
            let found = self.climb(&mut choice).or_else(|| self.roam(&choice));
            if found.is_some() || self.left == 0 {
                return found;
            }
        }
        None
    }

    /// Goes, a fact at a time, to where more of the clause's condition holds, and tries every event on the way.
    fn climb(&mut self, choice: &mut Choice) -> Option<Witness> {
        let mut order: Vec<usize> = (0..choice.len()).collect();
        for i in (1..order.len()).rev() {
            order.swap(i, below(&mut self.rng, i + 1));
        }
        for _ in 0..3 {
            let before = choice.clone();
            for fact in &order {
                let mut best = (self.distance(self.cond, true, &self.event(choice)), choice[*fact]);
                for value in 0..self.values[*fact].1.len() {
                    choice[*fact] = value;
                    let event = self.event(choice);
                    if let Some(found) = self.try_event(&event) {
                        return Some(found);
                    }
                    let distance = self.distance(self.cond, true, &event);
                    if distance < best.0 {
                        best = (distance, value);
                    }
                }
                choice[*fact] = best.1;
            }
            if *choice == before {
                break;
            }
        }
        None
    }

    /// Tries events that differ from one in a few facts.
    fn roam(&mut self, choice: &Choice) -> Option<Witness> {
        for _ in 0..NEIGHBOURS {
            let mut near = choice.clone();
            for _ in 0..=below(&mut self.rng, 3) {
                if !near.is_empty() {
                    let fact = below(&mut self.rng, near.len());
                    near[fact] = below(&mut self.rng, self.values[fact].1.len());
                }
            }
            let event = self.event(&near);
            if let Some(found) = self.try_event(&event) {
                return Some(found);
            }
        }
        None
    }

    fn event(&self, choice: &Choice) -> Event {
        let mut event = Event::new(self.action);
        let mut ancestor = Record::default();
        for ((place, values), chosen) in self.values.iter().zip(choice) {
            let value = values[*chosen].clone();
            let FactRef { source, slot, .. } = place.fact;
            let fact = match (place.ancestor, source) {
                (true, Source::Process) => &mut ancestor.0[slot],
                (true, _) => continue,
                (false, Source::Event) => &mut event.facts[slot],
                (false, Source::Process) => &mut event.process.0[slot],
                (false, Source::Parent) => &mut event.parent.0[slot],
                (false, Source::Target) => &mut event.target.0[slot],
            };
            match (fact, value) {
                // Several keys of one map.
                (Fact::Known(Value::Map(known)), Fact::Known(Value::Map(more))) => known.extend(more),
                (Fact::Known(Value::Map(_)), Fact::Absent) => {}
                (fact, value) => *fact = value,
            }
        }
        if ancestor != Record::default() {
            event.ancestors.push(ancestor);
        }
        event
    }

    /// Whether tables and model differ on an event.
    fn try_event(&mut self, event: &Event) -> Option<Witness> {
        self.left = self.left.checked_sub(1)?;
        let bytes = encode(event).ok()?;
        let found = self.image.applying(&bytes, &mut self.scratch).ok()?.binary_search(&self.rank).is_ok();
        let applies = evaluate::applies(self.model, self.clause, event);
        (found != applies).then(|| Witness { event: event.clone(), rank: self.rank, applies })
    }

    /// How many atoms would have to be otherwise for the condition to hold.
    fn distance(&self, cond: &Cond, positive: bool, event: &Event) -> usize {
        match &cond.kind {
            CondKind::Const(value) => usize::from(*value != positive),
            CondKind::Not(inner) => self.distance(inner, !positive, event),
            CondKind::All(parts) | CondKind::Any(parts) => {
                let each = parts.iter().map(|p| self.distance(p, positive, event));
                if matches!(cond.kind, CondKind::All(_)) == positive {
                    each.sum()
                } else {
                    each.min().unwrap_or(1)
                }
            }
            CondKind::Atom(Atom::Member { source, subject }) => {
                let inner = &self.model.subject(*subject).cond;
                match source {
                    Source::Parent => self.distance(inner, positive, &seen_from(&event.parent, event)),
                    Source::Target => self.distance(inner, positive, &seen_from(&event.target, event)),
                    Source::Process | Source::Event => self.distance(inner, positive, event),
                }
            }
            CondKind::Atom(atom) => {
                let away = match evaluate::holds(self.model, cond, event) {
                    Truth::Unknown => !self.on_unknown,
                    truth => (truth == Truth::True) != positive,
                };
                match atom {
                    Atom::Ancestor { cond } if away && positive => {
                        let none = Record::default();
                        let nearest = event.ancestors.first().unwrap_or(&none);
                        self.distance(cond, true, &seen_from(nearest, event)).max(1)
                    }
                    _ => usize::from(away),
                }
            }
        }
    }
}

/// The event as if another process had asked for it: what is said of that one is then said of the process.
fn seen_from(process: &Record, event: &Event) -> Event {
    Event { process: process.clone(), ..event.clone() }
}

/// A number below another, which is not 0.
fn below(rng: &mut u64, n: usize) -> usize {
    *rng ^= *rng << 13;
    *rng ^= *rng >> 7;
    *rng ^= *rng << 17;
    (*rng % n.max(1) as u64) as usize
}
