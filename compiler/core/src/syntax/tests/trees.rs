//! What each construct of the language becomes.

use super::dump::dump;
use crate::span::FileId;
use crate::syntax::parse;

/// The tree of a text without errors.
pub fn tree(source: &str) -> String {
    let parse = parse(source, FileId(0));
    let errors: Vec<String> = parse
        .errors
        .iter()
        .map(|error| format!("{:?} {:?}: {error}", error.span, error.span.text(source)))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    dump(&parse.file)
}

#[test]
fn shop() {
    insta::assert_snapshot!(tree(include_str!("../samples/shop.warmor")));
}

#[test]
fn everything() {
    insta::assert_snapshot!(tree(include_str!("../samples/everything.warmor")));
}
