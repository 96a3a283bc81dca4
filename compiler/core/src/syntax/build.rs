//! What the grammar's actions do: nodes with spans, bounded depth, errors with human words.

#![allow(clippy::wildcard_imports, reason = "the grammar's actions name nearly every node")]

use std::cell::{Cell, RefCell};

use lalrpop_util::{ErrorRecovery, ParseError};

use super::ast::*;
use super::error::{SyntaxError, SyntaxErrorKind, excerpt};
use super::lexer::TokenKind;
use super::{MAX_DEPTH, MAX_ERRORS};
use super::{expected, literal};
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

/// An optional part of a statement, introduced by its keyword; the last field covers both.
pub(crate) enum Part {
    Except(Expr, Span),
    Where(Expr, Span),
    Severity(Name, Span),
    Then(Vec<Response>, Span),
    Because(Text, Span),
    Until(Option<Spanned<Date>>, Span),
    Overrides(QualifiedName, Span),
    Target(Record, Span),
    With(Record, Span),
    By(QualifiedName, Span),
    Keys(Vec<Expr>, Span),
    Within(Expr, Span),
    Distinct(Expr, Span),
    /// Tokens that are no part, already reported.
    Error(Span),
}

impl Part {
    fn keyword(&self) -> (&'static str, Span) {
        match self {
            Self::Except(_, span) => ("except", *span),
            Self::Where(_, span) => ("where", *span),
            Self::Severity(_, span) => ("severity", *span),
            Self::Then(_, span) => ("then", *span),
            Self::Because(_, span) => ("because", *span),
            Self::Until(_, span) => ("until", *span),
            Self::Overrides(_, span) => ("overrides", *span),
            Self::Target(_, span) => ("target", *span),
            Self::With(_, span) => ("with", *span),
            Self::By(_, span) | Self::Keys(_, span) => ("by", *span),
            Self::Within(_, span) => ("within", *span),
            Self::Distinct(_, span) => ("distinct", *span),
            Self::Error(span) => ("", *span),
        }
    }
}

/// An expression that knows how deep it nests, so that no tree is ever built that recursion could not walk.
pub(crate) struct Deep {
    expr: Expr,
    depth: usize,
}

pub(crate) struct DeepEntry {
    pub(super) key: Deep,
    pub(super) value: Deep,
}

pub(crate) struct DeepRecord {
    pub(super) record: Record,
    depth: usize,
}

impl Deep {
    pub(super) fn leaf(kind: ExprKind, span: Span) -> Self {
        Self { expr: Expr { kind, span }, depth: 1 }
    }

    pub(super) fn reference(name: Name) -> Self {
        let span = name.span;
        Self::leaf(ExprKind::Name(name), span)
    }

    pub(super) fn into_expr(self) -> Expr {
        self.expr
    }
}

