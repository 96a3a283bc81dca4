//! The section `warmor.sources`: the texts that were compiled, so that a verdict can show the rule behind it.

use super::{ArtifactError, FormatVersion};

/// Version of the section since format 1.1, which says of each file how it came into the program.
const VERSION: u32 = 2;
/// Version of the section in format 1.0.
const WITHOUT_KINDS: u32 = 1;
/// Longest name of a source file, in bytes.
pub const MAX_NAME: usize = 4096;

/// How a file came into the program: whoever compiles the texts again must know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SourceKind {
    /// It was asked for.
    Root = 0,
    /// A file of the program imports it by its path: its policies belong to the program.
    Imported = 1,
    /// It belongs to a dependency: only what is used of it counts.
    Library = 2,
    /// It belongs to the compiler's standard library.
    Standard = 3,
    /// Format 1.0 does not say.
    Unstated,
}

impl SourceKind {
    fn from_code(code: u32) -> Option<Self> {
        [Self::Root, Self::Imported, Self::Library, Self::Standard].get(code as usize).copied()
    }
}

/// A source file. Its name is a label: nothing opens it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceFile {
    /// Its name, relative to the root of the project or library, with `/` between segments.
    pub name: String,
    /// How it came into the program.
    pub kind: SourceKind,
    /// What is in it.
    pub text: String,
}

/// Why a name cannot stand for a source file.
fn name_problem(name: &str) -> Option<&'static str> {
    if name.is_empty() || name.len() > MAX_NAME {
        Some("a name is empty or too long")
    } else if name.starts_with('/') {
        // An absolute name would make the bytes depend on where the sources were.
        Some("a name is an absolute path")
    } else if name.chars().any(char::is_control) {
        Some("a name has control characters")
    } else {
        None
    }
}

/// The one form of a set of files: sorted by name, each name once.
pub(super) fn write(files: &[SourceFile]) -> Result<Vec<u8>, ArtifactError> {
    let bad = |why: &str| ArtifactError::SourcesMalformed(why.to_owned());
    let mut sorted: Vec<&SourceFile> = files.iter().collect();
    sorted.sort_unstable();
    if let Some(problem) = sorted.iter().find_map(|f| name_problem(&f.name)) {
        return Err(bad(problem));
    }
    if !sorted.is_sorted_by(|a, b| a.name < b.name) {
        return Err(bad("two files have one name"));
    }
    let mut out = Vec::new();
    let number = |out: &mut Vec<u8>, n: usize| {
        u32::try_from(n)
            .map(|n| out.extend_from_slice(&n.to_le_bytes()))
            .map_err(|_| bad("a text is too long"))
    };
    number(&mut out, VERSION as usize)?;
    number(&mut out, sorted.len())?;
    for file in sorted {
        if file.kind == SourceKind::Unstated {
            return Err(bad("it is not said how a file came into the program"));
        }
        number(&mut out, file.kind as usize)?;
        for part in [&file.name, &file.text] {
            number(&mut out, part.len())?;
            out.extend_from_slice(part.as_bytes());
        }
    }
    Ok(out)
}

pub(super) fn read(bytes: &[u8], format: FormatVersion) -> Result<Vec<SourceFile>, ArtifactError> {
    let bad = |why: &str| ArtifactError::SourcesMalformed(why.to_owned());
    let mut rest = bytes;
    let number = |rest: &mut &[u8]| {
        let (n, after) = rest.split_first_chunk::<4>().ok_or_else(|| bad("the section is cut short"))?;
        *rest = after;
        Ok::<_, ArtifactError>(u32::from_le_bytes(*n))
    };
    let (version, wrong) = match format.minor {
        0 => (WITHOUT_KINDS, "the section's version is not 1"),
        _ => (VERSION, "the section's version is not 2"),
    };
    if number(&mut rest)? != version {
        return Err(bad(wrong));
    }
    let count = number(&mut rest)? as usize;
    // Each file takes more than 8 bytes, so the count is checked by reading on, not believed.
    let mut files: Vec<SourceFile> = Vec::new();
    for _ in 0..count {
        let kind = match version {
            WITHOUT_KINDS => SourceKind::Unstated,
            _ => SourceKind::from_code(number(&mut rest)?)
                .ok_or_else(|| bad("a file is of an unknown kind"))?,
        };
        let mut text = || {
            let len = number(&mut rest)? as usize;
            let (text, after) = rest.split_at_checked(len).ok_or_else(|| bad("the section is cut short"))?;
            rest = after;
            str::from_utf8(text).map(str::to_owned).map_err(|_| bad("a text is not UTF-8"))
        };
        let file = SourceFile { name: text()?, kind, text: text()? };
        if let Some(problem) = name_problem(&file.name) {
            return Err(bad(problem));
        }
        if files.last().is_some_and(|last| last.name >= file.name) {
            return Err(bad("the names are not sorted"));
        }
        files.push(file);
    }
    if rest.is_empty() { Ok(files) } else { Err(bad("bytes follow the last file")) }
}
