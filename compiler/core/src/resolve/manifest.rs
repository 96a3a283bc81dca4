//! `warmor.toml`: what a project is called, what it is compiled for, what it depends on, which warnings matter.
//!
//! ```toml
//! [package]
//! name = "shop"
//! version = "0.1.0"
//! target = "linux-6.1"
//!
//! [dependencies]
//! baseline = { path = "../baseline" }
//!
//! [lints]
//! unused = "error"
//! ```

use super::sources::SourceFile;
use crate::diagnostics::{Code, Diagnostic, Level, Sink};
use crate::model::Target;
use crate::span::Span;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::de::{DeTable, DeValue};
use warmor_policy::schema::KernelVersion;

/// A project's manifest. What is missing or wrong in the file is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// The package of files that declare none.
    pub name: Option<String>,
    /// The project's version.
    pub version: Option<String>,
    /// What it is compiled for.
    pub target: Option<Target>,
    /// Where other packages come from, by the name the project gives them.
    pub dependencies: BTreeMap<String, Dependency>,
    /// Which warnings matter.
    pub lints: LintLevels,
}

/// Where a dependency's files are. Its modules are imported by their own package names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dependency {
    /// A folder, relative to the manifest.
    Path {
        /// The folder.
        path: String,
        /// Where it is written.
        span: Span,
    },
    /// A repository. The compiler fetches nothing: a shell does, and says so in
    /// [`Options::fetched`](crate::check::Options::fetched).
    Git {
        /// Its address.
        url: String,
        /// Which of its commits.
        revision: Revision,
        /// Where it is written.
        span: Span,
    },
}

/// Which commit of a repository is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revision {
    /// The last one of the default branch.
    Head,
    /// The last one of a branch.
    Branch(String),
    /// The one that a tag names.
    Tag(String),
    /// This one, by its whole id.
    Commit(String),
}

impl std::fmt::Display for Revision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Head => f.write_str("head"),
            Self::Branch(name) => write!(f, "branch {name}"),
            Self::Tag(name) => write!(f, "tag {name}"),
            Self::Commit(id) => write!(f, "rev {id}"),
        }
    }
}

/// Whether an address is one that a repository is fetched from. Others name programs to run.
fn is_address(url: &str) -> bool {
    let scheme = ["https://", "ssh://", "file:///"].iter().any(|s| url.starts_with(s));
    // user@host:path, as ssh writes it.
    let host = url.split_once(':').map_or("", |(host, _)| host);
    let is_word = |c: char| c.is_ascii_alphanumeric() || "@.-_".contains(c);
    let scp = host.contains('@')
        && host.starts_with(|c: char| c.is_ascii_alphanumeric())
        && host.chars().all(is_word);
    (scheme || scp) && !url.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// Whether a name of a branch or tag is one that git accepts, and no option or pattern.
fn is_reference(name: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || "._-/+".contains(c);
    !name.is_empty()
        && name.chars().all(is_word)
        && !name.starts_with(['-', '/', '.'])
        && !name.contains("..")
}

/// Levels of warnings, by group (`unused`, `expiry`, `empty`, …) or by code (`W0402`). There are no more than there are codes and groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LintLevels(Vec<(String, Level)>);

impl LintLevels {
    /// The level that is set for a warning, by its code or else by its group.
    pub fn of(&self, code: Code) -> Option<Level> {
        let of = |lint: &str| self.0.iter().find(|(name, _)| name == lint).map(|(_, level)| *level);
        of(code.id()).or_else(|| of(code.lint()?))
    }

    /// Sets the level of a group or a code; [`Level::Note`] silences it.
    pub fn set(&mut self, lint: &str, level: Level) {
        match self.0.iter_mut().find(|(name, _)| name == lint) {
            Some((_, known)) => *known = level,
            None => self.0.push((lint.to_owned(), level)),
        }
    }
}

/// The levels as the manifest writes them.
const LEVELS: [(&str, Level); 3] =
    [("allow", Level::Note), ("warn", Level::Warning), ("error", Level::Error)];

/// The groups of warnings, and the codes of all.
fn lints() -> Vec<&'static str> {
    let warnings = || Code::ALL.iter().filter(|c| c.lint().is_some());
    let mut names: Vec<&'static str> = warnings().filter_map(|c| c.lint()).collect();
    names.sort_unstable();
    names.dedup();
    names.extend(warnings().map(|c| c.id()));
    names
}

