//! Decision diagrams: rows of conjunctions become nodes that test one axis each.

use super::automaton::{Automaton, State};
use super::comb::Comb;
use super::form::{Axes, Axis, AxisId, Pred, Term, Test, TestId};
use super::intervals::{self, Intervals};
use super::pattern;
use super::sets::{SetId, Sets};
use crate::model::{Compare, Element, FactRef, TextTest};
use rustc_hash::FxHashMap;
use std::rc::Rc;
use warmor_policy::event::Source;
use warmor_policy::image::{CLASS_KNOWN, CLASS_NO, CLASS_YES, bias, classifier, header, node};

/// Most words that one diagram with its classifiers may take before its rows are spread over two.
const MAX_DIAGRAM_WORDS: usize = 1 << 22;
/// Most pairs of node and class that are looked at for one diagram.
const MAX_DIAGRAM_WORK: usize = 1 << 23;

/// One alternative of one clause.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// What applies where the row holds: a clause's rank, a scope, an answer.
    pub(super) output: u32,
    /// Whether an unknown test counts as one that holds.
    pub(super) on_unknown: bool,
    /// Whether a wildcard address counts as inside where it merely overlaps.
    pub(super) on_overlap: bool,
    /// What must hold.
    pub(super) term: Term,
}

impl Row {
    /// The major axes that it looks at.
    pub(super) fn signature(&self, axes: &Axes) -> Vec<AxisId> {
        self.term.iter().map(|(a, _)| *a).filter(|a| axes.axis(*a).is_major()).collect()
    }

    fn pred(&self, axis: AxisId) -> Option<&Pred> {
        self.term.binary_search_by_key(&axis, |(a, _)| *a).ok().map(|at| &self.term[at].1)
    }

    /// Two rows that together say what this one says, if one of its lists can be cut.
    pub(super) fn halve(&self) -> Option<[Self; 2]> {
        let (at, parts) = self.term.iter().enumerate().find_map(|(at, (_, pred))| match pred {
            Pred::Any(parts) if parts.len() > 1 => Some((at, parts)),
            _ => None,
        })?;
        let (low, high) = parts.split_at(parts.len() / 2);
        Some([low, high].map(|half| {
            let mut row = self.clone();
            row.term[at].1 = if let [one] = half { one.clone() } else { Pred::Any(half.to_vec()) };
            row
        }))
    }
}

/// The rows are too much for one diagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLarge;

/// What a class of an axis makes of the axis's tests.
enum Class {
    Absent,
    Unknown,
    /// Tests that hold, and those that a wildcard address overlaps; by index into the classifier's tests.
    Known {
        yes: SetId,
        overlap: SetId,
    },
}

/// An axis, the tests on it, and whether wildcard addresses stand for all addresses.
type ClassifierKey = (AxisId, Box<[TestId]>, bool);

struct Classified {
    offset: u32,
    source: Source,
    slot: usize,
    tests: Vec<TestId>,
    sets: Sets,
    classes: Vec<Class>,
}

/// How much of what an image is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Automata over texts.
    pub automata: usize,
    /// Their states, before chains become strings.
    pub states: usize,
    /// Bytes that they take in the image.
    pub automaton_bytes: usize,
    /// Nodes that test something.
    pub tests: usize,
}

/// Writes diagrams into the words of an image.
pub(super) struct Diagrams<'a> {
    axes: &'a Axes,
    /// The image so far.
    pub(super) words: Vec<u32>,
    /// Roots of the predicates on ancestors, by number.
    pub(super) predicates: Vec<u32>,
    /// Whether wildcard addresses stand for all addresses: for actions that take a local address.
    pub(super) wildcards: bool,
    /// What has been written.
    pub(super) stats: Stats,
    classifiers: FxHashMap<ClassifierKey, Rc<Classified>>,
    nodes: FxHashMap<Vec<u32>, u32>,
    strings: FxHashMap<Vec<u8>, u32>,
    /// Where nodes of the clauses' sets have been written.
    rank_nodes: FxHashMap<u32, u32>,
    /// Automata whose states are not placed yet, by ascending offset.
    pending: Vec<Pending>,
}

