//! What can be said of an event, and the forms that it has.

use super::Answer;
use super::engine::{Clause, Engine, ModelId, Threshold, is_wild, reading};
use super::formula::Formula;
use super::outline::Outline;
use super::search::{Found, Readable};
use super::space::FormId;
use super::vicinity::Vicinity;
use crate::evaluate::{self, Truth};
use crate::model::{ActionSet, ClauseRef, Cond, Scope};
use rustc_hash::{FxHashMap, FxHashSet};
use std::rc::Rc;
use warmor_policy::event::Event;
use warmor_policy::schema::Action;
use warmor_policy::verdict::{ClauseKind, Severity};

/// Something that is true or false of an event.
#[derive(Clone, Copy, Debug)]
pub enum Claim<'m> {
    /// The clause applies.
    Applies(ModelId, ClauseRef),
    /// The condition is true (not unknown). Wildcard addresses count where they overlap.
    Holds(ModelId, &'m Cond),
    /// The condition is true or unknown.
    Possible(ModelId, &'m Cond),
    /// The process is in the scope for certain.
    InScope(ModelId, &'m Scope),
    /// The event is denied, nothing being muted.
    Denied(ModelId, Verdict),
    /// It is denied by a rule or posture of at least this severity. For [`Verdict::Reported`] all policies count alike.
    DeniedAtLeast(ModelId, Verdict, Severity),
    /// The clause settles the verdict: it is the first, in the order of reports, of those that say it. `None`: nothing speaks of
    /// the event. For [`Verdict::Reported`] all policies count alike.
    Settled(ModelId, Verdict, Option<ClauseRef>),
}

/// Which verdict is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// What is enforced.
    Enforced,
    /// What is reported.
    Reported,
}

/// What a claim says of a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Outcome {
    Denied,
    AtLeast(Severity),
    SettledBy(Option<ClauseRef>),
}

/// The kinds of clauses that settle a verdict, in the order in which they go before each other.
const VERDICT_KINDS: [ClauseKind; 3] = [ClauseKind::Deny, ClauseKind::Allow, ClauseKind::Default];

/// A verdict of an action, and what is said of it.
pub(super) type Judgement = (Action, ModelId, Verdict, Outcome);

impl<'m> Engine<'m> {
    /// An event of one of the actions for which the formula holds. It has been put before the reference evaluator
    /// ([`Engine::holds`]); one that the evaluator sees otherwise is never given, but counts as [`Answer::Budget`].
    ///
    /// It helps to say first where to look: of a [`Formula::All`], what clauses apply and conditions hold tells which other clauses
    /// have anything to do with the question.
    pub fn some_event(&mut self, actions: ActionSet, wanted: &Formula<Claim<'m>>) -> Answer<Event> {
        self.some_event_apart(actions, wanted, &[])
    }

    /// The same, of an event to which none of some clauses applies. To be told so beforehand is less work than to find it out clause
    /// by clause, in every claim about verdicts.
    pub(crate) fn some_event_apart(
        &mut self,
        actions: ActionSet,
        wanted: &Formula<Claim<'m>>,
        apart: &[(ModelId, ClauseRef)],
    ) -> Answer<Event> {
        let mut budget = false;
        for action in actions.iter() {
            for (near, readable) in self.cases(action, wanted, apart) {
                if self.is_spent() {
                    return Answer::Budget;
                }
                let mut forms = vec![self.formula(action, wanted, near.as_ref())];
                for (model, clause) in apart {
                    let form = self.clause(*model, *clause, action, Threshold::Applies);
                    let form = self.seen_from(form, near.as_ref());
                    forms.push(self.space.not(form));
                }
                match self.question_of(action, &forms, readable) {
                    Found::None(_) => {}
                    Found::Budget => budget = true,
                    Found::Points(solution) => {
                        let mut check = |engine: &mut Self, event: &Event| {
                            let silent = |(model, clause): &(ModelId, ClauseRef)| {
                                !evaluate::applies(engine.model(*model), *clause, event)
                            };
                            apart.iter().all(silent) && engine.holds(event, wanted)
                        };
                        match self.realise(action, &solution, &mut check) {
                            Some(event) => return Answer::Found(event),
                            None => budget = true,
                        }
                    }
                }
            }
        }
        if budget { Answer::Budget } else { Answer::Empty }
    }

