//! Denials and audits without effect.

use super::super::cover::{Cover, Rivals};
use super::super::engine::Threshold;
use super::allow::other_rule;
use super::{About, Engine, Run, Witness, verb};
use crate::diagnostics::Code;
use crate::evaluate::applies;
use crate::model::{ClauseRef, Mode, Rule, RuleId};
use warmor_policy::verdict::ClauseKind;

impl<'m> Run<'_, 'm> {
    pub(super) fn deny(&mut self, id: RuleId) {
        let rule = self.model.rule(id);
        if rule.used_at.is_some() {
            return;
        }
        let clause = ClauseRef::Rule(id);
        let prevents = self.model.policy(rule.policy).mode == Mode::Prevent;
        let model = self.model;
        for own in [true, false] {
            let dropped = std::mem::take(&mut self.dropped);
            let worthy = |c: ClauseRef| match c {
                ClauseRef::Rule(other) => {
                    let same = model.rule(other).policy == rule.policy;
                    (same || !own) && other_rule(c, id, &dropped) && asks_as_much(model.rule(other), rule)
                }
                _ => false,
            };
            let rivals = Rivals { kinds: &[ClauseKind::Deny], prevent: prevents, keep: &worthy };
            let covered = self.covered(id, &rivals);
            self.dropped = dropped;
            match covered {
                (Cover::Covered(by), assumed) if !by.is_empty() => {
                    let witness = self.denied_example(id, prevents);
                    if own {
                        let not = verb(&by, "does not", "do not");
                        let message = format!(
                            "{} denies nothing that {} {not} deny",
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
            "{} denies only what {} {} already",
            self.name(clause),
            self.names(&by),
            verb(&by, "denies", "deny")
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
        let model = self.model;
        let dropped = std::mem::take(&mut self.dropped);
        let worthy = |c: ClauseRef| match c {
            ClauseRef::Rule(other) => other_rule(c, id, &dropped) && asks_as_much(model.rule(other), rule),
            _ => false,
        };
        let rivals = Rivals { kinds: &[ClauseKind::Audit], prevent: false, keep: &worthy };
        let covered = self.covered(id, &rivals);
        self.dropped = dropped;
        match covered {
            (Cover::Covered(by), assumed) if !by.is_empty() => {
                let not = verb(&by, "does not", "do not");
                let message =
                    format!("{} records nothing that {} {not} record", self.name(clause), self.names(&by));
                self.redundant(id, message, by, None, assumed);
            }
            (Cover::Budget, _) => self.undecided(),
            _ => {}
        }
    }

    fn covered(&mut self, id: RuleId, rivals: &Rivals<'_>) -> (Cover, bool) {
        let (model, clause) = (self.id, ClauseRef::Rule(id));
        let region = move |engine: &mut Engine<'m>, action| {
            vec![engine.clause(model, clause, action, Threshold::Applies)]
        };
        self.cover(self.model.rule(id).actions, region, rivals)
    }

    fn denied_example(&mut self, id: RuleId, prevents: bool) -> Option<Witness> {
        let (model, program) = (self.id, self.model);
        let event = self.rule_example(id, |engine, event| {
            applies(program, ClauseRef::Rule(id), event) && engine.is_denied(model, event, !prevents)
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
