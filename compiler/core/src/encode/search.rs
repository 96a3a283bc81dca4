//! The search for an event of which a formula holds: a solver proposes, the text engine disposes.
//!
//! A solver knows texts only by the outcome of their tests. So what it proposes is reduced to the outcomes that matter, and if no
//! text has them, an irreducible part of them that excludes itself is added as a lemma, and the solver tries again. Each lemma
//! takes away at least one of finitely many proposals. What remains is replayed on the reference evaluator before anyone sees
//! it.

use super::decision::Decisions;
use super::decode::{self, Assignment};
use super::formula::{Formula, Witness};
use super::realise::{Literals, Realised, Realiser};
use super::terms::{Node, Term, Terms};
use super::vocabulary::{FactTerms, Place, TextAtom, TextId, Vocabulary};
use super::{implicant, smtlib, texts};
use rustc_hash::{FxHashMap, FxHashSet};

/// Something that decides whether terms can be true together.
pub trait Solver {
    /// Adds what must be true.
    fn assert(&mut self, terms: &Terms, formula: Term);
    /// Whether everything that was added can be true.
    fn check(&mut self) -> Satisfiable;
    /// The value of a variable where the last check said that it can; 0 or 1 for a Boolean.
    fn value(&mut self, terms: &Terms, variable: Term) -> u128;
}

/// A solver's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Satisfiable {
    /// There are values of the variables.
    Yes,
    /// There are none.
    No,
    /// The solver gave up, for this reason.
    Unknown(String),
}

/// What a search may cost, beside the solver's own time.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Proposals that are tried.
    pub proposals: u32,
    /// States of automata that are looked at for one question about a text.
    pub text_states: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { proposals: 10_000, text_states: 1 << 20 }
    }
}

/// The answer to "does this hold of every event?".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It does.
    Proved,
    /// It does not: here is one of which it does not hold. The reference evaluator agrees.
    Refuted(Box<Witness>),
    /// It is not known.
    Inconclusive(Cause),
}

/// Why an answer is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The solver gave up.
    Solver(String),
    /// The exact engine gave up.
    Exact(&'static str),
    /// A question about a text needs more states than allowed.
    Texts,
    /// More proposals were wrong than allowed.
    Proposals,
    /// No event can carry what was found, for it needs too many ancestors.
    Ancestors,
    /// What was found is no witness to the reference evaluator: the encoding is wrong.
    Replay(Box<Witness>),
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Solver(reason) => write!(f, "the solver gave up: {reason}"),
            Self::Exact(reason) => write!(f, "the exact engine cannot tell: {reason}"),
            Self::Texts => f.write_str("the tests of one text need more states than the budget allows"),
            Self::Proposals => f.write_str("more proposals were tried than the budget allows"),
            Self::Ancestors => {
                f.write_str("the events in question have more ancestors than an event can carry")
            }
            Self::Replay(_) => {
                f.write_str("the reference evaluator does not agree, which is a defect of the prover")
            }
        }
    }
}

/// A formula for which an event is sought, as terms.
#[derive(Debug)]
pub struct Problem<'m> {
    sought: Formula<'m>,
    vocabulary: Vocabulary<'m>,
    decisions: Decisions,
    goal: Term,
    /// What the variables of lists and ancestors mean.
    meaning: Vec<Term>,
    /// What holds of every event.
    known: Vec<Term>,
    /// What was learned about texts.
    learned: Vec<Term>,
    /// The texts whose clusters of tests are learned.
    clustered: FxHashSet<TextId>,
}

impl<'m> Problem<'m> {
    /// The search for an event of which the formula holds.
    pub fn new(sought: Formula<'m>) -> Self {
        let mut vocabulary = Vocabulary::new();
        let mut decisions = Decisions::default();
        for model in sought.models() {
            vocabulary.model(model);
        }
        let goal = sought.term(&mut vocabulary, &mut decisions);
        let meaning = vocabulary.meaning();
        let mut known = vocabulary.domain();
        known.extend(texts::lemmas(&mut vocabulary));
        Self {
            sought,
            vocabulary,
            decisions,
            goal,
            meaning,
            known,
            learned: Vec::new(),
            clustered: FxHashSet::default(),
        }
    }