    /// The rules about verdicts that come near the events for which the formula holds, if there are more than `few` that are not
    /// alike; but for those that apply wherever the clause does.
    pub(crate) fn crowd(
        &mut self,
        action: Action,
        wanted: &Formula<Claim<'m>>,
        but: (ModelId, ClauseRef),
        few: usize,
    ) -> Vec<(ModelId, ClauseRef)> {
        let outline = self.vicinity(action, wanted).unwrap_or_default();
        let own = self.clause(but.0, but.1, action, Threshold::Applies);
        let mut rules = Vec::new();
        for (near, _) in Vicinity::new(outline, &[]).cases() {
            let own = self.space.unread(own, near.unknown);
            let (mut here, mut forms) = (Vec::new(), FxHashSet::default());
            for model in (0..self.clauses.len()).map(ModelId) {
                for kind in [ClauseKind::Deny, ClauseKind::Allow] {
                    let mut clauses = self.clauses_in(model, action, kind, false, Some(&near));
                    clauses.retain(|(_, form)| *form != own);
                    forms.extend(clauses.iter().map(|(_, form)| *form));
                    here.extend(clauses.into_iter().map(|(clause, _)| (model, clause)));
                }
            }
            if forms.len() > few {
                rules.append(&mut here);
            }
        }
        rules.sort_unstable();
        rules.dedup();
        rules
    }

    /// Where to look for events for which the formula holds and to which some clauses do not apply: each such event is in one of the
    /// cases.
    fn cases(
        &mut self,
        action: Action,
        wanted: &Formula<Claim<'m>>,
        apart: &[(ModelId, ClauseRef)],
    ) -> Vec<(Option<Vicinity>, Readable)> {
        let outline = self.vicinity(action, wanted);
        if outline.is_none() && apart.is_empty() {
            return vec![(None, Readable::any(false)), (None, Readable::any(true))];
        }
        let vicinity = Vicinity::new(outline.unwrap_or_default(), apart);
        vicinity.cases().map(|(near, readable)| (Some(near), readable)).collect()
    }

    /// Where the events are for which the formula holds; `None` for anywhere.
    fn vicinity(&mut self, action: Action, wanted: &Formula<Claim<'m>>) -> Option<Rc<Outline>> {
        let parts = match wanted {
            Formula::All(parts) => parts.as_slice(),
            one => std::slice::from_ref(one),
        };
        let mut forms: Vec<FormId> = Vec::new();
        for part in parts {
            if let Formula::Test(claim @ (Claim::Applies(..) | Claim::Holds(..) | Claim::InScope(..))) = part
            {
                forms.push(self.claim(action, claim, None));
            }
        }
        if forms.is_empty() {
            return None;
        }
        let whole = self.space.join(forms, true);
        Some(self.space.outline(whole))
    }

    /// Whether the formula holds of an event, by the reference evaluator.
    pub fn holds(&mut self, event: &Event, wanted: &Formula<Claim<'m>>) -> bool {
        let mut settling = FxHashMap::default();
        wanted.holds(&mut |claim| self.claim_holds(event, claim, &mut settling))
    }

    /// `settling` keeps which clause settles a verdict.
    fn claim_holds(
        &mut self,
        event: &Event,
        claim: &Claim<'m>,
        settling: &mut FxHashMap<(ModelId, bool), Option<Clause>>,
    ) -> bool {
        let mut settled = |model: ModelId, verdict| {
            let prevents = verdict == Verdict::Enforced;
            settling.entry((model, prevents)).or_insert_with(|| self.settling(model, event, prevents)).clone()
        };
        match *claim {
            Claim::Applies(model, clause) => evaluate::applies(self.model(model), clause, event),
            Claim::Holds(model, cond) => evaluate::holds(self.model(model), cond, event) == Truth::True,
            Claim::Possible(model, cond) => evaluate::holds(self.model(model), cond, event) != Truth::False,
            Claim::InScope(model, scope) => {
                let cond = scope.cond(crate::span::Span::default());
                evaluate::holds(self.model(model), &cond, event) == Truth::True
            }
            Claim::Denied(model, verdict) => {
                let mut denies =
                    |verdict| settled(model, verdict).is_some_and(|c| c.kind != ClauseKind::Allow);
                denies(Verdict::Enforced) || (verdict == Verdict::Reported && denies(verdict))
            }
            Claim::DeniedAtLeast(model, verdict, severity) => settled(model, verdict).is_some_and(|c| {
                c.kind != ClauseKind::Allow && self.severity(model, c.reference) >= severity
            }),
            Claim::Settled(model, verdict, clause) => settled(model, verdict).map(|c| c.reference) == clause,
        }
    }

