//! The compiler's terms as Z3's, and Z3's answers.

use std::time::{Duration, Instant};
use warmor_compiler::encode::{Node, Satisfiable, Solver, Sort, Term, Terms};
use z3::ast::{BV, Bool};
use z3::{Model, Params, SatResult};

/// How long Z3 may take.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For one question to Z3.
    pub query: Duration,
    /// For everything that is asked of one solver.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { query: Duration::from_secs(30), total: Duration::from_mins(2) }
    }
}

/// A term as Z3 holds it.
#[derive(Clone)]
enum Ast {
    Bool(Bool),
    Bits(BV),
}

/// A solver for the terms of one problem.
pub struct Z3 {
    solver: z3::Solver,
    /// By number of the term.
    asts: Vec<Option<Ast>>,
    model: Option<Model>,
    timeouts: Timeouts,
    end: Instant,
}

impl Z3 {
    /// A solver to which nothing has been asserted. Its time starts now.
    pub fn new(timeouts: Timeouts) -> Self {
        // Bit vectors and Booleans are all there is, so the solver for them is the fastest.
        let solver = z3::Solver::new_for_logic("QF_FD").unwrap_or_default();
        let now = Instant::now();
        Self {
            solver,
            asts: Vec::new(),
            model: None,
            timeouts,
            end: now.checked_add(timeouts.total).unwrap_or(now),
        }
    }

    fn bool(&self, term: Term) -> Bool {
        match self.asts.get(term.index()) {
            Some(Some(Ast::Bool(ast))) => ast.clone(),
            _ => unreachable!("a part that is no Boolean made before its whole"),
        }
    }

    fn bits(&self, term: Term) -> BV {
        match self.asts.get(term.index()) {
            Some(Some(Ast::Bits(ast))) => ast.clone(),
            _ => unreachable!("a part that is no bit vector made before its whole"),
        }
    }

    /// The term and all its parts.
    fn make(&mut self, terms: &Terms, root: Term) {
        if self.asts.len() < terms.len() {
            self.asts.resize(terms.len(), None);
        }
        let mut open = vec![root];
        while let Some(term) = open.last().copied() {
            if self.asts[term.index()].is_some() {
                open.pop();
                continue;
            }
            let before = open.len();
            terms.for_parts(term, |part| {
                if self.asts[part.index()].is_none() {
                    open.push(part);
                }
            });
            if open.len() == before {
                self.asts[term.index()] = Some(self.ast(terms, term));
                open.pop();
            }
        }
    }

    fn ast(&self, terms: &Terms, term: Term) -> Ast {
        let all = |parts: &[Term]| parts.iter().map(|p| self.bool(*p)).collect::<Vec<_>>();
        Ast::Bool(match terms.node(term) {
            Node::Const(value) => Bool::from_bool(*value),
            Node::Number { value, width } => return Ast::Bits(number(*value, *width)),
            Node::Var(number) => {
                let variable = terms.variable(*number);
                match variable.sort {
                    Sort::Bool => Bool::new_const(variable.name.as_str()),
                    Sort::Bits(width) => return Ast::Bits(BV::new_const(variable.name.as_str(), width)),
                }
            }
            Node::Not(inner) => self.bool(*inner).not(),
            Node::And(parts) => Bool::and(&all(parts)),
            Node::Or(parts) => Bool::or(&all(parts)),
            Node::Equal(left, right) => self.bits(*left).eq(self.bits(*right)),
            Node::AtMost { signed: true, left, right } => self.bits(*left).bvsle(self.bits(*right)),
            Node::AtMost { signed: false, left, right } => self.bits(*left).bvule(self.bits(*right)),
            Node::Add(left, right) => return Ast::Bits(self.bits(*left).bvadd(self.bits(*right))),
            Node::Extend { term, by, signed: true } => return Ast::Bits(self.bits(*term).sign_ext(*by)),
            Node::Extend { term, by, signed: false } => return Ast::Bits(self.bits(*term).zero_ext(*by)),
            Node::Extract { term, high, low } => return Ast::Bits(self.bits(*term).extract(*high, *low)),
        })
    }
}

fn number(value: u128, width: u32) -> BV {
    let bits: Vec<bool> = (0..width).map(|b| value >> b & 1 == 1).collect();
    match BV::from_bits(&bits) {
        Some(bits) => bits,
        None => unreachable!("a bit vector has at least one bit"),
    }
}

impl Solver for Z3 {
    fn assert(&mut self, terms: &Terms, formula: Term) {
        self.make(terms, formula);
        self.solver.assert(self.bool(formula));
    }

    fn check(&mut self) -> Satisfiable {
        self.model = None;
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Satisfiable::Unknown("the time for all questions is over".to_owned());
        }
        let mut params = Params::new();
        let millis = left.min(self.timeouts.query).as_millis().max(1);
        params.set_u32("timeout", u32::try_from(millis).unwrap_or(u32::MAX));
        self.solver.set_params(&params);
        match self.solver.check() {
            SatResult::Unsat => Satisfiable::No,
            SatResult::Sat => {
                self.model = self.solver.get_model();
                match self.model {
                    Some(_) => Satisfiable::Yes,
                    None => Satisfiable::Unknown("Z3 gave no model".to_owned()),
                }
            }
            SatResult::Unknown => {
                let reason = self.solver.get_reason_unknown();
                Satisfiable::Unknown(reason.unwrap_or_else(|| "Z3 gave no reason".to_owned()))
            }
        }
    }

    fn value(&mut self, terms: &Terms, variable: Term) -> u128 {
        self.make(terms, variable);
        let Some(model) = &self.model else { return 0 };
        match &self.asts[variable.index()] {
            Some(Ast::Bool(ast)) => {
                let value = model.eval(ast, true).and_then(|v| v.as_bool());
                u128::from(value.unwrap_or(false))
            }
            Some(Ast::Bits(ast)) => {
                let width = ast.get_size();
                let part = |high: u32, low: u32| {
                    let value = model.eval(&ast.extract(high, low), true).and_then(|v| v.as_u64());
                    u128::from(value.unwrap_or(0))
                };
                if width <= 64 { part(width - 1, 0) } else { part(width - 1, 64) << 64 | part(63, 0) }
            }
            None => 0,
        }
    }
}
