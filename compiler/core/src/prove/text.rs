//! Questions about one text: is there one that passes these tests and fails those, and which is the shortest?
//!
//! The tests become automata that are made while they are walked (see `automaton`), and the question a walk over
//! the product of their states, shortest way first: each automaton knows how many bytes it still needs, which makes the walk an A*
//! search. So an answer is exact, the text found is a shortest one, and one that people can read.
//!
//! Two domains: a [`Path`](TextKind::Path) is what the kernel's resolution yields (it begins with a slash, has no empty segment,
//! no `.`, no `..` and no slash at its end); any other text is any bytes. Neither holds a NUL byte.

use super::Answer;
use super::automaton::{ALL, Automaton, DEAD};
use super::content::content;
use super::formula::Formula;
use super::outline::Prefixes;
use crate::model::{Part, Segment, TextTest};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;

/// Which texts there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TextKind {
    /// Resolved paths.
    Path,
    /// All texts without NUL bytes.
    Text,
}

impl TextKind {
    /// Whether there can be this text.
    pub fn contains(self, text: &[u8]) -> bool {
        let shape = text.iter().fold(Shape::start(self), |shape, byte| shape.step(*byte));
        shape.is_end()
    }
}

/// A shortest text that passes all `positive` tests and no `negative` one. `budget` bounds the states looked at.
///
/// ```
/// use warmor_compiler::model::{Glob, TextTest};
/// use warmor_compiler::prove::{Answer, text::{TextKind, witness}};
///
/// let glob = |text: &str| TextTest::Glob(Glob::parse(text).unwrap());
/// let (logs, old) = (glob("/var/log/*.log"), glob("/var/log/a*"));
/// assert_eq!(witness(TextKind::Path, &[&logs], &[&old], 1000), Answer::Found(b"/var/log/.log".to_vec()));
/// assert_eq!(witness(TextKind::Path, &[&logs], &[&glob("/var/**")], 1000), Answer::Empty);
/// ```
pub fn witness(
    kind: TextKind,
    positive: &[&TextTest],
    negative: &[&TextTest],
    mut budget: u64,
) -> Answer<Vec<u8>> {
    let mut texts = Texts::default();
    let mut one = |test: &&TextTest| Formula::Test(texts.union(std::slice::from_ref(*test)));
    let mut parts: Vec<Formula<TextId>> = positive.iter().map(&mut one).collect();
    parts.extend(negative.iter().map(|t| one(t).negated()));
    texts.witness(kind, &Formula::All(parts), &mut budget)
}

/// A union of tests of a [`Texts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TextId(u32);

/// Tests of texts with their automata, which are kept from one question to the next.
#[derive(Default)]
pub struct Texts {
    all: Vec<Known>,
    ids: FxHashMap<Box<[TextTest]>, TextId>,
}

struct Known {
    automaton: Automaton,
    /// The texts, where they are few.
    finite: Option<Vec<Vec<u8>>>,
    /// Beginnings, one of which every text has that passes.
    prefixes: Prefixes,
    /// What the tests say ([`content`]).
    content: u64,
}

/// Most texts that are looked at one by one instead of as a language.
const MAX_FINITE: usize = 64;

impl Texts {
    /// The texts that pass one of the tests, as one test.
    pub fn union(&mut self, tests: &[TextTest]) -> TextId {
        if let Some(known) = self.ids.get(tests) {
            return *known;
        }
        let id = TextId(self.all.len() as u32);
        let literal = |t: &TextTest| match t {
            TextTest::Equals(b) => Some(b.clone()),
            TextTest::Glob(g) => g.literal(),
            _ => None,
        };
        let finite = (tests.len() <= MAX_FINITE).then(|| tests.iter().map(literal).collect()).flatten();
        let mut prefixes: Vec<Box<[u8]>> = tests.iter().flat_map(prefixes).collect();
        prefixes.sort_unstable();
        prefixes.dedup();
        let (automaton, content) = (Automaton::new(tests), content(&tests));
        self.all.push(Known { automaton, finite, prefixes: prefixes.into(), content });
        self.ids.insert(tests.into(), id);
        id
    }

    /// What a test says, as a number.
    pub(super) fn content(&self, test: TextId) -> u64 {
        self.all[test.0 as usize].content
    }

    /// Whether the text passes the test.
    pub fn matches(&mut self, test: TextId, text: &[u8]) -> bool {
        self.all[test.0 as usize].automaton.matches(text)
    }

    /// Beginnings, one of which every text has that passes.
    pub(super) fn prefixes(&self, test: TextId) -> Prefixes {
        self.all[test.0 as usize].prefixes.clone()
    }

    /// States made so far.
    pub fn states(&self) -> usize {
        self.all.iter().map(|k| k.automaton.len()).sum()
    }

