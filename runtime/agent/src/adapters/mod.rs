//! What the agent does to the world, and how it learns of it.

pub mod audit;
pub mod canary;
pub mod cgroups;
pub mod host;
pub mod kernel;
#[cfg(feature = "wasm")]
pub mod module;
pub mod processes;
pub mod recording;
pub mod signals;
pub mod state;
