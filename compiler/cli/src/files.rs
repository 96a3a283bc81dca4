//! Files: which ones a program is made of, reading and writing them.

use crate::paths::{common_folder, from_here};
use std::io::Read;
use std::path::{Path, PathBuf};
use warmor_compiler::resolve::{self, Entry, FileSystem, Layout, MANIFEST, Sources, absolute};
use warmor_report::Failure;

/// The path of the program that is read from standard input.
const STDIN: &str = "<stdin>";
/// Longest file that is read, in bytes; the parser's own limit.
const MAX_FILE_BYTES: u64 = 16 << 20;

/// The policy files that are meant, without those that they import; `-` for standard input.
pub fn policy_paths(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let files = Files::find(paths)?;
    if files.stdin {
        return Ok(vec![PathBuf::from("-")]);
    }
    Ok(files.layout.roots.iter().map(|f| from_here(f)).collect())
}

/// The disk.
struct Disk;

impl FileSystem for Disk {
    fn read(&self, path: &Path) -> Result<String, String> {
        read_text(path).map_err(|e| e.reason().to_owned())
    }

    fn entries(&self, folder: &Path) -> Result<Vec<Entry>, String> {
        let unreadable = |e: std::io::Error| format!("`{}` cannot be read: {e}", folder.display());
        let entry = |entry: std::io::Result<std::fs::DirEntry>| {
            let entry = entry?;
            Ok(Entry { name: entry.file_name(), is_folder: entry.file_type()?.is_dir() })
        };
        std::fs::read_dir(folder)
            .map_err(unreadable)?
            .map(entry)
            .collect::<Result<_, _>>()
            .map_err(unreadable)
    }

    fn is_file(&self, path: &Path) -> bool {
        path.is_file()
    }
}

/// The files of a program, before they are read.
pub struct Files {
    layout: Layout,
    stdin: bool,
}

impl Files {
    /// The files that are meant.
    pub fn find(paths: &[PathBuf]) -> Result<Self, Failure> {
        let here = std::env::current_dir().map_err(|e| Failure::new(format!("no working directory: {e}")))?;
        if paths.is_empty() {
            let Some(project) = project_around(&here) else {
                return Err(Failure::new(format!("there is no {MANIFEST} here or in a folder above")).help(
                    "name policy files or a project folder, or begin a project with `warmorc new NAME`",
                ));
            };
            return Self::of(Layout::project(&project, &Disk)?);
        }
        if paths.iter().any(|p| p.as_os_str() == "-") {
            if paths.len() > 1 {
                return Err(Failure::new("`-` stands alone").help("standard input is the whole program"));
            }
            return Ok(Self { layout: Layout::files(&here, Vec::new()), stdin: true });
        }
        if let [folder] = paths
            && folder.is_dir()
        {
            let folder = absolute(&here, folder);
            return match project_around(&folder) {
                Some(project) => Self::of(Layout::project(&project, &Disk)?),
                None => Self::of(Layout::folder(&folder, &Disk)?),
            };
        }
        let mut roots = Vec::new();
        for path in paths {
            if path.is_dir() {
                return Err(Failure::new(format!("`{}` is a folder", path.display()))
                    .help("give one folder, or files"));
            }
            roots.push(absolute(&here, path));
        }
        roots.sort();
        roots.dedup();
        let parents: Vec<&Path> = roots.iter().filter_map(|r| r.parent()).collect();
        let common = common_folder(&parents).unwrap_or_else(|| here.clone());
        let layout = match project_around(&common) {
            Some(project) => {
                let whole = Self::of(Layout::project(&project, &Disk)?)?.layout;
                let others = whole.roots.into_iter().filter(|f| !roots.contains(f)).collect();
                Layout { roots, others, ..Layout { roots: Vec::new(), ..whole } }
            }
            None => Layout::files(&common, roots),
        };
        Ok(Self { layout, stdin: false })
    }

    /// All files of a folder; there must be some.
    fn of(layout: Layout) -> Result<Self, Failure> {
        if layout.roots.is_empty() {
            let folder = layout.root.display();
            return Err(Failure::new(format!("there are no .warmor files in `{folder}`")));
        }
        Ok(Self { layout, stdin: false })
    }

    /// The folder that all paths are relative to.
    pub fn root(&self) -> &Path {
        &self.layout.root
    }

