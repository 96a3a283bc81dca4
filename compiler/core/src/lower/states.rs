//! Writing automata as states of the image.
//!
//! What a run touches in turn lies in turn: the states of an automaton stand in the order of a walk in depth, and a state's
//! bytes, its transitions and the string that it matches are within it.

use super::automaton::Graph;
use rustc_hash::FxHashMap;
use warmor_policy::image::{CLASS_SHIFT, KIND_SHIFT, SINK, state};

/// Shortest chain that becomes one state.
const MIN_STRING: usize = 2;

/// The direction in which a text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    FirstToLast,
    LastToFirst,
}

/// How a state is written.
enum Shape {
    /// Its transition is all there is of it.
    Sink,
    String {
        bytes: Vec<u8>,
        after: u32,
    },
    Seek,
    Keys,
    Range {
        first: u8,
        count: usize,
    },
}

struct Writer<'a> {
    graph: &'a Graph,
    /// Of each label.
    class: &'a [u32],
    /// How many transitions lead to each state.
    entered: Vec<u32>,
    /// Transitions to the states that have a place.
    places: Vec<Option<u32>>,
}

/// The states of an image that any byte ends in a sink, by class and sink. Automata share them: every path that is spelled out
/// ends in one, and they are few.
pub(super) type Last = FxHashMap<(u32, u32), u32>;

/// Writes an automaton and gives the transition to its start. `class` is the class of each label.
pub(super) fn write(
    words: &mut Vec<u32>,
    last: &mut Last,
    graph: &Graph,
    class: &[u32],
    reading: Reading,
) -> u32 {
    let mut entered = vec![0u32; graph.len()];
    for (s, state) in graph.states().iter().enumerate() {
        entered[state.default as usize] += 1;
        graph.edges(s as u32).iter().for_each(|(_, t)| entered[*t as usize] += 1);
    }
    let mut w = Writer { graph, class, entered, places: vec![None; graph.len()] };
    let mut order = Vec::new();
    let mut at = words.len();
    let mut open = vec![0];
    while let Some(s) = open.pop() {
        if w.places[s as usize].is_some() {
            continue;
        }
        let (state, edges) = (graph.state(s), graph.edges(s));
        let shape = w.shape(s);
        if let Some(sink) = w.ends_in(s) {
            let at_end = at as u32;
            let place = *last.entry((w.class_of(s), sink)).or_insert(at_end);
            w.places[s as usize] = Some(state::RANGE << KIND_SHIFT | place);
            if place == at_end {
                at += state::BY_BYTE;
                order.push((s, shape));
                open.push(state.default);
            } else {
                w.places[state.default as usize] = Some(sink);
            }
            continue;
        }
        let kind = match &shape {
            Shape::Sink => {
                w.places[s as usize] = Some(SINK | w.class_of(s));
                continue;
            }
            Shape::String { .. } => state::STRING,
            Shape::Seek => state::SEEK,
            Shape::Keys => state::KEYS,
            Shape::Range { .. } => state::RANGE,
        };
        open.push(state.default);
        if let Shape::String { after, .. } = shape {
            open.push(after);
        } else {
            open.extend(edges.iter().rev().map(|(_, t)| *t));
        }
        w.places[s as usize] = Some(kind << KIND_SHIFT | at as u32);
        at += match &shape {
            Shape::Sink => 0,
            Shape::String { bytes, .. } => state::TEXT + bytes.len().div_ceil(4),
            Shape::Seek | Shape::Keys => state::BY_KEY + edges.len(),
            Shape::Range { count, .. } => state::BY_BYTE + count,
        };
        order.push((s, shape));
    }
    for (s, shape) in order {
        w.state(words, s, &shape, reading);
    }
    w.next(0)
}

