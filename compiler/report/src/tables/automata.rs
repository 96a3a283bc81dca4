//! The automata of a table image as data, for who draws them.

use std::collections::{BTreeMap, VecDeque};
use warmor_policy::image::{Image, SINK, STATE_MASK, classifier, state};

/// An automaton over the bytes of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Automaton {
    /// Whether it reads from the last byte to the first.
    pub reversed: bool,
    /// Where it begins.
    pub start: Target,
    /// Its states in the order in which a walk in breadth meets them.
    pub states: Vec<State>,
    /// Whether there are more states than were asked for.
    pub cut: bool,
}

/// A state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Its offset in words.
    pub at: usize,
    /// The class of a text that ends in it.
    pub class: u32,
    /// Where it leads; the last one is for every other byte.
    pub edges: Vec<Edge>,
}

/// Bytes that lead somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Which: one of these bytes, or all of them one after the other.
    pub bytes: Vec<u8>,
    /// Whether the bytes are a string of which all must come.
    pub string: bool,
    /// Whether it is for every byte that no other edge is for.
    pub other: bool,
    /// Where to.
    pub to: Target,
}

/// Where a transition leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// To the state at this offset.
    State(usize),
    /// To the end: the class is settled, whatever follows.
    Class(u32),
}

/// The automaton of a classifier, with at most so many states; `None` for one that is no automaton.
pub fn automaton(image: &Image, at: usize, most: usize) -> Option<Automaton> {
    let words = image.words();
    let reversed = match *words.get(at)? {
        classifier::TEXT => false,
        classifier::TEXT_REVERSED => true,
        _ => return None,
    };
    let start = target(*words.get(at + 1)?);
    let mut states: BTreeMap<usize, usize> = BTreeMap::new();
    let mut out = Automaton { reversed, start, states: Vec::new(), cut: false };
    let mut open: VecDeque<Target> = VecDeque::from([start]);
    while let Some(next) = open.pop_front() {
        let Target::State(at) = next else { continue };
        if states.contains_key(&at) {
            continue;
        }
        if out.states.len() >= most {
            out.cut = true;
            break;
        }
        let Some(found) = read(words, at, reversed) else { continue };
        states.insert(at, out.states.len());
        open.extend(found.edges.iter().map(|e| e.to));
        out.states.push(found);
    }
    Some(out)
}

fn target(transition: u32) -> Target {
    if transition & SINK != 0 {
        Target::Class(transition & !SINK)
    } else {
        Target::State((transition & STATE_MASK) as usize)
    }
}

fn read(words: &[u32], at: usize, reversed: bool) -> Option<State> {
    let first = *words.get(at)?;
    let word = |place: usize| words.get(at + place).copied();
    let mut edges = Vec::new();
    let mut add = |bytes: Vec<u8>, string: bool, to: u32| {
        let to = target(to);
        match edges.iter_mut().find(|e: &&mut Edge| e.to == to && !string && !e.string) {
            Some(edge) => edge.bytes.extend(bytes),
            None => edges.push(Edge { bytes, string, other: false, to }),
        }
    };
    match first & 0xf {
        state::KEYS | state::SEEK => {
            let count = (first >> 4 & 0xf) as usize;
            let bytes = [word(state::BYTES)?.to_le_bytes(), word(state::BYTES + 1)?.to_le_bytes()].concat();
            for (i, byte) in bytes.into_iter().take(count).enumerate() {
                add(vec![byte], false, word(state::BY_KEY + i)?);
            }
        }
        state::RANGE => {
            let span = word(state::SPAN)?;
            for i in 0..(span >> 8) as usize {
                add(vec![((span & 0xff) as usize + i) as u8], false, word(state::BY_BYTE + i)?);
            }
        }
        state::STRING => {
            let length = word(state::LENGTH)? as usize;
            let packed = words.get(at + state::TEXT..at + state::TEXT + length.div_ceil(4))?;
            let order = |w: &u32| if reversed { w.to_be_bytes() } else { w.to_le_bytes() };
            let text: Vec<u8> = packed.iter().flat_map(order).take(length).collect();
            add(text, true, word(state::AFTER)?);
        }
        _ => return None,
    }
    edges.push(Edge { bytes: Vec::new(), string: false, other: true, to: target(word(state::DEFAULT)?) });
    Some(State { at, class: first >> 8, edges })
}
