//! Each kind of finding against its definition, by looking at all events of small worlds with the reference evaluator.
//!
//! [`Oracle`] knows which clauses apply to which events, and which are true of them, from the evaluator alone. It says each finding
//! again in these terms, as the table of `findings` does in words, and there must be a finding exactly where it says so.

use super::laws::{Facts, all_events_of, random_model_of};
use super::random::Random;
use crate::evaluate::{Truth, applies, holds, truth};
use crate::model::{ClauseRef, Mode, Model, PolicyId, Rule, RuleEffect, RuleId};
use crate::prove::{About, Budget, findings};
use std::collections::{BTreeMap, BTreeSet};
use warmor_policy::event::{Event, Fact, Record};
use warmor_policy::schema::{Action, FieldType, Stability, process_fields, slot};
use warmor_policy::verdict::Responses;

/// Codes with what they are about.
type Told = BTreeSet<(&'static str, About)>;

struct Oracle<'m> {
    model: &'m Model,
    events: Vec<Event>,
    /// Whether no fact of the event is unknown.
    known: Vec<bool>,
    /// To which events each rule applies, and of which it is true.
    applies: Vec<Vec<bool>>,
    is_true: Vec<Vec<bool>>,
    /// For which events each posture closes, and whose process is in its policy's scope for certain.
    closes: Vec<Vec<bool>>,
    in_scope: Vec<Vec<bool>>,
    /// Rules that go.
    dropped: BTreeSet<usize>,
    told: Told,
}

fn is_known(event: &Event) -> bool {
    let record = |r: &Record| !r.0.contains(&Fact::Unknown);
    !event.facts.contains(&Fact::Unknown)
        && [&event.process, &event.parent, &event.target].into_iter().chain(&event.ancestors).all(record)
        && !event.ancestors_incomplete
}

impl<'m> Oracle<'m> {
    fn new(model: &'m Model, events: Vec<Event>) -> Self {
        let over = |clause| events.iter().map(|e| applies(model, clause, e)).collect();
        let certain = |clause| events.iter().map(|e| truth(model, clause, e) == Truth::True).collect();
        let rules = || (0..model.rules.len() as u32).map(RuleId);
        let policies = || (0..model.policies.len() as u32).map(PolicyId);
        let in_scope = |p: &crate::model::Policy| {
            let cond = p.scope.cond(p.span);
            events.iter().map(|e| holds(model, &cond, e) == Truth::True).collect()
        };
        Self {
            model,
            known: events.iter().map(is_known).collect(),
            applies: rules().map(|id| over(ClauseRef::Rule(id))).collect(),
            is_true: rules().map(|id| certain(ClauseRef::Rule(id))).collect(),
            closes: policies().map(|id| over(ClauseRef::Default(id))).collect(),
            in_scope: model.policies.iter().map(in_scope).collect(),
            dropped: BTreeSet::new(),
            told: Told::new(),
            events,
        }
    }

    fn any(&self, of: impl Fn(usize) -> bool) -> bool {
        (0..self.events.len()).any(of)
    }

