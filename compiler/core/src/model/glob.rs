//! Globs, as data. Matching them is the business of whoever decides: the reference evaluator has one matcher, the
//! classifiers another, on purpose.

use std::sync::Arc;

/// Most alternatives that the braces of one glob may expand to.
pub const MAX_BRANCHES: usize = 1024;
/// Longest glob, in bytes.
pub const MAX_BYTES: usize = 4096;

/// A parsed glob. Its text decides equality, for one text has one meaning. Copies share what was parsed: a set that many
/// rules name is held once.
#[derive(Clone, Debug)]
pub struct Glob(Arc<Parsed>);

#[derive(Debug)]
struct Parsed {
    text: Box<str>,
    rooted: bool,
    branches: Vec<Vec<Segment>>,
}

impl PartialEq for Glob {
    fn eq(&self, other: &Self) -> bool {
        self.0.text == other.0.text
    }
}

impl Eq for Glob {}

impl std::hash::Hash for Glob {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.text.hash(state);
    }
}

/// What stands between two slashes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Segment {
    /// `**`: any number of segments; at the end of a glob, at least one byte more.
    Many,
    /// A pattern of one segment, which is never empty.
    Parts(Vec<Part>),
}

/// A piece of a segment's pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// These bytes.
    Literal(Vec<u8>),
    /// `?`: one byte.
    One,
    /// `*`: any number of bytes.
    Star,
    /// `[a-z]`: one byte of these inclusive ranges, or of none of them; never a slash.
    Class {
        /// Whether the ranges are what is left out.
        negated: bool,
        /// The ranges.
        ranges: Vec<(u8, u8)>,
    },
}

/// Why a text is no glob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GlobError {
    /// What is wrong.
    pub kind: GlobErrorKind,
    /// First byte of the wrong part.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
}

/// What is wrong with a glob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GlobErrorKind {
    /// It has no bytes.
    Empty,
    /// It is longer than the limit.
    TooLong,
    /// It holds a NUL byte.
    Nul,
    /// `//`
    EmptySegment,
    /// `.` or `..`
    DotSegment,
    /// It ends with `/`.
    TrailingSlash,
    /// `**` next to something else in its segment.
    PartialMany,
    /// `[` without `]`, or nothing between them.
    BadClass,
    /// `[z-a]`
    EmptyRange,
    /// `{` without `}`, or the other way round.
    UnbalancedBrace,
    /// `{` in `{`.
    NestedBrace,
    /// More alternatives than the limit.
    TooManyBranches,
    /// `\` at the end.
    DanglingEscape,
}

impl Glob {
    /// Parses a glob over resolved paths or other texts.
    ///
    /// # Errors
    /// When the text is no glob; a path's glob must also be canonical (no `//`, `.`, `..`, trailing `/`).
    pub fn parse(text: &str) -> Result<Self, GlobError> {
        let err = |kind, start, end| Err(GlobError { kind, start, end });
        if text.is_empty() {
            return err(GlobErrorKind::Empty, 0, 0);
        }
        if text.len() > MAX_BYTES {
            return err(GlobErrorKind::TooLong, 0, text.len());
        }
        if let Some(at) = text.bytes().position(|b| b == 0) {
            return err(GlobErrorKind::Nul, at, at + 1);
        }
        let rooted = text.starts_with('/');
        let branches = if text.bytes().any(|b| matches!(b, b'{' | b'}' | b'[' | b'\\')) {
            Self::alternatives(text, rooted)?
        } else {
            // Nearly every path: nothing expands, and what stands where needs no account.
            vec![parse_branch(text.as_bytes(), rooted)?]
        };
        Ok(Self(Arc::new(Parsed { text: text.into(), rooted, branches })))
    }

