//! What clauses say, without how it is written: equal meanings of two programs have equal numbers.
//!
//! Spans, names, the order of alternatives and of rules, how subjects are cut and which template a rule came from are left
//! out. Two clauses with one meaning apply to the same events and ask for the same, whichever program they stand in. The
//! opposite does not hold: `[/a/*, /a/*/**]` and `/a/**` have different numbers, and the engine has to tell that they are alike.

use crate::model::{
    Atom, ClauseRef, Compare, Cond, CondKind, Element, FactRef, GroupBy, Mode, Model, Network, OnUnknown,
    Pattern, RuleEffect, Scope, Step, SubjectId, TextTest,
};
use rustc_hash::FxHashMap;
use warmor_policy::event::Source;
use warmor_policy::verdict::{ClauseKind, Responses, Severity};

/// The number of a condition's meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Meaning(u32);

/// A condition in negation normal form: Kleene's logic keeps De Morgan's laws, and the sign of a test is what a wildcard address
/// goes by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Node<'m> {
    Const(bool),
    All(Box<[Meaning]>),
    Any(Box<[Meaning]>),
    Test(Test<'m>, bool),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Test<'m> {
    Text(&'m FactRef, &'m TextTest),
    Number(&'m FactRef, i64, i64),
    Address(&'m FactRef, Vec<Network>),
    Flags(&'m FactRef, u32),
    Present(&'m FactRef),
    ListAny(&'m FactRef, &'m Element),
    ListAll(&'m FactRef, &'m Element),
    Relation(&'m FactRef, Compare, &'m FactRef, i64),
    Same(&'m FactRef, &'m FactRef),
    /// Another process of the event is such that its own facts satisfy the condition.
    Member(Source, Meaning),
    Ancestor(Meaning),
}

/// What a clause says where it applies.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Saying<'m> {
    pub(super) kind: ClauseKind,
    /// Whether it enforces; for what is no verdict, never.
    prevents: bool,
    on_unknown: bool,
    /// `None` for an allow: nothing depends on it.
    severity: Option<Severity>,
    pub(super) responses: Responses,
    /// Whom it alerts, sorted.
    pub(super) alert: Vec<&'m str>,
}

/// A clause's meaning: what it says, and of which events.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Spoken<'m> {
    pub(super) saying: Saying<'m>,
    pub(super) of: Meaning,
}

/// A pattern of several events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Correlation<'m> {
    scope: Meaning,
    /// For a count: how many, and of which different values.
    count: Option<(u64, Option<&'m FactRef>)>,
    by: &'m [GroupBy],
    within_ms: u64,
    /// In order for a sequence, sorted for a count.
    steps: Vec<(crate::model::ActionSet, Meaning)>,
}

/// The meanings of the conditions of some programs.
#[derive(Default)]
pub(super) struct Meanings<'m> {
    nodes: FxHashMap<Node<'m>, Meaning>,
    list: Vec<Node<'m>>,
    /// By program, subject and sign.
    subjects: FxHashMap<(usize, SubjectId, bool), Meaning>,
}

impl<'m> Meanings<'m> {
    fn intern(&mut self, node: Node<'m>) -> Meaning {
        if let Some(known) = self.nodes.get(&node) {
            return *known;
        }
        let id = Meaning(self.list.len() as u32);
        self.list.push(node.clone());
        self.nodes.insert(node, id);
        id
    }

    fn join(&mut self, parts: impl IntoIterator<Item = Meaning>, all: bool) -> Meaning {
        let mut flat: Vec<Meaning> = Vec::new();
        for part in parts {
            match &self.list[part.0 as usize] {
                Node::Const(b) if *b == all => {}
                Node::Const(_) => return part,
                Node::All(inner) if all => flat.extend(inner.iter()),
                Node::Any(inner) if !all => flat.extend(inner.iter()),
                _ => flat.push(part),
            }
        }
        flat.sort_unstable();
        flat.dedup();
        match flat.as_slice() {
            [] => self.intern(Node::Const(all)),
            [one] => *one,
            _ if all => self.intern(Node::All(flat.into())),
            _ => self.intern(Node::Any(flat.into())),
        }
    }

    fn cond(&mut self, program: (usize, &'m Model), cond: &'m Cond, positive: bool) -> Meaning {
        match &cond.kind {
            CondKind::Const(b) => self.intern(Node::Const(*b == positive)),
            CondKind::Not(inner) => self.cond(program, inner, !positive),
            CondKind::All(parts) => self.conds(program, parts, positive, positive),
            CondKind::Any(parts) => self.conds(program, parts, positive, !positive),
            CondKind::Atom(atom) => self.atom(program, atom, positive),
        }
    }

    /// All of the conditions (`all`) or one of them, each with the sign.
    fn conds(
        &mut self,
        program: (usize, &'m Model),
        conds: &'m [Cond],
        positive: bool,
        all: bool,
    ) -> Meaning {
        let parts: Vec<Meaning> = conds.iter().map(|c| self.cond(program, c, positive)).collect();
        self.join(parts, all)
    }

    fn atom(&mut self, program: (usize, &'m Model), atom: &'m Atom, positive: bool) -> Meaning {
        let test = match atom {
            Atom::Text { fact, test } => Test::Text(fact, test),
            Atom::Number { fact, first, last } => Test::Number(fact, *first, *last),
            Atom::Address { fact, networks } => {
                let mut networks = networks.clone();
                networks.sort_unstable();
                networks.dedup();
                Test::Address(fact, networks)
            }
            Atom::Flags { fact, mask } => Test::Flags(fact, *mask),
            Atom::Present { fact } => Test::Present(fact),
            Atom::ListAny { fact, element } => Test::ListAny(fact, element),
            Atom::ListAll { fact, element } => Test::ListAll(fact, element),
            Atom::Relation { left, compare, right, offset } => Test::Relation(left, *compare, right, *offset),
            Atom::Same { left, right } => Test::Same(left, right),
            // Seen from the process itself, to be a member is what the subject says.
            Atom::Member { source: Source::Process, subject } => {
                return self.subject(program, *subject, positive);
            }
            Atom::Member { source, subject } => Test::Member(*source, self.subject(program, *subject, true)),
            Atom::Ancestor { cond } => Test::Ancestor(self.cond(program, cond, true)),
        };
        self.intern(Node::Test(test, positive))
    }

    fn subject(&mut self, program: (usize, &'m Model), subject: SubjectId, positive: bool) -> Meaning {
        let key = (program.0, subject, positive);
        if let Some(known) = self.subjects.get(&key) {
            return *known;
        }
        let meaning = self.cond(program, &program.1.subject(subject).cond, positive);
        self.subjects.insert(key, meaning);
        meaning
    }

    /// The meaning of a scope.
    pub(super) fn scope(&mut self, program: (usize, &'m Model), scope: &'m Scope) -> Meaning {
        let inside = match &scope.subjects {
            None => self.intern(Node::Const(true)),
            Some(subjects) => self.conds(program, subjects, true, false),
        };
        let outside = self.conds(program, &scope.except, false, true);
        self.join([inside, outside], true)
    }

    fn events(
        &mut self,
        program: (usize, &'m Model),
        scope: Meaning,
        (object, except, condition): (&'m Cond, &'m [Cond], Option<&'m Cond>),
    ) -> Meaning {
        let mut parts =
            vec![scope, self.cond(program, object, true), self.conds(program, except, false, true)];
        parts.extend(condition.map(|c| self.cond(program, c, true)));
        self.join(parts, true)
    }

    fn step(&mut self, program: (usize, &'m Model), scope: Meaning, step: &'m Step) -> Meaning {
        self.events(program, scope, (&step.object, &step.except, step.condition.as_ref()))
    }

    /// What a clause says, and of which events. A detection of several events is no clause: it speaks of none.
    pub(super) fn clause(&mut self, program: (usize, &'m Model), clause: ClauseRef) -> Spoken<'m> {
        let model = program.1;
        match clause {
            ClauseRef::Rule(id) => {
                let rule = model.rule(id);
                let policy = model.policy(rule.policy);
                let scope = self.scope(program, &policy.scope);
                let of = self.events(program, scope, (&rule.object, &rule.except, rule.condition.as_ref()));
                let prevents = policy.mode == Mode::Prevent;
                let denies = policy.unknown == OnUnknown::Deny;
                let saying = match rule.effect {
                    RuleEffect::Allow => Saying {
                        kind: ClauseKind::Allow,
                        prevents,
                        on_unknown: !denies,
                        severity: None,
                        responses: Responses::default(),
                        alert: Vec::new(),
                    },
                    RuleEffect::Deny => Saying {
                        kind: ClauseKind::Deny,
                        prevents,
                        on_unknown: denies,
                        severity: Some(rule.severity),
                        responses: asked(model, clause),
                        alert: sorted(&rule.alert),
                    },
                    RuleEffect::Audit => Saying {
                        kind: ClauseKind::Audit,
                        prevents: false,
                        on_unknown: true,
                        severity: Some(rule.severity),
                        responses: asked(model, clause),
                        alert: sorted(&rule.alert),
                    },
                };
                Spoken { saying, of }
            }
            ClauseRef::Default(id) => {
                let policy = model.policy(id);
                let saying = Saying {
                    kind: ClauseKind::Default,
                    prevents: policy.mode == Mode::Prevent,
                    on_unknown: policy.unknown == OnUnknown::Deny,
                    severity: Some(policy.severity),
                    responses: Responses::default(),
                    alert: Vec::new(),
                };
                Spoken { saying, of: self.scope(program, &policy.scope) }
            }
            ClauseRef::Detection(index) => {
                let detection = &model.detections[index as usize];
                let scope = self.scope(program, &detection.scope);
                let of = match &detection.pattern {
                    Pattern::Single(step) => self.step(program, scope, step),
                    Pattern::Sequence { .. } | Pattern::Count { .. } => self.intern(Node::Const(false)),
                };
                let saying = Saying {
                    kind: ClauseKind::Detect,
                    prevents: false,
                    on_unknown: true,
                    severity: Some(detection.severity),
                    responses: detection.responses,
                    alert: sorted(&detection.alert),
                };
                Spoken { saying, of }
            }
        }
    }

    /// What a detection of several events looks for; `None` for one of a single event.
    pub(super) fn correlation(
        &mut self,
        program: (usize, &'m Model),
        detection: &'m crate::model::Detection,
    ) -> Option<Correlation<'m>> {
        let (count, by, within_ms, steps) = match &detection.pattern {
            Pattern::Single(_) => return None,
            Pattern::Sequence { by, within_ms, steps } => (None, by, *within_ms, steps),
            Pattern::Count { at_least, distinct, by, within_ms, steps } => {
                (Some((*at_least, distinct.as_ref())), by, *within_ms, steps)
            }
        };
        let scope = self.scope(program, &detection.scope);
        let always = self.intern(Node::Const(true));
        let mut steps: Vec<_> = steps.iter().map(|s| (s.actions, self.step(program, always, s))).collect();
        if count.is_some() {
            steps.sort_unstable();
        }
        Some(Correlation { scope, count, by, within_ms, steps })
    }
}

/// What a clause asks for where it applies: what does harm needs a policy that enforces.
pub(super) fn asked(model: &Model, clause: ClauseRef) -> Responses {
    match clause {
        ClauseRef::Rule(id) => {
            let rule = model.rule(id);
            let prevents = model.policy(rule.policy).mode == Mode::Prevent;
            match rule.effect {
                RuleEffect::Allow => Responses::default(),
                RuleEffect::Deny if prevents => rule.responses,
                RuleEffect::Deny | RuleEffect::Audit => rule.responses.intersection(Responses::HARMLESS),
            }
        }
        ClauseRef::Default(_) => Responses::default(),
        ClauseRef::Detection(index) => model.detections[index as usize].responses,
    }
}

fn sorted(names: &[String]) -> Vec<&str> {
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    names
}
