//! Tests of texts as regular expressions, written from the language reference alone: nothing here is shared with the passes
//! that made the automata.

use crate::model::{Glob, Part, Segment, TextTest};
use rustc_hash::FxHashMap;

/// A set of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ByteSet([u64; 4]);

impl ByteSet {
    const ANY: Self = Self([u64::MAX; 4]);
    const NONE: Self = Self([0; 4]);

    fn of(member: impl Fn(u8) -> bool) -> Self {
        let mut set = Self::NONE;
        for byte in (0..=u8::MAX).filter(|b| member(*b)) {
            set.0[usize::from(byte) / 64] |= 1 << (byte % 64);
        }
        set
    }

    fn one(byte: u8) -> Self {
        Self::of(|b| b == byte)
    }

    fn in_segment() -> Self {
        Self::of(|b| b != b'/')
    }

    /// Whether the byte is a member.
    pub(super) fn contains(self, byte: u8) -> bool {
        self.0[usize::from(byte) / 64] >> (byte % 64) & 1 == 1
    }

    /// The member, if it is the only one.
    pub(super) fn single(self) -> Option<u8> {
        let count: u32 = self.0.iter().map(|w| w.count_ones()).sum();
        let at = self.0.iter().position(|w| *w != 0)?;
        (count == 1).then(|| (at * 64) as u8 + self.0[at].trailing_zeros() as u8)
    }

    /// The members or the others, whichever are fewer.
    pub(super) fn telling(self) -> impl Iterator<Item = u8> {
        let count: u32 = self.0.iter().map(|w| w.count_ones()).sum();
        (0..=u8::MAX).filter(move |b| self.contains(*b) == (count <= 128))
    }
}

/// A regular expression over bytes. Alternatives are not needed: the branches of a glob are patterns of their own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Regex {
    /// One byte of a set.
    Byte(ByteSet),
    /// Any number of times.
    Star(Box<Regex>),
    /// One after the other.
    Sequence(Vec<Regex>),
}

impl Regex {
    /// Whether it can take a slash, again and again.
    pub(super) fn skips(&self) -> bool {
        match self {
            Self::Byte(set) => set.contains(b'/'),
            Self::Star(inner) => inner.skips(),
            Self::Sequence(parts) => parts.iter().any(Self::skips),
        }
    }
}

impl Regex {
    /// Whether what follows, in the direction of reading, can begin behind any slash: runs of such patterns multiply.
    pub(super) fn floats(&self, reversed: bool) -> bool {
        let Self::Sequence(parts) = self else { return false };
        let skips = |r: &Self| matches!(r, Self::Star(_)) && r.skips();
        let first = parts.iter().position(skips);
        let last = parts.iter().rposition(skips);
        if reversed { last.is_some_and(|at| at > 0) } else { first.is_some_and(|at| at + 1 < parts.len()) }
    }
}

fn bytes(text: &[u8]) -> impl Iterator<Item = Regex> {
    text.iter().map(|b| Regex::Byte(ByteSet::one(*b)))
}

fn any_text() -> Regex {
    Regex::Star(Box::new(Regex::Byte(ByteSet::ANY)))
}

/// How a test of a text is put together from patterns.
pub(super) enum Pattern {
    /// One regular expression.
    Whole(Regex),
    /// A glob with one `**` between other segments, in two ways that mean the same. With p for the segments before `**` and s
    /// for those behind: a text matches `p/**/s` exactly if it matches `p/**` and `**/s` and has as many slashes as both need
    /// together; for then the segments that p takes and those that s takes do not overlap, and what lies between is `**`.
    Parted {
        /// The glob.
        whole: Regex,
        /// `p/**`
        front: Regex,
        /// `**/s`
        back: Regex,
        /// Fewest slashes.
        slashes: i64,
    },
}

/// The alternatives of a test.
pub(super) fn patterns(test: &TextTest) -> Vec<Pattern> {
    let whole = |parts: Vec<Regex>| vec![Pattern::Whole(Regex::Sequence(parts))];
    match test {
        TextTest::Equals(text) => whole(bytes(text).collect()),
        TextTest::StartsWith(text) => whole(bytes(text).chain([any_text()]).collect()),
        TextTest::EndsWith(text) => whole([any_text()].into_iter().chain(bytes(text)).collect()),
        TextTest::Contains(text) => {
            whole([any_text()].into_iter().chain(bytes(text)).chain([any_text()]).collect())
        }
        TextTest::Glob(glob) => glob.branches().iter().map(|b| branch(glob, b)).collect(),
    }
}

/// A test as one list of regular expressions, of which one must match.
pub(super) fn regexes(test: &TextTest) -> Vec<Regex> {
    let whole = |p| match p {
        Pattern::Whole(regex) | Pattern::Parted { whole: regex, .. } => regex,
    };
    patterns(test).into_iter().map(whole).collect()
}

