//! One repository in the cache: a bare copy of what was fetched, and a folder for each commit that is used.

use std::path::PathBuf;
use std::process::Command;
use warmor_compiler::resolve::Revision;
use warmor_report::{Failure, escape_bytes};

/// A dependency's repository.
pub struct Repository {
    name: String,
    url: String,
    /// `CACHE/git/URL`: `repository` in it is bare, every other folder is named by its commit.
    folder: PathBuf,
    offline: bool,
}

impl Repository {
    /// Nothing is fetched yet.
    pub fn open(name: &str, url: &str, offline: bool) -> Result<Self, Failure> {
        let folder = cache()?.join("git").join(file_name(url));
        Ok(Self { name: name.to_owned(), url: url.to_owned(), folder, offline })
    }

    /// The commit that a branch, a tag or the default branch stands for now.
    pub fn resolve(&self, revision: &Revision) -> Result<String, Failure> {
        let reference = match revision {
            Revision::Head => "HEAD".to_owned(),
            Revision::Branch(name) => format!("refs/heads/{name}"),
            Revision::Tag(name) => format!("refs/tags/{name}"),
            Revision::Commit(commit) => return Ok(commit.clone()),
        };
        if self.offline {
            return Err(self.not_cached());
        }
        // A tag can be an object of its own; the commit that it is about is listed with `^{}`.
        let peeled = format!("{reference}^{{}}");
        let list = self.run(Command::new("git").args(["ls-remote", "--", &self.url, &reference, &peeled]))?;
        let named = |name: &str| {
            list.lines().filter_map(|line| line.split_once('\t')).find(|(_, n)| *n == name).map(|(id, _)| id)
        };
        match named(&peeled).or_else(|| named(&reference)) {
            Some(id) if id.len() == 40 && id.bytes().all(|b| b.is_ascii_hexdigit()) => Ok(id.to_owned()),
            _ => Err(self.failure(&format!("it has no {revision}"))),
        }
    }

    /// The folder with the files of a commit, fetched if it is not in the cache.
    pub fn checkout(&self, commit: &str) -> Result<PathBuf, Failure> {
        let folder = self.folder.join(commit);
        if folder.is_dir() {
            return Ok(folder);
        }
        let known = format!("{commit}^{{commit}}");
        let is_known =
            || self.bare().is_dir() && self.run(self.git_command().args(["cat-file", "-e", &known])).is_ok();
        if !is_known() {
            // A server may refuse single commits that no name leads to; then all its names are asked for.
            self.fetch(&["--depth", "1"], commit).or_else(|_| self.fetch(&[], "refs/*:refs/*"))?;
            if !is_known() {
                return Err(self.failure(&format!("it has no commit {commit}")));
            }
        }
        // Written aside and moved: two compilers at once see all files or none.
        let aside = self.folder.join(format!("{commit}.{}", std::process::id()));
        let cannot = |e: std::io::Error| self.failure(&format!("`{}`: {e}", aside.display()));
        std::fs::create_dir_all(&aside).map_err(cannot)?;
        let index = aside.with_extension("index");
        self.run(
            self.git_command()
                .arg("--work-tree")
                .arg(&aside)
                .args(["checkout", "--force", commit, "--", "."])
                .env("GIT_INDEX_FILE", &index),
        )?;
        // Nobody reads it again.
        let _ = std::fs::remove_file(&index);
        match std::fs::rename(&aside, &folder) {
            Ok(()) => {}
            // Somebody else was faster, with the same files.
            Err(_) if folder.is_dir() => {
                // What is left aside does no harm.
                let _ = std::fs::remove_dir_all(&aside);
            }
            Err(e) => return Err(cannot(e)),
        }
        Ok(folder)
    }

    fn bare(&self) -> PathBuf {
        self.folder.join("repository")
    }

    /// Asks the server for one thing.
    fn fetch(&self, depth: &[&str], what: &str) -> Result<(), Failure> {
        if self.offline {
            return Err(self.not_cached());
        }
        if !self.bare().is_dir() {
            std::fs::create_dir_all(&self.folder).map_err(|e| self.failure(&e.to_string()))?;
            let bare = self.bare();
            self.run(Command::new("git").args(["init", "--quiet", "--bare", "--"]).arg(&bare))?;
        }
        self.run(
            self.git_command()
                .args(["fetch", "--quiet", "--no-tags"])
                .args(depth)
                .args(["--", &self.url, what]),
        )?;
        Ok(())
    }

    fn not_cached(&self) -> Failure {
        Failure::new(format!("the dependency `{}` is not in the cache", self.name))
            .help("leave out `--offline` once")
    }

    /// `git` in the bare repository.
    fn git_command(&self) -> Command {
        let mut command = Command::new("git");
        command.arg("--git-dir").arg(self.bare());
        // A repository's own hooks, links and filters are nobody's to run here.
        for setting in [
            "core.hooksPath=/dev/null",
            "core.symlinks=false",
            "filter.lfs.smudge=",
            "filter.lfs.process=",
            "filter.lfs.required=false",
        ] {
            command.args(["-c", setting]);
        }
        command
    }

    fn run(&self, command: &mut Command) -> Result<String, Failure> {
        command
            .env("GIT_TERMINAL_PROMPT", "0")
            // Others run programs of the address's choosing.
            .env("GIT_ALLOW_PROTOCOL", "https:ssh:file")
            .env_remove("GIT_DIR")
            .env_remove("GIT_WORK_TREE");
        let output = command.output().map_err(|e| {
            self.failure(&format!("`git` cannot be run: {e}"))
                .help("install git; or keep the files in the project and name their `path`")
        })?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let why = escape_bytes(output.stderr.trim_ascii());
        Err(self.failure(&format!("git says: {}", why.replace("\\n", "\n"))))
    }

    fn failure(&self, why: &str) -> Failure {
        Failure::new(format!("the dependency `{}` cannot be fetched from `{}`: {why}", self.name, self.url))
    }
}

/// The folder for what can be fetched again.
fn cache() -> Result<PathBuf, Failure> {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    set("WARMOR_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|c| c.join("warmor")))
        .or_else(|| set("HOME").map(|h| h.join(".cache/warmor")))
        .filter(|path| path.is_absolute())
        .ok_or_else(|| {
            Failure::new("there is no folder for fetched dependencies")
                .help("set WARMOR_CACHE, or HOME, to a folder by its whole path")
        })
}

/// An address as the name of one folder: different addresses have different names.
fn file_name(url: &str) -> String {
    let mut name = String::new();
    for b in url.bytes() {
        match b {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => name.push(b as char),
            b'.' if !name.is_empty() => name.push('.'),
            other => name += &format!("%{other:02x}"),
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::file_name;
    use std::path::Path;

    #[test]
    fn addresses_have_names_of_their_own() {
        assert_eq!(file_name("https://a.org/b.git"), "https%3a%2f%2fa.org%2fb.git");
        assert_eq!(file_name("../x"), "%2e.%2fx");
        assert_ne!(file_name("https://a.org/B"), file_name("https://a.org/b"));
        assert!(Path::new(&file_name("file:///../..")).components().count() == 1);
    }
}
