//! Which files a program is made of, and reading them in through a [`FileSystem`].
//!
//! The command line reads the disk; the editor reads what is being typed before what is on the disk; the browser has no
//! disk. What a project *is* must not depend on which of them asks, so it is settled here, and only reading is theirs.

use super::sources::{Origin, Sources};
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

/// The file that makes a folder a project.
pub const MANIFEST: &str = "warmor.toml";
/// How the names of policy files end.
pub const EXTENSION: &str = "warmor";
/// Most files of a project, and most files of a program with what it imports.
pub const MAX_FILES: usize = 10_000;

/// Where texts come from.
pub trait FileSystem {
    /// The text of a file.
    ///
    /// # Errors
    /// Why there is none, in a sentence that names the file.
    fn read(&self, path: &Path) -> Result<String, String>;

    /// What is in a folder, in any order.
    ///
    /// # Errors
    /// Why that cannot be told, in a sentence that names the folder.
    fn entries(&self, folder: &Path) -> Result<Vec<Entry>, String>;

    /// Whether there is a file.
    fn is_file(&self, path: &Path) -> bool;
}

/// Something in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name, without the folder.
    pub name: OsString,
    /// Whether it is a folder itself. A link to one is none: a loop of links would never end.
    pub is_folder: bool,
}

/// Why a program's files cannot be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LayoutError {
    /// A file or folder cannot be read; the sentence of the [`FileSystem`].
    Unreadable(String),
    /// There are more than [`MAX_FILES`] policy files.
    TooManyFiles,
    /// More than [`MAX_FILES`] files are imported.
    TooManyImports,
}

impl std::fmt::Display for LayoutError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreadable(sentence) => f.write_str(sentence),
            Self::TooManyFiles => write!(f, "there are more than {MAX_FILES} policy files"),
            Self::TooManyImports => write!(f, "the program imports more than {MAX_FILES} files"),
        }
    }
}

impl std::error::Error for LayoutError {}

/// The files of a program, before they are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// The folder that the paths in [`Sources`] are relative to.
    pub root: PathBuf,
    /// The project's manifest, if there is a project.
    pub manifest: Option<PathBuf>,
    /// The files that are the program.
    pub roots: Vec<PathBuf>,
    /// Further files of the project: what they define can be imported.
    pub others: Vec<PathBuf>,
    /// Folders outside of the project whose files have paths of their own: what those begin with, and the folder.
    pub mounts: Vec<(String, PathBuf)>,
}

impl Layout {
    /// All policy files of a project, whose manifest is in that folder.
    ///
    /// # Errors
    /// When a folder cannot be read, or has too many files.
    pub fn project(folder: &Path, files: &dyn FileSystem) -> Result<Self, LayoutError> {
        Ok(Self { manifest: Some(folder.join(MANIFEST)), ..Self::folder(folder, files)? })
    }

    /// All policy files below a folder that is no project.
    ///
    /// # Errors
    /// When a folder cannot be read, or has too many files.
    pub fn folder(folder: &Path, files: &dyn FileSystem) -> Result<Self, LayoutError> {
        let mut roots = Vec::new();
        policy_files(folder, files, &mut roots)?;
        Ok(Self { root: folder.to_owned(), roots, ..Self::default() })
    }

    /// Some files as a program of their own.
    pub fn files(root: &Path, roots: Vec<PathBuf>) -> Self {
        Self { root: root.to_owned(), roots, ..Self::default() }
    }

    /// Reads the files, with everything that they import by path.
    ///
    /// # Errors
    /// When one of the program's own files cannot be read. What is imported and cannot be read is for the checker to report.
    pub fn load(&self, files: &dyn FileSystem) -> Result<Sources, LayoutError> {
        let mut sources = Sources::new();
        let own = [(&self.roots, Origin::Root), (&self.others, Origin::Library)];
        if let Some(manifest) = &self.manifest {
            self.set(manifest, Origin::Manifest, files, &mut sources)?;
        }
        for (list, origin) in own {
            for file in list {
                self.set(file, origin, files, &mut sources)?;
            }
        }
        self.add_missing(files, &mut sources)?;
        Ok(sources)
    }

    fn set(
        &self,
        path: &Path,
        origin: Origin,
        files: &dyn FileSystem,
        sources: &mut Sources,
    ) -> Result<(), LayoutError> {
        let text = files.read(path).map_err(LayoutError::Unreadable)?;
        sources.set(&self.path_of(path), &text, origin);
        Ok(())
    }

