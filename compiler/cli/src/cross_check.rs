//! What the exact engine says of a program, put before the solver too, within a time.

use crate::prover::{self, Time};
use std::time::{Duration, Instant};
use warmor_compiler::encode::{Answer, Problem};
use warmor_compiler::model::Model;
use warmor_compiler::prove::Findings;
#[cfg(feature = "z3")]
use warmor_report::plural;
use warmor_report::{cross_check, escape};

/// How long one comparison may take, and all of them.
const QUERY: Duration = Duration::from_secs(10);
const TOTAL: Duration = Duration::from_mins(5);
/// The same where nobody asked for it: a finding takes a millisecond or so.
#[cfg(feature = "z3")]
const CONFIRM_QUERY: Duration = Duration::from_secs(2);
#[cfg(feature = "z3")]
const CONFIRM_TOTAL: Duration = Duration::from_secs(10);

/// How a comparison came out.
pub struct Compared {
    /// The result, in lines.
    pub text: String,
    /// Questions on which the engines differ, or that the solver could not answer.
    pub open: usize,
}

/// Compares findings, and the assertions of which nothing was found, with what the solver says.
pub fn compare(model: &Model, found: &Findings) -> Compared {
    let compared = cross_check::compare(model, found, solver(QUERY, TOTAL));
    let mut text = String::new();
    for line in compared.unknown.iter().chain(&compared.different) {
        text.push_str(&format!("{}\n", escape(line)));
    }
    text.push_str(&format!("{}\n", compared.summary(&escape(&prover::name()))));
    Compared { text, open: compared.unknown.len() + compared.different.len() }
}

/// Puts each finding before the solver on the clauses that it names. Says only what is not confirmed; where the solver has no answer
/// in time, what the exact engine has proved stands.
#[cfg(feature = "z3")]
pub fn confirm(model: &Model, found: &Findings) -> Compared {
    let compared = cross_check::confirm(model, found, solver(CONFIRM_QUERY, CONFIRM_TOTAL));
    let mut text = String::new();
    for line in &compared.different {
        text.push_str(&format!("{}\n", escape(line)));
    }
    if !compared.unknown.is_empty() {
        let findings = plural(compared.unknown.len(), "finding");
        text.push_str(&format!("{findings} not confirmed by {} in time\n", escape(&prover::name())));
    }
    Compared { text, open: compared.different.len() }
}

/// The solver, with so much time for one question and for all of them.
fn solver(query: Duration, total: Duration) -> impl FnMut(&mut Problem<'_>) -> Answer {
    let now = Instant::now();
    let time = Time { query, end: now.checked_add(total).unwrap_or(now) };
    move |problem| prover::solve(problem, time)
}
