//! The audit log: a chain of JSON lines, and a file for people beside it. For root alone, because it tells who looked at what.
//!
//! Nothing here stands in the way of a decision, and no failure ends the agent: what cannot be written waits in bounded memory, and
//! what has no room there is counted, and the count is a record as soon as the log can be written again.

mod output;
mod recover;
mod sync;

pub use recover::Before;

use crate::domain::aggregate::{Aggregator, Count};
use crate::domain::chain::{Chain, Head};
use crate::domain::clock::{Clock, Now, rfc3339};
use crate::domain::entry::Entry;
use crate::domain::escape;
use crate::domain::line::{self, Clauses};
use crate::domain::records::{Cause, Identity, Record, Torn, Why};
use crate::domain::sequences::{Range, Sequences};
use crate::ports::AuditSink;
use nix::time::{ClockId, clock_gettime};
use output::Output;
use recover::End;
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use sync::Syncer;
use warmor_bpf::Report;
use warmor_policy::artifact::Digest;

/// Where the log goes, and how much is kept of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file for people. The JSON lines are in the file of this name and `.jsonl`.
    pub path: PathBuf,
    /// Most bytes of a file, but for a record that is longer by itself.
    pub max_size: u64,
    /// How many older files are kept of each.
    pub keep: u32,
    /// Whether equal entries are counted, once one of them is told.
    pub aggregate: bool,
}

impl Place {
    /// What a file's length is limited to where nobody says.
    pub const MAX_SIZE: u64 = 32 << 20;
    /// How many older files are kept where nobody says.
    pub const KEEP: u32 = 7;
    /// What the length can be limited to.
    pub const SIZES: std::ops::RangeInclusive<u64> = 64 << 10..=1 << 40;
    /// How many files can be kept.
    pub const KEEPS: std::ops::RangeInclusive<u32> = 1..=1000;

    /// A log in a file, kept as long as is usual.
    pub fn new(path: PathBuf) -> Self {
        Self { path, max_size: Self::MAX_SIZE, keep: Self::KEEP, aggregate: true }
    }
}

/// The file of JSON lines beside a log.
pub fn json_path(log: &Path) -> PathBuf {
    with_ending(log, ".jsonl")
}

/// A file that was put aside; 1 is the newest.
pub fn rotated(file: &Path, number: u32) -> PathBuf {
    with_ending(file, &format!(".{number}"))
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Most bytes of entries that wait when the log cannot be written.
const QUEUE_BYTES: usize = 4 << 20;
/// So many bytes are written at once, if there are so many.
const BATCH_BYTES: usize = 64 << 10;
/// What `,"n":…,"hash":"…"}` and a line end take at most.
const SEAL_BYTES: u64 = 128;
/// How often the files and the clock are looked at, and an unwritable log is tried again.
const LOOK: Duration = Duration::from_millis(500);
/// How often it is written, at most.
const GATHER: Duration = Duration::from_millis(1);
/// How often the system is asked to bring the log to the disk.
const SYNC: Duration = Duration::from_secs(1);

/// What is to be written.
struct Waiting {
    object: String,
    human: String,
    /// The report that it is about: CPU and number.
    report: Option<(u32, u64)>,
    /// How many reports it is about.
    times: u64,
}

impl Waiting {
    fn bytes(&self) -> usize {
        self.object.len() + self.human.len()
    }
}

/// What became of the entries of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Those that have no line of their own, but are counted in one.
    pub aggregated: u64,
    /// Records that could not be written.
    pub unwritten: u64,
}

/// What there was no room for.
#[derive(Default)]
struct Lost {
    entries: u64,
    ranges: BTreeMap<u32, Range>,
    since: Option<Duration>,
}

/// The log cannot be written.
struct Trouble {
    error: String,
    tried: Duration,
}

