//! The engines agree on every combination of classes of small policies: not a sample, all of them.

use warmor_compiler::lower::{LowerError, representatives};
use warmor_compiler::model::{FactRef, Model};
use warmor_policy::event::{Event, Fact, Source, Value};
use warmor_policy::schema::Action;
use warmor_tests::agree::{Engine, Tables, compare};
use warmor_tests::generate::model;
use warmor_tests::rng::Rng;
use warmor_tests::wasm::Wasm;

/// Largest product of classes that counts as small.
const MAX_COMBINATIONS: usize = 4_000;
const MODELS: usize = 150;

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

/// The events of all combinations, for one action.
fn events(action: Action, facts: &[(FactRef, Vec<Fact>)]) -> impl Iterator<Item = Event> {
    let count: usize = facts.iter().map(|(_, v)| v.len()).product();
    (0..count).map(move |mut number| {
        let mut event = Event::new(action);
        for (at, values) in facts {
            set(&mut event, at, &values[number % values.len()]);
            number /= values.len();
        }
        event.normalise();
        event
    })
}

fn is_small(model: &Model) -> Option<Vec<(FactRef, Vec<Fact>)>> {
    let facts = representatives(model)?;
    let count = facts.iter().try_fold(1usize, |n, (_, v)| n.checked_mul(v.len()))?;
    (1..=MAX_COMBINATIONS).contains(&count).then_some(facts)
}

#[test]
fn engines_agree_on_every_class_combination_of_small_policies() {
    let wasmtime = wasmtime::Engine::default();
    let (mut models, mut compared) = (0, 0);
    for seed in 1_000_000.. {
        if models == MODELS {
            break;
        }
        let model = model(&mut Rng::new(seed), 2);
        let Some(facts) = is_small(&model).filter(|f| f.len() > 1) else { continue };
        let made = || -> Result<[Box<dyn Engine>; 2], LowerError> {
            Ok([Box::new(Tables::new(&model)?), Box::new(Wasm::new(&wasmtime, &model)?)])
        };
        let mut engines = made().unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        let actions: Vec<Action> = Action::all()
            .filter(|a| model.rules.iter().any(|r| r.actions.contains(*a)))
            .chain([Action::Setuid])
            .collect();
        for event in actions.into_iter().flat_map(|a| events(a, &facts)) {
            for engine in &mut engines {
                if let Err(answers) = compare(&model, engine.as_mut(), &event, &[]) {
                    panic!("seed {seed}: {} disagrees on {event:?}: {answers:#?}", engine.name());
                }
            }
            compared += 1;
        }
        models += 1;
    }
    assert!(compared > 100_000, "{compared} combinations in {models} models");
}
