//! Operators: from two operands to atoms.

use super::Checker;
use super::conds::{positive, single};
use super::facts::Context;
use super::types::field_type_name;
use super::value::{Element, Operand, SECOND, Scalar, Sum, Unit, Value};
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Atom, Compare, Cond, FactRef, Network, TextTest};
use crate::span::Span;
use crate::syntax::ast::BinaryOperator;
use std::net::IpAddr;
use std::rc::Rc;
use warmor_policy::event::{Address, Source};
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

    /// The tests that an operator makes of a text, each with the place of its pattern.
    pub(super) fn text_tests(
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
    pub(super) fn path_pattern(&mut self, element: &Element<'s>) -> Option<TextTest> {
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

    fn list_contains(
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

    /// The code of a name in the table of a fact's type.
    pub(super) fn word_code(&mut self, kind: FieldType, element: &Element<'s>) -> Option<u32> {
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
    pub(super) fn unknown_word(&mut self, kind: FieldType, word: &str, span: Span) {
        if let Some(table) = kind.names() {
            let what = field_type_name(kind).trim_start_matches("a ");
            let what = if kind == FieldType::Flags { "flag" } else { what };
            let names = table.values.iter().map(|(n, _)| *n);
            let mut error = Diagnostic::new(Code::UnknownWord, span, format!("there is no {what} `{word}`"));
            if table.values.len() <= 12 {
                error = error.help(format!("it is one of {}", super::facts::listed(names.clone())));
            }
            self.report(if crate::diagnostics::nearest(word, names.clone()).is_some() {
                error.did_you_mean(span, word, names)
            } else {
                error
            });
        }
    }

    fn number_in(
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
    pub(super) fn ranges(&mut self, kind: FieldType, value: &Rc<Value<'s>>) -> Option<Vec<(i64, i64, Span)>> {
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

    /// An address in networks.
    pub(super) fn addresses(
        &mut self,
        fact: &FactRef,
        value: &Rc<Value<'s>>,
        value_span: Span,
        span: Span,
        set: bool,
    ) -> Option<Cond> {
        if !set && value.is_set {
            self.use_in(value_span);
            return None;
        }
        let mut conds: Vec<(Span, Vec<Network>)> = Vec::new();
        for element in &value.elements {
            let networks = match &element.scalar {
                Scalar::Ip(address) => vec![one_address(*address)],
                Scalar::Cidr { address, prefix } if set => networks(*address, *prefix),
                Scalar::Cidr { .. } => {
                    self.report(
                        Diagnostic::new(
                            Code::OperatorMismatch,
                            element.span,
                            "`==` compares with one address, and this is a network",
                        )
                        .label("a network")
                        .help("use `in`"),
                    );
                    return None;
                }
                other => {
                    self.mismatch(element.span, "an address or network", other.describe());
                    return None;
                }
            };
            let place = if value.is_set { element.span } else { span };
            match conds.last_mut() {
                Some((last, list)) if *last == place => list.extend(networks),
                _ => conds.push((place, networks)),
            }
        }
        let atoms = conds
            .into_iter()
            .map(|(place, networks)| Cond::atom(Atom::Address { fact: fact.clone(), networks }, place));
        Some(Cond::any(atoms.collect(), span))
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

    /// `assume shop_db in private_v4`: whatever belongs to the subject has such an address.
    fn assumed_addresses(
        &mut self,
        subject: &Rc<Value<'s>>,
        value: &Rc<Value<'s>>,
        value_span: Span,
        span: Span,
    ) -> Option<Cond> {
        let owner = self.membership(Source::Target, subject, span, Context::AnyEvent)?;
        let fact = FactRef { source: Source::Event, slot: warmor_policy::schema::slot::ADDRESS, key: None };
        let inside = self.addresses(&fact, value, value_span, value_span, true)?;
        Some(Cond::any(vec![Cond::not(owner, span), inside], span))
    }

    fn compare_sums(&mut self, operator: BinaryOperator, left: Sum, right: Sum, span: Span) -> Option<Cond> {
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

fn subject_of(value: &Value<'_>) -> Option<()> {
    value.elements.iter().all(|e| matches!(e.scalar, Scalar::Subject { .. })).then_some(())
}

/// A quoted text without the backslashes that protect glob characters.
pub(super) fn unescape(text: &str) -> Vec<u8> {
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

/// The network of one address.
pub(super) fn one_address(address: IpAddr) -> Network {
    let address = Address::from(address);
    Network { first: address, last: address }
}

/// The ranges of a prefix. An IPv6 prefix that holds the IPv4-mapped addresses holds no IPv4 address all the same: it is cut.
pub(super) fn networks(address: IpAddr, prefix: u8) -> Vec<Network> {
    let prefix = match address {
        IpAddr::V4(_) => 96 + u32::from(prefix),
        IpAddr::V6(_) => u32::from(prefix),
    };
    let mask = u128::MAX.checked_shl(128 - prefix).unwrap_or(0);
    let first = Address::from(address).0 & mask;
    let whole = Network { first: Address(first), last: Address(first | !mask) };
    let v4 = Network::V4;
    if prefix >= 96 || whole.last < v4.first || whole.first > v4.last {
        return vec![whole];
    }
    vec![
        Network { first: whole.first, last: Address(v4.first.0 - 1) },
        Network { first: Address(v4.last.0 + 1), last: whole.last },
    ]
    .into_iter()
    .filter(|n| n.first <= n.last)
    .collect()
}
