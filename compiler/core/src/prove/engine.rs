//! The engine: events of models that are asked for by what clauses, conditions and verdicts say of them.

use super::Answer;
use super::former::{Reader, Reading};
use super::formula::Formula;
use super::index::{Entry, Index};
use super::outline::Outline;
use super::search::Found;
use super::space::{FormId, Space};
use crate::evaluate::{self, Muted, Truth};
use crate::model::{
    ActionSet, ClauseRef, Cond, Mode, Model, OnUnknown, Pattern, PolicyId, RuleEffect, Scope,
};
use rustc_hash::FxHashMap;
use std::rc::Rc;
use warmor_policy::event::Event;
use warmor_policy::schema::Action;
use warmor_policy::verdict::{ClauseKind, Effect, Severity};

/// How much work may be spent before the answer is "not known".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Steps of one question: states of texts looked at, and splits.
    pub question: u64,
    /// Steps of everything together.
    pub total: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { question: 2_000_000, total: 400_000_000 }
    }
}

/// Which model of an [`Engine`] is meant, by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModelId(pub usize);

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
enum Outcome {
    Denied,
    AtLeast(Severity),
    SettledBy(Option<ClauseRef>),
}

/// When a clause's condition counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Threshold {
    /// As its policy says of what is unknown.
    Applies,
    /// When it is true.
    True,
}

/// A clause as the engine needs it.
#[derive(Clone, Debug)]
pub(super) struct Clause {
    pub(super) reference: ClauseRef,
    pub(super) kind: ClauseKind,
    pub(super) prevents: bool,
    pub(super) actions: ActionSet,
    /// Whether it applies where its condition is unknown.
    pub(super) on_unknown: bool,
}

/// Questions about all events of one or several models, with what earlier questions found out.
///
/// ```
/// # use warmor_compiler::{check, resolve::{Origin, Sources}};
/// use warmor_compiler::prove::{Answer, Budget, Claim, Engine, Formula, ModelId, Verdict};
/// use warmor_policy::schema::Action;
///
/// # let mut sources = Sources::new();
/// # sources.set("a.warmor", "policy p for any { mode prevent deny read /etc/shadow }", Origin::Root);
/// # let checked = check::check(&sources, &check::Options::default());
/// # let model = checked.model().unwrap();
/// // Is there a read that is denied?
/// let mut engine = Engine::new(&[model], Budget::default());
/// let denied = Formula::Test(Claim::Denied(ModelId(0), Verdict::Enforced));
/// let Answer::Found(event) = engine.some_event([Action::Read].into_iter().collect(), &denied) else { panic!() };
/// assert!(engine.holds(&event, &denied));
/// ```
pub struct Engine<'m> {
    pub(super) space: Space<'m>,
    budget: Budget,
    /// By model, in the order of [`Model::clauses`].
    pub(super) clauses: Vec<Rc<[Clause]>>,
    places: FxHashMap<(ModelId, ClauseRef), usize>,
    forms: FxHashMap<(ModelId, ClauseRef, bool, bool), FormId>,
    scopes: FxHashMap<(ModelId, PolicyId, bool), FormId>,
    postures: FxHashMap<(ModelId, Action, bool), FormId>,
    verdicts: FxHashMap<(Action, ModelId, Verdict, Outcome), FormId>,
    indexes: FxHashMap<(ModelId, Action, ClauseKind, bool), Rc<Index>>,
}

impl<'m> Engine<'m> {
    /// An engine for these models, which keep their places as [`ModelId`]s.
    pub fn new(models: &[&'m Model], budget: Budget) -> Self {
        Self::within(Space::default().about(models.to_vec(), budget.total), budget)
    }

    /// An engine for the models of a space that knows something already.
    pub(super) fn within(space: Space<'m>, budget: Budget) -> Self {
        let clauses: Vec<Rc<[Clause]>> = space
            .models
            .iter()
            .map(|model| {
                let describe = |c: ClauseRef| describe(model, c);
                model.clauses().into_iter().map(describe).collect::<Rc<[Clause]>>()
            })
            .collect();
        let mut places = FxHashMap::default();
        for (model, clauses) in clauses.iter().enumerate() {
            places.extend(clauses.iter().enumerate().map(|(i, c)| ((ModelId(model), c.reference), i)));
        }
        Self {
            space,
            budget,
            clauses,
            places,
            forms: FxHashMap::default(),
            scopes: FxHashMap::default(),
            postures: FxHashMap::default(),
            verdicts: FxHashMap::default(),
            indexes: FxHashMap::default(),
        }
    }

    /// What is known.
    pub(super) fn into_space(self) -> Space<'m> {
        self.space
    }

