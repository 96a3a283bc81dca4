//! What the classes of a classifier say of the atoms of formulas.

use super::automaton::Automaton;
use super::formula::{AtomId, Formulas, Test};
use super::line::{Line, coverage};
use super::pattern::{Regex, regexes};
use super::text::{Announced, Verdict, all_announced, announcements, verdicts};
use super::{Budget, OverBudget};
use crate::model::{Compare, Element, FactRef, TextTest};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::RefCell;
use std::rc::Rc;
use warmor_policy::event::{Address, Source};
use warmor_policy::image::{
    CLASS_ABSENT, CLASS_KNOWN, CLASS_NO, CLASS_UNKNOWN, CLASS_YES, bias, classifier, leaf, node, place,
};

/// What a node of an image asks: a classifier of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Question {
    /// The classifier's offset.
    pub(super) classifier: u32,
    source: u8,
    slot: u16,
    /// Whether each state that a run passes counts, not only the last.
    pub(super) hits: bool,
}

/// What a class says of an atom.
#[derive(Clone, Debug, Default)]
pub(super) struct Says {
    /// The atoms that hold, in ascending order.
    pub(super) holds: Vec<AtomId>,
    /// Those of which a part holds: a wildcard address that stands for more than a network has.
    pub(super) partly: Vec<AtomId>,
    /// Those that some values of the class pass and some do not.
    pub(super) cut: Vec<AtomId>,
}

/// What the answers to a question say.
#[derive(Debug, Default)]
pub(super) struct Hosting {
    /// The atoms that the classes decide, in ascending order: all of them; or, where that was asked for, some of them.
    pub(super) hosted: Vec<AtomId>,
    /// The classes of known values, in ascending order.
    pub(super) classes: Vec<u32>,
    /// What they say, where that is not "no" to all. For hits: of a state that is passed.
    pub(super) says: FxHashMap<u32, Says>,
    /// For hits: of a state in which the run ends.
    pub(super) at_end: FxHashMap<u32, Says>,
    /// Whether a fact can be absent.
    pub(super) absent: bool,
}

/// The values at which a question tells facts apart.
#[derive(Default)]
pub(super) struct Asked<'w> {
    pub(super) automaton: Option<Automaton<'w>>,
    pub(super) numbers: Vec<i64>,
    pub(super) addresses: Vec<u128>,
    /// Numbers of slashes.
    pub(super) depths: Vec<i64>,
}

impl Hosting {
    /// Takes what classes say of an atom, if they decide it: all of them, or, with `partial`, one at least.
    pub(super) fn host(&mut self, atom: AtomId, partial: bool, holds: &[u32], cut: &[u32]) -> bool {
        let decided = cut.is_empty() || (partial && cut.len() < self.classes.len());
        if decided {
            self.hosted.push(atom);
            for class in holds {
                self.says.entry(*class).or_default().holds.push(atom);
            }
            for class in cut {
                self.says.entry(*class).or_default().cut.push(atom);
            }
        }
        decided
    }
}

/// What is known of an atom's text under a classifier.
#[derive(Clone)]
enum Known {
    /// Some class cuts it; which ones was not asked for.
    Cut,
    All(Rc<Verdict>),
}

/// What was found of a classifier of texts before.
#[derive(Default)]
struct Texts {
    classes: Option<Rc<[u32]>>,
    verdicts: FxHashMap<AtomId, Known>,
    announced: FxHashMap<AtomId, Rc<Announced>>,
}

/// Reads questions from the words of an image.
pub(super) struct Reader<'w> {
    pub(super) words: &'w [u32],
    /// By the transition to an automaton's start, and whether it reads from the last byte.
    texts: RefCell<FxHashMap<(u32, bool), Texts>>,
}

impl<'w> Reader<'w> {
    pub(super) fn new(words: &'w [u32]) -> Self {
        Self { words, texts: RefCell::default() }
    }

    pub(super) fn word(&self, at: usize) -> u32 {
        self.words.get(at).copied().unwrap_or(0)
    }

    /// The question of a node.
    pub(super) fn question(&self, at: u32) -> Question {
        let first = self.word(at as usize);
        Question {
            classifier: self.word(at as usize + 1),
            source: (first >> 8) as u8,
            slot: (first >> 16) as u16,
            hits: first & 0xff == node::HITS,
        }
    }

