//! Which clauses apply to an event.

use super::condition::{Context, Memo, Overlap};
use super::truth::Truth;
use crate::model::{ActionSet, ClauseRef, Cond, Model, OnUnknown, Pattern, RuleEffect, Scope};
use warmor_policy::event::Event;

/// A clause, taken apart: it applies to an event of these actions whose process is in the scope, whose object is covered and
/// not excepted, and where the condition holds.
pub(super) struct Parts<'a> {
    pub(super) scope: &'a Scope,
    pub(super) actions: ActionSet,
    pub(super) object: Option<&'a Cond>,
    pub(super) except: &'a [Cond],
    pub(super) condition: Option<&'a Cond>,
    /// What a wildcard address means in it.
    pub(super) overlap: Overlap,
    /// Whether it applies when its condition is unknown.
    pub(super) on_unknown: bool,
}

impl<'a> Parts<'a> {
    /// The parts of a clause; `None` for a detection of more than one event, which is no clause.
    pub(super) fn of(model: &'a Model, clause: ClauseRef) -> Option<Self> {
        Some(match clause {
            ClauseRef::Rule(id) => {
                let rule = model.rule(id);
                let policy = model.policy(rule.policy);
                let allow = rule.effect == RuleEffect::Allow;
                Self {
                    scope: &policy.scope,
                    actions: rule.actions,
                    object: Some(&rule.object),
                    except: &rule.except,
                    condition: rule.condition.as_ref(),
                    overlap: if allow { Overlap::Fails } else { Overlap::Holds },
                    on_unknown: match rule.effect {
                        RuleEffect::Deny => policy.unknown == OnUnknown::Deny,
                        RuleEffect::Allow => policy.unknown == OnUnknown::Allow,
                        RuleEffect::Audit => true,
                    },
                }
            }
            ClauseRef::Default(id) => {
                let policy = model.policy(id);
                Self {
                    scope: &policy.scope,
                    actions: policy.default_deny,
                    object: None,
                    except: &[],
                    condition: None,
                    overlap: Overlap::Holds,
                    on_unknown: policy.unknown == OnUnknown::Deny,
                }
            }
            ClauseRef::Detection(index) => {
                let detection = &model.detections[index as usize];
                let Pattern::Single(step) = &detection.pattern else { return None };
                Self {
                    scope: &detection.scope,
                    actions: step.actions,
                    object: Some(&step.object),
                    except: &step.except,
                    condition: step.condition.as_ref(),
                    overlap: Overlap::Holds,
                    on_unknown: true,
                }
            }
        })
    }

    pub(super) fn scope_truth(&self, context: Context<'_>) -> Truth {
        let inside = self.scope.subjects.as_ref().map_or(Truth::True, |s| context.join(s, true, false));
        Truth::all([inside, context.join(&self.scope.except, false, true)])
    }

    pub(super) fn object_truth(&self, context: Context<'_>) -> Truth {
        self.object.map_or(Truth::True, |c| context.truth(c, true))
    }

    /// That no exception covers the object.
    pub(super) fn except_truth(&self, context: Context<'_>) -> Truth {
        context.join(self.except, false, true)
    }

    pub(super) fn where_truth(&self, context: Context<'_>) -> Truth {
        self.condition.map_or(Truth::True, |c| context.truth(c, true))
    }

    pub(super) fn truth(&self, model: &Model, event: &Event) -> Truth {
        if !self.actions.contains(event.action) {
            return Truth::False;
        }
        let memo = Memo::default();
        let context = Context::new(model, event, self.overlap, &memo);
        Truth::all([
            self.scope_truth(context),
            self.object_truth(context),
            self.except_truth(context),
            self.where_truth(context),
        ])
    }

    pub(super) fn applies(&self, truth: Truth) -> bool {
        match truth {
            Truth::False => false,
            Truth::Unknown => self.on_unknown,
            Truth::True => true,
        }
    }
}

/// The truth of a clause's whole condition: scope, action, object, exceptions and `where`. Whether the clause applies where it
/// is unknown is for its policy to say. A detection of more than one event is false of any one.
pub fn truth(model: &Model, clause: ClauseRef, event: &Event) -> Truth {
    Parts::of(model, clause).map_or(Truth::False, |parts| parts.truth(model, event))
}

/// All clauses that apply to the event, muted or not, in the order of [`Model::clauses`].
pub fn applying(model: &Model, event: &Event) -> Vec<ClauseRef> {
    let mut clauses = model.clauses();
    clauses.retain(|clause| applies(model, *clause, event));
    clauses
}

/// Whether the clause applies to the event, muted or not.
pub fn applies(model: &Model, clause: ClauseRef, event: &Event) -> bool {
    Parts::of(model, clause).is_some_and(|parts| parts.applies(parts.truth(model, event)))
}
