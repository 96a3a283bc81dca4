//! What the grammar's actions do: nodes with spans, bounded depth, errors with human words.

#![allow(clippy::wildcard_imports, reason = "the grammar's actions name nearly every node")]

mod expressions;
mod statements;
mod words;

pub(crate) use expressions::{Deep, DeepEntry, DeepRecord};
pub(crate) use statements::Part;

use std::cell::{Cell, RefCell};

use lalrpop_util::{ErrorRecovery, ParseError};

use super::MAX_ERRORS;
use super::ast::*;
use super::error::{SyntaxError, SyntaxErrorKind, excerpt};
use super::expected;
use super::lexer::TokenKind;
use crate::span::{FileId, Span};

type Recovery = ErrorRecovery<u32, TokenKind, std::convert::Infallible>;
type Failure = ParseError<u32, TokenKind, std::convert::Infallible>;

/// One parsed statement. Blocks (policies, tests, …) come without their bodies.
pub(crate) enum Chunk {
    Package(QualifiedName),
    Item(Box<ItemKind>),
    Member(Box<Member>),
    Claim(Box<CanClaim>),
    Step(Box<TestStep>),
    DetectMember(Box<DetectMember>),
    Event(Box<EventPattern>),
    Attribute(Box<Attribute>),
}

/// Makes nodes for the grammar and collects what is wrong.
pub(crate) struct Builder<'s> {
    source: &'s str,
    file: FileId,
    errors: RefCell<Vec<SyntaxError>>,
    /// What the statement is called.
    what: Cell<&'static str>,
    /// How many tokens the parser has taken.
    taken: Cell<usize>,
    /// How many it had taken when it last understood something.
    understood: Cell<usize>,
}

/// How many tokens in a row may pass without the parser understanding anything: when it skips garbage, each one costs a
/// walk over its stack. Valid text stays far below, because brackets nest to [`MAX_BRACKETS`](super::brackets::MAX_BRACKETS).
const PATIENCE: usize = 192;

impl<'s> Builder<'s> {
    pub(super) fn new(source: &'s str, file: FileId) -> Self {
        Self {
            source,
            file,
            errors: RefCell::default(),
            what: Cell::new("statement"),
            taken: Cell::new(0),
            understood: Cell::new(0),
        }
    }

