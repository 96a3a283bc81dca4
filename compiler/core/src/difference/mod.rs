//! What a change of a program changes: for which events it decides, reports or asks for something else, all of them.
//!
//! ```text
//!  two models ─► clauses by meaning ─► those that differ ─► questions to the engine ─► groups, each with an event
//!                 (equal: nothing)      (regions)            (until there is none)
//! ```
//!
//! Events are taken together by the clauses that settle them before and after. For every event that fares differently there is a group
//! that it belongs to; that there is no further group is proved by the engine, or said to be [open](Difference::open). Nothing is
//! muted, and what the programs assume is not used: a difference that only an assumption excludes is a difference.

mod asked;
mod changed;
mod meaning;
mod settings;
mod verdict;

pub use asked::{Ask, Detecting};
pub use changed::Edit;
pub use settings::{Setting, Subject, Tendency};
pub use verdict::{Side, State};

use crate::evaluate::{self, Truth};
use crate::model::{ClauseRef, Model};
use crate::prove::{Answer, Budget, Claim, Engine, Formula, ModelId};
use changed::{Changed, NEW, OLD, Region, changed};
use meaning::Meanings;
use rustc_hash::{FxHashMap, FxHashSet};
use verdict::verdict_kind;
use warmor_policy::event::Event;
use warmor_policy::schema::Action;
use warmor_policy::verdict::{ClauseKind, Severity};

/// What a change changes.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Another verdict, or a denial of another severity.
    Verdict {
        /// What the old program does.
        old: Side,
        /// What the new program does.
        new: Side,
    },
    /// A clause asks for something, and in the other program nothing does.
    Asked {
        /// The clause, with the one that it became or was before.
        edit: Edit,
        /// What is asked for.
        items: Vec<Ask>,
        /// Whether the new program asks for it, and not the old one.
        gained: bool,
    },
    /// A detection of one event fires elsewhere, or differently.
    Detection {
        /// The detection.
        edit: Edit,
        /// How.
        how: Detecting,
    },
}

/// Events of one action that a group stands for, by one of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// The action.
    pub action: Action,
    /// The event. The reference evaluator sees the difference too.
    pub event: Event,
}

/// Events that fare differently in the same way.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// How.
    pub change: Change,
    /// One event for each action of which there are such events.
    pub examples: Vec<Example>,
    /// The edits that the first example comes under, by their places in [`Difference::edits`].
    pub edits: Vec<usize>,
    /// Of several subjects that its [owner](Self::owner) is for, those of which there are such events. Empty where it is for one
    /// subject, or for all processes.
    pub subjects: Vec<Concerned>,
}

/// A subject whose processes have events of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Concerned {
    /// Its place in the scope of the group's [owner](Group::owner).
    pub place: usize,
    /// One of the events; `None` where the budget did not settle whether there is one.
    pub event: Option<Event>,
}

/// A clause of one of the programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Of the old one.
    Old(ClauseRef),
    /// Of the new one.
    New(ClauseRef),
}

impl Group {
    /// The clause that brings the group about: the one that was edited, of those that settle it; else any of these.
    pub fn owner(&self, edits: &[(Edit, Effect)]) -> Option<Owner> {
        let (before, after) = self.change.clauses();
        let own = || self.edits.iter().filter_map(|i| edits.get(*i)).map(|(edit, _)| *edit);
        let settles = |e: &Edit| {
            (e.after().is_some() && e.after() == after) || (e.before().is_some() && e.before() == before)
        };
        let one = |before: Option<ClauseRef>, after: Option<ClauseRef>| {
            after.map(Owner::New).or(before.map(Owner::Old))
        };
        let edit = own().find(settles).or_else(|| own().next());
        edit.and_then(|e| one(e.before(), e.after())).or_else(|| one(before, after))
    }
}

/// What is not known about a clause that differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Open {
    /// Whether there are events with another verdict.
    Verdict,
    /// Whether there are events of which something else is asked for.
    Asked,
    /// Whether there are events that it detects alone.
    Detected,
}

/// What became of a clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Some group comes from it.
    Some,
    /// It changes nothing; proved.
    None,
    /// That is not known.
    Open,
}

/// All that two programs differ in.
#[derive(Clone, Debug, Default)]
pub struct Difference {
    /// The clauses that are not the same, in the order of the old program, then of the new one; and whether that matters.
    pub edits: Vec<(Edit, Effect)>,
    /// The events that fare differently.
    pub groups: Vec<Group>,
    /// What differs and is no matter of single events.
    pub settings: Vec<Setting>,
    /// Questions that the budget did not settle: the edit, the action, and what is not known.
    pub open: Vec<(usize, Action, Open)>,
    /// Steps that it took, of those of [`Budget::total`].
    pub steps: u64,
}

