//! What is kept from one start to the next: the artifact in force, the last one that was confirmed, and how starts went.
//!
//! Files are written beside their place and moved there, so that a crash leaves the old or the new one.

use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Where it is unless the operator says otherwise.
pub const FOLDER: &str = "/var/lib/warmord";

/// Starts that may fail before the agent no longer enforces.
pub const MOST_FAILED_STARTS: u64 = 2;

/// Why it cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The system refuses.
    #[error("{}: {error}", path.display())]
    Io {
        /// What was used.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// The file is not what an agent writes.
    #[error("{} is damaged; remove it to start anew (what is muted is forgotten with it)", .0.display())]
    Damaged(PathBuf),
}

/// What is remembered besides artifacts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Policies that an operator muted.
    pub muted: BTreeSet<String>,
    /// Whether the artifact in force waits for somebody to confirm it.
    pub unconfirmed: bool,
    /// Starts since the last one that got to its end.
    pub failed_starts: u64,
}

/// A folder, for root alone.
#[derive(Clone, Debug)]
pub struct State {
    folder: PathBuf,
}

impl State {
    /// Opens the folder, or makes it.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(folder: &Path) -> Result<Self, StateError> {
        let failed = |error| StateError::Io { path: folder.to_owned(), error };
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What is remembered; nothing when nothing was.
    ///
    /// # Errors
    /// When it cannot be read or is damaged.
    pub fn memory(&self) -> Result<Memory, StateError> {
        let Some(bytes) = self.read("state.json")? else { return Ok(Memory::default()) };
        let damaged = || StateError::Damaged(self.folder.join("state.json"));
        let value: Value = serde_json::from_slice(&bytes).map_err(|_| damaged())?;
        let names = value["muted"].as_array().ok_or_else(damaged)?;
        let muted = names.iter().map(|name| name.as_str().map(str::to_owned)).collect::<Option<_>>();
        Ok(Memory {
            muted: muted.ok_or_else(damaged)?,
            unconfirmed: value["unconfirmed"].as_bool().ok_or_else(damaged)?,
            failed_starts: value["failed_starts"].as_u64().ok_or_else(damaged)?,
        })
    }

    /// Remembers.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn remember(&self, memory: &Memory) -> Result<(), StateError> {
        let Memory { muted, unconfirmed, failed_starts } = memory;
        let value = json!({ "muted": muted, "unconfirmed": unconfirmed, "failed_starts": failed_starts });
        self.write("state.json", value.to_string().as_bytes())
    }

    /// The artifact that was in force last: the last that was confirmed, when that one was not.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn artifact(&self, memory: &Memory) -> Result<Option<Vec<u8>>, StateError> {
        self.read(if memory.unconfirmed { "last-good.wasm" } else { "current.wasm" })
    }

    /// Keeps the artifact in force.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep(&self, artifact: &[u8]) -> Result<(), StateError> {
        self.write("current.wasm", artifact)
    }

    /// Keeps an artifact to go back to.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep_good(&self, artifact: &[u8]) -> Result<(), StateError> {
        self.write("last-good.wasm", artifact)
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StateError> {
        let path = self.folder.join(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StateError::Io { path, error }),
        }
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), StateError> {
        let path = self.folder.join(name);
        let beside = self.folder.join(format!("{name}.new"));
        let write = || {
            let options = || OpenOptions::new().write(true).create(true).truncate(true).clone();
            let mut file = options().mode(0o600).custom_flags(nix::libc::O_NOFOLLOW).open(&beside)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&beside, &path)?;
            File::open(&self.folder)?.sync_all()
        };
        write().map_err(|error| StateError::Io { path: path.clone(), error })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn an_artifact_that_nobody_confirmed_is_not_started_again() {
        let folder = std::env::temp_dir().join(format!("warmord-state-{}", std::process::id()));
        let state = State::open(&folder).unwrap();
        let mut memory = state.memory().unwrap();
        assert_eq!((memory.clone(), state.artifact(&memory).unwrap()), (Memory::default(), None));
        state.keep_good(b"good").unwrap();
        state.keep(b"new").unwrap();
        memory.muted.insert("web".to_owned());
        memory.unconfirmed = true;
        memory.failed_starts = 1;
        state.remember(&memory).unwrap();
        assert_eq!(state.memory().unwrap(), memory);
        assert_eq!(state.artifact(&memory).unwrap().as_deref(), Some(b"good".as_slice()));
        memory.unconfirmed = false;
        assert_eq!(state.artifact(&memory).unwrap().as_deref(), Some(b"new".as_slice()));
        for name in ["current.wasm", "last-good.wasm", "state.json"] {
            assert_eq!(fs::metadata(folder.join(name)).unwrap().permissions().mode() & 0o777, 0o600);
        }
        fs::write(folder.join("state.json"), "{}").unwrap();
        assert!(matches!(state.memory(), Err(StateError::Damaged(_))));
        fs::remove_dir_all(&folder).unwrap();
    }
}
