//! What evidence is worth: it is bound to the parts that it is about, and counts by the word of a signer alone.

use super::sample;
use crate::artifact::{
    About, Artifact, ArtifactError, Digest, Evidence, FormatVersion, Outcome, Part, SourceKind, Trust,
    Unproved, with_evidence,
};

fn artifact() -> Artifact {
    Artifact::read(sample::unsigned(), Trust::AllowUnsigned).unwrap()
}

fn about(part: Part, outcome: Outcome) -> Evidence {
    let artifact = artifact();
    Evidence {
        claim: format!("the {part} is right"),
        engine: "validator 1".into(),
        outcome,
        about: Some(About {
            part,
            digest: artifact.part_digest(part),
            sources: artifact.manifest().sources,
            clauses: 4,
            diagrams: 0,
            atoms: 0,
            steps: 7,
        }),
    }
}

#[test]
fn evidence_is_replaced_and_nothing_else() {
    let before = artifact();
    let evidence = Part::ALL.map(|part| about(part, Outcome::Proved));
    let bytes = with_evidence(before.clone(), &evidence).unwrap();
    let after = Artifact::read(bytes, Trust::AllowUnsigned).unwrap();
    assert_eq!(after.evidence(), evidence);
    assert_eq!(after.module(), sample::module());
    assert_eq!(after.manifest(), before.manifest());
    // And back again: the bytes are those that they were.
    assert_eq!(with_evidence(after, before.evidence()).unwrap(), before.bytes());
}

#[test]
fn evidence_about_something_else_is_refused() {
    let wrong = |edit: &dyn Fn(&mut About)| {
        let mut evidence = about(Part::Tables, Outcome::Proved);
        evidence.about.as_mut().map(edit);
        let mut builder = sample::builder();
        builder.evidence = vec![evidence.clone()];
        let written = builder.write().unwrap_err();
        assert_eq!(with_evidence(artifact(), &[evidence]).unwrap_err(), written);
        written.to_string()
    };
    let contradiction = "the artifact contradicts itself: the evidence is";
    assert_eq!(
        wrong(&|a| a.digest = Digest::default()),
        format!("{contradiction} not about the tables here")
    );
    assert_eq!(wrong(&|a| a.part = Part::Module), format!("{contradiction} not about the module here"));
    assert_eq!(wrong(&|a| a.sources = Digest::default()), format!("{contradiction} about other sources"));
}

#[test]
fn evidence_of_an_unsigned_artifact_counts_for_nothing() {
    let evidence = Part::ALL.map(|part| about(part, Outcome::Proved));
    let bytes = with_evidence(artifact(), &evidence).unwrap();
    let unsigned = Artifact::read(bytes, Trust::AllowUnsigned).unwrap();
    assert_eq!(unsigned.require_proof(), Err(Unproved::Unsigned));
}

#[cfg(feature = "sign")]
#[test]
fn every_part_must_be_proved_by_a_signer() {
    use crate::artifact::sign::{SecretKey, sign};
    let key = SecretKey::from_seed(&[1; 32], [1; 8]).unwrap();
    let keys = [key.public_key().unwrap()];
    let judged = |evidence: &[Evidence]| {
        let bytes = sign(with_evidence(artifact(), evidence).unwrap(), &key).unwrap();
        // A signature that nobody checked is none.
        let unchecked = Artifact::read(bytes.clone(), Trust::AllowUnsigned).unwrap();
        assert_eq!(unchecked.require_proof(), Err(Unproved::Unsigned));
        let refused = with_evidence(unchecked, evidence).unwrap_err();
        assert!(matches!(refused, ArtifactError::AlreadySigned(_)), "{refused}");
        Artifact::read(bytes, Trust::Keys(&keys)).unwrap().require_proof()
    };
    let (tables, module) = (about(Part::Tables, Outcome::Proved), about(Part::Module, Outcome::Proved));
    assert_eq!(judged(&[tables.clone(), module.clone()]), Ok(()));
    assert_eq!(judged(std::slice::from_ref(&tables)), Err(Unproved::Missing(Part::Module)));
    assert_eq!(judged(&[module]), Err(Unproved::Missing(Part::Tables)));
    let skipped = about(Part::Module, Outcome::Skipped);
    assert_eq!(judged(&[tables.clone(), skipped]), Err(Unproved::Skipped(Part::Module)));
    let open = about(Part::Module, Outcome::Inconclusive);
    assert_eq!(judged(&[tables, open]), Err(Unproved::Inconclusive(Part::Module)));
    // What was proved of something else is no proof of the build.
    assert_eq!(judged(artifact().evidence()), Err(Unproved::Missing(Part::Tables)));
}

/// The sample as the first version of the format had it.
#[test]
fn an_artifact_of_format_1_0_is_read() {
    let old = Artifact::read(include_bytes!("format-1.0.wasm").to_vec(), Trust::AllowUnsigned).unwrap();
    assert_eq!(old.manifest().format, FormatVersion { major: 1, minor: 0 });
    assert!(old.sources().iter().all(|f| f.kind == SourceKind::Unstated));
    let now = artifact();
    assert_eq!(old.evidence(), now.evidence());
    assert_eq!(old.manifest().clauses, now.manifest().clauses);
    // Its sections are those of its version: what newer ones say is no spelling of it.
    let mut mixed = old.bytes().to_vec();
    let minor = mixed.windows(9).position(|w| w == br#""minor":0"#).unwrap();
    mixed[minor + 8] = b'1';
    let refused = Artifact::read(mixed, Trust::AllowUnsigned).unwrap_err();
    assert_eq!(refused.to_string(), "the sources are malformed: the section's version is not 2");
}
