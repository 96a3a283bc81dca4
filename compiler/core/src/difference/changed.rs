//! Which clauses are not the same in both programs.
//!
//! **Why nothing else needs to be looked at.** Every verdict, every severity, every response, record and detection of an event is
//! a function of the *set* of what the clauses that apply to it say. Let an event have no clause among those that differ apply to it,
//! in neither program. Then each clause that does apply in one program has a clause of the same meaning in the other, which applies
//! too; so both sets are equal, and with them everything that follows from them. Hence any event that fares differently is one
//! to which a differing clause applies, and it is enough to look there.
//!
//! The same argument lets clauses of one name be compared: if they say the same, and apply to the same events of an action, they are
//! equal for that action; and if they say the same, an event to which both apply is one for which this pair makes no difference.

use super::meaning::{Meanings, Spoken};
use crate::model::{ActionSet, ClauseRef, Model, Pattern, RuleEffect};
use crate::prove::{Claim, Formula, ModelId};
use rustc_hash::{FxHashMap, FxHashSet};
use warmor_policy::schema::Action;

/// The older program in an engine of both.
pub(super) const OLD: ModelId = ModelId(0);
/// The newer one.
pub(super) const NEW: ModelId = ModelId(1);

/// A clause that is not the same in both programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Edit {
    /// It is only in the new program.
    Added(ClauseRef),
    /// It was only in the old program.
    Removed(ClauseRef),
    /// It is in both under one name, and not the same.
    Altered(ClauseRef, ClauseRef),
}

impl Edit {
    /// The clause in the old program.
    pub fn before(self) -> Option<ClauseRef> {
        match self {
            Self::Added(_) => None,
            Self::Removed(old) | Self::Altered(old, _) => Some(old),
        }
    }

    /// The clause in the new program.
    pub fn after(self) -> Option<ClauseRef> {
        match self {
            Self::Removed(_) => None,
            Self::Added(new) | Self::Altered(_, new) => Some(new),
        }
    }
}

/// Events that may fare differently because of an edit: those to which a clause applies, and another one does not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Region {
    /// The edit's place in the list.
    pub(super) edit: usize,
    pub(super) actions: ActionSet,
    pub(super) inside: (ModelId, ClauseRef),
    pub(super) outside: Option<(ModelId, ClauseRef)>,
}

impl Region {
    /// That an event is in it.
    pub(super) fn parts(&self) -> Vec<Formula<Claim<'static>>> {
        let applies = |(model, clause)| Formula::Test(Claim::Applies(model, clause));
        let mut parts = vec![applies(self.inside)];
        parts.extend(self.outside.map(|other| applies(other).negated()));
        parts
    }
}

/// The clauses that differ, and where they may make a difference.
#[derive(Debug, Default)]
pub(super) struct Changed {
    pub(super) edits: Vec<Edit>,
    pub(super) regions: Vec<Region>,
}

