//! From a solution to an event: what the question left open gets an ordinary value, and facts that are compared with each other
//! get values that compare as they should. The reference evaluator has the last word.

use super::axis::{Axis, AxisId, CompareBy, Point, PredId, Relation, place};
use super::domain::{self, Domain, Values};
use super::engine::Engine;
use super::search::Solution;
use crate::evaluate::Truth;
use crate::model::FactRef;
use warmor_policy::event::{Address, Event, Fact, Source, Value};
use warmor_policy::schema::{Action, FieldType, event_fields, slot};

/// Most values of one fact that are tried in a comparison.
const MAX_TRIED: usize = 48;

impl Engine<'_> {
    /// An event with the solution's points that passes the check.
    pub(super) fn realise(
        &mut self,
        action: Action,
        solution: &Solution,
        check: &mut dyn FnMut(&mut Self, &Event) -> bool,
    ) -> Option<Event> {
        let mut event = Event::new(action);
        let mut said: Vec<FactRef> = Vec::new();
        let points = self.space.in_order(&solution.points);
        for (axis, point) in &points {
            let axis = self.space.axes[axis.0 as usize].clone();
            if let Axis::Fact(fact) = &axis {
                said.push(fact.clone());
            }
            place(&mut event, &axis, point.clone());
        }
        for field in event_fields() {
            let fact = FactRef { source: Source::Event, slot: field.code, key: None };
            if !said.contains(&fact) {
                let shaped = solution.shape.iter().rev().find(|(f, _)| *f == fact).map(|(_, d)| d.clone());
                let domain = shaped.unwrap_or_else(|| domain::domain(action, &fact));
                event.facts[field.code] = ordinary(field.code, field.kind, &domain);
            }
        }
        for (fact, domain) in &solution.shape {
            if *domain == Domain::UNKNOWN && fact.source != Source::Event && !said.contains(fact) {
                place(&mut event, &Axis::Fact(fact.clone()), Point::Fact(Fact::Unknown));
            }
        }
        for (axis, point) in &points {
            if let (Axis::Relation(relation), Point::Relation(truth)) =
                (self.space.axes[axis.0 as usize].clone(), point)
            {
                self.relate(&mut event, &relation, *truth, solution);
            }
        }
        let fits = check(self, &event) && domain::contains(&event);
        fits.then_some(event)
    }

    /// Gives two facts values that compare as wanted and keep what must hold of each. Where there are none the event stays as it
    /// is, and the check fails.
    fn relate(&mut self, event: &mut Event, relation: &Relation, wanted: Truth, solution: &Solution) {
        let rights = self.tried(event.action, &relation.right, solution, &[]);
        let mut extra: Vec<Fact> = rights.clone();
        if let Some(CompareBy { offset, .. }) = relation.compare {
            for right in &rights {
                if let Fact::Known(Value::Int(n)) = right {
                    let at = n.saturating_add(offset);
                    let near = [at, at.saturating_sub(1), at.saturating_add(1)];
                    extra.extend(near.map(|n| Fact::Known(Value::Int(n))));
                }
            }
        }
        let lefts = self.tried(event.action, &relation.left, solution, &extra);
        for left in &lefts {
            for right in &rights {
                if compared(relation, left, right) == wanted {
                    for (fact, value) in [(&relation.left, left), (&relation.right, right)] {
                        let axis = Axis::Fact(fact.clone());
                        clear(event, fact);
                        place(event, &axis, Point::Fact(value.clone()));
                    }
                    return;
                }
            }
        }
    }

    /// Values that a fact can have in the solution.
    fn tried(&mut self, action: Action, fact: &FactRef, solution: &Solution, extra: &[Fact]) -> Vec<Fact> {
        let axis = self.space.axis(Axis::Fact(fact.clone()));
        let constraint = solution.constraints.iter().find(|(a, _)| *a == axis);
        let preds: Vec<PredId> = constraint.map(|(_, p)| p.clone()).unwrap_or_default();
        let shaped = solution.shape.iter().rev().find(|(f, _)| f == fact).map(|(_, d)| d.clone());
        let domain = shaped.unwrap_or_else(|| domain::domain(action, fact));
        let mut all: Vec<Fact> = Vec::new();
        if let Some((_, Point::Fact(own))) = solution.points.iter().find(|(a, _): &&(AxisId, _)| *a == axis) {
            all.push(own.clone());
        }
        all.extend(extra.iter().cloned());
        let texts = ["a", "b", "/a", "/b", "/a/b"];
        all.extend(texts.map(|t| Fact::Known(Value::Bytes(t.as_bytes().to_vec()))));
        all.extend([0, 1, 1000, 1001, i64::from(u16::MAX)].map(|n| Fact::Known(Value::Int(n))));
        all.extend([Fact::Absent, Fact::Unknown]);
        let mut out: Vec<Fact> = Vec::new();
        for value in all {
            let point = Point::Fact(value.clone());
            if out.len() < MAX_TRIED
                && domain.contains(&value)
                && !out.contains(&value)
                && preds.iter().all(|p| self.space.pred_at(*p, &point) == Some(true))
            {
                out.push(value);
            }
        }
        out
    }
}

/// The truth of a comparison.
fn compared(relation: &Relation, left: &Fact, right: &Fact) -> Truth {
    match (left, right) {
        (Fact::Absent, _) | (_, Fact::Absent) => Truth::False,
        (Fact::Known(l), Fact::Known(r)) => match (relation.compare, l, r) {
            (Some(CompareBy { order, offset }), Value::Int(l), Value::Int(r)) => {
                let (l, r) = (i128::from(*l), i128::from(*r) + i128::from(offset));
                Truth::from(match order {
                    0 => l == r,
                    1 => l < r,
                    _ => l <= r,
                })
            }
            (None, l, r) => Truth::from(l == r),
            _ => Truth::Unknown,
        },
        _ => Truth::Unknown,
    }
}

fn clear(event: &mut Event, fact: &FactRef) {
    if fact.key.is_none() {
        place_absent(event, fact);
    }
}

fn place_absent(event: &mut Event, fact: &FactRef) {
    let slot = match fact.source {
        Source::Event => &mut event.facts[fact.slot],
        Source::Process => &mut event.process.0[fact.slot],
        Source::Parent => &mut event.parent.0[fact.slot],
        Source::Target => &mut event.target.0[fact.slot],
    };
    *slot = Fact::Absent;
}

/// A value that says nothing in particular: what an event of the kind has, and as little of the rest as there can be.
fn ordinary(code: usize, kind: FieldType, domain: &Domain) -> Fact {
    let telling = matches!(code, slot::PATH | slot::ADDRESS | slot::PORT);
    if domain.absent && !telling {
        return Fact::Absent;
    }
    let value = match &domain.values {
        Values::Text(_) => Some(Value::Bytes(b"/a".to_vec())),
        Values::Numbers(ranges) => {
            let wanted = match kind {
                FieldType::Protocol => 6,
                FieldType::Port => 80,
                FieldType::Signal => 15,
                _ => i64::MIN,
            };
            let has = |n: i64| ranges.iter().any(|(first, last)| (*first..=*last).contains(&n));
            if has(wanted) {
                Some(Value::Int(wanted))
            } else {
                ranges.first().map(|(first, _)| Value::Int(*first))
            }
        }
        Values::Addresses { .. } => Some(Value::Ip(Address(0xffff_c000_0201))),
        _ => None,
    };
    match value {
        Some(value) => Fact::Known(value),
        None if domain.absent => Fact::Absent,
        None => Fact::Unknown,
    }
}
