//! `warmord replay`: what an artifact decides of events that were recorded, or of a log's; and what another decides otherwise.
//! Nothing but the files is needed for it.
//!
//! Each artifact decides twice. Its module says what all policies and detections say; its tables, which the kernel reads, hold what
//! is enforced, and must enforce the same by the same rule.

mod report;

#[cfg(feature = "wasm")]
use crate::adapters::module::{ModuleError, PolicyModule};
use crate::domain::chain::MAX_LINE;
use crate::domain::difference::{Difference, Groups, Said, differences};
use crate::domain::entry::Opinion;
use crate::domain::escape;
use crate::domain::line::Clauses;
use crate::domain::recorded::{self, Line, Told};
use crate::error::RunError;
#[cfg(feature = "wasm")]
use crate::ports::Judge as _;
use crate::prepare::{Proof, read_artifact};
use report::{Case, Printer};
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _, Write};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use warmor_policy::artifact::{Artifact, Digest};
use warmor_policy::event::{Event, encode};
#[cfg(not(feature = "wasm"))]
use warmor_policy::image::Scratch;
use warmor_policy::verdict::{ClauseKind, Effect};

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// The file of events; `-` for standard input.
    pub events: PathBuf,
    /// The artifact.
    pub policy: PathBuf,
    /// Another, whose verdicts are compared with the first one's.
    pub against: Option<PathBuf>,
    /// The file of the key that must have signed both; none to accept anything.
    pub public_key: Option<PathBuf>,
    /// Whether lines that cannot be read are counted and passed over.
    pub lenient: bool,
    /// Whether only the summary is wanted.
    pub summary: bool,
    /// How it is written.
    pub format: Format,
}

/// For whom it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// For programs: a JSON object for each event, and one for the summary.
    Json,
}

/// Why events were not replayed, or not to their end.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// An artifact is refused.
    #[error(transparent)]
    Artifact(#[from] RunError),
    /// An artifact's module cannot be run.
    #[cfg(feature = "wasm")]
    #[error("{}: {error}", path.display())]
    Module {
        /// The artifact.
        path: PathBuf,
        /// Why.
        error: ModuleError,
    },
    /// The events cannot be read.
    #[error("{name}: {error}")]
    Read {
        /// The file, fit to be shown.
        name: String,
        /// Why.
        error: io::Error,
    },
    /// A line is no event and no line of a log.
    #[error("{name}:{line}: {why}")]
    Line {
        /// The file, fit to be shown.
        name: String,
        /// The line, from 1.
        line: u64,
        /// Why, fit to be shown.
        why: String,
    },
    /// Tables and module of an artifact say different things, or one says nothing.
    #[error("{}: on the event of line {line}, {why}", path.display())]
    Undecided {
        /// The artifact.
        path: PathBuf,
        /// The line of the event.
        line: u64,
        /// What they say.
        why: String,
    },
    /// The answer cannot be written.
    #[error("{0}")]
    Write(#[from] io::Error),
}

/// What decides.
struct Policy {
    path: PathBuf,
    digest: Digest,
    artifact: Artifact,
    clauses: Clauses,
    #[cfg(not(feature = "wasm"))]
    scratch: Scratch,
    #[cfg(feature = "wasm")]
    module: PolicyModule,
}

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    events: u64,
    about_the_log: u64,
    without_event: u64,
    missing: u64,
    unreadable: u64,
    /// Events that both deny, find or allow, by different rules.
    other_rule: u64,
}

/// How many events a policy denies, finds and allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Verdicts {
    denied: u64,
    found: u64,
    allowed: u64,
    detected: u64,
}

impl Verdicts {
    fn add(&mut self, said: &Said, times: u64) {
        let place = match said.word() {
            "deny" => &mut self.denied,
            "find" => &mut self.found,
            _ => &mut self.allowed,
        };
        *place += times;
        self.detected += if said.detections.is_empty() { 0 } else { times };
    }
}

/// An event as an example.
#[derive(Clone, Debug)]
struct Example {
    place: Place,
    event: Event,
}

/// Where an event stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    line: u64,
    index: Option<usize>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.index {
            None => write!(f, "{}", self.line),
            Some(index) => write!(f, "{}[{index}]", self.line),
        }
    }
}

/// What is compared with what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    /// What was recorded, with the policy.
    Recorded,
    /// The policy, with another.
    Against,
}

