//! What the classes of an automaton say of patterns: each automaton of an image is run beside automata that are made anew from
//! the source's globs, over every text at once.

use super::automaton::{Automaton, Edges, Place};
use super::pattern::{Nfa, Reached, Regex};
use super::{Budget, OverBudget};
use rustc_hash::{FxHashMap, FxHashSet};
use std::rc::Rc;

/// Classes in ascending order.
#[derive(Clone, Debug, Default)]
pub(super) struct Verdict {
    /// All texts of the class match.
    pub(super) holds: Vec<u32>,
    /// Some match and some do not.
    pub(super) cut: Vec<u32>,
}

/// Where an automaton announces that a text matches a pattern: only there is it certain.
/// Classes in ascending order.
#[derive(Clone, Debug, Default)]
pub(super) struct Announced {
    /// A state of the class is left by a byte.
    pub(super) within: Vec<u32>,
    /// The run ends in a state of the class.
    pub(super) at_end: Vec<u32>,
}

/// Pairs of states that are looked at for several patterns together, for each state that the automaton has, before they are
/// looked at apart: patterns that float multiply.
const PAIRS_PER_STATE: usize = 4;
const FEWEST_PAIRS: usize = 4096;

/// What the classes of an automaton say of patterns. With `whole`, `None` for a pattern that some class cuts.
pub(super) fn verdicts(
    automaton: Automaton<'_>,
    patterns: &[&Regex],
    whole: bool,
    budget: &mut Budget,
) -> Result<Vec<Option<Verdict>>, OverBudget> {
    let mut out: Vec<Option<Verdict>> = vec![None; patterns.len()];
    let (floating, fixed): (Vec<u32>, Vec<u32>) =
        (0..patterns.len() as u32).partition(|p| patterns[*p as usize].floats(automaton.reversed));
    let mut open: Vec<Vec<u32>> = floating.into_iter().map(|p| vec![p]).collect();
    open.push(fixed);
    let mut states = None;
    while let Some(mut together) = open.pop() {
        if together.is_empty() {
            continue;
        }
        let limit = match (together.len(), states) {
            (1, _) => usize::MAX,
            (_, Some(states)) => PAIRS_PER_STATE * states + FEWEST_PAIRS,
            (_, None) => {
                let count = count_states(automaton, budget)?;
                states = Some(count);
                PAIRS_PER_STATE * count + FEWEST_PAIRS
            }
        };
        let regexes = together.iter().map(|p| patterns[*p as usize]);
        let nfa = Nfa::new(regexes, automaton.reversed);
        let Explored { verdicts, finished, cut } =
            Side::new(automaton, &nfa).explore(limit, whole, budget)?;
        if finished {
            for (local, verdict) in verdicts.into_iter().enumerate() {
                out[together[local] as usize] = verdict;
            }
            continue;
        }
        let mut cut = cut.into_iter();
        together.retain(|_| !(whole && cut.next() == Some(true)));
        let (a, b) = together.split_at(together.len() / 2);
        open.extend([a.to_vec(), b.to_vec()]);
    }
    Ok(out)
}

fn count_states(automaton: Automaton<'_>, budget: &mut Budget) -> Result<usize, OverBudget> {
    let mut seen = FxHashSet::default();
    let mut open = vec![automaton.first()];
    while let Some(place) = open.pop() {
        if seen.insert(place) {
            budget.spend(1)?;
            let Edges { told, rest } = automaton.edges(place);
            open.push(rest);
            open.extend(told.into_iter().map(|(_, to)| to));
        }
    }
    Ok(seen.len())
}

/// Sets of numbers, each held once.
#[derive(Default)]
struct Interned {
    ids: FxHashMap<Rc<[u32]>, u32>,
    all: Vec<Rc<[u32]>>,
}

impl Interned {
    fn id(&mut self, set: Vec<u32>) -> u32 {
        let set: Rc<[u32]> = set.into();
        *self.ids.entry(set).or_insert_with_key(|set| {
            self.all.push(set.clone());
            self.all.len() as u32 - 1
        })
    }
}

/// What was found of patterns within a limit.
struct Explored {
    /// By pattern; `None` where a cut is all that was asked for, and all that was found.
    verdicts: Vec<Option<Verdict>>,
    /// Whether there were no more pairs than the limit.
    finished: bool,
    /// For each pattern whether a class cuts it.
    cut: Vec<bool>,
}