/// The two files.
pub struct AuditLog {
    place: Place,
    identity: Identity,
    before: Before,
    chain: Chain,
    equal: Aggregator<Waiting>,
    json: Output,
    people: Output,
    /// Whether the file for people cannot be written.
    untold: bool,
    /// Lines that it lacks.
    unsaid: u64,
    waiting: VecDeque<Waiting>,
    waiting_bytes: usize,
    lost: Lost,
    trouble: Option<Trouble>,
    /// Older files could not be put aside: when that was.
    stuck: Option<Duration>,
    sequences: Sequences,
    /// The last numbers of a run whose kernel programs are still at work.
    resumed: BTreeMap<u32, u64>,
    lost_in_ring: u64,
    clock: Clock,
    looked: Duration,
    poured: Duration,
    syncer: Syncer,
    synced: Duration,
    unsynced: bool,
}

/// What the clocks say.
///
/// # Errors
/// When the system has no such clock.
pub fn now() -> io::Result<Now> {
    let read = |clock| clock_gettime(clock).map(Duration::from);
    Ok(Now { wall: read(ClockId::CLOCK_REALTIME)?, monotonic: read(ClockId::CLOCK_MONOTONIC)? })
}

impl AuditLog {
    /// Opens both files, or makes them, readable for their owner alone. Records are added after those of earlier runs.
    ///
    /// # Errors
    /// When a file cannot be opened or read. That it cannot be written is no error.
    pub fn open(place: &Place, identity: Identity) -> io::Result<Self> {
        let json_path = json_path(&place.path);
        let (mut before, end) = recover::look(&place.path)?;
        if end == End::Foreign {
            Output::put_aside(&json_path, place.keep)?;
            before = Before::default();
        }
        let now = now()?;
        let mut log = Self {
            place: place.clone(),
            identity,
            chain: Chain::after(before.head),
            before,
            equal: Aggregator::default(),
            json: Output::open(json_path)?,
            people: Output::open(place.path.clone())?,
            untold: false,
            unsaid: 0,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            lost: Lost::default(),
            trouble: None,
            stuck: None,
            sequences: Sequences::from_start(),
            resumed: BTreeMap::new(),
            lost_in_ring: 0,
            clock: Clock::new(now),
            looked: now.monotonic,
            poured: now.monotonic,
            syncer: Syncer::start()?,
            synced: now.monotonic,
            unsynced: false,
        };
        let torn = match end {
            End::Torn(torn, ended) => {
                log.json.add(if ended { b"" } else { b"\n" });
                torn
            }
            End::Unfinished => {
                log.json.add(b"\n");
                Vec::new()
            }
            End::Clean | End::Foreign => Vec::new(),
        };
        if recover::ends_within_a_line(&place.path)? {
            log.people.add(b"\n");
        }
        log.opened(Why::Started, torn);
        log.pour(now.monotonic);
        Ok(log)
    }

    /// What is known of the runs before.
    pub fn before(&self) -> &Before {
        &self.before
    }

    /// The last record that was made, written or not.
    pub fn head(&self) -> Option<Head> {
        self.chain.head()
    }

    /// From now on another artifact decides.
    pub fn artifact(&mut self, digest: Digest) {
        self.identity.artifact = digest;
        self.record(&Record::Artifact(digest));
    }

    /// The kernel programs of the run before are still at work: numbers go on after the last that it saw of each CPU, and what is
    /// missing in between was sent while no agent ran.
    pub fn resume(&mut self, last_seen: &BTreeMap<u32, u64>) {
        self.sequences = Sequences::after(last_seen);
        self.resumed.clone_from(last_seen);
    }

    /// A report came, whether it will be in the log or not.
    pub fn received(&mut self, report: &Report) {
        self.sequences.see(report.cpu, report.sequence, Duration::from_nanos(report.time_ns));
    }

    /// Whether something waits that can be written.
    pub fn is_waiting(&self) -> bool {
        self.trouble.is_none() && !self.waiting.is_empty()
    }

