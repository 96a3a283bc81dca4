//! The laws of the language, stated on models that are built by hand and on random ones.

mod build;
mod conditions;
mod decisions;
mod explanations;
mod laws;
