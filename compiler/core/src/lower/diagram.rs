//! Decision diagrams: rows of conjunctions become nodes that test one axis each.

use super::classifier::{Class, Classified, ClassifierId, Classifiers, Flavour};
use super::form::{Axes, Axis, AxisId, Pred, Term, Test, TestId};
use super::pattern::{self, Direction};
use super::sets::{SetId, Sets};
use rustc_hash::FxHashMap;
use warmor_policy::image::{STATES_END, header, node};

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
    /// The major axes that it looks at, and how patterns that float are told.
    pub(super) fn signature(&self, axes: &Axes) -> (Vec<AxisId>, Floats) {
        let major = self.term.iter().map(|(a, _)| *a).filter(|a| axes.axis(*a).is_major());
        let floating =
            self.term.iter().filter(|(a, _)| axes.axis(*a).direction() == Some(Direction::Floating));
        let floats = floating.map(|(a, pred)| match pred.as_alternatives() {
            Some(tests) if tests.iter().any(|t| multiplies(axes.test(*a, *t))) => Floats::Multiplying,
            Some(_) => Floats::Adding,
            None => Floats::Combined,
        });
        (major.collect(), floats.max().unwrap_or(Floats::Not))
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

/// How patterns of a row that float are told. Rows that differ in it go to different diagrams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Floats {
    /// There are none.
    Not,
    /// By hits, in an automaton whose size is the sum of the patterns' sizes.
    Adding,
    /// By hits, in an automaton that remembers, of each pattern, whether its first part has been met.
    Multiplying,
    /// With others of the same text: by the class of the whole text.
    Combined,
}

/// Whether a pattern has more than one part that floats.
fn multiplies(test: &Test) -> bool {
    let Test::Text(pattern) = test else { return false };
    let loops = |e: &&pattern::Element| {
        use pattern::Element as E;
        matches!(e, E::LoopAny | E::LoopNotSlash | E::Segments | E::SegmentsReversed)
    };
    let end = usize::from(pattern.elements.last() == Some(&pattern::Element::LoopAny));
    pattern.elements[..pattern.elements.len() - end].iter().filter(loops).count() > 1
}

/// The rows are too much for one diagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLarge;

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
    /// Whether wildcard addresses stand for all addresses: for actions that take a local address.
    pub(super) wildcards: bool,
    /// What has been written.
    pub(super) stats: Stats,
    pub(super) classifiers: Classifiers<'a>,
    nodes: FxHashMap<Vec<u32>, u32>,
    /// Where nodes of the clauses' sets have been written.
    rank_nodes: FxHashMap<u32, u32>,
    /// Where the sets have been written.
    rank_sets: FxHashMap<SetId, u32>,
}

/// What a diagram is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To learn which rows hold together: nothing is written.
    Survey,
    /// To walk to one end.
    OneEnd,
    /// To walk to ends that combine, so that there may be several.
    Leaves,
}