impl Writer<'_> {
    fn class_of(&self, s: u32) -> u32 {
        self.class[self.graph.state(s).label as usize]
    }

    /// The transition to a state that has its place.
    fn next(&self, s: u32) -> u32 {
        self.places[s as usize].unwrap_or(SINK)
    }

    /// The sink that any byte leads to.
    fn ends_in(&self, s: u32) -> Option<u32> {
        let state = self.graph.state(s);
        let sink = self.graph.edges(s).is_empty()
            && state.default != s
            && self.graph.edges(state.default).is_empty()
            && self.graph.state(state.default).default == state.default;
        sink.then(|| SINK | self.class_of(state.default))
    }

    fn shape(&self, s: u32) -> Shape {
        let (state, edges) = (self.graph.state(s), self.graph.edges(s));
        let [(first, _), ..] = edges else {
            return if state.default == s { Shape::Sink } else { Shape::Range { first: 0, count: 0 } };
        };
        if state.default == s && edges.len() <= state::MAX_SEEK {
            return Shape::Seek;
        }
        // A default of a chain is its own default, so it is no chain itself.
        if let Some((bytes, after)) = self.chain(s) {
            return Shape::String { bytes, after };
        }
        let count = edges.last().map_or(0, |(last, _)| usize::from(last - first) + 1);
        // A range takes less time to look into, so it may take a little more room.
        if edges.len() <= state::MAX_KEYS && count > edges.len() + 4 {
            Shape::Keys
        } else {
            Shape::Range { first: *first, count }
        }
    }

    /// The chain that begins at a state: states of one class that differ in one byte each from their default, into which
    /// nothing else leads.
    fn chain(&self, s: u32) -> Option<(Vec<u8>, u32)> {
        let default = self.graph.state(s).default;
        let mut bytes = Vec::new();
        let mut at = s;
        while let Some((byte, next)) = self.difference(at, default) {
            let alone = if at == s { bytes.is_empty() } else { self.entered[at as usize] == 1 && at != 0 };
            if self.class_of(at) != self.class_of(s) || !alone {
                break;
            }
            bytes.push(byte);
            at = next;
        }
        (bytes.len() >= MIN_STRING).then_some((bytes, at))
    }

    /// The only byte on which a state differs from its default, if that is `default`, and where it leads.
    fn difference(&self, s: u32, default: u32) -> Option<(u8, u32)> {
        let (state, other) = (self.graph.state(s), self.graph.state(default));
        if s == default || state.default != default || other.default != default {
            return None;
        }
        let (mut own, mut others) = (self.graph.edges(s), self.graph.edges(default));
        let mut found = None;
        while let [(byte, next), rest @ ..] = own {
            match others {
                [(b, n), after @ ..] if b == byte => {
                    others = after;
                    if n == next {
                        own = rest;
                        continue;
                    }
                }
                [(b, _), ..] if b < byte => return None,
                _ => {}
            }
            if found.replace((*byte, *next)).is_some() {
                return None;
            }
            own = rest;
        }
        if others.is_empty() { found } else { None }
    }

    fn state(&self, words: &mut Vec<u32>, s: u32, shape: &Shape, reading: Reading) {
        let (state, edges) = (self.graph.state(s), self.graph.edges(s));
        let keys = edges.len() as u32;
        let first = self.class_of(s) << CLASS_SHIFT;
        let default = self.next(state.default);
        match shape {
            Shape::Sink => {}
            Shape::String { bytes, after } => {
                words.extend([first | state::STRING, default, self.next(*after), bytes.len() as u32]);
                words.extend(bytes.chunks(4).map(|c| packed(c, reading)));
            }
            Shape::Seek | Shape::Keys => {
                let kind = if matches!(shape, Shape::Seek) { state::SEEK } else { state::KEYS };
                let last = edges.last().map_or(0, |(b, _)| *b);
                let mut bytes = [last; state::MAX_KEYS];
                bytes.iter_mut().zip(edges).for_each(|(place, (b, _))| *place = *b);
                words.extend([first | keys << 4 | kind, default]);
                words.extend(bytes.chunks(4).map(|c| packed(c, Reading::FirstToLast)));
                words.extend(edges.iter().map(|(_, t)| self.next(*t)));
            }
            Shape::Range { first: low, count } => {
                words.extend([first | state::RANGE, default, u32::from(*low) | (*count as u32) << 8]);
                let at = words.len();
                words.resize(at + count, default);
                for (b, t) in edges {
                    words[at + usize::from(b - low)] = self.next(*t);
                }
            }
        }
    }
}

/// Up to four bytes of a string as a word.
pub(super) fn packed(bytes: &[u8], reading: Reading) -> u32 {
    let mut four = [0; 4];
    four[..bytes.len()].copy_from_slice(bytes);
    match reading {
        Reading::FirstToLast => u32::from_le_bytes(four),
        Reading::LastToFirst => u32::from_be_bytes(four),
    }
}
