//! What can come next at a place of a text, for whoever completes it.
//!
//! The text before the place is cut into statements as it is for parsing, the grammar is given the one that is being written, and
//! then a token that fits nowhere: what the grammar says it expected is what can come next.

use super::body::{Body, ITEM_WORDS, item_ranges, statement_ranges};
use super::brackets::{self, Brackets};
use super::build::Builder;
use super::error::{SyntaxError, SyntaxErrorKind};
use super::grammar::ChunkParser;
use super::lexer::{Token, TokenKind, lex};
use crate::span::{FileId, Span};
use lalrpop_util::ParseError;
use std::ops::Range;

/// What can come next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Next {
    /// The word that is being written there; empty between words.
    pub word: Span,
    /// The statement before that word, as far as it is written; for what stands in braces without their head.
    pub before: Vec<Token>,
    /// The first word of the item in whose braces the place is.
    pub inside: Option<TokenKind>,
    /// The words with which a statement can begin here; empty where none can.
    pub begins: Vec<&'static str>,
    /// The words of the language with which the statement can go on.
    pub words: Vec<String>,
    /// Whether an action or a group of actions can stand here.
    pub action: bool,
    /// Whether a name can stand here.
    pub name: bool,
    /// Whether a value can stand here: a number, a path, a text, or a name of one.
    pub value: bool,
}

/// What can come next after the first `offset` bytes of a text. `None` inside of a comment or of a text in quotes.
pub fn next(source: &str, file: FileId, offset: u32) -> Option<Next> {
    let source = source.get(..source.floor_char_boundary(offset as usize))?;
    let end = source.len() as u32;
    let lexed = lex(source, file);
    let line = source.rfind('\n').map_or(0, |i| i + 1) as u32;
    let in_text = |e: &SyntaxError| e.kind == SyntaxErrorKind::UnclosedString && e.span.start >= line;
    if lexed.comments.last().is_some_and(|c| c.span.start >= line) || lexed.errors.iter().any(in_text) {
        return None;
    }
    let mut tokens = lexed.tokens;
    let mut word = Span::new(file, end, end);
    if let Some(last) = tokens.last().copied().filter(|last| last.span.end == end)
        && (last.kind.is_reserved() || is_word(last.kind))
    {
        word = last.span;
        tokens.pop();
    }
    let starts_line = source.get(line as usize..word.start as usize).is_some_and(|t| t.trim().is_empty());
    let mut next = Next { word, ..Next::default() };
    let (statement, marker, words) = place(&tokens, &mut next.inside);
    if statement.is_empty() || starts_line {
        next.begins = words.to_vec();
        next.action = next.inside == Some(TokenKind::Detect);
    }
    next.before = tokens.get(statement).unwrap_or_default().to_vec();
    if !next.before.is_empty() {
        expect(source, file, marker, &mut next);
    }
    Some(next)
}

/// Whether a token can be the beginning of a longer one, or of another word.
const fn is_word(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Ident | TokenKind::Attribute | TokenKind::Path | TokenKind::Number | TokenKind::Error
    )
}

/// The last statement of some tokens, how the grammar is told of its kind, and how others of its place begin.
fn place(
    tokens: &[Token],
    inside: &mut Option<TokenKind>,
) -> (Range<usize>, TokenKind, &'static [&'static str]) {
    let end = tokens.len();
    let items = (end..end, TokenKind::StartItem, &ITEM_WORDS[..]);
    let Some(item) = item_ranges(tokens).pop() else { return items };
    let Some(first) = tokens.get(item.start) else { return items };
    if first.kind == TokenKind::Attribute {
        return (item, TokenKind::StartAttribute, &ITEM_WORDS[..]);
    }
    let Some(body) = Body::of(first.kind) else { return (item, TokenKind::StartItem, &ITEM_WORDS[..]) };
    let Some(inner) = open_braces(tokens, &item) else {
        let closed = tokens[item.clone()].iter().any(|t| t.kind == TokenKind::LeftBrace);
        return if closed { items } else { (item, TokenKind::StartItem, &[]) };
    };
    *inside = Some(first.kind);
    let statement = statement_ranges(tokens, inner, body).pop().unwrap_or(end..end);
    let Some(first) = tokens.get(statement.start) else { return (end..end, body.marker(), body.words()) };
    match first.kind {
        TokenKind::Attribute => (statement, TokenKind::StartAttribute, body.words()),
        TokenKind::Sequence | TokenKind::Count if body == Body::Detect => {
            match open_braces(tokens, &statement) {
                Some(inner) => {
                    let step = statement_ranges(tokens, inner, Body::Sequence).pop().unwrap_or(end..end);
                    (step, Body::Sequence.marker(), Body::Sequence.words())
                }
                None => (statement, body.marker(), body.words()),
            }
        }
        _ => (statement, body.marker(), body.words()),
    }
}

