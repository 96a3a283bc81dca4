//! Walking a diagram with claims: formulas that shrink as the classes on the way tell what their atoms are.

use super::formula::{AtomId, FormulaId, Node, Reader as Whose, Test};
use super::hosting::{Hosting, Question, Says, answer};
use super::text::Announced;
use super::{Stop, Validation};
use crate::model::FactRef;
use rustc_hash::{FxHashMap, FxHashSet};
use std::rc::Rc;
use warmor_policy::image::{CLASS_ABSENT, CLASS_KNOWN, CLASS_UNKNOWN, CLASS_YES, classifier, hit, node};

/// Longest way from a root to an end.
const MAX_DEPTH: usize = 1000;

/// A formula, with what counts for it where an answer is neither yes nor no.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim {
    pub(super) formula: FormulaId,
    pub(super) on_unknown: bool,
    pub(super) on_overlap: bool,
}

/// What is done where a walk ends.
pub(super) trait Ends {
    /// A way leads here, with claims that are not false: true, or not settled. All of what the end holds must be true, and all that
    /// is not false must be held.
    fn reached(&mut self, end: u32, alive: &[Alive]);

    /// One of several ends that a way leads to at once, with claims that hold here or not: what the end holds must be true.
    fn passed(&mut self, end: u32, alive: &[Alive]);

    /// Whether an end holds what a claim is about.
    fn holds(&self, end: u32, claim: u32) -> bool;

    /// A way on which a claim is not false may not lead to an end that holds it.
    fn missed(&mut self, claim: u32);
}

/// How a diagram is walked.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct How {
    /// Wildcard addresses stand for all that a socket bound to them serves.
    pub(super) wildcards: bool,
    /// Classifiers are used for atoms, too, that only some of their classes decide: it costs more, and settles more.
    pub(super) partial: bool,
    /// What the diagram does not decide counts as true, not as false.
    pub(super) generous: bool,
}

/// A claim's number, with what is left of its formula.
pub(super) type Alive = (u32, FormulaId);

/// The atoms that a diagram decides.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    /// By a class of a test on the way.
    pub(super) plain: FxHashSet<AtomId>,
    /// By a hit at the end: only that it holds, and only one of them at a time.
    pub(super) hit: FxHashSet<AtomId>,
}

/// What a way has told: of a fact that it is absent, unknown or known; of an atom, which several of the diagram's questions host,
/// that it is false, unknown or true. A way that tells two different things of one is none.
type Told = (About, u32);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum About {
    Fact(FactRef),
    Atom(AtomId),
    /// What a classifier, at this offset, says of two facts.
    Two(u32, FactRef, FactRef),
}

/// Most texts' atoms that are followed on each way. Others cost at worst a proof, not its truth.
const MAX_SHARED_TEXTS: usize = 32;

/// The literals of a claim that a question hosts.
struct Touched {
    /// Atoms whose holding can make the formula true.
    positive: Vec<AtomId>,
    /// The formula where none of the atoms holds.
    otherwise: FormulaId,
}

struct Walk<'w, 'v, 'm> {
    v: &'v mut Validation<'m>,
    claims: &'w [Claim],
    hostings: FxHashMap<Question, Rc<Hosting>>,
    hosts: Hosts,
    touched: FxHashMap<(Question, FormulaId, bool), Option<Rc<Touched>>>,
    seen: FxHashSet<(u32, Vec<Alive>, Vec<Told>)>,
    /// Atoms that several questions host.
    shared: Vec<AtomId>,
    /// Of them, those that hold exactly if three others do.
    parted: Vec<(AtomId, [AtomId; 3])>,
    ends: &'w mut dyn Ends,
    announced: FxHashMap<(Question, AtomId, Vec<u32>), bool>,
}

