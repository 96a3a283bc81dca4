//! Constants: what lets, parameters, arguments and literals are worth.

mod literals;
mod names;
mod sums;
mod types;

use super::facts::Context;
use super::types::is_word;
use super::{Checker, Env, MAX_LIST};
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{FactRef, Glob, SubjectId};
use crate::resolve::{Lookup, Space};
use crate::span::Span;
use crate::syntax::ast::{BinaryOperator, Expr, ExprKind};
use std::net::IpAddr;
use std::rc::Rc;
use warmor_policy::event::Source;

/// Nanoseconds in a second.
pub(super) const SECOND: i128 = 1_000_000_000;

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Nothing in particular.
    Plain,
    /// Bytes.
    Size,
    /// Nanoseconds.
    Duration,
    /// Percent.
    Share,
    /// Nanoseconds since 1970.
    Time,
}

impl Unit {
    pub(super) const fn describe(self) -> &'static str {
        match self {
            Self::Plain => "a number",
            Self::Size => "a size",
            Self::Duration => "a duration",
            Self::Share => "a share",
            Self::Time => "a time",
        }
    }
}

/// One constant.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar<'s> {
    Bool(bool),
    Number {
        value: i128,
        unit: Unit,
    },
    Range(u64, u64),
    Text(&'s str),
    Path(Glob),
    Ip(IpAddr),
    Cidr {
        address: IpAddr,
        prefix: u8,
    },
    /// A name of the schema's tables, of severities or of modes: which one is settled where it is used.
    Word(&'s str),
    Subject {
        subject: SubjectId,
        tree: bool,
    },
    Host(&'s str),
    Any,
    Unknown,
}

impl Scalar<'_> {
    pub(super) fn describe(&self) -> &'static str {
        match self {
            Self::Bool(_) => "true or false",
            Self::Number { unit, .. } => unit.describe(),
            Self::Range(..) => "a range",
            Self::Text(_) => "a string",
            Self::Path(glob) if glob.literal().is_some() => "a path",
            Self::Path(_) => "a glob",
            Self::Ip(_) => "an address",
            Self::Cidr { .. } => "a network",
            Self::Word(_) => "a word",
            Self::Subject { .. } => "a subject",
            Self::Host(_) => "a host name",
            Self::Any => "`any`",
            Self::Unknown => "`unknown`",
        }
    }
}

/// A constant with the place where it is written.
#[derive(Clone, Debug)]
pub(super) struct Element<'s> {
    pub(super) scalar: Scalar<'s>,
    pub(super) span: Span,
}

/// One constant, or a set of them.
#[derive(Clone, Debug)]
pub(super) struct Value<'s> {
    pub(super) elements: Vec<Element<'s>>,
    pub(super) is_set: bool,
}

impl<'s> Value<'s> {
    pub(super) fn one(scalar: Scalar<'s>, span: Span) -> Rc<Self> {
        Rc::new(Self { elements: vec![Element { scalar, span }], is_set: false })
    }
}

/// A sum of facts and a constant: `time - process.start_time + 30s`.
#[derive(Clone, Debug)]
pub(super) struct Sum {
    pub(super) plus: Option<FactRef>,
    pub(super) minus: Option<FactRef>,
    /// In the sum's unit.
    pub(super) constant: i128,
    /// Of the whole: a time less a time is a duration.
    pub(super) unit: Unit,
}

/// What stands on one side of an operator.
#[derive(Clone, Debug)]
pub(super) enum Operand<'s> {
    Value(Rc<Value<'s>>),
    Fact(FactRef),
    Sum(Sum),
    /// `process`, `parent` or `target` itself.
    Process(Source),
    /// The variable of `any(x in …)`.
    Variable,
}

/// The state of a definition's value.
#[derive(Clone, Debug, Default)]
pub(super) enum Memo<'s> {
    #[default]
    NotYet,
    Broken,
    Known(Rc<Value<'s>>),
}

