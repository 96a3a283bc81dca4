//! Translation validation: proof that the tables of a build mean what its model means.
//!
//! ```text
//! Model ─► formulas over literals ─┐
//!                                  ├─► every way through every diagram: the leaf holds a clause exactly if its formula holds
//! Image ─► what its classes say ───┘
//! ```
//!
//! What is proved: for every event, the ranks that the image finds are those of the clauses that apply. The verdict, for every set
//! of muted policies, is a function of those ranks and of the table of clauses, which is compared as well; the columns of a leaf
//! follow from its ranks, which [`Image::load`](warmor_policy::image::Image::load) checks.
//!
//! How: a *question* is a classifier of a fact. For each class of a question, and each literal that the source asks of the fact, the
//! class lies inside the literal's set, outside of it, or across. For texts that is shown by running the automaton beside one that is made anew from
//! the source, over all texts at once; for numbers and addresses by comparing bounds. Then each diagram is walked with the
//! formulas of its clauses, on all ways. At a leaf each formula is true, false, or not settled. A clause that the leaf holds must be true; one
//! that it does not hold must be false, or else the diagram is not *complete* for the clause. Several diagrams may share a clause: then each term
//! of its formula must be decided by one that is complete for it. That a key of a table determines the decision is part of this: where
//! a class lies across a literal, the formula is not settled.
//!
//! An artifact has the tables of its kernel part as they are, and others as the data of its module: [`module_image`] shows that the module
//! is the fixed runner, and gives those. Where a proof fails, [`witness`](witness()) looks for an event that shows why.
//!
//! What is trusted: the parser, the resolver and the checker; `Model::clauses`; [`Image::load`](warmor_policy::image::Image::load); the
//! evaluator of images (its loops step the automata as `automaton` here reads them, which property tests compare), and what follows it: the C
//! programs, clang, the extraction of events. Nothing of `lower` is used but the names of its parts, and the runner
//! with the place of its tables; and no assumption of the source.

mod automaton;
mod clauses;
mod feasible;
mod formula;
mod hosting;
mod line;
mod module;
mod pattern;
mod text;
mod walk;
mod witness;

pub use module::{NotRunner, module_image};
pub use witness::{Witness, witness};

use crate::lower::Part;
use crate::model::Model;
use formula::{AtomId, FormulaId, Formulas};
use hosting::Reader;
use rustc_hash::{FxHashMap, FxHashSet};
use std::rc::Rc;
use walk::{Alive, Claim, Ends, Hosts, How};
use warmor_policy::image::{CLAUSE_WORDS, Image, POLICY_WORDS, header, leaf, place};
use warmor_policy::schema::Action;

/// What makes the proofs, with its version: another number where something else counts as proved.
pub const VALIDATOR: &str = "warmor validate 1";

/// Steps of the default budget, of which ten thousand rules take a tenth: a minute at worst.
pub const DEFAULT_BUDGET: u64 = 400_000_000;

/// What was proved, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Proof {
    /// Clauses of the source.
    pub clauses: usize,
    /// Diagrams that were walked.
    pub diagrams: usize,
    /// Atoms of the source: tests of one fact, or of two.
    pub atoms: usize,
    /// Steps that it took.
    pub steps: u64,
}

/// Why an image is not proved to mean what its model means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalid {
    /// The table of clauses or of policies says something else of this clause or policy.
    Table(u32),
    /// The image finds this clause on an action where the source does not say that it applies.
    Unjustified(u32, Action),
    /// The image can miss this clause on an action.
    Missing(u32, Action),
    /// The work is more than the budget: nothing is known.
    Budget,
}

impl std::fmt::Display for Invalid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Table(at) => {
                write!(f, "the tables describe clause or policy {at} otherwise than the source")
            }
            Self::Unjustified(rank, action) => {
                write!(
                    f,
                    "the tables apply clause {rank} to events of `{}` that the source does not cover",
                    action.name()
                )
            }
            Self::Missing(rank, action) => {
                write!(
                    f,
                    "the tables are not proved to apply clause {rank} to all events of `{}` that the source covers",
                    action.name()
                )
            }
            Self::Budget => write!(f, "the proof takes more work than its budget"),
        }
    }
}

