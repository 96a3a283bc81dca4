//! The engine's answers against every combination of classes, decided by the reference evaluator.

use super::random::Random;
use crate::evaluate::{self, Muted};
use crate::lower::representatives;
use crate::model::{
    ActionSet, Atom, ClauseRef, Compare, Cond, Element, FactRef, Glob, Mode, Model, Network, OnUnknown,
    Policy, PolicyId, Rule, RuleEffect, RuleId, Scope, Subject, SubjectId, TextTest,
};
use crate::prove::{Answer, Budget, Claim, Engine, Formula, ModelId, Verdict, domain};
use crate::span::Span;
use warmor_policy::event::{Address, Event, Fact, Record, Source, Value};
use warmor_policy::schema::{Action, slot};
use warmor_policy::verdict::{Responses, Severity};

pub const ACTIONS: &[Action] = &[Action::Read, Action::Bind, Action::Connect, Action::Exec];
const GLOBS: &[&str] = &["/a", "/a/*", "/a/**", "/**/b", "/*/b*", "/{a,b}", "/**"];
const EXES: &[&str] = &["/a", "/b", "/{a,b}"];
const ARGS: usize = 3;

pub fn at() -> Span {
    Span::default()
}

fn fact(source: Source, slot: usize) -> FactRef {
    FactRef { source, slot, key: None }
}

fn atom(atom: Atom) -> Cond {
    Cond::atom(atom, at())
}

fn glob(source: Source, slot: usize, text: &str) -> Cond {
    atom(Atom::Text { fact: fact(source, slot), test: TextTest::Glob(Glob::parse(text).unwrap()) })
}

fn v4(first: [u8; 4], bits: u32) -> Network {
    let first = Address::from(std::net::IpAddr::from(first));
    Network { first, last: Address(first.0 | ((1u128 << (32 - bits)) - 1)) }
}

/// Which facts a random model looks at; few, so that every combination can be tried.
#[derive(Clone, Copy)]
pub struct Facts {
    pub network: bool,
    pub relations: bool,
    pub ancestors: bool,
}

fn random_atom(r: &mut Random, facts: Facts, subjects: u32) -> Cond {
    let special = r.below(12);
    if special == 0 && facts.relations {
        let compare = r.pick(&[Compare::Equal, Compare::Less, Compare::LessEqual]);
        let (left, right) = (fact(Source::Process, slot::UID), fact(Source::Parent, slot::UID));
        return atom(Atom::Relation { left, compare, right, offset: r.pick(&[0, 1]) });
    }
    if special == 1 && facts.ancestors {
        return atom(Atom::Ancestor { cond: Box::new(glob(Source::Process, slot::EXE, r.pick(EXES))) });
    }
    if special == 2 && facts.relations {
        let test = TextTest::Equals(r.pick(&[b"-e".to_vec(), b"-c".to_vec()]));
        let element = r.pick(&[Element::Test(test.clone()), Element::Not(Box::new(Element::Test(test)))]);
        let fact = fact(Source::Process, ARGS);
        let list =
            [Atom::ListAny { fact: fact.clone(), element: element.clone() }, Atom::ListAll { fact, element }];
        return atom(r.pick(&list));
    }
    match r.below(6) {
        0 | 1 => glob(Source::Event, slot::PATH, r.pick(GLOBS)),
        2 => glob(Source::Process, slot::EXE, r.pick(EXES)),
        3 if subjects > 0 => {
            let source = r.pick(&[Source::Process, Source::Process, Source::Target]);
            atom(Atom::Member { source, subject: SubjectId(r.below(subjects as usize) as u32) })
        }
        4 if facts.network => {
            let networks = [
                v4([10, 0, 0, 0], 8),
                v4([10, 0, 0, 0], 9),
                v4([10, 128, 0, 0], 9),
                v4([0, 0, 0, 0], 0),
                Network::V6_LOW,
            ];
            atom(Atom::Address {
                fact: fact(Source::Event, slot::ADDRESS),
                networks: vec![r.pick(&networks)],
            })
        }
        5 => {
            let (first, last) = r.pick(&[(0, 80), (80, 80), (81, 65_535), (0, 1023), (22, 443)]);
            atom(Atom::Number { fact: fact(Source::Event, slot::PORT), first, last })
        }
        _ => {
            let (first, last) = r.pick(&[(1, 1), (2, 2)]);
            atom(Atom::Number { fact: fact(Source::Event, slot::ROLE), first, last })
        }
    }
}

