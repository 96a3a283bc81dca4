//! The sections of a WebAssembly module: walking them with strict bounds, and writing custom ones.
//!
//! Only the frame is looked at here. What the core sections hold is the engine's to validate.

use super::{ArtifactError, MAX_BYTES, MAX_SECTIONS};

/// What every module begins with: the magic number and version 1 of the binary format.
pub(super) const PREAMBLE: [u8; 8] = *b"\0asm\x01\0\0\0";

/// Id of a custom section.
const CUSTOM: u8 = 0;
/// Id of the import section.
const IMPORT: u8 = 2;

/// The core sections that an artifact's module may have, in the order that the WebAssembly specification asks for. A start
/// section is not among them, so that loading a module runs nothing; nor are imports.
const CORE: [(u8, &str); 10] = [
    (1, "type"),
    (3, "function"),
    (4, "table"),
    (5, "memory"),
    (6, "global"),
    (7, "export"),
    (9, "element"),
    (12, "datacount"),
    (10, "code"),
    (11, "data"),
];

/// A section where it stands in its module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Section<'a> {
    /// Its id.
    pub(super) id: u8,
    /// The name of a custom section.
    pub(super) name: Option<&'a str>,
    /// Where its id stands.
    pub(super) start: usize,
    /// Where the next section begins.
    pub(super) end: usize,
    /// Its contents, for a custom section without the name.
    pub(super) contents: &'a [u8],
}

impl Section<'_> {
    /// What people call it.
    pub(super) fn title(&self) -> String {
        if let Some(name) = self.name {
            return name.to_owned();
        }
        let other = match self.id {
            IMPORT => "import",
            8 => "start",
            13 => "tag",
            _ => "",
        };
        let known = CORE.iter().find(|(id, _)| *id == self.id).map_or(other, |(_, name)| name);
        if known.is_empty() { format!("id {}", self.id) } else { known.to_owned() }
    }
}

/// Splits a module into its sections. The section named `last` must be the last one if it is there.
pub(super) fn walk<'a>(bytes: &'a [u8], last: &str) -> Result<Vec<Section<'a>>, ArtifactError> {
    if bytes.len() > MAX_BYTES {
        return Err(ArtifactError::TooLarge { what: "artifact", size: bytes.len(), limit: MAX_BYTES });
    }
    let present = bytes.len().min(PREAMBLE.len());
    if bytes[..present] != PREAMBLE[..present] || bytes.is_empty() {
        return Err(ArtifactError::NotWebAssembly);
    }
    if present < PREAMBLE.len() {
        return Err(ArtifactError::Truncated { what: "the module's header", at: 0 });
    }
    let mut sections = Vec::new();
    let mut at = PREAMBLE.len();
    while at < bytes.len() {
        if sections.len() == MAX_SECTIONS {
            return Err(ArtifactError::TooManySections);
        }
        let section = section(bytes, at)?;
        if section.name == Some(last) && section.end != bytes.len() {
            return Err(ArtifactError::TrailingBytes { at: section.end });
        }
        at = section.end;
        sections.push(section);
    }
    Ok(sections)
}

fn section(bytes: &[u8], start: usize) -> Result<Section<'_>, ArtifactError> {
    let cut = ArtifactError::Truncated { what: "the section", at: start };
    let mut at = start;
    let id = *bytes.get(at).ok_or(cut.clone())?;
    at += 1;
    let size = length(bytes, &mut at, bytes.len())?;
    let end = at.checked_add(size).filter(|end| *end <= bytes.len()).ok_or(cut)?;
    let name = if id == CUSTOM {
        let len = length(bytes, &mut at, end)?;
        let bad = ArtifactError::Malformed { what: "section name", at };
        let name = at
            .checked_add(len)
            .filter(|to| *to <= end)
            .and_then(|to| bytes.get(at..to))
            .ok_or(bad.clone())?;
        at += len;
        Some(str::from_utf8(name).map_err(|_| bad)?)
    } else {
        None
    };
    Ok(Section { id, name, start, end, contents: &bytes[at..end] })
}

/// Reads a length as unsigned LEB128 of at most 32 bits, in its shortest form: one value has one spelling in an artifact.
fn length(bytes: &[u8], at: &mut usize, end: usize) -> Result<usize, ArtifactError> {
    let start = *at;
    let mut value: u64 = 0;
    for shift in (0..35).step_by(7) {
        let byte = match bytes.get(*at) {
            Some(byte) if *at < end => *byte,
            None => return Err(ArtifactError::Truncated { what: "the length", at: start }),
            Some(_) => return Err(ArtifactError::Malformed { what: "length", at: start }),
        };
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            let shortest = byte != 0 || shift == 0;
            return match u32::try_from(value) {
                Ok(value) if shortest => Ok(value as usize),
                _ => Err(ArtifactError::Malformed { what: "length", at: start }),
            };
        }
    }
    Err(ArtifactError::Malformed { what: "length", at: start })
}

/// Checks the sections that are not `warmor.*`: each at most once, in order, none that an artifact may not have, and all
/// before the first section of ours.
pub(super) fn check_core(sections: &[Section<'_>]) -> Result<(), ArtifactError> {
    let mut next = 0;
    let mut ours = false;
    for section in sections {
        if let Some(name) = section.name {
            if is_ours(name) {
                ours = true;
            } else if ours {
                return Err(ArtifactError::SectionOrder(section.title()));
            }
            continue;
        }
        if section.id == IMPORT {
            return Err(ArtifactError::Imports);
        }
        let Some(place) = CORE.iter().position(|(id, _)| *id == section.id) else {
            return Err(ArtifactError::UnexpectedSection(section.title()));
        };
        if place + 1 == next {
            return Err(ArtifactError::DuplicateSection(section.title()));
        }
        if place < next || ours {
            return Err(ArtifactError::SectionOrder(section.title()));
        }
        next = place + 1;
    }
    Ok(())
}

/// Whether a custom section of this name belongs to the artifact format.
pub(super) fn is_ours(name: &str) -> bool {
    name.starts_with("warmor.")
}

/// Appends a custom section.
pub(super) fn append(module: &mut Vec<u8>, name: &str, contents: &[u8]) -> Result<(), ArtifactError> {
    let mut head = Vec::new();
    put_length(&mut head, name.len());
    let size = head.len() + name.len() + contents.len();
    module.push(CUSTOM);
    put_length(module, size);
    module.extend_from_slice(&head);
    module.extend_from_slice(name.as_bytes());
    module.extend_from_slice(contents);
    if module.len() > MAX_BYTES {
        return Err(ArtifactError::TooLarge { what: "artifact", size: module.len(), limit: MAX_BYTES });
    }
    Ok(())
}

fn put_length(out: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        out.push(value as u8 & 0x7f | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