    fn rule(&self, i: usize) -> &'m Rule {
        &self.model.rules[i]
    }

    fn prevents(&self, rule: usize) -> bool {
        self.model.policy(self.rule(rule).policy).mode == Mode::Prevent
    }

    fn tell(&mut self, code: &'static str, rule: usize) {
        self.told.insert((code, About::Clause(ClauseRef::Rule(RuleId(rule as u32)))));
    }

    /// Whether a posture closes the event: one of a prevent policy, or any.
    fn closed(&self, event: usize, prevents: bool) -> bool {
        let counts = |p: usize| !prevents || self.model.policies[p].mode == Mode::Prevent;
        (0..self.closes.len()).any(|p| counts(p) && self.closes[p][event])
    }

    /// Whether one of some rules with the effect applies to the event.
    fn some(&self, event: usize, effect: RuleEffect, prevents: bool, which: impl Fn(usize) -> bool) -> bool {
        (0..self.model.rules.len()).any(|i| {
            self.rule(i).effect == effect
                && (!prevents || self.prevents(i))
                && self.applies[i][event]
                && which(i)
        })
    }

    fn denied(&self, event: usize, prevents: bool) -> bool {
        self.some(event, RuleEffect::Deny, prevents, |_| true)
            || (self.closed(event, prevents) && !self.some(event, RuleEffect::Allow, prevents, |_| true))
    }

    fn all(mut self) -> Told {
        for i in (0..self.model.rules.len()).rev() {
            if !self.any(|e| self.known[e] && self.applies[i][e]) {
                self.tell("W0304", i);
                continue;
            }
            match self.rule(i).effect {
                RuleEffect::Allow => {
                    if !self.allow(i) {
                        self.conflicts(i);
                        self.escapes(i);
                    }
                }
                RuleEffect::Deny => self.deny(i),
                RuleEffect::Audit => {
                    let same = |o| self.stays(i, o) && asks_as_much(self.rule(o), self.rule(i));
                    if !self.any(|e| self.applies[i][e] && !self.some(e, RuleEffect::Audit, false, same)) {
                        self.tell("W0302", i);
                        self.dropped.insert(i);
                    }
                }
            }
        }
        for p in 0..self.model.policies.len() {
            self.half_posture(p);
        }
        self.opened_defaults();
        self.response_clashes();
        self.told
    }

    fn stays(&self, rule: usize, other: usize) -> bool {
        other != rule && !self.dropped.contains(&other)
    }

    fn allow(&mut self, i: usize) -> bool {
        let prevents = self.prevents(i);
        let opens = |prevents: bool| {
            self.any(|e| {
                self.applies[i][e]
                    && self.closed(e, prevents)
                    && !self.some(e, RuleEffect::Deny, prevents, |o| self.stays(i, o))
                    && !self.some(e, RuleEffect::Allow, prevents, |o| self.stays(i, o))
            })
        };
        if opens(prevents) || (prevents && opens(false)) {
            return false;
        }
        let code = if !self.any(|e| self.is_true[i][e] && !self.some(e, RuleEffect::Deny, prevents, |_| true))
        {
            self.tell("W0301", i);
            return true;
        } else if !self.any(|e| self.applies[i][e] && self.closed(e, prevents)) {
            "W0307"
        } else {
            "W0302"
        };
        self.tell(code, i);
        self.dropped.insert(i);
        true
    }

    fn deny(&mut self, i: usize) {
        let (rule, prevents) = (self.rule(i), self.prevents(i));
        for own in [true, false] {
            let as_much = |o: usize| {
                self.stays(i, o)
                    && asks_as_much(self.rule(o), rule)
                    && (!own || self.rule(o).policy == rule.policy)
            };
            if !self.any(|e| self.applies[i][e] && !self.some(e, RuleEffect::Deny, prevents, as_much)) {
                self.tell(if own { "W0302" } else { "W0303" }, i);
                self.dropped.insert(i);
                return;
            }
        }
    }

    fn conflicts(&mut self, i: usize) {
        let rule = self.rule(i);
        let own = self.model.policy(rule.policy);
        for (d, denial) in self.model.rules.iter().enumerate() {
            let policy = self.model.policy(denial.policy);
            let clash = own.mode == Mode::Prevent && policy.mode == Mode::Detect;
            if denial.effect != RuleEffect::Deny
                || denial.policy == rule.policy
                || (policy.mode != own.mode && !clash)
            {
                continue;
            }
            for action in rule.actions.iter().filter(|a| denial.actions.contains(*a)) {
                let at = |e: usize| self.known[e] && self.events[e].action == action;
                let (r, d) = (&(&self.is_true[i], &self.applies[i]), &(&self.is_true[d], &self.applies[d]));
                let meet = self.any(|e| at(e) && r.0[e] && d.0[e]);
                let sticks_out = self.any(|e| at(e) && r.0[e] && !d.1[e]);
                let reaches_out = self.any(|e| at(e) && d.0[e] && !r.1[e]);
                if clash && meet && !sticks_out {
                    self.tell("W0309", i);
                } else if !clash && meet && sticks_out && reaches_out {
                    self.tell("W0305", i);
                }
            }
        }
    }

    fn escapes(&mut self, i: usize) {
        let policy = self.model.policy(self.rule(i).policy);
        if policy.mode != Mode::Prevent || !policy.default_deny.contains(Action::Exec) {
            return;
        }
        let binary = FieldType::Role.names().and_then(|t| t.code("binary")).map(i64::from);
        let binary = binary.map(|n| Fact::Known(warmor_policy::event::Value::Int(n)));
        let free = |e: usize| {
            let event = &self.events[e];
            event.action == Action::Exec
                && binary.as_ref() == Some(&event.facts[slot::ROLE])
                && self.is_true[i][e]
                && !self.denied(e, true)
                && self.is_free(event)
        };
        if self.any(free) {
            self.tell("W0308", i);
        }
    }

    /// Whether no policy that prevents and closes something is for the image that is executed.
    fn is_free(&self, exec: &Event) -> bool {
        let mut after = Event::new(Action::Read);
        after.process = exec.process.clone();
        for (fact, field) in after.process.0.iter_mut().zip(process_fields()) {
            if field.stability == Stability::Exec || field.name == "process.name" {
                *fact = Fact::Unknown;
            }
        }
        after.process.0[slot::EXE] = exec.facts[slot::PATH].clone();
        after.parent = exec.parent.clone();
        after.ancestors = vec![exec.process.clone()];
        after.ancestors.extend(exec.ancestors.iter().cloned());
        after.ancestors_incomplete = exec.ancestors_incomplete;
        let confining =
            self.model.policies.iter().filter(|p| p.mode == Mode::Prevent && !p.default_deny.is_empty());
        confining.into_iter().all(|p| holds(self.model, &p.scope.cond(p.span), &after) == Truth::False)
    }

    fn half_posture(&mut self, p: usize) {
        let halves = [
            (Action::Connect, Action::Send),
            (Action::Send, Action::Connect),
            (Action::Read, Action::MmapExec),
        ];
        let policy = &self.model.policies[p];
        let prevents = policy.mode == Mode::Prevent;
        let open = halves.iter().any(|(closed, neighbour)| {
            policy.default_deny.contains(*closed)
                && !policy.default_deny.contains(*neighbour)
                && self.any(|e| {
                    self.events[e].action == *neighbour
                        && self.in_scope[p][e]
                        && !self.closed(e, prevents)
                        && !self.some(e, RuleEffect::Deny, prevents, |_| true)
                })
        });
        if open {
            self.told.insert(("W0311", About::Clause(ClauseRef::Default(PolicyId(p as u32)))));
        }
    }

    fn opened_defaults(&mut self) {
        for wide in 0..self.model.policies.len() {
            for narrow in 0..self.model.policies.len() {
                let (w, n) = (&self.model.policies[wide], &self.model.policies[narrow]);
                let shared = n.default_deny.iter().any(|a| w.default_deny.contains(a));
                let outside = |inner: usize, outer: usize| {
                    self.any(|e| self.known[e] && self.in_scope[inner][e] && !self.in_scope[outer][e])
                };
                if wide == narrow
                    || !shared
                    || w.mode != n.mode
                    || outside(narrow, wide)
                    || !outside(wide, narrow)
                {
                    continue;
                }
                let prevents = w.mode == Mode::Prevent;
                let opens = |i: &usize| {
                    self.rule(*i).policy == PolicyId(wide as u32)
                        && self.rule(*i).effect == RuleEffect::Allow
                        && self.any(|e| {
                            self.is_true[*i][e]
                                && self.in_scope[narrow][e]
                                && n.default_deny.contains(self.events[e].action)
                                && !self.some(e, RuleEffect::Deny, prevents, |_| true)
                                && !self.some(e, RuleEffect::Allow, prevents, |o| {
                                    self.rule(o).policy == PolicyId(narrow as u32)
                                })
                        })
                };
                if let Some(i) = (0..self.model.rules.len()).find(opens) {
                    self.tell("W0306", i);
                }
            }
        }
    }

    fn response_clashes(&mut self) {
        let harsh = |responses: Responses| -> Vec<usize> {
            let rules = self.model.rules.iter().enumerate();
            let wants = |r: &Rule| r.responses.intersection(responses) != Responses::default();
            let harsh = rules.filter(|(i, r)| wants(r) && r.effect == RuleEffect::Deny && self.prevents(*i));
            harsh.map(|(i, _)| i).collect()
        };
        let (freezing, killing) = (harsh(Responses::FREEZE), harsh(Responses::KILL));
        for f in freezing {
            let clash = killing.iter().any(|k| {
                self.rule(f).policy != self.rule(*k).policy
                    && self.any(|e| self.is_true[f][e] && self.is_true[*k][e])
            });
            if clash {
                self.tell("W0310", f);
            }
        }
    }
}

