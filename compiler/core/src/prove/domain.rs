//! Which events there can be.
//!
//! A proof speaks of all events, and what counts as one is written here once, for every engine: which facts an action's events
//! have, and which values. The schema settles most of it; the rest are a few facts about kernels. Whatever is not excluded here
//! can be, in any combination.

use super::text::TextKind;
use crate::model::FactRef;
use warmor_policy::event::{Event, Fact, Source, Value};
use warmor_policy::schema::{
    Action, FieldInfo, FieldType, ObjectKind, event_fields, name_tables, process_fields, slot,
};

/// What one fact can be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Domain {
    /// Whether there may be no such thing.
    pub absent: bool,
    /// Whether it may be impossible to read.
    pub unknown: bool,
    /// What it may be where it is known.
    pub values: Values,
}

/// The values of a known fact.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Values {
    /// It is never known.
    None,
    /// Texts of a kind.
    Text(TextKind),
    /// Numbers of these inclusive ranges.
    Numbers(Vec<(i64, i64)>),
    /// Addresses; without the two wildcards where those are replaced by what they reach.
    Addresses {
        /// Whether the wildcards are among them.
        wildcards: bool,
    },
    /// Any set of flag bits.
    Flags,
    /// Any list of texts.
    List,
    /// Any map of texts.
    Map,
}

impl Domain {
    /// Nothing but that there is no such thing.
    pub const ABSENT: Self = Self { absent: true, unknown: false, values: Values::None };
    /// Nothing but that it cannot be read.
    pub const UNKNOWN: Self = Self { absent: false, unknown: true, values: Values::None };

    /// Whether the fact can be this.
    pub fn contains(&self, fact: &Fact) -> bool {
        match fact {
            Fact::Absent => self.absent,
            Fact::Unknown => self.unknown,
            Fact::Known(value) => match (&self.values, value) {
                (Values::Text(kind), Value::Bytes(text)) => kind.contains(text),
                (Values::Numbers(ranges), Value::Int(n)) => {
                    ranges.iter().any(|(first, last)| (first..=last).contains(&n))
                }
                (Values::Addresses { wildcards }, Value::Ip(a)) => *wildcards || !a.is_wildcard(),
                (Values::Flags, Value::Int(n)) => u32::try_from(*n).is_ok(),
                (Values::List, Value::List(items)) => items.iter().all(|i| TextKind::Text.contains(i)),
                (Values::Map, Value::Map(pairs)) => {
                    pairs.iter().all(|(k, v)| TextKind::Text.contains(k) && TextKind::Text.contains(v))
                }
                _ => false,
            },
        }
    }
}

/// What a fact can be in an event of the action, whatever its other facts are.
pub fn domain(action: Action, fact: &FactRef) -> Domain {
    let field = fact.field();
    match fact.source {
        Source::Event => event_domain(action, field),
        Source::Target if !has_target(action) => Domain::ABSENT,
        _ => Domain { absent: true, unknown: true, values: values(field, fact.key.is_some()) },
    }
}

/// Facts that hang together: every event of the action has one of these shapes, each of which narrows what some facts can be.
/// An action whose facts do not hang together has one shape that narrows nothing.
pub fn shapes(action: Action) -> Vec<Vec<(FactRef, Domain)>> {
    if action.info().object != ObjectKind::Endpoint {
        return vec![Vec::new()];
    }
    let fact = |slot| FactRef { source: Source::Event, slot, key: None };
    let of = |slot| domain(action, &fact(slot));
    let protocols = |ranges| Domain { absent: false, unknown: false, values: Values::Numbers(ranges) };
    // Protocols of IP, raw and packet sockets' included, have addresses. A unix socket or a packet socket has none.
    let internet = vec![
        (fact(slot::PROTOCOL), protocols(vec![(0, 257), (262, 262)])),
        (fact(slot::ADDRESS), Domain { absent: false, ..of(slot::ADDRESS) }),
    ];
    let local = vec![
        (fact(slot::PROTOCOL), protocols(vec![(258, 261)])),
        (fact(slot::ADDRESS), Domain::ABSENT),
        (fact(slot::PORT), Domain::ABSENT),
    ];
    let unreadable = vec![(fact(slot::PROTOCOL), Domain::UNKNOWN)];
    vec![internet, local, unreadable]
}

