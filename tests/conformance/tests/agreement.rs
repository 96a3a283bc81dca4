//! The engines agree with the reference evaluator on random events over random policies: a million of them, in four parts
//! that run beside each other.

use warmor_compiler::lower::LowerError;
use warmor_compiler::model::Model;
use warmor_tests::agree::{Engine, Tables, compare};
use warmor_tests::generate::{event, model};
use warmor_tests::rng::Rng;
use warmor_tests::shrink::shrink;
use warmor_tests::wasm::{Wasm, engine};

const EVENTS_PER_MODEL: usize = 500;
const MODELS_PER_PART: u64 = 520;

type Make = fn(&wasmtime::Engine, &Model) -> Result<Box<dyn Engine>, LowerError>;

const ENGINES: [Make; 2] =
    [|_, model| Ok(Box::new(Tables::new(model)?)), |engine, model| Ok(Box::new(Wasm::new(engine, model)?))];

fn part(number: u64) {
    let wasmtime = engine();
    let mut compared = 0;
    for seed in number * MODELS_PER_PART..(number + 1) * MODELS_PER_PART {
        let mut rng = Rng::new(seed);
        let model = model(&mut rng, 4);
        let made: Result<Vec<_>, _> = ENGINES.iter().map(|make| make(&wasmtime, &model)).collect();
        let mut engines = match made {
            Ok(engines) => engines,
            // Random conditions can have too many alternatives; the count below says that this is rare.
            Err(LowerError::TooManyAlternatives(_) | LowerError::TooComplex(_)) => continue,
            Err(other) => panic!("seed {seed}: {other}"),
        };
        for round in 0..EVENTS_PER_MODEL {
            let event = event(&mut rng);
            let muted: Vec<bool> = model.policies.iter().map(|_| round % 4 == 3 && rng.one_in(3)).collect();
            for (engine, make) in engines.iter_mut().zip(ENGINES) {
                engine.mute(&muted);
                if compare(&model, engine.as_mut(), &event, &muted).is_err() {
                    let small = shrink(&model, &event, &muted, &|m| make(&wasmtime, m).ok());
                    let small =
                        small.map_or_else(|| "it agrees when asked again".to_owned(), |s| s.to_string());
                    panic!("seed {seed}: {} disagrees with the reference\n{small}", engine.name());
                }
            }
            compared += 1;
        }
    }
    assert!(compared >= 250_000, "{compared} events compared");
}

#[test]
fn engines_agree_part_1() {
    part(0);
}

#[test]
fn engines_agree_part_2() {
    part(1);
}

#[test]
fn engines_agree_part_3() {
    part(2);
}

#[test]
fn engines_agree_part_4() {
    part(3);
}