    pub(super) fn source(&self) -> &'s str {
        self.source
    }

    pub(super) fn report(&self, kind: SyntaxErrorKind, span: Span) {
        self.report_error(SyntaxError::new(kind, span));
    }

    /// Nothing is parsed after [`MAX_ERRORS`], but one statement may have more: they are bounded too.
    pub(super) fn report_error(&self, error: SyntaxError) {
        let mut errors = self.errors.borrow_mut();
        if errors.len() < 2 * MAX_ERRORS {
            errors.push(error);
        }
    }

    /// How many errors there are.
    pub(super) fn error_count(&self) -> usize {
        self.errors.borrow().len()
    }

    /// Where the first error after the first `count` is.
    pub(super) fn first_error_after(&self, count: usize) -> Option<u32> {
        self.errors.borrow().iter().skip(count).map(|error| error.span.start).min()
    }

    /// Removes the errors after the first `count`.
    pub(super) fn take_errors_after(&self, count: usize) -> Vec<SyntaxError> {
        self.errors.borrow_mut().split_off(count)
    }

    /// Puts back what [`take_errors_after`](Self::take_errors_after) took.
    pub(super) fn restore_errors(&self, errors: Vec<SyntaxError>) {
        self.errors.borrow_mut().extend(errors);
    }

    pub(super) fn into_errors(self) -> Vec<SyntaxError> {
        self.errors.into_inner()
    }

    /// Starts the count of tokens for a new statement, which is a `what`.
    pub(super) fn start(&self, what: &'static str) {
        self.what.set(what);
        self.taken.set(0);
        self.understood.set(0);
    }

    /// Counts a token; `false` when too many were skipped, and the rest of the statement is to be left out.
    pub(super) fn take_token(&self) -> bool {
        self.taken.set(self.taken.get() + 1);
        !self.gave_up()
    }

    /// Whether [`take_token`](Self::take_token) has said `false`.
    pub(super) fn gave_up(&self) -> bool {
        self.taken.get() - self.understood.get() > PATIENCE
    }

    pub(super) fn span(&self, start: u32, end: u32) -> Span {
        self.understood.set(self.taken.get());
        // An empty part gets the place after the token before it: the parser gives the start of the next one.
        Span::new(self.file, start.min(end), end)
    }

    fn text(&self, start: u32, end: u32) -> &'s str {
        self.source.get(start as usize..end as usize).unwrap_or("")
    }

    // ------------------------------------------------------------ errors

    /// Reports what the parser could not fit in.
    pub(super) fn fail(&self, error: &Failure) {
        let what = self.what.get();
        let (span, kind, found, words) = match error {
            ParseError::UnrecognizedToken { token: (start, token, end), expected } => {
                let span = self.span(*start, *end);
                let found = self.text(*start, *end);
                if *token == TokenKind::Error {
                    return;
                }
                let kind = if span.is_empty() {
                    // A bracket that the outline has added, and reported.
                    return;
                } else if expected::is_name_like(*token) && expected::is_name_only(expected) {
                    SyntaxErrorKind::ReservedWord { word: found.to_owned() }
                } else {
                    SyntaxErrorKind::Unexpected { found: excerpt(found) }
                };
                (span, kind, Some(*token), expected.as_slice())
            }
            ParseError::UnrecognizedEof { location, .. } if self.gave_up() => {
                self.report(SyntaxErrorKind::TooDeep, self.span(*location, *location));
                return;
            }
            ParseError::UnrecognizedEof { location, expected } => (
                self.span(*location, *location),
                SyntaxErrorKind::Incomplete { what },
                None,
                expected.as_slice(),
            ),
            ParseError::ExtraToken { token: (start, token, end) } => {
                let found = excerpt(self.text(*start, *end));
                (self.span(*start, *end), SyntaxErrorKind::Unexpected { found }, Some(*token), [].as_slice())
            }
            ParseError::InvalidToken { location } => {
                let found = String::new();
                (self.span(*location, *location), SyntaxErrorKind::Unexpected { found }, None, [].as_slice())
            }
            ParseError::User { error } => match *error {},
        };
        let mut report = SyntaxError::new(kind, span);
        if !matches!(report.kind, SyntaxErrorKind::ReservedWord { .. }) {
            report.expected = expected::in_words(words, what);
        }
        if report.help.is_none()
            && let Some(token) = found
        {
            report.help = expected::advice(token, self.text(span.start, span.end), words);
        }
        let is_new = self.errors.borrow().last().is_none_or(|last| last.span != report.span);
        if is_new {
            self.report_error(report);
        }
    }

    pub(super) fn recover(&self, recovery: &Recovery) -> Span {
        let start = match &recovery.error {
            ParseError::UnrecognizedToken { token: (start, ..), .. } => *start,
            ParseError::UnrecognizedEof { location, .. } => *location,
            _ => 0,
        };
        self.fail(&recovery.error);
        let first = recovery.dropped_tokens.first().map_or(start, |token| token.0);
        let last = recovery.dropped_tokens.last().map_or(start, |token| token.2);
        self.span(first, last.max(first))
    }

    pub(super) fn recover_expr(&self, recovery: &Recovery) -> Expr {
        Expr { kind: ExprKind::Error, span: self.recover(recovery) }
    }

    pub(super) fn recover_deep(&self, recovery: &Recovery) -> Deep {
        Deep::leaf(ExprKind::Error, self.recover(recovery))
    }

    pub(super) fn recover_name(&self, recovery: &Recovery) -> Name {
        Name { text: Box::default(), span: self.recover(recovery) }
    }

    pub(super) fn recover_text(&self, recovery: &Recovery) -> Text {
        Text { value: Box::default(), span: self.recover(recovery) }
    }
}
