//! `agreement`: every engine against the reference evaluator, on random events over random policies.

use crate::report::Report;
use anyhow::{Result, bail};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use warmor_compiler::lower::LowerError;
use warmor_compiler::model::Model;
use warmor_policy::event::encode;
use warmor_tests::agree::{Engine, Tables, reference};
use warmor_tests::generate;
use warmor_tests::rng::Rng;
use warmor_tests::shrink::shrink;
use warmor_tests::wasm::{Wasm, engine};

const POLICIES: usize = 4;
const EVENTS_PER_MODEL: u64 = 2_000;
/// Events between two lines of progress.
const PROGRESS_EVERY: u64 = 1_000_000;
/// Apart from the seeds of the test that runs in CI.
const FIRST_SEED: u64 = 1 << 32;

/// Makes an engine, unless the model is refused.
type Make = fn(&wasmtime::Engine, &Model) -> Result<Box<dyn Engine>, LowerError>;

const ENGINES: [Make; 2] =
    [|_, model| Ok(Box::new(Tables::new(model)?)), |engine, model| Ok(Box::new(Wasm::new(engine, model)?))];

#[derive(Default)]
struct Totals {
    seed: AtomicU64,
    events: AtomicU64,
    disagreements: AtomicU64,
    models: AtomicU64,
    refused: AtomicU64,
}

/// Runs the bench on `events` events.
pub fn run(json: bool, events: u64) -> Result<()> {
    let report = Report { bench: "agreement", json };
    let totals = Totals::default();
    let wasmtime = engine();
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while totals.events.load(Relaxed) < events {
                    one_model(&wasmtime, &totals);
                }
            });
        }
    });
    report.figure("events", totals.events.load(Relaxed) as f64, "events");
    report.figure("models", totals.models.load(Relaxed) as f64, "models");
    report.figure("refused", totals.refused.load(Relaxed) as f64, "models");
    let disagreements = totals.disagreements.load(Relaxed);
    report.figure("disagreements", disagreements as f64, "events");
    if disagreements > 0 {
        bail!("{disagreements} disagreements");
    }
    Ok(())
}

/// Compares all engines on one model; the first disagreement is shrunk and shown.
fn one_model(wasmtime: &wasmtime::Engine, totals: &Totals) {
    let seed = FIRST_SEED + totals.seed.fetch_add(1, Relaxed);
    let mut rng = Rng::new(seed);
    let model = generate::model(&mut rng, POLICIES);
    let Ok(mut engines) = ENGINES.iter().map(|make| make(wasmtime, &model)).collect::<Result<Vec<_>, _>>()
    else {
        totals.refused.fetch_add(1, Relaxed);
        return;
    };
    totals.models.fetch_add(1, Relaxed);
    for _ in 0..EVENTS_PER_MODEL {
        let event = generate::event(&mut rng);
        let muted: Vec<bool> = model.policies.iter().map(|_| rng.one_in(5)).collect();
        // The reference is what takes the time, so it answers once for all engines.
        let expected = reference(&model, &event, &muted);
        let bytes = encode(&event).expect("the generator makes events");
        for (engine, make) in engines.iter_mut().zip(ENGINES) {
            engine.mute(&muted);
            if engine.answer(&bytes) != expected && totals.disagreements.fetch_add(1, Relaxed) == 0 {
                let small = shrink(&model, &event, &muted, &|m| make(wasmtime, m).ok());
                let small = small.map_or_else(|| "it agrees when asked again".to_owned(), |s| s.to_string());
                eprintln!("seed {seed}: {} disagrees with the reference\n{small}", engine.name());
            }
        }
    }
    let before = totals.events.fetch_add(EVENTS_PER_MODEL, Relaxed);
    if before / PROGRESS_EVERY != (before + EVENTS_PER_MODEL) / PROGRESS_EVERY {
        eprintln!(
            "{} events, {} disagreements",
            before + EVENTS_PER_MODEL,
            totals.disagreements.load(Relaxed)
        );
    }
}
