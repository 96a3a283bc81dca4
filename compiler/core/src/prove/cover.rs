//! Whether rules together cover what another one is about.

use super::engine::{Engine, ModelId, Threshold};
use super::search::{Found, Solution};
use super::space::FormId;
use crate::model::{ActionSet, ClauseRef};
use std::rc::Rc;
use warmor_policy::schema::Action;

/// Whether clauses cover a region.
pub(super) enum Cover {
    /// They do: these alone, of which none can be left out. Of none: the region is empty.
    Covered(Vec<ClauseRef>),
    /// Something of the region is outside of all of them.
    Open(Action, Rc<Solution>),
    /// The budget ran out.
    Budget,
}

/// A part of all events: for each action, what must hold.
pub(super) type Region<'r, 'm> = dyn FnMut(&mut Engine<'m>, Action) -> Vec<FormId> + 'r;

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
        clauses: &[ClauseRef],
    ) -> Cover {
        let mut needed: Vec<ClauseRef> = Vec::new();
        let mut budget = false;
        for action in actions.iter() {
            let region = region(self, action);
            let whole = self.space.join(region.iter().copied(), true);
            if whole == FormId::NEVER {
                continue;
            }
            let outline = self.outline(whole);
            let mut near: Vec<(ClauseRef, FormId)> = Vec::new();
            for clause in clauses {
                let form = self.clause(model, *clause, action, Threshold::Applies);
                if form != FormId::NEVER && self.outline(form).overlaps(&outline) {
                    near.push((*clause, form));
                }
            }
            match self.cover_one(model, action, &region, &near, clauses) {
                Cover::Covered(by) => needed.extend(by),
                open @ Cover::Open(..) => return open,
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

    fn cover_one(
        &mut self,
        model: ModelId,
        action: Action,
        region: &[FormId],
        near: &[(ClauseRef, FormId)],
        all: &[ClauseRef],
    ) -> Cover {
        let mut by = match self.outside(action, region, near, false) {
            Outside::Nothing(by) => by,
            Outside::Something(solution) => return Cover::Open(action, solution),
            Outside::Budget => return Cover::Budget,
        };
        match self.outside(action, region, &by, true) {
            Outside::Nothing(fewer) => by = fewer,
            Outside::Budget => return Cover::Budget,
            Outside::Something(_) => {
                let mut forms = Vec::new();
                for clause in all {
                    let form = self.clause(model, *clause, action, Threshold::Applies);
                    if form != FormId::NEVER {
                        forms.push((*clause, form));
                    }
                }
                match self.outside(action, region, &forms, true) {
                    Outside::Nothing(enough) => by = enough,
                    Outside::Something(solution) => return Cover::Open(action, solution),
                    Outside::Budget => return Cover::Budget,
                }
            }
        }
        // One after the other is left out, as long as the rest is enough. What is kept by one clause alone is kept first.
        let mut at = 0;
        while at < by.len() && by.len() > 1 {
            let removed = by.remove(at);
            match self.outside(action, region, &by, true) {
                Outside::Nothing(_) => {}
                _ => {
                    by.insert(at, removed);
                    at += 1;
                }
            }
        }
        if by.len() == 1 && matches!(self.outside(action, region, &[], true), Outside::Nothing(_)) {
            by.clear();
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
            Found::Points(solution) => Outside::Something(solution),
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
    Something(Rc<Solution>),
    Budget,
}