/// Parses a target: `linux-6.1`, `windows`, `macos-pf`.
impl std::str::FromStr for Target {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "windows" => return Ok(Self::Windows),
            "macos-pf" => return Ok(Self::MacosPf),
            _ => {}
        }
        let version = text.strip_prefix("linux-").and_then(|v| v.split_once('.')).ok_or(())?;
        match (version.0.parse(), version.1.parse()) {
            (Ok(major), Ok(minor)) if (KernelVersion { major, minor }) >= OLDEST_KERNEL => {
                Ok(Self::Linux(KernelVersion { major, minor }))
            }
            _ => Err(()),
        }
    }
}

/// The oldest kernel that policies can be compiled for.
const OLDEST_KERNEL: KernelVersion = KernelVersion { major: 5, minor: 10 };

struct Reader<'f, 'k> {
    file: &'f SourceFile,
    sink: &'k mut Sink,
}

/// Reads a manifest. Whatever is wrong is reported, the rest is kept.
pub(crate) fn read_manifest(file: &SourceFile, sink: &mut Sink) -> Manifest {
    let (table, errors) = DeTable::parse_recoverable(&file.text);
    let mut reader = Reader { file, sink };
    for error in &errors {
        let span = reader.span(error.span().unwrap_or(0..0));
        reader.sink.push(Diagnostic::new(Code::BadManifest, span, error.message().trim_end().to_owned()));
    }
    let mut manifest = Manifest::default();
    for (key, value) in table.get_ref() {
        let key_span = reader.span(key.span());
        let value_span = reader.span(value.span());
        match (key.get_ref().as_ref(), value.get_ref()) {
            ("package", DeValue::Table(package)) => reader.package(package, &mut manifest),
            ("dependencies", DeValue::Table(table)) => reader.dependencies(table, &mut manifest),
            ("lints", DeValue::Table(table)) => reader.lints(table, &mut manifest),
            (word @ ("package" | "dependencies" | "lints"), _) => {
                reader.bad(
                    value_span,
                    format!("`{word}` is a table"),
                    &format!("write `[{word}]` on a line of its own"),
                );
            }
            (other, _) => reader.unknown(key_span, other, &["package", "dependencies", "lints"]),
        }
    }
    manifest
}

