//! `warmorc test`

use crate::output::{Exit, Output, Progress};
use crate::program::{Input, Program};
use serde_json::json;
use warmor_compiler::model::{ClauseRef, Model, RuleId, Test};
use warmor_report::tests::{self, Coverage, Outcome, Runner};
use warmor_report::{Clause, Failure, Paint, Places, diagnostics, escape, json_text, plural};

/// Runs the test blocks of a program
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    input: Input,
    /// Runs only tests whose name contains this
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Says which rules no test exercises
    #[arg(long)]
    coverage: bool,
    /// How results are printed
    #[arg(long, value_name = "FORMAT", default_value = "pretty", value_enum)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Pretty,
    /// One JSON object
    Json,
    /// XML as `JUnit` writes it
    Junit,
    /// Workflow commands that put failures on the lines of a pull request
    Github,
}

pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    let Some((program, model)) = Program::load_model(&args.input.paths, &args.input.settings, out)? else {
        return Ok(Exit::Usage);
    };
    let places = program.places();
    let wanted = |t: &&Test| args.filter.as_ref().is_none_or(|f| t.name.contains(f.as_str()));
    let progress: Progress = out.progress("testing");
    let mut runner = Runner::new(&model, &places);
    let outcomes: Vec<Outcome<'_>> = model.tests.iter().filter(wanted).map(|t| runner.run(t)).collect();
    let coverage = runner.coverage();
    drop(progress);
    let failed = outcomes.iter().filter(|o| !o.passed()).count();
    let paint = Paint(out.color());
    let text = match args.format {
        Format::Pretty => pretty(args, &model, &outcomes, coverage, &places, paint),
        Format::Json => json_of(args, &model, &outcomes, coverage, &places),
        Format::Junit => junit(&model, &outcomes, &places),
        Format::Github => github(&outcomes, &places),
    };
    out.text(&text);
    if outcomes.is_empty() {
        out.error_text(match &args.filter {
            Some(_) => "there is no test with such a name\n",
            None => "there are no tests: write `test \"…\" { … }`\n",
        });
    }
    Ok(if failed > 0 { Exit::Findings } else { Exit::Clean })
}