fn branch(glob: &Glob, segments: &[Segment]) -> Pattern {
    let rooted = glob.is_rooted();
    let whole = segments_regex(rooted, segments);
    let many = |s: &Segment| *s == Segment::Many;
    let count = segments.iter().filter(|s| many(s)).count();
    match segments.iter().position(many) {
        Some(at) if count == 1 && at > 0 && at + 1 < segments.len() => Pattern::Parted {
            whole,
            front: segments_regex(rooted, &segments[..=at]),
            back: segments_regex(rooted, &segments[at..]),
            // Each segment but `**` stands before a slash, or behind one, but for the first of a glob without a root.
            slashes: segments.len() as i64 - if rooted { 1 } else { 2 },
        },
        _ => Pattern::Whole(whole),
    }
}

fn segments_regex(rooted: bool, segments: &[Segment]) -> Regex {
    let slash = || Regex::Byte(ByteSet::one(b'/'));
    let in_segment = || Regex::Byte(ByteSet::in_segment());
    let mut out = Vec::new();
    if rooted {
        out.push(slash());
    }
    for (i, segment) in segments.iter().enumerate() {
        let last = i + 1 == segments.len();
        match segment {
            Segment::Many if last => out.extend([Regex::Byte(ByteSet::ANY), any_text()]),
            Segment::Many => {
                let skipped = vec![Regex::Star(Box::new(in_segment())), slash()];
                out.push(Regex::Star(Box::new(Regex::Sequence(skipped))));
            }
            Segment::Parts(parts) => {
                let empty =
                    |p: &Part| matches!(p, Part::Star) || matches!(p, Part::Literal(b) if b.is_empty());
                if parts.iter().all(empty) {
                    // A segment is never empty; without a star nothing else is left.
                    let star = parts.contains(&Part::Star);
                    out.push(if star { in_segment() } else { Regex::Byte(ByteSet::NONE) });
                }
                out.extend(parts.iter().flat_map(part));
                if !last {
                    out.push(slash());
                }
            }
        }
    }
    Regex::Sequence(out)
}

fn part(part: &Part) -> Vec<Regex> {
    match part {
        Part::Literal(text) => bytes(text).collect(),
        Part::One => vec![Regex::Byte(ByteSet::in_segment())],
        Part::Star => vec![Regex::Star(Box::new(Regex::Byte(ByteSet::in_segment())))],
        Part::Class { negated, ranges } => {
            let listed = |b: u8| ranges.iter().any(|(first, last)| (*first..=*last).contains(&b));
            vec![Regex::Byte(ByteSet::of(|b| b != b'/' && listed(b) != *negated))]
        }
    }
}

/// A state of a nondeterministic automaton.
enum State {
    Byte(ByteSet, u32),
    Either(u32, u32),
    /// Whatever follows, the pattern matches.
    Everything,
    Accept,
}

/// What a state comes to without a byte.
#[derive(Clone, Copy)]
enum Closure {
    /// These of [`Nfa::closed`]: states of its pattern that wait for a byte, or accept.
    Live(u32, u32),
    /// Its pattern matches, whatever follows.
    Certain,
}

/// Nondeterministic automata of several patterns, with one numbering of states (Thompson's construction).
pub(super) struct Nfa {
    states: Vec<State>,
    owner: Vec<u32>,
    starts: Vec<u32>,
    /// For each state that a byte, or nothing, leads to.
    closures: Vec<Closure>,
    closed: Vec<u32>,
}

/// What a set of states comes to by a byte.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Reached {
    /// States that wait for a byte, or accept.
    pub(super) live: Vec<u32>,
    /// Patterns that match whatever follows.
    pub(super) certain: Vec<u32>,
}

/// Most different sets of bytes for which those bytes are grouped that are in the same ones.
const MAX_KINDS: usize = 64;

