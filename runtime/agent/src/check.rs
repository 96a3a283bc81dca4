//! `warmord check`: what of an artifact this host can keep to, by the plan that `run` goes by. Nothing is loaded.

use crate::adapters::host;
use crate::domain::demand::{TooLarge, demand};
use crate::domain::escape;
use crate::domain::line::Clauses;
use crate::domain::plan::{Host, Modules, NETWORK, OTHER_SOCKETS, sees};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use warmor_policy::artifact::Artifact;
use warmor_policy::artifact::manifest::{Manifest, Mode};
use warmor_policy::schema::Action;
use warmor_policy::verdict::ClauseKind;

/// What a host does with a clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    /// It is enforced.
    Enforced,
    /// It is judged, on every event that is seen.
    Judged,
    /// It is not kept to, and why.
    Idle(&'static str),
}

/// A clause and an action that it speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    rule: String,
    place: String,
    action: Action,
    does: Use,
}

/// What of an artifact a host can keep to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    rows: Vec<Row>,
    /// Detections that no version of this agent executes.
    unexecuted: Vec<String>,
    host: Host,
}

/// Looks at this host.
///
/// # Errors
/// When the tables do not fit into any kernel.
pub fn check(artifact: &Artifact) -> Result<Verdict, TooLarge> {
    demand(artifact.tables())?;
    Ok(judge(artifact.manifest(), host::look()))
}

fn judge(manifest: &Manifest, host: Host) -> Verdict {
    let clauses = Clauses::of(manifest);
    let mut rows = Vec::new();
    for (rank, clause) in manifest.clauses.iter().enumerate() {
        let policy = clause.policy.and_then(|p| manifest.policies.get(p as usize));
        let prevents = policy.is_some_and(|p| p.mode == Mode::Prevent);
        let denies = matches!(clause.kind, ClauseKind::Deny | ClauseKind::Default);
        let Some(named) = clauses.get(rank as u32).filter(|_| clause.kind != ClauseKind::Allow) else {
            continue;
        };
        rows.extend(clause.actions.iter().map(|action| {
            let does = if prevents && denies {
                host.obstacle(*action).map_or(Use::Enforced, |o| Use::Idle(o.why()))
            } else if sees(host.has_bpf_lsm(), *action) {
                Use::Judged
            } else {
                Use::Idle(host.obstacle(*action).map_or("it is not seen here", |o| o.why()))
            };
            Row { rule: named.name.clone(), place: named.place.clone(), action: *action, does }
        }));
    }
    let unexecuted = manifest.detections.iter().filter(|d| d.clause.is_none()).map(|d| d.name.clone());
    Verdict { rows, unexecuted: unexecuted.collect(), host }
}

impl Verdict {
    /// Whether this host keeps to all of it.
    pub fn is_whole(&self) -> bool {
        self.unexecuted.is_empty() && !self.rows.iter().any(|row| matches!(row.does, Use::Idle(_)))
    }

    /// For people, by lines.
    pub fn lines(&self) -> Vec<String> {
        let modules = match &self.host.modules {
            Modules::Active(names) => names.join(","),
            Modules::Unreadable(why) => format!("unreadable ({why})"),
        };
        let mut lines = vec![format!("this host: Linux {}, security modules {modules}", self.host.release)];
        for (title, wanted) in [("enforced", Use::Enforced), ("judged in user space", Use::Judged)] {
            self.group(title, |does| does == wanted, &mut lines);
        }
        let reasons: BTreeSet<&str> = self.rows.iter().filter_map(Row::idle).collect();
        for why in reasons {
            self.group(&format!("NOT KEPT TO, for {why}"), |does| does == Use::Idle(why), &mut lines);
        }
        if !self.host.has_bpf_lsm() && self.rows.iter().any(|row| NETWORK.contains(&row.action)) {
            lines.push(format!(
                "NOT SEEN: {OTHER_SOCKETS}, for `bpf` is not among the active security modules"
            ));
        }
        if !self.unexecuted.is_empty() {
            lines.push("NOT EXECUTED, for this release runs no sequences and counts:".to_owned());
            lines.extend(self.unexecuted.iter().map(|name| format!("  {}", escape::bytes(name.as_bytes()))));
        }
        lines
    }