    /// The first of the clauses that settle a verdict, of those that apply. The reference evaluator is asked only about clauses that
    /// come near the event at all, for the witnesses of a large program are many.
    fn settling(&mut self, model: ModelId, event: &Event, prevents: bool) -> Option<Clause> {
        let outline = Outline::of(event);
        let program = self.model(model);
        VERDICT_KINDS.iter().find_map(|kind| {
            let near = self.near(model, event.action, *kind, prevents, Some(&outline));
            self.spend(near.len());
            let (clause, _) = near.iter().find(|(c, _)| evaluate::applies(program, *c, event))?;
            self.clause_info(model, *clause)
        })
    }

    /// The clauses that apply to the event, in the order of reports.
    pub(crate) fn applying(&mut self, model: ModelId, event: &Event) -> Vec<ClauseRef> {
        use ClauseKind::{Allow, Audit, Default, Deny, Detect};
        let outline = Outline::of(event);
        let program = self.model(model);
        let mut applying: Vec<ClauseRef> = Vec::new();
        for kind in [Deny, Allow, Default, Audit, Detect] {
            let near = self.near(model, event.action, kind, false, Some(&outline));
            self.spend(near.len());
            let near = near.into_iter().map(|(clause, _)| clause);
            applying.extend(near.filter(|c| evaluate::applies(program, *c, event)));
        }
        applying.sort_by_key(|c| self.place(model, *c));
        debug_assert_eq!(applying, evaluate::applying(program, event), "not all are near {event:?}");
        applying
    }

    /// The form of a formula. Clauses that do not come near the outline are taken not to apply.
    fn formula(&mut self, action: Action, wanted: &Formula<Claim<'m>>, near: Option<&Vicinity>) -> FormId {
        match wanted {
            Formula::Const(b) => {
                if *b {
                    FormId::ALWAYS
                } else {
                    FormId::NEVER
                }
            }
            Formula::Not(inner) => {
                let inner = self.formula(action, inner, near);
                self.space.not(inner)
            }
            Formula::All(parts) | Formula::Any(parts) => {
                let all = matches!(wanted, Formula::All(_));
                let parts: Vec<FormId> = parts.iter().map(|p| self.formula(action, p, near)).collect();
                self.space.join(parts, all)
            }
            Formula::Test(claim) => self.claim(action, claim, near),
        }
    }

    fn claim(&mut self, action: Action, claim: &Claim<'m>, near: Option<&Vicinity>) -> FormId {
        match *claim {
            Claim::Applies(model, clause) => {
                if near.is_some_and(|near| near.is_apart(model, clause)) {
                    return FormId::NEVER;
                }
                let form = self.clause(model, clause, action, Threshold::Applies);
                self.seen_from(form, near)
            }
            Claim::Holds(model, cond) => {
                let form = self.cond(model, cond, action, false);
                self.unread(form, near)
            }
            Claim::Possible(model, cond) => {
                let form = self.cond(model, cond, action, true);
                self.unread(form, near)
            }
            Claim::InScope(model, scope) => {
                let how = reading(model, false, Some(true).filter(|_| is_wild(action)));
                let form = self.space.scope(scope, how);
                self.unread(form, near)
            }
            Claim::Denied(model, verdict) => self.verdict((action, model, verdict, Outcome::Denied), near),
            Claim::DeniedAtLeast(model, verdict, severity) => {
                self.verdict((action, model, verdict, Outcome::AtLeast(severity)), near)
            }
            Claim::Settled(model, verdict, clause) => {
                self.verdict((action, model, verdict, Outcome::SettledBy(clause)), near)
            }
        }
    }

    /// The form of a clause in a vicinity: never where the clause does not come near.
    fn seen_from(&mut self, form: FormId, near: Option<&Vicinity>) -> FormId {
        match near {
            Some(near) if !self.space.outline(form).overlaps(&near.outline) => FormId::NEVER,
            near => self.unread(form, near),
        }
    }

    /// A form in a vicinity: some facts may be unknown there.
    fn unread(&mut self, form: FormId, near: Option<&Vicinity>) -> FormId {
        near.map_or(form, |near| self.space.unread(form, near.unknown))
    }

    /// The form of what a claim says of a verdict. It is kept, unless it is of one question only.
    fn verdict(&mut self, key: Judgement, near: Option<&Vicinity>) -> FormId {
        let kept = near.is_none_or(|near| near.apart.is_none()).then(|| (key, near.cloned()));
        if let Some(known) = kept.as_ref().and_then(|kept| self.verdicts.get(kept)) {
            return *known;
        }
        let (action, model, verdict, outcome) = key;
        let enforced = verdict == Verdict::Enforced;
        let form = match outcome {
            Outcome::Denied => self.denied_near(model, action, !enforced, near),
            Outcome::AtLeast(severity) => self.denied_at_least(model, action, enforced, severity, near),
            Outcome::SettledBy(clause) => self.settled(model, action, enforced, clause, near),
        };
        if let Some(kept) = kept {
            self.verdicts.insert(kept, form);
        }
        form
    }