impl std::error::Error for Invalid {}

/// Most alternatives that a clause or a scope is looked at by.
const MAX_TERMS: usize = 4096;

/// The budget is spent.
#[derive(Clone, Copy, Debug)]
struct OverBudget;

/// Work that is left.
struct Budget {
    left: u64,
}

impl Budget {
    fn spend(&mut self, steps: usize) -> Result<(), OverBudget> {
        self.left = self.left.checked_sub(steps as u64).ok_or(OverBudget)?;
        Ok(())
    }
}

/// Why a walk ends early.
enum Stop {
    Budget(OverBudget),
    /// A diagram holds this clause without a reason.
    Unjustified(u32),
}

impl From<OverBudget> for Stop {
    fn from(over: OverBudget) -> Self {
        Self::Budget(over)
    }
}

/// What is known of a diagram.
#[derive(Default)]
struct Diagram {
    hosts: Hosts,
    /// For each rank that was asked about, whether every event that makes its formula true as far as the diagram knows finds it.
    complete: FxHashMap<u32, bool>,
}

/// What a walk with claims of clauses found.
struct Walked {
    hosts: Hosts,
    /// For each claim, whether the diagram holds its clause on all ways on which the claim is not false.
    complete: Vec<bool>,
    /// Clauses that the diagram holds on a way on which none of their claims is true.
    suspects: FxHashSet<u32>,
}

/// A walk with claims, while it is under way.
struct Found<'a> {
    claims: &'a [(u32, Claim)],
    held: &'a dyn Fn(u32) -> Rc<[u32]>,
    complete: Vec<bool>,
    suspects: FxHashSet<u32>,
}

impl Found<'_> {
    fn compare(&mut self, end: u32, alive: &[Alive], all: bool) {
        let about = |a: &&Alive| self.claims[a.0 as usize].0;
        let mut left = alive.iter().peekable();
        let held = (self.held)(end);
        for thing in held.iter() {
            while let Some((claim, _)) = left.next_if(|a| about(a) < *thing) {
                self.complete[*claim as usize] &= !all;
            }
            let mut justified = false;
            while let Some((_, formula)) = left.next_if(|a| about(a) == *thing) {
                justified |= *formula == FormulaId::TRUE;
            }
            if !justified && self.claims.binary_search_by_key(thing, |(t, _)| *t).is_ok() {
                self.suspects.insert(*thing);
            }
        }
        left.for_each(|(claim, _)| self.complete[*claim as usize] &= !all);
    }
}

impl Ends for Found<'_> {
    fn reached(&mut self, end: u32, alive: &[Alive]) {
        self.compare(end, alive, true);
    }

    fn passed(&mut self, end: u32, alive: &[Alive]) {
        self.compare(end, alive, false);
    }

    fn holds(&self, end: u32, claim: u32) -> bool {
        (self.held)(end).binary_search(&self.claims[claim as usize].0).is_ok()
    }

    fn missed(&mut self, claim: u32) {
        self.complete[claim as usize] = false;
    }
}

/// A walk through a selector: where it ends. Selectors have no hits.
#[derive(Default)]
struct Selected(Vec<(u32, Vec<Alive>)>);

impl Ends for Selected {
    fn reached(&mut self, end: u32, alive: &[Alive]) {
        self.0.push((end, alive.to_vec()));
    }

    fn passed(&mut self, end: u32, alive: &[Alive]) {
        self.reached(end, alive);
    }

    fn holds(&self, _: u32, _: u32) -> bool {
        false
    }

    fn missed(&mut self, _: u32) {}
}

/// A clause: when it applies.
struct Clause {
    scope: u32,
    claim: Claim,
    actions: Vec<Action>,
}