/// Where the bytes lead from a set of live states.
struct Step {
    told: Vec<(u8, (u32, u32))>,
    /// `None`: no byte is left.
    rest: Option<(u32, u32)>,
}

/// An automaton of an image and one of patterns, side by side.
struct Side<'a> {
    automaton: Automaton<'a>,
    nfa: &'a Nfa,
    /// Sets of live states.
    live: Interned,
    /// Sets of patterns.
    sets: Interned,
    steps: FxHashMap<u32, Rc<Step>>,
    edges: FxHashMap<Place, Rc<Edges>>,
    unions: FxHashMap<(u32, u32), u32>,
    accepting: FxHashMap<u32, u32>,
}

/// A state of both: the image's, the live states, the patterns that match whatever follows.
type Pair = (Place, u32, u32);

impl<'a> Side<'a> {
    fn new(automaton: Automaton<'a>, nfa: &'a Nfa) -> Self {
        let mut sets = Interned::default();
        sets.id(Vec::new());
        Self {
            automaton,
            nfa,
            live: Interned::default(),
            sets,
            steps: FxHashMap::default(),
            edges: FxHashMap::default(),
            unions: FxHashMap::default(),
            accepting: FxHashMap::default(),
        }
    }

    fn ids(&mut self, reached: Reached) -> (u32, u32) {
        (self.live.id(reached.live), self.sets.id(reached.certain))
    }

    fn step(&mut self, live: u32) -> Rc<Step> {
        if let Some(known) = self.steps.get(&live) {
            return known.clone();
        }
        let (told, rest) = self.nfa.step(&self.live.all[live as usize].clone());
        let told = told.into_iter().map(|(b, r)| (b, self.ids(r))).collect();
        let rest = rest.map(|r| self.ids(r));
        let step = Rc::new(Step { told, rest });
        self.steps.insert(live, step.clone());
        step
    }

    fn edges(&mut self, place: Place) -> Rc<Edges> {
        let automaton = self.automaton;
        self.edges.entry(place).or_insert_with(|| Rc::new(automaton.edges(place))).clone()
    }

    fn union(&mut self, a: u32, b: u32) -> u32 {
        if b == 0 || a == b {
            return a;
        }
        if a == 0 {
            return b;
        }
        if let Some(known) = self.unions.get(&(a, b)) {
            return *known;
        }
        let mut all = [&*self.sets.all[a as usize], &*self.sets.all[b as usize]].concat();
        all.sort_unstable();
        all.dedup();
        let id = self.sets.id(all);
        self.unions.insert((a, b), id);
        id
    }

    /// The patterns that match a text that ends here.
    fn matching(&mut self, live: u32, certain: u32) -> u32 {
        let accepting = match self.accepting.get(&live) {
            Some(known) => *known,
            None => {
                let set = self.nfa.accepting(&self.live.all[live as usize]);
                let id = self.sets.id(set);
                self.accepting.insert(live, id);
                id
            }
        };
        self.union(certain, accepting)
    }

    fn first(&mut self) -> Pair {
        let (live, certain) = self.ids(self.nfa.start());
        (self.automaton.first(), live, certain)
    }

    /// All that one byte more can lead to.
    fn next(&mut self, pair: Pair, out: &mut Vec<Pair>) {
        self.each_next(pair, |_, next| out.push(next));
    }

    /// The same with the byte; `None` for all bytes that are not told.
    fn each_next(&mut self, (place, live, certain): Pair, mut found: impl FnMut(Option<u8>, Pair)) {
        let edges = self.edges(place);
        let step = self.step(live);
        let (mut left, mut right) = (edges.told.as_slice(), step.told.as_slice());
        let mut told = 0;
        loop {
            let byte = match (left.first(), right.first()) {
                (Some((l, _)), Some((r, _))) => (*l).min(*r),
                (Some((l, _)), None) => *l,
                (None, Some((r, _))) => *r,
                (None, None) => break,
            };
            told += 1;
            let to = match left.split_first() {
                Some(((b, to), tail)) if *b == byte => {
                    left = tail;
                    *to
                }
                _ => edges.rest,
            };
            let reached = match right.split_first() {
                Some(((b, reached), tail)) if *b == byte => {
                    right = tail;
                    Some(*reached)
                }
                _ => step.rest,
            };
            if let Some((live, more)) = reached {
                found(Some(byte), (to, live, self.union(certain, more)));
            }
        }
        if let (true, Some((live, more))) = (told < 256, step.rest) {
            found(None, (edges.rest, live, self.union(certain, more)));
        }
    }

