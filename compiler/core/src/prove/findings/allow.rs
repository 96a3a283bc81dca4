//! Allows without effect: dead, redundant, idle.

use super::super::cover::{Cover, Rivals};
use super::super::engine::{ModelId, Threshold};
use super::super::space::FormId;
use super::{About, Engine, Run, Witness, verb};
use crate::diagnostics::{Applicability, Code};
use crate::evaluate::applies;
use crate::model::{ClauseRef, Mode, RuleId};
use rustc_hash::FxHashSet;
use warmor_policy::schema::Action;
use warmor_policy::verdict::ClauseKind;

const ALLOWS: &[ClauseKind] = &[ClauseKind::Allow];
const DENIES: &[ClauseKind] = &[ClauseKind::Deny];
const BOTH: &[ClauseKind] = &[ClauseKind::Deny, ClauseKind::Allow];

impl<'m> Run<'_, 'm> {
    /// Whether the rule has no effect; reported.
    pub(super) fn allow(&mut self, id: RuleId) -> bool {
        let rule = self.model.rule(id);
        let prevents = self.model.policy(rule.policy).mode == Mode::Prevent;
        let clause = ClauseRef::Rule(id);
        // What is enforced depends on prevent policies alone; an allow of one may still matter for what is reported.
        if self.opens(id, prevents) || (prevents && self.opens(id, false)) {
            return false;
        }
        let model = self.id;
        let truly = move |engine: &mut Engine<'m>, action| {
            vec![engine.clause(model, clause, action, Threshold::True)]
        };
        let denies = Rivals { kinds: DENIES, prevent: prevents, keep: &|_| true };
        let (dead, assumed) = self.cover(rule.actions, truly, &denies);
        match dead {
            Cover::Covered(by) if !by.is_empty() => {
                self.dead(id, by, assumed, prevents);
                return true;
            }
            Cover::Budget => self.undecided(),
            _ => {}
        }
        // A template is written for many programs: what it allows too much is not this one's business.
        if rule.used_at.is_some() {
            return false;
        }
        let closed = move |engine: &mut Engine<'m>, action| closed(engine, model, clause, action, prevents);
        match self.cover(rule.actions, closed, &Rivals { kinds: &[], prevent: prevents, keep: &|_| false }) {
            (Cover::Covered(_), assumed) => {
                self.idle(id, assumed, prevents);
                return true;
            }
            (Cover::Budget, _) => self.undecided(),
            _ => {}
        }
        for (kinds, whatever_is_muted) in [(ALLOWS, true), (BOTH, false)] {
            let dropped = std::mem::take(&mut self.dropped);
            let other = |c: ClauseRef| other_rule(c, id, &dropped);
            let rivals = Rivals { kinds, prevent: prevents, keep: &other };
            let covered = self.cover(rule.actions, closed, &rivals);
            self.dropped = dropped;
            match covered {
                (Cover::Covered(by), assumed) => {
                    self.redundant_allow(id, by, assumed, whatever_is_muted);
                    return true;
                }
                (Cover::Budget, _) => self.undecided(),
                (Cover::Open, _) => {}
            }
        }
        false
    }

    /// Whether there is an event that is allowed because of the rule: a posture closes it, nothing denies it and no other rule
    /// allows it.
    fn opens(&mut self, id: RuleId, prevents: bool) -> bool {
        let (model, clause) = (self.id, ClauseRef::Rule(id));
        let dropped = std::mem::take(&mut self.dropped);
        let other = |c: ClauseRef| other_rule(c, id, &dropped);
        let closed = move |engine: &mut Engine<'m>, action| closed(engine, model, clause, action, prevents);
        let rivals = Rivals { kinds: BOTH, prevent: prevents, keep: &other };
        let opens = matches!(self.cover(self.model.rule(id).actions, closed, &rivals).0, Cover::Open);
        self.dropped = dropped;
        opens
    }

    fn dead(&mut self, id: RuleId, by: Vec<ClauseRef>, assumed: bool, prevents: bool) {
        let clause = ClauseRef::Rule(id);
        let message = format!(
            "{} allows nothing: {} {} all of it",
            self.name(clause),
            self.names(&by),
            verb(&by, "denies", "deny")
        );
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
        let (model, program) = (self.id, self.model);
        let event = self.rule_example(id, |engine, event| {
            applies(program, clause, event) && engine.is_denied(model, event, !prevents)
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
        let program = self.model;
        let event = self.rule_example(id, |_, event| applies(program, clause, event));
        let witness = event.map(|event| self.shown(event, !prevents));
        self.dropped.insert(id);
        self.push(About::Clause(clause), diagnostic, witness, Vec::new());
    }

    fn redundant_allow(&mut self, id: RuleId, by: Vec<ClauseRef>, assumed: bool, whatever_is_muted: bool) {
        let clause = ClauseRef::Rule(id);
        let message = if whatever_is_muted {
            let not = verb(&by, "does not", "do not");
            format!("{} allows nothing that {} {not} allow", self.name(clause), self.names(&by))
        } else {
            let decide = verb(&by, "decides", "decide");
            format!("{} changes nothing: {} {decide} all of it", self.name(clause), self.names(&by))
        };
        let prevents = self.model.policy(self.model.rule(id).policy).mode == Mode::Prevent;
        let program = self.model;
        let event = self.rule_example(id, |_, event| applies(program, clause, event));
        let witness = event.map(|event| self.shown(event, !prevents));
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
fn closed(
    engine: &mut Engine<'_>,
    model: ModelId,
    clause: ClauseRef,
    action: Action,
    prevents: bool,
) -> Vec<FormId> {
    let rule = engine.clause(model, clause, action, Threshold::Applies);
    let posture = engine.posture(model, action, prevents, None);
    vec![rule, posture]
}

/// Whether a clause is another rule, and one that stays.
pub(super) fn other_rule(clause: ClauseRef, id: RuleId, dropped: &FxHashSet<RuleId>) -> bool {
    matches!(clause, ClauseRef::Rule(other) if other != id && !dropped.contains(&other))
}
