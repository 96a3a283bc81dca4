//! Why a clause decided, lost or did not match.

use super::build::*;
use crate::evaluate::{Muted, Part, Standing, Trace, Truth, explain};
use crate::model::{Atom, ClauseRef, Cond, FactRef, Mode, Model, PolicyId, RuleEffect, RuleId, Scope};
use crate::span::{FileId, Span};
use warmor_policy::event::{Event, Fact, Source};
use warmor_policy::schema::{Action, slot};
use warmor_policy::verdict::{Effect, Severity};

const READ: &[Action] = &[Action::Read];

fn why(model: &Model, event: &Event) -> Trace {
    explain(model, event, &Muted::none())
}

fn standings(trace: &Trace) -> Vec<(ClauseRef, Standing)> {
    trace.applied.iter().map(|a| (a.clause, a.standing)).collect()
}

fn rule(n: u32) -> ClauseRef {
    ClauseRef::Rule(RuleId(n))
}

#[test]
fn every_clause_is_either_applied_or_missed() {
    let mut b = Build::default();
    let p = b.policy(Mode::Prevent, anyone(), READ);
    b.rule(p, RuleEffect::Deny, READ, path("/a")).severity = Severity::High;
    b.rule(p, RuleEffect::Deny, READ, path("/a"));
    b.rule(p, RuleEffect::Allow, READ, path("/a"));
    b.rule(p, RuleEffect::Audit, READ, path("/a"));
    b.rule(p, RuleEffect::Deny, &[Action::Write], path("/a"));
    let trace = why(&b.0, &read("/a"));
    assert_eq!(trace.deciding, Some(rule(0)));
    assert_eq!(
        standings(&trace),
        [
            (rule(0), Standing::Decides),
            (rule(1), Standing::Outranked),
            (rule(2), Standing::Overruled),
            (rule(3), Standing::Records),
            (ClauseRef::Default(PolicyId(0)), Standing::Overruled),
        ]
    );
    assert_eq!(trace.missed.len(), 1);
    assert_eq!((trace.missed[0].clause, trace.missed[0].part), (rule(4), Part::Action));
}

#[test]
fn what_is_inert_or_muted_says_so() {
    let mut b = Build::default();
    let detect = b.policy(Mode::Detect, anyone(), &[]);
    let muted = b.policy(Mode::Prevent, anyone(), &[]);
    let enforcing = b.policy(Mode::Prevent, anyone(), READ);
    b.rule(detect, RuleEffect::Allow, READ, path("/a"));
    b.rule(muted, RuleEffect::Deny, READ, path("/a"));
    let trace = explain(&b.0, &read("/a"), &[muted].into_iter().collect());
    assert_eq!(trace.decision.enforced, Effect::Deny);
    assert_eq!(
        standings(&trace),
        [
            (rule(0), Standing::Inert),
            (rule(1), Standing::Muted),
            (ClauseRef::Default(enforcing), Standing::Decides),
        ]
    );
}

fn marked(cond: Cond, start: u32) -> Cond {
    Cond { span: Span::new(FileId(0), start, start + 1), ..cond }
}

#[test]
fn a_miss_names_the_part_the_place_and_the_fact() {
    let mut b = Build::default();
    let scope = Scope { subjects: Some(vec![marked(exe("/bin/sh"), 10)]), except: vec![] };
    let p = b.policy(Mode::Prevent, scope, &[]);
    let r = b.rule(p, RuleEffect::Deny, READ, marked(path("/a/**"), 20));
    r.except = vec![marked(path("/a/x"), 30), marked(path("/a/y"), 40)];
    r.condition =
        Some(marked(atom(Atom::Number { fact: fact(Source::Process, slot::UID), first: 0, last: 0 }), 50));
    let missed = |by: &str, text: &str| {
        let mut e = read(text);
        e.process.0[slot::EXE] = bytes(by);
        let trace = why(&b.0, &e);
        let miss = trace.missed[0].clone();
        assert_eq!(miss.truth, Truth::False);
        let cause = miss.causes[0].clone();
        (miss.part, cause.span.start, cause.fact.unwrap())
    };
    let exe_fact = fact(Source::Process, slot::EXE);
    let path_fact = || fact(Source::Event, slot::PATH);
    assert_eq!(missed("/bin/ls", "/a/b"), (Part::Scope, 10, (exe_fact, bytes("/bin/ls"))));
    assert_eq!(missed("/bin/sh", "/b"), (Part::Object, 20, (path_fact(), bytes("/b"))));
    assert_eq!(missed("/bin/sh", "/a/y"), (Part::Except, 40, (path_fact(), bytes("/a/y"))));
    assert_eq!(
        missed("/bin/sh", "/a/b"),
        (Part::Where, 50, (fact(Source::Process, slot::UID), Fact::Absent))
    );
}

