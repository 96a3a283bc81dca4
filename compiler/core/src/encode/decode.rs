//! From a solver's values back to an event.

use super::decision::Decisions;
use super::domain;
use super::formula::Witness;
use super::terms::Term;
use super::vocabulary::{Owner, Part, Place, TextId, Vocabulary};
use crate::model::{Model, PolicyId};
use std::collections::BTreeMap;
use warmor_policy::event::{Address, Event, Fact, MAX_ANCESTORS, Record, Source, Value};
use warmor_policy::schema::{Action, FieldType};

/// What a solver and the text engine have found.
pub(super) struct Assignment<'a> {
    /// The value of a variable.
    pub(super) value: &'a dyn Fn(Term) -> u128,
    /// The texts that must be these.
    pub(super) texts: &'a BTreeMap<TextId, Vec<u8>>,
    /// Whether the fact plays a part: one that does not is left out.
    pub(super) needed: &'a dyn Fn(Place) -> bool,
}

/// The witness that an assignment stands for; `None` where no event can carry it.
pub(super) fn witness<'m>(
    v: &mut Vocabulary<'m>,
    decisions: &Decisions,
    models: &[&'m Model],
    assignment: &Assignment<'_>,
    exists: &[bool],
) -> Option<Witness> {
    let code = (assignment.value)(v.action);
    let mut event = Event::new(Action::from_code(u8::try_from(code).ok()?)?);
    let mut ancestors: Vec<Record> = exists.iter().map(|_| Record::default()).collect();
    let places: Vec<Place> = v.facts.keys().copied().collect();
    for place in places {
        let fact = fact(v, place, assignment)?;
        match place.owner {
            Owner::Source(Source::Event) => event.facts[place.slot] = fact,
            Owner::Source(Source::Process) => event.process.0[place.slot] = fact,
            Owner::Source(Source::Parent) => event.parent.0[place.slot] = fact,
            Owner::Source(Source::Target) => event.target.0[place.slot] = fact,
            Owner::Ancestor(number) => ancestors.get_mut(number as usize)?.0[place.slot] = fact,
        }
    }
    domain::complete(&mut event, |slot| {
        !(assignment.needed)(Place { owner: Owner::Source(Source::Event), slot })
    });
    event.ancestors = ancestors.into_iter().zip(exists).filter(|(_, e)| **e).map(|(a, _)| a).collect();
    if event.ancestors.len() > MAX_ANCESTORS {
        return None;
    }
    event.ancestors_incomplete = !exists.is_empty() && (assignment.value)(v.incomplete) == 1;
    let muted = models.iter().map(|model| {
        let number = v.model(model);
        let chosen = |second| {
            let policies = (0..model.policies.len() as u32).map(PolicyId);
            policies
                .filter(|p| {
                    let variable = decisions.muted_variable(number, *p, second);
                    variable.is_some_and(|m| (assignment.value)(m) == 1)
                })
                .collect()
        };
        [chosen(false), chosen(true)]
    });
    let muted = muted.collect();
    Some(Witness { event, muted })
}

fn fact(v: &Vocabulary<'_>, place: Place, assignment: &Assignment<'_>) -> Option<Fact> {
    if !(assignment.needed)(place) {
        return Some(Fact::Absent);
    }
    let variables = v.facts[&place];
    if (assignment.value)(variables.unknown) == 1 {
        return Some(Fact::Unknown);
    }
    if (assignment.value)(variables.known) == 0 {
        return Some(Fact::Absent);
    }
    let bits = variables.value.map(assignment.value);
    let text = |id: TextId| assignment.texts.get(&id).cloned().unwrap_or_default();
    let part = |part: &Part| v.texts_of(place).find(|(_, p)| *p == part).map(|(id, _)| text(id));
    Some(Fact::Known(match place.field().kind {
        FieldType::Path => {
            let path = part(&Part::Whole).unwrap_or_default();
            Value::Bytes(if path.is_empty() { b"/".to_vec() } else { path })
        }
        FieldType::String => Value::Bytes(part(&Part::Whole).unwrap_or_default()),
        FieldType::List => {
            let asked = v.elements.get(&place).map(Vec::as_slice).unwrap_or_default();
            let there = (0..).zip(asked).filter(|(_, (_, met))| (assignment.value)(*met) == 1);
            Value::List(there.map(|(i, _)| part(&Part::Element(i)).unwrap_or_default()).collect())
        }
        FieldType::Map => {
            let there = v
                .entries
                .iter()
                .filter(|((p, _), present)| *p == place && (assignment.value)(**present) == 1);
            let entry = |key: &String| {
                (key.clone().into_bytes(), part(&Part::Entry(key.clone())).unwrap_or_default())
            };
            Value::Map(there.map(|((_, key), _)| entry(key)).collect())
        }
        FieldType::Ip => Value::Ip(Address(bits?)),
        _ => Value::Int(i64::try_from(bits?).unwrap_or_else(|_| (bits.unwrap_or(0) as u64).cast_signed())),
    }))
}