impl DeepRecord {
    pub(super) fn into_deep(self) -> Deep {
        let span = self.record.span;
        Deep { expr: Expr { kind: ExprKind::Record(self.record), span }, depth: self.depth }
    }
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
        Deep { expr: self.recover_expr(recovery), depth: 1 }
    }

    pub(super) fn recover_name(&self, recovery: &Recovery) -> Name {
        Name { text: Box::default(), span: self.recover(recovery) }
    }

    pub(super) fn recover_text(&self, recovery: &Recovery) -> Text {
        Text { value: Box::default(), span: self.recover(recovery) }
    }

    // ------------------------------------------------------------ words and literals

    pub(super) fn name(&self, start: u32, end: u32) -> Name {
        Name { text: self.text(start, end).into(), span: self.span(start, end) }
    }

    /// `name:`, without its colon.
    pub(super) fn label(&self, start: u32, end: u32) -> Name {
        let name = self.name(start, end.saturating_sub(1));
        if TokenKind::of_word(&name.text).is_some_and(TokenKind::is_reserved) {
            self.report(SyntaxErrorKind::ReservedWord { word: name.text.to_string() }, name.span);
        }
        name
    }

    /// A dotted tag is one word.
    #[expect(clippy::needless_pass_by_value, reason = "called by the grammar with the value it made")]
    pub(super) fn tag(&self, name: QualifiedName) -> Name {
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

    pub(super) fn number(&self, start: u32, end: u32) -> Deep {
        self.literal(literal::number(self.text(start, end)), self.span(start, end))
    }

    pub(super) fn path(&self, start: u32, end: u32) -> Deep {
        Deep::leaf(ExprKind::Literal(literal::path(self.text(start, end))), self.span(start, end))
    }

    pub(super) fn text_literal(&self, start: u32, end: u32) -> Text {
        let token = self.text(start, end);
        let (value, unknown) = literal::string(token);
        if let Some(range) = unknown {
            let span = self.span(start + range.start as u32, start + range.end as u32);
            self.report(SyntaxErrorKind::UnknownEscape { escape: excerpt(&token[range]) }, span);
        }
        Text { value, span: self.span(start, end) }
    }

    pub(super) fn string(&self, start: u32, end: u32) -> Deep {
        let text = self.text_literal(start, end);
        Deep::leaf(ExprKind::Literal(Literal::String(text.value)), text.span)
    }

    pub(super) fn date(&self, start: u32, end: u32) -> Option<Spanned<Date>> {
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

    // ------------------------------------------------------------ expressions

    /// A node one level above the deepest of its parts.
    fn node(&self, kind: ExprKind, span: Span, deepest: usize) -> Deep {
        let depth = deepest + 1;
        if depth > MAX_DEPTH {
            self.report(SyntaxErrorKind::TooDeep, span);
            return Deep::leaf(ExprKind::Error, span);
        }
        Deep { expr: Expr { kind, span }, depth }
    }

    pub(super) fn field(&self, base: Deep, field: Name) -> Deep {
        let span = base.expr.span.to(field.span);
        self.node(ExprKind::Field { base: Box::new(base.expr), field }, span, base.depth)
    }

    pub(super) fn index(&self, base: Deep, index: Deep, end: u32) -> Deep {
        let span = self.span(base.expr.span.start, end);
        let depth = base.depth.max(index.depth);
        self.node(ExprKind::Index { base: Box::new(base.expr), index: Box::new(index.expr) }, span, depth)
    }

    pub(super) fn prefix(&self, make: fn(Box<Expr>) -> ExprKind, start: u32, operand: Deep) -> Deep {
        let span = self.span(start, operand.expr.span.end.max(start));
        self.node(make(Box::new(operand.expr)), span, operand.depth)
    }

    /// `a and b and c` is one node, however long.
    pub(super) fn chain(&self, make: fn(Vec<Expr>) -> ExprKind, first: Deep, rest: Vec<Deep>) -> Deep {
        let depth = rest.iter().map(|deep| deep.depth).max().unwrap_or(0).max(first.depth);
        let span = rest.iter().fold(first.expr.span, |span, deep| span.to(deep.expr.span));
        let operands = std::iter::once(first).chain(rest).map(Deep::into_expr).collect();
        self.node(make(operands), span, depth)
    }

    pub(super) fn operator(&self, node: BinaryOperator, start: u32, end: u32) -> Spanned<BinaryOperator> {
        Spanned { node, span: self.span(start, end) }
    }

    pub(super) fn binary(&self, left: Deep, operator: Spanned<BinaryOperator>, right: Deep) -> Deep {
        let span = left.expr.span.to(right.expr.span);
        let depth = left.depth.max(right.depth);
        let (left, right) = (Box::new(left.expr), Box::new(right.expr));
        self.node(ExprKind::Binary { operator, left, right }, span, depth)
    }

    /// `a == b == c`: reports it, and keeps the first comparison as one part of what was probably meant, `a == b and …`.
    pub(super) fn chained(&self, left: Deep, operator: Spanned<BinaryOperator>, right: Deep) -> Deep {
        self.report(SyntaxErrorKind::ChainedComparison, operator.span);
        let span = left.expr.span.to(right.expr.span);
        let rest = Expr { kind: ExprKind::Error, span: right.expr.span };
        self.node(ExprKind::And(vec![left.expr, rest]), span, left.depth)
    }

    pub(super) fn list(&self, start: u32, elements: Vec<Deep>, end: u32) -> Deep {
        let depth = elements.iter().map(|deep| deep.depth).max().unwrap_or(0);
        let elements = elements.into_iter().map(Deep::into_expr).collect();
        self.node(ExprKind::List(elements), self.span(start, end), depth)
    }

    pub(super) fn record(&self, start: u32, entries: Vec<Option<Box<DeepEntry>>>, end: u32) -> DeepRecord {
        let mut depth = 0;
        let mut record = Record { entries: Vec::with_capacity(entries.len()), span: self.span(start, end) };
        for entry in entries.into_iter().flatten() {
            depth = depth.max(entry.key.depth).max(entry.value.depth);
            record.entries.push(RecordEntry { key: entry.key.expr, value: entry.value.expr });
        }
        if depth >= MAX_DEPTH {
            self.report(SyntaxErrorKind::TooDeep, record.span);
            record.entries.clear();
            depth = 0;
        }
        DeepRecord { record, depth: depth + 1 }
    }

    /// `tree(S)`, `all(x in list, condition)` or a predicate.
    pub(super) fn call(&self, start: u32, callee: Deep, arguments: Vec<Deep>, end: u32) -> Deep {
        let span = self.span(start, end);
        if let ExprKind::Name(name) = &callee.expr.kind {
            match name.as_str() {
                "all" => return self.quantified(Quantifier::All, start, arguments, end),
                "tree" if arguments.len() == 1 => {
                    let depth = arguments[0].depth;
                    let subject = arguments.into_iter().next().map(Deep::into_expr).map(Box::new);
                    return match subject {
                        Some(subject) => self.node(ExprKind::Tree(subject), span, depth),
                        None => Deep::leaf(ExprKind::Error, span),
                    };
                }
                _ => {}
            }
        }
        let depth = arguments.iter().map(|deep| deep.depth).max().unwrap_or(0).max(callee.depth);
        let Some(callee) = qualified(callee.expr) else {
            self.report(SyntaxErrorKind::Unexpected { found: "(".to_owned() }, span);
            return Deep::leaf(ExprKind::Error, span);
        };
        let arguments = arguments.into_iter().map(Deep::into_expr).collect();
        self.node(ExprKind::Call { callee, arguments }, span, depth)
    }

    /// `any(x in list, condition)`, read as a call with two arguments.
    pub(super) fn quantified(
        &self,
        quantifier: Quantifier,
        start: u32,
        arguments: Vec<Deep>,
        end: u32,
    ) -> Deep {
        let span = self.span(start, end);
        let depth = arguments.iter().map(|deep| deep.depth).max().unwrap_or(0);
        let had_error = arguments.iter().any(|deep| matches!(deep.expr.kind, ExprKind::Error));
        let mut arguments = arguments.into_iter().map(Deep::into_expr);
        let (binding, body, rest) = (arguments.next(), arguments.next(), arguments.next());
        if let (Some(binding), Some(body), None) = (binding, body, rest)
            && let ExprKind::Binary { operator, left, right } = binding.kind
            && operator.node == BinaryOperator::In
            && let ExprKind::Name(variable) = left.kind
        {
            let kind = ExprKind::Quantified { quantifier, variable, list: right, body: Box::new(body) };
            return self.node(kind, span, depth);
        }
        if !had_error {
            let quantifier = match quantifier {
                Quantifier::Any => "any",
                Quantifier::All => "all",
            };
            self.report(SyntaxErrorKind::MalformedQuantifier { quantifier }, span);
        }
        Deep::leaf(ExprKind::Error, span)
    }

    #[expect(clippy::needless_pass_by_value, reason = "called by the grammar with the value it made")]
    pub(super) fn some_ancestor(&self, start: u32, word: Name, condition: Deep, end: u32) -> Deep {
        let span = self.span(start, end);
        if word.as_str() != "ancestor" && !word.is_missing() {
            let mut error =
                SyntaxError::new(SyntaxErrorKind::Unexpected { found: excerpt(&word.text) }, word.span);
            error.expected.push("`ancestor`");
            self.report_error(error);
        }
        self.node(ExprKind::SomeAncestor(Box::new(condition.expr)), span, condition.depth)
    }

    // ------------------------------------------------------------ statements

    /// What it is about is known where the statement below it is.
    pub(super) fn attribute(
        &self,
        start: u32,
        name: Name,
        arguments: Vec<Name>,
        text: Option<Text>,
        end: u32,
    ) -> Box<Attribute> {
        let span = self.span(start, end);
        Box::new(Attribute { name, arguments, text, span, about: span })
    }

    pub(super) fn object(
        &self,
        start: u32,
        items: Vec<Expr>,
        place: Option<Place>,
        port: Option<Expr>,
        end: u32,
    ) -> Box<Object> {
        Box::new(Object { items, place, port, span: self.span(start, end) })
    }

    pub(super) fn event(
        &self,
        start: u32,
        actions: Vec<Name>,
        object: Object,
        end: u32,
    ) -> Box<EventPattern> {
        let span = self.span(start, end);
        Box::new(EventPattern { actions, object, except: None, condition: None, span })
    }

    /// An object that is garbage is not the same as none.
    fn mark_garbage(object: &mut Object, parts: &[Part]) {
        if let Some(Part::Error(span)) = parts.first()
            && object.items.is_empty()
            && object.place.is_none()
        {
            object.items.push(Expr { kind: ExprKind::Error, span: *span });
        }
    }

    /// Puts `part` into `slot`, unless there is one already.
    fn fill<T>(&self, slot: &mut Option<T>, value: T, (part, span): (&'static str, Span)) {
        if slot.is_some() {
            self.report(SyntaxErrorKind::DuplicatePart { part }, span);
        } else {
            *slot = Some(value);
        }
    }

    fn misplaced(&self, part: &Part) {
        if let Part::Error(_) = part {
            return;
        }
        let (part, span) = part.keyword();
        self.report(SyntaxErrorKind::MisplacedPart { part }, span);
    }

    pub(super) fn event_pattern(
        &self,
        start: u32,
        mut event: Box<EventPattern>,
        parts: Vec<Part>,
        end: u32,
    ) -> Box<EventPattern> {
        Self::mark_garbage(&mut event.object, &parts);
        for part in parts {
            let keyword = part.keyword();
            match part {
                Part::Except(except, _) => self.fill(&mut event.except, except, keyword),
                Part::Where(condition, _) => self.fill(&mut event.condition, condition, keyword),
                other => self.misplaced(&other),
            }
        }
        event.span = self.span(start, end);
        event
    }

    pub(super) fn rule(
        &self,
        start: u32,
        label: Option<Name>,
        effect: Spanned<Effect>,
        event: Box<EventPattern>,
        parts: Vec<Part>,
        end: u32,
    ) -> Box<Member> {
        let mut rule = Rule {
            docs: None,
            label,
            effect,
            event: *event,
            severity: None,
            responses: Vec::new(),
            because: None,
            until: None,
            overrides: None,
            span: self.span(start, end),
        };
        Self::mark_garbage(&mut rule.event.object, &parts);
        let (mut responses, mut until) = (None, None);
        for part in parts {
            let keyword = part.keyword();
            match part {
                Part::Except(except, span) => {
                    self.fill(&mut rule.event.except, except, keyword);
                    rule.event.span = rule.event.span.to(span);
                }
                Part::Where(condition, span) => {
                    self.fill(&mut rule.event.condition, condition, keyword);
                    rule.event.span = rule.event.span.to(span);
                }
                Part::Severity(name, _) => self.fill(&mut rule.severity, name, keyword),
                Part::Then(list, _) => self.fill(&mut responses, list, keyword),
                Part::Because(text, _) => self.fill(&mut rule.because, text, keyword),
                Part::Until(date, _) => self.fill(&mut until, date, keyword),
                Part::Overrides(name, _) => self.fill(&mut rule.overrides, name, keyword),
                other => self.misplaced(&other),
            }
        }
        rule.responses = responses.unwrap_or_default();
        rule.until = until.flatten();
        Box::new(Member::Rule(rule))
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one for each part of the statement; called by the grammar alone"
    )]
    pub(super) fn expect(
        &self,
        start: u32,
        reported: Option<Span>,
        verdict: Spanned<Effect>,
        action: Name,
        object: Object,
        parts: Vec<Part>,
        end: u32,
    ) -> Expect {
        if verdict.node == Effect::Audit {
            self.report(SyntaxErrorKind::AuditVerdict, verdict.span);
        }
        let span = self.span(start, end);
        let mut expect =
            Expect { reported, verdict, action, object, target: None, with: None, by: None, span };
        Self::mark_garbage(&mut expect.object, &parts);
        for part in parts {
            let keyword = part.keyword();
            match part {
                Part::Target(record, _) => self.fill(&mut expect.target, record, keyword),
                Part::With(record, _) => self.fill(&mut expect.with, record, keyword),
                Part::By(name, _) => self.fill(&mut expect.by, name, keyword),
                other => self.misplaced(&other),
            }
        }
        expect
    }

    pub(super) fn sequence(&self, start: u32, parts: Vec<Part>, end: u32) -> Sequence {
        let (mut by, mut within) = (None, None);
        for part in parts {
            let keyword = part.keyword();
            match part {
                Part::Keys(facts, _) => self.fill(&mut by, facts, keyword),
                Part::Within(duration, _) => self.fill(&mut within, duration, keyword),
                other => self.misplaced(&other),
            }
        }
        Sequence { by: by.unwrap_or_default(), within, steps: Vec::new(), span: self.span(start, end) }
    }

    pub(super) fn count(&self, start: u32, threshold: Expr, parts: Vec<Part>, end: u32) -> Count {
        let (mut by, mut within, mut distinct) = (None, None, None);
        for part in parts {
            let keyword = part.keyword();
            match part {
                Part::Keys(facts, _) => self.fill(&mut by, facts, keyword),
                Part::Within(duration, _) => self.fill(&mut within, duration, keyword),
                Part::Distinct(fact, _) => self.fill(&mut distinct, fact, keyword),
                other => self.misplaced(&other),
            }
        }
        let span = self.span(start, end);
        Count { threshold, distinct, by: by.unwrap_or_default(), within, events: Vec::new(), span }
    }
}

/// `a.b.c` as a name.
fn qualified(expr: Expr) -> Option<QualifiedName> {
    let span = expr.span;
    let mut segments = Vec::new();
    let mut rest = expr;
    loop {
        match rest.kind {
            ExprKind::Field { base, field } => {
                segments.push(field);
                rest = *base;
            }
            ExprKind::Name(name) => {
                segments.push(name);
                segments.reverse();
                return Some(QualifiedName { segments, span });
            }
            _ => return None,
        }
    }
}
