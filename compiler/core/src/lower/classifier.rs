//! Classifiers: what turns a fact into a class, made for the tests that rows put to one axis.

use super::automaton::{Automaton, Graph};
use super::diagram::TooLarge;
use super::form::{Axes, Axis, AxisId, Test, TestId};
use super::intervals::{self, Intervals};
use super::pattern::{self, Direction};
use super::sets::{SetId, Sets};
use super::states::{self, Reading, packed};
use crate::model::{Compare, Element, FactRef, TextTest};
use rustc_hash::FxHashMap;
use std::rc::Rc;
use warmor_policy::event::Source;
use warmor_policy::image::{CLASS_KNOWN, CLASS_NO, CLASS_YES, MAX_CLASS, bias, classifier};

/// What a class of an axis makes of the axis's tests.
pub(super) enum Class {
    Absent,
    Unknown,
    /// Tests that hold, and those that a wildcard address overlaps; by index into the classifier's tests.
    Known {
        yes: SetId,
        overlap: SetId,
    },
    /// Of a classifier for hits: tests that hold once a byte follows, and tests that hold if the text ends.
    Hits {
        within: SetId,
        at_end: SetId,
    },
}

/// How the classes of an axis are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Flavour {
    /// By what the value is.
    Value,
    /// Wildcard addresses stand for all addresses.
    Wildcards,
    /// By each place of a text at which a pattern has been found.
    Hits,
}

/// A classifier with what its classes mean.
pub(super) struct Classified {
    pub(super) source: Source,
    pub(super) slot: usize,
    /// Ascending.
    pub(super) tests: Vec<TestId>,
    pub(super) sets: Sets,
    pub(super) classes: Vec<Class>,
    body: Body,
}

impl Classified {
    /// A test's index.
    pub(super) fn index(&self, test: TestId) -> u32 {
        self.tests.binary_search(&test).unwrap_or(0) as u32
    }
}

/// What is to be written of a classifier.
enum Body {
    Words(Vec<u32>),
    Ancestor { predicate: u32 },
    Text(Text),
    Entry { key: Vec<u8>, value: Text },
    Quantifier { kind: u32, element: Text },
    Bounds { kind: u32, bounds: Vec<u32>, classes: Vec<u32> },
}

struct Text {
    reading: Reading,
    graph: Graph,
    /// Of each label.
    class: Vec<u32>,
}

/// A classifier, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ClassifierId(usize);

/// An axis and the tests on it.
type Key = (AxisId, Box<[TestId]>, Flavour);

/// The classifiers of an image. One is written when a node first needs it, so that it lies beside the node; its automaton is
/// written when all are known.
pub(super) struct Classifiers<'a> {
    axes: &'a Axes,
    /// Roots of the predicates on ancestors, by number. They are written before anything that asks for them.
    pub(super) predicates: Vec<u32>,
    ids: FxHashMap<Key, ClassifierId>,
    all: Vec<Rc<Classified>>,
    offsets: Vec<Option<u32>>,
    /// The written ones, by ascending offset, with the place of their automaton's start.
    written: Vec<(ClassifierId, Option<u32>)>,
}

/// What there was at some time.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    all: usize,
    written: usize,
}

impl<'a> Classifiers<'a> {
    pub(super) fn new(axes: &'a Axes) -> Self {
        Self {
            axes,
            predicates: Vec::new(),
            ids: FxHashMap::default(),
            all: Vec::new(),
            offsets: Vec::new(),
            written: Vec::new(),
        }
    }

    pub(super) fn mark(&self) -> Mark {
        Mark { all: self.all.len(), written: self.written.len() }
    }

    /// Forgets what has come since.
    pub(super) fn reset(&mut self, mark: Mark) {
        for (id, _) in self.written.drain(mark.written..) {
            self.offsets[id.0] = None;
        }
        self.all.truncate(mark.all);
        self.offsets.truncate(mark.all);
        self.ids.retain(|_, id| id.0 < mark.all);
    }

    pub(super) fn get(&self, id: ClassifierId) -> Rc<Classified> {
        self.all[id.0].clone()
    }

