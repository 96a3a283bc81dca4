//! The artifact: one WebAssembly module that any engine can run, with custom sections for the rest. `docs/reference/artifact.md`
//! describes its bytes for people who write another reader.
//!
//! ```text
//! \0asm 1 │ core sections │ warmor.manifest │ warmor.tables │ warmor.sources │ warmor.evidence │ warmor.signature
//!         └──────────────────────── what the signature covers ──────────────────────────┘
//! ```
//!
//! Invariants: equal parts give equal bytes; nothing is parsed but the frame of the sections before the signature has been
//! checked; an artifact is used whole or refused whole.

mod agreement;
mod digest;
mod error;
mod evidence;
mod inspect;
mod json;
pub mod manifest;
mod section;
#[cfg(feature = "sign")]
pub mod sign;
mod signature;
mod sources;
mod tables;
mod words;
mod write;

#[cfg(test)]
mod tests;

pub use digest::Digest;
pub use error::ArtifactError;
pub use evidence::{About, Evidence, Outcome, Part, Unproved};
pub use inspect::{Inspection, SectionInfo, SignatureInfo, SignatureState, Summary};
pub use manifest::{FormatVersion, Manifest};
pub use signature::{KeyId, PublicKey, PublicKeyError, Signature};
pub use sources::{MAX_NAME, SourceFile, SourceKind};
pub use write::{ArtifactBuilder, attach_signature, with_evidence};

use crate::image::Image;
use section::Section;
use serde::Deserialize;

/// The version of the format that is written here, and the newest that is read.
pub const FORMAT: FormatVersion = FormatVersion { major: 1, minor: 1 };
/// Most bytes that an artifact may have.
pub const MAX_BYTES: usize = 256 << 20;
/// Most sections that an artifact may have.
pub const MAX_SECTIONS: usize = 64;
/// Most bytes that the manifest, and the evidence, may have: JSON takes a multiple of its length once it is read.
pub const MAX_JSON: usize = 32 << 20;

/// Names of the artifact's own sections.
pub mod name {
    use super::{ArtifactError, MAX_JSON};

    /// JSON: what the policy is.
    pub const MANIFEST: &str = "warmor.manifest";
    /// Binary: the table image.
    pub const TABLES: &str = "warmor.tables";
    /// Binary: the texts that were compiled.
    pub const SOURCES: &str = "warmor.sources";
    /// JSON: what was proved.
    pub const EVIDENCE: &str = "warmor.evidence";
    /// Text: minisign's signature of all bytes before this section.
    pub const SIGNATURE: &str = "warmor.signature";

    /// The sections that every artifact has, in their order.
    pub(super) const REQUIRED: [&str; 4] = [MANIFEST, TABLES, SOURCES, EVIDENCE];

    pub(super) fn within_limit(name: &'static str, size: usize) -> Result<(), ArtifactError> {
        if size > MAX_JSON && (name == MANIFEST || name == EVIDENCE) {
            return Err(ArtifactError::TooLarge { what: name, size, limit: MAX_JSON });
        }
        Ok(())
    }
}

/// Whose artifacts are accepted.
#[derive(Clone, Copy, Debug)]
pub enum Trust<'a> {
    /// Those that one of these keys signed.
    Keys(&'a [PublicKey]),
    /// All: a signature may be missing and is not checked. For looking at an artifact and for trying one out.
    AllowUnsigned,
}

/// An artifact that was read whole.
#[derive(Clone, Debug)]
pub struct Artifact {
    bytes: Vec<u8>,
    /// Where the core sections end.
    module_len: usize,
    /// Where the section of evidence begins.
    evidence_start: usize,
    signed_len: usize,
    /// Whether the signature was checked.
    verified: bool,
    manifest: Manifest,
    tables: Image,
    sources: Vec<SourceFile>,
    evidence: Vec<Evidence>,
    signature: Option<Signature>,
}

impl Artifact {
    /// Reads an artifact: the frame first, then the signature, then the version, then everything else.
    ///
    /// # Errors
    /// When anything is not as it should be. There is no partial result.
    pub fn read(bytes: Vec<u8>, trust: Trust<'_>) -> Result<Self, ArtifactError> {
        let sections = section::walk(&bytes, name::SIGNATURE)?;
        let (signature, signed_len) = match sections.last() {
            Some(last) if last.name == Some(name::SIGNATURE) => {
                (Some(Signature::parse(last.contents)?), last.start)
            }
            _ => (None, bytes.len()),
        };
        if let Trust::Keys(keys) = trust {
            let signature = signature.as_ref().ok_or(ArtifactError::Unsigned)?;
            signature.verify(&bytes[..signed_len], keys)?;
        }
        check_version(&sections)?;
        section::check_core(&sections)?;
        let [manifest, tables, sources, evidence] = own_sections(&sections)?;
        let manifest: Manifest = json::read(manifest).map_err(ArtifactError::ManifestMalformed)?;
        let image = tables::read(tables)?;
        let files = sources::read(sources, manifest.format)?;
        let evidence: Vec<Evidence> = json::read(evidence).map_err(ArtifactError::EvidenceMalformed)?;
        agreement::check(&manifest, &image, &files, sources)?;
        let start = |name| sections.iter().find(|s| s.name == Some(name)).map_or(signed_len, |s| s.start);
        let (module_len, evidence_start) = (start(name::MANIFEST), start(name::EVIDENCE));
        agreement::check_evidence(&evidence, &manifest, &bytes[..module_len], tables)?;
        let verified = signature.is_some() && matches!(trust, Trust::Keys(_));
        Ok(Self {
            module_len,
            evidence_start,
            signed_len,
            verified,
            manifest,
            tables: image,
            sources: files,
            evidence,
            signature,
            bytes,
        })
    }

