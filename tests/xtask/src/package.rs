//! `cargo xtask package`: what a release is made of, as one archive that needs nothing but the C library of the machine.
//!
//! The compiler proves with Z3 and finds it beside itself (`$ORIGIN/../lib`); the agent is a static program. The archive's bytes
//! follow from its files: names are sorted, owners and times are the same for all.

use crate::{agent, setup, shell};
use anyhow::{Context, Result, bail};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Options of `cargo xtask package`.
#[derive(clap::Args)]
pub struct Args {
    /// Where the archive and its checksum go.
    #[arg(long, value_name = "FOLDER")]
    pub into: Option<PathBuf>,
}

/// Z3's library, by the name that a program asks the loader for.
const PROVER_LIBRARY: &str = "libz3.so.4";
/// Where it says under which licence it is given away.
const PROVER_LICENCE: &str = "/usr/share/doc/libz3-4/copyright";
/// Where programs of the archive look for libraries first.
const LIBRARIES: &str = "$ORIGIN/../lib";
const SHELLS: [(&str, &str); 3] = [
    ("bash", "share/bash-completion/completions/warmorc"),
    ("zsh", "share/zsh/site-functions/_warmorc"),
    ("fish", "share/fish/vendor_completions.d/warmorc.fish"),
];

/// Builds everything, puts it together, and tries the result.
///
/// # Errors
/// When something does not build, or the archive does not work without the machine's own Z3.
pub fn run(args: &Args) -> Result<()> {
    setup::packages(&[setup::COMPILER, setup::PROVER])?;
    setup::targets(&[agent::TARGET])?;
    let into = args.into.clone().unwrap_or_else(|| shell::built().join("package"));
    let name = format!("warmor-{}-{}-linux", env!("CARGO_PKG_VERSION"), std::env::consts::ARCH);
    let folder = into.join(&name);
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    println!("  building the programs, optimised (minutes, the first time)");
    programs(&folder)?;
    println!("  adding Z3's library, pages of the manual, completions and documents");
    prover(&folder)?;
    texts(&folder)?;
    try_out(&folder)?;
    let archive = into.join(format!("{name}.tar.gz"));
    pack(&into, &name, &archive)?;
    let size = fs::metadata(&archive)?.len();
    println!("  made {} ({} kB)", archive.display(), size.div_ceil(1_000));
    Ok(())
}

fn programs(folder: &Path) -> Result<()> {
    let rpath = format!("-Clink-arg=-Wl,-rpath,{LIBRARIES}");
    for (package, target) in [("warmorc", None), ("warmor-lsp", None), ("warmord", Some(agent::TARGET))] {
        let mut build =
            shell::cargo(&["rustc", "--quiet", "--release", "--locked", "-p", package, "--bin", package]);
        if let Some(target) = target {
            build.args(["--target", target]);
        }
        if package == "warmorc" {
            build.args(["--", &rpath]);
        }
        shell::show(&mut build)?;
        let built = target
            .map_or_else(shell::built, |target| shell::built().join(target))
            .join("release")
            .join(package);
        put(&built, &folder.join("bin").join(package), 0o755)?;
    }
    Ok(())
}

/// Copies the library that the compiler was linked with.
fn prover(folder: &Path) -> Result<()> {
    let found = linked(&folder.join("bin/warmorc"))?;
    put(&found, &folder.join("lib").join(PROVER_LIBRARY), 0o644)?;
    put(Path::new(PROVER_LICENCE), &folder.join("share/doc/warmor/LICENSE.z3"), 0o644)
}

/// The file that the loader takes for Z3's library.
fn linked(program: &Path) -> Result<PathBuf> {
    let libraries = shell::capture(Command::new("ldd").arg(program))?;
    let libraries = String::from_utf8_lossy(&libraries);
    let line = libraries.lines().find(|line| line.trim_start().starts_with(PROVER_LIBRARY));
    let path = line.and_then(|line| line.split_whitespace().nth(2)).filter(|path| path.starts_with('/'));
    path.map(PathBuf::from)
        .with_context(|| format!("the loader finds no {PROVER_LIBRARY} for {}", program.display()))
}

fn texts(folder: &Path) -> Result<()> {
    let warmorc = folder.join("bin/warmorc");
    let manual = folder.join("share/man/man1");
    fs::create_dir_all(&manual)?;
    shell::run(Command::new(&warmorc).arg("man").arg(&manual))?;
    for (name, place) in SHELLS {
        write(&folder.join(place), &shell::capture(Command::new(&warmorc).args(["completions", name]))?)?;
    }
    for name in ["LICENSE", "README.md"] {
        put(&shell::root().join(name), &folder.join("share/doc/warmor").join(name), 0o644)?;
    }
    Ok(())
}

/// Asks each program for its version, and the compiler for proofs, with the library of the archive and no other.
fn try_out(folder: &Path) -> Result<()> {
    let folder = fs::canonicalize(folder)?;
    for name in ["warmorc", "warmor-lsp", "warmord"] {
        let said = shell::capture(Command::new(folder.join("bin").join(name)).arg("--version"))?;
        println!("  {}", String::from_utf8_lossy(&said).trim());
    }
    let warmorc = folder.join("bin/warmorc");
    let found = linked(&warmorc)?;
    if fs::canonicalize(&found)? != folder.join("lib").join(PROVER_LIBRARY) {
        bail!("the compiler of the archive takes Z3 from {}", found.display());
    }
    let example = shell::root().join("examples/hello-deny");
    shell::run(Command::new(&warmorc).arg("check").arg("--cross-check").arg(&example))?;
    shell::run(Command::new(&warmorc).arg("prove").arg(&example))
}

fn pack(into: &Path, name: &str, archive: &Path) -> Result<()> {
    let packed = [
        "--sort=name",
        "--mtime=@0",
        "--owner=0",
        "--group=0",
        "--numeric-owner",
        "--use-compress-program=gzip -9n",
    ];
    shell::run(Command::new("tar").args(packed).arg("-C").arg(into).arg("-cf").arg(archive).arg(name))?;
    let sum = shell::capture(Command::new("sha256sum").current_dir(into).args(archive.file_name()))?;
    write(&archive.with_extension("gz.sha256"), &sum)
}

fn put(from: &Path, to: &Path, mode: u32) -> Result<()> {
    let bytes = fs::read(from).with_context(|| format!("cannot read {}", from.display()))?;
    write(to, &bytes)?;
    fs::set_permissions(to, fs::Permissions::from_mode(mode))?;
    Ok(())
}

fn write(to: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(to, bytes).with_context(|| format!("cannot write {}", to.display()))
}
