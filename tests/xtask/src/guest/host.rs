//! A case on this machine instead of a guest: for what its own kernel can do.

use super::{Program, cases::Case};
use crate::shell;
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// How a case ended.
pub enum Outcome {
    /// All its checks held.
    Passed,
    /// One did not; what the case said.
    Failed(String),
    /// It cannot be run here; the text says why.
    Skipped(&'static str),
}

/// Runs one case in a folder of its own.
pub fn run(case: &Case, work: &Path, programs: &[Program]) -> Result<Outcome> {
    if !shell::is_root() {
        return Ok(Outcome::Skipped("only root may load programs into the kernel"));
    }
    let folder = work.join("host").join(&case.name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("bin"))?;
    for (name, bytes) in &case.files {
        fs::write(folder.join(name), bytes)?;
    }
    fs::write(folder.join("cases.sh"), include_bytes!("cases.sh"))?;
    for program in programs.iter().filter(|p| p.name != "busybox") {
        std::os::unix::fs::symlink(&program.from, folder.join("bin").join(program.name))?;
    }
    let path = format!("{}:{}", folder.join("bin").display(), std::env::var("PATH").unwrap_or_default());
    let output = Command::new("timeout")
        .args(["240", "sh", "-eu", "-c", ". ./cases.sh; . ./case.sh; finish"])
        .current_dir(&folder)
        .env("PATH", path)
        .env("work", &folder)
        .stdin(Stdio::null())
        .output()
        .context("cannot start `sh`")?;
    if output.status.success() {
        return Ok(Outcome::Passed);
    }
    let said = [output.stdout, output.stderr].concat();
    Ok(Outcome::Failed(String::from_utf8_lossy(&said).into_owned()))
}
