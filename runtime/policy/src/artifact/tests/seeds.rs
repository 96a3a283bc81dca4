//! The seeds of the fuzz target `artifact`: a valid whole, and the contents of each section. They follow the format, so this
//! test compares them with the sample; run it with `WARMOR_BLESS=1` to write them anew.

use super::sample;
use crate::artifact::{name, section};
use std::path::PathBuf;

#[test]
fn the_fuzzers_seeds_are_of_this_format() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/seeds/artifact");
    let whole = sample::unsigned();
    let sections = section::walk(&whole, name::SIGNATURE).unwrap();
    let mut seeds = vec![("whole", [&[0][..], &whole].concat())];
    for (mode, name) in (1..).zip(name::REQUIRED) {
        let contents = sections.iter().find(|s| s.name == Some(name)).unwrap().contents;
        seeds.push((name, [&[mode][..], contents].concat()));
    }
    let edit = [5, 8, 0, 1, 200, 0, 0x20];
    seeds.push(("edits", edit.to_vec()));
    if std::env::var_os("WARMOR_BLESS").is_some() {
        std::fs::create_dir_all(&folder).unwrap();
        for (name, bytes) in &seeds {
            std::fs::write(folder.join(name), bytes).unwrap();
        }
    }
    for (name, bytes) in seeds {
        let kept = std::fs::read(folder.join(name)).unwrap_or_default();
        assert!(kept == bytes, "the seed `{name}` is of another format: run this test with WARMOR_BLESS=1");
    }
}
