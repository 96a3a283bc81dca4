//! Times: how they are written, and how it is noticed that the wall clock was set.

use std::time::Duration;

/// The wall clock is taken for set when it and the monotonic clock disagree by more than this. Slewing (NTP) stays below between two looks.
const TOLERANCE: Duration = Duration::from_millis(500);

/// What two clocks say at one moment: since 1970, and since some moment that never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// The wall clock.
    pub wall: Duration,
    /// The monotonic clock, which the kernel programs stamp reports with.
    pub monotonic: Duration,
}

impl Now {
    /// What the wall clock would have said when the monotonic clock was 0.
    pub fn epoch(self) -> Duration {
        self.wall.saturating_sub(self.monotonic)
    }
}

/// The wall clock was set, or the machine slept: the monotonic clock stands still then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// What the wall clock would have said.
    pub expected: Duration,
    /// What it says.
    pub found: Duration,
}

impl Step {
    /// How far it was set, in milliseconds; negative when it was set back.
    pub fn milliseconds(self) -> i64 {
        let by = self.found.abs_diff(self.expected).as_millis() as i64;
        if self.found < self.expected { -by } else { by }
    }
}

/// Gives times of the wall clock to moments of the monotonic one.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    epoch: Duration,
}

impl Clock {
    /// Starts with what the clocks say now.
    pub fn new(now: Now) -> Self {
        Self { epoch: now.epoch() }
    }

    /// The wall clock's time of a moment.
    pub fn time_of(&self, monotonic: Duration) -> Duration {
        self.epoch + monotonic
    }

    /// Looks at the clocks. From then on times are those of the clock as it was set.
    pub fn look(&mut self, now: Now) -> Option<Step> {
        let step = Step { expected: self.time_of(now.monotonic), found: now.wall };
        // Small differences are followed too, so that slewing does not add up.
        self.epoch = now.epoch();
        (step.found.abs_diff(step.expected) > TOLERANCE).then_some(step)
    }
}

/// A time since 1970 as RFC 3339, in UTC, with milliseconds.
pub fn rfc3339(since: Duration) -> String {
    let (seconds, days) = (since.as_secs() % 86_400, (since.as_secs() / 86_400).cast_signed());
    // Days to a date: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", since.subsec_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        assert_eq!(rfc3339(Duration::ZERO), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(Duration::from_millis(951_782_399_999)), "2000-02-28T23:59:59.999Z");
        assert_eq!(rfc3339(Duration::from_hours(264_384)), "2000-02-29T00:00:00.000Z");
        assert_eq!(rfc3339(Duration::from_secs(1_795_312_360)), "2026-11-22T01:52:40.000Z");
    }

    fn now(wall: u64, monotonic: u64) -> Now {
        Now { wall: Duration::from_millis(wall), monotonic: Duration::from_millis(monotonic) }
    }

    #[test]
    fn a_clock_that_is_set_is_noticed_once() {
        let mut clock = Clock::new(now(1_000_000, 1000));
        assert_eq!(clock.look(now(1_001_000, 2000)), None);
        assert_eq!(clock.look(now(1_002_000 - 360_000, 3000)).map(Step::milliseconds), Some(-360_000));
        assert_eq!(clock.time_of(Duration::from_secs(3)), Duration::from_secs(642));
        assert_eq!(clock.look(now(643_000, 4000)), None);
        assert_eq!(clock.look(now(743_000, 4000)).map(Step::milliseconds), Some(100_000));
    }

    #[test]
    fn slewing_is_followed_and_is_no_step() {
        let mut clock = Clock::new(now(1_000_000, 0));
        for i in 1..100 {
            assert_eq!(clock.look(now(1_000_000 + i * 1010, i * 1000)), None);
        }
        assert_eq!(clock.time_of(Duration::from_secs(99)), Duration::from_millis(1_099_990));
    }
}