    /// That an event is denied, as it is enforced or as it is reported. Clauses that do not come near are left out.
    pub(super) fn denied_near(
        &mut self,
        model: ModelId,
        action: Action,
        reported: bool,
        near: Option<&Vicinity>,
    ) -> FormId {
        let enforced = self.denied(model, action, true, near);
        if !reported {
            return enforced;
        }
        let nominal = self.denied(model, action, false, near);
        self.space.join([enforced, nominal], false)
    }

    /// "Denied" by the prevent policies, or by all.
    fn denied(&mut self, model: ModelId, action: Action, enforced: bool, near: Option<&Vicinity>) -> FormId {
        let mut forms = |kind| -> Vec<FormId> {
            self.clauses_in(model, action, kind, enforced, near).into_iter().map(|(_, form)| form).collect()
        };
        let (denies, allows) = (forms(ClauseKind::Deny), forms(ClauseKind::Allow));
        let posture = self.posture(model, action, enforced, near);
        let allowed = self.space.join(allows, false);
        let unopened = self.space.not(allowed);
        let closed = self.space.join([posture, unopened], true);
        self.space.join(denies.into_iter().chain([closed]), false)
    }

    /// "Denied" by the prevent policies, or by all, with at least this severity.
    fn denied_at_least(
        &mut self,
        model: ModelId,
        action: Action,
        prevents: bool,
        severity: Severity,
        near: Option<&Vicinity>,
    ) -> FormId {
        let (mut rules, mut ways) = (Vec::new(), Vec::new());
        for kind in [ClauseKind::Deny, ClauseKind::Allow] {
            for (clause, form) in self.clauses_in(model, action, kind, prevents, near) {
                rules.push(form);
                if kind == ClauseKind::Deny && self.severity(model, clause) >= severity {
                    ways.push(form);
                }
            }
        }
        let mut postures = self.clauses_in(model, action, ClauseKind::Default, prevents, near);
        postures.retain(|(clause, _)| self.severity(model, *clause) >= severity);
        let posture = self.space.join(postures.into_iter().map(|(_, form)| form), false);
        let ruled = self.space.join(rules, false);
        let unruled = self.space.not(ruled);
        ways.push(self.space.join([posture, unruled], true));
        self.space.join(ways, false)
    }

    /// That a clause settles the verdict over the prevent policies, or over all: none applies that goes before it.
    fn settled(
        &mut self,
        model: ModelId,
        action: Action,
        prevents: bool,
        by: Option<ClauseRef>,
        near: Option<&Vicinity>,
    ) -> FormId {
        let mut parts = Vec::new();
        for kind in VERDICT_KINDS {
            for (clause, form) in self.clauses_in(model, action, kind, prevents, near) {
                if Some(clause) == by {
                    parts.push(form);
                    return self.space.join(parts, true);
                }
                parts.push(self.space.not(form));
            }
        }
        if by.is_none() { self.space.join(parts, true) } else { FormId::NEVER }
    }

    /// That some posture closes an event of the action: one of a prevent policy, or any.
    pub(super) fn posture(
        &mut self,
        model: ModelId,
        action: Action,
        prevents: bool,
        near: Option<&Vicinity>,
    ) -> FormId {
        let key = (model, action, prevents);
        if let (None, Some(known)) = (near, self.postures.get(&key)) {
            return *known;
        }
        let postures = self.clauses_in(model, action, ClauseKind::Default, prevents, near);
        let form = self.space.join(postures.into_iter().map(|(_, form)| form), false);
        if near.is_none() {
            self.postures.insert(key, form);
        }
        form
    }

    /// The clauses of a kind that come near, with their forms there.
    fn clauses_in(
        &mut self,
        model: ModelId,
        action: Action,
        kind: ClauseKind,
        prevents: bool,
        near: Option<&Vicinity>,
    ) -> Vec<(ClauseRef, FormId)> {
        let mut all = self.near(model, action, kind, prevents, near.map(|near| &*near.outline));
        self.spend(all.len());
        let Some(near) = near else { return all };
        all.retain_mut(|(clause, form)| {
            *form = self.space.unread(*form, near.unknown);
            *form != FormId::NEVER && !near.is_apart(model, *clause)
        });
        all
    }
}
