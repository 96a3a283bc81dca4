//! Dependencies from repositories: fetched once by `git`, kept in a cache, and pinned by `warmor.lock`.
//!
//! What a build means must not depend on what a server answers today: the lock file names commits, and a commit's id is a
//! digest of its files. Nothing of a repository is run: no hooks, no filters, no links, and only its policy files are read.

mod lock;
mod repository;

use crate::files::write_bytes;
use crate::output::Output;
use lock::{Lock, Locked};
use repository::Repository;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use warmor_compiler::resolve::{Dependency, Revision};
use warmor_report::Failure;

/// The file beside the manifest that pins commits.
const LOCK: &str = "warmor.lock";

/// What may be done to get dependencies.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Fetching {
    /// Fetches nothing: a dependency that is not in the cache is an error
    #[arg(long)]
    offline: bool,
    /// Changes nothing in `warmor.lock`: a dependency that it does not pin is an error
    #[arg(long)]
    locked: bool,
}

/// A dependency's files on the disk.
pub struct Fetched {
    /// The name that the project gives it.
    pub name: String,
    /// What stands before its files' paths in a compilation: the same on every machine.
    pub prefix: String,
    /// Where they are.
    pub folder: PathBuf,
}

/// Sees to it that the dependencies from repositories are on the disk.
pub fn fetch(
    root: &Path,
    dependencies: &BTreeMap<String, Dependency>,
    how: &Fetching,
    out: &Output,
) -> Result<Vec<Fetched>, Failure> {
    let wanted: Vec<(&String, &String, &Revision)> = dependencies
        .iter()
        .filter_map(|(name, dependency)| match dependency {
            Dependency::Git { url, revision, .. } => Some((name, url, revision)),
            Dependency::Path { .. } => None,
        })
        .collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let path = root.join(LOCK);
    let old = Lock::read(&path)?;
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
                let progress = out.progress("fetching");
                let commit = repository.resolve(revision)?;
                drop(progress);
                commit
            }
        };
        let progress = out.progress("fetching");
        let folder = repository.checkout(&commit)?;
        drop(progress);
        fetched.push(Fetched { name: name.clone(), prefix: format!("<{name}@{}>", &commit[..12]), folder });
        new.add(Locked { name: name.clone(), url: url.clone(), revision: revision.to_string(), commit });
    }
    if new != old && !how.locked {
        write_bytes(&path, new.text().as_bytes())?;
    }
    Ok(fetched)
}
