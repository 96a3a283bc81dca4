//! Policy files of a repository as they were at a revision, without touching its work tree.
//!
//! The files come out of `git cat-file`, as they were committed: no checkout, so no hook, no filter and no link takes effect. They are
//! written to a folder of their own, in which a program is found by the same rules as anywhere.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use warmor_compiler::resolve::{MANIFEST, absolute, relative};
use warmor_report::{Failure, escape_bytes};

/// Most files that are taken out of a revision.
const MAX_FILES: usize = 10_000;
/// Most bytes of all of them.
const MAX_BYTES: u64 = 256 << 20;

/// The policy files, manifests and lock files of a commit.
#[derive(Debug)]
pub struct Snapshot {
    /// The folder that they were written to; gone when this is dropped.
    folder: PathBuf,
    /// The work tree's folder, where people know the files.
    pub top: PathBuf,
    /// What was asked for, in the snapshot.
    pub path: PathBuf,
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        // What cannot be removed is left to the system's own cleaning.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Snapshot {
    /// Takes the files out of the repository around `path`, which is relative to the working directory and need not be there any more.
    ///
    /// # Errors
    /// When there is no `git`, no repository, no such revision or path, or no place for the files.
    pub fn take(revision: &str, path: &Path) -> Result<Self, Failure> {
        let here = std::env::current_dir().map_err(|e| Failure::new(format!("no working directory: {e}")))?;
        let wanted = absolute(&here, path);
        let inside = wanted.ancestors().find(|f| f.is_dir()).unwrap_or(&here).to_owned();
        let git = Git { folder: inside };
        let top = git.line(&["rev-parse", "--show-toplevel"])?;
        let top = PathBuf::from(top);
        let named = format!("{revision}^{{commit}}");
        let commit = git
            .line(&["rev-parse", "--verify", "--quiet", "--end-of-options", &named])
            .map_err(|_| unknown(revision, &top))?;
        // Git gives the folder without links.
        let real = |path: &Path| {
            let there = path.ancestors().find(|f| f.exists())?;
            Some(there.canonicalize().ok()?.join(path.strip_prefix(there).ok()?))
        };
        let within = real(&wanted).unwrap_or(wanted);
        let Ok(within) = within.strip_prefix(&top) else {
            return Err(Failure::new(format!(
                "`{}` is outside of the repository `{}`",
                path.display(),
                top.display()
            )));
        };
        let entries = git.entries(&commit)?;
        let within_text = relative(Path::new(""), within);
        let below = |e: &Entry| e.path == within_text || e.path.starts_with(&format!("{within_text}/"));
        if !within_text.is_empty() && !git.has(&commit, &within_text) {
            return Err(Failure::new(format!("`{}` is not in {revision}", path.display()))
                .help("paths are those from the working directory"));
        }
        let folder = private_folder()?;
        let snapshot = Self { path: folder.join(within), folder, top };
        // A folder without any policy file is found to be empty, not missing.
        if !entries.iter().any(below) {
            std::fs::create_dir_all(&snapshot.path).map_err(|e| snapshot.failed(&e))?;
        }
        snapshot.write(&git, &entries)?;
        Ok(snapshot)
    }

    /// Where a folder of the snapshot is in the work tree; `None` for one that is not in the snapshot.
    pub fn in_work_tree(&self, folder: &Path) -> Option<PathBuf> {
        folder.strip_prefix(&self.folder).ok().map(|inside| self.top.join(inside))
    }

    /// A message with the names that people know in place of those of the snapshot. `shown` is how the message writes paths.
    pub fn told(&self, message: &str, shown: impl Fn(&Path) -> PathBuf) -> String {
        let (here, there) = (shown(&self.folder), shown(&self.top));
        let message = message.replace(&*here.to_string_lossy(), &there.to_string_lossy());
        message.replace(&*self.folder.to_string_lossy(), &self.top.to_string_lossy())
    }

    fn failed(&self, e: &std::io::Error) -> Failure {
        Failure::new(format!("`{}`: {e}", self.folder.display()))
    }

    fn write(&self, git: &Git, entries: &[Entry]) -> Result<(), Failure> {
        let mut command = git.command(&["cat-file", "--batch"]);
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut child = child.map_err(|e| not_run(&e))?;
        let ids: String = entries.iter().map(|e| format!("{}\n", e.id)).collect();
        let input = child.stdin.take();
        // Written by a thread of its own: git answers while it still reads.
        let asking = std::thread::spawn(move || input.map(|mut input| input.write_all(ids.as_bytes())));
        let mut output = std::io::BufReader::new(child.stdout.take().ok_or_else(broken)?);
        for entry in entries {
            let text = blob(&mut output, entry.size).ok_or_else(broken)?;
            let path = self.folder.join(&entry.path);
            let parent = path.parent().unwrap_or(&self.folder);
            std::fs::create_dir_all(parent).map_err(|e| self.failed(&e))?;
            std::fs::write(&path, text).map_err(|e| self.failed(&e))?;
        }
        let asked = asking.join();
        let finished = child.wait().is_ok_and(|status| status.success());
        if finished && matches!(asked, Ok(Some(Ok(())))) { Ok(()) } else { Err(broken()) }
    }
}

