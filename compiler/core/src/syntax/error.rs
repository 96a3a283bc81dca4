//! What is wrong with a text as text: data for diagnostics to render, each with a span.
//!
//! Messages are lower case, name user input in backticks and never a token class of the lexer.

use std::fmt;

use crate::span::Span;

/// One thing that the grammar cannot accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong.
    pub kind: SyntaxErrorKind,
    /// Where: the text that does not fit, or the empty place where something is missing.
    pub span: Span,
    /// What would fit here, in words (`a path`, `` `to` ``); empty where the kind says it all.
    pub expected: Vec<&'static str>,
    /// What to do, where there is something more to say.
    pub help: Option<String>,
}

/// What is wrong in a [`SyntaxError`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SyntaxErrorKind {
    /// The text at the span does not fit here.
    Unexpected {
        /// As written, shortened.
        found: String,
    },
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            SyntaxErrorKind::Unexpected { found } => write!(f, "unexpected `{found}`"),
        }
    }
}

impl std::error::Error for SyntaxError {}
