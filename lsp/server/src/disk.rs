//! The disk, under what is open in the editor.

use crate::documents::{Documents, is_unsaved};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};
use warmor_compiler::date::Date;
use warmor_compiler::resolve::{Entry, FileSystem, MANIFEST};

/// Longest file that is read, in bytes: twice what the parser reads, so that it is the parser that says so.
const MAX_FILE_BYTES: u64 = 16 << 20;

/// Files as the editor shows them: open texts first, then the disk.
#[derive(Clone, Copy, Debug)]
pub struct Disk<'d> {
    /// What is open.
    pub documents: &'d Documents,
}

impl FileSystem for Disk<'_> {
    fn read(&self, path: &Path) -> Result<String, String> {
        if let Some(document) = self.documents.get(path) {
            return Ok(document.text.clone());
        }
        let unreadable = |e: &dyn std::fmt::Display| format!("`{}` cannot be read: {e}", path.display());
        if is_unsaved(path) {
            return Err(unreadable(&"it is not open any more"));
        }
        let file = std::fs::File::open(path).map_err(|e| unreadable(&e))?;
        // A pipe or device in a project must not stop the editor.
        if !file.metadata().map_err(|e| unreadable(&e))?.is_file() {
            return Err(unreadable(&"it is no file"));
        }
        let mut bytes = Vec::new();
        file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|e| unreadable(&e))?;
        if bytes.len() as u64 > MAX_FILE_BYTES {
            return Err(unreadable(&format!("it is longer than {} MiB", MAX_FILE_BYTES >> 20)));
        }
        String::from_utf8(bytes).map_err(|_| unreadable(&"it is not UTF-8"))
    }

    fn entries(&self, folder: &Path) -> Result<Vec<Entry>, String> {
        let unreadable = |e: std::io::Error| format!("`{}` cannot be read: {e}", folder.display());
        let entry = |entry: std::io::Result<std::fs::DirEntry>| {
            let entry = entry?;
            Ok(Entry { name: entry.file_name(), is_folder: entry.file_type()?.is_dir() })
        };
        let mut entries: Vec<Entry> = std::fs::read_dir(folder)
            .map_err(unreadable)?
            .map(entry)
            .collect::<Result<_, _>>()
            .map_err(unreadable)?;
        for document in self.documents.iter() {
            if let (Some(parent), Some(name)) = (document.path.parent(), document.path.file_name())
                && parent == folder
                && !entries.iter().any(|e| e.name == name)
            {
                entries.push(Entry { name: name.to_owned(), is_folder: false });
            }
        }
        Ok(entries)
    }

    fn is_file(&self, path: &Path) -> bool {
        self.documents.get(path).is_some() || path.is_file()
    }
}

/// How deep and how far a workspace is searched for projects: it may be somebody's whole home.
const MAX_DEPTH: usize = 8;
const MAX_FOLDERS: usize = 20_000;
const MAX_PROJECTS: usize = 256;

/// The folders of the projects in a workspace folder, itself among them, in order. Hidden folders and those of package managers and
/// builds are not searched.
pub fn projects_below(folder: &Path) -> Vec<PathBuf> {
    let mut projects = Vec::new();
    let mut level = vec![folder.to_owned()];
    let mut seen = 0;
    for _ in 0..MAX_DEPTH {
        let mut next = Vec::new();
        for folder in level {
            seen += 1;
            if seen > MAX_FOLDERS || projects.len() >= MAX_PROJECTS {
                break;
            }
            if folder.join(MANIFEST).is_file() {
                projects.push(folder.clone());
            }
            let Ok(entries) = std::fs::read_dir(&folder) else { continue };
            for entry in entries.flatten() {
                let name = entry.file_name();
                let skipped =
                    name.as_encoded_bytes().starts_with(b".") || name == "node_modules" || name == "target";
                if !skipped && entry.file_type().is_ok_and(|t| t.is_dir()) {
                    next.push(entry.path());
                }
            }
        }
        level = next;
    }
    projects.sort();
    projects
}

/// The day that `until` is compared with: that of `SOURCE_DATE_EPOCH`, else that of the clock, in UTC.
pub fn today() -> Option<Date> {
    let fixed = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|text| text.parse::<i64>().ok());
    let clock =
        || SystemTime::now().duration_since(UNIX_EPOCH).ok().and_then(|d| i64::try_from(d.as_secs()).ok());
    Date::from_days(fixed.or_else(clock)?.div_euclid(86_400))
}