    /// A byte that neither side tells, one that is easily read if there is one.
    fn untold(&mut self, (place, live, _): Pair) -> Option<u8> {
        let (edges, step) = (self.edges(place), self.step(live));
        let told = |byte: u8| {
            edges.told.binary_search_by_key(&byte, |(b, _)| *b).is_ok()
                || step.told.binary_search_by_key(&byte, |(b, _)| *b).is_ok()
        };
        (b'a'..=b'z').chain(b'0'..=b'9').chain(1..=u8::MAX).find(|b| !told(*b))
    }

    /// The verdicts, as far as they were found within a limit of pairs. With `whole`, a pattern that is cut is not looked at further.
    fn explore(mut self, limit: usize, whole: bool, budget: &mut Budget) -> Result<Explored, OverBudget> {
        let mut seen: FxHashSet<Pair> = FxHashSet::default();
        let mut by_class: FxHashMap<u32, u32> = FxHashMap::default();
        let mut compared: FxHashSet<(u32, u32)> = FxHashSet::default();
        let mut cut: FxHashSet<(u32, u32)> = FxHashSet::default();
        let mut any_cut = vec![false; self.nfa.patterns() as usize];
        let mut uncut = any_cut.len();
        let first = self.first();
        let mut open = vec![first];
        seen.insert(first);
        let mut next = Vec::new();
        while let Some(pair) = open.pop() {
            budget.spend(1)?;
            if seen.len() > limit {
                return Ok(Explored { verdicts: Vec::new(), finished: false, cut: any_cut });
            }
            let class = self.automaton.class(pair.0);
            let matching = self.matching(pair.1, pair.2);
            if compared.insert((class, matching)) {
                let known = *by_class.entry(class).or_insert(matching);
                if known != matching {
                    let (a, b) = (&self.sets.all[known as usize], &self.sets.all[matching as usize]);
                    budget.spend(a.len() + b.len())?;
                    let only_a = a.iter().filter(|p| b.binary_search(p).is_err());
                    let only_b = b.iter().filter(|p| a.binary_search(p).is_err());
                    for pattern in only_a.chain(only_b) {
                        cut.insert((class, *pattern));
                        uncut -= usize::from(!std::mem::replace(&mut any_cut[*pattern as usize], true));
                    }
                    if whole && uncut == 0 {
                        break;
                    }
                }
            }
            self.next(pair, &mut next);
            open.extend(next.drain(..).filter(|n| seen.insert(*n)));
        }
        let mut verdicts: Vec<Option<Verdict>> =
            any_cut.iter().map(|cut| (!(whole && *cut)).then(Verdict::default)).collect();
        for (class, set) in by_class {
            for pattern in self.sets.all[set as usize].iter().filter(|p| !cut.contains(&(class, **p))) {
                if let Some(verdict) = &mut verdicts[*pattern as usize] {
                    verdict.holds.push(class);
                }
            }
        }
        for (class, pattern) in cut {
            if let Some(verdict) = &mut verdicts[pattern as usize] {
                verdict.cut.push(class);
            }
        }
        for verdict in verdicts.iter_mut().flatten() {
            verdict.holds.sort_unstable();
            verdict.cut.sort_unstable();
        }
        Ok(Explored { verdicts, finished: true, cut: any_cut })
    }

    /// All pairs.
    fn pairs(&mut self, budget: &mut Budget) -> Result<Vec<Pair>, OverBudget> {
        let first = self.first();
        let mut seen: FxHashSet<Pair> = FxHashSet::default();
        seen.insert(first);
        let mut pairs = vec![first];
        let mut next = Vec::new();
        let mut at = 0;
        while let Some(pair) = pairs.get(at).copied() {
            budget.spend(1)?;
            self.next(pair, &mut next);
            pairs.extend(next.drain(..).filter(|n| seen.insert(*n)));
            at += 1;
        }
        Ok(pairs)
    }
}

