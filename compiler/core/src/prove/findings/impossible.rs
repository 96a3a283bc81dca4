//! Conditions that can never hold.

use super::super::engine::{is_wild, reading};
use super::super::search::Found;
use super::super::space::FormId;
use super::{About, Engine, Run};
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{ActionSet, ClauseRef, Cond, CondKind, Pattern, RuleEffect, RuleId, Scope};
use crate::span::Span;
use warmor_policy::schema::Action;

/// A part of a condition: with its sign, and where it is written.
type Piece<'m> = (&'m Cond, bool, Span);

impl<'m> Run<'_, 'm> {
    pub(super) fn impossible_rule(&mut self, id: RuleId) -> bool {
        let rule = self.model.rule(id);
        let scope = &self.model.policy(rule.policy).scope;
        let mut pieces = Vec::new();
        split(&rule.object, true, &mut pieces);
        rule.condition.iter().for_each(|c| split(c, true, &mut pieces));
        rule.except.iter().for_each(|e| split(e, false, &mut pieces));
        let on_part = rule.effect != RuleEffect::Allow;
        let clause = ClauseRef::Rule(id);
        let Some(core) = self.contradiction(rule.actions, scope, &pieces, on_part) else { return false };
        let message = format!("{} can never apply", self.name(clause));
        let diagnostic = self.at_rule(Code::ImpossibleRule, id, message);
        self.impossible(clause, diagnostic, &core);
        true
    }

    pub(super) fn impossible_detection(&mut self, index: u32) {
        let detection = &self.model.detections[index as usize];
        let Pattern::Single(step) = &detection.pattern else { return };
        let mut pieces = Vec::new();
        split(&step.object, true, &mut pieces);
        step.condition.iter().for_each(|c| split(c, true, &mut pieces));
        step.except.iter().for_each(|e| split(e, false, &mut pieces));
        let Some(core) = self.contradiction(step.actions, &detection.scope, &pieces, true) else { return };
        let message = format!("`{}` can never fire", detection.name);
        let diagnostic = Diagnostic::new(Code::ImpossibleRule, detection.span, message);
        self.impossible(ClauseRef::Detection(index), diagnostic, &core);
    }

    fn impossible(&mut self, clause: ClauseRef, mut diagnostic: Diagnostic, core: &[Span]) {
        for (i, span) in core.iter().enumerate() {
            let text = match (i, core.len()) {
                (0, 1) => "this never holds",
                (0, _) => "this",
                _ => "and this never hold together",
            };
            diagnostic = diagnostic.related(*span, text);
        }
        let help = "a part of the condition excludes another one: correct it, or remove the rule";
        self.push(About::Clause(clause), diagnostic.help(help), None, Vec::new());
    }

    /// The places of parts of a condition that contradict each other, if it can hold for none of the actions. Of facts that are
    /// unknown a condition is never more true than of some known ones, so known ones are enough to look at.
    fn contradiction(
        &mut self,
        actions: ActionSet,
        scope: &'m Scope,
        pieces: &[Piece<'m>],
        on_part: bool,
    ) -> Option<Vec<Span>> {
        let id = self.id;
        let mut core: Vec<Span> = Vec::new();
        for action in actions.iter() {
            let how = reading(id, false, Some(on_part).filter(|_| is_wild(action)));
            let scope_form = self.engine.space.scope(scope, how);
            let mut forms: Vec<FormId> = vec![scope_form];
            forms.extend(pieces.iter().map(|(c, sign, _)| self.engine.space.cond(c, *sign, how)));
            let spans: Vec<Option<Span>> =
                std::iter::once(scope_span(scope)).chain(pieces.iter().map(|p| Some(p.2))).collect();
            match self.engine.question(action, &forms, false) {
                Found::Points(_) => return None,
                Found::Budget => {
                    self.undecided();
                    return None;
                }
                Found::None(because) => {
                    let kept = self.engine.irreducible(action, &forms, &because);
                    core.extend(kept.iter().filter_map(|i| spans[*i as usize]));
                }
            }
        }
        core.sort_by_key(|s| (s.file, s.start, s.end));
        core.dedup();
        (!actions.is_empty()).then_some(core)
    }
}

impl Engine<'_> {
    /// Of forms that contradict each other, some that do and of which none can be left out.
    pub(in super::super) fn irreducible(
        &mut self,
        action: Action,
        forms: &[FormId],
        because: &[u32],
    ) -> Vec<u32> {
        let mut kept: Vec<u32> = because.to_vec();
        let mut at = 0;
        while at < kept.len() {
            let removed = kept.remove(at);
            let fewer: Vec<FormId> = kept.iter().map(|i| forms[*i as usize]).collect();
            if !matches!(self.question(action, &fewer, false), Found::None(_)) {
                kept.insert(at, removed);
                at += 1;
            }
        }
        kept
    }
}

/// A condition as parts that must all hold.
fn split<'m>(cond: &'m Cond, positive: bool, out: &mut Vec<Piece<'m>>) {
    match &cond.kind {
        CondKind::Not(inner) => split(inner, !positive, out),
        CondKind::All(parts) if positive => parts.iter().for_each(|p| split(p, true, out)),
        CondKind::Any(parts) if !positive => parts.iter().for_each(|p| split(p, false, out)),
        _ => out.push((cond, positive, cond.span)),
    }
}

fn scope_span(scope: &Scope) -> Option<Span> {
    scope.subjects.iter().flatten().chain(&scope.except).map(|c| c.span).next()
}
