//! What `warmord replay` writes.

use super::{Counts, Example, Format, Place, Question, Verdicts};
use crate::domain::difference::{Difference, Group, Said};
use crate::domain::escape;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use warmor_policy::artifact::Digest;
use warmor_policy::event::{Event, Fact, Value as Known, json::AsJson};
use warmor_policy::schema::{name_tables, process_fields, slot};

/// An event and what is said of it.
pub(super) struct Case<'c> {
    pub place: Place,
    pub event: &'c Event,
    pub times: u64,
    pub here: &'c Said,
    pub there: Option<&'c Said>,
    /// Names of the differences.
    pub names: &'c [&'static str],
}

/// Writes it.
pub(super) struct Printer<'o> {
    format: Format,
    summary_only: bool,
    out: &'o mut dyn Write,
}

type Grouped<'g> = [(Difference, Vec<(&'g str, &'g Group<Example>)>)];

impl<'o> Printer<'o> {
    pub fn new(format: Format, summary_only: bool, out: &'o mut dyn Write) -> Self {
        Self { format, summary_only, out }
    }

    /// Writes what is said of one event.
    pub fn case(&mut self, case: &Case<'_>) -> io::Result<()> {
        if self.summary_only {
            return Ok(());
        }
        match self.format {
            Format::Text => writeln!(self.out, "{}", text(case)),
            Format::Json => {
                let value = json!({
                    "line": case.place.line,
                    "index": case.place.index,
                    "times": case.times,
                    "event": serde_json::to_value(AsJson(case.event)).unwrap_or_default(),
                    "policy": said(case.here),
                    "against": case.there.map(said),
                    "differences": case.names,
                });
                writeln!(self.out, "{}", escape::json(&value.to_string()))
            }
        }
    }

    /// Writes what became of all.
    pub fn summary(
        &mut self,
        question: Question,
        counts: &Counts,
        policies: &[(&Path, Digest, Verdicts)],
        groups: &Grouped<'_>,
    ) -> io::Result<()> {
        match self.format {
            Format::Text => {
                if !self.summary_only && counts.events > 0 {
                    writeln!(self.out)?;
                }
                for line in lines(question, counts, policies, groups) {
                    writeln!(self.out, "{line}")?;
                }
                Ok(())
            }
            Format::Json => {
                let value = json!({ "summary": object(question, counts, policies, groups) });
                writeln!(self.out, "{}", escape::json(&value.to_string()))
            }
        }
    }
}

fn said(said: &Said) -> Value {
    json!({
        "verdict": said.word(),
        "denied": said.denied,
        "reported": said.found,
        "rule": said.rule,
        "detections": said.detections,
    })
}

fn text(case: &Case<'_>) -> String {
    let mut words = case.here.word().to_owned();
    if let Some(there) = case.there
        && there.word() != words
    {
        let _ = write!(words, " -> {}", there.word());
    }
    let mut line = format!("{}: {words:<6} {}", case.place, of_event(case.event));
    if case.times != 1 {
        let _ = write!(line, "  {} times", case.times);
    }
    let by = |said: &Said| {
        let mut by = said.rule.as_ref().map_or_else(|| "no rule".to_owned(), |rule| format!("rule {rule}"));
        for detection in &said.detections {
            let _ = write!(by, ", detection {detection}");
        }
        by
    };
    let here = by(case.here);
    let _ = write!(line, "  {here}");
    if let Some(there) = case.there.map(by).filter(|there| *there != here) {
        let _ = write!(line, " -> {there}");
    }
    if !case.names.is_empty() {
        let _ = write!(line, "  ({})", case.names.join(", ").to_uppercase());
    }
    line
}

