//! `warmorc reach`

use crate::output::{Exit, Output};
use crate::program::{Input, Program};
use warmor_compiler::prove::Budget;
use warmor_compiler::query::Verdict;
use warmor_compiler::query::reach::{Standing, named_networks, network_actions, reach};
use warmor_policy::schema::{Action, ObjectKind};
use warmor_report::reach::{dot, json, svg, text, view};
use warmor_report::{Failure, Paint, json_text};

/// Shows which subject reaches what: protocols and ports, by subjects and networks
///
/// A row for each subject, a column for each subject that rules name as the other end, for each network with a name, and for the rest. What a
/// cell says is proved for all events of its processes; what it does not name is denied. Ends with exit code 3 when something is
/// not known.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    input: Input,
    /// Only these actions: connect, send, accept, bind, listen. Otherwise those that some rule or posture is about
    #[arg(long = "action", value_name = "ACTION", value_parser = parse_action)]
    actions: Vec<Action>,
    /// Shows the reported verdict: what policies in `mode detect` would deny counts as denied
    #[arg(long)]
    reported: bool,
    /// How many steps one question of the prover may take before it counts as not known
    #[arg(long, value_name = "STEPS")]
    budget: Option<u64>,
    /// How the answer is printed
    #[arg(long, value_name = "FORMAT", default_value = "text", value_enum)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A table for each action
    Text,
    /// One JSON object
    Json,
    /// A graph for Graphviz
    Dot,
    /// A picture of the tables
    Svg,
}

fn parse_action(text: &str) -> Result<Action, String> {
    let found = Action::from_name(text).filter(|a| a.info().object == ObjectKind::Endpoint);
    found.ok_or_else(|| "the actions of the network are connect, send, accept, bind and listen".to_owned())
}

pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    let Some((program, model)) = Program::load_model(&args.input.paths, &args.input.settings, out)? else {
        return Ok(Exit::Usage);
    };
    let mut budget = Budget::default();
    if let Some(steps) = args.budget {
        budget.question = steps;
    }
    let verdict = if args.reported { Verdict::Reported } else { Verdict::Enforced };
    let progress = out.progress("proving");
    let networks = named_networks(&program.sources, &program.options);
    let found = reach(&model, &networks, &network_actions(&model, &args.actions), verdict, budget);
    drop(progress);
    let places = program.places();
    match args.format {
        Format::Json => out.text(&json_text(&json::render(&model, &found, &networks, verdict, &places))),
        format => {
            let view = view(&model, &found, &networks, &places);
            out.text(&match format {
                Format::Dot => dot::render(&view),
                Format::Svg => svg::render(&view),
                Format::Text | Format::Json => text::render(&view, Paint(out.color())),
            });
        }
    }
    let flows = found.matrices.iter().flat_map(|m| m.cells.iter().flatten()).flat_map(|c| &c.flows);
    let open = flows.into_iter().any(|f| f.standing == Standing::Open || !f.outcomes.open.is_empty());
    Ok(if open { Exit::Inconclusive } else { Exit::Clean })
}
