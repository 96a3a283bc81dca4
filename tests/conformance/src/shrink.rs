//! Making a disagreement small enough to read.

use crate::agree::{Answer, Engine, compare};
use warmor_compiler::model::{Cond, CondKind, Model, Pattern, PolicyId};
use warmor_policy::event::{Event, Fact, Record};

/// A disagreement with nothing in it that could be left out.
#[derive(Debug)]
pub struct Disagreement {
    /// The model.
    pub model: Model,
    /// The event.
    pub event: Event,
    /// Which policies are muted.
    pub muted: Vec<bool>,
    /// What the reference says, and what the engine says.
    pub answers: (Answer, Answer),
}

/// Shrinks a disagreement: drops rules, postures, detections, parts of conditions and facts, as long as the engine made by `engine`
/// and the reference still differ.
pub fn shrink(
    model: &Model,
    event: &Event,
    muted: &[bool],
    engine: &dyn Fn(&Model) -> Option<Box<dyn Engine>>,
) -> Option<Disagreement> {
    let differ = |m: &Model, e: &Event, muted: &[bool]| {
        let mut made = engine(m)?;
        made.mute(muted);
        compare(m, made.as_mut(), e, muted).err().map(|b| *b)
    };
    let (mut model, mut event, mut muted) = (model.clone(), event.clone(), muted.to_vec());
    let mut answers = differ(&model, &event, &muted)?;
    loop {
        let smaller = smaller_models(&model)
            .map(|m| (m, event.clone(), muted.clone()))
            .chain(smaller_events(&event).map(|e| (model.clone(), e, muted.clone())))
            .chain(
                std::iter::once((model.clone(), event.clone(), vec![false; muted.len()]))
                    .filter(|_| muted.contains(&true)),
            );
        let found = smaller.into_iter().find_map(|(m, e, u)| differ(&m, &e, &u).map(|a| (m, e, u, a)));
        match found {
            Some((m, e, u, a)) => (model, event, muted, answers) = (m, e, u, a),
            None => return Some(Disagreement { model, event, muted, answers }),
        }
    }
}

fn smaller_models(model: &Model) -> impl Iterator<Item = Model> {
    let mut out = Vec::new();
    let mut with = |change: &dyn Fn(&mut Model)| {
        let mut m = model.clone();
        change(&mut m);
        out.push(m);
    };
    for i in 0..model.rules.len() {
        with(&|m| drop(m.rules.remove(i)));
    }
    for i in 0..model.detections.len() {
        with(&|m| drop(m.detections.remove(i)));
    }
    for (i, p) in model.policies.iter().enumerate() {
        if !p.default_deny.is_empty() {
            with(&|m| m.policies[i].default_deny = warmor_compiler::model::ActionSet::default());
        }
        if p.scope.subjects.is_some() || !p.scope.except.is_empty() {
            with(&|m| m.policies[i].scope = warmor_compiler::model::Scope::default());
        }
        if model.policies.len() == i + 1
            && i > 0
            && model.rules.iter().all(|r| r.policy != PolicyId(i as u32))
        {
            with(&|m| drop(m.policies.pop()));
        }
    }
    for (i, r) in model.rules.iter().enumerate() {
        if r.condition.is_some() {
            with(&|m| m.rules[i].condition = None);
        }
        if !r.except.is_empty() {
            with(&|m| m.rules[i].except.clear());
        }
        for c in smaller_conds(&r.object) {
            with(&|m| m.rules[i].object = c.clone());
        }
        for c in r.condition.iter().flat_map(smaller_conds) {
            with(&|m| m.rules[i].condition = Some(c.clone()));
        }
    }
    for (i, s) in model.subjects.iter().enumerate() {
        for c in smaller_conds(&s.cond) {
            with(&|m| m.subjects[i].cond = c.clone());
        }
    }
    for (i, d) in model.detections.iter().enumerate() {
        if let Pattern::Single(step) = &d.pattern {
            for c in smaller_conds(&step.object) {
                with(&|m| {
                    if let Pattern::Single(s) = &mut m.detections[i].pattern {
                        s.object = c.clone();
                    }
                });
            }
        }
    }
    out.into_iter()
}

