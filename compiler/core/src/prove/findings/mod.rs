//! What there is to find in a program: rules without effect, contradictions, broken claims; each with a proof or an event.
//!
//! | finding | what is asked |
//! |---|---|
//! | impossible | is there an event for which the condition is true? |
//! | dead allow | is there one that it allows and nothing denies? |
//! | idle allow | … that some posture would close? |
//! | redundant | … for which no other rule says and asks for the same? |
//! | conflict | … that one policy allows and another denies, neither rule being an exception of the other? |
//! | opened default | … that a policy opens although it is closed by a narrower one? |
//! | escape | … an exec that is allowed, of an image that no posture is for? |
//! | clash | … for which policies want different things to happen? |
//! | half a posture | … of the neighbouring action that nothing closes? |
//! | broken claim | … that is allowed (denied) against the claim? |
//!
//! A rule is called redundant only if leaving it out changes nothing *whatever is muted*: a denial counts as covered by denials of its own
//! policy alone, since any other policy can be muted without it. A posture covers nothing: a denial below `default deny` is what keeps
//! a later allow from opening too much. Rules that templates bring are not judged for what they are not needed for here.

mod allow;
mod claims;
mod deny;
mod escape;
mod impossible;
mod pairs;
mod posture;

use super::cover::{Cover, Region, Rivals};
use super::engine::{Engine, ModelId, Threshold};
use super::space::FormId;
use super::{Budget, witness};
use crate::check::{Lints, Passes};
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{ActionSet, ClauseRef, Model, PolicyId, Rule, RuleEffect, RuleId};
use crate::span::Span;
use rustc_hash::FxHashSet;
use warmor_policy::event::Event;
use warmor_policy::schema::Action;

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum About {
    /// A rule, a posture or a detection.
    Clause(ClauseRef),
    /// The assertion at this place of [`Model::assertions`].
    Assertion(usize),
    /// The assumption at this place of [`Model::assumptions`].
    Assumption(usize),
}

/// Something that was found, proved or shown by an event.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What it is about.
    pub about: About,
    /// How it is told.
    pub diagnostic: Diagnostic,
    /// An event that shows it, and what the reference evaluator says of it.
    pub witness: Option<Witness>,
    /// The clauses that together are the reason; none of them can be left out.
    pub because: Vec<ClauseRef>,
}

/// An event that shows a finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Witness {
    /// The event.
    pub event: Event,
    /// Whether it is denied.
    pub denied: bool,
    /// Whether the reported verdict is meant and not the enforced one.
    pub reported: bool,
}

impl Witness {
    /// The event as a test block; `None` where a test cannot give it.
    pub fn test_block(&self, name: &str) -> Option<String> {
        witness::test_block(name, &self.event, self.denied, self.reported)
    }
}

/// Everything that was found.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// By place in the sources.
    pub list: Vec<Finding>,
    /// Questions that the budget did not settle.
    pub undecided: usize,
}

impl Findings {
    /// What is to be reported of them, at its level: silenced findings are left out, and silences of nothing are reported.
    pub fn judged(&self, lints: &Lints) -> Vec<Diagnostic> {
        let mut lints = lints.clone();
        let mut out = lints.judge(self.list.iter().map(|f| f.diagnostic.clone()).collect());
        out.extend(lints.unused(Passes::Prove));
        out
    }
}

/// Looks for everything that there is to find in a program.
pub fn findings(model: &Model, budget: &Budget) -> Findings {
    let mut engine = Engine::new(&[model], *budget);
    Run::new(&mut engine, model, ModelId(0)).all()
}

/// One look at a whole program.
pub(super) struct Run<'e, 'm> {
    engine: &'e mut Engine<'m>,
    model: &'m Model,
    id: ModelId,
    found: Findings,
    /// Rules that are called redundant: nothing is redundant because of them.
    dropped: FxHashSet<RuleId>,
}

impl<'e, 'm> Run<'e, 'm> {
    pub(super) fn new(engine: &'e mut Engine<'m>, model: &'m Model, id: ModelId) -> Self {
        Self { engine, model, id, found: Findings::default(), dropped: FxHashSet::default() }
    }

    pub(super) fn all(mut self) -> Findings {
        self.assumptions();
        for i in (0..self.model.rules.len() as u32).rev() {
            // Nobody wants the answer any more.
            if self.engine.space.stopped {
                return self.found;
            }
            self.rule(RuleId(i));
        }
        for i in 0..self.model.detections.len() as u32 {
            self.impossible_detection(i);
        }
        for i in 0..self.model.policies.len() as u32 {
            self.half_posture(PolicyId(i));
        }
        self.opened_defaults();
        self.response_clashes();
        for i in 0..self.model.assertions.len() {
            self.assertion(i);
        }
        self.found.list.sort_by_key(|f| {
            let span = f.diagnostic.span();
            (span.file, span.start, span.end, f.diagnostic.code, f.about)
        });
        self.found
    }

    fn rule(&mut self, id: RuleId) {
        if self.impossible_rule(id) {
            return;
        }
        match self.model.rule(id).effect {
            RuleEffect::Allow => {
                if !self.allow(id) && self.model.rule(id).used_at.is_none() {
                    self.conflicts(id);
                    self.escapes(id);
                }
            }
            RuleEffect::Deny => self.deny(id),
            RuleEffect::Audit => self.audit(id),
        }
    }

