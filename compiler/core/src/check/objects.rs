//! Actions on objects: the part that rules, assertions and detections share.

use super::compare::{networks, one_address};
use super::conds::member;
use super::facts::{Context, listed};
use super::value::{Element, Scalar, Value};
use super::{Checker, Env};
use crate::diagnostics::{Applicability, Code, Diagnostic};
use crate::model::{ActionSet, Atom, Cond, FactRef, Network, Step, TextTest};
use crate::span::Span;
use crate::syntax::ast::{EventPattern, Expr, ExprKind, Name, Object, Place, Preposition};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::rc::Rc;
use warmor_policy::event::Source;
use warmor_policy::schema::{Action, FieldType, ObjectKind, event_fields, group, groups, slot};

/// Longest list whose entries are compared with each other.
const MAX_COMPARED: usize = 256;

/// What kind of object a list of actions takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Path { optional: bool },
    Endpoint,
    Names { slot: usize },
    Process,
    Nothing,
}

impl Kind {
    pub(super) fn of(action: Action) -> Self {
        match action.info().object {
            ObjectKind::Path => Self::Path { optional: false },
            ObjectKind::PathOrNone => Self::Path { optional: true },
            ObjectKind::Endpoint => Self::Endpoint,
            ObjectKind::ProcessOrNone => Self::Process,
            ObjectKind::None => Self::Nothing,
            ObjectKind::Names => {
                let named = event_fields().iter().find(|f| f.name == action.name());
                named.map_or(Self::Nothing, |f| Self::Names { slot: f.code })
            }
        }
    }

    /// Whether both can have the same object.
    fn agrees(self, other: Self) -> bool {
        self == other || matches!((self, other), (Self::Path { .. }, Self::Path { .. }))
    }

    pub(super) const fn describe(self) -> &'static str {
        match self {
            Self::Path { .. } => "a path",
            Self::Endpoint => "an endpoint",
            Self::Names { .. } => "names",
            Self::Process => "a subject",
            Self::Nothing => "no object",
        }
    }
}

pub(super) const fn word(preposition: Preposition) -> &'static str {
    match preposition {
        Preposition::To => "to",
        Preposition::From => "from",
        Preposition::On => "on",
    }
}

impl<'s> Checker<'s> {
    /// The actions that words stand for. `None` when one of them is not known.
    pub(super) fn actions(&mut self, words: &'s [Name]) -> Option<ActionSet> {
        let mut set = ActionSet::default();
        let mut complete = true;
        for name in words {
            if name.is_missing() {
                complete = false;
            } else if let Some(action) = Action::from_name(name.as_str()) {
                set.insert(action);
            } else if let Some(group) = group(name.as_str()) {
                group.actions.iter().for_each(|a| set.insert(*a));
            } else {
                let known = Action::all().map(Action::name).chain(groups().iter().map(|g| g.name));
                self.report(
                    Diagnostic::new(
                        Code::UnknownAction,
                        name.span,
                        format!("there is no action `{}`", name.text),
                    )
                    .did_you_mean(name.span, &name.text, known),
                );
                complete = false;
            }
        }
        (complete && !set.is_empty()).then_some(set)
    }

    /// What an event pattern says.
    pub(super) fn step(&mut self, pattern: &'s EventPattern, env: &Env<'s>) -> Option<Step> {
        let Some(actions) = self.actions(&pattern.actions) else {
            self.names_in(pattern, env);
            return None;
        };
        let object = self.object(pattern, actions, env);
        let except = match &pattern.except {
            Some(except) => self.except(except, actions, env),
            None => Some(Vec::new()),
        };
        let condition = match &pattern.condition {
            Some(condition) => self.cond(condition, env, Context::Event(actions)).map(Some),
            None => Some(None),
        };
        Some(Step { span: pattern.span, actions, object: object?, except: except?, condition: condition? })
    }

