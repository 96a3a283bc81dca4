//! The guest's kernel, from the machine's own package sources.

use crate::shell;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A kernel image in the cache.
pub struct Kernel {
    /// Its release, as in `uname -r`.
    pub version: String,
    /// The file to boot.
    pub image: PathBuf,
}

/// Packages that depend on the current kernel image, of Debian and of Ubuntu. A version is never pinned: archives drop old ones.
const METAPACKAGES: [&str; 2] = ["linux-image-amd64", "linux-image-generic"];

/// The kernel of this machine's distribution; downloads it when the cache does not have it.
pub fn fetch(work: &Path) -> Result<Kernel> {
    let folder = work.join("kernel");
    fs::create_dir_all(&folder)?;
    let package = match package() {
        Ok(package) => package,
        Err(error) => return cached(&folder).ok_or(error),
    };
    let version = package.trim_start_matches("linux-image-").trim_start_matches("unsigned-").to_owned();
    let image = folder.join(format!("vmlinuz-{version}"));
    if !image.is_file() {
        println!("guest: downloading the package {package} through apt");
        let unpacked = unpack(&folder, &package);
        let bytes = match unpacked {
            Ok(bytes) => bytes,
            Err(error) => return cached(&folder).ok_or(error),
        };
        // Written under another name first: an interrupted download must not look like a kernel.
        let part = folder.join("part");
        fs::write(&part, bytes)?;
        fs::rename(&part, &image)?;
    }
    Ok(Kernel { version, image })
}

/// A kernel that an earlier run left.
fn cached(folder: &Path) -> Option<Kernel> {
    let mut found: Vec<_> = fs::read_dir(folder).ok()?.flatten().map(|e| e.path()).collect();
    found.sort();
    let image = found
        .into_iter()
        .rfind(|p| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with("vmlinuz-")))?;
    let version = image.file_name()?.to_string_lossy().trim_start_matches("vmlinuz-").to_owned();
    Some(Kernel { version, image })
}

/// The package that the distribution's metapackage names now.
fn package() -> Result<String> {
    for meta in METAPACKAGES {
        let Ok(out) = shell::capture(Command::new("apt-cache").args(["depends", "--important", meta])) else {
            continue;
        };
        let text = String::from_utf8_lossy(&out).into_owned();
        let names = text.lines().filter_map(|line| line.trim().strip_prefix("Depends: "));
        if let Some(name) = names.into_iter().find(|name| name.starts_with("linux-image-")) {
            return Ok(name.to_owned());
        }
    }
    bail!("apt knows none of {}; run `apt-get update`", METAPACKAGES.join(", "))
}

/// Downloads a package and takes the kernel image out of it.
fn unpack(folder: &Path, package: &str) -> Result<Vec<u8>> {
    let debs = folder.join("debs");
    let _ = fs::remove_dir_all(&debs);
    fs::create_dir_all(&debs)?;
    shell::run(Command::new("apt-get").args(["download", "-q", package]).current_dir(&debs))
        .context("cannot download the guest's kernel; run `apt-get update`")?;
    let deb = fs::read_dir(&debs)?.flatten().map(|e| e.path()).next().context("apt-get left no package")?;
    let mut tar = Command::new("dpkg-deb").arg("--fsys-tarfile").arg(&deb).stdout(Stdio::piped()).spawn()?;
    let members = tar.stdout.take().context("dpkg-deb has no output")?;
    let out = Command::new("tar")
        .args(["-xO", "--wildcards", "./boot/vmlinuz-*"])
        .stdin(members)
        .output()
        .context("cannot start `tar`")?;
    tar.wait()?;
    fs::remove_dir_all(&debs)?;
    if !out.status.success() || out.stdout.is_empty() {
        bail!("{package} holds no kernel image: {}", String::from_utf8_lossy(&out.stderr).trim_end());
    }
    Ok(out.stdout)
}
