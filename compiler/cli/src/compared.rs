//! The two programs that are compared: from files, folders, artifacts, or a repository's past.

use crate::files::read_bytes;
use crate::output::Output;
use crate::paths::from_here;
use crate::program::{Program, Settings};
use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use warmor_compiler::artifact::reopen;
use warmor_compiler::check;
use warmor_compiler::model::Model;
use warmor_git::Snapshot;
use warmor_policy::artifact::{Artifact, Trust};
use warmor_report::{Failure, escape};

/// What a word of the command line names.
#[derive(Debug, PartialEq, Eq)]
enum Named<'a> {
    /// A file, a folder, or standard input.
    Program(&'a Path),
    /// A compiled artifact.
    Artifact(&'a Path),
    /// `git:REVISION:PATH`; without a path, the project around the working directory.
    Git(&'a str, &'a Path),
}

fn named(word: &OsStr) -> Result<Named<'_>, Failure> {
    let path = Path::new(word);
    if let Some(rest) = word.to_str().and_then(|w| w.strip_prefix("git:")) {
        let (revision, path) = rest.split_once(':').unwrap_or((rest, ""));
        if revision.is_empty() {
            return Err(Failure::new(format!("`{}` names no revision", path_text(word)))
                .help("write git:REVISION:PATH, as in git:HEAD~1:policies/shop.warmor"));
        }
        return Ok(Named::Git(revision, Path::new(if path.is_empty() { "." } else { path })));
    }
    Ok(if is_artifact(path) { Named::Artifact(path) } else { Named::Program(path) })
}

fn path_text(word: &OsStr) -> String {
    word.to_string_lossy().into_owned()
}

/// An artifact begins like every WebAssembly module, whatever it is called.
fn is_artifact(path: &Path) -> bool {
    let mut start = [0; 4];
    let mut begins =
        || std::fs::File::open(path).and_then(|mut f| f.read_exact(&mut start)).is_ok() && start == *b"\0asm";
    path.extension().is_some_and(|e| e == "wasm") || (path.is_file() && begins())
}

/// Reads both programs; `None` where one has errors, which were reported.
pub fn load(
    words: [&OsStr; 2],
    settings: &Settings,
    output: &mut Output,
) -> Result<Option<[(Program, Model); 2]>, Failure> {
    if words == ["-"; 2] {
        return Err(Failure::new("standard input cannot be both programs").help("name one of them"));
    }
    let [old, new] = words;
    let Some(old) = load_one(old, settings, output)? else { return Ok(None) };
    let Some(new) = load_one(new, settings, output)? else { return Ok(None) };
    Ok(Some([old, new]))
}

fn load_one(
    word: &OsStr,
    settings: &Settings,
    output: &mut Output,
) -> Result<Option<(Program, Model)>, Failure> {
    let program = match named(word)? {
        Named::Program(path) => Program::load(&[path.to_owned()], settings, output)?,
        Named::Git(revision, path) => at_revision(revision, path, settings, output)?,
        Named::Artifact(path) => from_artifact(path)?,
    };
    let usable = program.usable(output);
    if usable.is_none() {
        output.error_text(&format!("`{}` is not compared\n", escape(&path_text(word))));
    }
    Ok(usable)
}

/// A program as it was committed, with the places that its files have in the work tree.
fn at_revision(
    revision: &str,
    path: &Path,
    settings: &Settings,
    output: &Output,
) -> Result<Program, Failure> {
    let progress = output.progress("reading the repository");
    let snapshot = Snapshot::take(revision, path)?;
    drop(progress);
    let program = Program::load(std::slice::from_ref(&snapshot.path), settings, output)
        .map_err(|e| Failure::new(format!("at {revision}: {}", snapshot.told(e.reason(), from_here))))?;
    match snapshot.in_work_tree(&program.root) {
        Some(root) => Ok(Program { root, ..program }),
        // A manifest beside the temporary folders is nobody's.
        None => Err(Failure::new(format!("`{}` is in no project of the repository", path.display()))),
    }
}

/// The program that an artifact was compiled from. What it was compiled with is in it too: no setting of the command line applies.
fn from_artifact(path: &Path) -> Result<Program, Failure> {
    let refused = |e: &dyn std::fmt::Display| Failure::new(format!("`{}`: {e}", path.display()));
    let artifact = Artifact::read(read_bytes(path)?, Trust::AllowUnsigned).map_err(|e| refused(&e))?;
    let (sources, options) = reopen(&artifact);
    let checked = check::check(&sources, &options);
    let root = PathBuf::from(path.parent().unwrap_or(Path::new("")));
    Ok(Program { sources, root, options, checked })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_names_a_program() {
        let named = |word: &'static str| named(OsStr::new(word)).ok();
        assert_eq!(named("a.warmor"), Some(Named::Program(Path::new("a.warmor"))));
        assert_eq!(named("-"), Some(Named::Program(Path::new("-"))));
        assert_eq!(named("dist/a.wasm"), Some(Named::Artifact(Path::new("dist/a.wasm"))));
        assert_eq!(named("git:HEAD~2:a:b"), Some(Named::Git("HEAD~2", Path::new("a:b"))));
        assert_eq!(named("git:main"), Some(Named::Git("main", Path::new("."))));
        assert_eq!(named("git::a"), None);
    }
}