    /// A shortest text for which the formula holds. What is spent is taken from `budget`: one for each state and test in it.
    pub fn witness(
        &mut self,
        kind: TextKind,
        formula: &Formula<TextId>,
        budget: &mut u64,
    ) -> Answer<Vec<u8>> {
        if let Some(texts) = self.candidates(formula) {
            let texts = self.all[texts.0 as usize].finite.clone().unwrap_or_default();
            let mut fitting = texts.into_iter().filter(|t| kind.contains(t));
            let holds = |t: &Vec<u8>| formula.holds(&mut |id| self.matches(*id, t));
            return fitting.find(holds).map_or(Answer::Empty, Answer::Found);
        }
        Walk::new(self, kind, formula).run(budget)
    }

    /// A test that every text in question passes and that few texts pass.
    fn candidates(&self, formula: &Formula<TextId>) -> Option<TextId> {
        match formula {
            Formula::Test(t) => self.all[t.0 as usize].finite.as_ref().map(|_| *t),
            Formula::All(parts) => parts.iter().find_map(|p| self.candidates(p)),
            _ => None,
        }
    }
}

/// What texts that pass the test begin with, one for each alternative.
fn prefixes(test: &TextTest) -> Vec<Box<[u8]>> {
    match test {
        TextTest::Equals(b) | TextTest::StartsWith(b) => vec![b.as_slice().into()],
        TextTest::Contains(_) | TextTest::EndsWith(_) => vec![Box::new([])],
        TextTest::Glob(glob) => glob.branches().iter().map(|b| prefix(glob.is_rooted(), b)).collect(),
    }
}

fn prefix(rooted: bool, branch: &[Segment]) -> Box<[u8]> {
    let mut out = if rooted { vec![b'/'] } else { Vec::new() };
    for (i, segment) in branch.iter().enumerate() {
        if i > 0 {
            out.push(b'/');
        }
        let Segment::Parts(parts) = segment else {
            return out.into();
        };
        for part in parts {
            let Part::Literal(bytes) = part else { return out.into() };
            out.extend_from_slice(bytes);
        }
    }
    out.into()
}

/// Where in a text of its kind one stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    No,
    Start,
    Root,
    Slash,
    Segment,
    Dot,
    DotDot,
    Free,
}

impl Shape {
    /// Bytes that make a difference; each stands for those up to the next.
    const CUTS: [u8; 5] = [0, 1, b'.', b'/', b'/' + 1];

    fn start(kind: TextKind) -> Self {
        match kind {
            TextKind::Path => Self::Start,
            TextKind::Text => Self::Free,
        }
    }

    fn step(self, byte: u8) -> Self {
        match (self, byte) {
            (_, 0) | (Self::No, _) => Self::No,
            (Self::Free, _) => Self::Free,
            (Self::Start, b'/') => Self::Root,
            (Self::Segment, b'/') => Self::Slash,
            (Self::Start, _) | (_, b'/') => Self::No,
            (Self::Root | Self::Slash, b'.') => Self::Dot,
            (Self::Dot, b'.') => Self::DotDot,
            _ => Self::Segment,
        }
    }

    fn is_end(self) -> bool {
        matches!(self, Self::Root | Self::Segment | Self::Free)
    }
}

/// How much a person likes to read a byte; less is better.
fn unreadable(byte: u8) -> u32 {
    let class = match byte {
        b'a'..=b'z' => 0,
        b'0'..=b'9' => 1,
        b'A'..=b'Z' => 2,
        b'/' => 3,
        b'-' | b'.' | b'_' => 4,
        b'!'..=b'~' => 5,
        b' ' => 6,
        0x80..=0xff => 7,
        _ => 8,
    };
    class << 8 | u32::from(byte)
}

/// The bytes between two cuts that people like best.
fn readable(first: u8, last: u8) -> u8 {
    (first..=last).min_by_key(|b| unreadable(*b)).unwrap_or(first)
}

/// A state of the walk.
struct Met {
    shape: Shape,
    states: Box<[u32]>,
    /// The state it was met from, and by which byte.
    from: Option<(u32, u8)>,
    /// Bytes so far.
    length: u32,
}

/// A walk over the product of the automata of a formula.
struct Walk<'t> {
    texts: &'t mut Texts,
    tests: Vec<TextId>,
    formula: Formula<usize>,
    shape: Shape,
    met: Vec<Met>,
    /// States to go on from, by the length of the texts that they can still lead to at least; of those of one length, the last.
    queue: BTreeMap<u32, Vec<u32>>,
    /// States that were gone on from.
    done: FxHashSet<(u8, Box<[u32]>)>,
}

