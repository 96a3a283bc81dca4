//! What is said of texts before a solver starts. To a solver a test of a text is one Boolean; that tests are about one text,
//! it learns here (in the common cases) and from refutations (in the rest).
//!
//! All texts in the order of bytes form a line, and a literal is a point of it, a prefix a section. So where the text stands
//! among the end points is one number, and all relations between literals and prefixes are relations between that number's
//! sections. A second number does the same for texts read backward, for literals and suffixes. Other tests lie inside sections:
//! a glob's matches begin with what stands before its first wildcard, and end with what stands after its last.

use super::terms::{Sort, Term};
use super::vocabulary::{TextId, Vocabulary};
use crate::model::{Part, Segment, TextTest};

/// A place between texts: before the text, or just after it.
type Cut = (Vec<u8>, bool);

/// A section of the line: from a cut to a cut, or to the end.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Section {
    from: Cut,
    to: Option<Cut>,
}

impl Section {
    fn point(text: &[u8]) -> Self {
        Self { from: (text.to_vec(), false), to: Some((text.to_vec(), true)) }
    }

    /// All texts that begin with these bytes, or all longer ones.
    fn prefix(bytes: &[u8], longer: bool) -> Self {
        let kept = bytes.iter().rposition(|b| *b != u8::MAX);
        let to = kept.map(|last| {
            let mut next = bytes[..=last].to_vec();
            next[last] += 1;
            (next, false)
        });
        Self { from: (bytes.to_vec(), longer), to }
    }

    fn is_everything(&self) -> bool {
        self.from == (Vec::new(), false) && self.to.is_none()
    }

    fn meets(&self, other: &Self) -> bool {
        let begins = |a: &Self, b: &Self| b.to.as_ref().is_none_or(|to| a.from < *to);
        begins(self, other) && begins(other, self)
    }
}

/// Texts that lie in a section of the line, and read backward in another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Region {
    front: Section,
    back: Section,
}

impl Region {
    fn point(text: &[u8]) -> Self {
        Self { front: Section::point(text), back: Section::point(&reversed(text)) }
    }

    fn new(front: Section, suffix: &[u8]) -> Self {
        Self { front, back: Section::prefix(&reversed(suffix), false) }
    }
}

/// Where a test's texts are.
#[derive(Clone, Debug)]
pub(super) struct Regions {
    /// Every text that passes lies in one of these; `None` where nothing is known.
    within: Option<Vec<Region>>,
    /// Whether every text of the regions passes.
    exact: bool,
}

impl Regions {
    /// Those of a test.
    pub(super) fn of(test: &TextTest) -> Self {
        let (within, exact) = regions(test);
        Self { within: (!within.is_empty()).then_some(within), exact }
    }

    /// Whether a text may pass both.
    pub(super) fn meet(&self, other: &Self) -> bool {
        match (&self.within, &other.within) {
            (Some(own), Some(others)) => {
                own.iter().any(|a| others.iter().any(|b| a.front.meets(&b.front) && a.back.meets(&b.back)))
            }
            _ => true,
        }
    }
}

fn reversed(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().rev().copied().collect()
}

/// Regions that hold every text that passes the test, and whether they hold no other.
fn regions(test: &TextTest) -> (Vec<Region>, bool) {
    match test {
        TextTest::Equals(text) => (vec![Region::point(text)], true),
        TextTest::StartsWith(bytes) => (vec![Region::new(Section::prefix(bytes, false), &[])], true),
        TextTest::EndsWith(bytes) => (vec![Region::new(Section::prefix(&[], false), bytes)], true),
        TextTest::Contains(_) => (Vec::new(), false),
        TextTest::Glob(glob) => {
            let mut exact = true;
            let branches = glob.branches().iter().map(|branch| {
                let (region, whole) = branch_region(branch, glob.is_rooted());
                exact &= whole;
                region
            });
            (branches.collect(), exact)
        }
    }
}

fn branch_region(branch: &[Segment], rooted: bool) -> (Region, bool) {
    let mut prefix = Vec::new();
    for (i, segment) in branch.iter().enumerate() {
        if i > 0 || rooted {
            prefix.push(b'/');
        }
        match segment {
            // The rest of the text is not empty; what it is does not matter where nothing follows.
            Segment::Many if i + 1 == branch.len() => {
                return (Region::new(Section::prefix(&prefix, true), &[]), true);
            }
            Segment::Many => return (Region::new(Section::prefix(&prefix, false), &suffix(branch)), false),
            Segment::Parts(parts) => {
                for part in parts {
                    let Part::Literal(bytes) = part else {
                        return (Region::new(Section::prefix(&prefix, false), &suffix(branch)), false);
                    };
                    prefix.extend_from_slice(bytes);
                }
            }
        }
    }
    if branch.is_empty() && rooted {
        prefix.push(b'/');
    }
    (Region::point(&prefix), true)
}

/// What stands after the last wildcard. Segments after `**` begin with a slash only if a segment stands before it, or the text
/// begins with one; so that slash is left out.
fn suffix(branch: &[Segment]) -> Vec<u8> {
    let mut out = Vec::new();
    for (i, segment) in branch.iter().enumerate().rev() {
        let Segment::Parts(parts) = segment else { return reversed(&out) };
        if i + 1 < branch.len() {
            out.push(b'/');
        }
        for part in parts.iter().rev() {
            let Part::Literal(bytes) = part else { return reversed(&out) };
            out.extend(bytes.iter().rev());
        }
    }
    reversed(&out)
}

