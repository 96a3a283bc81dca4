//! Is a log whole? Line by line, with bounded memory, across the files of one chain, oldest first.

use super::chain::{Head, Link, MAX_LINE};
use super::records::Torn;
use serde_json::Value;
use std::fmt;
use warmor_policy::artifact::Digest;

/// So many lines in a row can be cut off, each by another end of a run, and be made up for.
pub const MAX_TORN: usize = 16;

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A file does not begin as files of this log do.
    Beginning,
    /// It is no record, and no record after it says that it was cut off.
    NoRecord,
    /// It is longer than any record.
    TooLong,
    /// The last line has no end: the agent was stopped while writing it, or somebody removed bytes.
    CutOff,
    /// Another record should stand here.
    Number {
        /// The number that it should have.
        expected: u64,
        /// The number that it has.
        found: u64,
    },
    /// Its hash is not that of its contents after the record before.
    Hash,
    /// The hash that it gives of the record before is not that record's.
    Previous,
    /// There are no records at all.
    Empty,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Beginning => f.write_str("a file begins with a record `opened`, and this one does not"),
            Self::NoRecord => f.write_str("this line is no record"),
            Self::TooLong => write!(f, "this line is longer than {MAX_LINE} bytes, and no record is"),
            Self::CutOff => f.write_str(
                "the last line is cut off (an agent that starts again records that, and then the log is whole)",
            ),
            Self::Number { expected, found } => {
                write!(f, "record {expected} should stand here, and record {found} does")
            }
            Self::Hash => f.write_str(
                "the hash is not that of this record after the one before: one of the two was changed",
            ),
            Self::Previous => {
                f.write_str("`previous` is not the hash of the last record before: records are missing, or others")
            }
            Self::Empty => f.write_str("there are no records"),
        }
    }
}

/// The first thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The file.
    pub file: String,
    /// The line, from 1; 0 for the file as a whole.
    pub line: u64,
    /// The number of the record, where the line says one.
    pub record: Option<u64>,
    /// What.
    pub fault: Fault,
}

/// A file of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: String,
    /// Its records.
    pub records: u64,
    /// The number of the first.
    pub first: u64,
}

/// What was found in a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The files, oldest first.
    pub files: Vec<File>,
    /// Records.
    pub records: u64,
    /// How often the agent started.
    pub starts: u64,
    /// How often it started without having ended in order before.
    pub crashes: u64,
    /// Records of gaps.
    pub gaps: u64,
    /// Reports that these say are missing.
    pub missing: u64,
    /// Lines that were cut off, and are said to be.
    pub torn: u64,
    /// How often the clock was set back.
    pub set_back: u64,
    /// How often a file was removed, renamed or made shorter under the agent.
    pub replaced: u64,
}

/// A record that somebody remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// Its number, if that is remembered too.
    pub number: Option<u64>,
    /// Its hash.
    pub hash: Digest,
}

impl Anchor {
    /// Reads `HASH` or `NUMBER:HASH`.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':') {
            None => Some(Self { number: None, hash: Digest::parse(text)? }),
            Some((number, hash)) => {
                Some(Self { number: Some(number.parse().ok()?), hash: Digest::parse(hash)? })
            }
        }
    }

    fn is(self, head: Head) -> bool {
        self.hash == head.hash && self.number.is_none_or(|n| n == head.number)
    }
}

/// Reads a log.
#[derive(Debug, Default)]
pub struct Verifier {
    anchor: Option<Anchor>,
    anchored: bool,
    head: Option<Head>,
    line: u64,
    torn: Vec<(u64, Torn)>,
    closed: bool,
    summary: Summary,
}

impl Verifier {
    /// Looks for a record that is remembered, if there is one.
    pub fn new(anchor: Option<Anchor>) -> Self {
        Self { anchor, ..Self::default() }
    }

    /// The next file begins.
    pub fn begin(&mut self, name: &str) {
        self.line = 0;
        self.summary.files.push(File { name: name.to_owned(), ..File::default() });
    }

    /// The next line, without its end.
    ///
    /// # Errors
    /// When the log is broken here. Nothing that follows means anything then.
    pub fn line(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        self.line += 1;
        if bytes.len() > MAX_LINE {
            return Err(self.broken(self.line, None, Fault::TooLong));
        }
        let Some((link, value)) = Link::parse(bytes).zip(serde_json::from_slice::<Value>(bytes).ok()) else {
            if self.torn.len() == MAX_TORN {
                return Err(self.broken(self.torn[0].0, None, Fault::NoRecord));
            }
            self.torn.push((self.line, Torn::of(bytes)));
            return Ok(());
        };
        if !self.is_told(&value) {
            let line = self.torn.first().map_or(self.line, |(line, _)| *line);
            return Err(self.broken(line, None, Fault::NoRecord));
        }
        self.record(link, &value).map_err(|fault| self.broken(self.line, Some(link.head.number), fault))
    }

