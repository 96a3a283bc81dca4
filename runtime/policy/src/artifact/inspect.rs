//! What an artifact is, as data to show to people and to programs.

use super::manifest::{Costs, Mode, Requires};
use super::{Artifact, ArtifactError, Digest, FormatVersion, PublicKey, Trust, name, section};
use serde::Serialize;

/// A section of the module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SectionInfo {
    /// The name of a custom section, what the specification calls a core one.
    pub name: String,
    /// Whether it is a custom section.
    pub custom: bool,
    /// Where it begins in the file.
    pub offset: usize,
    /// Its bytes with its header.
    pub size: usize,
    /// SHA-256 of its contents, without header and name.
    pub digest: Digest,
}

/// What a signature is worth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "state")]
pub enum SignatureState {
    /// There is none.
    Unsigned,
    /// There is one, and no key was given to check it with.
    Unchecked(SignatureInfo),
    /// One of the given keys made it over these bytes.
    Verified(SignatureInfo),
    /// It is not one of the given keys' over these bytes.
    Refused {
        /// What it says of itself.
        signature: SignatureInfo,
        /// Why it is refused.
        why: String,
    },
}

/// What a signature says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SignatureInfo {
    /// The key that is said to have made it, as 16 hexadecimal digits.
    pub key: String,
    /// Its trusted comment.
    pub trusted_comment: String,
}

/// The manifest in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Version of the format.
    pub format: FormatVersion,
    /// Version of the compiler.
    pub compiler: String,
    /// Name of the root package.
    pub package: String,
    /// What it is compiled for.
    pub target: String,
    /// Digest of the sources.
    pub sources: Digest,
    /// Names of the source files.
    pub files: Vec<String>,
    /// Number of policies that enforce.
    pub prevent: usize,
    /// Number of policies that report.
    pub detect: usize,
    /// Number of clauses.
    pub clauses: usize,
    /// Number of subjects.
    pub subjects: usize,
    /// Number of detections that are executed.
    pub detections: usize,
    /// Names of the detections that are not.
    pub not_executed: Vec<String>,
    /// Number of statements that were proved.
    pub proved: usize,
    /// What the machine must have.
    pub requires: Requires,
    /// What a decision costs at worst.
    pub costs: Costs,
}

/// An artifact, described.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Inspection {
    /// Bytes of the whole file.
    pub size: usize,
    /// How many of them the signature covers.
    pub signed_size: usize,
    /// SHA-256 of those.
    pub digest: Digest,
    /// What the signature is worth.
    pub signature: SignatureState,
    /// The sections, in the file's order.
    pub sections: Vec<SectionInfo>,
    /// The manifest in short.
    pub summary: Summary,
}

impl Inspection {
    /// Describes an artifact; its signature is judged by these keys, and not at all if there are none.
    ///
    /// # Errors
    /// When the artifact cannot be read. A signature that is not one of these keys' is no error here but a finding.
    pub fn new(bytes: Vec<u8>, keys: &[PublicKey]) -> Result<(Self, Artifact), ArtifactError> {
        let artifact = Artifact::read(bytes, Trust::AllowUnsigned)?;
        let sections = section::walk(artifact.bytes(), name::SIGNATURE)?;
        let manifest = artifact.manifest();
        let enforcing = manifest.policies.iter().filter(|p| p.mode == Mode::Prevent).count();
        let (executed, not_executed): (Vec<_>, Vec<_>) =
            manifest.detections.iter().partition(|d| d.clause.is_some());
        let inspection = Self {
            size: artifact.bytes().len(),
            signed_size: artifact.signed_bytes().len(),
            digest: artifact.digest(),
            signature: judge(&artifact, keys),
            sections: sections
                .iter()
                .map(|s| SectionInfo {
                    name: s.title(),
                    custom: s.name.is_some(),
                    offset: s.start,
                    size: s.end - s.start,
                    digest: Digest::of(s.contents),
                })
                .collect(),
            summary: Summary {
                format: manifest.format,
                compiler: manifest.compiler.clone(),
                package: manifest.package.clone(),
                target: manifest.target.clone(),
                sources: manifest.sources,
                files: artifact.sources().iter().map(|f| f.name.clone()).collect(),
                prevent: enforcing,
                detect: manifest.policies.len() - enforcing,
                clauses: manifest.clauses.len(),
                subjects: manifest.subjects.len(),
                detections: executed.len(),
                not_executed: not_executed.iter().map(|d| d.name.clone()).collect(),
                proved: artifact.evidence().iter().filter(|e| e.outcome == super::Outcome::Proved).count(),
                requires: manifest.requires.clone(),
                costs: manifest.costs,
            },
        };
        Ok((inspection, artifact))
    }
}

fn judge(artifact: &Artifact, keys: &[PublicKey]) -> SignatureState {
    let Some(signature) = artifact.signature() else { return SignatureState::Unsigned };
    let info = SignatureInfo {
        key: signature.key().to_string(),
        trusted_comment: signature.trusted_comment().to_owned(),
    };
    if keys.is_empty() {
        return SignatureState::Unchecked(info);
    }
    match signature.verify(artifact.signed_bytes(), keys) {
        Ok(()) => SignatureState::Verified(info),
        Err(why) => SignatureState::Refused { signature: info, why: why.to_string() },
    }
}
