//! `warmorc completions`

use crate::output::{Exit, Output};
use clap_complete::Shell;

/// Prints a completion script for a shell
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub fn run(args: &Args, mut command: clap::Command, out: &mut Output) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "warmorc", &mut script);
    out.bytes(&script);
    Exit::Clean
}
