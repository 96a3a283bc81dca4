//! Expectations: the events of one operation.

use super::Actor;
use crate::check::facts::{has_target, listed};
use crate::check::objects::{Kind, slot_named, word};
use crate::check::value::Scalar;
use crate::check::{Checker, Env};
use crate::diagnostics::{Applicability, Code, Diagnostic};
use crate::model::{ClauseRef, Expectation, Pattern};
use crate::resolve::{Space, dotted};
use crate::span::Span;
use crate::syntax::ast::{self, Effect, Expect, Expr, ExprKind, Name, QualifiedName, Record as Entries};
use std::collections::HashMap;
use warmor_policy::event::{Address, Event, Fact, Source, Value as Known};
use warmor_policy::schema::{Action, FieldType, event_fields, group, slot};

impl<'s> Checker<'s> {
    pub(super) fn expectation(&mut self, expect: &'s Expect, actor: &Actor) -> Option<Expectation> {
        let by = match &expect.by {
            None => Some(None),
            Some(name) => self.clauses_named(name).map(Some),
        };
        let action = self.test_action(&expect.action)?;
        let events = self.events(action, &expect.object);
        let target = match &expect.target {
            None => Some(None),
            Some(record) if !has_target(action) => {
                let message = format!("`{}` has no target process", action.name());
                self.report(
                    Diagnostic::new(Code::UnknownKey, record.span, message).help("leave `target` out"),
                );
                None
            }
            Some(record) => self.process_record(record).map(Some),
        };
        let with = match &expect.with {
            None => Some(Vec::new()),
            Some(record) => self.event_facts(record, action),
        };
        let (mut events, target, with, by) = (events?, target?, with?, by?);
        for event in &mut events {
            event.process = actor.process.clone();
            event.parent = actor.parent.clone();
            event.ancestors.clone_from(&actor.ancestors);
            event.ancestors_incomplete = actor.ancestors_incomplete;
            if let Some(target) = &target {
                event.target = target.clone();
            }
            for (slot, fact) in actor.facts.iter().chain(&with) {
                event.facts[*slot] = fact.clone();
            }
            event.normalise();
        }
        // `with { role: … }` of a rename picks one of its two events.
        if events.len() > 1 && with.iter().any(|(at, _)| *at == slot::ROLE) {
            events.truncate(1);
        }
        Some(Expectation {
            span: expect.span,
            events,
            deny: expect.verdict.node == Effect::Deny,
            reported: expect.reported.is_some(),
            by,
        })
    }

    fn test_action(&mut self, name: &'s Name) -> Option<Action> {
        if name.is_missing() {
            return None;
        }
        if let Some(action) = Action::from_name(name.as_str()) {
            return Some(action);
        }
        if let Some(group) = group(name.as_str()) {
            let members = listed(group.actions.iter().map(|a| a.name()));
            self.report(
                Diagnostic::new(
                    Code::NotConcrete,
                    name.span,
                    format!("a test is about one action, and `{}` is a group", name.text),
                )
                .help(format!("write one of {members}")),
            );
            return None;
        }
        let error =
            Diagnostic::new(Code::UnknownAction, name.span, format!("there is no action `{}`", name.text));
        self.report(error.did_you_mean(name.span, &name.text, Action::all().map(Action::name)));
        None
    }

    /// The events of an operation, with the object's facts.
    pub(super) fn events(&mut self, action: Action, object: &'s ast::Object) -> Option<Vec<Event>> {
        let kind = Kind::of(action);
        let two = action.info().roles.contains(&"target");
        if !matches!(kind, Kind::Endpoint) {
            let problem = match (&object.place, &object.port) {
                (Some(place), _) if !two => Some(place.preposition.span),
                (_, Some(port)) => Some(port.span),
                _ => None,
            };
            if let Some(span) = problem {
                let message = format!("`{}` takes {}, not an endpoint", action.name(), kind.describe());
                self.report(Diagnostic::new(Code::ObjectMismatch, span, message));
                return None;
            }
        }
        match kind {
            Kind::Path { optional } => self.path_events(action, object, two, optional),
            Kind::Endpoint => self.endpoint_event(action, object).map(|event| vec![event]),
            Kind::Names { slot } => {
                let mut event = Event::new(action);
                let item = self.one_item(action, &object.items, object.span, kind)?;
                let field = event_fields().get(slot)?;
                event.facts[slot] = self.fact_value(field, None, item)?;
                Some(vec![event])
            }
            Kind::Process | Kind::Nothing => {
                if let Some(item) = object.items.first() {
                    let message = format!("a test of `{}` names no object", action.name());
                    let error = Diagnostic::new(Code::ObjectMismatch, item.span, message);
                    self.report(if kind == Kind::Process {
                        error.help("describe the other process: `target { exe: /usr/bin/worker }`")
                    } else {
                        error
                    });
                    return None;
                }
                Some(vec![Event::new(action)])
            }
        }
    }

