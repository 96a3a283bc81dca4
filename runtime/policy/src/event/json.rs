//! Events as JSON, for people, logs and tools. `docs/reference/events.md` is the reference of the form.
//!
//! The form is one to one: an event that is written and read is the same event (a list of flags, a name and its code are
//! two spellings of one value). What the form does not know is an error that says where it stands; nothing is skipped.

use super::{Address, Event, Fact, MAX_ANCESTORS, Record, Value};
use crate::schema::{Action, FieldInfo, FieldType, NameTable, event_fields, process_fields};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Value as Json;
use std::net::IpAddr;

mod duplicates;

/// Why a text is no event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// Where in the event: `process.uid`, `ancestors[1].exe`; empty for the event as a whole.
    pub path: String,
    /// What is wrong there.
    pub message: String,
    /// What would be right, where that can be said.
    pub help: Option<String>,
}

impl std::fmt::Display for JsonError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.path.is_empty() {
            write!(f, "`{}`: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for JsonError {}

fn error<T>(path: &str, message: impl Into<String>, help: Option<String>) -> Result<T, JsonError> {
    Err(JsonError { path: path.to_owned(), message: message.into(), help })
}

/// The name of a process's fact in a record: `exe`, `uid`, `pod.labels`.
fn short(field: &FieldInfo) -> &'static str {
    field.name.strip_prefix("process.").unwrap_or(field.name)
}

// ---------------------------------------------------------------------------------------------------- reading

/// The event that a JSON text says. Targets are taken as they are given; see [`Event::normalise`].
///
/// # Errors
/// When the text is no JSON, names a key twice, or says what is not of the form.
pub fn read(text: &str) -> Result<Event, JsonError> {
    read_event("", &parse(text)?)
}

/// The events of an operation: one event, or an array of events.
///
/// # Errors
/// As [`read`]; the path of an event in an array begins with its index.
pub fn read_operation(text: &str) -> Result<Vec<Event>, JsonError> {
    match parse(text)? {
        Json::Array(events) => {
            events.iter().enumerate().map(|(i, event)| read_event(&format!("[{i}]."), event)).collect()
        }
        event => Ok(vec![read_event("", &event)?]),
    }
}

/// The event that a value says which is part of a larger one, as [`parse`] gives it. `path` is where it stands there.
///
/// # Errors
/// As [`read`]; the path of an error begins with `path`.
pub fn read_member(path: &str, json: &Json) -> Result<Event, JsonError> {
    read_facts(json).map_err(|e| {
        let dot = if path.is_empty() || e.path.is_empty() { "" } else { "." };
        JsonError { path: format!("{path}{dot}{}", e.path), ..e }
    })
}

/// A JSON value in which no key is named twice.
///
/// # Errors
/// When the text is no JSON, or names a key twice.
pub fn parse(text: &str) -> Result<Json, JsonError> {
    let whole = |e: serde_json::Error| JsonError { path: String::new(), message: e.to_string(), help: None };
    duplicates::refuse(text).map_err(whole)?;
    serde_json::from_str(text).map_err(whole)
}

fn read_event(prefix: &str, json: &Json) -> Result<Event, JsonError> {
    read_facts(json).map_err(|e| JsonError { path: format!("{prefix}{}", e.path), ..e })
}

fn read_facts(json: &Json) -> Result<Event, JsonError> {
    let Json::Object(entries) = json else { return error("", "an event is an object", None) };
    let mut event = Event::new(read_action(entries.get("action"))?);
    for (key, value) in entries {
        match key.as_str() {
            "action" => {}
            "process" => event.process = read_record(key, value)?,
            "parent" => event.parent = read_record(key, value)?,
            "target" => event.target = read_record(key, value)?,
            "ancestors" => event.ancestors = read_ancestors(value)?,
            "ancestors_incomplete" => {
                let Json::Bool(incomplete) = value else { return error(key, "expected true or false", None) };
                event.ancestors_incomplete = *incomplete;
            }
            _ => read_event_fact(&mut event, key, value)?,
        }
    }
    Ok(event)
}

fn read_action(value: Option<&Json>) -> Result<Action, JsonError> {
    match value {
        None => error("action", "an event needs an action", Some("\"action\": \"read\"".to_owned())),
        Some(Json::String(word)) => match Action::from_name(word) {
            Some(action) => Ok(action),
            None => error(
                "action",
                format!("there is no action `{word}`"),
                nearest(word, Action::all().map(Action::name)),
            ),
        },
        Some(_) => error("action", "expected the name of an action", None),
    }
}

fn read_event_fact(event: &mut Event, key: &str, value: &Json) -> Result<(), JsonError> {
    let Some(field) = event_fields().iter().find(|f| f.name == key) else {
        let others = ["action", "process", "parent", "target", "ancestors", "ancestors_incomplete"];
        let all = event_fields().iter().map(|f| f.name).chain(others);
        return error(key, "an event has no such fact", nearest(key, all));
    };
    if !field.actions.is_empty() && !field.actions.contains(&event.action) {
        let of: Vec<&str> = field.actions.iter().map(|a| a.name()).collect();
        let message = format!("an event of `{}` has no such fact", event.action.name());
        return error(key, message, Some(format!("it is a fact of {}", of.join(", "))));
    }
    event.facts[field.code] = read_fact(key, field.kind, value)?;
    Ok(())
}

fn read_record(path: &str, value: &Json) -> Result<Record, JsonError> {
    let Json::Object(entries) = value else {
        return error(path, "expected an object with a process's facts", None);
    };
    let mut record = Record::default();
    for (key, value) in entries {
        let path = format!("{path}.{key}");
        let Some(field) = process_fields().iter().find(|f| short(f) == key) else {
            let key = key.strip_prefix("process.").unwrap_or(key);
            return error(
                &path,
                "a process has no such fact",
                nearest(key, process_fields().iter().map(short)),
            );
        };
        record.0[field.code] = read_fact(&path, field.kind, value)?;
    }
    Ok(record)
}

fn read_ancestors(value: &Json) -> Result<Vec<Record>, JsonError> {
    let Json::Array(items) = value else { return error("ancestors", "expected an array of processes", None) };
    if items.len() > MAX_ANCESTORS {
        return error("ancestors", format!("an event has at most {MAX_ANCESTORS} ancestors"), None);
    }
    items.iter().enumerate().map(|(i, item)| read_record(&format!("ancestors[{i}]"), item)).collect()
}

fn read_fact(path: &str, kind: FieldType, value: &Json) -> Result<Fact, JsonError> {
    match value {
        Json::Null => Ok(Fact::Absent),
        Json::Object(o) if o.get("unknown").is_some_and(Json::is_boolean) => {
            if o.len() == 1 && o["unknown"] == Json::Bool(true) {
                Ok(Fact::Unknown)
            } else {
                error(path, "an unknown fact is written `{\"unknown\": true}`", None)
            }
        }
        _ => read_value(path, kind, value).map(Fact::Known),
    }
}

fn read_value(path: &str, kind: FieldType, value: &Json) -> Result<Value, JsonError> {
    Ok(match (kind, value) {
        (FieldType::Path | FieldType::String, _) => Value::Bytes(read_bytes(path, value)?),
        (FieldType::Ip, Json::String(text)) => match text.parse::<IpAddr>() {
            Ok(ip) => Value::Ip(Address::from(ip)),
            Err(_) => return error(path, format!("`{text}` is no address"), None),
        },
        (FieldType::Ip, _) => return error(path, "expected an address in quotes", None),
        (FieldType::List, Json::Array(items)) => {
            let items = items.iter().enumerate();
            Value::List(items.map(|(i, v)| read_bytes(&format!("{path}[{i}]"), v)).collect::<Result<_, _>>()?)
        }
        (FieldType::List, _) => return error(path, "expected an array of texts", None),
        (FieldType::Map, Json::Object(entries)) => Value::Map(read_map(path, entries)?),
        (FieldType::Map, _) => return error(path, "expected an object of texts", None),
        (FieldType::Port, Json::Number(n)) => match n.as_i64() {
            Some(port @ 0..=65535) => Value::Int(port),
            _ => return error(path, format!("{n} is no port"), Some("a port is 0 to 65535".to_owned())),
        },
        (FieldType::Flags, Json::Array(items)) => {
            let items = items.iter().enumerate();
            let bits = items.map(|(i, v)| read_name(&format!("{path}[{i}]"), kind, v));
            Value::Int(bits.sum::<Result<Bits, _>>()?.0)
        }
        (_, Json::Number(n)) => match n.as_i64() {
            Some(n) => Value::Int(n),
            None => return error(path, format!("{n} is no whole number of 64 bits"), None),
        },
        _ if kind.names().is_some() => Value::Int(read_name(path, kind, value)?),
        _ => return error(path, "expected a whole number", None),
    })
}

/// A union of flag bits, so that a flag that is named twice counts once.
struct Bits(i64);

impl std::iter::Sum<i64> for Bits {
    fn sum<I: Iterator<Item = i64>>(bits: I) -> Self {
        Self(bits.fold(0, |all, b| all | b))
    }
}

fn read_name(path: &str, kind: FieldType, value: &Json) -> Result<i64, JsonError> {
    let table = kind.names().map_or("name", |t| t.name);
    let Json::String(word) = value else {
        return error(path, format!("expected a {} by name", table.to_ascii_lowercase()), None);
    };
    if let Some(code) = kind.names().and_then(|t| t.code(word)) {
        return Ok(i64::from(code));
    }
    let names = kind.names().into_iter().flat_map(|t| t.values.iter().map(|(n, _)| *n));
    error(path, format!("there is no {} `{word}`", table.to_ascii_lowercase()), nearest(word, names))
}

fn read_bytes(path: &str, value: &Json) -> Result<Vec<u8>, JsonError> {
    match value {
        Json::String(text) => Ok(text.as_bytes().to_vec()),
        Json::Object(o) if o.len() == 1 => match o.get("hex") {
            Some(Json::String(digits)) => match decode_hex(digits) {
                Some(bytes) => Ok(bytes),
                None => error(path, "`hex` needs an even number of hexadecimal digits", None),
            },
            _ => error(path, "expected a text", Some("bytes are written `{\"hex\": \"2f74ff\"}`".to_owned())),
        },
        _ => error(path, "expected a text", None),
    }
}

/// The entries of a map.
type Entries = Vec<(Vec<u8>, Vec<u8>)>;

fn read_map(path: &str, entries: &serde_json::Map<String, Json>) -> Result<Entries, JsonError> {
    if let (1, Some(Json::Array(pairs))) = (entries.len(), entries.get("entries")) {
        let pairs = pairs.iter().enumerate().map(|(i, pair)| {
            let path = format!("{path}.entries[{i}]");
            match pair.as_array().map(Vec::as_slice) {
                Some([key, value]) => Ok((read_bytes(&path, key)?, read_bytes(&path, value)?)),
                _ => error(&path, "expected a pair of texts", None),
            }
        });
        return pairs.collect();
    }
    let entry = |(key, value): (&String, &Json)| {
        Ok((key.clone().into_bytes(), read_bytes(&format!("{path}[{key:?}]"), value)?))
    };
    entries.iter().map(entry).collect()
}

fn decode_hex(digits: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = digits.chars().map(|c| c.to_digit(16).map(|d| d as u8)).collect::<Option<_>>()?;
    digits
        .len()
        .is_multiple_of(2)
        .then(|| digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

/// "did you mean", where a name is near enough.
fn nearest(word: &str, names: impl Iterator<Item = &'static str>) -> Option<String> {
    let best = names.map(|name| (distance(word, name), name)).min()?;
    (best.0 <= 1 + word.len() / 3).then(|| format!("did you mean `{}`?", best.1))
}

/// Levenshtein's distance, without regard to the case of ASCII letters.
fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

// ---------------------------------------------------------------------------------------------------- writing

/// An event that serialises to its JSON form, facts in the schema's order.
#[derive(Clone, Copy, Debug)]
pub struct AsJson<'a>(pub &'a Event);

impl Serialize for AsJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let event = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("action", event.action.name())?;
        for (key, record) in
            [("process", &event.process), ("parent", &event.parent), ("target", &event.target)]
        {
            if *record != Record::default() {
                map.serialize_entry(key, &RecordJson(record))?;
            }
        }
        facts(&mut map, &event.facts, event_fields())?;
        if !event.ancestors.is_empty() {
            map.serialize_entry("ancestors", &event.ancestors.iter().map(RecordJson).collect::<Vec<_>>())?;
        }
        if event.ancestors_incomplete {
            map.serialize_entry("ancestors_incomplete", &true)?;
        }
        map.end()
    }
}

