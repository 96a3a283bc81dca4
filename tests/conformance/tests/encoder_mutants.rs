//! An encoder that is wrong is caught: what a solver is told is broken in one place, and either the exact engine says otherwise, or
//! the reference evaluator does not see what is shown.
//!
//! The break is made between the encoder and the solver, so nothing of the encoder knows of it.

use std::collections::BTreeMap;
use warmor_compiler::encode::search_exactly;
use warmor_compiler::encode::{
    Answer, Cause, Formula, Limits, Node, Problem, Satisfiable, Solver, Sort, Term, Terms,
};
use warmor_compiler::model::{ClauseRef, Model};
use warmor_compiler::prove;
use warmor_tests::generate;
use warmor_tests::rng::Rng;
use warmor_z3::{Timeouts, Z3};

/// Wrong encodings of one kind that must be caught.
const ENOUGH: usize = 3;
/// Wrong encodings of one kind that are tried, most of which make no difference to what is asked.
const TRIED: usize = 6_000;
const MODELS: u64 = 40;

/// Makes something else of a term; `None` where the kind does not fit. Parts are terms of the new problem.
type Break = fn(&mut Terms, &Node, &[Term], &mut Rng) -> Option<Term>;

const KINDS: &[(&str, Break)] = &[
    ("all becomes some", |t, n, parts, _| matches!(n, Node::And(_)).then(|| t.or(parts.iter().copied()))),
    ("some becomes all", |t, n, parts, _| matches!(n, Node::Or(_)).then(|| t.and(parts.iter().copied()))),
    ("one of all is dropped", |t, n, parts, rng| {
        matches!(n, Node::And(_)).then(|| t.and(without(parts, rng)))
    }),
    ("one of some is dropped", |t, n, parts, rng| {
        matches!(n, Node::Or(_)).then(|| t.or(without(parts, rng)))
    }),
    ("one of all is negated", |t, n, parts, rng| {
        matches!(n, Node::And(_)).then(|| {
            let parts = negated(t, parts, rng);
            t.and(parts)
        })
    }),
    ("one of some is negated", |t, n, parts, rng| {
        matches!(n, Node::Or(_)).then(|| {
            let parts = negated(t, parts, rng);
            t.or(parts)
        })
    }),
    ("all is always so", |t, n, _, _| matches!(n, Node::And(_)).then(|| t.constant(true))),
    ("all is never so", |t, n, _, _| matches!(n, Node::And(_)).then(|| t.constant(false))),
    ("some is always so", |t, n, _, _| matches!(n, Node::Or(_)).then(|| t.constant(true))),
    ("some is never so", |t, n, _, _| matches!(n, Node::Or(_)).then(|| t.constant(false))),
    ("a negation is dropped", |_, n, parts, _| matches!(n, Node::Not(_)).then(|| parts[0])),
    ("a variable is negated", |t, n, parts, _| is_bool_var(t, n, parts).then(|| t.not(parts[0]))),
    ("a variable is always true", |t, n, parts, _| is_bool_var(t, n, parts).then(|| t.constant(true))),
    ("a variable is never true", |t, n, parts, _| is_bool_var(t, n, parts).then(|| t.constant(false))),
    ("equal becomes unequal", |t, n, parts, _| {
        matches!(n, Node::Equal(..)).then(|| {
            let equal = t.equal(parts[0], parts[1]);
            t.not(equal)
        })
    }),
    ("equal becomes at most", |t, n, parts, _| {
        matches!(n, Node::Equal(..)).then(|| t.at_most(parts[0], parts[1], false))
    }),
    ("at most becomes at least", |t, n, parts, _| match n {
        Node::AtMost { signed, .. } => Some(t.at_most(parts[1], parts[0], *signed)),
        _ => None,
    }),
    ("the sign of a comparison is lost or made up", |t, n, parts, _| match n {
        Node::AtMost { signed, .. } => Some(t.at_most(parts[0], parts[1], !signed)),
        _ => None,
    }),
    ("a number is one too large", |t, n, _, _| match n {
        Node::Number { value, width } => Some(t.number(value.wrapping_add(1), *width)),
        _ => None,
    }),
    ("a number is one too small", |t, n, _, _| match n {
        Node::Number { value, width } => Some(t.number(value.wrapping_sub(1), *width)),
        _ => None,
    }),
    ("a number has its first bit turned", |t, n, _, _| match n {
        Node::Number { value, width } => Some(t.number(value ^ (1 << (width - 1)), *width)),
        _ => None,
    }),
];

fn without(parts: &[Term], rng: &mut Rng) -> Vec<Term> {
    let mut parts = parts.to_vec();
    parts.remove(rng.below(parts.len()));
    parts
}

fn negated(terms: &mut Terms, parts: &[Term], rng: &mut Rng) -> Vec<Term> {
    let mut parts = parts.to_vec();
    let at = rng.below(parts.len());
    parts[at] = terms.not(parts[at]);
    parts
}

/// A variable stands for itself as its only part.
fn is_bool_var(terms: &Terms, node: &Node, parts: &[Term]) -> bool {
    matches!(node, Node::Var(_)) && terms.sort(parts[0]) == Sort::Bool
}

/// A solver that is told something else in one place.
struct Misled {
    solver: Z3,
    terms: Terms,
    /// The new terms by the numbers of the old ones.
    made: Vec<Option<Term>>,
    /// The variables by the old ones.
    variables: BTreeMap<Term, Term>,
    /// The old term that is broken, and how.
    at: Term,
    broken: Break,
    rng: Rng,
}