    /// The classifier of an axis for these tests (ascending).
    pub(super) fn make(
        &mut self,
        axis: AxisId,
        tests: Vec<TestId>,
        flavour: Flavour,
    ) -> Result<ClassifierId, TooLarge> {
        let key = (axis, tests.clone().into_boxed_slice(), flavour);
        if let Some(known) = self.ids.get(&key) {
            return Ok(*known);
        }
        let made = classified(self.axes, axis, tests, flavour)?;
        let id = ClassifierId(self.all.len());
        self.all.push(Rc::new(made));
        self.offsets.push(None);
        self.ids.insert(key, id);
        Ok(id)
    }

    /// The offset of a classifier, which is written if it is not yet.
    pub(super) fn offset(&mut self, id: ClassifierId, words: &mut Vec<u32>) -> u32 {
        if let Some(offset) = self.offsets[id.0] {
            return offset;
        }
        let (offset, start) = match &self.all[id.0].body {
            Body::Ancestor { predicate } => {
                let root = self.predicates.get(*predicate as usize).copied().unwrap_or(0);
                words.extend([classifier::ANCESTOR, root]);
                (words.len() as u32 - 2, None)
            }
            other => put(other, words),
        };
        self.offsets[id.0] = Some(offset);
        self.written.push((id, start));
        offset
    }

    /// Writes the automata, and gives how many there are and the number of their states.
    pub(super) fn write_automata(&self, words: &mut Vec<u32>) -> (usize, usize) {
        let (mut automata, mut count) = (0, 0);
        let mut last = states::Last::default();
        for (id, start) in &self.written {
            let text = match &self.all[id.0].body {
                Body::Text(text)
                | Body::Entry { value: text, .. }
                | Body::Quantifier { element: text, .. } => text,
                Body::Words(_) | Body::Ancestor { .. } | Body::Bounds { .. } => continue,
            };
            let first = states::write(words, &mut last, &text.graph, &text.class, text.reading);
            if let Some(start) = start {
                words[*start as usize] = first;
            }
            automata += 1;
            count += text.graph.len();
        }
        (automata, count)
    }
}

/// Writes a classifier: its offset, and where the start of its automaton is to be filled in.
fn put(body: &Body, words: &mut Vec<u32>) -> (u32, Option<u32>) {
    let at = words.len() as u32;
    let text = |words: &mut Vec<u32>, reading| {
        let kind = match reading {
            Reading::FirstToLast => classifier::TEXT,
            Reading::LastToFirst => classifier::TEXT_REVERSED,
        };
        words.extend([kind, 0]);
        Some(words.len() as u32 - 1)
    };
    match body {
        Body::Words(own) => {
            words.extend(own);
            (at, None)
        }
        Body::Ancestor { .. } => (at, None),
        Body::Text(automaton) => (at, text(words, automaton.reading)),
        Body::Entry { key, value } => {
            let start = text(words, value.reading);
            let key_at = words.len() as u32;
            words.extend(key.chunks(4).map(|c| packed(c, Reading::FirstToLast)));
            let offset = words.len() as u32;
            words.extend([classifier::KEY, key_at, key.len() as u32, at]);
            (offset, start)
        }
        Body::Quantifier { kind, element } => {
            let start = text(words, element.reading);
            words.extend([*kind, at]);
            (at + 2, start)
        }
        Body::Bounds { kind, bounds, classes } => {
            let first = at + 4;
            words.extend([*kind, classes.len() as u32 - 1, first, first + bounds.len() as u32]);
            words.extend(bounds);
            words.extend(classes);
            (at, None)
        }
    }
}