fn unknown(revision: &str, top: &Path) -> Failure {
    Failure::new(format!("there is no revision `{revision}` in `{}`", top.display()))
        .help("a clone that is not deep enough lacks older ones: `git fetch --unshallow`, or `fetch-depth: 0` in CI")
}

fn broken() -> Failure {
    Failure::new("`git cat-file` does not give the files that `git ls-tree` lists")
}

fn not_run(e: &std::io::Error) -> Failure {
    Failure::new(format!("`git` cannot be run: {e}")).help("install git; or compare files and folders")
}

/// One blob of `git cat-file --batch`: a line that ends with its size, its bytes, a line break.
fn blob(output: &mut impl Read, size: u64) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    let mut byte = [0];
    while byte != *b"\n" {
        output.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
        if head.len() > 256 {
            return None;
        }
    }
    let head = String::from_utf8(head).ok()?;
    let given: u64 = head.trim_end().strip_suffix(&size.to_string()).map(|_| size)?;
    let mut text = vec![0; usize::try_from(given).ok()?];
    output.read_exact(&mut text).ok()?;
    output.read_exact(&mut byte).ok()?;
    Some(text)
}

/// A new folder that nobody else reads or writes.
fn private_folder() -> Result<PathBuf, Failure> {
    let base = std::env::temp_dir();
    let mut error = None;
    for number in 0..1_000 {
        let folder = base.join(format!("warmorc-{}-{number}", std::process::id()));
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        match builder.create(&folder) {
            Ok(()) => {
                return folder
                    .canonicalize()
                    .map_err(|e| Failure::new(format!("`{}`: {e}", folder.display())));
            }
            Err(e) => error = Some(e),
        }
    }
    let why = error.map_or(String::new(), |e| format!(": {e}"));
    Err(Failure::new(format!("there is no place for temporary files in `{}`{why}", base.display())))
}

/// A file of a commit.
struct Entry {
    id: String,
    size: u64,
    /// From the top of the repository.
    path: String,
}

/// `git`, in a folder of the repository.
struct Git {
    folder: PathBuf,
}

impl Git {
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.arg("-C").arg(&self.folder).args(words);
        // Nothing is fetched on the way, and nobody is asked for a password.
        command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_NO_LAZY_FETCH", "1").env("GIT_OPTIONAL_LOCKS", "0");
        command
    }

    fn output(&self, words: &[&str]) -> Result<Vec<u8>, Failure> {
        let output = self.command(words).output().map_err(|e| not_run(&e))?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let why = escape_bytes(output.stderr.trim_ascii()).replace("\\n", "\n");
        Err(Failure::new(format!("`{}`: git says: {why}", self.folder.display())))
    }

    fn line(&self, words: &[&str]) -> Result<String, Failure> {
        let output = self.output(words)?;
        Ok(String::from_utf8_lossy(&output).trim_end_matches('\n').to_owned())
    }

    /// Whether the commit has such a file or folder.
    fn has(&self, commit: &str, path: &str) -> bool {
        self.output(&["cat-file", "-e", &format!("{commit}:{path}")]).is_ok()
    }

    /// The policy files, manifests and lock files of a commit. Links are left out, and what is in submodules.
    fn entries(&self, commit: &str) -> Result<Vec<Entry>, Failure> {
        let list = self.output(&["ls-tree", "-r", "-z", "--full-tree", "--long", commit])?;
        let mut entries = Vec::new();
        let mut bytes = 0;
        for line in list.split(|b| *b == 0).filter(|l| !l.is_empty()) {
            // "100644 blob ID SIZE\tPATH"; a path that is not UTF-8 is no policy file's.
            let Some((head, path)) = str::from_utf8(line).ok().and_then(|l| l.split_once('\t')) else {
                continue;
            };
            let words: Vec<&str> = head.split_whitespace().collect();
            let [mode, "blob", id, size] = words.as_slice() else { continue };
            let name = path.rsplit('/').next().unwrap_or(path);
            let wanted = name == MANIFEST || name == "warmor.lock" || name.ends_with(".warmor");
            if !wanted || *mode == "120000" || path.split('/').any(|part| matches!(part, "" | "." | "..")) {
                continue;
            }
            let size: u64 = size.parse().map_err(|_| broken())?;
            bytes += size;
            entries.push(Entry { id: (*id).to_owned(), size, path: path.to_owned() });
            if entries.len() > MAX_FILES || bytes > MAX_BYTES {
                return Err(Failure::new(format!(
                    "the revision has more than {MAX_FILES} policy files, or {} MiB of them",
                    MAX_BYTES >> 20
                )));
            }
        }
        Ok(entries)
    }
}