    fn group(&self, title: &str, wanted: impl Fn(Use) -> bool, lines: &mut Vec<String>) {
        let mut rules: Vec<(String, Vec<&str>)> = Vec::new();
        for row in self.rows.iter().filter(|row| wanted(row.does)) {
            let rule = format!("{} ({})", row.rule, row.place);
            match rules.last_mut().filter(|(last, _)| *last == rule) {
                Some((_, actions)) => actions.push(row.action.name()),
                None => rules.push((rule, vec![row.action.name()])),
            }
        }
        if !rules.is_empty() {
            lines.push(format!("{title}:"));
            lines
                .extend(rules.into_iter().map(|(rule, actions)| format!("  {rule}: {}", actions.join(", "))));
        }
    }

    /// For programs.
    pub fn json(&self) -> String {
        let rows = self.rows.iter().map(|row| {
            let does = match row.does {
                Use::Enforced => "enforced",
                Use::Judged => "judged",
                Use::Idle(_) => "not kept to",
            };
            json!({
                "rule": row.rule,
                "place": row.place,
                "action": row.action.name(),
                "does": does,
                "why": row.idle(),
            })
        });
        let modules = match &self.host.modules {
            Modules::Active(names) => json!(names),
            Modules::Unreadable(_) => Value::Null,
        };
        let whole = json!({
            "kernel": self.host.release,
            "modules": modules,
            "rules": rows.collect::<Vec<_>>(),
            "not_executed": self.unexecuted,
            "whole": self.is_whole(),
        });
        escape::json(&whole.to_string())
    }
}

impl Row {
    fn idle(&self) -> Option<&'static str> {
        match self.does {
            Use::Idle(why) => Some(why),
            Use::Enforced | Use::Judged => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::{clause, detection, policy};

    fn manifest() -> Manifest {
        let mut manifest = Manifest::new("p", "linux-6.1", "0");
        manifest.policies = vec![policy("keeps", Mode::Prevent), policy("looks", Mode::Detect)];
        manifest.clauses = vec![
            clause(ClauseKind::Deny, Some(0), "a", &[Action::Connect, Action::Read, Action::Accept]),
            clause(ClauseKind::Allow, Some(0), "b", &[Action::Send]),
            clause(ClauseKind::Deny, Some(1), "c", &[Action::Exec, Action::Write]),
        ];
        manifest
    }

    fn host(modules: &[&str]) -> Host {
        let modules = Modules::Active(modules.iter().map(|m| (*m).to_owned()).collect());
        Host { release: "6.1.0".into(), modules, missing: BTreeSet::new(), skips_preempted: false }
    }

    #[test]
    fn each_rule_is_where_this_host_puts_it() {
        assert_eq!(
            judge(&manifest(), host(&["yama"])).lines(),
            [
                "this host: Linux 6.1.0, security modules yama",
                "enforced:",
                "  keeps.a (p.warmor:3): connect",
                "judged in user space:",
                "  looks.c (p.warmor:3): exec",
                "NOT KEPT TO, for `bpf` is not among the active security modules:",
                "  keeps.a (p.warmor:3): read",
                "  looks.c (p.warmor:3): write",
                "NOT KEPT TO, for this release has no kernel program for it:",
                "  keeps.a (p.warmor:3): accept",
                "NOT SEEN: connect, send and bind of raw, packet and unix sockets, for `bpf` is not among the active security \
                 modules",
            ]
        );
    }

    #[test]
    fn a_host_that_keeps_to_all_says_so() {
        let mut manifest = manifest();
        manifest.clauses[0].actions.retain(|a| *a != Action::Accept);
        assert!(judge(&manifest, host(&["bpf"])).is_whole());
        assert!(!judge(&manifest, host(&[])).is_whole());
        manifest.detections.push(detection("scan", None));
        let verdict = judge(&manifest, host(&["bpf"]));
        assert!(!verdict.is_whole(), "a detection is not executed");
        let json: Value = serde_json::from_str(&verdict.json()).unwrap();
        assert_eq!(json["not_executed"], json!(["scan"]));
        assert_eq!(json["rules"][0]["does"], "enforced");
        assert_eq!(json["whole"], false);
    }
}
