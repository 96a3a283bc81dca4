//! What the agent knows without asking anybody.

pub mod canary;
pub mod demand;
pub mod descent;
pub mod entry;
pub mod escape;
pub mod facts;
pub mod line;
pub mod plan;
#[cfg(test)]
pub mod sample;
pub mod watch;
