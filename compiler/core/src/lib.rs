//! The Warmor compiler core: policy text in, checked policy, tables, WebAssembly and findings out.
//!
//! A function from sources to results: no files, no clock, no network, no threads, no environment. The command line, the
//! language server and the browser page are thin shells around it.

pub mod artifact;
pub mod check;
pub mod date;
pub mod diagnostics;
pub mod difference;
pub mod encode;
pub mod evaluate;
pub mod lower;
pub mod model;
pub mod prove;
pub mod query;
pub mod resolve;
pub mod span;
pub mod syntax;
pub mod validate;