/// Whether there can be this event.
pub fn contains(event: &Event) -> bool {
    let action = event.action;
    let fits = |source: Source, fields: &[FieldInfo]| {
        fields.iter().all(|f| {
            let fact = FactRef { source, slot: f.code, key: None };
            domain(action, &fact).contains(event.fact(source, f.code))
        })
    };
    let narrowed = |shape: &Vec<(FactRef, Domain)>| {
        shape.iter().all(|(fact, domain)| domain.contains(event.fact(fact.source, fact.slot)))
    };
    let ancestor = |record: &warmor_policy::event::Record| {
        process_fields().iter().zip(&record.0).all(|(f, fact)| record_domain(f).contains(fact))
    };
    fits(Source::Event, event_fields())
        && [Source::Process, Source::Parent, Source::Target].iter().all(|s| fits(*s, process_fields()))
        && event.ancestors.iter().all(ancestor)
        && shapes(action).iter().any(narrowed)
}

/// What a fact of some process can be.
fn record_domain(field: &FieldInfo) -> Domain {
    Domain { absent: true, unknown: true, values: values(field, false) }
}

/// Whether the action's events have a second process.
fn has_target(action: Action) -> bool {
    matches!(action.info().object, ObjectKind::ProcessOrNone | ObjectKind::Endpoint)
}

fn event_domain(action: Action, field: &FieldInfo) -> Domain {
    if !field.actions.is_empty() && !field.actions.contains(&action) {
        return Domain::ABSENT;
    }
    match field.kind {
        // Hooks know what part an object plays in the operation that they guard.
        FieldType::Role => {
            let table = name_tables().iter().find(|t| t.name == "Role");
            let code = |name: &&str| table.and_then(|t| t.code(name)).map(|c| (i64::from(c), i64::from(c)));
            let ranges = action.info().roles.iter().filter_map(code).collect();
            Domain { absent: false, unknown: false, values: Values::Numbers(ranges) }
        }
        // Capabilities and system calls are what the operation is; there is none without.
        FieldType::Capability | FieldType::Syscall | FieldType::Signal | FieldType::Protocol => {
            Domain { absent: false, unknown: true, values: values(field, false) }
        }
        FieldType::Ip => Domain {
            absent: true,
            unknown: true,
            values: Values::Addresses { wildcards: !matches!(action, Action::Connect | Action::Send) },
        },
        _ => Domain { absent: true, unknown: true, values: values(field, false) },
    }
}

fn values(field: &FieldInfo, entry: bool) -> Values {
    match field.kind {
        FieldType::Path => Values::Text(TextKind::Path),
        FieldType::String => Values::Text(TextKind::Text),
        FieldType::Map if entry => Values::Text(TextKind::Text),
        FieldType::Map => Values::Map,
        FieldType::List => Values::List,
        FieldType::Flags => Values::Flags,
        FieldType::Ip => Values::Addresses { wildcards: true },
        FieldType::Port => Values::Numbers(vec![(0, 65_535)]),
        FieldType::Time => Values::Numbers(vec![(0, i64::MAX)]),
        FieldType::Int if matches!(field.name, "process.uid" | "process.gid") => {
            Values::Numbers(vec![(0, i64::from(u32::MAX))])
        }
        FieldType::Int if field.name == "process.pid" => Values::Numbers(vec![(1, i64::from(i32::MAX))]),
        FieldType::Int => Values::Numbers(vec![(i64::MIN, i64::MAX)]),
        FieldType::Protocol => Values::Numbers(vec![(0, 262)]),
        FieldType::Signal => Values::Numbers(vec![(0, 64)]),
        FieldType::Capability => Values::Numbers(vec![(0, 63)]),
        FieldType::Syscall => Values::Numbers(vec![(0, 4095)]),
        FieldType::Role => Values::Numbers(vec![(1, 4)]),
    }
}
