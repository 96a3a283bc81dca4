//! `warmorc`, the command line of the Warmor compiler.
//!
//! A thin shell: it finds files, calls the compiler and prints what comes back. Each verb is one file in `verbs`.

#![allow(
    clippy::format_push_string,
    clippy::format_collect,
    reason = "reports are short, and read best as they are printed"
)]

mod compared;
mod cross_check;
mod files;
mod keys;
mod output;
mod paths;
mod program;
mod prover;
mod question;
mod report;
mod today;
mod verbs;

use clap::{CommandFactory, Parser, Subcommand};
use output::{Color, Exit, Output};
use std::process::ExitCode;

/// Checks, tests and compiles Warmor policies.
#[derive(Debug, Parser)]
#[command(name = "warmorc", version, propagate_version = true, after_help = EXIT_CODES)]
struct Cli {
    /// When to colour
    #[arg(long, value_name = "WHEN", global = true, default_value = "auto", value_enum)]
    color: Color,
    #[command(subcommand)]
    verb: Verb,
}

const EXIT_CODES: &str = "Exit codes: 0 clean, 1 findings or failed tests, 2 wrong use or unreadable input, 3 inconclusive, 4 a defect of warmorc";

#[derive(Debug, Subcommand)]
enum Verb {
    New(verbs::new::Args),
    Check(verbs::check::Args),
    Fmt(verbs::fmt::Args),
    Test(verbs::test::Args),
    Eval(verbs::eval::Args),
    Explain(verbs::explain::Args),
    Prove(verbs::prove::Args),
    Can(verbs::can::Args),
    WhoCan(verbs::who_can::Args),
    Reach(verbs::reach::Args),
    Diff(verbs::diff::Args),
    Compile(verbs::compile::Args),
    Inspect(verbs::inspect::Args),
    Verify(verbs::verify::Args),
    Keygen(verbs::keygen::Args),
    Completions(verbs::completions::Args),
    #[command(hide = true)]
    Man(verbs::man::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut output = Output::new(cli.color);
    let out = &mut output;
    let result = match &cli.verb {
        Verb::New(args) => verbs::new::run(args, out),
        Verb::Check(args) => verbs::check::run(args, out),
        Verb::Fmt(args) => verbs::fmt::run(args, out),
        Verb::Test(args) => verbs::test::run(args, out),
        Verb::Eval(args) => verbs::eval::run(args, out),
        Verb::Explain(args) => verbs::explain::run(args, out),
        Verb::Prove(args) => verbs::prove::run(args, out),
        Verb::Can(args) => verbs::can::run(args, out),
        Verb::WhoCan(args) => verbs::who_can::run(args, out),
        Verb::Reach(args) => verbs::reach::run(args, out),
        Verb::Diff(args) => verbs::diff::run(args, out),
        Verb::Compile(args) => verbs::compile::run(args, out),
        Verb::Inspect(args) => verbs::inspect::run(args, out),
        Verb::Verify(args) => verbs::verify::run(args, out),
        Verb::Keygen(args) => verbs::keygen::run(args, out),
        Verb::Completions(args) => Ok(verbs::completions::run(args, Cli::command(), out)),
        Verb::Man(args) => verbs::man::run(args, Cli::command(), out),
    };
    let exit = result.unwrap_or_else(|failure| {
        output.failure(&failure);
        Exit::Usage
    });
    output.flush();
    ExitCode::from(exit as u8)
}