#[test]
fn alternatives_on_one_fact_are_one_cause() {
    let mut b = Build::default();
    let p = b.policy(Mode::Prevent, anyone(), &[]);
    let alternatives = vec![marked(path("/a"), 1), marked(path("/b"), 3), marked(exe("/c"), 5)];
    b.rule(p, RuleEffect::Deny, READ, marked(Cond::any(alternatives, at()), 9));
    let trace = why(&b.0, &read("/x"));
    let causes: Vec<_> =
        trace.missed[0].causes.iter().map(|c| (c.span.start, c.fact.clone().unwrap().0.slot)).collect();
    assert_eq!(causes, [(9, slot::PATH), (5, slot::EXE)]);
}

#[test]
fn a_fact_of_another_process_is_named_as_that_processs() {
    let mut b = Build::default();
    let s = b.subject(exe("/usr/sbin/nginx"));
    let p = b.policy(Mode::Prevent, anyone(), &[]);
    let member = atom(Atom::Member { source: Source::Target, subject: s });
    b.rule(p, RuleEffect::Deny, &[Action::Signal], member);
    let mut e = Event::new(Action::Signal);
    e.target.0[slot::EXE] = bytes("/bin/sh");
    let cause = why(&b.0, &e).missed[0].causes[0].clone();
    let expected = FactRef { source: Source::Target, slot: slot::EXE, key: None };
    assert_eq!(cause.fact, Some((expected, bytes("/bin/sh"))));
}

#[test]
fn subjects_that_name_each_other_twice_cost_no_more_than_once() {
    let mut b = Build::default();
    let uid = |n| atom(Atom::Number { fact: fact(Source::Process, slot::UID), first: n, last: n });
    let mut last = b.subject(uid(0));
    for n in 1..64 {
        let member = || atom(Atom::Member { source: Source::Process, subject: last });
        let one = Cond::all(vec![member(), not(uid(n))], at());
        let two = Cond::all(vec![member(), not(uid(-n))], at());
        last = b.subject(Cond::any(vec![one, two], at()));
    }
    let scope = Scope {
        subjects: Some(vec![atom(Atom::Member { source: Source::Process, subject: last })]),
        except: vec![],
    };
    b.policy(Mode::Prevent, scope, READ);
    let mut e = read("/a");
    e.process.0[slot::UID] = Fact::Known(warmor_policy::event::Value::Int(1000));
    assert_eq!(why(&b.0, &e).missed[0].part, Part::Scope);
    e.process.0[slot::UID] = Fact::Known(warmor_policy::event::Value::Int(0));
    assert_eq!(why(&b.0, &e).decision.enforced, Effect::Deny);
}

#[test]
fn what_is_unknown_is_told_from_what_is_false() {
    let mut b = Build::default();
    let p = b.policy(Mode::Prevent, anyone(), READ);
    b.rule(p, RuleEffect::Allow, READ, path("/a"));
    b.rule(p, RuleEffect::Deny, READ, path("/a"));
    let mut e = Event::new(Action::Read);
    e.facts[slot::PATH] = Fact::Unknown;
    let trace = why(&b.0, &e);
    assert_eq!((trace.applied[0].clause, trace.applied[0].truth), (rule(1), Truth::Unknown));
    assert_eq!((trace.missed[0].clause, trace.missed[0].truth), (rule(0), Truth::Unknown));
}
