//! What can be asked about events: formulas over clauses and verdicts. Each has two meanings, as a term and by the reference
//! evaluator, which must agree.

use super::condition::{Context, Reader};
use super::decision::{Decisions, meant};
use super::terms::Term;
use super::vocabulary::Vocabulary;
use crate::evaluate::{self, Muted, Truth};
use crate::model::{ActionSet, Assertion, AssertionKind, ClauseRef, Cond, Model, PolicyId};
use std::collections::BTreeSet;
use warmor_policy::event::Event;
use warmor_policy::verdict::Effect;

/// Which verdict is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum View {
    /// What happens.
    Enforced,
    /// What is reported.
    Reported,
}

/// Which policies are muted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Muting {
    /// None.
    None,
    /// Any choice, the same throughout a formula.
    Some,
    /// At least those of [`Muting::Some`].
    More,
}

/// A statement about one event, and about which policies are muted.
#[derive(Clone, Debug)]
pub enum Formula<'m> {
    /// Always or never.
    Const(bool),
    /// The opposite.
    Not(Box<Self>),
    /// All of them.
    All(Vec<Self>),
    /// At least one of them.
    Any(Vec<Self>),
    /// The action is one of these.
    Action(ActionSet),
    /// The clause applies.
    Applies(&'m Model, ClauseRef),
    /// The clause's whole condition is true, whatever its policy says of what is unknown.
    Meant(&'m Model, ClauseRef),
    /// The event is denied.
    Denied(&'m Model, View, Muting),
    /// The condition is true.
    Holds(&'m Model, Cond),
    /// The condition is not false.
    MayHold(&'m Model, Cond),
}

/// An event about which something holds, and the policies that are muted in the two choices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// The event.
    pub event: Event,
    /// For each model of the formula, in order of appearance: the muted policies of [`Muting::Some`] and [`Muting::More`].
    pub muted: Vec<[BTreeSet<PolicyId>; 2]>,
}

impl<'m> Formula<'m> {
    /// The opposite.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// Where the first holds, the second does.
    #[must_use]
    pub fn implies(self, then: Self) -> Self {
        Self::Any(vec![self.negated(), then])
    }

    /// Where the clause applies, one of the others does: no event tells it from them.
    pub fn covered(model: &'m Model, clause: ClauseRef, by: &[ClauseRef]) -> Self {
        let others = by.iter().map(|c| Self::Applies(model, *c)).collect();
        Self::Applies(model, clause).implies(Self::Any(others))
    }

    /// Both decide alike about the event, as enforced and as reported.
    pub fn equivalent(left: &'m Model, right: &'m Model) -> Self {
        let side = |view| {
            let (l, r) = (Self::Denied(left, view, Muting::None), Self::Denied(right, view, Muting::None));
            Self::All(vec![l.clone().implies(r.clone()), r.implies(l)])
        };
        Self::All(vec![side(View::Enforced), side(View::Reported)])
    }

    /// What the other enforces to deny, the first does too.
    pub fn stricter(first: &'m Model, than: &'m Model) -> Self {
        let denied = |model| Self::Denied(model, View::Enforced, Muting::None);
        denied(than).implies(denied(first))
    }

    /// With more policies muted, no more is denied.
    pub fn muting_shrinks(model: &'m Model) -> Self {
        let denied = |muting| Self::Denied(model, View::Enforced, muting);
        Self::All(vec![
            denied(Muting::More).implies(denied(Muting::Some)),
            denied(Muting::Some).implies(denied(Muting::None)),
        ])
    }

    /// The claim holds of the event. It is about events that are known to be meant: those whose facts make its condition true.
    pub fn assertion(model: &'m Model, assertion: &Assertion) -> Self {
        let span = assertion.span;
        let view = if assertion.reported { View::Reported } else { View::Enforced };
        let scope = assertion.scope.cond(span);
        let event = Self::Holds(model, assertion.step.cond());
        let denied = Self::Denied(model, view, Muting::None);
        let (inside, then) = match assertion.kind {
            AssertionKind::Never => (Self::Holds(model, scope), denied),
            AssertionKind::Always => (Self::Holds(model, scope), denied.negated()),
            AssertionKind::Only => (Self::MayHold(model, scope).negated(), denied),
        };
        Self::All(vec![Self::Action(assertion.step.actions), event, inside]).implies(then)
    }

    /// Everything that the sources assume is true of the event.
    pub fn assumptions_hold(model: &'m Model) -> Self {
        Self::All(model.assumptions.iter().map(|a| Self::Holds(model, a.cond.clone())).collect())
    }

    /// What claims may use of what the sources assume. An assumption is about the world, also about what of it could not be read: an
    /// event on which it is unknown tells nothing against a claim.
    pub fn assumptions(model: &'m Model) -> Self {
        Self::assumptions_hold(model)
    }

    /// The formula as a term.
    pub(super) fn term(&self, v: &mut Vocabulary<'m>, decisions: &mut Decisions) -> Term {
        match self {
            Self::Const(value) => v.terms.constant(*value),
            Self::Not(inner) => {
                let inner = inner.term(v, decisions);
                v.terms.not(inner)
            }
            Self::All(parts) | Self::Any(parts) => {
                let each: Vec<Term> = parts.iter().map(|p| p.term(v, decisions)).collect();
                if matches!(self, Self::All(_)) { v.terms.and(each) } else { v.terms.or(each) }
            }
            Self::Action(actions) => v.action_in(actions.iter()),
            Self::Applies(model, clause) => {
                let number = v.model(model);
                decisions.applies(v, number, *clause)
            }
            Self::Meant(model, clause) => {
                let number = v.model(model);
                meant(v, number, *clause)
            }
            Self::Denied(model, view, muting) => {
                let number = v.model(model);
                decisions.denies(v, number, *view, *muting)
            }
            Self::Holds(model, cond) | Self::MayHold(model, cond) => {
                let number = v.model(model);
                let truth = Context::new(v, number, Reader::Asker).kleene(cond, true);
                if matches!(self, Self::Holds(..)) { truth.holds } else { truth.possible }
            }
        }
    }

    /// The models that it is about, in order of appearance.
    pub fn models(&self) -> Vec<&'m Model> {
        let mut out: Vec<&'m Model> = Vec::new();
        self.visit(&mut |model| {
            if !out.iter().any(|m| std::ptr::eq(*m, model)) {
                out.push(model);
            }
        });
        out
    }

    fn visit(&self, each: &mut impl FnMut(&'m Model)) {
        match self {
            Self::Const(_) | Self::Action(_) => {}
            Self::Not(inner) => inner.visit(each),
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|p| p.visit(each)),
            Self::Applies(model, _)
            | Self::Meant(model, _)
            | Self::Denied(model, ..)
            | Self::Holds(model, _)
            | Self::MayHold(model, _) => each(model),
        }
    }

    /// Whether it holds of the witness, by the reference evaluator.
    pub fn holds(&self, witness: &Witness) -> bool {
        let models = self.models();
        self.replay(witness, &models)
    }

    fn replay(&self, witness: &Witness, models: &[&'m Model]) -> bool {
        let event = &witness.event;
        match self {
            Self::Const(value) => *value,
            Self::Not(inner) => !inner.replay(witness, models),
            Self::All(parts) => parts.iter().all(|p| p.replay(witness, models)),
            Self::Any(parts) => parts.iter().any(|p| p.replay(witness, models)),
            Self::Action(actions) => actions.contains(event.action),
            Self::Applies(model, clause) => evaluate::applies(model, *clause, event),
            Self::Meant(model, clause) => evaluate::truth(model, *clause, event) == Truth::True,
            Self::Denied(model, view, muting) => {
                let number = models.iter().position(|m| std::ptr::eq(*m, *model));
                let chosen = number.and_then(|n| witness.muted.get(n));
                let muted: Muted = match (muting, chosen) {
                    (Muting::None, _) | (_, None) => Muted::none(),
                    (Muting::Some, Some([some, _])) => some.iter().copied().collect(),
                    (Muting::More, Some([some, more])) => some.union(more).copied().collect(),
                };
                let decision = evaluate::decide(model, event, &muted);
                let effect = match view {
                    View::Enforced => decision.enforced,
                    View::Reported => decision.reported,
                };
                effect == Effect::Deny
            }
            Self::Holds(model, cond) => evaluate::holds(model, cond, event) == Truth::True,
            Self::MayHold(model, cond) => evaluate::holds(model, cond, event) != Truth::False,
        }
    }
}
