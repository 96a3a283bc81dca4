//! Counters for Prometheus, in its text format (version 0.0.4).

use crate::assess::Tally;
use crate::domain::plan::Stance;
use crate::domain::top::Top;
use crate::ports::Counts;
use crate::serve::InForce;
use std::fmt::Write as _;
use warmor_bpf::Counter;
use warmor_policy::artifact::manifest::Mode;

/// Most rules with a series of their own.
const MOST_RULES: usize = 200;

struct Page(String);

impl Page {
    /// A metric, with the values of its series, each behind its labels.
    fn put(&mut self, name: &str, kind: &str, help: &str, series: &[(String, String)]) {
        let _ = writeln!(self.0, "# HELP warmor_{name} {help}\n# TYPE warmor_{name} {kind}");
        for (labels, value) in series {
            let _ = writeln!(self.0, "warmor_{name}{labels} {value}");
        }
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, value: impl ToString) {
        self.put(name, kind, help, &[(String::new(), value.to_string())]);
    }
}

/// Labels, as the format wants them quoted.
fn labels(pairs: &[(&str, &str)]) -> String {
    let quoted = pairs.iter().map(|(name, value)| {
        let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        format!("{name}=\"{value}\"")
    });
    format!("{{{}}}", quoted.collect::<Vec<_>>().join(","))
}

/// All metrics.
pub fn text(counts: &Counts, tally: &Tally, force: &InForce, top: &Top, missed_calls: u64) -> String {
    let count = |counter| counts.get(counter);
    let manifest = force.artifact.manifest();
    let mut page = Page(String::new());
    let prevent =
        manifest.policies.iter().filter(|p| p.mode == Mode::Prevent && !force.muted.contains(&p.name));
    let enforced = if force.stance == Stance::Enforce { prevent.count() } else { 0 };
    page.one("policies_enforced", "gauge", "Policies whose denials are kept to.", enforced);
    page.one("policies_muted", "gauge", "Policies that are muted.", force.muted.len());
    page.one("generation", "gauge", "Number of the tables in force.", force.generation);
    let info = [("package", manifest.package.as_str()), ("digest", &force.artifact.digest().to_string())];
    page.put("policy_info", "gauge", "The artifact in force.", &[(labels(&info), "1".to_owned())]);
    let took = force.took.as_secs_f64();
    page.one(
        "policy_load_duration_seconds",
        "gauge",
        "How long the last change of what is in force took.",
        took,
    );
    page.one("decisions_total", "counter", "Events decided in the kernel.", count(Counter::Decisions));
    page.one("denied_total", "counter", "Events denied.", count(Counter::Denied));
    page.one(
        "would_deny_total",
        "counter",
        "Events that would be denied, were denials kept to.",
        count(Counter::WouldDeny),
    );
    let by_action: Vec<_> =
        top.actions().into_iter().map(|(name, n)| (labels(&[("action", name)]), n.to_string())).collect();
    page.put(
        "denials_by_action_total",
        "counter",
        "Denials and findings of this agent's log, by action.",
        &by_action,
    );
    let rules = top.rules();
    let by_rule: Vec<_> = rules
        .into_iter()
        .take(MOST_RULES)
        .map(|(name, n)| (labels(&[("rule", name)]), n.to_string()))
        .collect();
    page.put(
        "denials_by_rule_total",
        "counter",
        "Denials and findings of this agent's log, by rule.",
        &by_rule,
    );
    for (name, help, counter) in [
        ("unknown_paths_total", "Paths of objects that could not be known.", Counter::UnknownPath),
        ("unknown_executables_total", "Executables that could not be known.", Counter::UnknownExe),
        ("no_scratch_slot_total", "Events decided without knowing anything of them.", Counter::NoScratch),
        ("no_task_slot_total", "Records that the table of tasks had no room for.", Counter::NoTaskSlot),
        ("image_errors_total", "Events that met tables that could not be read.", Counter::ImageError),
        ("reports_total", "Reports that the kernel programs wanted to send.", Counter::Emitted),
        ("reports_lost_total", "Of them, those that the full ring had no room for.", Counter::Lost),
        ("images_started_total", "Images started.", Counter::Images),
    ] {
        page.one(name, "counter", help, count(counter));
    }
    page.one("missed_calls_total", "counter", "Program calls that the kernel skipped.", missed_calls);
    for (name, help, value) in [
        ("flows_allowed_total", "Connections and datagrams that went through.", tally.flows.allowed),
        ("flows_blocked_total", "Connections and datagrams that were stopped.", tally.flows.blocked),
        ("reports_received_total", "Reports that this agent has read.", tally.received),
        ("judged_total", "Events that the module decided.", tally.judged),
        ("disagreements_total", "Events on which kernel and module said otherwise.", tally.disagreements),
        ("unanswered_total", "Events on which the module gave no answer.", tally.unanswered),
    ] {
        page.one(name, "counter", help, value);
    }
    page.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_cannot_end_its_line() {
        assert_eq!(labels(&[("rule", "a\"b\\c\nd"), ("x", "y")]), "{rule=\"a\\\"b\\\\c\\nd\",x=\"y\"}");
    }
}
