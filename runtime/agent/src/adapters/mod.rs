//! What the agent does to the world, and how it learns of it.

pub mod audit;
pub mod canary;
pub mod host;
pub mod kernel;
pub mod signals;
