//! Assertions and assumptions against their definitions, by looking at all events of small worlds with the reference evaluator.

use super::laws::{Facts, all_events_of, random_model_of};
use super::random::Random;
use crate::evaluate::{Muted, Truth, decide, holds};
use crate::model::{Assertion, AssertionKind, Assumption, Cond, Expectation, Model, Scope, Step, Test};
use crate::prove::{About, Budget, findings};
use crate::span::Span;
use std::collections::BTreeSet;
use warmor_policy::event::{Event, Fact, Record};
use warmor_policy::schema::Action;
use warmor_policy::verdict::Effect;

const ACTIONS: [Action; 2] = [Action::Read, Action::Exec];
const KINDS: [AssertionKind; 3] = [AssertionKind::Never, AssertionKind::Always, AssertionKind::Only];

/// Claims about what the model's own rules are about, of the processes that its policies are for.
fn assertions(model: &Model, r: &mut Random) -> Vec<Assertion> {
    let claim = |i: usize, r: &mut Random| {
        let rule = &model.rules[r.below(model.rules.len())];
        let step = Step {
            span: rule.span,
            actions: rule.actions,
            object: rule.object.clone(),
            except: rule.except.clone(),
            condition: rule.condition.clone(),
        };
        let scope: Scope = model.policies[r.below(model.policies.len())].scope.clone();
        let kind = KINDS[r.below(KINDS.len())];
        Assertion { name: format!("a{i}"), span: rule.span, kind, scope, step, reported: r.below(2) == 0 }
    };
    (0..3).map(|i| claim(i, r)).collect()
}

/// Whether an event is against a claim, given what is assumed.
fn against(model: &Model, claim: &Assertion, event: &Event) -> bool {
    let decision = decide(model, event, &Muted::none());
    let denied = (if claim.reported { decision.reported } else { decision.enforced }) == Effect::Deny;
    let (inside, meant) =
        (holds(model, &claim.scope.cond(claim.span), event), holds(model, &claim.step.cond(), event));
    let excluded = match claim.kind {
        AssertionKind::Never => inside != Truth::False && meant != Truth::False && !denied,
        AssertionKind::Only => inside != Truth::True && meant != Truth::False && !denied,
        AssertionKind::Always => inside == Truth::True && meant == Truth::True && denied,
    };
    let assumed = model.assumptions.iter().all(|a| holds(model, &a.cond, event) == Truth::True);
    excluded && assumed && claim.step.actions.contains(event.action)
}

fn is_known(event: &Event) -> bool {
    let record = |r: &Record| !r.0.contains(&Fact::Unknown);
    !event.facts.contains(&Fact::Unknown)
        && !event.ancestors_incomplete
        && [&event.process, &event.parent, &event.target].into_iter().chain(&event.ancestors).all(record)
}

/// What is found of the kind.
fn told(model: &Model, code: &str) -> BTreeSet<About> {
    let found = findings(model, &Budget::default());
    assert_eq!(found.undecided, 0);
    found.list.iter().filter(|f| f.diagnostic.code.id() == code).map(|f| f.about).collect()
}

#[test]
fn a_claim_is_broken_exactly_where_some_event_is_against_it() {
    let facts = Facts { network: false, relations: false, ancestors: false };
    let (mut broken, mut kept, mut under) = (0, 0, 0);
    for seed in 40_000..40_200 {
        let mut r = Random(seed);
        let mut model = random_model_of(&mut r, facts, &ACTIONS);
        if model.rules.is_empty() || model.policies.is_empty() {
            continue;
        }
        model.assertions = assertions(&model, &mut r);
        if r.below(3) == 0 {
            let policy = &model.policies[r.below(model.policies.len())];
            let cond = policy.scope.cond(policy.span);
            model.assumptions = vec![Assumption { cond, span: policy.span }];
        }
        let Some(events) = all_events_of(&model, &ACTIONS, 12_000) else { continue };
        let is_broken = |i: &usize| events.iter().any(|e| against(&model, &model.assertions[*i], e));
        let (yes, no): (Vec<usize>, Vec<usize>) = (0..model.assertions.len()).partition(is_broken);
        let expected: BTreeSet<About> = yes.iter().map(|i| About::Assertion(*i)).collect();
        assert_eq!(told(&model, "E0801"), expected, "seed {seed}\n{model:#?}");
        broken += yes.len();
        kept += no.len();
        under += usize::from(!model.assumptions.is_empty());
    }
    assert!(
        broken > 50 && kept > 50 && under > 20,
        "{broken} broken, {kept} kept, {under} under assumptions"
    );
}

#[test]
fn assumptions_contradict_each_other_exactly_where_no_event_satisfies_all() {
    let facts = Facts { network: false, relations: false, ancestors: false };
    let (mut contradictory, mut possible) = (0, 0);
    for seed in 50_000..50_300 {
        let mut r = Random(seed);
        let mut model = random_model_of(&mut r, facts, &ACTIONS);
        if model.policies.is_empty() {
            continue;
        }
        // About processes alone: those are the same for all actions.
        let span = Span::default();
        let some = |r: &mut Random| {
            let cond = model.policies[r.below(model.policies.len())].scope.cond(span);
            if r.below(2) == 0 { cond } else { Cond::not(cond, span) }
        };
        let conds: Vec<Cond> = (0..3).map(|_| some(&mut r)).collect();
        model.assumptions = conds.into_iter().map(|cond| Assumption { cond, span }).collect();
        let Some(events) = all_events_of(&model, &ACTIONS, 12_000) else { continue };
        let all = |e: &Event| model.assumptions.iter().all(|a| holds(&model, &a.cond, e) == Truth::True);
        let satisfiable = events.iter().any(|e| is_known(e) && all(e));
        assert_eq!(told(&model, "E0802").is_empty(), satisfiable, "seed {seed}\n{model:#?}");
        if satisfiable { possible += 1 } else { contradictory += 1 }
    }
    assert!(contradictory > 20 && possible > 20, "{contradictory} contradictory, {possible} possible");
}

#[test]
fn a_test_contradicts_an_assumption_exactly_where_an_event_of_it_does() {
    let facts = Facts { network: false, relations: false, ancestors: false };
    let (mut against, mut for_it) = (0, 0);
    for seed in 60_000..60_200 {
        let mut r = Random(seed);
        let mut model = random_model_of(&mut r, facts, &ACTIONS);
        if model.policies.is_empty() {
            continue;
        }
        let policy = &model.policies[r.below(model.policies.len())];
        model.assumptions = vec![Assumption { cond: policy.scope.cond(policy.span), span: policy.span }];
        let Some(events) = all_events_of(&model, &ACTIONS, 12_000) else { continue };
        let event = events[r.below(events.len())].clone();
        let contradicts = holds(&model, &model.assumptions[0].cond, &event) == Truth::False;
        let none = told(&model, "E0802").is_empty();
        model.tests = vec![of_one(event)];
        assert_eq!(told(&model, "E0802").is_empty(), none && !contradicts, "seed {seed}\n{model:#?}");
        if contradicts { against += 1 } else { for_it += 1 }
    }
    assert!(against > 20 && for_it > 20, "{against} against, {for_it} for it");
}

/// A test that expects something of one event.
fn of_one(event: Event) -> Test {
    let (span, events) = (Span::default(), vec![event]);
    let expectation = Expectation { span, events, deny: true, reported: false, by: None };
    Test { name: "one".to_owned(), span, expectations: vec![expectation] }
}
