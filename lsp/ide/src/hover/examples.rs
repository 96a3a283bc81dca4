//! Texts that a glob matches, and texts that it nearly matches, made from the glob itself.
//!
//! What is made is a guess; what is given has been asked of the reference evaluator's matcher.

use warmor_compiler::evaluate::glob_matches;
use warmor_compiler::model::{Glob, Part, Segment};

/// Most texts of each kind.
const MOST_MATCHING: usize = 3;
const MOST_NEAR: usize = 2;
/// Most alternatives of a glob that are looked at.
const MOST_BRANCHES: usize = 3;

/// Texts about a glob.
pub(super) struct Examples {
    pub(super) matching: Vec<String>,
    /// Each differs from a matching text in one point.
    pub(super) near: Vec<String>,
}

/// How the wildcards of a glob are filled in.
#[derive(Clone, Copy)]
struct Filling<'a> {
    /// For `*` as a whole segment.
    name: &'a str,
    /// For `*` beside other parts of its segment.
    part: &'a str,
    /// For `**` in the middle, with slashes behind its segments.
    middle: &'a str,
    /// For `**` at the end.
    end: &'a str,
    /// For `?`.
    one: &'a str,
    /// For `[…]`: a byte of the class, or one that is not.
    in_class: bool,
}

const PLAIN: Filling<'static> =
    Filling { name: "name", part: "x", middle: "a/", end: "name", one: "x", in_class: true };

pub(super) fn examples(glob: &Glob) -> Examples {
    let branches = || glob.branches().iter().take(MOST_BRANCHES);
    let deeper = Filling { middle: "", end: "a/name", part: "", ..PLAIN };
    let other = Filling { middle: "a/b/", part: "abc", name: "other", ..PLAIN };
    let with = |filling: Filling<'static>| branches().map(move |b| filled(glob, b, filling));
    let guesses = with(PLAIN).chain(with(deeper)).chain(with(other));
    let mut matching = distinct(guesses.filter(|text| glob_matches(glob, text.as_bytes())));
    matching.truncate(MOST_MATCHING);

    let crossing = Filling { name: "a/b", part: "a/b", ..PLAIN };
    let longer = Filling { one: "xy", ..PLAIN };
    let outside = Filling { in_class: false, ..PLAIN };
    let mut guesses: Vec<String> = Vec::new();
    // The folder itself, of what is below it.
    guesses.extend(branches().filter_map(|branch| match branch.as_slice() {
        [rest @ .., Segment::Many] if !rest.is_empty() => Some(filled(glob, rest, PLAIN)),
        _ => None,
    }));
    guesses.extend(with(crossing).chain(with(outside)).chain(with(longer)));
    // Something more behind it, something less before it, and a neighbour of its first folder.
    guesses.extend(with(PLAIN).map(|text| format!("{text}.old")));
    let other = |edit: fn(&mut Vec<u8>)| branches().map(move |branch| neighbour(glob, branch, edit));
    guesses.extend(other(|bytes| bytes.push(b'2')));
    guesses.extend(other(|bytes| bytes.truncate(bytes.len().saturating_sub(1))));
    guesses.extend(with(PLAIN).map(|text| text.trim_start_matches('/').to_owned()));
    let mut near =
        distinct(guesses.into_iter().filter(|text| !text.is_empty() && !glob_matches(glob, text.as_bytes())));
    near.truncate(MOST_NEAR);
    Examples { matching, near }
}

/// The texts in their order, each once.
fn distinct(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for text in texts {
        if !out.contains(&text) {
            out.push(text);
        }
    }
    out
}

fn filled(glob: &Glob, branch: &[Segment], with: Filling<'_>) -> String {
    let mut out = String::from(if glob.is_rooted() { "/" } else { "" });
    for (i, segment) in branch.iter().enumerate() {
        let last = i + 1 == branch.len();
        match segment {
            Segment::Many => out.push_str(if last { with.end } else { with.middle }),
            Segment::Parts(parts) => {
                fill(parts, with, &mut out);
                if !last {
                    out.push('/');
                }
            }
        }
    }
    out
}

fn fill(parts: &[Part], with: Filling<'_>, out: &mut String) {
    let alone = parts.len() == 1;
    for part in parts {
        match part {
            Part::Literal(bytes) => out.push_str(&String::from_utf8_lossy(bytes)),
            Part::One => out.push_str(with.one),
            Part::Star => out.push_str(if alone { with.name } else { with.part }),
            Part::Class { negated, ranges } => {
                let member = |c: char| {
                    let within = ranges.iter().any(|(first, last)| (*first..=*last).contains(&(c as u8)));
                    within != *negated
                };
                let candidates = ('a'..='z').chain('0'..='9').chain('A'..='Z').chain(' '..='~');
                out.extend(candidates.filter(|c| *c != '/').find(|c| member(*c) == with.in_class));
            }
        }
    }
}

/// The text with a change to its first segment that is written out.
fn neighbour(glob: &Glob, branch: &[Segment], edit: fn(&mut Vec<u8>)) -> String {
    let mut branch = branch.to_vec();
    let written = branch.iter_mut().find_map(|segment| match segment {
        Segment::Parts(parts) => parts.iter_mut().find_map(|part| match part {
            Part::Literal(bytes) => Some(bytes),
            _ => None,
        }),
        Segment::Many => None,
    });
    if let Some(bytes) = written {
        edit(bytes);
    }
    filled(glob, &branch, PLAIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(glob: &str) -> String {
        let examples = examples(&Glob::parse(glob).expect(glob));
        format!("{} | {}", examples.matching.join(" "), examples.near.join(" "))
    }

    #[test]
    fn examples_show_what_each_wildcard_stands_for() {
        assert_eq!(shown("/etc/**"), "/etc/name /etc/a/name | /etc /etc2/name");
        assert_eq!(
            shown("/var/log/*.log"),
            "/var/log/x.log /var/log/.log /var/log/abc.log | /var/log/a/b.log /var/log/x.log.old"
        );
        assert_eq!(shown("/dev/tty?"), "/dev/ttyx | /dev/ttyxy /dev/ttyx.old");
        assert_eq!(shown("/dev/sd[a-d]"), "/dev/sda | /dev/sde /dev/sda.old");
        assert_eq!(shown("/srv/{a,b}/*"), "/srv/a/name /srv/b/name /srv/a/other | /srv/a/a/b /srv/b/a/b");
        assert_eq!(
            shown("/home/**/.ssh/*"),
            "/home/a/.ssh/name /home/.ssh/name /home/a/b/.ssh/other | /home/a/.ssh/a/b /home2/a/.ssh/name"
        );
        assert_eq!(
            shown("*.example.com"),
            "x.example.com .example.com abc.example.com | a/b.example.com x.example.com.old"
        );
    }
}
