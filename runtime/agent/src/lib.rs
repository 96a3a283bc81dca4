//! The Warmor agent.
//!
//! Three rings, each of which knows only those inside it. **Domain**: what an image demands of the kernel, what a host can
//! give, how a report reads. **Ports**: what the agent needs from outside. **Adapters**: the kernel by aya, the host's files, the
//! audit log, signals. `run` joins them for `warmord run`.
//!
//! Invariants: a rule that this host cannot enforce is never called enforced; enforcement is announced only after a denial
//! has been seen; every report that the kernel wanted to send is either in the log or in the count of losses.

pub mod adapters;
pub mod domain;
pub mod ports;
pub mod run;
