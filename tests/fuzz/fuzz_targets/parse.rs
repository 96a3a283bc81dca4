//! Any bytes give a tree whose places lie in the text, and nothing but white space is neither token nor comment.

#![no_main]

use libfuzzer_sys::fuzz_target;
use warmor_compiler::span::{FileId, Span};
use warmor_compiler::syntax::parse;

fuzz_target!(|data: &[u8]| {
    let source = String::from_utf8_lossy(data);
    let parse = parse(&source, FileId(0));
    for error in &parse.errors {
        assert!(source.get(error.span.range()).is_some(), "{error} lies outside of the text");
        assert!(!error.to_string().chars().any(char::is_control), "{error} shows control characters");
    }
    let mut covered: Vec<Span> = parse.tokens.iter().map(|token| token.span).collect();
    covered.extend(parse.comments.iter().map(|comment| comment.span));
    covered.sort_by_key(|span| span.start);
    let mut end = 0;
    for span in covered {
        let gap = &source[end..span.start as usize];
        assert!(gap.chars().all(|c| matches!(c, ' ' | '\t' | '\r' | '\n' | '\u{FEFF}')), "{gap:?} is dropped");
        end = span.end as usize;
    }
    // Whoever walks the tree may use recursion.
    let _ = format!("{:?}", parse.file);
});
