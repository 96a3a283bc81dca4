//! Signed artifacts: what a signature protects, and that minisign and this crate read each other's files.

use super::sample;
use crate::artifact::sign::{SecretKey, SignError, sign};
use crate::artifact::{
    Artifact, ArtifactError, Inspection, PublicKey, SignatureState, Trust, attach_signature,
};

const MINISIGN_PUBLIC: &str = include_str!("minisign-0.11.pub");
const MINISIGN_SECRET: &str = include_str!("minisign-0.11.key");
const MINISIGN_SIGNATURE: &str = include_str!("minisign-0.11.sig");

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32], [seed; 8]).unwrap()
}

fn signed() -> Vec<u8> {
    sign(sample::unsigned(), &key(1)).unwrap()
}

#[test]
fn a_signed_artifact_is_read_with_its_key() {
    let keys = [key(2).public_key().unwrap(), key(1).public_key().unwrap()];
    let artifact = Artifact::read(signed(), Trust::Keys(&keys)).unwrap();
    assert_eq!(artifact.signed_bytes(), sample::unsigned());
    let signature = artifact.signature().unwrap();
    assert_eq!(signature.key(), keys[1].id());
    assert_eq!(
        signature.trusted_comment(),
        "warmor artifact, package shop, format 1.1, key 0101010101010101"
    );
    // The way to cut the signature out that the documentation gives.
    assert_eq!(&artifact.bytes()[artifact.signed_bytes().len() + 20..], signature.text().as_bytes());
    wasmparser::Validator::new().validate_all(artifact.bytes()).unwrap();
}

#[test]
fn signing_twice_gives_the_same_bytes() {
    assert_eq!(signed(), signed());
}

#[test]
fn an_artifact_is_signed_once() {
    let why = sign(signed(), &key(2)).unwrap_err();
    assert_eq!(why.to_string(), "the artifact is already signed, by key 0101010101010101");
    assert!(matches!(
        sign(sample::module(), &key(1)),
        Err(SignError::Artifact(ArtifactError::MissingSection(_)))
    ));
}

#[test]
fn another_key_is_refused() {
    let other = key(2).public_key().unwrap();
    let why = Artifact::read(signed(), Trust::Keys(&[other])).unwrap_err();
    assert_eq!(why.to_string(), "the artifact is signed by key 0101010101010101, which is not a trusted key");
    // A key that only bears the same number.
    let namesake = SecretKey::from_seed(&[7; 32], [1; 8]).unwrap().public_key().unwrap();
    let why = Artifact::read(signed(), Trust::Keys(std::slice::from_ref(&namesake))).unwrap_err();
    assert_eq!(
        why.to_string(),
        "the signature does not match: the artifact is not what key 0101010101010101 signed"
    );
    // … does not keep the right one from being found.
    let keys = [namesake, key(1).public_key().unwrap()];
    assert!(Artifact::read(signed(), Trust::Keys(&keys)).is_ok());
}

#[test]
fn every_prefix_is_refused() {
    let (bytes, keys) = (signed(), [key(1).public_key().unwrap()]);
    for len in 0..bytes.len() {
        match Artifact::read(bytes[..len].to_vec(), Trust::Keys(&keys)).unwrap_err() {
            ArtifactError::NotWebAssembly | ArtifactError::Truncated { .. } | ArtifactError::Unsigned => {}
            other => panic!("a prefix of {len} bytes: {other}"),
        }
    }
}

/// Nothing in the file can change without notice: not the module, not the sections' frame, not the signature's own text.
#[test]
fn every_changed_byte_is_refused() {
    let (bytes, keys) = (signed(), [key(1).public_key().unwrap()]);
    let signature = sample::unsigned().len();
    // Of the signed bytes, one bit each; of the signature, where text and frame decide, every bit.
    for bit in (0..signature).map(|i| i * 8 + i % 8).chain(signature * 8..bytes.len() * 8) {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        match Artifact::read(flipped, Trust::Keys(&keys)).map(|_| ()) {
            Err(
                ArtifactError::BadSignature(_)
                | ArtifactError::UntrustedKey(_)
                | ArtifactError::SignatureMalformed(_)
                | ArtifactError::Unsigned
                | ArtifactError::NotWebAssembly
                | ArtifactError::Truncated { .. }
                | ArtifactError::TrailingBytes { .. }
                | ArtifactError::Malformed { .. },
            ) => {}
            other => panic!("bit {} of byte {}: {other:?}", bit % 8, bit / 8),
        }
    }
}