impl Reader<'_, '_> {
    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.file.id, range.start as u32, range.end as u32)
    }

    fn bad(&mut self, span: Span, message: String, help: &str) {
        self.sink.push(Diagnostic::new(Code::BadManifestValue, span, message).help(help));
    }

    fn unknown(&mut self, span: Span, wrong: &str, known: &[&'static str]) {
        let words = known.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", ");
        self.sink.push(
            Diagnostic::new(Code::UnknownManifestKey, span, format!("there is no key `{wrong}` here"))
                .help(format!("known are {words}"))
                .did_you_mean(span, wrong, known.iter().copied()),
        );
    }

    fn text<'v>(&mut self, key: &str, value: &'v toml::Spanned<DeValue<'_>>) -> Option<&'v str> {
        if let DeValue::String(text) = value.get_ref() {
            return Some(text);
        }
        let span = self.span(value.span());
        self.bad(span, format!("`{key}` is a text"), "write it in double quotes");
        None
    }

    fn package(&mut self, table: &DeTable<'_>, manifest: &mut Manifest) {
        for (key, value) in table {
            let word = key.get_ref().as_ref();
            let span = self.span(value.span());
            match word {
                "name" => {
                    let Some(text) = self.text(word, value) else { continue };
                    let is_name = |s: &str| {
                        s.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                            && s.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
                    };
                    if text.split('.').all(is_name) {
                        manifest.name = Some(text.to_owned());
                    } else {
                        let message = format!("`{text}` is no package name");
                        self.bad(
                            span,
                            message,
                            "a name has letters, digits and `_`, with dots between words",
                        );
                    }
                }
                "version" => {
                    let Some(text) = self.text(word, value) else { continue };
                    let core = text.split(['-', '+']).next().unwrap_or_default();
                    if core.split('.').count() == 3 && core.split('.').all(|n| n.parse::<u32>().is_ok()) {
                        manifest.version = Some(text.to_owned());
                    } else {
                        self.bad(
                            span,
                            format!("`{text}` is no version"),
                            "a version is three numbers: `0.1.0`",
                        );
                    }
                }
                "target" => {
                    let Some(text) = self.text(word, value) else { continue };
                    match text.parse() {
                        Ok(target) => manifest.target = Some(target),
                        Err(()) => self.bad(
                            span,
                            format!("there is no target `{text}`"),
                            "targets are `linux-5.10` and later releases, `windows` and `macos-pf`",
                        ),
                    }
                }
                other => {
                    let at = self.span(key.span());
                    self.unknown(at, other, &["name", "version", "target"]);
                }
            }
        }
    }

    fn dependencies(&mut self, table: &DeTable<'_>, manifest: &mut Manifest) {
        for (name, value) in table {
            let span = self.span(value.span());
            let name = name.get_ref().as_ref();
            let DeValue::Table(keys) = value.get_ref() else {
                self.bad(
                    span,
                    format!("the dependency `{name}` is a table"),
                    "write `{ path = \"…\" }` or `{ git = \"…\" }`",
                );
                continue;
            };
            let (mut path, mut git) = (None, None);
            let mut revisions = Vec::new();
            for (key, value) in keys {
                match key.get_ref().as_ref() {
                    "path" => path = self.text("path", value),
                    "git" => git = self.text("git", value),
                    word @ ("rev" | "tag" | "branch") => {
                        let Some(text) = self.text(word, value) else { continue };
                        let span = self.span(value.span());
                        revisions.extend(self.revision(word, text, span));
                    }
                    other => {
                        let at = self.span(key.span());
                        self.unknown(at, other, &["path", "git", "rev", "tag", "branch"]);
                    }
                }
            }
            let dependency = match (path, git) {
                (Some(path), None) => Dependency::Path { path: path.to_owned(), span },
                (None, Some(url)) if !is_address(url) => {
                    self.bad(
                        span,
                        format!("`{url}` is no address of a repository"),
                        "write `https://…`, `ssh://…`, `user@host:path` or `file:///…`",
                    );
                    continue;
                }
                (None, Some(_)) if revisions.len() > 1 => {
                    self.bad(
                        span,
                        format!("the dependency `{name}` names more than one commit"),
                        "write one of `rev`, `tag` and `branch`",
                    );
                    continue;
                }
                (None, Some(url)) => {
                    let revision = revisions.pop().unwrap_or(Revision::Head);
                    Dependency::Git { url: url.to_owned(), revision, span }
                }
                _ => {
                    self.bad(
                        span,
                        format!("the dependency `{name}` needs one place"),
                        "write either `path` or `git`",
                    );
                    continue;
                }
            };
            manifest.dependencies.insert(name.to_owned(), dependency);
        }
    }

    fn revision(&mut self, word: &str, text: &str, span: Span) -> Option<Revision> {
        match word {
            "rev" if text.len() == 40 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) => {
                Some(Revision::Commit(text.to_owned()))
            }
            "rev" => {
                self.bad(
                    span,
                    format!("`{text}` is no commit"),
                    "write its whole id, 40 hexadecimal digits; `tag` and `branch` take names",
                );
                None
            }
            _ if !is_reference(text) => {
                self.bad(span, format!("`{text}` is no {word}"), "write the name as `git` lists it");
                None
            }
            "tag" => Some(Revision::Tag(text.to_owned())),
            _ => Some(Revision::Branch(text.to_owned())),
        }
    }

    fn lints(&mut self, table: &DeTable<'_>, manifest: &mut Manifest) {
        for (key, value) in table {
            let lint = key.get_ref().as_ref();
            let known = lints();
            if !known.contains(&lint) {
                let at = self.span(key.span());
                self.unknown(at, lint, &known);
                continue;
            }
            let Some(text) = self.text(lint, value) else { continue };
            match LEVELS.iter().find(|(word, _)| *word == text) {
                Some((_, level)) => manifest.lints.set(lint, *level),
                None => {
                    let span = self.span(value.span());
                    self.bad(
                        span,
                        format!("there is no level `{text}`"),
                        "levels are `allow`, `warn` and `error`",
                    );
                }
            }
        }
    }
}
