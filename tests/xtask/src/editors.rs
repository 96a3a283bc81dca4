//! The extension for VS Code, packaged and tested.

use crate::{setup, shell};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the package's tests look at.
pub const EXTENSION_INPUTS: &[&str] = &[
    "LICENSE",
    "compiler/core/src/syntax/lexer.rs",
    "examples",
    "lsp/editors/vscode/CHANGELOG.md",
    "lsp/editors/vscode/README.md",
    "lsp/editors/vscode/images",
    "lsp/editors/vscode/language-configuration.json",
    "lsp/editors/vscode/package-lock.json",
    "lsp/editors/vscode/package.json",
    "lsp/editors/vscode/scripts",
    "lsp/editors/vscode/snippets",
    "lsp/editors/vscode/src",
    "lsp/editors/vscode/syntaxes",
    "lsp/editors/vscode/tests",
    "lsp/editors/vscode/tsconfig.json",
    "lsp/editors/vscode/walkthrough",
    "runtime/policy/schema.toml",
    "stdlib",
    "tests/xtask/src",
];

fn extension() -> PathBuf {
    shell::root().join("lsp/editors/vscode")
}

/// The packed extension.
fn package() -> PathBuf {
    shell::built().join("editors/warmor.vsix")
}

fn npm(folder: &Path, arguments: &[&str]) -> Command {
    let mut npm = Command::new("npm");
    npm.current_dir(folder).args(["--silent", "--no-audit", "--no-fund"]).args(arguments);
    npm
}

/// Installs what a lock file lists, unless that is what is there. Nothing that a package brings is run.
fn install(folder: &Path) -> Result<()> {
    let lock = fs::read(folder.join("package-lock.json")).context("cannot read package-lock.json")?;
    let installed = folder.join("node_modules/.lock-of-last-install");
    if fs::read(&installed).is_ok_and(|last| last == lock) {
        return Ok(());
    }
    println!("  installing with npm, in {}", folder.display());
    shell::run(&mut npm(folder, &["ci", "--ignore-scripts"])).context("cannot install with npm")?;
    Ok(fs::write(installed, lock)?)
}

/// Checks, packs and tests the extension.
///
/// # Errors
/// When something cannot be installed or a test fails.
pub fn extension_tests() -> Result<()> {
    setup::packages(&[setup::NODE])?;
    let folder = extension();
    install(&folder)?;
    shell::show(&mut npm(&folder, &["run", "types"]))?;
    shell::show(npm(&folder, &["test"]).env("NODE_OPTIONS", "--test-reporter=dot"))?;
    let package = package();
    shell::run(npm(&folder, &["run", "package", "--"]).arg(&package))?;
    println!("  {}", package.display());
    Ok(())
}
