//! The one way to write a policy down.
//!
//! The formatter works on tokens, not on the tree: it only decides what stands between two tokens, so it cannot lose or
//! change one. It adds and removes commas after the last element of a list, and nothing else. Every comment stays between
//! the tokens where it was. Formatting twice is formatting once.
//!
//! * Two spaces for each level; one statement a line; one blank line at most, and always one around blocks.
//! * A statement of more than 100 characters breaks before its parts, then in its lists, one element on a line.
//! * An assertion of one claim stands on one line, if it fits.

mod doc;
mod statement;

use std::fmt;
use std::ops::Range;

use doc::{INDENT, Printer, WIDTH};
use statement::Statements;

use super::body::{Body, item_ranges, statement_ranges};
use super::lexer::TokenKind;
use super::{SyntaxError, parse};
use crate::span::FileId;

/// Why a text was not formatted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormatError {
    /// The text has syntax errors, at least one: what it means to say is not known.
    Syntax(Vec<SyntaxError>),
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Syntax(errors) = self;
        match errors.as_slice() {
            [only] => write!(f, "the file has a syntax error: {only}"),
            all => write!(f, "the file has {} syntax errors", all.len()),
        }
    }
}

impl std::error::Error for FormatError {}

/// Formats a file.
///
/// # Errors
///
/// When the text has syntax errors: such a text is left alone.
pub fn format(source: &str) -> Result<String, FormatError> {
    let parse = parse(source, FileId(0));
    if !parse.errors.is_empty() {
        return Err(FormatError::Syntax(parse.errors));
    }
    let statements = Statements { source, tokens: &parse.tokens, comments: &parse.comments };
    let mut formatter = Formatter {
        printer: Printer::new(source.len() + source.len() / 8),
        statements,
        comment: 0,
        end: 0,
        blank: Blank::Never,
    };
    formatter.file();
    let mut text = formatter.printer.finish();
    if !text.is_empty() {
        text.push('\n');
    }
    Ok(text)
}

/// Whether a blank line stands before the next line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Blank {
    /// At the start of a file or a block.
    Never,
    /// Where the source has one.
    AsWritten,
    /// Around blocks.
    Always,
}

struct Formatter<'s> {
    printer: Printer,
    statements: Statements<'s>,
    /// The first comment that is not written yet, unless it stands inside a statement.
    comment: usize,
    /// The end of what was last written, in the source.
    end: u32,
    blank: Blank,
}

