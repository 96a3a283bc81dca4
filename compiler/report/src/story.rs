//! A decision told: the event, what decided, what lost, what did not match.

use crate::clauses::Clause;
use crate::diagnostics;
use crate::places::Places;
use crate::text::{escape, escape_bytes};
use serde_json::{Value as Json, json};
use warmor_compiler::evaluate::{Applied, Cause, Missed, Part, Standing, Trace, Truth};
use warmor_compiler::model::{ClauseRef, FactRef, Model, RuleEffect};
use warmor_policy::event::json::{FactAsJson, flag_names};
use warmor_policy::event::{Event, Fact, Record, Value};
use warmor_policy::schema::{FieldInfo, FieldType, event_fields, process_fields, slot};
use warmor_policy::verdict::Reason;

/// The event in one line: `read /etc/shadow by /usr/sbin/nginx`.
pub fn event(event: &Event) -> String {
    let mut text = event.action.name().to_owned();
    for (fact, field) in event.facts.iter().zip(event_fields()) {
        if *fact != Fact::Absent && field.name != "role" {
            let name = match field.name {
                "path" | "protocol" | "signal" | "capability" | "syscall" => String::new(),
                name => format!("{name} "),
            };
            text.push_str(&format!(" {name}{}", value(fact, field)));
        }
    }
    if let Fact::Known(_) = &event.facts[slot::ROLE] {
        text.push_str(&format!(" (as {})", value(&event.facts[slot::ROLE], &event_fields()[slot::ROLE])));
    }
    match &event.process.0[slot::EXE] {
        Fact::Absent => {}
        exe => text.push_str(&format!(" by {}", value(exe, &process_fields()[slot::EXE]))),
    }
    text
}

/// What else there is to say of the processes of an event: the facts that its line does not name.
pub fn processes(event: &Event) -> Vec<String> {
    let mut lines = Vec::new();
    let mut add = |owner: &str, record: &Record, skipped: Option<usize>| {
        let facts = record.0.iter().zip(process_fields());
        for (fact, field) in
            facts.filter(|(fact, field)| **fact != Fact::Absent && Some(field.code) != skipped)
        {
            let own = field.name.strip_prefix("process.").unwrap_or(field.name);
            lines.push(format!("{owner}{own}: {}", value(fact, field)));
        }
    };
    add("process.", &event.process, Some(slot::EXE));
    add("parent.", &event.parent, None);
    add("target.", &event.target, None);
    for (number, ancestor) in event.ancestors.iter().enumerate() {
        add(&format!("ancestor {}: ", number + 1), ancestor, None);
    }
    if event.ancestors_incomplete {
        lines.push("some ancestors are not known".to_owned());
    }
    lines
}

/// A fact's value for people.
pub fn value(fact: &Fact, field: &FieldInfo) -> String {
    let value = match fact {
        Fact::Absent => return "absent".to_owned(),
        Fact::Unknown => return "unknown".to_owned(),
        Fact::Known(value) => value,
    };
    let texts = |items: &[Vec<u8>]| {
        items.iter().map(|i| format!("\"{}\"", escape_bytes(i))).collect::<Vec<_>>().join(", ")
    };
    match (value, field.kind) {
        (Value::Bytes(b), FieldType::Path) => escape_bytes(b),
        (Value::Bytes(b), _) => format!("\"{}\"", escape_bytes(b)),
        (Value::Ip(a), _) => a.to_string(),
        (Value::List(items), _) => format!("[{}]", texts(items)),
        (Value::Map(entries), _) => {
            let pair =
                |(k, v): &(Vec<u8>, Vec<u8>)| format!("\"{}\": \"{}\"", escape_bytes(k), escape_bytes(v));
            format!("{{{}}}", entries.iter().map(pair).collect::<Vec<_>>().join(", "))
        }
        (Value::Int(n), kind) => {
            let named = kind.names().and_then(|table| match kind {
                FieldType::Flags => flag_names(*n, table).map(|names| names.join("|")),
                _ => table.name(u32::try_from(*n).ok()?).map(str::to_owned),
            });
            named.unwrap_or_else(|| n.to_string())
        }
    }
}

/// How many clauses that do not match are shown unless all are asked for.
const MISSES: usize = 12;

/// Why the event was decided so. With `all`, also the clauses that are for other processes and actions.
pub fn lines(model: &Model, trace: &Trace, places: &Places<'_>, all: bool) -> Vec<String> {
    let mut lines = vec![deciding(model, trace, places)];
    if let Some(because) = trace.deciding.and_then(|c| Clause::new(model, c).because) {
        lines.push(format!("    because \"{}\"", escape(because)));
    }
    let d = &trace.decision;
    let responses: Vec<&str> = d.responses.names().collect();
    if !responses.is_empty() {
        let whom = alerted(model, trace);
        let to = if whom.is_empty() { String::new() } else { format!(" (alert {})", whom.join(", ")) };
        lines.push(format!("  then {}{to}", responses.join(", ")));
    }
    let lost: Vec<&Applied> = trace.applied.iter().filter(|a| a.standing != Standing::Decides).collect();
    section(&mut lines, "also applies", lost.into_iter().map(|a| applied(model, a, places)));
    let near =
        |m: &&Missed| all || !matches!(m.part, Part::Action | Part::Scope) || m.truth == Truth::Unknown;
    let near: Vec<&Missed> = trace.missed.iter().filter(near).collect();
    let shown = if all { near.len() } else { near.len().min(MISSES) };
    section(&mut lines, "does not match", near[..shown].iter().map(|m| missed(model, m, places)));
    if shown < near.len() {
        lines.push(format!("    … and {} more (`--all`)", near.len() - shown));
    }
    if !all {
        let others = |part| trace.missed.iter().filter(|m| m.part == part && m.truth == Truth::False).count();
        let (action, scope) = (others(Part::Action), others(Part::Scope));
        if action + scope > 0 {
            lines.push(format!(
                "  not shown: {action} for other actions, {scope} for other processes (`--all`)"
            ));
        }
    }
    lines
}