impl Misled {
    fn make(&mut self, terms: &Terms, root: Term) -> Term {
        self.made.resize(terms.len().max(self.made.len()), None);
        let mut reachable = terms.reachable(&[root]);
        reachable.sort_unstable();
        for term in reachable {
            if self.made[term.index()].is_none() {
                let made = self.one(terms, term);
                self.made[term.index()] = Some(made);
            }
        }
        self.made[root.index()].expect("it was made")
    }

    /// A term whose parts were made.
    fn one(&mut self, terms: &Terms, term: Term) -> Term {
        let node = terms.node(term).clone();
        let mut parts: Vec<Term> = Vec::new();
        let made = |part: &Term| self.made[part.index()].expect("parts come first");
        let own = &mut self.terms;
        match &node {
            Node::And(all) | Node::Or(all) => parts.extend(all.iter().map(made)),
            _ => terms.for_parts(term, |part| parts.push(made(&part))),
        }
        let right = match &node {
            Node::Const(value) => own.constant(*value),
            Node::Number { value, width } => own.number(*value, *width),
            Node::Var(number) => {
                let variable = terms.variable(*number);
                let variable = own.var(&variable.name, variable.sort);
                self.variables.insert(term, variable);
                variable
            }
            Node::Not(_) => own.not(parts[0]),
            Node::And(_) => own.and(parts.iter().copied()),
            Node::Or(_) => own.or(parts.iter().copied()),
            Node::Equal(..) => own.equal(parts[0], parts[1]),
            Node::AtMost { signed, .. } => own.at_most(parts[0], parts[1], *signed),
            Node::Add(..) => own.add(parts[0], parts[1]),
            Node::Extend { by, signed, .. } => own.extend(parts[0], *by, *signed),
            Node::Extract { high, low, .. } => own.extract(parts[0], *high, *low),
        };
        if term != self.at {
            return right;
        }
        if matches!(node, Node::Var(_)) {
            parts.push(right);
        }
        (self.broken)(own, &node, &parts, &mut self.rng).unwrap_or(right)
    }
}

impl Solver for Misled {
    fn assert(&mut self, terms: &Terms, formula: Term) {
        let made = self.make(terms, formula);
        self.solver.assert(&self.terms, made);
    }

    fn check(&mut self) -> Satisfiable {
        self.solver.check()
    }

    /// Of a variable that is broken, the value that it has itself.
    fn value(&mut self, terms: &Terms, variable: Term) -> u128 {
        self.make(terms, variable);
        self.solver.value(&self.terms, self.variables[&variable])
    }
}

/// What is asked of a model.
fn questions(model: &Model) -> Vec<Formula<'_>> {
    let clauses = model.clauses();
    let each = clauses.iter().flat_map(|clause| {
        let others: Vec<ClauseRef> = clauses.iter().copied().filter(|c| c != clause).collect();
        [Formula::Applies(model, *clause), Formula::covered(model, *clause, &others).negated()]
    });
    each.collect()
}

#[test]
fn an_encoding_that_is_wrong_is_caught() {
    let models: Vec<Model> = (0..MODELS).map(|seed| generate::model(&mut Rng::new(seed), 3)).collect();
    // What is asked, and whether there is such an event: by the exact engine, which knows nothing of terms.
    let asked: Vec<(Formula<'_>, bool)> = models
        .iter()
        .flat_map(questions)
        .filter_map(|question| match search_exactly(&question, &prove::Budget::default()) {
            Answer::Proved => Some((question, false)),
            Answer::Refuted(_) => Some((question, true)),
            Answer::Inconclusive(_) => None,
        })
        .collect();
    let mut caught: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    for (number, (kind, broken)) in KINDS.iter().enumerate() {
        let [by_engine, by_replay] = caught.entry(kind).or_default();
        for seed in 0..TRIED as u64 {
            if *by_engine + *by_replay >= ENOUGH {
                break;
            }
            let mut rng = Rng::new(seed * 64 + number as u64);
            let (question, possible) = rng.pick(&asked);
            let mut problem = Problem::new(question.clone());
            let terms = problem.terms();
            let mut scratch = terms.clone();
            let fits: Vec<Term> = terms
                .reachable(&problem.assertions())
                .into_iter()
                .filter(|term| {
                    let mut parts: Vec<Term> = Vec::new();
                    terms.for_parts(*term, |part| parts.push(part));
                    if matches!(terms.node(*term), Node::Var(_)) {
                        parts.push(*term);
                    }
                    broken(&mut scratch, terms.node(*term), &parts, &mut Rng::new(0)).is_some()
                })
                .collect();
            if fits.is_empty() {
                continue;
            }
            let at = *rng.pick(&fits);
            let solver = Z3::new(Timeouts::default());
            let (terms, made, variables) = (Terms::default(), Vec::new(), BTreeMap::new());
            let mut misled = Misled { solver, terms, made, variables, at, broken: *broken, rng };
            match problem.search(&mut misled, &Limits { proposals: 60, ..Limits::default() }) {
                // What is shown is no event that there can be, or there is one and it is not found.
                Answer::Proved if *possible => *by_engine += 1,
                Answer::Refuted(_) if !*possible => *by_engine += 1,
                Answer::Inconclusive(Cause::Replay(_)) => *by_replay += 1,
                // An event that is shown is one, whatever was wrong with what was told.
                Answer::Refuted(witness) => assert!(question.holds(&witness), "{kind}"),
                Answer::Proved | Answer::Inconclusive(_) => {}
            }
        }
    }
    eprintln!("caught by the exact engine and by replay: {caught:#?}");
    let missed: Vec<&&str> =
        caught.iter().filter(|(_, [a, b])| a + b < ENOUGH).map(|(kind, _)| kind).collect();
    assert!(KINDS.len() >= 15 && missed.is_empty(), "not caught often enough: {missed:?}");
}
