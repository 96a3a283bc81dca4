//! A recording: every event that was judged, whether there is something to say of it or not, to be decided again by `warmord
//! replay`. Its lines are those of the log, without the chain.

use crate::domain::entry::Entry;
use crate::domain::escape;
use crate::domain::line::{self, Clauses};
use serde_json::json;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use warmor_policy::artifact::Digest;

/// Longest recording where nobody says.
pub const MAX_SIZE: u64 = 1 << 30;
/// Room for the last line.
const LAST_LINE: u64 = 256;

/// A file that events go to.
pub struct Recording {
    path: PathBuf,
    out: BufWriter<File>,
    max_size: u64,
    length: u64,
    events: u64,
    left_out: u64,
    /// Nothing more is written.
    over: bool,
}

impl Recording {
    /// Makes the file, for its owner alone. It must not be there yet.
    ///
    /// # Errors
    /// When it is, or cannot be written.
    pub fn create(path: &Path, max_size: u64, artifact: Digest, time: &str) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        let mut recording = Self {
            path: path.to_owned(),
            out: BufWriter::new(file),
            max_size,
            length: 0,
            events: 0,
            left_out: 0,
            over: false,
        };
        let first = json!({
            "record": "recording",
            "agent": env!("CARGO_PKG_VERSION"),
            "artifact": artifact.to_string(),
            "time": time,
        });
        recording.line(&first.to_string())?;
        recording.out.flush()?;
        Ok(recording)
    }

    /// Adds what was judged. An entry without an event is none.
    pub fn add(&mut self, entry: &Entry<'_>, clauses: &Clauses, time: &str) {
        if entry.event.is_none() {
            return;
        }
        if self.over {
            self.left_out += 1;
            return;
        }
        let line = line::json(entry, clauses, time);
        if self.length + line.len() as u64 + 1 + LAST_LINE > self.max_size {
            self.end(&format!("it has its full length of {} bytes", self.max_size));
        } else if let Err(error) = self.line(&line) {
            self.end(&error.to_string());
        } else {
            self.events += 1;
        }
    }

    /// Ends it. `lost` reports never came. Gives how many events are in it, and how many were left out.
    pub fn finish(mut self, lost: u64) -> (u64, u64) {
        let last = json!({ "record": "recorded", "events": self.events, "reports": lost + self.left_out });
        if let Err(error) = self.line(&last.to_string()).and_then(|()| self.out.flush()) {
            let why = escape::bytes(error.to_string().as_bytes());
            eprintln!("the recording {} has no end: {why}", self.path.display());
        }
        (self.events, self.left_out)
    }

    fn line(&mut self, line: &str) -> io::Result<()> {
        self.length += line.len() as u64 + 1;
        writeln!(self.out, "{line}")
    }

    fn end(&mut self, why: &str) {
        self.over = true;
        self.left_out += 1;
        let why = escape::bytes(why.as_bytes());
        eprintln!("THE RECORDING ENDS: {}: {why}; enforcement goes on", self.path.display());
    }
}
