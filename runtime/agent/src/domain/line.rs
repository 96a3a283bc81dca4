//! An entry as a line for people and as one for programs. Nothing that a process chose is written as it is.

use super::entry::Entry;
use super::escape;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use std::net::IpAddr;
use warmor_bpf::{PathFact, Report, ReportFlags, Target};
use warmor_policy::artifact::Manifest;
use warmor_policy::event::{Address, json::AsJson};
use warmor_policy::schema::{Action, name_tables};
use warmor_policy::verdict::{ClauseKind, Effect, Reason, Responses};

/// A clause for reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// What it does when it applies.
    pub kind: ClauseKind,
    /// The policy or detection that it belongs to, and its label where it has one.
    pub name: String,
    /// Its policy; none for a detection.
    pub policy: Option<String>,
    /// File and line.
    pub place: String,
    /// Its severity.
    pub severity: &'static str,
    /// Why it is there, in the author's words.
    pub because: Option<String>,
    /// What it asks for.
    pub responses: Responses,
    /// Whom it alerts.
    pub alert: Vec<String>,
    /// A detection's tags.
    pub tags: Vec<String>,
}

/// The clauses of an artifact, by rank.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clauses(Vec<Clause>);

impl Clauses {
    /// What the manifest says of them. Names and places are made fit to be read.
    pub fn of(manifest: &Manifest) -> Self {
        let text = |raw: &str| escape::bytes(raw.as_bytes());
        let clauses = manifest.clauses.iter().enumerate().map(|(rank, clause)| {
            let policy = clause.policy.and_then(|p| manifest.policies.get(p as usize)).map(|p| &p.name);
            let name = match policy {
                Some(policy) if !clause.label.is_empty() && clause.label != *policy => {
                    format!("{policy}.{}", clause.label)
                }
                Some(policy) => policy.clone(),
                None => clause.label.clone(),
            };
            let detection = manifest.detections.iter().find(|d| d.clause == Some(rank as u32));
            Clause {
                kind: clause.kind,
                name: text(&name),
                policy: policy.map(|p| text(p)),
                place: text(&format!("{}:{}", clause.place.file, clause.place.line)),
                severity: clause.severity.name(),
                because: clause.because.clone(),
                responses: clause.responses,
                alert: clause.alert.clone(),
                tags: detection.map(|d| d.tags.clone()).unwrap_or_default(),
            }
        });
        Self(clauses.collect())
    }

    /// The clause of a rank.
    pub fn get(&self, rank: u32) -> Option<&Clause> {
        self.0.get(rank as usize)
    }

    /// Those of some ranks.
    fn of_ranks<'c>(&'c self, ranks: &'c [u32]) -> impl Iterator<Item = &'c Clause> {
        ranks.iter().filter_map(|rank| self.get(*rank))
    }
}

fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Unmentioned => "unmentioned",
        Reason::Denied => "denied",
        Reason::Allowed => "allowed",
        Reason::Posture => "posture",
    }
}

fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Allow => "allow",
        Effect::Deny => "deny",
    }
}

/// Responses that this agent does not carry out.
fn not_carried_out(responses: Responses) -> Responses {
    Responses(responses.0 & !Responses::HARMLESS.0)
}

