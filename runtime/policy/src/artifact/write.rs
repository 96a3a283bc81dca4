//! Making an artifact out of its parts.

use super::evidence::Evidence;
use super::manifest::Manifest;
use super::signature::{Signature, TRUSTED, UNTRUSTED};
use super::sources::SourceFile;
use super::{
    Artifact, ArtifactError, Digest, FORMAT, Trust, agreement, json, name, section, sources, tables,
};
use crate::image::Image;
use crate::schema::SCHEMA_VERSION;

/// The parts of an artifact. The bytes depend on nothing else: equal parts give equal bytes, wherever and whenever.
#[derive(Clone, Debug)]
pub struct ArtifactBuilder {
    /// The WebAssembly module: its core sections and, if it has them, custom sections that are not called `warmor.*`.
    pub module: Vec<u8>,
    /// The manifest. Its `format`, `schema`, `sources` and `costs.table_words` follow from the rest and are set by
    /// [`write`](Self::write).
    pub manifest: Manifest,
    /// The tables.
    pub tables: Image,
    /// The texts that were compiled, in any order.
    pub sources: Vec<SourceFile>,
    /// What was proved.
    pub evidence: Vec<Evidence>,
}

impl ArtifactBuilder {
    /// The bytes of the artifact, without a signature.
    ///
    /// # Errors
    /// When the parts do not fit together, so that [`Artifact::read`](super::Artifact::read) would refuse the result.
    pub fn write(self) -> Result<Vec<u8>, ArtifactError> {
        let Self { module, mut manifest, tables, sources, evidence } = self;
        let walked = section::walk(&module, name::SIGNATURE)?;
        section::check_core(&walked)?;
        if let Some(ours) = walked.iter().find(|s| s.name.is_some_and(section::is_ours)) {
            return Err(ArtifactError::UnexpectedSection(ours.title()));
        }
        let source_bytes = sources::write(&sources)?;
        manifest.format = FORMAT;
        manifest.schema = SCHEMA_VERSION;
        manifest.sources = Digest::of(&source_bytes);
        manifest.costs.table_words = tables.words().len() as u64;
        agreement::check(&manifest, &tables, &sources, &source_bytes)?;

        let table_bytes = tables::write(&tables);
        agreement::check_evidence(&evidence, &manifest, &module, &table_bytes)?;
        let manifest = json::write(&manifest).map_err(ArtifactError::ManifestMalformed)?;
        let evidence = json::write(&evidence).map_err(ArtifactError::EvidenceMalformed)?;
        let mut out = module;
        for (name, contents) in [
            (name::MANIFEST, manifest),
            (name::TABLES, table_bytes),
            (name::SOURCES, source_bytes),
            (name::EVIDENCE, evidence),
        ] {
            name::within_limit(name, contents.len())?;
            section::append(&mut out, name, &contents)?;
        }
        Ok(out)
    }
}

/// Replaces what an artifact says was proved. All else keeps its bytes.
///
/// # Errors
/// When it is signed already, or the evidence is not about it.
pub fn with_evidence(unsigned: Artifact, evidence: &[Evidence]) -> Result<Vec<u8>, ArtifactError> {
    if let Some(present) = unsigned.signature() {
        return Err(ArtifactError::AlreadySigned(present.key()));
    }
    let tables = tables::write(unsigned.tables());
    agreement::check_evidence(evidence, unsigned.manifest(), unsigned.module(), &tables)?;
    let contents = json::write(&evidence).map_err(ArtifactError::EvidenceMalformed)?;
    name::within_limit(name::EVIDENCE, contents.len())?;
    let (mut out, start) = (unsigned.bytes, unsigned.evidence_start);
    out.truncate(start);
    section::append(&mut out, name::EVIDENCE, &contents)?;
    Ok(out)
}

/// Adds a signature that was made over the bytes of an unsigned artifact, by [`sign`](super::sign) or by minisign itself.
/// Its untrusted comment, which nothing protects, is replaced by the one that artifacts have.
///
/// # Errors
/// When the bytes are no artifact or are signed already, or the text is no signature. Whether the signature matches is seen
/// when the result is read with a key.
pub fn attach_signature(unsigned: Vec<u8>, signature: &str) -> Result<Vec<u8>, ArtifactError> {
    let artifact = Artifact::read(unsigned, Trust::AllowUnsigned)?;
    let lines: Vec<&str> = signature.lines().map(str::trim_end).collect();
    let [_, bytes, comment, global] = lines[..] else {
        return Err(ArtifactError::SignatureMalformed("it has not four lines"));
    };
    if !comment.starts_with(TRUSTED) {
        return Err(ArtifactError::SignatureMalformed("it has no trusted comment"));
    }
    let text = format!("{UNTRUSTED}\n{bytes}\n{comment}\n{global}\n");
    append_signature(artifact, &text)
}

/// Adds the section of a signature.
pub(super) fn append_signature(artifact: Artifact, text: &str) -> Result<Vec<u8>, ArtifactError> {
    if let Some(present) = artifact.signature() {
        return Err(ArtifactError::AlreadySigned(present.key()));
    }
    Signature::parse(text.as_bytes())?;
    let mut out = artifact.bytes;
    section::append(&mut out, name::SIGNATURE, text.as_bytes())?;
    Ok(out)
}
