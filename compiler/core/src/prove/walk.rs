//! A walk over the product of the automata of a question about one text, shortest way first.
//!
//! Most of what is asked is that a text passes one test and fails many others, so a question is taken apart first: tests
//! that must pass tell where to go at all, and of tests that must fail only those are kept that the text so far can still pass. What
//! a state costs is what is still undecided in it, not what the question began with.

use super::Answer;
use super::automaton::{ALL, DEAD};
use super::formula::Formula;
use super::text::{Shape, TextId, TextKind, Texts};
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;
use std::rc::Rc;

/// A state of the walk.
struct Met {
    /// See [`Walk::start`].
    states: Rc<[u32]>,
    shape: Shape,
    /// The state it was met from, and by which byte.
    from: Option<(u32, u8)>,
    /// Bytes so far.
    length: u32,
}

/// What is asked of a text.
#[derive(Default)]
struct Wanted {
    /// Tests that it must pass.
    passed: Vec<TextId>,
    /// Tests that it must fail.
    failed: Vec<TextId>,
    /// What else must hold.
    rest: Vec<Formula<TextId>>,
    /// Whether something is asked that is never so.
    never: bool,
}

impl Wanted {
    fn add(&mut self, formula: &Formula<TextId>, positive: bool) {
        match formula {
            Formula::Const(b) => self.never |= *b != positive,
            Formula::Test(t) if positive => self.passed.push(*t),
            Formula::Test(t) => self.failed.push(*t),
            Formula::Not(inner) => self.add(inner, !positive),
            Formula::All(parts) if positive => parts.iter().for_each(|p| self.add(p, true)),
            Formula::Any(parts) if !positive => parts.iter().for_each(|p| self.add(p, false)),
            other if positive => self.rest.push(other.clone()),
            other => self.rest.push(other.clone().negated()),
        }
    }
}

/// A walk over the product of the automata of a formula.
pub(super) struct Walk<'t> {
    texts: &'t mut Texts,
    passed: Vec<TextId>,
    failed: Vec<TextId>,
    /// Tests of the rest.
    mixed: Vec<TextId>,
    /// What else must hold, over the places of tests among the mixed ones.
    rest: Formula<usize>,
    kind: TextKind,
    met: Vec<Met>,
    /// States to go on from, by the length of the texts that they can still lead to at least; of those of one length, the last.
    queue: BTreeMap<u32, Vec<u32>>,
    /// States that were gone on from.
    done: FxHashSet<Rc<[u32]>>,
}

impl<'t> Walk<'t> {
    /// A walk to the texts for which the formula holds; `None` where it can be seen that there are none.
    pub(super) fn new(texts: &'t mut Texts, kind: TextKind, formula: &Formula<TextId>) -> Option<Self> {
        let mut wanted = Wanted::default();
        wanted.add(formula, true);
        let Wanted { mut passed, mut failed, rest, never } = wanted;
        for tests in [&mut passed, &mut failed] {
            tests.sort_unstable();
            tests.dedup();
        }
        if never || failed.iter().any(|t| passed.binary_search(t).is_ok()) {
            return None;
        }
        let mut mixed: Vec<TextId> = Vec::new();
        for part in &rest {
            part.each(&mut |t| mixed.push(*t));
        }
        mixed.sort_unstable();
        mixed.dedup();
        let place = |t: &TextId| Formula::Test(mixed.binary_search(t).unwrap_or_default());
        let rest = Formula::All(rest.iter().map(|part| part.map(&mut |t| place(t))).collect());
        let (met, queue, done) = (Vec::new(), BTreeMap::new(), FxHashSet::default());
        Some(Self { texts, passed, failed, mixed, rest, kind, met, queue, done })
    }

    /// The shortest text. What is spent is taken from `budget`: one for each state and test that is undecided in it.
    pub(super) fn run(mut self, budget: &mut u64) -> Answer<Vec<u8>> {
        self.start();
        while let Some(mut first) = self.queue.first_entry() {
            let Some(at) = first.get_mut().pop() else {
                first.remove();
                continue;
            };
            let Met { shape, states, .. } = &self.met[at as usize];
            let (shape, states) = (*shape, states.clone());
            if !self.done.insert(states.clone()) {
                continue;
            }
            if shape.is_end() && self.holds(&states) {
                return Answer::Found(self.spell(at));
            }
            let price = states.len() as u64;
            if *budget < price {
                *budget = 0;
                return Answer::Budget;
            }
            *budget -= price;
            self.go_on(at, shape, &states);
        }
        Answer::Empty
    }