    /// The alternatives of a text with braces, classes or escapes.
    fn alternatives(text: &str, rooted: bool) -> Result<Vec<Vec<Segment>>, GlobError> {
        let mut branches = Vec::new();
        for (branch, origin) in expand(text)? {
            let at = |i: usize| origin.get(i).copied().unwrap_or(text.len());
            branches.push(parse_branch(&branch, rooted).map_err(|e| GlobError {
                kind: e.kind,
                start: at(e.start),
                end: if e.end > e.start { at(e.end - 1) + 1 } else { at(e.end) },
            })?);
        }
        Ok(branches)
    }

    /// The text it was parsed from.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Whether it begins with a slash, that is, matches only what does.
    pub fn is_rooted(&self) -> bool {
        self.0.rooted
    }

    /// The alternatives that braces expand to: a text matches the glob if it matches one of them. The slash at the root
    /// is not a segment; the glob `/` is one branch without segments.
    pub fn branches(&self) -> &[Vec<Segment>] {
        &self.0.branches
    }

    /// The one text that it matches, if it has no wildcard and no alternatives.
    pub fn literal(&self) -> Option<Vec<u8>> {
        let [branch] = self.0.branches.as_slice() else { return None };
        let mut out = Vec::new();
        for (i, segment) in branch.iter().enumerate() {
            if i > 0 || self.0.rooted {
                out.push(b'/');
            }
            match segment {
                Segment::Parts(parts) => match parts.as_slice() {
                    [Part::Literal(bytes)] => out.extend_from_slice(bytes),
                    _ => return None,
                },
                Segment::Many => return None,
            }
        }
        if branch.is_empty() {
            out.push(b'/');
        }
        Some(out)
    }
}

/// A branch's bytes, and for each of them where it stood in the glob.
type Expanded = (Vec<u8>, Vec<usize>);

/// Expands braces; an escape is kept for the next step.
fn expand(text: &str) -> Result<Vec<Expanded>, GlobError> {
    let bytes = text.as_bytes();
    let err = |kind, start, end| GlobError { kind, start, end };
    let mut done: Vec<Expanded> = vec![(Vec::new(), Vec::new())];
    let mut i = 0;
    while i < bytes.len() {
        match bytes[i] {
            b'\\' => {
                if i + 1 == bytes.len() {
                    return Err(err(GlobErrorKind::DanglingEscape, i, i + 1));
                }
                push(&mut done, bytes, i..i + 2);
                i += 2;
            }
            b'[' => {
                let end = class_end(bytes, i).ok_or_else(|| err(GlobErrorKind::BadClass, i, bytes.len()))?;
                push(&mut done, bytes, i..end);
                i = end;
            }
            b'{' => {
                let mut options = Vec::new();
                let (mut from, mut j) = (i + 1, i + 1);
                loop {
                    match bytes.get(j) {
                        None => return Err(err(GlobErrorKind::UnbalancedBrace, i, bytes.len())),
                        Some(b'{') => return Err(err(GlobErrorKind::NestedBrace, j, j + 1)),
                        Some(b'\\') => j += 1,
                        Some(b'[') => {
                            j = class_end(bytes, j)
                                .ok_or_else(|| err(GlobErrorKind::BadClass, j, bytes.len()))?
                                - 1;
                        }
                        Some(b',') => {
                            options.push(from..j);
                            from = j + 1;
                        }
                        Some(b'}') => {
                            options.push(from..j);
                            break;
                        }
                        Some(_) => {}
                    }
                    j += 1;
                }
                if done.len() * options.len() > MAX_BRANCHES {
                    return Err(err(GlobErrorKind::TooManyBranches, i, j + 1));
                }
                done = done
                    .iter()
                    .flat_map(|d| {
                        options.iter().map(|o| {
                            let mut one = vec![d.clone()];
                            push(&mut one, bytes, o.clone());
                            one.swap_remove(0)
                        })
                    })
                    .collect();
                i = j + 1;
            }
            b'}' => return Err(err(GlobErrorKind::UnbalancedBrace, i, i + 1)),
            _ => {
                push(&mut done, bytes, i..i + 1);
                i += 1;
            }
        }
    }
    Ok(done)
}