impl<'s> Checker<'s> {
    /// The constant that an expression is worth. Facts are errors here.
    pub(super) fn value(&mut self, expr: &'s Expr, env: &Env<'s>) -> Option<Rc<Value<'s>>> {
        if let ExprKind::Name(name) = &expr.kind
            && env.get(name.as_str()).is_none()
        {
            match self.names.lookup(name, Space::Value) {
                Lookup::Found(id) => return self.definition_value(id, name.span),
                // Some facts are called like a system call or a signal; where only constants can stand, the word is meant.
                Lookup::Nothing if is_word(name.as_str()) => {
                    return Some(Value::one(Scalar::Word(name.as_str()), expr.span));
                }
                _ => {}
            }
        }
        let found = match self.operand(expr, env, Context::Constant)? {
            Operand::Value(value) => return Some(value),
            Operand::Fact(fact) => format!("`{fact}` is a fact"),
            Operand::Sum(_) => "this is computed from facts".to_owned(),
            Operand::Process(_) => "this is a process".to_owned(),
            Operand::Variable => "this is a variable".to_owned(),
        };
        self.report(
            Diagnostic::new(Code::NotConstant, expr.span, format!("{found}, but a value is needed here"))
                .help("compare facts in a `where` condition: `where path == process.exe`"),
        );
        None
    }

    /// What one side of an operator is.
    pub(super) fn operand(&mut self, expr: &'s Expr, env: &Env<'s>, cx: Context) -> Option<Operand<'s>> {
        self.nested(expr.span, |checker| checker.operand_inside(expr, env, cx))
    }

    fn operand_inside(&mut self, expr: &'s Expr, env: &Env<'s>, cx: Context) -> Option<Operand<'s>> {
        let span = expr.span;
        let one = |scalar| Some(Operand::Value(Value::one(scalar, span)));
        match &expr.kind {
            ExprKind::Literal(literal) => one(self.literal(literal, span)?),
            ExprKind::Name(name) => self.named(name, env, cx),
            ExprKind::Field { .. } | ExprKind::Index { .. } => self.dotted_operand(expr, env, cx),
            ExprKind::Any => one(Scalar::Any),
            ExprKind::Unknown => one(Scalar::Unknown),
            ExprKind::Host(text) => one(Scalar::Host(&text.value)),
            ExprKind::Tree(inner) => {
                let value = self.value(inner, env)?;
                let mut elements = Vec::with_capacity(value.elements.len());
                for element in &value.elements {
                    match element.scalar {
                        Scalar::Subject { subject, .. } => {
                            elements.push(Element { scalar: Scalar::Subject { subject, tree: true }, span });
                        }
                        ref other => {
                            self.mismatch(inner.span, "a subject", other.describe());
                            return None;
                        }
                    }
                }
                Some(Operand::Value(Rc::new(Value { elements, is_set: value.is_set })))
            }
            ExprKind::List(items) => {
                let mut elements = Vec::with_capacity(items.len());
                let mut complete = true;
                for item in items {
                    match self.value(item, env) {
                        Some(value) => elements.extend(value.elements.iter().map(|e| Element {
                            scalar: e.scalar.clone(),
                            span: if e.span.file == span.file
                                && span.start <= e.span.start
                                && e.span.end <= span.end
                            {
                                e.span
                            } else {
                                item.span
                            },
                        })),
                        None => complete = false,
                    }
                    if elements.len() > MAX_LIST {
                        self.report(
                            Diagnostic::new(
                                Code::ExpansionTooLarge,
                                span,
                                format!("this list has more than {MAX_LIST} entries"),
                            )
                            .help("say with globs, networks and ranges what the entries have in common"),
                        );
                        return None;
                    }
                }
                complete.then(|| Operand::Value(Rc::new(Value { elements, is_set: true })))
            }
            ExprKind::Binary { operator, left, right }
                if matches!(operator.node, BinaryOperator::Add | BinaryOperator::Subtract) =>
            {
                let (left_operand, right_operand) =
                    (self.operand(left, env, cx), self.operand(right, env, cx));
                self.arithmetic(
                    operator.node == BinaryOperator::Add,
                    (left_operand?, left.span),
                    (right_operand?, right.span),
                )
            }
            ExprKind::Error => None,
            ExprKind::Record(_) => {
                self.mismatch(span, "a value", "a record");
                None
            }
            ExprKind::Call { .. }
            | ExprKind::Or(_)
            | ExprKind::And(_)
            | ExprKind::Not(_)
            | ExprKind::Has(_)
            | ExprKind::Binary { .. }
            | ExprKind::Quantified { .. }
            | ExprKind::SomeAncestor(_) => {
                self.report(
                    Diagnostic::new(
                        Code::TypeMismatch,
                        span,
                        "this is a condition, but a value is needed here",
                    )
                    .help("name a condition with `predicate NAME() = …` and use it after `where`"),
                );
                None
            }
        }
    }
}
