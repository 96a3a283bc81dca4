//! Subjects: what makes a process a member, and what it is a member for.

use super::constant::written;
use super::values::{block, named};
use crate::analysis::Analysis;
use std::collections::HashMap;
use std::fmt::Write;
use warmor_compiler::check::Constant;
use warmor_compiler::model::{Atom, Cond, CondKind, FactRef, Model, SubjectId, TextTest};
use warmor_compiler::resolve::Definition;

/// What a subject's condition comes to.
pub(super) fn describe(analysis: &Analysis, found: &Definition, out: &mut String) {
    let model = &analysis.checked().partial;
    let Some(index) = model.subjects.iter().position(|s| s.span == found.span) else { return };
    let id = SubjectId(index as u32);
    let subject = model.subject(id);
    let mut texts = HashMap::new();
    let mut subjects = Vec::new();
    gather(model, &subject.cond, &mut texts, &mut subjects);
    let mut texts: Vec<(FactRef, Vec<String>)> = texts.into_iter().collect();
    texts.sort();
    for (fact, values) in texts.iter().filter(|(_, values)| values.len() > 1) {
        let _ = writeln!(out, "`{fact}` is one of {}:\n", values.len());
        block(values, out);
    }
    subjects.sort();
    subjects.dedup();
    if !subjects.is_empty() {
        let _ = writeln!(out, "- asks for membership in {}", named(&subjects));
    }
    let names = |wanted: &[Cond]| wanted.iter().any(|cond| mentions(cond, id));
    let policies = model.policies.iter().filter(|p| p.scope.subjects.as_deref().is_some_and(names));
    let policies: Vec<String> = policies.map(|p| p.name.clone()).collect();
    let _ = match policies.as_slice() {
        [] => writeln!(out, "- no policy is for it"),
        some => writeln!(out, "- policies for it: {}", named(some)),
    };
    let excepted = model.policies.iter().filter(|p| names(&p.scope.except));
    let excepted: Vec<String> = excepted.map(|p| p.name.clone()).collect();
    if !excepted.is_empty() {
        let _ = writeln!(out, "- policies that except it: {}", named(&excepted));
    }
}

/// The alternatives that stand for the values of texts, by fact, and the subjects that are named.
fn gather(model: &Model, cond: &Cond, texts: &mut HashMap<FactRef, Vec<String>>, subjects: &mut Vec<String>) {
    match &cond.kind {
        CondKind::All(parts) | CondKind::Any(parts) => {
            for part in parts {
                gather(model, part, texts, subjects);
            }
        }
        CondKind::Not(inner) => gather(model, inner, &mut HashMap::new(), subjects),
        CondKind::Atom(Atom::Text { fact, test }) => {
            let values = match test {
                TextTest::Equals(bytes) => vec![String::from_utf8_lossy(bytes).into_owned()],
                TextTest::Glob(glob) => written(&Constant::Path(glob.clone())),
                TextTest::Contains(_) | TextTest::StartsWith(_) | TextTest::EndsWith(_) => return,
            };
            texts.entry(fact.clone()).or_default().extend(values);
        }
        CondKind::Atom(Atom::Member { subject, .. }) => subjects.push(model.subject(*subject).name.clone()),
        CondKind::Atom(Atom::Ancestor { cond }) => {
            gather(model, cond, &mut HashMap::new(), subjects);
        }
        CondKind::Atom(_) | CondKind::Const(_) => {}
    }
}

/// Whether a condition asks for membership in a subject.
fn mentions(cond: &Cond, id: SubjectId) -> bool {
    match &cond.kind {
        CondKind::All(parts) | CondKind::Any(parts) => parts.iter().any(|part| mentions(part, id)),
        CondKind::Not(inner) => mentions(inner, id),
        CondKind::Atom(Atom::Member { subject, .. }) => *subject == id,
        CondKind::Atom(Atom::Ancestor { cond }) => mentions(cond, id),
        CondKind::Atom(_) | CondKind::Const(_) => false,
    }
}