fn push(done: &mut [Expanded], bytes: &[u8], range: std::ops::Range<usize>) {
    for (text, origin) in done {
        text.extend_from_slice(&bytes[range.clone()]);
        origin.extend(range.clone());
    }
}

/// One past the `]` that closes the class at `start`.
fn class_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut i = start + 1;
    if matches!(bytes.get(i), Some(b'!' | b'^')) {
        i += 1;
    }
    // A `]` that comes first is a member.
    if bytes.get(i) == Some(&b']') {
        i += 1;
    }
    loop {
        match bytes.get(i)? {
            b']' => return Some(i + 1),
            b'\\' => i += 2,
            _ => i += 1,
        }
    }
}

fn parse_branch(text: &[u8], rooted: bool) -> Result<Vec<Segment>, GlobError> {
    let err = |kind, start, end| Err(GlobError { kind, start, end });
    let mut segments = Vec::new();
    let mut start = usize::from(rooted);
    if rooted && text.len() == 1 {
        return Ok(segments);
    }
    loop {
        let end = segment_end(text, start);
        let segment = &text[start..end];
        match segment {
            b"" if end == text.len() && start > 0 => return err(GlobErrorKind::TrailingSlash, end - 1, end),
            b"" => {
                return err(GlobErrorKind::EmptySegment, start.saturating_sub(1), (end + 1).min(text.len()));
            }
            b"." | b".." => return err(GlobErrorKind::DotSegment, start, end),
            b"**" => {
                // `**/**` says no more than `**`, but at the end it must keep its one byte: that is `**/*`-like, so keep it.
                segments.push(Segment::Many);
            }
            _ => segments.push(Segment::Parts(parse_parts(text, start, end)?)),
        }
        if end == text.len() {
            return Ok(segments);
        }
        start = end + 1;
    }
}

/// The next slash outside a class, or the end.
fn segment_end(text: &[u8], start: usize) -> usize {
    let mut i = start;
    while i < text.len() && text[i] != b'/' {
        i = match text[i] {
            b'\\' => i + 2,
            b'[' => class_end(text, i).unwrap_or(i + 1),
            _ => i + 1,
        };
    }
    i.min(text.len())
}

fn parse_parts(text: &[u8], start: usize, end: usize) -> Result<Vec<Part>, GlobError> {
    let err = |kind, start, end| Err(GlobError { kind, start, end });
    let mut parts: Vec<Part> = Vec::new();
    let literal = |parts: &mut Vec<Part>, run: &[u8]| match parts.last_mut() {
        Some(Part::Literal(bytes)) => bytes.extend_from_slice(run),
        _ => parts.push(Part::Literal(run.to_vec())),
    };
    let mut i = start;
    while i < end {
        match text[i] {
            b'*' if text.get(i + 1) == Some(&b'*') => return err(GlobErrorKind::PartialMany, start, end),
            b'*' => parts.push(Part::Star),
            b'?' => parts.push(Part::One),
            b'[' => {
                let Some(close) = class_end(text, i).filter(|c| *c <= end) else {
                    return err(GlobErrorKind::BadClass, i, end);
                };
                parts.push(parse_class(text, i, close)?);
                i = close;
                continue;
            }
            b'\\' => {
                i += 1;
                match text.get(i) {
                    Some(b) if *b != b'/' => literal(&mut parts, &[*b]),
                    _ => return err(GlobErrorKind::DanglingEscape, i - 1, i),
                }
            }
            _ => {
                let special = |b: &u8| matches!(b, b'*' | b'?' | b'[' | b'\\');
                let run = text[i..end].iter().position(special).unwrap_or(end - i);
                literal(&mut parts, &text[i..i + run]);
                i += run;
                continue;
            }
        }
        i += 1;
    }
    Ok(parts)
}