fn smaller_conds(cond: &Cond) -> Vec<Cond> {
    match &cond.kind {
        CondKind::Const(_) => vec![],
        CondKind::Atom(_) => vec![Cond::constant(true, cond.span), Cond::constant(false, cond.span)],
        CondKind::Not(inner) => std::iter::once((**inner).clone())
            .chain(smaller_conds(inner).into_iter().map(|c| Cond::not(c, cond.span)))
            .collect(),
        CondKind::All(parts) | CondKind::Any(parts) => {
            let all = matches!(cond.kind, CondKind::All(_));
            let mut out = parts.clone();
            for (i, p) in parts.iter().enumerate() {
                for smaller in smaller_conds(p) {
                    let mut rest = parts.clone();
                    rest[i] = smaller;
                    out.push(if all { Cond::all(rest, cond.span) } else { Cond::any(rest, cond.span) });
                }
            }
            out
        }
    }
}

fn smaller_events(event: &Event) -> impl Iterator<Item = Event> {
    let mut out = Vec::new();
    let mut with = |change: &dyn Fn(&mut Event)| {
        let mut e = event.clone();
        change(&mut e);
        if e != *event {
            out.push(e);
        }
    };
    with(&|e| e.ancestors.clear());
    with(&|e| e.ancestors_incomplete = false);
    with(&|e| e.parent = Record::default());
    with(&|e| e.target = Record::default());
    with(&|e| e.process = Record::default());
    for i in 0..event.facts.len() {
        with(&|e| e.facts[i] = Fact::Absent);
    }
    for i in 0..event.process.0.len() {
        with(&|e| e.process.0[i] = Fact::Absent);
        with(&|e| e.parent.0[i] = Fact::Absent);
        with(&|e| e.target.0[i] = Fact::Absent);
    }
    out.into_iter()
}

impl std::fmt::Display for Disagreement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, s) in self.model.subjects.iter().enumerate() {
            writeln!(f, "subject {i}: {}", Brief(&s.cond))?;
        }
        for (i, p) in self.model.policies.iter().enumerate() {
            let muted = if self.muted.get(i) == Some(&true) { " (muted)" } else { "" };
            let deny: Vec<&str> = p.default_deny.iter().map(warmor_policy::schema::Action::name).collect();
            writeln!(
                f,
                "policy {i}{muted}: {:?}, unknown {:?}, default deny {deny:?}, for {}",
                p.mode,
                p.unknown,
                Brief(&p.scope.cond(p.span))
            )?;
        }
        for r in &self.model.rules {
            let actions: Vec<&str> = r.actions.iter().map(warmor_policy::schema::Action::name).collect();
            writeln!(f, "rule of {}: {:?} {actions:?} if {}", r.policy.0, r.effect, Brief(&r.cond()))?;
        }
        for d in &self.model.detections {
            writeln!(f, "detection for {}: {:?}", Brief(&d.scope.cond(d.span)), d.pattern)?;
        }
        writeln!(f, "event {:?}", self.event.action)?;
        let records = [
            ("process", &self.event.process),
            ("parent", &self.event.parent),
            ("target", &self.event.target),
        ];
        for (name, r) in records.into_iter().chain(self.event.ancestors.iter().map(|a| ("ancestor", a))) {
            for (fact, field) in r.0.iter().zip(warmor_policy::schema::process_fields()) {
                if *fact != Fact::Absent {
                    writeln!(f, "  {name} {}: {fact:?}", field.name)?;
                }
            }
        }
        for (fact, field) in self.event.facts.iter().zip(warmor_policy::schema::event_fields()) {
            if *fact != Fact::Absent {
                writeln!(f, "  {}: {fact:?}", field.name)?;
            }
        }
        writeln!(f, "reference: {:?}\nengine:    {:?}", self.answers.0, self.answers.1)
    }
}

/// A condition without its spans.
struct Brief<'c>(&'c Cond);

impl std::fmt::Display for Brief<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0.kind {
            CondKind::Const(b) => write!(f, "{b}"),
            CondKind::Not(inner) => write!(f, "not {}", Brief(inner)),
            CondKind::All(parts) | CondKind::Any(parts) => {
                f.write_str(if matches!(self.0.kind, CondKind::All(_)) { "all(" } else { "any(" })?;
                for p in parts {
                    write!(f, "{}, ", Brief(p))?;
                }
                f.write_str(")")
            }
            CondKind::Atom(atom) => write!(f, "{atom:?}"),
        }
    }
}