    /// A state is the shape of the text so far, the states of the tests that must pass, those of the mixed ones, and for each test
    /// that must fail and is undecided its place and state.
    fn start(&mut self) {
        let shape = Shape::start(self.kind);
        let first = |t: &TextId| self.texts.automaton(*t).start();
        let mut states = vec![shape as u32];
        states.extend(self.passed.iter().chain(&self.mixed).map(first));
        for (i, test) in self.failed.iter().enumerate() {
            match first(test) {
                DEAD => {}
                ALL => return,
                state => states.extend([i as u32, state]),
            }
        }
        self.meet(shape, &states, None);
    }

    /// How many states stand before those of the tests that must fail.
    fn fixed(&self) -> usize {
        1 + self.passed.len() + self.mixed.len()
    }

    /// Notes a state, unless it was looked at or nothing can come of it.
    fn meet(&mut self, shape: Shape, states: &[u32], from: Option<(u32, u8)>) {
        if self.done.contains(states) {
            return;
        }
        let missing = self.missing(states);
        if missing == u32::MAX {
            return;
        }
        let length = from.map_or(0, |(from, _)| self.met[from as usize].length + 1);
        let at = self.met.len() as u32;
        self.queue.entry(length.saturating_add(missing)).or_default().push(at);
        self.met.push(Met { shape, states: states.into(), from, length });
    }

    /// How many bytes are missing at least until the text is one; [`u32::MAX`] where it never will be.
    fn missing(&self, states: &[u32]) -> u32 {
        let passed = self.passed.iter().zip(&states[1..]);
        let missing = passed.map(|(t, state)| self.texts.automaton(*t).distance(*state)).max();
        missing.unwrap_or(0).max(self.rest_missing(&self.rest, &states[1 + self.passed.len()..], true))
    }

    /// The same for the formula (its opposite).
    fn rest_missing(&self, formula: &Formula<usize>, states: &[u32], positive: bool) -> u32 {
        match formula {
            Formula::Const(b) if *b == positive => 0,
            Formula::Const(_) => u32::MAX,
            Formula::Test(i) if positive => self.texts.automaton(self.mixed[*i]).distance(states[*i]),
            Formula::Test(i) if states[*i] == ALL => u32::MAX,
            Formula::Test(_) => 0,
            Formula::Not(inner) => self.rest_missing(inner, states, !positive),
            Formula::All(parts) | Formula::Any(parts) => {
                let each = parts.iter().map(|p| self.rest_missing(p, states, positive));
                if matches!(formula, Formula::All(_)) == positive {
                    each.max().unwrap_or(0)
                } else {
                    each.min().unwrap_or(u32::MAX)
                }
            }
        }
    }

    fn holds(&self, states: &[u32]) -> bool {
        let accepts = |test: TextId, state: u32| self.texts.automaton(test).accepts(state);
        let (fixed, open) = states.split_at(self.fixed());
        let (passed, mixed) = fixed[1..].split_at(self.passed.len());
        self.passed.iter().zip(passed).all(|(t, state)| accepts(*t, *state))
            && open.chunks_exact(2).all(|not| !accepts(self.failed[not[0] as usize], not[1]))
            && self.rest.holds(&mut |i: &usize| accepts(self.mixed[*i], mixed[*i]))
    }

