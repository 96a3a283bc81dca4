//! What the run before has left: its last record, and lines that it could not write to their end.

use super::{json_path, rotated};
use crate::domain::chain::{Head, Link, MAX_LINE};
use crate::domain::records::Torn;
use crate::domain::verify::MAX_TORN;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::Path;

/// What is known of the runs before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Before {
    /// The last record.
    pub head: Option<Head>,
    /// When it was written.
    pub time: Option<String>,
    /// Whether the last run ended in order.
    pub closed: bool,
    /// The boot in which the last file was begun. With another, kernel programs of that run are gone.
    pub boot: Option<String>,
    /// The greatest report's number of each CPU that the log knows of the last run. Reports of which nothing was to be said are in
    /// it only if the run ended in order.
    pub last_seen: BTreeMap<u32, u64>,
}

/// What is at the end of the file that records go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// A record, or nothing at all: records can follow.
    Clean,
    /// A record without its line end.
    Unfinished,
    /// Lines that are none; whether the last of them has a line end.
    Torn(Vec<Torn>, bool),
    /// Something else than this log.
    Foreign,
}

/// Looks at the end of a log.
pub(super) fn look(log: &Path) -> io::Result<(Before, End)> {
    let json = json_path(log);
    let mut before = Before::default();
    let end = match File::open(&json) {
        Ok(file) => before.read(file)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => End::Clean,
        Err(error) => return Err(error),
    };
    if before.head.is_none() && end != End::Foreign {
        // The file is new: a run was stopped between beginning and writing it.
        match File::open(rotated(&json, 1)) {
            Ok(file) => {
                before.read(file)?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok((before, end))
}

impl Before {
    /// What the end of a log tells.
    ///
    /// # Errors
    /// When a file is there and cannot be read.
    pub fn of(log: &Path) -> io::Result<Self> {
        look(log).map(|(before, _)| before)
    }

    /// Reads a file's first line, and as much of its end as the longest record and what may follow it take.
    fn read(&mut self, file: File) -> io::Result<End> {
        let length = file.metadata()?.len();
        let mut reader = BufReader::new(file);
        let mut first = Vec::new();
        reader.by_ref().take(MAX_LINE as u64).read_until(b'\n', &mut first)?;
        if let Some(first) = value(&first) {
            self.boot = first["boot"].as_str().map(str::to_owned);
        }
        let window = length.min(2 * MAX_LINE as u64);
        reader.seek(SeekFrom::Start(length - window))?;
        let mut bytes = Vec::new();
        reader.take(window).read_to_end(&mut bytes)?;
        Ok(self.learn(&bytes, window == length))
    }

    /// Learns from a file's last bytes; `whole` if they are all.
    fn learn(&mut self, bytes: &[u8], whole: bool) -> End {
        let ended = bytes.last().is_none_or(|b| *b == b'\n');
        let mut lines: Vec<&[u8]> = bytes.split(|b| *b == b'\n').collect();
        if ended {
            lines.pop();
        }
        if !whole && !lines.is_empty() {
            // Where the window begins, a line does not.
            lines.remove(0);
        }
        let torn = lines.iter().rev().take_while(|line| Link::parse(line).is_none()).count();
        let (records, torn) = lines.split_at(lines.len() - torn);
        for value in records.iter().filter_map(|line| value(line)) {
            self.take(&value);
        }
        self.head = records.last().and_then(|line| Link::parse(line)).map(|link| link.head);
        if torn.len() > MAX_TORN || torn.iter().any(|line| line.len() > MAX_LINE) {
            End::Foreign
        } else if records.is_empty() && !(whole && torn.len() <= 1 && !ended) && !bytes.is_empty() {
            // One torn line alone is how a file's first record is cut off.
            End::Foreign
        } else if !torn.is_empty() {
            End::Torn(torn.iter().map(|line| Torn::of(line)).collect(), ended)
        } else if ended {
            End::Clean
        } else {
            End::Unfinished
        }
    }

    fn take(&mut self, record: &Value) {
        self.time = record["time"].as_str().map(str::to_owned).or(self.time.take());
        self.closed = record["record"] == "closed";
        if record["record"] == "opened" && record["why"] == "started" {
            self.last_seen.clear();
            self.boot = record["boot"].as_str().map(str::to_owned);
        }
        let number = |value: &Value| value.as_u64();
        let mut seen = |cpu: Option<u64>, last: Option<u64>| {
            if let (Some(cpu), Some(last)) = (cpu.and_then(|c| u32::try_from(c).ok()), last) {
                let known = self.last_seen.entry(cpu).or_default();
                *known = last.max(*known);
            }
        };
        seen(number(&record["cpu"]), number(&record["sequence"]));
        for (cpu, last) in record["sequences"].as_object().into_iter().flatten() {
            seen(cpu.parse().ok(), number(last));
        }
    }
}

fn value(line: &[u8]) -> Option<Value> {
    serde_json::from_slice(line).ok()
}

/// Whether a file's last line has no end.
pub(super) fn ends_within_a_line(path: &Path) -> io::Result<bool> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}
