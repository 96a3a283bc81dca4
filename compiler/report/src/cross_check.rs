//! Two engines, one answer: what the exact engine says of a program, put before a solver too.

use crate::text::plural;
use warmor_compiler::encode::{Answer, Claimed, Formula, Problem};
use warmor_compiler::model::Model;
use warmor_compiler::prove::{About, Findings};

/// How a comparison came out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// How many answers the solver gave too.
    pub agreed: usize,
    /// How many findings claim nothing but their event, which has been replayed.
    pub shown: usize,
    /// A line for each claim that the solver has no answer to.
    pub unknown: Vec<String>,
    /// A line for each that it sees otherwise.
    pub different: Vec<String>,
}

impl Compared {
    /// The result in a line; `solver` is the solver's name.
    pub fn summary(&self, solver: &str) -> String {
        format!(
            "cross-check: {} confirmed by {solver}, {} not; {} shown by an event alone",
            plural(self.agreed, "answer"),
            self.unknown.len() + self.different.len(),
            self.shown
        )
    }
}

/// Puts each finding before the solver, on the clauses that it names.
pub fn confirm(model: &Model, found: &Findings, solve: impl FnMut(&mut Problem<'_>) -> Answer) -> Compared {
    let claims = claims(model, found);
    let shown = found.list.len() - claims.len();
    put(claims, shown, solve)
}

/// The same, and that the assertions hold of which nothing was found.
pub fn compare(model: &Model, found: &Findings, solve: impl FnMut(&mut Problem<'_>) -> Answer) -> Compared {
    let mut claims = claims(model, found);
    let shown = found.list.len() - claims.len();
    for (index, assertion) in model.assertions.iter().enumerate() {
        if found.list.iter().all(|f| f.about != About::Assertion(index)) {
            let formula = Formula::assumptions(model).implies(Formula::assertion(model, assertion));
            claims.push((format!("\"{}\" holds", assertion.name), Claimed { formula, holds: true }));
        }
    }
    put(claims, shown, solve)
}

fn claims<'m>(model: &'m Model, found: &Findings) -> Vec<(String, Claimed<'m>)> {
    let claimed = found.list.iter().filter_map(|finding| {
        Claimed::of(model, finding).map(|claimed| (finding.diagnostic.message.clone(), claimed))
    });
    claimed.collect()
}

fn put(
    claims: Vec<(String, Claimed<'_>)>,
    shown: usize,
    mut solve: impl FnMut(&mut Problem<'_>) -> Answer,
) -> Compared {
    let mut compared = Compared { shown, ..Compared::default() };
    for (name, claimed) in claims {
        match (solve(&mut Problem::new(claimed.formula.negated())), claimed.holds) {
            (Answer::Proved, true) | (Answer::Refuted(_), false) => compared.agreed += 1,
            (Answer::Inconclusive(cause), _) => {
                compared.unknown.push(format!("not known to the solver: {name}: {cause}"));
            }
            _ => {
                let line = format!("the engines differ, which is a defect of this program: {name}");
                compared.different.push(line);
            }
        }
    }
    compared
}
