//! The extension for VS Code, packaged and tested, and real editors in front of the real language server.

use crate::{setup, shell, vscode_server};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the package's tests look at.
pub const EXTENSION_INPUTS: &[&str] = &[
    "LICENSE",
    "compiler/core/src/syntax/lexer.rs",
    "examples",
    "lsp/editors/emacs",
    "lsp/editors/neovim",
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

/// What the editors show depends on.
pub const SERVER_INPUTS: &[&str] =
    &["Cargo.lock", "compiler", "lsp/ide", "lsp/server", "runtime/policy", "stdlib"];

/// The oldest release of Node that runs everything here.
const OLDEST_NODE: u32 = 20;

fn extension() -> PathBuf {
    shell::root().join("lsp/editors/vscode")
}

/// The packed extension.
fn package() -> PathBuf {
    shell::built().join("editors/warmor.vsix")
}

pub fn npm(folder: &Path, arguments: &[&str]) -> Command {
    let mut npm = Command::new("npm");
    npm.current_dir(folder).args(["--silent", "--no-audit", "--no-fund"]).args(arguments);
    npm
}

/// Installs what a lock file lists, unless that is what is there. Nothing that a package brings is run.
pub fn install(folder: &Path) -> Result<()> {
    let lock = fs::read(folder.join("package-lock.json")).context("cannot read package-lock.json")?;
    let installed = folder.join("node_modules/.lock-of-last-install");
    if fs::read(&installed).is_ok_and(|last| last == lock) {
        return Ok(());
    }
    println!("  installing with npm, in {}", folder.display());
    shell::run(&mut npm(folder, &["ci", "--ignore-scripts"])).context("cannot install with npm")?;
    Ok(fs::write(installed, lock)?)
}

/// Sees to it that Node is there, and new enough.
pub fn node() -> Result<()> {
    setup::packages(&[setup::NODE])?;
    let version = shell::capture(Command::new("node").arg("--version"))?;
    let version = String::from_utf8_lossy(&version);
    let major = version.trim().trim_start_matches('v').split('.').next().and_then(|n| n.parse::<u32>().ok());
    if major.is_none_or(|major| major < OLDEST_NODE) {
        bail!("node {OLDEST_NODE} or newer is needed; here is {}", version.trim());
    }
    Ok(())
}

/// Checks, packs and tests the extension.
///
/// # Errors
/// When something cannot be installed or a test fails.
pub fn extension_tests() -> Result<()> {
    node()?;
    let folder = extension();
    install(&folder)?;
    shell::show(&mut npm(&folder, &["run", "types"]))?;
    shell::show(npm(&folder, &["test"]).env("NODE_OPTIONS", "--test-reporter=dot"))?;
    let package = package();
    shell::run(npm(&folder, &["run", "package", "--"]).arg(&package))?;
    println!("  {}", package.display());
    Ok(())
}

/// Builds the language server and the compiler; gives the folder that they are in.
fn tools() -> Result<PathBuf> {
    shell::show(&mut shell::cargo(&["build", "--quiet", "--package", "warmor-lsp", "--package", "warmorc"]))?;
    Ok(shell::built().join("debug"))
}

/// A command that finds the tools first, and nothing of its user's.
fn isolated(program: &str, home: &Path, tools: &Path) -> Result<Command> {
    let mut path = vec![tools.to_path_buf()];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    let mut command = Command::new(program);
    command.env("HOME", home).env("PATH", std::env::join_paths(path)?);
    for folder in ["CONFIG", "DATA", "STATE", "CACHE"] {
        command.env(format!("XDG_{folder}_HOME"), home.join(folder.to_lowercase()));
    }
    Ok(command)
}

/// An empty folder for an editor's files.
fn home(editor: &str) -> Result<PathBuf> {
    let home = shell::built().join("editors/homes").join(editor);
    if home.exists() {
        fs::remove_dir_all(&home)?;
    }
    fs::create_dir_all(&home)?;
    Ok(home)
}

/// Neovim and Emacs, set up as the guide says, with the real server.
///
/// # Errors
/// When something cannot be installed or a test fails.
pub fn terminal_editors() -> Result<()> {
    setup::packages(&[setup::TERMINAL_EDITORS])?;
    let mut emacs = Command::new("emacs");
    emacs.args(["--batch", "--funcall", "package-initialize", "--eval", "(require 'eglot)"]);
    if shell::run(&mut emacs).is_err() {
        setup::packages(&[setup::EGLOT])?;
    }
    let editors = shell::root().join("lsp/editors");
    let tools = tools()?;

    let own = home("neovim")?;
    let plugins = own.join("data/nvim/site/pack/warmor/start");
    fs::create_dir_all(&plugins)?;
    std::os::unix::fs::symlink(editors.join("neovim"), plugins.join("warmor"))?;
    let mut neovim = isolated("nvim", &own, &tools)?;
    neovim.args(["--headless", "-c"]);
    shell::show(neovim.arg(format!("luafile {}", editors.join("neovim/tests/server.lua").display())))?;

    let mut emacs = isolated("emacs", &home("emacs")?, &tools)?;
    emacs.args(["--batch", "--load"]).arg(editors.join("emacs/warmor-mode.el"));
    emacs.arg("--load").arg(editors.join("emacs/tests/server.el"));
    // It tells everything on standard error, which is shown when something fails.
    shell::run(emacs.args(["--funcall", "ert-run-tests-batch-and-exit"]))?;
    println!("  all passed (Emacs)");
    Ok(())
}

/// A real VS Code, with the packed extension installed and the real server.
///
/// # Errors
/// When something cannot be installed or a test fails.
pub fn vscode() -> Result<()> {
    node()?;
    setup::packages(&[setup::BROWSER, setup::COMPILER])?;
    let folder = extension();
    install(&folder)?;
    let package = package();
    shell::run(npm(&folder, &["run", "package", "--"]).arg(&package))?;
    let mut drive = Command::new("node");
    drive.arg(folder.join("tests/editor/run.mjs")).arg(vscode_server::installed()?).arg(package);
    shell::show(drive.arg(tools()?))
}
