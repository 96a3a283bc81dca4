//! The files of a workspace, as a file system that the compiler's notion of a project can read.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use warmor_compiler::resolve::{Entry, FileSystem, MANIFEST};

/// Where the workspace is. Nothing is beside or above it, so `../x` names nothing.
const ROOT: &str = "/workspace";

/// Texts by path, with `/` between its parts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Files(BTreeMap<String, String>);

impl Files {
    pub(crate) fn root() -> PathBuf {
        PathBuf::from(ROOT)
    }

    pub(crate) fn get(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    pub(crate) fn has_manifest(&self) -> bool {
        self.0.contains_key(MANIFEST)
    }

    /// Says whether the file is new.
    pub(crate) fn set(&mut self, path: String, text: String) -> bool {
        self.0.insert(path, text).is_none()
    }

    pub(crate) fn remove(&mut self, path: &str) -> bool {
        self.0.remove(path).is_some()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The path of a file as the workspace names it: without `.`, empty parts and a leading `/`. `None` for one that would be outside.
    pub(crate) fn normal(path: &str) -> Option<String> {
        let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
        (!parts.is_empty() && !parts.contains(&"..") && !path.contains('\\')).then(|| parts.join("/"))
    }

    fn inside(path: &Path) -> Option<&str> {
        path.strip_prefix(ROOT).ok()?.to_str()
    }
}

impl FileSystem for Files {
    fn read(&self, path: &Path) -> Result<String, String> {
        let text = Self::inside(path).and_then(|path| self.get(path));
        text.map(str::to_owned).ok_or_else(|| {
            let shown = Self::inside(path).map_or_else(|| path.display().to_string(), str::to_owned);
            format!("`{shown}` is not in the workspace")
        })
    }

    fn entries(&self, folder: &Path) -> Result<Vec<Entry>, String> {
        let mut entries: Vec<Entry> = Vec::new();
        let Some(folder) = Self::inside(folder) else { return Ok(entries) };
        for path in self.paths() {
            let below = if folder.is_empty() {
                Some(path)
            } else {
                path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'))
            };
            let Some(below) = below else { continue };
            let (name, is_folder) = below.split_once('/').map_or((below, false), |(name, _)| (name, true));
            let name = OsString::from(name);
            // Paths are in order, so what is in a folder comes together.
            if entries.last().is_none_or(|last| last.name != name) {
                entries.push(Entry { name, is_folder });
            }
        }
        Ok(entries)
    }

    fn is_file(&self, path: &Path) -> bool {
        Self::inside(path).is_some_and(|path| self.0.contains_key(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside() {
        assert_eq!(Files::normal("/a//./b.warmor").as_deref(), Some("a/b.warmor"));
        assert_eq!(Files::normal("../b.warmor"), None);
        assert_eq!(Files::normal("a\\b"), None);
        assert_eq!(Files::normal("/"), None);
    }

    #[test]
    fn folders_have_their_entries() {
        let mut files = Files::default();
        for path in ["a/b/c.warmor", "a/d.warmor", "a-b.warmor", "z.warmor"] {
            files.set(path.to_owned(), String::new());
        }
        let names = |folder: &str| {
            let entries = files.entries(Path::new(folder)).unwrap();
            entries.into_iter().map(|e| (e.name.into_string().unwrap(), e.is_folder)).collect::<Vec<_>>()
        };
        let of = |list: &[(&str, bool)]| list.iter().map(|(n, f)| ((*n).to_owned(), *f)).collect::<Vec<_>>();
        assert_eq!(names(ROOT), of(&[("a-b.warmor", false), ("a", true), ("z.warmor", false)]));
        assert_eq!(names("/workspace/a"), of(&[("b", true), ("d.warmor", false)]));
        assert!(files.read(Path::new("/x.warmor")).unwrap_err().contains("not in the workspace"));
    }
}
