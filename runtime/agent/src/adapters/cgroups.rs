//! Cgroups by their ids. An id is the inode number of the cgroup's folder, and no two cgroups ever have the same.

use crate::ports::Cgroups;
use std::collections::HashMap;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirEntryExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The cgroups below the root of a mounted hierarchy, if one is mounted.
pub struct CgroupFolders {
    root: Option<PathBuf>,
    known: HashMap<u64, Vec<u8>>,
    looked: Option<Instant>,
}

/// How long a cgroup that is not found is not looked for again: whoever makes cgroups must not keep the agent busy.
const PATIENCE: Duration = Duration::from_secs(1);
/// Most cgroups that are known at a time.
const MOST: usize = 65_536;

impl CgroupFolders {
    /// The cgroups of the hierarchy that is mounted there.
    pub fn new(root: Option<PathBuf>) -> Self {
        Self { root, known: HashMap::new(), looked: None }
    }

    fn look(&mut self) {
        self.looked = Some(Instant::now());
        self.known.clear();
        let Some(root) = &self.root else { return };
        if let Ok(root) = fs::metadata(root) {
            self.known.insert(root.ino(), b"/".to_vec());
        }
        let mut open = vec![root.clone()];
        while let Some(folder) = open.pop() {
            let Ok(entries) = fs::read_dir(&folder) else { continue };
            for entry in entries.flatten().filter(|e| e.file_type().is_ok_and(|t| t.is_dir())) {
                if self.known.len() < MOST {
                    self.known.insert(entry.ino(), below(root, &entry.path()));
                    open.push(entry.path());
                }
            }
        }
    }
}

fn below(root: &Path, folder: &Path) -> Vec<u8> {
    let rest = folder.strip_prefix(root).unwrap_or(folder);
    [b"/", rest.as_os_str().as_bytes()].concat()
}

impl Cgroups for CgroupFolders {
    fn path(&mut self, id: u64) -> Option<Vec<u8>> {
        if !self.known.contains_key(&id) && self.looked.is_none_or(|at| at.elapsed() >= PATIENCE) {
            self.look();
        }
        self.known.get(&id).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_found_by_their_inode_numbers() {
        let root = std::env::temp_dir().join(format!("warmord-cgroups-{}", std::process::id()));
        fs::create_dir_all(root.join("a/b")).unwrap();
        let ino = |path: &str| fs::metadata(root.join(path)).unwrap().ino();
        let mut cgroups = CgroupFolders::new(Some(root.clone()));
        assert_eq!(cgroups.path(ino("a/b")), Some(b"/a/b".to_vec()));
        assert_eq!(cgroups.path(ino("")), Some(b"/".to_vec()));
        assert_eq!(cgroups.path(u64::MAX), None);
        assert_eq!(CgroupFolders::new(None).path(ino("")), None);
        fs::remove_dir_all(&root).unwrap();
    }
}
