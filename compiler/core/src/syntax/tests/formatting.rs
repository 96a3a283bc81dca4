//! The formatter: its layout, and the laws that it keeps.

use super::corpus::shipped;
use super::dump::dump;
use crate::span::FileId;
use crate::syntax::format::{FormatError, format};
use crate::syntax::lexer::TokenKind;
use crate::syntax::parse;

/// The tokens of a text without commas before a closing bracket, and its comments.
fn essence(source: &str) -> (Vec<&str>, Vec<&str>) {
    let parse = parse(source, FileId(0));
    let closes =
        |kind| matches!(kind, TokenKind::RightParen | TokenKind::RightBracket | TokenKind::RightBrace);
    let mut tokens = Vec::new();
    for (index, token) in parse.tokens.iter().enumerate() {
        let next = parse.tokens.get(index + 1).map(|next| next.kind);
        if token.kind != TokenKind::Comma || !next.is_some_and(closes) {
            tokens.push(token.span.text(source));
        }
    }
    (tokens, parse.comments.iter().map(|comment| comment.span.text(source)).collect())
}

/// Formats, and checks every law on the way.
pub fn check_laws(source: &str) -> String {
    let once = format(source).unwrap_or_else(|error| panic!("{error}\n{source}"));
    let twice = format(&once)
        .unwrap_or_else(|error| panic!("formatted text has errors: {error}\n{source}\n==>\n{once}"));
    assert_eq!(once, twice, "formatting is not idempotent for\n{source}");
    assert_eq!(essence(source), essence(&once), "tokens or comments differ");
    let tree = |source| dump(&parse(source, FileId(0)).file);
    assert_eq!(tree(source), tree(&once), "the tree differs");
    assert!(!once.contains("\n\n\n"), "two blank lines in\n{once}");
    assert!(once.lines().all(|line| line.trim_end() == line), "blanks at the end of a line in\n{once}");
    assert!(once.is_empty() || once.ends_with('\n'));
    once
}

#[test]
fn everything() {
    insta::assert_snapshot!(check_laws(include_str!("../samples/everything.warmor")));
}

#[test]
fn shop() {
    insta::assert_snapshot!(check_laws(include_str!("../samples/shop.warmor")));
}

#[test]
fn shipped_policies_keep_the_laws() {
    for (_, source) in shipped() {
        check_laws(&source);
    }
}

#[test]
fn comments_stay_where_they_are() {
    insta::assert_snapshot!(check_laws(
        "\
# head

# of file
let a = # after equals
  [ # after bracket
  1 # after one
  , # after comma
  2, # after two
] # after all
let b = # x
  # y
  1
let c = [ # only
]
policy p # after name
 for any # after subjects
# before brace
{ # after brace
  # first

  deny # after effect
    read # after action
    /a, # after a
    # before b
    /b # after b
    where # after where
    x == # after operator
    y # after condition
    # own line inside
    and z
  # last
} # after block
# between
test \"t\" {} # after empty
test \"u\" { # in empty
}
assert \"v\" { # in assertion
  never any can exec }
# end"
    ));
}

#[test]
fn attributes_stand_above_what_they_are_about() {
    insta::assert_snapshot!(check_laws(
        "\
@silence(unused, \"the whole file\") package a
let a = 1
@silence(unused, \"why\") policy p for any {
  ## Docs above.
  @silence(unused, \"why\") # trailing

  # between
  deny read /a


  @silence(unused, \"why\")
  ## Docs below.
  deny read /b
}
@silence(unused, \"why\")

let b = 1
@silence(unused, \"why\") assert \"x\" { never any can exec }
detect d for any { @silence(unused, \"why\") exec @silence(unused, \"why\") sequence within 3s { @silence(unused, \"why\") exec connect to any } }
"
    ));
}

#[test]
fn texts_without_statements() {
    assert_eq!(check_laws(""), "");
    assert_eq!(check_laws("\n\n \t\r\n"), "");
    assert_eq!(check_laws("\n\n# a\n\n\n# b"), "# a\n\n# b\n");
    assert_eq!(check_laws("\u{FEFF}let a = 1\r\n\r\n\r\nlet b = 2\r\n"), "let a = 1\n\nlet b = 2\n");
}

#[test]
fn broken_texts_are_left_alone() {
    let error = format("let a = \nlet = 1\n").unwrap_err();
    let FormatError::Syntax(errors) = &error;
    assert_eq!(errors.len(), 2);
    assert_eq!(error.to_string(), "the file has 2 syntax errors");
}
