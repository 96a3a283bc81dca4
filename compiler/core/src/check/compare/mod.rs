//! Operators: from two operands to atoms.

mod addresses;
mod numbers;
mod text;

use addresses::subject_of;
pub(super) use addresses::{networks, one_address};
pub(super) use text::unescape;

use super::Checker;
use super::conds::{positive, single};
use super::facts::Context;
use super::types::field_type_name;
use super::value::{Operand, Value};
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Atom, Compare, Cond, FactRef};
use crate::span::Span;
use crate::syntax::ast::BinaryOperator;
use std::rc::Rc;
use warmor_policy::schema::FieldType;

impl<'s> Checker<'s> {
    /// What a comparison says. `span` is the whole of it.
    pub(super) fn compare(
        &mut self,
        operator: BinaryOperator,
        at: Span,
        (left, left_span): (Operand<'s>, Span),
        (right, right_span): (Operand<'s>, Span),
        span: Span,
    ) -> Option<Cond> {
        let (base, negated) = positive(operator);
        let cond = match (left, right) {
            (Operand::Process(source), right) => {
                if base != BinaryOperator::In {
                    return self.mismatched_operator(
                        operator,
                        at,
                        "a process",
                        "test membership: `process in S`",
                    );
                }
                match right {
                    Operand::Value(value) => self.membership(source, &value, span, Context::AnyEvent),
                    _ => {
                        self.mismatch(right_span, "a subject", "something else");
                        None
                    }
                }
            }
            (Operand::Value(value), Operand::Fact(fact)) if fact.field().kind == FieldType::List => {
                if base != BinaryOperator::In {
                    return self.mismatched_operator(
                        operator,
                        at,
                        "a list of strings",
                        "ask `\"…\" in args` or `any(x in args, …)`",
                    );
                }
                self.list_contains(fact, &value, left_span, span)
            }
            (Operand::Fact(fact), Operand::Value(value)) if !is_number(fact.field().kind) => {
                self.compare_fact(base, at, fact, &value, right_span, span)
            }
            (Operand::Fact(fact), Operand::Value(value)) if base == BinaryOperator::In => {
                self.number_in(fact, &value, right_span, span)
            }
            (Operand::Value(value), Operand::Fact(fact)) if !is_number(fact.field().kind) => match base {
                BinaryOperator::Equal => self.compare_fact(base, at, fact, &value, left_span, span),
                _ => {
                    return self.mismatched_operator(
                        operator,
                        at,
                        "a fact on the right",
                        "write the fact on the left",
                    );
                }
            },
            (Operand::Fact(a), Operand::Fact(b))
                if !(is_number(a.field().kind) && is_number(b.field().kind)) =>
            {
                self.same(base, at, a, b, right_span, span)
            }
            (Operand::Value(a), Operand::Value(b))
                if subject_of(&a).is_some() && base == BinaryOperator::In =>
            {
                self.assumed_addresses(&a, &b, right_span, span)
            }
            (Operand::Value(_), Operand::Value(_)) => {
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
            (Operand::Variable, _) | (_, Operand::Variable) => {
                self.report(Diagnostic::new(
                    Code::FactNotHere,
                    span,
                    "the variable of `any(…)` and `all(…)` can only be compared with values",
                ));
                None
            }
            (left, right) => {
                if !is_ordering(base) {
                    return self.mismatched_operator(
                        operator,
                        at,
                        "a number",
                        "compare numbers with `==`, `<`, `<=`, `>`, `>=` or `in`",
                    );
                }
                let (left, right) = (self.sum(left, left_span), self.sum(right, right_span));
                self.compare_sums(base, left?, right?, span)
            }
        }?;
        Some(if negated { Cond::not(cond, span) } else { cond })
    }

    fn mismatched_operator<T>(
        &mut self,
        operator: BinaryOperator,
        at: Span,
        what: &str,
        help: &str,
    ) -> Option<T> {
        self.report(
            Diagnostic::new(
                Code::OperatorMismatch,
                at,
                format!("`{}` does not apply to {what}", operator.as_str()),
            )
            .help(help),
        );
        None
    }

    fn compare_fact(
        &mut self,
        operator: BinaryOperator,
        at: Span,
        fact: FactRef,
        value: &Rc<Value<'s>>,
        value_span: Span,
        span: Span,
    ) -> Option<Cond> {
        let kind = fact.field().kind;
        match kind {
            FieldType::Path | FieldType::String => {
                let tests = self.text_tests(operator, at, kind, value, value_span)?;
                let atoms = tests.into_iter().map(|(test, place)| {
                    // A single test is the whole comparison; of a list, each entry is a part of its own.
                    let place = if value.is_set { place } else { span };
                    Cond::atom(Atom::Text { fact: fact.clone(), test }, place)
                });
                Some(Cond::any(atoms.collect(), span))
            }
            FieldType::Map => {
                let (at_key, entry) = (fact.key.is_some(), fact);
                if !at_key {
                    return None;
                }
                let tests = self.text_tests(operator, at, FieldType::String, value, value_span)?;
                let atoms = tests.into_iter().map(|(test, place)| {
                    Cond::atom(
                        Atom::Text { fact: entry.clone(), test },
                        if value.is_set { place } else { span },
                    )
                });
                Some(Cond::any(atoms.collect(), span))
            }
            FieldType::Ip => {
                let set = match operator {
                    BinaryOperator::In => true,
                    BinaryOperator::Equal => false,
                    _ => {
                        return self.mismatched_operator(
                            operator,
                            at,
                            "an address",
                            "use `==` with an address, or `in` with a network",
                        );
                    }
                };
                self.addresses(&fact, value, value_span, span, set)
            }
            FieldType::Flags => {
                if operator != BinaryOperator::Contains {
                    return self.mismatched_operator(
                        operator,
                        at,
                        "a set of flags",
                        "ask `flags contains O_TRUNC`",
                    );
                }
                let mut mask = 0;
                for element in &value.elements {
                    mask |= self.word_code(kind, element)?;
                }
                Some(Cond::atom(Atom::Flags { fact, mask }, span))
            }
            FieldType::List => {
                if operator != BinaryOperator::Contains {
                    return self.mismatched_operator(
                        operator,
                        at,
                        "a list of strings",
                        "ask `args contains \"…\"` or `any(x in args, …)`",
                    );
                }
                self.list_contains(fact, value, value_span, span)
            }
            _ => {
                let whole = match operator {
                    BinaryOperator::Equal => single(value).is_some(),
                    BinaryOperator::In => true,
                    _ => {
                        return self.mismatched_operator(
                            operator,
                            at,
                            field_type_name(kind),
                            "use `==` or `in`",
                        );
                    }
                };
                if !whole {
                    self.use_in(value_span);
                    return None;
                }
                let mut atoms = Vec::with_capacity(value.elements.len());
                for element in &value.elements {
                    let code = i64::from(self.word_code(kind, element)?);
                    let place = if value.is_set { element.span } else { span };
                    atoms.push(Cond::atom(
                        Atom::Number { fact: fact.clone(), first: code, last: code },
                        place,
                    ));
                }
                Some(Cond::any(atoms, span))
            }
        }
    }

    fn use_in(&mut self, span: Span) {
        self.report(
            Diagnostic::new(Code::OperatorMismatch, span, "`==` compares with one value, and this is a list")
                .label("a list")
                .help("use `in`"),
        );
    }

    fn same(
        &mut self,
        operator: BinaryOperator,
        at: Span,
        left: FactRef,
        right: FactRef,
        right_span: Span,
        span: Span,
    ) -> Option<Cond> {
        let (a, b) = (left.field().kind, right.field().kind);
        let text = |kind| matches!(kind, FieldType::Path | FieldType::String | FieldType::Map);
        if operator != BinaryOperator::Equal {
            return self.mismatched_operator(
                operator,
                at,
                "two facts of this type",
                "facts of this type are compared with `==` and `!=`",
            );
        }
        if a != b && !(text(a) && text(b)) {
            let message =
                format!("`{left}`, {}, cannot equal `{right}`, {}", field_type_name(a), field_type_name(b));
            self.report(Diagnostic::new(Code::TypeMismatch, right_span, message).label(field_type_name(b)));
            return None;
        }
        match a {
            FieldType::List | FieldType::Flags => self.mismatched_operator(
                operator,
                at,
                "two lists",
                "compare entries with `any(x in args, …)`",
            ),
            kind if kind.is_scalar() => {
                Some(Cond::atom(Atom::Relation { left, compare: Compare::Equal, right, offset: 0 }, span))
            }
            _ => Some(Cond::atom(Atom::Same { left, right }, span)),
        }
    }
}

const fn is_number(kind: FieldType) -> bool {
    matches!(kind, FieldType::Int | FieldType::Port | FieldType::Time)
}

const fn is_ordering(operator: BinaryOperator) -> bool {
    matches!(
        operator,
        BinaryOperator::Equal
            | BinaryOperator::Less
            | BinaryOperator::LessOrEqual
            | BinaryOperator::Greater
            | BinaryOperator::GreaterOrEqual
    )
}
