//! Allows without effect: dead, redundant, idle.

use super::super::cover::Cover;
use super::super::engine::{ModelId, Threshold};
use super::super::space::FormId;
use super::{About, Engine, Run, Witness};
use crate::diagnostics::{Applicability, Code};
use crate::evaluate::{Muted, applies, decide};
use crate::model::{ClauseRef, Mode, RuleId};
use warmor_policy::schema::Action;
use warmor_policy::verdict::{ClauseKind, Effect};

impl<'m> Run<'_, 'm> {
    pub(super) fn allow(&mut self, id: RuleId) {
        let rule = self.model.rule(id);
        let prevents = self.model.policy(rule.policy).mode == Mode::Prevent;
        let clause = ClauseRef::Rule(id);
        // What is enforced depends on prevent policies alone; an allow of one may still matter for what is reported.
        if self.opens(id, prevents) || (prevents && self.opens(id, false)) {
            return;
        }
        let model = self.id;
        let denies = self.clauses(ClauseKind::Deny, prevents);
        let truly = move |engine: &mut Engine<'m>, action| {
            vec![engine.clause(model, clause, action, Threshold::True)]
        };
        let (dead, assumed) = self.cover(rule.actions, truly, &denies);
        match dead {
            Cover::Covered(by) if !by.is_empty() => return self.dead(id, by, assumed, prevents),
            Cover::Budget => return self.undecided(),
            _ => {}
        }
        // A template is written for many programs: what it allows too much is not this one's business.
        if rule.used_at.is_some() {
            return;
        }
        let others = self.other_allows(id, prevents);
        let closed = move |engine: &mut Engine<'m>, action| closed(engine, model, clause, action, prevents);
        match self.cover(rule.actions, closed, &[]) {
            (Cover::Covered(_), assumed) => return self.idle(id, assumed, prevents),
            (Cover::Budget, _) => return self.undecided(),
            _ => {}
        }
        match self.cover(rule.actions, closed, &others) {
            (Cover::Covered(by), assumed) => self.redundant_allow(id, by, assumed, true),
            (Cover::Budget, _) => self.undecided(),
            (Cover::Open(..), _) => {
                let all: Vec<ClauseRef> = others.iter().chain(&denies).copied().collect();
                match self.cover(rule.actions, closed, &all) {
                    (Cover::Covered(by), assumed) => self.redundant_allow(id, by, assumed, false),
                    (Cover::Budget, _) => self.undecided(),
                    (Cover::Open(..), _) => {}
                }
            }
        }
    }

    /// Whether there is an event that is allowed because of the rule: a posture closes it, nothing denies it and no other rule
    /// allows it.
    fn opens(&mut self, id: RuleId, prevents: bool) -> bool {
        let (model, clause) = (self.id, ClauseRef::Rule(id));
        let mut rivals = self.other_allows(id, prevents);
        rivals.extend(self.clauses(ClauseKind::Deny, prevents));
        let closed = move |engine: &mut Engine<'m>, action| closed(engine, model, clause, action, prevents);
        matches!(self.cover(self.model.rule(id).actions, closed, &rivals).0, Cover::Open(..))
    }

    fn other_allows(&self, id: RuleId, prevents: bool) -> Vec<ClauseRef> {
        let mut others = self.clauses(ClauseKind::Allow, prevents);
        others.retain(|c| match c {
            ClauseRef::Rule(other) => *other != id && !self.dropped.contains(other),
            _ => false,
        });
        others
    }

    fn dead(&mut self, id: RuleId, by: Vec<ClauseRef>, assumed: bool, prevents: bool) {
        let clause = ClauseRef::Rule(id);
        let message = format!("{} allows nothing: {} denies all of it", self.name(clause), self.names(&by));
        let mut diagnostic = self.at_rule(Code::DeadAllow, id, message);
        if self.model.rule(id).used_at.is_none() {
            diagnostic = diagnostic.label("never the reason why something is allowed");
        }
        diagnostic = self
            .related(diagnostic, &by, "this denies it")
            .help("a denial goes before every allow: narrow the denial with `except`, or remove the allow");
        if assumed {
            diagnostic = diagnostic.note("this rests on what the program assumes");
        }
        let event = self.rule_example(id, |model, event| {
            let decision = decide(model, event, &Muted::none());
            let effect = if prevents { decision.enforced } else { decision.reported };
            applies(model, clause, event) && effect == Effect::Deny
        });
        let witness = event.map(|event| Witness { event, denied: true, reported: !prevents });
        self.push(About::Clause(clause), diagnostic, witness, by);
    }

    fn idle(&mut self, id: RuleId, assumed: bool, prevents: bool) {
        let rule = self.model.rule(id);
        let clause = ClauseRef::Rule(id);
        let message = format!("{} allows what nothing would have denied", self.name(clause));
        let actions: Vec<&str> = rule.actions.iter().map(Action::name).collect();
        let diagnostic = self.at_rule(Code::IdleAllow, id, message);
        let mut diagnostic =
            diagnostic.label(format!("no `default deny {}` covers this", actions.join(", "))).help(
                "without a posture everything is allowed that no rule denies: add the `default deny`, or remove the rule",
            );
        if assumed {
            diagnostic = diagnostic.note("this rests on what the program assumes");
        }
        let event = self.rule_example(id, |model, event| applies(model, clause, event));
        let witness = event.map(|event| {
            let decision = decide(self.model, &event, &Muted::none());
            let effect = if prevents { decision.enforced } else { decision.reported };
            Witness { denied: effect == Effect::Deny, event, reported: !prevents }
        });
        self.dropped.insert(id);
        self.push(About::Clause(clause), diagnostic, witness, Vec::new());
    }

    fn redundant_allow(&mut self, id: RuleId, by: Vec<ClauseRef>, assumed: bool, whatever_is_muted: bool) {
        let clause = ClauseRef::Rule(id);
        let message = if whatever_is_muted {
            format!("{} allows nothing that {} does not allow", self.name(clause), self.names(&by))
        } else {
            format!("{} changes nothing: {} decides all of it", self.name(clause), self.names(&by))
        };
        let prevents = self.model.policy(self.model.rule(id).policy).mode == Mode::Prevent;
        let event = self.rule_example(id, |model, event| applies(model, clause, event));
        let witness = event.map(|event| {
            let decision = decide(self.model, &event, &Muted::none());
            let effect = if prevents { decision.enforced } else { decision.reported };
            Witness { denied: effect == Effect::Deny, event, reported: !prevents }
        });
        self.redundant(id, message, by, witness, assumed || !whatever_is_muted);
    }

    /// Reports a rule that can go. `keep` says that this should be looked at first.
    pub(super) fn redundant(
        &mut self,
        id: RuleId,
        message: String,
        by: Vec<ClauseRef>,
        witness: Option<Witness>,
        keep: bool,
    ) {
        let rule = self.model.rule(id);
        let diagnostic = self.at_rule(Code::RedundantRule, id, message).label("it can be left out");
        let diagnostic = self.related(diagnostic, &by, "this covers it");
        let applicability = if keep { Applicability::Maybe } else { Applicability::Safe };
        let mut diagnostic = diagnostic.fix("remove the rule", rule.span, "", applicability);
        if keep {
            diagnostic =
                diagnostic.note("this holds under what the program assumes, or while nothing is muted");
        }
        self.dropped.insert(id);
        self.push(About::Clause(ClauseRef::Rule(id)), diagnostic, witness, by);
    }
}

/// What the rule allows of what a posture closes.
fn closed<'m>(
    engine: &mut Engine<'m>,
    model: ModelId,
    clause: ClauseRef,
    action: Action,
    prevents: bool,
) -> Vec<FormId> {
    let rule = engine.clause(model, clause, action, Threshold::Applies);
    let posture = engine.posture(model, action, prevents);
    vec![rule, posture]
}
