//! The server as an editor meets it: the real program, over its standard streams.

mod commands;
mod diagnostics;
mod edits;
mod harness;
mod lifecycle;
mod requests;
mod settings;
mod workspace;