    /// The model of an id.
    pub fn model(&self, id: ModelId) -> &'m Model {
        self.space.models[id.0]
    }

    /// Whether the whole budget is spent: every further answer is [`Answer::Budget`].
    pub fn is_spent(&self) -> bool {
        self.space.fuel == 0
    }

    /// An event of one of the actions for which the formula holds. It has been put before the reference evaluator
    /// ([`Engine::holds`]); one that the evaluator sees otherwise is never given, but counts as [`Answer::Budget`].
    ///
    /// It helps to say first where to look: of a [`Formula::All`], what clauses apply and conditions hold tells which other clauses
    /// have anything to do with the question.
    pub fn some_event(&mut self, actions: ActionSet, wanted: &Formula<Claim<'m>>) -> Answer<Event> {
        let mut budget = false;
        for action in actions.iter() {
            let near = self.vicinity(action, wanted);
            for unknown in [false, true] {
                // An outline says nothing of events with unknown facts.
                let near = near.as_deref().filter(|_| !unknown);
                let form = self.formula(action, wanted, near);
                match self.question(action, &[form], unknown) {
                    Found::None(_) => {}
                    Found::Budget => budget = true,
                    Found::Points(solution) => {
                        let mut check = |engine: &mut Self, event: &Event| engine.holds(event, wanted);
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
    pub fn holds(&self, event: &Event, wanted: &Formula<Claim<'m>>) -> bool {
        let mut applying: Vec<Option<Vec<ClauseRef>>> = vec![None; self.clauses.len()];
        wanted.holds(&mut |claim| self.claim_holds(event, claim, &mut applying))
    }

    /// Whether the reference evaluator denies the event, in either view, nothing being muted. It is asked only about clauses that come
    /// near the event at all, for the witnesses of a large program are many.
    pub(super) fn is_denied(&mut self, model: ModelId, event: &Event, reported: bool) -> bool {
        let outline = Outline::of(event);
        let program = self.model(model);
        let mut applies = |kind, enforced| {
            let near = self.near(model, event.action, kind, enforced, Some(&outline));
            near.iter().any(|(clause, _)| evaluate::applies(program, *clause, event))
        };
        let mut denies = |enforced| {
            applies(ClauseKind::Deny, enforced)
                || (!applies(ClauseKind::Allow, enforced) && applies(ClauseKind::Default, enforced))
        };
        let denied = denies(true) || (reported && denies(false));
        debug_assert_eq!(
            denied,
            {
                let decision = evaluate::decide(program, event, &Muted::none());
                (if reported { decision.reported } else { decision.enforced }) == Effect::Deny
            },
            "a clause that applies was not near {event:?}"
        );
        denied
    }

    /// `applying` keeps, for each model, which clauses apply to the event.
    fn claim_holds(&self, event: &Event, claim: &Claim<'m>, applying: &mut [Option<Vec<ClauseRef>>]) -> bool {
        let mut settled = |model: ModelId, verdict| {
            let known = applying[model.0].get_or_insert_with(|| evaluate::applying(self.model(model), event));
            self.first_of(model, known, verdict == Verdict::Enforced)
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

    /// The first of the clauses that settle a verdict, of those that apply.
    fn first_of(&self, model: ModelId, applying: &[ClauseRef], prevents: bool) -> Option<&Clause> {
        let known = applying.iter().filter_map(|c| {
            let place = self.places.get(&(model, *c))?;
            self.clauses[model.0].get(*place)
        });
        let clauses: Vec<&Clause> = known.filter(|c| c.prevents || !prevents).collect();
        VERDICT_KINDS.iter().find_map(|kind| clauses.iter().copied().find(|c| c.kind == *kind))
    }

    fn severity(&self, model: ModelId, clause: ClauseRef) -> Severity {
        let model = self.model(model);
        match clause {
            ClauseRef::Rule(id) => model.rule(id).severity,
            ClauseRef::Default(id) => model.policy(id).severity,
            ClauseRef::Detection(index) => model.detections[index as usize].severity,
        }
    }

    /// One question, within what one question may cost.
    pub(super) fn question(&mut self, action: Action, forms: &[FormId], unknown: bool) -> Found {
        let total = self.space.fuel;
        let share = total.min(self.budget.question);
        self.space.fuel = share;
        let found = self.space.ask(action, forms, unknown);
        self.space.fuel = total - (share - self.space.fuel);
        found
    }

    /// The form of a formula. Clauses that do not come near the outline are taken not to apply.
    fn formula(&mut self, action: Action, wanted: &Formula<Claim<'m>>, near: Option<&Outline>) -> FormId {
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

    fn claim(&mut self, action: Action, claim: &Claim<'m>, near: Option<&Outline>) -> FormId {
        match *claim {
            Claim::Applies(model, clause) => {
                let form = self.clause(model, clause, action, Threshold::Applies);
                match near {
                    Some(near) if !self.space.outline(form).overlaps(near) => FormId::NEVER,
                    _ => form,
                }
            }
            Claim::Holds(model, cond) => self.cond(model, cond, action, false),
            Claim::Possible(model, cond) => self.cond(model, cond, action, true),
            Claim::InScope(model, scope) => {
                self.space.scope(scope, reading(model, false, Some(true).filter(|_| is_wild(action))))
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

    /// The form of what a claim says of a verdict. Without an outline it is about all clauses, and kept.
    fn verdict(&mut self, key: (Action, ModelId, Verdict, Outcome), near: Option<&Outline>) -> FormId {
        if let (None, Some(known)) = (near, self.verdicts.get(&key)) {
            return *known;
        }
        let (action, model, verdict, outcome) = key;
        let enforced = verdict == Verdict::Enforced;
        let form = match outcome {
            Outcome::Denied => self.denied_near(model, action, !enforced, near),
            Outcome::AtLeast(severity) => self.denied_at_least(model, action, enforced, severity, near),
            Outcome::SettledBy(clause) => self.settled(model, action, enforced, clause, near),
        };
        if near.is_none() {
            self.verdicts.insert(key, form);
        }
        form
    }

    /// The form of a condition of the domain: true, or with `unknown` not false.
    pub(super) fn cond(&mut self, model: ModelId, cond: &'m Cond, action: Action, unknown: bool) -> FormId {
        self.space.cond(cond, true, reading(model, unknown, Some(true).filter(|_| is_wild(action))))
    }

    /// That an event is denied, as it is enforced or as it is reported. Clauses that do not come near the outline are left out.
    pub(super) fn denied_near(
        &mut self,
        model: ModelId,
        action: Action,
        reported: bool,
        near: Option<&Outline>,
    ) -> FormId {
        let enforced = self.denied(model, action, true, near);
        if !reported {
            return enforced;
        }
        let nominal = self.denied(model, action, false, near);
        self.space.join([enforced, nominal], false)
    }

    /// "Denied" by the prevent policies, or by all.
    fn denied(&mut self, model: ModelId, action: Action, enforced: bool, near: Option<&Outline>) -> FormId {
        let mut forms = |kind| -> Vec<FormId> {
            self.near(model, action, kind, enforced, near).into_iter().map(|(_, form)| form).collect()
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
        near: Option<&Outline>,
    ) -> FormId {
        let (mut rules, mut ways) = (Vec::new(), Vec::new());
        for kind in [ClauseKind::Deny, ClauseKind::Allow] {
            for (clause, form) in self.near(model, action, kind, prevents, near) {
                rules.push(form);
                if kind == ClauseKind::Deny && self.severity(model, clause) >= severity {
                    ways.push(form);
                }
            }
        }
        let mut postures = self.near(model, action, ClauseKind::Default, prevents, near);
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
        near: Option<&Outline>,
    ) -> FormId {
        let mut parts = Vec::new();
        for kind in VERDICT_KINDS {
            for (clause, form) in self.near(model, action, kind, prevents, near) {
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
        near: Option<&Outline>,
    ) -> FormId {
        let key = (model, action, prevents);
        if let (None, Some(known)) = (near, self.postures.get(&key)) {
            return *known;
        }
        let postures = self.near(model, action, ClauseKind::Default, prevents, near);
        let form = self.space.join(postures.into_iter().map(|(_, form)| form), false);
        if near.is_none() {
            self.postures.insert(key, form);
        }
        form
    }

    /// The clauses of a kind that are about the action, with their forms: those that come near the outline, or all.
    pub(super) fn near(
        &mut self,
        model: ModelId,
        action: Action,
        kind: ClauseKind,
        prevents: bool,
        outline: Option<&Outline>,
    ) -> Vec<(ClauseRef, FormId)> {
        let key = (model, action, kind, prevents);
        let index = if let Some(known) = self.indexes.get(&key) {
            known.clone()
        } else {
            let mut entries = Vec::new();
            for info in &*self.clauses[model.0].clone() {
                if info.kind == kind && info.actions.contains(action) && (info.prevents || !prevents) {
                    let form = self.clause(model, info.reference, action, Threshold::Applies);
                    let outline = self.space.outline(form);
                    entries.push(Entry { clause: info.reference, form, outline });
                }
            }
            let index = Rc::new(Index::new(entries));
            self.indexes.insert(key, index.clone());
            index
        };
        match outline {
            Some(outline) => index.near(outline).map(|e| (e.clause, e.form)).collect(),
            None => index.all().iter().map(|e| (e.clause, e.form)).collect(),
        }
    }

    /// The form of a clause in events of the action; never where the clause is not about it.
    pub(super) fn clause(
        &mut self,
        model: ModelId,
        clause: ClauseRef,
        action: Action,
        threshold: Threshold,
    ) -> FormId {
        let place = self.places.get(&(model, clause));
        let Some(info) = place.map(|i| self.clauses[model.0][*i].clone()) else { return FormId::NEVER };
        if !info.actions.contains(action) {
            return FormId::NEVER;
        }
        let unknown = threshold == Threshold::Applies && info.on_unknown;
        let key = (model, clause, is_wild(action), unknown);
        if let Some(known) = self.forms.get(&key) {
            return *known;
        }
        let part = Some(info.kind != ClauseKind::Allow).filter(|_| is_wild(action));
        let how = reading(model, unknown, part);
        let program = self.model(model);
        let form = match clause {
            ClauseRef::Rule(id) => {
                let rule = program.rule(id);
                let scope = self.policy_scope(model, rule.policy, unknown);
                let object = self.space.cond(&rule.object, true, how);
                let mut parts = vec![scope, object];
                parts.extend(rule.except.iter().map(|e| self.space.cond(e, false, how)));
                parts.extend(rule.condition.iter().map(|c| self.space.cond(c, true, how)));
                self.space.join(parts, true)
            }
            ClauseRef::Default(policy) => self.policy_scope(model, policy, unknown),
            ClauseRef::Detection(index) => {
                let detection = &program.detections[index as usize];
                let Pattern::Single(step) = &detection.pattern else { return FormId::NEVER };
                let scope = self.space.scope(&detection.scope, how);
                let object = self.space.cond(&step.object, true, how);
                let mut parts = vec![scope, object];
                parts.extend(step.except.iter().map(|e| self.space.cond(e, false, how)));
                parts.extend(step.condition.iter().map(|c| self.space.cond(c, true, how)));
                self.space.join(parts, true)
            }
        };
        self.forms.insert(key, form);
        form
    }

    /// The form of a policy's scope; scopes look at processes, of which no wildcard is a fact.
    pub(super) fn policy_scope(&mut self, model: ModelId, policy: PolicyId, unknown: bool) -> FormId {
        if let Some(known) = self.scopes.get(&(model, policy, unknown)) {
            return *known;
        }
        let scope = &self.model(model).policy(policy).scope;
        let form = self.space.scope(scope, reading(model, unknown, None));
        self.scopes.insert((model, policy, unknown), form);
        form
    }
}

/// The kinds of clauses that settle a verdict, in the order in which they go before each other.
const VERDICT_KINDS: [ClauseKind; 3] = [ClauseKind::Deny, ClauseKind::Allow, ClauseKind::Default];

/// Whether a wildcard address stands for all addresses in events of the action.
pub(super) fn is_wild(action: Action) -> bool {
    matches!(action, Action::Bind | Action::Listen)
}

pub(super) fn reading(model: ModelId, unknown: bool, part: Option<bool>) -> Reading {
    Reading { model: model.0, unknown, part, reader: Reader::Own }
}

fn describe(model: &Model, clause: ClauseRef) -> Clause {
    match clause {
        ClauseRef::Rule(id) => {
            let rule = model.rule(id);
            let policy = model.policy(rule.policy);
            let denies = policy.unknown == OnUnknown::Deny;
            let (kind, on_unknown) = match rule.effect {
                RuleEffect::Deny => (ClauseKind::Deny, denies),
                RuleEffect::Allow => (ClauseKind::Allow, !denies),
                RuleEffect::Audit => (ClauseKind::Audit, true),
            };
            Clause {
                reference: clause,
                kind,
                prevents: policy.mode == Mode::Prevent,
                actions: rule.actions,
                on_unknown,
            }
        }
        ClauseRef::Default(id) => {
            let policy = model.policy(id);
            Clause {
                reference: clause,
                kind: ClauseKind::Default,
                prevents: policy.mode == Mode::Prevent,
                actions: policy.default_deny,
                on_unknown: policy.unknown == OnUnknown::Deny,
            }
        }
        ClauseRef::Detection(index) => {
            let detection = &model.detections[index as usize];
            let actions = match &detection.pattern {
                Pattern::Single(step) => step.actions,
                Pattern::Sequence { .. } | Pattern::Count { .. } => ActionSet::default(),
            };
            Clause { reference: clause, kind: ClauseKind::Detect, prevents: false, actions, on_unknown: true }
        }
    }
}
