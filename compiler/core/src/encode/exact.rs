//! The same questions, put to the exact engine.

use super::formula::{Formula, Muting, View, Witness};
use super::search::{Answer, Cause};
use crate::model::Model;
use crate::prove::{self, Budget, Claim, Engine, ModelId, Verdict};
use std::collections::BTreeSet;
use warmor_policy::schema::Action;

/// Whether there is an event of which the formula holds, as the exact engine answers: it knows nothing of muted policies, and
/// little of relations between facts.
pub fn search_exactly<'f>(sought: &'f Formula<'f>, budget: &Budget) -> Answer {
    let models = sought.models();
    let mut engine = Engine::new(&models, *budget);
    let mut answer = Answer::Proved;
    for action in Action::all() {
        let Some(claim) = claim(sought, &models, action) else {
            return Answer::Inconclusive(Cause::Exact("it cannot be asked about this"));
        };
        match engine.some_event([action].into_iter().collect(), &claim) {
            prove::Answer::Empty => {}
            prove::Answer::Budget => {
                answer = Answer::Inconclusive(Cause::Exact(
                    "its budget ran out, or facts are compared with each other",
                ));
            }
            prove::Answer::Found(event) => {
                let muted = models.iter().map(|_| [BTreeSet::new(), BTreeSet::new()]).collect();
                return Answer::Refuted(Box::new(Witness { event, muted }));
            }
        }
    }
    answer
}

/// The formula about events of one action; `None` where it speaks of what the engine cannot be asked.
fn claim<'f>(
    formula: &'f Formula<'f>,
    models: &[&'f Model],
    action: Action,
) -> Option<prove::Formula<Claim<'f>>> {
    let id = |model: &'f Model| models.iter().position(|m| std::ptr::eq(*m, model)).map(ModelId);
    Some(match formula {
        Formula::Const(value) => prove::Formula::Const(*value),
        Formula::Not(inner) => claim(inner, models, action)?.negated(),
        Formula::All(parts) => {
            prove::Formula::All(parts.iter().map(|p| claim(p, models, action)).collect::<Option<_>>()?)
        }
        Formula::Any(parts) => {
            prove::Formula::Any(parts.iter().map(|p| claim(p, models, action)).collect::<Option<_>>()?)
        }
        Formula::Action(actions) => prove::Formula::Const(actions.contains(action)),
        Formula::Applies(model, clause) => prove::Formula::Test(Claim::Applies(id(model)?, *clause)),
        // A clause applies wherever it is meant; where else it applies, the engine cannot be asked.
        Formula::Meant(..) => return None,
        Formula::Denied(model, view, Muting::None) => {
            let verdict = match view {
                View::Enforced => Verdict::Enforced,
                View::Reported => Verdict::Reported,
            };
            prove::Formula::Test(Claim::Denied(id(model)?, verdict))
        }
        Formula::Denied(..) => return None,
        Formula::Holds(model, cond) => prove::Formula::Test(Claim::Holds(id(model)?, cond)),
        Formula::MayHold(model, cond) => prove::Formula::Test(Claim::Possible(id(model)?, cond)),
    })
}
