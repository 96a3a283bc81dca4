//! Events as the language writes them: in one line for a finding, and as a test block that keeps a finding from coming back.

use std::fmt::Write as _;
use warmor_policy::event::{Event, Fact, Record, Value};
use warmor_policy::schema::{Action, FieldInfo, FieldType, ObjectKind, event_fields, process_fields, slot};

/// An event in the words of a test block.
struct Words {
    /// What `as { … }` holds.
    process: Vec<String>,
    /// The action with its object.
    operation: String,
    /// What `target { … }` holds.
    target: Vec<String>,
    /// What `with { … }` holds.
    with: Vec<String>,
    /// Whether a test can say all of it.
    exact: bool,
}

/// The event in one line: `read /etc/shadow` as `{ process.exe: /usr/sbin/nginx }`.
pub fn line(event: &Event) -> String {
    let words = words(event);
    let mut out = format!("`{}`", words.operation());
    if !words.process.is_empty() {
        let _ = write!(out, " as `{{ {} }}`", words.process.join(", "));
    }
    out
}

/// A test block that expects the verdict of the event; `None` for an event that a test cannot give. `reported` asks for the
/// reported verdict.
pub fn test_block(name: &str, event: &Event, deny: bool, reported: bool) -> Option<String> {
    let words = words(event);
    if !words.exact {
        return None;
    }
    let verdict = if deny { "deny" } else { "allow" };
    let reported = if reported { "reported " } else { "" };
    let process = if words.process.is_empty() {
        "{}".to_owned()
    } else {
        format!("{{ {} }}", words.process.join(", "))
    };
    let name = quoted(name.as_bytes()).0;
    Some(format!("test {name} {{\n  as {process}\n  expect {reported}{verdict} {}\n}}\n", words.operation()))
}

impl Words {
    fn operation(&self) -> String {
        let mut out = self.operation.clone();
        for (word, parts) in [("target", &self.target), ("with", &self.with)] {
            if !parts.is_empty() {
                let _ = write!(out, " {word} {{ {} }}", parts.join(", "));
            }
        }
        out
    }

    fn value(&mut self, fact: &Fact, field: &FieldInfo) -> String {
        let (text, exact) = value(fact, field);
        self.exact &= exact;
        text
    }

    fn record(&mut self, record: &Record, whose: &str) -> Vec<String> {
        let mut out = Vec::new();
        for (fact, field) in record.0.iter().zip(process_fields()) {
            let own = field.name.strip_prefix("process.");
            let name = match (whose, own) {
                ("process", _) => field.name.to_owned(),
                ("", _) => own.unwrap_or(field.name).to_owned(),
                (whose, own) => format!("{whose}.{}", own.unwrap_or(field.name)),
            };
            match fact {
                Fact::Absent => {}
                Fact::Known(Value::Map(pairs)) => {
                    for (key, entry) in pairs {
                        let (key, exact_key) = quoted(key);
                        let (entry, exact) = quoted(entry);
                        self.exact &= exact && exact_key;
                        out.push(format!("{name}[{key}]: {entry}"));
                    }
                }
                fact => {
                    let text = self.value(fact, field);
                    out.push(format!("{name}: {text}"));
                }
            }
        }
        out
    }
}

fn words(event: &Event) -> Words {
    let mut words = Words {
        process: Vec::new(),
        operation: event.action.name().to_owned(),
        target: Vec::new(),
        with: Vec::new(),
        exact: true,
    };
    let mut process = words.record(&event.process, "process");
    let parent = words.record(&event.parent, "parent");
    // A parent is taken for the only ancestor where none are given.
    let implied = event.ancestors == [event.parent.clone()] && !event.ancestors_incomplete;
    let given = !event.ancestors.is_empty() || event.ancestors_incomplete;
    let named = !parent.is_empty();
    process.extend(parent);
    if (given && !(named && implied)) || (named && !given) {
        let mut list: Vec<String> =
            event.ancestors.iter().map(|a| format!("{{ {} }}", words.record(a, "").join(", "))).collect();
        if event.ancestors_incomplete {
            list.push("unknown".to_owned());
        }
        process.push(format!("ancestors: [{}]", list.join(", ")));
    }
    words.target = words.record(&event.target, "");
    words.object(event);
    for (fact, field) in event.facts.iter().zip(event_fields()) {
        if *fact != Fact::Absent && field.actions.is_empty() {
            let text = words.value(fact, field);
            process.push(format!("{}: {text}", field.name));
        }
    }
    words.process = process;
    words
}