/// An event for people. Nothing that a process chose is written as it is.
fn of_event(event: &Event) -> String {
    let mut line = event.action.name().to_owned();
    if let Fact::Known(Known::Int(role)) = event.facts[slot::ROLE]
        && let Some(role) = named("Role", role)
    {
        let _ = write!(line, " ({role})");
    }
    if let Fact::Known(Known::Int(protocol)) = event.facts[slot::PROTOCOL]
        && let Some(protocol) = named("Protocol", protocol)
    {
        let _ = write!(line, " {protocol}");
    }
    if let Fact::Known(Known::Ip(address)) = event.facts[slot::ADDRESS] {
        let address = IpAddr::from(address);
        let port = match event.facts[slot::PORT] {
            Fact::Known(Known::Int(port)) => u16::try_from(port).ok(),
            _ => None,
        };
        let _ = match port {
            Some(port) => write!(line, " {}", SocketAddr::new(address, port)),
            None => write!(line, " {address}"),
        };
    } else if let Some(path) = bytes(&event.facts[slot::PATH], "path") {
        let _ = write!(line, " {path}");
    }
    let exe =
        bytes(&event.process.0[slot::EXE], "executable").unwrap_or_else(|| "(no executable)".to_owned());
    let _ = write!(line, "  by {exe}");
    for (slot, field) in
        process_fields().iter().enumerate().filter(|(_, f)| matches!(f.name, "process.pid" | "process.uid"))
    {
        if let Fact::Known(Known::Int(number)) = event.process.0[slot] {
            let _ = write!(line, " {}={number}", field.name.trim_start_matches("process."));
        }
    }
    line
}

fn bytes(fact: &Fact, what: &str) -> Option<String> {
    match fact {
        Fact::Known(Known::Bytes(bytes)) => Some(escape::bytes(bytes)),
        Fact::Unknown => Some(format!("(unknown {what})")),
        _ => None,
    }
}

fn named(table: &str, code: i64) -> Option<&'static str> {
    name_tables().iter().find(|t| t.name == table)?.name(u32::try_from(code).ok()?)
}

fn shown(path: &Path) -> String {
    escape::bytes(path.as_os_str().as_bytes())
}

fn lines(
    question: Question,
    counts: &Counts,
    policies: &[(&Path, Digest, Verdicts)],
    groups: &Grouped<'_>,
) -> Vec<String> {
    let mut lines = vec![format!("{} event(s)", counts.events)];
    let passed = [
        (counts.about_the_log, "line(s) are about the log itself"),
        (counts.without_event, "line(s) have no event: nothing was judged"),
        (counts.missing, "report(s) are missing, as the log says"),
        (counts.unreadable, "line(s) COULD NOT BE READ and were passed over"),
    ];
    lines.extend(passed.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("  {n} {what}")));
    for (path, digest, v) in policies {
        lines.push(format!("{} ({digest})", shown(path)));
        lines.push(format!(
            "  denies {}, only finds {}, allows {}; detects something in {}",
            v.denied, v.found, v.allowed, v.detected
        ));
    }
    for (difference, groups) in groups.iter().filter(|(_, groups)| !groups.is_empty()) {
        let events: u64 = groups.iter().map(|(_, group)| group.events).sum();
        lines.push(format!("{}: {events} event(s)", difference.name()));
        for (rule, group) in groups {
            let Example { place, event } = &group.example;
            lines.push(format!("  {rule}: {}, first in line {place}: {}", group.events, of_event(event)));
        }
    }
    if counts.other_rule > 0 {
        lines.push(format!("the same verdict by another rule: {} event(s)", counts.other_rule));
    }
    if groups.iter().all(|(_, groups)| groups.is_empty()) {
        lines.push(match question {
            Question::Against => "no difference".to_owned(),
            Question::Recorded => "no difference from what was recorded".to_owned(),
        });
    }
    lines
}

fn object(
    question: Question,
    counts: &Counts,
    policies: &[(&Path, Digest, Verdicts)],
    groups: &Grouped<'_>,
) -> Value {
    let policy = |(path, digest, v): &(&Path, Digest, Verdicts)| {
        json!({
            "artifact": shown(path),
            "digest": digest.to_string(),
            "denied": v.denied,
            "found": v.found,
            "allowed": v.allowed,
            "detected": v.detected,
        })
    };
    let group = |difference: &Difference, (rule, group): &(&str, &Group<Example>)| {
        json!({
            "difference": difference.name(),
            "rule": rule,
            "events": group.events,
            "example": {
                "line": group.example.place.line,
                "index": group.example.place.index,
                "event": serde_json::to_value(AsJson(&group.example.event)).unwrap_or_default(),
            },
        })
    };
    let differences: Vec<Value> =
        groups.iter().flat_map(|(difference, of)| of.iter().map(|g| group(difference, g))).collect();
    json!({
        "compared": match question {
            Question::Against => "policies",
            Question::Recorded => "policy and record",
        },
        "events": counts.events,
        "about_the_log": counts.about_the_log,
        "without_event": counts.without_event,
        "missing": counts.missing,
        "unreadable": counts.unreadable,
        "other_rule": counts.other_rule,
        "policies": policies.iter().map(policy).collect::<Vec<_>>(),
        "differences": differences,
    })
}
