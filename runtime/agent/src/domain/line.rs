//! A report as a line for people and as one for programs. Nothing that a process chose is written as it is.

use super::escape;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use std::net::IpAddr;
use warmor_bpf::{PathFact, Report, ReportFlags};
use warmor_policy::event::Address;
use warmor_policy::schema::{Action, name_tables};
use warmor_policy::verdict::Responses;

/// What a clause is called, by rank.
pub struct ClauseNames(pub Vec<ClauseName>);

/// A clause for reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClauseName {
    /// The policy or detection that it belongs to, and its label where it has one.
    pub name: String,
    /// File and line.
    pub place: String,
    /// Its severity.
    pub severity: &'static str,
}

/// What a report says happened.
pub fn outcome(report: &Report) -> &'static str {
    let flags = report.flags;
    if flags.has(ReportFlags::DENIED) {
        "DENIED"
    } else if flags.has(ReportFlags::WOULD_DENY) {
        "WOULD-DENY"
    } else if flags.has(ReportFlags::FINDING) {
        "FINDING"
    } else if flags.has(ReportFlags::DETECTED) {
        "DETECTED"
    } else if flags.has(ReportFlags::AUDIT) {
        "AUDIT"
    } else if flags.has(ReportFlags::STARTED) {
        "STARTED"
    } else {
        "OBSERVED"
    }
}

fn named(table: &str, code: u32) -> String {
    let found = name_tables().iter().find(|t| t.name == table).and_then(|t| t.name(code));
    found.map_or_else(|| code.to_string(), str::to_owned)
}

fn action(report: &Report) -> &'static str {
    Action::from_code(report.action).map_or("unknown action", Action::name)
}

fn path(fact: &PathFact) -> String {
    match fact {
        PathFact::Absent => "(no path)".into(),
        PathFact::Unknown => "(unknown path)".into(),
        PathFact::Known(bytes) => escape::bytes(bytes),
        PathFact::Cut(bytes, whole) => format!("{}(cut, {whole} bytes)", escape::bytes(bytes)),
    }
}

fn endpoint(report: &Report) -> Option<String> {
    let address: IpAddr = Address(u128::from_be_bytes(report.address?)).into();
    Some(std::net::SocketAddr::new(address, report.port).to_string())
}

/// One line for people, without a line end.
pub fn human(report: &Report, clauses: &ClauseNames, time: &str) -> String {
    let mut line = format!("{time} {:<10} {}", outcome(report), action(report));
    if report.role != 0 {
        let _ = write!(line, " ({})", named("Role", report.role.into()));
    }
    if report.protocol != 0 {
        let _ = write!(line, " {}", named("Protocol", report.protocol.into()));
    }
    let object = endpoint(report).unwrap_or_else(|| path(&report.path));
    let _ = write!(line, " {object}");
    let _ = write!(line, "  by {} pid={} uid={}", path(&report.exe), report.pid, report.uid);
    if let Some(rank) = report.clause {
        let _ = match clauses.0.get(rank as usize) {
            Some(clause) => write!(line, "  rule {} ({}, {})", clause.name, clause.severity, clause.place),
            None => write!(line, "  rule #{rank}"),
        };
    }
    if report.flags.has(ReportFlags::NO_SCRATCH) {
        line.push_str("  (nothing was known: no scratch slot)");
    }
    line
}

/// One line of JSON, without a line end.
pub fn json(report: &Report, clauses: &ClauseNames, time: &str) -> String {
    let mut out = Map::new();
    let mut put = |key: &str, value: Value| drop(out.insert(key.to_owned(), value));
    put("time", json!(time));
    put("outcome", json!(outcome(report)));
    put("action", json!(action(report)));
    if report.role != 0 {
        put("role", json!(named("Role", report.role.into())));
    }
    if let Some(bytes) = report.address {
        put("address", json!(IpAddr::from(Address(u128::from_be_bytes(bytes))).to_string()));
        put("port", json!(report.port));
        put("protocol", json!(named("Protocol", report.protocol.into())));
    }
    for (key, fact) in [("path", &report.path), ("exe", &report.exe)] {
        match fact {
            PathFact::Absent => {}
            PathFact::Unknown => put(&format!("{key}_unknown"), json!(true)),
            PathFact::Known(bytes) => put(key, json!(escape::bytes(bytes))),
            PathFact::Cut(bytes, whole) => {
                put(key, json!(escape::bytes(bytes)));
                put(&format!("{key}_cut_from"), json!(whole));
            }
        }
    }
    put("name", json!(escape::bytes(&report.name)));
    for (key, value) in [
        ("pid", u64::from(report.pid)),
        ("tid", report.tid.into()),
        ("ppid", report.ppid.into()),
        ("uid", report.uid.into()),
        ("gid", report.gid.into()),
        ("cgroup", report.cgroup),
        ("cpu", report.cpu.into()),
        ("sequence", report.sequence),
        ("generation", report.generation.into()),
    ] {
        put(key, json!(value));
    }
    if let Some(rank) = report.clause {
        put("rank", json!(rank));
        if let Some(clause) = clauses.0.get(rank as usize) {
            put("rule", json!(clause.name));
            put("place", json!(clause.place));
            put("severity", json!(clause.severity));
        }
    }
    let responses: Vec<_> = Responses(report.responses).names().collect();
    if !responses.is_empty() {
        put("responses", json!(responses));
    }
    Value::Object(out).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let mut report = Report::parse(&[0; Report::BYTES]).unwrap();
        report.action = Action::Read as u8;
        report.clause = None;
        report
    }

    #[test]
    fn names_chosen_by_a_process_cannot_write_lines() {
        let mut report = report();
        report.path = PathFact::Known(b"/tmp/a\n2026 DENIED read /etc/shadow \x1b[31m\"".to_vec());
        report.name = b"\x1b]0;x\x07".to_vec();
        let clauses = ClauseNames(vec![]);
        for line in [human(&report, &clauses, "t"), json(&report, &clauses, "t")] {
            assert!(line.bytes().all(|b| (0x20..=0x7e).contains(&b)), "{line}");
        }
        let back: Value = serde_json::from_str(&json(&report, &clauses, "t")).unwrap();
        assert_eq!(back["path"], "/tmp/a\\x0a2026 DENIED read /etc/shadow \\x1b[31m\"");
    }

    #[test]
    fn the_rule_is_named() {
        let mut report = report();
        report.clause = Some(0);
        report.path = PathFact::Known(b"/etc/shadow".to_vec());
        let clause =
            ClauseName { name: "web.no_shadow".into(), place: "web.warmor:3".into(), severity: "high" };
        let line = human(&report, &ClauseNames(vec![clause]), "12:00");
        assert_eq!(
            line,
            "12:00 OBSERVED   read /etc/shadow  by (no path) pid=0 uid=0  rule web.no_shadow (high, web.warmor:3)"
        );
    }
}
