//! Events of which a program asks for something else than a verdict, and the other one does not: responses, alerts, records, and
//! detections.
//!
//! What is lost with an event that is allowed instead of denied is part of that, and not told again. So a request counts as lost only on
//! events whose verdict is at least as strict as before, and as new only where it is at most as strict.

use super::changed::{Edit, NEW, OLD, Region, actions};
use super::meaning::asked;
use super::{Change, Compare, Example, Group, Open};
use crate::model::{ActionSet, ClauseRef, Model, RuleEffect};
use crate::prove::{Answer, Claim, Formula, ModelId, Verdict};
use warmor_policy::schema::Action;
use warmor_policy::verdict::{Responses, Severity};

/// Something that a clause asks for where it applies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ask {
    /// One response, by its word.
    Response(&'static str),
    /// An alert to this target.
    Alert(String),
    /// A record of at least this severity.
    Record(Severity),
}

/// What became of a detection's events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Detecting {
    /// It fires where it did not.
    Starts,
    /// It no longer fires where it did.
    Stops,
    /// It fires with another severity.
    Severity(Severity, Severity),
}

/// What a clause asks for.
fn asks(model: &Model, clause: ClauseRef) -> Vec<Ask> {
    let responses = asked(model, clause);
    let mut out: Vec<Ask> = responses.names().map(Ask::Response).collect();
    if responses.intersection(Responses::ALERT) == Responses::ALERT {
        out.extend(targets(model, clause).iter().cloned().map(Ask::Alert));
    }
    out.extend(record(model, clause).map(Ask::Record));
    out.sort_unstable();
    out.dedup();
    out
}

fn targets(model: &Model, clause: ClauseRef) -> &[String] {
    match clause {
        ClauseRef::Rule(id) => &model.rule(id).alert,
        ClauseRef::Default(_) => &[],
        ClauseRef::Detection(index) => &model.detections[index as usize].alert,
    }
}

/// The severity of the record that a clause asks for.
fn record(model: &Model, clause: ClauseRef) -> Option<Severity> {
    match clause {
        ClauseRef::Rule(id) => {
            Some(model.rule(id)).filter(|r| r.effect == RuleEffect::Audit).map(|r| r.severity)
        }
        _ => None,
    }
}

/// Whether a clause asks for at least this.
fn satisfies(model: &Model, clause: ClauseRef, ask: &Ask) -> bool {
    match ask {
        Ask::Response(word) => asked(model, clause).names().any(|w| w == *word),
        Ask::Alert(target) => {
            asked(model, clause).intersection(Responses::ALERT) == Responses::ALERT
                && targets(model, clause).contains(target)
        }
        Ask::Record(severity) => record(model, clause).is_some_and(|s| s >= *severity),
    }
}

/// That the verdict in `weaker` is at most as strict as in `stricter`.
fn no_stricter(weaker: ModelId, stricter: ModelId) -> Vec<Formula<Claim<'static>>> {
    let denied = |model, verdict| Formula::Test(Claim::Denied(model, verdict));
    let implies = |verdict| Formula::Any(vec![denied(weaker, verdict).negated(), denied(stricter, verdict)]);
    vec![implies(Verdict::Enforced), implies(Verdict::Reported)]
}