/// Replays events, and writes what is decided to `out`. Gives whether there was no difference: between the two policies, or between the
/// one and what was recorded.
///
/// # Errors
/// When a file cannot be read, a line is not of the form, or an artifact contradicts itself.
pub fn replay(options: &Options, out: &mut dyn Write) -> Result<bool, ReplayError> {
    let mut policy = Policy::open(&options.policy, options.public_key.as_deref())?;
    let mut against = options
        .against
        .as_deref()
        .map(|path| Policy::open(path, options.public_key.as_deref()))
        .transpose()?;
    let (name, reader) = open(&options.events)?;
    let question = if against.is_some() { Question::Against } else { Question::Recorded };
    let mut replay = Replay {
        printer: Printer::new(options.format, options.summary, out),
        question,
        counts: Counts::default(),
        verdicts: Verdicts::default(),
        verdicts_against: Verdicts::default(),
        groups: Groups::default(),
    };
    let mut lines = Lines { reader, line: 0, buffer: Vec::new() };
    while let Some(text) = lines.next().map_err(|error| ReplayError::Read { name: name.clone(), error })? {
        let line = lines.line;
        match text.and_then(|text| recorded::read(&text)) {
            Ok(line_read) => replay.take(line, line_read, &mut policy, against.as_mut())?,
            Err(_) if options.lenient => replay.counts.unreadable += 1,
            Err(why) => {
                return Err(ReplayError::Line { name, line, why: escape::bytes(why.as_bytes()) });
            }
        }
    }
    replay.summarise(&policy, against.as_ref())?;
    Ok(replay.groups.is_empty())
}

fn open(path: &Path) -> Result<(String, Box<dyn BufRead>), ReplayError> {
    if path.as_os_str() == "-" {
        return Ok(("standard input".to_owned(), Box::new(BufReader::new(io::stdin()))));
    }
    let name = escape::bytes(path.as_os_str().as_bytes());
    match File::open(path) {
        Ok(file) => Ok((name, Box::new(BufReader::new(file)))),
        Err(error) => Err(ReplayError::Read { name, error }),
    }
}

/// The lines of a file, each of bounded length.
struct Lines {
    reader: Box<dyn BufRead>,
    line: u64,
    buffer: Vec<u8>,
}

impl Lines {
    /// The next line, or why it is none.
    fn next(&mut self) -> io::Result<Option<Result<String, String>>> {
        self.buffer.clear();
        let limit = MAX_LINE as u64 + 1;
        if self.reader.by_ref().take(limit).read_until(b'\n', &mut self.buffer)? == 0 {
            return Ok(None);
        }
        self.line += 1;
        if self.buffer.len() > MAX_LINE {
            self.pass_over()?;
            return Ok(Some(Err(format!("the line is longer than {MAX_LINE} bytes"))));
        }
        let text = String::from_utf8(self.buffer.clone());
        Ok(Some(text.map_err(|_| "the line is not UTF-8".to_owned())))
    }

    /// Reads a line that is too long to its end.
    fn pass_over(&mut self) -> io::Result<()> {
        while self.buffer.last() != Some(&b'\n') {
            self.buffer.clear();
            if self.reader.by_ref().take(MAX_LINE as u64).read_until(b'\n', &mut self.buffer)? == 0 {
                break;
            }
        }
        Ok(())
    }
}

impl Policy {
    fn open(path: &Path, key: Option<&Path>) -> Result<Self, ReplayError> {
        let artifact = read_artifact(path, key, Proof::Optional)?;
        #[cfg(feature = "wasm")]
        let module = PolicyModule::start(artifact.bytes(), artifact.manifest().clauses.len())
            .map_err(|error| ReplayError::Module { path: path.to_owned(), error })?;
        Ok(Self {
            path: path.to_owned(),
            digest: artifact.digest(),
            clauses: Clauses::of(artifact.manifest()),
            artifact,
            #[cfg(not(feature = "wasm"))]
            scratch: Scratch::default(),
            #[cfg(feature = "wasm")]
            module,
        })
    }

    /// What it says of an event.
    fn say(&mut self, event: &Event, line: u64) -> Result<Said, ReplayError> {
        let undecided = |why: String| ReplayError::Undecided { path: self.path.clone(), line, why };
        let bytes = encode(event).map_err(|error| undecided(error.to_string()))?;
        let tables = self.artifact.tables();
        let enforced = tables.decide(&bytes).map_err(|error| undecided(error.to_string()))?;
        #[cfg(feature = "wasm")]
        {
            let opinion = self.module.judge(&bytes);
            let undecided = |why: String| ReplayError::Undecided { path: self.path.clone(), line, why };
            let opinion = opinion.map_err(|error| undecided(error.to_string()))?;
            let module = opinion.decision;
            let same_rule = enforced.enforced == Effect::Allow || enforced.clause == module.clause;
            if module.enforced != enforced.enforced || !same_rule {
                return Err(undecided(format!("its tables say {enforced:?}, and its module {module:?}")));
            }
            Ok(self.said(&opinion))
        }
        #[cfg(not(feature = "wasm"))]
        {
            let ranks = tables.applying(&bytes, &mut self.scratch);
            let applying = ranks.map_err(|error| undecided(error.to_string()))?.to_vec();
            Ok(self.said(&Opinion { decision: enforced, applying }))
        }
    }