struct Build<'r> {
    rows: &'r [Row],
    purpose: Purpose,
    order: Vec<AxisId>,
    /// The axis that is looked at last, for hits.
    hits: Option<AxisId>,
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
            wildcards: false,
            stats: Stats::default(),
            classifiers: Classifiers::new(axes),
            nodes: FxHashMap::default(),
            rank_nodes: FxHashMap::default(),
            rank_sets: FxHashMap::default(),
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

    /// Writes a set of ranks, sharing what has been written, and gives its offset. Ranks of one policy are neighbours, so of the
    /// trie only what lies below the node that holds them all is written.
    pub(super) fn ranks(&mut self, ranks: &Sets, set: SetId) -> u32 {
        if set == SetId::EMPTY {
            return 0;
        }
        if let Some(at) = self.rank_sets.get(&set) {
            return *at;
        }
        let (mut level, mut node, mut base) = (ranks.levels(), set.0, 0);
        while level > 0 {
            node = match ranks.node(node) {
                [low, 0] => low,
                [0, high] => {
                    base += 32 << (level - 1);
                    high
                }
                _ => break,
            };
            level -= 1;
        }
        let trie = self.ranks_at(ranks, level, node);
        let at = self.words.len() as u32;
        self.words.extend([base | level, trie]);
        self.rank_sets.insert(set, at);
        at
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
        purpose: Purpose,
        end: &mut impl FnMut(&mut Self, &Sets, SetId) -> u32,
    ) -> Result<u32, TooLarge> {
        let mut order: Vec<AxisId> = rows.iter().flat_map(|r| r.term.iter().map(|(a, _)| *a)).collect();
        order.sort_unstable_by_key(|a| (self.axes.axis(*a).order(), *a));
        order.dedup();
        let mut hits = None;
        if purpose == Purpose::Leaves {
            let at = order.iter().position(|a| {
                self.axes.axis(*a).direction() == Some(Direction::Floating)
                    && rows.iter().filter_map(|r| r.pred(*a)).all(|p| p.as_alternatives().is_some())
            });
            if let Some(at) = at {
                let axis = order.remove(at);
                order.push(axis);
                hits = Some(axis);
            }
        }
        let mut sets = Sets::new(rows.len());
        let all = sets.collect(0..rows.len() as u32);
        let memo = FxHashMap::default();
        let mut build = Build { rows, purpose, order, hits, sets, memo, start: self.words.len(), work: 0 };
        let (start, stats, mark) = (self.words.len() as u32, self.stats, self.classifiers.mark());
        let result = self.build(&mut build, 0, all, end);
        if result.is_err() {
            self.classifiers.reset(mark);
            self.nodes.retain(|_, at| *at < start);
            self.rank_nodes.retain(|_, at| *at < start);
            self.rank_sets.retain(|_, at| *at < start);
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
        let hits = b.hits == Some(axis);
        let id = self.classify(axis, b.rows, &members, hits)?;
        let classified = self.classifiers.get(id);
        let outcomes = if hits {
            hit_outcomes(b, axis, &members, &classified)
        } else {
            outcomes(b, axis, &members, &classified)
        };
        b.work += outcomes.len() + members.len();
        if b.work > MAX_DIAGRAM_WORK || self.words.len() - b.start > MAX_DIAGRAM_WORDS {
            return Err(TooLarge);
        }
        let mut children = Vec::with_capacity(outcomes.len());
        for outcome in outcomes {
            children.push(if hits {
                end(self, &b.sets, outcome)
            } else {
                self.build(b, next + 1, outcome, end)?
            });
        }
        let at = if b.purpose == Purpose::Survey {
            0
        } else if children.iter().all(|c| *c == children[0]) {
            children[0]
        } else {
            let kind = if hits { node::HITS } else { node::TEST };
            let first = kind | (classified.source as u32) << 8 | (classified.slot as u32) << 16;
            let offset = self.classifiers.offset(id, &mut self.words);
            let mut words = vec![first, offset, children.len() as u32];
            words.extend(children);
            self.stats.tests += 1;
            self.node(words)
        };
        b.memo.insert((level, alive), at);
        Ok(at)
    }

    fn classify(
        &mut self,
        axis: AxisId,
        rows: &[Row],
        members: &[u32],
        hits: bool,
    ) -> Result<ClassifierId, TooLarge> {
        let mut tests: Vec<TestId> = Vec::new();
        for r in members {
            if let Some(pred) = rows[*r as usize].pred(axis) {
                pred.tests(&mut |t| tests.push(t));
            }
        }
        tests.sort_unstable();
        tests.dedup();
        let flavour = if hits {
            Flavour::Hits
        } else if self.wildcards && matches!(self.axes.axis(axis), Axis::Address { .. }) {
            Flavour::Wildcards
        } else {
            Flavour::Value
        };
        self.classifiers.make(axis, tests, flavour)
    }

    /// Writes the automata; then the image lacks nothing but its length.
    pub(super) fn finish(&mut self) {
        let at = self.words.len();
        self.words[header::STATES] = at as u32;
        (self.stats.automata, self.stats.states) = self.classifiers.write_automata(&mut self.words);
        self.words.extend([0; STATES_END]);
        self.stats.automaton_bytes = (self.words.len() - at) * 4;
    }
}

/// For each class of a classifier for hits, the rows that hold when a state of it is left and when the text ends in it.
fn hit_outcomes(b: &mut Build<'_>, axis: AxisId, members: &[u32], c: &Classified) -> Vec<SetId> {
    let mut by_test = vec![SetId::EMPTY; c.tests.len()];
    let (mut passing, mut on_unknown) = (Vec::new(), Vec::new());
    for &r in members {
        let row = &b.rows[r as usize];
        let Some(tests) = row.pred(axis).and_then(Pred::as_alternatives) else {
            passing.push(r);
            continue;
        };
        if row.on_unknown {
            on_unknown.push(r);
        }
        let one = b.sets.singleton(r);
        for t in tests {
            let at = c.index(t) as usize;
            by_test[at] = b.sets.union(by_test[at], one);
        }
    }
    let passing = b.sets.collect(passing);
    let on_unknown = b.sets.collect(on_unknown);
    let mut memo = FxHashMap::default();
    let mut out = Vec::with_capacity(2 * c.classes.len());
    for class in &c.classes {
        let (within, at_end) = match class {
            Class::Absent => (SetId::EMPTY, SetId::EMPTY),
            Class::Unknown => (on_unknown, on_unknown),
            Class::Known { yes, .. } => (*yes, *yes),
            Class::Hits { within, at_end } => {
                let mut rows =
                    |tests: SetId| c.sets.map_union(tests, &mut b.sets, &mut memo, &|t| by_test[t as usize]);
                (rows(*within), rows(*at_end))
            }
        };
        // Rows that do not ask hold for every text, and every text ends.
        out.extend([within, b.sets.union(at_end, passing)]);
    }
    out
}

/// For each class, the rows that are still alive.
fn outcomes(b: &mut Build<'_>, axis: AxisId, members: &[u32], c: &Classified) -> Vec<SetId> {
    let local = |t: TestId| c.index(t);
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
                Class::Hits { .. } => SetId::EMPTY,
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
