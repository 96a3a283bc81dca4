//! The syntax tree: what a file says, before any name is looked up.
//!
//! The tree is *error-tolerant*: parsing always yields one, and what could not be understood is an `Error` node, an empty
//! [`Name`] or a missing optional part. Every statement with such a place has at least one
//! [`SyntaxError`](super::error::SyntaxError) in it, so later passes skip it in silence.
//!
//! Words whose vocabulary is data (actions, groups, modes, severities, limits, responses, field names) are kept as
//! [`Name`]s: the field schema decides what they mean, not the grammar.
//!
//! Nesting is bounded by [`MAX_DEPTH`](super::MAX_DEPTH): walking a tree by recursion is safe.

#![expect(
    clippy::large_enum_variant,
    reason = "nearly every element of such a list is the large variant: boxing saves nothing"
)]

mod claims;
mod detections;
mod expectations;
mod expressions;
mod policies;

pub use claims::{Assert, Assume, CanClaim, Claim, ClaimQuantifier};
pub use detections::{Count, Detect, DetectMember, Sequence, SequenceStep};
pub use expectations::{Expect, Test, TestStep};
pub use expressions::{BinaryOperator, Expr, ExprKind, Literal, Quantifier, Record, RecordEntry};
pub use policies::{
    Clause, ClauseKind, Effect, EventPattern, Limit, Member, Object, Place, Policy, Preposition, Response,
    Rule, SubjectList, Template, Use,
};

pub use crate::date::Date;
use crate::span::Span;

/// A value with the place where it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// What was written.
    pub node: T,
    /// Where.
    pub span: Span,
}

/// One word: the name of a thing, at its definition or its use. Empty where a name is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The word as written.
    pub text: Box<str>,
    /// Where.
    pub span: Span,
}

impl Name {
    /// Whether the source has no name here (already reported).
    pub fn is_missing(&self) -> bool {
        self.text.is_empty()
    }

    /// The word.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// A name with the modules or policies it is looked up through: `credentials`, `files.credentials`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QualifiedName {
    /// The words between the dots, at least one.
    pub segments: Vec<Name>,
    /// From the first word to the last.
    pub span: Span,
}

/// A quoted string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The characters, escapes resolved. `\*`, `\?`, `\[`, `\]`, `\{`, `\}` keep their backslash: they are glob escapes.
    pub value: Box<str>,
    /// With the quotes.
    pub span: Span,
}

/// The `##` lines right above a definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Docs {
    /// The lines without `##` and the one space after it, joined by line feeds.
    pub text: Box<str>,
    /// From the first `##` to the end of the last line.
    pub span: Span,
}

/// A whole file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// `package a.b`, the first statement where there is one.
    pub package: Option<Package>,
    /// Everything else, in source order. The order has no meaning.
    pub items: Vec<Item>,
    /// The attributes of the whole file, wherever they stand: each knows what it is about.
    pub attributes: Vec<Attribute>,
    /// The whole text.
    pub span: Span,
}

/// `@silence(W0402, "why")`, above an item, a rule or another line of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// The word, without its sign.
    pub name: Name,
    /// The words in parentheses.
    pub arguments: Vec<Name>,
    /// The text after them.
    pub text: Option<Text>,
    /// From the sign to the closing parenthesis.
    pub span: Span,
    /// The statement below, which it is about; above `package`, the whole file.
    pub about: Span,
}

/// `package shop`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// The `##` lines above.
    pub docs: Option<Docs>,
    /// The dotted name.
    pub name: QualifiedName,
    /// The statement.
    pub span: Span,
}

/// A definition or statement at the top level of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The `##` lines above.
    pub docs: Option<Docs>,
    /// What it is.
    pub kind: ItemKind,
    /// From the keyword to the last token.
    pub span: Span,
}

/// What an [`Item`] is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemKind {
    /// `import std.files.{credentials}`
    Import(Import),
    /// `let web_roots = [/var/www/**]`
    Let(Let),
    /// `subject nginx = process.exe in [/usr/sbin/nginx]`
    Subject(Subject),
    /// `predicate system(p: Path) = p in [/usr/**]`
    Predicate(Predicate),
    /// `param PORT: Port = 8080`
    Param(Param),
    /// `template static_site(root: Path) { … }`
    Template(Template),
    /// `policy web_tier for nginx { … }`
    Policy(Policy),
    /// `assume shop_db in private_v4`
    Assume(Assume),
    /// `assert "…" { … }`
    Assert(Assert),
    /// `test "…" { … }`
    Test(Test),
    /// `detect reverse_shell for any { … }`
    Detect(Detect),
    /// Tokens that are no item.
    Error,
}

/// `import a.b`, `import a.b.{c, d}`, `import "./x.warmor"`, `import "./x.warmor".{c}`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The module.
    pub source: ImportSource,
    /// The names in braces. `None`: without braces, the module is reached as `b.name` under its last segment, and a file
    /// gives all its names.
    pub names: Option<Vec<Name>>,
}

/// Where an [`Import`] looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportSource {
    /// A module by its dotted name.
    Module(QualifiedName),
    /// A file, relative to the importing one.
    File(Text),
}

/// `let NAME = expr`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Let {
    /// The defined name.
    pub name: Name,
    /// Its value.
    pub value: Expr,
}

/// `subject NAME = expr`: a named predicate over a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The defined name.
    pub name: Name,
    /// Who belongs to it.
    pub condition: Expr,
}

/// `predicate NAME(params) = expr`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Predicate {
    /// The defined name.
    pub name: Name,
    /// What it is called with.
    pub parameters: Vec<Parameter>,
    /// Its meaning.
    pub body: Expr,
}

/// `param NAME: Type = default`: a value from outside, bound at compile time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    /// The defined name.
    pub name: Name,
    /// Its type.
    pub ty: TypeExpr,
    /// The value when none is given; without it, one must be given.
    pub default: Option<Expr>,
}

/// A parameter of a predicate or template: `port: Port = 80`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name in the body.
    pub name: Name,
    /// Its type; inferred from use where it is left out.
    pub ty: Option<TypeExpr>,
    /// The value when the call gives none.
    pub default: Option<Expr>,
    /// The whole parameter.
    pub span: Span,
}

/// The name of a type, or a set of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeExpr {
    /// The type's name (or that of the set's elements); missing where erroneous.
    pub name: Name,
    /// `[T]`
    pub is_set: bool,
    /// The whole type.
    pub span: Span,
}
