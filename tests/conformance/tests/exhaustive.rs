//! The engines agree on every combination of classes of small policies: not a sample, all of them.

use warmor_compiler::lower::{LowerError, representatives};
use warmor_compiler::model::{FactRef, Model};
use warmor_policy::event::Fact;
use warmor_policy::schema::Action;
use warmor_tests::agree::{Engine, Tables, compare};
use warmor_tests::classes;
use warmor_tests::generate::model;
use warmor_tests::rng::Rng;
use warmor_tests::wasm::{Wasm, engine};

/// Largest product of classes that counts as small.
const MAX_COMBINATIONS: usize = 4_000;
const MODELS: usize = 150;

fn is_small(model: &Model) -> Option<Vec<(FactRef, Vec<Fact>)>> {
    let facts = representatives(model)?;
    let count = classes::combinations(&facts)?;
    (1..=MAX_COMBINATIONS).contains(&count).then_some(facts)
}

#[test]
fn engines_agree_on_every_class_combination_of_small_policies() {
    let wasmtime = engine();
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
        for event in actions.into_iter().flat_map(|a| classes::all(a, &facts)) {
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
