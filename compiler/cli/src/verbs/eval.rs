//! `warmorc eval`

use crate::files::read_input;
use crate::output::{Exit, Output};
use crate::program::{Program, Settings};
use serde_json::{Value, json};
use std::path::PathBuf;
use warmor_compiler::evaluate::{Muted, Trace, decide_operation, explain};
use warmor_compiler::model::{Model, PolicyId};
use warmor_policy::event::Event;
use warmor_policy::event::json::{AsJson, read_operation};
use warmor_policy::verdict::{Decision, Effect, Reason};
use warmor_report::operation::{self, Facts};
use warmor_report::{Clause, Failure, Paint, escape, json_text, story};

/// Decides one operation, and says why
///
/// The operation is written as in a test: `warmorc eval --as exe=/usr/sbin/nginx,uid=33 read /etc/shadow`. A fact that
/// is not given is absent; the value `?` is unknown. Ends with exit code 1 when the operation is denied or reported.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The operation: `read /etc/shadow`, `connect tcp to 10.0.0.1 port 443`, `rename /a to /b`
    #[arg(value_name = "OPERATION", required_unless_present = "event", conflicts_with = "event")]
    operation: Vec<String>,
    /// Policy files, a project folder, or `-` for standard input. Without one, the project around the working directory
    #[arg(short, long = "policy", value_name = "PATH")]
    policies: Vec<PathBuf>,
    /// Facts of the process that asks
    #[arg(long = "as", value_name = "FACT=VALUE,…")]
    process: Vec<String>,
    /// Facts of its parent
    #[arg(long, value_name = "FACT=VALUE,…")]
    parent: Vec<String>,
    /// Facts of an ancestor; the nearest is given first
    #[arg(long = "ancestor", value_name = "FACT=VALUE,…")]
    ancestors: Vec<String>,
    /// Facts of the process that is acted on
    #[arg(long, value_name = "FACT=VALUE,…")]
    target_process: Vec<String>,
    /// Further facts of the event: role, flags, args, signal, host, time
    #[arg(long, value_name = "FACT=VALUE,…")]
    with: Vec<String>,
    /// Reads the operation's events as JSON from a file, or from standard input (`-`)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["process", "parent", "ancestors", "target_process", "with"])]
    event: Option<PathBuf>,
    /// Decides as if an operator had muted this policy
    #[arg(long, value_name = "POLICY")]
    mute: Vec<String>,
    /// How the answer is printed
    #[arg(long, value_name = "FORMAT", default_value = "pretty", value_enum)]
    format: Format,
    /// Shows every clause, also those for other processes and actions
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Pretty,
    /// One JSON object
    Json,
}

pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    let events = events(args)?;
    let Some((program, model)) = Program::load_model(&args.policies, &args.settings, out)? else {
        return Ok(Exit::Usage);
    };
    let muted = muted(&model, &args.mute)?;
    let decision = decide_operation(&model, &events, &muted);
    let traces: Vec<Trace> = events.iter().map(|e| explain(&model, e, &muted)).collect();
    match args.format {
        Format::Pretty => {
            let text = pretty(args, &program, &model, &events, &decision, &traces, Paint(out.color()));
            out.text(&text);
        }
        Format::Json => out.text(&json_text(&json_of(&program, &model, &events, &decision, &traces))),
    }
    Ok(if decision.reported == Effect::Deny { Exit::Findings } else { Exit::Clean })
}

fn events(args: &Args) -> Result<Vec<Event>, Failure> {
    let Some(path) = &args.event else {
        let facts = Facts {
            process: &args.process,
            parent: &args.parent,
            target: &args.target_process,
            ancestors: &args.ancestors,
            event: &args.with,
        };
        return operation::parse(&args.operation, &facts);
    };
    if path.as_os_str() == "-" && args.policies.iter().any(|p| p.as_os_str() == "-") {
        return Err(Failure::new("standard input cannot be both the event and the policy"));
    }
    let mut events = read_operation(&read_input(path)?).map_err(|e| {
        let failure = Failure::new(format!("the event: {e}"));
        match e.help {
            Some(help) => failure.help(help),
            None => failure,
        }
    })?;
    events.iter_mut().for_each(Event::normalise);
    Ok(events)
}

