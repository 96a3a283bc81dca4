//! The developer's commands: `cargo xtask NAME`. One file each.

mod agent;
mod bench;
mod bpf;
mod codegen;
mod demo;
mod editors;
mod fuzz;
mod guest;
mod package;
mod playground;
mod setup;
mod shell;
mod stamp;
mod test;
mod vscode_server;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Build, generate and test what cargo alone cannot")]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show the main job: a policy is checked, compiled, signed and enforced.
    Demo(demo::Args),
    /// Run everything that CI runs.
    Test(test::Args),
    /// Feed random bytes to every reader of foreign bytes.
    Fuzz(fuzz::Args),
    /// Measure, beside a peer or baseline.
    Bench(bench::Args),
    /// Write generated sources: the schema's constants and the layout of shared structures for the kernel programs.
    Codegen(codegen::Args),
    /// Build the kernel programs into bpf-templates/objects.
    Bpf(bpf::Args),
    /// Put a release together: one archive with the compiler, the language server, the agent and Z3.
    Package(package::Args),
    /// Build the playground and serve it on this machine.
    Playground(playground::Args),
    /// Boot a Debian kernel under QEMU and run the runtime's tests in it.
    Guest(guest::Args),
}

fn main() -> ExitCode {
    let result = match Args::parse().command {
        Command::Demo(args) => demo::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Fuzz(args) => fuzz::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Codegen(args) => codegen::run(&args),
        Command::Bpf(args) => bpf::run(&args),
        Command::Package(args) => package::run(&args),
        Command::Playground(args) => playground::run(&args),
        Command::Guest(args) => guest::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
