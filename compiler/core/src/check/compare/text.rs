//! Tests of texts: what is compared, what is matched, what is looked for in a list.

use crate::check::Checker;
use crate::check::conds::single;
use crate::check::types::field_type_name;
use crate::check::value::{Element, Scalar, Value};
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Atom, Cond, FactRef, TextTest};
use crate::span::Span;
use crate::syntax::ast::BinaryOperator;
use std::rc::Rc;
use warmor_policy::schema::FieldType;

impl<'s> Checker<'s> {
    /// The tests that an operator makes of a text, each with the place of its pattern.
    pub(in crate::check) fn text_tests(
        &mut self,
        operator: BinaryOperator,
        at: Span,
        kind: FieldType,
        value: &Rc<Value<'s>>,
        span: Span,
    ) -> Option<Vec<(TextTest, Span)>> {
        if matches!(operator, BinaryOperator::Equal) && value.is_set {
            self.use_in(span);
            return None;
        }
        let mut tests = Vec::with_capacity(value.elements.len());
        for element in &value.elements {
            let test = match operator {
                BinaryOperator::Equal => self.text_equal(kind, element)?,
                BinaryOperator::In if kind == FieldType::Path => self.path_pattern(element)?,
                BinaryOperator::In => self.text_equal(kind, element)?,
                BinaryOperator::Matches => self.text_glob(kind, element)?,
                BinaryOperator::Contains => TextTest::Contains(self.plain_text(element)?),
                BinaryOperator::StartsWith => TextTest::StartsWith(self.plain_text(element)?),
                BinaryOperator::EndsWith => TextTest::EndsWith(self.plain_text(element)?),
                _ => {
                    return self.mismatched_operator(
                        operator,
                        at,
                        field_type_name(kind),
                        "use `==`, `in`, `matches`, `contains`, `starts_with` or `ends_with`",
                    );
                }
            };
            tests.push((test, element.span));
        }
        Some(tests)
    }

    fn text_equal(&mut self, kind: FieldType, element: &Element<'s>) -> Option<TextTest> {
        match &element.scalar {
            Scalar::Text(text) => Some(TextTest::Equals(unescape(text))),
            Scalar::Path(glob) => match glob.literal() {
                Some(bytes) => Some(TextTest::Equals(bytes)),
                None => {
                    let help =
                        if kind == FieldType::Path { "use `in`, or `matches`" } else { "use `matches`" };
                    self.report(
                        Diagnostic::new(
                            Code::OperatorMismatch,
                            element.span,
                            "`==` compares with one text, and this is a glob",
                        )
                        .label("a glob")
                        .help(help),
                    );
                    None
                }
            },
            other => {
                self.mismatch(element.span, field_type_name(kind), other.describe());
                None
            }
        }
    }

    /// A path or glob as a test of a path.
    pub(in crate::check) fn path_pattern(&mut self, element: &Element<'s>) -> Option<TextTest> {
        let glob = match &element.scalar {
            Scalar::Path(glob) => glob.clone(),
            Scalar::Text(text) if text.starts_with('/') => self.glob(text, element.span, true)?,
            Scalar::Text(_) => {
                self.mismatch(element.span, "a path, which begins with `/`,", "another string");
                return None;
            }
            other => {
                let (scalar, span) = (other.describe(), element.span);
                self.mismatch(span, "a path or glob", scalar);
                return None;
            }
        };
        Some(glob.literal().map_or(TextTest::Glob(glob), TextTest::Equals))
    }

    fn text_glob(&mut self, kind: FieldType, element: &Element<'s>) -> Option<TextTest> {
        if kind == FieldType::Path {
            return self.path_pattern(element);
        }
        let glob = match &element.scalar {
            Scalar::Path(glob) => glob.clone(),
            Scalar::Text(text) => self.glob(text, element.span, true)?,
            other => {
                self.mismatch(element.span, "a glob", other.describe());
                return None;
            }
        };
        Some(glob.literal().map_or(TextTest::Glob(glob), TextTest::Equals))
    }

    fn plain_text(&mut self, element: &Element<'s>) -> Option<Vec<u8>> {
        match &element.scalar {
            Scalar::Text(text) => Some(unescape(text)),
            Scalar::Path(glob) if glob.literal().is_some() => glob.literal(),
            Scalar::Path(_) => {
                self.report(
                    Diagnostic::new(
                        Code::OperatorMismatch,
                        element.span,
                        "this operator takes a text, and this is a glob",
                    )
                    .label("a glob")
                    .help("use `matches`, or quote the text"),
                );
                None
            }
            other => {
                self.mismatch(element.span, "a string", other.describe());
                None
            }
        }
    }

    pub(super) fn list_contains(
        &mut self,
        fact: FactRef,
        value: &Rc<Value<'s>>,
        value_span: Span,
        span: Span,
    ) -> Option<Cond> {
        let Some(element) = single(value) else {
            self.report(
                Diagnostic::new(
                    Code::TypeMismatch,
                    value_span,
                    "one string is needed here, but this is a list",
                )
                .label("a list")
                .help("write `any(x in args, x in [\"-i\", \"-c\"])`"),
            );
            return None;
        };
        let test = TextTest::Equals(self.plain_text(element)?);
        Some(Cond::atom(Atom::ListAny { fact, element: crate::model::Element::Test(test) }, span))
    }
}

/// A quoted text without the backslashes that protect glob characters.
pub(in crate::check) fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        match (byte, bytes.peek()) {
            (b'\\', Some(next @ (b'*' | b'?' | b'[' | b']' | b'{' | b'}' | b'\\'))) => {
                out.push(*next);
                bytes.next();
            }
            _ => out.push(byte),
        }
    }
    out
}
