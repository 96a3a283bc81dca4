//! Why an event was decided as it was: what decided, what lost, and what each other clause lacked.

use super::clause::Parts;
use super::condition::{Context, Membership, Memo};
use super::decide::{Muted, decide};
use super::truth::Truth;
use crate::model::{Atom, ClauseRef, Cond, CondKind, FactRef, Mode, Model, PolicyId, RuleEffect};
use crate::span::Span;
use rustc_hash::{FxHashMap, FxHashSet};
use warmor_policy::event::{Event, Fact, Source};
use warmor_policy::verdict::{Decision, Effect};

/// The whole story of one decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// The decision.
    pub decision: Decision,
    /// The clause that decided.
    pub deciding: Option<ClauseRef>,
    /// Every clause that applies, by rank, with its part in the decision.
    pub applied: Vec<Applied>,
    /// Every clause that does not, by rank, with what it lacks.
    pub missed: Vec<Missed>,
}

/// A clause that applies.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied {
    /// The clause.
    pub clause: ClauseRef,
    /// `Unknown` where it applies because its policy says so of what is unknown.
    pub truth: Truth,
    /// What became of it.
    pub standing: Standing,
}

/// What became of a clause that applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It decided.
    Decides,
    /// It says the same as the deciding clause, which is more severe or stands before it.
    Outranked,
    /// The deciding clause is of a kind that goes first: a deny before an allow before a posture.
    Overruled,
    /// Its policy only detects, and something else was enforced.
    Inert,
    /// Its policy is muted.
    Muted,
    /// It asks for a record or a response; no verdict depends on it.
    Records,
}

/// A clause that does not apply.
#[derive(Clone, Debug, PartialEq)]
pub struct Missed {
    /// The clause.
    pub clause: ClauseRef,
    /// The first part of it that does not hold.
    pub part: Part,
    /// `Unknown` where it does not apply because its policy says so of what is unknown.
    pub truth: Truth,
    /// The facts on which the part failed; empty for the action.
    pub causes: Vec<Cause>,
}

/// A part of a clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// It speaks of other actions.
    Action,
    /// Its policy is for other processes.
    Scope,
    /// It covers other objects.
    Object,
    /// An exception covers the object.
    Except,
    /// Its `where` does not hold.
    Where,
}

/// A fact on which a condition failed.
#[derive(Clone, Debug, PartialEq)]
pub struct Cause {
    /// The condition on the fact.
    pub span: Span,
    /// The fact, with its value in the event; `None` for a constant, and for facts of an ancestor.
    pub fact: Option<(FactRef, Fact)>,
}

/// Decides an event, and says why.
pub fn explain(model: &Model, event: &Event, muted: &Muted) -> Trace {
    let decision = decide(model, event, muted);
    let ranked = model.clauses();
    let deciding = decision.clause.and_then(|rank| ranked.get(rank.0 as usize)).copied();
    let mut trace = Trace { decision, deciding, applied: Vec::new(), missed: Vec::new() };
    for clause in ranked {
        let Some(parts) = Parts::of(model, clause) else { continue };
        let truth = parts.truth(model, event);
        if parts.applies(truth) {
            let standing = standing(model, clause, &trace, muted);
            trace.applied.push(Applied { clause, truth, standing });
        } else {
            let (part, causes) = failure(model, event, &parts);
            trace.missed.push(Missed { clause, part, truth, causes });
        }
    }
    trace
}

/// The step of the decision that a clause takes part in, with its policy; `None` for what only records.
fn step(model: &Model, clause: ClauseRef) -> Option<(u8, PolicyId)> {
    match clause {
        ClauseRef::Rule(id) => {
            let rule = model.rule(id);
            match rule.effect {
                RuleEffect::Deny => Some((1, rule.policy)),
                RuleEffect::Allow => Some((2, rule.policy)),
                RuleEffect::Audit => None,
            }
        }
        ClauseRef::Default(policy) => Some((3, policy)),
        ClauseRef::Detection(_) => None,
    }
}

fn standing(model: &Model, clause: ClauseRef, trace: &Trace, muted: &Muted) -> Standing {
    let Some((own, policy)) = step(model, clause) else { return Standing::Records };
    if trace.deciding == Some(clause) {
        return Standing::Decides;
    }
    if trace.decision.enforced == Effect::Deny {
        if model.policy(policy).mode == Mode::Detect {
            return Standing::Inert;
        }
        if own != 2 && muted.contains(policy) {
            return Standing::Muted;
        }
    }
    match trace.deciding.and_then(|c| step(model, c)) {
        Some((decisive, _)) if decisive < own => Standing::Overruled,
        _ => Standing::Outranked,
    }
}