/// Where a text stands among cuts.
struct Line {
    cuts: Vec<Cut>,
    place: Term,
    width: u32,
}

impl Line {
    /// `None` where the sections tell no texts apart.
    fn new(v: &mut Vocabulary<'_>, name: &str, sections: &[&Section]) -> Option<Self> {
        let mut cuts: Vec<Cut> = sections
            .iter()
            .flat_map(|s| std::iter::once(&s.from).chain(&s.to))
            .filter(|cut| **cut != (Vec::new(), false))
            .cloned()
            .collect();
        cuts.sort_unstable();
        cuts.dedup();
        if cuts.is_empty() {
            return None;
        }
        let width = usize::BITS - cuts.len().leading_zeros();
        let place = v.terms.var(name, Sort::Bits(width));
        Some(Self { cuts, place, width })
    }

    /// Number of cuts at or before this one.
    fn number(&self, cut: &Cut) -> u128 {
        self.cuts.partition_point(|c| c <= cut) as u128
    }

    fn within(&self, v: &mut Vocabulary<'_>, section: &Section) -> Term {
        let last = section.to.as_ref().map_or(self.cuts.len() as u128, |to| self.number(to) - 1);
        v.terms.in_range(self.place, self.number(&section.from), last, false)
    }

    fn bound(&self, v: &mut Vocabulary<'_>) -> Term {
        let last = v.terms.number(self.cuts.len() as u128, self.width);
        v.terms.at_most(self.place, last, false)
    }
}

/// Most tests of which a cluster holds all outcomes at once.
const CLUSTER: usize = 8;

/// Tests of one text, by number, that may exclude or imply each other beyond what [`lemmas`] say: their sections overlap. A
/// section that holds many others is in none, nor is a cluster that is too large.
pub(super) fn clusters(tests: &[super::vocabulary::Test]) -> Vec<Vec<usize>> {
    let mut sections: Vec<(&Section, usize)> = tests
        .iter()
        .enumerate()
        .filter_map(|(number, test)| match test.regions.within.as_deref() {
            Some([region]) => Some((&region.front, number)),
            _ => None,
        })
        .collect();
    sections.sort_by(|(a, _), (b, _)| a.from.cmp(&b.from));
    // How many sections begin in one.
    let held = |at: usize| {
        let to = &sections[at].0.to;
        sections[at + 1..]
            .iter()
            .take(CLUSTER + 1)
            .filter(|(s, _)| to.as_ref().is_none_or(|to| s.from < *to))
            .count()
    };
    let small: Vec<(&Section, usize)> =
        (0..sections.len()).filter(|at| held(*at) < CLUSTER).map(|at| sections[at]).collect();
    let mut out: Vec<Vec<usize>> = Vec::new();
    let mut reach: Option<&Cut> = None;
    for (section, number) in small {
        let joins = reach.is_some_and(|reach| section.from < *reach);
        match out.last_mut() {
            Some(last) if joins => last.push(number),
            _ => out.push(vec![number]),
        }
        reach = if joins { reach.max(section.to.as_ref()) } else { section.to.as_ref() };
    }
    out.retain(|cluster| (2..=CLUSTER).contains(&cluster.len()));
    // What is exact in both directions is said already.
    out.retain(|cluster| cluster.iter().any(|number| !tests[*number].regions.exact));
    out
}

/// What holds of every text, however its tests come out.
pub(super) fn lemmas(v: &mut Vocabulary<'_>) -> Vec<Term> {
    let mut out = Vec::new();
    for id in 0..v.texts.len() as u32 {
        text_lemmas(v, TextId(id), &mut out);
    }
    out
}

fn text_lemmas(v: &mut Vocabulary<'_>, id: TextId, out: &mut Vec<Term>) {
    let text = &v.texts[id.0 as usize];
    let asked: Vec<(Term, Vec<Region>, bool)> = text
        .tests
        .iter()
        .filter_map(|t| Some((t.term, t.regions.within.clone()?, t.regions.exact)))
        .collect();
    if asked.len() < 2 {
        return;
    }
    let all = || asked.iter().flat_map(|(_, regions, _)| regions);
    let fronts: Vec<&Section> = all().map(|r| &r.front).collect();
    // Points tell texts apart as well as reading backward does, unless some suffix is asked for.
    let reads_back = all().any(|r| !r.back.is_everything() && r.back != Section::point(&r.back.from.0));
    let backs: Vec<&Section> = if reads_back { all().map(|r| &r.back).collect() } else { Vec::new() };
    let name = format!("{} text {}", text.place, id.0);
    let front = Line::new(v, &format!("{name} in order"), &fronts);
    let back = Line::new(v, &format!("{name} in backward order"), &backs);
    for line in [&front, &back].into_iter().flatten() {
        out.push(line.bound(v));
    }
    for (term, regions, exact) in &asked {
        let each: Vec<Term> = regions
            .iter()
            .map(|region| {
                let mut parts = Vec::new();
                for (line, section) in [(&front, &region.front), (&back, &region.back)] {
                    if let Some(line) = line {
                        parts.push(line.within(v, section));
                    }
                }
                v.terms.and(parts)
            })
            .collect();
        let inside = v.terms.or(each);
        out.push(if *exact { v.terms.iff(*term, inside) } else { v.terms.implies(*term, inside) });
    }
}
