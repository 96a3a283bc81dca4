//! Equal entries: the first is told at once, those that follow are counted, and the count is told every few seconds. So a flood
//! neither fills the log nor hides what else happens.
//!
//! Equal are entries of the same outcome by the same rules, about the same action on the same object, by the same executable for
//! the same user. Processes are not told apart: one that starts the same program again and again makes as many. Starts of images
//! are never put together, and neither is what kernel and module disagree on.

use super::entry::{Entry, Outcome};
use std::collections::HashMap;
use std::time::Duration;
use warmor_bpf::PathFact;

/// How often counts are told.
pub const EVERY: Duration = Duration::from_secs(10);
/// So many kinds of entries are counted at a time. When there are more, all counts are told and it begins anew.
const KINDS: usize = 1024;
/// So many processes are named.
const PIDS: usize = 16;

/// What equal entries have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Kind {
    generation: u32,
    outcome: &'static str,
    clause: Option<u32>,
    detections: Vec<u32>,
    audits: Vec<u32>,
    action: u8,
    role: u8,
    endpoint: Option<([u8; 16], u16)>,
    protocol: u16,
    path: Option<Vec<u8>>,
    exe: Option<Vec<u8>>,
    uid: u32,
}

/// A path, so that what is absent, unknown or cut is none that exists.
fn path(fact: &PathFact) -> Option<Vec<u8>> {
    match fact {
        PathFact::Absent => None,
        PathFact::Unknown => Some(Vec::new()),
        PathFact::Known(bytes) => Some(bytes.clone()),
        PathFact::Cut(bytes, whole) => Some([bytes.as_slice(), &whole.to_le_bytes()].concat()),
    }
}

impl Kind {
    fn of(entry: &Entry<'_>) -> Self {
        let report = entry.report;
        Self {
            generation: report.generation,
            outcome: entry.outcome.name(),
            clause: entry.clause,
            detections: entry.detections.clone(),
            audits: entry.audits.clone(),
            action: report.action,
            role: report.role,
            endpoint: report.address.map(|address| (address, report.port)),
            protocol: report.protocol,
            path: path(&report.path),
            exe: path(&report.exe),
            uid: report.uid,
        }
    }
}

/// Entries that were counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count<T> {
    /// The first of them, as it would have been told.
    pub text: T,
    /// How many.
    pub times: u64,
    /// When the last of them happened.
    pub last: Duration,
    /// The processes, the first few.
    pub pids: Vec<u32>,
}

#[derive(Debug)]
struct Slot<T> {
    /// When something was last told of it.
    told: Duration,
    count: Option<Count<T>>,
}

/// Counts.
#[derive(Debug)]
pub struct Aggregator<T> {
    slots: HashMap<Kind, Slot<T>>,
    due: Vec<Count<T>>,
    counted: u64,
}

impl<T> Default for Aggregator<T> {
    fn default() -> Self {
        Self { slots: HashMap::new(), due: Vec::new(), counted: 0 }
    }
}

impl<T> Aggregator<T> {
    /// Takes an entry. Gives whether it is to be told at once; otherwise it is counted, and `text` may be asked for what to tell.
    pub fn take(&mut self, entry: &Entry<'_>, now: Duration, text: impl FnOnce() -> T) -> bool {
        if entry.outcome == Outcome::Started || entry.disagreement.is_some() {
            return true;
        }
        let kind = Kind::of(entry);
        let Some(slot) = self.slots.get_mut(&kind) else {
            if self.slots.len() == KINDS {
                let counts = self.all();
                self.due = counts;
            }
            self.slots.insert(kind, Slot { told: now, count: None });
            return true;
        };
        let count =
            slot.count.get_or_insert_with(|| Count { text: text(), times: 0, last: now, pids: vec![] });
        count.times += 1;
        count.last = now;
        let pid = entry.report.pid;
        if count.pids.len() < PIDS && !count.pids.contains(&pid) {
            count.pids.push(pid);
        }
        self.counted += 1;
        false
    }

