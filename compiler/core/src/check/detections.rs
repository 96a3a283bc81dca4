//! Detections: one event, a sequence, a count.

use super::facts::Context;
use super::value::{Operand, Scalar, Unit};
use super::{Checker, Env};
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{ActionSet, Detection, FactRef, GroupBy, Pattern, Step};
use crate::resolve::DefId;
use crate::span::Span;
use crate::syntax::ast::{
    Count, Detect, DetectMember, Expr, ExprKind, ItemKind, Name, Sequence, SequenceStep,
};
use warmor_policy::event::Source;
use warmor_policy::schema::Action;
use warmor_policy::verdict::{Responses, Severity};

/// Longest time over which a correlation may keep state: a week.
const MAX_WINDOW_MS: u64 = 7 * 24 * 3600 * 1000;
/// Most events that a count may ask for.
const MAX_THRESHOLD: i128 = 1_000_000;
/// Most steps of a sequence or kinds of events of a count.
const MAX_STEPS: usize = 64;

impl<'s> Checker<'s> {
    pub(super) fn detection(&mut self, id: DefId) {
        let def = self.names.def(id);
        let (name, item) = (def.name, def.item);
        let ItemKind::Detect(detect) = &item.kind else { return };
        let scope = self.scope(&detect.subjects);
        let said = self.detect_members(detect, name);
        let (Some(scope), Some(pattern), Some((responses, alert)), Some(severity)) =
            (scope, said.pattern, said.responses, said.severity)
        else {
            return;
        };
        self.detections.insert(id, self.model.detections.len() as u32);
        self.model.detections.push(Detection {
            name: self.names.qualified(id),
            span: name.span,
            doc: item.docs.as_ref().map(|d| d.text.to_string()).unwrap_or_default(),
            scope,
            severity,
            tags: said.tags,
            pattern,
            responses,
            alert,
            because: said.because,
        });
    }

