//! Numbers with units, and ranges: their values in base units.

use super::grouped;
use crate::markdown::code;

/// Nanoseconds of each unit of time, longest first.
const TIMES: [(&str, i128); 7] = [
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1000),
    ("ns", 1),
];
/// Bytes of each unit of size, largest first of those that fit without a rest.
const SIZES: [(&str, i128); 9] = [
    ("TiB", 1 << 40),
    ("TB", 1_000_000_000_000),
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("KB", 1000),
    ("B", 1),
];

/// A size in the largest unit that it is a multiple of.
pub(super) fn size(bytes: i128) -> String {
    in_units(bytes, &SIZES)
}

/// A duration in the longest unit that it is a multiple of.
pub(super) fn duration(nanoseconds: i128) -> String {
    in_units(nanoseconds, &TIMES)
}

fn in_units(value: i128, units: &[(&str, i128)]) -> String {
    let unit = units.iter().find(|(_, factor)| value != 0 && value % factor == 0).or(units.last());
    unit.map_or_else(|| value.to_string(), |(name, factor)| format!("{}{name}", value / factor))
}

pub(super) fn describe_size(bytes: u64) -> String {
    format!("{}- {} bytes\n", code(&size(bytes.into())), grouped(bytes.into()))
}

pub(super) fn describe_duration(nanoseconds: u64) -> String {
    let mut rest = i128::from(nanoseconds);
    let mut parts = Vec::new();
    for (unit, factor) in TIMES {
        if rest >= factor {
            parts.push(format!("{} {unit}", rest / factor));
            rest %= factor;
        }
    }
    let whole = if parts.len() > 1 { format!("- {}\n", parts.join(" ")) } else { String::new() };
    let (count, unit) = match nanoseconds {
        n if n.is_multiple_of(1_000_000_000) => (n / 1_000_000_000, "seconds"),
        n if n.is_multiple_of(1_000_000) => (n / 1_000_000, "milliseconds"),
        n => (n, "nanoseconds"),
    };
    format!("{}{whole}- {} {unit}\n", code(&duration(nanoseconds.into())), grouped(count.into()))
}

pub(super) fn describe_share(percent: u64) -> String {
    let (cores, hundredths) = (percent / 100, percent % 100);
    format!("{}- of one processor core: {cores}.{hundredths:02} cores\n", code(&format!("{percent}%")))
}

pub(super) fn range(first: u64, last: u64) -> String {
    // Only all numbers there are are one more than fit.
    let count = u128::from(last) - u128::from(first.min(last)) + 1;
    format!("{}- {} numbers, both ends included\n", code(&format!("{first}-{last}")), grouped(count))
}
