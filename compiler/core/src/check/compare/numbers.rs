//! Tests of numbers and of names with codes: ranges, sums, relations.

use crate::check::Checker;
use crate::check::types::field_type_name;
use crate::check::value::{Element, SECOND, Scalar, Sum, Unit, Value};
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Atom, Compare, Cond, FactRef};
use crate::span::Span;
use crate::syntax::ast::BinaryOperator;
use std::rc::Rc;
use warmor_policy::schema::FieldType;

impl<'s> Checker<'s> {
    /// The code of a name in the table of a fact's type.
    pub(in crate::check) fn word_code(&mut self, kind: FieldType, element: &Element<'s>) -> Option<u32> {
        let table = kind.names()?;
        let word = match &element.scalar {
            Scalar::Word(word) | Scalar::Text(word) => *word,
            other => {
                self.mismatch(element.span, field_type_name(kind), other.describe());
                return None;
            }
        };
        let code = table.code(word);
        if code.is_none() {
            self.unknown_word(kind, word, element.span);
        }
        code
    }

    /// Reports a word that the table of a type does not have.
    pub(in crate::check) fn unknown_word(&mut self, kind: FieldType, word: &str, span: Span) {
        if let Some(table) = kind.names() {
            let what = field_type_name(kind).trim_start_matches("a ");
            let what = if kind == FieldType::Flags { "flag" } else { what };
            let names = table.values.iter().map(|(n, _)| *n);
            let mut error = Diagnostic::new(Code::UnknownWord, span, format!("there is no {what} `{word}`"));
            if table.values.len() <= 12 {
                error = error.help(format!("it is one of {}", crate::check::facts::listed(names.clone())));
            }
            self.report(if crate::diagnostics::nearest(word, names.clone()).is_some() {
                error.did_you_mean(span, word, names)
            } else {
                error
            });
        }
    }

    pub(super) fn number_in(
        &mut self,
        fact: FactRef,
        value: &Rc<Value<'s>>,
        value_span: Span,
        span: Span,
    ) -> Option<Cond> {
        let kind = fact.field().kind;
        let ranges = self.ranges(kind, value)?;
        if ranges.is_empty() && !value.is_set {
            self.mismatch(value_span, field_type_name(kind), "nothing");
            return None;
        }
        let atoms = ranges.into_iter().map(|(first, last, place)| {
            let place = if value.is_set { place } else { span };
            Cond::atom(Atom::Number { fact: fact.clone(), first, last }, place)
        });
        Some(Cond::any(atoms.collect(), span))
    }

    /// The ranges of numbers that a value stands for.
    pub(in crate::check) fn ranges(
        &mut self,
        kind: FieldType,
        value: &Rc<Value<'s>>,
    ) -> Option<Vec<(i64, i64, Span)>> {
        let mut ranges = Vec::with_capacity(value.elements.len());
        for element in &value.elements {
            let (first, last) = match &element.scalar {
                Scalar::Range(first, last) if kind != FieldType::Time => {
                    (i128::from(*first), i128::from(*last))
                }
                Scalar::Number { value, unit: Unit::Plain } if kind != FieldType::Time => (*value, *value),
                Scalar::Number { value, unit: Unit::Time } if kind == FieldType::Time => {
                    (*value / SECOND, *value / SECOND)
                }
                Scalar::Number { unit, .. } => {
                    let message =
                        format!("{} is needed here, but this is {}", field_type_name(kind), unit.describe());
                    self.report(
                        Diagnostic::new(Code::WrongUnit, element.span, message).label(unit.describe()),
                    );
                    return None;
                }
                other => {
                    self.mismatch(element.span, field_type_name(kind), other.describe());
                    return None;
                }
            };
            let limit = if kind == FieldType::Port { 65535 } else { i128::from(i64::MAX) };
            if first < i128::from(i64::MIN) || last > limit || (kind == FieldType::Port && first < 0) {
                let message = if kind == FieldType::Port {
                    "a port is a number from 0 to 65535".to_owned()
                } else {
                    "this number is too large".to_owned()
                };
                self.report(Diagnostic::new(Code::OutOfRange, element.span, message));
                return None;
            }
            ranges.push((clamp(first), clamp(last), element.span));
        }
        Some(ranges)
    }

