//! The agent and what its tests need, as static programs: one build for this machine and for the guest.

use crate::shell;
use anyhow::{Context, Result};
use std::path::PathBuf;

/// What static programs are built for.
pub const TARGET: &str = "x86_64-unknown-linux-musl";

/// Builds the agent and the program that tries network operations.
///
/// # Errors
/// When they do not build.
pub fn build() -> Result<()> {
    shell::show(&mut shell::cargo(&[
        "build",
        "--quiet",
        "--target",
        TARGET,
        "-p",
        "warmord",
        "-p",
        "warmor-probe",
        "--bin",
        "warmord",
        "--bin",
        "probe",
    ]))
    .with_context(|| format!("cannot build for {TARGET}; is it installed (`rustup target add {TARGET}`)?"))
}

/// Where a program is built.
pub fn program(name: &str) -> PathBuf {
    shell::built().join(TARGET).join("debug").join(name)
}