impl Difference {
    /// Whether the programs are proved to do the same.
    pub fn is_none(&self) -> bool {
        self.groups.is_empty()
            && self.open.is_empty()
            && self.settings.iter().all(|s| s.tendency == Tendency::Same)
    }

    /// Whether something less is stopped, reported or asked for than before.
    pub fn widens(&self) -> bool {
        self.groups.iter().any(|g| g.change.widens())
            || self.settings.iter().any(|s| s.tendency == Tendency::Wider)
    }
}

/// Compares two programs.
///
/// ```
/// # use warmor_compiler::{check, resolve::Sources};
/// use warmor_compiler::difference::{Change, State, difference};
/// use warmor_compiler::prove::Budget;
///
/// # let model = |text| check::check(&Sources::single("a.warmor", text), &check::Options::default()).partial;
/// let old = model("policy p for any { mode prevent deny read /etc/* }");
/// let new = model("policy p for any { mode prevent deny read /etc/shadow, /etc/gshadow }");
/// let found = difference(&old, &new, Budget::default());
/// assert!(found.widens() && found.open.is_empty());
/// let Change::Verdict { old, new } = &found.groups[0].change else { panic!() };
/// assert_eq!((old.state, new.state), (State::Enforced, State::Allowed));
/// ```
pub fn difference(old: &Model, new: &Model, budget: Budget) -> Difference {
    let mut meanings = Meanings::default();
    let changed = changed(&mut meanings, old, new);
    let settings = settings::settings(&mut meanings, old, new);
    let edits = changed.edits.clone();
    let mut compare = Compare::new(old, new, changed, budget);
    compare.regions();
    for edit in 0..edits.len() {
        compare.detections(edit);
    }
    compare.finish(settings)
}

/// Two programs while they are compared.
struct Compare<'m> {
    engine: Engine<'m>,
    old: &'m Model,
    new: &'m Model,
    clauses: (Vec<ClauseRef>, Vec<ClauseRef>),
    edits: Vec<Edit>,
    /// Where events may fare differently, in the order in which that is looked at.
    regions: Vec<Region>,
    /// Regions by the clause inside.
    places: FxHashMap<(ModelId, ClauseRef), usize>,
    /// By edit: whether some group comes from it.
    settled: Vec<bool>,
    /// Regions and actions of which a part was looked at with an earlier region.
    shared: Vec<(usize, Action)>,
    found: Groups,
    open: FxHashSet<(usize, Action, Open)>,
    /// Of which actions a program denies anything: with `true`, enforced.
    denying: FxHashSet<(ModelId, Action, bool)>,
    /// The severities of denials, mildest first.
    severities: Vec<Severity>,
}

/// What was found.
#[derive(Default)]
struct Groups {
    list: Vec<Group>,
    /// By group: what holds of its events.
    meant: Vec<Vec<Formula<Claim<'static>>>>,
    /// Groups of verdicts by their sides.
    places: FxHashMap<(Side, Side), usize>,
}

impl<'m> Compare<'m> {
    fn new(old: &'m Model, new: &'m Model, changed: Changed, budget: Budget) -> Self {
        let Changed { edits, mut regions } = changed;
        // What rules have no part in is left for postures, which cover most of a program.
        regions.sort_by_key(|r| !matches!(r.inside.1, ClauseRef::Rule(_)));
        let mut denying = FxHashSet::default();
        let mut severities = Vec::new();
        for (id, model) in [(OLD, old), (NEW, new)] {
            for clause in model.clauses() {
                let Some((ClauseKind::Deny | ClauseKind::Default, prevents)) = verdict_kind(model, clause)
                else {
                    continue;
                };
                denying.extend(changed::actions(model, clause).iter().map(|a| (id, a, prevents)));
                severities.push(verdict::severity(model, clause));
            }
        }
        severities.sort_unstable();
        severities.dedup();
        Self {
            engine: Engine::new(&[old, new], budget),
            old,
            new,
            clauses: (old.clauses(), new.clauses()),
            settled: vec![false; edits.len()],
            edits,
            places: regions.iter().enumerate().map(|(i, r)| (r.inside, i)).collect(),
            regions,
            shared: Vec::new(),
            found: Groups::default(),
            open: FxHashSet::default(),
            denying,
            severities,
        }
    }