fn muted(model: &Model, names: &[String]) -> Result<Muted, Failure> {
    let id = |name: &String| {
        let found = model.policies.iter().position(|p| p.name == *name);
        found.map(|index| PolicyId(index as u32)).ok_or_else(|| {
            let all: Vec<&str> = model.policies.iter().map(|p| p.name.as_str()).collect();
            Failure::new(format!("there is no policy `{name}` to mute"))
                .help(format!("the policies are {}", all.join(", ")))
        })
    };
    names.iter().map(id).collect()
}

fn pretty(
    args: &Args,
    program: &Program,
    model: &Model,
    events: &[Event],
    decision: &Decision,
    traces: &[Trace],
    paint: Paint,
) -> String {
    let places = program.places();
    let mut text = String::new();
    if events.len() > 1 {
        text.push_str(&format!("{}: an operation of {} events\n\n", verdict(decision, paint), events.len()));
    }
    for (event, trace) in events.iter().zip(traces) {
        text.push_str(&format!("{}: {}\n", verdict(&trace.decision, paint), story::event(event)));
        for line in story::lines(model, trace, &places, args.all) {
            text.push_str(&line);
            text.push('\n');
        }
    }
    text
}

fn verdict(decision: &Decision, paint: Paint) -> String {
    match (decision.enforced, decision.reported) {
        (Effect::Deny, _) => paint.bad("denied"),
        (Effect::Allow, Effect::Deny) => paint.warn("allowed, and reported"),
        (Effect::Allow, Effect::Allow) => paint.good("allowed"),
    }
}

fn json_of(
    program: &Program,
    model: &Model,
    events: &[Event],
    decision: &Decision,
    traces: &[Trace],
) -> Value {
    let places = program.places();
    let clause = |c| Clause::new(model, c).json(&places);
    let events = events.iter().zip(traces).map(|(event, trace)| {
        let applied = trace.applied.iter().map(|a| {
            json!({ "clause": clause(a.clause), "standing": story::standing_word(a.standing),
                    "unknown": a.truth == warmor_compiler::evaluate::Truth::Unknown })
        });
        let missed = trace.missed.iter().map(|m| {
            json!({ "clause": clause(m.clause), "part": story::part_word(m.part),
                    "unknown": m.truth == warmor_compiler::evaluate::Truth::Unknown,
                    "causes": m.causes.iter().map(|c| story::cause_json(c, &places)).collect::<Vec<_>>() })
        });
        json!({
            "event": serde_json::to_value(AsJson(event)).unwrap_or_default(),
            "decision": decision_json(&trace.decision, trace.deciding.map(clause).as_ref()),
            "applied": applied.collect::<Vec<_>>(),
            "missed": missed.collect::<Vec<_>>(),
        })
    });
    let deciding = decision.clause.and_then(|rank| model.clauses().get(rank.0 as usize).copied());
    json!({
        "version": 1,
        "decision": decision_json(decision, deciding.map(clause).as_ref()),
        "events": events.collect::<Vec<_>>(),
    })
}

fn decision_json(d: &Decision, clause: Option<&Value>) -> Value {
    let effect = |e| if e == Effect::Deny { "deny" } else { "allow" };
    let reason = match d.reason {
        Reason::Unmentioned => "unmentioned",
        Reason::Denied => "denied",
        Reason::Allowed => "allowed",
        Reason::Posture => "posture",
    };
    json!({
        "enforced": effect(d.enforced),
        "reported": effect(d.reported),
        "reason": reason,
        "clause": clause,
        "audit": d.audit,
        "detected": d.detected,
        "responses": d.responses.names().map(escape).collect::<Vec<_>>(),
    })
}
