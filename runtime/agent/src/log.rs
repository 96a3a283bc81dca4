//! `warmord log`: is an audit log whole, and where does it end? Nothing but the log's files is needed for it.

use crate::adapters::audit::{Before, json_path, rotated};
use crate::domain::chain::{Head, MAX_LINE};
use crate::domain::escape;
use crate::domain::verify::{self, Anchor, Broken, Summary, Verifier};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// What became of looking at a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every record follows from the one before.
    Whole {
        /// What was found.
        summary: Summary,
        /// The last record.
        head: Head,
    },
    /// One does not.
    Broken(Broken),
    /// Every record follows, but the one that is remembered is not among them.
    Unanchored {
        /// What was found.
        summary: Summary,
        /// The last record.
        head: Head,
        /// What is remembered.
        anchor: Anchor,
    },
    /// A file cannot be read, and why.
    Unreadable(String),
}

/// Why a log's end is not known.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// A file cannot be read.
    #[error("{path}: {error}")]
    Read {
        /// The file, fit to be shown.
        path: String,
        /// Why.
        error: io::Error,
    },
    /// It has no records.
    #[error("{path}: there are no records")]
    Empty {
        /// The file, fit to be shown.
        path: String,
    },
}

/// The last record of a log, by its files' end alone.
///
/// # Errors
/// When there is none, or a file cannot be read.
pub fn head(log: &Path) -> Result<Head, LogError> {
    let path = shown(log);
    match Before::of(log) {
        Ok(Before { head: Some(head), .. }) => Ok(head),
        Ok(_) => Err(LogError::Empty { path }),
        Err(error) => Err(LogError::Read { path, error }),
    }
}

/// Looks at all records of a log.
pub fn verify(files: &[PathBuf], anchor: Option<Anchor>) -> Verdict {
    match open(files).and_then(|files| read(files, anchor)) {
        Ok(Ok((summary, head, true))) => Verdict::Whole { summary, head },
        Ok(Ok((summary, head, false))) => match anchor {
            None => Verdict::Whole { summary, head },
            Some(anchor) => Verdict::Unanchored { summary, head, anchor },
        },
        Ok(Err(broken)) => Verdict::Broken(broken),
        Err(error) => Verdict::Unreadable(error.to_string()),
    }
}

fn shown(path: &Path) -> String {
    escape::bytes(path.as_os_str().as_bytes())
}

/// Whether a name is that of a file of JSON lines, and not that of a log.
fn is_json_lines(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().as_bytes();
    let end = name.iter().rposition(|b| !b.is_ascii_digit()).map_or(0, |at| at + 1);
    name.ends_with(b".jsonl") || end < name.len() && name[..end].ends_with(b".jsonl.")
}

/// The files of logs, oldest first, all open before the first is read: one that is put aside meanwhile stays the same file.
fn open(logs: &[PathBuf]) -> Result<Vec<(String, File)>, LogError> {
    let mut files = Vec::new();
    for log in logs {
        let paths = if is_json_lines(log) { vec![log.clone()] } else { all(log)? };
        for path in paths {
            let failed = |error| LogError::Read { path: shown(&path), error };
            files.push((shown(&path), File::open(&path).map_err(failed)?));
        }
    }
    Ok(files)
}

/// The files of one log: those that were put aside, by their numbers, and the one that is written.
fn all(log: &Path) -> Result<Vec<PathBuf>, LogError> {
    let newest = json_path(log);
    let folder = match newest.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let failed = |error| LogError::Read { path: shown(folder), error };
    let prefix = [newest.file_name().unwrap_or_default().as_bytes(), b"."].concat();
    let mut numbers = Vec::new();
    for entry in folder.read_dir().map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let number = name.as_bytes().strip_prefix(prefix.as_slice());
        let number = number.and_then(|digits| str::from_utf8(digits).ok()?.parse::<u32>().ok());
        numbers.extend(number.filter(|n| rotated(&newest, *n).file_name() == Some(&name)));
    }
    numbers.sort_unstable();
    let mut paths: Vec<PathBuf> = numbers.into_iter().rev().map(|n| rotated(&newest, n)).collect();
    // Between putting a file aside and making the next there is none for a moment.
    if newest.exists() || paths.is_empty() {
        paths.push(newest);
    }
    Ok(paths)
}

type Read = Result<(Summary, Head, bool), Broken>;

