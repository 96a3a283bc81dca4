//! Deterministic automata over the bytes of a text, built from many patterns at once.
//!
//! The construction is the subset construction over pattern positions, with one departure that keeps it small: a pattern
//! that has matched for good leaves the set of positions and enters a hash-consed set, so that a thousand enclosing
//! directories cost nothing below them. There is no minimisation: states differ in what they accept, so it finds nothing to
//! merge.

use super::pattern::Element;
use super::sets::{SetId, Sets};
use rustc_hash::{FxBuildHasher, FxHashMap, FxHasher};
use std::collections::hash_map::Entry;
use std::hash::{Hash as _, Hasher as _};
use std::ops::Range;

/// The patterns together need more states than allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exploded;

/// An automaton whose states are labelled with the set of patterns that match a text ending there.
pub(super) struct Automaton {
    /// The states; the first is the start.
    pub(super) graph: Graph,
    /// Sets of pattern numbers.
    pub(super) sets: Sets,
    /// The label of each class, in order of first appearance.
    pub(super) labels: Vec<SetId>,
}

/// States and where they lead.
#[derive(Default)]
pub(super) struct Graph {
    states: Vec<State>,
    /// Of all states, one behind the other.
    edges: Vec<(u8, u32)>,
}

/// A state of an automaton.
#[derive(Clone, Copy)]
pub(super) struct State {
    /// Index of the label.
    pub(super) label: u32,
    /// The state that every byte without an edge leads to.
    pub(super) default: u32,
    /// Where its edges begin and end.
    edges: (u32, u32),
}

impl Graph {
    /// Number of states.
    pub(super) fn len(&self) -> usize {
        self.states.len()
    }

    /// The states in the order of their numbers.
    pub(super) fn states(&self) -> &[State] {
        &self.states
    }

    /// A state.
    pub(super) fn state(&self, state: u32) -> State {
        self.states[state as usize]
    }

    /// Bytes that lead elsewhere than the default, ascending.
    pub(super) fn edges(&self, state: u32) -> &[(u8, u32)] {
        let (first, end) = self.states[state as usize].edges;
        &self.edges[first as usize..end as usize]
    }
}

/// Steps of a pattern while it is being read; positions of all patterns share one numbering.
enum Step<'p> {
    Element(&'p Element),
    /// Inside the segments that a floating part skips.
    InSegments,
    Accept(u32),
}

/// What a state stands for: the positions between two places of [`Builder::positions`], the patterns that have matched for good, and
/// those that match here.
struct Meaning {
    positions: (u32, u32),
    done: SetId,
    label: SetId,
    /// The state before this one with the same hash.
    same_hash: Option<u32>,
}

struct Builder<'p> {
    steps: Vec<Step<'p>>,
    sets: Sets,
    graph: Graph,
    /// Of each state.
    meanings: Vec<Meaning>,
    positions: Vec<u32>,
    /// The last state of each hash.
    ids: FxHashMap<u64, u32>,
    labels: Vec<SetId>,
    label_ids: FxHashMap<SetId, u32>,
    singles: Vec<SetId>,
    targets: Targets,
}

/// Where a step leads while a set of positions is being collected.
#[derive(Default)]
struct Targets {
    positions: Vec<u32>,
    accepted: Vec<u32>,
    done: Vec<u32>,
}

/// What the positions of a state wait for; kept from one state to the next for its memory.
#[derive(Default)]
struct Waiting<'p> {
    by_byte: Vec<(u8, u32)>,
    on_any: Vec<u32>,
    on_segment: Vec<u32>,
    negated: Vec<(&'p [u8], u32)>,
    bytes: Vec<u8>,
}

impl Automaton {
    /// Builds the automaton of `patterns` (pattern i has number i), with at most `budget` states.
    pub(super) fn build<P: AsRef<[Element]>>(patterns: &[P], budget: usize) -> Result<Self, Exploded> {
        let mut steps = Vec::with_capacity(patterns.iter().map(|p| p.as_ref().len() + 1).sum());
        let mut starts = Vec::new();
        for (i, pattern) in patterns.iter().enumerate() {
            starts.push(steps.len() as u32);
            for element in pattern.as_ref() {
                steps.push(Step::Element(element));
                if matches!(element, Element::Segments | Element::SegmentsReversed) {
                    steps.push(Step::InSegments);
                }
            }
            steps.push(Step::Accept(i as u32));
        }
        let mut sets = Sets::new(patterns.len());
        let singles = (0..patterns.len()).map(|i| sets.singleton(i as u32)).collect();
        let mut b = Builder {
            ids: FxHashMap::with_capacity_and_hasher(steps.len(), FxBuildHasher),
            steps,
            sets,
            graph: Graph::default(),
            meanings: Vec::new(),
            positions: Vec::new(),
            labels: Vec::new(),
            label_ids: FxHashMap::default(),
            singles,
            targets: Targets::default(),
        };
        for start in starts {
            b.enter(start);
        }
        b.state(SetId::EMPTY);
        let mut waiting = Waiting::default();
        let mut at = 0;
        while (at as usize) < b.graph.len() {
            if b.graph.len() > budget {
                return Err(Exploded);
            }
            b.expand(at, &mut waiting);
            at += 1;
        }
        Ok(Self { graph: b.graph, sets: b.sets, labels: b.labels })
    }

