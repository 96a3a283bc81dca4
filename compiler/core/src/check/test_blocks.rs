//! Test blocks: from records and concrete objects to events.

use super::facts::{Found, find_fact, has_target, listed};
use super::objects::{Kind, slot_named, word};
use super::value::{Element, SECOND, Scalar, Unit, Value};
use super::{Checker, Env};
use crate::diagnostics::{Applicability, Code, Diagnostic};
use crate::model::{ClauseRef, Expectation, Pattern, Test};
use crate::resolve::{Space, dotted, fact_names};
use crate::span::Span;
use crate::syntax::ast::{
    self, Effect, Expect, Expr, ExprKind, Name, QualifiedName, Record as Entries, TestStep,
};
use std::collections::HashMap;
use std::rc::Rc;
use warmor_policy::event::{Address, Event, Fact, MAX_ANCESTORS, Record, Source, Value as Known};
use warmor_policy::schema::{Action, FieldInfo, FieldType, event_fields, group, process_fields, slot};

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

    /// The fact that a key names, and its map key.
    fn key(
        &mut self,
        key: &'s Expr,
        seen: &mut HashMap<String, Span>,
    ) -> Option<(Source, &'static FieldInfo, Option<String>)> {
        let (words, map_key) = self.key_words(key)?;
        let joined = words.join(".");
        let Found::Fact(source, field) = find_fact(&words) else {
            self.unknown_key(key.span, &joined, fact_names().chain(["ancestors"]));
            return None;
        };
        self.note_key(seen, shown(&joined, map_key.as_deref()), key.span);
        Some((source, field, map_key))
    }

    /// The same for the record of one process, where `process.` may be left out.
    fn own_key(
        &mut self,
        key: &'s Expr,
        seen: &mut HashMap<String, Span>,
    ) -> Option<(&'static FieldInfo, Option<String>)> {
        let (words, map_key) = self.key_words(key)?;
        let joined = words.join(".");
        let is =
            |f: &&FieldInfo| f.name == joined || f.name.strip_prefix("process.") == Some(joined.as_str());
        let Some(field) = process_fields().iter().find(is) else {
            let own = process_fields().iter().map(|f| f.name.strip_prefix("process.").unwrap_or(f.name));
            self.unknown_key(key.span, &joined, own);
            return None;
        };
        self.note_key(seen, shown(field.name, map_key.as_deref()), key.span);
        Some((field, map_key))
    }

    fn unknown_key(&mut self, span: Span, wrong: &str, words: impl Iterator<Item = &'static str>) {
        self.report(
            Diagnostic::new(Code::UnknownKey, span, format!("there is no fact `{wrong}`"))
                .did_you_mean(span, wrong, words),
        );
    }

    fn note_key(&mut self, seen: &mut HashMap<String, Span>, key: String, span: Span) {
        if let Some(first) = seen.get(&key) {
            let error = Diagnostic::new(Code::DuplicateKey, span, format!("`{key}` is given twice"));
            self.report(error.related(*first, "first given here").help("keep one of them"));
        } else {
            seen.insert(key, span);
        }
    }

    fn key_words(&mut self, key: &'s Expr) -> Option<(Vec<&'s str>, Option<String>)> {
        match &key.kind {
            ExprKind::Name(name) if !name.is_missing() => Some((vec![name.as_str()], None)),
            ExprKind::Literal(ast::Literal::String(text)) => Some((text.split('.').collect(), None)),
            ExprKind::Field { base, field } if !field.is_missing() => {
                let (mut words, map_key) = self.key_words(base)?;
                words.push(field.as_str());
                Some((words, map_key))
            }
            ExprKind::Index { base, index } => {
                let (words, _) = self.key_words(base)?;
                match &index.kind {
                    ExprKind::Literal(ast::Literal::String(text)) => Some((words, Some(text.to_string()))),
                    ExprKind::Error => None,
                    _ => {
                        self.mismatch(index.span, "a string", "something else");
                        None
                    }
                }
            }
            ExprKind::Name(_) | ExprKind::Field { .. } | ExprKind::Error => None,
            ExprKind::Any => self.no_key(key.span),
            _ => self.no_key(key.span),
        }
    }

    fn no_key<T>(&mut self, span: Span) -> Option<T> {
        self.report(
            Diagnostic::new(Code::UnknownKey, span, "a key is the name of a fact")
                .help("write for instance `process.exe`"),
        );
        None
    }

    /// The value that a test gives a fact.
    fn fact_value(&mut self, field: &'static FieldInfo, key: Option<&str>, expr: &'s Expr) -> Option<Fact> {
        if matches!(expr.kind, ExprKind::Unknown) {
            if key.is_some() {
                self.report(
                    Diagnostic::new(Code::NotConcrete, expr.span, "a map is known or unknown as a whole")
                        .help(format!("write `{}: unknown`", field.name)),
                );
                return None;
            }
            return Some(Fact::Unknown);
        }
        if field.kind == FieldType::Map && key.is_none() {
            return self.map_value(expr).map(|pairs| Fact::Known(Known::Map(pairs)));
        }
        let value = self.value(expr, &Env::default())?;
        if field.kind == FieldType::List {
            let texts = value
                .elements
                .iter()
                .map(|e| self.concrete_text(e, FieldType::String))
                .collect::<Option<Vec<_>>>();
            return texts.map(|texts| Fact::Known(Known::List(texts)));
        }
        if field.kind == FieldType::Flags {
            let mut mask = 0;
            for element in &value.elements {
                mask |= self.word_code(field.kind, element)?;
            }
            return Some(Fact::Known(Known::Int(i64::from(mask))));
        }
        let element = self.one(&value, expr.span)?;
        if let (FieldType::Map, Some(key)) = (field.kind, key) {
            let text = self.concrete_text(&element, FieldType::String)?;
            return Some(Fact::Known(Known::Map(vec![(key.as_bytes().to_vec(), text)])));
        }
        self.concrete(field.kind, &element).map(Fact::Known)
    }

    fn map_value(&mut self, expr: &'s Expr) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
        let ExprKind::Record(record) = &expr.kind else {
            if !matches!(expr.kind, ExprKind::Error) {
                self.mismatch(expr.span, "a record, such as `{ app: \"web\" }`,", "something else");
            }
            return None;
        };
        let mut pairs: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        let mut seen = HashMap::new();
        let mut complete = true;
        for entry in &record.entries {
            let key = match &entry.key.kind {
                ExprKind::Literal(ast::Literal::String(text)) => Some((vec![&**text], None)),
                _ => self.key_words(&entry.key),
            };
            let text = self.value(&entry.value, &Env::default()).and_then(|value| {
                let element = self.one(&value, entry.value.span)?;
                self.concrete_text(&element, FieldType::String)
            });
            match (key, text) {
                (Some((words, _)), Some(text)) => {
                    let key = words.join(".");
                    self.note_key(&mut seen, key.clone(), entry.key.span);
                    pairs.push((key.into_bytes(), text));
                }
                _ => complete = false,
            }
        }
        complete.then_some(pairs)
    }

    fn one(&mut self, value: &Rc<Value<'s>>, span: Span) -> Option<Element<'s>> {
        match value.elements.as_slice() {
            [element] => Some(element.clone()),
            _ => {
                self.report(
                    Diagnostic::new(Code::NotConcrete, span, "a test is about one event, and this is a list")
                        .label("a list")
                        .help("write one `expect` for each value"),
                );
                None
            }
        }
    }

    /// One value of a type.
    fn concrete(&mut self, kind: FieldType, element: &Element<'s>) -> Option<Known> {
        match kind {
            FieldType::Path | FieldType::String => self.concrete_text(element, kind).map(Known::Bytes),
            FieldType::Ip => match &element.scalar {
                Scalar::Ip(address) => Some(Known::Ip(Address::from(*address))),
                Scalar::Cidr { .. } => self.not_concrete(element.span, "a network", "one address"),
                other => {
                    self.mismatch(element.span, "an address", other.describe());
                    None
                }
            },
            FieldType::Int | FieldType::Port => match &element.scalar {
                Scalar::Range(..) => self.not_concrete(element.span, "a range", "one number"),
                _ => {
                    let value = Rc::new(Value { elements: vec![element.clone()], is_set: false });
                    let (first, ..) = self.ranges(kind, &value)?.into_iter().next()?;
                    Some(Known::Int(first))
                }
            },
            FieldType::Time => match &element.scalar {
                Scalar::Number { value, unit: Unit::Time } => {
                    i64::try_from(*value / SECOND).ok().map(Known::Int)
                }
                Scalar::Number { value, unit: Unit::Plain } => i64::try_from(*value).ok().map(Known::Int),
                other => {
                    self.mismatch(element.span, "a day, or seconds since 1970,", other.describe());
                    None
                }
            },
            _ => self.word_code(kind, element).map(|code| Known::Int(i64::from(code))),
        }
    }

    fn concrete_text(&mut self, element: &Element<'s>, kind: FieldType) -> Option<Vec<u8>> {
        match &element.scalar {
            Scalar::Path(glob) => match glob.literal() {
                Some(bytes) => Some(bytes),
                None => self.not_concrete(element.span, "a glob", "one path"),
            },
            Scalar::Text(text) if kind == FieldType::Path && !text.starts_with('/') => {
                self.mismatch(element.span, "a path, which begins with `/`,", "another string");
                None
            }
            Scalar::Text(text) if kind == FieldType::Path => {
                let glob = self.glob(text, element.span, true)?;
                glob.literal().or_else(|| self.not_concrete(element.span, "a glob", "one path"))
            }
            Scalar::Text(text) => Some(super::compare::unescape(text)),
            Scalar::Word(word) if kind == FieldType::String => Some(word.as_bytes().to_vec()),
            other => {
                self.mismatch(element.span, super::types::field_type_name(kind), other.describe());
                None
            }
        }
    }

    fn not_concrete<T>(&mut self, span: Span, found: &str, wanted: &str) -> Option<T> {
        self.report(
            Diagnostic::new(
                Code::NotConcrete,
                span,
                format!("a test is about one event, and this is {found}"),
            )
            .label(found)
            .help(format!("write {wanted}")),
        );
        None
    }

    fn expectation(&mut self, expect: &'s Expect, actor: &Actor) -> Option<Expectation> {
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
    fn events(&mut self, action: Action, object: &'s ast::Object) -> Option<Vec<Event>> {
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
                        (slot_named("host"), Fact::Known(Known::Bytes(super::compare::unescape(name))))
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
