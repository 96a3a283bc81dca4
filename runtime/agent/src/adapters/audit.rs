//! The audit log: a file for people, and one of JSON lines beside it. For root alone, because it tells who looked at what.

use crate::domain::entry::Entry;
use crate::domain::line::{self, Clauses};
use crate::ports::AuditSink;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The two files.
pub struct AuditLog {
    people: BufWriter<File>,
    programs: BufWriter<File>,
    /// What the wall clock said when the monotonic clock was 0.
    epoch: Duration,
}

/// The file of JSON lines beside a log.
pub fn json_path(log: &Path) -> PathBuf {
    let mut name = log.as_os_str().to_owned();
    name.push(".jsonl");
    name.into()
}

fn open(path: &Path) -> io::Result<File> {
    // Not through a link: the folder may be one that others can write to.
    let file = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .custom_flags(nix::libc::O_NOFOLLOW)
        .open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    file.set_permissions(PermissionsExt::from_mode(0o600))?;
    Ok(file)
}

impl AuditLog {
    /// Opens both files, or makes them, readable for their owner alone. Lines are added at the end. `epoch` is what the wall clock
    /// said when the monotonic clock was 0.
    ///
    /// # Errors
    /// When a file cannot be opened.
    pub fn open(path: &Path, epoch: Duration) -> io::Result<Self> {
        Ok(Self {
            people: BufWriter::new(open(path)?),
            programs: BufWriter::new(open(&json_path(path))?),
            epoch,
        })
    }

    /// Brings what was written to the files.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn flush(&mut self) -> io::Result<()> {
        self.people.flush()?;
        self.programs.flush()
    }
}

impl AuditSink for AuditLog {
    fn write(&mut self, entry: &Entry<'_>, clauses: &Clauses) -> io::Result<()> {
        let time = timestamp(self.epoch + Duration::from_nanos(entry.report.time_ns));
        writeln!(self.people, "{}", line::human(entry, clauses, &time))?;
        writeln!(self.programs, "{}", line::json(entry, clauses, &time))
    }
}

/// A time since 1970 as RFC 3339, in UTC, with milliseconds.
fn timestamp(since: Duration) -> String {
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
        assert_eq!(timestamp(Duration::ZERO), "1970-01-01T00:00:00.000Z");
        assert_eq!(timestamp(Duration::from_millis(951_782_399_999)), "2000-02-28T23:59:59.999Z");
        assert_eq!(timestamp(Duration::from_hours(264_384)), "2000-02-29T00:00:00.000Z");
        assert_eq!(timestamp(Duration::from_secs(1_795_312_360)), "2026-11-22T01:52:40.000Z");
    }

    #[test]
    fn the_log_is_for_its_owner_alone_and_not_a_link() {
        let folder = std::env::temp_dir().join(format!("warmord-audit-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let log = folder.join("audit.log");
        AuditLog::open(&log, Duration::ZERO).unwrap();
        for file in [log.clone(), json_path(&log)] {
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let link = folder.join("link.log");
        std::os::unix::fs::symlink(&log, &link).unwrap();
        assert!(AuditLog::open(&link, Duration::ZERO).is_err());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
