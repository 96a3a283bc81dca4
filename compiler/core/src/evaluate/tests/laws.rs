//! Laws that hold for all models and events, tried on random ones. The generator is seeded: a failure names the case.

use super::build::*;
use crate::evaluate::{Muted, Truth, decide, truth};
use crate::model::{
    Atom, ClauseRef, Cond, Mode, Model, OnUnknown, PolicyId, RuleEffect, RuleId, Scope, SubjectId,
};
use warmor_policy::event::{Event, Fact, Record, Source, Value};
use warmor_policy::schema::{Action, slot};
use warmor_policy::verdict::{Effect, Responses, Severity};

/// `SplitMix64` (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize].clone()
    }

    fn chance(&mut self, one_in: u64) -> bool {
        self.below(one_in) == 0
    }
}

const ACTIONS: &[Action] = &[Action::Read, Action::Bind, Action::Connect];
const GLOBS: &[&str] = &["/a", "/a/*", "/a/**", "/**/b", "/*/b*", "/{a,b}"];
const TEXTS: &[&str] = &["/a", "/a/b", "/b", "/a/a/b", "/c"];
const NETWORKS: &[&str] = &["10.0.0.0/8", "0.0.0.0/0", "10.0.0.0/9", "fc00::/7", "::/0"];
const ADDRESSES: &[&str] = &["10.0.0.1", "0.0.0.0", "::", "fc00::1", "11.0.0.1"];

fn random_cond(r: &mut Random, subjects: u32, depth: u32) -> Cond {
    if depth > 0 && r.chance(2) {
        let parts: Vec<Cond> = (0..=r.below(2)).map(|_| random_cond(r, subjects, depth - 1)).collect();
        return match r.below(3) {
            0 => Cond::all(parts, at()),
            1 => Cond::any(parts, at()),
            _ => not(random_cond(r, subjects, depth - 1)),
        };
    }
    match r.below(7) {
        0 | 1 => path(r.pick(GLOBS)),
        2 => address(&[r.pick(NETWORKS), r.pick(NETWORKS)]),
        3 => exe(r.pick(GLOBS)),
        4 => atom(Atom::Number { fact: fact(Source::Event, slot::PORT), first: 1, last: 80 }),
        5 if subjects > 0 => {
            let source = r.pick(&[Source::Process, Source::Parent, Source::Target]);
            atom(Atom::Member { source, subject: SubjectId(r.below(subjects.into()) as u32) })
        }
        _ => atom(Atom::Ancestor { cond: Box::new(exe(r.pick(GLOBS))) }),
    }
}

fn random_model(r: &mut Random) -> Model {
    let mut b = Build::default();
    for n in 0..2 {
        let cond = random_cond(r, n, 1);
        b.subject(cond);
    }
    for _ in 0..3 {
        let member = |r: &mut Random| {
            atom(Atom::Member { source: Source::Process, subject: SubjectId(r.below(2) as u32) })
        };
        let scope = Scope {
            subjects: if r.chance(2) { None } else { Some(vec![member(r)]) },
            except: if r.chance(3) { vec![member(r)] } else { vec![] },
        };
        let mode = r.pick(&[Mode::Prevent, Mode::Prevent, Mode::Detect]);
        let posture = if r.chance(2) { vec![r.pick(ACTIONS)] } else { vec![] };
        let id = b.policy(mode, scope, &posture);
        b.0.policies[id.0 as usize].unknown = r.pick(&[OnUnknown::Deny, OnUnknown::Allow]);
        for _ in 0..3 {
            let effect = r.pick(&[RuleEffect::Deny, RuleEffect::Allow, RuleEffect::Allow, RuleEffect::Audit]);
            let object = random_cond(r, 2, 2);
            let rule = b.rule(id, effect, ACTIONS, object);
            rule.severity = r.pick(&[Severity::Low, Severity::Medium, Severity::High]);
            rule.responses = Responses(r.below(128) as u8);
        }
    }
    b.0
}

fn random_fact(r: &mut Random, known: impl FnOnce(&mut Random) -> Value) -> Fact {
    match r.below(6) {
        0 => Fact::Absent,
        1 => Fact::Unknown,
        _ => Fact::Known(known(r)),
    }
}

fn random_record(r: &mut Random) -> Record {
    let mut record = Record::default();
    record.0[slot::EXE] = random_fact(r, |r| Value::Bytes(r.pick(TEXTS).into()));
    record
}

fn random_event(r: &mut Random) -> Event {
    let mut e = Event::new(r.pick(ACTIONS));
    e.process = random_record(r);
    e.parent = random_record(r);
    e.target = random_record(r);
    e.ancestors = (0..r.below(3)).map(|_| random_record(r)).collect();
    e.ancestors_incomplete = r.chance(4);
    e.facts[slot::PATH] = random_fact(r, |r| Value::Bytes(r.pick(TEXTS).into()));
    e.facts[slot::ADDRESS] = random_fact(r, |r| Value::Ip(ip(r.pick(ADDRESSES))));
    e.facts[slot::PORT] = random_fact(r, |r| Value::Int(r.below(160).cast_signed()));
    e
}

fn for_random_cases(check: impl Fn(u64, &mut Random, &Model, &Event)) {
    for seed in 0..400 {
        let mut r = Random(seed);
        let model = random_model(&mut r);
        for _ in 0..12 {
            let event = random_event(&mut r);
            check(seed, &mut r, &model, &event);
        }
    }
}

