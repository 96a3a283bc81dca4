//! Allowed execs that leave every confinement.

use super::super::axis::{Axis, Literal, Test};
use super::super::engine::Threshold;
use super::super::former::{Reader, Reading};
use super::super::formula::Formula;
use super::super::vicinity::Vicinity;
use super::{About, Engine, Run, Witness};
use crate::diagnostics::Code;
use crate::evaluate::{Truth, applies, holds};
use crate::model::{ClauseRef, FactRef, Mode, Model, PolicyId, RuleId};
use warmor_policy::event::{Event, Fact, Source};
use warmor_policy::schema::{Action, FieldType, slot};

impl<'m> Run<'_, 'm> {
    /// An allow of an exec whose image is in the scope of no policy that closes anything. Only where the policy closes `exec` at
    /// all: there its author decides what may be started.
    pub(super) fn escapes(&mut self, id: RuleId) {
        let rule = self.model.rule(id);
        let policy = self.model.policy(rule.policy);
        if policy.mode != Mode::Prevent
            || !rule.actions.contains(Action::Exec)
            || !policy.default_deny.contains(Action::Exec)
        {
            return;
        }
        let clause = ClauseRef::Rule(id);
        let model = self.id;
        let confining = confining(self.model);
        let region = |engine: &mut Engine<'m>, action: Action| {
            let mut forms = vec![engine.clause(model, clause, action, Threshold::True)];
            let denied = {
                let outline = engine.space.outline(forms[0]);
                engine.denied_near(model, action, false, Some(&Vicinity::new(outline, &[])))
            };
            forms.push(engine.space.not(denied));
            let role = FactRef { source: Source::Event, slot: slot::ROLE, key: None };
            let axis = engine.space.axis(Axis::Fact(role));
            let binary = FieldType::Role.names().and_then(|t| t.code("binary")).map_or(0, i64::from);
            let test = Test::Numbers(vec![(binary, binary)]);
            let literal = engine.space.literal_id(Literal { test, negated: false, unknown: false });
            forms.push(engine.space.on(axis, Formula::Test(literal)));
            for policy in &confining {
                let how = Reading { model: model.0, unknown: true, part: None, reader: Reader::Successor };
                let scope = engine.space.scope(&engine.model(model).policy(*policy).scope, how);
                forms.push(engine.space.not(scope));
            }
            forms
        };
        let exec = [Action::Exec].into_iter().collect();
        let program = self.model;
        let event = self.example(exec, region, |engine, event| {
            applies(program, clause, event)
                && !engine.is_denied(model, event, false)
                && is_free(program, event)
        });
        let Some(event) = event else { return };
        let message = format!("{} lets a process leave every policy that confines it", self.name(clause));
        let diagnostic = self
            .at_rule(Code::Escape, id, message)
            .label("what it starts here is confined by nothing")
            .help(format!(
                "make `{}` for `tree(…)` of its subject, which nothing below leaves, or write a policy for the program that is started",
                policy.name
            ));
        let witness = Some(Witness { event, denied: false, reported: false });
        self.push(About::Clause(clause), diagnostic, witness, Vec::new());
    }
}

/// The policies that confine: they prevent, and close something.
fn confining(model: &Model) -> Vec<PolicyId> {
    let all = model.policies.iter().enumerate();
    let confining = all.filter(|(_, p)| p.mode == Mode::Prevent && !p.default_deny.is_empty());
    confining.map(|(i, _)| PolicyId(i as u32)).collect()
}

/// Whether the image that an exec starts is for certain in the scope of no policy that confines.
fn is_free(model: &Model, exec: &Event) -> bool {
    let mut after = Event::new(Action::Read);
    after.process = exec.process.clone();
    after.process.0[slot::EXE] = exec.facts[slot::PATH].clone();
    // Of the new image nothing else is known.
    for (fact, field) in after.process.0.iter_mut().zip(warmor_policy::schema::process_fields()) {
        let own = field.stability == warmor_policy::schema::Stability::Exec || field.name == "process.name";
        if own && field.code != slot::EXE {
            *fact = Fact::Unknown;
        }
    }
    after.parent = exec.parent.clone();
    after.ancestors = std::iter::once(&exec.process).chain(&exec.ancestors).cloned().collect();
    after.ancestors_incomplete = exec.ancestors_incomplete;
    confining(model).iter().all(|policy| {
        let policy = model.policy(*policy);
        holds(model, &policy.scope.cond(policy.span), &after) == Truth::False
    })
}
