//! Which events there are. The evaluator takes any event as it is; a proof is about those that the schema allows:
//!
//! 1. a fact of the event is absent where its action does not have it,
//! 2. a role is one of the action's, a port has 16 bits, other names and flags have 32,
//! 3. a path is one that the kernel's resolution yields, and no text has a NUL byte
//!    ([`TextKind`]),
//! 4. a connection or a datagram goes to the address that a wildcard reaches, never to the wildcard itself
//!    ([`Event::normalise`](warmor_policy::event::Event::normalise)).

use crate::prove::text::TextKind;
use warmor_policy::event::{Address, Event, Fact, Value, normalise_target};
use warmor_policy::schema::{Action, FieldInfo, FieldType, event_fields, process_fields};

/// The actions whose events can have the fact; `None` for all.
pub fn actions(field: &FieldInfo) -> Option<&[Action]> {
    (!field.actions.is_empty()).then_some(field.actions)
}

/// The codes of the roles that objects of the action can have.
pub fn roles(action: Action) -> impl Iterator<Item = u32> {
    let table = FieldType::Role.names();
    action.info().roles.iter().filter_map(move |role| table.and_then(|t| t.code(role)))
}

/// The smallest and the largest number that a known fact of the type is.
pub fn range(kind: FieldType) -> (i64, i64) {
    match kind {
        FieldType::Port => (0, i64::from(u16::MAX)),
        FieldType::Role
        | FieldType::Protocol
        | FieldType::Signal
        | FieldType::Capability
        | FieldType::Syscall
        | FieldType::Flags => (0, i64::from(u32::MAX)),
        _ => (i64::MIN, i64::MAX),
    }
}

/// The addresses that no event of the action has.
pub fn excluded(action: Action) -> impl Iterator<Item = Address> {
    let wildcards = [Address::V4_FIRST, Address::V6_UNSPECIFIED];
    let folds = matches!(action, Action::Connect | Action::Send);
    wildcards.into_iter().filter(move |a| folds && normalise_target(*a) != *a)
}

/// Leaves out of an event what no event has, so that it is one that proofs are about.
pub fn fit(event: &mut Event) {
    let action = event.action;
    let fields = event_fields().iter().zip(&mut event.facts);
    let records = [&mut event.process, &mut event.parent, &mut event.target];
    let records = records.into_iter().chain(&mut event.ancestors);
    let own = records.flat_map(|record| process_fields().iter().zip(&mut record.0));
    for (field, fact) in own.chain(fields) {
        let able = actions(field).is_none_or(|a| a.contains(&action));
        let possible = match fact {
            Fact::Absent | Fact::Unknown => true,
            Fact::Known(value) => fits(action, field.kind, value),
        };
        if !able || !possible {
            *fact = Fact::Absent;
        }
    }
}

fn fits(action: Action, kind: FieldType, value: &Value) -> bool {
    let text = |bytes: &Vec<u8>| TextKind::Text.contains(bytes);
    match value {
        Value::Int(n) if kind == FieldType::Role => roles(action).any(|code| i64::from(code) == *n),
        Value::Int(n) => (range(kind).0..=range(kind).1).contains(n),
        Value::Bytes(path) if kind == FieldType::Path => TextKind::Path.contains(path),
        Value::Bytes(bytes) => text(bytes),
        Value::Ip(address) => excluded(action).all(|a| a != *address),
        Value::List(items) => items.iter().all(text),
        Value::Map(entries) => entries.iter().all(|(_, value)| text(value)),
    }
}