fn random_cond(r: &mut Random, facts: Facts, subjects: u32, depth: u32) -> Cond {
    if depth > 0 && r.below(2) == 0 {
        let n = 1 + r.below(2);
        let parts: Vec<Cond> = (0..n).map(|_| random_cond(r, facts, subjects, depth - 1)).collect();
        return match r.below(3) {
            0 => Cond::all(parts, at()),
            1 => Cond::any(parts, at()),
            _ => Cond::not(random_cond(r, facts, subjects, depth - 1), at()),
        };
    }
    random_atom(r, facts, subjects)
}

pub fn random_model(r: &mut Random, facts: Facts) -> Model {
    random_model_of(r, facts, ACTIONS)
}

/// A model about these actions.
pub fn random_model_of(r: &mut Random, facts: Facts, actions: &[Action]) -> Model {
    let mut model = Model::default();
    for n in 0..2 {
        let cond = match n {
            0 => glob(Source::Process, slot::EXE, r.pick(EXES)),
            _ => Cond::any(
                vec![
                    glob(Source::Process, slot::EXE, r.pick(EXES)),
                    atom(Atom::Member { source: Source::Process, subject: SubjectId(0) }),
                ],
                at(),
            ),
        };
        model.subjects.push(Subject { name: format!("s{n}"), span: at(), cond });
    }
    for n in 0..2 {
        let member = |r: &mut Random| {
            atom(Atom::Member { source: Source::Process, subject: SubjectId(r.below(2) as u32) })
        };
        let mode = r.pick(&[Mode::Prevent, Mode::Prevent, Mode::Detect]);
        model.policies.push(Policy {
            name: format!("p{n}"),
            span: at(),
            doc: String::new(),
            scope: Scope {
                subjects: if r.below(2) == 0 { None } else { Some(vec![member(r)]) },
                except: if r.below(3) == 0 { vec![member(r)] } else { vec![] },
            },
            mode,
            unknown: r.pick(&[OnUnknown::Deny, OnUnknown::Deny, OnUnknown::Allow]),
            default_deny: (0..r.below(3)).map(|_| r.pick(actions)).collect(),
            default_span: at(),
            severity: Severity::Medium,
            revalidate: false,
        });
        for _ in 0..=r.below(3) {
            let effect = r.pick(&[RuleEffect::Deny, RuleEffect::Allow, RuleEffect::Deny, RuleEffect::Audit]);
            let object = random_cond(r, facts, 2, 2);
            model.rules.push(Rule {
                policy: PolicyId(n),
                label: format!("r{}", model.rules.len()),
                labelled: true,
                span: at(),
                used_at: None,
                effect,
                actions: (0..=r.below(2)).map(|_| r.pick(actions)).collect(),
                object,
                except: if r.below(4) == 0 { vec![random_atom(r, facts, 2)] } else { vec![] },
                condition: if r.below(4) == 0 { Some(random_atom(r, facts, 2)) } else { None },
                severity: r.pick(&[Severity::Medium, Severity::Medium, Severity::High]),
                responses: r.pick(&[
                    Responses::default(),
                    Responses::default(),
                    Responses::KILL,
                    Responses::FREEZE,
                ]),
                alert: Vec::new(),
                because: None,
                until: None,
                overrides: Vec::new(),
            });
        }
    }
    model
}

/// Every event that a combination of classes stands for, or nothing where they are too many.
pub fn all_events(model: &Model, limit: usize) -> Option<Vec<Event>> {
    all_events_of(model, ACTIONS, limit)
}

