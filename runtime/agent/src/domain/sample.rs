//! Parts of manifests, as the tests of several modules need them.

use warmor_policy::artifact::manifest::{Clause, Detection, Mode, OnUnknown, Pattern, Place, Policy, Tier};
use warmor_policy::schema::Action;
use warmor_policy::verdict::{ClauseKind, Responses, Severity};

fn place() -> Place {
    Place { file: "p.warmor".into(), line: 3, column: 1 }
}

/// A policy for all processes.
pub fn policy(name: &str, mode: Mode) -> Policy {
    Policy {
        name: name.into(),
        doc: String::new(),
        place: place(),
        scope: "any".into(),
        mode,
        unknown: OnUnknown::Allow,
        default_deny: vec![],
        severity: Severity::Medium,
        revalidate: false,
    }
}

/// A clause of a policy, about these actions.
pub fn clause(kind: ClauseKind, policy: Option<u32>, label: &str, actions: &[Action]) -> Clause {
    Clause {
        kind,
        policy,
        label: label.into(),
        actions: actions.to_vec(),
        tier: Tier::K,
        place: place(),
        used_at: None,
        text: String::new(),
        severity: Severity::Medium,
        responses: Responses::default(),
        alert: vec![],
        because: None,
        until: None,
    }
}

/// A detection; one without a clause counts events.
pub fn detection(name: &str, clause: Option<u32>) -> Detection {
    Detection {
        name: name.into(),
        doc: String::new(),
        place: place(),
        scope: "any".into(),
        tags: vec![],
        pattern: if clause.is_some() { Pattern::Single } else { Pattern::Count },
        clause,
        severity: Severity::Medium,
        responses: Responses::default(),
        alert: vec![],
    }
}