    /// A file's last line has no end.
    pub fn cut_off(&self) -> Broken {
        self.broken(self.line + 1, None, Fault::CutOff)
    }

    /// A file ends.
    ///
    /// # Errors
    /// When lines before its end are no records.
    pub fn end(&mut self) -> Result<(), Broken> {
        match self.torn.first() {
            Some((line, _)) => Err(self.broken(*line, None, Fault::NoRecord)),
            None => Ok(()),
        }
    }

    /// All files were read. Gives the last record, and whether the one that is remembered is among them.
    ///
    /// # Errors
    /// When there was nothing.
    pub fn finish(self) -> Result<(Summary, Head, bool), Broken> {
        match self.head {
            Some(head) => Ok((self.summary, head, self.anchored)),
            None => Err(self.broken(0, None, Fault::Empty)),
        }
    }

    fn record(&mut self, link: Link<'_>, value: &Value) -> Result<(), Fault> {
        let Head { number, hash } = link.head;
        let kind = value["record"].as_str();
        let Some(file) = self.summary.files.last_mut() else { return Err(Fault::Beginning) };
        if file.records == 0 {
            if kind != Some("opened") {
                return Err(Fault::Beginning);
            }
            file.first = number;
        }
        let first_of_all = self.summary.records == 0;
        if first_of_all {
            // What was before is in files that are no longer kept.
            self.head = match value["previous"].as_str().map(Digest::parse) {
                None if number == 0 => None,
                Some(Some(hash)) if number > 0 => Some(Head { number: number - 1, hash }),
                _ => return Err(Fault::Previous),
            };
            self.anchored |= self.head.zip(self.anchor).is_some_and(|(head, anchor)| anchor.is(head));
        }
        let expected = self.head.map_or(0, |head| head.number + 1);
        if number != expected {
            return Err(Fault::Number { expected, found: number });
        }
        if !link.follows(self.head) {
            return Err(Fault::Hash);
        }
        if kind == Some("opened") {
            let previous = self.head.map(|head| head.hash.to_string());
            if value["previous"].as_str() != previous.as_deref() {
                return Err(Fault::Previous);
            }
        }
        self.count(kind, value, first_of_all);
        self.head = Some(Head { number, hash });
        self.anchored |= self.anchor.is_some_and(|anchor| anchor.is(link.head));
        Ok(())
    }

    /// Whether a record says of the lines before it which are none exactly that.
    fn is_told(&self, value: &Value) -> bool {
        let opened = value["record"].as_str() == Some("opened");
        let told = if opened { value["torn"].as_array().map(Vec::as_slice) } else { None };
        let told = told.unwrap_or_default();
        let is = |(told, (_, torn)): (&Value, &(u64, Torn))| {
            told["bytes"].as_u64() == Some(torn.bytes as u64)
                && told["sha256"].as_str() == Some(&torn.hash.to_string())
        };
        told.len() == self.torn.len() && told.iter().zip(&self.torn).all(is)
    }

    fn count(&mut self, kind: Option<&str>, value: &Value, first_of_all: bool) {
        let summary = &mut self.summary;
        summary.records += 1;
        summary.torn += self.torn.len() as u64;
        self.torn.clear();
        if let Some(file) = summary.files.last_mut() {
            file.records += 1;
        }
        match kind {
            Some("opened") => match value["why"].as_str() {
                Some("started") => {
                    summary.starts += 1;
                    summary.crashes += u64::from(!self.closed && !first_of_all);
                }
                Some("replaced") => summary.replaced += 1,
                _ => {}
            },
            Some("gap") => {
                summary.gaps += 1;
                summary.missing = summary.missing.saturating_add(value["reports"].as_u64().unwrap_or(0));
            }
            Some("clock") => summary.set_back += u64::from(value["by_ms"].as_i64().is_some_and(|ms| ms < 0)),
            _ => {}
        }
        self.closed = kind == Some("closed");
    }

    fn broken(&self, line: u64, record: Option<u64>, fault: Fault) -> Broken {
        let file = self.summary.files.last().map(|f| f.name.clone()).unwrap_or_default();
        Broken { file, line, record, fault }
    }
}
