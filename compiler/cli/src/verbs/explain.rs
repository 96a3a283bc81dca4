//! `warmorc explain`

use crate::output::{Exit, Output};
use crate::program::{Program, Settings};
use serde_json::{Value, json};
use std::path::PathBuf;
use warmor_compiler::check::{Tier, gaps_of, tier_of};
use warmor_compiler::diagnostics::{Code, nearest};
use warmor_compiler::lower::{Part, lower};
use warmor_compiler::model::{ClauseRef, Cond, Model, Rule, RuleId};
use warmor_report::{
    Clause, Failure, Paint, Places, escape, escape_lines, json_text, meaning, mode_name, plural,
};

/// Explains a finding's code (E0101), or what the rules of a program come down to
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A code; or policy files, a project folder, `-`. Without one, the project around the working directory
    #[arg(value_name = "CODE|PATH")]
    subject: Option<String>,
    /// Only this rule: LABEL or POLICY.LABEL
    #[arg(value_name = "RULE")]
    rule: Option<String>,
    /// How it is printed
    #[arg(long, value_name = "FORMAT", default_value = "pretty", value_enum)]
    format: Format,
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
    match &args.subject {
        Some(text) if is_code(text) => code(text, args.format, out),
        subject => {
            let paths: Vec<PathBuf> = subject.iter().map(PathBuf::from).collect();
            rules(args, &paths, out)
        }
    }
}

/// Whether the text looks like a code, and so is no path.
fn is_code(text: &str) -> bool {
    let digits = text.strip_prefix(['E', 'W', 'e', 'w']);
    digits.is_some_and(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit()))
}

fn code(text: &str, format: Format, out: &mut Output) -> Result<Exit, Failure> {
    let wanted = text.to_uppercase();
    let Some(code) = Code::from_id(&wanted) else {
        let failure = Failure::new(format!("there is no code `{text}`"));
        return Err(match nearest(&wanted, Code::ALL.iter().map(|c| c.id())) {
            Some(code) => failure.help(format!("did you mean `{code}`?")),
            None => failure.help("codes look like E0101 and W0001"),
        });
    };
    match format {
        Format::Pretty => out.text(&escape_lines(code.page())),
        Format::Json => {
            let page = json!({ "version": 1, "code": code.id(), "title": code.title(), "level": code.level().name(), "page": code.page() });
            out.text(&json_text(&page));
        }
    }
    Ok(Exit::Clean)
}

fn rules(args: &Args, paths: &[PathBuf], out: &mut Output) -> Result<Exit, Failure> {
    let Some((program, model)) = Program::load_model(paths, &args.settings, out)? else {
        return Ok(Exit::Usage);
    };
    let chosen = chosen(&model, args.rule.as_deref())?;
    let places = program.places();
    // A program that does not fit into tables can be explained all the same; `compile` says why it does not fit.
    let lowered = lower(&model, Part::Whole).ok();
    if args.format == Format::Json {
        let rules: Vec<Value> = chosen.iter().map(|id| rule_json(&model, *id, &places)).collect();
        let cost = lowered.map(|l| {
            json!({ "diagrams": l.worst_walks, "automata": l.stats.automata, "table_bytes": l.image.words().len() * 4 })
        });
        out.text(&json_text(
            &json!({ "version": 1, "target": model.target.to_string(), "rules": rules, "cost": cost }),
        ));
        return Ok(Exit::Clean);
    }
    let paint = Paint(out.color());
    for id in chosen {
        let text = rule(&model, id, &places, paint);
        out.line(&text);
    }
    match lowered {
        Some(l) => out.line(&format!(
            "cost of one event, at worst: {} walked, {} run over its texts; {} bytes of tables for {}",
            plural(l.worst_walks, "diagram"),
            plural(l.stats.automata, "automaton").replace("automatons", "automata"),
            l.image.words().len() * 4,
            plural(model.clauses().len(), "clause")
        )),
        None => out.line("the program does not fit into tables: `warmorc compile` says why"),
    }
    Ok(Exit::Clean)
}

