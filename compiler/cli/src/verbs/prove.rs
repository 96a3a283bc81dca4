//! `warmorc prove`

use crate::files::write_bytes;
use crate::output::{Exit, Output};
use crate::program::{Input, Program};
use crate::prover::{self, Time};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use warmor_compiler::encode::{Answer, Formula, Problem, Witness};
use warmor_compiler::evaluate::{Muted, decide, explain};
use warmor_compiler::model::{AssertionKind, Model, PolicyId};
use warmor_compiler::span::Span;
use warmor_policy::event::json::AsJson;
use warmor_policy::verdict::Effect;
use warmor_report::{Clause, Failure, Paint, diagnostics, escape, json_text, plural, story};

/// Proves what a program asserts, or compares two programs, for all events
///
/// Of one program: every `assert`, that what is assumed is possible, and that muting policies never denies more. What does not
/// hold comes with an event that shows it. Ends with exit code 1 when something does not hold, and 3 when the time was too
/// short to know.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    input: Input,
    /// Proves that two programs decide alike, as enforced and as reported
    #[arg(long, num_args = 2, value_names = ["A", "B"], conflicts_with_all = ["paths", "stricter"])]
    equivalent: Option<Vec<PathBuf>>,
    /// Proves that A denies everything that B denies
    #[arg(long, num_args = 2, value_names = ["A", "B"], conflicts_with = "paths")]
    stricter: Option<Vec<PathBuf>>,
    /// Writes each problem with all that was learned about texts, so that another solver can check the answer: a problem that
    /// is `unsat` is proved
    #[arg(long, value_name = "FORM", value_enum)]
    emit: Option<Emit>,
    /// Where to write them
    #[arg(short, long, value_name = "FOLDER", requires = "emit", default_value = "proofs")]
    output: PathBuf,
    /// Seconds for one question to the solver
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    timeout: u32,
    /// Seconds for everything
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    total_timeout: u32,
    /// How the answers are printed
    #[arg(long, value_name = "FORMAT", default_value = "pretty", value_enum)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Emit {
    /// SMT-LIB 2 text, one file for each problem
    Smt2,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Pretty,
    /// One JSON object
    Json,
}

/// Something to be proved.
struct Statement<'m> {
    /// In a few words, for people.
    text: String,
    /// For tools, and the start of file names.
    kind: &'static str,
    span: Option<Span>,
    /// The formula for which an event is sought.
    sought: Formula<'m>,
    /// Whether there ought to be such an event.
    wanted: bool,
}

/// A statement with its answer.
struct Proved<'m> {
    statement: Statement<'m>,
    answer: Answer,
    /// The file with the problem.
    file: Option<PathBuf>,
}

/// How a statement came out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Holds,
    Fails,
    Open,
}

impl Proved<'_> {
    fn outcome(&self) -> Outcome {
        match (&self.answer, self.statement.wanted) {
            (Answer::Proved, false) | (Answer::Refuted(_), true) => Outcome::Holds,
            (Answer::Proved, true) | (Answer::Refuted(_), false) => Outcome::Fails,
            (Answer::Inconclusive(_), _) => Outcome::Open,
        }
    }

    /// The event that shows that it does not hold.
    fn witness(&self) -> Option<&Witness> {
        match &self.answer {
            Answer::Refuted(witness) if !self.statement.wanted => Some(witness),
            _ => None,
        }
    }
}

pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    let pair = args.equivalent.as_ref().or(args.stricter.as_ref());
    let programs: Vec<&[PathBuf]> = match pair {
        Some(pair) => pair.chunks(1).collect(),
        None => vec![&args.input.paths],
    };
    let mut loaded = Vec::new();
    for paths in programs {
        let Some(one) = Program::load_model(paths, &args.input.settings, out)? else {
            return Ok(Exit::Usage);
        };
        loaded.push(one);
    }
    let models: Vec<&Model> = loaded.iter().map(|(_, model)| model).collect();
    let statements = match (models.as_slice(), pair) {
        ([a, b], Some(names)) => vec![comparison(args.equivalent.is_some(), a, b, names)],
        _ => models.iter().flat_map(|model| statements(model)).collect(),
    };
    let now = Instant::now();
    let time = Time {
        query: Duration::from_secs(args.timeout.into()),
        end: now.checked_add(Duration::from_secs(args.total_timeout.into())).unwrap_or(now),
    };
    let mut answers = Vec::new();
    let progress = out.progress("proving");
    for (number, statement) in statements.into_iter().enumerate() {
        let mut problem = Problem::new(statement.sought.clone());
        let answer = prover::solve(&mut problem, time);
        let mut file = None;
        if args.emit.is_some() {
            let path = args.output.join(format!("{}-{}.smt2", number + 1, statement.kind));
            emit(&path, &statement, &answer, &problem)?;
            file = Some(path);
        }
        answers.push(Proved { statement, answer, file });
    }
    drop(progress);
    let solver = prover::name();
    match args.format {
        Format::Pretty => {
            let names = pair.map(Vec::as_slice).unwrap_or_default();
            out.text(&pretty(&loaded, names, &answers, &solver, Paint(out.color())));
        }
        Format::Json => out.text(&json_text(&json_of(&loaded, &answers, &solver))),
    }
    let any = |outcome| answers.iter().any(|a| a.outcome() == outcome);
    Ok(match () {
        () if any(Outcome::Fails) => Exit::Findings,
        () if any(Outcome::Open) => Exit::Inconclusive,
        () => Exit::Clean,
    })
}

fn comparison<'m>(alike: bool, a: &'m Model, b: &'m Model, names: &[PathBuf]) -> Statement<'m> {
    let [first, second] = [0, 1].map(|i| names.get(i).map(|n| shown(n)).unwrap_or_default());
    let (kind, text, formula) = if alike {
        ("equivalent", format!("{first} and {second} decide alike"), Formula::equivalent(a, b))
    } else {
        ("stricter", format!("{first} denies everything that {second} denies"), Formula::stricter(a, b))
    };
    Statement { text, kind, span: None, sought: formula.negated(), wanted: false }
}

fn shown(path: &Path) -> String {
    escape(&path.to_string_lossy())
}

fn statements(model: &Model) -> Vec<Statement<'_>> {
    let mut out = Vec::new();
    if let [first, ..] = model.assumptions.as_slice() {
        out.push(Statement {
            text: "what is assumed is possible".to_owned(),
            kind: "assumptions",
            span: Some(first.span),
            sought: Formula::assumptions_hold(model),
            wanted: true,
        });
    }
    out.extend(model.assertions.iter().map(|assertion| {
        let claim = match assertion.kind {
            AssertionKind::Never => "never",
            AssertionKind::Always => "always",
            AssertionKind::Only => "only",
        };
        let formula = Formula::assumptions(model).implies(Formula::assertion(model, assertion));
        Statement {
            text: format!("assert \"{}\" ({claim})", escape(&assertion.name)),
            kind: "assertion",
            span: Some(assertion.span),
            sought: formula.negated(),
            wanted: false,
        }
    }));
    out.push(Statement {
        text: "muting policies never denies more".to_owned(),
        kind: "muting",
        span: None,
        sought: Formula::muting_shrinks(model).negated(),
        wanted: false,
    });
    out
}

fn emit(
    path: &Path,
    statement: &Statement<'_>,
    answer: &Answer,
    problem: &Problem<'_>,
) -> Result<(), Failure> {
    let status = match answer {
        Answer::Proved => "unsat",
        Answer::Refuted(_) => "sat",
        Answer::Inconclusive(_) => "unknown",
    };
    let text = format!(
        "; {}\n; {} lemmas about texts were learned\n(set-info :status {status})\n{}",
        statement.text,
        problem.learned(),
        problem.smtlib()
    );
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .map_err(|e| Failure::new(format!("cannot make `{}`: {e}", folder.display())))?;
    }
    write_bytes(path, text.as_bytes())
}