/// Those of these actions.
pub fn all_events_of(model: &Model, actions: &[Action], limit: usize) -> Option<Vec<Event>> {
    let mut axes: Vec<(FactRef, Vec<Fact>)> = representatives(model)?;
    let mut ancestors: Vec<(Vec<Record>, bool)> = vec![(vec![], false), (vec![], true)];
    let record = |exe: &str| {
        let mut record = Record::default();
        record.0[slot::EXE] = Fact::Known(Value::Bytes(exe.as_bytes().to_vec()));
        record
    };
    ancestors.extend(["/a", "/b", "/c"].map(|exe| (vec![record(exe)], false)));
    ancestors.extend(["/a", "/b"].map(|exe| (vec![record(exe)], true)));
    ancestors.push((vec![record("/a"), record("/b")], false));
    for (fact, values) in &mut axes {
        let more: Vec<Value> = match (fact.source, fact.slot) {
            (Source::Event, slot::PATH) => {
                let texts = ["/a", "/b", "/c", "/a/b", "/a/c", "/c/b", "/a/c/c", "/a/c/b", "/c/c", "/b/bc"];
                texts.map(|t| Value::Bytes(t.as_bytes().to_vec())).to_vec()
            }
            (_, slot::EXE) if fact.source != Source::Event => {
                ["/a", "/b", "/c"].map(|t| Value::Bytes(t.as_bytes().to_vec())).to_vec()
            }
            (Source::Event, slot::ROLE) => [1, 2].map(Value::Int).to_vec(),
            (_, slot::UID) if fact.source != Source::Event => [0, 1, 2].map(Value::Int).to_vec(),
            _ => vec![],
        };
        values.extend(more.into_iter().map(Fact::Known));
        values.dedup();
    }
    let mentions_ancestors = format!("{model:?}").contains("Ancestor");
    if !mentions_ancestors {
        ancestors.truncate(1);
    }
    let mut out = Vec::new();
    for action in actions {
        let mut events = Vec::new();
        for (records, incomplete) in &ancestors {
            let mut event = Event::new(*action);
            event.ancestors.clone_from(records);
            event.ancestors_incomplete = *incomplete;
            events.push(event);
        }
        let protocol = fact(Source::Event, slot::PROTOCOL);
        let role = fact(Source::Event, slot::ROLE);
        let has = |f: &FactRef| axes.iter().any(|(a, _)| a == f);
        let mut axes = axes.clone();
        if !has(&protocol) {
            let values = [6, 258].map(|n| Fact::Known(Value::Int(n)));
            axes.push((protocol, values.into_iter().chain([Fact::Absent, Fact::Unknown]).collect()));
        }
        // What is executed becomes the process, of which subjects ask.
        let path = fact(Source::Event, slot::PATH);
        if *action == Action::Exec && !has(&path) {
            let texts = ["/a", "/b", "/c"].map(|t| Fact::Known(Value::Bytes(t.as_bytes().to_vec())));
            axes.push((path, texts.into_iter().chain([Fact::Absent, Fact::Unknown]).collect()));
        }
        let address = fact(Source::Event, slot::ADDRESS);
        if !has(&address) {
            let known = Address::from(std::net::IpAddr::from([192, 0, 2, 1]));
            axes.push((address, vec![Fact::Known(Value::Ip(known)), Fact::Absent, Fact::Unknown]));
        }
        if !has(&role) {
            axes.push((
                role,
                [1, 2].map(|n| Fact::Known(Value::Int(n))).into_iter().chain([Fact::Absent]).collect(),
            ));
        }
        for (fact, values) in axes {
            let fitting: Vec<&Fact> =
                values.iter().filter(|v| domain::domain(*action, &fact).contains(v)).collect();
            if events.len() * fitting.len() > limit {
                return None;
            }
            events = events
                .iter()
                .flat_map(|event| {
                    fitting.iter().map(|value| {
                        let mut event = event.clone();
                        match fact.source {
                            Source::Event => event.facts[fact.slot] = (*value).clone(),
                            Source::Process => event.process.0[fact.slot] = (*value).clone(),
                            Source::Parent => event.parent.0[fact.slot] = (*value).clone(),
                            Source::Target => event.target.0[fact.slot] = (*value).clone(),
                        }
                        event
                    })
                })
                .collect();
        }
        out.extend(events.into_iter().filter(domain::contains));
    }
    Some(out)
}

