//! A program from the disk: which files belong to it, and what the checker makes of them.

use crate::output::{Failure, Output};
use crate::places::Places;
use crate::report::{self, Format};
use crate::today;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use warmor_compiler::check::{self, Checked};
use warmor_compiler::date::Date;
use warmor_compiler::diagnostics::{Diagnostic, Level};
use warmor_compiler::model::{Model, Target};
use warmor_compiler::resolve::{Origin, Sources};

/// The file that makes a folder a project.
pub const MANIFEST: &str = "warmor.toml";
/// The path of the program that is read from standard input.
const STDIN: &str = "<stdin>";
/// Most files of a project.
const MAX_FILES: usize = 10_000;
/// Longest file that is read, in bytes; the parser's own limit.
const MAX_FILE_BYTES: u64 = 16 << 20;

/// Which program is meant.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Input {
    /// Policy files, a project folder, or `-` for standard input. Without one, the project around the working directory
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub settings: Settings,
}

/// What the sources do not say.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Settings {
    /// Gives a `param` of the program a value
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = parse_assignment)]
    pub params: Vec<(String, String)>,
    /// Compiles for another target than the project's: linux-6.1, windows, macos-pf
    #[arg(long, value_name = "TARGET", value_parser = parse_target)]
    pub target: Option<Target>,
    /// The day that `until` is compared with; otherwise that of `SOURCE_DATE_EPOCH`, otherwise today
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = today::parse)]
    pub today: Option<Date>,
}

fn parse_assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}

fn parse_target(text: &str) -> Result<Target, String> {
    text.parse().map_err(|()| "the targets are linux-VERSION (linux-6.1), windows and macos-pf".to_owned())
}

/// A program with what the checker says of it.
pub struct Program {
    /// Its files.
    pub sources: Sources,
    /// What stands before their paths to reach them from the working directory.
    pub base: String,
    /// The folder that their paths are relative to.
    pub root: PathBuf,
    /// What the checker says.
    pub checked: Checked,
}

impl Program {
    /// Reads and checks a program.
    pub fn load(paths: &[PathBuf], settings: &Settings, output: &Output) -> Result<Self, Failure> {
        let today = today::today(settings.today)?;
        let mut params = BTreeMap::new();
        for (name, value) in &settings.params {
            if params.insert(name.clone(), value.clone()).is_some() {
                return Err(Failure::new(format!("`{name}` is set twice")));
            }
        }
        let progress = output.progress("checking");
        let files = Files::find(paths)?;
        let (sources, base, root) = files.load()?;
        let options = check::Options {
            target: settings.target,
            params,
            today: Some(today),
            ..check::Options::default()
        };
        let checked = check::check(&sources, &options);
        drop(progress);
        Ok(Self { sources, base, root, checked })
    }

    /// Reads a program that is to be used: its diagnostics go to standard error, and one with errors is none.
    pub fn load_model(
        paths: &[PathBuf],
        settings: &Settings,
        output: &mut Output,
    ) -> Result<Option<(Self, Model)>, Failure> {
        let program = Self::load(paths, settings, output)?;
        let shown: Vec<Diagnostic> =
            program.diagnostics().iter().filter(|d| d.level == Level::Error).cloned().collect();
        if !shown.is_empty() {
            let text = report::render(Format::Pretty, &shown, &program.places(), output.error_color());
            output.error_text(&text);
            return Ok(None);
        }
        let model = program.checked.partial.clone();
        Ok(Some((program, model)))
    }

    /// What the checker has to say.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.checked.diagnostics
    }

    /// Finds places in its files.
    pub fn places(&self) -> Places<'_> {
        Places::new(&self.sources, &self.base)
    }
}

/// The policy files that are meant, without those that they import; `-` for standard input.
pub fn policy_paths(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let files = Files::find(paths)?;
    if files.stdin {
        return Ok(vec![PathBuf::from("-")]);
    }
    let here = std::env::current_dir().unwrap_or_default();
    Ok(files.roots.iter().map(|f| PathBuf::from(relative(&here, f))).collect())
}

/// The files of a program, before they are read.
struct Files {
    /// The folder that all paths are relative to.
    root: PathBuf,
    /// The project's manifest, if there is a project.
    manifest: Option<PathBuf>,
    roots: Vec<PathBuf>,
    /// Files of the project that were not asked for: what they define can be imported.
    others: Vec<PathBuf>,
    stdin: bool,
}

impl Files {
    fn find(paths: &[PathBuf]) -> Result<Self, Failure> {
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
            None => Ok(Self { root: common, manifest: None, roots, others: Vec::new(), stdin: false }),
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
        Ok(Self { root: folder.to_owned(), manifest: None, roots, others: Vec::new(), stdin: false })
    }

    fn load(self) -> Result<(Sources, String, PathBuf), Failure> {
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
        // Imports of imports: each round reads what the last one asked for.
        loop {
            let missing = sources.missing();
            if missing.is_empty() {
                break;
            }
            for file in missing {
                match read_text(&self.root.join(&file.path)) {
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
        let here = std::env::current_dir().unwrap_or_default();
        Ok((sources, relative(&here, &self.root), self.root))
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
    let shown = path.display().to_string();
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
        [one] => Ok(PathBuf::from(relative(&here, one))),
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

/// The path without `.` and `..`, from the root. Links are kept: people find the files where they named them.
fn absolute(here: &Path, path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in here.join(path).components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// The deepest folder that holds all of them.
fn common_folder(folders: &[&Path]) -> Option<PathBuf> {
    let (first, others) = folders.split_first()?;
    first.ancestors().find(|a| others.iter().all(|f| f.starts_with(a))).map(Path::to_owned)
}

/// The path from one folder to a file or folder, with `/` between its parts; empty for the folder itself.
fn relative(from: &Path, to: &Path) -> String {
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

    #[test]
    fn paths_are_relative_to_the_working_directory() {
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

    #[test]
    fn the_common_folder_holds_all_of_them() {
        let common = |f: &[&str]| common_folder(&f.iter().map(Path::new).collect::<Vec<_>>());
        assert_eq!(common(&["/a/b", "/a/b/c"]), Some("/a/b".into()));
        assert_eq!(common(&["/a/bc", "/a/b"]), Some("/a".into()));
    }
}
