//! Denials and audits without effect.

use super::super::cover::Cover;
use super::super::engine::Threshold;
use super::{About, Engine, Run, Witness};
use crate::diagnostics::Code;
use crate::evaluate::{Muted, applies, decide};
use crate::model::{ClauseRef, Mode, Rule, RuleId};
use warmor_policy::verdict::{ClauseKind, Effect};

impl<'m> Run<'_, 'm> {
    pub(super) fn deny(&mut self, id: RuleId) {
        let rule = self.model.rule(id);
        if rule.used_at.is_some() {
            return;
        }
        let clause = ClauseRef::Rule(id);
        let prevents = self.model.policy(rule.policy).mode == Mode::Prevent;
        let all = self.clauses(ClauseKind::Deny, prevents);
        let worthy = |run: &Self, own: bool| -> Vec<ClauseRef> {
            let mut worthy = all.clone();
            worthy.retain(|c| match c {
                ClauseRef::Rule(other) => {
                    let other_rule = run.model.rule(*other);
                    *other != id
                        && !run.dropped.contains(other)
                        && (!own || other_rule.policy == rule.policy)
                        && asks_as_much(other_rule, rule)
                }
                _ => false,
            });
            worthy
        };
        for own in [true, false] {
            let others = worthy(self, own);
            match self.covered(id, &others) {
                (Cover::Covered(by), assumed) if !by.is_empty() => {
                    let witness = self.denied_example(id, prevents);
                    if own {
                        let message = format!(
                            "{} denies nothing that {} does not deny",
                            self.name(clause),
                            self.names(&by)
                        );
                        self.redundant(id, message, by, witness, assumed);
                    } else {
                        self.shadowed(id, by, witness, assumed);
                    }
                    return;
                }
                (Cover::Budget, _) => return self.undecided(),
                _ => {}
            }
        }
    }

    fn shadowed(&mut self, id: RuleId, by: Vec<ClauseRef>, witness: Option<Witness>, assumed: bool) {
        let clause = ClauseRef::Rule(id);
        let message = format!(
            "{} denies only what {} of another policy denies already",
            self.name(clause),
            self.names(&by)
        );
        let diagnostic = self.at_rule(Code::ShadowedDeny, id, message).label("it decides nothing");
        let mut diagnostic = self
            .related(diagnostic, &by, "this denies it too")
            .help("it matters only while the other policy is muted: keep one of them");
        if assumed {
            diagnostic = diagnostic.note("this rests on what the program assumes");
        }
        self.dropped.insert(id);
        self.push(About::Clause(clause), diagnostic, witness, by);
    }

    pub(super) fn audit(&mut self, id: RuleId) {
        let rule = self.model.rule(id);
        if rule.used_at.is_some() {
            return;
        }
        let clause = ClauseRef::Rule(id);
        let mut others = self.clauses(ClauseKind::Audit, false);
        others.retain(|c| match c {
            ClauseRef::Rule(other) => {
                *other != id && !self.dropped.contains(other) && asks_as_much(self.model.rule(*other), rule)
            }
            _ => false,
        });
        match self.covered(id, &others) {
            (Cover::Covered(by), assumed) if !by.is_empty() => {
                let message =
                    format!("{} records nothing that {} does not record", self.name(clause), self.names(&by));
                self.redundant(id, message, by, None, assumed);
            }
            (Cover::Budget, _) => self.undecided(),
            _ => {}
        }
    }

    fn covered(&mut self, id: RuleId, others: &[ClauseRef]) -> (Cover, bool) {
        let (model, clause) = (self.id, ClauseRef::Rule(id));
        let region = move |engine: &mut Engine<'m>, action| {
            vec![engine.clause(model, clause, action, Threshold::Applies)]
        };
        self.cover(self.model.rule(id).actions, region, others)
    }

    fn denied_example(&mut self, id: RuleId, prevents: bool) -> Option<Witness> {
        let event = self.rule_example(id, |model, event| {
            let decision = decide(model, event, &Muted::none());
            let effect = if prevents { decision.enforced } else { decision.reported };
            applies(model, ClauseRef::Rule(id), event) && effect == Effect::Deny
        })?;
        Some(Witness { event, denied: true, reported: !prevents })
    }
}

/// Whether a rule asks for at least what the other one asks for, and is reported before it.
fn asks_as_much(rule: &Rule, other: &Rule) -> bool {
    rule.severity >= other.severity
        && rule.responses.intersection(other.responses) == other.responses
        && other.alert.iter().all(|target| rule.alert.contains(target))
}