impl Nfa {
    /// For patterns that are read from the front or, reversed, from the back.
    pub(super) fn new<'r>(patterns: impl Iterator<Item = &'r Regex>, reversed: bool) -> Self {
        let mut nfa = Self {
            states: Vec::new(),
            owner: Vec::new(),
            starts: Vec::new(),
            closures: Vec::new(),
            closed: Vec::new(),
        };
        for (number, regex) in patterns.enumerate() {
            let accept = nfa.push(State::Accept, number as u32);
            let start = nfa.compile(regex, accept, reversed, number as u32);
            nfa.starts.push(start);
        }
        nfa.close_all();
        nfa
    }

    fn push(&mut self, state: State, owner: u32) -> u32 {
        self.states.push(state);
        self.owner.push(owner);
        self.states.len() as u32 - 1
    }

    fn compile(&mut self, regex: &Regex, next: u32, reversed: bool, owner: u32) -> u32 {
        match regex {
            Regex::Byte(set) => self.push(State::Byte(*set, next), owner),
            Regex::Star(inner) => {
                if **inner == Regex::Byte(ByteSet::ANY) && matches!(self.states[next as usize], State::Accept)
                {
                    return self.push(State::Everything, owner);
                }
                let choice = self.push(State::Either(next, next), owner);
                let body = self.compile(inner, choice, reversed, owner);
                self.states[choice as usize] = State::Either(body, next);
                choice
            }
            Regex::Sequence(parts) if reversed => {
                parts.iter().fold(next, |next, part| self.compile(part, next, reversed, owner))
            }
            Regex::Sequence(parts) => {
                parts.iter().rev().fold(next, |next, part| self.compile(part, next, reversed, owner))
            }
        }
    }

    /// What each state comes to without a byte, once and for all.
    fn close_all(&mut self) {
        let mut open: Vec<u32> = Vec::new();
        // For each state the last one from which it was reached.
        let mut seen_from = vec![u32::MAX; self.states.len()];
        for first in 0..self.states.len() as u32 {
            let from = self.closed.len();
            let mut certain = false;
            open.push(first);
            while let Some(at) = open.pop() {
                if std::mem::replace(&mut seen_from[at as usize], first) == first {
                    continue;
                }
                match self.states[at as usize] {
                    State::Either(a, b) => open.extend([a, b]),
                    State::Everything => certain = true,
                    State::Byte(..) | State::Accept => self.closed.push(at),
                }
            }
            if certain {
                self.closed.truncate(from);
                self.closures.push(Closure::Certain);
            } else {
                self.closed[from..].sort_unstable();
                self.closures.push(Closure::Live(from as u32, self.closed.len() as u32));
            }
        }
    }

    /// The number of patterns.
    pub(super) fn patterns(&self) -> u32 {
        self.starts.len() as u32
    }

    /// Before the first byte.
    pub(super) fn start(&self) -> Reached {
        self.close(self.starts.iter().copied())
    }

    fn close(&self, states: impl Iterator<Item = u32>) -> Reached {
        let mut reached = Reached::default();
        for state in states {
            match self.closures[state as usize] {
                Closure::Certain => reached.certain.push(self.owner[state as usize]),
                Closure::Live(from, to) => {
                    reached.live.extend_from_slice(&self.closed[from as usize..to as usize]);
                }
            }
        }
        self.sorted(reached)
    }

    /// In ascending order, each once; of patterns that are certain no state is looked at any more.
    fn sorted(&self, mut reached: Reached) -> Reached {
        reached.certain.sort_unstable();
        reached.certain.dedup();
        if !reached.certain.is_empty() {
            let certain = &reached.certain;
            reached.live.retain(|s| certain.binary_search(&self.owner[*s as usize]).is_err());
        }
        reached.live.sort_unstable();
        reached.live.dedup();
        reached
    }

    /// The patterns that match here, of states that are live.
    pub(super) fn accepting(&self, live: &[u32]) -> Vec<u32> {
        let accept = |s: &&u32| matches!(self.states[**s as usize], State::Accept);
        let mut out: Vec<u32> = live.iter().filter(accept).map(|s| self.owner[*s as usize]).collect();
        out.sort_unstable();
        out.dedup();
        out
    }

    /// Where each byte leads: those that lead elsewhere than most, in ascending order, and where all others lead (`None` if
    /// there are no others).
    pub(super) fn step(&self, live: &[u32]) -> (Vec<(u8, Reached)>, Option<Reached>) {
        // By the byte, for states that wait for one; by the set of bytes, for those that wait for several.
        let mut single: Vec<(u8, u32)> = Vec::new();
        let mut told = [false; 256];
        let mut kinds: Vec<(ByteSet, Vec<u32>)> = Vec::new();
        for state in live {
            if let State::Byte(set, next) = self.states[*state as usize] {
                if let Some(byte) = set.single() {
                    single.push((byte, next));
                    told[usize::from(byte)] = true;
                } else if let Some((_, nexts)) = kinds.iter_mut().find(|(s, _)| *s == set) {
                    nexts.push(next);
                } else {
                    set.telling().for_each(|b| told[usize::from(b)] = true);
                    kinds.push((set, vec![next]));
                }
            }
        }
        single.sort_unstable();
        let of = |byte: u8| {
            let from = single.partition_point(|(b, _)| *b < byte);
            single[from..].iter().take_while(move |(b, _)| *b == byte).map(|(_, next)| *next)
        };
        let wide = |byte: u8| {
            let holding = kinds.iter().filter(move |(set, _)| set.contains(byte));
            holding.flat_map(|(_, nexts)| nexts.iter().copied())
        };
        // Many states wait for one of many bytes: what they come to is found once for all bytes in the same sets.
        let mut groups: FxHashMap<u64, Reached> = FxHashMap::default();
        let mut reached = |byte: u8| {
            if kinds.len() > MAX_KINDS {
                return self.close(wide(byte).chain(of(byte)));
            }
            let key = kinds
                .iter()
                .enumerate()
                .fold(0u64, |key, (i, (set, _))| key | u64::from(set.contains(byte)) << i);
            let group = groups.entry(key).or_insert_with(|| self.close(wide(byte)));
            let own = self.close(of(byte));
            self.union(group, own)
        };
        let bytes = || 0..=u8::MAX;
        let out = bytes().filter(|b| told[usize::from(*b)]).map(|b| (b, reached(b))).collect();
        let rest = bytes().find(|b| !told[usize::from(*b)]).map(reached);
        (out, rest)
    }

    fn union(&self, a: &Reached, b: Reached) -> Reached {
        if b.live.is_empty() && b.certain.is_empty() {
            return a.clone();
        }
        let certain = [a.certain.as_slice(), &b.certain].concat();
        if certain.is_empty() {
            return Reached { live: merged(&a.live, &b.live), certain };
        }
        self.sorted(Reached { live: [a.live.as_slice(), &b.live].concat(), certain })
    }
}

