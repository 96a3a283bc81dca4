//! `cargo xtask bpf`: the kernel programs.
//!
//! The objects are committed, so that nobody needs clang to build Warmor, and they are reproducible, so that anybody with
//! clang can check that they are what the sources say: one pinned clang, vendored headers, no paths and no debug information.

use crate::shell;
use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Options of `cargo xtask bpf`.
#[derive(clap::Args)]
pub struct Args {
    /// Do not write; fail when the sources give other objects than the committed ones.
    #[arg(long)]
    pub check: bool,
}

/// The compiler that made the committed objects; another release gives other bytes.
const CLANG: &str = "clang-19";
const STRIP: &str = "llvm-strip-19";
const PROGRAMS: [&str; 2] = ["warmor", "testrun"];
const FOLDERS: [&str; 4] = ["include", "hooks", "programs", "vendor/bpf"];
const MANIFEST: &str = "objects/SHA256SUMS";

/// Builds the objects, or checks them.
pub fn run(args: &Args) -> Result<()> {
    let home = shell::root().join("bpf-templates");
    if args.check {
        // Without clang this still finds sources that were changed and not built.
        let manifest = fs::read_to_string(home.join(MANIFEST)).context("cannot read the list of digests")?;
        if manifest != digests(&home)? {
            bail!(
                "bpf-templates: sources and objects are not those of {MANIFEST}; run `cargo xtask bpf` and commit the result"
            );
        }
        if !shell::has(CLANG) || !shell::has(STRIP) {
            println!(
                "bpf: digests are as recorded. {CLANG} is not installed: SKIPPED building the objects anew to compare them"
            );
            return Ok(());
        }
    }
    for program in PROGRAMS {
        let built = compile(&home, program)?;
        let path = home.join(format!("objects/{program}.bpf.o"));
        if args.check {
            if fs::read(&path)? != built {
                bail!(
                    "{} is not what its sources give; run `cargo xtask bpf` and commit the result",
                    path.display()
                );
            }
            println!("bpf: {program}.bpf.o is what its sources give ({} bytes)", built.len());
        } else {
            fs::write(&path, &built).with_context(|| format!("cannot write {}", path.display()))?;
            println!("bpf: {program}.bpf.o written ({} bytes)", built.len());
        }
    }
    if !args.check {
        fs::write(home.join(MANIFEST), digests(&home)?)?;
    }
    Ok(())
}

/// Compiles one object in a folder of its own and gives its bytes.
fn compile(home: &Path, program: &str) -> Result<Vec<u8>> {
    let out = shell::root().join("target/bpf");
    fs::create_dir_all(&out)?;
    let object = out.join(format!("{program}.bpf.o"));
    shell::run(
        Command::new(CLANG)
            .current_dir(home)
            // v3 has the atomic operations that claim scratch slots (Linux 5.12).
            .args(["-target", "bpfel", "-mcpu=v3", "-O2", "-g", "-std=gnu17", "-nostdinc"])
            .args(["-Wall", "-Wextra", "-Werror", "-Wno-unused-function", "-Wno-unused-parameter"])
            // The working folder must not get into the line information.
            .arg(format!("-ffile-prefix-map={}=.", home.display()))
            .args(["-fdebug-compilation-dir=.", "-Iinclude", "-Ihooks", "-isystem", "vendor"])
            .arg("-c")
            .arg(format!("programs/{program}.bpf.c"))
            .arg("-o")
            .arg(&object),
    )?;
    shell::run(Command::new(STRIP).arg("-g").arg(&object))?;
    Ok(fs::read(&object)?)
}

/// Digests of all sources and objects, one a line, as `sha256sum -c` reads them.
fn digests(home: &Path) -> Result<String> {
    let mut files = Vec::new();
    for folder in FOLDERS.iter().chain(&["objects"]) {
        for entry in
            fs::read_dir(home.join(folder)).with_context(|| format!("cannot read bpf-templates/{folder}"))?
        {
            let name = format!("{folder}/{}", entry?.file_name().to_string_lossy());
            if name != MANIFEST {
                files.push(name);
            }
        }
    }
    files.sort();
    let mut out = String::new();
    for name in files {
        let digest = Sha256::digest(fs::read(home.join(&name))?);
        for byte in digest {
            let _ = write!(out, "{byte:02x}");
        }
        let _ = writeln!(out, "  {name}");
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn committed_objects_are_those_of_the_sources() {
        run(&Args { check: true }).unwrap();
    }
}
