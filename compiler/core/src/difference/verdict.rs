//! Events whose verdict is another, grouped by the clauses that settle it before and after.

use super::changed::{NEW, OLD, Region};
use super::{Change, Compare, Example, Group, Open};
use crate::model::{ClauseRef, Mode, Model, RuleEffect};
use crate::prove::{Answer, Claim, Formula, ModelId, Verdict};
use warmor_policy::schema::Action;
use warmor_policy::verdict::{ClauseKind, Severity};

/// What happens to an event, nothing being muted; stricter is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// It goes ahead, and nothing is reported.
    Allowed,
    /// It goes ahead, and is reported: only policies in `mode detect` deny it.
    Reported,
    /// It is stopped.
    Enforced,
}

impl State {
    /// All states, mildest first.
    pub const ALL: [Self; 3] = [Self::Allowed, Self::Reported, Self::Enforced];
}

/// What one program makes of the events of a group, and by which clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Side {
    /// What happens to them.
    pub state: State,
    /// How bad that is, for what is denied.
    pub severity: Option<Severity>,
    /// The clause that settles it: of those that enforce where the other program enforces or this one does, else of all. `None`:
    /// nothing speaks of the events.
    pub clause: Option<ClauseRef>,
    /// For what is only reported, where the other program enforces: the rule that allows it to happen, if one does.
    pub opened_by: Option<ClauseRef>,
}

/// What the reference evaluator makes of an event.
struct Judged {
    state: State,
    /// What settles it over the policies that prevent.
    real: Option<ClauseRef>,
    /// What settles it over all policies.
    nominal: Option<ClauseRef>,
}

/// Of the clauses that apply to an event, which settle it, and how.
fn judge(model: &Model, applying: &[ClauseRef]) -> Judged {
    let settles = |prevents: bool| {
        let of = |kind| {
            let fits = |c: &&ClauseRef| {
                verdict_kind(model, **c).is_some_and(|(k, enforces)| k == kind && (enforces || !prevents))
            };
            applying.iter().find(fits).copied()
        };
        of(ClauseKind::Deny).or_else(|| of(ClauseKind::Allow)).or_else(|| of(ClauseKind::Default))
    };
    let denies = |clause: Option<ClauseRef>| {
        let kind = clause.and_then(|c| verdict_kind(model, c)).map(|(kind, _)| kind);
        matches!(kind, Some(ClauseKind::Deny | ClauseKind::Default))
    };
    let (real, nominal) = (settles(true), settles(false));
    let state = match (denies(real), denies(nominal)) {
        (true, _) => State::Enforced,
        (false, true) => State::Reported,
        (false, false) => State::Allowed,
    };
    Judged { state, real, nominal }
}

/// What a clause has to do with verdicts: its kind, and whether its policy prevents. `None` for one that changes none.
pub(super) fn verdict_kind(model: &Model, clause: ClauseRef) -> Option<(ClauseKind, bool)> {
    let (kind, policy) = match clause {
        ClauseRef::Rule(id) => match model.rule(id).effect {
            RuleEffect::Deny => (ClauseKind::Deny, model.rule(id).policy),
            RuleEffect::Allow => (ClauseKind::Allow, model.rule(id).policy),
            RuleEffect::Audit => return None,
        },
        ClauseRef::Default(id) => (ClauseKind::Default, id),
        ClauseRef::Detection(_) => return None,
    };
    Some((kind, model.policy(policy).mode == Mode::Prevent))
}

pub(super) fn severity(model: &Model, clause: ClauseRef) -> Severity {
    match clause {
        ClauseRef::Rule(id) => model.rule(id).severity,
        ClauseRef::Default(id) => model.policy(id).severity,
        ClauseRef::Detection(index) => model.detections[index as usize].severity,
    }
}

