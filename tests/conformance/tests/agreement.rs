//! The engines agree with the reference evaluator on random events over random policies.

use warmor_compiler::lower::LowerError;
use warmor_tests::agree::{Engine, Tables, compare};
use warmor_tests::generate::{event, model};
use warmor_tests::rng::Rng;
use warmor_tests::shrink::shrink;

/// Together with the number of models: events compared.
const EVENTS_PER_MODEL: usize = 200;
const MODELS: usize = 5_000;

fn engines(model: &warmor_compiler::model::Model) -> Result<Vec<Box<dyn Engine>>, LowerError> {
    Ok(vec![Box::new(Tables::new(model)?)])
}

#[test]
fn engines_agree_on_a_million_random_events() {
    let mut compared = 0;
    let mut refused = 0;
    for seed in 0..MODELS as u64 {
        let mut rng = Rng::new(seed);
        let model = model(&mut rng, 4);
        let mut engines = match engines(&model) {
            Ok(engines) => engines,
            Err(LowerError::TooManyAlternatives(_) | LowerError::TooComplex(_)) => {
                refused += 1;
                continue;
            }
            Err(other) => panic!("seed {seed}: {other}"),
        };
        for _ in 0..EVENTS_PER_MODEL {
            let event = event(&mut rng);
            let muted: Vec<bool> = model.policies.iter().map(|_| rng.one_in(5)).collect();
            for engine in &mut engines {
                engine.mute(&muted);
                if compare(&model, engine.as_mut(), &event, &muted).is_err() {
                    let small = shrink(&model, &event, &muted, &|m| Some(Box::new(Tables::new(m).ok()?)));
                    let small =
                        small.map_or_else(|| "it agrees when asked again".to_owned(), |s| s.to_string());
                    panic!("seed {seed}: {} disagrees with the reference\n{small}", engine.name());
                }
            }
            compared += 1;
        }
    }
    assert!(
        compared >= 990_000 && refused < MODELS / 50,
        "{compared} events compared, {refused} models refused"
    );
}
