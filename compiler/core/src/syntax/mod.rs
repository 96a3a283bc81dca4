//! Text to tree: the lexer, the grammar, the syntax tree and the formatter.
//!
//! ```text
//! text ─► lexer ─► tokens ─► outline ─► statements ─► grammar ─► tree
//!                                                                  │
//! text ◄──────────────────────── format ◄───────────────── tokens ─┘
//! ```
//!
//! *Parsing always yields a tree.* What cannot be understood is reported, and stands in the tree as an error node; an error
//! in one rule leaves every other rule as it is. The time is linear in the text's length, the depth of the tree is bounded.

pub mod ast;
mod body;
mod brackets;
mod build;
pub mod error;
mod expected;
pub mod format;
pub mod lexer;
mod literal;
pub mod next;
mod outline;

#[allow(clippy::pedantic, clippy::style, clippy::complexity, unused_qualifications, reason = "generated")]
mod grammar {
    include!(concat!(env!("OUT_DIR"), "/syntax/grammar.rs"));
}

pub use error::{SyntaxError, SyntaxErrorKind};
use lexer::{Comment, Lexed, Token};

use crate::span::{FileId, Span};

/// How deep a tree may nest. Deeper text is a syntax error, so recursion over trees is bounded.
pub const MAX_DEPTH: usize = 128;

/// How many errors are reported for one file, before the rest of it is left unread.
pub const MAX_ERRORS: usize = 500;

/// How long a file may be.
pub const MAX_SOURCE_BYTES: usize = 8 << 20;

/// What parsing makes of a file.
#[derive(Clone, Debug)]
pub struct Parse {
    /// The tree; complete when there are no errors.
    pub file: ast::File,
    /// What is wrong, in source order.
    pub errors: Vec<SyntaxError>,
    /// The tokens that the tree was made of.
    pub tokens: Vec<Token>,
    /// The comments between them.
    pub comments: Vec<Comment>,
}

/// Parses one file. Any text gives a tree.
pub fn parse(source: &str, file: FileId) -> Parse {
    if source.len() > MAX_SOURCE_BYTES {
        let span = Span::new(file, 0, 0);
        let error = SyntaxError::new(SyntaxErrorKind::TooLarge { bytes: source.len() }, span);
        let tree = ast::File { package: None, items: Vec::new(), attributes: Vec::new(), span };
        return Parse { file: tree, errors: vec![error], tokens: Vec::new(), comments: Vec::new() };
    }
    let mut lexed = lexer::lex(source, file);
    let tree = outline::parse(source, file, &mut lexed);
    let Lexed { tokens, comments, mut errors } = lexed;
    errors.sort_by_key(|error| (error.span.start, error.span.end));
    if errors.len() > MAX_ERRORS {
        errors.truncate(MAX_ERRORS);
        let last = errors.last().map_or(tree.span, |error| error.span);
        errors.push(SyntaxError::new(SyntaxErrorKind::TooManyErrors, last));
    }
    Parse { file: tree, errors, tokens, comments }
}

#[cfg(test)]
mod tests;
