//! The Warmor compiler: policy text in, proved and lowered policy out.
//!
//! The crate is a function from sources to results: it reads no files, no clock and no environment.
//!
//! ```text
//! text ─► syntax ─► …
//! ```

pub mod span;
pub mod syntax;
