//! What a finding of the exact engine claims, said again as a formula: a second engine confirms it on the clauses that it names.

use super::formula::Formula;
use crate::diagnostics::Code;
use crate::model::{ClauseRef, Mode, Model, RuleEffect};
use crate::prove::{About, Finding};

/// A finding's claim.
#[derive(Clone, Debug)]
pub struct Claimed<'m> {
    /// The formula.
    pub formula: Formula<'m>,
    /// Whether the finding says that it holds of every event; else it says that there is one of which it does not.
    pub holds: bool,
}

impl<'m> Claimed<'m> {
    /// What the finding claims; `None` for one whose claim is its witness, which has been replayed.
    pub fn of(model: &'m Model, finding: &Finding) -> Option<Self> {
        let applies = |c: ClauseRef| Formula::Applies(model, c);
        let because = || Formula::Any(finding.because.iter().map(|c| applies(*c)).collect());
        let formula = match (finding.diagnostic.code, finding.about) {
            (Code::AssertionBroken, About::Assertion(index)) => {
                let claim = Formula::assertion(model, model.assertions.get(index)?);
                return Some(Self { formula: Formula::assumptions(model).implies(claim), holds: false });
            }
            (Code::ImpossibleRule, About::Clause(clause)) => {
                return Some(Self { formula: Formula::Meant(model, clause).negated(), holds: true });
            }
            (Code::DeadAllow, About::Clause(clause)) => Formula::Meant(model, clause).implies(because()),
            (Code::ShadowedDeny, About::Clause(clause)) => applies(clause).implies(because()),
            (Code::IdleAllow | Code::RedundantRule, About::Clause(clause)) => {
                let ClauseRef::Rule(id) = clause else { return None };
                let rule = model.rule(id);
                if rule.effect == RuleEffect::Allow {
                    let prevents = model.policy(rule.policy).mode == Mode::Prevent;
                    Formula::All(vec![applies(clause), closed(model, prevents)]).implies(because())
                } else {
                    applies(clause).implies(because())
                }
            }
            _ => return None,
        };
        Some(Self { formula: Formula::assumptions(model).implies(formula), holds: true })
    }
}

/// Some posture closes the event: one that is enforced, or any.
fn closed(model: &Model, enforced: bool) -> Formula<'_> {
    let postures = model.clauses().into_iter().filter(|clause| match clause {
        ClauseRef::Default(policy) => !enforced || model.policy(*policy).mode == Mode::Prevent,
        _ => false,
    });
    Formula::Any(postures.map(|c| Formula::Applies(model, c)).collect())
}
