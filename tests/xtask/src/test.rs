//! `cargo xtask test`: everything that CI runs, quickest answer first.

use crate::{fuzz, setup, shell};
use anyhow::{Result, bail};
use std::time::{Duration, Instant};

/// Options of `cargo xtask test`.
#[derive(clap::Args)]
pub struct Args {
    /// Leave out what takes minutes: fuzzing and the guest.
    #[arg(long)]
    pub fast: bool,
}

/// For each fuzz target: enough to replay its corpus and to notice what breaks at once.
const FUZZ_SECONDS: u32 = 15;

/// How a step ended, if it did not fail.
enum Outcome {
    Passed,
    /// The machine cannot; the text says why.
    Skipped(&'static str),
}

struct Step {
    name: &'static str,
    run: fn() -> Result<Outcome>,
    slow: bool,
}

const fn step(name: &'static str, run: fn() -> Result<Outcome>) -> Step {
    Step { name, run, slow: false }
}

const STEPS: &[Step] = &[
    step("set-up", set_up),
    step("format", format),
    step("lint", lint),
    step("core for wasm32", wasm_core),
    step("tests", tests),
    step("examples in documentation", doc_tests),
    step("documentation", documentation),
    Step { name: "fuzzing", run: short_fuzz, slow: true },
];

/// Runs all steps; the first that fails ends the run.
pub fn run(args: &Args) -> Result<()> {
    let start = Instant::now();
    let mut times: Vec<(&str, Duration, &str)> = Vec::new();
    for step in STEPS.iter().filter(|s| !(s.slow && args.fast)) {
        println!("── {}", step.name);
        let begun = Instant::now();
        match (step.run)()? {
            Outcome::Passed => times.push((step.name, begun.elapsed(), "")),
            Outcome::Skipped(why) => {
                if std::env::var_os("CI").is_some_and(|ci| !ci.is_empty()) {
                    bail!("`{}` cannot run here, but nothing may be skipped in CI: {why}", step.name);
                }
                println!("  SKIPPED: {why}");
                times.push((step.name, begun.elapsed(), "SKIPPED"));
            }
        }
    }
    println!("\n{:>8}  step", "seconds");
    for (name, time, note) in times {
        println!("{:>8.1}  {name} {note}", time.as_secs_f64());
    }
    println!("{:>8.1}  together", start.elapsed().as_secs_f64());
    Ok(())
}

fn set_up() -> Result<Outcome> {
    setup::packages(&[setup::COMPILER, setup::KERNEL_PROGRAMS])?;
    setup::components()?;
    setup::targets(&["wasm32-unknown-unknown", "x86_64-unknown-linux-musl"])?;
    Ok(Outcome::Passed)
}

fn format() -> Result<Outcome> {
    shell::show(&mut shell::cargo(&["fmt", "--all", "--check"]))?;
    Ok(Outcome::Passed)
}

fn lint() -> Result<Outcome> {
    let mut clippy = shell::cargo(&["clippy", "--quiet", "--all-targets", "--", "-D", "warnings"]);
    shell::show(&mut clippy)?;
    Ok(Outcome::Passed)
}

fn wasm_core() -> Result<Outcome> {
    let target = "wasm32-unknown-unknown";
    shell::show(&mut shell::cargo(&[
        "build",
        "--quiet",
        "--package",
        "warmor-compiler",
        "--target",
        target,
    ]))?;
    Ok(Outcome::Passed)
}

fn tests() -> Result<Outcome> {
    if setup::nextest() {
        shell::show(&mut shell::cargo(&["nextest", "run", "--no-fail-fast", "--status-level", "fail"]))?;
    } else {
        shell::show(&mut shell::cargo(&["test", "--quiet", "--bins", "--lib", "--tests", "--no-fail-fast"]))?;
    }
    Ok(Outcome::Passed)
}

fn doc_tests() -> Result<Outcome> {
    shell::show(&mut shell::cargo(&["test", "--quiet", "--doc"]))?;
    Ok(Outcome::Passed)
}

fn documentation() -> Result<Outcome> {
    let mut doc = shell::cargo(&["doc", "--quiet", "--no-deps"]);
    shell::show(doc.env("RUSTDOCFLAGS", "-D warnings"))?;
    Ok(Outcome::Passed)
}

fn short_fuzz() -> Result<Outcome> {
    if !cfg!(target_arch = "x86_64") {
        return Ok(Outcome::Skipped("fuzz targets are built for x86_64 only"));
    }
    fuzz::run(&fuzz::Args { target: None, seconds: FUZZ_SECONDS })?;
    Ok(Outcome::Passed)
}