impl Validation<'_> {
    /// Walks the diagram at `root` with claims on every way that classes can take. Gives the atoms that the diagram decides.
    pub(super) fn walk(
        &mut self,
        root: u32,
        claims: &[Claim],
        How { wildcards, partial, generous }: How,
        ends: &mut dyn Ends,
    ) -> Result<Hosts, Stop> {
        let mut atoms: Vec<AtomId> = Vec::new();
        for claim in claims {
            self.formulas.literals(claim.formula, |atom, _| atoms.push(atom));
        }
        atoms.sort_unstable();
        atoms.dedup();
        let mut hostings: FxHashMap<Question, Rc<Hosting>> = FxHashMap::default();
        let mut hosts = Hosts::default();
        for question in self.questions(root)? {
            let hosting = self.hosting(question, &atoms, (wildcards, partial))?;
            if question.hits { &mut hosts.hit } else { &mut hosts.plain }.extend(&hosting.hosted);
            hostings.insert(question, Rc::new(hosting));
        }
        let mut count: FxHashMap<AtomId, usize> = FxHashMap::default();
        for hosting in hostings.iter().filter(|(q, _)| !q.hits).map(|(_, h)| h) {
            hosting.hosted.iter().for_each(|a| *count.entry(*a).or_default() += 1);
        }
        let several = count.into_iter().filter(|(_, count)| *count > 1).map(|(atom, _)| atom);
        let text =
            |a: &AtomId| matches!(self.formulas.tests[*a as usize], Test::Text { .. } | Test::Present { .. });
        let (mut texts, mut shared): (Vec<AtomId>, Vec<AtomId>) = several.partition(text);
        texts.sort_unstable();
        shared.extend(texts.into_iter().take(MAX_SHARED_TEXTS));
        let hosted = |atom: &AtomId| hosts.plain.contains(atom);
        let both = |p: &&(AtomId, [AtomId; 3])| hosted(&p.0) && p.1.iter().all(hosted);
        let parted: Vec<(AtomId, [AtomId; 3])> =
            self.formulas.parted.iter().filter(both).take(MAX_SHARED_TEXTS).copied().collect();
        shared.extend(parted.iter().flat_map(|(whole, parts)| std::iter::once(*whole).chain(*parts)));
        shared.sort_unstable();
        shared.dedup();
        let mut memo = FxHashMap::default();
        let mut alive: Vec<Alive> = Vec::new();
        for (i, claim) in claims.iter().enumerate() {
            // Hits come one at a time, so a formula that holds by two of them together is found by none.
            let mut hit = None;
            if generous {
                memo.clear();
                self.formulas.literals(claim.formula, |atom, positive| {
                    if positive && !hosts.plain.contains(&atom) && hosts.hit.contains(&atom) {
                        hit = Some(atom);
                    }
                });
            }
            let kept = |atom: AtomId, positive: bool| {
                let hit = if generous { hit == Some(atom) } else { hosts.hit.contains(&atom) };
                hosts.plain.contains(&atom) || (positive && hit)
            };
            let formula = self.formulas.restrict(claim.formula, generous, &kept, &mut memo);
            if formula != FormulaId::FALSE {
                alive.push((i as u32, formula));
            }
        }
        let mut walk = Walk {
            v: self,
            claims,
            hostings,
            hosts,
            touched: FxHashMap::default(),
            seen: FxHashSet::default(),
            shared,
            parted,
            ends,
            announced: FxHashMap::default(),
        };
        walk.visit(root, alive, &[], 0)?;
        Ok(walk.hosts)
    }

    /// The questions of a diagram.
    fn questions(&mut self, root: u32) -> Result<Vec<Question>, Stop> {
        let mut out = Vec::new();
        let mut seen = FxHashSet::default();
        let mut open = vec![root];
        while let Some(at) = open.pop() {
            let kind = self.reader.word(at as usize) & 0xff;
            if !matches!(kind, node::TEST | node::HITS) || !seen.insert(at) {
                continue;
            }
            let question = self.reader.question(at);
            if !out.contains(&question) {
                out.push(question);
            }
            if kind == node::TEST {
                let count = self.reader.word(at as usize + 2);
                self.budget.spend(count as usize)?;
                open.extend((0..count).map(|c| self.reader.word((at + 3 + c) as usize)));
            }
        }
        Ok(out)
    }

    fn hosting(&mut self, question: Question, atoms: &[AtomId], how: (bool, bool)) -> Result<Hosting, Stop> {
        let mut known = FxHashSet::default();
        if let Some(root) = self.reader.predicate(question) {
            for atom in atoms {
                if matches!(self.formulas.tests[*atom as usize], Test::Ancestor { .. })
                    && self.asks(root, *atom)?
                {
                    known.insert((root, *atom));
                }
            }
        }
        Ok(self.reader.hosting(question, atoms, how, &self.formulas, &known, &mut self.budget)?)
    }

    /// Whether the diagram at `root` tells of a process what an atom asks of ancestors.
    fn asks(&mut self, root: u32, atom: AtomId) -> Result<bool, Stop> {
        if let Some(known) = self.asked.get(&(root, atom)) {
            return Ok(*known);
        }
        let Test::Ancestor { cond } = self.formulas.tests[atom as usize].clone() else {
            return Ok(false);
        };
        let whose = Whose::Other(warmor_policy::event::Source::Process);
        let mut claim = |on_unknown| Claim {
            formula: self.formulas.build(&cond, true, whose, on_unknown),
            on_unknown,
            on_overlap: true,
        };
        // First "it is not false", then "it is true".
        let claims = [(0, claim(true)), (1, claim(false))];
        let words = self.reader.words;
        let held = |end: u32| -> Rc<[u32]> {
            (0..words.get(end as usize + 1).copied().unwrap_or(0).min(2)).collect()
        };
        let how = How { partial: true, ..How::default() };
        let mut agrees = self.walk_claims(root, how, &claims, &held)?.suspects.is_empty();
        let mut alternatives: Vec<(u32, Claim)> = Vec::new();
        for (number, claim) in claims {
            alternatives.extend(self.alternatives(claim, false)?.into_iter().map(|c| (number, c)));
        }
        let generous = How { generous: true, ..how };
        agrees &= self.walk_claims(root, generous, &alternatives, &held)?.complete.iter().all(|c| *c);
        self.asked.insert((root, atom), agrees);
        Ok(agrees)
    }
}

