//! Postures that are less than they look.

use super::super::cover::{Cover, Rivals};
use super::super::engine::Threshold;
use super::super::search::Found;
use super::super::space::FormId;
use super::{About, Engine, Run, Witness};
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{ActionSet, ClauseRef, Mode, PolicyId, RuleEffect, RuleId};
use warmor_policy::schema::Action;
use warmor_policy::verdict::ClauseKind;

/// Actions that do the work of another: a posture over the first without one over the second is open at the back.
const HALVES: &[(Action, Action, &str)] = &[
    (Action::Connect, Action::Send, "a datagram needs no connection"),
    (Action::Send, Action::Connect, "a connected socket sends too"),
    (Action::Read, Action::MmapExec, "code is read by mapping it"),
    (Action::Write, Action::Create, "a new file takes what is not written into an old one"),
    (Action::Write, Action::Rename, "a file is replaced by another one without a write"),
    (Action::Write, Action::Link, "a second name makes a file writable where names are"),
];

impl<'m> Run<'_, 'm> {
    pub(super) fn half_posture(&mut self, id: PolicyId) {
        let policy = self.model.policy(id);
        let prevents = policy.mode == Mode::Prevent;
        let mut open: Vec<(Action, Action, &str)> = Vec::new();
        for (closed, neighbour, why) in HALVES {
            let half = policy.default_deny.contains(*closed) && !policy.default_deny.contains(*neighbour);
            if !half || open.iter().any(|(_, n, _)| n == neighbour) {
                continue;
            }
            let model = self.id;
            let region = |engine: &mut Engine<'m>, _| vec![engine.policy_scope(model, id, false)];
            let kinds = &[ClauseKind::Deny, ClauseKind::Default];
            let rivals = Rivals { kinds, prevent: prevents, keep: &|_| true };
            let actions: ActionSet = [*neighbour].into_iter().collect();
            match self.cover(actions, region, &rivals) {
                (Cover::Open, _) => open.push((*closed, *neighbour, why)),
                (Cover::Budget, _) => self.undecided(),
                (Cover::Covered(_), _) => {}
            }
        }
        let Some((closed, _, why)) = open.first().copied() else { return };
        let names: Vec<String> = open.iter().map(|(_, n, _)| format!("`{}`", n.name())).collect();
        let message =
            format!("`{}` closes `{}` and leaves {} open", policy.name, closed.name(), names.join(", "));
        let diagnostic = Diagnostic::new(Code::HalfPosture, policy.default_span, message)
            .label(why)
            .help(format!("add {} to `default deny`, or deny what is not needed of it", names.join(", ")));
        let actions: ActionSet = open.iter().map(|(_, n, _)| *n).collect();
        let model = self.id;
        let region = |engine: &mut Engine<'m>, action| {
            let scope = engine.policy_scope(model, id, false);
            let denied = engine.denied_near(model, action, !prevents, None);
            vec![scope, engine.space.not(denied)]
        };
        let event = self.example(actions, region, |engine, event| !engine.is_denied(model, event, !prevents));
        let witness = event.map(|event| Witness { event, denied: false, reported: !prevents });
        self.push(About::Clause(ClauseRef::Default(id)), diagnostic, witness, Vec::new());
    }

    /// Allows of a policy that open what a narrower policy closes.
    ///
    /// That allows open postures is how policies work together: a policy without a posture of its own is written for those of
    /// others, and the narrower policy knows the wider one. It is the other way round that surprises: a rule for many processes
    /// opens the closer confinement of a few of them.
    pub(super) fn opened_defaults(&mut self) {
        for wide in 0..self.model.policies.len() as u32 {
            for narrow in 0..self.model.policies.len() as u32 {
                let (wide, narrow) = (PolicyId(wide), PolicyId(narrow));
                let (w, n) = (self.model.policy(wide), self.model.policy(narrow));
                let shared = n.default_deny.iter().any(|a| w.default_deny.contains(a));
                if wide != narrow && shared && w.mode == n.mode && self.is_narrower(narrow, wide) {
                    self.opened_default(wide, narrow);
                }
            }
        }
    }

    fn is_narrower(&mut self, narrow: PolicyId, wide: PolicyId) -> bool {
        let inside = self.engine.policy_scope(self.id, narrow, false);
        let outer = self.engine.policy_scope(self.id, wide, false);
        // Most scopes have nothing in common, which is seen at a glance.
        if !self.engine.space.outline(inside).overlaps(&self.engine.space.outline(outer)) {
            return false;
        }
        let (not_inside, not_outer) = (self.engine.space.not(inside), self.engine.space.not(outer));
        // Scopes look at the process alone, so one action is as good as another.
        let mut ask = |forms: &[FormId]| self.engine.question(Action::Exec, forms, false);
        matches!(ask(&[inside, not_outer]), Found::None(_))
            && matches!(ask(&[outer, not_inside]), Found::Points(_))
    }

    fn opened_default(&mut self, wide: PolicyId, narrow: PolicyId) {
        let (program, model) = (self.model, self.id);
        let prevents = program.policy(wide).mode == Mode::Prevent;
        let posture = ClauseRef::Default(narrow);
        for (i, rule) in program.rules.iter().enumerate() {
            if rule.policy != wide || rule.effect != RuleEffect::Allow || rule.used_at.is_some() {
                continue;
            }
            let clause = ClauseRef::Rule(RuleId(i as u32));
            let closed = program.policy(narrow).default_deny;
            let actions: ActionSet = rule.actions.iter().filter(|a| closed.contains(*a)).collect();
            let region = |engine: &mut Engine<'m>, action| {
                vec![
                    engine.clause(model, clause, action, Threshold::True),
                    engine.clause(model, posture, action, Threshold::True),
                ]
            };
            // What the narrow policy allows itself is not opened by another one.
            let keep = |c: ClauseRef| match c {
                ClauseRef::Rule(other) => {
                    let other = program.rule(other);
                    other.effect == RuleEffect::Deny || other.policy == narrow
                }
                _ => false,
            };
            let rivals =
                Rivals { kinds: &[ClauseKind::Deny, ClauseKind::Allow], prevent: prevents, keep: &keep };
            if !matches!(self.cover(actions, region, &rivals).0, Cover::Open) {
                continue;
            }
            let message = format!(
                "{} opens what `{}` closes for fewer processes",
                self.name(clause),
                program.policy(narrow).name
            );
            let diagnostic = self
                .at_rule(Code::OpenedDefault, RuleId(i as u32), message)
                .label("it allows this to all processes of its policy")
                .related(program.policy(narrow).default_span, "closed here")
                .help(
                    "except the narrower subject from the wider policy, or deny it there what it must not do",
                );
            let without = |engine: &mut Engine<'m>, action| {
                let mut forms = vec![
                    engine.clause(model, clause, action, Threshold::True),
                    engine.clause(model, posture, action, Threshold::True),
                ];
                let denied = engine.denied_near(model, action, !prevents, None);
                forms.push(engine.space.not(denied));
                forms
            };
            let event =
                self.example(actions, without, |engine, event| !engine.is_denied(model, event, !prevents));
            let witness = event.map(|event| Witness { event, denied: false, reported: !prevents });
            self.push(About::Clause(clause), diagnostic, witness, vec![posture]);
            // One rule of the policy shows it.
            return;
        }
    }
}
