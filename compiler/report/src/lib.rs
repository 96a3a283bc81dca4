//! What the compiler found out, in words and as data: for terminals, for editors, for pages, for other tools.
//!
//! A function from results to text. Nothing here reads files or writes anywhere, so the command line, the language server and
//! the browser tell the same story.

#![allow(
    clippy::format_push_string,
    clippy::format_collect,
    reason = "reports are short, and read best as they are printed"
)]

pub mod answer;
mod clauses;
pub mod cross_check;
pub mod diagnostics;
pub mod difference;
mod failure;
pub mod meaning;
pub mod operation;
mod places;
pub mod reach;
pub mod story;
pub mod tables;
pub mod tests;
mod text;

pub use clauses::{Clause, mode_name};
pub use failure::Failure;
pub use places::{Place, Places};
pub use text::{Paint, escape, escape_bytes, escape_lines, json_text, plural};