    /// Notes what the names in a pattern mean whose actions mean nothing: they are used all the same.
    fn names_in(&mut self, pattern: &'s EventPattern, env: &Env<'s>) {
        let EventPattern { object, except, condition, .. } = pattern;
        let place = object.place.iter().flat_map(|place| &place.items);
        self.quietly(|checker| {
            for value in object.items.iter().chain(place).chain(&object.port).chain(except) {
                let _ = checker.value(value, env);
            }
            if let Some(condition) = condition {
                let _ = checker.cond(condition, env, Context::AnyEvent);
            }
        });
    }

    /// The kind of object that all actions take, if there is an object.
    fn kind(&mut self, actions: ActionSet, object: &'s Object) -> Option<Kind> {
        let mut kinds = actions.iter().map(|a| (a, Kind::of(a)));
        let (first, kind) = kinds.next()?;
        let Some((other, different)) = kinds.find(|(_, k)| !kind.agrees(*k)) else {
            let optional = actions.iter().all(|a| matches!(Kind::of(a), Kind::Path { optional: true }));
            return Some(if matches!(kind, Kind::Path { .. }) { Kind::Path { optional } } else { kind });
        };
        self.report(
            Diagnostic::new(
                Code::MixedActions,
                object.span,
                format!(
                    "`{}` takes {} and `{}` takes {}: they cannot share an object",
                    first.name(),
                    kind.describe(),
                    other.name(),
                    different.describe()
                ),
            )
            .help("write one rule for each kind of object"),
        );
        None
    }

    fn object(&mut self, pattern: &'s EventPattern, actions: ActionSet, env: &Env<'s>) -> Option<Cond> {
        let object = &pattern.object;
        let always = Cond::constant(true, pattern.span);
        if object.items.is_empty() && object.place.is_none() && object.port.is_none() {
            // Without an object each action must be able to do without.
            let needy = actions.iter().find(|a| {
                matches!(Kind::of(*a), Kind::Path { optional: false } | Kind::Endpoint | Kind::Names { .. })
            });
            let Some(action) = needy else { return Some(always) };
            let span = pattern.actions.last().map_or(pattern.span, |n| n.span);
            let all = match action.info().preposition {
                Some(preposition) => format!("{preposition} any"),
                None => "any".to_owned(),
            };
            let at = Span::new(span.file, span.end, span.end);
            self.report(
                Diagnostic::new(
                    Code::MissingObject,
                    span,
                    format!("`{}` needs {}", action.name(), Kind::of(action).describe()),
                )
                .help(format!("write `{all}` for every object"))
                .fix(format!("add `{all}`"), at, format!(" {all}"), Applicability::Maybe),
            );
            return None;
        }
        let Some(kind) = self.kind(actions, object) else {
            self.names_in(pattern, env);
            return None;
        };
        if !matches!(kind, Kind::Endpoint) {
            self.no_endpoint(object, actions, kind)?;
        }
        match kind {
            Kind::Path { .. } => self.each(&object.items, env, Checker::path_cond),
            Kind::Names { slot } => self.each_name(&object.items, env, slot),
            Kind::Process => self.each(&object.items, env, Self::process_cond),
            Kind::Endpoint => self.endpoint(object, actions, env),
            Kind::Nothing => {
                if let [Expr { kind: ExprKind::Any, .. }] = object.items.as_slice() {
                    return Some(always);
                }
                let names = listed(actions.iter().map(Action::name));
                self.report(
                    Diagnostic::new(Code::ObjectMismatch, object.span, format!("{names} takes no object"))
                        .help("restrict it with `where`"),
                );
                None
            }
        }
    }

    /// Reports a preposition or port where no endpoint can stand.
    fn no_endpoint(&mut self, object: &'s Object, actions: ActionSet, kind: Kind) -> Option<()> {
        let span = match (&object.place, &object.port) {
            (Some(place), _) => place.preposition.span,
            (None, Some(port)) => port.span,
            (None, None) => return Some(()),
        };
        let names = listed(actions.iter().map(Action::name));
        let error = Diagnostic::new(
            Code::ObjectMismatch,
            span,
            format!("{names} takes {}, not an endpoint", kind.describe()),
        );
        let renames = actions.iter().any(|a| a.info().roles.contains(&"target"));
        self.report(if renames && object.port.is_none() {
            error.help(
                "a rule covers the old and the new name alike; tell them apart with `where role == source`",
            )
        } else {
            error.help("endpoints belong to `connect`, `send`, `accept`, `bind` and `listen`")
        });
        None
    }