/// That a diagram of an action holds a clause of a scope: action, rank, scope.
type Mention = (Action, u32, u32);

/// A validation under way.
struct Validation<'m> {
    reader: Reader<'m>,
    formulas: Formulas<'m>,
    budget: Budget,
    clauses: Vec<Option<Clause>>,
    scopes: Vec<Claim>,
    /// For each scope and action the ranks of its clauses.
    by_scope: Vec<FxHashMap<u8, Vec<u32>>>,
    asked: FxHashMap<(u32, AtomId), bool>,
    ranks: FxHashMap<u32, Rc<[u32]>>,
    occurring: FxHashMap<u32, Rc<[u32]>>,
    diagrams: FxHashMap<(u32, bool), Diagram>,
    complete: FxHashMap<(u32, bool, u32), bool>,
    mentioned: FxHashMap<u32, Rc<[Mention]>>,
    unserved: FxHashMap<(u32, u32), Option<Invalid>>,
}

/// Proves that an image, lowered as `part` of a model, means what the model means, with at most `budget` steps.
///
/// # Errors
/// When it does not, or cannot be shown to.
pub fn validate(model: &Model, part: Part, image: &Image, budget: u64) -> Result<Proof, Invalid> {
    let words = image.words();
    let mut v = Validation {
        reader: Reader::new(words),
        formulas: Formulas::new(model),
        budget: Budget { left: budget },
        clauses: Vec::new(),
        scopes: Vec::new(),
        by_scope: Vec::new(),
        asked: FxHashMap::default(),
        ranks: FxHashMap::default(),
        occurring: FxHashMap::default(),
        diagrams: FxHashMap::default(),
        complete: FxHashMap::default(),
        mentioned: FxHashMap::default(),
        unserved: FxHashMap::default(),
    };
    v.read_clauses(model, part)?;
    v.selectors()?;
    Ok(Proof {
        clauses: v.clauses.len(),
        diagrams: v.diagrams.len() + words[header::SELECTOR_COUNT] as usize,
        atoms: v.formulas.tests.len(),
        steps: budget - v.budget.left,
    })
}

/// Whether a wildcard address stands for all that a socket bound to it serves.
fn serves(action: Action) -> bool {
    matches!(action, Action::Bind | Action::Listen)
}

