//! What the agent knows without asking anybody.

pub mod aggregate;
pub mod canary;
pub mod chain;
pub mod clock;
pub mod demand;
pub mod descent;
pub mod difference;
pub mod entry;
pub mod escape;
pub mod facts;
pub mod line;
pub mod plan;
pub mod recorded;
pub mod records;
#[cfg(test)]
pub mod sample;
pub mod sequences;
pub mod top;
pub mod verify;
pub mod watch;
