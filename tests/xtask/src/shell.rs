//! Running other programs, and where things are.

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new(".")).to_path_buf()
}

/// Where cargo puts what it builds: wherever it put this program, whatever the environment or a configuration file says.
pub fn built() -> PathBuf {
    let here = std::env::current_exe().ok();
    let folder = here.as_deref().and_then(|program| program.ancestors().nth(2));
    folder.map_or_else(|| root().join("target"), Path::to_path_buf)
}

/// Runs a command to its end.
///
/// # Errors
/// When it cannot be started or does not succeed; its standard error is part of the message.
pub fn run(command: &mut Command) -> Result<()> {
    capture(command).map(drop)
}

/// Runs a command to its end and gives what it printed.
///
/// # Errors
/// When it cannot be started or does not succeed; its standard error is part of the message.
pub fn capture(command: &mut Command) -> Result<Vec<u8>> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start `{name}`; is it installed?"))?;
    if !output.status.success() {
        bail!("`{name}` failed ({}):\n{}", output.status, String::from_utf8_lossy(&output.stderr).trim_end());
    }
    Ok(output.stdout)
}

/// Whether a program can be found.
pub fn has(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

/// Runs a command to its end and shows what it prints as it comes.
///
/// # Errors
/// When it cannot be started or does not succeed.
pub fn show(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("cannot start `{name}`; is it installed?"))?;
    if !status.success() {
        bail!("`{name}` failed ({status})");
    }
    Ok(())
}

/// A cargo command in the root of the repository.
pub fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(root()).args(arguments);
    command
}

/// Whether this process is the administrator.
pub fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}
