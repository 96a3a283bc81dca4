//! Formatting is idempotent, and keeps every token and comment.

#![no_main]

use libfuzzer_sys::fuzz_target;
use warmor_compiler::span::FileId;
use warmor_compiler::syntax::format::format;
use warmor_compiler::syntax::lexer::TokenKind;
use warmor_compiler::syntax::parse;

fuzz_target!(|data: &[u8]| {
    let Ok(source) = std::str::from_utf8(data) else { return };
    let Ok(once) = format(source) else { return };
    let twice = format(&once).expect("formatted text has no errors");
    assert_eq!(once, twice, "formatting is not idempotent");
    assert_eq!(essence(source), essence(&once), "tokens or comments differ");
});

/// The tokens of a text without commas before a closing bracket, and its comments.
fn essence(source: &str) -> (Vec<&str>, Vec<&str>) {
    let parse = parse(source, FileId(0));
    let closes = |kind| matches!(kind, TokenKind::RightParen | TokenKind::RightBracket | TokenKind::RightBrace);
    let mut tokens = Vec::new();
    for (index, token) in parse.tokens.iter().enumerate() {
        let next = parse.tokens.get(index + 1).map(|next| next.kind);
        if token.kind != TokenKind::Comma || !next.is_some_and(closes) {
            tokens.push(token.span.text(source));
        }
    }
    (tokens, parse.comments.iter().map(|comment| comment.span.text(source)).collect())
}
