//! Short ways to build models and events.

use crate::model::{
    ActionSet, Atom, Cond, FactRef, Glob, Mode, Model, Network, OnUnknown, Policy, PolicyId, Rule,
    RuleEffect, Scope, Subject, SubjectId, TextTest,
};
use crate::span::Span;
use std::net::IpAddr;
use warmor_policy::event::{Address, Event, Fact, Source, Value};
use warmor_policy::schema::{Action, slot};
use warmor_policy::verdict::{Responses, Severity};

pub fn at() -> Span {
    Span::default()
}

pub fn fact(source: Source, slot: usize) -> FactRef {
    FactRef { source, slot, key: None }
}

pub fn atom(a: Atom) -> Cond {
    Cond::atom(a, at())
}

pub fn not(c: Cond) -> Cond {
    Cond::not(c, at())
}

pub fn glob(source: Source, slot: usize, pattern: &str) -> Cond {
    atom(Atom::Text { fact: fact(source, slot), test: TextTest::Glob(Glob::parse(pattern).unwrap()) })
}

pub fn path(pattern: &str) -> Cond {
    glob(Source::Event, slot::PATH, pattern)
}

pub fn exe(pattern: &str) -> Cond {
    glob(Source::Process, slot::EXE, pattern)
}

pub fn ip(text: &str) -> Address {
    Address::from(text.parse::<IpAddr>().unwrap())
}

pub fn network(text: &str) -> Network {
    let (base, bits) = text.split_once('/').unwrap();
    let (base, bits) = (base.parse::<IpAddr>().unwrap(), bits.parse::<u32>().unwrap());
    let free = if base.is_ipv4() { 32 - bits } else { 128 - bits };
    let first = Address::from(base);
    let mask = if free == 128 { u128::MAX } else { (1 << free) - 1 };
    Network { first, last: Address(first.0 | mask) }
}

pub fn address(networks: &[&str]) -> Cond {
    let networks = networks.iter().map(|n| network(n)).collect();
    atom(Atom::Address { fact: fact(Source::Event, slot::ADDRESS), networks })
}

pub fn bytes(text: &str) -> Fact {
    Fact::Known(Value::Bytes(text.as_bytes().to_vec()))
}

pub fn read(text: &str) -> Event {
    let mut e = Event::new(Action::Read);
    e.facts[slot::PATH] = bytes(text);
    e
}

pub fn bind(address: &str) -> Event {
    let mut e = Event::new(Action::Bind);
    e.facts[slot::ADDRESS] = Fact::Known(Value::Ip(ip(address)));
    e
}

pub fn anyone() -> Scope {
    Scope::default()
}

/// A model that grows a piece at a time.
#[derive(Default)]
pub struct Build(pub Model);

impl Build {
    pub fn subject(&mut self, cond: Cond) -> SubjectId {
        self.0.subjects.push(Subject { name: format!("s{}", self.0.subjects.len()), span: at(), cond });
        SubjectId(self.0.subjects.len() as u32 - 1)
    }

    pub fn policy(&mut self, mode: Mode, scope: Scope, default_deny: &[Action]) -> PolicyId {
        self.0.policies.push(Policy {
            name: format!("p{}", self.0.policies.len()),
            span: at(),
            doc: String::new(),
            scope,
            mode,
            unknown: if mode == Mode::Prevent { OnUnknown::Deny } else { OnUnknown::Allow },
            default_deny: default_deny.iter().copied().collect(),
            default_span: at(),
            severity: Severity::Medium,
            revalidate: false,
        });
        PolicyId(self.0.policies.len() as u32 - 1)
    }

    pub fn rule(
        &mut self,
        policy: PolicyId,
        effect: RuleEffect,
        actions: &[Action],
        object: Cond,
    ) -> &mut Rule {
        self.0.rules.push(Rule {
            policy,
            label: format!("r{}", self.0.rules.len()),
            labelled: true,
            span: at(),
            used_at: None,
            effect,
            actions: actions.iter().copied().collect::<ActionSet>(),
            object,
            except: Vec::new(),
            condition: None,
            severity: Severity::Medium,
            responses: Responses::default(),
            alert: Vec::new(),
            because: None,
            until: None,
            overrides: Vec::new(),
        });
        self.0.rules.last_mut().unwrap()
    }
}