    /// Writes what waits, and notes what has happened to clock and files. To be called again and again, at least twice a second.
    ///
    /// # Errors
    /// When the clock cannot be read.
    pub fn flush(&mut self) -> io::Result<()> {
        let now = now()?;
        if now.monotonic.saturating_sub(self.looked) >= LOOK {
            self.looked = now.monotonic;
            self.look(now);
        }
        if now.monotonic.saturating_sub(self.poured) >= GATHER {
            self.poured = now.monotonic;
            self.pour(now.monotonic);
        }
        if self.unsynced && now.monotonic.saturating_sub(self.synced) >= SYNC {
            self.synced = now.monotonic;
            let asked = [&self.json, &self.people].map(|f| f.handle().is_ok_and(|f| self.syncer.ask(f)));
            self.unsynced = asked != [true; 2];
        }
        Ok(())
    }

    /// The end of a run. `lost` is how many reports the kernel had no room for, by its own count.
    ///
    /// # Errors
    /// When the clock cannot be read.
    pub fn close(mut self, lost: u64) -> io::Result<Ended> {
        let now = now()?;
        self.look(now);
        for count in self.equal.all() {
            self.count(count);
        }
        self.settle(now.monotonic, true);
        // What a CPU lost after its last report, no number tells.
        if let rest @ 1.. = lost.saturating_sub(self.lost_in_ring) {
            self.record(&Record::Gap {
                cause: Cause::Ring,
                reports: rest,
                ranges: Vec::new(),
                between: None,
            });
        }
        self.trouble = None;
        self.pour(now.monotonic);
        self.record(&Record::Closed(self.sequences.last_seen()));
        self.pour(now.monotonic);
        if self.trouble.is_none() {
            for file in [&self.json, &self.people] {
                let synced = file.handle().and_then(|file| file.sync_all());
                if let Err(error) = synced {
                    eprintln!("the audit log {}: {error}", file.path().display());
                }
            }
        }
        let unwritten = self.lost.entries + self.waiting.len() as u64 + self.json.unwritten_lines();
        Ok(Ended { aggregated: self.equal.counted(), unwritten })
    }

    /// Notes what has happened to clock and files.
    fn look(&mut self, now: Now) {
        if let Some(step) = self.clock.look(now) {
            self.record(&Record::Clock(step));
        }
        if let Some(error) = self.syncer.error() {
            self.record(&Record::Unsynced(error.to_string()));
        }
        self.settle(now.monotonic, false);
        for count in self.equal.due(now.monotonic) {
            self.count(count);
        }
        if self.people.is_replaced() {
            let reopened = self.people.reopen();
            self.told_people(reopened);
        }
        // What was sealed belongs into the file for which it was sealed.
        if self.json.is_replaced() && self.json.write().is_ok() {
            match self.json.reopen() {
                Ok(()) => self.opened(Why::Replaced, Vec::new()),
                Err(error) => self.failed(&error, now.monotonic),
            }
        }
    }

    /// Notes reports that did not come.
    fn settle(&mut self, now: Duration, end: bool) {
        let settled = self.sequences.settle(now, end);
        let while_away = |r: &Range| self.resumed.get(&r.cpu).is_some_and(|last| r.from == last + 1);
        let (away, ring): (Vec<Range>, Vec<Range>) = settled.into_iter().partition(while_away);
        for (cause, ranges) in [(Cause::NotRunning, away), (Cause::Ring, ring)] {
            let reports = ranges.iter().map(|r| r.missing).sum();
            if reports > 0 {
                self.lost_in_ring += if cause == Cause::Ring { reports } else { 0 };
                self.record(&Record::Gap { cause, reports, ranges, between: None });
            }
        }
    }

    fn wall(&self) -> Duration {
        now().map_or(self.clock.time_of(self.looked), |now| now.wall)
    }

    /// Adds a record about the log itself.
    fn record(&mut self, record: &Record) {
        let time = self.wall();
        self.push(Waiting { object: record.json(time), human: record.human(time), report: None, times: 1 });
    }