/// Whom an entry alerts, each once.
fn alerts(entry: &Entry<'_>, clauses: &Clauses) -> Vec<String> {
    let mut targets: Vec<String> =
        clauses.of_ranks(&entry.asking).flat_map(|c| &c.alert).map(|t| escape::bytes(t.as_bytes())).collect();
    targets.sort_unstable();
    targets.dedup();
    targets
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

/// The name of the number that the action is about.
fn coded(report: &Report) -> Option<String> {
    let table = match Action::from_code(report.action)? {
        Action::Signal => "Signal",
        Action::Capability => "Capability",
        _ => return None,
    };
    Some(named(table, report.code?))
}

/// What the action is about, with a space before it; an endpoint without an address is told by its protocol alone.
fn object(report: &Report) -> String {
    match endpoint(report) {
        Some(endpoint) => format!(" {endpoint}"),
        None if report.protocol != 0 && report.path == PathFact::Absent => String::new(),
        None => format!(" {}", path(&report.path)),
    }
}

/// One line for people, without a line end.
pub fn human(entry: &Entry<'_>, clauses: &Clauses, time: &str) -> String {
    let report = entry.report;
    let mut line = format!("{time} {:<10} {}", entry.outcome.name(), action(report));
    if report.role != 0 {
        let _ = write!(line, " ({})", named("Role", report.role.into()));
    }
    if report.protocol != 0 {
        let _ = write!(line, " {}", named("Protocol", report.protocol.into()));
    }
    if let Some(word) = coded(report) {
        let _ = write!(line, " {word}");
    }
    match &report.target {
        Some(target) => drop(write!(line, " {} pid={} uid={}", path(&target.exe), target.pid, target.uid)),
        None => drop(write!(line, "{}", object(report))),
    }
    let _ = write!(line, "  by {} pid={} uid={}", path(&report.exe), report.pid, report.uid);
    if let Some(rank) = entry.clause {
        let _ = match clauses.get(rank) {
            Some(clause) => write!(line, "  rule {} ({}, {})", clause.name, clause.severity, clause.place),
            None => write!(line, "  rule #{rank}"),
        };
    }
    for clause in clauses.of_ranks(&entry.detections) {
        let _ = write!(line, "  detection {} ({}, {})", clause.name, clause.severity, clause.place);
        if !clause.tags.is_empty() {
            let _ = write!(line, " [{}]", escape::bytes(clause.tags.join(", ").as_bytes()));
        }
    }
    for clause in clauses.of_ranks(&entry.audits) {
        let _ = write!(line, "  audit {} ({}, {})", clause.name, clause.severity, clause.place);
    }
    let alerts = alerts(entry, clauses);
    if !alerts.is_empty() {
        let _ = write!(line, "  alert {}", alerts.join(", "));
    }
    let idle: Vec<_> = not_carried_out(entry.responses).names().collect();
    if !idle.is_empty() {
        let _ = write!(line, "  asked for, not carried out: {}", idle.join(", "));
    }
    if report.flags.has(ReportFlags::NO_SCRATCH) {
        line.push_str("  (nothing was known: no scratch slot)");
    }
    if let Some(other) = entry.disagreement {
        let _ = write!(line, "  DISAGREEMENT: the module says {}", effect(other));
    }
    line
}

/// One line of JSON, without a line end.
pub fn json(entry: &Entry<'_>, clauses: &Clauses, time: &str) -> String {
    let report = entry.report;
    let mut out = Map::new();
    let mut put = |key: &str, value: Value| drop(out.insert(key.to_owned(), value));
    put("time", json!(time));
    put("outcome", json!(entry.outcome.name()));
    put("action", json!(action(report)));
    if report.role != 0 {
        put("role", json!(named("Role", report.role.into())));
    }
    if let Some(bytes) = report.address {
        put("address", json!(IpAddr::from(Address(u128::from_be_bytes(bytes))).to_string()));
    }
    if report.port_known {
        put("port", json!(report.port));
    }
    if report.protocol != 0 {
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
    if let (Some(word), Some(action)) = (coded(report), Action::from_code(report.action)) {
        put(action.name(), json!(word));
    }
    if let Some(target) = &report.target {
        put("target", target_json(target));
    }
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
    if let Some(rank) = entry.clause {
        put("rank", json!(rank));
        put("reason", json!(reason(entry.reason)));
        if let Some(clause) = clauses.get(rank) {
            put("rule", json!(clause.name));
            put("policy", json!(clause.policy));
            put("place", json!(clause.place));
            put("severity", json!(clause.severity));
            put("because", json!(clause.because));
        }
    }
    for (key, ranks) in [("detections", &entry.detections), ("audits", &entry.audits)] {
        if !ranks.is_empty() {
            put(key, Value::Array(clauses.of_ranks(ranks).map(clause_json).collect()));
        }
    }
    for (key, names) in [
        ("alert", alerts(entry, clauses)),
        ("responses", entry.responses.names().map(str::to_owned).collect()),
        ("not_carried_out", not_carried_out(entry.responses).names().map(str::to_owned).collect()),
    ] {
        if !names.is_empty() {
            put(key, json!(names));
        }
    }
    if let Some(other) = entry.disagreement {
        put("disagreement", json!({ "module": effect(other) }));
    }
    if let Some(event) = &entry.event {
        put("event", serde_json::to_value(AsJson(event)).unwrap_or_default());
    }
    escape::json(&Value::Object(out).to_string())
}

fn target_json(target: &Target) -> Value {
    let mut out = json!({
        "pid": target.pid,
        "uid": target.uid,
        "gid": target.gid,
        "name": escape::bytes(&target.name),
    });
    match &target.exe {
        PathFact::Known(bytes) => out["exe"] = json!(escape::bytes(bytes)),
        PathFact::Unknown | PathFact::Cut(..) => out["exe_unknown"] = json!(true),
        PathFact::Absent => {}
    }
    out
}

fn clause_json(clause: &Clause) -> Value {
    json!({
        "name": clause.name,
        "policy": clause.policy,
        "severity": clause.severity,
        "place": clause.place,
        "because": clause.because,
        "tags": clause.tags,
        "responses": clause.responses.names().collect::<Vec<_>>(),
        "alert": clause.alert,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entry::Outcome;
    use warmor_policy::event::{Event, Fact, json as event_json};
    use warmor_policy::schema::slot;

    fn report() -> Report {
        let mut report = Report::parse(&[0; Report::BYTES]).unwrap();
        report.action = Action::Read as u8;
        report.clause = None;
        report
    }

    fn clause(kind: ClauseKind, name: &str, severity: &'static str) -> Clause {
        Clause {
            kind,
            name: name.into(),
            policy: None,
            place: "web.warmor:3".into(),
            severity,
            because: None,
            responses: Responses::default(),
            alert: vec![],
            tags: vec![],
        }
    }

    #[test]
    fn names_chosen_by_a_process_cannot_write_lines() {
        let mut report = report();
        let path = "/tmp/a\n2026 DENIED read /etc/shadow \x1b[31m\u{9b}31m\"";
        report.path = PathFact::Known(path.into());
        report.name = b"\x1b]0;x\x07".to_vec();
        let mut event = Event::new(Action::Read);
        event.facts[slot::PATH] = Fact::Known(warmor_policy::event::Value::Bytes(path.into()));
        let entry = Entry { event: Some(event.clone()), ..Entry::of_kernel(&report) };
        let clauses = Clauses::default();
        for line in [human(&entry, &clauses, "t"), json(&entry, &clauses, "t")] {
            assert!(line.bytes().all(|b| (0x20..=0x7e).contains(&b)), "{line}");
        }
        let back: Value = serde_json::from_str(&json(&entry, &clauses, "t")).unwrap();
        assert_eq!(back["path"], "/tmp/a\\x0a2026 DENIED read /etc/shadow \\x1b[31m\\xc2\\x9b31m\"");
        assert_eq!(event_json::read(&back["event"].to_string()), Ok(event), "the event can be judged again");
    }

    #[test]
    fn the_rule_is_named() {
        let mut report = report();
        report.clause = Some(0);
        report.path = PathFact::Known(b"/etc/shadow".to_vec());
        let clauses = Clauses(vec![clause(ClauseKind::Deny, "web.no_shadow", "high")]);
        let line = human(&Entry::of_kernel(&report), &clauses, "12:00");
        assert_eq!(
            line,
            "12:00 OBSERVED   read /etc/shadow  by (no path) pid=0 uid=0  rule web.no_shadow (high, web.warmor:3)"
        );
    }

    #[test]
    fn a_detection_says_what_it_asks_for_and_what_is_not_done() {
        let mut report = report();
        report.path = PathFact::Known(b"/bin/sh".to_vec());
        let detection = Clause {
            responses: Responses::ALERT.union(Responses::KILL),
            alert: vec!["secops".into()],
            tags: vec!["attack.execution".into()],
            ..clause(ClauseKind::Detect, "shell", "critical")
        };
        let clauses = Clauses(vec![detection]);
        let entry = Entry {
            outcome: Outcome::Detected,
            detections: vec![0],
            asking: vec![0],
            responses: clauses.0[0].responses,
            ..Entry::of_kernel(&report)
        };
        assert_eq!(
            human(&entry, &clauses, "12:00"),
            "12:00 DETECTED   read /bin/sh  by (no path) pid=0 uid=0  detection shell (critical, web.warmor:3) \
             [attack.execution]  alert secops  asked for, not carried out: kill"
        );
        let back: Value = serde_json::from_str(&json(&entry, &clauses, "12:00")).unwrap();
        assert_eq!(back["detections"][0]["name"], "shell");
        assert_eq!(back["detections"][0]["tags"], json!(["attack.execution"]));
        assert_eq!(back["responses"], json!(["alert", "kill"]));
        assert_eq!(back["not_carried_out"], json!(["kill"]));
        assert_eq!(back["alert"], json!(["secops"]));
    }
}