struct Pending {
    /// Of the classifier.
    offset: u32,
    states: Vec<State>,
    /// Of each label.
    class: Vec<u32>,
}

struct Build<'r> {
    rows: &'r [Row],
    order: Vec<AxisId>,
    sets: Sets,
    memo: FxHashMap<(usize, SetId), u32>,
    start: usize,
    work: usize,
}

impl<'a> Diagrams<'a> {
    /// Continues an image that has its header, clauses and policies.
    pub(super) fn new(axes: &'a Axes, words: Vec<u32>) -> Self {
        Self {
            axes,
            words,
            predicates: Vec::new(),
            wildcards: false,
            stats: Stats::default(),
            classifiers: FxHashMap::default(),
            nodes: FxHashMap::default(),
            strings: FxHashMap::default(),
            rank_nodes: FxHashMap::default(),
            pending: Vec::new(),
        }
    }

    /// The axes of the program.
    pub(super) fn axes(&self) -> &'a Axes {
        self.axes
    }

    /// Writes a node, unless there is one like it, and gives its offset.
    pub(super) fn node(&mut self, words: Vec<u32>) -> u32 {
        if let Some(at) = self.nodes.get(&words) {
            return *at;
        }
        let at = self.words.len() as u32;
        self.words.extend_from_slice(&words);
        self.nodes.insert(words, at);
        at
    }

    /// Writes a set of ranks, sharing what has been written, and gives its offset.
    pub(super) fn ranks(&mut self, ranks: &Sets, set: SetId) -> u32 {
        self.ranks_at(ranks, ranks.levels(), set.0)
    }

    fn ranks_at(&mut self, ranks: &Sets, level: u32, set: u32) -> u32 {
        if set == 0 {
            return 0;
        }
        if let Some(at) = self.rank_nodes.get(&set) {
            return *at;
        }
        let [low, high] = ranks.node(set);
        let words = if level == 0 {
            vec![low]
        } else {
            vec![self.ranks_at(ranks, level - 1, low), self.ranks_at(ranks, level - 1, high)]
        };
        let at = self.words.len() as u32;
        self.words.extend(words);
        self.rank_nodes.insert(set, at);
        at
    }

    /// Writes the diagram of the rows; `end` writes the node for the outputs that hold together (ascending row numbers).
    ///
    /// # Errors
    /// When the diagram would be too large; then nothing has been written that anything refers to.
    pub(super) fn diagram(
        &mut self,
        rows: &[Row],
        end: &mut impl FnMut(&mut Self, &Sets, SetId) -> u32,
    ) -> Result<u32, TooLarge> {
        let mut order: Vec<AxisId> = rows.iter().flat_map(|r| r.term.iter().map(|(a, _)| *a)).collect();
        order.sort_unstable_by_key(|a| (self.axes.axis(*a).order(), *a));
        order.dedup();
        let mut sets = Sets::new(rows.len());
        let all = sets.collect(0..rows.len() as u32);
        let mut build =
            Build { rows, order, sets, memo: FxHashMap::default(), start: self.words.len(), work: 0 };
        let (start, stats) = (self.words.len() as u32, self.stats);
        let result = self.build(&mut build, 0, all, end);
        if result.is_err() {
            self.classifiers.retain(|_, c| c.offset < start);
            self.nodes.retain(|_, at| *at < start);
            self.strings.retain(|_, at| *at < start);
            self.rank_nodes.retain(|_, at| *at < start);
            self.pending.retain(|p| p.offset < start);
            self.words.truncate(start as usize);
            self.stats = stats;
        }
        result
    }

    fn build(
        &mut self,
        b: &mut Build<'_>,
        level: usize,
        alive: SetId,
        end: &mut impl FnMut(&mut Self, &Sets, SetId) -> u32,
    ) -> Result<u32, TooLarge> {
        if let Some(known) = b.memo.get(&(level, alive)) {
            return Ok(*known);
        }
        let members = b.sets.members(alive);
        let looks = |axis: &AxisId| members.iter().any(|r| b.rows[*r as usize].pred(*axis).is_some());
        let Some(next) = (level..b.order.len()).find(|l| looks(&b.order[*l])) else {
            let at = end(self, &b.sets, alive);
            b.memo.insert((level, alive), at);
            return Ok(at);
        };
        let axis = b.order[next];
        let classified = self.classify(axis, b.rows, &members)?;
        let outcomes = outcomes(b, axis, &members, &classified);
        b.work += outcomes.len() + members.len();
        if b.work > MAX_DIAGRAM_WORK || self.words.len() - b.start > MAX_DIAGRAM_WORDS {
            return Err(TooLarge);
        }
        let mut children = Vec::with_capacity(outcomes.len());
        for outcome in outcomes {
            children.push(self.build(b, next + 1, outcome, end)?);
        }
        let at = if children.iter().all(|c| *c == children[0]) {
            children[0]
        } else {
            let first = node::TEST | (classified.source as u32) << 8 | (classified.slot as u32) << 16;
            let mut words = vec![first, classified.offset, children.len() as u32];
            words.extend(children);
            self.stats.tests += 1;
            self.node(words)
        };
        b.memo.insert((level, alive), at);
        Ok(at)
    }

    fn classify(&mut self, axis: AxisId, rows: &[Row], members: &[u32]) -> Result<Rc<Classified>, TooLarge> {
        let mut tests: Vec<TestId> = Vec::new();
        for r in members {
            if let Some(pred) = rows[*r as usize].pred(axis) {
                pred.tests(&mut |t| tests.push(t));
            }
        }
        tests.sort_unstable();
        tests.dedup();
        let wildcards = self.wildcards && matches!(self.axes.axis(axis), Axis::Address { .. });
        let key = (axis, tests.clone().into_boxed_slice(), wildcards);
        if let Some(known) = self.classifiers.get(&key) {
            return Ok(known.clone());
        }
        let classified = Rc::new(self.write_classifier(axis, tests, wildcards)?);
        self.classifiers.insert(key, classified.clone());
        Ok(classified)
    }

    fn write_classifier(
        &mut self,
        id: AxisId,
        tests: Vec<TestId>,
        wildcards: bool,
    ) -> Result<Classified, TooLarge> {
        let axis = self.axes.axis(id);
        let two = |words: &mut Vec<u32>, entry: Vec<u32>, fact: Option<&FactRef>| {
            let offset = words.len() as u32;
            words.extend(entry);
            let mut sets = Sets::new(tests.len());
            let all = sets.collect(0..tests.len() as u32);
            let yes = Class::Known { yes: all, overlap: SetId::EMPTY };
            let no = Class::Known { yes: SetId::EMPTY, overlap: SetId::EMPTY };
            let (source, slot) = fact.map_or((Source::Event, 0), |f| (f.source, f.slot));
            (offset, source, slot, sets, vec![Class::Absent, Class::Unknown, no, yes])
        };
        let operand = |f: &FactRef| f.source as u32 | (f.slot as u32) << 8;
        let (offset, source, slot, sets, classes) = match axis {
            Axis::Text { fact, direction } => {
                let patterns: Vec<Vec<pattern::Element>> = tests
                    .iter()
                    .map(|t| match self.axes.test(id, *t) {
                        Test::Text(p) => p.elements.clone(),
                        _ => Vec::new(),
                    })
                    .collect();
                let elements: usize = patterns.iter().map(Vec::len).sum();
                let automaton = Automaton::build(&patterns, 4 * elements + 4096).map_err(|_| TooLarge)?;
                let class: Vec<u32> = (0..automaton.labels.len() as u32).map(|l| CLASS_KNOWN + l).collect();
                let kind = if *direction == pattern::Direction::Backward {
                    classifier::TEXT_REVERSED
                } else {
                    classifier::TEXT
                };
                let Automaton { states, sets, labels } = automaton;
                let mut offset = self.write_automaton(kind, states, class);
                if let Some(key) = &fact.key {
                    let at = self.string(key.as_bytes());
                    self.words.extend([classifier::KEY, at, key.len() as u32, offset]);
                    offset = self.words.len() as u32 - 4;
                }
                let known = labels.iter().map(|l| Class::Known { yes: *l, overlap: SetId::EMPTY });
                let classes = [Class::Absent, Class::Unknown].into_iter().chain(known).collect();
                (offset, fact.source, fact.slot, sets, classes)
            }
            Axis::Address { fact } => {
                let networks: Vec<_> = tests
                    .iter()
                    .map(|t| match self.axes.test(id, *t) {
                        Test::Networks(n) => n.clone(),
                        _ => Vec::new(),
                    })
                    .collect();
                let cut = intervals::addresses(&networks, wildcards);
                let bounds =
                    cut.bounds.iter().flat_map(|b| [96, 64, 32, 0].map(|s| (b >> s) as u32)).collect();
                let (offset, sets, classes) = self.write_intervals(classifier::ADDRESS, bounds, cut);
                (offset, fact.source, fact.slot, sets, classes)
            }
            Axis::Number { fact } | Axis::Depth { fact } => {
                let ranges: Vec<_> = tests
                    .iter()
                    .map(|t| match self.axes.test(id, *t) {
                        Test::Range(first, last) => (*first, *last),
                        _ => (0, -1),
                    })
                    .collect();
                let cut = intervals::numbers(&ranges);
                let bounds =
                    cut.bounds.iter().flat_map(|b| [bias(*b) as u32, (bias(*b) >> 32) as u32]).collect();
                let kind =
                    if matches!(axis, Axis::Depth { .. }) { classifier::DEPTH } else { classifier::NUMBER };
                let (offset, sets, classes) = self.write_intervals(kind, bounds, cut);
                (offset, fact.source, fact.slot, sets, classes)
            }
            Axis::Flags { fact, mask } => two(&mut self.words, vec![classifier::FLAGS, *mask], Some(fact)),
            Axis::Present { fact } => {
                let (offset, source, slot, sets, mut classes) =
                    two(&mut self.words, vec![classifier::PRESENT], Some(fact));
                classes.remove(CLASS_NO as usize);
                (offset, source, slot, sets, classes)
            }
            Axis::List { fact, every, element } => {
                let inner = self.write_element(element)?;
                let kind = if *every { classifier::ALL } else { classifier::ANY };
                two(&mut self.words, vec![kind, inner], Some(fact))
            }
            Axis::Relation { left, compare, right, offset } => {
                let compare = match compare {
                    Compare::Equal => 0,
                    Compare::Less => 1,
                    Compare::LessEqual => 2,
                };
                let offset = offset.cast_unsigned();
                let entry = vec![
                    classifier::RELATION,
                    compare,
                    operand(left),
                    operand(right),
                    offset as u32,
                    (offset >> 32) as u32,
                ];
                two(&mut self.words, entry, None)
            }
            Axis::Same { left, right, address } => two(
                &mut self.words,
                vec![classifier::SAME, u32::from(*address), operand(left), operand(right)],
                None,
            ),
            Axis::Ancestor(predicate) => {
                let root = self.predicates.get(*predicate as usize).copied().unwrap_or(0);
                two(&mut self.words, vec![classifier::ANCESTOR, root], None)
            }
        };
        Ok(Classified { offset, source, slot, tests, sets, classes })
    }

    fn write_intervals<T>(
        &mut self,
        kind: u32,
        bounds: Vec<u32>,
        cut: Intervals<T>,
    ) -> (u32, Sets, Vec<Class>) {
        let at = self.words.len() as u32;
        let first = at + 4;
        let classes_at = first + bounds.len() as u32;
        self.words.extend([kind, cut.bounds.len() as u32, first, classes_at]);
        self.words.extend(bounds);
        self.words.extend(cut.classes.iter().map(|c| CLASS_KNOWN + c));
        let known = cut.labels.iter().map(|(yes, overlap)| Class::Known { yes: *yes, overlap: *overlap });
        let classes = [Class::Absent, Class::Unknown].into_iter().chain(known).collect();
        (at, cut.sets, classes)
    }

    /// The classifier of a list's element: whether it passes.
    fn write_element(&mut self, element: &Element) -> Result<u32, TooLarge> {
        let mut tests: Vec<&TextTest> = Vec::new();
        collect_tests(element, &mut tests);
        let mut patterns = Vec::new();
        let mut owner = Vec::new();
        for (i, test) in tests.iter().enumerate() {
            for alternative in pattern::forward(test) {
                patterns.push(alternative);
                owner.push(i);
            }
        }
        let elements: usize = patterns.iter().map(Vec::len).sum();
        let automaton = Automaton::build(&patterns, 16 * elements + 65_536).map_err(|_| TooLarge)?;
        let class: Vec<u32> = automaton
            .labels
            .iter()
            .map(|label| {
                let mut holds = vec![false; tests.len()];
                automaton.sets.each(*label, |p| holds[owner[p as usize]] = true);
                if passes(element, &tests, &holds) { CLASS_YES } else { CLASS_NO }
            })
            .collect();
        Ok(self.write_automaton(classifier::TEXT, automaton.states, class))
    }

    fn write_automaton(&mut self, kind: u32, states: Vec<State>, class: Vec<u32>) -> u32 {
        let offset = self.words.len() as u32;
        // The start is filled in when all automata are known and packed into one table.
        self.words.extend([kind, 0]);
        self.pending.push(Pending { offset, states, class });
        offset
    }

    /// Packs the automata; then the image lacks nothing but the offsets of its parts.
    pub(super) fn finish(&mut self) {
        let mut comb = Comb::new();
        for p in std::mem::take(&mut self.pending) {
            let start = comb.pack(&p.states, &p.class, |bytes| self.string(bytes));
            self.words[p.offset as usize + 1] = start;
            self.stats.automata += 1;
            self.stats.states += p.states.len();
        }
        // Entries are pairs that one load of 64 bits can fetch.
        self.words.resize(self.words.len().next_multiple_of(2), 0);
        self.words[header::ENTRIES] = self.words.len() as u32;
        let table = comb.words();
        self.stats.automaton_bytes = table.len() * 4 + self.strings.keys().map(Vec::len).sum::<usize>();
        self.words.extend(table);
    }

    /// Bytes packed into words, once for equal bytes.
    fn string(&mut self, bytes: &[u8]) -> u32 {
        if let Some(at) = self.strings.get(bytes) {
            return *at;
        }
        let at = self.words.len() as u32;
        self.words.extend(bytes.chunks(4).map(|c| c.iter().rev().fold(0, |w, b| w << 8 | u32::from(*b))));
        self.strings.insert(bytes.to_vec(), at);
        at
    }
}

