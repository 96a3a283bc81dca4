//! Mistakes that authors of other formats make, written as policies: what a reader is told is a snapshot. Each file says in its
//! first line which codes it shows.

use std::path::Path;
use warmor_compiler::check::{Options, check};
use warmor_compiler::diagnostics::{Style, render};
use warmor_compiler::prove::{Budget, findings};
use warmor_compiler::resolve::Sources;

#[test]
fn mistakes_are_told() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes");
    let files = std::fs::read_dir(folder).expect("the folder is there");
    let mut files: Vec<_> = files.map(|f| f.expect("a file").path()).collect();
    files.sort();
    assert!(files.len() >= 12, "{files:?}");
    let mut wrong = Vec::new();
    for file in files {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).expect("a text");
        let sources = Sources::single(&format!("{name}.warmor"), &text);
        let checked = check(&sources, &Options::default());
        let mut told = checked.diagnostics.clone();
        if let Some(model) = checked.model() {
            told.extend(findings(model, &Budget::default()).judged(&checked.lints));
        }
        let told_text = render(&sources, &told, Style::Plain);
        let codes: Vec<&str> = told.iter().map(|d| d.code.id()).collect();
        let expected = text.lines().next().and_then(|l| l.strip_prefix("# finds ")).unwrap_or_default();
        if codes.join(" ") != expected {
            wrong.push(format!("{name}: {codes:?}\n{told_text}"));
        }
        insta::assert_snapshot!(format!("mistake_{name}"), told_text);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