    /// Number of states.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.graph.len()
    }

    /// The patterns that match a text, by walking the states as they are before packing.
    #[cfg(test)]
    pub(super) fn matches(&self, text: impl Iterator<Item = u8>) -> Vec<u32> {
        let state = text.fold(0u32, |s, b| {
            let edge = self.graph.edges(s).iter().find(|(e, _)| *e == b && b != 0);
            edge.map_or(self.graph.state(s).default, |(_, t)| *t)
        });
        self.sets.members(self.labels[self.graph.state(state).label as usize])
    }
}

impl<'p> Builder<'p> {
    /// Adds a position, and those that can be reached from it without a byte, to the targets.
    fn enter(&mut self, position: u32) {
        let to = &mut self.targets;
        let mut position = position;
        loop {
            let next = match &self.steps[position as usize] {
                Step::Accept(pattern) => {
                    to.accepted.push(*pattern);
                    return;
                }
                Step::Element(Element::LoopAny)
                    if matches!(self.steps[position as usize + 1], Step::Accept(_)) =>
                {
                    if let Step::Accept(pattern) = self.steps[position as usize + 1] {
                        to.done.push(pattern);
                    }
                    return;
                }
                Step::Element(Element::LoopAny | Element::LoopNotSlash) => position + 1,
                Step::Element(Element::Segments | Element::SegmentsReversed) => position + 2,
                // Read backward, what is skipped may end wherever a slash follows.
                Step::InSegments if is_reversed(&self.steps, position) => position + 1,
                Step::Element(_) | Step::InSegments => {
                    to.positions.push(position);
                    return;
                }
            };
            to.positions.push(position);
            position = next;
        }
    }

    /// The state of the targets, which are taken.
    fn state(&mut self, done: SetId) -> u32 {
        let Targets { positions, accepted, done: more } = &mut self.targets;
        if positions.len() > 1 {
            positions.sort_unstable();
            positions.dedup();
        }
        let mut done = done;
        for pattern in more.drain(..) {
            done = self.sets.union(done, self.singles[pattern as usize]);
        }
        let mut label = done;
        for pattern in accepted.drain(..) {
            label = self.sets.union(label, self.singles[pattern as usize]);
        }
        let mut hasher = FxHasher::default();
        (positions.as_slice(), done, label).hash(&mut hasher);
        let id = self.graph.len() as u32;
        let same_hash = match self.ids.entry(hasher.finish()) {
            Entry::Occupied(mut last) => {
                let mut at = Some(*last.get());
                while let Some(known) = at {
                    let m = &self.meanings[known as usize];
                    let own = &self.positions[m.positions.0 as usize..m.positions.1 as usize];
                    if m.done == done && m.label == label && own == positions {
                        positions.clear();
                        return known;
                    }
                    at = m.same_hash;
                }
                Some(last.insert(id))
            }
            Entry::Vacant(place) => {
                place.insert(id);
                None
            }
        };
        let from = self.positions.len() as u32;
        self.positions.append(positions);
        self.meanings.push(Meaning {
            positions: (from, self.positions.len() as u32),
            done,
            label,
            same_hash,
        });
        let labels = &mut self.labels;
        let label = *self.label_ids.entry(label).or_insert_with(|| {
            labels.push(label);
            labels.len() as u32 - 1
        });
        self.graph.states.push(State { label, default: id, edges: (0, 0) });
        id
    }

    fn expand(&mut self, at: u32, waiting: &mut Waiting<'p>) {
        let Meaning { positions: (from, end), done, .. } = self.meanings[at as usize];
        let first = self.graph.edges.len() as u32;
        let default = if let [p] = self.positions[from as usize..end as usize]
            && let Step::Element(Element::Byte(byte)) = &self.steps[p as usize]
        {
            // Most states spell a name.
            let byte = *byte;
            let default = self.state(done);
            self.enter(p + 1);
            let target = self.state(done);
            if target != default {
                self.graph.edges.push((byte, target));
            }
            default
        } else {
            self.expand_any(from..end, done, waiting)
        };
        let edges = (first, self.graph.edges.len() as u32);
        let state = &mut self.graph.states[at as usize];
        state.default = default;
        state.edges = edges;
    }