/// For each class, the rows that are still alive.
fn outcomes(b: &mut Build<'_>, axis: AxisId, members: &[u32], c: &Classified) -> Vec<SetId> {
    let local = |t: TestId| c.tests.binary_search(&t).unwrap_or(0) as u32;
    let (mut passing, mut simple, mut complex) = (Vec::new(), Vec::new(), Vec::new());
    for &r in members {
        match b.rows[r as usize].pred(axis) {
            None => passing.push(r),
            Some(pred) => match pred.as_alternatives() {
                Some(tests) => simple.push((r, tests)),
                None => complex.push((r, pred)),
            },
        }
    }
    let passing = b.sets.collect(passing);
    // Rows that one of these tests may let pass: for sure, or after a closer look.
    let mut sure = vec![SetId::EMPTY; c.tests.len()];
    let mut maybe = vec![SetId::EMPTY; c.tests.len()];
    for (r, tests) in &simple {
        let one = b.sets.singleton(*r);
        for t in tests {
            let at = local(*t) as usize;
            sure[at] = b.sets.union(sure[at], one);
        }
    }
    let mut always = SetId::EMPTY;
    for (r, pred) in &complex {
        let one = b.sets.singleton(*r);
        if pred.eval(&|_, negated| negated) {
            always = b.sets.union(always, one);
        }
        pred.positive(&mut |t| {
            let at = local(t) as usize;
            maybe[at] = b.sets.union(maybe[at], one);
        });
    }
    let (mut sure_memo, mut maybe_memo) = (FxHashMap::default(), FxHashMap::default());
    let rows = b.rows;
    c.classes
        .iter()
        .map(|class| {
            let each = |b: &mut Build<'_>, holds: &dyn Fn(&Row, TestId, bool) -> bool, among: &[u32]| {
                let alive = among.iter().copied().filter(|r| {
                    let row = &rows[*r as usize];
                    row.pred(axis).is_some_and(|p| p.eval(&|t, negated| holds(row, t, negated)))
                });
                b.sets.collect(alive.collect::<Vec<_>>())
            };
            let found = match class {
                Class::Absent => each(b, &|_, _, negated| negated, members),
                Class::Unknown => each(b, &|row, _, _| row.on_unknown, members),
                Class::Known { yes, overlap } if *overlap != SetId::EMPTY => {
                    let (yes, overlap) = (c.sets.members(*yes), c.sets.members(*overlap));
                    let holds = |row: &Row, t: TestId, negated: bool| {
                        let t = local(t);
                        if overlap.binary_search(&t).is_ok() {
                            row.on_overlap
                        } else {
                            yes.binary_search(&t).is_ok() != negated
                        }
                    };
                    each(b, &holds, members)
                }
                Class::Known { yes, .. } => {
                    let sure = c.sets.map_union(*yes, &mut b.sets, &mut sure_memo, &|t| sure[t as usize]);
                    if complex.is_empty() {
                        sure
                    } else {
                        let candidates =
                            c.sets.map_union(*yes, &mut b.sets, &mut maybe_memo, &|t| maybe[t as usize]);
                        let candidates = b.sets.union(candidates, always);
                        let candidates = b.sets.members(candidates);
                        let members = c.sets.members(*yes);
                        let holds = |_: &Row, t: TestId, negated: bool| {
                            members.binary_search(&local(t)).is_ok() != negated
                        };
                        let looked = each(b, &holds, &candidates);
                        b.work += candidates.len();
                        b.sets.union(sure, looked)
                    }
                }
            };
            b.sets.union(found, passing)
        })
        .collect()
}

fn collect_tests<'e>(element: &'e Element, out: &mut Vec<&'e TextTest>) {
    match element {
        Element::Const(_) => {}
        Element::Not(inner) => collect_tests(inner, out),
        Element::All(parts) | Element::Any(parts) => parts.iter().for_each(|p| collect_tests(p, out)),
        Element::Test(test) => {
            if !out.contains(&test) {
                out.push(test);
            }
        }
    }
}

fn passes(element: &Element, tests: &[&TextTest], holds: &[bool]) -> bool {
    match element {
        Element::Const(b) => *b,
        Element::Not(inner) => !passes(inner, tests, holds),
        Element::All(parts) => parts.iter().all(|p| passes(p, tests, holds)),
        Element::Any(parts) => parts.iter().any(|p| passes(p, tests, holds)),
        Element::Test(test) => tests.iter().position(|t| *t == test).is_some_and(|i| holds[i]),
    }
}
