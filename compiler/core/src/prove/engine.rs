//! The engine: events of models that are asked for by what clauses, conditions and verdicts say of them.

use super::claim::Judgement;
use super::former::{Reader, Reading};
use super::index::{Entry, Index};
use super::outline::Outline;
use super::search::{Found, Readable};
use super::space::{FormId, Space};
use super::vicinity::Vicinity;
use crate::evaluate::{self, Muted};
use crate::model::{ActionSet, ClauseRef, Cond, Mode, Model, OnUnknown, Pattern, PolicyId, RuleEffect};
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
    pub(super) postures: FxHashMap<(ModelId, Action, bool), FormId>,
    pub(super) verdicts: FxHashMap<(Judgement, Option<Vicinity>), FormId>,
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

    /// Whether the whole budget is spent: every further answer is [`Answer::Budget`](super::Answer::Budget).
    pub fn is_spent(&self) -> bool {
        self.space.fuel == 0
    }

    /// Takes steps off the budget that are no part of a question: clauses that are looked at.
    pub(super) fn spend(&mut self, steps: usize) {
        self.space.fuel = self.space.fuel.saturating_sub(steps as u64);
    }

    /// How many steps were made.
    pub(crate) fn spent(&self) -> u64 {
        self.budget.total - self.space.fuel
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

    pub(super) fn severity(&self, model: ModelId, clause: ClauseRef) -> Severity {
        let model = self.model(model);
        match clause {
            ClauseRef::Rule(id) => model.rule(id).severity,
            ClauseRef::Default(id) => model.policy(id).severity,
            ClauseRef::Detection(index) => model.detections[index as usize].severity,
        }
    }

    /// The place of a clause in the order of reports.
    pub(super) fn place(&self, model: ModelId, clause: ClauseRef) -> Option<usize> {
        self.places.get(&(model, clause)).copied()
    }

    pub(super) fn clause_info(&self, model: ModelId, clause: ClauseRef) -> Option<Clause> {
        Some(self.clauses[model.0][self.place(model, clause)?].clone())
    }

    /// One question, within what one question may cost; `unknown` says whether facts can be.
    pub(super) fn question(&mut self, action: Action, forms: &[FormId], unknown: bool) -> Found {
        self.question_of(action, forms, Readable::any(unknown))
    }

    /// The same, of events of which this can be read.
    pub(super) fn question_of(&mut self, action: Action, forms: &[FormId], readable: Readable) -> Found {
        let total = self.space.fuel;
        let share = total.min(self.budget.question);
        self.space.fuel = share;
        let found = self.space.ask(action, forms, readable);
        self.space.fuel = total - (share - self.space.fuel);
        found
    }

    /// The form of a condition of the domain: true, or with `unknown` not false.
    pub(super) fn cond(&mut self, model: ModelId, cond: &'m Cond, action: Action, unknown: bool) -> FormId {
        self.space.cond(cond, true, reading(model, unknown, Some(true).filter(|_| is_wild(action))))
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
        let Some(info) = self.clause_info(model, clause) else { return FormId::NEVER };
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
