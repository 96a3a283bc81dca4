//! The prover on Z3: what the compiler core encodes, solved by the system's libz3.
//!
//! The core says what is asked ([`Formula`]) and turns it into terms; this crate hands the terms to Z3 and its values back. The
//! dialogue between the two, and the replay of whatever is found on the reference evaluator, is the core's
//! ([`Problem::search`]).

mod solver;

pub use solver::{Timeouts, Z3};

use warmor_compiler::encode::{Answer, Formula, Limits, Problem};

/// What a proof may cost.
#[derive(Clone, Copy, Debug, Default)]
pub struct Budget {
    /// Z3's time.
    pub timeouts: Timeouts,
    /// Everything else.
    pub limits: Limits,
}

/// Whether the formula holds of every event.
pub fn prove(formula: Formula<'_>, budget: &Budget) -> Answer {
    solve(&mut Problem::new(formula.negated()), budget)
}

/// Whether there is no event of which the problem's formula holds.
pub fn solve(problem: &mut Problem<'_>, budget: &Budget) -> Answer {
    problem.search(&mut Z3::new(budget.timeouts), &budget.limits)
}

/// The version of the Z3 that is linked.
pub fn version() -> String {
    z3::full_version().to_owned()
}
