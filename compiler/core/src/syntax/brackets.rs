//! Brackets that pair up, and what is done when they do not.

use super::MAX_DEPTH;
use super::build::Builder;
use super::error::SyntaxErrorKind;
use super::lexer::{Token, TokenKind};
use crate::span::{FileId, Span};

/// How deep brackets may nest in one statement: half of the tree's depth, because a bracket adds up to two levels.
pub(super) const MAX_BRACKETS: usize = MAX_DEPTH / 2;

/// How the brackets of a statement stand.
pub(super) enum Brackets {
    /// Each has its partner.
    PairUp,
    /// Some close nothing, or are not closed.
    Broken,
    /// They nest deeper than [`MAX_BRACKETS`], first here.
    TooDeep(Span),
}

/// Looks whether every bracket of a statement has its partner.
pub(super) fn check(tokens: &[Token]) -> Brackets {
    let mut open = [TokenKind::Error; MAX_BRACKETS];
    let mut depth = 0;
    let mut paired = true;
    for token in tokens {
        if let Some(closer) = closer(token.kind) {
            let Some(slot) = open.get_mut(depth) else { return Brackets::TooDeep(token.span) };
            *slot = closer;
            depth += 1;
        } else if is_closer(token.kind) {
            if depth > 0 && open[depth - 1] == token.kind {
                depth -= 1;
            } else {
                paired = false;
            }
        }
    }
    if paired && depth == 0 { Brackets::PairUp } else { Brackets::Broken }
}

/// Adds the brackets that are missing, removes those that close nothing, and reports both, so that the grammar only
/// sees pairs and an error in a list stays in the list.
pub(super) fn mend(tokens: &[Token], file: FileId, builder: &Builder<'_>) -> Vec<Token> {
    let mut mended = Vec::with_capacity(tokens.len() + MAX_BRACKETS);
    let mut open: Vec<&Token> = Vec::new();
    let unclosed = |opener: &Token, place: u32| {
        builder.report(SyntaxErrorKind::Unclosed { bracket: bracket(opener.kind) }, opener.span);
        let kind = closer(opener.kind).unwrap_or(TokenKind::Error);
        Token { kind, span: Span::new(file, place, place), begins_line: false }
    };
    for token in tokens {
        if ends_brackets(token.kind) {
            while let Some(opener) = open.pop() {
                mended.push(unclosed(opener, token.span.start));
            }
        }
        if closer(token.kind).is_some() {
            open.push(token);
        } else if is_closer(token.kind) {
            let Some(opener) = open.iter().rposition(|opener| closer(opener.kind) == Some(token.kind)) else {
                builder.report(SyntaxErrorKind::Unopened { bracket: bracket(token.kind) }, token.span);
                continue;
            };
            while open.len() > opener + 1 {
                mended.extend(open.pop().map(|opener| unclosed(opener, token.span.start)));
            }
            open.pop();
        }
        mended.push(*token);
    }
    let end = tokens.last().map_or(0, |token| token.span.end);
    while let Some(opener) = open.pop() {
        mended.push(unclosed(opener, end));
    }
    mended
}

/// Whether every brace has its partner.
pub(super) fn braces_pair_up(tokens: &[Token]) -> bool {
    let mut depth = 0usize;
    for token in tokens {
        match token.kind {
            TokenKind::LeftBrace => depth += 1,
            TokenKind::RightBrace => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return false,
            },
            _ => {}
        }
    }
    depth == 0
}

/// Whether the token begins a part of a statement that never stands in brackets.
const fn ends_brackets(kind: TokenKind) -> bool {
    use TokenKind as T;
    matches!(
        kind,
        T::Except | T::Where | T::Severity | T::Then | T::Because | T::Until | T::Overrides | T::Without
    )
}

/// The bracket that closes this one.
const fn closer(kind: TokenKind) -> Option<TokenKind> {
    match kind {
        TokenKind::LeftParen => Some(TokenKind::RightParen),
        TokenKind::LeftBracket => Some(TokenKind::RightBracket),
        TokenKind::LeftBrace => Some(TokenKind::RightBrace),
        _ => None,
    }
}

const fn is_closer(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::RightParen | TokenKind::RightBracket | TokenKind::RightBrace)
}

const fn bracket(kind: TokenKind) -> char {
    match kind {
        TokenKind::LeftParen => '(',
        TokenKind::LeftBracket => '[',
        TokenKind::LeftBrace => '{',
        TokenKind::RightParen => ')',
        TokenKind::RightBracket => ']',
        _ => '}',
    }
}
