//! Constants: what lets, parameters, arguments and literals are worth.

use super::facts::Context;
use super::types::{Misfit, Type, is_word, misfit};
use super::{Bound, Checker, Env, MAX_LIST};
use crate::diagnostics::{Applicability, Code, Diagnostic};
use crate::model::{FactRef, Glob, GlobError, GlobErrorKind, MAX_BRANCHES, SubjectId};
use crate::resolve::{DefId, DefKind, Lookup, Space};
use crate::span::Span;
use crate::syntax::ast::{BinaryOperator, Expr, ExprKind, ItemKind, Literal, Name, TypeExpr};
use std::net::IpAddr;
use std::rc::Rc;
use warmor_policy::event::Source;
use warmor_policy::schema::FieldType;

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

    /// A literal's value.
    fn literal(&mut self, literal: &'s Literal, span: Span) -> Option<Scalar<'s>> {
        let number = |value: u64, unit| Some(Scalar::Number { value: i128::from(value), unit });
        match literal {
            Literal::Bool(b) => Some(Scalar::Bool(*b)),
            Literal::Int(n) => number(*n, Unit::Plain),
            Literal::Size(n) => number(*n, Unit::Size),
            Literal::Duration(n) => number(*n, Unit::Duration),
            Literal::Share(n) => number(*n, Unit::Share),
            Literal::String(text) => Some(Scalar::Text(text)),
            Literal::Path(text) | Literal::Glob(text) => self.glob(text, span, false).map(Scalar::Path),
            Literal::Ip(address) => Some(Scalar::Ip(*address)),
            Literal::Cidr { address, prefix } => self.cidr(*address, *prefix, span),
            Literal::Range { first, last } => Some(Scalar::Range(*first, *last)),
            Literal::Date(date) => {
                Some(Scalar::Number { value: i128::from(date.seconds()) * SECOND, unit: Unit::Time })
            }
        }
    }

    fn cidr(&mut self, address: IpAddr, prefix: u8, span: Span) -> Option<Scalar<'s>> {
        let masked = match address {
            IpAddr::V4(v4) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
                IpAddr::V4((u32::from(v4) & mask).into())
            }
            IpAddr::V6(v6) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
                IpAddr::V6((u128::from(v6) & mask).into())
            }
        };
        if masked == address {
            return Some(Scalar::Cidr { address, prefix });
        }
        self.report(
            Diagnostic::new(
                Code::HostBits,
                span,
                format!("`{address}/{prefix}` has bits set below its prefix of {prefix} bits"),
            )
            .help(format!(
                "the network is `{masked}/{prefix}`; one address is written without a prefix: `{address}`"
            ))
            .fix(
                format!("write `{masked}/{prefix}`"),
                span,
                format!("{masked}/{prefix}"),
                Applicability::Maybe,
            ),
        );
        None
    }

    /// Parses a glob; `quoted` texts have escapes, so that places inside them are not known.
    pub(super) fn glob(&mut self, text: &str, span: Span, quoted: bool) -> Option<Glob> {
        match Glob::parse(text) {
            Ok(glob) => Some(glob),
            Err(error) => {
                self.report(bad_glob(text, &error, span, quoted));
                None
            }
        }
    }

    /// What a single word is.
    fn named(&mut self, name: &'s Name, env: &Env<'s>, cx: Context) -> Option<Operand<'s>> {
        if name.is_missing() {
            return None;
        }
        if let Some(bound) = env.get(name.as_str()) {
            return match bound {
                Bound::Value(value) => {
                    self.spend_many(value.elements.len(), name.span)?;
                    Some(Operand::Value(at(value, name.span)))
                }
                Bound::Fact(fact) => Some(Operand::Fact(fact.clone())),
                Bound::Variable => Some(Operand::Variable),
                Bound::Hole => None,
            };
        }
        match self.names.lookup(name, Space::Value) {
            Lookup::Found(id) => return self.definition_value(id, name.span).map(Operand::Value),
            Lookup::Module(module) => {
                let text = format!("`{}` is the module `{}`", name.text, self.names.module_name(module));
                self.report(
                    Diagnostic::new(Code::WrongKind, name.span, format!("{text}, not a value"))
                        .help(format!("write `{}.NAME` for one of its names", name.text)),
                );
                return None;
            }
            Lookup::Nothing => {}
        }
        let source = match name.as_str() {
            "process" => Some(Source::Process),
            "parent" => Some(Source::Parent),
            "target" => Some(Source::Target),
            _ => None,
        };
        if let Some(source) = source {
            return self.process_here(source, name.span, cx).then_some(Operand::Process(source));
        }
        if let Some(found) = self.fact_named(&[name], None, name.span, cx) {
            return found.map(Operand::Fact);
        }
        if is_word(name.as_str()) {
            return Some(Operand::Value(Value::one(Scalar::Word(name.as_str()), name.span)));
        }
        self.unknown_name(name, Space::Value);
        None
    }

    /// Reports a name that means nothing, or something of another kind.
    pub(super) fn unknown_name(&mut self, name: &'s Name, space: Space) {
        if name.is_missing() || self.names.is_broken_import(name) {
            return;
        }
        for other in [Space::Value, Space::Template, Space::Policy].into_iter().filter(|s| *s != space) {
            if let Lookup::Found(id) = self.names.lookup(name, other) {
                self.wrong_kind(id, name.span, space);
                return;
            }
        }
        if let (Space::Value, Some(kind)) = (space, self.wanted) {
            self.unknown_word(kind, name.as_str(), name.span);
            return;
        }
        let what = match space {
            Space::Value => "name",
            Space::Template => "template",
            Space::Policy => "policy",
        };
        let error =
            Diagnostic::new(Code::UnknownName, name.span, format!("there is no {what} `{}`", name.text));
        if !self.suggests() {
            self.report(error);
            return;
        }
        let mut words: Vec<&str> = self.names.words(name.span.file, space);
        if space == Space::Value {
            // (The map shortens the lifetime: `extend` takes exactly the items of the vector.)
            words.extend(crate::resolve::fact_names().map(|word| -> &str { word }));
        }
        let error = match crate::resolve::standard_home(name.as_str()) {
            Some(module) => {
                error.help(format!("the standard library has one: `import {module}.{{{}}}`", name.text))
            }
            None => error.did_you_mean(name.span, &name.text, words),
        };
        self.report(error);
    }

    fn wrong_kind(&mut self, id: DefId, span: Span, wanted: Space) {
        let def = self.names.def(id);
        let wanted = match wanted {
            Space::Value => "a value",
            Space::Template => "a template",
            Space::Policy => "a policy",
        };
        let message = format!("`{}` is a {}, not {wanted}", def.name.text, def.kind.name());
        let (at, kind) = (def.name.span, def.kind);
        let error = Diagnostic::new(Code::WrongKind, span, message).related(at, "defined here");
        self.report(match kind {
            DefKind::Template => error.help("bring its rules into a policy with `use`"),
            DefKind::Predicate => error.help("call it in a condition, with its arguments in parentheses"),
            _ => error,
        });
    }

    /// What a definition is worth where it is named.
    pub(super) fn definition_value(&mut self, id: DefId, span: Span) -> Option<Rc<Value<'s>>> {
        let item = self.names.def(id).item;
        match &item.kind {
            ItemKind::Subject(_) => {
                let subject = self.subject(id)?;
                Some(Value::one(Scalar::Subject { subject, tree: false }, span))
            }
            ItemKind::Let(_) | ItemKind::Param(_) => {
                let value = self.memo_value(id)?;
                self.spend_many(value.elements.len(), span)?;
                Some(at(&value, span))
            }
            _ => {
                self.wrong_kind(id, span, Space::Value);
                None
            }
        }
    }

    /// The value of a let or parameter, computed once.
    pub(super) fn memo_value(&mut self, id: DefId) -> Option<Rc<Value<'s>>> {
        match self.values.get(id.0 as usize)? {
            Memo::Known(value) => return Some(Rc::clone(value)),
            Memo::Broken => return None,
            Memo::NotYet => {}
        }
        if !self.enter(id) {
            return None;
        }
        let def = self.names.def(id);
        let value = match &def.item.kind {
            ItemKind::Let(definition) => self.value(&definition.value, &Env::default()),
            ItemKind::Param(param) => self.param(def.name, &param.ty, param.default.as_ref()),
            _ => None,
        };
        self.leave();
        self.values[id.0 as usize] = match &value {
            Some(value) => Memo::Known(Rc::clone(value)),
            None => Memo::Broken,
        };
        value
    }

    /// A parameter from outside: the given value, else its default.
    fn param(
        &mut self,
        name: &'s Name,
        ty: &'s TypeExpr,
        default: Option<&'s Expr>,
    ) -> Option<Rc<Value<'s>>> {
        let declared = self.type_of(ty);
        if let Some((text, given)) = self.given.get(name.as_str()).map(|g| (g.text.as_str(), g.expr.as_ref()))
        {
            let (ty, is_set) = (declared?, ty.is_set);
            let value = match given {
                // A string needs no quotes on a command line.
                _ if ty == Type::String && !is_set => Some(Value::one(Scalar::Text(text), name.span)),
                Some(expr) => self.quietly(|checker| checker.value(expr, &Env::default())),
                None => None,
            };
            return match value {
                Some(value) if misfit(&value, ty, is_set).is_none() => Some(at(&value, name.span)),
                _ => {
                    let shown = if is_set { format!("[{}]", ty.name()) } else { ty.name().to_owned() };
                    self.report(
                        Diagnostic::new(
                            Code::BadParameterValue,
                            name.span,
                            format!(
                                "the value `{text}` given for `{}` is not of the type `{shown}`",
                                name.text
                            ),
                        )
                        .help("give a value as it would be written in a policy: `--set PORT=8080`"),
                    );
                    None
                }
            };
        }
        let Some(default) = default else {
            self.report(
                Diagnostic::new(
                    Code::UnboundParameter,
                    name.span,
                    format!("the parameter `{}` has no value", name.text),
                )
                .help(format!("give one with `--set {}=…`, or write a default after `=`", name.text)),
            );
            return None;
        };
        let value = self.value(default, &Env::default())?;
        self.fits(&value, default.span, declared?, ty.is_set).then_some(value)
    }

    /// The type that is written, if it exists.
    pub(super) fn type_of(&mut self, ty: &'s TypeExpr) -> Option<Type> {
        if ty.name.is_missing() {
            return None;
        }
        let found = Type::from_name(ty.name.as_str());
        if found.is_none() {
            self.report(
                Diagnostic::new(
                    Code::UnknownType,
                    ty.name.span,
                    format!("there is no type `{}`", ty.name.text),
                )
                .did_you_mean(ty.name.span, &ty.name.text, Type::names()),
            );
        }
        found
    }

    /// Whether a value is of a type; reported if not.
    pub(super) fn fits(&mut self, value: &Value<'s>, span: Span, ty: Type, is_set: bool) -> bool {
        let found = match misfit(value, ty, is_set) {
            None => return true,
            Some(Misfit::Set) => "a list".to_owned(),
            Some(Misfit::Element(scalar)) => scalar.describe().to_owned(),
        };
        let wanted = if is_set { format!("a set of `{}`", ty.name()) } else { format!("`{}`", ty.name()) };
        self.mismatch(span, &wanted, &found);
        false
    }

    /// Reports that something else is needed here.
    pub(super) fn mismatch(&mut self, span: Span, wanted: &str, found: &str) {
        self.report(
            Diagnostic::new(
                Code::TypeMismatch,
                span,
                format!("{wanted} is needed here, but this is {found}"),
            )
            .label(found),
        );
    }

    fn arithmetic(
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
    pub(super) fn sum(&mut self, operand: Operand<'s>, span: Span) -> Option<Sum> {
        let sum = |plus, constant, unit| Sum { plus, minus: None, constant, unit };
        let found = match operand {
            Operand::Sum(s) => return Some(s),
            Operand::Fact(fact) => match fact.field().kind {
                FieldType::Int | FieldType::Port => return Some(sum(Some(fact), 0, Unit::Plain)),
                FieldType::Time => return Some(sum(Some(fact), 0, Unit::Time)),
                other => super::types::field_type_name(other),
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

/// The same value as if it were written at another place: what a rule says belongs to the rule, not to the list it names.
fn at<'s>(value: &Rc<Value<'s>>, span: Span) -> Rc<Value<'s>> {
    Rc::new(Value {
        elements: value.elements.iter().map(|e| Element { scalar: e.scalar.clone(), span }).collect(),
        is_set: value.is_set,
    })
}

fn bad_glob(text: &str, error: &GlobError, span: Span, quoted: bool) -> Diagnostic {
    let inside = Span::new(span.file, span.start + error.start as u32, span.start + error.end as u32);
    let place = if quoted || inside.end > span.end || inside.is_empty() { span } else { inside };
    let (message, help) = match error.kind {
        GlobErrorKind::Empty => ("a glob has at least one character".to_owned(), ""),
        GlobErrorKind::TooLong => {
            (format!("a glob of {} bytes is too long", text.len()), "split it into several")
        }
        GlobErrorKind::Nul => ("a path cannot hold a NUL byte".to_owned(), ""),
        GlobErrorKind::EmptySegment => (
            "`//` is not canonical".to_owned(),
            "paths are compared after the kernel has resolved them: write a single `/`",
        ),
        GlobErrorKind::DotSegment => (
            "`.` and `..` are not canonical".to_owned(),
            "paths are compared after the kernel has resolved them: write the path without `.` and `..`",
        ),
        GlobErrorKind::TrailingSlash => {
            ("a path does not end with `/`".to_owned(), "`/a` is the directory, `/a/**` what lies below it")
        }
        GlobErrorKind::PartialMany => (
            "`**` must stand alone between two slashes".to_owned(),
            "`*` stands for any characters within one segment, `/**/` for any number of segments",
        ),
        GlobErrorKind::BadClass => (
            "`[` opens a set of characters that is empty or never closed".to_owned(),
            "write `\\[` for the character itself",
        ),
        GlobErrorKind::EmptyRange => (
            "this range of characters is the wrong way round".to_owned(),
            "the smaller character comes first: `[a-z]`",
        ),
        GlobErrorKind::UnbalancedBrace => {
            ("a brace without its partner".to_owned(), "write `\\{` or `\\}` for the character itself")
        }
        GlobErrorKind::NestedBrace => ("braces cannot be nested".to_owned(), "write the alternatives out"),
        GlobErrorKind::TooManyBranches => (
            format!("the braces stand for more than {MAX_BRANCHES} alternatives"),
            "use `*`, or several globs",
        ),
        GlobErrorKind::DanglingEscape => {
            ("`\\` with nothing to escape".to_owned(), "write `\\\\` for the character itself")
        }
    };
    let diagnostic = Diagnostic::new(Code::BadGlob, place, message);
    if help.is_empty() { diagnostic } else { diagnostic.help(help) }
}