#[test]
fn the_generator_reaches_every_answer() {
    let seen = std::cell::RefCell::new(std::collections::BTreeMap::new());
    for_random_cases(|_, _, model, event| {
        let d = decide(model, event, &Muted::none());
        *seen
            .borrow_mut()
            .entry((d.reason as u8, d.enforced == Effect::Deny, d.reported == Effect::Deny))
            .or_insert(0) += 1;
    });
    // Unmentioned and allowed; a rule's and a posture's denial, each enforced or only reported.
    assert_eq!(seen.borrow().len(), 6, "{seen:?}");
    assert!(seen.borrow().values().all(|n| *n >= 20), "{seen:?}");
}

#[test]
fn muting_any_set_of_policies_only_shrinks_what_is_denied() {
    for_random_cases(|seed, r, model, event| {
        if !r.chance(4) {
            return;
        }
        let policies = 0..model.policies.len() as u32;
        let sets = 0..1u32 << model.policies.len();
        let muted =
            |set: u32| policies.clone().filter(|p| set >> p & 1 == 1).map(PolicyId).collect::<Muted>();
        for small in sets.clone() {
            for big in sets.clone().filter(|big| big & small == small) {
                let less = decide(model, event, &muted(small));
                let more = decide(model, event, &muted(big));
                assert!(
                    less.enforced == Effect::Deny || more.enforced == Effect::Allow,
                    "seed {seed}: muting {big:b} after {small:b} denies {event:?}"
                );
                assert_eq!(more.responses.intersection(less.responses), more.responses, "seed {seed}");
                assert_eq!((more.audit, more.detected), (less.audit, less.detected), "seed {seed}");
            }
        }
    });
}

#[test]
fn what_is_reported_does_not_depend_on_muting_but_by_what_is_enforced() {
    for_random_cases(|seed, _, model, event| {
        let all: Muted = (0..model.policies.len() as u32).map(PolicyId).collect();
        let (plain, muted) = (decide(model, event, &Muted::none()), decide(model, event, &all));
        assert_eq!(muted.enforced, Effect::Allow, "seed {seed}");
        if plain.enforced == Effect::Allow {
            assert_eq!(plain.reported, muted.reported, "seed {seed}");
        }
        if plain.enforced == Effect::Deny {
            assert_eq!(plain.reported, Effect::Deny, "seed {seed}");
        }
    });
}

#[test]
fn a_detect_policy_changes_nothing_that_is_enforced() {
    for_random_cases(|seed, _, model, event| {
        let mut without = model.clone();
        without.rules.retain(|rule| model.policy(rule.policy).mode == Mode::Prevent);
        for p in without.policies.iter_mut().filter(|p| p.mode == Mode::Detect) {
            p.default_deny = std::iter::empty().collect();
        }
        let enforced = |m: &Model| decide(m, event, &Muted::none()).enforced;
        assert_eq!(enforced(model), enforced(&without), "seed {seed}");
    });
}

#[test]
fn nothing_but_the_deciding_clause_depends_on_order() {
    for_random_cases(|seed, r, model, event| {
        let mut shuffled = model.clone();
        let mut order: Vec<u32> = (0..model.policies.len() as u32).collect();
        for i in (1..order.len()).rev() {
            order.swap(i, r.below(i as u64 + 1) as usize);
        }
        shuffled.policies = order.iter().map(|p| model.policy(PolicyId(*p)).clone()).collect();
        let place = |p: PolicyId| PolicyId(order.iter().position(|q| *q == p.0).unwrap() as u32);
        for rule in &mut shuffled.rules {
            rule.policy = place(rule.policy);
        }
        shuffled.rules.reverse();
        let (a, b) = (decide(model, event, &Muted::none()), decide(&shuffled, event, &Muted::none()));
        assert_eq!(warmor_policy::verdict::Decision { clause: a.clause, ..b }, a, "seed {seed}");
        assert_eq!(a.clause.is_some(), b.clause.is_some(), "seed {seed}");
        let severity = |m: &Model, d: &warmor_policy::verdict::Decision| {
            d.clause.map(|rank| match m.clauses()[rank.0 as usize] {
                ClauseRef::Rule(id) => m.rule(id).severity,
                ClauseRef::Default(id) => m.policy(id).severity,
                ClauseRef::Detection(_) => unreachable!("a detection decides nothing"),
            })
        };
        assert_eq!(severity(model, &a), severity(&shuffled, &b), "seed {seed}");
    });
}

#[test]
fn learning_a_fact_never_turns_true_into_false() {
    // Kleene's logic is monotone in what is known: what was settled stays settled.
    for_random_cases(|seed, r, model, event| {
        let mut learned = event.clone();
        if learned.facts[slot::PATH] == Fact::Unknown {
            learned.facts[slot::PATH] = Fact::Known(Value::Bytes(r.pick(TEXTS).into()));
        }
        if learned.process.0[slot::EXE] == Fact::Unknown {
            learned.process.0[slot::EXE] = Fact::Absent;
        }
        if r.chance(2) {
            learned.ancestors_incomplete = false;
        }
        for i in 0..model.rules.len() as u32 {
            let clause = ClauseRef::Rule(RuleId(i));
            let (before, after) = (truth(model, clause, event), truth(model, clause, &learned));
            assert!(
                before == Truth::Unknown || before == after,
                "seed {seed}: rule {i} went from {before:?} to {after:?}"
            );
        }
    });
}

#[test]
fn decisions_survive_their_byte_form() {
    for_random_cases(|seed, _, model, event| {
        let d = decide(model, event, &Muted::none());
        assert_eq!(warmor_policy::verdict::Decision::from_bits(d.to_bits()), Some(d), "seed {seed}");
        let bytes = warmor_policy::event::encode(event).unwrap();
        assert_eq!(
            decide(model, &warmor_policy::event::decode(&bytes).unwrap(), &Muted::none()),
            d,
            "seed {seed}"
        );
    });
}
