//! Which reports are missing. Reports carry a number per CPU, and lost ones have numbers too.

use std::collections::BTreeMap;
use std::time::Duration;

/// Numbers of a CPU that did not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Range {
    /// The CPU.
    pub cpu: u32,
    /// The first number.
    pub from: u64,
    /// The last number.
    pub to: u64,
    /// How many between these two, both included, are missing. Less than all where ranges were put together to save room.
    pub missing: u64,
}

/// A program that was interrupted between taking its number and sending its report is late; longer than this it cannot be.
const LATE: Duration = Duration::from_secs(1);
/// So many ranges of a CPU are told apart.
const RANGES: usize = 32;

#[derive(Debug, Default)]
struct Cpu {
    /// The next number; none when nothing is known of this CPU.
    next: Option<u64>,
    open: Vec<(Range, Duration)>,
}

/// The numbers that were seen.
#[derive(Debug, Default)]
pub struct Sequences {
    cpus: BTreeMap<u32, Cpu>,
    /// Whether CPUs that were not heard of count from 0.
    from_start: bool,
}

impl Sequences {
    /// For programs that were just loaded: every CPU counts from 0.
    pub fn from_start() -> Self {
        Self { cpus: BTreeMap::new(), from_start: true }
    }

    /// For programs that have been at work: the last number that was seen of each CPU. Nothing is said of what CPUs lost that are
    /// not in it.
    pub fn after(last_seen: &BTreeMap<u32, u64>) -> Self {
        let cpu = |(cpu, last): (&u32, &u64)| (*cpu, Cpu { next: last.checked_add(1), open: Vec::new() });
        Self { cpus: last_seen.iter().map(cpu).collect(), from_start: false }
    }

    /// A report came.
    pub fn see(&mut self, cpu: u32, number: u64, now: Duration) {
        let start = self.from_start.then_some(0);
        let entry = self.cpus.entry(cpu).or_insert_with(|| Cpu { next: start, open: Vec::new() });
        let next = entry.next.unwrap_or(number);
        if number < next {
            entry.late(number);
            return;
        }
        if number > next {
            let range = Range { cpu, from: next, to: number - 1, missing: number - next };
            entry.open.push((range, now));
            if entry.open.len() > RANGES {
                entry.join();
            }
        }
        entry.next = number.checked_add(1);
    }

    /// Ranges that are missing for good; all that are missing, at the end.
    pub fn settle(&mut self, now: Duration, end: bool) -> Vec<Range> {
        let mut settled = Vec::new();
        for cpu in self.cpus.values_mut() {
            let old = |since: Duration| end || now.saturating_sub(since) >= LATE;
            settled.extend(cpu.open.iter().filter(|(_, since)| old(*since)).map(|(range, _)| *range));
            cpu.open.retain(|(_, since)| !old(*since));
        }
        settled
    }

    /// The last number of each CPU.
    pub fn last_seen(&self) -> BTreeMap<u32, u64> {
        let last = |(cpu, entry): (&u32, &Cpu)| Some((*cpu, entry.next?.checked_sub(1)?));
        self.cpus.iter().filter_map(last).collect()
    }
}

impl Cpu {
    /// A number comes after a greater one.
    fn late(&mut self, number: u64) {
        let Some(at) = self.open.iter().position(|(r, _)| (r.from..=r.to).contains(&number)) else { return };
        let (range, since) = self.open[at];
        let whole = range.missing == range.to - range.from + 1;
        if range.missing == 1 {
            self.open.remove(at);
        } else if whole && number == range.from {
            self.open[at].0 = Range { from: number + 1, missing: range.missing - 1, ..range };
        } else if whole && number == range.to {
            self.open[at].0 = Range { to: number - 1, missing: range.missing - 1, ..range };
        } else if whole {
            self.open[at].0 = Range { to: number - 1, missing: number - range.from, ..range };
            let above = Range { from: number + 1, missing: range.to - number, ..range };
            self.open.insert(at + 1, (above, since));
        } else {
            self.open[at].0.missing -= 1;
        }
    }

    /// Puts the two oldest ranges together.
    fn join(&mut self) {
        if let [(a, since), (b, _), ..] = self.open[..] {
            let missing = a.missing + b.missing;
            let both = Range { from: a.from.min(b.from), to: a.to.max(b.to), missing, ..a };
            self.open.splice(..2, [(both, since)]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: Duration = Duration::from_secs(100);

    fn range(cpu: u32, from: u64, to: u64) -> Range {
        Range { cpu, from, to, missing: to - from + 1 }
    }

    #[test]
    fn what_does_not_come_is_missing_after_a_while() {
        let mut seen = Sequences::from_start();
        for number in [0, 1, 4, 5] {
            seen.see(0, number, T);
        }
        seen.see(3, 2, T);
        assert_eq!(seen.settle(T, false), []);
        assert_eq!(seen.settle(T + LATE, false), [range(0, 2, 3), range(3, 0, 1)]);
        assert_eq!(seen.settle(T + LATE, true), []);
        assert_eq!(seen.last_seen(), [(0, 5), (3, 2)].into());
    }

    #[test]
    fn what_comes_late_is_not_missing() {
        let mut seen = Sequences::from_start();
        for number in [6, 0, 3, 5, 2] {
            seen.see(0, number, T);
        }
        assert_eq!(seen.settle(T, true), [range(0, 1, 1), range(0, 4, 4)]);
    }

    #[test]
    fn after_a_restart_the_gap_is_between_the_runs() {
        let mut seen = Sequences::after(&[(1, 9)].into());
        seen.see(1, 20, T);
        seen.see(2, 500, T);
        assert_eq!(seen.settle(T, true), [range(1, 10, 19)]);
    }

    #[test]
    fn the_number_of_what_is_missing_is_exact_however_many_gaps_there_are() {
        let mut seen = Sequences::from_start();
        let numbers = (0..10_000).filter(|n| n % 3 == 0);
        let came = numbers.inspect(|n| seen.see(0, *n, T)).count() as u64;
        // Some of what is in ranges that were put together comes late.
        for late in [1, 4, 7000] {
            seen.see(0, late, T);
        }
        let ranges = seen.settle(T, true);
        assert!(ranges.len() <= RANGES + 2, "{}", ranges.len());
        assert_eq!(ranges.iter().map(|r| r.missing).sum::<u64>(), 10_000 - came - 3);
    }
}
