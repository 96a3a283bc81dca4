//! Every policy that the project publishes is one that its compiler takes: the standard library with its tests, the
//! examples, and the blocks of the documentation.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use warmor_compiler::span::FileId;
use warmor_compiler::syntax::parse;

/// A text in the language, with the name by which a failure is found.
struct Text {
    name: String,
    source: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The files below a folder with this extension, in the order of their names.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn policies(folder: &str) -> Vec<Text> {
    let root = root();
    files(&root.join(folder), "warmor").into_iter().map(|path| text_of(&root, &path)).collect()
}

fn text_of(root: &Path, path: &Path) -> Text {
    let name = path.strip_prefix(root).unwrap().display().to_string();
    Text { name, source: std::fs::read_to_string(path).unwrap() }
}

/// What a block of a page claims to be, by its info string.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Claim {
    /// A complete file that checks clean.
    Clean,
    /// A complete file that yields this finding.
    Finding(String),
}

/// The blocks of the pages whose info string begins with `warmor`, complete: a fragment gets the policy around it.
fn blocks() -> Vec<(Text, Claim)> {
    let root = root();
    let mut pages = vec![root.join("CONTRIBUTING.md"), root.join("README.md")];
    for folder in ["docs", "stdlib", "examples"] {
        pages.extend(files(&root.join(folder), "md"));
    }
    let mut blocks = Vec::new();
    for page in pages.into_iter().filter(|p| p.exists()) {
        let page = text_of(&root, &page);
        blocks_of(&page, &mut blocks);
    }
    blocks
}

fn blocks_of(page: &Text, blocks: &mut Vec<(Text, Claim)>) {
    let mut lines = page.source.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(info) = line.trim_start().strip_prefix("```") else { continue };
        let body: Vec<&str> = lines.by_ref().map(|(_, l)| l).take_while(|l| l.trim() != "```").collect();
        let body = body.join("\n") + "\n";
        let Some(kind) = info.strip_prefix("warmor") else { continue };
        let name = format!("{}:{}", page.name, number + 1);
        let (source, claim) = match kind {
            "" => (body, Claim::Clean),
            ",fragment" => (format!("policy fragment for any {{\n{body}}}\n"), Claim::Clean),
            other => match other.strip_prefix(",error(").and_then(|c| c.strip_suffix(')')) {
                Some(code) => (body, Claim::Finding(code.to_owned())),
                None => panic!("{name}: `{info}` is not an info string of these pages"),
            },
        };
        blocks.push((Text { name, source }, claim));
    }
}

fn syntax_errors(text: &Text) -> String {
    let mut out = String::new();
    for error in parse(&text.source, FileId(0)).errors {
        let before = &text.source[..error.span.start as usize];
        let line = before.matches('\n').count() + 1;
        let _ = writeln!(out, "{}:{line}: {error}: {:?}", text.name, error.span.text(&text.source));
    }
    out
}

#[test]
fn policies_parse() {
    let mut errors = String::new();
    for folder in ["stdlib", "examples"] {
        let texts = policies(folder);
        assert!(!texts.is_empty(), "no policies in {folder}");
        for text in texts {
            errors += &syntax_errors(&text);
        }
    }
    for (text, claim) in blocks() {
        if claim == Claim::Clean {
            errors += &syntax_errors(&text);
        }
    }
    assert!(errors.is_empty(), "{errors}");
}
