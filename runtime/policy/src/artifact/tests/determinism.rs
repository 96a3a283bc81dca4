//! Equal parts give equal bytes, and the bytes give back the parts.

use super::sample;
use crate::artifact::{
    Artifact, Digest, Inspection, SignatureState, SourceFile, SourceKind, Trust, name, section,
};
use crate::verdict::{ClauseKind, Responses, Severity};

#[test]
fn sections_stand_in_their_order() {
    let bytes = sample::unsigned();
    let titles: Vec<_> =
        section::walk(&bytes, name::SIGNATURE).unwrap().iter().map(section::Section::title).collect();
    let expected = [
        "type",
        "function",
        "memory",
        "export",
        "code",
        "data",
        "warmor.manifest",
        "warmor.tables",
        "warmor.sources",
        "warmor.evidence",
    ];
    assert_eq!(titles, expected);
    assert_eq!(&bytes[..sample::module().len()], sample::module());
}

/// The whole manifest, as a golden text: a change here is a change of the format.
#[test]
fn the_manifest_is_spelled_in_one_way() {
    let bytes = sample::unsigned();
    let sections = section::walk(&bytes, name::SIGNATURE).unwrap();
    let manifest = sections.iter().find(|s| s.name == Some(name::MANIFEST)).unwrap();
    assert_eq!(str::from_utf8(manifest.contents).unwrap(), include_str!("manifest.golden.json").trim_end());
}

#[test]
fn equal_parts_give_equal_bytes() {
    let mut other = sample::builder();
    other.sources.reverse();
    // What the writer sets is not believed.
    other.manifest.sources = Digest::of(b"something else");
    other.manifest.schema += 1;
    other.manifest.format.minor += 1;
    other.manifest.costs.table_words = 7;
    assert_eq!(other.write().unwrap(), sample::unsigned());
}

#[test]
fn the_parts_come_back() {
    let parts = sample::builder();
    let artifact = Artifact::read(sample::unsigned(), Trust::AllowUnsigned).unwrap();
    let mut manifest = parts.manifest.clone();
    manifest.sources = artifact.manifest().sources;
    manifest.costs.table_words = parts.tables.words().len() as u64;
    assert_eq!(artifact.manifest(), &manifest);
    assert_eq!(artifact.tables(), &parts.tables);
    assert_eq!(artifact.evidence(), &parts.evidence);
    let mut sources = parts.sources;
    sources.sort();
    assert_eq!(artifact.sources(), sources);
    assert_eq!(artifact.signed_bytes(), artifact.bytes());
    assert!(artifact.signature().is_none());
}

/// Round trip over many artifacts: random clauses, texts full of what JSON must escape, many files, big tables.
#[test]
fn random_parts_come_back() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: u64| {
        // xorshift64*, Vigna 2016.
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        state.wrapping_mul(0x2545_f491_4f6c_dd1d) % below
    };
    for _ in 0..300 {
        let mut parts = sample::builder();
        let mut text = |len: u64| -> String {
            (0..next(len + 1))
                .map(|_| match next(6) {
                    0 => char::from(next(32) as u8),
                    1 => ['"', '\\', '/', '\u{7f}', '\u{2028}', '\u{10ffff}', 'é'][next(7) as usize],
                    _ => char::from(b' ' + next(95) as u8),
                })
                .collect()
        };
        parts.manifest.package = text(30);
        parts.manifest.policies[0].doc = text(200);
        parts.manifest.clauses[1].because = Some(text(50));
        parts.manifest.clauses[0].alert = vec![text(5), text(5)];
        parts.sources.extend((0..20).map(|i| SourceFile {
            name: format!("more/{i}.warmor"),
            kind: SourceKind::Library,
            text: text(300),
        }));
        let model = parts.manifest.clauses[1].clone();
        for _ in 0..next(40) {
            let mut clause = model.clone();
            clause.kind = ClauseKind::from_code(next(4) as u32).unwrap();
            clause.policy = Some(next(2) as u32);
            clause.severity = Severity::ALL[next(5) as usize].1;
            clause.responses = Responses(next(128) as u8);
            parts.manifest.clauses.push(clause);
        }
        parts.tables = sample::image(&parts.manifest);
        let bytes = parts.clone().write().unwrap();
        let artifact = Artifact::read(bytes.clone(), Trust::AllowUnsigned).unwrap();
        assert_eq!(artifact.manifest().clauses, parts.manifest.clauses);
        assert_eq!(artifact.manifest().package, parts.manifest.package);
        assert_eq!(artifact.tables(), &parts.tables);
        let again = crate::artifact::ArtifactBuilder {
            module: sample::module(),
            manifest: artifact.manifest().clone(),
            tables: artifact.tables().clone(),
            sources: artifact.sources().to_vec(),
            evidence: artifact.evidence().to_vec(),
        };
        assert_eq!(again.write().unwrap(), bytes);
    }
}

#[test]
fn inspection_tells_what_is_there() {
    let bytes = sample::unsigned();
    let (seen, artifact) = Inspection::new(bytes.clone(), &[]).unwrap();
    assert_eq!(seen.signature, SignatureState::Unsigned);
    assert_eq!((seen.size, seen.signed_size), (bytes.len(), bytes.len()));
    assert_eq!(seen.digest, Digest::of(&bytes));
    assert_eq!(seen.sections.iter().map(|s| s.size).sum::<usize>() + section::PREAMBLE.len(), bytes.len());
    assert_eq!(seen.sections[8].digest, artifact.manifest().sources);
    assert_eq!((seen.summary.prevent, seen.summary.detect, seen.summary.clauses), (1, 1, 4));
    assert_eq!((seen.summary.detections, &seen.summary.not_executed[..]), (1, &["burst".to_owned()][..]));
    assert_eq!(seen.summary.proved, 1);
}

#[test]
fn any_engine_accepts_the_module() {
    wasmparser::Validator::new().validate_all(&sample::unsigned()).unwrap();
}
