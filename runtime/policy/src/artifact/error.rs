//! Why bytes are no artifact, or none that may be used.

use super::FORMAT;
use super::manifest::FormatVersion;
use super::signature::KeyId;
use crate::image::ImageError;
use std::fmt;

/// Why an artifact is refused. An artifact is used whole or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArtifactError {
    /// The bytes do not begin as a WebAssembly module does.
    NotWebAssembly,
    /// The bytes end inside of something that begins at this offset.
    Truncated {
        /// What is cut.
        what: &'static str,
        /// Where it begins.
        at: usize,
    },
    /// There are more bytes than an artifact, or one of its sections, may have.
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// How large it is, in bytes.
        size: usize,
        /// The limit.
        limit: usize,
    },
    /// There are more sections than an artifact may have.
    TooManySections,
    /// Something is not of the form.
    Malformed {
        /// What.
        what: &'static str,
        /// Where it begins.
        at: usize,
    },
    /// Something follows the signature, which is the last section.
    TrailingBytes {
        /// Where it begins.
        at: usize,
    },
    /// There is no such section.
    MissingSection(&'static str),
    /// There are two such sections.
    DuplicateSection(String),
    /// The section stands in the wrong place.
    SectionOrder(String),
    /// An artifact has no such section.
    UnexpectedSection(String),
    /// The module wants something from its host.
    Imports,
    /// The format is newer than this reader.
    NewerFormat(FormatVersion),
    /// The format is older than this reader can read.
    OlderFormat(FormatVersion),
    /// There is no signature and one is asked for.
    Unsigned,
    /// The signature is one of a key that is not trusted.
    UntrustedKey(KeyId),
    /// The bytes are not those that the key signed.
    BadSignature(KeyId),
    /// There is a signature already.
    AlreadySigned(KeyId),
    /// The signature is not of minisign's form, or not in the one form that an artifact holds.
    SignatureMalformed(&'static str),
    /// The manifest cannot be read.
    ManifestMalformed(String),
    /// The tables cannot be read.
    TablesMalformed(&'static str),
    /// The table image is refused.
    Tables(ImageError),
    /// The sources cannot be read.
    SourcesMalformed(String),
    /// The evidence cannot be read.
    EvidenceMalformed(String),
    /// Two parts of the artifact say different things.
    Disagreement(String),
}

impl fmt::Display for ArtifactError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotWebAssembly => f.write_str("not an artifact: the file is not a WebAssembly module"),
            Self::Truncated { what, at } => {
                write!(f, "the artifact is cut short: {what} at byte {at} has no end")
            }
            Self::TooLarge { what, size, limit } => {
                write!(f, "the {what} has {size} bytes, more than the {limit} that are allowed")
            }
            Self::TooManySections => write!(f, "the module has more than {} sections", super::MAX_SECTIONS),
            Self::Malformed { what, at } => {
                write!(f, "the artifact is damaged: malformed {what} at byte {at}")
            }
            Self::TrailingBytes { at } => {
                write!(f, "the artifact is damaged: bytes follow the signature, from byte {at}")
            }
            Self::MissingSection(name) => {
                write!(f, "not an artifact, or cut short: the module has no section `{name}`")
            }
            Self::DuplicateSection(name) => {
                write!(f, "the artifact is damaged: it has two sections `{}`", name.escape_debug())
            }
            Self::SectionOrder(name) => {
                write!(f, "the artifact is damaged: section `{}` is out of order", name.escape_debug())
            }
            Self::UnexpectedSection(name) => {
                write!(f, "the module has a section `{}`, which artifacts do not have", name.escape_debug())
            }
            Self::Imports => {
                f.write_str("the module has imports; the module of an artifact asks nothing of its host")
            }
            Self::NewerFormat(version) => {
                write!(
                    f,
                    "made by a newer compiler (artifact format {version}, this program reads {FORMAT}): upgrade warmord"
                )
            }
            Self::OlderFormat(version) => {
                write!(
                    f,
                    "artifact format {version} is no longer read (this program reads {FORMAT}): compile the policy again"
                )
            }
            Self::Unsigned => f.write_str("the artifact is not signed, or its signature was cut off"),
            Self::UntrustedKey(id) => {
                write!(f, "the artifact is signed by key {id}, which is not a trusted key")
            }
            Self::BadSignature(id) => {
                write!(f, "the signature does not match: the artifact is not what key {id} signed")
            }
            Self::AlreadySigned(id) => write!(f, "the artifact is already signed, by key {id}"),
            Self::SignatureMalformed(why) => write!(f, "the signature is malformed: {why}"),
            Self::ManifestMalformed(why) => write!(f, "the manifest is malformed: {why}"),
            Self::TablesMalformed(why) => write!(f, "the tables are malformed: {why}"),
            Self::Tables(why) => write!(f, "the tables are malformed: {why}"),
            Self::SourcesMalformed(why) => write!(f, "the sources are malformed: {why}"),
            Self::EvidenceMalformed(why) => write!(f, "the evidence is malformed: {why}"),
            Self::Disagreement(what) => write!(f, "the artifact contradicts itself: {what}"),
        }
    }
}

impl std::error::Error for ArtifactError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Tables(why) => Some(why),
            _ => None,
        }
    }
}

impl From<ImageError> for ArtifactError {
    fn from(why: ImageError) -> Self {
        Self::Tables(why)
    }
}