    /// Everything that differs in the regions.
    fn regions(&mut self) {
        for at in 0..self.regions.len() {
            let mut region = self.regions[at];
            let actions = region.actions.iter().filter(|action| {
                let here = [*action].into_iter().collect();
                self.engine.some_event(here, &Formula::All(region.parts())) != Answer::Empty
            });
            region.actions = actions.collect();
            self.regions[at] = region;
            for action in region.actions.iter() {
                self.verdicts(at, action, true);
            }
            self.asked(&region);
        }
        for (at, action) in std::mem::take(&mut self.shared) {
            if !self.settled[self.regions[at].edit] {
                self.verdicts(at, action, false);
            }
        }
    }

    /// Notes the edits that an event of the action comes under which fares differently, by the clauses that apply to it.
    fn settle(&mut self, action: Action, old: &[ClauseRef], new: &[ClauseRef]) {
        let applies =
            |(model, clause): (ModelId, ClauseRef)| (if model == OLD { old } else { new }).contains(&clause);
        let clauses = old.iter().map(|c| (OLD, *c)).chain(new.iter().map(|c| (NEW, *c)));
        for place in clauses.filter_map(|inside| self.places.get(&inside)) {
            let region = &self.regions[*place];
            if region.actions.contains(action) && !region.outside.is_some_and(applies) {
                self.settled[region.edit] = true;
            }
        }
    }

    fn open(&mut self, region: &Region, action: Action, about: Open) {
        self.open.insert((region.edit, action, about));
    }

    /// Whether a clause of the edit applies to the event.
    fn touches(&self, edit: Edit, event: &Event) -> bool {
        let applies = |model, clause: Option<ClauseRef>| {
            clause.is_some_and(|clause| evaluate::applies(model, clause, event))
        };
        applies(self.old, edit.before()) || applies(self.new, edit.after())
    }

    /// The subjects of the group's owner, if it is for several, of which there are events of the group.
    fn concerned(
        &mut self,
        group: &Group,
        meant: &[Formula<Claim<'static>>],
        edits: &[(Edit, Effect)],
    ) -> Vec<Concerned> {
        let (id, model, clause) = match group.owner(edits) {
            Some(Owner::Old(clause)) => (OLD, self.old, clause),
            Some(Owner::New(clause)) => (NEW, self.new, clause),
            None => return Vec::new(),
        };
        let subjects = model.scope(clause).subjects.as_deref().filter(|s| s.len() > 1).unwrap_or_default();
        let mut concerned = Vec::new();
        for (place, subject) in subjects.iter().enumerate() {
            let inside = |e: &&Example| evaluate::holds(model, subject, &e.event) == Truth::True;
            let mut answer = group.examples.iter().find(inside).map(|e| Answer::Found(e.event.clone()));
            if answer.is_none() {
                let mut wanted: Vec<Formula<Claim<'m>>> = meant.to_vec();
                wanted.push(Formula::Test(Claim::Holds(id, subject)));
                let actions = group.examples.iter().map(|e| e.action).collect();
                answer = Some(self.engine.some_event(actions, &Formula::All(wanted)));
            }
            match answer {
                Some(Answer::Found(event)) => concerned.push(Concerned { place, event: Some(event) }),
                Some(Answer::Budget) => concerned.push(Concerned { place, event: None }),
                Some(Answer::Empty) | None => {}
            }
        }
        concerned
    }

    fn finish(mut self, settings: Vec<Setting>) -> Difference {
        let Groups { list, meant, .. } = std::mem::take(&mut self.found);
        let mut groups: Vec<(Group, Vec<Formula<Claim<'static>>>)> = list.into_iter().zip(meant).collect();
        groups.sort_by_key(|(group, _)| group.change.clauses());
        for (group, _) in &mut groups {
            group.examples.sort_by_key(|e| e.action);
            if let (Change::Verdict { .. }, Some(example)) = (&group.change, group.examples.first()) {
                let touching =
                    self.edits.iter().enumerate().filter(|(_, e)| self.touches(**e, &example.event));
                group.edits = touching.map(|(i, _)| i).collect();
            }
        }
        let mut open: Vec<(usize, Action, Open)> = self.open.drain().collect();
        open.sort_unstable();
        let effect = |i: usize| {
            if self.settled[i] {
                Effect::Some
            } else if open.iter().any(|(edit, ..)| *edit == i) {
                Effect::Open
            } else {
                Effect::None
            }
        };
        let edits: Vec<(Edit, Effect)> =
            self.edits.iter().enumerate().map(|(i, e)| (*e, effect(i))).collect();
        for (group, meant) in &mut groups {
            group.subjects = self.concerned(group, meant, &edits);
        }
        let groups = groups.into_iter().map(|(group, _)| group).collect();
        Difference { edits, groups, settings, open, steps: self.engine.spent() }
    }
}
