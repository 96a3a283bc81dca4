//! The parser and the formatter against their specification.

mod dump;
mod trees;
