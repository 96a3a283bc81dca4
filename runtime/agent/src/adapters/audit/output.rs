//! A file that is only added to. What the system does not take stays here and is written from where it stopped, so that a full
//! disk leaves no broken lines.

use super::rotated;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// One of the log's files.
pub(super) struct Output {
    path: PathBuf,
    file: File,
    /// Device and inode.
    id: (u64, u64),
    length: u64,
    unwritten: Vec<u8>,
}

/// Opens a file for its owner alone, or makes it.
pub(super) fn open(path: &Path) -> io::Result<File> {
    // Not through a link: the folder may be one that others can write to.
    let file = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .custom_flags(nix::libc::O_NOFOLLOW | nix::libc::O_NONBLOCK)
        .open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    Ok(file)
}

impl Output {
    /// Opens a file at its end.
    pub fn open(path: PathBuf) -> io::Result<Self> {
        let file = open(&path)?;
        let metadata = file.metadata()?;
        let id = (metadata.dev(), metadata.ino());
        Ok(Self { path, file, id, length: metadata.len(), unwritten: Vec::new() })
    }

    /// Adds bytes, to be written.
    pub fn add(&mut self, bytes: &[u8]) {
        self.unwritten.extend_from_slice(bytes);
    }

    /// Adds a line, to be written.
    pub fn line(&mut self, line: &str) {
        self.add(line.as_bytes());
        self.unwritten.push(b'\n');
    }

    /// Writes what was added, as far as the system takes it.
    pub fn write(&mut self) -> io::Result<()> {
        let mut done = 0;
        let result = loop {
            let rest = &self.unwritten[done..];
            if rest.is_empty() {
                break Ok(());
            }
            match self.file.write(rest) {
                Ok(0) => break Err(io::ErrorKind::WriteZero.into()),
                Ok(taken) => done += taken,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
        };
        self.unwritten.drain(..done);
        self.length += done as u64;
        result
    }

    /// How long the file is when all is written.
    pub fn length(&self) -> u64 {
        self.length + self.unwritten.len() as u64
    }

    /// How much is still to be written.
    pub fn unwritten(&self) -> usize {
        self.unwritten.len()
    }

    /// How many lines are still to be written to their end.
    pub fn unwritten_lines(&self) -> u64 {
        self.unwritten.split(|b| *b == b'\n').skip(1).count() as u64
    }

    /// Whether the file is no longer the one of its name, or is shorter than what was written to it.
    pub fn is_replaced(&self) -> bool {
        match fs::symlink_metadata(&self.path) {
            Ok(found) => (found.dev(), found.ino()) != self.id || found.len() < self.length,
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        }
    }

    /// Goes on in the file that now has the name, made if there is none.
    pub fn reopen(&mut self) -> io::Result<()> {
        let unwritten = std::mem::take(&mut self.unwritten);
        *self = Self { unwritten, ..Self::open(self.path.clone())? };
        Ok(())
    }

    /// Puts a file aside, and those before it further; so many are kept, beside the one that is written.
    pub fn put_aside(path: &Path, keep: u32) -> io::Result<()> {
        if matches!(fs::symlink_metadata(path), Err(error) if error.kind() == io::ErrorKind::NotFound) {
            // Put aside already.
            return Ok(());
        }
        for number in (0..keep).rev() {
            let from = if number == 0 { path.to_owned() } else { rotated(path, number) };
            match fs::rename(&from, rotated(path, number + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// The file's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Another handle of the file.
    pub fn handle(&self) -> io::Result<File> {
        self.file.try_clone()
    }
}