    fn fact(&self, q: Question) -> FactRef {
        let key = (self.kind(q) == classifier::KEY).then(|| {
            let (at, len) =
                (self.word(q.classifier as usize + 1), self.word(q.classifier as usize + 2) as usize);
            let bytes = (0..len).map(|i| self.word(at as usize + i / 4).to_le_bytes()[i % 4]).collect();
            String::from_utf8(bytes).unwrap_or_default()
        });
        FactRef { source: source(q.source.into()), slot: q.slot.into(), key }
    }

    fn kind(&self, q: Question) -> u32 {
        self.word(q.classifier as usize)
    }

    fn operand(&self, at: usize) -> FactRef {
        let word = self.word(at);
        FactRef { source: source(word & 0xff), slot: (word >> 8) as usize, key: None }
    }

    fn automaton(&self, classifier: u32) -> Automaton<'w> {
        let at = classifier as usize;
        Automaton {
            words: self.words,
            start: self.word(at + 1),
            reversed: self.word(at) == classifier::TEXT_REVERSED,
        }
    }

    /// The fact that a question is about, if it is one.
    pub(super) fn only_fact(&self, q: Question) -> Option<FactRef> {
        let two = matches!(self.kind(q), classifier::RELATION | classifier::SAME | classifier::ANCESTOR);
        (!two).then(|| self.fact(q))
    }

    /// The facts that a question compares, if it does.
    pub(super) fn two_facts(&self, q: Question) -> Option<(FactRef, FactRef)> {
        let at = q.classifier as usize;
        let two = matches!(self.kind(q), classifier::RELATION | classifier::SAME);
        two.then(|| (self.operand(at + 2), self.operand(at + 3)))
    }

    /// The diagram that a question on ancestors asks them.
    pub(super) fn predicate(&self, q: Question) -> Option<u32> {
        (self.kind(q) == classifier::ANCESTOR).then(|| self.word(q.classifier as usize + 1))
    }

    /// The values at which a question tells facts apart.
    pub(super) fn asked(&self, q: Question) -> Asked<'w> {
        let at = q.classifier as usize;
        let (count, bounds) = (self.word(at + 1) as usize, self.word(at + 2) as usize);
        let number = |i: usize| {
            let biased =
                u64::from(self.word(bounds + 2 * i)) | u64::from(self.word(bounds + 2 * i + 1)) << 32;
            biased.cast_signed() ^ i64::MIN
        };
        let address =
            |i: usize| (0..4).fold(0, |acc, w| acc << 32 | u128::from(self.word(bounds + 4 * i + w)));
        let mut asked = Asked::default();
        match self.kind(q) {
            classifier::TEXT | classifier::TEXT_REVERSED => {
                asked.automaton = Some(self.automaton(q.classifier));
            }
            classifier::KEY => asked.automaton = Some(self.automaton(self.word(at + 3))),
            classifier::ANY | classifier::ALL => asked.automaton = Some(self.automaton(self.word(at + 1))),
            classifier::NUMBER => {
                asked.numbers = (0..count).map(number).flat_map(|n| [n, n.saturating_sub(1)]).collect();
            }
            classifier::DEPTH => asked.depths = (0..count).map(number).collect(),
            classifier::ADDRESS => asked.addresses = (0..count).map(address).collect(),
            classifier::FLAGS => asked.numbers = vec![i64::from(self.word(at + 1))],
            _ => {}
        }
        asked
    }

    /// Whether some end of the diagram at `root` holds a clause.
    pub(super) fn holds_rank(&self, root: u32, rank: u32) -> bool {
        let mut seen = FxHashSet::default();
        let mut open = vec![root];
        while let Some(at) = open.pop() {
            let word = |i: u32| self.word(at as usize + i as usize);
            if !seen.insert(at) {
                continue;
            }
            if matches!(word(0) & 0xff, node::TEST | node::HITS) {
                open.extend((0..word(2)).map(|c| word(3 + c)));
            } else if self.set_holds(word(leaf::RANKS as u32), rank) {
                return true;
            }
        }
        false
    }

    /// Whether a set of ranks holds one.
    fn set_holds(&self, set: u32, rank: u32) -> bool {
        if set == 0 {
            return false;
        }
        let (level, base) = place(self.word(set as usize));
        let Some(mut offset) = rank.checked_sub(base).filter(|o| o >> level < 32) else { return false };
        let mut at = self.word(set as usize + 1);
        for level in (0..level).rev() {
            let half = 32 << level;
            at = self.word(at as usize + usize::from(offset >= half));
            offset %= half;
            if at == 0 {
                return false;
            }
        }
        at != 0 && self.word(at as usize) >> offset & 1 == 1
    }

    /// What the classes of a question say of the atoms. `ancestors` tells whether the diagram at an offset decides the condition
    /// of an atom on ancestors.
    pub(super) fn hosting(
        &self,
        q: Question,
        atoms: &[AtomId],
        (wildcards, partial): (bool, bool),
        formulas: &Formulas<'_>,
        ancestors: &FxHashSet<(u32, AtomId)>,
        budget: &mut Budget,
    ) -> Result<Hosting, OverBudget> {
        let at = q.classifier as usize;
        let kind = self.kind(q);
        let mut out = Hosting { absent: true, ..Hosting::default() };
        let two = |out: &mut Hosting, yes: Vec<AtomId>| {
            out.classes = vec![CLASS_NO, CLASS_YES];
            out.hosted.clone_from(&yes);
            out.says.insert(CLASS_YES, Says { holds: yes, ..Says::default() });
        };
        match kind {
            classifier::RELATION => {
                let (left, right) = (self.operand(at + 2), self.operand(at + 3));
                let compare = match self.word(at + 1) {
                    0 => Compare::Equal,
                    1 => Compare::Less,
                    _ => Compare::LessEqual,
                };
                let offset =
                    (u64::from(self.word(at + 4)) | u64::from(self.word(at + 5)) << 32).cast_signed();
                let test = Test::Relation { left, compare, right, offset };
                two(&mut out, pick(atoms, formulas, |t| *t == test));
                out.absent = false;
                return Ok(out);
            }
            classifier::SAME => {
                let (left, right) = (self.operand(at + 2), self.operand(at + 3));
                let address = left.field().kind == warmor_policy::schema::FieldType::Ip;
                let test = Test::Same { left, right };
                let right_kind = address == (self.word(at + 1) == 1);
                two(&mut out, pick(atoms, formulas, |t| right_kind && *t == test));
                out.absent = false;
                return Ok(out);
            }
            classifier::ANCESTOR => {
                let asked = self.word(at + 1);
                two(&mut out, atoms.iter().copied().filter(|a| ancestors.contains(&(asked, *a))).collect());
                out.absent = false;
                return Ok(out);
            }
            _ => {}
        }
        let fact = self.fact(q);
        let about: Vec<AtomId> =
            atoms.iter().copied().filter(|a| formulas.tests[*a as usize].fact() == Some(&fact)).collect();
        let present = pick(&about, formulas, |t| matches!(t, Test::Present { .. }));
        match kind {
            classifier::TEXT | classifier::TEXT_REVERSED => {
                self.text(q, self.automaton(q.classifier), (&about, partial), formulas, &mut out, budget)?;
            }
            classifier::KEY => {
                let inner = self.automaton(self.word(at + 3));
                self.text(q, inner, (&about, partial), formulas, &mut out, budget)?;
            }
            classifier::NUMBER | classifier::DEPTH => {
                self.numbers(at, kind == classifier::DEPTH, (&about, partial), formulas, &mut out, budget)?;
            }
            classifier::ADDRESS => {
                self.addresses(at, wildcards, (&about, partial), formulas, &mut out, budget)?;
            }
            classifier::FLAGS => {
                let mask = self.word(at + 1);
                two(
                    &mut out,
                    pick(&about, formulas, |t| matches!(t, Test::Flags { mask: m, .. } if *m == mask)),
                );
            }
            classifier::ANY | classifier::ALL => {
                let mut yes = Vec::new();
                for atom in &about {
                    if let Test::List { every, element, .. } = &formulas.tests[*atom as usize]
                        && *every == (kind == classifier::ALL)
                        && self.element(self.word(at + 1), element, budget)?
                    {
                        yes.push(*atom);
                    }
                }
                two(&mut out, yes);
            }
            classifier::PRESENT => out.classes = vec![CLASS_KNOWN],
            _ => {}
        }
        if !q.hits {
            // Whatever a known value's class is, there is such a fact.
            for class in out.classes.clone() {
                let says = out.says.entry(class).or_default();
                says.holds.extend_from_slice(&present);
                says.holds.sort_unstable();
            }
            out.hosted.extend(present);
        }
        out.hosted.sort_unstable();
        Ok(out)
    }

    fn text(
        &self,
        q: Question,
        automaton: Automaton<'_>,
        (about, partial): (&[AtomId], bool),
        formulas: &Formulas<'_>,
        out: &mut Hosting,
        budget: &mut Budget,
    ) -> Result<(), OverBudget> {
        let regex = |atom: AtomId| match &formulas.tests[atom as usize] {
            Test::Text { regex, .. } => Some(regex),
            _ => None,
        };
        let texts = about.iter().filter_map(|a| Some((*a, regex(*a)?)));
        let mut cache = self.texts.borrow_mut();
        let known = cache.entry((automaton.start, automaton.reversed)).or_default();
        let classes = match &known.classes {
            Some(classes) => classes.clone(),
            None => known.classes.insert(automaton.classes(budget)?.into()).clone(),
        };
        out.classes = classes.to_vec();
        if q.hits {
            for (atom, pattern) in texts {
                let found = match known.announced.get(&atom) {
                    Some(found) => found.clone(),
                    None => {
                        let found = Rc::new(announcements(automaton, pattern, budget)?);
                        known.announced.insert(atom, found.clone());
                        found
                    }
                };
                // Passing a state of the first class counts for nothing.
                let mut within = found.within.clone();
                within.retain(|class| *class != CLASS_KNOWN);
                if within.is_empty() && found.at_end.is_empty() {
                    continue;
                }
                out.hosted.push(atom);
                for (classes, into) in [(&within, &mut out.says), (&found.at_end, &mut out.at_end)] {
                    for class in classes {
                        into.entry(*class).or_default().holds.push(atom);
                    }
                }
            }
            return Ok(());
        }
        let enough = |known: Option<&Known>| match known {
            Some(Known::All(_)) => true,
            Some(Known::Cut) => !partial,
            None => false,
        };
        let mut missing: Vec<(AtomId, &Regex)> =
            texts.filter(|(atom, _)| !enough(known.verdicts.get(atom))).collect();
        if partial && !missing.is_empty() {
            // Others that are cut will be asked for as well, and together they cost hardly more than one.
            let asked: FxHashSet<AtomId> = missing.iter().map(|(atom, _)| *atom).collect();
            let cut =
                known.verdicts.iter().filter(|(atom, k)| matches!(k, Known::Cut) && !asked.contains(atom));
            let others = cut.filter_map(|(atom, _)| Some((*atom, regex(*atom)?)));
            missing.extend(others.filter(|(_, r)| !r.floats(automaton.reversed)));
            missing.sort_unstable_by_key(|(atom, _)| *atom);
        }
        let (ids, patterns): (Vec<AtomId>, Vec<&Regex>) = missing.into_iter().unzip();
        for (atom, found) in ids.into_iter().zip(verdicts(automaton, &patterns, !partial, budget)?) {
            known.verdicts.insert(atom, found.map_or(Known::Cut, |found| Known::All(Rc::new(found))));
        }
        for atom in about {
            if let Some(Known::All(found)) = known.verdicts.get(atom) {
                budget.spend(found.holds.len() + found.cut.len())?;
                out.host(*atom, partial, &found.holds, &found.cut);
            }
        }
        Ok(())
    }

    /// Whether each text that passes an atom's test is announced where these classes of a question of hits say so.
    pub(super) fn all_announced(
        &self,
        q: Question,
        atom: &Test,
        announced: &Announced,
        budget: &mut Budget,
    ) -> Result<bool, OverBudget> {
        match atom {
            Test::Text { regex, .. } => all_announced(self.automaton(q.classifier), regex, announced, budget),
            _ => Ok(false),
        }
    }

    /// Whether the automaton of a list's classifier says yes to exactly the elements that pass.
    fn element(&self, inner: u32, element: &Element, budget: &mut Budget) -> Result<bool, OverBudget> {
        let mut tests: Vec<&TextTest> = Vec::new();
        tests_of(element, &mut tests);
        let owned: Vec<(usize, Regex)> =
            tests.iter().enumerate().flat_map(|(i, t)| regexes(t).into_iter().map(move |r| (i, r))).collect();
        let automaton = self.automaton(inner);
        let passes = |classes: &[bool]| passes(element, &tests, classes);
        super::text::agrees(automaton, &owned, tests.len(), CLASS_YES, &passes, budget)
    }

    fn numbers(
        &self,
        at: usize,
        depth: bool,
        (about, partial): (&[AtomId], bool),
        formulas: &Formulas<'_>,
        out: &mut Hosting,
        budget: &mut Budget,
    ) -> Result<(), OverBudget> {
        let (count, bounds) = (self.word(at + 1) as usize, self.word(at + 2) as usize);
        let bound = |i: usize| {
            u128::from(self.word(bounds + 2 * i)) | u128::from(self.word(bounds + 2 * i + 1)) << 32
        };
        let line = self.line(at, count, &bound, u64::MAX.into());
        let mut ranges = Vec::new();
        for atom in about {
            let range = match &formulas.tests[*atom as usize] {
                Test::Number { first, last, .. } if !depth => (*first, *last),
                Test::Slashes { least, .. } if depth => (*least, i64::MAX),
                _ => continue,
            };
            let spans = if range.0 <= range.1 {
                vec![(u128::from(bias(range.0)), u128::from(bias(range.1)))]
            } else {
                Vec::new()
            };
            ranges.push((*atom, spans));
        }
        line.host(&ranges, &[], partial, out, budget)
    }

    fn addresses(
        &self,
        at: usize,
        wildcards: bool,
        (about, partial): (&[AtomId], bool),
        formulas: &Formulas<'_>,
        out: &mut Hosting,
        budget: &mut Budget,
    ) -> Result<(), OverBudget> {
        let (count, bounds) = (self.word(at + 1) as usize, self.word(at + 2) as usize);
        let bound = |i: usize| (0..4).fold(0, |acc, w| acc << 32 | u128::from(self.word(bounds + 4 * i + w)));
        let line = self.line(at, count, &bound, u128::MAX);
        let mut spans = Vec::new();
        let mut points = Vec::new();
        let wild = if wildcards { vec![Address::V4_FIRST, Address::V6_UNSPECIFIED] } else { Vec::new() };
        for address in &wild {
            points.push((address.0, Vec::new()));
        }
        for atom in about {
            let Test::Address { networks, .. } = &formulas.tests[*atom as usize] else { continue };
            let ranges = networks.iter().filter(|n| n.first <= n.last).map(|n| (n.first.0, n.last.0));
            spans.push((*atom, ranges.collect::<Vec<_>>()));
            for (address, (_, says)) in wild.iter().zip(&mut points) {
                says.push((*atom, coverage(networks, *address)));
            }
        }
        line.host(&spans, &points, partial, out, budget)
    }

    fn line(&self, at: usize, count: usize, bound: &dyn Fn(usize) -> u128, last: u128) -> Line {
        let classes = self.word(at + 3) as usize;
        Line {
            first: std::iter::once(0).chain((0..count).map(bound)).collect(),
            class: (0..=count).map(|i| self.word(classes + i)).collect(),
            last,
        }
    }
}

