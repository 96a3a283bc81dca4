//! Whether rules together cover what another one is about.

use super::engine::{Engine, ModelId};
use super::outline::Outline;
use super::search::Found;
use super::space::FormId;
use crate::model::{ActionSet, ClauseRef};
use warmor_policy::schema::Action;
use warmor_policy::verdict::ClauseKind;

/// Whether clauses cover a region.
pub(super) enum Cover {
    /// They do: these alone, of which none can be left out. Of none: the region is empty.
    Covered(Vec<ClauseRef>),
    /// Something of the region is outside of all of them.
    Open,
    /// The budget ran out.
    Budget,
}

/// A part of all events: for each action, what must hold.
pub(super) type Region<'r, 'm> = dyn FnMut(&mut Engine<'m>, Action) -> Vec<FormId> + 'r;

/// The clauses that may cover something.
pub(super) struct Rivals<'k> {
    pub(super) kinds: &'k [ClauseKind],
    /// Whether only those of prevent policies count.
    pub(super) prevent: bool,
    /// Which of them.
    pub(super) keep: &'k dyn Fn(ClauseRef) -> bool,
}

impl<'m> Engine<'m> {
    /// Whether the clauses, where they apply, cover the region.
    ///
    /// First only events are looked at of which no fact is unknown, and of the clauses those that come near the region at all: what
    /// is outside of these is outside of all. What they cover is then asked again with unknown facts; Kleene's logic makes it likely
    /// that it is covered too, and where it is not, all clauses are tried.
    pub(super) fn cover(
        &mut self,
        model: ModelId,
        actions: ActionSet,
        region: &mut Region<'_, 'm>,
        rivals: &Rivals<'_>,
    ) -> Cover {
        let mut needed: Vec<ClauseRef> = Vec::new();
        let mut budget = false;
        for action in actions.iter() {
            let region = region(self, action);
            let whole = self.space.join(region.iter().copied(), true);
            if whole == FormId::NEVER {
                continue;
            }
            let outline = self.space.outline(whole);
            match self.cover_one(model, action, &region, &outline, rivals) {
                Cover::Covered(by) => needed.extend(by),
                Cover::Open => return Cover::Open,
                Cover::Budget => budget = true,
            }
        }
        if budget {
            return Cover::Budget;
        }
        needed.sort_unstable();
        needed.dedup();
        Cover::Covered(needed)
    }

    /// The rivals that come near an outline, or all of them.
    fn rivals(
        &mut self,
        model: ModelId,
        action: Action,
        rivals: &Rivals<'_>,
        outline: Option<&Outline>,
    ) -> Vec<(ClauseRef, FormId)> {
        let mut out = Vec::new();
        for kind in rivals.kinds {
            let found = self.near(model, action, *kind, rivals.prevent, outline);
            out.extend(found.into_iter().filter(|(clause, _)| (rivals.keep)(*clause)));
        }
        out
    }

    fn cover_one(
        &mut self,
        model: ModelId,
        action: Action,
        region: &[FormId],
        outline: &Outline,
        rivals: &Rivals<'_>,
    ) -> Cover {
        let near = self.rivals(model, action, rivals, Some(outline));
        let mut by = match self.outside(action, region, &near, false) {
            Outside::Nothing(by) => by,
            Outside::Something => return Cover::Open,
            Outside::Budget => return Cover::Budget,
        };
        match self.outside(action, region, &by, true) {
            Outside::Nothing(fewer) => by = fewer,
            Outside::Budget => return Cover::Budget,
            Outside::Something => {
                let all = self.rivals(model, action, rivals, None);
                match self.outside(action, region, &all, true) {
                    Outside::Nothing(enough) => by = enough,
                    Outside::Something => return Cover::Open,
                    Outside::Budget => return Cover::Budget,
                }
            }
        }
        // One that is enough alone is easier to understand than several that are enough together.
        if by.len() > 1 {
            let alone = |engine: &mut Self, one: &(ClauseRef, FormId)| {
                matches!(engine.outside(action, region, &[*one], true), Outside::Nothing(_))
            };
            if let Some(one) = near.iter().find(|one| alone(self, one)) {
                by = vec![*one];
            }
        }
        // One after the other is left out, as long as the rest is enough.
        let mut at = 0;
        while at < by.len() {
            let removed = by.remove(at);
            if !matches!(self.outside(action, region, &by, true), Outside::Nothing(_)) {
                by.insert(at, removed);
                at += 1;
            }
        }
        Cover::Covered(by.into_iter().map(|(clause, _)| clause).collect())
    }

    /// What of the region is outside of the clauses.
    fn outside(
        &mut self,
        action: Action,
        region: &[FormId],
        clauses: &[(ClauseRef, FormId)],
        unknown: bool,
    ) -> Outside {
        let mut forms = region.to_vec();
        for (_, form) in clauses {
            let not = self.space.not(*form);
            forms.push(not);
        }
        match self.question(action, &forms, unknown) {
            Found::Points(_) => Outside::Something,
            Found::Budget => Outside::Budget,
            Found::None(because) => {
                let used = because.iter().filter_map(|i| (*i as usize).checked_sub(region.len()));
                Outside::Nothing(used.map(|i| clauses[i]).collect())
            }
        }
    }
}

enum Outside {
    Nothing(Vec<(ClauseRef, FormId)>),
    Something,
    Budget,
}