/// Whom the clauses that apply want to alert, each once, by rank.
fn alerted(model: &Model, trace: &Trace) -> Vec<String> {
    let mut whom: Vec<String> = Vec::new();
    for applied in &trace.applied {
        let targets = match applied.clause {
            ClauseRef::Rule(id) if model.rule(id).effect != RuleEffect::Allow => &model.rule(id).alert,
            ClauseRef::Detection(index) => &model.detections[index as usize].alert,
            _ => continue,
        };
        for target in targets.iter().map(|t| escape(t)) {
            if !whom.contains(&target) {
                whom.push(target);
            }
        }
    }
    whom
}

fn section(lines: &mut Vec<String>, title: &str, entries: impl Iterator<Item = String>) {
    let before = lines.len();
    lines.push(format!("  {title}:"));
    lines.extend(entries.map(|e| format!("    {e}")));
    if lines.len() == before + 1 {
        lines.pop();
    }
}

/// What decided.
pub fn deciding(model: &Model, trace: &Trace, places: &Places<'_>) -> String {
    let clause = trace.deciding.map(|c| Clause::new(model, c).line(places));
    let clause = clause.unwrap_or_default();
    match trace.decision.reason {
        Reason::Unmentioned => "  no rule covers it, and no posture denies its action".to_owned(),
        Reason::Denied | Reason::Allowed => format!("  by {clause}"),
        Reason::Posture => format!("  by {clause}: no rule allows it"),
    }
}

fn applied(model: &Model, applied: &Applied, places: &Places<'_>) -> String {
    let clause = Clause::new(model, applied.clause).line(places);
    let why = match applied.standing {
        Standing::Decides => "decides",
        Standing::Outranked => "says the same, with less severity or later",
        Standing::Overruled => "a deny goes before an allow, an allow before a posture",
        Standing::Inert => "its policy only detects",
        Standing::Muted => "its policy is muted",
        Standing::Records => "asks for a record, changes no verdict",
    };
    let unknown = if applied.truth == Truth::Unknown { ", applies because it is unknown" } else { "" };
    format!("{clause}: {why}{unknown}")
}

/// A clause that did not match, with the reason.
pub fn missed(model: &Model, missed: &Missed, places: &Places<'_>) -> String {
    let clause = Clause::new(model, missed.clause).line(places);
    let causes: Vec<String> = missed.causes.iter().map(|c| cause(c, places)).collect();
    let part = match (missed.part, missed.truth) {
        (Part::Action, _) => "speaks of other actions",
        (Part::Scope, Truth::Unknown) => "not known to be for this process",
        (Part::Scope, _) => "is for other processes",
        (Part::Object, Truth::Unknown) => "not known to cover the object",
        (Part::Object, _) => "covers other objects",
        (Part::Except, Truth::Unknown) => "an exception may cover it",
        (Part::Except, _) => "an exception covers it",
        (Part::Where, Truth::Unknown) => "its `where` is unknown",
        (Part::Where, _) => "its `where` does not hold",
    };
    if causes.is_empty() {
        format!("{clause}: {part}")
    } else {
        format!("{clause}: {part}: {}", causes.join("; "))
    }
}

fn cause(cause: &Cause, places: &Places<'_>) -> String {
    let at = escape(&places.place(cause.span).to_string());
    match &cause.fact {
        Some((fact, found)) => {
            format!("`{}` is {} ({at})", escape(&fact.to_string()), fact_value(fact, found))
        }
        None => format!("see {at}"),
    }
}

fn fact_value(fact: &FactRef, found: &Fact) -> String {
    value(found, fact.field())
}

/// A cause as a JSON object.
pub fn cause_json(cause: &Cause, places: &Places<'_>) -> Json {
    let (name, found) = match &cause.fact {
        Some((fact, found)) => {
            let kind = if fact.key.is_some() { FieldType::String } else { fact.field().kind };
            (Some(fact.to_string()), serde_json::to_value(FactAsJson(found, kind)).unwrap_or_default())
        }
        None => (None, Json::Null),
    };
    json!({ "fact": name, "value": found, "place": diagnostics::place(cause.span, places) })
}

/// The word of a standing.
pub fn standing_word(standing: Standing) -> &'static str {
    match standing {
        Standing::Decides => "decides",
        Standing::Outranked => "outranked",
        Standing::Overruled => "overruled",
        Standing::Inert => "inert",
        Standing::Muted => "muted",
        Standing::Records => "records",
    }
}

/// The word of a part.
pub fn part_word(part: Part) -> &'static str {
    match part {
        Part::Action => "action",
        Part::Scope => "scope",
        Part::Object => "object",
        Part::Except => "except",
        Part::Where => "where",
    }
}
