//! Where maps and links are pinned, so that they outlive the agent.
//!
//! ```text
//! /sys/fs/bpf/warmor/maps-LAYOUT/NAME      what the programs know
//! /sys/fs/bpf/warmor/links-OBJECT/NAME     what holds a program in its place
//! ```
//!
//! LAYOUT is a digest of what kernel and user space share, OBJECT one of the compiled programs. An agent with the same programs finds
//! them in place and leaves them there. One with others attaches its own to the same maps before it removes the old ones, and where the
//! layout differs, too, to maps of its own: at no time is nothing attached.

use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use warmor_bpf::{BANK_BYTES, Counter, layout};

/// A folder on a BPF file system, and what in it is this agent's.
#[derive(Clone, Debug)]
pub struct Pins {
    root: PathBuf,
    maps: PathBuf,
    links: PathBuf,
}

/// Where it is unless the operator says otherwise.
pub const ROOT: &str = "/sys/fs/bpf/warmor";

/// Why nothing can be pinned.
#[derive(Debug, thiserror::Error)]
pub enum PinsError {
    /// There is no BPF file system.
    #[error(
        "{} is not on a BPF file system, so that enforcement would end with the agent\n  fix: mount -t bpf bpf /sys/fs/bpf\n  or:  accept that, with --no-pin",
        .0.display()
    )]
    NoFileSystem(PathBuf),
    /// The system refuses.
    #[error("{}: {error}", path.display())]
    Io {
        /// What was used.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
}

fn at(path: &Path) -> impl Fn(io::Error) -> PinsError {
    move |error| PinsError::Io { path: path.to_owned(), error }
}

/// The first half of a digest is enough of a name, and bpffs takes no dots.
fn short(digest: Sha256) -> String {
    digest.finalize().iter().take(8).fold(String::new(), |name, byte| format!("{name}{byte:02x}"))
}

fn layout_name() -> String {
    let mut digest = Sha256::new();
    for structure in layout::shared() {
        digest.update(structure.name);
        digest.update(structure.size.to_le_bytes());
        for (field, offset) in structure.fields {
            digest.update(field);
            digest.update(offset.to_le_bytes());
        }
    }
    digest.update(BANK_BYTES.to_le_bytes());
    digest.update(Counter::ALL.len().to_le_bytes());
    short(digest)
}

impl Pins {
    /// The pins below a folder, which is made, for root alone.
    ///
    /// # Errors
    /// When it is not on a BPF file system or cannot be made.
    pub fn open(root: &Path) -> Result<Self, PinsError> {
        let above = root.parent().unwrap_or(root);
        let kind = nix::sys::statfs::statfs(above)
            .map_err(|error| PinsError::Io { path: above.to_owned(), error: error.into() })?
            .filesystem_type();
        if kind != nix::sys::statfs::BPF_FS_MAGIC {
            return Err(PinsError::NoFileSystem(above.to_owned()));
        }
        let pins = Self::below(root);
        for folder in [&pins.root, &pins.maps, &pins.links] {
            DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(at(folder))?;
        }
        Ok(pins)
    }

    fn below(root: &Path) -> Self {
        let object = short(Sha256::new_with_prefix(warmor_bpf::programs()));
        Self {
            maps: root.join(format!("maps-{}", layout_name())),
            links: root.join(format!("links-{object}")),
            root: root.to_owned(),
        }
    }

    /// The pin of a map.
    pub(super) fn map(&self, name: &str) -> PathBuf {
        self.maps.join(name)
    }

    /// The pin of a link.
    pub(super) fn link(&self, name: &str) -> PathBuf {
        self.links.join(name)
    }

    /// Removes one link.
    pub(super) fn remove_link(&self, name: &str) -> Result<(), PinsError> {
        remove_file(&self.link(name))
    }

    /// Removes what is not this agent's, and of its own links all but some.
    pub(super) fn retain(&self, links: &BTreeSet<String>) -> Result<(), PinsError> {
        for name in names(&self.links)? {
            if !links.contains(&name) {
                remove_file(&self.links.join(name))?;
            }
        }
        for name in names(&self.root)? {
            let folder = self.root.join(&name);
            if folder != self.maps && folder != self.links {
                empty(&folder)?;
            }
        }
        Ok(())
    }

    /// Removes everything, links first: from then on nothing is enforced.
    ///
    /// # Errors
    /// When something cannot be removed.
    pub fn remove(&self) -> Result<(), PinsError> {
        for kind in ["links-", "maps-"] {
            for name in names(&self.root)?.into_iter().filter(|name| name.starts_with(kind)) {
                empty(&self.root.join(name))?;
            }
        }
        fs::remove_dir(&self.root).map_err(at(&self.root))
    }

    /// What is pinned below a folder, of any agent: names of programs in their places. Empty when nothing is.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn in_place(root: &Path) -> Result<BTreeSet<String>, PinsError> {
        let mut all = BTreeSet::new();
        for folder in names(root)?.into_iter().filter(|name| name.starts_with("links-")) {
            all.extend(names(&root.join(folder))?);
        }
        Ok(all)
    }

    /// The pins that are there, without making any. `None` when there are none.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn find(root: &Path) -> Result<Option<Self>, PinsError> {
        match fs::symlink_metadata(root) {
            Ok(_) => Ok(Some(Self::below(root))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(at(root)(error)),
        }
    }
}

fn names(folder: &Path) -> Result<Vec<String>, PinsError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(at(folder)(error)),
    };
    let name = |entry: io::Result<fs::DirEntry>| Ok(entry?.file_name().to_string_lossy().into_owned());
    entries.map(name).collect::<io::Result<_>>().map_err(at(folder))
}

fn remove_file(path: &Path) -> Result<(), PinsError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(path)(error)),
        _ => Ok(()),
    }
}

fn empty(folder: &Path) -> Result<(), PinsError> {
    for name in names(folder)? {
        remove_file(&folder.join(name))?;
    }
    fs::remove_dir(folder).map_err(at(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_on_a_bpf_file_system_is_refused() {
        let error = Pins::open(&std::env::temp_dir().join("warmor")).unwrap_err();
        assert!(matches!(error, PinsError::NoFileSystem(_)) && error.to_string().contains("--no-pin"));
    }

    #[test]
    fn only_what_is_the_agents_own_is_kept() {
        let root = std::env::temp_dir().join(format!("warmord-pins-{}", std::process::id()));
        let pins = Pins::below(&root);
        for folder in [&pins.maps, &pins.links, &root.join("links-old"), &root.join("maps-old")] {
            fs::create_dir_all(folder).unwrap();
            fs::write(folder.join("one"), "").unwrap();
            fs::write(folder.join("two"), "").unwrap();
        }
        assert_eq!(Pins::in_place(&root).unwrap().len(), 2);
        pins.retain(&["two".to_owned()].into()).unwrap();
        let mut left = names(&root).unwrap();
        left.sort();
        let own = [&pins.links, &pins.maps].map(|p| p.file_name().unwrap().to_str().unwrap().to_owned());
        assert_eq!(left, own);
        assert_eq!(names(&pins.links).unwrap(), ["two"]);
        assert_eq!(names(&pins.maps).unwrap().len(), 2);
        pins.remove().unwrap();
        assert!(Pins::find(&root).unwrap().is_none() && Pins::in_place(&root).unwrap().is_empty());
    }
}