fn read(files: Vec<(String, File)>, anchor: Option<Anchor>) -> Result<Read, LogError> {
    let mut verifier = Verifier::new(anchor);
    for (name, file) in files {
        let mut reader = BufReader::new(file);
        verifier.begin(&name);
        let mut line = Vec::new();
        loop {
            line.clear();
            // One more than a line may have, and its end.
            let taken = reader.by_ref().take(MAX_LINE as u64 + 2).read_until(b'\n', &mut line);
            match taken {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => return Err(LogError::Read { path: name, error }),
            }
            let step = match line.split_last() {
                Some((b'\n', line)) => verifier.line(line),
                _ if line.len() > MAX_LINE => verifier.line(&line),
                _ => Err(verifier.cut_off()),
            };
            if let Err(broken) = step {
                return Ok(Err(broken));
            }
        }
        if let Err(broken) = verifier.end() {
            return Ok(Err(broken));
        }
    }
    Ok(verifier.finish())
}

impl Verdict {
    /// The exit code that says it.
    pub fn code(&self) -> u8 {
        match self {
            Self::Whole { .. } => 0,
            Self::Broken(_) | Self::Unanchored { .. } => 1,
            Self::Unreadable(_) => 2,
        }
    }

    /// For people, by lines.
    pub fn lines(&self) -> Vec<String> {
        match self {
            Self::Whole { summary, head } => {
                let mut lines =
                    vec![format!("whole: {} record(s) in {} file(s)", summary.records, summary.files.len())];
                lines.extend(notes(summary));
                lines.push(format!("  head {}:{}", head.number, head.hash));
                lines
            }
            Self::Broken(Broken { file, line, record, fault }) => {
                let record = record.map_or_else(String::new, |n| format!("record {n}: "));
                match line {
                    0 => vec![format!("broken: {file}: {record}{fault}")],
                    line => vec![format!("broken: {file}:{line}: {record}{fault}")],
                }
            }
            Self::Unanchored { summary, head, anchor } => {
                vec![
                    format!("broken: {}", unanchored(summary, *head, *anchor)),
                    format!("  each of the {} record(s) follows from the one before", summary.records),
                    format!("  head {}:{}", head.number, head.hash),
                ]
            }
            Self::Unreadable(error) => vec![format!("error: {error}")],
        }
    }

    /// For programs.
    pub fn json(&self) -> String {
        let value = match self {
            Self::Whole { summary, head } => described("whole", summary, *head, None),
            Self::Unanchored { summary, head, anchor } => {
                described("broken", summary, *head, Some(unanchored(summary, *head, *anchor)))
            }
            Self::Broken(Broken { file, line, record, fault }) => json!({
                "verdict": "broken",
                "file": file,
                "line": line,
                "record": record,
                "why": fault.to_string(),
            }),
            Self::Unreadable(error) => json!({ "verdict": "unreadable", "why": error }),
        };
        escape::json(&value.to_string())
    }
}

/// Why a record that is remembered is not there.
fn unanchored(summary: &Summary, head: Head, anchor: Anchor) -> String {
    let first = summary.files.first().map_or(0, |file| file.first);
    match anchor.number {
        Some(number) if number + 1 < first => {
            format!("record {number} is no longer kept: the files begin with record {first}")
        }
        Some(number) if number > head.number => {
            format!("record {number} is not there: the files end with record {}", head.number)
        }
        Some(number) => format!("record {number} is another than the one that is remembered"),
        None => "no record has the hash that is remembered".to_owned(),
    }
}

fn notes(summary: &Summary) -> Vec<String> {
    let mut notes: Vec<String> = Vec::new();
    for file in &summary.files {
        let last = file.first + file.records.saturating_sub(1);
        notes.push(format!("  {}: records {} to {last}", file.name, file.first));
    }
    let first = summary.files.first().map_or(0, |file| file.first);
    if first > 0 {
        notes.push(format!("  records before {first} are not in these files"));
    }
    let counted = [
        (summary.missing, "report(s) are missing, as the log itself says in"),
        (summary.crashes, "time(s) the agent ended without closing the log"),
        (summary.torn, "line(s) were cut off when the agent or the machine was stopped"),
        (summary.set_back, "time(s) the clock was set back"),
        (summary.replaced, "time(s) a file was removed, renamed or made shorter under the agent"),
    ];
    for (number, what) in counted.into_iter().filter(|(number, _)| *number > 0) {
        let gaps = if what.ends_with(" in") { format!(" {} gap(s)", summary.gaps) } else { String::new() };
        notes.push(format!("  {number} {what}{gaps}"));
    }
    notes
}

fn described(verdict: &str, summary: &Summary, head: Head, why: Option<String>) -> Value {
    let file = |f: &verify::File| json!({ "name": f.name, "first": f.first, "records": f.records });
    json!({
        "verdict": verdict,
        "why": why,
        "records": summary.records,
        "files": summary.files.iter().map(file).collect::<Vec<_>>(),
        "head": { "number": head.number, "hash": head.hash.to_string() },
        "starts": summary.starts,
        "unclosed": summary.crashes,
        "gaps": summary.gaps,
        "missing": summary.missing,
        "cut_off": summary.torn,
        "clock_set_back": summary.set_back,
        "replaced": summary.replaced,
    })
}
