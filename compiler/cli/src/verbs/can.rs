//! `warmorc can`

use crate::output::{Exit, Output};
use crate::question::{self, Asking, Format};
use serde_json::json;
use warmor_compiler::prove::{Engine, ModelId};
use warmor_compiler::query::{Meant, outcomes};
use warmor_report::{Failure, Paint, answer, escape, json_text};

/// Says for all events of a subject whether they are allowed, and by what
///
/// The event is written as in a rule, or short: `warmorc can nginx connect 10.1.2.3:443`, `warmorc can /usr/bin/curl read /etc/**`. Every
/// outcome that there is is listed by the clause that decides, with an event; that there is no other is proved. Ends with
/// exit code 0 when all of the events are allowed, 1 when some or all are denied, and 3 when that is not known.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A subject of the program, `any`, `tree(S)`, or the path of an executable
    #[arg(value_name = "SUBJECT")]
    subject: String,
    /// The action and its object: `read /etc/shadow`, `connect 10.1.2.3:443`, `exec /bin/sh where role == binary`
    #[arg(value_name = "EVENT", required = true)]
    event: Vec<String>,
    #[command(flatten)]
    asking: Asking,
}

pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    let Some((program, asked)) = args.asking.ask(&args.subject, &args.event, out)? else {
        return Ok(Exit::Usage);
    };
    let progress = out.progress("proving");
    let model = &asked.model;
    let mut engine = Engine::new(&[model], args.asking.budget());
    let meant = Meant::new(&engine, ModelId(0), &asked.question);
    let found = outcomes(&mut engine, ModelId(0), &meant);
    drop(progress);
    let (places, verdict) = (program.places(), args.asking.verdict());
    let asked = escape(&format!("{} {}", args.subject, args.event.join(" ")));
    match args.asking.format {
        Format::Pretty => {
            let paint = Paint(out.color());
            out.line(&format!("{asked}: {}", answer::headline(&found, verdict, paint)));
            for line in answer::groups(model, &found, &places, paint, true) {
                out.line(&format!("  {line}"));
            }
            if let Some(line) = answer::assumptions(model, &places) {
                out.line(&line);
            }
        }
        Format::Json => {
            let mut json = json!({ "version": 1, "question": asked });
            merge(&mut json, answer::json_of(model, &found, verdict, &places));
            out.text(&json_text(&json));
        }
    }
    Ok(question::exit(found.fare(verdict)))
}

fn merge(into: &mut serde_json::Value, from: serde_json::Value) {
    if let (Some(into), serde_json::Value::Object(from)) = (into.as_object_mut(), from) {
        into.extend(from);
    }
}
