//! What a clause asks for beyond what is asked about: the part of its condition that a reader of the answer wants to see.

use super::decide::Meant;
use super::outcome::Outcome;
use crate::model::{ClauseRef, Cond, CondKind};
use crate::prove::{Answer, Claim, Engine, Formula, ModelId};

/// Longest list of alternatives that is looked into.
const MAX_PARTS: usize = 256;

/// The conditions of the deciding clause that some events that are meant satisfy and others do not.
pub(super) fn residual<'m>(
    engine: &mut Engine<'m>,
    model: ModelId,
    meant: &Meant<'m>,
    outcome: Outcome,
) -> Vec<Cond> {
    let program = engine.model(model);
    let Some(clause) = outcome.clause() else { return Vec::new() };
    let (scope, rule) = match clause {
        ClauseRef::Rule(id) => (&program.policy(program.rule(id).policy).scope, Some(program.rule(id))),
        ClauseRef::Default(id) => (&program.policy(id).scope, None),
        ClauseRef::Detection(_) => return Vec::new(),
    };
    let mut look = Look { engine, model, meant };
    let mut out = Vec::new();
    if let Some(subjects) = &scope.subjects {
        out.extend(look.alternatives(subjects));
    }
    for except in &scope.except {
        out.extend(look.left(except, false));
    }
    if let Some(rule) = rule {
        out.extend(look.left(&rule.object, true));
        for except in &rule.except {
            out.extend(look.left(except, false));
        }
        if let Some(condition) = &rule.condition {
            out.extend(look.left(condition, true));
        }
    }
    let mut flat: Vec<Cond> = Vec::new();
    for cond in out {
        match cond.kind {
            CondKind::All(parts) => flat.extend(parts),
            _ => flat.push(cond),
        }
    }
    flat
}

struct Look<'e, 'm> {
    engine: &'e mut Engine<'m>,
    model: ModelId,
    meant: &'e Meant<'m>,
}

impl<'m> Look<'_, 'm> {
    /// What is left of a condition with its sign; `None` where it is true of every event that is meant.
    fn left(&mut self, cond: &'m Cond, positive: bool) -> Option<Cond> {
        if self.always(&[cond], positive) {
            return None;
        }
        let joined = |parts: Vec<Cond>, all| {
            if all { Cond::all(parts, cond.span) } else { Cond::any(parts, cond.span) }
        };
        Some(match &cond.kind {
            CondKind::Not(inner) => return self.left(inner, !positive),
            CondKind::All(parts) if positive => {
                joined(parts.iter().filter_map(|p| self.left(p, true)).collect(), true)
            }
            CondKind::Any(parts) if !positive => {
                joined(parts.iter().filter_map(|p| self.left(p, false)).collect(), true)
            }
            CondKind::Any(parts) if parts.len() <= MAX_PARTS => self.some_of(parts, true, cond),
            CondKind::All(parts) if parts.len() <= MAX_PARTS => self.some_of(parts, false, cond),
            _ if positive => cond.clone(),
            _ => Cond::not(cond.clone(), cond.span),
        })
    }

    /// Alternatives, without those that no event that is meant satisfies.
    fn some_of(&mut self, parts: &'m [Cond], positive: bool, whole: &Cond) -> Cond {
        let possible: Vec<&Cond> = parts.iter().filter(|p| !self.never(p, positive)).collect();
        let left = possible.into_iter().filter_map(|p| self.left(p, positive)).collect();
        Cond::any(left, whole.span)
    }

    fn alternatives(&mut self, parts: &'m [Cond]) -> Option<Cond> {
        let all: Vec<&'m Cond> = parts.iter().collect();
        if self.always(&all, true) {
            return None;
        }
        let possible: Vec<&Cond> = parts.iter().filter(|p| !self.never(p, true)).collect();
        let left: Vec<Cond> = possible.into_iter().filter_map(|p| self.left(p, true)).collect();
        let span = parts.first().map(|p| p.span).unwrap_or_default();
        Some(Cond::any(left, span))
    }

    /// Whether at least one of the conditions, with the sign, is true of every event that is meant.
    fn always(&mut self, conds: &[&'m Cond], positive: bool) -> bool {
        let claims = conds.iter().map(|c| Formula::Test(self.certain(c, positive)));
        let holds = if positive {
            Formula::Any(claims.collect())
        } else {
            Formula::All(claims.map(Formula::negated).collect())
        };
        self.empty(holds.negated())
    }

    /// Whether the condition, with the sign, is false of every event that is meant.
    fn never(&mut self, cond: &'m Cond, positive: bool) -> bool {
        let claim = self.certain(cond, !positive);
        let false_of_all = Formula::Test(claim);
        self.empty(if positive { false_of_all } else { false_of_all.negated() })
    }

    /// The claim that decides a sign for certain: that the condition is true, or that it is not even possible.
    fn certain(&self, cond: &'m Cond, positive: bool) -> Claim<'m> {
        if positive { Claim::Holds(self.model, cond) } else { Claim::Possible(self.model, cond) }
    }

    fn empty(&mut self, more: Formula<Claim<'m>>) -> bool {
        let asked = self.meant.and([more]);
        self.engine.some_event(self.meant.actions, &asked) == Answer::Empty
    }
}
