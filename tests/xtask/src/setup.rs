//! What the commands need from the machine: looked for first, installed only when it is missing, and said either way.

use crate::shell;
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::Command;

/// A package and the file or program that tells whether it is there.
pub struct Package {
    /// A program of the search path, or an absolute path.
    pub provides: &'static str,
    /// Its package on Debian and Ubuntu.
    pub name: &'static str,
}

const fn package(provides: &'static str, name: &'static str) -> Package {
    Package { provides, name }
}

/// For linking C, which some crates bring, and the fuzzer's engine, which is C++; and what `warmorc` fetches dependencies with.
pub const COMPILER: &[Package] = &[package("cc", "gcc"), package("c++", "g++"), package("git", "git")];
/// For proving: the library of Z3 with what it takes to link it.
pub const PROVER: &[Package] =
    &[package("/usr/include/z3.h", "libz3-dev"), package("pkg-config", "pkg-config")];
/// A solver that checks what Z3 says.
pub const SECOND_SOLVER: &[Package] = &[package("cvc5", "cvc5")];
/// For building the kernel programs anew.
pub const KERNEL_PROGRAMS: &[Package] =
    &[package("clang-19", "clang-19"), package("llvm-strip-19", "llvm-19")];
/// For the extension of VS Code.
pub const NODE: &[Package] = &[package("node", "nodejs"), package("npm", "npm")];
/// Editors with a client of their own for the language server.
pub const TERMINAL_EDITORS: &[Package] = &[package("nvim", "neovim"), package("emacs", "emacs-nox")];
/// The client of Emacs, which is a package before Emacs 29.
pub const EGLOT: &[Package] = &[package("/usr/share/emacs/site-lisp/elpa/eglot-1.9", "elpa-eglot")];
/// For driving VS Code: its window, and what compiles its terminal.
pub const BROWSER: &[Package] =
    &[package("chromium", "chromium"), package("python3", "python3"), package("make", "make")];
/// For the guest.
pub const GUEST: &[Package] = &[
    package("qemu-system-x86_64", "qemu-system-x86"),
    package("/bin/busybox", "busybox-static"),
    package("dpkg-deb", "dpkg"),
];

/// The release of nextest that is installed where there is none; builds with the workspace's `rust-version`.
const NEXTEST: &str = "0.9.143";

impl Package {
    fn missing(&self) -> bool {
        if self.provides.starts_with('/') {
            !Path::new(self.provides).exists()
        } else {
            !shell::has(self.provides)
        }
    }
}

/// A command that needs an administrator: through sudo, unless that is who we are.
pub fn privileged(program: &str) -> Command {
    if shell::is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.arg(program);
    command
}

/// Installs the packages that are missing.
///
/// # Errors
/// When there is no apt, or it does not know a package; the message says what to install by hand.
pub fn packages(wanted: &[&[Package]]) -> Result<()> {
    let missing: Vec<&str> =
        wanted.iter().copied().flatten().filter(|p| p.missing()).map(|p| p.name).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    if !shell::has("apt-get") {
        bail!("missing: {list}; there is no apt-get here, so install them by hand");
    }
    println!("  installing with apt-get: {list}");
    let install = || {
        shell::capture(
            privileged("apt-get")
                .env("DEBIAN_FRONTEND", "noninteractive")
                .args(["install", "-y", "-q", "--no-install-recommends"])
                .args(&missing),
        )
    };
    if install().is_ok() {
        return Ok(());
    }
    // The lists of a fresh machine are empty or old.
    println!("  updating apt's lists");
    shell::run(privileged("apt-get").args(["update", "-q"])).context("cannot update apt's lists")?;
    install().map(drop).with_context(|| format!("cannot install {list}"))
}

/// Adds Rust targets that are missing.
///
/// # Errors
/// When they are missing and rustup cannot add them.
pub fn targets(wanted: &[&str]) -> Result<()> {
    let sysroot = shell::capture(Command::new("rustc").args(["--print", "sysroot"]))?;
    let installed = Path::new(String::from_utf8_lossy(&sysroot).trim()).join("lib/rustlib");
    for target in wanted.iter().filter(|t| !installed.join(t).join("lib").is_dir()) {
        println!("  adding the Rust target {target}");
        shell::run(Command::new("rustup").args(["target", "add", target]))
            .with_context(|| format!("cannot add the Rust target {target}"))?;
    }
    Ok(())
}

/// Adds the sources of the standard library, for whoever builds it too, if they are missing.
///
/// # Errors
/// When they are missing and rustup cannot add them.
pub fn standard_library() -> Result<()> {
    let sysroot = shell::capture(Command::new("rustc").args(["--print", "sysroot"]))?;
    let sources = Path::new(String::from_utf8_lossy(&sysroot).trim()).join("lib/rustlib/src/rust/library");
    if sources.join("Cargo.lock").is_file() {
        return Ok(());
    }
    println!("  adding the sources of Rust's standard library");
    shell::run(Command::new("rustup").args(["component", "add", "rust-src"]))
        .context("cannot add the sources of Rust's standard library")
}

/// Adds the components that format and lint, if they are missing.
///
/// # Errors
/// When they are missing and rustup cannot add them.
pub fn components() -> Result<()> {
    for (subcommand, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        // A proxy of rustup may be there without what it stands for.
        if shell::run(Command::new("cargo").args([subcommand, "--version"])).is_err() {
            println!("  adding the Rust component {component}");
            shell::run(Command::new("rustup").args(["component", "add", component]))
                .with_context(|| format!("cannot add the Rust component {component}"))?;
        }
    }
    Ok(())
}

/// Whether the tests can run under nextest, which is installed if it is missing.
pub fn nextest() -> bool {
    if shell::has("cargo-nextest") {
        return true;
    }
    println!("  installing cargo-nextest {NEXTEST} (a few minutes, once)");
    // Built without optimisation: it waits for tests most of its time.
    let installed = shell::run(Command::new("cargo").args([
        "install",
        "--locked",
        "--debug",
        "--quiet",
        "cargo-nextest",
        "--version",
        NEXTEST,
    ]));
    if let Err(error) = &installed {
        println!("  could not install cargo-nextest, so `cargo test` runs the tests: {error:#}");
    }
    installed.is_ok()
}