    /// What is sought.
    pub fn sought(&self) -> &Formula<'m> {
        &self.sought
    }

    /// The terms.
    pub fn terms(&self) -> &Terms {
        &self.vocabulary.terms
    }

    /// What must be true together, lemmas that a search has learned included.
    pub fn assertions(&self) -> Vec<Term> {
        let all = self.known.iter().chain(&self.learned).chain(&self.meaning);
        all.copied().chain([self.goal]).collect()
    }

    /// Lemmas that a search has learned.
    pub fn learned(&self) -> usize {
        self.learned.len()
    }

    /// The problem as SMT-LIB 2 text, with the lemmas learned so far: what is not satisfiable there is not satisfiable.
    pub fn smtlib(&self) -> String {
        smtlib::script(&self.vocabulary.terms, &self.assertions())
    }

    /// Searches. `Refuted` carries the event that was sought, `Proved` says that there is none.
    pub fn search(&mut self, solver: &mut dyn Solver, limits: &Limits) -> Answer {
        for term in self.assertions() {
            solver.assert(&self.vocabulary.terms, term);
        }
        for _ in 0..limits.proposals {
            match solver.check() {
                Satisfiable::No => return Answer::Proved,
                Satisfiable::Unknown(reason) => return Answer::Inconclusive(Cause::Solver(reason)),
                Satisfiable::Yes => {}
            }
            match self.examine(solver, limits) {
                Ok(witness) if self.sought.holds(&witness) => return Answer::Refuted(Box::new(witness)),
                Ok(witness) => return Answer::Inconclusive(Cause::Replay(Box::new(witness))),
                Err(Rejected::Gave(cause)) => return Answer::Inconclusive(cause),
                Err(Rejected::Conflict(conflict)) => {
                    let before = self.learned.len();
                    self.learn(&conflict, limits);
                    for lemma in &self.learned[before..] {
                        solver.assert(&self.vocabulary.terms, *lemma);
                    }
                }
            }
        }
        Answer::Inconclusive(Cause::Proposals)
    }

    /// Learns that literals exclude each other. The first time for a text, also how tests come out together that look at the same
    /// parts of it: where one relation is missing, its like are missing elsewhere.
    fn learn(&mut self, conflict: &Literals, limits: &Limits) {
        let terms = &mut self.vocabulary.terms;
        let opposite: Vec<Term> =
            conflict.iter().map(|(atom, value)| if *value { terms.not(*atom) } else { *atom }).collect();
        self.learned.push(terms.or(opposite));
        for (atom, _) in conflict {
            let Some(TextAtom::Test(text, _)) = self.vocabulary.atoms.get(atom).copied() else { continue };
            if !self.clustered.insert(text) {
                continue;
            }
            for cluster in texts::clusters(&self.vocabulary.texts[text.0 as usize].tests) {
                let realiser = Realiser::new(&self.vocabulary, limits.text_states);
                let Some(outcomes) = realiser.outcomes(text, &cluster) else { continue };
                let terms = &mut self.vocabulary.terms;
                let each: Vec<Term> = outcomes
                    .iter()
                    .map(|literals| {
                        let signed: Vec<Term> = literals
                            .iter()
                            .map(|(atom, value)| if *value { *atom } else { terms.not(*atom) })
                            .collect();
                        terms.and(signed)
                    })
                    .collect();
                self.learned.push(terms.or(each));
            }
        }
    }

    /// The witness that a proposal stands for, or why it stands for none.
    fn examine(&mut self, solver: &mut dyn Solver, limits: &Limits) -> Result<Witness, Rejected> {
        let mut roots = self.meaning.clone();
        roots.push(self.goal);
        let terms = &self.vocabulary.terms;
        let mut values: FxHashMap<Term, u128> = FxHashMap::default();
        for term in terms.reachable(&roots) {
            let value = terms.value(term, |p| values[&p], || solver.value(terms, term));
            values.insert(term, value);
        }
        let v = &self.vocabulary;
        let literals = implicant::literals(terms, &roots, &values, |t| v.atoms.contains_key(&t));
        let about: Vec<(Term, bool)> =
            literals.iter().copied().filter(|(t, _)| v.atoms.contains_key(t)).collect();
        let texts = match Realiser::new(v, limits.text_states).texts(&about) {
            Realised::Texts(texts) => texts,
            Realised::Conflict(conflict) => return Err(Rejected::Conflict(conflict)),
            Realised::Budget => return Err(Rejected::Gave(Cause::Texts)),
        };
        let needed = self.needed(&literals);
        let v = &mut self.vocabulary;
        let exists: Vec<Term> = (0..v.ancestors.len()).map(|i| v.ancestor_exists(i)).collect();
        // Variables that only the domain speaks of, and the terms just made.
        let facts = v.facts.values().flat_map(|f| [f.known, f.unknown].into_iter().chain(f.value));
        let others: Vec<Term> = facts
            .chain(v.entries.values().copied())
            .chain(exists.iter().copied())
            .chain([v.action])
            .collect();
        for term in v.terms.reachable(&others) {
            if !values.contains_key(&term) {
                let value = v.terms.value(term, |p| values[&p], || solver.value(&v.terms, term));
                values.insert(term, value);
            }
        }
        let exists: Vec<bool> = exists.iter().map(|e| values[e] == 1).collect();
        let assignment = Assignment {
            value: &|term| values.get(&term).copied().unwrap_or(0),
            texts: &texts,
            needed: &|place| needed.contains(&place),
        };
        let models = self.sought.models();
        decode::witness(v, &self.decisions, &models, &assignment, &exists)
            .ok_or(Rejected::Gave(Cause::Ancestors))
    }

    /// The facts that literals are about.
    fn needed(&self, literals: &[(Term, bool)]) -> FxHashSet<Place> {
        let v = &self.vocabulary;
        let mut owners: FxHashMap<Term, Place> = FxHashMap::default();
        for (place, FactTerms { known, unknown, value }) in &v.facts {
            owners.extend([*known, *unknown].into_iter().chain(*value).map(|t| (t, *place)));
        }
        owners.extend(v.entries.iter().map(|((place, _), present)| (*present, *place)));
        for (place, asked) in &v.elements {
            owners.extend(asked.iter().map(|(_, met)| (*met, *place)));
        }
        let roots: Vec<Term> = literals.iter().map(|(t, _)| *t).collect();
        let mut out = FxHashSet::default();
        for term in v.terms.reachable(&roots) {
            if !matches!(v.terms.node(term), Node::Var(_)) {
                continue;
            }
            out.extend(owners.get(&term));
            let texts = match v.atoms.get(&term) {
                Some(TextAtom::Test(text, _)) => [*text; 2],
                Some(TextAtom::Same(left, right)) => [*left, *right],
                None => continue,
            };
            out.extend(texts.map(|t| v.texts[t.0 as usize].place));
        }
        out
    }
}

/// Why a proposal is no witness.
enum Rejected {
    /// No texts have the tests come out like this.
    Conflict(Literals),
    /// It could not be told.
    Gave(Cause),
}