    pub(super) fn compare_sums(
        &mut self,
        operator: BinaryOperator,
        left: Sum,
        right: Sum,
        span: Span,
    ) -> Option<Cond> {
        let units = (left.unit, right.unit);
        if units.0 != units.1 {
            self.report(
                Diagnostic::new(
                    Code::WrongUnit,
                    span,
                    format!("{} cannot be compared with {}", units.0.describe(), units.1.describe()),
                )
                .help("both sides must count the same"),
            );
            return None;
        }
        // left OP right  ⇔  plus - minus OP constant
        let mut constant = right.constant - left.constant;
        let both = |a: Option<FactRef>, b: Option<FactRef>| match (a, b) {
            (Some(_), Some(_)) => None,
            (a, b) => Some(a.or(b)),
        };
        let (Some(plus), Some(minus)) = (both(left.plus, right.minus), both(left.minus, right.plus)) else {
            self.report(
                Diagnostic::new(Code::OperatorMismatch, span, "a comparison can relate two facts, not more")
                    .help("split the condition"),
            );
            return None;
        };
        // Facts of time are seconds, durations are written in any unit.
        if matches!(units.0, Unit::Duration | Unit::Time) {
            if constant % SECOND != 0 {
                self.report(
                    Diagnostic::new(
                        Code::OutOfRange,
                        span,
                        "times are whole seconds, and this duration is not",
                    )
                    .help("round the duration to seconds"),
                );
                return None;
            }
            constant /= SECOND;
        }
        let Ok(bound) = i64::try_from(constant) else {
            self.report(Diagnostic::new(Code::OutOfRange, span, "this number is too large"));
            return None;
        };
        match (plus, minus) {
            (Some(left), Some(right)) => {
                let relation = |left, compare, right, offset| {
                    Some(Cond::atom(Atom::Relation { left, compare, right, offset }, span))
                };
                match operator {
                    BinaryOperator::Equal => relation(left, Compare::Equal, right, bound),
                    BinaryOperator::Less => relation(left, Compare::Less, right, bound),
                    BinaryOperator::LessOrEqual => relation(left, Compare::LessEqual, right, bound),
                    BinaryOperator::Greater => relation(right, Compare::Less, left, bound.saturating_neg()),
                    _ => relation(right, Compare::LessEqual, left, bound.saturating_neg()),
                }
            }
            (Some(fact), None) => {
                self.port_bound(&fact, bound, span)?;
                Some(number_range(operator, fact, bound, span))
            }
            // constant - fact: the fact is on the right.
            (None, Some(fact)) => {
                let bound = bound.saturating_neg();
                self.port_bound(&fact, bound, span)?;
                let flipped = match operator {
                    BinaryOperator::Less => BinaryOperator::Greater,
                    BinaryOperator::LessOrEqual => BinaryOperator::GreaterOrEqual,
                    BinaryOperator::Greater => BinaryOperator::Less,
                    BinaryOperator::GreaterOrEqual => BinaryOperator::LessOrEqual,
                    other => other,
                };
                Some(number_range(flipped, fact, bound, span))
            }
            (None, None) => {
                self.report(
                    Diagnostic::new(
                        Code::OperatorMismatch,
                        span,
                        "this compares two values, which is always the same",
                    )
                    .help("one side must be a fact"),
                );
                None
            }
        }
    }

    fn port_bound(&mut self, fact: &FactRef, bound: i64, span: Span) -> Option<()> {
        if fact.field().kind == FieldType::Port && !(0..=65535).contains(&bound) {
            self.report(Diagnostic::new(Code::OutOfRange, span, "a port is a number from 0 to 65535"));
            return None;
        }
        Some(())
    }
}

fn number_range(operator: BinaryOperator, fact: FactRef, bound: i64, span: Span) -> Cond {
    let range = match operator {
        BinaryOperator::Equal => Some((bound, bound)),
        BinaryOperator::Less => bound.checked_sub(1).map(|last| (i64::MIN, last)),
        BinaryOperator::LessOrEqual => Some((i64::MIN, bound)),
        BinaryOperator::Greater => bound.checked_add(1).map(|first| (first, i64::MAX)),
        _ => Some((bound, i64::MAX)),
    };
    match range {
        Some((first, last)) => Cond::atom(Atom::Number { fact, first, last }, span),
        None => Cond::constant(false, span),
    }
}

fn clamp(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}
