//! Clauses and verdicts as terms.

use super::condition::{Context, Kleene, Reader};
use super::formula::{Muting, View};
use super::terms::{Sort, Term};
use super::vocabulary::Vocabulary;
use crate::model::{
    ActionSet, ClauseRef, Cond, Mode, Model, OnUnknown, Pattern, PolicyId, RuleEffect, Scope,
};
use rustc_hash::FxHashMap;

/// The parts of a clause that say when it applies.
struct Clause<'m> {
    scope: &'m Scope,
    actions: ActionSet,
    object: Option<&'m Cond>,
    except: &'m [Cond],
    condition: Option<&'m Cond>,
    /// Whether one address is enough for a wildcard.
    overlap: bool,
    /// Whether it applies where its condition is unknown.
    on_unknown: bool,
}

impl<'m> Clause<'m> {
    /// `None` for a detection of more than one event, which is no clause.
    fn of(model: &'m Model, clause: ClauseRef) -> Option<Self> {
        let strict = |policy: PolicyId| model.policy(policy).unknown == OnUnknown::Deny;
        Some(match clause {
            ClauseRef::Rule(id) => {
                let rule = model.rule(id);
                Self {
                    scope: &model.policy(rule.policy).scope,
                    actions: rule.actions,
                    object: Some(&rule.object),
                    except: &rule.except,
                    condition: rule.condition.as_ref(),
                    overlap: rule.effect != RuleEffect::Allow,
                    on_unknown: match rule.effect {
                        RuleEffect::Deny => strict(rule.policy),
                        RuleEffect::Allow => !strict(rule.policy),
                        RuleEffect::Audit => true,
                    },
                }
            }
            ClauseRef::Default(id) => Self {
                scope: &model.policy(id).scope,
                actions: model.policy(id).default_deny,
                object: None,
                except: &[],
                condition: None,
                overlap: true,
                on_unknown: strict(id),
            },
            ClauseRef::Detection(index) => {
                let detection = &model.detections[index as usize];
                let Pattern::Single(step) = &detection.pattern else { return None };
                Self {
                    scope: &detection.scope,
                    actions: step.actions,
                    object: Some(&step.object),
                    except: &step.except,
                    condition: step.condition.as_ref(),
                    overlap: true,
                    on_unknown: true,
                }
            }
        })
    }
}

/// What has been encoded of the models' decisions.
#[derive(Debug, Default)]
pub(super) struct Decisions {
    clauses: FxHashMap<(usize, ClauseRef), Term>,
    /// The variables that say which policies are muted, for two independent choices.
    muted: FxHashMap<(usize, PolicyId, bool), Term>,
}

impl Decisions {
    /// The variable that says whether a policy is muted in one of two choices, if a formula has asked for it.
    pub(super) fn muted_variable(&self, model: usize, policy: PolicyId, second: bool) -> Option<Term> {
        self.muted.get(&(model, policy, second)).copied()
    }

    /// Whether the clause applies.
    pub(super) fn applies(&mut self, v: &mut Vocabulary<'_>, model: usize, clause: ClauseRef) -> Term {
        if let Some(known) = self.clauses.get(&(model, clause)) {
            return *known;
        }
        let term = match Clause::of(v.model_of(model), clause) {
            None => v.terms.constant(false),
            Some(parts) => {
                let truth = condition(v, model, &parts);
                if parts.on_unknown { truth.possible } else { truth.holds }
            }
        };
        self.clauses.insert((model, clause), term);
        term
    }

    /// Whether the policy is muted.
    fn muted(&mut self, v: &mut Vocabulary<'_>, model: usize, policy: PolicyId, muting: Muting) -> Term {
        let choices: &[bool] = match muting {
            Muting::None => &[],
            Muting::Some => &[false],
            Muting::More => &[false, true],
        };
        let each: Vec<Term> = choices
            .iter()
            .map(|second| {
                *self.muted.entry((model, policy, *second)).or_insert_with(|| {
                    let name = &v.model_of(model).policy(policy).name;
                    let more = if *second { "also " } else { "" };
                    v.terms.var(&format!("{name} {more}muted"), Sort::Bool)
                })
            })
            .collect();
        v.terms.or(each)
    }

    /// Whether the event is denied.
    pub(super) fn denies(
        &mut self,
        v: &mut Vocabulary<'_>,
        model: usize,
        view: View,
        muting: Muting,
    ) -> Term {
        let enforced = self.decide(v, model, Some(muting));
        match view {
            View::Enforced => enforced,
            View::Reported => {
                let nominal = self.decide(v, model, None);
                v.terms.or([enforced, nominal])
            }
        }
    }

    /// The decision over the policies that prevent, or (without `muting`) over all, none of them muted.
    fn decide(&mut self, v: &mut Vocabulary<'_>, number: usize, muting: Option<Muting>) -> Term {
        let model = v.model_of(number);
        let counts = |policy: PolicyId| muting.is_none() || model.policy(policy).mode == Mode::Prevent;
        let (mut denials, mut allows, mut postures) = (Vec::new(), Vec::new(), Vec::new());
        for clause in model.clauses() {
            let (policy, effect) = match clause {
                ClauseRef::Rule(id) => (model.rule(id).policy, Some(model.rule(id).effect)),
                ClauseRef::Default(id) => (id, None),
                ClauseRef::Detection(_) => continue,
            };
            if effect == Some(RuleEffect::Audit) || !counts(policy) {
                continue;
            }
            let mut applies = self.applies(v, number, clause);
            if effect == Some(RuleEffect::Allow) {
                allows.push(applies);
                continue;
            }
            if let Some(muting) = muting {
                let muted = self.muted(v, number, policy, muting);
                let active = v.terms.not(muted);
                applies = v.terms.and([applies, active]);
            }
            if effect.is_some() { denials.push(applies) } else { postures.push(applies) }
        }
        let (denied, allowed, closed) = (v.terms.or(denials), v.terms.or(allows), v.terms.or(postures));
        let unmentioned = v.terms.not(allowed);
        let by_posture = v.terms.and([closed, unmentioned]);
        v.terms.or([denied, by_posture])
    }
}

/// Whether the clause's whole condition is true.
pub(super) fn meant(v: &mut Vocabulary<'_>, model: usize, clause: ClauseRef) -> Term {
    match Clause::of(v.model_of(model), clause) {
        None => v.terms.constant(false),
        Some(parts) => condition(v, model, &parts).holds,
    }
}

/// Action, scope, object, exceptions and `where`.
fn condition(v: &mut Vocabulary<'_>, model: usize, parts: &Clause<'_>) -> Kleene {
    let action = v.action_in(parts.actions.iter());
    let mut context = Context::new(v, model, Reader::Asker).with_overlap(parts.overlap);
    let mut truths = vec![Kleene { holds: action, possible: action }];
    if let Some(subjects) = &parts.scope.subjects {
        truths.push(context.join(subjects, true, false));
    }
    truths.push(context.join(&parts.scope.except, false, true));
    truths.push(context.join(parts.except, false, true));
    for cond in parts.object.into_iter().chain(parts.condition) {
        truths.push(context.kleene(cond, true));
    }
    context.combine(&truths, true)
}
