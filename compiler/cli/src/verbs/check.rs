//! `warmorc check`

use crate::output::{Exit, Failure, Output};
use crate::program::{Input, Program};
use crate::report::{self, Format};
use warmor_compiler::diagnostics::Level;

/// Reports what is wrong with a program
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    input: Input,
    /// How findings are printed
    #[arg(long, value_name = "FORMAT", default_value = "pretty", value_enum)]
    format: Format,
    /// Ends with exit code 1 on warnings too
    #[arg(long)]
    deny_warnings: bool,
}

pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    let program = Program::load(&args.input.paths, &args.input.settings, out)?;
    let diagnostics = program.diagnostics();
    let color = out.color();
    out.text(&report::render(args.format, diagnostics, &program.places(), color));
    let left_out = program.checked.left_out;
    if left_out > 0 {
        out.error_text(&format!("{} left out\n", report::plural(left_out, "more finding")));
    }
    let fails = |level| level == Level::Error || (args.deny_warnings && level == Level::Warning);
    Ok(if diagnostics.iter().any(|d| fails(d.level)) { Exit::Findings } else { Exit::Clean })
}