    /// Adds the edges of a state of any positions, and gives its default.
    fn expand_any(&mut self, positions: Range<u32>, done: SetId, waiting: &mut Waiting<'p>) -> u32 {
        let Waiting { by_byte, on_any, on_segment, negated, bytes } = waiting;
        by_byte.clear();
        on_any.clear();
        on_segment.clear();
        negated.clear();
        bytes.clear();
        for &p in &self.positions[positions.start as usize..positions.end as usize] {
            match &self.steps[p as usize] {
                Step::Accept(_) => {}
                Step::Element(Element::Byte(b)) => by_byte.push((*b, p + 1)),
                Step::Element(Element::NotSlash) => on_segment.push(p + 1),
                Step::Element(Element::Any) => on_any.push(p + 1),
                Step::Element(Element::LoopNotSlash) => on_segment.push(p),
                Step::Element(Element::LoopAny) => on_any.push(p),
                Step::Element(Element::Class(set)) if set.negated => negated.push((&set.bytes, p + 1)),
                Step::Element(Element::Class(set)) => by_byte.extend(set.bytes.iter().map(|b| (*b, p + 1))),
                Step::Element(Element::Segments) => {
                    by_byte.push((b'/', p));
                    on_segment.push(p + 1);
                }
                Step::Element(Element::SegmentsReversed) => by_byte.push((b'/', p + 1)),
                Step::InSegments if is_reversed(&self.steps, p) => on_any.push(p),
                Step::InSegments => {
                    by_byte.push((b'/', p - 1));
                    on_segment.push(p);
                }
            }
        }
        bytes.extend(by_byte.iter().map(|(b, _)| *b));
        if !on_segment.is_empty() {
            bytes.push(b'/');
        }
        for (excluded, _) in &*negated {
            bytes.extend_from_slice(excluded);
        }
        bytes.sort_unstable();
        bytes.dedup();
        by_byte.sort_unstable();

        for &p in on_any.iter().chain(&*on_segment).chain(negated.iter().map(|(_, p)| p)) {
            self.enter(p);
        }
        let default = self.state(done);
        for &b in &*bytes {
            let from = by_byte.partition_point(|(x, _)| *x < b);
            for (_, p) in by_byte[from..].iter().take_while(|(x, _)| *x == b) {
                self.enter(*p);
            }
            for &p in &*on_any {
                self.enter(p);
            }
            if b != b'/' {
                for &p in &*on_segment {
                    self.enter(p);
                }
            }
            // The slash is among the excluded bytes of every negated class.
            for (excluded, p) in &*negated {
                if !excluded.contains(&b) {
                    self.enter(*p);
                }
            }
            let target = self.state(done);
            if target != default {
                self.graph.edges.push((b, target));
            }
        }
        default
    }
}

/// Whether the segments that a position is inside of are read backward.
fn is_reversed(steps: &[Step<'_>], inside: u32) -> bool {
    matches!(steps[inside as usize - 1], Step::Element(Element::SegmentsReversed))
}

#[cfg(test)]
mod tests {
    use super::super::pattern::{Direction, Plan, plans};
    use super::*;
    use crate::model::{Glob, TextTest};

    fn patterns(globs: &[&str]) -> Vec<Vec<Element>> {
        globs
            .iter()
            .map(|g| match plans(&TextTest::Glob(Glob::parse(g).unwrap()), false).remove(0) {
                Plan::One(p) if p.direction != Direction::Backward => p.elements,
                other => panic!("{g} is not read forward: {other:?}"),
            })
            .collect()
    }

    #[test]
    fn texts_get_the_patterns_that_match_them() {
        let a = Automaton::build(
            &patterns(&["/etc/**", "/etc/*.conf", "/etc/[a-c]?", "/a/**/b/**", "/etc/shadow"]),
            1000,
        )
        .unwrap();
        let on = |t: &str| a.matches(t.bytes());
        assert_eq!(on("/etc/shadow"), [0, 4]);
        assert_eq!(on("/etc/x.conf"), [0, 1]);
        assert_eq!(on("/etc/ab"), [0, 2]);
        assert_eq!(on("/etc/a/"), [0]);
        assert_eq!(on("/etc"), [0; 0]);
        assert_eq!(on("/a/b/x"), [3]);
        assert_eq!(on("/a/x/y/b/z"), [3]);
        assert_eq!(on("/a/xb/z"), [0; 0]);
    }

    #[test]
    fn enclosing_directories_do_not_multiply_states() {
        let globs: Vec<String> = (1..200).map(|n| format!("/{}**", "a/".repeat(n))).collect();
        let a = Automaton::build(&patterns(&globs.iter().map(String::as_str).collect::<Vec<_>>()), 10_000)
            .unwrap();
        assert!(a.len() < 1_000, "{} states", a.len());
    }

    #[test]
    fn too_many_states_are_refused() {
        let globs: Vec<String> = (0..20).map(|n| format!("/**/x{n}/**")).collect();
        assert!(
            Automaton::build(&patterns(&globs.iter().map(String::as_str).collect::<Vec<_>>()), 10_000)
                .is_err()
        );
    }
}