/// The classifier of an axis for these tests (ascending), before it is written.
pub(super) fn classified(
    axes: &Axes,
    id: AxisId,
    tests: Vec<TestId>,
    flavour: Flavour,
) -> Result<Classified, TooLarge> {
    let test = |t: &TestId| axes.test(id, *t);
    let two = |words: Vec<u32>| {
        let mut sets = Sets::new(tests.len());
        let all = sets.collect(0..tests.len() as u32);
        let yes = Class::Known { yes: all, overlap: SetId::EMPTY };
        let no = Class::Known { yes: SetId::EMPTY, overlap: SetId::EMPTY };
        (Body::Words(words), sets, vec![Class::Absent, Class::Unknown, no, yes])
    };
    let operand = |f: &FactRef| f.source as u32 | (f.slot as u32) << 8;
    let axis = axes.axis(id);
    let (body, sets, classes) = match axis {
        Axis::Text { fact, direction } => {
            let patterns: Vec<&[pattern::Element]> = tests
                .iter()
                .map(|t| match test(t) {
                    Test::Text(p) => p.elements.as_slice(),
                    _ => &[],
                })
                .collect();
            let (text, sets, classes) = match flavour {
                Flavour::Hits => hits(&patterns)?,
                Flavour::Value | Flavour::Wildcards => values(&patterns, *direction)?,
            };
            let body = match &fact.key {
                Some(key) => Body::Entry { key: key.as_bytes().to_vec(), value: text },
                None => Body::Text(text),
            };
            (body, sets, classes)
        }
        Axis::Address { .. } => {
            let networks: Vec<_> = tests
                .iter()
                .map(|t| match test(t) {
                    Test::Networks(n) => n.clone(),
                    _ => Vec::new(),
                })
                .collect();
            let cut = intervals::addresses(&networks, flavour == Flavour::Wildcards);
            let bounds = cut.bounds.iter().flat_map(|b| [96, 64, 32, 0].map(|s| (b >> s) as u32)).collect();
            bounded(classifier::ADDRESS, bounds, cut)
        }
        Axis::Number { .. } | Axis::Depth { .. } => {
            let ranges: Vec<_> = tests
                .iter()
                .map(|t| match test(t) {
                    Test::Range(first, last) => (*first, *last),
                    _ => (0, -1),
                })
                .collect();
            let cut = intervals::numbers(&ranges);
            let bounds = cut.bounds.iter().flat_map(|b| [bias(*b) as u32, (bias(*b) >> 32) as u32]).collect();
            let kind =
                if matches!(axis, Axis::Depth { .. }) { classifier::DEPTH } else { classifier::NUMBER };
            bounded(kind, bounds, cut)
        }
        Axis::Flags { mask, .. } => two(vec![classifier::FLAGS, *mask]),
        Axis::Present { .. } => {
            let (body, sets, mut classes) = two(vec![classifier::PRESENT]);
            classes.remove(CLASS_NO as usize);
            (body, sets, classes)
        }
        Axis::List { every, element, .. } => {
            let kind = if *every { classifier::ALL } else { classifier::ANY };
            let element = element_text(element)?;
            let (_, sets, classes) = two(Vec::new());
            (Body::Quantifier { kind, element }, sets, classes)
        }
        Axis::Relation { left, compare, right, offset } => {
            let compare = match compare {
                Compare::Equal => 0,
                Compare::Less => 1,
                Compare::LessEqual => 2,
            };
            let offset = offset.cast_unsigned();
            two(vec![
                classifier::RELATION,
                compare,
                operand(left),
                operand(right),
                offset as u32,
                (offset >> 32) as u32,
            ])
        }
        Axis::Same { left, right, address } => {
            two(vec![classifier::SAME, u32::from(*address), operand(left), operand(right)])
        }
        Axis::Ancestor(predicate) => {
            let (_, sets, classes) = two(Vec::new());
            (Body::Ancestor { predicate: *predicate }, sets, classes)
        }
    };
    let (source, slot) = axis.fact().map_or((Source::Event, 0), |f| (f.source, f.slot));
    Ok(Classified { source, slot, tests, sets, classes, body })
}

/// A state budget that patterns which do not multiply stay below.
fn budget(patterns: &[&[pattern::Element]]) -> usize {
    4 * patterns.iter().map(|p| p.len()).sum::<usize>() + 4096
}

/// The automaton that tells which patterns a text matches.
fn values(
    patterns: &[&[pattern::Element]],
    direction: Direction,
) -> Result<(Text, Sets, Vec<Class>), TooLarge> {
    let Automaton { graph, sets, labels } =
        Automaton::build(patterns, budget(patterns)).map_err(|_| TooLarge)?;
    let class: Vec<u32> = (0..labels.len() as u32).map(|l| CLASS_KNOWN + l).collect();
    let known = labels.iter().map(|l| Class::Known { yes: *l, overlap: SetId::EMPTY });
    let classes: Vec<Class> = [Class::Absent, Class::Unknown].into_iter().chain(known).collect();
    let reading = match direction {
        Direction::Backward => Reading::LastToFirst,
        Direction::Forward | Direction::Floating => Reading::FirstToLast,
    };
    if classes.len() > MAX_CLASS as usize {
        return Err(TooLarge);
    }
    Ok((Text { reading, graph, class }, sets, classes))
}

/// When a pattern whose end may be followed by anything has been found.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    /// Once a byte follows.
    Within,
    /// Here, whatever follows.
    Anywhere,
    /// If the text ends.
    AtEnd,
}

