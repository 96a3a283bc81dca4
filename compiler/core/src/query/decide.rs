//! Every outcome that events of a question have.

use super::outcome::{Outcome, Verdict, outcome, standing};
use super::question::Question;
use super::residual::residual;
use crate::model::{ActionSet, ClauseRef, Cond, Model};
use crate::prove::{Answer, Claim, Engine, Formula, ModelId};
use warmor_policy::event::{Event, Fact};
use warmor_policy::verdict::ClauseKind;

/// Events that are meant: of these actions, and such that the formula holds.
#[derive(Clone, Debug)]
pub struct Meant<'m> {
    /// The actions.
    pub actions: ActionSet,
    /// What holds of the events.
    pub formula: Formula<Claim<'m>>,
}

/// What comes of some of the events that are meant.
#[derive(Clone, Debug)]
pub struct Group {
    /// What comes of them.
    pub outcome: Outcome,
    /// One of them. The reference evaluator says the same of it.
    pub witness: Event,
    /// What the deciding clause asks for beyond what is meant: empty where it applies to all of the events.
    pub when: Vec<Cond>,
    /// Whether there is only such an event where something of it cannot be read.
    pub unreadable: bool,
}

/// What comes of all events that are meant.
#[derive(Clone, Debug, Default)]
pub struct Outcomes {
    /// The outcomes that there are, in the order of the decision: denials first, what nothing speaks of last.
    pub groups: Vec<Group>,
    /// The outcomes of which the budget did not settle whether there are such events. Any other has none.
    pub open: Vec<Outcome>,
}

/// How all events that are meant fare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fare {
    /// None is denied.
    Always,
    /// All are.
    Never,
    /// Some are and some are not.
    Depends,
    /// There are no such events.
    Nothing,
    /// The budget ran out.
    Open,
}

impl Outcomes {
    /// How all events fare.
    pub fn fare(&self, verdict: Verdict) -> Fare {
        self.of(verdict, |_| true)
    }

    /// How the events fare of which everything can be read.
    pub fn fare_of_readable(&self, verdict: Verdict) -> Fare {
        self.of(verdict, |g| !g.unreadable)
    }

    fn of(&self, verdict: Verdict, counts: impl Fn(&Group) -> bool) -> Fare {
        let groups = || self.groups.iter().filter(|g| counts(g)).map(|g| g.outcome.denies(verdict));
        let open = |denies: bool| self.open.iter().any(|o| o.denies(verdict) == denies);
        let (denied, allowed) = (groups().any(|d| d), groups().any(|d| !d));
        match (denied, allowed) {
            (true, true) => Fare::Depends,
            (true, false) if !open(false) => Fare::Never,
            (false, true) if !open(true) => Fare::Always,
            (false, false) if self.open.is_empty() => Fare::Nothing,
            _ => Fare::Open,
        }
    }
}

impl<'m> Meant<'m> {
    /// The events of the question, of a process that is certainly in its scope. What the program assumes is true of them.
    pub fn new(engine: &Engine<'m>, model: ModelId, question: &'m Question) -> Self {
        let scope = Formula::Test(Claim::InScope(model, &question.scope));
        Self::of(engine, model, scope, question)
    }

    /// The events of the question, of a process of which the formula holds.
    pub fn of(
        engine: &Engine<'m>,
        model: ModelId,
        process: Formula<Claim<'m>>,
        question: &'m Question,
    ) -> Self {
        let mut parts = vec![process, Formula::Test(Claim::Holds(model, &question.event))];
        let assumed = engine.model(model).assumptions.iter();
        parts.extend(assumed.map(|a| Formula::Test(Claim::Holds(model, &a.cond))));
        Self { actions: question.actions, formula: Formula::All(parts) }
    }

    /// Those of the events for which more holds.
    pub(super) fn and(&self, more: impl IntoIterator<Item = Formula<Claim<'m>>>) -> Formula<Claim<'m>> {
        Formula::All(std::iter::once(self.formula.clone()).chain(more).collect())
    }
}

/// The clauses that apply to some event that is meant, by what they do. What comes of the events hangs on these alone.
#[derive(Clone)]
pub(super) struct Relevant<'m> {
    model: ModelId,
    program: &'m Model,
    /// By rank.
    clauses: Vec<ClauseRef>,
}

impl<'m> Relevant<'m> {
    /// Of all clauses that a verdict may depend on.
    pub(super) fn find(engine: &mut Engine<'m>, model: ModelId, meant: &Meant<'m>) -> Self {
        let program = engine.model(model);
        let clauses = program.clauses().into_iter().filter(|c| standing(program, *c).is_some()).collect();
        Self { model, program, clauses }.of_these(engine, meant)
    }

    /// Those of the clauses that apply to some of fewer events.
    pub(super) fn of_these(&self, engine: &mut Engine<'m>, meant: &Meant<'m>) -> Self {
        let applies = |clause: &ClauseRef| {
            let actions = match *clause {
                ClauseRef::Rule(id) => self.program.rule(id).actions,
                ClauseRef::Default(id) => self.program.policy(id).default_deny,
                ClauseRef::Detection(_) => ActionSet::EMPTY,
            };
            let actions: ActionSet = meant.actions.iter().filter(|a| actions.contains(*a)).collect();
            let applies = meant.and([self.applies(*clause)]);
            !actions.is_empty() && engine.some_event(actions, &applies) != Answer::Empty
        };
        Self { clauses: self.clauses.iter().copied().filter(applies).collect(), ..*self }
    }

