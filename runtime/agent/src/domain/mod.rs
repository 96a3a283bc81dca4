//! What the agent knows without asking anybody.

pub mod canary;
pub mod demand;
pub mod escape;
pub mod line;
pub mod plan;