    /// Whether clauses cover a region, first without the assumptions of the program and only then with them; and whether those
    /// were needed.
    fn cover(
        &mut self,
        actions: ActionSet,
        mut region: impl FnMut(&mut Engine<'m>, Action) -> Vec<FormId>,
        rivals: &Rivals<'_>,
    ) -> (Cover, bool) {
        let id = self.id;
        let plain = self.engine.cover(id, actions, &mut region, rivals);
        if self.model.assumptions.is_empty() || !matches!(plain, Cover::Open) {
            return (plain, false);
        }
        let mut assuming = |engine: &mut Engine<'m>, action: Action| {
            let mut forms = region(engine, action);
            forms.extend(engine.assumed(id, action));
            forms
        };
        let region: &mut Region<'_, 'm> = &mut assuming;
        (self.engine.cover(id, actions, region, rivals), true)
    }

    /// An event of the region that the evaluator confirms.
    fn example(
        &mut self,
        actions: ActionSet,
        mut region: impl FnMut(&mut Engine<'m>, Action) -> Vec<FormId>,
        check: impl Fn(&mut Engine<'m>, &Event) -> bool,
    ) -> Option<Event> {
        for action in actions.iter() {
            let forms = region(self.engine, action);
            for unknown in [false, true] {
                if let super::search::Found::Points(solution) = self.engine.question(action, &forms, unknown)
                {
                    let event =
                        self.engine.realise(action, &solution, &mut |engine, event| check(engine, event));
                    if event.is_some() {
                        return event;
                    }
                }
            }
        }
        None
    }

    /// An event to which the rule applies.
    fn rule_example(&mut self, id: RuleId, check: impl Fn(&mut Engine<'m>, &Event) -> bool) -> Option<Event> {
        let model = self.id;
        let clause = ClauseRef::Rule(id);
        let region =
            |engine: &mut Engine<'m>, action| vec![engine.clause(model, clause, action, Threshold::True)];
        self.example(self.model.rule(id).actions, region, check)
    }

    fn push(
        &mut self,
        about: About,
        diagnostic: Diagnostic,
        witness: Option<Witness>,
        because: Vec<ClauseRef>,
    ) {
        let diagnostic = match &witness {
            None => diagnostic,
            Some(w) => {
                let verdict = match (w.denied, w.reported) {
                    (true, false) => "is denied",
                    (true, true) => "is reported as denied",
                    (false, _) => "is allowed",
                };
                diagnostic.note(format!("for example, {} {verdict}", witness::line(&w.event)))
            }
        };
        self.found.list.push(Finding { about, diagnostic, witness, because });
    }

    /// The verdict of an event as a finding shows it.
    fn shown(&mut self, event: Event, reported: bool) -> Witness {
        let denied = self.engine.is_denied(self.id, &event, reported);
        Witness { event, denied, reported }
    }

    /// Points to the clauses that are the reason.
    fn related(&self, mut diagnostic: Diagnostic, because: &[ClauseRef], text: &str) -> Diagnostic {
        for (i, clause) in because.iter().enumerate() {
            let text = if i == 0 { text.to_owned() } else { "together with this".to_owned() };
            diagnostic = diagnostic.related(self.clause_place(*clause), text);
        }
        diagnostic
    }

    fn clause_place(&self, clause: ClauseRef) -> Span {
        match clause {
            ClauseRef::Rule(id) => place(self.model.rule(id)),
            ClauseRef::Default(id) => self.model.policy(id).default_span,
            ClauseRef::Detection(index) => self.model.detections[index as usize].span,
        }
    }

    /// `policy.label`, in backticks.
    fn name(&self, clause: ClauseRef) -> String {
        match clause {
            ClauseRef::Rule(id) => {
                let rule = self.model.rule(id);
                format!("`{}.{}`", self.model.policy(rule.policy).name, rule.label)
            }
            ClauseRef::Default(id) => format!("the posture of `{}`", self.model.policy(id).name),
            ClauseRef::Detection(index) => format!("`{}`", self.model.detections[index as usize].name),
        }
    }

    fn names(&self, clauses: &[ClauseRef]) -> String {
        let names: Vec<String> = clauses.iter().map(|c| self.name(*c)).collect();
        match names.as_slice() {
            [] => String::new(),
            [one] => one.clone(),
            [a, b] => format!("{a} and {b}"),
            [a, b, rest @ ..] => format!("{a}, {b} and {} more", rest.len()),
        }
    }

    /// Begins a finding at a rule; where a template brought it, at the use of the template.
    fn at_rule(&self, code: Code, id: RuleId, message: String) -> Diagnostic {
        let rule = self.model.rule(id);
        let diagnostic = Diagnostic::new(code, place(rule), message);
        match rule.used_at {
            Some(_) => diagnostic.label("it comes from this template").related(rule.span, "the rule"),
            None => diagnostic,
        }
    }

    fn undecided(&mut self) {
        self.found.undecided += 1;
    }
}

/// The form of a verb that goes with so many subjects.
fn verb<'w>(clauses: &[ClauseRef], one: &'w str, several: &'w str) -> &'w str {
    if clauses.len() == 1 { one } else { several }
}

/// Where a rule stands in the program: for one that a template brings, where that is used.
fn place(rule: &Rule) -> Span {
    rule.used_at.unwrap_or(rule.span)
}

impl Engine<'_> {
    /// What the program assumes of events of the action. An assumption is about the world, also about what of it could not be read:
    /// an event on which it is unknown tells nothing against a claim.
    pub(super) fn assumed(&mut self, model: ModelId, action: Action) -> Vec<FormId> {
        let assumptions = &self.model(model).assumptions;
        assumptions.iter().map(|a| self.cond(model, &a.cond, action, false)).collect()
    }
}