fn asks_as_much(rule: &Rule, other: &Rule) -> bool {
    rule.severity >= other.severity && rule.responses.intersection(other.responses) == other.responses
}

/// How often each kind is found, where it is found exactly where the oracle says so.
fn compare(facts: Facts, actions: &[Action], seeds: std::ops::Range<u64>) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for seed in seeds {
        let model = random_model_of(&mut Random(seed), facts, actions);
        let Some(events) = all_events_of(&model, actions, 12_000) else { continue };
        let expected = Oracle::new(&model, events).all();
        let found = findings(&model, &Budget::default());
        assert_eq!(found.undecided, 0, "seed {seed}");
        let told: Told = found.list.iter().map(|f| (f.diagnostic.code.id(), f.about)).collect();
        assert_eq!(told, expected, "seed {seed}: found, and so by all events\n{model:#?}");
        for (code, _) in &expected {
            *counts.entry(*code).or_default() += 1;
        }
        *counts.entry("models").or_default() += 1;
    }
    counts
}

#[test]
fn findings_about_files_are_what_all_events_say() {
    let facts = Facts { network: false, relations: false, ancestors: false };
    let counts = compare(facts, &[Action::Read, Action::MmapExec, Action::Exec], 10_000..10_400);
    let kinds = ["W0301", "W0302", "W0303", "W0304", "W0305", "W0307", "W0308", "W0309", "W0310", "W0311"];
    assert!(kinds.iter().all(|k| counts.contains_key(k)), "{counts:?}");
    assert!(counts["models"] >= 150, "{counts:?}");
}

#[test]
fn findings_about_networks_are_what_all_events_say() {
    let facts = Facts { network: true, relations: false, ancestors: false };
    let counts = compare(facts, &[Action::Connect, Action::Send, Action::Bind], 20_000..20_150);
    let kinds = ["W0301", "W0302", "W0304", "W0307", "W0311"];
    assert!(kinds.iter().all(|k| counts.contains_key(k)), "{counts:?}");
}

#[test]
fn findings_about_ancestors_are_what_all_events_say() {
    let facts = Facts { network: false, relations: false, ancestors: true };
    let counts = compare(facts, &[Action::Read, Action::MmapExec], 30_000..30_200);
    let kinds = ["W0301", "W0302", "W0304", "W0307", "W0311"];
    assert!(kinds.iter().all(|k| counts.contains_key(k)), "{counts:?}");
}
