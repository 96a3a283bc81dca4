//! What holds for every text.

use super::corpus::shipped;
use super::dump::dump_rules;
use super::formatting::check_laws;
use super::random::{Random, mutate, soup};
use crate::span::{FileId, Span};
use crate::syntax::ast::{File, ItemKind, Rule};
use crate::syntax::lexer::{TokenKind, lex};
use crate::syntax::{Parse, parse};

const SHOP: &str = include_str!("../samples/shop.warmor");
const EVERYTHING: &str = include_str!("../samples/everything.warmor");

/// Parses any text, and checks what must hold for the result.
fn check(source: &str) -> Parse {
    let parse = parse(source, FileId(7));
    let inside =
        |span: Span| span.file == FileId(7) && span.start <= span.end && source.get(span.range()).is_some();
    for error in &parse.errors {
        assert!(inside(error.span), "{error} at {:?} in {source:?}", error.span);
        assert!(!error.to_string().chars().any(char::is_control), "{error:?}");
    }
    assert!(parse.errors.is_sorted_by_key(|error| error.span.start), "{:?}", parse.errors);
    assert!(parse.tokens.is_sorted_by_key(|token| token.span.start));
    assert!(parse.tokens.iter().all(|token| inside(token.span) && !token.span.is_empty()));
    for item in &parse.file.items {
        assert!(inside(item.span));
    }
    // No text is dropped: what is neither token nor comment is white space.
    let mut covered: Vec<Span> = parse.tokens.iter().map(|token| token.span).collect();
    covered.extend(parse.comments.iter().map(|comment| comment.span));
    covered.sort_by_key(|span| span.start);
    let mut end = 0;
    for span in covered {
        let gap = &source[end..span.start as usize];
        assert!(
            gap.chars().all(|c| matches!(c, ' ' | '\t' | '\r' | '\n' | '\u{FEFF}')),
            "{gap:?} in {source:?}"
        );
        end = span.end as usize;
    }
    if parse.errors.is_empty() {
        check_laws(source);
    }
    parse
}

fn rules(file: &File) -> Vec<&Rule> {
    let mut rules = Vec::new();
    for item in &file.items {
        match &item.kind {
            ItemKind::Policy(policy) => rules.extend(policy.rules()),
            ItemKind::Template(template) => rules.extend(template.rules()),
            _ => {}
        }
    }
    rules
}

#[test]
fn every_text_gives_a_tree() {
    let mut random = Random::new(1);
    for _ in 0..3000 {
        let length = random.below(60);
        check(&soup(&mut random, length));
    }
}

#[test]
fn every_byte_string_gives_tokens() {
    let mut random = Random::new(2);
    for _ in 0..2000 {
        let bytes: Vec<u8> =
            (0..random.below(80)).map(|_| u8::try_from(random.below(256)).unwrap()).collect();
        check(&String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn every_damaged_policy_gives_a_tree() {
    let mut random = Random::new(3);
    for sample in [SHOP, EVERYTHING] {
        for _ in 0..300 {
            check(&mutate(&mut random, sample));
        }
        // Cut off anywhere, as while typing.
        for end in (0..sample.len()).filter(|&end| sample.is_char_boundary(end)).step_by(3) {
            check(&sample[..end]);
        }
    }
}

#[test]
fn a_broken_rule_hides_no_other() {
    let mut random = Random::new(4);
    let mut broken = 0;
    for round in 0..1500 {
        let source = [SHOP, EVERYTHING][round % 2];
        let before = parse(source, FileId(0));
        let all = rules(&before.file);
        let victim = random.below(all.len());
        let length = 1 + random.below(25);
        let garbage = soup(&mut random, length);
        if !pairs_up(&garbage) {
            continue;
        }
        let span = all[victim].span;
        let text = format!("{}\n{garbage}\n{}", &source[..span.start as usize], &source[span.end as usize..]);
        let after = check(&text);
        broken += usize::from(!after.errors.is_empty());
        let kept = rules(&after.file);
        let dumps: Vec<String> = dump_rules(&kept);
        for (index, (rule, expected)) in all.iter().zip(dump_rules(&all)).enumerate() {
            // Garbage that fits behind the rule above becomes a part of it; garbage may end with documentation.
            let is_there = if index + 1 == victim {
                kept.iter().any(|other| other.span.start == rule.span.start)
            } else if index == victim {
                true
            } else {
                dumps.iter().any(|dump| dump.ends_with(&expected))
            };
            assert!(is_there, "lost {expected}\nto {garbage:?}\nin\n{text}");
        }
    }
    assert!(broken > 300, "only {broken} rounds had an error");
}

/// Whether the braces of a text pair up, and it has none that hide in something unfinished.
fn pairs_up(garbage: &str) -> bool {
    let mut depth = 0i32;
    for token in lex(garbage, FileId(0)).tokens {
        match token.kind {
            TokenKind::LeftBrace => depth += 1,
            TokenKind::RightBrace => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

#[test]
fn white_space_and_comments_do_not_matter() {
    let mut random = Random::new(5);
    let mut formatted = 0;
    for (path, source) in shipped() {
        let tokens = parse(&source, FileId(0)).tokens;
        for with_comments in [false, true] {
            let mut text = String::new();
            let mut previous = TokenKind::Error;
            for token in &tokens {
                let glued = previous == TokenKind::Dot || token.kind == TokenKind::Dot;
                let gap = match random.below(12) {
                    _ if glued => "",
                    0 if with_comments => " # note\n",
                    1 if with_comments => "\n  # line\n",
                    0..3 => "\n",
                    3 => "   ",
                    _ if token.begins_line => "\n",
                    _ => " ",
                };
                text.push_str(gap);
                text.push_str(token.span.text(&source));
                previous = token.kind;
            }
            // A break between `unknown` and `deny`, say, makes two statements of one: such a text is another text.
            if parse(&text, FileId(0)).errors.is_empty() {
                formatted += 1;
                let laid_out = check_laws(&text);
                if !with_comments {
                    let lines = |text: &str| -> Vec<String> {
                        let without_comments = strip_comments(text);
                        let laid_out = check_laws(&without_comments);
                        laid_out.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
                    };
                    assert_eq!(lines(&source), lines(&laid_out), "{}", path.display());
                }
            }
        }
    }
    assert!(formatted > 20, "only {formatted} texts were formatted");
}

/// The text without its comments.
fn strip_comments(source: &str) -> String {
    let mut text = source.to_owned();
    for comment in parse(source, FileId(0)).comments.iter().rev() {
        text.replace_range(comment.span.range(), "");
    }
    text
}

#[test]
fn long_texts_take_linear_time() {
    let rule = "deny read [/a, /b where x ==\n";
    let patterns = [
        "[",
        "(",
        "{",
        "]",
        "}",
        "{[(",
        "not ",
        "a.",
        "a[",
        "1 + ",
        "a and ",
        "@ ",
        "x ",
        "[x ",
        "/a{",
        "/a[b ",
        "\"a\n",
        "let a = [",
        "let a = @ ",
        "policy p for any {\n",
        "policy ",
        "deny ",
        "deny read /a\n",
        "deny read [/a, @ @ ",
        "severity low\n",
        "a: deny ",
        "# c\n",
        "## d\n",
        "\\",
        "::",
        "1:1:",
        "{ a: ",
        "host ",
        "any(",
        "x in ",
        "with { ",
        rule,
    ];
    for pattern in patterns {
        for prefix in ["", "let a = ", "policy p for any { deny read ", "test \"x\" { as { a: "] {
            let source = format!("{prefix}{}", pattern.repeat(60_000 / pattern.len()));
            check(&source);
        }
    }
}
