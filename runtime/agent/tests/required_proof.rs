//! `--require-proof`: evidence counts by the word of a signer who is trusted, and has to be there for every part.

use std::path::{Path, PathBuf};
use std::process::Command;
use warmor_policy::artifact::sign::{SecretKey, sign};
use warmor_policy::artifact::{About, Artifact, Evidence, Outcome, Part, Trust, with_evidence};

/// A valid artifact of the format's own tests, behind a byte for the fuzzer.
const SAMPLE: &[u8] = include_bytes!("../../../tests/fuzz/seeds/artifact/whole");

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("warmord-proof-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is left to the system's own cleaning.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn artifact() -> Artifact {
    Artifact::read(SAMPLE[1..].to_vec(), Trust::AllowUnsigned).unwrap()
}

fn claims(outcomes: [Outcome; 2]) -> Vec<Evidence> {
    let artifact = artifact();
    let about = |part| About {
        part,
        digest: artifact.part_digest(part),
        sources: artifact.manifest().sources,
        clauses: 4,
        diagrams: 0,
        atoms: 0,
        steps: 0,
    };
    let claim = |(part, outcome)| Evidence {
        claim: format!("the {part} is right"),
        engine: "a validator".into(),
        outcome,
        about: Some(about(part)),
    };
    Part::ALL.into_iter().zip(outcomes).map(claim).collect()
}

/// Exit code and standard error of `warmord check`.
fn check(artifact: &Path, options: &[&str], key: Option<&Path>) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_warmord"));
    command.arg("check").arg(artifact).args(options);
    if let Some(key) = key {
        command.arg("--pubkey").arg(key);
    }
    let output = command.output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn only_what_is_proved_by_a_trusted_signer_is_taken() {
    let folder = Folder::new("taken");
    let key = SecretKey::generate().unwrap();
    let public = folder.write("key.pub", key.public_text());
    let signed = |name: &str, evidence: &[Evidence]| {
        let bytes = sign(with_evidence(artifact(), evidence).unwrap(), &key).unwrap();
        folder.write(name, bytes)
    };
    let proved = signed("proved.wasm", &claims([Outcome::Proved, Outcome::Proved]));
    let skipped = signed("skipped.wasm", &claims([Outcome::Proved, Outcome::Skipped]));
    let silent = signed("silent.wasm", &[]);
    let require = ["--require-proof"];
    // What this machine can keep to is another question: 0 or 1, but not 2.
    let (code, error) = check(&proved, &require, Some(&public));
    assert!(code < 2, "{code}: {error}");
    for (artifact, why) in [
        (&skipped, "the proof for its module was left out (`--no-validate`)"),
        (&silent, "it has no evidence of a proof for its tables"),
    ] {
        let (code, error) = check(artifact, &require, Some(&public));
        assert_eq!(code, 2, "{error}");
        assert!(error.trim_end().ends_with(&format!("a proof is required, and {why}")), "{error}");
        let (code, error) = check(artifact, &[], Some(&public));
        assert!(code < 2, "nobody asked for a proof: {error}");
    }
}

#[test]
fn a_proof_of_nobody_cannot_be_required() {
    let folder = Folder::new("nobody");
    let bytes = with_evidence(artifact(), &claims([Outcome::Proved, Outcome::Proved])).unwrap();
    let unsigned = folder.write("unsigned.wasm", bytes);
    let (code, error) = check(&unsigned, &["--require-proof", "--allow-unsigned"], None);
    assert_eq!(code, 2);
    assert!(error.contains("cannot be used with"), "{error}");
    let key = folder.write("key.pub", SecretKey::generate().unwrap().public_text());
    let (code, error) = check(&unsigned, &["--require-proof"], Some(&key));
    assert_eq!(code, 2);
    assert!(error.contains("the artifact is not signed"), "{error}");
}