impl Compare<'_> {
    /// Finds what the clause of a region asks for and nothing in the other program does: where the clause that it became (or
    /// was) applies too and says something else, and where it does not.
    pub(super) fn asked(&mut self, region: &Region) {
        let edit = self.edits[region.edit];
        let other = match edit {
            Edit::Altered(old, new) if region.outside.is_none() => {
                Some(if region.inside.0 == NEW { (OLD, old) } else { (NEW, new) })
            }
            _ => None,
        };
        let Some((model, clause)) = other else {
            return self.asked_of(region, &region.parts());
        };
        let beside = Formula::Test(Claim::Applies(model, clause));
        for beside in [beside.clone(), beside.negated()] {
            let mut parts = region.parts();
            parts.push(beside);
            self.asked_of(region, &parts);
        }
    }

    fn asked_of(&mut self, region: &Region, parts: &[Formula<Claim<'static>>]) {
        let (id, clause) = region.inside;
        let gained = id == NEW;
        let (own, other) = if gained { (self.new, self.old) } else { (self.old, self.new) };
        let elsewhere = if gained { OLD } else { NEW };
        let mut found: Vec<(Vec<Ask>, Vec<Example>, Formula<Claim<'static>>)> = Vec::new();
        for ask in asks(own, clause) {
            let others = self.clauses_of(elsewhere).iter().copied().filter(|c| satisfies(other, *c, &ask));
            let others = others.map(|c| Formula::Test(Claim::Applies(elsewhere, c))).collect();
            let mut wanted = parts.to_vec();
            wanted.push(Formula::Any(others).negated());
            wanted.extend(if gained { no_stricter(NEW, OLD) } else { no_stricter(OLD, NEW) });
            let wanted = Formula::All(wanted);
            let mut examples: Vec<Example> = Vec::new();
            for action in region.actions.iter() {
                // An event that shows another loss of the clause may show this one too.
                let known = found.iter().flat_map(|(_, examples, _)| examples);
                let known = known.filter(|e| e.action == action);
                if let Some(example) = known.into_iter().find(|e| self.engine.holds(&e.event, &wanted)) {
                    examples.push(example.clone());
                    continue;
                }
                examples.extend(self.example(region, action, &wanted, Open::Asked));
            }
            if examples.is_empty() {
                continue;
            }
            match found.iter_mut().find(|(_, shown, _)| *shown == examples) {
                Some((asks, ..)) => asks.push(ask),
                None => found.push((vec![ask], examples, wanted)),
            }
        }
        for (items, examples, wanted) in found {
            self.settled[region.edit] = true;
            let change = Change::Asked { edit: self.edits[region.edit], items, gained };
            self.add(Group { change, examples, edits: vec![region.edit], subjects: Vec::new() }, wanted);
        }
    }

    /// Finds where a detection fires in one program only, and where it fires with another severity.
    pub(super) fn detections(&mut self, edit: usize) {
        let both = self.edits[edit];
        let (old, new) = (both.before(), both.after());
        if !matches!(old.or(new), Some(ClauseRef::Detection(_))) {
            return;
        }
        let fires = |model, clause: Option<ClauseRef>| match clause {
            Some(clause) => Formula::Test(Claim::Applies(model, clause)),
            None => Formula::Const(false),
        };
        let (before, after) = (fires(OLD, old), fires(NEW, new));
        let mut ways = vec![
            (Detecting::Stops, vec![before.clone(), after.clone().negated()]),
            (Detecting::Starts, vec![after.clone(), before.clone().negated()]),
        ];
        if let (Some(ClauseRef::Detection(o)), Some(ClauseRef::Detection(n))) = (old, new) {
            let (o, n) = (&self.old.detections[o as usize], &self.new.detections[n as usize]);
            if o.severity != n.severity {
                ways.push((Detecting::Severity(o.severity, n.severity), vec![before, after]));
            }
        }
        let all = |model, clause: Option<ClauseRef>| clause.map_or(ActionSet::EMPTY, |c| actions(model, c));
        let (first, second) = (all(self.old, old), all(self.new, new));
        let inside = old.map(|c| (OLD, c)).or(new.map(|c| (NEW, c)));
        let Some(inside) = inside else { return };
        let region =
            Region { edit, actions: first.iter().chain(second.iter()).collect(), inside, outside: None };
        for (how, wanted) in ways {
            let wanted = Formula::All(wanted);
            let mut examples = Vec::new();
            for action in region.actions.iter() {
                examples.extend(self.example(&region, action, &wanted, Open::Detected));
            }
            if !examples.is_empty() {
                self.settled[edit] = true;
                let change = Change::Detection { edit: both, how };
                self.add(Group { change, examples, edits: vec![edit], subjects: Vec::new() }, wanted);
            }
        }
    }

    /// Adds a group, of whose events the formula holds.
    fn add(&mut self, group: Group, wanted: Formula<Claim<'static>>) {
        self.found.list.push(group);
        self.found.meant.push(match wanted {
            Formula::All(parts) => parts,
            one => vec![one],
        });
    }

    /// An event of the action for which the formula holds; that there may be one is noted where it is not known.
    fn example(
        &mut self,
        region: &Region,
        action: Action,
        wanted: &Formula<Claim<'static>>,
        about: Open,
    ) -> Option<Example> {
        match self.engine.some_event([action].into_iter().collect(), wanted) {
            Answer::Found(event) => Some(Example { action, event }),
            Answer::Empty => None,
            Answer::Budget => {
                self.open(region, action, about);
                None
            }
        }
    }

    fn clauses_of(&self, model: ModelId) -> &[ClauseRef] {
        if model == OLD { &self.clauses.0 } else { &self.clauses.1 }
    }
}

impl Change {
    /// Whether less is stopped, reported or asked for than before.
    pub fn widens(&self) -> bool {
        match self {
            Self::Verdict { old, new } => {
                new.state < old.state || (new.state == old.state && new.severity < old.severity)
            }
            Self::Asked { gained, .. } => !gained,
            Self::Detection { how, .. } => match how {
                Detecting::Starts => false,
                Detecting::Stops => true,
                Detecting::Severity(old, new) => new < old,
            },
        }
    }

    /// The clauses that it is about, in the old program and in the new one.
    pub fn clauses(&self) -> (Option<ClauseRef>, Option<ClauseRef>) {
        match self {
            Self::Verdict { old, new } => (old.clause, new.clause),
            Self::Asked { edit, .. } | Self::Detection { edit, .. } => (edit.before(), edit.after()),
        }
    }
}
