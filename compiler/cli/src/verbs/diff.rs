//! `warmorc diff`

use crate::difference::{Told, Version, pretty};
use crate::output::{Exit, Failure, Output, Paint};
use crate::program::{Program, Settings};
use std::path::PathBuf;
use warmor_compiler::difference::difference;
use warmor_compiler::prove::Budget;

/// Says what a change of a program changes, for all events
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The program as it was
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The program as it is
    #[arg(value_name = "NEW")]
    new: PathBuf,
    #[command(flatten)]
    settings: Settings,
    /// How many steps one question of the prover may take before it counts as not known
    #[arg(long, value_name = "STEPS")]
    budget: Option<u64>,
}

pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    let Some((old, before)) = Program::load_model(std::slice::from_ref(&args.old), &args.settings, out)?
    else {
        return Ok(Exit::Usage);
    };
    let Some((new, after)) = Program::load_model(std::slice::from_ref(&args.new), &args.settings, out)?
    else {
        return Ok(Exit::Usage);
    };
    let mut budget = Budget::default();
    if let Some(steps) = args.budget {
        budget.question = steps;
    }
    let progress = out.progress("comparing");
    let difference = difference(&before, &after, budget);
    drop(progress);
    let (old_name, new_name) = (args.old.to_string_lossy(), args.new.to_string_lossy());
    let told = Told::new(
        Version { name: &old_name, model: &before, places: old.places() },
        Version { name: &new_name, model: &after, places: new.places() },
        &difference,
    );
    out.text(&pretty(&told, Paint(out.color())));
    Ok(if difference.open.is_empty() { Exit::Clean } else { Exit::Inconclusive })
}