    /// That an event that is meant is denied.
    pub(super) fn denied(&self, verdict: Verdict) -> Formula<Claim<'m>> {
        let by = |prevents: Option<bool>| {
            let rules = self.any(self.of(ClauseKind::Deny, prevents));
            let posture = self.any(self.of(ClauseKind::Default, prevents));
            let opened = self.any(self.of(ClauseKind::Allow, prevents));
            Formula::Any(vec![rules, Formula::All(vec![posture, opened.negated()])])
        };
        match verdict {
            Verdict::Enforced => by(Some(true)),
            Verdict::Reported => Formula::Any(vec![by(Some(true)), by(None)]),
        }
    }

    /// Those of a kind, of policies that prevent, that detect, or of both.
    fn of(&self, wanted: ClauseKind, prevents: Option<bool>) -> impl Iterator<Item = ClauseRef> {
        self.clauses.iter().copied().filter(move |c| {
            standing(self.program, *c)
                .is_some_and(|(kind, prevent)| kind == wanted && prevents.is_none_or(|p| p == prevent))
        })
    }

    fn applies(&self, clause: ClauseRef) -> Formula<Claim<'m>> {
        Formula::Test(Claim::Applies(self.model, clause))
    }

    fn any(&self, clauses: impl Iterator<Item = ClauseRef>) -> Formula<Claim<'m>> {
        Formula::Any(clauses.map(|c| self.applies(c)).collect())
    }

    /// Every outcome that there may be, in the order of the decision, with what is true of an event that has it.
    fn outcomes(&self) -> Vec<(Outcome, Formula<Claim<'m>>)> {
        use ClauseKind::{Allow, Default, Deny};
        let mut all = Vec::new();
        // What goes before an outcome does not apply to an event that has it.
        let mut before: Vec<ClauseRef> = Vec::new();
        let step = |clauses: Vec<ClauseRef>,
                    before: &mut Vec<ClauseRef>,
                    opened: Option<Formula<Claim<'m>>>,
                    outcome: fn(ClauseRef) -> Outcome,
                    all: &mut Vec<(Outcome, Formula<Claim<'m>>)>| {
            for clause in clauses {
                let mut parts = vec![self.applies(clause), self.any(before.iter().copied()).negated()];
                parts.extend(opened.clone().map(Formula::negated));
                all.push((outcome(clause), Formula::All(parts)));
                before.push(clause);
            }
        };
        let rules = |kind, prevents| self.of(kind, prevents).collect::<Vec<_>>();
        let denied = Outcome::Denied;
        let opened = Some(self.any(self.of(Allow, Some(true))));
        step(rules(Deny, Some(true)), &mut before, None, denied, &mut all);
        // A posture that an allow opens leaves the event to what comes after.
        let mut closed = before.clone();
        step(rules(Default, Some(true)), &mut closed, opened.clone(), denied, &mut all);
        let postures: Formula<Claim<'m>> = self.any(self.of(Default, Some(true)));
        let enforced = Formula::All(vec![postures, opened.map_or(Formula::Const(true), Formula::negated)]);
        let mut rest = Vec::new();
        step(rules(Deny, Some(false)), &mut before, None, Outcome::Reported, &mut rest);
        let opened = Some(self.any(self.of(Allow, None)));
        let mut closed = before.clone();
        step(rules(Default, Some(false)), &mut closed, opened.clone(), Outcome::Reported, &mut rest);
        let postures: Formula<Claim<'m>> = self.any(self.of(Default, None));
        let reported = Formula::All(vec![postures, opened.map_or(Formula::Const(true), Formula::negated)]);
        let mut open = Vec::new();
        let allows: Vec<ClauseRef> = self.of(Allow, Some(true)).chain(self.of(Allow, Some(false))).collect();
        step(allows, &mut before, None, Outcome::Allowed, &mut open);
        open.push((Outcome::Ungoverned, self.any(before.iter().copied()).negated()));
        all.extend(rest.into_iter().map(|(o, f)| (o, Formula::All(vec![f, enforced.clone().negated()]))));
        let open = open
            .into_iter()
            .map(|(o, f)| (o, Formula::All(vec![f, enforced.clone().negated(), reported.clone().negated()])));
        all.extend(open);
        all
    }
}

/// What comes of all events that are meant: each outcome that there is with an event, and proof that there is no other.
pub fn outcomes<'m>(engine: &mut Engine<'m>, model: ModelId, meant: &Meant<'m>) -> Outcomes {
    let relevant = Relevant::find(engine, model, meant);
    outcomes_by(engine, meant, &relevant)
}

/// The same, where the clauses are known that may apply.
pub(super) fn outcomes_by<'m>(
    engine: &mut Engine<'m>,
    meant: &Meant<'m>,
    relevant: &Relevant<'m>,
) -> Outcomes {
    let model = relevant.model;
    let mut found = Outcomes::default();
    for (sought, formula) in relevant.outcomes() {
        match engine.some_event(meant.actions, &meant.and([formula])) {
            Answer::Empty => {}
            Answer::Budget => found.open.push(sought),
            Answer::Found(witness) => {
                debug_assert_eq!(outcome(engine.model(model), &witness), sought, "{witness:?}");
                let when = residual(engine, model, meant, sought);
                let unreadable = unreadable(&witness);
                found.groups.push(Group { outcome: sought, witness, when, unreadable });
            }
        }
    }
    found
}

/// Whether something of the event cannot be read.
fn unreadable(event: &Event) -> bool {
    let records = [&event.process, &event.parent, &event.target];
    let facts = records.into_iter().chain(&event.ancestors).flat_map(|r| &r.0).chain(&event.facts);
    event.ancestors_incomplete || facts.into_iter().any(|f| *f == Fact::Unknown)
}
