//! Dependencies from repositories: fetched once by `git`, kept in a cache, and pinned by `warmor.lock`.
//!
//! What a build means must not depend on what a server answers today: the lock file names commits, and a commit's id is a
//! digest of its files. Nothing of a repository is run: no hooks, no filters, no links, and only its policy files are read.

use crate::lock::{Lock, Locked};
use crate::repository::Repository;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use warmor_compiler::resolve::{Dependency, Revision};
use warmor_report::Failure;

/// The file beside the manifest that pins commits.
pub const LOCK: &str = "warmor.lock";

/// What may be done to get dependencies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fetching {
    /// Nothing is fetched: a dependency that is not in the cache is an error.
    pub offline: bool,
    /// Nothing else is pinned: a dependency that the lock file does not pin is an error.
    pub locked: bool,
}

/// A dependency's files on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The name that the project gives it.
    pub name: String,
    /// What stands before its files' paths in a compilation: the same on every machine.
    pub prefix: String,
    /// Where they are.
    pub folder: PathBuf,
}

/// All dependencies from repositories.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dependencies {
    /// Where their files are.
    pub fetched: Vec<Fetched>,
    /// What the lock file is to say, if that is not what it says.
    pub lock: Option<String>,
}

/// Sees to it that the dependencies from repositories are on the disk. `waiting` is called before each wait; what it gives is dropped after it.
///
/// # Errors
/// When a dependency cannot be had in the allowed ways, or the lock file cannot be read.
pub fn fetch<P>(
    root: &Path,
    dependencies: &BTreeMap<String, Dependency>,
    how: Fetching,
    waiting: impl Fn() -> P,
) -> Result<Dependencies, Failure> {
    let wanted: Vec<(&String, &String, &Revision)> = dependencies
        .iter()
        .filter_map(|(name, dependency)| match dependency {
            Dependency::Git { url, revision, .. } => Some((name, url, revision)),
            Dependency::Path { .. } => None,
        })
        .collect();
    if wanted.is_empty() {
        return Ok(Dependencies::default());
    }
    let old = Lock::read(&root.join(LOCK))?;
    let mut new = Lock::default();
    let mut fetched = Vec::new();
    for (name, url, revision) in wanted {
        let repository = Repository::open(name, url, how.offline)?;
        let commit = match (old.commit(name, url, revision), revision) {
            (Some(commit), _) => commit.to_owned(),
            (None, _) if how.locked => {
                return Err(Failure::new(format!("`{LOCK}` does not pin the dependency `{name}`"))
                    .help("leave out `--locked` once, and commit the file"));
            }
            (None, Revision::Commit(commit)) => commit.clone(),
            (None, _) => {
                let progress = waiting();
                let commit = repository.resolve(revision)?;
                drop(progress);
                commit
            }
        };
        let progress = waiting();
        let folder = repository.checkout(&commit)?;
        drop(progress);
        fetched.push(Fetched { name: name.clone(), prefix: format!("<{name}@{}>", &commit[..12]), folder });
        new.add(Locked { name: name.clone(), url: url.clone(), revision: revision.to_string(), commit });
    }
    let lock = (new != old && !how.locked).then(|| new.text());
    Ok(Dependencies { fetched, lock })
}
