//! Events from words: `--as exe=/usr/sbin/nginx,uid=33 connect tcp to 10.0.0.1 port 443`.
//!
//! The words are those of a test's `expect`, so that a question on the command line can be pasted into a test.

use crate::failure::Failure;
use std::net::IpAddr;
use warmor_policy::event::{Address, Event, Fact, Record, Value};
use warmor_policy::schema::{Action, FieldInfo, FieldType, ObjectKind, event_fields, process_fields, slot};

/// What was said of the processes and the event beside the operation's words.
#[derive(Debug, Default)]
pub struct Facts<'a> {
    /// `--as`
    pub process: &'a [String],
    /// `--parent`
    pub parent: &'a [String],
    /// `--target-process`
    pub target: &'a [String],
    /// `--ancestor`, nearest first
    pub ancestors: &'a [String],
    /// `--with`
    pub event: &'a [String],
}

/// The events of an operation.
///
/// # Errors
/// What of the words is not understood, and what is.
pub fn parse(words: &[String], facts: &Facts<'_>) -> Result<Vec<Event>, Failure> {
    let mut words = Words(words.iter().map(String::as_str).collect());
    let Some(action_word) = words.next() else {
        return Err(Failure::new("an operation begins with an action").help("for example: read /etc/shadow"));
    };
    let Some(action) = Action::from_name(action_word) else {
        return Err(Failure::new(format!("there is no action `{action_word}`")).help(format!(
            "the actions are {}",
            Action::all().map(Action::name).collect::<Vec<_>>().join(", ")
        )));
    };
    let mut event = Event::new(action);
    record(&mut event.process, "--as", facts.process)?;
    record(&mut event.parent, "--parent", facts.parent)?;
    record(&mut event.target, "--target-process", facts.target)?;
    for ancestor in facts.ancestors {
        let mut known = Record::default();
        record(&mut known, "--ancestor", std::slice::from_ref(ancestor))?;
        event.ancestors.push(known);
    }
    let mut events = object(event, &mut words)?;
    if let Some(rest) = words.next() {
        return Err(Failure::new(format!("`{rest}` does not belong to `{action_word}`")).help(usage(action)));
    }
    for event in &mut events {
        for text in facts.event {
            for (name, value) in assignments("--with", text)? {
                let Some(field) = event_fields().iter().find(|f| f.name == name) else {
                    return Err(no_such_fact("--with", name, event_fields().iter().map(|f| f.name)));
                };
                if !field.actions.is_empty() && !field.actions.contains(&action) {
                    return Err(Failure::new(format!("an event of `{action_word}` has no `{name}`")));
                }
                assign(&mut event.facts[field.code], field, None, &value)?;
            }
        }
        event.normalise();
    }
    Ok(events)
}

struct Words<'a>(std::collections::VecDeque<&'a str>);

impl<'a> Words<'a> {
    fn next(&mut self) -> Option<&'a str> {
        self.0.pop_front()
    }

    fn eat(&mut self, word: &str) -> bool {
        let found = self.0.front() == Some(&word);
        if found {
            self.0.pop_front();
        }
        found
    }
}

/// How the words after an action go.
fn usage(action: Action) -> String {
    let name = action.name();
    match action.info().object {
        ObjectKind::Path if matches!(action, Action::Rename | Action::Link) => format!("{name} /from to /to"),
        ObjectKind::Path => format!("{name} /path"),
        ObjectKind::PathOrNone => format!("{name} [/path]"),
        ObjectKind::Endpoint => {
            format!("{name} [tcp|udp|…] [{} 10.0.0.1] [port 443]", action.info().preposition.unwrap_or("to"))
        }
        ObjectKind::Names if action == Action::Capability => format!("{name} CAP_SYS_ADMIN"),
        ObjectKind::Names => format!("{name} openat"),
        ObjectKind::ProcessOrNone if action == Action::Signal => {
            format!("{name} [SIGKILL] --target-process exe=/path")
        }
        ObjectKind::ProcessOrNone => format!("{name} --target-process exe=/path"),
        ObjectKind::None => format!("{name} stands alone"),
    }
}

