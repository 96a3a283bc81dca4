//! One test of texts as an automaton whose states are made when they are first needed.
//!
//! A state is a set of positions in the patterns, so a union of a thousand paths is one automaton as well as one glob is.
//! Nothing here is shared with the classifiers of `lower`: the two are compared, and that would prove nothing if they were one.

use crate::model::{Glob, Part, Segment, TextTest};
use rustc_hash::FxHashMap;

/// The state from which nothing is accepted.
pub(super) const DEAD: u32 = 0;
/// The state from which everything is accepted.
pub(super) const ALL: u32 = 1;

/// What stands at a position.
#[derive(Clone, Debug)]
enum Token {
    /// This byte.
    Byte(u8),
    /// One byte of these inclusive ranges.
    One(Box<[(u8, u8)]>),
    /// Any number of bytes of these ranges.
    Loop(Box<[(u8, u8)]>),
    /// Any number of whole segments with their slashes; the next token is what stands inside one of them.
    Segments,
    /// Inside a segment of the token before.
    Inside,
    /// The text ends here.
    End,
}

const ANY: [(u8, u8); 1] = [(0, 255)];
const NOT_SLASH: [(u8, u8); 2] = [(0, b'/' - 1), (b'/' + 1, 255)];

struct State {
    positions: Box<[u32]>,
    accepts: bool,
    /// Bytes that an accepted text still has at least.
    distance: u32,
    /// From each of these bytes on, up to the next, the state that follows; none until it is asked for.
    steps: Option<Box<[(u8, u32)]>>,
}

/// A union of tests of texts.
pub(super) struct Automaton {
    tokens: Vec<Token>,
    /// From each position the bytes that are needed at least.
    distances: Vec<u32>,
    states: Vec<State>,
    known: FxHashMap<Box<[u32]>, u32>,
    start: u32,
}

impl Automaton {
    /// The texts that pass one of the tests.
    pub(super) fn new(tests: &[TextTest]) -> Self {
        let mut tokens = Vec::new();
        let mut starts = Vec::new();
        for test in tests {
            match test {
                TextTest::Glob(glob) => {
                    for branch in glob.branches() {
                        starts.push(tokens.len() as u32);
                        add_branch(&mut tokens, glob, branch);
                    }
                }
                TextTest::Equals(b) => {
                    starts.push(tokens.len() as u32);
                    tokens.extend(b.iter().map(|b| Token::Byte(*b)));
                }
                TextTest::StartsWith(b) => {
                    starts.push(tokens.len() as u32);
                    tokens.extend(b.iter().map(|b| Token::Byte(*b)));
                    tokens.push(Token::Loop(ANY.into()));
                }
                TextTest::EndsWith(b) => {
                    starts.push(tokens.len() as u32);
                    tokens.push(Token::Loop(ANY.into()));
                    tokens.extend(b.iter().map(|b| Token::Byte(*b)));
                }
                TextTest::Contains(b) => {
                    starts.push(tokens.len() as u32);
                    tokens.push(Token::Loop(ANY.into()));
                    tokens.extend(b.iter().map(|b| Token::Byte(*b)));
                    tokens.push(Token::Loop(ANY.into()));
                }
            }
            if !matches!(test, TextTest::Glob(_)) {
                tokens.push(Token::End);
            }
        }
        let mut distances: Vec<u32> = vec![0; tokens.len()];
        for (i, token) in tokens.iter().enumerate().rev() {
            let after = |n: usize| distances.get(i + n).copied().unwrap_or_default();
            distances[i] = match token {
                Token::End => 0,
                Token::Byte(_) | Token::One(_) => 1 + after(1),
                Token::Loop(_) => after(1),
                Token::Segments => after(2),
                // A slash, and what follows the segments.
                Token::Inside => 1 + after(1),
            };
        }
        let state = |accepts, distance| State { positions: Box::new([]), accepts, distance, steps: None };
        let mut automaton = Self {
            tokens,
            distances,
            states: vec![state(false, u32::MAX), state(true, 0)],
            known: FxHashMap::default(),
            start: DEAD,
        };
        for fixed in [DEAD, ALL] {
            automaton.states[fixed as usize].steps = Some([(0, fixed)].into());
        }
        automaton.start = automaton.intern(starts);
        automaton
    }

    /// The state before any byte.
    pub(super) fn start(&self) -> u32 {
        self.start
    }

    /// Whether a text that ends in the state passes.
    pub(super) fn accepts(&self, state: u32) -> bool {
        self.states[state as usize].accepts
    }

    /// How many bytes a text that passes still has at least; [`u32::MAX`] where none does.
    pub(super) fn distance(&self, state: u32) -> u32 {
        self.states[state as usize].distance
    }

    /// From which byte on, up to the next, which state follows.
    pub(super) fn steps(&mut self, state: u32) -> &[(u8, u32)] {
        if self.states[state as usize].steps.is_none() {
            let steps = self.make_steps(state);
            self.states[state as usize].steps = Some(steps);
        }
        self.states[state as usize].steps.as_deref().unwrap_or_default()
    }

    /// The state that follows a byte.
    pub(super) fn step(&mut self, state: u32, byte: u8) -> u32 {
        let steps = self.steps(state);
        steps[steps.partition_point(|(from, _)| *from <= byte) - 1].1
    }

