//! Questions across axes: is there an event for which all these forms hold?
//!
//! A state is a box (for each axis the predicates that must hold there) and alternatives that are still open. An alternative of
//! which one part is left is decided; where several are left, the box's own witness is tried first, and only an alternative
//! that it fails is split. A contradiction names the forms it comes from, so a split that has no part in it is not
//! tried the other way round, and the names of the last contradiction are what proves that there is no such event.

use super::Answer;
use super::axis::{AncestorId, Axis, AxisId, Point, PredId};
use super::domain::{self, Domain, Values};
use super::outline::Told;
use super::space::{DomainId, Form, FormId, Space};
use crate::evaluate::Truth;
use crate::model::FactRef;
use rustc_hash::FxHashMap;
use std::rc::Rc;
use warmor_policy::event::{Event, Record, Source};
use warmor_policy::schema::{Action, FieldType};

/// Deepest splitting.
const MAX_DEPTH: usize = 400;
/// Where the numbers of splits begin among those of forms.
const SPLITS: u32 = 1 << 31;

/// What came of a question.
#[derive(Clone, Debug)]
pub(super) enum Found {
    /// A point on each axis that matters.
    Points(Rc<Solution>),
    /// There is none, because of the forms at these places of the question.
    None(Rc<[u32]>),
    /// The budget ran out.
    Budget,
}

/// A way to make all forms hold.
#[derive(Debug)]
pub(super) struct Solution {
    pub(super) points: Vec<(AxisId, Point)>,
    /// What must hold on each axis.
    pub(super) constraints: Vec<(AxisId, Vec<PredId>)>,
    /// What narrows the event's facts.
    pub(super) shape: Vec<(FactRef, Domain)>,
}

/// What can be read of the events in question.
#[derive(Clone, Copy)]
pub(super) struct Readable {
    /// Whether facts can be unknown that are not named here.
    pub(super) unknown: bool,
    /// Facts that are unknown.
    pub(super) hidden: Told,
    /// Facts that are not.
    pub(super) plain: Told,
}

impl Readable {
    /// Nothing in particular is unknown: anything may be, or nothing.
    pub(super) fn any(unknown: bool) -> Self {
        Self { unknown, hidden: Told::NONE, plain: Told::NONE }
    }

    /// Adds to what narrows the facts of an action's events; whether there are such events.
    fn narrow(self, action: Action, shape: &mut Vec<(FactRef, Domain)>) -> bool {
        let domain = |fact: &FactRef, shape: &[(FactRef, Domain)]| {
            let narrowed = shape.iter().rev().find(|(f, _)| f == fact).map(|(_, d)| d.clone());
            narrowed.unwrap_or_else(|| domain::domain(action, fact))
        };
        for fact in self.plain.facts() {
            let known = Domain { unknown: false, ..domain(&fact, shape) };
            shape.push((fact, known));
        }
        self.hidden.facts().all(|fact| {
            let possible = domain(&fact, shape).unknown;
            shape.push((fact, Domain::UNKNOWN));
            possible
        })
    }
}

/// Which values the axes have in one question.
struct Surroundings {
    /// `None` for the record of an ancestor.
    action: Option<Action>,
    shape: Vec<(FactRef, Domain)>,
    /// Whether facts can be unknown.
    unknown: bool,
    domains: FxHashMap<AxisId, DomainId>,
    splits: u32,
}

/// Which forms something follows from, in order.
type Because = Rc<[u32]>;

fn both(a: &Because, b: &Because) -> Because {
    if a.is_empty() || Rc::ptr_eq(a, b) {
        return b.clone();
    }
    if b.is_empty() {
        return a.clone();
    }
    let mut all: Vec<u32> = a.iter().chain(b.iter()).copied().collect();
    all.sort_unstable();
    all.dedup();
    all.into()
}

#[derive(Clone)]
struct Side {
    axis: AxisId,
    preds: Vec<PredId>,
    because: Vec<Because>,
    changed: u32,
    /// Where all of the predicates hold, if that was asked.
    point: Option<Rc<Point>>,
}

impl Side {
    fn new(axis: AxisId) -> Self {
        Self { axis, preds: Vec::new(), because: Vec::new(), changed: 0, point: None }
    }
}

/// An alternative that is not decided.
#[derive(Clone)]
struct Open {
    parts: Rc<[FormId]>,
    because: Because,
    /// When it was looked at last.
    seen: u32,
}

#[derive(Clone, Default)]
struct State {
    sides: Vec<Side>,
    open: Vec<Open>,
    clock: u32,
    /// Whether some axis could not be decided.
    vague: bool,
}