fn object(mut event: Event, words: &mut Words<'_>) -> Result<Vec<Event>, Failure> {
    let action = event.action;
    let missing = || Failure::new(format!("`{}` needs an object", action.name())).help(usage(action));
    match action.info().object {
        ObjectKind::Path if matches!(action, Action::Rename | Action::Link) => {
            let from = words.next().ok_or_else(missing)?;
            if !words.eat("to") {
                return Err(missing());
            }
            let to = words.next().ok_or_else(missing)?;
            let mut target = event.clone();
            for (event, role, text) in [(&mut event, "source", from), (&mut target, "target", to)] {
                event_fact(event, "role", role)?;
                event_fact(event, "path", text)?;
            }
            return Ok(vec![event, target]);
        }
        ObjectKind::Path => {
            if action == Action::Exec {
                event_fact(&mut event, "role", "binary")?;
            }
            event_fact(&mut event, "path", words.next().ok_or_else(missing)?)?;
        }
        ObjectKind::PathOrNone => {
            if let Some(path) = words.next() {
                event_fact(&mut event, "path", path)?;
            }
        }
        ObjectKind::Endpoint => endpoint(&mut event, words)?,
        ObjectKind::Names => {
            let fact = if action == Action::Capability { "capability" } else { "syscall" };
            event_fact(&mut event, fact, words.next().ok_or_else(missing)?)?;
        }
        ObjectKind::ProcessOrNone if action == Action::Signal => {
            if let Some(signal) = words.next() {
                event_fact(&mut event, "signal", signal)?;
            }
        }
        ObjectKind::ProcessOrNone | ObjectKind::None => {}
    }
    Ok(vec![event])
}

fn endpoint(event: &mut Event, words: &mut Words<'_>) -> Result<(), Failure> {
    let preposition = event.action.info().preposition.unwrap_or("to");
    let after =
        |word: &str| Failure::new(format!("something is missing after `{word}`")).help(usage(event.action));
    let (mut address, mut port, mut host) = (None, None, None);
    let protocols = event_fields()[slot::PROTOCOL].kind.names();
    let is_protocol = |w: &&str| *w == "?" || protocols.is_some_and(|t| t.code(w).is_some());
    let protocol = words.0.front().copied().filter(is_protocol);
    if protocol.is_some() {
        words.next();
    }
    if words.eat(preposition) {
        let word = words.next().ok_or_else(|| after(preposition))?;
        if word == "host" {
            host = Some(words.next().ok_or_else(|| after("host"))?);
        } else {
            address = Some(word);
        }
    }
    if words.eat("port") {
        port = Some(words.next().ok_or_else(|| after("port"))?);
    }
    for (name, value) in [("protocol", protocol), ("address", address), ("port", port), ("host", host)] {
        if let Some(value) = value {
            event_fact(event, name, value)?;
        }
    }
    Ok(())
}

fn event_fact(event: &mut Event, name: &str, text: &str) -> Result<(), Failure> {
    match event_fields().iter().find(|f| f.name == name) {
        Some(field) => assign(&mut event.facts[field.code], field, None, text),
        None => Err(Failure::new(format!("an event has no `{name}`"))),
    }
}

/// Sets the facts of a process from `exe=/bin/sh,uid=0,pod.labels[app]=web`.
fn record(record: &mut Record, option: &str, texts: &[String]) -> Result<(), Failure> {
    for text in texts {
        for (name, value) in assignments(option, text)? {
            let (name, key) = match name.strip_suffix(']').and_then(|n| n.split_once('[')) {
                Some((name, key)) => (name, Some(key.trim_matches('"'))),
                None => (name, None),
            };
            let short = |f: &FieldInfo| f.name.strip_prefix("process.").unwrap_or(f.name);
            let name = name.strip_prefix("process.").unwrap_or(name);
            let Some(field) = process_fields().iter().find(|f| short(f) == name) else {
                let all = process_fields().iter().map(|f| f.name.strip_prefix("process.").unwrap_or(f.name));
                return Err(no_such_fact(option, name, all));
            };
            assign(&mut record.0[field.code], field, key, &value)?;
        }
    }
    Ok(())
}