    /// Reads the files of a dependency in a folder relative to the root. What they define can be imported.
    ///
    /// # Errors
    /// When the folder or a file in it cannot be read, or there are too many.
    pub fn add_library(
        &self,
        folder: &str,
        files: &dyn FileSystem,
        sources: &mut Sources,
    ) -> Result<(), LayoutError> {
        let mut found = Vec::new();
        policy_files(&absolute(&self.root, Path::new(folder)), files, &mut found)?;
        found.iter().try_for_each(|file| self.set(file, Origin::Library, files, sources))
    }

    /// Reads the files of a dependency from elsewhere, under paths that begin with `prefix` and are the same on every machine.
    ///
    /// # Errors
    /// When the folder or a file in it cannot be read, or there are too many.
    pub fn add_mounted(
        &mut self,
        prefix: &str,
        folder: &Path,
        files: &dyn FileSystem,
        sources: &mut Sources,
    ) -> Result<(), LayoutError> {
        let mut found = Vec::new();
        policy_files(folder, files, &mut found)?;
        self.mounts.push((format!("{prefix}/"), folder.to_owned()));
        found.iter().try_for_each(|file| self.set(file, Origin::Library, files, sources))
    }

    /// Reads the files that are imported by path and not there yet, and what those import.
    ///
    /// # Errors
    /// When there are too many.
    pub fn add_missing(&self, files: &dyn FileSystem, sources: &mut Sources) -> Result<(), LayoutError> {
        // Imports of imports: each round reads what the last one asked for.
        loop {
            let missing = sources.missing();
            if missing.is_empty() {
                return Ok(());
            }
            for file in missing {
                match files.read(&self.locate(&file.path)) {
                    Ok(_) if sources.files().count() >= MAX_FILES => return Err(LayoutError::TooManyImports),
                    Ok(text) => {
                        sources.set(&file.path, &text, file.origin);
                    }
                    Err(reason) => sources.set_unavailable(&file.path, &reason),
                }
            }
        }
    }

    /// The path in [`Sources`] of a file on the disk.
    pub fn path_of(&self, path: &Path) -> String {
        let mounted = self.mounts.iter().find_map(|(prefix, folder)| {
            let inside = path.strip_prefix(folder).ok()?;
            Some(format!("{prefix}{}", relative(Path::new(""), inside)))
        });
        mounted.unwrap_or_else(|| relative(&self.root, path))
    }

    /// Where a file of [`Sources`] is on the disk. Standard modules are nowhere.
    pub fn locate(&self, path: &str) -> PathBuf {
        let mounted =
            self.mounts.iter().find_map(|(prefix, folder)| Some(folder.join(path.strip_prefix(prefix)?)));
        mounted.unwrap_or_else(|| absolute(&self.root, Path::new(path)))
    }
}

/// The nearest folder with a manifest, from this one upwards.
pub fn project_around(folder: &Path, files: &dyn FileSystem) -> Option<PathBuf> {
    folder.ancestors().find(|f| files.is_file(&f.join(MANIFEST))).map(Path::to_owned)
}

/// Adds the policy files below a folder, by name. Hidden folders and other projects are left out.
fn policy_files(folder: &Path, files: &dyn FileSystem, found: &mut Vec<PathBuf>) -> Result<(), LayoutError> {
    let mut entries = files.entries(folder).map_err(LayoutError::Unreadable)?;
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    for Entry { name, is_folder } in entries {
        let path = folder.join(&name);
        let hidden = name.as_encoded_bytes().starts_with(b".");
        if is_folder && !hidden && !files.is_file(&path.join(MANIFEST)) {
            policy_files(&path, files, found)?;
        } else if !is_folder && path.extension().is_some_and(|e| e == EXTENSION) {
            if found.len() >= MAX_FILES {
                return Err(LayoutError::TooManyFiles);
            }
            found.push(path);
        }
    }
    Ok(())
}