enum Outcome {
    Points(State, Vec<(AxisId, Point)>),
    Conflict(Because),
    Budget,
}

/// What is known of a part of an alternative.
enum Standing {
    Holds,
    Fails(Because),
    Open,
}

impl Space<'_> {
    /// Whether there is an event of the action for which all the forms hold.
    pub(super) fn ask(&mut self, action: Action, forms: &[FormId], readable: Readable) -> Found {
        let mut core: Because = Rc::new([]);
        let mut budget = false;
        let mut shapes = domain::shapes(action);
        shapes.retain_mut(|shape| readable.narrow(action, shape));
        for shape in self.map_shapes(forms, shapes, readable.unknown) {
            match self.ask_shape(Some(action), forms, readable.unknown, shape) {
                Found::None(because) => core = both(&core, &because),
                Found::Budget => budget = true,
                found @ Found::Points(_) => return found,
            }
        }
        if budget { Found::Budget } else { Found::None(core) }
    }

    /// A map is there, is not, or is unknown, for all its entries alike: a shape for each where a question is about several.
    fn map_shapes(
        &mut self,
        forms: &[FormId],
        mut shapes: Vec<Vec<(FactRef, Domain)>>,
        unknown: bool,
    ) -> Vec<Vec<(FactRef, Domain)>> {
        let mut entries: Vec<FactRef> = Vec::new();
        for axis in self.axes_of(forms) {
            if let Axis::Fact(fact) = &self.axes[axis.0 as usize]
                && fact.field().kind == FieldType::Map
            {
                entries.push(fact.clone());
            }
        }
        entries.sort_unstable();
        let mut maps: Vec<((Source, usize), Vec<FactRef>)> = Vec::new();
        for fact in entries {
            let map = (fact.source, fact.slot);
            match maps.iter_mut().find(|(m, _)| *m == map) {
                Some((_, facts)) => facts.push(fact),
                None => maps.push((map, vec![fact])),
            }
        }
        for (_, facts) in maps.into_iter().filter(|(_, facts)| facts.len() > 1) {
            let whole = |d: &Domain| facts.iter().map(|f| (f.clone(), d.clone())).collect::<Vec<_>>();
            let there = facts.iter().map(|f| match &f.key {
                None => (f.clone(), Domain { absent: false, unknown: false, values: Values::Map }),
                Some(_) => {
                    let values = Values::Text(super::text::TextKind::Text);
                    (f.clone(), Domain { absent: true, unknown: false, values })
                }
            });
            let mut cases = vec![there.collect::<Vec<_>>(), whole(&Domain::ABSENT)];
            if unknown {
                cases.push(whole(&Domain::UNKNOWN));
            }
            let with = |shape: &Vec<(FactRef, Domain)>, case: &Vec<(FactRef, Domain)>| {
                shape.iter().chain(case).cloned().collect::<Vec<_>>()
            };
            shapes = shapes.iter().flat_map(|s| cases.iter().map(move |c| with(s, c))).collect();
        }
        shapes
    }

    fn axes_of(&mut self, forms: &[FormId]) -> Vec<AxisId> {
        let mut axes: Vec<AxisId> = Vec::new();
        for form in forms {
            axes.extend(self.mentioned(*form).iter());
        }
        axes.sort_unstable();
        axes.dedup();
        axes
    }

    fn ask_shape(
        &mut self,
        action: Option<Action>,
        forms: &[FormId],
        unknown: bool,
        shape: Vec<(FactRef, Domain)>,
    ) -> Found {
        let axes = self.axes_of(forms);
        let mut around = Surroundings { action, shape, unknown, domains: FxHashMap::default(), splits: 0 };
        let domains: Box<[DomainId]> = axes.iter().map(|a| self.domain_of(*a, &mut around)).collect();
        let key = (forms.into(), domains);
        match self.answers.get(&key) {
            // It may have been asked of events of another shape; what it says of the axes holds of these as well.
            Some(Found::Points(known)) if known.shape != around.shape => {
                let Solution { points, constraints, .. } = &**known;
                let (points, constraints) = (points.clone(), constraints.clone());
                return Found::Points(Rc::new(Solution { points, constraints, shape: around.shape }));
            }
            Some(known) => return known.clone(),
            None => {}
        }
        let mut state = State::default();
        let mut contradiction = None;
        for (i, form) in forms.iter().enumerate() {
            let because: Because = Rc::new([i as u32]);
            if let Err(conflict) = self.assert(&mut state, *form, &because, &mut around) {
                contradiction = Some(conflict);
                break;
            }
        }
        let outcome = match contradiction {
            Some(because) => Outcome::Conflict(because),
            None => self.solve(state, &mut around, 0),
        };
        let found = match outcome {
            Outcome::Conflict(because) => Found::None(because),
            Outcome::Budget => Found::Budget,
            Outcome::Points(state, points) => Found::Points(Rc::new(Solution {
                points,
                constraints: state.sides.into_iter().map(|s| (s.axis, s.preds)).collect(),
                shape: around.shape,
            })),
        };
        if !matches!(found, Found::Budget) {
            self.answers.insert(key, found.clone());
        }
        found
    }

    fn domain_of(&mut self, axis: AxisId, around: &mut Surroundings) -> DomainId {
        if let Some(known) = around.domains.get(&axis) {
            return *known;
        }
        let mut domain = match &self.axes[axis.0 as usize] {
            Axis::Fact(fact) => {
                let narrowed = around.shape.iter().rev().find(|(f, _)| f == fact).map(|(_, d)| d.clone());
                // The record of an ancestor has the facts of any process; every action's events have those.
                narrowed.unwrap_or_else(|| domain::domain(around.action.unwrap_or(Action::Exec), fact))
            }
            _ => Domain { absent: true, unknown: true, values: Values::None },
        };
        domain.unknown &= around.unknown;
        let id = self.domain_id(domain);
        around.domains.insert(axis, id);
        id
    }

    /// The record of a process for which a condition on ancestors has this truth, and the others have at most theirs.
    pub(super) fn ancestor(
        &mut self,
        cond: AncestorId,
        truth: Truth,
        others: &[(AncestorId, Truth)],
        unknown: bool,
    ) -> Answer<Record> {
        let (holds, possible) = self.ancestor_forms(cond);
        let mut forms = vec![holds];
        if truth == Truth::Unknown {
            forms = vec![possible, self.not(holds)];
        }
        for (other, truth) in others {
            let (holds, possible) = self.ancestor_forms(*other);
            let form = match truth {
                Truth::True => continue,
                Truth::False => possible,
                Truth::Unknown => holds,
            };
            forms.push(self.not(form));
        }
        for shape in self.map_shapes(&forms, vec![Vec::new()], unknown) {
            match self.ask_shape(None, &forms, unknown, shape) {
                Found::None(_) => {}
                Found::Budget => return Answer::Budget,
                Found::Points(solution) => {
                    let mut event = Event::new(Action::Exec);
                    for (axis, point) in self.in_order(&solution.points) {
                        super::axis::place(&mut event, &self.axes[axis.0 as usize], point.clone());
                    }
                    return Answer::Found(event.process);
                }
            }
        }
        Answer::Empty
    }

    /// Adds what must hold. What it contradicts comes back as the reasons.
    fn assert(
        &mut self,
        state: &mut State,
        form: FormId,
        because: &Because,
        around: &mut Surroundings,
    ) -> Result<(), Because> {
        match self.form(form).clone() {
            Form::Const(true) => Ok(()),
            Form::Const(false) => Err(because.clone()),
            Form::All(parts) => parts.iter().try_for_each(|part| self.assert(state, *part, because, around)),
            Form::Any(parts) => {
                state.open.push(Open { parts, because: because.clone(), seen: 0 });
                Ok(())
            }
            Form::On(axis, pred) => {
                let at = state.sides.iter().position(|s| s.axis == axis).unwrap_or_else(|| {
                    state.sides.push(Side::new(axis));
                    state.sides.len() - 1
                });
                let side = &mut state.sides[at];
                let Err(place) = side.preds.binary_search(&pred) else { return Ok(()) };
                side.preds.insert(place, pred);
                side.because.insert(place, because.clone());
                state.clock += 1;
                side.changed = state.clock;
                // Where the point stays, there is nothing to ask.
                let point = side.point.take();
                if point.as_ref().is_some_and(|p| self.pred_at(pred, p) == Some(true)) {
                    state.sides[at].point = point;
                    return Ok(());
                }
                let domain = self.domain_of(axis, around);
                match self.value(axis, domain, &state.sides[at].preds) {
                    Answer::Found(point) => state.sides[at].point = Some(Rc::new(point)),
                    Answer::Budget => state.vague = true,
                    Answer::Empty => return Err(self.blame(&state.sides[at], domain, pred)),
                }
                Ok(())
            }
        }
    }

    /// The reasons of an irreducible part of contradicting predicates, of which one is needed: the rest do not contradict each other.
    fn blame(&mut self, side: &Side, domain: DomainId, needed: PredId) -> Because {
        let mut others: Vec<PredId> = side.preds.iter().copied().filter(|p| *p != needed).collect();
        others.sort_by_key(|p| std::cmp::Reverse((self.pred_content(*p), *p)));
        let mut core = vec![needed];
        if !self.contradict(side.axis, domain, &core) {
            core.extend(self.core(side.axis, domain, &mut vec![needed], false, &others));
        }
        let mut because: Because = Rc::new([]);
        for pred in core {
            if let Ok(i) = side.preds.binary_search(&pred) {
                because = both(&because, &side.because[i]);
            }
        }
        because
    }

    /// An irreducible part of the predicates that contradicts the fixed ones, as all of them together do; the first ones are preferred
    /// (Junker, `QuickXplain`, 2004). `more` says that the fixed ones are more than before, and may be enough.
    fn core(
        &mut self,
        axis: AxisId,
        domain: DomainId,
        fixed: &mut Vec<PredId>,
        more: bool,
        preds: &[PredId],
    ) -> Vec<PredId> {
        if preds.is_empty() || (more && self.contradict(axis, domain, fixed)) {
            return Vec::new();
        }
        if let [one] = preds {
            return vec![*one];
        }
        let (first, second) = preds.split_at(preds.len().div_ceil(2));
        let length = fixed.len();
        fixed.extend(first);
        let mut core = self.core(axis, domain, fixed, true, second);
        fixed.truncate(length);
        fixed.extend(&core);
        let others = self.core(axis, domain, fixed, !core.is_empty(), first);
        fixed.truncate(length);
        core.extend(others);
        core
    }

    fn contradict(&mut self, axis: AxisId, domain: DomainId, preds: &[PredId]) -> bool {
        let mut preds = preds.to_vec();
        preds.sort_unstable();
        self.value(axis, domain, &preds) == Answer::Empty
    }

    /// What the box says of a part of an alternative.
    fn standing(&mut self, state: &State, part: FormId, around: &mut Surroundings) -> Standing {
        match self.form(part).clone() {
            Form::Const(true) => Standing::Holds,
            Form::Const(false) => Standing::Fails(Rc::new([])),
            Form::Any(_) => Standing::Open,
            Form::All(parts) => {
                let mut all = true;
                for part in parts.iter() {
                    match self.standing(state, *part, around) {
                        Standing::Holds => {}
                        Standing::Fails(because) => return Standing::Fails(because),
                        Standing::Open => all = false,
                    }
                }
                if all { Standing::Holds } else { Standing::Open }
            }
            Form::On(axis, pred) => {
                let empty = Side::new(axis);
                let side = state.sides.iter().find(|s| s.axis == axis).unwrap_or(&empty);
                let here = side.point.as_ref().and_then(|p| self.pred_at(pred, p));
                let domain = self.domain_of(axis, around);
                let with = |pred: PredId| {
                    let mut side = side.clone();
                    if let Err(place) = side.preds.binary_search(&pred) {
                        side.preds.insert(place, pred);
                        side.because.insert(place, Rc::new([]));
                    }
                    side
                };
                if here != Some(true) {
                    let yes = with(pred);
                    if self.value(axis, domain, &yes.preds) == Answer::Empty {
                        return Standing::Fails(self.blame(&yes, domain, pred));
                    }
                }
                let holds = here != Some(false)
                    && self.value(axis, domain, &with(pred.negated()).preds) == Answer::Empty;
                if holds { Standing::Holds } else { Standing::Open }
            }
        }
    }

    /// Decides what can be decided without splitting.
    fn propagate(&mut self, state: &mut State, around: &mut Surroundings) -> Result<(), Because> {
        let mut at = 0;
        let mut quiet = 0;
        while quiet < state.open.len() {
            if at >= state.open.len() {
                at = 0;
            }
            let open = state.open[at].clone();
            let touched = |axis: &AxisId| {
                state.sides.iter().any(|s| s.axis == *axis && s.changed > open.seen.wrapping_sub(1))
            };
            let news = open.seen == 0 || open.parts.iter().any(|p| self.mentioned(*p).iter().any(touched));
            if !news {
                at += 1;
                quiet += 1;
                continue;
            }
            let mut live = Vec::new();
            let mut because = open.because.clone();
            let mut holds = false;
            for part in open.parts.iter() {
                match self.standing(state, *part, around) {
                    Standing::Holds => {
                        holds = true;
                        break;
                    }
                    Standing::Fails(reasons) => because = both(&because, &reasons),
                    Standing::Open => live.push(*part),
                }
            }
            if holds {
                state.open.swap_remove(at);
                continue;
            }
            match live.as_slice() {
                [] => return Err(because),
                [one] => {
                    state.open.swap_remove(at);
                    self.assert(state, *one, &because, around)?;
                    quiet = 0;
                }
                _ => {
                    let fewer = live.len() < open.parts.len();
                    let slot = &mut state.open[at];
                    slot.seen = state.clock + 1;
                    if fewer {
                        slot.parts = live.into();
                        slot.because = because;
                    }
                    at += 1;
                    quiet += 1;
                }
            }
        }
        Ok(())
    }

    fn solve(&mut self, mut state: State, around: &mut Surroundings, depth: usize) -> Outcome {
        if depth > MAX_DEPTH || !self.may_go_on() {
            return Outcome::Budget;
        }
        self.fuel -= 1;
        if let Err(because) = self.propagate(&mut state, around) {
            return Outcome::Conflict(because);
        }
        let Some(points) = self.guess(&state, around) else { return Outcome::Budget };
        let mut worst: Option<usize> = None;
        for (i, open) in state.open.iter().enumerate() {
            if open.parts.iter().any(|p| self.holds_at(*p, &points) == Some(true)) {
                continue;
            }
            if worst.is_none_or(|w: usize| state.open[w].parts.len() > open.parts.len()) {
                worst = Some(i);
            }
        }
        let Some(split) = worst else {
            return if state.vague { Outcome::Budget } else { Outcome::Points(state, points) };
        };
        let open = state.open.swap_remove(split);
        let mut because = open.because.clone();
        let mut budget = false;
        for (i, part) in open.parts.iter().enumerate() {
            let mark = SPLITS + around.splits;
            around.splits += 1;
            let reason: Because = Rc::new([mark]);
            let mut branch = state.clone();
            let mut added = self.assert(&mut branch, *part, &reason, around);
            // The branches share nothing: what the ones before covered is not looked at again.
            for before in &open.parts[..i] {
                if added.is_ok() && matches!(self.form(*before), Form::On(..)) {
                    let not = self.not(*before);
                    added = self.assert(&mut branch, not, &reason, around);
                }
            }
            let outcome = match added {
                Err(because) => Outcome::Conflict(because),
                Ok(()) => self.solve(branch, around, depth + 1),
            };
            match outcome {
                Outcome::Conflict(reasons) if reasons.binary_search(&mark).is_err() => {
                    return Outcome::Conflict(reasons);
                }
                Outcome::Conflict(reasons) => {
                    let others: Because = reasons.iter().copied().filter(|r| *r != mark).collect();
                    because = both(&because, &others);
                }
                Outcome::Budget => budget = true,
                points @ Outcome::Points(..) => return points,
            }
        }
        if budget { Outcome::Budget } else { Outcome::Conflict(because) }
    }

    /// A point on each axis that the box or an open alternative speaks of.
    fn guess(&mut self, state: &State, around: &mut Surroundings) -> Option<Vec<(AxisId, Point)>> {
        let mut axes: Vec<AxisId> = state.sides.iter().map(|s| s.axis).collect();
        for open in &state.open {
            for part in open.parts.iter() {
                axes.extend(self.mentioned(*part).iter());
            }
        }
        axes.sort_unstable();
        axes.dedup();
        let mut points = Vec::with_capacity(axes.len());
        for axis in axes {
            let side = state.sides.iter().find(|s| s.axis == axis);
            let preds = side.map_or(&[][..], |s| s.preds.as_slice());
            let domain = self.domain_of(axis, around);
            match self.value(axis, domain, preds) {
                Answer::Found(point) => points.push((axis, point)),
                Answer::Budget => return None,
                Answer::Empty => {}
            }
        }
        Some(points)
    }

    /// Whether a form holds at the points, as far as they tell.
    fn holds_at(&mut self, form: FormId, points: &[(AxisId, Point)]) -> Option<bool> {
        match self.form(form).clone() {
            Form::Const(b) => Some(b),
            Form::On(axis, pred) => {
                let at = points.binary_search_by_key(&axis, |(a, _)| *a).ok()?;
                self.pred_at(pred, &points[at].1)
            }
            Form::All(parts) => {
                let mut all = Some(true);
                for part in parts.iter() {
                    match self.holds_at(*part, points) {
                        Some(true) => {}
                        Some(false) => return Some(false),
                        None => all = None,
                    }
                }
                all
            }
            Form::Any(parts) => {
                let mut any = Some(false);
                for part in parts.iter() {
                    match self.holds_at(*part, points) {
                        Some(false) => {}
                        Some(true) => return Some(true),
                        None => any = None,
                    }
                }
                any
            }
        }
    }
}
