//! Deterministic automata over the bytes of a text, built from many patterns at once.
//!
//! The construction is the subset construction over pattern positions, with one departure that keeps it small: a pattern
//! that has matched for good leaves the set of positions and enters a hash-consed set, so that a thousand enclosing
//! directories cost nothing below them. There is no minimisation: states differ in what they accept, so it finds nothing to
//! merge.

use super::pattern::Element;
use super::sets::{SetId, Sets};
use rustc_hash::FxHashMap;

/// The patterns together need more states than allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exploded;

/// An automaton whose states are labelled with the set of patterns that match a text ending there.
pub(super) struct Automaton {
    /// The states; the first is the start.
    pub(super) states: Vec<State>,
    /// Sets of pattern numbers.
    pub(super) sets: Sets,
    /// The label of each class, in order of first appearance.
    pub(super) labels: Vec<SetId>,
}

/// A state of an automaton.
pub(super) struct State {
    /// Index of the label.
    pub(super) label: u32,
    /// The state that every byte without an edge leads to.
    pub(super) default: u32,
    /// Bytes that lead elsewhere, ascending.
    pub(super) edges: Vec<(u8, u32)>,
}

/// Steps of a pattern while it is being read; positions of all patterns share one numbering.
enum Step<'p> {
    Element(&'p Element),
    /// Inside the segments that a floating part skips.
    InSegments,
    Accept(u32),
}

struct Builder<'p> {
    steps: Vec<Step<'p>>,
    sets: Sets,
    states: Vec<State>,
    ids: FxHashMap<(Box<[u32]>, SetId, SetId), u32>,
    open: Vec<(Box<[u32]>, SetId)>,
    labels: Vec<SetId>,
    label_ids: FxHashMap<SetId, u32>,
    singles: Vec<SetId>,
}

/// Where a step leads while a set of positions is being collected.
#[derive(Default)]
struct Targets {
    positions: Vec<u32>,
    accepted: Vec<u32>,
    done: Vec<u32>,
}

impl Automaton {
    /// Builds the automaton of `patterns` (pattern i has number i), with at most `budget` states.
    pub(super) fn build<P: AsRef<[Element]>>(patterns: &[P], budget: usize) -> Result<Self, Exploded> {
        let mut steps = Vec::new();
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
            steps,
            sets,
            states: Vec::new(),
            ids: FxHashMap::default(),
            open: Vec::new(),
            labels: Vec::new(),
            label_ids: FxHashMap::default(),
            singles,
        };
        let mut first = Targets::default();
        for start in starts {
            b.enter(start, &mut first);
        }
        b.state(first, SetId::EMPTY);
        let mut at = 0;
        while at < b.states.len() {
            if b.states.len() > budget {
                return Err(Exploded);
            }
            b.expand(at);
            at += 1;
        }
        Ok(Self { states: b.states, sets: b.sets, labels: b.labels })
    }

    /// Number of states.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.states.len()
    }

    /// The patterns that match a text, by walking the states as they are before packing.
    #[cfg(test)]
    pub(super) fn matches(&self, text: impl Iterator<Item = u8>) -> Vec<u32> {
        let state = text.fold(0u32, |s, b| {
            let state = &self.states[s as usize];
            state.edges.iter().find(|(e, _)| *e == b && b != 0).map_or(state.default, |(_, t)| *t)
        });
        self.sets.members(self.labels[self.states[state as usize].label as usize])
    }
}

impl Builder<'_> {
    /// Adds a position and those that can be reached from it without a byte.
    fn enter(&self, position: u32, to: &mut Targets) {
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
                Step::InSegments if self.is_reversed(position) => position + 1,
                Step::Element(_) | Step::InSegments => {
                    to.positions.push(position);
                    return;
                }
            };
            to.positions.push(position);
            position = next;
        }
    }

    fn is_reversed(&self, inside: u32) -> bool {
        matches!(self.steps[inside as usize - 1], Step::Element(Element::SegmentsReversed))
    }

    fn state(&mut self, targets: Targets, done: SetId) -> u32 {
        let Targets { mut positions, accepted, done: more } = targets;
        positions.sort_unstable();
        positions.dedup();
        let mut done = done;
        for pattern in more {
            done = self.sets.union(done, self.singles[pattern as usize]);
        }
        let mut label = done;
        for pattern in accepted {
            label = self.sets.union(label, self.singles[pattern as usize]);
        }
        let key = (positions.into_boxed_slice(), done, label);
        if let Some(known) = self.ids.get(&key) {
            return *known;
        }
        let id = self.states.len() as u32;
        let labels = &mut self.labels;
        let label = *self.label_ids.entry(label).or_insert_with(|| {
            labels.push(label);
            labels.len() as u32 - 1
        });
        self.states.push(State { label, default: id, edges: Vec::new() });
        self.open.push((key.0.clone(), done));
        self.ids.insert(key, id);
        id
    }

    fn expand(&mut self, at: usize) {
        let (positions, done) = std::mem::take(&mut self.open[at]);
        let mut by_byte: Vec<(u8, u32)> = Vec::new();
        let mut on_any: Vec<u32> = Vec::new();
        let mut on_segment: Vec<u32> = Vec::new();
        let mut negated: Vec<(&[u8], u32)> = Vec::new();
        for &p in &*positions {
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
                Step::InSegments if self.is_reversed(p) => on_any.push(p),
                Step::InSegments => {
                    by_byte.push((b'/', p - 1));
                    on_segment.push(p);
                }
            }
        }
        let mut bytes: Vec<u8> = by_byte.iter().map(|(b, _)| *b).collect();
        if !on_segment.is_empty() {
            bytes.push(b'/');
        }
        for (excluded, _) in &negated {
            bytes.extend_from_slice(excluded);
        }
        bytes.sort_unstable();
        bytes.dedup();
        by_byte.sort_unstable();

        let mut otherwise = Targets::default();
        for &p in on_any.iter().chain(&on_segment).chain(negated.iter().map(|(_, p)| p)) {
            self.enter(p, &mut otherwise);
        }
        let default = self.state(otherwise, done);
        let mut edges = Vec::new();
        for b in bytes {
            let mut targets = Targets::default();
            let from = by_byte.partition_point(|(x, _)| *x < b);
            for (_, p) in by_byte[from..].iter().take_while(|(x, _)| *x == b) {
                self.enter(*p, &mut targets);
            }
            for &p in &on_any {
                self.enter(p, &mut targets);
            }
            if b != b'/' {
                for &p in &on_segment {
                    self.enter(p, &mut targets);
                }
            }
            // The slash is among the excluded bytes of every negated class.
            for (excluded, p) in &negated {
                if !excluded.contains(&b) {
                    self.enter(*p, &mut targets);
                }
            }
            let target = self.state(targets, done);
            if target != default {
                edges.push((b, target));
            }
        }
        let state = &mut self.states[at];
        state.default = default;
        state.edges = edges;
    }
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
