//! What is denied most, and to whom. Bounded: what does not fit is counted as others.

use super::escape;
use serde_json::{Value, json};
use std::collections::HashMap;
use warmor_bpf::{PathFact, Report};
use warmor_policy::schema::Action;

/// Most rules and programs that are told apart.
const MOST: usize = 1024;

/// Counts by name.
#[derive(Debug, Default)]
struct Tally {
    counts: HashMap<String, u64>,
    others: u64,
}

impl Tally {
    fn add(&mut self, name: String) {
        if let Some(count) = self.counts.get_mut(&name) {
            *count += 1;
        } else if self.counts.len() < MOST {
            self.counts.insert(name, 1);
        } else {
            self.others += 1;
        }
    }

    /// Most first, then by name.
    fn sorted(&self) -> Vec<(&str, u64)> {
        let mut all: Vec<_> = self.counts.iter().map(|(name, count)| (name.as_str(), *count)).collect();
        all.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        all
    }

    fn json(&self) -> Value {
        let all = self.sorted().into_iter().map(|(name, count)| json!({ "name": name, "count": count }));
        json!({ "counts": all.collect::<Vec<_>>(), "others": self.others })
    }
}

/// Denials and findings, by rule, by program and by action.
#[derive(Debug, Default)]
pub struct Top {
    rules: Tally,
    programs: Tally,
    actions: Tally,
}

impl Top {
    /// Counts a report that a rule denies.
    pub fn add(&mut self, rule: &str, report: &Report) {
        self.rules.add(rule.to_owned());
        self.programs.add(match &report.exe {
            PathFact::Known(path) | PathFact::Cut(path, _) => escape::bytes(path),
            PathFact::Absent => "(no path)".to_owned(),
            PathFact::Unknown => "(unknown)".to_owned(),
        });
        let action = Action::from_code(report.action).map_or("(unknown)", Action::name);
        self.actions.add(action.to_owned());
    }

    /// Denials of each rule, most first.
    pub fn rules(&self) -> Vec<(&str, u64)> {
        self.rules.sorted()
    }

    /// Denials of each action, most first.
    pub fn actions(&self) -> Vec<(&str, u64)> {
        self.actions.sorted()
    }

    /// All of it.
    pub fn json(&self) -> Value {
        json!({
            "rules": self.rules.json(),
            "programs": self.programs.json(),
            "actions": self.actions.json(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_come_first_and_what_does_not_fit_is_counted() {
        let mut tally = Tally::default();
        for i in 0..MOST + 5 {
            tally.add(format!("{i}"));
        }
        tally.add("7".to_owned());
        assert_eq!(tally.sorted()[0], ("7", 2));
        assert_eq!((tally.sorted().len(), tally.others), (MOST, 5));
    }

    #[test]
    fn names_are_fit_to_be_read() {
        let mut report = Report::parse(&[0; Report::BYTES]).unwrap();
        report.exe = PathFact::Known(b"/tmp/\x1b[31m".to_vec());
        let mut top = Top::default();
        top.add("web.no_shell", &report);
        assert_eq!(top.programs.sorted(), [("/tmp/\\x1b[31m", 1)]);
        assert_eq!(top.rules(), [("web.no_shell", 1)]);
    }
}
