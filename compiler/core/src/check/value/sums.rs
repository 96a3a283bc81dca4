//! Arithmetic on constants and facts.

use super::{Element, Operand, Scalar, Sum, Unit, Value};
use crate::check::Checker;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::FactRef;
use crate::span::Span;
use warmor_policy::schema::FieldType;

impl<'s> Checker<'s> {
    pub(super) fn arithmetic(
        &mut self,
        add: bool,
        (left, left_span): (Operand<'s>, Span),
        (right, right_span): (Operand<'s>, Span),
    ) -> Option<Operand<'s>> {
        let whole = left_span.to(right_span);
        let constant = matches!((&left, &right), (Operand::Value(_), Operand::Value(_)));
        let left = self.sum(left, left_span)?;
        let mut right = self.sum(right, right_span)?;
        let unit = match (left.unit, add, right.unit) {
            (a, _, b) if a == b && a != Unit::Time => a,
            (Unit::Time, false, Unit::Time) => Unit::Duration,
            (Unit::Time, _, Unit::Duration) | (Unit::Duration, true, Unit::Time) => Unit::Time,
            (a, _, b) => {
                let what = if add { "added to" } else { "subtracted from" };
                let (first, second) = if add { (a, b) } else { (b, a) };
                self.report(
                    Diagnostic::new(
                        Code::WrongUnit,
                        whole,
                        format!("{} cannot be {what} {}", first.describe(), second.describe()),
                    )
                    .help("both sides must count the same; only a duration can be added to a time"),
                );
                return None;
            }
        };
        if !add {
            std::mem::swap(&mut right.plus, &mut right.minus);
            right.constant = -right.constant;
        }
        let one = |a: Option<FactRef>, b: Option<FactRef>| match (a, b) {
            (Some(_), Some(_)) => Err(()),
            (a, b) => Ok(a.or(b)),
        };
        let (Ok(plus), Ok(minus)) = (one(left.plus, right.plus), one(left.minus, right.minus)) else {
            self.report(
                Diagnostic::new(
                    Code::OperatorMismatch,
                    whole,
                    "a sum can hold one fact, or the difference of two",
                )
                .help("compare the facts with each other instead"),
            );
            return None;
        };
        let constant_sum = left.constant + right.constant;
        if constant_sum.unsigned_abs() > 1 << 96 {
            self.report(Diagnostic::new(Code::OutOfRange, whole, "the result is too large"));
            return None;
        }
        if constant {
            return Some(Operand::Value(Value::one(Scalar::Number { value: constant_sum, unit }, whole)));
        }
        Some(Operand::Sum(Sum { plus, minus, constant: constant_sum, unit }))
    }

    /// An operand as a sum, if it is a number.
    pub(in crate::check) fn sum(&mut self, operand: Operand<'s>, span: Span) -> Option<Sum> {
        let sum = |plus, constant, unit| Sum { plus, minus: None, constant, unit };
        let found = match operand {
            Operand::Sum(s) => return Some(s),
            Operand::Fact(fact) => match fact.field().kind {
                FieldType::Int | FieldType::Port => return Some(sum(Some(fact), 0, Unit::Plain)),
                FieldType::Time => return Some(sum(Some(fact), 0, Unit::Time)),
                other => crate::check::types::field_type_name(other),
            },
            Operand::Value(value) => match value.elements.as_slice() {
                [Element { scalar: Scalar::Number { value, unit }, .. }] => {
                    return Some(sum(None, *value, *unit));
                }
                [Element { scalar, .. }] if !value.is_set => scalar.describe(),
                _ => "a list",
            },
            Operand::Process(_) => "a process",
            Operand::Variable => "a string",
        };
        self.mismatch(span, "a number", found);
        None
    }
}