impl Words {
    /// The object, and what of the event's facts is not in it.
    fn object(&mut self, event: &Event) {
        let info = event.action.info();
        let mut said: Vec<usize> = Vec::new();
        let fact = |slot: usize| &event.facts[slot];
        let text = |words: &mut Self, slot: usize| words.value(&event.facts[slot], &event_fields()[slot]);
        match info.object {
            ObjectKind::Path | ObjectKind::PathOrNone => {
                said.push(slot::PATH);
                if *fact(slot::PATH) == Fact::Absent {
                    self.exact &= info.object == ObjectKind::PathOrNone;
                    if info.object == ObjectKind::Path {
                        self.operation.push_str(" (no path)");
                    }
                } else {
                    let path = text(self, slot::PATH);
                    let _ = write!(self.operation, " {path}");
                    if info.roles.contains(&"target") {
                        let _ = write!(self.operation, " to {path}");
                    }
                }
                let first = info.roles.first().copied();
                let named = |name| FieldType::Role.names().and_then(|t| t.code(name)).map(i64::from);
                let default = first.and_then(named).map(|n| Fact::Known(Value::Int(n)));
                if info.roles.contains(&"binary") && default.as_ref() == Some(fact(slot::ROLE)) {
                    said.push(slot::ROLE);
                }
            }
            ObjectKind::Endpoint => {
                said.extend([slot::PROTOCOL, slot::ADDRESS, slot::PORT]);
                if *fact(slot::PROTOCOL) != Fact::Absent {
                    let protocol = text(self, slot::PROTOCOL);
                    let _ = write!(self.operation, " {protocol}");
                }
                if *fact(slot::ADDRESS) != Fact::Absent {
                    let address = text(self, slot::ADDRESS);
                    let _ = write!(self.operation, " {} {address}", info.preposition.unwrap_or("to"));
                }
                if *fact(slot::PORT) != Fact::Absent {
                    let port = text(self, slot::PORT);
                    let _ = write!(self.operation, " port {port}");
                }
            }
            ObjectKind::Names => {
                let named = match event.action {
                    Action::Capability => "capability",
                    _ => "syscall",
                };
                if let Some(field) = event_fields().iter().find(|f| f.name == named) {
                    said.push(field.code);
                    let name = text(self, field.code);
                    let _ = write!(self.operation, " {name}");
                }
            }
            ObjectKind::ProcessOrNone | ObjectKind::None => {}
        }
        for (fact, field) in event.facts.iter().zip(event_fields()) {
            if *fact != Fact::Absent && !said.contains(&field.code) && !field.actions.is_empty() {
                let text = self.value(fact, field);
                self.with.push(format!("{}: {text}", field.name));
            }
        }
    }
}

/// A fact as a test gives it, and whether a test can.
fn value(fact: &Fact, field: &FieldInfo) -> (String, bool) {
    let known = match fact {
        Fact::Absent => return ("absent".to_owned(), false),
        Fact::Unknown => return ("unknown".to_owned(), true),
        Fact::Known(known) => known,
    };
    match known {
        Value::Bytes(text) if field.kind == FieldType::Path => path(text),
        Value::Bytes(text) => quoted(text),
        Value::Ip(address) => (address.to_string(), true),
        Value::List(items) => {
            let items: Vec<(String, bool)> = items.iter().map(|i| quoted(i)).collect();
            let texts: Vec<&str> = items.iter().map(|(t, _)| t.as_str()).collect();
            (format!("[{}]", texts.join(", ")), items.iter().all(|(_, exact)| *exact))
        }
        Value::Map(_) => ("{}".to_owned(), false),
        Value::Int(n) => number(*n, field),
    }
}

fn number(n: i64, field: &FieldInfo) -> (String, bool) {
    let Some(table) = field.kind.names() else {
        return (n.to_string(), field.kind != FieldType::Time && n >= 0);
    };
    let name = |code: u32| table.name(code);
    let code = u32::try_from(n).ok();
    if field.kind == FieldType::Flags {
        let bits = (0..32).map(|b| 1u32 << b).filter(|b| code.unwrap_or(0) & b != 0);
        let names: Option<Vec<String>> = bits.map(|b| name(b).map(|n| format!("\"{n}\""))).collect();
        return match names {
            Some(names) => (format!("[{}]", names.join(", ")), true),
            None => (n.to_string(), false),
        };
    }
    match code.and_then(name) {
        Some(name) => (name.to_owned(), true),
        None => (n.to_string(), false),
    }
}

fn path(text: &[u8]) -> (String, bool) {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"/._-+@%~=:".contains(b);
    match std::str::from_utf8(text) {
        Ok(text) if text.bytes().all(|b| plain(&b)) => (text.to_owned(), true),
        _ => quoted(text),
    }
}

/// A text in quotes, with the escapes of the language; what is not UTF-8 cannot be written.
fn quoted(text: &[u8]) -> (String, bool) {
    let mut out = String::from("\"");
    let mut exact = true;
    for chunk in text.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' | '\\' | '*' | '?' | '[' | ']' | '{' | '}' => {
                    out.push('\\');
                    out.push(c);
                }
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                c if c.is_control() || !c.is_ascii() && !c.is_alphanumeric() => {
                    let _ = write!(out, "\\u{{{:x}}}", c as u32);
                }
                c => out.push(c),
            }
        }
        for b in chunk.invalid() {
            exact = false;
            let _ = write!(out, "\\x{b:02x}");
        }
    }
    out.push('"');
    (out, exact)
}
