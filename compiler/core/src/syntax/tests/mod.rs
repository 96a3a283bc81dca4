//! The parser and the formatter against their specification.

mod corpus;
mod dump;
mod errors;
mod formatting;
mod laws;
mod random;
mod reference;
mod trees;
