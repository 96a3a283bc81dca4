//! A real VS Code to drive: the part of it that runs without a desktop, from a package of code-server (MIT licence).

use crate::shell;
use anyhow::{Context, Result, bail};
use sha2::{Digest as _, Sha512};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// VS Code 1.100.3: the last release whose server runs on Node 20.
const RELEASE: &str = "4.100.3";
/// SHA-512 of the package. What it needs from others is pinned by lists within it.
const DIGEST: &str = "abf161d833b10913610bf5a21bfeac02148a9e3ed90024d505a79e67ead68e89\
                      7fff41426e5fea835967e5e719f7d8d871fa8cc59640c9670df98048a340e0a4";

/// The folder with VS Code's server, installed if it is not there.
///
/// # Errors
/// When the package cannot be had, is not the expected one, or what needs compiling cannot be compiled.
pub fn installed() -> Result<PathBuf> {
    let folder = shell::built().join("editors/vscode-server");
    let marker = folder.join(format!(".{RELEASE}"));
    if !marker.exists() {
        println!("  installing VS Code's server from code-server {RELEASE} (half a minute, once)");
        install(&folder).context("cannot install VS Code's server")?;
        fs::write(marker, "")?;
    }
    Ok(folder)
}

fn install(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    let package = format!("code-server@{RELEASE}");
    shell::run(npm(folder).args(["pack", "--silent", &package]))?;
    let archive = folder.join(format!("code-server-{RELEASE}.tgz"));
    let mut digest = String::new();
    for byte in Sha512::digest(fs::read(&archive)?) {
        let _ = write!(digest, "{byte:02x}");
    }
    if digest != DIGEST {
        bail!("{package} is not what it was: its SHA-512 is {digest}");
    }
    // Of the whole, only VS Code's own server is needed.
    let within = "package/lib/vscode";
    shell::run(Command::new("tar").current_dir(folder).args(["-xzf"]).arg(&archive).args([
        "--strip-components=3",
        "--no-same-owner",
        within,
    ]))?;
    fs::remove_file(archive)?;
    // Its list leaves out what a package expects of its surroundings (peer dependencies).
    shell::run(npm(folder).args([
        "ci",
        "--legacy-peer-deps",
        "--omit=dev",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
    ]))?;
    // Extensions look for some packages there.
    std::os::unix::fs::symlink("node_modules", folder.join("node_modules.asar"))?;
    // Tasks run in terminals, whose part in C++ must be compiled. The script that ends it fails where npm asks no questions, after
    // the work is done.
    let compiled = shell::run(npm(folder).args(["rebuild", "node-pty"]));
    if !folder.join("node_modules/node-pty/build/Release/pty.node").exists() {
        compiled.context("cannot compile node-pty")?;
    }
    Ok(())
}

fn npm(folder: &Path) -> Command {
    let mut npm = Command::new("npm");
    npm.current_dir(folder);
    npm
}