    /// Whether the text passes.
    pub(super) fn matches(&mut self, text: &[u8]) -> bool {
        let mut state = self.start;
        for byte in text {
            if state <= ALL {
                break;
            }
            state = self.step(state, *byte);
        }
        self.accepts(state)
    }

    /// How many states were made.
    pub(super) fn len(&self) -> usize {
        self.states.len()
    }

    fn make_steps(&mut self, state: u32) -> Box<[(u8, u32)]> {
        let positions = self.states[state as usize].positions.clone();
        let mut edges: Vec<((u8, u8), u32)> = Vec::new();
        for p in &*positions {
            let next = p + 1;
            match &self.tokens[*p as usize] {
                Token::Byte(b) => edges.push(((*b, *b), next)),
                Token::One(ranges) => edges.extend(ranges.iter().map(|r| (*r, next))),
                Token::Loop(ranges) => edges.extend(ranges.iter().map(|r| (*r, *p))),
                Token::Segments => {
                    edges.push(((b'/', b'/'), *p));
                    edges.extend(NOT_SLASH.map(|r| (r, next)));
                }
                Token::Inside => {
                    edges.push(((b'/', b'/'), p - 1));
                    edges.extend(NOT_SLASH.map(|r| (r, *p)));
                }
                Token::End => {}
            }
        }
        let mut bounds = vec![0];
        bounds.extend(edges.iter().map(|((first, _), _)| *first));
        bounds.extend(edges.iter().filter_map(|((_, last), _)| last.checked_add(1)));
        bounds.sort_unstable();
        bounds.dedup();
        let mut steps: Vec<(u8, u32)> = Vec::with_capacity(bounds.len());
        for b in bounds {
            let inside = edges.iter().filter(|((first, last), _)| (*first..=*last).contains(&b));
            let to = self.intern(inside.map(|(_, to)| *to).collect());
            if steps.last().is_none_or(|(_, before)| *before != to) {
                steps.push((b, to));
            }
        }
        steps.into()
    }

    /// The state of these positions and of those that follow them without a byte.
    fn intern(&mut self, mut positions: Vec<u32>) -> u32 {
        let mut at = 0;
        while at < positions.len() {
            match &self.tokens[positions[at] as usize] {
                Token::Loop(_) => positions.push(positions[at] + 1),
                Token::Segments => positions.push(positions[at] + 2),
                _ => {}
            }
            at += 1;
        }
        positions.sort_unstable();
        positions.dedup();
        if positions.is_empty() {
            return DEAD;
        }
        let end = |p: u32| matches!(self.tokens[p as usize], Token::End);
        let all = |p: &u32| matches!(&self.tokens[*p as usize], Token::Loop(r) if **r == ANY) && end(p + 1);
        if positions.iter().any(all) {
            return ALL;
        }
        if let Some(known) = self.known.get(positions.as_slice()) {
            return *known;
        }
        let accepts = positions.iter().any(|p| end(*p));
        let positions: Box<[u32]> = positions.into();
        let state = self.states.len() as u32;
        self.known.insert(positions.clone(), state);
        let distance = positions.iter().map(|p| self.distances[*p as usize]).min().unwrap_or(u32::MAX);
        self.states.push(State { positions, accepts, distance, steps: None });
        state
    }
}

fn add_branch(tokens: &mut Vec<Token>, glob: &Glob, branch: &[Segment]) {
    if glob.is_rooted() {
        tokens.push(Token::Byte(b'/'));
    }
    for (i, segment) in branch.iter().enumerate() {
        let last = i + 1 == branch.len();
        match segment {
            Segment::Many if last => tokens.extend([Token::One(ANY.into()), Token::Loop(ANY.into())]),
            Segment::Many => tokens.extend([Token::Segments, Token::Inside]),
            Segment::Parts(parts) => {
                // A segment has at least one byte, which stars alone do not ask for.
                if parts.iter().all(|p| matches!(p, Part::Star)) {
                    tokens.push(Token::One(NOT_SLASH.into()));
                }
                for part in parts {
                    match part {
                        Part::Literal(bytes) => tokens.extend(bytes.iter().map(|b| Token::Byte(*b))),
                        Part::One => tokens.push(Token::One(NOT_SLASH.into())),
                        Part::Star => tokens.push(Token::Loop(NOT_SLASH.into())),
                        Part::Class { negated, ranges } => tokens.push(Token::One(class(*negated, ranges))),
                    }
                }
                if !last {
                    tokens.push(Token::Byte(b'/'));
                }
            }
        }
    }
    tokens.push(Token::End);
}

/// The bytes of a class as ranges; a slash is in none, negated or not.
fn class(negated: bool, ranges: &[(u8, u8)]) -> Box<[(u8, u8)]> {
    let member = |b: u8| b != b'/' && ranges.iter().any(|(lo, hi)| (*lo..=*hi).contains(&b)) != negated;
    let mut out: Vec<(u8, u8)> = Vec::new();
    for b in (0..=255).filter(|b| member(*b)) {
        match out.last_mut() {
            Some((_, last)) if *last + 1 == b => *last = b,
            _ => out.push((b, b)),
        }
    }
    out.into()
}
