//! Whether a glob matches a text, by the definition.
//!
//! A text is cut at its slashes. Both steps, segments against segments and bytes against bytes, fill a table of "the rest of
//! the pattern matches the rest of the text", so the time is the product of the lengths whatever the glob.

use crate::model::{Glob, Part, Segment};

/// Whether the whole text matches one of the glob's alternatives.
pub(super) fn matches(glob: &Glob, text: &[u8]) -> bool {
    let rest = if glob.is_rooted() {
        match text.strip_prefix(b"/") {
            Some(rest) => rest,
            None => return false,
        }
    } else {
        text
    };
    let segments: Vec<&[u8]> = rest.split(|b| *b == b'/').collect();
    glob.branches().iter().any(|branch| match branch.as_slice() {
        [] => rest.is_empty(),
        branch => branch_matches(branch, &segments),
    })
}

fn branch_matches(branch: &[Segment], text: &[&[u8]]) -> bool {
    // `suffix[j]`: the patterns looked at so far, which are the last ones, match the text from its segment `j` on.
    let mut suffix: Vec<bool> = (0..=text.len()).map(|j| j == text.len()).collect();
    for (i, segment) in branch.iter().enumerate().rev() {
        let last = i + 1 == branch.len();
        let each = |matches: &dyn Fn(usize) -> bool| (0..=text.len()).map(matches).collect();
        suffix = match segment {
            Segment::Parts(parts) => {
                each(&|j| j < text.len() && segment_matches(parts, text[j]) && suffix[j + 1])
            }
            Segment::Many if last => each(&|j| text.len() - j > 1 || text[j..].iter().any(|s| !s.is_empty())),
            Segment::Many => here_or_later(&suffix),
        };
    }
    suffix[0]
}

fn segment_matches(parts: &[Part], text: &[u8]) -> bool {
    let n = text.len();
    let mut suffix: Vec<bool> = (0..=n).map(|j| j == n).collect();
    for part in parts.iter().rev() {
        let each = |matches: &dyn Fn(usize) -> bool| (0..=n).map(matches).collect();
        suffix = match part {
            Part::Literal(bytes) => each(&|j| text[j..].starts_with(bytes) && suffix[j + bytes.len()]),
            Part::One => each(&|j| j < n && suffix[j + 1]),
            Part::Class { negated, ranges } => {
                let member = |b: u8| ranges.iter().any(|(lo, hi)| (*lo..=*hi).contains(&b)) != *negated;
                each(&|j| j < n && member(text[j]) && suffix[j + 1])
            }
            Part::Star => here_or_later(&suffix),
        };
    }
    n > 0 && suffix[0]
}

/// For each place whether the rest matches from there or from some place after it.
fn here_or_later(suffix: &[bool]) -> Vec<bool> {
    let last = suffix.iter().rposition(|m| *m);
    (0..suffix.len()).map(|j| last.is_some_and(|last| j <= last)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(glob: &str, yes: &[&str], no: &[&str]) {
        let parsed = Glob::parse(glob).unwrap();
        for text in yes {
            assert!(matches(&parsed, text.as_bytes()), "`{glob}` does not match `{text}`");
        }
        for text in no {
            assert!(!matches(&parsed, text.as_bytes()), "`{glob}` matches `{text}`");
        }
    }

    #[test]
    fn a_star_stays_in_its_segment_and_a_segment_is_never_empty() {
        check("/a/*", &["/a/b", "/a/.b"], &["/a", "/a/", "/a/b/c", "/a//"]);
        check("/a/*.log", &["/a/.log", "/a/b.log"], &["/a/b/c.log", "/a/log"]);
        check("/a/b*", &["/a/b", "/a/bc"], &["/a/ab"]);
        check("/*/x", &["/a/x"], &["//x", "/x"]);
    }

    #[test]
    fn two_stars_are_what_lies_below() {
        check("/a/**", &["/a/b", "/a/b/c", "/a//"], &["/a", "/a/", "/ab", "/"]);
        check("/**", &["/a", "/a/b"], &["/", "", "a"]);
        check("/a/**/b", &["/a/b", "/a/x/b", "/a/x/y/b", "/a//b"], &["/a", "/ab", "/a/b/c"]);
        check("/**/x/**", &["/x/y", "/a/x/y/z"], &["/x", "/a/x", "/ax/y"]);
        check("/**/**", &["/a", "/a/b"], &["/"]);
        check("**", &["a", "/", "a/b"], &[""]);
    }

    #[test]
    fn the_root_is_only_the_root() {
        check("/", &["/"], &["", "//", "/a"]);
        check("/{,a}", &["/", "/a"], &["/b"]);
    }

    #[test]
    fn one_byte_and_classes_never_take_a_slash() {
        check("/a?c", &["/abc"], &["/a/c", "/ac", "/abbc"]);
        check("/a[!b]c", &["/axc", "/a-c"], &["/abc", "/a/c"]);
        check("/a[.-0]c", &["/a.c", "/a0c"], &["/a/c"]);
        check("/[]a]", &["/]", "/a"], &["/b"]);
    }

    #[test]
    fn an_escape_takes_the_next_byte_as_it_is() {
        check("/a\\*b", &["/a*b"], &["/axb"]);
        check("/a\\{b,c\\}", &["/a{b,c}"], &["/ab"]);
    }

    #[test]
    fn globs_are_about_bytes() {
        check("/?", &["/a"], &["/é"]);
        assert!(matches(&Glob::parse("/??").unwrap(), "/é".as_bytes()));
        assert!(matches(&Glob::parse("/*").unwrap(), b"/\xff\xfe"));
    }

    #[test]
    fn a_glob_without_a_root_matches_texts() {
        check("nginx-*", &["nginx-1"], &["nginx", "/nginx-1"]);
        check("*.example.com", &["a.example.com"], &["example.com", "a/b.example.com"]);
    }

    #[test]
    fn many_stars_take_no_more_than_the_product_of_the_lengths() {
        let glob = Glob::parse(&format!("/{}b", "a*".repeat(200))).unwrap();
        assert!(!matches(&glob, format!("/{}", "a".repeat(4000)).as_bytes()));
        let glob = Glob::parse(&format!("/{}b", "**/a/".repeat(200))).unwrap();
        assert!(!matches(&glob, "/a".repeat(2000).as_bytes()));
    }
}
