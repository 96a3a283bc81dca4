//! Values as the language writes them.

use super::number;
use std::fmt::Write;
use warmor_compiler::check::Constant;
use warmor_compiler::date::Date;
use warmor_compiler::model::{Glob, Part, Segment};

/// A value, or each alternative of a glob with braces.
pub(super) fn written(constant: &Constant) -> Vec<String> {
    match constant {
        Constant::Path(glob) => match glob.branches() {
            [] | [_] => vec![glob.text().to_owned()],
            branches => branches.iter().map(|branch| branch_text(glob, branch)).collect(),
        },
        other => vec![one(other)],
    }
}

fn one(constant: &Constant) -> String {
    match constant {
        Constant::Bool(value) => value.to_string(),
        Constant::Number(value) => value.to_string(),
        Constant::Size(bytes) => number::size(*bytes),
        Constant::Duration(nanoseconds) => number::duration(*nanoseconds),
        Constant::Share(percent) => format!("{percent}%"),
        Constant::Time(nanoseconds) => {
            let day = i64::try_from(nanoseconds.div_euclid(86_400_000_000_000)).ok();
            day.and_then(Date::from_days).map_or_else(|| nanoseconds.to_string(), |day| day.to_string())
        }
        Constant::Range(first, last) => format!("{first}-{last}"),
        Constant::Text(text) => format!("{text:?}"),
        Constant::Path(glob) => glob.text().to_owned(),
        Constant::Network { address, prefix } => match (address.is_ipv4(), prefix) {
            (true, 32) | (false, 128) => address.to_string(),
            _ => format!("{address}/{prefix}"),
        },
        Constant::Word(word) => word.clone(),
        Constant::Subject { name, tree: false } => name.clone(),
        Constant::Subject { name, tree: true } => format!("tree({name})"),
        Constant::Host(name) => format!("host {name:?}"),
        Constant::Any => "any".to_owned(),
        Constant::Unknown => "unknown".to_owned(),
    }
}

/// One alternative of a glob as a glob of its own.
pub(super) fn branch_text(glob: &Glob, branch: &[Segment]) -> String {
    let mut out = String::new();
    for (i, segment) in branch.iter().enumerate() {
        if i > 0 || glob.is_rooted() {
            out.push('/');
        }
        match segment {
            Segment::Many => out.push_str("**"),
            Segment::Parts(parts) => parts.iter().for_each(|part| part_text(part, &mut out)),
        }
    }
    if out.is_empty() { "/".to_owned() } else { out }
}

fn part_text(part: &Part, out: &mut String) {
    match part {
        Part::Literal(bytes) => {
            for c in String::from_utf8_lossy(bytes).chars() {
                if matches!(c, '*' | '?' | '[' | ']' | '{' | '}' | '\\' | ',') {
                    out.push('\\');
                }
                out.push(c);
            }
        }
        Part::One => out.push('?'),
        Part::Star => out.push('*'),
        Part::Class { negated, ranges } => {
            out.push_str(if *negated { "[^" } else { "[" });
            for (first, last) in ranges {
                out.push(char::from(*first));
                if first < last {
                    let _ = write!(out, "-{}", char::from(*last));
                }
            }
            out.push(']');
        }
    }
}