impl Walk<'_, '_, '_> {
    fn visit(&mut self, at: u32, alive: Vec<Alive>, told: &[Told], depth: usize) -> Result<(), Stop> {
        self.v.budget.spend(1 + alive.len())?;
        if depth > MAX_DEPTH {
            return Err(Stop::Budget(super::OverBudget));
        }
        match self.v.reader.word(at as usize) & 0xff {
            node::TEST => {
                if self.seen.insert((at, alive.clone(), told.to_vec())) {
                    self.test(at, &alive, told, depth)?;
                }
                Ok(())
            }
            node::HITS => self.hits(at, &alive, told),
            _ => {
                self.ends.reached(at, &alive);
                Ok(())
            }
        }
    }

    fn child(&self, at: u32, class: u32, of: u32, plus: u32) -> u32 {
        let last = self.v.reader.word(at as usize + 2).saturating_sub(1);
        let child = class.saturating_mul(of).saturating_add(plus).min(last);
        self.v.reader.word((at + 3 + child) as usize)
    }

    fn test(&mut self, at: u32, alive: &[Alive], told: &[Told], depth: usize) -> Result<(), Stop> {
        let question = self.v.reader.question(at);
        let Some(hosting) = self.hostings.get(&question).cloned() else {
            return Err(Stop::Budget(super::OverBudget));
        };
        // What an answer leaves alone, what can only be saved by an atom that holds, and what must be looked at anyway.
        let mut untouched: Vec<Alive> = Vec::new();
        let mut saved_by: FxHashMap<AtomId, Vec<u32>> = FxHashMap::default();
        let mut anyway: Vec<u32> = Vec::new();
        let mut all: Vec<u32> = Vec::new();
        for (place, (claim, formula)) in alive.iter().enumerate() {
            match self.touch(question, &hosting, *claim, *formula) {
                None => untouched.push((*claim, *formula)),
                Some(touched) => {
                    all.push(place as u32);
                    if touched.otherwise == FormulaId::FALSE {
                        for atom in &touched.positive {
                            saved_by.entry(*atom).or_default().push(place as u32);
                        }
                    } else {
                        anyway.push(place as u32);
                    }
                }
            }
        }
        if hosting.absent
            && let Some(told) = self.tell(question, &hosting, CLASS_ABSENT, None, told)
        {
            let next = self.assign(&hosting, CLASS_ABSENT, None, alive, &all, &untouched);
            self.visit(self.child(at, CLASS_ABSENT, 1, 0), next, &told, depth + 1)?;
        }
        if let Some(told) = self.tell(question, &hosting, CLASS_UNKNOWN, None, told) {
            let next = self.assign(&hosting, CLASS_UNKNOWN, None, alive, &all, &untouched);
            self.visit(self.child(at, CLASS_UNKNOWN, 1, 0), next, &told, depth + 1)?;
        }
        for class in &hosting.classes {
            let Some(known) = self.tell(question, &hosting, *class, hosting.says.get(class), told) else {
                continue;
            };
            let says = hosting.says.get(class);
            let mut places = anyway.clone();
            if let Some(says) = says {
                // A literal of which a part holds can count as true whatever its sign.
                let telling = says.holds.iter().chain(&says.partly).chain(&says.cut);
                places.extend(telling.filter_map(|a| saved_by.get(a)).flatten());
                if !says.partly.is_empty() {
                    places.extend_from_slice(&all);
                }
                self.v.budget.spend(says.holds.len())?;
            }
            places.sort_unstable();
            places.dedup();
            let next = self.assign(&hosting, *class, says, alive, &places, &untouched);
            self.visit(self.child(at, *class, 1, 0), next, &known, depth + 1)?;
        }
        Ok(())
    }

    /// What is told once a question has this answer, too; `None` if that cannot be.
    fn tell(
        &self,
        question: Question,
        hosting: &Hosting,
        class: u32,
        says: Option<&Says>,
        told: &[Told],
    ) -> Option<Vec<Told>> {
        let mut after = told.to_vec();
        let mut tell = |about: About, what: u32| match told.iter().find(|(a, _)| *a == about) {
            Some((_, before)) => *before == what,
            None => {
                after.push((about, what));
                true
            }
        };
        if let Some(fact) = self.v.reader.only_fact(question)
            && !tell(About::Fact(fact), class.min(CLASS_KNOWN))
        {
            return None;
        }
        if let Some((left, right)) = self.v.reader.two_facts(question)
            && !tell(About::Two(question.classifier, left, right), class)
        {
            return None;
        }
        for atom in self.shared.iter().filter(|a| hosting.hosted.binary_search(a).is_ok()) {
            let among = |list: &[AtomId]| list.binary_search(atom).is_ok();
            let truth = match says {
                _ if class == CLASS_UNKNOWN => 1,
                Some(says) if among(&says.cut) || among(&says.partly) => continue,
                Some(says) if among(&says.holds) => 2,
                _ => 0,
            };
            if !tell(About::Atom(*atom), truth) {
                return None;
            }
        }
        after.sort_unstable();
        let truth = |atom: AtomId| {
            let at = after.binary_search_by_key(&&About::Atom(atom), |(about, _)| about).ok()?;
            Some(after[at].1)
        };
        let contradicts = |(whole, parts): &(AtomId, [AtomId; 3])| match truth(*whole) {
            Some(0) => parts.iter().all(|p| truth(*p) == Some(2)),
            Some(2) => parts.iter().any(|p| truth(*p) == Some(0)),
            _ => false,
        };
        let status = |fact: &FactRef| {
            let at = after.binary_search_by(|(about, _)| about.cmp(&About::Fact(fact.clone()))).ok()?;
            Some(after[at].1)
        };
        // A comparison is false where one side is absent, else unknown where one is unknown.
        let impossible = |(about, class): &Told| {
            let About::Two(classifier, left, right) = about else { return false };
            let equal = self.v.reader.word(*classifier as usize) == classifier::SAME && left == right;
            let sides = [status(left), status(right)];
            let is = |what: u32| sides.contains(&Some(what));
            let all_known = sides == [Some(CLASS_KNOWN); 2];
            match *class {
                CLASS_UNKNOWN => is(CLASS_ABSENT) || all_known,
                CLASS_YES => is(CLASS_ABSENT) || is(CLASS_UNKNOWN),
                // False for another reason than an absent side takes two that are known.
                _ => {
                    let some_absent = is(CLASS_ABSENT) || sides.contains(&None);
                    !some_absent && (!all_known || equal)
                }
            }
        };
        let found = self.parted.iter().any(contradicts) || after.iter().any(impossible);
        (!found).then_some(after)
    }

    fn touch(
        &mut self,
        question: Question,
        hosting: &Hosting,
        claim: u32,
        formula: FormulaId,
    ) -> Option<Rc<Touched>> {
        let Claim { on_unknown, on_overlap, .. } = self.claims[claim as usize];
        let key = (question, formula, on_overlap);
        if let Some(known) = self.touched.get(&key) {
            return known.clone();
        }
        let mut positive = Vec::new();
        let mut any = false;
        self.v.formulas.literals(formula, |atom, is_positive| {
            if hosting.hosted.binary_search(&atom).is_ok() {
                any = true;
                if is_positive {
                    positive.push(atom);
                }
            }
        });
        let touched = any.then(|| {
            let known = answer(hosting, CLASS_KNOWN, None, on_unknown, on_overlap);
            let otherwise = self.v.formulas.assign(formula, &known, &mut FxHashMap::default());
            Rc::new(Touched { positive, otherwise })
        });
        self.touched.insert(key, touched.clone());
        touched
    }

    /// What is left of the claims at these places, together with those that are not touched, in order.
    fn assign(
        &mut self,
        hosting: &Hosting,
        class: u32,
        says: Option<&Says>,
        alive: &[Alive],
        places: &[u32],
        untouched: &[Alive],
    ) -> Vec<Alive> {
        let mut memos: [FxHashMap<FormulaId, FormulaId>; 4] = Default::default();
        let mut next: Vec<Alive> = untouched.to_vec();
        for place in places {
            let (claim, formula) = alive[*place as usize];
            let Claim { on_unknown, on_overlap, .. } = self.claims[claim as usize];
            let memo = &mut memos[usize::from(on_unknown) * 2 + usize::from(on_overlap)];
            let known = answer(hosting, class, says, on_unknown, on_overlap);
            let left = self.v.formulas.assign(formula, &known, memo);
            if left != FormulaId::FALSE {
                next.push((claim, left));
            }
        }
        next.sort_unstable();
        next
    }

    /// What is left of the claims where these atoms are announced. What is not announced may hold all the same, and be announced
    /// elsewhere: here it proves nothing.
    fn assign_hits(&mut self, hosting: &Hosting, holds: &[AtomId], alive: &[Alive]) -> Vec<Alive> {
        let plain = &self.hosts.plain;
        let known = |atom: AtomId, positive: bool| {
            hosting.hosted.binary_search(&atom).ok()?;
            if holds.binary_search(&atom).is_ok() {
                Some(positive)
            } else {
                (positive && !plain.contains(&atom)).then_some(false)
            }
        };
        let mut memo = FxHashMap::default();
        let mut left: Vec<Alive> =
            alive.iter().map(|(c, f)| (*c, self.v.formulas.assign(*f, &known, &mut memo))).collect();
        left.retain(|(_, f)| *f != FormulaId::FALSE);
        left
    }

    fn hits(&mut self, at: u32, alive: &[Alive], told: &[Told]) -> Result<(), Stop> {
        let question = self.v.reader.question(at);
        let Some(hosting) = self.hostings.get(&question).cloned() else {
            return Err(Stop::Budget(super::OverBudget));
        };
        let places: Vec<u32> = (0..alive.len() as u32).collect();
        let fact = self.v.reader.only_fact(question);
        let about = fact.map(About::Fact);
        let before = told.iter().find(|(a, _)| Some(a) == about.as_ref()).map(|(_, status)| *status);
        let can_be = |status: u32| before.is_none_or(|b| b == status);
        for class in [CLASS_ABSENT, CLASS_UNKNOWN].into_iter().filter(|c| can_be(*c)) {
            let next = self.assign(&hosting, class, None, alive, &places, &[]);
            let leaf = self.child(at, class, 2, hit::AT_END);
            self.ends.reached(leaf, &next);
        }
        if !can_be(CLASS_KNOWN) {
            return Ok(());
        }
        // What each leaf holds must be justified by the hits that lead to it.
        let mut leaves: Vec<(u32, u32, u32)> = Vec::new();
        for class in &hosting.classes {
            for (place, says) in [(hit::WITHIN, &hosting.says), (hit::AT_END, &hosting.at_end)] {
                if place == hit::WITHIN && *class == CLASS_KNOWN {
                    // Passing it counts for nothing.
                    continue;
                }
                let holds = says.get(class).map_or(&[][..], |s| &s.holds);
                let next = self.assign_hits(&hosting, holds, alive);
                let leaf = self.child(at, *class, 2, place);
                self.ends.passed(leaf, &next);
                leaves.push((*class, place, leaf));
            }
        }
        // What a claim needs must be announced by leaves that hold it.
        for (claim, formula) in alive {
            let none = self.assign_hits(&hosting, &[], &[(*claim, *formula)]);
            let mut needed: Vec<AtomId> = Vec::new();
            if none.is_empty() {
                self.v.formulas.literals(*formula, |atom, _| needed.push(atom));
                needed.retain(|atom| hosting.hosted.binary_search(atom).is_ok());
            } else if leaves
                .iter()
                .any(|(_, place, leaf)| *place == hit::AT_END && !self.ends.holds(*leaf, *claim))
            {
                self.ends.missed(*claim);
            }
            let held: Vec<u32> =
                leaves.iter().filter(|l| self.ends.holds(l.2, *claim)).map(|l| l.0 * 2 + l.1).collect();
            for atom in needed {
                if self.assign_hits(&hosting, &[atom], &[(*claim, *formula)]).is_empty() {
                    continue;
                }
                if !self.announced(question, atom, &held)? {
                    self.ends.missed(*claim);
                }
            }
        }
        Ok(())
    }

    /// Whether all texts that pass an atom's test lead to one of these leaves.
    fn announced(&mut self, question: Question, atom: AtomId, leaves: &[u32]) -> Result<bool, Stop> {
        let key = (question, atom, leaves.to_vec());
        if let Some(known) = self.announced.get(&key) {
            return Ok(*known);
        }
        let of = |place: u32| leaves.iter().filter(|l| *l % 2 == place).map(|l| l / 2).collect();
        let classes = Announced { within: of(hit::WITHIN), at_end: of(hit::AT_END) };
        let test = &self.v.formulas.tests[atom as usize];
        let all = self.v.reader.all_announced(question, test, &classes, &mut self.v.budget)?;
        self.announced.insert(key, all);
        Ok(all)
    }
}

