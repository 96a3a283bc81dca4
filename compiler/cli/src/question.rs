//! Questions about all events: what `can` and `who-can` share.

use crate::output::{Exit, Output};
use crate::program::{Program, Settings};
use std::path::PathBuf;
use warmor_compiler::prove::Budget;
use warmor_compiler::query::{self, Asked, Fare, Verdict};
use warmor_report::{Failure, diagnostics};

/// What may be said about a question beside the question itself.
#[derive(Debug, clap::Args)]
pub struct Asking {
    /// Policy files, a project folder, or `-` for standard input. Without one, the project around the working directory
    #[arg(short, long = "policy", value_name = "PATH")]
    policies: Vec<PathBuf>,
    /// Asks about the reported verdict: what policies in `mode detect` would deny counts as denied
    #[arg(long)]
    reported: bool,
    /// How many steps one question of the prover may take before it counts as not known
    #[arg(long, value_name = "STEPS")]
    budget: Option<u64>,
    /// How the answer is printed
    #[arg(long, value_name = "FORMAT", default_value = "pretty", value_enum)]
    pub format: Format,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people
    Pretty,
    /// One JSON object
    Json,
}

impl Asking {
    /// Which verdict is meant.
    pub fn verdict(&self) -> Verdict {
        if self.reported { Verdict::Reported } else { Verdict::Enforced }
    }

    /// How much proving may cost.
    pub fn budget(&self) -> Budget {
        let mut budget = Budget::default();
        if let Some(steps) = self.budget {
            budget.question = steps;
        }
        budget
    }

    /// Reads the program and understands the question about it. What is wrong with either goes to standard error.
    pub fn ask(
        &self,
        subject: &str,
        event: &[String],
        out: &mut Output,
    ) -> Result<Option<(Program, Asked)>, Failure> {
        let Some((mut program, _)) = Program::load_model(&self.policies, &self.settings, out)? else {
            return Ok(None);
        };
        match query::ask(&mut program.sources, &program.options, subject, event) {
            Ok(asked) => Ok(Some((program, asked))),
            Err(errors) => {
                let places = program.places();
                out.error_text(&diagnostics::pretty(&errors, &places, out.error_color()));
                Ok(None)
            }
        }
    }
}

/// The exit code of an answer.
pub fn exit(fare: Fare) -> Exit {
    match fare {
        Fare::Always => Exit::Clean,
        Fare::Never | Fare::Depends | Fare::Nothing => Exit::Findings,
        Fare::Open => Exit::Inconclusive,
    }
}
