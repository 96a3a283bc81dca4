//! The cases: `tests/guest/BOOT/NAME/{policy.warmor,case.sh}`. Adding a case is adding a folder.

use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

/// One case of the guest.
pub struct Case {
    /// The folder's name.
    pub name: String,
    /// Its files: name and bytes.
    pub files: Vec<(String, Vec<u8>)>,
}

/// The cases of a boot, sorted by name.
pub fn find(folder: &Path, filter: Option<&str>) -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !entry.path().is_dir() || filter.is_some_and(|f| !name.contains(f)) {
            continue;
        }
        let mut files = Vec::new();
        for file in fs::read_dir(entry.path())? {
            let file = file?;
            files.push((file.file_name().to_string_lossy().into_owned(), fs::read(file.path())?));
        }
        files.sort();
        cases.push(Case { name, files });
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(cases)
}
