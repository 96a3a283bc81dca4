//! Which kind of value something is, as far as it can be told without checking it: enough to offer what fits.

use warmor_compiler::syntax::ast::{Expr, ExprKind, Literal, Name};
use warmor_policy::schema::{FieldType, name_tables};

/// A kind of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Paths,
    Networks,
    /// Ports, and other plain numbers.
    Numbers,
    Texts,
    /// Words of the schema's table of this name.
    Words(&'static str),
    Processes,
    /// Something else.
    Other,
}

impl Shape {
    /// The kind of a value. `known` says it of names.
    pub(crate) fn of(expr: &Expr, known: &mut dyn FnMut(&Name) -> Option<Self>) -> Option<Self> {
        match &expr.kind {
            ExprKind::Literal(literal) => Some(match literal {
                Literal::Path(_) | Literal::Glob(_) => Self::Paths,
                Literal::String(text) if text.starts_with('/') => Self::Paths,
                Literal::String(_) => Self::Texts,
                Literal::Ip(_) | Literal::Cidr { .. } => Self::Networks,
                Literal::Int(_) | Literal::Range { .. } => Self::Numbers,
                Literal::Bool(_)
                | Literal::Size(_)
                | Literal::Duration(_)
                | Literal::Share(_)
                | Literal::Date(_) => Self::Other,
            }),
            ExprKind::Host(_) => Some(Self::Networks),
            ExprKind::Name(name) => known(name).or_else(|| Self::of_word(name.as_str())),
            ExprKind::Field { field, .. } => known(field),
            ExprKind::List(items) => items.iter().find_map(|item| Self::of(item, known)),
            _ => None,
        }
    }

    fn of_word(word: &str) -> Option<Self> {
        name_tables().iter().find(|table| table.code(word).is_some()).map(|table| Self::Words(table.name))
    }

    /// The kind of what a fact is compared with.
    pub(crate) fn of_fact(kind: FieldType) -> Self {
        match kind {
            FieldType::Path => Self::Paths,
            FieldType::String | FieldType::List | FieldType::Map => Self::Texts,
            FieldType::Ip => Self::Networks,
            FieldType::Int | FieldType::Port => Self::Numbers,
            other => other.names().map_or(Self::Other, |table| Self::Words(table.name)),
        }
    }

    /// The kind of a parameter of a type.
    pub(crate) fn of_type(name: &str) -> Self {
        match name {
            "Path" | "Glob" => Self::Paths,
            "Ip" | "Cidr" | "Endpoint" => Self::Networks,
            "Port" | "PortRange" | "Int" => Self::Numbers,
            "String" => Self::Texts,
            "Subject" => Self::Processes,
            other => {
                name_tables().iter().find(|t| t.name == other).map_or(Self::Other, |t| Self::Words(t.name))
            }
        }
    }
}
