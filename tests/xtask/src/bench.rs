//! `cargo xtask bench NAME`: figures, from an optimised build.

use crate::{playground, shell};
use anyhow::Result;

/// Options of `cargo xtask bench`.
#[derive(clap::Args)]
pub struct Args {
    /// What to measure (`--help` lists the names, but for `playground`, which needs a browser), and the bench's own options, as `--json`.
    #[arg(required = true, allow_hyphen_values = true, trailing_var_arg = true)]
    pub arguments: Vec<String>,
}

/// Builds the benches and runs one.
pub fn run(args: &Args) -> Result<()> {
    if args.arguments.first().is_some_and(|name| name == "lsp") {
        shell::show(&mut shell::cargo(&["build", "--release", "--package", "warmor-lsp"]))?;
    }
    if args.arguments.first().is_some_and(|name| name == "playground") {
        return playground::figures(args.arguments.iter().any(|word| word == "--json"));
    }
    // Cargo's progress goes to standard error, so that standard output is only figures.
    let mut command = shell::cargo(&["run", "--release", "--package", "warmor-bench", "--"]);
    shell::show(command.args(&args.arguments))
}
