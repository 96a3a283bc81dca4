//! Types of values, and which value fits which type.

use super::value::{Scalar, Unit, Value};
use warmor_policy::schema::{FieldType, NameTable, name_tables};
use warmor_policy::verdict::Severity;

/// The type of one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Bool,
    Int,
    Size,
    Duration,
    Share,
    Time,
    String,
    Path,
    Glob,
    Ip,
    Cidr,
    Port,
    PortRange,
    Endpoint,
    Severity,
    Mode,
    Subject,
    /// A name of a table of the schema.
    Named(&'static str),
}

const TYPES: [(&str, Type); 23] = [
    ("Bool", Type::Bool),
    ("Int", Type::Int),
    ("Size", Type::Size),
    ("Duration", Type::Duration),
    ("Share", Type::Share),
    ("Time", Type::Time),
    ("String", Type::String),
    ("Path", Type::Path),
    ("Glob", Type::Glob),
    ("Ip", Type::Ip),
    ("Cidr", Type::Cidr),
    ("Port", Type::Port),
    ("PortRange", Type::PortRange),
    ("Endpoint", Type::Endpoint),
    ("Severity", Type::Severity),
    ("Mode", Type::Mode),
    ("Subject", Type::Subject),
    ("Protocol", Type::Named("Protocol")),
    ("Role", Type::Named("Role")),
    ("Signal", Type::Named("Signal")),
    ("Capability", Type::Named("Capability")),
    ("Syscall", Type::Named("Syscall")),
    ("Flag", Type::Named("Flag")),
];

/// The words of `mode`.
pub const MODES: [&str; 2] = ["prevent", "detect"];

/// The names of all types that a parameter can have.
pub fn type_names() -> impl Iterator<Item = &'static str> {
    Type::names()
}

impl Type {
    pub(super) fn from_name(name: &str) -> Option<Self> {
        TYPES.iter().find(|(n, _)| *n == name).map(|(_, t)| *t)
    }

    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        TYPES.iter().map(|(n, _)| *n)
    }

    pub(super) fn name(self) -> &'static str {
        TYPES.iter().find(|(_, t)| *t == self).map_or("", |(n, _)| n)
    }

    /// Whether a value can stand where this type is asked for.
    pub(super) fn accepts(self, scalar: &Scalar<'_>) -> bool {
        let port = |n: i128| (0..=65535).contains(&n);
        match (self, scalar) {
            (_, Scalar::Unknown) => false,
            (Self::Bool, Scalar::Bool(_))
            | (Self::Ip, Scalar::Ip(_))
            | (Self::Cidr, Scalar::Ip(_) | Scalar::Cidr { .. })
            | (
                Self::Endpoint,
                Scalar::Ip(_) | Scalar::Cidr { .. } | Scalar::Host(_) | Scalar::Subject { .. } | Scalar::Any,
            )
            | (Self::Subject, Scalar::Subject { .. } | Scalar::Any)
            | (Self::String, Scalar::Text(_))
            | (Self::Glob, Scalar::Path(_)) => true,
            (Self::Path, Scalar::Path(glob)) => glob.literal().is_some(),
            (Self::Path | Self::Glob, Scalar::Text(text)) => text.starts_with('/'),
            (Self::Int, Scalar::Number { unit, .. }) => *unit == Unit::Plain,
            (Self::Port | Self::PortRange, Scalar::Number { value, unit }) => {
                *unit == Unit::Plain && port(*value)
            }
            (Self::PortRange, Scalar::Range(_, last)) => *last <= 65535,
            (Self::Size, Scalar::Number { unit, .. }) => *unit == Unit::Size,
            (Self::Duration, Scalar::Number { unit, .. }) => *unit == Unit::Duration,
            (Self::Share, Scalar::Number { unit, .. }) => *unit == Unit::Share,
            (Self::Time, Scalar::Number { unit, .. }) => *unit == Unit::Time,
            (Self::Severity, Scalar::Word(word)) => severity(word).is_some(),
            (Self::Mode, Scalar::Word(word)) => MODES.contains(word),
            (Self::Named(table), Scalar::Word(word) | Scalar::Text(word)) => {
                table_named(table).is_some_and(|t| t.code(word).is_some())
            }
            _ => false,
        }
    }

    /// Whether a fact of that type can stand where this type is asked for.
    pub(super) fn accepts_fact(self, field: FieldType) -> bool {
        match self {
            Self::Path => field == FieldType::Path,
            Self::String => field == FieldType::String,
            Self::Int => field == FieldType::Int,
            Self::Time => field == FieldType::Time,
            Self::Ip => field == FieldType::Ip,
            Self::Port => field == FieldType::Port,
            Self::Named(table) => field != FieldType::Flags && field.names().is_some_and(|t| t.name == table),
            _ => false,
        }
    }
}

/// The first element of a value that does not fit the type, if one does not; a set where one value is asked for does not fit.
pub(super) fn misfit<'v, 's>(value: &'v Value<'s>, ty: Type, is_set: bool) -> Option<Misfit<'v, 's>> {
    if value.is_set && !is_set {
        return Some(Misfit::Set);
    }
    value.elements.iter().map(|e| &e.scalar).find(|s| !ty.accepts(s)).map(Misfit::Element)
}

/// What does not fit.
pub(super) enum Misfit<'v, 's> {
    Set,
    Element(&'v Scalar<'s>),
}

pub(super) fn table_named(name: &str) -> Option<&'static NameTable> {
    name_tables().iter().find(|t| t.name == name)
}

pub(super) fn severity(word: &str) -> Option<Severity> {
    Severity::ALL.iter().find(|(name, _)| *name == word).map(|(_, severity)| *severity)
}

/// Whether some list of names has the word.
pub(super) fn is_word(word: &str) -> bool {
    name_tables().iter().any(|t| t.code(word).is_some()) || severity(word).is_some() || MODES.contains(&word)
}

/// How messages call a fact's type.
pub(super) fn field_type_name(kind: FieldType) -> &'static str {
    match kind {
        FieldType::Path => "a path",
        FieldType::String => "a string",
        FieldType::Int => "a number",
        FieldType::Time => "a time",
        FieldType::Ip => "an address",
        FieldType::Port => "a port",
        FieldType::Role => "a role",
        FieldType::Protocol => "a protocol",
        FieldType::Signal => "a signal",
        FieldType::Capability => "a capability",
        FieldType::Syscall => "a system call",
        FieldType::Flags => "a set of flags",
        FieldType::List => "a list of strings",
        FieldType::Map => "a map of strings",
    }
}
