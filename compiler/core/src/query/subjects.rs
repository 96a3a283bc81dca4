//! The processes that a program tells apart.

use crate::model::{Atom, Cond, CondKind, Model, Scope, SubjectId};
use crate::prove::{Claim, Formula, ModelId};
use crate::span::Span;
use warmor_policy::event::Source;

/// Who is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The members of a subject.
    Subject(SubjectId),
    /// What descends from a member of a subject without being one, where some policy is for the tree of it.
    Below(SubjectId),
    /// Whoever is certainly none of the others.
    Other,
    /// Those of whom it cannot be told, for something of them cannot be read.
    Unclear,
}

/// Some of the processes.
#[derive(Clone, Debug)]
pub struct Row {
    /// Who they are.
    pub who: Who,
    /// They are certainly in this scope; whoever is unclear is certainly in none of these.
    scopes: Vec<Scope>,
}

impl Row {
    /// The same as a condition; that of those who are unclear is of no use.
    pub(super) fn cond(&self) -> Cond {
        Cond::all(self.scopes.iter().map(|s| s.cond(Span::default())).collect(), Span::default())
    }

    /// That a process is one of them.
    pub fn formula(&self, model: ModelId) -> Formula<Claim<'_>> {
        let inside = self.scopes.iter().map(|s| Formula::Test(Claim::InScope(model, s)));
        Formula::All(match self.who {
            Who::Unclear => inside.map(Formula::negated).collect(),
            _ => inside.collect(),
        })
    }
}

/// All processes: members of each subject, those below where a policy is for the tree of one, all others, and those of whom it
/// cannot be told. A process may be in several of the rows, and is in at least one.
pub fn rows(model: &Model) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for id in (0..model.subjects.len() as u32).map(SubjectId) {
        let own = member(model, id);
        rows.push(Row { who: Who::Subject(id), scopes: vec![only(own.clone())] });
        if let Some(tree) = tree_of(model, id) {
            let below = Scope { subjects: Some(vec![tree.clone()]), except: vec![own] };
            rows.push(Row { who: Who::Below(id), scopes: vec![below] });
        }
    }
    if rows.is_empty() {
        return vec![Row { who: Who::Other, scopes: vec![Scope::default()] }];
    }
    let mut scopes: Vec<Scope> = rows.iter().flat_map(|r| r.scopes.clone()).collect();
    let except = scopes.iter().map(|s| s.cond(Span::default())).collect();
    let other = Scope { subjects: None, except };
    scopes.push(other.clone());
    rows.push(Row { who: Who::Other, scopes: vec![other] });
    rows.push(Row { who: Who::Unclear, scopes });
    rows
}

fn only(cond: Cond) -> Scope {
    Scope { subjects: Some(vec![cond]), except: Vec::new() }
}

fn member(model: &Model, subject: SubjectId) -> Cond {
    Cond::atom(Atom::Member { source: Source::Process, subject }, model.subject(subject).span)
}

/// The condition by which some policy is for the tree of the subject.
fn tree_of(model: &Model, subject: SubjectId) -> Option<&Cond> {
    let scopes = model.policies.iter().map(|p| &p.scope);
    let conds = scopes.flat_map(|s| s.subjects.iter().flatten().chain(&s.except));
    conds.into_iter().find(|cond| match &cond.kind {
        CondKind::Any(parts) => parts.iter().any(|p| is_above(p, subject)),
        _ => false,
    })
}

fn is_above(cond: &Cond, wanted: SubjectId) -> bool {
    let CondKind::Atom(Atom::Ancestor { cond }) = &cond.kind else { return false };
    matches!(&cond.kind, CondKind::Atom(Atom::Member { subject, .. }) if *subject == wanted)
}
