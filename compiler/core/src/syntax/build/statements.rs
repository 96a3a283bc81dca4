//! Statements, with their optional parts.

#![allow(clippy::wildcard_imports, reason = "the grammar's actions name nearly every node")]

use super::Builder;
use crate::span::Span;
use crate::syntax::ast::*;
use crate::syntax::error::SyntaxErrorKind;

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

impl Builder<'_> {
    /// What it is about is known where the statement below it is.
    pub(in crate::syntax) fn attribute(
        &self,
        start: u32,
        name: Name,
        arguments: Vec<Name>,
        text: Option<Text>,
        end: u32,
    ) -> Attribute {
        let span = self.span(start, end);
        Attribute { name, arguments, text, span, about: span }
    }

    pub(in crate::syntax) fn object(
        &self,
        start: u32,
        items: Vec<Expr>,
        place: Option<Place>,
        port: Option<Expr>,
        end: u32,
    ) -> Box<Object> {
        Box::new(Object { items, place, port, span: self.span(start, end) })
    }

    pub(in crate::syntax) fn event(
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

    pub(in crate::syntax) fn event_pattern(
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

    pub(in crate::syntax) fn rule(
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
    pub(in crate::syntax) fn expect(
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

    pub(in crate::syntax) fn sequence(&self, start: u32, parts: Vec<Part>, end: u32) -> Sequence {
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

    pub(in crate::syntax) fn count(&self, start: u32, threshold: Expr, parts: Vec<Part>, end: u32) -> Count {
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