/// A fact that serialises to its JSON form; an absent one to `null`.
#[derive(Clone, Copy, Debug)]
pub struct FactAsJson<'a>(pub &'a Fact, pub FieldType);

struct RecordJson<'a>(&'a Record);
struct BytesJson<'a>(&'a [u8]);

fn facts<M: SerializeMap>(map: &mut M, facts: &[Fact], fields: &[FieldInfo]) -> Result<(), M::Error> {
    let present = facts.iter().zip(fields).filter(|(fact, _)| **fact != Fact::Absent);
    present
        .into_iter()
        .try_for_each(|(fact, field)| map.serialize_entry(short(field), &FactAsJson(fact, field.kind)))
}

impl Serialize for RecordJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        facts(&mut map, &self.0.0, process_fields())?;
        map.end()
    }
}

impl Serialize for FactAsJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = match self.0 {
            Fact::Absent => return serializer.serialize_unit(),
            Fact::Unknown => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("unknown", &true)?;
                return map.end();
            }
            Fact::Known(value) => value,
        };
        match value {
            Value::Int(n) => match (self.1, self.1.names()) {
                (FieldType::Flags, Some(table)) => match flag_names(*n, table) {
                    Some(names) => names.serialize(serializer),
                    None => serializer.serialize_i64(*n),
                },
                (_, Some(table)) => match u32::try_from(*n).ok().and_then(|code| table.name(code)) {
                    Some(name) => serializer.serialize_str(name),
                    None => serializer.serialize_i64(*n),
                },
                _ => serializer.serialize_i64(*n),
            },
            Value::Bytes(bytes) => BytesJson(bytes).serialize(serializer),
            Value::Ip(address) => serializer.collect_str(address),
            Value::List(items) => {
                let mut seq = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| seq.serialize_element(&BytesJson(item)))?;
                seq.end()
            }
            Value::Map(entries) => serialize_map(entries, serializer),
        }
    }
}