/// What follows the first brace of some tokens, if that is still open at their end.
fn open_braces(tokens: &[Token], range: &Range<usize>) -> Option<Range<usize>> {
    let mut depth = 0usize;
    let mut open = None;
    for (index, token) in tokens.iter().enumerate().take(range.end).skip(range.start) {
        match token.kind {
            TokenKind::LeftBrace => {
                depth += 1;
                open = open.or(Some(index + 1));
            }
            TokenKind::RightBrace => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    open.filter(|_| depth > 0).map(|open| open..range.end)
}

/// Asks the grammar what it expects after the statement.
fn expect(source: &str, file: FileId, marker: TokenKind, next: &mut Next) {
    if matches!(brackets::check(&next.before), Brackets::TooDeep(_)) {
        return;
    }
    let builder = Builder::new(source, file);
    builder.start("statement");
    let end = next.word.start;
    let tokens = next.before.iter().take_while(|_| builder.take_token());
    let tokens = tokens.map(|token| Ok((token.span.start, token.kind, token.span.end)));
    // No token of the grammar: the parser stops there and says what it expected.
    let stop = std::iter::once(Ok((end, TokenKind::Comment, end)));
    let all = std::iter::once(Ok((0, marker, 0))).chain(tokens).chain(stop);
    let Err(ParseError::UnrecognizedToken { expected, .. }) = ChunkParser::new().parse(&builder, all) else {
        return;
    };
    for terminal in &expected {
        match terminal.as_str() {
            "ACTION" => next.action = true,
            "IDENT" => next.name = true,
            "NUMBER" | "PATH" | "STRING" => next.value = true,
            quoted => {
                let word = quoted.trim_matches('"');
                if word.starts_with(|c: char| c.is_ascii_lowercase()) {
                    next.words.push(word.to_owned());
                }
            }
        }
    }
    next.words.sort();
}

#[cfg(test)]
mod tests {
    use super::next;
    use crate::span::FileId;

    /// What can come next at the `|`, in a line.
    fn shown(marked: &str) -> String {
        let (before, after) = marked.split_once('|').unwrap();
        let text = format!("{before}{after}");
        let Some(next) = next(&text, FileId(0), before.len() as u32) else { return "nothing".to_owned() };
        let kinds = [(next.action, "action"), (next.name, "name"), (next.value, "value")];
        let kinds: Vec<&str> = kinds.iter().filter(|(is, _)| *is).map(|(_, kind)| *kind).collect();
        let (word, begins) = (next.word.text(&text), next.begins.len());
        format!("{word:?} begins:{begins} {kinds:?} {}", next.words.join(" "))
    }

    #[test]
    fn the_grammar_says_what_fits() {
        assert_eq!(shown("|"), "\"\" begins:12 [] ");
        assert_eq!(shown("pol|"), "\"pol\" begins:12 [] ");
        assert_eq!(shown("policy p |"), "\"\" begins:0 [] for");
        assert_eq!(shown("policy p for any { | }"), "\"\" begins:10 [] ");
        assert_eq!(shown("policy p for any { mode | }"), "\"\" begins:0 [\"name\"] detect");
        assert!(shown("policy p for any { deny | }").starts_with("\"\" begins:0 [\"action\""));
        for word in ["because", "except", "overrides", "severity", "then", "until", "where"] {
            let shown = shown("policy p for any { deny read /a | }");
            assert!(shown.split(' ').any(|w| w == word), "{word}: {shown}");
        }
        assert!(shown("test \"t\" { exp| }").starts_with("\"exp\" begins:2"));
        assert!(shown("policy p for any { deny read /a }\n|").starts_with("\"\" begins:12"));
    }

    #[test]
    fn nothing_fits_into_comments_and_texts() {
        assert_eq!(shown("# a |"), "nothing");
        assert_eq!(shown("assert \"a |"), "nothing");
    }
}
