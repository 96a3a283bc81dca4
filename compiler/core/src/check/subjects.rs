//! Subjects, and whom policies are for.

use super::facts::Context;
use super::value::Scalar;
use super::{Checker, Env};
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Atom, Cond, CondKind, Scope, Subject, SubjectId};
use crate::resolve::DefId;
use crate::span::Span;
use crate::syntax::ast::{Expr, ItemKind, SubjectList};
use warmor_policy::event::Source;

/// Most subjects that are named through one another.
const MAX_SUBJECT_DEPTH: u32 = 32;

/// How far a subject is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum State {
    #[default]
    NotYet,
    Broken,
    Known(SubjectId),
}

impl<'s> Checker<'s> {
    /// The subject of a definition, computed when it is first named.
    pub(super) fn subject(&mut self, id: DefId) -> Option<SubjectId> {
        match self.subjects.get(id.0 as usize)? {
            State::Known(subject) => return Some(*subject),
            State::Broken => return None,
            State::NotYet => {}
        }
        if !self.enter(id) {
            return None;
        }
        let def = self.names.def(id);
        let (name, item) = (def.name, def.item);
        let cond = match &item.kind {
            ItemKind::Subject(subject) => self.cond(&subject.condition, &Env::default(), Context::Process),
            _ => None,
        };
        self.leave();
        let state = match cond {
            Some(cond) if !name.is_missing() && self.is_shallow(&cond, name.span) => {
                let subject = self.subject_id();
                self.model.subjects.push(Subject { name: self.names.qualified(id), span: name.span, cond });
                State::Known(subject)
            }
            _ => State::Broken,
        };
        self.subjects[id.0 as usize] = state;
        match state {
            State::Known(subject) => Some(subject),
            _ => None,
        }
    }

    /// Notes how deeply the next subject names others; whoever decides goes as deep.
    fn is_shallow(&mut self, cond: &Cond, span: Span) -> bool {
        let depth = self.subjects_below(cond);
        if depth > MAX_SUBJECT_DEPTH {
            let message = format!("subjects are named through more than {MAX_SUBJECT_DEPTH} others here");
            self.report(
                Diagnostic::new(Code::ExpansionTooLarge, span, message)
                    .help("name fewer subjects through one another"),
            );
            return false;
        }
        self.subject_depths.push(depth);
        true
    }

    fn subjects_below(&self, cond: &Cond) -> u32 {
        match &cond.kind {
            CondKind::Const(_) => 0,
            CondKind::Not(inner) => self.subjects_below(inner),
            CondKind::All(parts) | CondKind::Any(parts) => {
                parts.iter().map(|c| self.subjects_below(c)).max().unwrap_or(0)
            }
            CondKind::Atom(Atom::Ancestor { cond }) => self.subjects_below(cond),
            CondKind::Atom(Atom::Member { subject, .. }) => {
                self.subject_depths.get(subject.0 as usize).map_or(0, |d| d + 1)
            }
            CondKind::Atom(_) => 0,
        }
    }

    /// Whom a policy, detection or claim is for.
    pub(super) fn scope(&mut self, list: &'s SubjectList) -> Option<Scope> {
        let mut subjects = Some(Vec::new());
        let mut complete = !list.items.is_empty();
        for item in &list.items {
            match self.subject_conds(item) {
                None => complete = false,
                Some(conds) => match (&mut subjects, conds) {
                    (Some(all), Some(conds)) => all.extend(conds),
                    // `any` beside a subject says no more than `any`.
                    _ => subjects = None,
                },
            }
        }
        let except = match &list.except {
            None => Some(Vec::new()),
            Some(expr) => match self.subject_conds(expr) {
                Some(Some(conds)) => Some(conds),
                Some(None) => {
                    self.report(
                        Diagnostic::new(Code::TypeMismatch, expr.span, "`except any` leaves nobody")
                            .help("name the subjects that are left out"),
                    );
                    None
                }
                None => None,
            },
        };
        let except = except?;
        complete.then_some(Scope { subjects, except })
    }

    /// Membership of the acting process in each subject that is named; `Some(None)` for `any`.
    fn subject_conds(&mut self, expr: &'s Expr) -> Option<Option<Vec<Cond>>> {
        let value = self.value(expr, &Env::default())?;
        let mut conds = Vec::with_capacity(value.elements.len());
        for element in &value.elements {
            conds.push(match element.scalar {
                Scalar::Subject { subject, tree: false } => {
                    super::conds::member(Source::Process, subject, element.span)
                }
                Scalar::Subject { subject, tree: true } => super::conds::tree(subject, element.span),
                Scalar::Any => return Some(None),
                ref other => {
                    self.no_subject(element.span, other.describe());
                    return None;
                }
            });
        }
        Some(Some(conds))
    }

    fn no_subject(&mut self, span: Span, found: &str) {
        self.report(
            Diagnostic::new(
                Code::TypeMismatch,
                span,
                format!("a subject is needed here, but this is {found}"),
            )
            .label(found)
            .help("define one: `subject nginx = process.exe == /usr/sbin/nginx`"),
        );
    }
}