    fn detect_members(&mut self, detect: &'s Detect, name: &'s Name) -> Said {
        let mut said =
            Said { severity: Some(Severity::Medium), responses: Some(Default::default()), ..Said::default() };
        let mut pattern: Option<Span> = None;
        let mut seen: Vec<(&'static str, Span)> = Vec::new();
        for member in &detect.members {
            let (word, span) = match member {
                DetectMember::Severity(word) => ("severity", word.span),
                DetectMember::Tags(tags) => ("tags", tags.first().map_or(name.span, |t| t.span)),
                DetectMember::Then(list) => ("then", list.first().map_or(name.span, |r| r.span)),
                DetectMember::Because(text) => ("because", text.span),
                DetectMember::Event(event) => ("", event.span),
                DetectMember::Sequence(sequence) => ("", sequence.span),
                DetectMember::Count(count) => ("", count.span),
                DetectMember::Error(span) => {
                    // Perhaps the pattern: that it is missing is not said again.
                    pattern.get_or_insert(*span);
                    continue;
                }
            };
            if word.is_empty() {
                if let Some(first) = pattern {
                    self.report(
                        Diagnostic::new(
                            Code::DetectionPattern,
                            span,
                            "a detection has one pattern, and this is another",
                        )
                        .related(first, "the pattern is here")
                        .help("write two detections, or a `sequence` or `count` of the events"),
                    );
                    continue;
                }
                pattern = Some(span);
            } else if let Some((_, first)) = seen.iter().find(|(w, _)| *w == word) {
                let error = Diagnostic::new(Code::RepeatedClause, span, format!("`{word}` is given twice"));
                self.report(error.related(*first, "first given here").help("keep one of them"));
                continue;
            } else {
                seen.push((word, span));
            }
            match member {
                DetectMember::Severity(word) => said.severity = self.severity(word),
                DetectMember::Tags(tags) => said.tags = tags.iter().map(|t| t.text.to_string()).collect(),
                DetectMember::Then(list) => said.responses = self.responses(list),
                DetectMember::Because(text) => said.because = Some(text.value.to_string()),
                DetectMember::Event(event) => {
                    said.pattern = self.step(event, &Env::default()).map(Pattern::Single);
                }
                DetectMember::Sequence(sequence) => said.pattern = self.sequence(sequence),
                DetectMember::Count(count) => said.pattern = self.count(count),
                DetectMember::Error(_) => {}
            }
        }
        if pattern.is_none() {
            self.report(
                Diagnostic::new(
                    Code::DetectionPattern,
                    name.span,
                    format!("detection `{}` looks for nothing", name.text),
                )
                .help("name an event: `exec /bin/sh`, or a `sequence` or `count` of events"),
            );
        }
        said
    }

    fn sequence(&mut self, sequence: &'s Sequence) -> Option<Pattern> {
        let steps = self.steps(&sequence.steps, sequence.span);
        let by = self.group_by(&sequence.by, steps.as_deref());
        let within_ms = self.within(sequence.within.as_ref(), sequence.span, "sequence");
        Some(Pattern::Sequence { by: by?, within_ms: within_ms?, steps: steps? })
    }

    fn count(&mut self, count: &'s Count) -> Option<Pattern> {
        let steps = self.steps(&count.events, count.span);
        let by = self.group_by(&count.by, steps.as_deref());
        let within_ms = self.within(count.within.as_ref(), count.span, "count");
        let distinct = match &count.distinct {
            None => Some(None),
            Some(expr) => self.grouping_fact(expr, steps.as_deref()).map(Some),
        };
        let value = self.value(&count.threshold, &Env::default());
        let at_least = value.and_then(|value| {
            let span = count.threshold.span;
            match value.elements.as_slice() {
                [element] if !value.is_set => match &element.scalar {
                    Scalar::Number { value, unit: Unit::Plain } if (1..=MAX_THRESHOLD).contains(value) => {
                        u64::try_from(*value).ok()
                    }
                    Scalar::Number { unit: Unit::Plain, .. } => {
                        let message = format!("a count is from 1 to {MAX_THRESHOLD}");
                        self.report(Diagnostic::new(Code::OutOfRange, span, message));
                        None
                    }
                    other => {
                        self.mismatch(span, "a number", other.describe());
                        None
                    }
                },
                _ => {
                    self.mismatch(span, "a number", "a list");
                    None
                }
            }
        });
        Some(Pattern::Count {
            at_least: at_least?,
            distinct: distinct?,
            by: by?,
            within_ms: within_ms?,
            steps: steps?,
        })
    }

    fn steps(&mut self, steps: &'s [SequenceStep], span: Span) -> Option<Vec<Step>> {
        let mut found = Vec::with_capacity(steps.len());
        let mut complete = true;
        for step in steps {
            match step {
                SequenceStep::Event(event) => match self.step(event, &Env::default()) {
                    Some(step) => found.push(step),
                    None => complete = false,
                },
                SequenceStep::Error(_) => complete = false,
            }
        }
        if steps.is_empty() {
            self.report(
                Diagnostic::new(Code::DetectionPattern, span, "a correlation without events")
                    .help("list the events, one a line"),
            );
            return None;
        }
        if steps.len() > MAX_STEPS {
            let message = format!("a correlation has at most {MAX_STEPS} events");
            self.report(Diagnostic::new(Code::Unbounded, span, message));
            return None;
        }
        complete.then_some(found)
    }

    /// The window, in milliseconds. Without one, state would be kept for ever.
    fn within(&mut self, within: Option<&'s Expr>, span: Span, what: &str) -> Option<u64> {
        let Some(expr) = within else {
            self.report(
                Diagnostic::new(
                    Code::Unbounded,
                    span,
                    format!("a `{what}` without `within` would keep its state for ever"),
                )
                .help("say how long the events may be apart: `within 30s`"),
            );
            return None;
        };
        let value = self.value(expr, &Env::default())?;
        let found = match value.elements.as_slice() {
            [element] if !value.is_set => match &element.scalar {
                Scalar::Number { value, unit: Unit::Duration } => {
                    let ms = u64::try_from(*value / 1_000_000).unwrap_or(u64::MAX);
                    if (1..=MAX_WINDOW_MS).contains(&ms) {
                        return Some(ms);
                    }
                    self.report(
                        Diagnostic::new(Code::Unbounded, expr.span, "a window is from 1ms to 7d")
                            .help("state for longer belongs to a system that stores events"),
                    );
                    return None;
                }
                other => other.describe(),
            },
            _ => "a list",
        };
        self.mismatch(expr.span, "a duration", found);
        None
    }

    fn group_by(&mut self, list: &'s [Expr], steps: Option<&[Step]>) -> Option<Vec<GroupBy>> {
        let mut by = Vec::with_capacity(list.len());
        let mut complete = true;
        for expr in list {
            if let ExprKind::Field { base, field } = &expr.kind
                && let ExprKind::Name(base) = &base.kind
                && (base.as_str(), field.as_str()) == ("process", "tree")
            {
                by.push(GroupBy::ProcessTree);
            } else if let Some(fact) = self.grouping_fact(expr, steps) {
                by.push(GroupBy::Fact(fact));
            } else {
                complete = false;
            }
        }
        complete.then_some(by)
    }

    /// A fact that every step has.
    fn grouping_fact(&mut self, expr: &'s Expr, steps: Option<&[Step]>) -> Option<FactRef> {
        match self.operand(expr, &Env::default(), Context::AnyEvent)? {
            Operand::Fact(fact) => {
                for step in steps.unwrap_or_default() {
                    let lacking = lacks(&fact, step.actions);
                    if let Some(action) = lacking {
                        self.report(
                            Diagnostic::new(
                                Code::FactNotHere,
                                expr.span,
                                format!("`{fact}` is no fact of `{action}`"),
                            )
                            .related(step.span, "this event does not have it")
                            .help("correlate by a fact that all events have, such as `process.tree`"),
                        );
                        return None;
                    }
                }
                Some(fact)
            }
            _ => {
                self.mismatch(expr.span, "a fact or `process.tree`", "something else");
                None
            }
        }
    }
}

/// The name of an action among these whose events do not have the fact.
fn lacks(fact: &FactRef, actions: ActionSet) -> Option<&'static str> {
    if fact.source != Source::Event {
        return None;
    }
    let known = fact.field().actions;
    actions.iter().find(|a| !known.is_empty() && !known.contains(a)).map(Action::name)
}

/// What the lines of a detection say.
#[derive(Default)]
struct Said {
    severity: Option<Severity>,
    tags: Vec<String>,
    pattern: Option<Pattern>,
    responses: Option<(Responses, Vec<String>)>,
    because: Option<String>,
}