    /// Begins a file, or a run in a file. Nothing comes before it that waits: that may have waited for the file.
    fn opened(&mut self, why: Why, torn: Vec<Torn>) {
        let since = if why == Why::Started { self.before.time.clone() } else { None };
        let previous = self.chain.head();
        let record = Record::Opened { identity: self.identity.clone(), why, previous, since, torn };
        let time = self.wall();
        self.seal(&Waiting { object: record.json(time), human: record.human(time), report: None, times: 1 });
    }

    /// Adds a line for equal entries.
    fn count(&mut self, count: Count<Waiting>) {
        let Count { text, times, last, pids } = count;
        let last = rfc3339(self.clock.time_of(last));
        let open = text.object.strip_suffix('}').unwrap_or(&text.object);
        let pids: Vec<String> = pids.iter().map(u32::to_string).collect();
        let object = format!("{open},\"times\":{times},\"last\":\"{last}\",\"pids\":[{}]}}", pids.join(","));
        let human = format!("{}  {times} more until {last}", text.human);
        self.push(Waiting { object, human, times, ..text });
    }

    fn push(&mut self, waiting: Waiting) {
        // What is to be said of the log itself is little, and there is room for it when there is none for entries.
        let (room, after_a_loss) = match waiting.report {
            Some(_) => (QUEUE_BYTES, self.lost.entries > 0),
            None => (2 * QUEUE_BYTES, false),
        };
        if self.waiting_bytes + waiting.bytes() > room || after_a_loss {
            // Once an entry is lost, so are those that follow: the record of it stands where they were.
            self.lost.add(&waiting, self.wall());
            return;
        }
        self.waiting_bytes += waiting.bytes();
        self.waiting.push_back(waiting);
    }

    /// Writes what waits. Where the log could not be written, it is tried again after a while.
    fn pour(&mut self, now: Duration) {
        if self.trouble.as_ref().is_some_and(|trouble| now.saturating_sub(trouble.tried) < LOOK) {
            return;
        }
        match self.try_pour(now) {
            Ok(()) if self.trouble.take().is_some() => eprintln!("the audit log is written again"),
            Ok(()) => {}
            Err(error) => self.failed(&error, now),
        }
    }

    fn try_pour(&mut self, now: Duration) -> io::Result<()> {
        self.json.write()?;
        loop {
            while let Some(next) = self.waiting.pop_front() {
                self.waiting_bytes -= next.bytes();
                let needed = next.object.len() as u64 + SEAL_BYTES;
                if self.json.length() + needed > self.place.max_size
                    && let Err(error) = self.rotate(now)
                {
                    self.waiting_bytes += next.bytes();
                    self.waiting.push_front(next);
                    return Err(error);
                }
                self.seal(&next);
                if self.json.unwritten() >= BATCH_BYTES {
                    self.json.write()?;
                }
            }
            self.json.write()?;
            if self.lost.entries == 0 {
                break;
            }
            let error = self.trouble.as_ref().map_or("", |trouble| &trouble.error).to_owned();
            let lost = std::mem::take(&mut self.lost);
            let time = self.wall();
            self.record(&Record::Gap {
                cause: Cause::Unwritable(error),
                reports: lost.entries,
                ranges: lost.ranges.into_values().collect(),
                between: Some((lost.since.unwrap_or(time), time)),
            });
        }
        // The file for people says what the chain says. That it cannot be written holds nothing up.
        let written = self.people.write();
        self.told_people(written);
        Ok(())
    }

    fn told_people(&mut self, result: io::Result<()>) {
        match result {
            Ok(()) if self.unsaid > 0 => {
                let lines = std::mem::take(&mut self.unsaid);
                let missing = "line(s) are missing here; they are in the file of JSON lines";
                self.people.line(&format!("{lines} {missing}"));
            }
            Ok(()) => self.untold = false,
            Err(error) => {
                if !std::mem::replace(&mut self.untold, true) {
                    eprintln!("the audit log for people, {}: {error}", self.place.path.display());
                }
            }
        }
    }