/// That an event has this side in a program; `enforces` where one of the programs enforces.
fn of_side(model: ModelId, side: &Side, enforces: bool) -> Formula<Claim<'static>> {
    let settled = |verdict, clause| Formula::Test(Claim::Settled(model, verdict, clause));
    Formula::All(match side.state {
        State::Enforced => vec![settled(Verdict::Enforced, side.clause)],
        State::Allowed if enforces => vec![settled(Verdict::Enforced, side.clause)],
        State::Reported if enforces => {
            vec![settled(Verdict::Reported, side.clause), settled(Verdict::Enforced, side.opened_by)]
        }
        State::Reported | State::Allowed => vec![settled(Verdict::Reported, side.clause)],
    })
}

/// That this happens to an event.
fn of_state(model: ModelId, state: State) -> Formula<Claim<'static>> {
    let denied = |verdict| Formula::Test(Claim::Denied(model, verdict));
    match state {
        State::Enforced => denied(Verdict::Enforced),
        State::Reported => Formula::All(vec![denied(Verdict::Enforced).negated(), denied(Verdict::Reported)]),
        State::Allowed => denied(Verdict::Reported).negated(),
    }
}

/// Events that are looked at together.
struct Part<'p> {
    region: Region,
    action: Action,
    /// What holds of them.
    parts: Vec<Formula<Claim<'static>>>,
    /// Clauses that do not apply to them.
    apart: &'p [(ModelId, ClauseRef)],
}

/// Most rules near a region by which its events are taken together.
const TOGETHER: usize = 48;