/// The path without `.` and `..`, from the root, without looking at the disk. Links are kept: people find the files where
/// they named them.
pub fn absolute(here: &Path, path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in here.join(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// The path from one folder to a file or folder, with `/` between its parts; empty for the folder itself.
pub fn relative(from: &Path, to: &Path) -> String {
    let common = from.ancestors().find(|a| to.starts_with(a)).unwrap_or(Path::new(""));
    let up = from.strip_prefix(common).map_or(0, |rest| rest.components().count());
    let down = to.strip_prefix(common).unwrap_or(to);
    let mut parts: Vec<String> = vec!["..".to_owned(); up];
    parts.extend(down.components().map(|c| c.as_os_str().to_string_lossy().into_owned()));
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    struct Memory(BTreeMap<PathBuf, &'static str>);

    impl FileSystem for Memory {
        fn read(&self, path: &Path) -> Result<String, String> {
            let text = self.0.get(path).ok_or_else(|| format!("`{}` is not there", path.display()))?;
            Ok((*text).to_owned())
        }

        fn entries(&self, folder: &Path) -> Result<Vec<Entry>, String> {
            let mut entries: Vec<Entry> = Vec::new();
            for inside in self.0.keys().filter_map(|p| p.strip_prefix(folder).ok()) {
                let mut parts = inside.components();
                let Some(first) = parts.next() else { continue };
                let entry = Entry { name: first.as_os_str().to_owned(), is_folder: parts.next().is_some() };
                if !entries.contains(&entry) {
                    entries.push(entry);
                }
            }
            Ok(entries)
        }

        fn is_file(&self, path: &Path) -> bool {
            self.0.contains_key(path)
        }
    }

    fn memory(files: &[(&str, &'static str)]) -> Memory {
        Memory(files.iter().map(|(path, text)| (PathBuf::from(path), *text)).collect())
    }

    #[test]
    fn a_project_is_its_folder_without_other_projects_and_hidden_folders() {
        let disk = memory(&[
            ("/p/warmor.toml", "[package]\nname = \"p\"\nversion = \"0.1.0\"\n"),
            ("/p/b.warmor", "import \"../shared/s.warmor\"\nimport \"gone.warmor\"\n"),
            ("/p/a/a.warmor", ""),
            ("/p/.git/x.warmor", ""),
            ("/p/other/warmor.toml", ""),
            ("/p/other/o.warmor", ""),
            ("/p/notes.txt", ""),
            ("/shared/s.warmor", ""),
        ]);
        assert_eq!(project_around(Path::new("/p/a"), &disk), Some("/p".into()));
        assert_eq!(project_around(Path::new("/shared"), &disk), None);
        let layout = Layout::project(Path::new("/p"), &disk).unwrap();
        let sources = layout.load(&disk).unwrap();
        let loaded: Vec<_> = sources.files().map(|f| (f.path.as_str(), f.origin)).collect();
        assert_eq!(
            loaded,
            [
                ("warmor.toml", Origin::Manifest),
                ("a/a.warmor", Origin::Root),
                ("b.warmor", Origin::Root),
                ("../shared/s.warmor", Origin::Imported),
            ]
        );
        assert_eq!(layout.locate("../shared/s.warmor"), Path::new("/shared/s.warmor"));
        assert_eq!(layout.path_of(Path::new("/shared/s.warmor")), "../shared/s.warmor");
    }

    #[test]
    fn a_mounted_dependency_has_paths_of_its_own() {
        let disk = memory(&[("/p/a.warmor", ""), ("/cache/0123/x/y.warmor", "package y\n")]);
        let mut layout = Layout::folder(Path::new("/p"), &disk).unwrap();
        let mut sources = layout.load(&disk).unwrap();
        layout.add_mounted("<y@0123>", Path::new("/cache/0123"), &disk, &mut sources).unwrap();
        assert_eq!(sources.files().last().map(|f| f.path.as_str()), Some("<y@0123>/x/y.warmor"));
        assert_eq!(layout.locate("<y@0123>/x/y.warmor"), Path::new("/cache/0123/x/y.warmor"));
    }

    #[test]
    fn paths_are_relative_to_a_folder() {
        let path = |a: &str, b: &str| relative(Path::new(a), Path::new(b));
        assert_eq!(path("/a", "/a"), "");
        assert_eq!(path("/a", "/a/b/c"), "b/c");
        assert_eq!(path("/a/b", "/a/c"), "../c");
        assert_eq!(path("/a/b", "/"), "../..");
    }

    #[test]
    fn a_path_is_made_absolute_without_looking_at_the_disk() {
        let path = |p: &str| absolute(Path::new("/a/b"), Path::new(p));
        assert_eq!(path("../c/./d"), Path::new("/a/c/d"));
        assert_eq!(path("/x/../y"), Path::new("/y"));
        assert_eq!(path("../../.."), Path::new("/"));
    }
}