impl<'t> Walk<'t> {
    fn new(texts: &'t mut Texts, kind: TextKind, formula: &Formula<TextId>) -> Self {
        let mut tests: Vec<TextId> = Vec::new();
        formula.each(&mut |t| tests.push(*t));
        tests.sort_unstable();
        tests.dedup();
        let place = |t: &TextId| tests.binary_search(t).unwrap_or_default();
        let formula = formula.map(&mut |t| Formula::Test(place(t)));
        let shape = Shape::start(kind);
        Self {
            texts,
            tests,
            formula,
            shape,
            met: Vec::new(),
            queue: BTreeMap::new(),
            done: FxHashSet::default(),
        }
    }

    fn run(mut self, budget: &mut u64) -> Answer<Vec<u8>> {
        let start = self.tests.iter().map(|t| self.texts.all[t.0 as usize].automaton.start()).collect();
        self.meet(self.shape, start, None);
        while let Some(mut first) = self.queue.first_entry() {
            let Some(at) = first.get_mut().pop() else {
                first.remove();
                continue;
            };
            let Met { shape, states, .. } = &self.met[at as usize];
            let (shape, states) = (*shape, states.clone());
            if !self.done.insert((shape as u8, states.clone())) {
                continue;
            }
            if shape.is_end() && self.holds(&states) {
                return Answer::Found(self.spell(at));
            }
            let price = 1 + states.len() as u64;
            if *budget < price {
                *budget = 0;
                return Answer::Budget;
            }
            *budget -= price;
            for (byte, shape, states) in self.successors(shape, &states).into_iter().rev() {
                self.meet(shape, states, Some((at, byte)));
            }
        }
        Answer::Empty
    }

    /// Notes a state, unless it was looked at or nothing can come of it.
    fn meet(&mut self, shape: Shape, states: Box<[u32]>, from: Option<(u32, u8)>) {
        let hopeless = self.formula.decided(&mut |i| match states[*i] {
            DEAD => Some(false),
            ALL => Some(true),
            _ => None,
        });
        if shape == Shape::No || hopeless == Some(false) || self.done.contains(&(shape as u8, states.clone()))
        {
            return;
        }
        let missing = self.missing(&self.formula, &states, true);
        if missing == u32::MAX {
            return;
        }
        let length = from.map_or(0, |(from, _)| self.met[from as usize].length + 1);
        let at = self.met.len() as u32;
        self.queue.entry(length.saturating_add(missing)).or_default().push(at);
        self.met.push(Met { shape, states, from, length });
    }

    /// How many bytes are missing at least until the formula (its opposite) can hold.
    fn missing(&self, formula: &Formula<usize>, states: &[u32], positive: bool) -> u32 {
        match formula {
            Formula::Const(b) if *b == positive => 0,
            Formula::Const(_) => u32::MAX,
            Formula::Test(i) if positive => {
                self.texts.all[self.tests[*i].0 as usize].automaton.distance(states[*i])
            }
            Formula::Test(_) => 0,
            Formula::Not(inner) => self.missing(inner, states, !positive),
            Formula::All(parts) | Formula::Any(parts) => {
                let each = parts.iter().map(|p| self.missing(p, states, positive));
                if matches!(formula, Formula::All(_)) == positive {
                    each.max().unwrap_or(0)
                } else {
                    each.min().unwrap_or(u32::MAX)
                }
            }
        }
    }

    fn holds(&self, states: &[u32]) -> bool {
        let accepts = |i: &usize| self.texts.all[self.tests[*i].0 as usize].automaton.accepts(states[*i]);
        self.formula.holds(&mut |i| accepts(i))
    }

    /// What follows, each with the byte that reads best of those that lead there, best bytes first.
    fn successors(&mut self, shape: Shape, states: &[u32]) -> Vec<(u8, Shape, Box<[u32]>)> {
        let mut cuts: Vec<u8> = Shape::CUTS.to_vec();
        for (test, state) in self.tests.iter().zip(states) {
            let automaton = &mut self.texts.all[test.0 as usize].automaton;
            cuts.extend(automaton.steps(*state).iter().map(|(b, _)| *b));
        }
        cuts.sort_unstable();
        cuts.dedup();
        let mut out = Vec::with_capacity(cuts.len());
        for (i, first) in cuts.iter().enumerate() {
            let last = cuts.get(i + 1).map_or(255, |next| next - 1);
            let next: Box<[u32]> = self
                .tests
                .iter()
                .zip(states)
                .map(|(test, state)| self.texts.all[test.0 as usize].automaton.step(*state, *first))
                .collect();
            out.push((readable(*first, last), shape.step(*first), next));
        }
        out.sort_by_key(|(byte, ..)| unreadable(*byte));
        out
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
