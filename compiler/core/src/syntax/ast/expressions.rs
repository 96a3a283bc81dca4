//! Expressions and literals.

use super::{Name, QualifiedName, Spanned, Text};
use crate::date::Date;
use crate::span::Span;
use std::net::IpAddr;

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Without surrounding parentheses.
    pub span: Span,
}

/// What an [`Expr`] is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExprKind {
    /// `512MiB`, `/etc/**`, `"x"`
    Literal(Literal),
    /// `web_roots`, `role`, `process`: a variable, a definition or the first word of a fact.
    Name(Name),
    /// `process.exe`
    Field {
        /// What stands before the dot.
        base: Box<Expr>,
        /// What stands after it.
        field: Name,
    },
    /// `pod.labels["app"]`
    Index {
        /// What stands before the bracket.
        base: Box<Expr>,
        /// What stands in it.
        index: Box<Expr>,
    },
    /// `system(path)`: a predicate.
    Call {
        /// The predicate's name.
        callee: QualifiedName,
        /// What it is called with.
        arguments: Vec<Expr>,
    },
    /// `tree(S)`: everything started below a member of S.
    Tree(Box<Expr>),
    /// `a or b or c`: two or more.
    Or(Vec<Expr>),
    /// `a and b and c`: two or more.
    And(Vec<Expr>),
    /// `not a`
    Not(Box<Expr>),
    /// `has process.script`
    Has(Box<Expr>),
    /// `a == b`, `a in b`, `a + b`
    Binary {
        /// The operator.
        operator: Spanned<BinaryOperator>,
        /// What stands before it.
        left: Box<Expr>,
        /// What stands after it.
        right: Box<Expr>,
    },
    /// `any(x in args, x == "-i")`, `all(x in args, …)`
    Quantified {
        /// Which of the two.
        quantifier: Quantifier,
        /// Bound in `body`.
        variable: Name,
        /// What it ranges over.
        list: Box<Expr>,
        /// What must hold of one, or of each.
        body: Box<Expr>,
    },
    /// `some ancestor (process.exe == /usr/sbin/sshd)`
    SomeAncestor(Box<Expr>),
    /// `host "*.example.com"`
    Host(Text),
    /// `any`: every object of the kind, every subject.
    Any,
    /// `unknown`: a fact whose value cannot be known (tests only).
    Unknown,
    /// `[a, b]`
    List(Vec<Expr>),
    /// `{ process.uid: 33 }`
    Record(Record),
    /// Tokens that are no expression.
    Error,
}

/// `{ key: value, … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// In source order; keys may repeat (reported by a later pass).
    pub entries: Vec<RecordEntry>,
    /// With the braces.
    pub span: Span,
}

/// `process.exe: /usr/sbin/nginx`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordEntry {
    /// A word, a dotted fact, a quoted string or `pod.labels["app"]`.
    pub key: Expr,
    /// What it is set to.
    pub value: Expr,
}

/// Which elements of a list a condition must hold for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quantifier {
    /// At least one.
    Any,
    /// Each.
    All,
}

/// An operator between two expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOperator {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `in`
    In,
    /// `not in`
    NotIn,
    /// `matches`
    Matches,
    /// `contains`
    Contains,
    /// `starts_with`
    StartsWith,
    /// `ends_with`
    EndsWith,
    /// `+`
    Add,
    /// `-`
    Subtract,
}

impl BinaryOperator {
    /// The operator as it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
            Self::NotIn => "not in",
            Self::Matches => "matches",
            Self::Contains => "contains",
            Self::StartsWith => "starts_with",
            Self::EndsWith => "ends_with",
            Self::Add => "+",
            Self::Subtract => "-",
        }
    }
}

/// A value that is written out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    /// `true`, `false`
    Bool(bool),
    /// `33`
    Int(u64),
    /// `512MiB`, in bytes.
    Size(u64),
    /// `30s`, in nanoseconds.
    Duration(u64),
    /// `80%`, in percent; may exceed 100.
    Share(u64),
    /// `"…"`, escapes resolved as in [`Text`].
    String(Box<str>),
    /// An unquoted path without glob characters. Backslashes are kept as written: each takes the next byte literally.
    Path(Box<str>),
    /// An unquoted path with glob characters, as written.
    Glob(Box<str>),
    /// `10.0.0.1`, `::1`
    Ip(IpAddr),
    /// `10.0.0.0/8`, as written: bits below the prefix may be set (reported by a later pass).
    Cidr {
        /// The address before the slash.
        address: IpAddr,
        /// At most 32 or 128.
        prefix: u8,
    },
    /// `9000-9100`, both ends included; `first <= last`.
    Range {
        /// The smallest number.
        first: u64,
        /// The greatest number.
        last: u64,
    },
    /// `2027-01-31`
    Date(Date),
}
