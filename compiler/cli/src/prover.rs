//! Who answers what is to be proved: Z3 where this program is built with it, else the exact engine.

use std::time::{Duration, Instant};
use warmor_compiler::encode::{Answer, Problem};

/// How long proving may take.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(feature = "z3"), allow(dead_code, reason = "only a solver takes time"))]
pub struct Time {
    /// For one question to the solver.
    pub query: Duration,
    /// When everything must be over.
    pub end: Instant,
}

/// The solver and its version.
#[cfg(feature = "z3")]
pub fn name() -> String {
    format!("Z3 {}", warmor_z3::version())
}

/// That there is no solver.
#[cfg(not(feature = "z3"))]
pub fn name() -> String {
    "the exact engine; this warmorc is built without Z3".to_owned()
}

/// Whether there is an event of which the problem's formula holds.
#[cfg(feature = "z3")]
pub fn solve(problem: &mut Problem<'_>, time: Time) -> Answer {
    let total = time.end.saturating_duration_since(Instant::now());
    let timeouts = warmor_z3::Timeouts { query: time.query, total };
    warmor_z3::solve(problem, &warmor_z3::Budget { timeouts, ..warmor_z3::Budget::default() })
}

/// Whether there is an event of which the problem's formula holds. The exact engine counts steps, not seconds.
#[cfg(not(feature = "z3"))]
pub fn solve(problem: &mut Problem<'_>, _time: Time) -> Answer {
    warmor_compiler::encode::search_exactly(problem.sought(), &warmor_compiler::prove::Budget::default())
}