impl Validation<'_> {
    /// The ranks of a leaf, in ascending order.
    fn ranks(&mut self, at: u32) -> Rc<[u32]> {
        let set = self.reader.word(at as usize + leaf::RANKS);
        if let Some(known) = self.ranks.get(&set) {
            return known.clone();
        }
        let mut out = Vec::new();
        if set != 0 {
            let (level, base) = place(self.reader.word(set as usize));
            self.collect_ranks(level, self.reader.word(set as usize + 1), base, &mut out);
        }
        let ranks: Rc<[u32]> = out.into();
        self.ranks.insert(set, ranks.clone());
        ranks
    }

    fn collect_ranks(&self, level: u32, at: u32, base: u32, out: &mut Vec<u32>) {
        if at == 0 {
            return;
        }
        let word = |i: u32| self.reader.word((at + i) as usize);
        if level == 0 {
            out.extend((0..32).filter(|bit| word(0) >> bit & 1 == 1).map(|bit| base + bit));
        } else {
            self.collect_ranks(level - 1, word(0), base, out);
            self.collect_ranks(level - 1, word(1), base + (32 << (level - 1)), out);
        }
    }

    /// All ranks that a diagram's leaves hold, in ascending order.
    fn occurring(&mut self, root: u32) -> Result<Rc<[u32]>, OverBudget> {
        if let Some(known) = self.occurring.get(&root) {
            return Ok(known.clone());
        }
        let mut ranks: Vec<u32> = Vec::new();
        let mut sets = FxHashSet::default();
        for end in self.ends(root)? {
            if sets.insert(self.reader.word(end as usize + leaf::RANKS)) {
                let set = self.ranks(end);
                self.budget.spend(set.len())?;
                ranks.extend_from_slice(&set);
                if ranks.len() > 1 << 16 {
                    ranks.sort_unstable();
                    ranks.dedup();
                }
            }
        }
        ranks.sort_unstable();
        ranks.dedup();
        let ranks: Rc<[u32]> = ranks.into();
        self.occurring.insert(root, ranks.clone());
        Ok(ranks)
    }

    fn claims(&self, ranks: &[u32]) -> Vec<(u32, Claim)> {
        ranks.iter().filter_map(|r| Some((*r, self.clauses[*r as usize].as_ref()?.claim))).collect()
    }

    /// Walks a diagram with claims, in the order of what they are about: ranks of clauses, say; `held` gives what an end holds, in
    /// ascending order. Of each thing that an end holds one claim must be true, or it becomes a suspect; things without a claim are left alone.
    fn walk_claims(
        &mut self,
        root: u32,
        how: How,
        claims: &[(u32, Claim)],
        held: &dyn Fn(u32) -> Rc<[u32]>,
    ) -> Result<Walked, Stop> {
        let bare: Vec<Claim> = claims.iter().map(|(_, claim)| *claim).collect();
        let mut found =
            Found { claims, held, complete: vec![true; claims.len()], suspects: FxHashSet::default() };
        let hosts = self.walk(root, &bare, how, &mut found)?;
        Ok(Walked { hosts, complete: found.complete, suspects: found.suspects })
    }

    /// The same for the claims of clauses.
    fn walk_clauses(&mut self, root: u32, how: How, claims: &[(u32, Claim)]) -> Result<Walked, Stop> {
        let mut sets: FxHashMap<u32, Rc<[u32]>> = FxHashMap::default();
        for end in self.ends(root)? {
            let set = self.ranks(end);
            sets.insert(end, set);
        }
        let empty: Rc<[u32]> = Rc::new([]);
        self.walk_claims(root, how, claims, &|end| sets.get(&end).unwrap_or(&empty).clone())
    }

    /// Walks a diagram with the clauses that it holds.
    fn look_at(&mut self, root: u32, wildcards: bool) -> Result<(), Stop> {
        if self.diagrams.contains_key(&(root, wildcards)) {
            return Ok(());
        }
        let ranks = self.occurring(root)?;
        let claims = self.claims(&ranks);
        let Walked { hosts, complete, suspects } =
            self.walk_clauses(root, How { wildcards, ..How::default() }, &claims)?;
        if !suspects.is_empty() {
            let claims: Vec<(u32, Claim)> =
                claims.iter().copied().filter(|(rank, _)| suspects.contains(rank)).collect();
            let closer =
                self.walk_clauses(root, How { wildcards, partial: true, generous: false }, &claims)?;
            if let Some(rank) = closer.suspects.iter().min() {
                return Err(Stop::Unjustified(*rank));
            }
        }
        let complete = claims.iter().map(|(rank, _)| *rank).zip(complete).collect();
        self.diagrams.insert((root, wildcards), Diagram { hosts, complete });
        Ok(())
    }

    /// Whether a list's diagrams find the clause wherever its formula holds.
    fn is_complete(&mut self, list: u32, wildcards: bool, rank: u32) -> Result<bool, Stop> {
        if let Some(known) = self.complete.get(&(list, wildcards, rank)) {
            return Ok(*known);
        }
        let roots: Vec<u32> =
            (0..self.reader.word(list as usize)).map(|i| self.reader.word((list + 1 + i) as usize)).collect();
        for root in &roots {
            self.look_at(*root, wildcards)?;
        }
        if !self.covered_by(&roots, wildcards, rank) {
            self.look_closer(list, &roots, wildcards, rank)?;
        }
        let complete = *self.complete.entry((list, wildcards, rank)).or_insert(true);
        Ok(complete)
    }

    fn covered_by(&self, roots: &[u32], wildcards: bool, rank: u32) -> bool {
        let Some(clause) = &self.clauses[rank as usize] else { return true };
        let complete = |d: &&Diagram| d.complete.get(&rank) == Some(&true);
        let known = roots.iter().filter_map(|r| self.diagrams.get(&(*r, wildcards)));
        let hosts: Vec<&Hosts> = known.filter(complete).map(|d| &d.hosts).take(64).collect();
        self.covered(clause.claim.formula, &hosts) == Some(true)
    }

    /// The alternatives of a claim that can hold.
    fn alternatives(&mut self, claim: Claim, wildcards: bool) -> Result<Vec<Claim>, OverBudget> {
        let terms = self.formulas.terms(claim.formula, MAX_TERMS).unwrap_or_else(|| vec![claim.formula]);
        let mut out = Vec::new();
        for formula in terms {
            if self.feasible(formula, claim.on_unknown, wildcards)? {
                out.push(Claim { formula, ..claim });
            }
        }
        Ok(out)
    }

    /// The same, alternative by alternative: diagrams may decide the atoms of more alternatives than they hold. For all clauses of
    /// the list at once that need it, and this one.
    fn look_closer(&mut self, list: u32, roots: &[u32], wildcards: bool, rank: u32) -> Result<(), Stop> {
        let mut ranks = vec![rank];
        for root in roots {
            let occurring = self.occurring(*root)?;
            ranks.extend(occurring.iter().filter(|r| !self.covered_by(roots, wildcards, **r)));
        }
        ranks.sort_unstable();
        ranks.dedup();
        ranks.retain(|r| !self.complete.contains_key(&(list, wildcards, *r)));
        let mut claims: Vec<(u32, Claim)> = Vec::new();
        for (rank, claim) in self.claims(&ranks) {
            for claim in self.alternatives(claim, wildcards)? {
                claims.push((rank, claim));
            }
        }
        let mut walked = Vec::new();
        for root in roots {
            walked.push(self.walk_clauses(
                *root,
                How { wildcards, partial: true, generous: true },
                &claims,
            )?);
        }
        for rank in ranks {
            self.complete.insert((list, wildcards, rank), true);
        }
        for (i, (rank, _)) in claims.iter().enumerate() {
            // Generously read, an alternative that one diagram is complete for needs no other.
            if !walked.iter().any(|w| w.complete[i]) {
                self.complete.insert((list, wildcards, *rank), false);
            }
        }
        Ok(())
    }

    fn selectors(&mut self) -> Result<(), Invalid> {
        let (at, count) = (self.reader.word(header::SELECTORS), self.reader.word(header::SELECTOR_COUNT));
        let scopes = self.scopes.clone();
        let mut terms: Vec<(u32, Claim)> = Vec::new();
        for (scope, claim) in scopes.iter().enumerate() {
            let alternatives = self.alternatives(*claim, false).map_err(|OverBudget| Invalid::Budget)?;
            terms.extend(alternatives.into_iter().map(|claim| (scope as u32, claim)));
        }
        let bare: Vec<Claim> = terms.iter().map(|(_, claim)| *claim).collect();
        let mut complete = vec![false; terms.len()];
        let mut missing: Option<Invalid> = None;
        for selector in 0..count as usize {
            let root = self.reader.word(at as usize + selector);
            for (end, alive) in self.all_ends(root, &scopes, How { partial: true, ..How::default() })? {
                let holds = |scope: u32| alive.binary_search(&(scope, FormulaId::TRUE)).is_ok();
                let unjustified = self.mentioned(end)?.iter().find(|(_, _, scope)| !holds(*scope)).copied();
                if let Some((action, rank, _)) = unjustified {
                    return Err(Invalid::Unjustified(rank, action));
                }
            }
            let mut served = vec![true; terms.len()];
            for (end, alive) in
                self.all_ends(root, &bare, How { partial: true, generous: true, wildcards: false })?
            {
                for (term, _) in alive {
                    if served[term as usize]
                        && let Some(unserved) = self.unserved(end, terms[term as usize].0)?
                    {
                        served[term as usize] = false;
                        missing.get_or_insert(unserved);
                    }
                }
            }
            complete.iter_mut().zip(served).for_each(|(complete, served)| *complete |= served);
        }
        match complete.iter().position(|complete| !complete) {
            None => Ok(()),
            Some(term) => Err(missing.unwrap_or_else(|| {
                // There is no selector at all.
                let of_scope = |c: &&Clause| c.scope == terms[term].0;
                let mut clauses = self.clauses.iter().enumerate();
                let first = clauses.find_map(|(rank, c)| Some((rank, c.as_ref().filter(of_scope)?)));
                first.map_or(Invalid::Budget, |(rank, c)| Invalid::Missing(rank as u32, c.actions[0]))
            })),
        }
    }

    /// All ways through a selector: where each ends, and what is left of the claims.
    fn all_ends(&mut self, root: u32, claims: &[Claim], how: How) -> Result<Vec<(u32, Vec<Alive>)>, Invalid> {
        let mut selected = Selected::default();
        self.walk(root, claims, how, &mut selected).map_err(|_| Invalid::Budget)?;
        Ok(selected.0)
    }

    /// What the diagrams at a selector's end hold: for each scope one of its clauses, with an action. Each diagram is looked at.
    fn mentioned(&mut self, end: u32) -> Result<Rc<[Mention]>, Invalid> {
        if let Some(known) = self.mentioned.get(&end) {
            return Ok(known.clone());
        }
        let mut out: Vec<Mention> = Vec::new();
        let mut seen: FxHashSet<u32> = FxHashSet::default();
        for action in Action::all() {
            let list = self.reader.word((end + 1) as usize + action as usize);
            let count = if list == 0 { 0 } else { self.reader.word(list as usize) };
            for i in 0..count {
                let root = self.reader.word((list + 1 + i) as usize);
                self.look_at(root, serves(action)).map_err(|stop| match stop {
                    Stop::Budget(OverBudget) => Invalid::Budget,
                    Stop::Unjustified(rank) => Invalid::Unjustified(rank, action),
                })?;
                let occurring = self.occurring(root).map_err(|_| Invalid::Budget)?;
                self.budget.spend(occurring.len()).map_err(|_| Invalid::Budget)?;
                for rank in occurring.iter() {
                    match &self.clauses[*rank as usize] {
                        Some(clause) if clause.actions.contains(&action) => {
                            if seen.insert(clause.scope) {
                                out.push((action, *rank, clause.scope));
                            }
                        }
                        _ => return Err(Invalid::Unjustified(*rank, action)),
                    }
                }
            }
        }
        let out: Rc<[_]> = out.into();
        self.mentioned.insert(end, out.clone());
        Ok(out)
    }

    /// A clause of a scope that the diagrams at a selector's end can miss.
    fn unserved(&mut self, end: u32, scope: u32) -> Result<Option<Invalid>, Invalid> {
        if let Some(known) = self.unserved.get(&(end, scope)) {
            return Ok(*known);
        }
        let mut found = None;
        for action in Action::all() {
            let list = self.reader.word((end + 1) as usize + action as usize);
            for rank in self.clauses_of(scope, action) {
                self.budget.spend(1).map_err(|_| Invalid::Budget)?;
                let complete = list != 0
                    && self.is_complete(list, serves(action), rank).map_err(|stop| match stop {
                        Stop::Budget(OverBudget) => Invalid::Budget,
                        Stop::Unjustified(rank) => Invalid::Unjustified(rank, action),
                    })?;
                if !complete {
                    found.get_or_insert(Invalid::Missing(rank, action));
                }
            }
        }
        self.unserved.insert((end, scope), found);
        Ok(found)
    }
}