/// The rules that are meant.
fn chosen(model: &Model, wanted: Option<&str>) -> Result<Vec<RuleId>, Failure> {
    let all = (0..model.rules.len() as u32).map(RuleId);
    let Some(wanted) = wanted else { return Ok(all.collect()) };
    let full = |id: &RuleId| Clause::new(model, ClauseRef::Rule(*id)).name;
    let found: Vec<RuleId> =
        all.clone().filter(|id| full(id) == wanted || model.rule(*id).label == wanted).collect();
    if found.is_empty() {
        let names: Vec<String> = all.map(|id| full(&id)).collect();
        let failure = Failure::new(format!("there is no rule `{wanted}`"));
        return Err(match nearest(wanted, names.iter().map(String::as_str)) {
            Some(name) => failure.help(format!("did you mean `{name}`?")),
            None => failure.help("without a name, all rules are shown"),
        });
    }
    Ok(found)
}

fn tier_text(tier: Tier) -> &'static str {
    match tier {
        Tier::Kernel => "K: the kernel can decide it, before the operation happens",
        Tier::Signal => "S: the kernel notices it; the process can be stopped after the fact",
        Tier::User => "U: only user space can decide it, after the event",
    }
}

/// The parts of a rule that have conditions.
fn parts<'a>(model: &'a Model, rule: &'a Rule) -> Vec<(&'static str, Vec<&'a Cond>)> {
    let scope = &model.policy(rule.policy).scope;
    let mut parts = vec![
        ("for", scope.subjects.iter().flatten().collect::<Vec<_>>()),
        ("for not", scope.except.iter().collect()),
        ("object", vec![&rule.object]),
        ("except", rule.except.iter().collect()),
        ("where", rule.condition.iter().collect()),
    ];
    parts.retain(|(_, conds)| !conds.is_empty());
    parts
}

fn rule(model: &Model, id: RuleId, places: &Places<'_>, paint: Paint) -> String {
    let rule = model.rule(id);
    let clause = Clause::new(model, ClauseRef::Rule(id));
    let mut text = format!("{}\n", paint.strong(&clause.line(places)));
    let mut row = |name: &str, value: &str| text.push_str(&format!("  {name:<8} {value}\n"));
    row(
        "actions",
        &rule.actions.iter().map(warmor_policy::schema::Action::name).collect::<Vec<_>>().join(", "),
    );
    let (tier, obstacle) = tier_of(model, rule);
    row("tier", tier_text(tier));
    if let Some((_, span)) = obstacle {
        row(
            "",
            &format!(
                "because of `{}` ({})",
                escape(span.text(places.source(span.file))),
                escape(&places.place(span).to_string())
            ),
        );
    }
    for (gap, span) in gaps_of(model, rule) {
        let what = if gap.is_unstopped() { "not enforced" } else { "not known" };
        let place = escape(&places.place(span).to_string());
        row("release", &format!("{what}: `{}` ({place})", escape(&gap.written(model))));
    }
    for (name, conds) in parts(model, rule) {
        for cond in conds {
            row(name, &meaning::condition(model, cond));
        }
    }
    let responses: Vec<&str> = rule.responses.names().collect();
    if !responses.is_empty() {
        row("then", &responses.join(", "));
    }
    if !rule.alert.is_empty() {
        row("alert", &escape(&rule.alert.join(", ")));
    }
    if let Some(because) = &rule.because {
        row("because", &escape(because));
    }
    if let Some(until) = rule.until {
        row("until", &until.to_string());
    }
    text
}

fn rule_json(model: &Model, id: RuleId, places: &Places<'_>) -> Value {
    let rule = model.rule(id);
    let (tier, obstacle) = tier_of(model, rule);
    let parts = parts(model, rule).into_iter().map(|(name, conds)| {
        (
            name.to_owned(),
            conds.iter().map(|c| meaning::condition(model, c).into()).collect::<Vec<Value>>().into(),
        )
    });
    let gaps = gaps_of(model, rule).into_iter().map(|(gap, span)| {
        json!({
            "what": if gap.is_unstopped() { "not_enforced" } else { "not_known" },
            "name": gap.written(model),
            "place": warmor_report::diagnostics::place(span, places),
        })
    });
    json!({
        "clause": Clause::new(model, ClauseRef::Rule(id)).json(places),
        "mode": mode_name(model.policy(rule.policy).mode),
        "actions": rule.actions.iter().map(warmor_policy::schema::Action::name).collect::<Vec<_>>(),
        "tier": tier.letter(),
        "obstacle": obstacle.map(|(_, span)| warmor_report::diagnostics::place(span, places)),
        "gaps": gaps.collect::<Vec<_>>(),
        "parts": Value::Object(parts.collect()),
        "responses": rule.responses.names().collect::<Vec<_>>(),
        "alert": rule.alert,
        "until": rule.until.map(|d| d.to_string()),
    })
}
