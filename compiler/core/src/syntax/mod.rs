//! Text to tree: the lexer, the grammar, the syntax tree and the formatter.

pub mod ast;
pub mod error;

/// How deep a tree may nest. Deeper text is a syntax error, so recursion over trees is bounded.
pub const MAX_DEPTH: usize = 128;