    /// All bytes: a WebAssembly module.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The WebAssembly module: all before the artifact's own sections.
    pub fn module(&self) -> &[u8] {
        &self.bytes[..self.module_len]
    }

    /// The digest that evidence on a part names.
    pub fn part_digest(&self, part: Part) -> Digest {
        match part {
            Part::Tables => Digest::of(&tables::write(&self.tables)),
            Part::Module => Digest::of(self.module()),
        }
    }

    /// The bytes that the signature covers: all before its section.
    pub fn signed_bytes(&self) -> &[u8] {
        &self.bytes[..self.signed_len]
    }

    /// The digest of the signed bytes: the artifact's identity, whoever signed it.
    pub fn digest(&self) -> Digest {
        Digest::of(self.signed_bytes())
    }

    /// What is known of the policy.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The tables.
    pub fn tables(&self) -> &Image {
        &self.tables
    }

    /// The texts that were compiled, by name.
    pub fn sources(&self) -> &[SourceFile] {
        &self.sources
    }

    /// What was proved.
    pub fn evidence(&self) -> &[Evidence] {
        &self.evidence
    }

    /// Whether every part that decides events is proved to mean what the sources mean, by the word of a signer that is trusted.
    ///
    /// # Errors
    /// When it is not, or nobody answers for it: a signature counts only where [`Trust::Keys`] was asked for.
    pub fn require_proof(&self) -> Result<(), Unproved> {
        if !self.verified {
            return Err(Unproved::Unsigned);
        }
        Part::ALL.into_iter().try_for_each(|part| evidence::proves(&self.evidence, part))
    }

    /// The signature, if there is one. It was checked if [`Trust::Keys`] was asked for, and only then.
    pub fn signature(&self) -> Option<&Signature> {
        self.signature.as_ref()
    }
}

/// Refuses another version than ours, before anything else is given a meaning.
fn check_version(sections: &[Section<'_>]) -> Result<(), ArtifactError> {
    // Not `FormatVersion` itself: a later format may say more of its version.
    #[derive(Deserialize)]
    struct Version {
        major: u16,
        minor: u16,
    }
    #[derive(Deserialize)]
    struct Probe {
        format: Version,
    }
    let manifest = sections.iter().find(|s| s.name == Some(name::MANIFEST));
    let manifest = manifest.ok_or(ArtifactError::MissingSection(name::MANIFEST))?;
    name::within_limit(name::MANIFEST, manifest.contents.len())?;
    let probe: Probe = json::probe(manifest.contents).map_err(ArtifactError::ManifestMalformed)?;
    let format = FormatVersion { major: probe.format.major, minor: probe.format.minor };
    if format > FORMAT {
        Err(ArtifactError::NewerFormat(format))
    } else if format.major < FORMAT.major {
        Err(ArtifactError::OlderFormat(format))
    } else {
        Ok(())
    }
}

/// The contents of our sections: each once, in order, and none that this version does not know.
fn own_sections<'a>(sections: &[Section<'a>]) -> Result<[&'a [u8]; 4], ArtifactError> {
    let ours: Vec<(&str, &[u8])> = sections
        .iter()
        .filter_map(|s| s.name.map(|name| (name, s.contents)))
        .filter(|(name, _)| section::is_ours(name) && *name != name::SIGNATURE)
        .collect();
    for (i, (name, _)) in ours.iter().enumerate() {
        if !name::REQUIRED.contains(name) {
            return Err(ArtifactError::UnexpectedSection((*name).to_owned()));
        }
        if ours[..i].iter().any(|(earlier, _)| earlier == name) {
            return Err(ArtifactError::DuplicateSection((*name).to_owned()));
        }
    }
    let mut contents = [&[][..]; 4];
    for (place, required) in contents.iter_mut().zip(name::REQUIRED) {
        let found = ours.iter().find(|(name, _)| *name == required);
        *place = found.ok_or(ArtifactError::MissingSection(required))?.1;
    }
    name::within_limit(name::EVIDENCE, contents[3].len())?;
    match ours.iter().zip(name::REQUIRED).find(|((name, _), required)| name != required) {
        Some(((name, _), _)) => Err(ArtifactError::SectionOrder((*name).to_owned())),
        None => Ok(contents),
    }
}
