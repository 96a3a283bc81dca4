//! `warmor-bench NAME`: figures, each beside its peer or baseline in the same run.

#![allow(
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a figure needs no more digits than a float has"
)]

mod agreement;
mod automata;
mod compile;
mod decide;
mod editor;
mod measure;
mod peers;
mod prove;
mod report;
mod ruleset;
mod solver;

use clap::{Parser, ValueEnum};
use std::process::ExitCode;

#[derive(Parser)]
#[command(about = "Measure Warmor beside its peers and baselines")]
struct Args {
    /// What to measure.
    bench: Bench,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
    /// How many random events `agreement` compares.
    #[arg(long, default_value_t = 100_000_000)]
    events: u64,
}

#[derive(Clone, Copy, ValueEnum)]
enum Bench {
    /// Time of a decision, by number of rules.
    Decide,
    /// From text to what is loaded.
    Compile,
    /// Size and time of what classifies paths.
    Automata,
    /// What is found in programs of known findings, and how fast; and what Z3 takes.
    Prove,
    /// How long an editor waits for the language server.
    Lsp,
    /// Every engine against the reference evaluator.
    Agreement,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let result = match args.bench {
        Bench::Decide => decide::run(args.json),
        Bench::Compile => compile::run(args.json),
        Bench::Automata => automata::run(args.json),
        Bench::Prove => prove::run(args.json).and_then(|()| solver::run(args.json)),
        Bench::Lsp => editor::run(args.json),
        Bench::Agreement => agreement::run(args.json, args.events),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
