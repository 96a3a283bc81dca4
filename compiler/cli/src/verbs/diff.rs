//! `warmorc diff`

use crate::compared::load;
use crate::output::{Exit, Output};
use crate::program::Settings;
use std::ffi::OsString;
use warmor_compiler::difference::{Tendency, difference as compare};
use warmor_compiler::prove::Budget;
use warmor_report::difference::{self, Told, Version};
use warmor_report::{Failure, Paint};

/// Says what a change of a program changes, for all events
///
/// A program is a file, a folder, an artifact (`shop.wasm`: the sources in it, with the settings it was compiled with), `-` for standard
/// input, or `git:REVISION:PATH`, the path being that from the working directory. `warmorc diff git:HEAD` compares the project with
/// what was committed. Every event that fares differently belongs to a group that is shown, by the clauses that decide; each comes with
/// an event that was replayed. Ends with exit code 1 where `--fail-on` asks for it, and 3 when not everything is known.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The program as it was
    #[arg(value_name = "OLD")]
    old: OsString,
    /// The program as it is. Without it, the project around the working directory
    #[arg(value_name = "NEW", default_value = ".", hide_default_value = true)]
    new: OsString,
    /// Ends with exit code 1 when there are such differences
    #[arg(long, value_name = "WHAT", default_value = "never", value_enum)]
    fail_on: FailOn,
    /// How the differences are printed
    #[arg(long, value_name = "FORMAT", default_value = "pretty", value_enum)]
    format: Format,
    /// How many steps one question of the prover may take before it counts as not known
    #[arg(long, value_name = "STEPS")]
    budget: Option<u64>,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum FailOn {
    /// None
    Never,
    /// Something less is stopped, reported, recorded or asked for, or with less severity
    Widened,
    /// Anything fares differently
    Any,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Pretty,
    /// One JSON object
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Workflow commands that put differences on the lines of a pull request
    Github,
    /// A comment on a pull request
    Markdown,
}

pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    let Some([(old, before), (new, after)]) = load([&args.old, &args.new], &args.settings, out)? else {
        return Ok(Exit::Usage);
    };
    let mut budget = Budget::default();
    if let Some(steps) = args.budget {
        budget.question = steps;
    }
    let progress = out.progress("comparing");
    let found = compare(&before, &after, budget);
    drop(progress);
    let (old_name, new_name) = (args.old.to_string_lossy(), args.new.to_string_lossy());
    let told = Told::new(
        Version { name: &old_name, model: &before, places: old.places() },
        Version { name: &new_name, model: &after, places: new.places() },
        &found,
    );
    let text = match args.format {
        Format::Pretty => difference::pretty(&told, Paint(out.color())),
        Format::Json => difference::json(&told),
        Format::Sarif => difference::sarif(&told),
        Format::Github => difference::github(&told),
        Format::Markdown => difference::markdown(&told),
    };
    out.text(&text);
    let differs = !found.groups.is_empty() || found.settings.iter().any(|s| s.tendency != Tendency::Same);
    let fails = match args.fail_on {
        FailOn::Never => false,
        FailOn::Widened => found.widens(),
        FailOn::Any => differs,
    };
    Ok(match (fails, found.open.is_empty()) {
        (true, _) => Exit::Findings,
        (false, false) => Exit::Inconclusive,
        (false, true) => Exit::Clean,
    })
}
