//! Conditions: Kleene formulas over atoms.

use super::{Glob, SubjectId};
use crate::span::Span;
use warmor_policy::event::{Address, Source};
use warmor_policy::schema::{FieldInfo, event_fields, process_fields};

/// A condition with its place in the source.
#[derive(Clone, Debug, PartialEq)]
pub struct Cond {
    /// What it says.
    pub kind: CondKind,
    /// Where it is written.
    pub span: Span,
}

/// What a condition says.
#[derive(Clone, Debug, PartialEq)]
pub enum CondKind {
    /// Always or never.
    Const(bool),
    /// Kleene's negation.
    Not(Box<Cond>),
    /// Kleene's conjunction; of none: true.
    All(Vec<Cond>),
    /// Kleene's disjunction; of none: false.
    Any(Vec<Cond>),
    /// A test of facts: false where the fact is absent, unknown where it is unknown.
    Atom(Atom),
}

impl Cond {
    /// Always or never.
    pub fn constant(value: bool, span: Span) -> Self {
        Self { kind: CondKind::Const(value), span }
    }

    /// A test of facts.
    pub fn atom(atom: Atom, span: Span) -> Self {
        Self { kind: CondKind::Atom(atom), span }
    }

    /// The opposite.
    #[allow(clippy::should_implement_trait, reason = "it takes a span")]
    pub fn not(cond: Self, span: Span) -> Self {
        match cond.kind {
            CondKind::Const(b) => Self::constant(!b, span),
            CondKind::Not(inner) => *inner,
            _ => Self { kind: CondKind::Not(Box::new(cond)), span },
        }
    }

    /// All of them, flattened.
    pub fn all(conds: Vec<Self>, span: Span) -> Self {
        Self::join(conds, span, true)
    }

    /// At least one of them, flattened.
    pub fn any(conds: Vec<Self>, span: Span) -> Self {
        Self::join(conds, span, false)
    }

    fn join(conds: Vec<Self>, span: Span, all: bool) -> Self {
        let mut parts = Vec::new();
        for c in conds {
            match c.kind {
                CondKind::Const(b) if b == all => {}
                CondKind::Const(b) => return Self::constant(b, span),
                CondKind::All(inner) if all => parts.extend(inner),
                CondKind::Any(inner) if !all => parts.extend(inner),
                _ => parts.push(c),
            }
        }
        match parts.len() {
            0 => Self::constant(all, span),
            1 => parts.swap_remove(0),
            _ => Self { kind: if all { CondKind::All(parts) } else { CondKind::Any(parts) }, span },
        }
    }
}

/// A fact: of which record, in which slot, and under which key where it is a map.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FactRef {
    /// Whose fact.
    pub source: Source,
    /// Its slot in the schema.
    pub slot: usize,
    /// The key, for a fact that is a map.
    pub key: Option<String>,
}

impl FactRef {
    /// What the schema says of it.
    pub fn field(&self) -> &'static FieldInfo {
        match self.source {
            Source::Event => &event_fields()[self.slot],
            _ => &process_fields()[self.slot],
        }
    }
}

impl std::fmt::Display for FactRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = self.field().name;
        let own = name.strip_prefix("process.").unwrap_or(name);
        match self.source {
            Source::Event | Source::Process => f.write_str(name)?,
            Source::Parent => write!(f, "parent.{own}")?,
            Source::Target => write!(f, "target.{own}")?,
        }
        match &self.key {
            Some(key) => write!(f, "[{key:?}]"),
            None => Ok(()),
        }
    }
}

/// A comparison of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compare {
    /// `==`
    Equal,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
}

/// A range of addresses; IPv4 addresses are their IPv4-mapped forms, and a range never mixes the families.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network {
    /// First address.
    pub first: Address,
    /// Last address.
    pub last: Address,
}

impl Network {
    /// All IPv4 addresses.
    pub const V4: Self = Self { first: Address::V4_FIRST, last: Address::V4_LAST };
    /// All IPv6 addresses below the IPv4-mapped ones.
    pub const V6_LOW: Self = Self { first: Address(0), last: Address(Address::V4_FIRST.0 - 1) };
    /// All IPv6 addresses above the IPv4-mapped ones.
    pub const V6_HIGH: Self = Self { first: Address(Address::V4_LAST.0 + 1), last: Address(u128::MAX) };

    /// Whether the address lies in the range.
    pub fn contains(self, address: Address) -> bool {
        (self.first..=self.last).contains(&address)
    }
}

/// A test of a text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TextTest {
    /// It is these bytes.
    Equals(Vec<u8>),
    /// The whole of it matches.
    Glob(Glob),
    /// These bytes are in it.
    Contains(Vec<u8>),
    /// It begins with these bytes.
    StartsWith(Vec<u8>),
    /// It ends with these bytes.
    EndsWith(Vec<u8>),
}

/// A condition on one element of a list: two-valued, for an element is always known.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Element {
    /// Always or never.
    Const(bool),
    /// The opposite.
    Not(Box<Element>),
    /// All of them.
    All(Vec<Element>),
    /// At least one of them.
    Any(Vec<Element>),
    /// A test of the element's text.
    Test(TextTest),
}

/// A test of facts. Every atom is positive; what is negative in the source is a `Not` around it.
#[derive(Clone, Debug, PartialEq)]
pub enum Atom {
    /// A text fact (path, string, entry of a map) passes a test.
    Text {
        /// The fact.
        fact: FactRef,
        /// The test.
        test: TextTest,
    },
    /// A number, a name or a time lies in an inclusive range (`==`, `<`, `in` of numbers and names all come to this).
    Number {
        /// The fact.
        fact: FactRef,
        /// Smallest.
        first: i64,
        /// Largest.
        last: i64,
    },
    /// An address lies in a network. On `bind` and `listen` the wildcard addresses stand for every address: a denial
    /// applies on overlap, an allow needs containment (the reference says how this goes through a formula).
    Address {
        /// The fact.
        fact: FactRef,
        /// The networks.
        networks: Vec<Network>,
    },
    /// All of these flag bits are set.
    Flags {
        /// The fact.
        fact: FactRef,
        /// The bits.
        mask: u32,
    },
    /// There is such a fact, whatever it is.
    Present {
        /// The fact.
        fact: FactRef,
    },
    /// Some element of a list passes.
    ListAny {
        /// The fact.
        fact: FactRef,
        /// The condition on the element.
        element: Element,
    },
    /// Every element of a list passes; of an empty list: true.
    ListAll {
        /// The fact.
        fact: FactRef,
        /// The condition on the element.
        element: Element,
    },
    /// `left OP right + offset`, on numbers of the same type.
    Relation {
        /// The fact on the left.
        left: FactRef,
        /// The comparison.
        compare: Compare,
        /// The fact on the right.
        right: FactRef,
        /// Added to the right, without overflow (the sum is taken in 128 bits).
        offset: i64,
    },
    /// Two texts or two addresses are equal.
    Same {
        /// The fact on the left.
        left: FactRef,
        /// The fact on the right.
        right: FactRef,
    },
    /// A process is a member of a subject. The subject's facts of `process` are read from `source`; where that is not the
    /// process itself, the facts of its parent and its ancestors are unknown.
    Member {
        /// Which process; never `Event`.
        source: Source,
        /// The subject.
        subject: SubjectId,
    },
    /// Some ancestor of the process satisfies the condition, whose facts of `process` are the ancestor's and mention no
    /// other record. Unknown where no known one does and some are not known.
    Ancestor {
        /// The condition.
        cond: Box<Cond>,
    },
}
