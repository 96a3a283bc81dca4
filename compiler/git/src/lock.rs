//! `warmor.lock`: which commit each dependency stands for.

use std::path::Path;
use warmor_compiler::resolve::Revision;
use warmor_report::Failure;

/// The first line of the file; another number is another form.
const HEAD: &str =
    "# Written by warmorc. Commit it: it says which commit each dependency stands for.\nversion = 1\n";

/// One dependency's commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locked {
    pub name: String,
    pub url: String,
    /// What the manifest asked for when it was pinned.
    pub revision: String,
    pub commit: String,
}

/// All of them, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock(Vec<Locked>);

impl Lock {
    /// Reads the file; one that is not there pins nothing.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(e) => return Err(Failure::new(format!("`{}` cannot be read: {e}", path.display()))),
        };
        Self::parse(&text).ok_or_else(|| {
            Failure::new(format!("`{}` is not a lock file of this release", path.display()))
                .help("it is written by warmorc: take it back from version control, or remove it to pin anew")
        })
    }

    /// The lines that [`text`](Self::text) writes, and nothing else.
    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_prefix(HEAD)?.lines();
        let mut list = Vec::new();
        while let Some(line) = lines.next() {
            if line.is_empty() {
                continue;
            }
            if line != "[[dependency]]" {
                return None;
            }
            let mut value = |key: &str| -> Option<String> {
                let quoted = lines.next()?.strip_prefix(key)?.strip_prefix(" = ")?;
                serde_json::from_str(quoted).ok()
            };
            let locked = Locked {
                name: value("name")?,
                url: value("git")?,
                revision: value("revision")?,
                commit: value("commit")?,
            };
            let is_commit = locked.commit.len() == 40 && locked.commit.bytes().all(|b| b.is_ascii_hexdigit());
            list.push(is_commit.then_some(locked)?);
        }
        Some(Self(list))
    }

    /// The file. A JSON string is a TOML string.
    pub fn text(&self) -> String {
        let mut text = HEAD.to_owned();
        for Locked { name, url, revision, commit } in &self.0 {
            let quote = |s: &str| serde_json::Value::from(s).to_string();
            text += &format!(
                "\n[[dependency]]\nname = {}\ngit = {}\nrevision = {}\ncommit = {}\n",
                quote(name),
                quote(url),
                quote(revision),
                quote(commit)
            );
        }
        text
    }

    /// The commit of a dependency, unless the manifest asks for something else by now.
    pub fn commit(&self, name: &str, url: &str, revision: &Revision) -> Option<&str> {
        let revision = revision.to_string();
        let same = |l: &&Locked| l.name == name && l.url == url && l.revision == revision;
        self.0.iter().find(same).map(|l| l.commit.as_str())
    }

    /// Adds one; by name, as the manifest gives them.
    pub fn add(&mut self, locked: Locked) {
        self.0.push(locked);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut lock = Lock::default();
        assert_eq!(Lock::parse(&lock.text()), Some(lock.clone()));
        for name in ["a", "b\"\n"] {
            lock.add(Locked {
                name: name.to_owned(),
                url: "https://example.org/x.git".to_owned(),
                revision: "tag v1".to_owned(),
                commit: "0123456789abcdef0123456789abcdef01234567".to_owned(),
            });
        }
        assert_eq!(Lock::parse(&lock.text()), Some(lock.clone()));
        let text = lock.text();
        assert_eq!(Lock::parse(&text.replace("version = 1", "version = 2")), None);
        assert_eq!(Lock::parse(&text.replace("01234567\"", "0123\"")), None);
        assert_eq!(Lock::parse(&text.replace("revision", "rev")), None);
    }
}
