//! Records of the audit log about itself: when it was opened, what is missing in it, that the clock was set. They have the key
//! `record`; those of what happened on the machine have `outcome`.

use super::chain::Head;
use super::clock::{Step, rfc3339};
use super::escape;
use super::sequences::Range;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;
use warmor_policy::artifact::Digest;

/// Why a file was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The agent has started.
    Started,
    /// The file before had its full length.
    Rotated,
    /// The file before was removed, renamed or made shorter by somebody else.
    Replaced,
}

impl Why {
    /// Its word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Rotated => "rotated",
            Self::Replaced => "replaced",
        }
    }
}

/// Why reports are missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The ring between kernel and agent was full.
    Ring,
    /// They were sent while no agent ran. Of those, some may have been handled before without being in the log.
    NotRunning,
    /// The log could not be written, and there was no more room to keep them; what the system said.
    Unwritable(String),
}

impl Cause {
    fn name(&self) -> &'static str {
        match self {
            Self::Ring => "ring full",
            Self::NotRunning => "not running",
            Self::Unwritable(_) => "log not writable",
        }
    }
}

/// Whose log it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The agent's version.
    pub agent: &'static str,
    /// The artifact that decides.
    pub artifact: Digest,
    /// The id of this boot of the machine, if it can be read.
    pub boot: Option<String>,
    /// The agent's process.
    pub pid: u32,
}

/// A line that is no record: the end of one, when the agent or the machine was stopped while writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Torn {
    /// Its length.
    pub bytes: usize,
    /// Its digest.
    pub hash: Digest,
}

impl Torn {
    /// Describes a line, without its end.
    pub fn of(line: &[u8]) -> Self {
        Self { bytes: line.len(), hash: Digest::of(line) }
    }
}

/// A record about the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// A file was opened. It is the first record of each file, and of each run.
    Opened {
        /// Whose log it is.
        identity: Identity,
        /// Why.
        why: Why,
        /// The last record before it.
        previous: Option<Head>,
        /// When that was written, if it can be said.
        since: Option<String>,
        /// Lines before this one that are no records: a run before was stopped while writing.
        torn: Vec<Torn>,
    },
    /// Another artifact decides.
    Artifact(Digest),
    /// Reports are missing.
    Gap {
        /// Why.
        cause: Cause,
        /// How many.
        reports: u64,
        /// Which ones, as far as it is known.
        ranges: Vec<Range>,
        /// Between when.
        between: Option<(Duration, Duration)>,
    },
    /// The wall clock was set.
    Clock(Step),
    /// The system did not confirm that what was written is on the disk.
    Unsynced(String),
    /// The agent has ended in order; the last report's number of each CPU.
    Closed(BTreeMap<u32, u64>),
}

impl Record {
    fn name(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "opened",
            Self::Artifact(_) => "artifact",
            Self::Gap { .. } => "gap",
            Self::Clock(_) => "clock",
            Self::Unsynced(_) => "unsynced",
            Self::Closed(_) => "closed",
        }
    }

    /// Its object, to be sealed.
    pub fn json(&self, time: Duration) -> String {
        let mut out = Map::new();
        let mut put = |key: &str, value: Value| out.insert(key.to_owned(), value);
        put("record", json!(self.name()));
        put("time", json!(rfc3339(time)));
        match self {
            Self::Opened { identity, why, previous, since, torn } => {
                let line = |t: &Torn| json!({ "bytes": t.bytes, "sha256": t.hash.to_string() });
                put("agent", json!(identity.agent));
                put("artifact", json!(identity.artifact.to_string()));
                put("boot", json!(identity.boot));
                put("pid", json!(identity.pid));
                put("why", json!(why.name()));
                put("previous", json!(previous.map(|head| head.hash.to_string())));
                put("since", json!(since));
                if !torn.is_empty() {
                    put("torn", torn.iter().map(line).collect());
                }
            }
            Self::Artifact(digest) => {
                put("artifact", json!(digest.to_string()));
            }
            Self::Gap { cause, reports, ranges, between } => {
                put("cause", json!(cause.name()));
                put("reports", json!(reports));
                let range =
                    |r: &Range| json!({ "cpu": r.cpu, "from": r.from, "to": r.to, "missing": r.missing });
                put("ranges", ranges.iter().map(range).collect());
                if let Cause::Unwritable(error) = cause {
                    put("error", json!(escape::bytes(error.as_bytes())));
                }
                if let Some((from, to)) = between {
                    put("from", json!(rfc3339(*from)));
                    put("to", json!(rfc3339(*to)));
                }
            }
            Self::Clock(step) => {
                put("expected", json!(rfc3339(step.expected)));
                put("found", json!(rfc3339(step.found)));
                put("by_ms", json!(step.milliseconds()));
            }
            Self::Unsynced(error) => {
                put("error", json!(escape::bytes(error.as_bytes())));
            }
            Self::Closed(sequences) => {
                let last: Map<String, Value> =
                    sequences.iter().map(|(cpu, last)| (cpu.to_string(), json!(last))).collect();
                put("sequences", Value::Object(last));
            }
        }
        escape::json(&Value::Object(out).to_string())
    }

    /// A line for people, without a line end.
    pub fn human(&self, time: Duration) -> String {
        let mut line = format!("{} {:<10} ", rfc3339(time), "LOG");
        let _ = match self {
            Self::Opened { identity, why, since, torn, .. } => {
                let since = since.as_ref().map_or_else(String::new, |s| {
                    format!(", the last record before is of {}", escape::bytes(s.as_bytes()))
                });
                let torn = match torn.len() {
                    0 => String::new(),
                    lines => format!(", {lines} line(s) before were cut off"),
                };
                let (why, artifact) = (why.name(), identity.artifact);
                write!(line, "{why}: warmord {}, artifact {artifact}{since}{torn}", identity.agent)
            }
            Self::Artifact(digest) => write!(line, "from now on artifact {digest} decides"),
            Self::Gap { cause, reports, ranges, .. } => {
                let _ = write!(line, "GAP: {reports} report(s) are missing ({})", cause.name());
                ranges.iter().try_for_each(|r| write!(line, "; CPU {}: {} to {}", r.cpu, r.from, r.to))
            }
            Self::Clock(step) => write!(line, "the clock was set by {} ms", step.milliseconds()),
            Self::Unsynced(error) => {
                write!(line, "it is not sure that all is on the disk: {}", escape::bytes(error.as_bytes()))
            }
            Self::Closed(_) => write!(line, "closed"),
        };
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says_cannot_write_lines() {
        let record = Record::Unsynced("no\n2026 DENIED \u{1b}[31m \u{9b}".into());
        for line in [record.json(Duration::ZERO), record.human(Duration::ZERO)] {
            assert!(line.bytes().all(|b| (0x20..=0x7e).contains(&b)), "{line}");
        }
    }

    #[test]
    fn a_gap_says_what_is_missing_and_why() {
        let ranges = vec![Range { cpu: 3, from: 17, to: 19, missing: 3 }];
        let gap = Record::Gap { cause: Cause::Ring, reports: 3, ranges, between: None };
        assert_eq!(
            gap.human(Duration::ZERO),
            "1970-01-01T00:00:00.000Z LOG        GAP: 3 report(s) are missing (ring full); CPU 3: 17 to 19"
        );
        let back: Value = serde_json::from_str(&gap.json(Duration::ZERO)).unwrap();
        assert_eq!(back["ranges"], json!([{ "cpu": 3, "from": 17, "to": 19, "missing": 3 }]));
        assert_eq!((&back["record"], &back["cause"]), (&json!("gap"), &json!("ring full")));
    }
}
