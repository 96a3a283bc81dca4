//! Assertions and assumptions.

use super::{EventPattern, Expr, Spanned, SubjectList, Text};
use crate::span::Span;

/// `assume expr`: a fact of the domain that analysis may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assume {
    /// What is taken as true.
    pub condition: Expr,
}

/// `assert "…" { never web can … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assert {
    /// The sentence in quotes.
    pub name: Text,
    /// What must hold, all of it.
    pub claims: Vec<Claim>,
}

/// A line of an [`Assert`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// `never web can connect tcp to any`
    Can(CanClaim),
    /// Tokens that are no claim.
    Error(Span),
}

/// `[reported] never|always|only S can EVENT`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanClaim {
    /// The word `reported`: the claim is about what is reported, not about what is enforced.
    pub reported: Option<Span>,
    /// How many of the events.
    pub quantifier: Spanned<ClaimQuantifier>,
    /// Who.
    pub subjects: SubjectList,
    /// What.
    pub event: EventPattern,
    /// The whole claim.
    pub span: Span,
}

/// The first word of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClaimQuantifier {
    /// No such event of these subjects is allowed.
    Never,
    /// Every such event of these subjects is allowed.
    Always,
    /// No such event of any other process is allowed.
    Only,
}
