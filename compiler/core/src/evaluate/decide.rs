//! The decision about an event, and about an operation of several.

use super::clause::applies;
use crate::model::{ClauseRef, Mode, Model, PolicyId, RuleEffect};
use warmor_policy::event::Event;
use warmor_policy::verdict::{Decision, Effect, Rank, Reason, Responses};

/// The prevent policies that an operator has switched off for now: of these only the allows count. In order, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Muted(Vec<PolicyId>);

impl Muted {
    /// Nothing is muted.
    pub fn none() -> Self {
        Self::default()
    }

    /// Whether the policy is muted.
    pub fn contains(&self, policy: PolicyId) -> bool {
        self.0.binary_search(&policy).is_ok()
    }
}

impl FromIterator<PolicyId> for Muted {
    fn from_iter<I: IntoIterator<Item = PolicyId>>(policies: I) -> Self {
        let mut policies: Vec<PolicyId> = policies.into_iter().collect();
        policies.sort_unstable();
        policies.dedup();
        Self(policies)
    }
}

/// The clauses that apply to one event, best rank first.
struct Applying<'a> {
    model: &'a Model,
    clauses: Vec<(Rank, ClauseRef)>,
}

/// What one set of policies says.
struct Verdict {
    effect: Effect,
    reason: Reason,
    clause: Option<Rank>,
}

impl<'a> Applying<'a> {
    fn new(model: &'a Model, event: &Event) -> Self {
        let ranked = model.clauses().into_iter().enumerate().map(|(i, c)| (Rank(i as u32), c));
        Self { model, clauses: ranked.filter(|(_, c)| applies(model, *c, event)).collect() }
    }

    fn first(&self, effect: RuleEffect, of: impl Fn(PolicyId) -> bool) -> Option<Rank> {
        self.clauses.iter().find_map(|(rank, clause)| match clause {
            ClauseRef::Rule(id) => {
                let rule = self.model.rule(*id);
                (rule.effect == effect && of(rule.policy)).then_some(*rank)
            }
            _ => None,
        })
    }

    fn first_posture(&self, of: impl Fn(PolicyId) -> bool) -> Option<Rank> {
        self.clauses.iter().find_map(|(rank, clause)| match clause {
            ClauseRef::Default(id) if of(*id) => Some(*rank),
            _ => None,
        })
    }

    /// `decide(P, event)`, where some policies may deny and some may allow.
    fn verdict(&self, deny: impl Fn(PolicyId) -> bool + Copy, allow: impl Fn(PolicyId) -> bool) -> Verdict {
        let (effect, reason, clause) = if let Some(rank) = self.first(RuleEffect::Deny, deny) {
            (Effect::Deny, Reason::Denied, Some(rank))
        } else if let Some(rank) = self.first(RuleEffect::Allow, allow) {
            (Effect::Allow, Reason::Allowed, Some(rank))
        } else if let Some(rank) = self.first_posture(deny) {
            (Effect::Deny, Reason::Posture, Some(rank))
        } else {
            (Effect::Allow, Reason::Unmentioned, None)
        };
        Verdict { effect, reason, clause }
    }

    /// The responses of all applying denials, audits and detections. What does harm needs a policy that enforces.
    fn responses(&self, enforces: impl Fn(PolicyId) -> bool) -> Responses {
        let asked = self.clauses.iter().map(|(_, clause)| match clause {
            ClauseRef::Rule(id) => {
                let rule = self.model.rule(*id);
                match rule.effect {
                    RuleEffect::Deny if enforces(rule.policy) => rule.responses,
                    RuleEffect::Deny | RuleEffect::Audit => rule.responses.intersection(Responses::HARMLESS),
                    RuleEffect::Allow => Responses::default(),
                }
            }
            ClauseRef::Default(_) => Responses::default(),
            ClauseRef::Detection(index) => self.model.detections[*index as usize].responses,
        });
        asked.fold(Responses::default(), Responses::union)
    }
}

/// What happens to an event, what is reported of it, and which clause decided.
pub fn decide(model: &Model, event: &Event, muted: &Muted) -> Decision {
    let applying = Applying::new(model, event);
    let prevents = |p: PolicyId| model.policy(p).mode == Mode::Prevent;
    let enforces = |p: PolicyId| prevents(p) && !muted.contains(p);
    let real = applying.verdict(enforces, prevents);
    let nominal = applying.verdict(|_| true, |_| true);
    let reported = if real.effect == Effect::Deny { &real } else { &nominal };
    Decision {
        enforced: real.effect,
        reported: reported.effect,
        reason: reported.reason,
        clause: reported.clause,
        audit: applying.first(RuleEffect::Audit, |_| true).is_some(),
        detected: applying.clauses.iter().any(|(_, c)| matches!(c, ClauseRef::Detection(_))),
        responses: applying.responses(enforces),
    }
}

/// What happens to an operation: it is denied when any of its events is. Reason and clause are those of the event that
/// decides: an enforced denial before a reported one before an allow, a rule before a posture, then by rank. An operation
/// without events is allowed.
pub fn decide_operation(model: &Model, events: &[Event], muted: &Muted) -> Decision {
    let decisions: Vec<Decision> = events.iter().map(|e| decide(model, e, muted)).collect();
    let weight = |d: &&Decision| {
        let by_rule = matches!(d.reason, Reason::Denied | Reason::Allowed);
        (
            d.enforced == Effect::Allow,
            d.reported == Effect::Allow,
            !by_rule,
            d.clause.unwrap_or(Rank(u32::MAX)),
        )
    };
    let nothing = decide_nothing();
    let deciding = *decisions.iter().min_by_key(weight).unwrap_or(&nothing);
    Decision {
        audit: decisions.iter().any(|d| d.audit),
        detected: decisions.iter().any(|d| d.detected),
        responses: decisions.iter().fold(Responses::default(), |all, d| all.union(d.responses)),
        ..deciding
    }
}

fn decide_nothing() -> Decision {
    Decision {
        enforced: Effect::Allow,
        reported: Effect::Allow,
        reason: Reason::Unmentioned,
        clause: None,
        audit: false,
        detected: false,
        responses: Responses::default(),
    }
}
