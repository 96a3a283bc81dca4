//! Questions about one text: is there one that passes these tests and fails those, and which is the shortest?
//!
//! The tests become automata that are made while they are walked (see `automaton`), and the question a walk over
//! the product of their states, shortest way first: each automaton knows how many bytes it still needs, which makes the walk an A*
//! search. So an answer is exact, the text found is a shortest one, and one that people can read.
//!
//! Two domains: a [`Path`](TextKind::Path) is what the kernel's resolution yields (it begins with a slash, has no empty segment,
//! no `.`, no `..` and no slash at its end); any other text is any bytes. Neither holds a NUL byte.

use super::Answer;
use super::automaton::Automaton;
use super::content::content;
use super::formula::Formula;
use super::outline::Prefixes;
use super::walk::Walk;
use crate::model::{Part, Segment, TextTest};
use rustc_hash::FxHashMap;

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

    /// The automaton of a test.
    pub(super) fn automaton(&self, test: TextId) -> &Automaton {
        &self.all[test.0 as usize].automaton
    }

    /// The same, to make more of it.
    pub(super) fn automaton_mut(&mut self, test: TextId) -> &mut Automaton {
        &mut self.all[test.0 as usize].automaton
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
            // They are put back: looking at them makes states of automata, and nothing else.
            let few = self.all[texts.0 as usize].finite.take();
            let mut fitting = few.iter().flatten().filter(|t| kind.contains(t));
            let found = fitting.find(|t| formula.holds(&mut |id| self.matches(*id, t))).cloned();
            self.all[texts.0 as usize].finite = few;
            return found.map_or(Answer::Empty, Answer::Found);
        }
        Walk::new(self, kind, formula).map_or(Answer::Empty, |walk| walk.run(budget))
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
pub(super) enum Shape {
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
    pub(super) const CUTS: [u8; 5] = [0, 1, b'.', b'/', b'/' + 1];

    pub(super) fn start(kind: TextKind) -> Self {
        match kind {
            TextKind::Path => Self::Start,
            TextKind::Text => Self::Free,
        }
    }

    pub(super) fn step(self, byte: u8) -> Self {
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

    pub(super) fn is_end(self) -> bool {
        matches!(self, Self::Root | Self::Segment | Self::Free)
    }
}
