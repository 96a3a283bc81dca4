//! Words and literals.

use super::{Builder, Deep};
use crate::span::Span;
use crate::syntax::ast::{Date, ExprKind, Literal, Name, QualifiedName, Spanned, Text};
use crate::syntax::error::{SyntaxErrorKind, excerpt};
use crate::syntax::lexer::TokenKind;
use crate::syntax::literal;

impl Builder<'_> {
    pub(in crate::syntax) fn name(&self, start: u32, end: u32) -> Name {
        Name { text: self.text(start, end).into(), span: self.span(start, end) }
    }

    /// `name:`, without its colon.
    pub(in crate::syntax) fn label(&self, start: u32, end: u32) -> Name {
        let name = self.name(start, end.saturating_sub(1));
        if TokenKind::of_word(&name.text).is_some_and(TokenKind::is_reserved) {
            self.report(SyntaxErrorKind::ReservedWord { word: name.text.to_string() }, name.span);
        }
        name
    }

    /// A dotted tag is one word.
    #[expect(clippy::needless_pass_by_value, reason = "called by the grammar with the value it made")]
    pub(in crate::syntax) fn tag(&self, name: QualifiedName) -> Name {
        self.name(name.span.start, name.span.end)
    }

    fn literal(&self, literal: Result<Literal, SyntaxErrorKind>, span: Span) -> Deep {
        match literal {
            Ok(literal) => Deep::leaf(ExprKind::Literal(literal), span),
            Err(kind) => {
                self.report(kind, span);
                Deep::leaf(ExprKind::Error, span)
            }
        }
    }

    pub(in crate::syntax) fn number(&self, start: u32, end: u32) -> Deep {
        self.literal(literal::number(self.text(start, end)), self.span(start, end))
    }

    pub(in crate::syntax) fn path(&self, start: u32, end: u32) -> Deep {
        Deep::leaf(ExprKind::Literal(literal::path(self.text(start, end))), self.span(start, end))
    }

    pub(in crate::syntax) fn text_literal(&self, start: u32, end: u32) -> Text {
        let token = self.text(start, end);
        let (value, unknown) = literal::string(token);
        if let Some(range) = unknown {
            let span = self.span(start + range.start as u32, start + range.end as u32);
            self.report(SyntaxErrorKind::UnknownEscape { escape: excerpt(&token[range]) }, span);
        }
        Text { value, span: self.span(start, end) }
    }

    pub(in crate::syntax) fn string(&self, start: u32, end: u32) -> Deep {
        let text = self.text_literal(start, end);
        Deep::leaf(ExprKind::Literal(Literal::String(text.value)), text.span)
    }

    pub(in crate::syntax) fn date(&self, start: u32, end: u32) -> Option<Spanned<Date>> {
        let span = self.span(start, end);
        match literal::number(self.text(start, end)) {
            Ok(Literal::Date(node)) => Some(Spanned { node, span }),
            Err(kind @ SyntaxErrorKind::InvalidDate { .. }) => {
                self.report(kind, span);
                None
            }
            _ => {
                self.report(SyntaxErrorKind::InvalidDate { found: excerpt(self.text(start, end)) }, span);
                None
            }
        }
    }
}
