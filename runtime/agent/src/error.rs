//! Why the agent does not run, or does not do what it is asked.

use crate::adapters::canary::CanaryError;
use crate::adapters::kernel::KernelError;
use crate::adapters::kernel::pins::PinsError;
#[cfg(feature = "wasm")]
use crate::adapters::module::ModuleError;
use crate::adapters::state::StateError;
use crate::domain::demand::TooLarge;
use crate::domain::plan::Refusal;
use std::io;
use std::path::PathBuf;
use warmor_policy::artifact::{ArtifactError, PublicKeyError, Unproved};

/// Why the agent does not run, or no longer does, or refuses an artifact.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A file could not be read.
    #[error("{}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The key's file holds no key.
    #[error("{}: {error}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// Why.
        error: PublicKeyError,
    },
    /// The artifact is refused.
    #[error("{}: {error}", path.display())]
    Artifact {
        /// The file.
        path: PathBuf,
        /// Why.
        error: ArtifactError,
    },
    /// The artifact does not say that it is proved, and it must.
    #[error("{}: a proof is required, and {error}", path.display())]
    Unproved {
        /// The file.
        path: PathBuf,
        /// Why it does not count as proved.
        error: Unproved,
    },
    /// No artifact was named, and none was applied before.
    #[error(
        "there is no artifact: none is named, and {} holds none that was applied before\n  fix: warmord run ARTIFACT",
        .0.display()
    )]
    NoArtifact(PathBuf),
    /// The artifact does not fit into the kernel.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// The artifact's module cannot be run.
    #[cfg(feature = "wasm")]
    #[error(transparent)]
    Module(#[from] ModuleError),
    /// A policy could not be muted.
    #[error("the policy `{name}` cannot be muted: {why}")]
    Mute {
        /// Its name.
        name: String,
        /// Why.
        why: String,
    },
    /// This host cannot enforce it.
    #[error(transparent)]
    Refusal(#[from] Refusal),
    /// The agent was started without programs on LSM hooks, and an artifact needs them.
    #[error(
        "this agent runs without programs on LSM hooks, so that rules on files and exec cannot be enforced: {why}"
    )]
    NoHooks {
        /// Why it does.
        why: String,
    },
    /// The kernel refuses.
    #[error(transparent)]
    Kernel(#[from] KernelError),
    /// Nothing can be pinned.
    #[error(transparent)]
    Pins(#[from] PinsError),
    /// Enforcement is not proved.
    #[error("refusing to claim enforcement: {0}")]
    Canary(#[from] CanaryError),
    /// There is no cgroup v2.
    #[error(
        "no cgroup v2 hierarchy is mounted; network rules need one (mount -t cgroup2 none /sys/fs/cgroup), or name a cgroup with --cgroup"
    )]
    NoCgroup,
    /// The audit log cannot be written.
    #[error("the audit log {}: {error}", path.display())]
    Audit {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The recording cannot be made.
    #[error("the recording {}: {error}", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// What is kept from one start to the next cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
    /// The control socket cannot be opened.
    #[error("the control socket {}: {error}", path.display())]
    Control {
        /// The socket.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The system refuses something else.
    #[error(transparent)]
    Io(#[from] io::Error),
}
