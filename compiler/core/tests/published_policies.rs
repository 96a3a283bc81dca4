//! Every policy that the project publishes is checked without a word: the standard library, its tests, the examples.

use std::fs;
use std::path::{Path, PathBuf};
use warmor_compiler::check::{Options, check};
use warmor_compiler::resolve::{Origin, Sources};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn policies(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            policies(&path, found);
        } else if path.extension().is_some_and(|e| e == "warmor") {
            found.push(path);
        }
    }
}

/// What the checker says of one file, with what it imports by path.
fn findings(path: &Path) -> Vec<String> {
    let mut sources = Sources::new();
    sources.set(&path.to_string_lossy(), &fs::read_to_string(path).unwrap(), Origin::Root);
    loop {
        let missing = sources.missing();
        if missing.is_empty() {
            break;
        }
        for file in missing {
            match fs::read_to_string(&file.path) {
                Ok(text) => {
                    sources.set(&file.path, &text, file.origin);
                }
                Err(error) => sources.set_unavailable(&file.path, &error.to_string()),
            }
        }
    }
    let checked = check(&sources, &Options::default());
    let shown = checked.diagnostics.iter().map(|d| {
        let span = d.span();
        let file = sources.file(span.file).map_or("", |f| &f.path);
        let line =
            sources.file(span.file).map_or(0, |f| f.text[..span.start as usize].lines().count().max(1));
        format!("{file}:{line}: {} {}\n    {:?}", d.code, d.message, sources.text(span))
    });
    shown.collect()
}

fn clean(folder: &str) {
    let mut found = Vec::new();
    policies(&root().join(folder), &mut found);
    assert!(!found.is_empty(), "there are policies in {folder}");
    let wrong: Vec<String> = found.iter().flat_map(|path| findings(path)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_standard_library_is_clean() {
    clean("stdlib");
}

#[test]
fn the_examples_are_clean() {
    clean("examples");
}
