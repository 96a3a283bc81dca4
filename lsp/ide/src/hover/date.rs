//! Days: which day of the week, and how far off.

use super::Hover;
use crate::analysis::{Analysis, Place};
use crate::markdown::code;
use crate::tree::Node;
use std::fmt::Write;
use warmor_compiler::date::Date;

const WEEKDAYS: [&str; 7] = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];

/// The day after `until`.
pub(super) fn until(analysis: &Analysis, place: Place, around: &[Node<'_>]) -> Option<Hover> {
    let until = around.iter().find_map(|node| match node {
        Node::Rule(rule) => rule.until.as_ref().filter(|until| until.span.touches(place.offset)),
        _ => None,
    })?;
    let mut out = day(analysis, until.node);
    let _ = writeln!(out, "- the rule counts to the end of that day (UTC), and not after");
    Some(Hover::new(&out, until.span))
}

/// A day where a time is meant.
pub(super) fn time(analysis: &Analysis, day_meant: Date) -> String {
    let mut out = day(analysis, day_meant);
    let _ = writeln!(out, "- as a time its first second: {day_meant} 00:00:00 UTC");
    out
}

fn day(analysis: &Analysis, day: Date) -> String {
    let mut out = code(&day.to_string());
    // The first of January 1970 was a Thursday.
    let weekday = WEEKDAYS[day.days().rem_euclid(7) as usize];
    let _ = writeln!(out, "- a {weekday}");
    if let Some(today) = analysis.options().today {
        let _ = match day.days() - today.days() {
            0 => writeln!(out, "- today"),
            1 => writeln!(out, "- tomorrow"),
            -1 => writeln!(out, "- yesterday"),
            days if days > 0 => writeln!(out, "- in {days} days"),
            days => writeln!(out, "- {} days ago", -days),
        };
    }
    out
}