    /// Makes it a record and a line, which the next write brings to the files.
    fn seal(&mut self, waiting: &Waiting) {
        self.json.line(&self.chain.seal(&waiting.object));
        if self.people.unwritten() + waiting.human.len() > QUEUE_BYTES {
            self.unsaid += 1;
        } else {
            self.people.line(&waiting.human);
        }
        self.unsynced = true;
    }

    /// Goes on in new files.
    fn rotate(&mut self, now: Duration) -> io::Result<()> {
        self.json.write()?;
        if self.stuck.is_some_and(|since| now.saturating_sub(since) < LOOK) {
            return Ok(());
        }
        let path = self.json.path().to_owned();
        if let Err(error) = Output::put_aside(&path, self.place.keep) {
            // A file that is too long is better than a record that is lost.
            if self.stuck.is_none() {
                eprintln!("the audit log {} cannot be put aside: {error}", path.display());
            }
            self.stuck = Some(now);
            return Ok(());
        }
        self.stuck = None;
        // Nobody waits for the files that were put aside to be on the disk, but they will be asked for.
        let _ = self.json.handle().map(|file| self.syncer.ask(file));
        self.json.reopen()?;
        if self.people.write().is_ok() && Output::put_aside(&self.place.path, self.place.keep).is_ok() {
            self.people.reopen()?;
        }
        self.opened(Why::Rotated, Vec::new());
        Ok(())
    }

    fn failed(&mut self, error: &io::Error, now: Duration) {
        let error = escape::bytes(error.to_string().as_bytes());
        if self.trouble.is_none() {
            let path = self.place.path.display();
            eprintln!("THE AUDIT LOG CANNOT BE WRITTEN: {path}: {error}; enforcement goes on");
        }
        self.trouble = Some(Trouble { error, tried: now });
    }
}

impl Lost {
    fn add(&mut self, waiting: &Waiting, now: Duration) {
        self.entries += waiting.times;
        self.since.get_or_insert(now);
        if let Some((cpu, number)) = waiting.report {
            let range = self.ranges.entry(cpu).or_insert(Range { cpu, from: number, to: number, missing: 0 });
            range.from = range.from.min(number);
            range.to = range.to.max(number);
            range.missing += waiting.times;
        }
    }
}

impl AuditLog {
    /// An entry as it is in the file of JSON lines, but for its place in the chain.
    pub fn json(&self, entry: &Entry<'_>, clauses: &Clauses) -> String {
        line::json(entry, clauses, &self.time(entry))
    }

    /// When it happened, by the wall clock.
    pub fn time(&self, entry: &Entry<'_>) -> String {
        rfc3339(self.clock.time_of(Duration::from_nanos(entry.report.time_ns)))
    }

    fn waiting(&self, entry: &Entry<'_>, clauses: &Clauses) -> Waiting {
        let time = self.time(entry);
        Waiting {
            object: line::json(entry, clauses, &time),
            human: line::human(entry, clauses, &time),
            report: Some((entry.report.cpu, entry.report.sequence)),
            times: 1,
        }
    }

    /// Writes an entry that is not counted with others: one of a report that an earlier agent was sent.
    pub fn write_apart(&mut self, entry: &Entry<'_>, clauses: &Clauses) {
        self.push(self.waiting(entry, clauses));
    }
}

impl AuditSink for AuditLog {
    fn write(&mut self, entry: &Entry<'_>, clauses: &Clauses) {
        let now = Duration::from_nanos(entry.report.time_ns);
        let mut equal = std::mem::take(&mut self.equal);
        if !self.place.aggregate || equal.take(entry, now, || self.waiting(entry, clauses)) {
            self.push(self.waiting(entry, clauses));
        }
        self.equal = equal;
        // In a flood nobody comes to flush. That the clock cannot be read then, who flushes the next time will say.
        if self.waiting_bytes >= BATCH_BYTES {
            let _ = self.flush();
        }
    }
}