/// Ways to see one term of a formula decided: as bits, the diagrams that decide all of it without hits, and those that need one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Ways {
    plain: u64,
    hit: u64,
}

/// Most kinds of terms.
const MAX_TERMS: usize = 256;

impl Validation<'_> {
    /// Whether for each term of a formula one of the diagrams decides all its literals: then where the formula holds, one of them
    /// knows. At most 64 diagrams; `None` when the terms are too many kinds.
    pub(super) fn covered(&self, formula: FormulaId, hosts: &[&Hosts]) -> Option<bool> {
        // What always holds is decided by any diagram, but by none if there is none.
        let any = 1u64.checked_shl(hosts.len() as u32).map_or(u64::MAX, |bit| bit - 1);
        Some(self.ways(formula, hosts)?.iter().all(|w| (w.plain | w.hit) & any != 0))
    }

    fn ways(&self, formula: FormulaId, hosts: &[&Hosts]) -> Option<Vec<Ways>> {
        let bits = |holds: &dyn Fn(&Hosts) -> bool| {
            hosts.iter().enumerate().fold(0u64, |bits, (i, h)| bits | u64::from(holds(h)) << i)
        };
        let mut out = match self.formulas.node(formula) {
            Node::Constant(false) => Vec::new(),
            Node::Constant(true) => vec![Ways { plain: u64::MAX, hit: 0 }],
            Node::Literal { atom, positive } => vec![Ways {
                plain: bits(&|h| h.plain.contains(atom)),
                hit: if *positive { bits(&|h| h.hit.contains(atom)) } else { 0 },
            }],
            Node::Any(parts) => {
                let mut out = Vec::new();
                for part in parts {
                    out.extend(self.ways(*part, hosts)?);
                    out.sort_unstable();
                    out.dedup();
                }
                out
            }
            Node::All(parts) => {
                let mut out = vec![Ways { plain: u64::MAX, hit: 0 }];
                for part in parts {
                    let factor = self.ways(*part, hosts)?;
                    let both = |a: &Ways, b: &Ways| Ways {
                        plain: a.plain & b.plain,
                        hit: (a.plain & b.hit) | (a.hit & b.plain),
                    };
                    out = out.iter().flat_map(|a| factor.iter().map(move |b| both(a, b))).collect();
                    out.sort_unstable();
                    out.dedup();
                    if out.len() > MAX_TERMS {
                        return None;
                    }
                }
                out
            }
            // One of them is enough, all of it.
            Node::Same(parts) => {
                let mut plain = 0;
                let mut hit = 0;
                for part in parts {
                    let ways = self.ways(*part, hosts)?;
                    plain |= ways.iter().fold(u64::MAX, |all, w| all & w.plain);
                    hit |= ways.iter().fold(u64::MAX, |all, w| all & (w.plain | w.hit));
                }
                vec![Ways { plain, hit: hit & !plain }]
            }
        };
        out.dedup();
        (out.len() <= MAX_TERMS).then_some(out)
    }
}
