//! Packing automata into one table of entries.
//!
//! All automata of an image share the table, so that the holes of one are filled by others, and a state's number is its place.

use super::automaton::State;
use rustc_hash::FxHashMap;
use warmor_policy::image::{RUN, RUN_ENTRIES, RUN_ENTRY, SINK, STATE_HEADER};

/// Shortest chain that becomes a state that matches a string.
const MIN_RUN: usize = 3;
/// Longest string of one state, in bytes.
const MAX_RUN: usize = 4096;
/// Places tried before a state goes to the end of the table.
const MAX_TRIES: usize = 256;

/// The table.
pub(super) struct Comb {
    /// Pairs of words.
    entries: Vec<[u32; 2]>,
    first_free: usize,
}

struct Run {
    bytes: Vec<u8>,
    after: u32,
}

/// An automaton while it is being placed.
struct Packing<'a> {
    states: &'a [State],
    runs: FxHashMap<u32, Run>,
    placed: FxHashMap<u32, u32>,
}

impl Comb {
    /// An empty table.
    pub(super) fn new() -> Self {
        // Index 0 is no state, so that an empty entry is no transition of one.
        Self { entries: vec![[0, 0]], first_free: 1 }
    }

    /// The words of the table, padded so that a state and any byte lie in it.
    pub(super) fn words(mut self) -> Vec<u32> {
        self.entries.resize(self.entries.len() + 256, [0, 0]);
        self.entries.into_flattened()
    }

    /// Places an automaton and gives its start, with flags. `class` is the class of each label, `string` places a string in
    /// the image and gives its offset.
    pub(super) fn pack(
        &mut self,
        states: &[State],
        class: &[u32],
        mut string: impl FnMut(&[u8]) -> u32,
    ) -> u32 {
        let mut p = Packing { states, runs: FxHashMap::default(), placed: FxHashMap::default() };
        let mut order = Vec::new();
        // Depth first, so that the states of a path are neighbours in memory.
        let mut open = vec![0];
        while let Some(s) = open.pop() {
            if p.placed.contains_key(&s) {
                continue;
            }
            let state = &states[s as usize];
            open.push(state.default);
            if let Some(run) = run(states, s) {
                open.push(run.after);
                p.runs.insert(s, run);
            } else {
                open.extend(state.edges.iter().rev().map(|(_, t)| *t));
            }
            let place = self.place(state, p.runs.contains_key(&s));
            p.placed.insert(s, place);
            order.push(s);
        }
        for s in order {
            let (state, place) = (&states[s as usize], p.placed[&s] as usize);
            self.entries[place] = [STATE_HEADER | class[state.label as usize], p.next(state.default)];
            if let Some(run) = p.runs.get(&s) {
                self.entries[place + 1] = [RUN_ENTRY | run.bytes.len() as u32, p.next(run.after)];
                self.entries[place + 2] = [RUN_ENTRY, string(&run.bytes)];
            } else {
                for (b, t) in &state.edges {
                    self.entries[place + *b as usize] = [place as u32, p.next(*t)];
                }
            }
        }
        p.next(0)
    }

    /// Finds and takes the place of a state: free for its header and for each of its edges.
    fn place(&mut self, state: &State, runs: bool) -> u32 {
        let columns: Vec<usize> = if runs {
            (0..RUN_ENTRIES).collect()
        } else {
            std::iter::once(0).chain(state.edges.iter().map(|(b, _)| *b as usize)).collect()
        };
        // An entry is taken when its first word is not 0: a header, a mark, or the state it belongs to.
        let taken = |entries: &[[u32; 2]], i: usize| entries.get(i).is_some_and(|e| e[0] != 0);
        let mut at = self.first_free;
        let mut tries = 0;
        while columns.iter().any(|c| taken(&self.entries, at + c)) {
            tries += 1;
            at = if tries < MAX_TRIES { at + 1 } else { at.max(self.entries.len()) };
        }
        let end = at + columns.last().copied().unwrap_or(0) + 1;
        if self.entries.len() < end {
            self.entries.resize(end, [0, 0]);
        }
        for c in &columns {
            self.entries[at + c][0] = STATE_HEADER;
        }
        // A hole that was passed over often is left behind: looking at it again would cost more than it saves.
        if tries == MAX_TRIES {
            self.first_free += MAX_TRIES / 4;
        }
        while taken(&self.entries, self.first_free) {
            self.first_free += 1;
        }
        at as u32
    }
}

impl Packing<'_> {
    fn next(&self, s: u32) -> u32 {
        let state = &self.states[s as usize];
        let sink = if state.default == s && state.edges.is_empty() { SINK } else { 0 };
        let run = if self.runs.contains_key(&s) { RUN } else { 0 };
        self.placed[&s] | sink | run
    }
}

/// The chain that begins at a state: states with one edge, one default and one label.
fn run(states: &[State], s: u32) -> Option<Run> {
    let first = &states[s as usize];
    let mut bytes = Vec::new();
    let mut at = s;
    while let [(b, next)] = states[at as usize].edges.as_slice() {
        let state = &states[at as usize];
        if state.default != first.default || state.label != first.label || bytes.len() == MAX_RUN {
            break;
        }
        bytes.push(*b);
        at = *next;
    }
    (bytes.len() >= MIN_RUN).then_some(Run { bytes, after: at })
}