    /// Reads them, with everything that they import.
    pub fn load(&self) -> Result<Sources, Failure> {
        if !self.stdin {
            return Ok(self.layout.load(&Disk)?);
        }
        let mut sources = Sources::single(STDIN, &read_input(Path::new("-"))?);
        self.add_missing(&mut sources)?;
        Ok(sources)
    }

    /// Reads the files of a dependency. What they define can be imported.
    pub fn add_library(&self, folder: &str, sources: &mut Sources) -> Result<(), Failure> {
        Ok(self.layout.add_library(folder, &Disk, sources)?)
    }

    /// Reads the files of a dependency from elsewhere, under paths that begin with `prefix` and are the same on every machine.
    pub fn add_fetched(&mut self, prefix: &str, folder: &Path, sources: &mut Sources) -> Result<(), Failure> {
        Ok(self.layout.add_mounted(prefix, folder, &Disk, sources)?)
    }

    /// Reads the files that are imported and not there yet.
    pub fn add_missing(&self, sources: &mut Sources) -> Result<(), Failure> {
        Ok(self.layout.add_missing(&Disk, sources)?)
    }
}

/// The nearest folder with a manifest, from this one upwards.
pub fn project_around(folder: &Path) -> Option<PathBuf> {
    resolve::project_around(folder, &Disk)
}

/// Reads a text file, or standard input for `-`.
pub fn read_input(path: &Path) -> Result<String, Failure> {
    if path.as_os_str() != "-" {
        return read_text(path);
    }
    let mut bytes = Vec::new();
    let read = std::io::stdin().take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|e| Failure::new(format!("standard input cannot be read: {e}")))?;
    text_of(STDIN, bytes)
}

/// Reads a text file.
pub fn read_text(path: &Path) -> Result<String, Failure> {
    let shown = from_here(path).display().to_string();
    let unreadable = |e: std::io::Error| Failure::new(format!("`{shown}` cannot be read: {e}"));
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    text_of(&shown, bytes)
}

/// Reads a file as it is.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let unreadable = |e: std::io::Error| Failure::new(format!("`{}` cannot be read: {e}", path.display()));
    let mut bytes = Vec::new();
    let limit = warmor_policy::artifact::MAX_BYTES as u64 + 1;
    let file: Box<dyn Read> = if path.as_os_str() == "-" {
        Box::new(std::io::stdin())
    } else {
        Box::new(std::fs::File::open(path).map_err(unreadable)?)
    };
    file.take(limit).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

/// Writes a file in one step: whoever reads it sees the old bytes or the new ones, never some of both.
pub fn write_bytes(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |e: std::io::Error| Failure::new(format!("`{}` cannot be written: {e}", path.display()));
    // A link is written through, not replaced.
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = target.with_file_name(name);
    let written = std::fs::write(&temporary, bytes).and_then(|()| {
        if let Ok(old) = std::fs::metadata(&target) {
            std::fs::set_permissions(&temporary, old.permissions())?;
        }
        std::fs::rename(&temporary, &target)
    });
    written.map_err(|e| {
        // The error that is reported is the one that counts.
        let _ = std::fs::remove_file(&temporary);
        failed(e)
    })
}

/// The artifact that is meant: the one that is named, else the only one in the project's folder.
pub fn artifact_path(named: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(path) = named {
        return Ok(path.to_owned());
    }
    let here = std::env::current_dir().unwrap_or_default();
    let folder = project_around(&here).unwrap_or_else(|| here.clone());
    let entries = std::fs::read_dir(&folder)
        .map_err(|e| Failure::new(format!("`{}` cannot be read: {e}", folder.display())))?;
    let found: Vec<PathBuf> = entries
        .filter_map(|e| e.ok().map(|e| e.path()))
        .filter(|p| p.extension().is_some_and(|e| e == "wasm"))
        .collect();
    match found.as_slice() {
        [one] => Ok(from_here(one)),
        [] => Err(Failure::new(format!("there is no artifact in `{}`", folder.display()))
            .help("make one with `warmorc compile`, or name one")),
        many => Err(Failure::new(format!("there are {} artifacts in `{}`", many.len(), folder.display()))
            .help("name the one that is meant")),
    }
}

fn text_of(name: &str, bytes: Vec<u8>) -> Result<String, Failure> {
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(Failure::new(format!("`{name}` is longer than {} MiB", MAX_FILE_BYTES >> 20)));
    }
    String::from_utf8(bytes)
        .map_err(|e| Failure::new(format!("`{name}` is not UTF-8: byte {}", e.utf8_error().valid_up_to())))
}
