//! Text tests as sequences of elements that an automaton is built from, read forward or backward.

use crate::model::{Glob, Part, Segment, TextTest};

/// One step of a pattern. An element that loops can be skipped.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Element {
    /// This byte.
    Byte(u8),
    /// Any byte but a slash.
    NotSlash,
    /// Any byte.
    Any,
    /// One byte of a class (never a slash).
    Class(Box<ByteSet>),
    /// Any number of bytes but slashes.
    LoopNotSlash,
    /// Any number of bytes.
    LoopAny,
    /// Any number of whole segments, each with its slash, read forward.
    Segments,
    /// The same, read backward.
    SegmentsReversed,
}

/// A set of bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ByteSet {
    /// The bytes of the ranges.
    pub(super) bytes: Vec<u8>,
    /// Whether the set is all bytes but those, and but the slash.
    pub(super) negated: bool,
}

/// Which automaton reads a pattern best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Direction {
    /// The pattern is told early: by the first bytes.
    Forward,
    /// The pattern is told late: by the last bytes.
    Backward,
    /// The pattern floats: forward, but kept apart, for such automata multiply.
    Floating,
}

/// A pattern with the direction that suits it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Pattern {
    /// How to read it.
    pub(super) direction: Direction,
    /// Its elements, in reading order.
    pub(super) elements: Vec<Element>,
}

/// How a test of a text is put together from patterns.
#[derive(Clone, Debug)]
pub(super) enum Plan {
    /// One pattern.
    One(Pattern),
    /// A pattern from the front, one from the back, and at least so many slashes: a glob with one `**` in its middle.
    Split {
        /// The part before `**`.
        front: Pattern,
        /// The part after it.
        back: Pattern,
        /// Slashes that both parts need.
        slashes: i64,
    },
}

impl Plan {
    /// Whether a pattern waits for a NUL byte, which no table entry can stand for.
    pub(super) fn has_nul(&self) -> bool {
        let nul = |p: &Pattern| p.elements.contains(&Element::Byte(0));
        match self {
            Self::One(p) => nul(p),
            Self::Split { front, back, .. } => nul(front) || nul(back),
        }
    }
}

/// The alternatives of a test. `split` says whether a plan may be a conjunction.
pub(super) fn plans(test: &TextTest, split: bool) -> Vec<Plan> {
    let bytes = |b: &[u8]| b.iter().map(|b| Element::Byte(*b)).collect::<Vec<_>>();
    let one = |direction, mut elements: Vec<Element>| {
        if direction == Direction::Backward {
            elements.reverse();
        }
        vec![Plan::One(Pattern { direction, elements })]
    };
    match test {
        TextTest::Equals(b) => one(Direction::Forward, bytes(b)),
        TextTest::StartsWith(b) => one(Direction::Forward, [bytes(b), vec![Element::LoopAny]].concat()),
        TextTest::EndsWith(b) => one(Direction::Backward, [vec![Element::LoopAny], bytes(b)].concat()),
        TextTest::Contains(b) if b.is_empty() => one(Direction::Forward, vec![Element::LoopAny]),
        TextTest::Contains(b) => {
            one(Direction::Floating, [vec![Element::LoopAny], bytes(b), vec![Element::LoopAny]].concat())
        }
        TextTest::Glob(glob) => glob.branches().iter().map(|b| plan_branch(glob, b, split)).collect(),
    }
}

/// The test as patterns read forward, whatever they cost: for the short texts of lists and maps.
pub(super) fn forward(test: &TextTest) -> Vec<Vec<Element>> {
    match test {
        TextTest::Glob(glob) => glob.branches().iter().map(|b| elements(b, glob.is_rooted())).collect(),
        TextTest::EndsWith(b) => {
            vec![std::iter::once(Element::LoopAny).chain(b.iter().map(|b| Element::Byte(*b))).collect()]
        }
        other => plans(other, false)
            .into_iter()
            .map(|p| match p {
                Plan::One(p) | Plan::Split { front: p, .. } => p.elements,
            })
            .collect(),
    }
}

fn plan_branch(glob: &Glob, branch: &[Segment], split: bool) -> Plan {
    let rooted = glob.is_rooted();
    let many: Vec<usize> =
        branch.iter().enumerate().filter(|(_, s)| **s == Segment::Many).map(|(i, _)| i).collect();
    let last = branch.len().saturating_sub(1);
    let pattern = |direction, branch: &[Segment]| {
        let mut elements = elements(branch, rooted);
        if direction == Direction::Backward {
            elements = reverse(elements);
        }
        Pattern { direction, elements }
    };
    match many.as_slice() {
        [] => Plan::One(pattern(Direction::Forward, branch)),
        [at] if *at == last => Plan::One(pattern(Direction::Forward, branch)),
        [0] => Plan::One(pattern(Direction::Backward, branch)),
        [at] if split => Plan::Split {
            front: pattern(Direction::Forward, &branch[..=*at]),
            back: pattern(Direction::Backward, &branch[*at..]),
            slashes: (branch.len() - 1) as i64 - i64::from(!rooted),
        },
        _ => Plan::One(pattern(Direction::Floating, branch)),
    }
}

fn elements(branch: &[Segment], rooted: bool) -> Vec<Element> {
    let mut out = Vec::new();
    if rooted {
        out.push(Element::Byte(b'/'));
    }
    for (i, segment) in branch.iter().enumerate() {
        let last = i + 1 == branch.len();
        match segment {
            Segment::Many if last => out.extend([Element::Any, Element::LoopAny]),
            Segment::Many => out.push(Element::Segments),
            Segment::Parts(parts) => {
                // A segment is never empty, and one of stars alone could be.
                if parts.iter().all(|p| *p == Part::Star) {
                    out.push(Element::NotSlash);
                }
                for part in parts {
                    match part {
                        Part::Literal(bytes) => out.extend(bytes.iter().map(|b| Element::Byte(*b))),
                        Part::One => out.push(Element::NotSlash),
                        Part::Star => out.push(Element::LoopNotSlash),
                        Part::Class { negated, ranges } => {
                            out.push(Element::Class(Box::new(byte_set(*negated, ranges))));
                        }
                    }
                }
                if !last {
                    out.push(Element::Byte(b'/'));
                }
            }
        }
    }
    out
}

fn byte_set(negated: bool, ranges: &[(u8, u8)]) -> ByteSet {
    let inside = |b: &u8| ranges.iter().any(|(lo, hi)| (lo..=hi).contains(&b));
    // The slash is never a member, so it goes with the bytes that are left out.
    ByteSet { bytes: (1..=255).filter(|b| if *b == b'/' { negated } else { inside(b) }).collect(), negated }
}

fn reverse(mut elements: Vec<Element>) -> Vec<Element> {
    elements.reverse();
    for e in &mut elements {
        if *e == Element::Segments {
            *e = Element::SegmentsReversed;
        }
    }
    elements
}