fn parse_class(text: &[u8], open: usize, close: usize) -> Result<Part, GlobError> {
    let mut i = open + 1;
    let negated = matches!(text[i], b'!' | b'^');
    if negated {
        i += 1;
    }
    let mut members = Vec::new();
    while i < close - 1 {
        let escaped = text[i] == b'\\' && i + 1 < close - 1;
        if escaped {
            i += 1;
        }
        members.push((text[i], escaped, i));
        i += 1;
    }
    let mut ranges = Vec::new();
    let mut m = 0;
    while m < members.len() {
        let (lo, _, at) = members[m];
        if m + 2 < members.len() && members[m + 1].0 == b'-' && !members[m + 1].1 {
            let (hi, _, last) = members[m + 2];
            if hi < lo {
                return Err(GlobError { kind: GlobErrorKind::EmptyRange, start: at, end: last + 1 });
            }
            ranges.push((lo, hi));
            m += 3;
        } else {
            ranges.push((lo, lo));
            m += 1;
        }
    }
    if ranges.is_empty() {
        return Err(GlobError { kind: GlobErrorKind::BadClass, start: open, end: close });
    }
    Ok(Part::Class { negated, ranges })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> GlobErrorKind {
        Glob::parse(text).expect_err(text).kind
    }

    #[test]
    fn wrong_globs_say_why() {
        assert_eq!(kind(""), GlobErrorKind::Empty);
        assert_eq!(kind("/a//b"), GlobErrorKind::EmptySegment);
        assert_eq!(kind("/a/../b"), GlobErrorKind::DotSegment);
        assert_eq!(kind("/a/."), GlobErrorKind::DotSegment);
        assert_eq!(kind("/a/"), GlobErrorKind::TrailingSlash);
        assert_eq!(kind("/a/b**"), GlobErrorKind::PartialMany);
        assert_eq!(kind("/a/[b"), GlobErrorKind::BadClass);
        assert_eq!(kind("/a/[]"), GlobErrorKind::BadClass);
        assert_eq!(kind("/a/[z-a]"), GlobErrorKind::EmptyRange);
        assert_eq!(kind("/a/{b"), GlobErrorKind::UnbalancedBrace);
        assert_eq!(kind("/a/b}"), GlobErrorKind::UnbalancedBrace);
        assert_eq!(kind("/a/{b,{c,d}}"), GlobErrorKind::NestedBrace);
        assert_eq!(
            kind("/{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}"),
            GlobErrorKind::TooManyBranches
        );
        assert_eq!(kind("/a\\"), GlobErrorKind::DanglingEscape);
        assert_eq!(kind("/a\0"), GlobErrorKind::Nul);
    }

    #[test]
    fn braces_become_branches() {
        assert_eq!(Glob::parse("/{a,b}/{c,d,}x").unwrap().branches().len(), 6);
    }

    #[test]
    fn an_error_points_into_the_glob() {
        let e = Glob::parse("/a/{b,c}/../d").unwrap_err();
        assert_eq!((e.start, e.end), (9, 11));
    }

    #[test]
    fn texts_without_braces_are_read_as_with_them() {
        for text in [
            "/", "/a", "/a/*b?c*", "**", "/**/x/**", "a*", "é/*", "/a//b", "/a/", "/a/../b", "/a**", "//",
            "*/",
        ] {
            let read = Glob::parse(text).map(|glob| glob.branches().to_vec());
            assert_eq!(read, Glob::alternatives(text, text.starts_with('/')), "{text}");
        }
    }

    #[test]
    fn literals_are_known() {
        assert_eq!(Glob::parse("/etc/\\*x").unwrap().literal(), Some(b"/etc/*x".to_vec()));
        assert_eq!(Glob::parse("/").unwrap().literal(), Some(b"/".to_vec()));
        assert_eq!(Glob::parse("/etc/*").unwrap().literal(), None);
    }
}
