//! Remembering that something passed, by the contents it depends on.

use crate::shell;
use anyhow::Result;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// The fact that a step passed on certain files.
pub struct Stamp {
    file: PathBuf,
    digest: String,
}

impl Stamp {
    /// The stamp of a step on these files and folders of the repository.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn new(step: &str, inputs: &[&str]) -> Result<Self> {
        let mut hash = Sha256::new();
        for input in inputs {
            add(&mut hash, &shell::root().join(input))?;
        }
        let mut digest = String::new();
        for byte in hash.finalize() {
            let _ = write!(digest, "{byte:02x}");
        }
        Ok(Self { file: shell::root().join("target/passed").join(step), digest })
    }

    /// Whether the step passed on the same contents before.
    pub fn is_there(&self) -> bool {
        fs::read_to_string(&self.file).is_ok_and(|found| found == self.digest)
    }

    /// Remembers that it passed.
    ///
    /// # Errors
    /// When it cannot be written down.
    pub fn set(&self) -> Result<()> {
        fs::create_dir_all(shell::root().join("target/passed"))?;
        Ok(fs::write(&self.file, &self.digest)?)
    }
}

fn add(hash: &mut Sha256, path: &Path) -> Result<()> {
    if path.is_dir() {
        let mut entries = fs::read_dir(path)?.map(|e| Ok(e?.path())).collect::<Result<Vec<_>>>()?;
        entries.sort();
        return entries.iter().try_for_each(|entry| add(hash, entry));
    }
    let contents = fs::read(path)?;
    let name = path.to_string_lossy();
    // Lengths first: no two lists of files give the same bytes.
    for part in [name.as_bytes(), &contents] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    Ok(())
}