impl Compare<'_> {
    /// What both programs make of an event to which these clauses apply.
    fn sides(&self, old: &[ClauseRef], new: &[ClauseRef]) -> (Side, Side) {
        let (before, after) = (judge(self.old, old), judge(self.new, new));
        let enforces = before.state == State::Enforced || after.state == State::Enforced;
        let side = |model: &Model, judged: &Judged| {
            let nominal = match judged.state {
                State::Enforced => false,
                State::Reported => true,
                State::Allowed => !enforces,
            };
            let clause = if nominal { judged.nominal } else { judged.real };
            Side {
                state: judged.state,
                severity: clause.filter(|_| judged.state != State::Allowed).map(|c| severity(model, c)),
                clause,
                opened_by: judged.real.filter(|_| judged.state == State::Reported && enforces),
            }
        };
        (side(self.old, &before), side(self.new, &after))
    }

    /// Finds every group of events of a region whose verdict is another.
    ///
    /// Where many rules come near, it goes by rule: the events to which one applies are settled by what comes near that rule, and to
    /// the rest none of them applies. With `sharing`, events are left out that an earlier region has.
    pub(super) fn verdicts(&mut self, at: usize, action: Action, sharing: bool) {
        let region = self.regions[at];
        if self.engine.is_spent() {
            return self.open(&region, action, Open::Verdict);
        }
        let crowd = self.engine.crowd(action, &Formula::All(region.parts()), region.inside, TOGETHER);
        if crowd.is_empty() {
            return self.settled_together(&Part { region, action, parts: region.parts(), apart: &[] });
        }
        for (model, clause) in &crowd {
            let whole = |place: &usize| {
                let earlier = &self.regions[*place];
                *place < at && earlier.outside.is_none() && earlier.actions.contains(action)
            };
            if sharing && self.places.get(&(*model, *clause)).is_some_and(whole) {
                if !self.shared.contains(&(at, action)) {
                    self.shared.push((at, action));
                }
                continue;
            }
            let mut parts = region.parts();
            parts.push(Formula::Test(Claim::Applies(*model, *clause)));
            self.settled_together(&Part { region, action, parts, apart: &[] });
        }
        self.settled_together(&Part { region, action, parts: region.parts(), apart: &crowd });
    }

    /// Finds every group of events of a part of a region.
    fn settled_together(&mut self, part: &Part<'_>) {
        let action = part.action;
        for before in State::ALL {
            for after in State::ALL {
                let possible = self.can_be(OLD, action, before) && self.can_be(NEW, action, after);
                let severities = if before != after {
                    Some(Formula::Const(true))
                } else if before == State::Allowed {
                    None
                } else {
                    self.severity_differs(before)
                };
                if let (true, Some(differs)) = (possible, severities) {
                    self.groups(part, (before, after), differs);
                }
            }
        }
    }

    /// Whether something in the program can do this to events of the action.
    fn can_be(&self, model: ModelId, action: Action, state: State) -> bool {
        let prevents = match state {
            State::Allowed => return true,
            State::Reported => false,
            State::Enforced => true,
        };
        self.denying.contains(&(model, action, prevents))
    }

    /// That both programs deny with different severity; `None` where there is only one.
    fn severity_differs(&self, state: State) -> Option<Formula<Claim<'static>>> {
        let verdict = if state == State::Enforced { Verdict::Enforced } else { Verdict::Reported };
        let at_least = |model, severity| Formula::Test(Claim::DeniedAtLeast(model, verdict, severity));
        let mut ways = Vec::new();
        for severity in self.severities.iter().skip(1) {
            let (before, after) = (at_least(OLD, *severity), at_least(NEW, *severity));
            ways.push(Formula::All(vec![before.clone(), after.clone().negated()]));
            ways.push(Formula::All(vec![before.negated(), after]));
        }
        (!ways.is_empty()).then_some(Formula::Any(ways))
    }

    /// Asks for events that none of the part's groups has, until there is none.
    fn groups(&mut self, part: &Part<'_>, (before, after): (State, State), differs: Formula<Claim<'static>>) {
        let Part { region, action, parts, apart } = part;
        let mut wanted = parts.clone();
        wanted.extend([of_state(OLD, before), of_state(NEW, after), differs]);
        let enforces = before == State::Enforced || after == State::Enforced;
        let has_not = |old: &Side, new: &Side| {
            Formula::All(vec![of_side(OLD, old, enforces), of_side(NEW, new, enforces)]).negated()
        };
        let mut wanted = Formula::All(wanted);
        let mut seen: Vec<usize> = Vec::new();
        // Groups of other regions are not excluded from the start: few of them have anything to do with this one, and each makes the
        // question larger.
        loop {
            let here = [*action].into_iter().collect();
            let event = match self.engine.some_event_apart(here, &wanted, apart) {
                Answer::Found(event) => event,
                Answer::Empty => return,
                Answer::Budget => return self.open(region, *action, Open::Verdict),
            };
            // What is shown is what the reference evaluator decides.
            let applying = (self.engine.applying(OLD, &event), self.engine.applying(NEW, &event));
            let (old, new) = self.sides(&applying.0, &applying.1);
            if (old.state, new.state) != (before, after) {
                return self.open(region, *action, Open::Verdict);
            }
            self.settle(*action, &applying.0, &applying.1);
            let place = self.group(old, new, Example { action: *action, event });
            // An event of a group that is excluded would be given again and again.
            if seen.contains(&place) {
                return self.open(region, *action, Open::Verdict);
            }
            seen.push(place);
            if let Formula::All(parts) = &mut wanted {
                parts.push(has_not(&old, &new));
            }
        }
    }

    /// The group with these sides, with one more example.
    fn group(&mut self, old: Side, new: Side, example: Example) -> usize {
        let groups = &mut self.found.list;
        let place = *self.found.places.entry((old, new)).or_insert_with(|| {
            groups.push(Group {
                change: Change::Verdict { old, new },
                examples: Vec::new(),
                edits: Vec::new(),
                subjects: Vec::new(),
            });
            let applies = |model, clause: Option<ClauseRef>| {
                clause.map(|clause| Formula::Test(Claim::Applies(model, clause)))
            };
            let enforces = old.state == State::Enforced || new.state == State::Enforced;
            let sides = [
                of_side(OLD, &old, enforces),
                of_side(NEW, &new, enforces),
                of_state(OLD, old.state),
                of_state(NEW, new.state),
            ];
            let clauses = [applies(OLD, old.clause), applies(NEW, new.clause)];
            self.found.meant.push(clauses.into_iter().flatten().chain(sides).collect());
            groups.len() - 1
        });
        if groups[place].examples.iter().all(|e| e.action != example.action) {
            groups[place].examples.push(example);
        }
        place
    }
}
