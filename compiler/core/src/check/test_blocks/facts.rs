//! Values of records: one fact each, written out.

use crate::check::value::{Element, SECOND, Scalar, Unit, Value};
use crate::check::{Checker, Env};
use crate::diagnostics::{Code, Diagnostic};
use crate::span::Span;
use crate::syntax::ast::{self, Expr, ExprKind};
use std::collections::HashMap;
use std::rc::Rc;
use warmor_policy::event::{Address, Fact, Value as Known};
use warmor_policy::schema::{FieldInfo, FieldType};

impl<'s> Checker<'s> {
    /// The value that a test gives a fact.
    pub(super) fn fact_value(
        &mut self,
        field: &'static FieldInfo,
        key: Option<&str>,
        expr: &'s Expr,
    ) -> Option<Fact> {
        if matches!(expr.kind, ExprKind::Unknown) {
            if key.is_some() {
                self.report(
                    Diagnostic::new(Code::NotConcrete, expr.span, "a map is known or unknown as a whole")
                        .help(format!("write `{}: unknown`", field.name)),
                );
                return None;
            }
            return Some(Fact::Unknown);
        }
        if field.kind == FieldType::Map && key.is_none() {
            return self.map_value(expr).map(|pairs| Fact::Known(Known::Map(pairs)));
        }
        let value = self.value(expr, &Env::default())?;
        if field.kind == FieldType::List {
            let texts = value
                .elements
                .iter()
                .map(|e| self.concrete_text(e, FieldType::String))
                .collect::<Option<Vec<_>>>();
            return texts.map(|texts| Fact::Known(Known::List(texts)));
        }
        if field.kind == FieldType::Flags {
            let mut mask = 0;
            for element in &value.elements {
                mask |= self.word_code(field.kind, element)?;
            }
            return Some(Fact::Known(Known::Int(i64::from(mask))));
        }
        let element = self.one(&value, expr.span)?;
        if let (FieldType::Map, Some(key)) = (field.kind, key) {
            let text = self.concrete_text(&element, FieldType::String)?;
            return Some(Fact::Known(Known::Map(vec![(key.as_bytes().to_vec(), text)])));
        }
        self.concrete(field.kind, &element).map(Fact::Known)
    }

    fn map_value(&mut self, expr: &'s Expr) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
        let ExprKind::Record(record) = &expr.kind else {
            if !matches!(expr.kind, ExprKind::Error) {
                self.mismatch(expr.span, "a record, such as `{ app: \"web\" }`,", "something else");
            }
            return None;
        };
        let mut pairs: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        let mut seen = HashMap::new();
        let mut complete = true;
        for entry in &record.entries {
            let key = match &entry.key.kind {
                ExprKind::Literal(ast::Literal::String(text)) => Some((vec![&**text], None)),
                _ => self.key_words(&entry.key),
            };
            let text = self.value(&entry.value, &Env::default()).and_then(|value| {
                let element = self.one(&value, entry.value.span)?;
                self.concrete_text(&element, FieldType::String)
            });
            match (key, text) {
                (Some((words, _)), Some(text)) => {
                    let key = words.join(".");
                    self.note_key(&mut seen, key.clone(), entry.key.span);
                    pairs.push((key.into_bytes(), text));
                }
                _ => complete = false,
            }
        }
        complete.then_some(pairs)
    }

    pub(super) fn one(&mut self, value: &Rc<Value<'s>>, span: Span) -> Option<Element<'s>> {
        match value.elements.as_slice() {
            [element] => Some(element.clone()),
            _ => {
                self.report(
                    Diagnostic::new(Code::NotConcrete, span, "a test is about one event, and this is a list")
                        .label("a list")
                        .help("write one `expect` for each value"),
                );
                None
            }
        }
    }

    /// One value of a type.
    pub(super) fn concrete(&mut self, kind: FieldType, element: &Element<'s>) -> Option<Known> {
        match kind {
            FieldType::Path | FieldType::String => self.concrete_text(element, kind).map(Known::Bytes),
            FieldType::Ip => match &element.scalar {
                Scalar::Ip(address) => Some(Known::Ip(Address::from(*address))),
                Scalar::Cidr { .. } => self.not_concrete(element.span, "a network", "one address"),
                other => {
                    self.mismatch(element.span, "an address", other.describe());
                    None
                }
            },
            FieldType::Int | FieldType::Port => match &element.scalar {
                Scalar::Range(..) => self.not_concrete(element.span, "a range", "one number"),
                _ => {
                    let value = Rc::new(Value { elements: vec![element.clone()], is_set: false });
                    let (first, ..) = self.ranges(kind, &value)?.into_iter().next()?;
                    Some(Known::Int(first))
                }
            },
            FieldType::Time => match &element.scalar {
                Scalar::Number { value, unit: Unit::Time } => {
                    i64::try_from(*value / SECOND).ok().map(Known::Int)
                }
                Scalar::Number { value, unit: Unit::Plain } => i64::try_from(*value).ok().map(Known::Int),
                other => {
                    self.mismatch(element.span, "a day, or seconds since 1970,", other.describe());
                    None
                }
            },
            _ => self.word_code(kind, element).map(|code| Known::Int(i64::from(code))),
        }
    }

    fn concrete_text(&mut self, element: &Element<'s>, kind: FieldType) -> Option<Vec<u8>> {
        match &element.scalar {
            Scalar::Path(glob) => match glob.literal() {
                Some(bytes) => Some(bytes),
                None => self.not_concrete(element.span, "a glob", "one path"),
            },
            Scalar::Text(text) if kind == FieldType::Path && !text.starts_with('/') => {
                self.mismatch(element.span, "a path, which begins with `/`,", "another string");
                None
            }
            Scalar::Text(text) if kind == FieldType::Path => {
                let glob = self.glob(text, element.span, true)?;
                glob.literal().or_else(|| self.not_concrete(element.span, "a glob", "one path"))
            }
            Scalar::Text(text) => Some(crate::check::compare::unescape(text)),
            Scalar::Word(word) if kind == FieldType::String => Some(word.as_bytes().to_vec()),
            other => {
                self.mismatch(element.span, crate::check::types::field_type_name(kind), other.describe());
                None
            }
        }
    }

    pub(super) fn not_concrete<T>(&mut self, span: Span, found: &str, wanted: &str) -> Option<T> {
        self.report(
            Diagnostic::new(
                Code::NotConcrete,
                span,
                format!("a test is about one event, and this is {found}"),
            )
            .label(found)
            .help(format!("write {wanted}")),
        );
        None
    }
}