    fn said(&self, opinion: &Opinion) -> Said {
        let decision = opinion.decision;
        let of_kind = |rank: &&u32| self.clauses.get(**rank).is_some_and(|c| c.kind == ClauseKind::Detect);
        let named = |rank: u32| self.clauses.get(rank).map_or_else(|| format!("#{rank}"), |c| c.name.clone());
        Said {
            denied: decision.enforced == Effect::Deny,
            found: decision.reported == Effect::Deny,
            rule: decision.clause.map(|rank| named(rank.0)),
            detections: opinion.applying.iter().filter(of_kind).map(|rank| named(*rank)).collect(),
        }
    }
}

/// What the agent said. It may have let through what a policy denies, for reasons of its own.
fn said(told: &Told) -> Said {
    let found = matches!(told.outcome.as_str(), "DENIED" | "WOULD-DENY" | "FINDING");
    Said { denied: found, found, rule: told.rule.clone(), detections: told.detections.clone() }
}

struct Replay<'o> {
    printer: Printer<'o>,
    question: Question,
    counts: Counts,
    verdicts: Verdicts,
    verdicts_against: Verdicts,
    groups: Groups<Example>,
}

impl Replay<'_> {
    fn take(
        &mut self,
        line: u64,
        read: Line,
        policy: &mut Policy,
        against: Option<&mut Policy>,
    ) -> Result<(), ReplayError> {
        match read {
            Line::Empty => {}
            Line::AboutTheLog(missing) => {
                self.counts.about_the_log += 1;
                self.counts.missing = self.counts.missing.saturating_add(missing);
            }
            Line::WithoutEvent => self.counts.without_event += 1,
            Line::Told(told) => {
                let (event, told) = *told;
                self.event(Place { line, index: None }, event, Some(&told), policy, against)?;
            }
            Line::Events(events) => {
                let mut against = against;
                for (index, event) in events {
                    self.event(Place { line, index }, event, None, policy, against.as_deref_mut())?;
                }
            }
        }
        Ok(())
    }

    fn event(
        &mut self,
        place: Place,
        event: Event,
        told: Option<&Told>,
        policy: &mut Policy,
        against: Option<&mut Policy>,
    ) -> Result<(), ReplayError> {
        let times = told.map_or(1, |told| told.times);
        let here = policy.say(&event, place.line)?;
        self.counts.events += times;
        self.verdicts.add(&here, times);
        let there = against.map(|against| against.say(&event, place.line)).transpose()?;
        if let Some(there) = &there {
            self.verdicts_against.add(there, times);
        }
        let (before, after) = match (&there, told) {
            (Some(there), _) => (Some(here.clone()), there.clone()),
            // The agent denied what the policy denies, or would have.
            (None, Some(told)) => (Some(said(told)), Said { denied: here.found, ..here.clone() }),
            (None, None) => (None, here.clone()),
        };
        let found = before.as_ref().map(|before| differences(before, &after)).unwrap_or_default();
        if let Some(before) = &before {
            let same = found.is_empty() && before.rule != after.rule;
            self.counts.other_rule += if same { times } else { 0 };
        }
        let names: Vec<&str> = found.iter().map(|(difference, _)| difference.name()).collect();
        self.printer.case(&Case {
            place,
            event: &event,
            times,
            here: &here,
            there: there.as_ref(),
            names: &names,
        })?;
        for (difference, rule) in found {
            self.groups.add(difference, rule, times, || Example { place, event: event.clone() });
        }
        Ok(())
    }

    fn summarise(&mut self, policy: &Policy, against: Option<&Policy>) -> Result<(), ReplayError> {
        let groups = Difference::ALL.map(|difference| (difference, self.groups.of(difference)));
        let policies =
            [Some((policy, self.verdicts)), against.map(|against| (against, self.verdicts_against))];
        let policies: Vec<_> =
            policies.into_iter().flatten().map(|(p, v)| (p.path.as_path(), p.digest, v)).collect();
        self.printer.summary(self.question, &self.counts, &policies, &groups)?;
        Ok(())
    }
}
