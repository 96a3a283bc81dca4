//! Time on the processor, by the median of several rounds.

use nix::time::{ClockId, clock_gettime};
use std::hint::black_box;
use std::time::Duration;

const ROUNDS: usize = 11;
const SHORTEST_ROUND: Duration = Duration::from_millis(30);

/// How long this thread has run: what else the machine does counts less than by the clock on the wall.
fn on_processor() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map_or(Duration::ZERO, Duration::from)
}

/// Nanoseconds that `work` takes for one of `0..items`, each in turn.
pub fn per_item<T>(items: usize, mut work: impl FnMut(usize) -> T) -> f64 {
    let mut pass = |passes: usize| {
        let begun = on_processor();
        for _ in 0..passes {
            for i in 0..items {
                black_box(work(i));
            }
        }
        on_processor().saturating_sub(begun).as_secs_f64() / passes as f64
    };
    let once = pass(1).max(1e-8);
    let passes = (SHORTEST_ROUND.as_secs_f64() / once).ceil() as usize;
    let mut rounds: Vec<f64> = (0..ROUNDS).map(|_| pass(passes)).collect();
    rounds.sort_by(f64::total_cmp);
    rounds[ROUNDS / 2] * 1e9 / items as f64
}

/// Milliseconds that `work` takes this once, and what comes of it: for what is not the same a second time.
pub fn once<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let begun = on_processor();
    let result = black_box(work());
    (on_processor().saturating_sub(begun).as_secs_f64() * 1e3, result)
}

/// Milliseconds that `work` takes.
pub fn milliseconds<T>(mut work: impl FnMut() -> T) -> f64 {
    per_item(1, |_| work()) / 1e6
}