fn no_such_fact<'a>(option: &str, name: &str, all: impl Iterator<Item = &'a str>) -> Failure {
    Failure::new(format!("`{option}`: there is no fact `{name}`"))
        .help(format!("the facts are {}", all.collect::<Vec<_>>().join(", ")))
}

/// `a=b,c=d`; `\,` is a comma within a value.
fn assignments<'a>(option: &str, text: &'a str) -> Result<Vec<(&'a str, String)>, Failure> {
    let mut parts = Vec::new();
    let (mut start, mut escaped) = (0, false);
    for (i, c) in text.char_indices() {
        match c {
            ',' if !escaped => {
                parts.push(&text[start..i]);
                start = i + 1;
            }
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    parts.push(&text[start..]);
    let pair =
        |part: &'a str| match part.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok((name.trim(), value.replace("\\,", ","))),
            _ => Err(Failure::new(format!("`{option}`: `{part}` sets no fact"))
                .help("write NAME=VALUE,NAME=VALUE")),
        };
    parts.into_iter().filter(|p| !p.is_empty()).map(pair).collect()
}

/// Sets a fact from a word; `?` is unknown.
fn assign(fact: &mut Fact, field: &FieldInfo, key: Option<&str>, text: &str) -> Result<(), Failure> {
    let name = field.name;
    let wrong = |what: &str| Failure::new(format!("`{text}` is no {what} for `{name}`"));
    if key.is_some() != (field.kind == FieldType::Map && text != "?") {
        let how =
            if key.is_some() { format!("`{name}` has no keys") } else { format!("`{name}` needs a key") };
        return Err(Failure::new(how).help(format!("for example: pod.labels[app]=web (not {name}={text})")));
    }
    if text == "?" {
        *fact = Fact::Unknown;
        return Ok(());
    }
    let number = || text.parse::<i64>().map_err(|_| wrong("whole number"));
    let value = match field.kind {
        FieldType::Path => {
            let canonical = text == "/"
                || text
                    .strip_prefix('/')
                    .is_some_and(|t| t.split('/').all(|s| !matches!(s, "" | "." | "..")));
            if !canonical {
                let help = "a path begins with `/` and has no `//`, no `.` or `..`, and no `/` at its end";
                return Err(wrong("resolved path").help(help));
            }
            Value::Bytes(text.as_bytes().to_vec())
        }
        FieldType::String => Value::Bytes(text.as_bytes().to_vec()),
        FieldType::Int | FieldType::Time => Value::Int(number()?),
        FieldType::Port => Value::Int(text.parse::<u16>().map_err(|_| wrong("port"))?.into()),
        FieldType::Ip => Value::Ip(Address::from(text.parse::<IpAddr>().map_err(|_| wrong("address"))?)),
        FieldType::List => {
            let mut items = match std::mem::take(fact) {
                Fact::Known(Value::List(items)) => items,
                _ => Vec::new(),
            };
            items.push(text.as_bytes().to_vec());
            Value::List(items)
        }
        FieldType::Map => {
            let mut entries = match std::mem::take(fact) {
                Fact::Known(Value::Map(entries)) => entries,
                _ => Vec::new(),
            };
            entries.push((key.unwrap_or_default().as_bytes().to_vec(), text.as_bytes().to_vec()));
            Value::Map(entries)
        }
        FieldType::Flags
        | FieldType::Role
        | FieldType::Protocol
        | FieldType::Signal
        | FieldType::Capability
        | FieldType::Syscall => {
            let table = field.kind.names().ok_or_else(|| wrong("name"))?;
            let code = |word: &str| {
                let all = || table.values.iter().map(|(n, _)| *n).collect::<Vec<_>>().join(", ");
                let unknown = || match table.values.len() {
                    0..50 => wrong("name").help(format!("the names are {}", all())),
                    _ => wrong("name"),
                };
                table.code(word).map(i64::from).ok_or_else(unknown)
            };
            if field.kind == FieldType::Flags {
                Value::Int(text.split('|').map(code).try_fold(0, |all, bit| bit.map(|b| all | b))?)
            } else {
                Value::Int(code(text)?)
            }
        }
    };
    *fact = Fact::Known(value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use warmor_policy::event::json::AsJson;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    fn json(operation: &str, facts: &Facts<'_>) -> String {
        let events = parse(&words(operation), facts).unwrap_or_else(|f| panic!("{f:?}"));
        let events: Vec<String> = events.iter().map(|e| serde_json::to_string(&AsJson(e)).unwrap()).collect();
        events.join("\n")
    }

    fn plain(operation: &str) -> String {
        json(operation, &Facts::default())
    }

    #[test]
    fn objects_are_written_as_in_tests() {
        assert_eq!(plain("read /etc/shadow"), r#"{"action":"read","path":"/etc/shadow"}"#);
        assert_eq!(plain("exec /bin/sh"), r#"{"action":"exec","role":"binary","path":"/bin/sh"}"#);
        assert_eq!(
            plain("rename /a to /b"),
            "{\"action\":\"rename\",\"role\":\"source\",\"path\":\"/a\"}\n{\"action\":\"rename\",\"role\":\"target\",\"path\":\"/b\"}"
        );
        assert_eq!(
            plain("connect tcp to 10.0.0.1 port 443"),
            r#"{"action":"connect","protocol":"tcp","address":"10.0.0.1","port":443}"#
        );
        assert_eq!(
            plain("bind udp on :: port 53"),
            r#"{"action":"bind","protocol":"udp","address":"::","port":53}"#
        );
        assert_eq!(plain("connect to host a.example"), r#"{"action":"connect","host":"a.example"}"#);
        assert_eq!(plain("capability CAP_BPF"), r#"{"action":"capability","capability":"CAP_BPF"}"#);
        assert_eq!(plain("syscall openat"), r#"{"action":"syscall","syscall":"openat"}"#);
        assert_eq!(plain("signal SIGKILL"), r#"{"action":"signal","signal":"SIGKILL"}"#);
        assert_eq!(plain("read ?"), r#"{"action":"read","path":{"unknown":true}}"#);
        assert_eq!(plain("bpf"), r#"{"action":"bpf"}"#);
    }

    #[test]
    fn a_wildcard_target_is_the_loopback() {
        assert_eq!(
            plain("connect tcp to 0.0.0.0"),
            r#"{"action":"connect","protocol":"tcp","address":"127.0.0.1"}"#
        );
    }

    #[test]
    fn facts_are_assignments() {
        let owned = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        let process = owned(&["exe=/usr/sbin/nginx,uid=33,pod.labels[app]=web", "args=a\\,b,args=c"]);
        let event = owned(&["flags=O_CREAT|O_TRUNC"]);
        let ancestors = owned(&["exe=/sbin/init", "exe=?"]);
        let facts = Facts { process: &process, event: &event, ancestors: &ancestors, ..Facts::default() };
        assert_eq!(
            json("write /x", &facts),
            "{\"action\":\"write\",\"process\":{\"exe\":\"/usr/sbin/nginx\",\"args\":[\"a,b\",\"c\"],\"uid\":33,\
             \"pod.labels\":{\"app\":\"web\"}},\"path\":\"/x\",\"flags\":[\"O_CREAT\",\"O_TRUNC\"],\
             \"ancestors\":[{\"exe\":\"/sbin/init\"},{\"exe\":{\"unknown\":true}}]}"
        );
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for wrong in [
            "",
            "raed /a",
            "read",
            "read a",
            "read /a/../b",
            "read /a/",
            "read /a /b",
            "rename /a /b",
            "connect tcp to",
            "connect tcp to 10.0.0",
            "connect tcp from 10.0.0.1",
            "connect tcp to 10.0.0.1 port 99999",
            "capability CAP_NOTHING",
            "bpf /a",
        ] {
            assert!(parse(&words(wrong), &Facts::default()).is_err(), "{wrong}");
        }
        for wrong in ["exe", "exe=sh", "uid=x", "colour=red", "pod.labels=web", "exe[a]=/b"] {
            let process = [wrong.to_owned()];
            let facts = Facts { process: &process, ..Facts::default() };
            assert!(parse(&words("bpf"), &facts).is_err(), "{wrong}");
        }
    }
}
