//! Events made of classes: one value for each class of each fact that a model looks at, in all combinations.

use crate::rng::Rng;
use warmor_compiler::lower::representatives;
use warmor_compiler::model::{FactRef, Model};
use warmor_policy::event::{Event, Fact, Source, Value};
use warmor_policy::schema::Action;

fn set(event: &mut Event, at: &FactRef, fact: &Fact) {
    let slot = match at.source {
        Source::Event => &mut event.facts[at.slot],
        Source::Process => &mut event.process.0[at.slot],
        Source::Parent => &mut event.parent.0[at.slot],
        Source::Target => &mut event.target.0[at.slot],
    };
    match (slot, fact) {
        // Entries of one map that are asked for under different keys come together.
        (Fact::Known(Value::Map(entries)), Fact::Known(Value::Map(more))) => {
            entries.extend(more.iter().cloned());
        }
        (slot, fact) => *slot = fact.clone(),
    }
}

/// The event of one combination.
fn event(action: Action, facts: &[(FactRef, Vec<Fact>)], mut pick: impl FnMut(usize) -> usize) -> Event {
    let mut event = Event::new(action);
    for (at, values) in facts {
        set(&mut event, at, &values[pick(values.len())]);
    }
    event.normalise();
    event
}

/// How many combinations there are; `None` when they cannot be counted.
pub fn combinations(facts: &[(FactRef, Vec<Fact>)]) -> Option<usize> {
    facts.iter().try_fold(1usize, |n, (_, v)| n.checked_mul(v.len()))
}

/// The events of all combinations, for one action.
pub fn all(action: Action, facts: &[(FactRef, Vec<Fact>)]) -> impl Iterator<Item = Event> {
    let count = combinations(facts).unwrap_or(0);
    (0..count).map(move |mut number| {
        event(action, facts, |n| {
            let value = number % n;
            number /= n;
            value
        })
    })
}

/// All combinations of all actions that the model's rules speak of where they are at most so many, else so many of them.
pub fn some(model: &Model, limit: usize, rng: &mut Rng) -> Vec<Event> {
    let Some(facts) = representatives(model) else { return Vec::new() };
    let actions: Vec<Action> = Action::all()
        .filter(|a| model.rules.iter().any(|r| r.actions.contains(*a)))
        .chain([Action::Setuid])
        .collect();
    match combinations(&facts) {
        Some(count) if count.saturating_mul(actions.len()) <= limit => {
            actions.into_iter().flat_map(|a| all(a, &facts)).collect()
        }
        _ => (0..limit).map(|_| event(*rng.pick(&actions), &facts, |n| rng.below(n))).collect(),
    }
}
