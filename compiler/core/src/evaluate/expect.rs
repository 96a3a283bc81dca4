//! What a test expects, and what happens.

use super::decide::{Muted, decide};
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{ClauseRef, Expectation, Model};
use warmor_policy::verdict::{Decision, Effect};

/// What became of an expectation.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The decision of each event.
    pub decisions: Vec<Decision>,
    /// The clauses that make the operation's verdict.
    pub deciding: Vec<ClauseRef>,
    /// What happened instead, in a few words; `None` where it is as expected.
    pub instead: Option<String>,
}

/// Decides the events of an expectation, and compares. `ranked` are [the model's clauses](Model::clauses).
///
/// An operation is denied when any of its events is; it is decided by the clauses that decide those of its events that have the
/// operation's verdict.
pub fn judge(model: &Model, ranked: &[ClauseRef], expectation: &Expectation) -> Judged {
    let nothing = Muted::none();
    let decisions: Vec<Decision> = expectation.events.iter().map(|e| decide(model, e, &nothing)).collect();
    let effect = |d: &Decision| if expectation.reported { d.reported } else { d.enforced };
    let denied = decisions.iter().any(|d| effect(d) == Effect::Deny);
    let verdict = if denied { Effect::Deny } else { Effect::Allow };
    let deciding: Vec<ClauseRef> = decisions
        .iter()
        .filter(|d| effect(d) == verdict)
        .filter_map(|d| ranked.get(d.clause?.0 as usize).copied())
        .collect();
    let by_it = expectation.by.as_ref().is_none_or(|by| by.iter().any(|c| deciding.contains(c)));
    let instead = (denied != expectation.deny || !by_it).then(|| {
        let word = match (denied, expectation.reported) {
            (true, false) => "it is denied",
            (true, true) => "it is reported",
            (false, false) if decisions.iter().any(|d| d.reported == Effect::Deny) => {
                "it is only reported, not denied (`expect reported deny` asks for that)"
            }
            (false, false) => "it is allowed",
            (false, true) => "it is neither denied nor reported",
        };
        if denied != expectation.deny {
            return word.to_owned();
        }
        let names: Vec<String> = deciding.iter().map(|c| format!("`{}`", model.clause_name(*c))).collect();
        let by = if names.is_empty() { "no rule".to_owned() } else { names.join(" and ") };
        format!("{word}, but by {by}")
    });
    Judged { decisions, deciding, instead }
}

/// What there is to say of an expectation that is not met: what happens instead, and which clauses do it.
pub fn unmet(model: &Model, expectation: &Expectation, judged: &Judged) -> Option<Diagnostic> {
    let instead = judged.instead.as_deref()?;
    let mut diagnostic = Diagnostic::new(
        Code::ExpectationUnmet,
        expectation.span,
        format!("a test expects something else: {instead}"),
    );
    let mut told: Vec<ClauseRef> = Vec::new();
    for clause in &judged.deciding {
        if !told.contains(clause) {
            told.push(*clause);
            diagnostic = diagnostic
                .related(model.clause_span(*clause), format!("`{}` decides", model.clause_name(*clause)));
        }
    }
    Some(diagnostic)
}
