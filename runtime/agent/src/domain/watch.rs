//! What the kernel must report so that user space can judge it: the actions that policies in `mode detect` and detections speak
//! of. What prevent policies say, their audit rules included, the kernel decides and reports by itself.

use std::collections::BTreeSet;
use warmor_policy::artifact::manifest::{Clause, Manifest, Mode};
use warmor_policy::schema::Action;
use warmor_policy::verdict::ClauseKind;

/// What is to be judged in user space.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watch {
    /// Actions of which every event must be reported.
    pub actions: BTreeSet<Action>,
    /// Policies in `mode detect`, and detections of one event, with the actions that each speaks of.
    pub watchers: Vec<(String, BTreeSet<Action>)>,
    /// Detections that this version does not execute: sequences and counts.
    pub unexecuted: Vec<String>,
}

/// Whether a clause can make something of an event. What a policy in `mode detect` allows changes nothing by itself.
fn speaks(clause: &Clause) -> bool {
    clause.kind != ClauseKind::Allow
}

/// Works out what is to be judged in user space.
pub fn watch(manifest: &Manifest) -> Watch {
    let mut watch = Watch::default();
    let mut add = |name: &str, actions: BTreeSet<Action>| {
        watch.actions.extend(&actions);
        watch.watchers.push((name.to_owned(), actions));
    };
    for (i, policy) in manifest.policies.iter().enumerate().filter(|(_, p)| p.mode == Mode::Detect) {
        let own = manifest.clauses.iter().filter(|c| c.policy == Some(i as u32) && speaks(c));
        add(&policy.name, own.flat_map(|c| c.actions.iter().copied()).collect());
    }
    for detection in &manifest.detections {
        match detection.clause.and_then(|rank| manifest.clauses.get(rank as usize)) {
            Some(clause) => add(&detection.name, clause.actions.iter().copied().collect()),
            None => watch.unexecuted.push(detection.name.clone()),
        }
    }
    watch
}

impl Watch {
    /// Who speaks of actions that are not seen, and of which ones.
    pub fn blind_to(&self, seen: impl Fn(Action) -> bool) -> Vec<(&str, BTreeSet<Action>)> {
        let unseen = |actions: &BTreeSet<Action>| actions.iter().copied().filter(|a| !seen(*a)).collect();
        let all = self.watchers.iter().map(|(name, actions)| (name.as_str(), unseen(actions)));
        all.filter(|(_, actions): &(_, BTreeSet<Action>)| !actions.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::{clause, detection, policy};

    #[test]
    fn only_what_the_kernel_does_not_decide_is_asked_for() {
        let mut manifest = Manifest::new("p", "linux-6.1", "0");
        manifest.policies = vec![policy("prevents", Mode::Prevent), policy("detects", Mode::Detect)];
        manifest.clauses = vec![
            clause(ClauseKind::Deny, Some(0), "", &[Action::Read]),
            clause(ClauseKind::Audit, Some(0), "", &[Action::Write]),
            clause(ClauseKind::Deny, Some(1), "", &[Action::Connect]),
            clause(ClauseKind::Allow, Some(1), "", &[Action::Send]),
            clause(ClauseKind::Detect, None, "", &[Action::Exec]),
        ];
        manifest.detections = vec![detection("shell", Some(4)), detection("scan", None)];
        let watch = watch(&manifest);
        assert_eq!(watch.actions, [Action::Connect, Action::Exec].into());
        assert_eq!(watch.unexecuted, ["scan"]);
        assert_eq!(watch.blind_to(|a| a != Action::Exec), [("shell", [Action::Exec].into())]);
    }
}
