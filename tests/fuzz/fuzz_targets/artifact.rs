//! Any bytes are an artifact or get an error, and an artifact that is read is written back as it was.
//!
//! The first byte says what the rest is: 0 a whole file; 1 to 4 the contents of one section of an otherwise valid artifact, so
//! that the fuzzer need not keep the frame intact; else single bytes to change (offset in two bytes, then the mask).

#![no_main]

use libfuzzer_sys::fuzz_target;
use warmor_policy::artifact::{Artifact, ArtifactBuilder, FORMAT, Inspection, PublicKey, Trust, name};

const VALID: &[u8] = include_bytes!("../seeds/artifact/whole");
const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";

fuzz_target!(|data: &[u8]| {
    let Some((mode, data)) = data.split_first() else { return };
    let bytes = match mode {
        0 => data.to_vec(),
        1..=4 => with_section(*mode as usize - 1, data),
        _ => with_edits(data),
    };
    let key = PublicKey::parse(KEY).expect("the key is one of minisign's manual");
    let signed = Artifact::read(bytes.clone(), Trust::Keys(std::slice::from_ref(&key)));
    assert!(signed.is_err(), "a signature of nobody is accepted");
    let Ok((_, artifact)) = Inspection::new(bytes.clone(), &[key]) else { return };
    // Older versions are read, and never written.
    if artifact.manifest().format != FORMAT {
        return;
    }
    let again = ArtifactBuilder {
        module: core(&bytes).to_vec(),
        manifest: artifact.manifest().clone(),
        tables: artifact.tables().clone(),
        sources: artifact.sources().to_vec(),
        evidence: artifact.evidence().to_vec(),
    };
    let written = again.write().expect("what was read can be written");
    assert_eq!(written, artifact.signed_bytes(), "what was written is not what was read");
});

/// A module's bytes before the artifact's own sections.
fn core(bytes: &[u8]) -> &[u8] {
    let mut at = 8;
    while at < bytes.len() && !section_name(bytes, at).is_some_and(|name| name.starts_with("warmor.")) {
        at = end(bytes, at);
    }
    &bytes[..at]
}

/// The valid artifact with other contents in one of its sections.
fn with_section(which: usize, contents: &[u8]) -> Vec<u8> {
    let valid = &VALID[1..];
    let names = [name::MANIFEST, name::TABLES, name::SOURCES, name::EVIDENCE];
    let mut at = core(valid).len();
    let mut out = valid[..at].to_vec();
    for (i, name) in names.iter().enumerate() {
        let end = end(valid, at);
        if i == which {
            out.push(0);
            put_length(&mut out, 1 + name.len() + contents.len());
            out.push(name.len() as u8);
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(contents);
        } else {
            out.extend_from_slice(&valid[at..end]);
        }
        at = end;
    }
    out
}

fn with_edits(data: &[u8]) -> Vec<u8> {
    let mut out = VALID[1..].to_vec();
    for edit in data.chunks_exact(3) {
        let at = usize::from(u16::from_le_bytes([edit[0], edit[1]])) % out.len();
        out[at] ^= edit[2];
    }
    out
}

fn length(bytes: &[u8], at: &mut usize) -> usize {
    let mut value = 0;
    for shift in (0..35).step_by(7) {
        let byte = bytes[*at];
        *at += 1;
        value |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    value
}

fn end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    let size = length(bytes, &mut at);
    at + size
}

fn section_name(bytes: &[u8], start: usize) -> Option<&str> {
    let mut at = start + 1;
    length(bytes, &mut at);
    if bytes[start] != 0 {
        return None;
    }
    let len = length(bytes, &mut at);
    str::from_utf8(&bytes[at..at + len]).ok()
}

fn put_length(out: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        out.push(value as u8 & 0x7f | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