    /// Meets what follows, by the byte that reads best of those that lead there; the best bytes last.
    fn go_on(&mut self, at: u32, shape: Shape, states: &[u32]) {
        let (fixed, open) = states.split_at(self.fixed());
        let mut cuts = Cuts::default();
        for b in Shape::CUTS {
            cuts.add(b);
        }
        for (test, state) in self.passed.iter().chain(&self.mixed).zip(&fixed[1..]) {
            self.texts.automaton_mut(*test).steps(*state).iter().for_each(|(b, _)| cuts.add(*b));
        }
        for not in open.chunks_exact(2) {
            let automaton = self.texts.automaton_mut(self.failed[not[0] as usize]);
            automaton.steps(not[1]).iter().for_each(|(b, _)| cuts.add(*b));
        }
        let mut ways: Vec<(u32, u8)> = Vec::new();
        for (first, last) in cuts.ranges() {
            let alive =
                |(test, state): (&TextId, &u32)| self.texts.automaton_mut(*test).step(*state, first) != DEAD;
            if shape.step(first) != Shape::No && self.passed.iter().zip(&fixed[1..]).all(alive) {
                let byte = readable(first, last);
                ways.push((unreadable(byte), byte));
            }
        }
        ways.sort_unstable();
        let mut next: Vec<u32> = Vec::with_capacity(states.len());
        for (_, byte) in ways.into_iter().rev() {
            let shape = shape.step(byte);
            next.clear();
            next.push(shape as u32);
            let tests = self.passed.iter().chain(&self.mixed).zip(&fixed[1..]);
            next.extend(tests.map(|(t, state)| self.texts.automaton_mut(*t).step(*state, byte)));
            let mut never = false;
            for not in open.chunks_exact(2) {
                match self.texts.automaton_mut(self.failed[not[0] as usize]).step(not[1], byte) {
                    DEAD => {}
                    ALL => never = true,
                    state => next.extend([not[0], state]),
                }
            }
            if !never {
                self.meet(shape, &next, Some((at, byte)));
            }
        }
    }

    fn spell(&self, at: u32) -> Vec<u8> {
        let mut out = Vec::new();
        let mut at = at;
        while let Some((from, byte)) = self.met[at as usize].from {
            out.push(byte);
            at = from;
        }
        out.reverse();
        out
    }
}

/// Bytes that make a difference; each stands for those up to the next.
#[derive(Default)]
struct Cuts([u64; 4]);

impl Cuts {
    fn add(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    /// The ranges between them.
    fn ranges(&self) -> impl Iterator<Item = (u8, u8)> {
        let words = self.0;
        let from = move |at: u16| {
            (at >> 6..4).find_map(|w| {
                let skipped = if w == at >> 6 { at & 63 } else { 0 };
                let word = words[usize::from(w)] >> skipped << skipped;
                (word != 0).then(|| (w << 6) as u8 + word.trailing_zeros() as u8)
            })
        };
        let mut next = from(0);
        std::iter::from_fn(move || {
            let first = next?;
            next = from(u16::from(first) + 1);
            Some((first, next.map_or(255, |n| n - 1)))
        })
    }
}

/// Bytes by how people like to read them, best first.
const READABLE: [(u8, u8); 12] = [
    (b'a', b'z'),
    (b'0', b'9'),
    (b'A', b'Z'),
    (b'/', b'/'),
    (b'-', b'.'),
    (b'_', b'_'),
    (b'!', b','),
    (b':', b'@'),
    (b'[', b'^'),
    (b'`', b'`'),
    (b'{', b'~'),
    (b' ', b' '),
];

/// How much a person likes to read a byte; less is better.
fn unreadable(byte: u8) -> u32 {
    let class = match READABLE.iter().position(|(first, last)| (*first..=*last).contains(&byte)) {
        Some(class) => class as u32,
        None if byte >= 0x80 => 12,
        None => 13,
    };
    class << 8 | u32::from(byte)
}

/// The byte of a range that people like best.
fn readable(first: u8, last: u8) -> u8 {
    let best = READABLE.iter().find(|(from, to)| first <= *to && *from <= last);
    match best {
        Some((from, _)) => first.max(*from),
        None if last >= 0x80 => first.max(0x80),
        None => first,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_between_cuts_are_all_bytes() {
        for bytes in [&[0][..], &[0, 1, 46, 47, 48], &[0, 63, 64, 127, 128, 255], &[0, 255]] {
            let mut cuts = Cuts::default();
            bytes.iter().rev().for_each(|b| cuts.add(*b));
            let ranges: Vec<(u8, u8)> = cuts.ranges().collect();
            assert_eq!(ranges.iter().map(|(first, _)| *first).collect::<Vec<_>>(), bytes);
            assert!(ranges.windows(2).all(|w| w[0].1 + 1 == w[1].0), "{ranges:?}");
            assert_eq!(ranges.last().map(|(_, last)| *last), Some(255));
        }
    }

    #[test]
    fn the_best_byte_of_a_range_is_the_least_unreadable_one() {
        for first in 0..=255 {
            for last in first..=255 {
                let best = (first..=last).min_by_key(|b| unreadable(*b));
                assert_eq!(Some(readable(first, last)), best, "{first}-{last}");
            }
        }
    }
}