/// Compares the clauses of two programs by what they mean.
pub(super) fn changed<'m>(meanings: &mut Meanings<'m>, old: &'m Model, new: &'m Model) -> Changed {
    let spoken = |meanings: &mut Meanings<'m>, number, model: &'m Model| -> Vec<(ClauseRef, Spoken<'m>)> {
        source_order(model).into_iter().map(|c| (c, meanings.clause((number, model), c))).collect()
    };
    let (before, after) = (spoken(meanings, 0, old), spoken(meanings, 1, new));
    let said = |clauses: &[(ClauseRef, Spoken<'m>)], model: &Model| -> FxHashSet<(Action, Spoken<'m>)> {
        let each = |(c, s): &(ClauseRef, Spoken<'m>)| {
            actions(model, *c).iter().map(|a| (a, s.clone())).collect::<Vec<_>>()
        };
        clauses.iter().flat_map(each).collect()
    };
    let (said_before, said_after) = (said(&before, old), said(&after, new));
    let differ =
        |clauses: Vec<(ClauseRef, Spoken<'m>)>, model: &Model, other: &FxHashSet<(Action, Spoken<'m>)>| {
            let each = |(clause, spoken): (ClauseRef, Spoken<'m>)| {
                let left = actions(model, clause).iter().filter(|a| !other.contains(&(*a, spoken.clone())));
                let left: ActionSet = left.collect();
                (!left.is_empty()).then_some((clause, spoken, left))
            };
            clauses.into_iter().filter_map(each).collect::<Vec<_>>()
        };
    let (before, after) = (differ(before, old, &said_after), differ(after, new, &said_before));
    let pairs = pair(old, &before, new, &after);
    let mut changed = Changed::default();
    for (clause, spoken, actions) in &before {
        let edit = changed.edits.len();
        let inside = (OLD, *clause);
        match pairs.get(clause).map(|i| &after[*i]) {
            None => {
                changed.edits.push(Edit::Removed(*clause));
                changed.regions.push(Region { edit, actions: *actions, inside, outside: None });
            }
            Some((other, said, others)) => {
                changed.edits.push(Edit::Altered(*clause, *other));
                let same = spoken.saying == said.saying;
                let beside = |clause| same.then_some(clause);
                let region = Region { edit, actions: *actions, inside, outside: beside((NEW, *other)) };
                changed.regions.push(region);
                let inside = (NEW, *other);
                let region = Region { edit, actions: *others, inside, outside: beside((OLD, *clause)) };
                changed.regions.push(region);
            }
        }
    }
    let paired: FxHashSet<usize> = pairs.into_values().collect();
    for (_, (clause, _, actions)) in after.iter().enumerate().filter(|(i, _)| !paired.contains(i)) {
        let edit = changed.edits.len();
        changed.edits.push(Edit::Added(*clause));
        changed.regions.push(Region { edit, actions: *actions, inside: (NEW, *clause), outside: None });
    }
    changed
}

/// The clauses of a program as they are written.
fn source_order(model: &Model) -> Vec<ClauseRef> {
    let mut clauses = model.clauses();
    clauses.sort_unstable();
    clauses
}

/// The actions that a clause speaks of.
pub(super) fn actions(model: &Model, clause: ClauseRef) -> ActionSet {
    match clause {
        ClauseRef::Rule(id) => model.rule(id).actions,
        ClauseRef::Default(id) => model.policy(id).default_deny,
        ClauseRef::Detection(index) => match &model.detections[index as usize].pattern {
            Pattern::Single(step) => step.actions,
            Pattern::Sequence { .. } | Pattern::Count { .. } => ActionSet::EMPTY,
        },
    }
}

/// What a clause is called: rules by policy and label, postures by policy, detections by name.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Name<'m> {
    Rule(&'m str, &'m str),
    /// A rule without a label of its own, by policy, effect and actions: the number in a made-up label changes when others come or go.
    Unlabelled(&'m str, RuleEffect, ActionSet),
    Posture(&'m str),
    Detection(&'m str),
}

fn name(model: &Model, clause: ClauseRef) -> Name<'_> {
    match clause {
        ClauseRef::Rule(id) => {
            let rule = model.rule(id);
            let policy = model.policy(rule.policy).name.as_str();
            if rule.labelled {
                Name::Rule(policy, &rule.label)
            } else {
                Name::Unlabelled(policy, rule.effect, rule.actions)
            }
        }
        ClauseRef::Default(id) => Name::Posture(&model.policy(id).name),
        ClauseRef::Detection(index) => Name::Detection(&model.detections[index as usize].name),
    }
}

type Differing<'m> = [(ClauseRef, Spoken<'m>, ActionSet)];

/// Clauses of one name, in both programs; of several with one name, in the order in which they are written. By the old one, with the
/// place of the new one.
fn pair(
    old: &Model,
    before: &Differing<'_>,
    new: &Model,
    after: &Differing<'_>,
) -> FxHashMap<ClauseRef, usize> {
    let mut named: FxHashMap<Name<'_>, Vec<usize>> = FxHashMap::default();
    for (i, (clause, ..)) in after.iter().enumerate().rev() {
        named.entry(name(new, *clause)).or_default().push(i);
    }
    let mut pairs = FxHashMap::default();
    for (clause, ..) in before {
        if let Some(other) = named.get_mut(&name(old, *clause)).and_then(Vec::pop) {
            pairs.insert(*clause, other);
        }
    }
    pairs
}
