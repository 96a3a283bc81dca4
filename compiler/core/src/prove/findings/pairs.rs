//! Policies that want different things of one event.

use super::super::engine::Threshold;
use super::super::search::Found;
use super::super::space::FormId;
use super::{About, Engine, Run, verb};
use crate::diagnostics::{Code, Diagnostic};
use crate::evaluate::applies;
use crate::model::{ActionSet, ClauseRef, Mode, PolicyId, RuleEffect, RuleId};
use warmor_policy::schema::Action;
use warmor_policy::verdict::{ClauseKind, Responses};

/// Most denials that one finding names.
const MAX_NAMED: usize = 3;

impl<'m> Run<'_, 'm> {
    /// Denials of other policies that overlap an allow without being an exception of it, or it one of theirs.
    ///
    /// A denial inside of what is allowed is how exceptions are written, an allow inside of what is denied is dead. What is left is
    /// an overlap that neither author can see in his own rule. Where the denial is only reported, an overlap is what it is there
    /// for, unless it covers the whole allow.
    pub(super) fn conflicts(&mut self, id: RuleId) {
        let rule = self.model.rule(id);
        let own = self.model.policy(rule.policy);
        let (mut conflicts, mut clashes) = (Vec::new(), Vec::new());
        let allow = ClauseRef::Rule(id);
        for action in rule.actions.iter() {
            let form = self.engine.clause(self.id, allow, action, Threshold::True);
            let outline = self.engine.space.outline(form);
            for (deny, _) in self.engine.near(self.id, action, ClauseKind::Deny, false, Some(&outline)) {
                let ClauseRef::Rule(other) = deny else { continue };
                let denial = self.model.rule(other);
                let policy = self.model.policy(denial.policy);
                let meant = denial.policy == rule.policy
                    || denial.overrides.contains(&id)
                    || (own.mode == Mode::Detect && policy.mode == Mode::Prevent);
                let list = if policy.mode == own.mode { &mut conflicts } else { &mut clashes };
                if meant || list.contains(&deny) || list.len() >= MAX_NAMED {
                    continue;
                }
                let apart = policy.mode == own.mode;
                if self.crosses(action, allow, form, deny, apart) {
                    let list = if apart { &mut conflicts } else { &mut clashes };
                    list.push(deny);
                }
            }
        }
        if !conflicts.is_empty() {
            self.conflict(id, conflicts);
        }
        if !clashes.is_empty() {
            self.clash(id, clashes);
        }
    }

    /// Whether a denial and an allow meet and neither lies inside the other; without `apart`, whether the allow lies inside the
    /// denial.
    fn crosses(
        &mut self,
        action: Action,
        allow: ClauseRef,
        form: FormId,
        deny: ClauseRef,
        apart: bool,
    ) -> bool {
        let denial = self.engine.clause(self.id, deny, action, Threshold::True);
        let is = |found: Found| matches!(found, Found::Points(_));
        if !is(self.engine.question(action, &[form, denial], false)) {
            return false;
        }
        let (applied, denied) = (
            self.engine.clause(self.id, allow, action, Threshold::Applies),
            self.engine.clause(self.id, deny, action, Threshold::Applies),
        );
        let (not_allowed, not_denied) = (self.engine.space.not(applied), self.engine.space.not(denied));
        let sticks_out = is(self.engine.question(action, &[form, not_denied], false));
        if apart {
            sticks_out && is(self.engine.question(action, &[denial, not_allowed], false))
        } else {
            !sticks_out
        }
    }

    fn conflict(&mut self, id: RuleId, denies: Vec<ClauseRef>) {
        let allow = ClauseRef::Rule(id);
        let message = format!(
            "{} {} a part of what {} allows",
            self.names(&denies),
            verb(&denies, "denies", "deny"),
            self.name(allow)
        );
        let mut diagnostic = self.at_rule(Code::Conflict, id, message).label("allowed here");
        for deny in &denies {
            diagnostic =
                diagnostic.related(self.clause_place(*deny), "denied by this, which is wider elsewhere");
        }
        let label = &self.model.rule(id).label;
        let policy = &self.model.policy(self.model.rule(id).policy).name;
        let diagnostic = diagnostic.help(format!(
            "the denial wins: if that is meant, write `overrides {policy}.{label}` on it, otherwise narrow one of them with `except`"
        ));
        let event = self.meeting(id, denies[0]);
        let reported = self.model.policy(self.model.rule(id).policy).mode == Mode::Detect;
        let witness = event.map(|event| self.shown(event, reported));
        self.push(About::Clause(allow), diagnostic, witness, denies);
    }

    fn clash(&mut self, id: RuleId, denies: Vec<ClauseRef>) {
        let allow = ClauseRef::Rule(id);
        let message = format!(
            "{} allows for good what {} only {}",
            self.name(allow),
            self.names(&denies),
            verb(&denies, "reports", "report")
        );
        let mut diagnostic = self.at_rule(Code::ModeClash, id, message).label("enforced: allowed");
        for deny in &denies {
            diagnostic = diagnostic.related(self.clause_place(*deny), "in `mode detect`: reported as denied");
        }
        let diagnostic = diagnostic.help(
            "all of it is allowed and reported as a denial: except it from the denial, or let the denial's policy prevent",
        );
        let event = self.meeting(id, denies[0]);
        let witness = event.map(|event| self.shown(event, false));
        self.push(About::Clause(allow), diagnostic, witness, denies);
    }

    /// An event to which both rules apply.
    fn meeting(&mut self, id: RuleId, other: ClauseRef) -> Option<warmor_policy::event::Event> {
        let (model, clause) = (self.id, ClauseRef::Rule(id));
        let region = |engine: &mut Engine<'m>, action| {
            vec![
                engine.clause(model, clause, action, Threshold::True),
                engine.clause(model, other, action, Threshold::True),
            ]
        };
        let program = self.model;
        self.example(program.rule(id).actions, region, |_, event| {
            applies(program, clause, event) && applies(program, other, event)
        })
    }

    /// Rules of different policies that would stop a process and kill it.
    pub(super) fn response_clashes(&mut self) {
        let freezing = self.harsh(Responses::FREEZE);
        let killing = self.harsh(Responses::KILL.union(Responses::KILL_TREE));
        for (freeze, owner, actions) in &freezing {
            for (kill, other_owner, other_actions) in &killing {
                if freeze == kill || (owner.is_some() && owner == other_owner) {
                    continue;
                }
                let both: ActionSet = actions.iter().filter(|a| other_actions.contains(*a)).collect();
                let (model, freeze, kill) = (self.id, *freeze, *kill);
                let region = |engine: &mut Engine<'m>, action| {
                    vec![
                        engine.clause(model, freeze, action, Threshold::True),
                        engine.clause(model, kill, action, Threshold::True),
                    ]
                };
                let program = self.model;
                let event = self.example(both, region, |_, event| {
                    applies(program, freeze, event) && applies(program, kill, event)
                });
                if let Some(event) = event {
                    let message =
                        format!("{} freezes the process that {} kills", self.name(freeze), self.name(kill));
                    let diagnostic = Diagnostic::new(Code::ResponseClash, self.clause_place(freeze), message)
                        .label("`freeze` keeps the process for a look at it")
                        .related(self.clause_place(kill), "`kill` leaves nothing to look at")
                        .help("the responses of all that applies are joined: choose one, or except one subject from the other");
                    let witness = Some(self.shown(event, false));
                    self.push(About::Clause(freeze), diagnostic, witness, vec![kill]);
                    break;
                }
            }
        }
    }

    /// What carries out one of the responses: denials of prevent policies, and detections.
    fn harsh(&self, responses: Responses) -> Vec<(ClauseRef, Option<PolicyId>, ActionSet)> {
        let wants = |r: Responses| r.intersection(responses) != Responses::default();
        let rules = self.model.rules.iter().enumerate().filter(|(_, r)| {
            wants(r.responses)
                && r.effect == RuleEffect::Deny
                && self.model.policy(r.policy).mode == Mode::Prevent
        });
        let rules = rules.map(|(i, r)| (ClauseRef::Rule(RuleId(i as u32)), Some(r.policy), r.actions));
        let detections = self.engine.clauses[self.id.0].iter().filter_map(|c| match c.reference {
            ClauseRef::Detection(i) if wants(self.model.detections[i as usize].responses) => {
                Some((c.reference, None, c.actions))
            }
            _ => None,
        });
        rules.chain(detections).collect()
    }
}
