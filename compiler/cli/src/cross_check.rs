//! Two engines, one answer: what the exact engine says of a program, put before the solver too.

use crate::output::escape;
use crate::prover::{self, Time};
use crate::report::plural;
use std::time::{Duration, Instant};
use warmor_compiler::encode::{Answer, Claimed, Formula, Problem};
use warmor_compiler::model::Model;
use warmor_compiler::prove::{About, Findings};

/// How long one comparison may take, and all of them.
const QUERY: Duration = Duration::from_secs(10);
const TOTAL: Duration = Duration::from_mins(5);

/// How a comparison came out.
pub struct Compared {
    /// The result, in lines.
    pub text: String,
    /// Questions on which the engines differ, or that the solver could not answer.
    pub open: usize,
}

/// Compares findings, and the assertions of which nothing was found, with what the solver says.
pub fn compare(model: &Model, found: &Findings) -> Compared {
    let now = Instant::now();
    let time = Time { query: QUERY, end: now.checked_add(TOTAL).unwrap_or(now) };
    let mut claims: Vec<(String, Claimed<'_>)> = Vec::new();
    let mut shown = 0;
    for finding in &found.list {
        match Claimed::of(model, finding) {
            Some(claimed) => claims.push((finding.diagnostic.message.clone(), claimed)),
            None => shown += 1,
        }
    }
    for (index, assertion) in model.assertions.iter().enumerate() {
        if found.list.iter().all(|f| f.about != About::Assertion(index)) {
            let formula = Formula::assumptions(model).implies(Formula::assertion(model, assertion));
            claims.push((format!("\"{}\" holds", assertion.name), Claimed { formula, holds: true }));
        }
    }
    let (mut agreed, mut open) = (0, 0);
    let mut text = String::new();
    for (name, claimed) in claims {
        let answer = prover::solve(&mut Problem::new(claimed.formula.negated()), time);
        let line = match (&answer, claimed.holds) {
            (Answer::Proved, true) | (Answer::Refuted(_), false) => {
                agreed += 1;
                continue;
            }
            (Answer::Inconclusive(cause), _) => format!("not known to the solver: {name}: {cause}"),
            _ => format!("the engines differ, which is a defect of this program: {name}"),
        };
        open += 1;
        text.push_str(&format!("{}\n", escape(&line)));
    }
    text.push_str(&format!(
        "cross-check: {} confirmed by {}, {} not; {} shown by an event alone\n",
        plural(agreed, "answer"),
        escape(&prover::name()),
        open,
        shown
    ));
    Compared { text, open }
}
