//! `warmorc who-can`

use crate::output::{Exit, Output};
use crate::question::{Asking, Format};
use serde_json::{Value, json};
use warmor_compiler::prove::{Engine, ModelId};
use warmor_compiler::query::{Fare, Meant, Outcomes, Who, outcomes, rows};
use warmor_report::{Failure, Paint, answer, escape, json_text};

/// Says of every subject of the program whether it can do something
///
/// The event is written as in a rule, or short: `warmorc who-can read /etc/shadow`, `warmorc who-can connect 10.1.2.3:443`. Subjects may
/// overlap, and together with "any other process" they are all processes. Ends with exit code 3 when something of the answer is
/// not known.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The action and its object: `read /etc/shadow`, `connect 10.1.2.3:443`, `exec /bin/sh where role == binary`
    #[arg(value_name = "EVENT", required = true)]
    event: Vec<String>,
    #[command(flatten)]
    asking: Asking,
}

pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    let Some((program, asked)) = args.asking.ask("any", &args.event, out)? else {
        return Ok(Exit::Usage);
    };
    let progress = out.progress("proving");
    let (model, id) = (&asked.model, ModelId(0));
    let rows = rows(model);
    let mut engine = Engine::new(&[model], args.asking.budget());
    let mut answers: Vec<(Who, Outcomes)> = Vec::new();
    for row in &rows {
        let meant = Meant::of(&engine, id, row.formula(id), &asked.question);
        answers.push((row.who, outcomes(&mut engine, id, &meant)));
    }
    drop(progress);
    let (places, verdict) = (program.places(), args.asking.verdict());
    match args.asking.format {
        Format::Pretty => {
            let paint = Paint(out.color());
            for (who, found) in &answers {
                if *who == Who::Unclear && found.fare(verdict) == Fare::Nothing {
                    continue;
                }
                let name = paint.strong(&answer::who(model, *who));
                out.line(&format!("{name}: {}", answer::headline(found, verdict, paint)));
                for line in answer::groups(model, found, &places, paint, found.groups.len() > 1) {
                    out.line(&format!("  {line}"));
                }
            }
            if let Some(line) = answer::assumptions(model, &places) {
                out.line(&line);
            }
        }
        Format::Json => {
            let subjects = answers.iter().map(|(who, found)| {
                let (kind, subject) = match who {
                    Who::Subject(id) => ("subject", Some(&model.subject(*id).name)),
                    Who::Below(id) => ("below", Some(&model.subject(*id).name)),
                    Who::Other => ("other", None),
                    Who::Unclear => ("unclear", None),
                };
                let mut json = json!({ "kind": kind, "subject": subject });
                if let (Some(json), Value::Object(from)) =
                    (json.as_object_mut(), answer::json_of(model, found, verdict, &places))
                {
                    json.extend(from);
                }
                json
            });
            let subjects: Vec<Value> = subjects.collect();
            let question = escape(&args.event.join(" "));
            out.text(&json_text(&json!({ "version": 1, "question": question, "subjects": subjects })));
        }
    }
    let open = answers.iter().any(|(_, found)| !found.open.is_empty());
    Ok(if open { Exit::Inconclusive } else { Exit::Clean })
}