/// The automaton that tells, at each byte, which patterns have just been found. It forgets what it has found, which is what
/// keeps it small: literals make an automaton as that of Aho and Corasick ("Efficient string matching", 1975).
fn hits(patterns: &[&[pattern::Element]]) -> Result<(Text, Sets, Vec<Class>), TooLarge> {
    use pattern::Element::{Any, LoopAny};
    let (found, parts): (Vec<Found>, Vec<&[pattern::Element]>) = patterns
        .iter()
        .map(|p| match p {
            [rest @ .., Any, LoopAny] => (Found::Within, rest),
            [rest @ .., LoopAny] => (Found::Anywhere, rest),
            all => (Found::AtEnd, *all),
        })
        .unzip();
    let Automaton { graph, mut sets, labels } =
        Automaton::build(&parts, budget(&parts)).map_err(|_| TooLarge)?;
    let nothing = Class::Hits { within: SetId::EMPTY, at_end: SetId::EMPTY };
    let mut classes = vec![Class::Absent, Class::Unknown, nothing];
    let mut class = Vec::new();
    for label in labels {
        if label == SetId::EMPTY {
            class.push(CLASS_KNOWN);
            continue;
        }
        let members = sets.members(label);
        let mut those =
            |not: Found| sets.collect(members.iter().copied().filter(|t| found[*t as usize] != not));
        class.push(classes.len() as u32);
        classes.push(Class::Hits { within: those(Found::AtEnd), at_end: those(Found::Within) });
    }
    if classes.len() > MAX_CLASS as usize {
        return Err(TooLarge);
    }
    Ok((Text { reading: Reading::FirstToLast, graph, class }, sets, classes))
}

fn bounded<T>(kind: u32, bounds: Vec<u32>, cut: Intervals<T>) -> (Body, Sets, Vec<Class>) {
    let known = cut.labels.iter().map(|(yes, overlap)| Class::Known { yes: *yes, overlap: *overlap });
    let meant = [Class::Absent, Class::Unknown].into_iter().chain(known).collect();
    let classes = cut.classes.iter().map(|c| CLASS_KNOWN + c).collect();
    (Body::Bounds { kind, bounds, classes }, cut.sets, meant)
}

/// The automaton of a list's element: whether it passes.
fn element_text(element: &Element) -> Result<Text, TooLarge> {
    let mut tests: Vec<&TextTest> = Vec::new();
    collect_tests(element, &mut tests);
    let mut patterns = Vec::new();
    let mut owner = Vec::new();
    for (i, test) in tests.iter().enumerate() {
        for alternative in pattern::forward(test) {
            patterns.push(alternative);
            owner.push(i);
        }
    }
    let elements: usize = patterns.iter().map(Vec::len).sum();
    let patterns: Vec<&[pattern::Element]> = patterns.iter().map(Vec::as_slice).collect();
    let automaton = Automaton::build(&patterns, 16 * elements + 65_536).map_err(|_| TooLarge)?;
    let class: Vec<u32> = automaton
        .labels
        .iter()
        .map(|label| {
            let mut holds = vec![false; tests.len()];
            automaton.sets.each(*label, |p| holds[owner[p as usize]] = true);
            if passes(element, &tests, &holds) { CLASS_YES } else { CLASS_NO }
        })
        .collect();
    Ok(Text { reading: Reading::FirstToLast, graph: automaton.graph, class })
}

fn collect_tests<'e>(element: &'e Element, out: &mut Vec<&'e TextTest>) {
    match element {
        Element::Const(_) => {}
        Element::Not(inner) => collect_tests(inner, out),
        Element::All(parts) | Element::Any(parts) => parts.iter().for_each(|p| collect_tests(p, out)),
        Element::Test(test) => {
            if !out.contains(&test) {
                out.push(test);
            }
        }
    }
}

fn passes(element: &Element, tests: &[&TextTest], holds: &[bool]) -> bool {
    match element {
        Element::Const(b) => *b,
        Element::Not(inner) => !passes(inner, tests, holds),
        Element::All(parts) => parts.iter().all(|p| passes(p, tests, holds)),
        Element::Any(parts) => parts.iter().any(|p| passes(p, tests, holds)),
        Element::Test(test) => tests.iter().position(|t| *t == test).is_some_and(|i| holds[i]),
    }
}
