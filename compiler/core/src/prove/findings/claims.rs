//! Assertions and assumptions.

use super::super::engine::{is_wild, reading};
use super::super::search::Found;
use super::super::space::FormId;
use super::super::vicinity::Vicinity;
use super::{About, Engine, Run, Witness};
use crate::diagnostics::{Code, Diagnostic};
use crate::evaluate::{Muted, Truth, decide, holds};
use crate::model::{Assertion, AssertionKind, Model};
use warmor_policy::event::Event;
use warmor_policy::schema::Action;
use warmor_policy::verdict::Effect;

impl<'m> Run<'_, 'm> {
    pub(super) fn assertion(&mut self, index: usize) {
        let assertion = &self.model.assertions[index];
        let mut undecided = false;
        for action in assertion.step.actions.iter() {
            for unknown in [false, true] {
                let forms = self.against(assertion, action, unknown);
                match self.engine.question(action, &forms, unknown) {
                    Found::None(_) => {}
                    Found::Budget => undecided = true,
                    Found::Points(solution) => {
                        let program = self.model;
                        let mut check = |_: &mut Engine<'m>, event: &Event| breaks(program, assertion, event);
                        match self.engine.realise(action, &solution, &mut check) {
                            Some(event) => return self.broken(index, event),
                            None => undecided = true,
                        }
                    }
                }
            }
        }
        if undecided {
            self.undecided();
            let message = format!("\"{}\" could not be decided", assertion.name);
            let diagnostic = Diagnostic::new(Code::Undecided, assertion.span, message)
                .label("neither proved nor refuted")
                .help("raise the budget with `--budget`, or narrow the claim");
            self.push(About::Assertion(index), diagnostic, None, Vec::new());
        }
    }

    /// What an event is that breaks the claim: one of its events, of the process that it names, with the verdict that it excludes.
    fn against(&mut self, assertion: &'m Assertion, action: Action, unknown: bool) -> Vec<FormId> {
        let id = self.id;
        let always = assertion.kind == AssertionKind::Always;
        // What must be denied includes what cannot be told apart from it; what must be allowed is what is known to be meant.
        let part = Some(true).filter(|_| is_wild(action));
        let how = reading(id, !always, part);
        let space = &mut self.engine.space;
        let scope = match assertion.kind {
            AssertionKind::Never | AssertionKind::Always => space.scope(&assertion.scope, how),
            AssertionKind::Only => {
                let inside = space.scope(&assertion.scope, reading(id, false, part));
                space.not(inside)
            }
        };
        let step = &assertion.step;
        let mut forms = vec![scope, space.cond(&step.object, true, how)];
        forms.extend(step.except.iter().map(|e| space.cond(e, false, how)));
        forms.extend(step.condition.iter().map(|c| space.cond(c, true, how)));
        forms.extend(self.engine.assumed(id, action));
        let whole = self.engine.space.join(forms.iter().copied(), true);
        let near = self.engine.space.outline(whole);
        // Where nothing is unknown, a clause that does not come near says nothing about these events.
        let near = (!unknown).then(|| Vicinity::new(near, &[]));
        let denied = self.engine.denied_near(id, action, assertion.reported, near.as_ref());
        forms.push(if always { denied } else { self.engine.space.not(denied) });
        forms
    }

    fn broken(&mut self, index: usize, event: Event) {
        let assertion = &self.model.assertions[index];
        let denied = assertion.kind == AssertionKind::Always;
        let trace = crate::evaluate::explain(self.model, &event, &Muted::none());
        let mut diagnostic = Diagnostic::new(
            Code::AssertionBroken,
            assertion.span,
            format!("\"{}\" does not hold", assertion.name),
        )
        .label(match assertion.kind {
            AssertionKind::Never => "there is one that is allowed",
            AssertionKind::Always => "there is one that is denied",
            AssertionKind::Only => "there is one of another process that is allowed",
        });
        let because: Vec<_> = trace.deciding.into_iter().collect();
        for clause in &because {
            let text = if denied { "denied by this" } else { "allowed by this" };
            diagnostic = diagnostic.related(self.clause_place(*clause), text);
        }
        if because.is_empty() {
            diagnostic = diagnostic
                .help("no rule speaks of it and no posture closes it: deny it, or add a `default deny`");
        }
        let witness = Witness { event, denied, reported: assertion.reported };
        self.push(About::Assertion(index), diagnostic, Some(witness), because);
    }

    /// Assumptions that exclude each other, and those that a test contradicts.
    pub(super) fn assumptions(&mut self) {
        let assumptions = &self.model.assumptions;
        for (index, assumption) in assumptions.iter().enumerate() {
            let events = self.model.tests.iter().flat_map(|t| &t.expectations);
            let events = events.flat_map(|e| e.events.iter().map(move |event| (e.span, event)));
            let against =
                events.into_iter().find(|(_, e)| holds(self.model, &assumption.cond, e) == Truth::False);
            if let Some((span, _)) = against {
                let diagnostic = Diagnostic::new(
                    Code::ContradictoryAssumption,
                    assumption.span,
                    "a test contradicts this assumption",
                )
                .label("assumed of every event")
                .related(span, "not so here")
                .help("an assumption is a fact of the domain: correct it, or the test");
                self.push(About::Assumption(index), diagnostic, None, Vec::new());
            }
        }
        if assumptions.is_empty() {
            return;
        }
        let mut core: Vec<u32> = Vec::new();
        for action in Action::all() {
            let id = self.id;
            let forms: Vec<FormId> =
                assumptions.iter().map(|a| self.engine.cond(id, &a.cond, action, false)).collect();
            match self.engine.question(action, &forms, false) {
                Found::None(because) => {
                    if core.is_empty() {
                        core = self.engine.irreducible(action, &forms, &because);
                    }
                }
                _ => return,
            }
        }
        let mut places = core.iter().map(|i| assumptions[*i as usize].span);
        let Some(first) = places.next() else { return };
        let alone = core.len() == 1;
        let message =
            if alone { "no event satisfies this assumption" } else { "no event satisfies these assumptions" };
        let mut diagnostic = Diagnostic::new(Code::ContradictoryAssumption, first, message);
        for span in places {
            diagnostic = diagnostic.related(span, "together with this");
        }
        let diagnostic = diagnostic.help("whatever is proved under it is proved of nothing");
        self.push(About::Assumption(core[0] as usize), diagnostic, None, Vec::new());
    }
}

/// Whether the evaluator sees an event break a claim.
fn breaks(model: &Model, assertion: &Assertion, event: &Event) -> bool {
    let decision = decide(model, event, &Muted::none());
    let effect = if assertion.reported { decision.reported } else { decision.enforced };
    let scope = holds(model, &assertion.scope.cond(assertion.span), event);
    let step = holds(model, &assertion.step.cond(), event);
    let meant = match assertion.kind {
        AssertionKind::Never => scope != Truth::False && step != Truth::False,
        AssertionKind::Only => scope != Truth::True && step != Truth::False,
        AssertionKind::Always => scope == Truth::True && step == Truth::True,
    };
    let denied = effect == Effect::Deny;
    meant
        && assertion.step.actions.contains(event.action)
        && denied == (assertion.kind == AssertionKind::Always)
        && model.assumptions.iter().all(|a| holds(model, &a.cond, event) == Truth::True)
}