/// The first part of a clause that does not hold, and why.
fn failure(model: &Model, event: &Event, parts: &Parts<'_>) -> (Part, Vec<Cause>) {
    if !parts.actions.contains(event.action) {
        return (Part::Action, Vec::new());
    }
    let memo = Memo::default();
    let context = Context::new(model, event, parts.overlap, &memo);
    let mut search = Search { model, causes: Vec::new(), searched: FxHashSet::default() };
    let inside = parts.scope.subjects.iter().flatten().map(|c| (c, true)).collect::<Vec<_>>();
    if parts.scope.subjects.is_some() && search.any(context, &inside, None, Source::Process) {
        return (Part::Scope, search.causes);
    }
    let parts = [
        (Part::Scope, parts.scope.except.as_slice(), false),
        (Part::Object, parts.object.map_or(&[][..], std::slice::from_ref), true),
        (Part::Except, parts.except, false),
        (Part::Where, parts.condition.map_or(&[][..], std::slice::from_ref), true),
    ];
    for (part, conds, positive) in parts {
        if let Some(cond) = conds.iter().find(|c| context.truth(c, positive) != Truth::True) {
            search.condition(context, cond, positive, Source::Process);
            return (part, search.causes);
        }
    }
    // Unreachable for a clause that does not apply: some part of it is not true.
    (Part::Where, Vec::new())
}

/// Collects the facts on which a condition failed.
struct Search<'a> {
    model: &'a Model,
    causes: Vec<Cause>,
    /// Memberships whose reasons are there already: subjects name each other.
    searched: FxHashSet<Membership>,
}

impl Search<'_> {
    /// Adds why the condition with its sign is not true. `owner` is whose facts `process` means there.
    fn condition(&mut self, context: Context<'_>, cond: &Cond, positive: bool, owner: Source) {
        match &cond.kind {
            CondKind::Const(_) => self.causes.push(Cause { span: cond.span, fact: None }),
            CondKind::Not(inner) => self.condition(context, inner, !positive, owner),
            CondKind::All(parts) | CondKind::Any(parts) => {
                if matches!(cond.kind, CondKind::All(_)) == positive {
                    // One failing part is enough, and a false one says more than an unknown one.
                    if let Some(worst) = parts.iter().min_by_key(|c| context.truth(c, positive)) {
                        self.condition(context, worst, positive, owner);
                    }
                } else {
                    let signed: Vec<(&Cond, bool)> = parts.iter().map(|c| (c, positive)).collect();
                    self.any(context, &signed, Some(cond.span), owner);
                }
            }
            CondKind::Atom(atom) => self.atom(context, atom, cond.span, positive, owner),
        }
    }

    /// Adds why none of the conditions is true; says whether none is. A fact that several of them look at is named once, for
    /// all of them.
    fn any(
        &mut self,
        context: Context<'_>,
        conds: &[(&Cond, bool)],
        whole: Option<Span>,
        owner: Source,
    ) -> bool {
        if conds.iter().any(|(c, positive)| context.truth(c, *positive) == Truth::True) {
            return false;
        }
        let before = self.causes.len();
        for (cond, positive) in conds {
            self.condition(context, cond, *positive, owner);
        }
        let mut first: FxHashMap<Option<FactRef>, usize> = FxHashMap::default();
        for cause in self.causes.split_off(before) {
            let key = cause.fact.as_ref().map(|(fact, _)| fact.clone());
            if let Some(at) = first.get(&key) {
                let known: &mut Cause = &mut self.causes[*at];
                known.span = whole.unwrap_or(known.span);
            } else {
                first.insert(key, self.causes.len());
                self.causes.push(cause);
            }
        }
        true
    }

    fn atom(&mut self, context: Context<'_>, atom: &Atom, span: Span, positive: bool, owner: Source) {
        match atom {
            Atom::Member { source, subject } => {
                let owner = if *source == Source::Process { owner } else { *source };
                let context = context.seen_from(*source);
                if self.searched.insert(context.membership(*subject, positive)) {
                    self.condition(context, &self.model.subject(*subject).cond, positive, owner);
                }
            }
            Atom::Ancestor { .. } => self.causes.push(Cause { span, fact: None }),
            Atom::Relation { left, right, .. } | Atom::Same { left, right } => {
                self.fact(context, left, span, owner);
                self.fact(context, right, span, owner);
            }
            Atom::Text { fact, .. }
            | Atom::Number { fact, .. }
            | Atom::Address { fact, .. }
            | Atom::Flags { fact, .. }
            | Atom::Present { fact }
            | Atom::ListAny { fact, .. }
            | Atom::ListAll { fact, .. } => self.fact(context, fact, span, owner),
        }
    }

    fn fact(&mut self, context: Context<'_>, fact: &FactRef, span: Span, owner: Source) {
        let value = context.fact(fact).into_owned();
        let source = if fact.source == Source::Process { owner } else { fact.source };
        self.causes.push(Cause { span, fact: Some((FactRef { source, ..fact.clone() }, value)) });
    }
}