fn random_claim<'m>(r: &mut Random, model: &'m Model) -> Formula<Claim<'m>> {
    let clauses = model.clauses();
    let rule = r.below(model.rules.len());
    let claim = match r.below(8) {
        0 => Claim::Denied(ModelId(0), Verdict::Enforced),
        1 => Claim::Denied(ModelId(0), Verdict::Reported),
        2 => Claim::Holds(ModelId(0), &model.rules[rule].object),
        3 => Claim::Possible(ModelId(0), &model.rules[rule].object),
        4 => Claim::InScope(ModelId(0), &model.policies[r.below(model.policies.len())].scope),
        _ => Claim::Applies(ModelId(0), r.pick(&clauses)),
    };
    let test = Formula::Test(claim);
    if r.below(2) == 0 { test } else { test.negated() }
}

fn compare(facts: Facts, seeds: std::ops::Range<u64>, limit: usize) -> (usize, usize, usize) {
    let (mut tried, mut found, mut open) = (0, 0, 0);
    for seed in seeds {
        let mut r = Random(seed);
        let model = random_model(&mut r, facts);
        let Some(events) = all_events(&model, limit) else { continue };
        let mut engine = Engine::new(&[&model], Budget::default());
        let all: ActionSet = ACTIONS.iter().copied().collect();
        for _ in 0..6 {
            let n = 1 + r.below(3);
            let wanted = Formula::All((0..n).map(|_| random_claim(&mut r, &model)).collect());
            tried += 1;
            match engine.some_event(all, &wanted) {
                Answer::Found(event) => {
                    found += 1;
                    assert!(domain::contains(&event), "seed {seed}: {event:?}");
                    assert!(engine.holds(&event, &wanted), "seed {seed}: {event:?}");
                }
                Answer::Empty => {
                    let counter = events.iter().find(|e| engine.holds(e, &wanted));
                    assert!(counter.is_none(), "seed {seed}: {wanted:?}\nholds of {counter:?}");
                }
                Answer::Budget => {
                    open += 1;
                    assert!(facts.relations, "seed {seed}: no answer about {wanted:?}");
                }
            }
        }
    }
    (tried, found, open)
}

#[test]
fn answers_about_files_are_those_of_all_classes() {
    let facts = Facts { network: false, relations: false, ancestors: false };
    let (tried, found, _) = compare(facts, 0..400, 60_000);
    assert!(tried > 1500 && found > 300 && found < tried - 300, "{found} of {tried}");
}

#[test]
fn answers_about_networks_are_those_of_all_classes() {
    let facts = Facts { network: true, relations: false, ancestors: false };
    let (tried, found, _) = compare(facts, 1000..1150, 30_000);
    assert!(tried > 150 && found > 50 && found < tried - 50, "{found} of {tried}");
}

#[test]
fn answers_about_ancestors_lists_and_relations_are_those_of_all_classes() {
    let facts = Facts { network: false, relations: true, ancestors: true };
    let (tried, found, open) = compare(facts, 2000..2060, 20_000);
    assert!(tried > 60 && found > 20 && open * 20 < tried, "{found} found and {open} open of {tried}");
}

#[test]
fn a_rule_applies_where_the_engine_says() {
    let facts = Facts { network: true, relations: false, ancestors: false };
    for seed in 3000..3100 {
        let mut r = Random(seed);
        let model = random_model(&mut r, facts);
        let mut engine = Engine::new(&[&model], Budget::default());
        for i in 0..model.rules.len() as u32 {
            let clause = ClauseRef::Rule(RuleId(i));
            let wanted = Formula::Test(Claim::Applies(ModelId(0), clause));
            if let Answer::Found(event) = engine.some_event(model.rules[i as usize].actions, &wanted) {
                assert!(evaluate::applying(&model, &event).contains(&clause), "seed {seed}");
                evaluate::decide(&model, &event, &Muted::none());
            }
        }
    }
}
