//! The policies that are shipped: each parses without an error.

use std::path::{Path, PathBuf};

use crate::span::FileId;
use crate::syntax::parse;

/// Every policy of the repository, in the order of their names.
pub fn shipped() -> Vec<(PathBuf, String)> {
    fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "warmor") {
                files.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = vec![root.join("src/syntax/samples/shop.warmor")];
    for folder in ["../../stdlib", "../../examples"] {
        collect(&root.join(folder), &mut files);
    }
    files.sort();
    files.into_iter().map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn shipped_policies_parse() {
    let mut wrong = Vec::new();
    for (path, source) in shipped() {
        for error in parse(&source, FileId(0)).errors {
            let line = 1 + source[..error.span.start as usize].matches('\n').count();
            wrong.push(format!(
                "{}:{line}: {error} ({})",
                path.display(),
                error.help.as_deref().unwrap_or_default()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
