//! What crosses crates: random policies and events, and the comparison of every engine with the reference evaluator.

pub mod agree;
pub mod classes;
pub mod generate;
pub mod mutants;
pub mod planted;
pub mod rng;
pub mod shrink;
pub mod wasm;