/// Two ascending lists as one, each number once.
fn merged(a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut out = Vec::with_capacity(a.len() + b.len());
    let mut rest = a;
    for number in b {
        let (before, after) = rest.split_at(rest.partition_point(|n| n < number));
        out.extend_from_slice(before);
        rest = after;
        if rest.first() != Some(number) {
            out.push(*number);
        }
    }
    out.extend_from_slice(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::text_matches;

    fn runs(nfa: &Nfa, text: &[u8]) -> bool {
        let mut reached = nfa.start();
        for byte in text {
            if !reached.certain.is_empty() {
                return true;
            }
            let (told, rest) = nfa.step(&reached.live);
            let there = told.into_iter().find(|(b, _)| b == byte).map(|(_, r)| r);
            reached = there.or(rest).unwrap();
        }
        !reached.certain.is_empty() || !nfa.accepting(&reached.live).is_empty()
    }

    /// All texts of up to `length` bytes of an alphabet.
    fn texts(alphabet: &[u8], length: usize) -> Vec<Vec<u8>> {
        let mut all = vec![vec![]];
        let mut from = 0;
        for _ in 0..length {
            let to = all.len();
            for i in from..to {
                for b in alphabet {
                    all.push([all[i].clone(), vec![*b]].concat());
                }
            }
            from = to;
        }
        all
    }

    #[test]
    fn patterns_match_what_the_definition_matches_from_both_ends() {
        let globs = [
            "/a",
            "/",
            "/{,a}",
            "/*",
            "/a*",
            "/*a",
            "/?",
            "/[ab]",
            "/[!a]",
            "/**",
            "/a/**",
            "/**/a",
            "/a/**/b",
            "/**/a/**",
            "/a/**/b/**",
            "/*/**/a",
            "/**/**",
            "/**/*",
            "a/**/b",
            "**",
            "**/a",
            "a*b",
            "/a/**/a",
            "/a/a/**/a/a",
        ];
        let tests = globs.iter().map(|g| TextTest::Glob(Glob::parse(g).unwrap()));
        let words = [b"".as_slice(), b"a", b"ab", b"a/"].into_iter().flat_map(|w| {
            let w = w.to_vec();
            [
                TextTest::Equals(w.clone()),
                TextTest::Contains(w.clone()),
                TextTest::StartsWith(w.clone()),
                TextTest::EndsWith(w),
            ]
        });
        let texts = texts(b"/ab", 6);
        for test in tests.chain(words) {
            for text in &texts {
                let expected = text_matches(&test, text);
                let reversed: Vec<u8> = text.iter().rev().copied().collect();
                let one = |regex: &Regex| {
                    let regex = std::slice::from_ref(regex);
                    let forward = runs(&Nfa::new(regex.iter(), false), text);
                    assert_eq!(forward, runs(&Nfa::new(regex.iter(), true), &reversed), "{test:?} {text:?}");
                    forward
                };
                let found = patterns(&test).iter().any(|p| match p {
                    Pattern::Whole(regex) => one(regex),
                    Pattern::Parted { whole, front, back, slashes } => {
                        let deep = text.split(|b| *b == b'/').count() as i64 > *slashes;
                        let parted = one(front) && one(back) && deep;
                        assert_eq!(one(whole), parted, "{test:?} {text:?}");
                        parted
                    }
                });
                assert_eq!(found, expected, "{test:?} {text:?}");
            }
        }
    }
}
