//! The layout of one statement: where it has blanks and where it may break.
//!
//! A statement that is too long breaks before its parts (`where`, `then`, …), as late as possible; a part that is still
//! too long breaks in its lists, one element on a line, and before its `and` or `or`.

use std::ops::Range;

use super::doc::Doc;
use crate::syntax::lexer::{Comment, Token, TokenKind};

/// Makes documents of tokens. All of them come from a file without errors, so brackets pair up.
pub(super) struct Statements<'s> {
    pub(super) source: &'s str,
    pub(super) tokens: &'s [Token],
    pub(super) comments: &'s [Comment],
}

impl<'s> Statements<'s> {
    pub(super) fn text(&self, index: usize) -> &'s str {
        self.tokens[index].span.text(self.source)
    }

    /// The comments between a token and the next one.
    pub(super) fn comments_after(&self, index: usize) -> &'s [Comment] {
        let start = self.tokens[index].span.end;
        let end = self.tokens.get(index + 1).map_or(u32::MAX, |next| next.span.start);
        let first = self.comments.partition_point(|comment| comment.span.start < start);
        let after = self.comments.partition_point(|comment| comment.span.start < end);
        &self.comments[first..after]
    }

    fn kind(&self, index: usize) -> TokenKind {
        self.tokens[index].kind
    }

    /// The layout of the tokens in `range`. Comments after the last of them are not part of it.
    pub(super) fn layout(&self, range: Range<usize>) -> Doc<'s> {
        let mut parts = Vec::new();
        let mut start = range.start;
        for (index, depth) in self.depths(range.clone()) {
            if depth == 0 && index > start && self.begins_part(index) {
                parts.push(start..index);
                start = index;
            }
        }
        parts.push(start..range.end);
        let last = parts.len() - 1;
        let mut docs = Vec::new();
        for (number, part) in parts.into_iter().enumerate() {
            let mut inner = Vec::new();
            self.part(part.clone(), number == last, &mut inner);
            let comments = split_comments(&mut inner);
            let inner = Doc::Group(inner);
            docs.push(if number == 0 {
                inner
            } else {
                Doc::Indent(vec![Doc::Group(vec![Doc::Line, inner])])
            });
            docs.extend(comments.into_iter().map(indent));
        }
        Doc::Group(docs)
    }

    /// Each token of the range, with the number of brackets around it.
    fn depths(&self, range: Range<usize>) -> impl Iterator<Item = (usize, usize)> + '_ {
        let mut depth = 0usize;
        range.map(move |index| {
            let kind = self.kind(index);
            if is_closer(kind) {
                depth = depth.saturating_sub(1);
            }
            let around = depth;
            if is_opener(kind) {
                depth += 1;
            }
            (index, around)
        })
    }

    /// Whether the statement may break before this token.
    fn begins_part(&self, index: usize) -> bool {
        use TokenKind as T;
        match self.kind(index) {
            T::Except
            | T::Where
            | T::Severity
            | T::Then
            | T::Because
            | T::Until
            | T::Overrides
            | T::Without
            | T::By
            | T::With
            | T::Within
            | T::Distinct
            | T::Can => true,
            T::Target => self.tokens.get(index + 1).is_some_and(|next| next.kind == T::LeftBrace),
            _ => false,
        }
    }

    /// A part: its words, with breaks before `and` and `or`, and an object list that breaks as a whole.
    fn part(&self, range: Range<usize>, is_last: bool, out: &mut Vec<Doc<'s>>) {
        let mut index = range.start;
        while index < range.end {
            if index > range.start {
                out.push(self.gap(index));
            }
            if self.introduces_list(index, &range) {
                self.token(index, true, out);
                let (items, next) = self.list_items(index + 1, range.end);
                let mut list = vec![Doc::Line];
                let last_item = items.len() - 1;
                for (number, item) in items.into_iter().enumerate() {
                    if number > 0 {
                        list.push(Doc::Line);
                    }
                    self.sequence(item, number < last_item || next < range.end || !is_last, &mut list);
                }
                let comments = split_comments(&mut list);
                out.push(Doc::Group(vec![Doc::Indent(list)]));
                out.extend(comments.into_iter().map(indent));
                index = next;
            } else {
                let end = self.group_end(index);
                self.sequence(index..end, end < range.end || !is_last, out);
                index = end;
            }
        }
    }

    /// Whether a comma-separated list of two or more values follows this token.
    fn introduces_list(&self, index: usize, range: &Range<usize>) -> bool {
        use TokenKind as T;
        let introduces = matches!(self.kind(index), T::Action | T::To | T::From | T::On | T::For);
        let next = index + 1;
        if !introduces
            || next >= range.end
            || matches!(self.kind(next), T::Comma | T::Action | T::Equal | T::Dot)
        {
            return false;
        }
        if matches!(self.kind(next), T::To | T::From | T::On | T::Port) {
            return false;
        }
        let (items, _) = self.list_items(next, range.end);
        items.len() > 1
    }

    /// The elements of the list that starts at `start`, each with its comma, and where the list ends.
    fn list_items(&self, start: usize, end: usize) -> (Vec<Range<usize>>, usize) {
        use TokenKind as T;
        let mut items = Vec::new();
        let mut item = start;
        let mut index = start;
        while index < end {
            match self.kind(index) {
                T::Comma => {
                    items.push(item..index + 1);
                    item = index + 1;
                }
                T::To | T::From | T::On | T::Port | T::And | T::Or => break,
                _ => {}
            }
            index = self.group_end(index);
        }
        if item < index {
            items.push(item..index);
        }
        (items, index)
    }

    /// The token after this one, or after the bracket that closes it.
    fn group_end(&self, index: usize) -> usize {
        if !is_opener(self.kind(index)) {
            return index + 1;
        }
        let mut depth = 0usize;
        for (at, token) in self.tokens.iter().enumerate().skip(index) {
            if is_opener(token.kind) {
                depth += 1;
            } else if is_closer(token.kind) {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
        }
        self.tokens.len()
    }

    /// Tokens one after the other; comments after the last only if something follows it in the statement.
    fn sequence(&self, range: Range<usize>, goes_on: bool, out: &mut Vec<Doc<'s>>) {
        let mut index = range.start;
        while index < range.end {
            if index > range.start {
                out.push(self.gap(index));
            }
            let end = self.group_end(index);
            if end > index + 1 {
                self.bracket(index, end - 1, goes_on || end < range.end, out);
            } else {
                self.token(index, goes_on || end < range.end, out);
            }
            index = end;
        }
    }

    fn token(&self, index: usize, with_comments: bool, out: &mut Vec<Doc<'s>>) {
        out.push(Doc::Text(self.text(index)));
        if with_comments {
            out.extend(self.comments_after(index).iter().map(|comment| indent(self.comment(*comment))));
        }
    }

    fn comment(&self, comment: Comment) -> Doc<'s> {
        let text = comment.span.text(self.source);
        if comment.begins_line { Doc::Own(text) } else { Doc::Trailing(text) }
    }

    /// Brackets and what stands between them.
    fn bracket(&self, open: usize, close: usize, goes_on: bool, out: &mut Vec<Doc<'s>>) {
        use TokenKind as T;
        let mut elements = Vec::new();
        let mut start = open + 1;
        for (index, depth) in self.depths(open + 1..close) {
            if depth == 0 && self.kind(index) == T::Comma {
                elements.push(start..index);
                start = index + 1;
            }
        }
        // Behind a last comma nothing follows.
        let trailing = start == close && !elements.is_empty();
        if start < close {
            elements.push(start..close);
        }
        let mut docs = Vec::new();
        self.token(open, true, &mut docs);
        let is_record = self.kind(open) == T::LeftBrace && (open == 0 || self.kind(open - 1) != T::Dot);
        let edge = || if is_record { Doc::Line } else { Doc::SoftLine };
        if elements.is_empty() {
            if docs.len() > 1 {
                docs.push(Doc::SoftLine);
            }
        } else {
            let several = elements.len() > 1;
            let last = elements.len() - 1;
            let mut inner = vec![edge()];
            for (number, element) in elements.into_iter().enumerate() {
                if number > 0 {
                    inner.push(Doc::Line);
                }
                let comma = element.end;
                let mut docs = Vec::new();
                let mut body = Vec::new();
                self.sequence(element, true, &mut body);
                let mut comments = split_comments(&mut body);
                docs.push(Doc::Group(body));
                if number < last {
                    docs.push(Doc::Text(","));
                    comments.extend(self.comments_after(comma).iter().map(|comment| self.comment(*comment)));
                } else {
                    if several {
                        docs.push(Doc::TrailingComma);
                    }
                    if trailing {
                        comments
                            .extend(self.comments_after(comma).iter().map(|comment| self.comment(*comment)));
                    }
                }
                docs.extend(comments);
                inner.append(&mut docs);
            }
            docs.push(Doc::Indent(inner));
            docs.push(edge());
        }
        self.token(close, goes_on, &mut docs);
        let comments = split_comments(&mut docs);
        out.push(Doc::Group(docs));
        out.extend(comments.into_iter().map(indent));
    }

    /// What stands before a token that is not the first of its statement.
    fn gap(&self, index: usize) -> Doc<'s> {
        use TokenKind as T;
        let (before, after) = (self.kind(index - 1), self.kind(index));
        let is_call = matches!((before, after), (T::Ident | T::Any | T::Attribute, T::LeftParen))
            && !self.is_ancestor(index - 1);
        match (before, after) {
            (T::Dot, _)
            | (_, T::Dot | T::Comma | T::Colon)
            | (T::Ident | T::RightBracket, T::LeftBracket) => Doc::Text(""),
            _ if is_call => Doc::Text(""),
            (_, T::And | T::Or) => indent(Doc::Line),
            // Filled up: each breaks for itself.
            (T::Comma, _) => indent(Doc::Group(vec![Doc::Line])),
            _ => indent(Doc::Space),
        }
    }

    /// Whether this is the word in `some ancestor (…)`.
    fn is_ancestor(&self, index: usize) -> bool {
        index > 0 && self.kind(index - 1) == TokenKind::Some
    }
}

/// Lines that break here start further right than their statement.
fn indent(doc: Doc<'_>) -> Doc<'_> {
    Doc::Indent(vec![doc])
}

/// Takes the comments off the end, so that they do not make the group before them break.
fn split_comments<'s>(docs: &mut Vec<Doc<'s>>) -> Vec<Doc<'s>> {
    let is_comment = |doc: &Doc<'_>| match doc {
        Doc::Indent(inner) => matches!(inner.as_slice(), [Doc::Own(_) | Doc::Trailing(_)]),
        _ => false,
    };
    let end = docs.iter().rposition(|doc| !is_comment(doc)).map_or(0, |last| last + 1);
    let comments = docs.split_off(end).into_iter().filter_map(|doc| match doc {
        Doc::Indent(mut inner) => inner.pop(),
        _ => None,
    });
    comments.collect()
}

fn is_opener(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::LeftParen | TokenKind::LeftBracket | TokenKind::LeftBrace)
}

fn is_closer(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::RightParen | TokenKind::RightBracket | TokenKind::RightBrace)
}