impl Formatter<'_> {
    fn file(&mut self) {
        let ranges = item_ranges(self.statements.tokens);
        for (index, range) in ranges.iter().enumerate() {
            let range = range.clone();
            let first = range.start;
            if self.is_attribute(first) {
                // What stands around a block stands around its attributes.
                let below = ranges[index..].iter().find(|range| !self.is_attribute(range.start));
                let body = below
                    .and_then(|below| Some((below, Body::of(self.statements.tokens[below.start].kind)?)));
                if body.is_some_and(|(below, body)| !self.is_one_line(below, body))
                    && self.blank == Blank::AsWritten
                {
                    self.blank = Blank::Always;
                }
                self.statement(range, 0);
                self.blank = Blank::Never;
                continue;
            }
            match Body::of(self.statements.tokens[first].kind) {
                Some(body) => {
                    let is_line = self.is_one_line(&range, body);
                    if !is_line && self.blank != Blank::Never {
                        self.blank = Blank::Always;
                    }
                    self.block(range, body, 0);
                    self.blank = if is_line { Blank::AsWritten } else { Blank::Always };
                }
                None => self.statement(range, 0),
            }
        }
        self.own_comments(u32::MAX, 0);
    }

    /// An item with a body, or a `sequence` or `count`.
    fn block(&mut self, range: Range<usize>, body: Body, depth: usize) {
        let tokens = self.statements.tokens;
        let open =
            range.clone().find(|&index| tokens[index].kind == TokenKind::LeftBrace).unwrap_or(range.start);
        let close = range.end - 1;
        let indent = depth * INDENT;
        let inner = open + 1..close;
        self.start(range.start, depth);
        self.printer.print(&self.statements.layout(range.start..open), indent);
        let before_brace = self.statements.comments_after(open - 1);
        for comment in before_brace {
            if comment.begins_line {
                self.printer.new_line(indent);
                self.printer.text(comment.span.text(self.statements.source), indent);
                self.printer.new_line(indent);
            } else {
                self.printer.trailing_comment(comment.span.text(self.statements.source));
            }
        }
        if before_brace.is_empty() {
            self.printer.text(" ", indent);
        }
        if inner.is_empty() && self.statements.comments_after(open).is_empty() {
            self.printer.text("{}", indent);
            return self.finish(close);
        }
        if self.is_one_line(&range, body) {
            self.printer.text("{ ", indent);
            self.printer.print(&self.statements.layout(inner), indent);
            self.printer.text(" }", indent);
            return self.finish(close);
        }
        self.printer.text("{", indent);
        self.finish(open);
        self.blank = Blank::Never;
        for statement in statement_ranges(tokens, inner, body) {
            if body == Body::Detect
                && matches!(tokens[statement.start].kind, TokenKind::Sequence | TokenKind::Count)
            {
                self.block(statement, Body::Sequence, depth + 1);
            } else {
                let is_attribute = self.is_attribute(statement.start);
                self.statement(statement, depth + 1);
                if is_attribute {
                    self.blank = Blank::Never;
                }
            }
        }
        self.own_comments(tokens[close].span.start, depth + 1);
        self.printer.new_line(indent);
        self.printer.text("}", indent);
        self.finish(close);
    }

    /// Whether a statement is an attribute of the one below it.
    fn is_attribute(&self, first: usize) -> bool {
        self.statements.tokens[first].kind == TokenKind::Attribute
    }

    /// Whether a block stands on one line: an assertion of one claim that fits.
    fn is_one_line(&self, range: &Range<usize>, body: Body) -> bool {
        let tokens = self.statements.tokens;
        let Some(open) = range.clone().find(|&index| tokens[index].kind == TokenKind::LeftBrace) else {
            return false;
        };
        let inner = open + 1..range.end - 1;
        if inner.is_empty() {
            return self.statements.comments_after(open).is_empty();
        }
        if body != Body::Assert || statement_ranges(tokens, inner, body).len() != 1 {
            return false;
        }
        let is_plain =
            (range.start..range.end - 1).all(|index| self.statements.comments_after(index).is_empty());
        is_plain && {
            let mut probe = Printer::new(WIDTH);
            probe.print(&self.statements.layout(range.start..open), 0);
            probe.text(" { ", 0);
            probe.print(&self.statements.layout(open + 1..range.end - 1), 0);
            probe.text(" }", 0);
            let line = probe.finish();
            !line.contains('\n') && line.chars().count() <= WIDTH
        }
    }

    fn statement(&mut self, range: Range<usize>, depth: usize) {
        let last = range.end - 1;
        self.start(range.start, depth);
        self.printer.print(&self.statements.layout(range), depth * INDENT);
        self.finish(last);
    }

    /// Writes what stands above a statement, and starts its line.
    fn start(&mut self, first: usize, depth: usize) {
        let start = self.statements.tokens[first].span.start;
        self.own_comments(start, depth);
        self.blank_before(start);
        self.printer.new_line(depth * INDENT);
    }

    /// Ends a line after a token, with its comment.
    fn finish(&mut self, last: usize) {
        self.end = self.statements.tokens[last].span.end;
        let comments = self.statements.comments;
        self.comment = comments.partition_point(|comment| comment.span.start < self.end);
        if let Some(comment) = comments.get(self.comment)
            && let Some(first) = self.statements.comments_after(last).first()
            && first == comment
            && !comment.begins_line
        {
            self.printer.trailing_comment(comment.span.text(self.statements.source));
            self.end = comment.span.end;
            self.comment += 1;
        }
        self.blank = Blank::AsWritten;
    }

    /// Writes the comments that stand on lines of their own before `limit`.
    fn own_comments(&mut self, limit: u32, depth: usize) {
        while let Some(comment) = self.statements.comments.get(self.comment)
            && comment.span.start < limit
        {
            self.blank_before(comment.span.start);
            self.printer.new_line(depth * INDENT);
            self.printer.text(comment.span.text(self.statements.source), depth * INDENT);
            self.end = comment.span.end;
            self.comment += 1;
            self.blank = Blank::AsWritten;
        }
    }

    /// Leaves a line empty before what starts at `start` in the source, if there is to be one.
    fn blank_before(&mut self, start: u32) {
        let gap = self.statements.source.get(self.end as usize..start as usize).unwrap_or("");
        let as_written = gap.matches('\n').count() > 1;
        let blank = match self.blank {
            Blank::Never => false,
            Blank::AsWritten => as_written,
            Blank::Always => true,
        };
        if blank && !self.printer.is_empty() {
            self.printer.blank_line();
        }
    }
}
