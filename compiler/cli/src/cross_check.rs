//! Two engines, one answer: what the exact engine says of a program, put before the solver too.

use crate::prover::{self, Time};
use std::time::{Duration, Instant};
use warmor_compiler::encode::{Answer, Claimed, Formula, Problem};
use warmor_compiler::model::Model;
use warmor_compiler::prove::{About, Findings};
use warmor_report::{escape, plural};

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
    let (mut claims, shown) = claims(model, found);
    for (index, assertion) in model.assertions.iter().enumerate() {
        if found.list.iter().all(|f| f.about != About::Assertion(index)) {
            let formula = Formula::assumptions(model).implies(Formula::assertion(model, assertion));
            claims.push((format!("\"{}\" holds", assertion.name), Claimed { formula, holds: true }));
        }
    }
    let put = put(claims, QUERY, TOTAL);
    let open = put.unknown.len() + put.different.len();
    let mut text = String::new();
    for line in put.unknown.iter().chain(&put.different) {
        text.push_str(&format!("{}\n", escape(line)));
    }
    text.push_str(&format!(
        "cross-check: {} confirmed by {}, {} not; {} shown by an event alone\n",
        plural(put.agreed, "answer"),
        escape(&prover::name()),
        open,
        shown
    ));
    Compared { text, open }
}

/// Puts each finding before the solver on the clauses that it names. Says only what is not confirmed; where the solver has no answer
/// in time, what the exact engine has proved stands.
#[cfg(feature = "z3")]
pub fn confirm(model: &Model, found: &Findings) -> Compared {
    let put = put(claims(model, found).0, CONFIRM_QUERY, CONFIRM_TOTAL);
    let mut text = String::new();
    for line in &put.different {
        text.push_str(&format!("{}\n", escape(line)));
    }
    if !put.unknown.is_empty() {
        let findings = plural(put.unknown.len(), "finding");
        text.push_str(&format!("{findings} not confirmed by {} in time\n", escape(&prover::name())));
    }
    Compared { text, open: put.different.len() }
}

/// The findings as claims, and how many have none but their event, which has been replayed.
fn claims<'m>(model: &'m Model, found: &Findings) -> (Vec<(String, Claimed<'m>)>, usize) {
    let claimed = found.list.iter().filter_map(|finding| {
        Claimed::of(model, finding).map(|claimed| (finding.diagnostic.message.clone(), claimed))
    });
    let claims: Vec<_> = claimed.collect();
    let shown = found.list.len() - claims.len();
    (claims, shown)
}

/// What the solver says of claims.
#[derive(Default)]
struct Put {
    agreed: usize,
    /// A line for each that it has no answer to.
    unknown: Vec<String>,
    /// A line for each that it sees otherwise.
    different: Vec<String>,
}

fn put(claims: Vec<(String, Claimed<'_>)>, query: Duration, total: Duration) -> Put {
    let now = Instant::now();
    let time = Time { query, end: now.checked_add(total).unwrap_or(now) };
    let mut put = Put::default();
    for (name, claimed) in claims {
        match (prover::solve(&mut Problem::new(claimed.formula.negated()), time), claimed.holds) {
            (Answer::Proved, true) | (Answer::Refuted(_), false) => put.agreed += 1,
            (Answer::Inconclusive(cause), _) => {
                put.unknown.push(format!("not known to the solver: {name}: {cause}"));
            }
            _ => put.different.push(format!("the engines differ, which is a defect of this program: {name}")),
        }
    }
    put
}