fn source(code: u32) -> Source {
    match code {
        0 => Source::Event,
        1 => Source::Process,
        2 => Source::Parent,
        _ => Source::Target,
    }
}

fn pick(atoms: &[AtomId], formulas: &Formulas<'_>, wanted: impl Fn(&Test) -> bool) -> Vec<AtomId> {
    atoms.iter().copied().filter(|a| wanted(&formulas.tests[*a as usize])).collect()
}

pub(super) fn tests_of<'e>(element: &'e Element, out: &mut Vec<&'e TextTest>) {
    match element {
        Element::Const(_) => {}
        Element::Not(inner) => tests_of(inner, out),
        Element::All(parts) | Element::Any(parts) => parts.iter().for_each(|p| tests_of(p, out)),
        Element::Test(test) => {
            if !out.contains(&test) {
                out.push(test);
            }
        }
    }
}

fn passes(element: &Element, tests: &[&TextTest], holds: &[bool]) -> bool {
    match element {
        Element::Const(value) => *value,
        Element::Not(inner) => !passes(inner, tests, holds),
        Element::All(parts) => parts.iter().all(|p| passes(p, tests, holds)),
        Element::Any(parts) => parts.iter().any(|p| passes(p, tests, holds)),
        Element::Test(test) => tests.iter().position(|t| *t == test).is_some_and(|at| holds[at]),
    }
}

/// What is known of a literal whose question has this answer; `None` for an atom that the question does not host.
pub(super) fn answer(
    hosting: &Hosting,
    class: u32,
    says: Option<&Says>,
    on_unknown: bool,
    on_overlap: bool,
) -> impl Fn(AtomId, bool) -> Option<bool> {
    move |atom, positive| {
        hosting.hosted.binary_search(&atom).ok()?;
        let is = |list: &[AtomId]| list.binary_search(&atom).is_ok();
        match (class, says) {
            (CLASS_ABSENT, _) if hosting.absent => Some(!positive),
            (CLASS_UNKNOWN, _) => Some(on_unknown),
            (_, Some(says)) if is(&says.cut) => None,
            (_, Some(says)) if is(&says.partly) => Some(on_overlap),
            (_, Some(says)) => Some(is(&says.holds) == positive),
            (_, None) => Some(!positive),
        }
    }
}