    /// What is to be told now.
    pub fn due(&mut self, now: Duration) -> Vec<Count<T>> {
        let mut due = std::mem::take(&mut self.due);
        self.slots.retain(|_, slot| {
            if now.saturating_sub(slot.told) < EVERY {
                return true;
            }
            slot.told = now;
            let count = slot.count.take();
            // What did not happen again is told at once when it does.
            let again = count.is_some();
            due.extend(count);
            again
        });
        due
    }

    /// All that was not told yet; then it begins anew.
    pub fn all(&mut self) -> Vec<Count<T>> {
        let mut due = std::mem::take(&mut self.due);
        due.extend(self.slots.drain().filter_map(|(_, slot)| slot.count));
        due
    }

    /// How many entries were counted, and not told at once.
    pub fn counted(&self) -> u64 {
        self.counted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use warmor_bpf::Report;
    use warmor_policy::verdict::Effect;

    fn report(path: &str, exe: &str, pid: u32) -> Report {
        let mut report = Report::parse(&[0; Report::BYTES]).unwrap();
        report.action = 2;
        report.path = PathFact::Known(path.into());
        report.exe = PathFact::Known(exe.into());
        report.pid = pid;
        report
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn take(to: &mut Aggregator<u32>, report: &Report, now: u64) -> bool {
        to.take(&Entry::of_kernel(report), at(now), || report.pid)
    }

    #[test]
    fn the_first_is_told_and_the_others_are_counted() {
        let mut all = Aggregator::default();
        assert!(take(&mut all, &report("/a", "/x", 1), 0));
        for (pid, now) in [(2, 1), (3, 2), (2, 3)] {
            assert!(!take(&mut all, &report("/a", "/x", pid), now));
        }
        assert_eq!(all.due(at(9)), []);
        let count = Count { text: 2, times: 3, last: at(3), pids: vec![2, 3] };
        assert_eq!(all.due(at(10)), [count]);
        assert!(
            !take(&mut all, &report("/a", "/x", 4), 15),
            "a flood that goes on is not told at once again"
        );
        assert_eq!(all.due(at(20)).len(), 1);
        assert_eq!(all.due(at(30)).len(), 0);
        assert!(take(&mut all, &report("/a", "/x", 4), 31), "after a while in which nothing happened it is");
    }

    #[test]
    fn what_differs_in_anything_is_told() {
        let mut all = Aggregator::default();
        let first = report("/a", "/x", 1);
        assert!(take(&mut all, &first, 0));
        let mut others = vec![report("/b", "/x", 1), report("/a", "/y", 1)];
        for change in 0..6 {
            let mut other = first.clone();
            match change {
                0 => other.uid = 7,
                1 => other.action = 3,
                2 => other.clause = Some(1),
                3 => other.generation = 9,
                4 => other.path = PathFact::Unknown,
                _ => other.path = PathFact::Absent,
            }
            others.push(other);
        }
        for other in &others {
            assert!(take(&mut all, other, 0), "{other:?}");
        }
    }

    #[test]
    fn disagreements_and_starts_are_told_each() {
        let mut all = Aggregator::default();
        let report = report("/a", "/x", 1);
        let entry = Entry { disagreement: Some(Effect::Deny), ..Entry::of_kernel(&report) };
        let started = Entry { outcome: Outcome::Started, ..Entry::of_kernel(&report) };
        for entry in [&entry, &entry, &started, &started] {
            assert!(all.take(entry, at(0), || ()));
        }
        assert_eq!(all.counted(), 0);
    }

    #[test]
    fn nothing_is_lost_when_there_are_too_many_kinds() {
        let mut all = Aggregator::default();
        let (mut told, mut sent) = (0, 0);
        let mut due = 0;
        for i in 0..10_000_u32 {
            // Some come again and again, most only twice.
            for path in [i / 2, i % 7] {
                told += u64::from(take(&mut all, &report(&format!("/{path}"), "/x", i), 0));
                sent += 1;
            }
            assert!(all.slots.len() <= KINDS);
            if i % 100 == 0 {
                due += all.due(at(0)).iter().map(|c| c.times).sum::<u64>();
            }
        }
        due += all.all().iter().map(|c| c.times).sum::<u64>();
        assert_eq!(sent, told + due);
        assert_eq!(due, all.counted());
    }
}