/// Texts, shortest first: one for each class of an automaton together with each set of patterns that match, as far as `budget`
/// pairs of states show them.
pub(super) fn samples(
    automaton: Automaton<'_>,
    patterns: &[&Regex],
    most: usize,
    budget: &mut Budget,
) -> Vec<Vec<u8>> {
    let nfa = Nfa::new(patterns.iter().copied(), automaton.reversed);
    let mut side = Side::new(automaton, &nfa);
    let first = side.first();
    let mut seen: FxHashSet<Pair> = FxHashSet::default();
    seen.insert(first);
    // Each with the one before it, and the byte between.
    let mut pairs: Vec<(Pair, usize, u8)> = vec![(first, 0, 0)];
    let mut found: FxHashSet<(u32, u32)> = FxHashSet::default();
    let mut texts = Vec::new();
    let mut at = 0;
    while let Some((pair, ..)) = pairs.get(at).copied() {
        if texts.len() == most || budget.spend(1).is_err() {
            break;
        }
        if found.insert((automaton.class(pair.0), side.matching(pair.1, pair.2))) {
            let mut text = Vec::new();
            let mut from = at;
            while from != 0 {
                text.push(pairs[from].2);
                from = pairs[from].1;
            }
            if !automaton.reversed {
                text.reverse();
            }
            texts.push(text);
        }
        let untold = side.untold(pair);
        side.each_next(pair, |byte, next| {
            if let Some(byte) = byte.or(untold)
                && byte != 0
                && seen.insert(next)
            {
                pairs.push((next, at, byte));
            }
        });
        at += 1;
    }
    texts
}

/// Where an automaton can announce that a text matches a pattern: a state of a class that is left by a byte, or in which the run
/// ends, whichever text led there.
pub(super) fn announcements(
    automaton: Automaton<'_>,
    pattern: &Regex,
    budget: &mut Budget,
) -> Result<Announced, OverBudget> {
    let nfa = Nfa::new(std::iter::once(pattern), automaton.reversed);
    let mut side = Side::new(automaton, &nfa);
    let mut within: FxHashMap<u32, bool> = FxHashMap::default();
    let mut at_end: FxHashMap<u32, bool> = FxHashMap::default();
    let mut next = Vec::new();
    for pair in side.pairs(budget)? {
        let class = automaton.class(pair.0);
        let after = pair.2 != 0 || {
            side.next(pair, &mut next);
            next.drain(..).all(|(_, _, certain)| certain != 0)
        };
        *within.entry(class).or_insert(true) &= after;
        *at_end.entry(class).or_insert(true) &= side.matching(pair.1, pair.2) != 0;
    }
    let sorted = |held: FxHashMap<u32, bool>| {
        let mut classes: Vec<u32> = held.into_iter().filter(|(_, held)| *held).map(|(c, _)| c).collect();
        classes.sort_unstable();
        classes
    };
    Ok(Announced { within: sorted(within), at_end: sorted(at_end) })
}

/// Whether each text that matches a pattern is announced where these classes say so.
pub(super) fn all_announced(
    automaton: Automaton<'_>,
    pattern: &Regex,
    announced: &Announced,
    budget: &mut Budget,
) -> Result<bool, OverBudget> {
    let nfa = Nfa::new(std::iter::once(pattern), automaton.reversed);
    let mut side = Side::new(automaton, &nfa);
    let first = side.first();
    let mut seen: FxHashSet<Pair> = FxHashSet::default();
    seen.insert(first);
    let mut open = vec![first];
    let mut next = Vec::new();
    while let Some(pair) = open.pop() {
        budget.spend(1)?;
        let class = automaton.class(pair.0);
        if side.matching(pair.1, pair.2) != 0 && announced.at_end.binary_search(&class).is_err() {
            return Ok(false);
        }
        // What follows a class that announces it needs no second look.
        if announced.within.binary_search(&class).is_err() {
            side.next(pair, &mut next);
            open.extend(next.drain(..).filter(|n| seen.insert(*n)));
        }
    }
    Ok(true)
}

/// Whether the automaton's class is `yes` for exactly the texts that pass. Each pattern belongs to one of `tests` tests, which
/// holds where one of its patterns matches; `passes` tells from them.
pub(super) fn agrees(
    automaton: Automaton<'_>,
    patterns: &[(usize, Regex)],
    tests: usize,
    yes: u32,
    passes: &dyn Fn(&[bool]) -> bool,
    budget: &mut Budget,
) -> Result<bool, OverBudget> {
    let nfa = Nfa::new(patterns.iter().map(|(_, r)| r), automaton.reversed);
    let mut side = Side::new(automaton, &nfa);
    for pair in side.pairs(budget)? {
        budget.spend(tests)?;
        let matching = side.matching(pair.1, pair.2);
        let mut holds = vec![false; tests];
        side.sets.all[matching as usize].iter().for_each(|p| holds[patterns[*p as usize].0] = true);
        if passes(&holds) != (automaton.class(pair.0) == yes) {
            return Ok(false);
        }
    }
    Ok(true)
}
