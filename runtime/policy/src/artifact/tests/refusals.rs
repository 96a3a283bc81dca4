//! Every way in which bytes are no artifact has its own error. Each case also says its text.

use super::sample;
use crate::artifact::{
    Artifact, ArtifactError, FORMAT, FormatVersion, MAX_BYTES, MAX_JSON, MAX_NAME, Trust, attach_signature,
    name, section,
};
use crate::image::header;

fn read(bytes: &[u8]) -> Result<Artifact, ArtifactError> {
    Artifact::read(bytes.to_vec(), Trust::AllowUnsigned)
}

#[track_caller]
fn refused(bytes: &[u8]) -> ArtifactError {
    match read(bytes) {
        Ok(_) => panic!("the artifact is accepted"),
        Err(why) => why,
    }
}

/// The sample with the contents of each of its own sections passed through an edit, which can drop or repeat them.
fn edited(edit: impl Fn(&'static str, Vec<u8>) -> Vec<Vec<u8>>) -> Vec<u8> {
    let bytes = sample::unsigned();
    let mut out = sample::module();
    for name in name::REQUIRED {
        let sections = section::walk(&bytes, name::SIGNATURE).unwrap();
        let section = sections.iter().find(|s| s.name == Some(name)).unwrap();
        for contents in edit(name, section.contents.to_vec()) {
            section::append(&mut out, name, &contents).unwrap();
        }
    }
    out
}

/// The sample with one section's contents edited.
fn with(which: &str, edit: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    edited(|name, mut contents| {
        if name == which {
            edit(&mut contents);
        }
        vec![contents]
    })
}

/// The sample with a text of its manifest replaced.
fn manifest(from: &str, to: &str) -> ArtifactError {
    refused(&with(name::MANIFEST, |contents| {
        let text = String::from_utf8(contents.clone()).unwrap();
        assert!(text.contains(from), "the sample's manifest does not contain `{from}`");
        *contents = text.replacen(from, to, 1).into_bytes();
    }))
}

#[test]
fn not_a_module() {
    for bytes in [&b""[..], b"package shop\n", b"\0asm\x02\0\0\0", b"\x7fELF"] {
        assert_eq!(refused(bytes), ArtifactError::NotWebAssembly);
    }
    assert_eq!(
        ArtifactError::NotWebAssembly.to_string(),
        "not an artifact: the file is not a WebAssembly module"
    );
}

#[test]
fn every_prefix_is_refused() {
    let bytes = sample::unsigned();
    for len in 0..bytes.len() {
        match refused(&bytes[..len]) {
            ArtifactError::NotWebAssembly => assert_eq!(len, 0),
            ArtifactError::Truncated { .. } => assert!(len > 0),
            // Cut between two sections.
            ArtifactError::MissingSection(_) => assert!(len >= 8),
            other => panic!("a prefix of {len} bytes: {other}"),
        }
    }
    assert_eq!(
        refused(&bytes[..12]).to_string(),
        "the artifact is cut short: the section at byte 8 has no end"
    );
    assert_eq!(
        refused(&bytes[..3]).to_string(),
        "the artifact is cut short: the module's header at byte 0 has no end"
    );
}

#[test]
fn too_large() {
    let mut bytes = sample::unsigned();
    bytes.resize(MAX_BYTES + 1, 0);
    let why = refused(&bytes);
    assert_eq!(why.to_string(), "the artifact has 268435457 bytes, more than the 268435456 that are allowed");
    let why = refused(&with(name::MANIFEST, |contents| contents.resize(MAX_JSON + 1, b' ')));
    assert_eq!(why, ArtifactError::TooLarge { what: name::MANIFEST, size: MAX_JSON + 1, limit: MAX_JSON });
    let why = refused(&with(name::EVIDENCE, |contents| contents.resize(MAX_JSON + 1, b' ')));
    assert_eq!(why, ArtifactError::TooLarge { what: name::EVIDENCE, size: MAX_JSON + 1, limit: MAX_JSON });
}

#[test]
fn too_many_sections() {
    let mut bytes = sample::module();
    for _ in 0..100 {
        section::append(&mut bytes, "x", b"").unwrap();
    }
    assert_eq!(refused(&bytes).to_string(), "the module has more than 64 sections");
}

#[test]
fn lengths_have_one_spelling() {
    let with_section = |section: &[u8]| refused(&[&section::PREAMBLE[..], section].concat());
    // Too long, over 32 bits, not the shortest form, and a name longer than its section.
    for section in [
        &[0, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01][..],
        &[0, 0xff, 0xff, 0xff, 0xff, 0x1f],
        &[0, 0x82, 0x00, 1, b'x'],
        &[0, 1, 5, b'x'],
        &[0, 0, 1],
        &[0, 2, 1, 0xff],
    ] {
        let why = with_section(section);
        assert!(matches!(why, ArtifactError::Malformed { .. }), "{section:x?}: {why}");
    }
    assert_eq!(
        with_section(&[0, 0x82, 0x00, 1, b'x']).to_string(),
        "the artifact is damaged: malformed length at byte 9"
    );
    assert_eq!(with_section(&[0, 0x80]), ArtifactError::Truncated { what: "the length", at: 9 });
    assert_eq!(
        with_section(&[0, 0x85, 0x80, 0x80, 0x80, 0x08]),
        ArtifactError::Truncated { what: "the section", at: 8 }
    );
}

#[test]
fn a_missing_section() {
    for missing in name::REQUIRED {
        let bytes = edited(|name, contents| if name == missing { vec![] } else { vec![contents] });
        assert_eq!(refused(&bytes), ArtifactError::MissingSection(missing));
    }
    assert_eq!(
        refused(&sample::module()).to_string(),
        "not an artifact, or cut short: the module has no section `warmor.manifest`"
    );
}

#[test]
fn a_section_twice() {
    for twice in name::REQUIRED {
        let bytes = edited(
            |name, contents| if name == twice { vec![contents.clone(), contents] } else { vec![contents] },
        );
        assert_eq!(refused(&bytes), ArtifactError::DuplicateSection(twice.into()));
    }
    let why = ArtifactError::DuplicateSection("data".into());
    assert_eq!(why.to_string(), "the artifact is damaged: it has two sections `data`");
    let mut module = sample::module();
    module.extend([11, 1, 0]);
    assert_eq!(crate::artifact::ArtifactBuilder { module, ..sample::builder() }.write().unwrap_err(), why);
}

#[test]
fn sections_out_of_order() {
    let mut bytes = sample::unsigned();
    section::append(&mut bytes, "producers", b"").unwrap();
    let why = refused(&bytes);
    assert_eq!(why, ArtifactError::SectionOrder("producers".into()));
    assert_eq!(why.to_string(), "the artifact is damaged: section `producers` is out of order");

    let mut bytes = sample::unsigned();
    bytes.extend([12, 1, 0]);
    assert_eq!(refused(&bytes), ArtifactError::SectionOrder("datacount".into()));

    let sample = sample::unsigned();
    let sections = section::walk(&sample, name::SIGNATURE).unwrap();
    let mut bytes = sample::module();
    for section in sections.iter().rev().filter(|s| s.name.is_some()) {
        bytes.extend_from_slice(&sample[section.start..section.end]);
    }
    assert_eq!(refused(&bytes), ArtifactError::SectionOrder(name::EVIDENCE.into()));
}

#[test]
fn unknown_sections() {
    let mut bytes = sample::unsigned();
    section::append(&mut bytes, "warmor.\x1b[2J", b"").unwrap();
    let why = refused(&bytes);
    assert_eq!(why.to_string(), "the module has a section `warmor.\\u{1b}[2J`, which artifacts do not have");
    // A start function would run at load; section 14 does not exist.
    for (id, title) in [(8, "start"), (13, "tag"), (14, "id 14")] {
        let bytes = [&section::PREAMBLE[..], &[id, 1, 0], &sample::unsigned()[8..]].concat();
        assert_eq!(refused(&bytes), ArtifactError::UnexpectedSection(title.into()));
    }
}

#[test]
fn custom_sections_of_others_are_kept() {
    let mut builder = sample::builder();
    section::append(&mut builder.module, "name", b"\0").unwrap();
    assert!(read(&builder.write().unwrap()).is_ok());
    let mut builder = sample::builder();
    section::append(&mut builder.module, "warmor.tables", b"").unwrap();
    assert_eq!(builder.write().unwrap_err(), ArtifactError::UnexpectedSection(name::TABLES.into()));
}

#[test]
fn imports() {
    let bytes = [&section::PREAMBLE[..], &[2, 1, 0], &sample::unsigned()[8..]].concat();
    assert_eq!(refused(&bytes), ArtifactError::Imports);
    assert_eq!(
        ArtifactError::Imports.to_string(),
        "the module has imports; the module of an artifact asks nothing of its host"
    );
}

#[test]
fn other_versions() {
    let version = |major, minor| FormatVersion { major, minor };
    let now = r#""format":{"major":1,"minor":1}"#;
    assert_eq!(manifest(now, r#""format":{"major":1,"minor":2}"#), ArtifactError::NewerFormat(version(1, 2)));
    // A newer format is recognised even where nothing else is as we know it.
    let newer = refused(&with(name::MANIFEST, |c| {
        *c = br#"{ "format": {"major": 2, "minor": 0, "patch": 1}, "x": 1.5 }"#.to_vec();
    }));
    assert_eq!(newer, ArtifactError::NewerFormat(version(2, 0)));
    assert_eq!(
        newer.to_string(),
        "made by a newer compiler (artifact format 2.0, this program reads 1.1): upgrade warmord"
    );
    let older = manifest(now, r#""format":{"major":0,"minor":9}"#);
    assert_eq!(older, ArtifactError::OlderFormat(version(0, 9)));
    assert_eq!(
        older.to_string(),
        "artifact format 0.9 is no longer read (this program reads 1.1): compile the policy again"
    );
    assert_eq!(FORMAT, version(1, 1));
}

#[test]
fn a_newer_format_may_have_other_sections() {
    let mut bytes = with(name::MANIFEST, |c| *c = br#"{"format":{"major":1,"minor":3}}"#.to_vec());
    section::append(&mut bytes, "warmor.state", b"").unwrap();
    assert!(matches!(refused(&bytes), ArtifactError::NewerFormat(_)));
}

#[test]
fn malformed_manifests() {
    let malformed = |from: &str, to: &str| match manifest(from, to) {
        ArtifactError::ManifestMalformed(why) => why,
        other => panic!("`{to}`: {other}"),
    };
    assert!(malformed("{", "").contains("expected"));
    assert!(malformed("\"clauses\":", "\"clauses\": ").starts_with("not canonical JSON at byte"));
    assert!(malformed("\"assumptions\"", "\"assumptionz\"").contains("unknown field `assumptionz`"));
    assert!(malformed("\"package\":\"shop\",", "").contains("missing field `package`"));
    assert!(malformed("\"until\":null,", "").contains("missing field `until`"));
    assert!(malformed("\"critical\"", "\"terrible\"").contains("unknown severity `terrible`"));
    assert!(
        malformed("\"kind\":\"deny\"", "\"kind\":\"forbid\"").contains("unknown kind of clause `forbid`")
    );
    assert!(malformed("\"kill\"", "\"maim\"").contains("unknown response `maim`"));
    assert!(
        malformed("\"alert\",\"kill\"", "\"kill\",\"alert\"").contains("responses are not in their order")
    );
    assert!(malformed("\"read\",\"write\"", "\"read\",\"scribble\"").contains("unknown action `scribble`"));
    assert!(malformed("\"read\",\"write\"", "\"write\",\"read\"").contains("actions are not in their order"));
    assert!(malformed("\"6.1\"", "\"06.1\"").contains("`06.1` is not a kernel release"));
    assert!(malformed("\"bpf-lsm\"", "\"ebpf\"").contains("unknown variant `ebpf`"));
    assert!(malformed("\"line\":4", "\"line\":4.5").contains("invalid type"));
    assert!(malformed("\"line\":4", "\"line\":-4").contains("invalid value"));
    let why = refused(&with(name::MANIFEST, |c| c[0] = 0xff));
    assert!(why.to_string().starts_with("the manifest is malformed: expected value"), "{why}");
    let deep =
        refused(&with(name::MANIFEST, |c| *c = [b"{\"format\":".to_vec(), vec![b'['; 100_000]].concat()));
    assert!(matches!(deep, ArtifactError::ManifestMalformed(_)));
}

#[test]
fn malformed_evidence() {
    let why = refused(&with(name::EVIDENCE, |c| {
        *c = br#"[{"claim":"x","engine":"y","outcome":"refuted"}]"#.to_vec();
    }));
    assert!(why.to_string().starts_with("the evidence is malformed: unknown variant `refuted`"), "{why}");
    let why = refused(&with(name::EVIDENCE, |c| {
        *c = br#"[{"about":null,"claim":"x","engine":"y","outcome":"proved"}]"#.to_vec();
    }));
    assert!(why.to_string().starts_with("the evidence is malformed: "), "{why}");
}

#[test]
fn malformed_tables() {
    let malformed = |edit: &dyn Fn(&mut Vec<u8>)| refused(&with(name::TABLES, edit)).to_string();
    assert_eq!(
        malformed(&|c| c.push(0)),
        "the tables are malformed: the section is not a whole number of words"
    );
    assert_eq!(malformed(&|c| c.clear()), "the tables are malformed: the header's version is not 1");
    assert_eq!(malformed(&|c| c[0] = 2), "the tables are malformed: the header's version is not 1");
    let length = "the tables are malformed: the header does not give the length of the image";
    assert_eq!(malformed(&|c| c.truncate(4)), length);
    assert_eq!(malformed(&|c| c.extend([0; 4])), length);
    assert_eq!(malformed(&|c| c[8] ^= 1), "the tables are malformed: not a table image");
    assert!(malformed(&|c| c[8 + 4 * header::CLAUSE_COUNT] = 200).starts_with("the tables are malformed: "));
}

#[test]
fn malformed_sources() {
    let malformed = |edit: &dyn Fn(&mut Vec<u8>)| match refused(&with(name::SOURCES, edit)) {
        ArtifactError::SourcesMalformed(why) => why,
        other => panic!("{other}"),
    };
    assert_eq!(malformed(&|c| c[0] = 1), "the section's version is not 2");
    assert_eq!(malformed(&|c| c.truncate(24)), "the section is cut short");
    assert_eq!(malformed(&|c| c[4..8].fill(0xff)), "the section is cut short");
    assert_eq!(malformed(&|c| c[8] = 4), "a file is of an unknown kind");
    assert_eq!(malformed(&|c| c[12..16].fill(0xff)), "the section is cut short");
    assert_eq!(malformed(&|c| c[4] = 1), "bytes follow the last file");
    assert_eq!(malformed(&|c| c.push(0)), "bytes follow the last file");
    assert_eq!(malformed(&|c| c[16] = 0xff), "a text is not UTF-8");
    assert_eq!(malformed(&|c| c[16] = b'/'), "a name is an absolute path");
    assert_eq!(malformed(&|c| c[16] = 7), "a name has control characters");
    assert_eq!(malformed(&|c| c[16] = b'x'), "the names are not sorted");
}

#[test]
fn sources_that_cannot_be_written() {
    let written = |rename: &str| {
        let mut builder = sample::builder();
        builder.sources[1].name = rename.to_owned();
        builder.write().unwrap_err().to_string()
    };
    assert_eq!(written("/root/x.warmor"), "the sources are malformed: a name is an absolute path");
    assert_eq!(written(""), "the sources are malformed: a name is empty or too long");
    assert_eq!(written(&"x".repeat(MAX_NAME + 1)), "the sources are malformed: a name is empty or too long");
    assert_eq!(written("web.warmor"), "the sources are malformed: two files have one name");
}

#[test]
fn parts_that_disagree() {
    let disagreement = |why: ArtifactError| match why {
        ArtifactError::Disagreement(what) => what,
        other => panic!("{other}"),
    };
    let edit = |from: &str, to: &str| disagreement(manifest(from, to));
    let why = refused(&with(name::SOURCES, |c| *c.last_mut().unwrap() = b'!'));
    assert_eq!(
        why.to_string(),
        "the artifact contradicts itself: the sources are not those of the manifest's digest"
    );
    assert_eq!(edit("\"critical\"", "\"high\""), "clause 0 is another in the tables");
    assert_eq!(edit("\"kind\":\"deny\"", "\"kind\":\"allow\""), "clause 0 is another in the tables");
    assert_eq!(edit("\"alert\",\"kill\"", "\"kill\""), "clause 0 is another in the tables");
    assert_eq!(edit("\"policy\":0", "\"policy\":1"), "clause 0 is another in the tables");
    assert_eq!(edit("\"prevent\"", "\"detect\""), "policy 0 has another mode in the tables");
    assert_eq!(edit("\"clause\":3", "\"clause\":2"), "detection 0 has not the clause that it should have");
    assert_eq!(edit("\"clause\":3", "\"clause\":9"), "detection 0 has not the clause that it should have");
    assert_eq!(edit("\"clause\":3", "\"clause\":null"), "detection 0 has not the clause that it should have");
}

#[test]
fn parts_that_cannot_be_put_together() {
    let refused = |edit: &dyn Fn(&mut crate::artifact::ArtifactBuilder)| {
        let mut builder = sample::builder();
        edit(&mut builder);
        builder.write().unwrap_err().to_string()
    };
    let prefix = "the artifact contradicts itself: ";
    assert_eq!(
        refused(&|b| b.tables.set_muted(1, true)),
        format!("{prefix}policy 1 is muted; only an operator mutes, at run time")
    );
    assert_eq!(
        refused(&|b| {
            b.manifest.clauses.pop();
        }),
        format!("{prefix}the manifest and the tables differ in the number of clauses")
    );
    assert_eq!(
        refused(&|b| b.manifest.policies.truncate(1)),
        format!("{prefix}the manifest and the tables differ in the number of policies")
    );
    assert_eq!(refused(&|b| b.manifest.limits[0].policy = 2), format!("{prefix}a limit is of no policy"));
    assert_eq!(
        refused(&|b| b.manifest.requires.features.reverse()),
        format!("{prefix}the required features are not sorted")
    );
    assert_eq!(
        refused(&|b| b.manifest.subjects[0].place.file = "other.warmor".into()),
        format!("{prefix}a place is in a file that is not among the sources")
    );
}

#[test]
fn unsigned() {
    let why = Artifact::read(sample::unsigned(), Trust::Keys(&[])).unwrap_err();
    assert_eq!(why, ArtifactError::Unsigned);
    assert_eq!(why.to_string(), "the artifact is not signed, or its signature was cut off");
}

/// Replaces a part of a signature that minisign made.
fn signature(from: &str, to: &str) -> &'static str {
    let good = include_str!("minisign-0.11.sig");
    assert!(good.contains(from), "the signature does not contain `{from}`");
    match attach_signature(sample::unsigned(), &good.replacen(from, to, 1)) {
        Err(ArtifactError::SignatureMalformed(why)) => why,
        Ok(_) => panic!("`{to}` is accepted"),
        Err(other) => panic!("`{to}`: {other}"),
    }
}

#[test]
fn malformed_signatures() {
    assert!(attach_signature(sample::unsigned(), include_str!("minisign-0.11.sig")).is_ok());
    assert_eq!(signature("\ntrusted", "\n\ntrusted"), "it has not four lines");
    assert_eq!(signature("\ntrusted comment: ", "\nTRUSTED comment: "), "it has no trusted comment");
    assert_eq!(signature("minisign\n", "\x1b[2J\n"), "its trusted comment has control characters");
    assert_eq!(signature("\nRU", "\n!U"), "its second line is not a signature");
    assert_eq!(signature("==\n", "=\n"), "its last line is not a signature");
    assert_eq!(
        signature("\nRU", "\nRW"),
        "it is not of the algorithm `ED` (minisign's legacy signatures are not accepted)"
    );
    let long = format!("\ntrusted comment: {}", "x".repeat(5000));
    assert_eq!(signature("\ntrusted comment: ", &long), "it is too long");

    let mut bytes = sample::unsigned();
    section::append(&mut bytes, name::SIGNATURE, b"\xff").unwrap();
    assert_eq!(refused(&bytes).to_string(), "the signature is malformed: it is not text");
    let mut bytes = sample::unsigned();
    section::append(&mut bytes, name::SIGNATURE, include_bytes!("minisign-0.11.sig")).unwrap();
    assert_eq!(
        refused(&bytes).to_string(),
        "the signature is malformed: its first line is not that of an artifact"
    );
}

#[test]
fn bytes_behind_the_signature() {
    let signed = attach_signature(sample::unsigned(), include_str!("minisign-0.11.sig")).unwrap();
    for more in [&b"\0"[..], b"\0\x02\x01x", b"\x0a\x01\0"] {
        let why = refused(&[&signed[..], more].concat());
        assert_eq!(why, ArtifactError::TrailingBytes { at: signed.len() });
    }
    let why = ArtifactError::TrailingBytes { at: 812 };
    assert_eq!(why.to_string(), "the artifact is damaged: bytes follow the signature, from byte 812");
    assert!(matches!(
        attach_signature(signed, include_str!("minisign-0.11.sig")),
        Err(ArtifactError::AlreadySigned(_))
    ));
}