fn pretty(
    programs: &[(Program, Model)],
    names: &[PathBuf],
    answers: &[Proved<'_>],
    solver: &str,
    paint: Paint,
) -> String {
    let mut text = String::new();
    for proved in answers {
        let word = match proved.outcome() {
            Outcome::Holds => paint.good("proved"),
            Outcome::Fails => paint.bad("refuted"),
            Outcome::Open => paint.warn("not known"),
        };
        let place = match (proved.statement.span, programs) {
            (Some(span), [(program, _), ..]) => {
                format!(" ({})", escape(&program.places().place(span).to_string()))
            }
            _ => String::new(),
        };
        text.push_str(&format!("{word}: {}{place}\n", proved.statement.text));
        if let Some(witness) = proved.witness() {
            text.push_str(&format!("  {}\n", story::event(&witness.event)));
            for fact in story::processes(&witness.event) {
                text.push_str(&format!("    {fact}\n"));
            }
            for (number, (program, model)) in programs.iter().enumerate() {
                let name = names.get(number).map_or(String::new(), |n| format!("{}: ", shown(n)));
                text.push_str(&format!("  {name}{}", told(program, model, witness, number)));
            }
        }
        match &proved.answer {
            Answer::Inconclusive(cause) => text.push_str(&format!("  {}\n", escape(&cause.to_string()))),
            Answer::Proved if proved.statement.wanted => text.push_str("  no event fits all of it\n"),
            _ => {}
        }
        if let Some(file) = &proved.file {
            text.push_str(&format!("  {}\n", shown(file)));
        }
    }
    let count = |outcome| answers.iter().filter(|a| a.outcome() == outcome).count();
    text.push_str(&format!(
        "{}: {} proved, {} refuted, {} not known, by {}\n",
        plural(answers.len(), "statement"),
        count(Outcome::Holds),
        count(Outcome::Fails),
        count(Outcome::Open),
        escape(solver),
    ));
    text
}

/// What a program does to the witness, in the choice of muted policies that shows most.
fn told(program: &Program, model: &Model, witness: &Witness, number: usize) -> String {
    let chosen: Vec<PolicyId> = witness.muted.get(number).into_iter().flatten().flatten().copied().collect();
    let muted: Muted = chosen.iter().copied().collect();
    let trace = explain(model, &witness.event, &muted);
    let verdict = match (trace.decision.enforced, trace.decision.reported) {
        (Effect::Deny, _) => "denied",
        (Effect::Allow, Effect::Deny) => "allowed, and reported",
        (Effect::Allow, Effect::Allow) => "allowed",
    };
    let mut text = format!("{verdict}\n");
    if !chosen.is_empty() {
        let names: Vec<String> = chosen.iter().map(|p| escape(&model.policy(*p).name)).collect();
        text.push_str(&format!("    with {} muted\n", names.join(", ")));
    }
    for line in story::lines(model, &trace, &program.places(), false) {
        text.push_str(&format!("  {line}\n"));
    }
    text
}

fn json_of(programs: &[(Program, Model)], answers: &[Proved<'_>], solver: &str) -> Value {
    let statements = answers.iter().map(|proved| {
        let place = match (proved.statement.span, programs) {
            (Some(span), [(program, _), ..]) => diagnostics::place(span, &program.places()),
            _ => Value::Null,
        };
        let witness = proved.witness().map(|witness| {
            let decisions = programs.iter().enumerate().map(|(number, (program, model))| {
                let muted: Vec<PolicyId> =
                    witness.muted.get(number).into_iter().flatten().flatten().copied().collect();
                let decision = decide(model, &witness.event, &muted.iter().copied().collect());
                let deciding = decision.clause.and_then(|rank| model.clauses().get(rank.0 as usize).copied());
                let effect = |e| if e == Effect::Deny { "deny" } else { "allow" };
                json!({
                    "muted": muted.iter().map(|p| &model.policy(*p).name).collect::<Vec<_>>(),
                    "enforced": effect(decision.enforced),
                    "reported": effect(decision.reported),
                    "clause": deciding.map(|c| Clause::new(model, c).json(&program.places())),
                })
            });
            json!({
                "event": serde_json::to_value(AsJson(&witness.event)).unwrap_or_default(),
                "decisions": decisions.collect::<Vec<_>>(),
            })
        });
        let cause = match &proved.answer {
            Answer::Inconclusive(cause) => Some(cause.to_string()),
            _ => None,
        };
        json!({
            "kind": proved.statement.kind,
            "text": proved.statement.text,
            "place": place,
            "answer": match proved.outcome() {
                Outcome::Holds => "proved",
                Outcome::Fails => "refuted",
                Outcome::Open => "inconclusive",
            },
            "cause": cause,
            "witness": witness,
            "file": proved.file.as_ref().map(|f| f.display().to_string()),
        })
    });
    json!({ "version": 1, "solver": solver, "statements": statements.collect::<Vec<_>>() })
}