    fn one_item(&mut self, action: Action, items: &'s [Expr], span: Span, kind: Kind) -> Option<&'s Expr> {
        match items {
            [item] => Some(item),
            [] => {
                let message = format!("`{}` needs {}", action.name(), kind.describe());
                self.report(
                    Diagnostic::new(Code::MissingObject, span, message).help("name one, or write `unknown`"),
                );
                None
            }
            [_, second, ..] => self.not_concrete(second.span, "a list", "one `expect` for each"),
        }
    }

    fn path_events(
        &mut self,
        action: Action,
        object: &'s ast::Object,
        two: bool,
        optional: bool,
    ) -> Option<Vec<Event>> {
        let field = event_fields().get(slot::PATH)?;
        let with_path = |path: Fact, role: Option<&str>| {
            let mut event = Event::new(action);
            event.facts[slot::PATH] = path;
            let code = role.and_then(|r| FieldType::Role.names().and_then(|t| t.code(r)));
            if let Some(code) = code {
                event.facts[slot::ROLE] = Fact::Known(Known::Int(i64::from(code)));
            }
            event
        };
        if object.items.is_empty() && optional {
            return Some(vec![Event::new(action)]);
        }
        let span = object.span;
        let item = self.one_item(action, &object.items, span, Kind::Path { optional })?;
        let path = self.fact_value(field, None, item)?;
        if !two {
            return Some(vec![with_path(path, action.info().roles.first().copied())]);
        }
        let Some(place) = &object.place else {
            let at = Span::new(item.span.file, item.span.end, item.span.end);
            self.report(
                Diagnostic::new(
                    Code::MissingObject,
                    item.span,
                    format!("`{}` needs a second path", action.name()),
                )
                .help(format!("write `{} A to B`", action.name()))
                .fix("add a second path", at, " to /path", Applicability::Maybe),
            );
            return None;
        };
        if place.preposition.node != ast::Preposition::To {
            let message =
                format!("`{}` is written with `to`, not `{}`", action.name(), word(place.preposition.node));
            self.report(
                Diagnostic::new(Code::WrongPreposition, place.preposition.span, message).help("write `to`"),
            );
            return None;
        }
        let second =
            self.one_item(action, &place.items, place.preposition.span, Kind::Path { optional: false })?;
        let target = self.fact_value(field, None, second)?;
        Some(vec![with_path(path, Some("source")), with_path(target, Some("target"))])
    }

    fn endpoint_event(&mut self, action: Action, object: &'s ast::Object) -> Option<Event> {
        let mut event = Event::new(action);
        let mut complete = true;
        let fields = event_fields();
        match object.items.as_slice() {
            [] => {}
            [item] => match self.fact_value(&fields[slot::PROTOCOL], None, item) {
                Some(fact) => event.facts[slot::PROTOCOL] = fact,
                None => complete = false,
            },
            [_, second, ..] => {
                complete = false;
                self.not_concrete::<()>(second.span, "a list", "one protocol");
            }
        }
        if let Some(place) = &object.place {
            let needed = action.info().preposition.unwrap_or("to");
            if needed != word(place.preposition.node) {
                let message = format!(
                    "`{}` is written with `{needed}`, not `{}`",
                    action.name(),
                    word(place.preposition.node)
                );
                let span = place.preposition.span;
                self.report(
                    Diagnostic::new(Code::WrongPreposition, span, message)
                        .help(format!("write `{needed}`"))
                        .fix(format!("replace with `{needed}`"), span, needed, Applicability::Safe),
                );
                complete = false;
            }
            for item in &place.items {
                complete &= self.endpoint_fact(item, &mut event).is_some();
            }
        }
        if let Some(port) = &object.port {
            match self.fact_value(&fields[slot::PORT], None, port) {
                Some(fact) => event.facts[slot::PORT] = fact,
                None => complete = false,
            }
        }
        complete.then_some(event)
    }

    /// An address or a host name of the other end: one of each can be given.
    fn endpoint_fact(&mut self, item: &'s Expr, event: &mut Event) -> Option<()> {
        let (at, fact) = match &item.kind {
            ExprKind::Unknown => (slot::ADDRESS, Fact::Unknown),
            _ => {
                let value = self.value(item, &Env::default())?;
                let element = self.one(&value, item.span)?;
                match &element.scalar {
                    Scalar::Host(name) => {
                        (slot_named("host"), Fact::Known(Known::Bytes(crate::check::compare::unescape(name))))
                    }
                    Scalar::Ip(address) => (slot::ADDRESS, Fact::Known(Known::Ip(Address::from(*address)))),
                    Scalar::Subject { .. } => {
                        self.report(
                            Diagnostic::new(
                                Code::NotConcrete,
                                item.span,
                                "a test is about one event, and this is a subject",
                            )
                            .label("a subject")
                            .help("write an address, and who owns it: `target { pod.name: \"db-0\" }`"),
                        );
                        return None;
                    }
                    Scalar::Any => return self.not_concrete(item.span, "`any`", "one address"),
                    _ => (slot::ADDRESS, Fact::Known(self.concrete(FieldType::Ip, &element)?)),
                }
            }
        };
        if event.facts[at] != Fact::Absent {
            return self.not_concrete(item.span, "a second endpoint", "one `expect` for each");
        }
        event.facts[at] = fact;
        Some(())
    }

    /// What `with` says of the event.
    fn event_facts(&mut self, record: &'s Entries, action: Action) -> Option<Vec<(usize, Fact)>> {
        let mut facts = Vec::new();
        let mut seen = HashMap::new();
        let mut complete = true;
        for entry in &record.entries {
            let Some((source, field, key)) = self.key(&entry.key, &mut seen) else {
                complete = false;
                continue;
            };
            let fits = field.actions.is_empty() || field.actions.contains(&action);
            if source != Source::Event || !fits {
                let message = format!("`{}` is no fact of `{}`", field.name, action.name());
                let error = Diagnostic::new(Code::UnknownKey, entry.key.span, message);
                self.report(if source == Source::Event {
                    error
                } else {
                    error.help("facts of the process belong to `as`")
                });
                complete = false;
                continue;
            }
            match self.fact_value(field, key.as_deref(), &entry.value) {
                Some(fact) => facts.push((field.code, fact)),
                None => complete = false,
            }
        }
        complete.then_some(facts)
    }

    /// The clauses that `by` names: rules by label, a policy as a whole, its posture, a detection.
    fn clauses_named(&mut self, name: &'s QualifiedName) -> Option<Vec<ClauseRef>> {
        if name.segments.iter().any(Name::is_missing) {
            return None;
        }
        let text = dotted(name);
        let mut known = false;
        let mut clauses = Vec::new();
        for rule in self.rules_named(&text) {
            known = true;
            clauses.extend(rule.rule.map(ClauseRef::Rule));
        }
        for (i, policy) in self.model.policies.iter().enumerate() {
            let id = crate::model::PolicyId(i as u32);
            if text.strip_suffix(".default") == Some(policy.name.as_str()) {
                known = true;
                clauses.push(ClauseRef::Default(id));
            } else if policy.name == text {
                known = true;
                clauses.push(ClauseRef::Default(id));
                let rules = self.model.rules.iter().enumerate().filter(|(_, r)| r.policy == id);
                clauses.extend(rules.map(|(i, _)| ClauseRef::Rule(crate::model::RuleId(i as u32))));
            }
        }
        for (i, detection) in self.model.detections.iter().enumerate().filter(|(_, d)| d.name == text) {
            known = true;
            if matches!(detection.pattern, Pattern::Single(_)) {
                clauses.push(ClauseRef::Detection(i as u32));
            }
        }
        if let [single] = name.segments.as_slice()
            && let crate::resolve::Lookup::Found(_) = self.names.lookup(single, Space::Policy)
        {
            known = true;
        }
        if !known {
            self.unknown_rule(name, &text, Code::UnknownClause);
            return None;
        }
        clauses.sort();
        clauses.dedup();
        Some(clauses)
    }
}
