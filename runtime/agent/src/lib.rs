//! The Warmor agent.
//!
//! Three rings, each of which knows only those inside it. **Domain**: what an image demands of the kernel, what a host can
//! give, how a report reads. **Ports**: what the agent needs from outside. **Adapters**: the kernel by aya, the host's files, the
//! audit log, the artifact's module by wasmtime, signals. `assess` makes entries of reports, `prepare` makes of an artifact
//! what can be put in force, `serve` is the agent at work, `control` how it is asked, `run` joins all for `warmord run`, `check`
//! says what of an artifact this host can keep to, `log` whether an audit log is whole, and `replay` what artifacts
//! make of recorded events.
//!
//! Invariants: a rule that this host cannot enforce is never called enforced; enforcement is announced only after a denial
//! has been seen; every report that the kernel wanted to send is in the log, or was judged and there is nothing to be said of it, or is
//! in the count of losses; whatever the artifact's module does, enforcement goes on.

pub mod adapters;
pub mod assess;
pub mod check;
pub mod control;
pub mod domain;
pub mod error;
pub mod log;
pub mod metrics;
pub mod ports;
pub mod prepare;
pub mod replay;
pub mod run;
mod say;
pub mod serve;
