//! What the questions of one engine share: axes, literals, predicates and forms, each held once under a number, and the answers
//! about axes that were found already.

use super::Answer;
use super::axis::{AncestorId, Axis, AxisId, Literal, LiteralId, Point, PredId, Test};
use super::content::{content, formula_content};
use super::domain::Domain;
use super::former::Reading;
use super::formula::Formula;
use super::outline::{Outline, Told};
use super::search::Found;
use super::text::{TextId, TextKind, Texts};
use crate::evaluate::Truth;
use crate::model::{FactRef, Model, SubjectId};
use rustc_hash::FxHashMap;
use std::ops::{Deref, DerefMut};
use std::rc::Rc;

/// A two-valued condition on an event.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Form {
    Const(bool),
    /// The predicate holds on the axis.
    On(AxisId, PredId),
    All(Rc<[FormId]>),
    Any(Rc<[FormId]>),
}

/// A form, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct FormId(pub(super) u32);

impl FormId {
    pub(super) const NEVER: Self = Self(0);
    pub(super) const ALWAYS: Self = Self(1);
}

/// A domain, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct DomainId(pub(super) u32);

/// Forms that are to hold, with the domains of the axes that they mention.
type Question = (Box<[FormId]>, Box<[DomainId]>);
/// A question about an axis.
type Asked = (AxisId, DomainId, Box<[PredId]>);

/// What is asked now, and all that is known.
pub(super) struct Space<'m> {
    pub(super) models: Vec<&'m Model>,
    /// Subjects that were read already, each with its sign and how.
    pub(super) members: FxHashMap<(SubjectId, bool, Reading), FormId>,
    /// Steps that may still be made.
    pub(super) fuel: u64,
    /// Says that the answer is no longer wanted.
    pub(super) cancelled: Option<&'m dyn Fn() -> bool>,
    /// Whether it said so.
    pub(super) stopped: bool,
    memory: Memory,
}

/// What hangs on no model: everything here is about what conditions say.
#[derive(Default)]
pub(super) struct Memory {
    pub(super) texts: Texts,
    pub(super) axes: Vec<Axis>,
    axis_ids: FxHashMap<Axis, AxisId>,
    literals: Vec<Literal>,
    literal_contents: Vec<u64>,
    literal_ids: FxHashMap<Literal, LiteralId>,
    preds: Vec<Formula<LiteralId>>,
    pred_contents: Vec<u64>,
    pred_ids: FxHashMap<(AxisId, Formula<LiteralId>), PredId>,
    forms: Vec<Form>,
    form_contents: Vec<u64>,
    form_ids: FxHashMap<Form, FormId>,
    opposites: FxHashMap<FormId, FormId>,
    mentioned: FxHashMap<FormId, Rc<[AxisId]>>,
    /// What forms come to where some facts are unknown.
    unread: FxHashMap<(FormId, Told), FormId>,
    pub(super) outlines: FxHashMap<FormId, Rc<Outline>>,
    domains: Vec<Domain>,
    domain_ids: FxHashMap<Domain, DomainId>,
    points: FxHashMap<Asked, Answer<Point>>,
    /// Questions with the domains of the axes that they mention, in order.
    pub(super) answers: FxHashMap<Question, Found>,
    /// Conditions on ancestors: that one is true of a record, and that it is not false.
    ancestors: Vec<(FormId, FormId)>,
    ancestor_ids: FxHashMap<(FormId, FormId), AncestorId>,
}

impl Deref for Space<'_> {
    type Target = Memory;

    fn deref(&self) -> &Memory {
        &self.memory
    }
}

impl DerefMut for Space<'_> {
    fn deref_mut(&mut self) -> &mut Memory {
        &mut self.memory
    }
}

impl Default for Space<'_> {
    fn default() -> Self {
        Self {
            models: Vec::new(),
            members: FxHashMap::default(),
            fuel: 0,
            cancelled: None,
            stopped: false,
            memory: Memory {
                forms: vec![Form::Const(false), Form::Const(true)],
                form_contents: vec![0, 1],
                ..Memory::default()
            },
        }
    }
}

