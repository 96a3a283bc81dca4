//! Files: which ones a program is made of, reading and writing them.

use crate::output::Failure;
use crate::paths::{absolute, common_folder, from_here, relative};
use std::io::Read;
use std::path::{Path, PathBuf};
use warmor_compiler::resolve::{Origin, Sources};

/// The file that makes a folder a project.
pub const MANIFEST: &str = "warmor.toml";
/// The path of the program that is read from standard input.
const STDIN: &str = "<stdin>";
/// Most files of a project.
const MAX_FILES: usize = 10_000;
/// Longest file that is read, in bytes; the parser's own limit.
const MAX_FILE_BYTES: u64 = 16 << 20;

/// The policy files that are meant, without those that they import; `-` for standard input.
pub fn policy_paths(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let files = Files::find(paths)?;
    if files.stdin {
        return Ok(vec![PathBuf::from("-")]);
    }
    Ok(files.roots.iter().map(|f| from_here(f)).collect())
}

/// The files of a program, before they are read.
pub struct Files {
    /// The folder that all paths are relative to.
    pub root: PathBuf,
    /// The project's manifest, if there is a project.
    manifest: Option<PathBuf>,
    roots: Vec<PathBuf>,
    /// Files of the project that were not asked for: what they define can be imported.
    others: Vec<PathBuf>,
    stdin: bool,
    /// Folders outside of the project whose files have paths of their own: what those begin with, and the folder.
    mounts: Vec<(String, PathBuf)>,
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
            return Self::project(&project);
        }
        if paths.iter().any(|p| p.as_os_str() == "-") {
            if paths.len() > 1 {
                return Err(Failure::new("`-` stands alone").help("standard input is the whole program"));
            }
            return Ok(Self {
                root: here,
                manifest: None,
                roots: Vec::new(),
                others: Vec::new(),
                stdin: true,
                mounts: Vec::new(),
            });
        }
        if let [folder] = paths
            && folder.is_dir()
        {
            let folder = absolute(&here, folder);
            return match project_around(&folder) {
                Some(project) => Self::project(&project),
                None => Self::folder(&folder),
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
        match project_around(&common) {
            Some(project) => {
                let whole = Self::project(&project)?;
                let others = whole.roots.into_iter().filter(|f| !roots.contains(f)).collect();
                Ok(Self { roots, others, ..Self { roots: Vec::new(), others: Vec::new(), ..whole } })
            }
            None => Ok(Self {
                root: common,
                manifest: None,
                roots,
                others: Vec::new(),
                stdin: false,
                mounts: Vec::new(),
            }),
        }
    }

    fn project(folder: &Path) -> Result<Self, Failure> {
        Ok(Self { manifest: Some(folder.join(MANIFEST)), ..Self::folder(folder)? })
    }

    fn folder(folder: &Path) -> Result<Self, Failure> {
        let mut roots = Vec::new();
        policy_files(folder, &mut roots)?;
        if roots.is_empty() {
            return Err(Failure::new(format!("there are no .warmor files in `{}`", folder.display())));
        }
        Ok(Self {
            root: folder.to_owned(),
            manifest: None,
            roots,
            others: Vec::new(),
            stdin: false,
            mounts: Vec::new(),
        })
    }

    /// Reads them, with everything that they import.
    pub fn load(&self) -> Result<Sources, Failure> {
        let mut sources = Sources::new();
        let inside = |path: &Path| relative(&self.root, path);
        if self.stdin {
            sources.set(STDIN, &read_input(Path::new("-"))?, Origin::Root);
        }
        if let Some(manifest) = &self.manifest {
            sources.set(&inside(manifest), &read_text(manifest)?, Origin::Manifest);
        }
        for file in &self.roots {
            sources.set(&inside(file), &read_text(file)?, Origin::Root);
        }
        for file in &self.others {
            sources.set(&inside(file), &read_text(file)?, Origin::Library);
        }
        self.add_missing(&mut sources)?;
        Ok(sources)
    }

    /// Reads the files of a dependency. What they define can be imported.
    pub fn add_library(&self, folder: &str, sources: &mut Sources) -> Result<(), Failure> {
        let mut files = Vec::new();
        policy_files(&absolute(&self.root, Path::new(folder)), &mut files)?;
        for file in files {
            sources.set(&relative(&self.root, &file), &read_text(&file)?, Origin::Library);
        }
        Ok(())
    }

    /// Reads the files of a dependency from elsewhere, under paths that begin with `prefix` and are the same on every machine.
    pub fn add_fetched(&mut self, prefix: &str, folder: &Path, sources: &mut Sources) -> Result<(), Failure> {
        let mut files = Vec::new();
        policy_files(folder, &mut files)?;
        for file in files {
            let path = format!("{prefix}/{}", relative(folder, &file));
            sources.set(&path, &read_text(&file)?, Origin::Library);
        }
        self.mounts.push((format!("{prefix}/"), folder.to_owned()));
        Ok(())
    }

    /// The file on the disk.
    fn locate(&self, path: &str) -> PathBuf {
        let mounted =
            self.mounts.iter().find_map(|(prefix, folder)| Some(folder.join(path.strip_prefix(prefix)?)));
        mounted.unwrap_or_else(|| self.root.join(path))
    }

    /// Reads the files that are imported and not there yet.
    pub fn add_missing(&self, sources: &mut Sources) -> Result<(), Failure> {
        // Imports of imports: each round reads what the last one asked for.
        loop {
            let missing = sources.missing();
            if missing.is_empty() {
                break;
            }
            for file in missing {
                match read_text(&self.locate(&file.path)) {
                    Ok(_) if sources.files().count() >= MAX_FILES => {
                        return Err(Failure::new(format!("the program imports more than {MAX_FILES} files")));
                    }
                    Ok(text) => {
                        sources.set(&file.path, &text, file.origin);
                    }
                    Err(e) => sources.set_unavailable(&file.path, e.reason()),
                }
            }
        }
        Ok(())
    }
}

/// The nearest folder with a manifest, from this one upwards.
pub fn project_around(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().find(|f| f.join(MANIFEST).is_file()).map(Path::to_owned)
}

/// The policy files below a folder, by path. Hidden folders and other projects are left out.
fn policy_files(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let unreadable = |e: std::io::Error| Failure::new(format!("`{}` cannot be read: {e}", folder.display()));
    let mut entries =
        std::fs::read_dir(folder).map_err(unreadable)?.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        // Links to folders are not followed: a loop of links would never end.
        let kind = entry.file_type().map_err(unreadable)?;
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if kind.is_dir() && !hidden && !path.join(MANIFEST).is_file() {
            policy_files(&path, files)?;
        } else if !kind.is_dir() && path.extension().is_some_and(|e| e == "warmor") {
            if files.len() >= MAX_FILES {
                return Err(Failure::new(format!("there are more than {MAX_FILES} policy files")));
            }
            files.push(path);
        }
    }
    Ok(())
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