#[test]
fn a_changed_policy_is_seen_before_it_is_read() {
    let mut changed = sample::builder();
    changed.manifest.package = "shap".into();
    let bytes = changed.write().unwrap();
    let genuine = Artifact::read(signed(), Trust::AllowUnsigned).unwrap();
    let forged = attach_signature(bytes, genuine.signature().unwrap().text()).unwrap();
    let keys = [key(1).public_key().unwrap()];
    assert_eq!(
        Artifact::read(forged.clone(), Trust::Keys(&keys)).unwrap_err(),
        ArtifactError::BadSignature(key(1).id())
    );
    let (seen, _) = Inspection::new(forged, &keys).unwrap();
    assert!(matches!(seen.signature, SignatureState::Refused { .. }));
}

#[test]
fn inspection_judges_the_signature() {
    let state = |keys: &[PublicKey]| Inspection::new(signed(), keys).unwrap().0.signature;
    assert!(matches!(state(&[]), SignatureState::Unchecked(_)));
    assert!(matches!(state(&[key(1).public_key().unwrap()]), SignatureState::Verified(_)));
    let refused = state(&[key(2).public_key().unwrap()]);
    assert_eq!(
        serde_json::to_string(&refused).unwrap(),
        r#"{"state":"refused","signature":{"key":"0101010101010101","trusted_comment":"warmor artifact, package shop, format 1.1, key 0101010101010101"},"why":"the artifact is signed by key 0101010101010101, which is not a trusted key"}"#
    );
}

#[test]
fn keys_come_back() {
    let made = SecretKey::generate().unwrap();
    assert_ne!(made.id(), SecretKey::generate().unwrap().id());
    let read = SecretKey::parse(&made.to_text(None).unwrap(), None).unwrap();
    assert_eq!(read.public_text(), made.public_text());
    assert_eq!(PublicKey::parse(&made.public_text()).unwrap().id(), made.id());
    let line = made.public_text().lines().nth(1).unwrap().to_owned();
    assert_eq!(PublicKey::parse(&line), PublicKey::parse(&made.public_text()));
    assert_eq!(format!("{made:?}"), format!("SecretKey({})", made.id()));
}

#[test]
fn a_password_protects_a_key() {
    let text = key(3).to_text(Some("correct horse")).unwrap();
    assert_eq!(SecretKey::parse(&text, None).unwrap_err(), SignError::PasswordNeeded);
    assert_eq!(SecretKey::parse(&text, Some("battery staple")).unwrap_err(), SignError::WrongPassword);
    assert_eq!(SecretKey::parse(&text, Some("correct horse")).unwrap().public_text(), key(3).public_text());
}

#[test]
fn what_is_no_key_is_refused() {
    let secret = |text: &str| SecretKey::parse(text, None).unwrap_err().to_string();
    let good = key(1).to_text(None).unwrap();
    assert_eq!(
        secret(&key(1).public_text()),
        "not a secret key: its second line is not base64 of a key; expected what `warmorc keygen` or minisign writes"
    );
    assert!(secret("").contains("it has not two lines"));
    assert!(secret(&good.replacen("untrusted", "trusted", 1)).contains("its first line is no comment"));
    assert!(secret(&good.replacen("\nRW", "\nRU", 1)).contains("it is of an unknown algorithm"));
    assert!(secret(&good.replacen("AQEBAQ", "AQEBAR", 1)).contains("it is damaged"));
    for text in ["", "untrusted comment: x", &good, "untrusted comment: x\nRWQ\n", "x\ny\nz\n"] {
        assert!(PublicKey::parse(text).is_err(), "{text}");
    }
    assert!(PublicKey::parse(&key(1).public_text().replacen("\nRW", "\nRU", 1)).is_err());
}

#[test]
fn minisigns_keys_are_read() {
    let secret = SecretKey::parse(MINISIGN_SECRET, None).unwrap();
    let public = PublicKey::parse(MINISIGN_PUBLIC).unwrap();
    assert_eq!(secret.public_key().unwrap(), public);
    assert_eq!(
        MINISIGN_PUBLIC.lines().next(),
        Some(&*format!("untrusted comment: minisign public key {}", public.id()))
    );
    let artifact = sign(sample::unsigned(), &secret).unwrap();
    assert!(Artifact::read(artifact, Trust::Keys(&[public])).is_ok());
}

/// Both are deterministic, so this crate's signature of the same message must be minisign's, to the bit.
#[test]
fn minisigns_signatures_are_ours() {
    let secret = SecretKey::parse(MINISIGN_SECRET, None).unwrap();
    let ours = secret.signature_text(b"signed by minisign\n", "a comment of minisign");
    let lines = |text: &str| text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(lines(&ours), lines(MINISIGN_SIGNATURE));
}