/// The names of the flags; `None` when some bit has no name.
pub fn flag_names(bits: i64, table: &NameTable) -> Option<Vec<&'static str>> {
    let set = table.values.iter().filter(|(_, bit)| bits & i64::from(*bit) == i64::from(*bit));
    let known = set.clone().fold(0, |all, (_, bit)| all | i64::from(*bit));
    (known == bits).then(|| set.map(|(name, _)| *name).collect())
}

fn serialize_map<S: Serializer>(entries: &[(Vec<u8>, Vec<u8>)], serializer: S) -> Result<S::Ok, S::Error> {
    let keys: Option<Vec<&str>> = entries.iter().map(|(k, _)| std::str::from_utf8(k).ok()).collect();
    // Sorted keys are also distinct ones, and an object gives them back in this order.
    let plain = keys.filter(|keys| keys.is_sorted_by(|a, b| a < b));
    let mut map = serializer.serialize_map(None)?;
    if let Some(keys) = plain {
        for (key, (_, value)) in keys.iter().zip(entries) {
            map.serialize_entry(key, &BytesJson(value))?;
        }
    } else {
        let pairs: Vec<_> = entries.iter().map(|(k, v)| [BytesJson(k), BytesJson(v)]).collect();
        map.serialize_entry("entries", &pairs)?;
    }
    map.end()
}

impl Serialize for BytesJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Ok(text) = std::str::from_utf8(self.0) {
            return serializer.serialize_str(text);
        }
        let mut map = serializer.serialize_map(Some(1))?;
        let digit = |n: u8| char::from_digit(n.into(), 16).unwrap_or('0');
        let digits: String = self.0.iter().flat_map(|b| [digit(b >> 4), digit(b & 15)]).collect();
        map.serialize_entry("hex", &digits)?;
        map.end()
    }
}

#[cfg(test)]
mod tests;
