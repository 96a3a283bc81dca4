//! Test blocks.

use super::{Effect, Name, Object, QualifiedName, Record, Spanned, Text};
use crate::span::Span;

/// `test "…" { as { … } expect … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// The sentence in quotes.
    pub name: Text,
    /// In order: each `expect` is about the process of the `as` before it.
    pub steps: Vec<TestStep>,
}

/// A line of a [`Test`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TestStep {
    /// `as { process.exe: /usr/sbin/nginx, ancestors: [{ exe: /sbin/init }] }`
    As(Record),
    /// `expect deny read /etc/shadow`
    Expect(Expect),
    /// Tokens that are neither.
    Error(Span),
}

/// `expect [reported] allow|deny ACTION OBJECT [target { … }] [with { … }] [by RULE]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expect {
    /// The word `reported`: the reported verdict is meant, not the enforced one.
    pub reported: Option<Span>,
    /// The expected verdict; never [`Effect::Audit`].
    pub verdict: Spanned<Effect>,
    /// The action; missing where erroneous.
    pub action: Name,
    /// Concrete: one path, one endpoint, `unknown`.
    pub object: Object,
    /// Facts of the process acted on, without the prefix `target.`.
    pub target: Option<Record>,
    /// Further facts of the event: `role`, `args`, `flags`, `signal`, `time`, `host`.
    pub with: Option<Record>,
    /// The rule that must be the deciding one.
    pub by: Option<QualifiedName>,
    /// The whole statement.
    pub span: Span,
}
