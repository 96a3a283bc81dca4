//! Test blocks: from records and concrete objects to events.

mod events;
mod facts;
mod keys;

use super::Checker;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::Test;
use crate::span::Span;
use crate::syntax::ast::{self, Expr, ExprKind, Record as Entries, TestStep};
use std::collections::HashMap;
use warmor_policy::event::{Fact, MAX_ANCESTORS, Record, Source, Value as Known};

/// The process of a test, with what surrounds it.
#[derive(Clone, Debug, Default)]
struct Actor {
    process: Record,
    parent: Record,
    ancestors: Vec<Record>,
    ancestors_incomplete: bool,
    /// Facts that every event of the process shares: `host.name`, `time`.
    facts: Vec<(usize, Fact)>,
}

impl<'s> Checker<'s> {
    pub(super) fn test_block(&mut self, test: &'s ast::Test, span: Span) {
        let mut actor: Option<Option<Actor>> = None;
        let mut expectations = Vec::new();
        for step in &test.steps {
            match step {
                TestStep::As(record) => actor = Some(self.actor(record)),
                TestStep::Error(_) => {
                    // Perhaps an `as`: that it is missing is not said again.
                    actor.get_or_insert(None);
                }
                TestStep::Expect(expect) => {
                    if actor.is_none() {
                        self.report(
                            Diagnostic::new(
                                Code::MissingProcess,
                                expect.span,
                                "this expects something of no process",
                            )
                            .help("say who acts first: `as { process.exe: /usr/sbin/nginx }`"),
                        );
                        actor = Some(None);
                    }
                    let nobody = Actor::default();
                    let known = actor.as_ref().and_then(Option::as_ref);
                    let expectation = self.expectation(expect, known.unwrap_or(&nobody));
                    if known.is_some() {
                        expectations.extend(expectation);
                    }
                }
            }
        }
        self.model.tests.push(Test { name: test.name.value.to_string(), span, expectations });
    }

    fn actor(&mut self, record: &'s Entries) -> Option<Actor> {
        let mut actor = Actor::default();
        let mut seen = HashMap::new();
        let mut complete = true;
        let (mut has_parent, mut has_ancestors) = (false, false);
        for entry in &record.entries {
            if let ExprKind::Name(name) = &entry.key.kind
                && name.as_str() == "ancestors"
            {
                self.note_key(&mut seen, "ancestors".to_owned(), entry.key.span);
                has_ancestors = true;
                complete &= self.ancestors(&entry.value, &mut actor).is_some();
                continue;
            }
            let Some((source, field, key)) = self.key(&entry.key, &mut seen) else {
                complete = false;
                continue;
            };
            let Some(fact) = self.fact_value(field, key.as_deref(), &entry.value) else {
                complete = false;
                continue;
            };
            match source {
                Source::Process => set(&mut actor.process.0[field.code], fact),
                Source::Parent => {
                    has_parent = true;
                    set(&mut actor.parent.0[field.code], fact);
                }
                Source::Event if field.actions.is_empty() => actor.facts.push((field.code, fact)),
                Source::Event | Source::Target => {
                    let message = format!("`{}` is not known of a process", field.name);
                    let error = Diagnostic::new(Code::UnknownKey, entry.key.span, message);
                    self.report(if source == Source::Target {
                        error.help("write it after the object: `target { pod.name: \"db-0\" }`")
                    } else {
                        error.help("write it after the object: `with { role: script }`")
                    });
                    complete = false;
                }
            }
        }
        // A process that has a parent descends from it.
        if has_parent && !has_ancestors {
            actor.ancestors = vec![actor.parent.clone()];
        }
        complete.then_some(actor)
    }

    fn ancestors(&mut self, value: &'s Expr, actor: &mut Actor) -> Option<()> {
        let items = match &value.kind {
            ExprKind::Unknown => {
                actor.ancestors_incomplete = true;
                return Some(());
            }
            ExprKind::List(items) => items,
            ExprKind::Error => return None,
            _ => {
                self.mismatch(value.span, "a list of records, nearest first,", "something else");
                return None;
            }
        };
        if items.len() > MAX_ANCESTORS {
            let message = format!("an event has at most {MAX_ANCESTORS} ancestors");
            self.report(Diagnostic::new(Code::OutOfRange, value.span, message));
            return None;
        }
        let mut complete = Some(());
        for item in items {
            match &item.kind {
                ExprKind::Unknown => actor.ancestors_incomplete = true,
                ExprKind::Record(record) => match self.process_record(record) {
                    Some(record) => actor.ancestors.push(record),
                    None => complete = None,
                },
                ExprKind::Error => complete = None,
                _ => {
                    self.mismatch(item.span, "a record, such as `{ exe: /sbin/init }`,", "something else");
                    complete = None;
                }
            }
        }
        complete
    }

    /// A record of one process, its keys without `process.`.
    fn process_record(&mut self, entries: &'s Entries) -> Option<Record> {
        let mut record = Record::default();
        let mut seen = HashMap::new();
        let mut complete = true;
        for entry in &entries.entries {
            let found = self.own_key(&entry.key, &mut seen);
            match found
                .and_then(|(field, key)| Some((field, self.fact_value(field, key.as_deref(), &entry.value)?)))
            {
                Some((field, fact)) => set(&mut record.0[field.code], fact),
                None => complete = false,
            }
        }
        complete.then_some(record)
    }
}

fn shown(fact: &str, key: Option<&str>) -> String {
    match key {
        Some(key) => format!("{fact}[{key:?}]"),
        None => fact.to_owned(),
    }
}

/// Entries of one map are given one by one.
fn set(at: &mut Fact, fact: Fact) {
    match (at, fact) {
        (Fact::Known(Known::Map(known)), Fact::Known(Known::Map(more))) => known.extend(more),
        (at, fact) => *at = fact,
    }
}