impl Space<'_> {
    /// The same for other models: what was found out about conditions is kept.
    pub(super) fn about(self, models: Vec<&Model>, fuel: u64) -> Space<'_> {
        let Self { memory, .. } = self;
        Space { models, fuel, memory, ..Space::default() }
    }

    /// How much is kept.
    pub(super) fn size(&self) -> usize {
        self.forms.len() + self.points.len() + self.answers.len()
    }

    /// Whether to go on: there is fuel, and nobody asked to stop.
    pub(super) fn may_go_on(&mut self) -> bool {
        self.stopped = self.stopped || self.cancelled.is_some_and(|cancelled| cancelled());
        self.fuel > 0 && !self.stopped
    }

    pub(super) fn axis(&mut self, axis: Axis) -> AxisId {
        if let Some(known) = self.axis_ids.get(&axis) {
            return *known;
        }
        let id = AxisId(self.axes.len() as u32);
        self.axes.push(axis.clone());
        self.axis_ids.insert(axis, id);
        id
    }

    pub(super) fn literal_id(&mut self, literal: Literal) -> LiteralId {
        if let Some(known) = self.literal_ids.get(&literal) {
            return *known;
        }
        let id = LiteralId(self.literals.len() as u32);
        let content = self.literal_content(&literal);
        self.literal_contents.push(content);
        self.literals.push(literal.clone());
        self.literal_ids.insert(literal, id);
        id
    }

    pub(super) fn literal(&self, id: LiteralId) -> &Literal {
        &self.literals[id.0 as usize]
    }

    /// The form that one predicate on one axis is.
    pub(super) fn on(&mut self, axis: AxisId, formula: Formula<LiteralId>) -> FormId {
        let (formula, sign) = match formula {
            Formula::Const(false) => return FormId::NEVER,
            Formula::Const(true) => return FormId::ALWAYS,
            Formula::Not(inner) => (*inner, 1),
            other => (other, 0),
        };
        let key = (axis, formula);
        let pred = if let Some(known) = self.pred_ids.get(&key) {
            *known
        } else {
            let id = PredId(2 * self.preds.len() as u32);
            let of = |l: &LiteralId| self.literal_contents[l.0 as usize];
            let content = formula_content(&key.1, &of);
            self.pred_contents.push(content);
            self.preds.push(key.1.clone());
            self.pred_ids.insert(key, id);
            id
        };
        self.intern(Form::On(axis, PredId(pred.0 ^ sign)))
    }

    /// A predicate as a formula.
    pub(super) fn pred(&self, id: PredId) -> Formula<LiteralId> {
        let formula = self.preds[(id.0 >> 1) as usize].clone();
        if id.0 & 1 == 1 { formula.negated() } else { formula }
    }

    pub(super) fn form(&self, id: FormId) -> &Form {
        &self.forms[id.0 as usize]
    }

    fn intern(&mut self, form: Form) -> FormId {
        if let Some(known) = self.form_ids.get(&form) {
            return *known;
        }
        let id = FormId(self.forms.len() as u32);
        let content = self.form_content(&form);
        self.form_contents.push(content);
        self.forms.push(form.clone());
        self.form_ids.insert(form, id);
        id
    }

    /// What a literal says, as a number.
    fn literal_content(&self, literal: &Literal) -> u64 {
        let text = |t: &TextId| self.texts.content(*t);
        let test = match &literal.test {
            Test::Text(id) => content(&(0, text(id))),
            Test::Some(element) => content(&(1, formula_content(element, &text))),
            Test::Every(element) => content(&(2, formula_content(element, &text))),
            Test::Ancestor(id) => content(&(3, self.ancestor_content(*id))),
            plain => content(&(4, plain)),
        };
        content(&(test, literal.negated, literal.unknown))
    }

    /// What a predicate says, as a number; the opposite has the same one.
    pub(super) fn pred_content(&self, id: PredId) -> u64 {
        self.pred_contents[(id.0 >> 1) as usize]
    }

    fn form_content(&self, form: &Form) -> u64 {
        let of = |parts: &[FormId]| -> Vec<u64> {
            parts.iter().map(|p| self.form_contents[p.0 as usize]).collect()
        };
        match form {
            Form::Const(b) => u64::from(*b),
            Form::On(axis, pred) => {
                content(&(0, &self.axes[axis.0 as usize], self.pred_content(*pred), pred.0 & 1))
            }
            Form::All(parts) => content(&(1, of(parts))),
            Form::Any(parts) => content(&(2, of(parts))),
        }
    }

    /// The number of a condition on ancestors, of whose record these say that it is true and that it is not false.
    pub(super) fn ancestor_id(&mut self, holds: FormId, possible: FormId) -> AncestorId {
        let next = AncestorId(self.ancestors.len() as u32);
        let id = *self.ancestor_ids.entry((holds, possible)).or_insert(next);
        if id == next {
            self.ancestors.push((holds, possible));
        }
        id
    }

    /// That a condition is true of an ancestor, and that it is not false.
    pub(super) fn ancestor_forms(&self, id: AncestorId) -> (FormId, FormId) {
        self.ancestors[id.0 as usize]
    }

    /// What a condition on ancestors says, as a number.
    pub(super) fn ancestor_content(&self, id: AncestorId) -> u64 {
        let (holds, possible) = self.ancestor_forms(id);
        content(&(self.form_contents[holds.0 as usize], self.form_contents[possible.0 as usize]))
    }

    /// Points by what their axes are.
    pub(super) fn in_order<'p>(&self, points: &'p [(AxisId, Point)]) -> Vec<&'p (AxisId, Point)> {
        let mut points: Vec<&(AxisId, Point)> = points.iter().collect();
        points.sort_by_key(|(axis, _)| &self.axes[axis.0 as usize]);
        points
    }

    /// All of the forms, or one of them. What they say of one axis becomes one predicate.
    pub(super) fn join(&mut self, parts: impl IntoIterator<Item = FormId>, all: bool) -> FormId {
        let mut on: Vec<(AxisId, Vec<PredId>)> = Vec::new();
        let mut rest: Vec<FormId> = Vec::new();
        let mut queue: Vec<FormId> = parts.into_iter().collect();
        queue.reverse();
        while let Some(part) = queue.pop() {
            self.fuel = self.fuel.saturating_sub(1);
            match self.form(part).clone() {
                Form::Const(b) if b == all => {}
                Form::Const(_) => return part,
                Form::All(inner) if all => queue.extend(inner.iter().rev()),
                Form::Any(inner) if !all => queue.extend(inner.iter().rev()),
                Form::On(axis, pred) => match on.iter_mut().find(|(a, _)| *a == axis) {
                    Some((_, preds)) => preds.push(pred),
                    None => on.push((axis, vec![pred])),
                },
                _ => rest.push(part),
            }
        }
        let mut parts: Vec<FormId> = Vec::new();
        for (axis, mut preds) in on {
            preds.sort_by_key(|p| (self.pred_content(*p), *p));
            preds.dedup();
            if preds.windows(2).any(|p| p[0].negated() == p[1]) {
                return if all { FormId::NEVER } else { FormId::ALWAYS };
            }
            if let [one] = preds.as_slice() {
                parts.push(self.intern(Form::On(axis, *one)));
                continue;
            }
            let formulas = preds.iter().map(|p| self.pred(*p)).collect();
            let formula = if all { Formula::All(formulas) } else { Formula::Any(formulas) };
            parts.push(self.on(axis, formula));
        }
        parts.extend(rest);
        parts.sort_by_key(|part| (self.form_contents[part.0 as usize], *part));
        parts.dedup();
        match parts.as_slice() {
            [] if all => FormId::ALWAYS,
            [] => FormId::NEVER,
            [one] => *one,
            _ if all => self.intern(Form::All(parts.into())),
            _ => self.intern(Form::Any(parts.into())),
        }
    }

    /// The opposite of a form.
    pub(super) fn not(&mut self, form: FormId) -> FormId {
        if let Some(known) = self.opposites.get(&form) {
            return *known;
        }
        let opposite = match self.form(form).clone() {
            Form::Const(false) => FormId::ALWAYS,
            Form::Const(true) => FormId::NEVER,
            Form::On(axis, pred) => self.intern(Form::On(axis, pred.negated())),
            Form::All(parts) => {
                let parts: Vec<FormId> = parts.iter().map(|p| self.not(*p)).collect();
                self.join(parts, false)
            }
            Form::Any(parts) => {
                let parts: Vec<FormId> = parts.iter().map(|p| self.not(*p)).collect();
                self.join(parts, true)
            }
        };
        self.opposites.insert(form, opposite);
        opposite
    }

    /// What a form comes to where these facts are unknown. A comparison with one is unknown, or false if the other fact is absent.
    pub(super) fn unread(&mut self, form: FormId, facts: Told) -> FormId {
        if facts == Told::NONE {
            return form;
        }
        if let Some(known) = self.unread.get(&(form, facts)) {
            return *known;
        }
        let left = match self.form(form).clone() {
            Form::Const(_) => form,
            Form::On(axis, pred) => {
                let unread = |fact: &FactRef| facts.facts().any(|f| f == *fact);
                let formula = self.pred(pred);
                let holds = match &self.axes[axis.0 as usize] {
                    Axis::Fact(fact) if unread(fact) => {
                        Some(formula.holds(&mut |l| self.literal(*l).unknown))
                    }
                    Axis::Relation(relation) if unread(&relation.left) || unread(&relation.right) => {
                        let of = |truth| formula.holds(&mut |l| self.literal(*l).holds_of(truth));
                        let (no, unknown) = (of(Truth::False), of(Truth::Unknown));
                        (no == unknown).then_some(no)
                    }
                    _ => None,
                };
                match holds {
                    Some(true) => FormId::ALWAYS,
                    Some(false) => FormId::NEVER,
                    None => form,
                }
            }
            Form::All(ref parts) | Form::Any(ref parts) => {
                let all = matches!(self.form(form), Form::All(_));
                let left: Vec<FormId> = parts.iter().map(|p| self.unread(*p, facts)).collect();
                if left[..] == parts[..] { form } else { self.join(left, all) }
            }
        };
        self.unread.insert((form, facts), left);
        left
    }

    /// The axes that a form mentions, in order.
    pub(super) fn mentioned(&mut self, form: FormId) -> Rc<[AxisId]> {
        if let Some(known) = self.mentioned.get(&form) {
            return known.clone();
        }
        let axes: Rc<[AxisId]> = match self.form(form).clone() {
            Form::Const(_) => Rc::new([]),
            Form::On(axis, _) => Rc::new([axis]),
            Form::All(parts) | Form::Any(parts) => {
                let mut all: Vec<AxisId> = Vec::new();
                for part in parts.iter() {
                    all.extend(self.mentioned(*part).iter());
                }
                all.sort_unstable();
                all.dedup();
                all.into()
            }
        };
        self.mentioned.insert(form, axes.clone());
        axes
    }

    pub(super) fn domain_id(&mut self, domain: Domain) -> DomainId {
        if let Some(known) = self.domain_ids.get(&domain) {
            return *known;
        }
        let id = DomainId(self.domains.len() as u32);
        self.domains.push(domain.clone());
        self.domain_ids.insert(domain, id);
        id
    }

    pub(super) fn domain(&self, id: DomainId) -> &Domain {
        &self.domains[id.0 as usize]
    }

    /// A value on an axis; asked once. The predicates are sorted.
    pub(super) fn value(&mut self, axis: AxisId, domain: DomainId, preds: &[PredId]) -> Answer<Point> {
        let key = (axis, domain, preds.into());
        self.fuel = self.fuel.saturating_sub(1 + preds.len() as u64 / 8);
        if let Some(known) = self.points.get(&key) {
            return known.clone();
        }
        let wanted = self.domain(domain).clone();
        let rich = self.fuel >= MAX_WALK;
        let answer = self.point(axis, &wanted, preds);
        // With more fuel the answer may be another.
        if answer != Answer::Budget || (rich && !self.stopped) {
            self.points.insert(key, answer.clone());
        }
        answer
    }

    /// A text for which the formula holds, within what one question may cost.
    pub(super) fn text(&mut self, kind: TextKind, formula: &Formula<TextId>) -> Answer<Vec<u8>> {
        if !self.may_go_on() {
            return Answer::Budget;
        }
        let share = self.fuel.min(MAX_WALK);
        let mut left = share;
        let answer = self.memory.texts.witness(kind, formula, &mut left);
        self.fuel -= share - left;
        answer
    }
}

/// Most states, times tests, of one walk over texts.
const MAX_WALK: u64 = 200_000;