    /// A list of alternatives.
    fn each(
        &mut self,
        items: &'s [Expr],
        env: &Env<'s>,
        mut cond: impl FnMut(&mut Self, &Element<'s>) -> Option<Cond>,
    ) -> Option<Cond> {
        let mut conds = Vec::new();
        let mut complete = true;
        let mut whole: Option<Span> = None;
        for item in items {
            whole = Some(whole.map_or(item.span, |w| w.to(item.span)));
            let Some(value) = self.value(item, env) else {
                complete = false;
                continue;
            };
            self.spend_many(value.elements.len(), item.span)?;
            self.covered(&value);
            for element in &value.elements {
                match cond(self, element) {
                    Some(one) => conds.push(one),
                    None => {
                        complete = false;
                        break;
                    }
                }
            }
        }
        let span = whole?;
        complete.then(|| Cond::any(conds, span))
    }

    fn each_name(&mut self, items: &'s [Expr], env: &Env<'s>, slot: usize) -> Option<Cond> {
        let kind = event_fact(slot).field().kind;
        self.wanting(kind, |checker| {
            checker.each(items, env, |checker, element| checker.name_cond(element, slot))
        })
    }

    fn path_cond(&mut self, element: &Element<'s>) -> Option<Cond> {
        match &element.scalar {
            Scalar::Any => Some(Cond::constant(true, element.span)),
            Scalar::Subject { .. } => {
                self.report(
                    Diagnostic::new(
                        Code::ObjectMismatch,
                        element.span,
                        "a path is needed here, but this is a subject",
                    )
                    .label("a subject")
                    .help("name the files; a set of paths is defined with `let`"),
                );
                None
            }
            _ => {
                let test = self.path_pattern(element)?;
                Some(Cond::atom(Atom::Text { fact: event_fact(slot::PATH), test }, element.span))
            }
        }
    }

    fn name_cond(&mut self, element: &Element<'s>, slot: usize) -> Option<Cond> {
        if element.scalar == Scalar::Any {
            return Some(Cond::constant(true, element.span));
        }
        let fact = event_fact(slot);
        let code = i64::from(self.word_code(fact.field().kind, element)?);
        Some(Cond::atom(Atom::Number { fact, first: code, last: code }, element.span))
    }

    fn process_cond(&mut self, element: &Element<'s>) -> Option<Cond> {
        match element.scalar {
            Scalar::Any => Some(Cond::constant(true, element.span)),
            Scalar::Subject { subject, tree: false } => Some(member(Source::Target, subject, element.span)),
            Scalar::Subject { tree: true, .. } => {
                self.tree_target(element.span);
                None
            }
            ref other => {
                let found = other.describe();
                self.report(
                    Diagnostic::new(
                        Code::ObjectMismatch,
                        element.span,
                        format!("a subject is needed here, but this is {found}"),
                    )
                    .label(found)
                    .help("define one: `subject worker = process.exe == /usr/bin/worker`"),
                );
                None
            }
        }
    }

    fn tree_target(&mut self, span: Span) {
        self.report(
            Diagnostic::new(Code::FactNotHere, span, "`tree(…)` is known only of the process that asks")
                .help("name the subject without `tree`"),
        );
    }

    fn endpoint(&mut self, object: &'s Object, actions: ActionSet, env: &Env<'s>) -> Option<Cond> {
        let protocol = if object.items.is_empty() {
            Some(None)
        } else {
            self.wanting(FieldType::Protocol, |checker| checker.each(&object.items, env, Self::protocol_cond))
                .map(Some)
        };
        let place = match &object.place {
            None => Some(None),
            Some(place) => self.place(place, actions, env).map(Some),
        };
        let port = match &object.port {
            None => Some(None),
            Some(port) => self.port(port, env).map(Some),
        };
        let parts = [protocol?, place?, port?];
        Some(Cond::all(parts.into_iter().flatten().collect(), object.span))
    }

    fn protocol_cond(&mut self, element: &Element<'s>) -> Option<Cond> {
        match &element.scalar {
            Scalar::Any => Some(Cond::constant(true, element.span)),
            Scalar::Word(_) | Scalar::Text(_) => {
                let fact = event_fact(slot::PROTOCOL);
                let code = i64::from(self.word_code(FieldType::Protocol, element)?);
                Some(Cond::atom(Atom::Number { fact, first: code, last: code }, element.span))
            }
            other => {
                let found = other.describe();
                let message = format!("a protocol is needed here, but this is {found}");
                self.report(
                    Diagnostic::new(Code::ObjectMismatch, element.span, message)
                        .label(found)
                        .help("write `to`, `from` or `on` before the endpoint: `connect tcp to 10.0.0.1`"),
                );
                None
            }
        }
    }

    fn place(&mut self, place: &'s Place, actions: ActionSet, env: &Env<'s>) -> Option<Cond> {
        let written = word(place.preposition.node);
        for action in actions.iter() {
            let Some(needed) = action.info().preposition else { continue };
            if needed != written {
                let error = Diagnostic::new(
                    Code::WrongPreposition,
                    place.preposition.span,
                    format!("`{}` is written with `{needed}`, not `{written}`", action.name()),
                );
                let mixed = actions.iter().any(|a| a.info().preposition == Some(written));
                self.report(if mixed {
                    error.help("write one rule for each direction")
                } else {
                    error.help(format!("write `{needed}`")).fix(
                        format!("replace with `{needed}`"),
                        place.preposition.span,
                        needed,
                        Applicability::Safe,
                    )
                });
                return None;
            }
        }
        let outgoing = actions.iter().all(|a| matches!(a, Action::Connect | Action::Send));
        self.each_endpoint(&place.items, outgoing, env)
    }

    /// Addresses, networks, subjects, host names, `any`.
    fn each_endpoint(&mut self, items: &'s [Expr], outgoing: bool, env: &Env<'s>) -> Option<Cond> {
        let mut conds = Vec::new();
        let mut complete = true;
        let mut whole: Option<Span> = None;
        for item in items {
            whole = Some(whole.map_or(item.span, |w| w.to(item.span)));
            let Some(value) = self.value(item, env) else {
                complete = false;
                continue;
            };
            self.spend_many(value.elements.len(), item.span)?;
            let before = conds.len();
            if self.endpoint_conds(&value, outgoing, &mut conds).is_none() {
                conds.truncate(before);
                complete = false;
            }
        }
        let span = whole?;
        complete.then(|| Cond::any(conds, span))
    }

    fn endpoint_conds(&mut self, value: &Rc<Value<'s>>, outgoing: bool, conds: &mut Vec<Cond>) -> Option<()> {
        let mut gathered: Vec<(Span, Vec<Network>)> = Vec::new();
        for element in &value.elements {
            let span = element.span;
            let found = match &element.scalar {
                Scalar::Ip(address) => vec![one_address(if outgoing { reached(*address) } else { *address })],
                Scalar::Cidr { address, prefix } => networks(*address, *prefix),
                Scalar::Any => {
                    conds.push(Cond::constant(true, span));
                    continue;
                }
                Scalar::Subject { subject, tree: false } => {
                    conds.push(member(Source::Target, *subject, span));
                    continue;
                }
                Scalar::Subject { tree: true, .. } => {
                    self.tree_target(span);
                    return None;
                }
                Scalar::Host(name) => {
                    let glob = self.glob(name, span, true)?;
                    let test = glob.literal().map_or(TextTest::Glob(glob), TextTest::Equals);
                    conds.push(Cond::atom(Atom::Text { fact: event_fact(slot_named("host")), test }, span));
                    continue;
                }
                other => {
                    let error = Diagnostic::new(
                        Code::ObjectMismatch,
                        span,
                        format!("an endpoint is needed here, but this is {}", other.describe()),
                    )
                    .label(other.describe());
                    self.report(match other {
                        Scalar::Text(text) => error.help(format!("a host name is written `host \"{text}\"`")),
                        Scalar::Number { .. } | Scalar::Range(..) => {
                            error.help("a port is written `port 443` after the address")
                        }
                        _ => error.help("write an address, a network, a subject, `host \"…\"` or `any`"),
                    });
                    return None;
                }
            };
            match gathered.last_mut() {
                Some((last, list)) if *last == span => list.extend(found),
                _ => gathered.push((span, found)),
            }
        }
        conds.extend(gathered.into_iter().map(|(span, networks)| {
            Cond::atom(Atom::Address { fact: event_fact(slot::ADDRESS), networks }, span)
        }));
        Some(())
    }

    fn port(&mut self, port: &'s Expr, env: &Env<'s>) -> Option<Cond> {
        let value = self.value(port, env)?;
        if let [Element { scalar: Scalar::Any, .. }] = value.elements.as_slice() {
            return Some(Cond::constant(true, port.span));
        }
        let ranges = self.ranges(FieldType::Port, &value)?;
        let atoms = ranges.into_iter().map(|(first, last, span)| {
            Cond::atom(Atom::Number { fact: event_fact(slot::PORT), first, last }, span)
        });
        Some(Cond::any(atoms.collect(), port.span))
    }

    /// What `except` leaves out.
    fn except(&mut self, except: &'s Expr, actions: ActionSet, env: &Env<'s>) -> Option<Vec<Cond>> {
        let kind = {
            let mut kinds = actions.iter().map(Kind::of);
            let first = kinds.next()?;
            if kinds.all(|k| first.agrees(k)) { first } else { return None }
        };
        let items = std::slice::from_ref(except);
        let cond = match kind {
            Kind::Path { .. } => self.each(items, env, Checker::path_cond),
            Kind::Names { slot } => self.each_name(items, env, slot),
            Kind::Process => self.each(items, env, Self::process_cond),
            Kind::Endpoint => {
                let outgoing = actions.iter().all(|a| matches!(a, Action::Connect | Action::Send));
                self.each_endpoint(items, outgoing, env)
            }
            Kind::Nothing => {
                let names = listed(actions.iter().map(Action::name));
                self.report(
                    Diagnostic::new(
                        Code::ObjectMismatch,
                        except.span,
                        format!("{names} has no object to leave out"),
                    )
                    .help("restrict it with `where`"),
                );
                None
            }
        }?;
        Some(match cond.kind {
            crate::model::CondKind::Any(parts) => parts,
            _ => vec![cond],
        })
    }

    /// Whether a literal path stands beside a glob that ends with `/**` and covers it.
    fn covered(&mut self, value: &Value<'s>) {
        // Only lists written out here: a named list comes with one place for all its entries.
        let [first, .., last] = value.elements.as_slice() else { return };
        if first.span == last.span || value.elements.len() > MAX_COMPARED {
            return;
        }
        let mut below: Vec<(Vec<u8>, Span)> = Vec::new();
        for element in &value.elements {
            if let Scalar::Path(glob) = &element.scalar
                && let Some(directory) = glob.text().strip_suffix("/**")
                && !directory.contains(['*', '?', '[', '{', '\\'])
            {
                below.push((directory.as_bytes().to_vec(), element.span));
            }
        }
        for element in &value.elements {
            let Scalar::Path(glob) = &element.scalar else { continue };
            let Some(path) = glob.literal() else { continue };
            let inside = |d: &[u8]| path.len() > d.len() + 1 && path.starts_with(d) && path[d.len()] == b'/';
            if let Some((_, by)) = below.iter().find(|(directory, _)| inside(directory)) {
                self.report(
                    Diagnostic::new(
                        Code::CoveredPattern,
                        element.span,
                        format!("`{}` is covered by its neighbour", glob.text()),
                    )
                    .related(*by, "this covers it")
                    .help("remove one of them"),
                );
            }
        }
    }
}

/// A fact of the event.
pub(super) const fn event_fact(slot: usize) -> FactRef {
    FactRef { source: Source::Event, slot, key: None }
}

/// The slot of an event's fact.
pub(super) fn slot_named(name: &str) -> usize {
    event_fields().iter().position(|f| f.name == name).unwrap_or(slot::PATH)
}

/// The address that a connection to this one reaches: to the wildcard address, the loopback.
fn reached(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        other => other,
    }
}
