//! What comes of one event, and through which clause.

use crate::evaluate::applying;
use crate::model::{ClauseRef, Mode, Model, RuleEffect};
use warmor_policy::event::Event;
use warmor_policy::verdict::ClauseKind;

/// What comes of an event, nothing being muted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It is denied, by this rule or posture of a policy that prevents.
    Denied(ClauseRef),
    /// It happens, and is reported as denied by this rule or posture of a policy that detects.
    Reported(ClauseRef),
    /// It happens, allowed by this rule: one of a policy that prevents where there is one, else of one that detects.
    Allowed(ClauseRef),
    /// It happens because nothing speaks of it: no rule covers it, and no posture denies its action.
    Ungoverned,
}

/// Which verdict a question is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// What happens.
    #[default]
    Enforced,
    /// What is reported: what the policies that detect would do counts too.
    Reported,
}

impl Outcome {
    /// The clause that decides.
    pub fn clause(self) -> Option<ClauseRef> {
        match self {
            Self::Denied(clause) | Self::Reported(clause) | Self::Allowed(clause) => Some(clause),
            Self::Ungoverned => None,
        }
    }

    /// Whether the verdict is that it is denied.
    pub fn denies(self, verdict: Verdict) -> bool {
        match self {
            Self::Denied(_) => true,
            Self::Reported(_) => verdict == Verdict::Reported,
            Self::Allowed(_) | Self::Ungoverned => false,
        }
    }
}

/// What comes of the event, by the reference evaluator.
pub fn outcome(model: &Model, event: &Event) -> Outcome {
    let clauses: Vec<ClauseRef> = applying(model, event);
    let first = |wanted: ClauseKind, prevents: Option<bool>| {
        clauses.iter().copied().find(|c| {
            standing(model, *c)
                .is_some_and(|(kind, prevent)| kind == wanted && prevents.is_none_or(|p| p == prevent))
        })
    };
    let allow = |prevents| first(ClauseKind::Allow, prevents);
    let denied = |prevents: bool, opened: bool| {
        first(ClauseKind::Deny, Some(prevents))
            .or_else(|| first(ClauseKind::Default, Some(prevents)).filter(|_| !opened))
    };
    if let Some(clause) = denied(true, allow(Some(true)).is_some()) {
        return Outcome::Denied(clause);
    }
    if let Some(clause) = denied(false, allow(None).is_some()) {
        return Outcome::Reported(clause);
    }
    allow(Some(true)).or_else(|| allow(Some(false))).map_or(Outcome::Ungoverned, Outcome::Allowed)
}

/// What a clause does and whether its policy prevents; `None` for one that no verdict depends on.
pub(super) fn standing(model: &Model, clause: ClauseRef) -> Option<(ClauseKind, bool)> {
    let (kind, policy) = match clause {
        ClauseRef::Rule(id) => {
            let rule = model.rule(id);
            match rule.effect {
                RuleEffect::Deny => (ClauseKind::Deny, rule.policy),
                RuleEffect::Allow => (ClauseKind::Allow, rule.policy),
                RuleEffect::Audit => return None,
            }
        }
        ClauseRef::Default(policy) => (ClauseKind::Default, policy),
        ClauseRef::Detection(_) => return None,
    };
    Some((kind, model.policy(policy).mode == Mode::Prevent))
}