fn pretty(
    args: &Args,
    model: &Model,
    outcomes: &[Outcome<'_>],
    coverage: &Coverage,
    places: &Places<'_>,
    paint: Paint,
) -> String {
    let mut text = String::new();
    for outcome in outcomes {
        let name = escape(&outcome.test.name);
        if outcome.passed() {
            let n = plural(outcome.test.expectations.len(), "expectation");
            text.push_str(&format!("{} {name} ({n})\n", paint.good("ok")));
            continue;
        }
        text.push_str(&format!("{} {name}\n", paint.bad("FAILED")));
        for failure in &outcome.failures {
            let at = escape(&places.place(failure.expectation.span).to_string());
            text.push_str(&format!(
                "  {}: {}\n",
                paint.faint(&at),
                tests::written(failure.expectation, places)
            ));
            text.push_str(&format!("    {}\n", paint.strong(&escape(&failure.message))));
            for line in &failure.details {
                text.push_str(&format!("    {line}\n"));
            }
        }
    }
    let failed = outcomes.iter().filter(|o| !o.passed()).count();
    let summary = format!("{} passed, {failed} failed", outcomes.len() - failed);
    text.push_str(&if failed > 0 { paint.bad(&summary) } else { summary });
    text.push('\n');
    if args.coverage {
        text.push_str(&coverage_text(model, coverage, places, paint));
    }
    text
}

/// Rules that the program itself writes; those of templates are counted apart, for nobody tests a library anew.
fn rules(model: &Model, of_templates: bool) -> impl Iterator<Item = ClauseRef> {
    let all = model.rules.iter().enumerate();
    all.filter(move |(_, r)| r.used_at.is_some() == of_templates)
        .map(|(i, _)| ClauseRef::Rule(RuleId(i as u32)))
}

/// How many of the rules some event applied, and how many there are.
fn exercised(model: &Model, coverage: &Coverage, of_templates: bool) -> (usize, usize) {
    let all: Vec<ClauseRef> = rules(model, of_templates).collect();
    (all.iter().filter(|c| coverage.applied.contains(c)).count(), all.len())
}

fn percent((part, whole): (usize, usize)) -> usize {
    (part * 100).checked_div(whole).unwrap_or(100)
}

fn coverage_text(model: &Model, coverage: &Coverage, places: &Places<'_>, paint: Paint) -> String {
    let own = exercised(model, coverage, false);
    let library = exercised(model, coverage, true);
    let mut text = format!(
        "\ncoverage: {} % ({} of {} applied in some expectation)\n",
        percent(own),
        own.0,
        plural(own.1, "rule")
    );
    let lists = [
        ("never applied", rules(model, false).filter(|c| !coverage.applied.contains(c)).collect::<Vec<_>>()),
        (
            "applied, never decided",
            rules(model, false)
                .filter(|c| coverage.applied.contains(c) && !coverage.decided.contains(c))
                .collect(),
        ),
    ];
    for (title, list) in lists {
        if !list.is_empty() {
            text.push_str(&format!("  {}:\n", paint.strong(title)));
            for clause in list {
                text.push_str(&format!("    {}\n", Clause::new(model, clause).line(places)));
            }
        }
    }
    if library.1 > 0 {
        text.push_str(&format!("  of templates: {} of {} applied\n", library.0, plural(library.1, "rule")));
    }
    text
}

fn json_of(
    args: &Args,
    model: &Model,
    outcomes: &[Outcome<'_>],
    coverage: &Coverage,
    places: &Places<'_>,
) -> String {
    let tests = outcomes.iter().map(|o| {
        let failures = o.failures.iter().map(|f| {
            json!({ "expectation": tests::written(f.expectation, places), "place": diagnostics::place(f.expectation.span, places),
                    "message": f.message, "details": f.details })
        });
        json!({
            "name": o.test.name,
            "place": diagnostics::place(o.test.span, places),
            "passed": o.passed(),
            "expectations": o.test.expectations.len(),
            "failures": failures.collect::<Vec<_>>(),
        })
    });
    let failed = outcomes.iter().filter(|o| !o.passed()).count();
    let mut whole = json!({
        "version": 1,
        "tests": tests.collect::<Vec<_>>(),
        "summary": { "passed": outcomes.len() - failed, "failed": failed },
    });
    if args.coverage {
        let own = exercised(model, coverage, false);
        let rules = rules(model, false).map(|c| {
            json!({ "clause": Clause::new(model, c).json(places), "applied": coverage.applied.contains(&c),
                    "decided": coverage.decided.contains(&c) })
        });
        whole["coverage"] = json!({ "percent": percent(own), "rules": rules.collect::<Vec<_>>() });
    }
    json_text(&whole)
}

fn github(outcomes: &[Outcome<'_>], places: &Places<'_>) -> String {
    let failures = outcomes.iter().flat_map(|o| o.failures.iter().map(move |f| (o.test, f)));
    failures
        .map(|(test, f)| {
            let message = format!("{}\n{}", f.message, f.details.join("\n"));
            diagnostics::annotation("error", &places.place(f.expectation.span), &test.name, &message)
        })
        .collect()
}

/// The XML that the Ant task of `JUnit` writes, as CI services read it. There are no times in it: the same run gives the same bytes.
fn junit(model: &Model, outcomes: &[Outcome<'_>], places: &Places<'_>) -> String {
    let failed = outcomes.iter().filter(|o| !o.passed()).count();
    let suite = xml(&model.package);
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let counts = format!("tests=\"{}\" failures=\"{failed}\" errors=\"0\" skipped=\"0\"", outcomes.len());
    text.push_str(&format!("<testsuites {counts}>\n  <testsuite name=\"{suite}\" {counts}>\n"));
    for outcome in outcomes {
        let place = places.place(outcome.test.span);
        text.push_str(&format!(
            "    <testcase classname=\"{suite}\" name=\"{}\" file=\"{}\" line=\"{}\"",
            xml(&outcome.test.name),
            xml(&place.path),
            place.start.0
        ));
        if outcome.passed() {
            text.push_str("/>\n");
            continue;
        }
        text.push_str(">\n");
        for f in &outcome.failures {
            let message = format!("{}: {}", tests::written(f.expectation, places), f.message);
            let at = places.place(f.expectation.span);
            text.push_str(&format!(
                "      <failure message=\"{}\">{}\n",
                xml(&message),
                xml(&at.to_string())
            ));
            for line in &f.details {
                text.push_str(&format!("{}\n", xml(line)));
            }
            text.push_str("</failure>\n");
        }
        text.push_str("    </testcase>\n");
    }
    text.push_str("  </testsuite>\n</testsuites>\n");
    text
}

/// Text for XML 1.0, which knows no control characters.
fn xml(text: &str) -> String {
    escape(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod laws {
    use super::*;

    #[test]
    fn xml_has_no_markup_and_no_control_characters() {
        assert_eq!(xml("a<b>&\"\u{1b}\n"), "a&lt;b&gt;&amp;&quot;\\u{1b}\\n");
    }

    #[test]
    fn of_no_rules_all_are_covered() {
        assert_eq!(percent((0, 0)), 100);
        assert_eq!(percent((2, 3)), 66);
    }
}
