//! Decisions told: of a test, of the event that shows a finding.

use super::Shown;
use crate::analysis::{Analysis, Place};
use std::fmt::Write as _;
use warmor_compiler::diagnostics::Code;
use warmor_compiler::evaluate::{Muted, explain};
use warmor_compiler::model::Model;
use warmor_policy::event::Event;
use warmor_report::tests::{Runner, written};
use warmor_report::{Places, plural, story};

/// The test around a place, with all that it tries.
pub(super) fn test(analysis: &Analysis, place: Place) -> Result<Shown, String> {
    let model = &analysis.checked().partial;
    let around =
        |t: &&warmor_compiler::model::Test| t.span.file == place.file && t.span.touches(place.offset);
    let test = model.tests.iter().find(around).ok_or("there is no test here")?;
    let places = Places::new(analysis.sources());
    let outcome = Runner::new(model, &places).run(test);
    let mut text = format!("{}\n", test.name);
    for expectation in &test.expectations {
        let broken = outcome.failures.iter().find(|f| f.expectation.span == expectation.span);
        let state = broken.map_or("as expected".to_owned(), |b| format!("NOT as expected: {}", b.message));
        let _ = writeln!(text, "\n{}\n  {state}", written(expectation, &places));
        for event in &expectation.events {
            tell(model, event, &places, &mut text);
        }
    }
    let _ = writeln!(
        text,
        "\n{}, {} not met",
        plural(test.expectations.len(), "expectation"),
        outcome.failures.len()
    );
    Ok(Shown::text("test", text))
}

/// The event of a finding at a place.
pub(super) fn witness(analysis: &Analysis, code: Code, place: Place) -> Result<Shown, String> {
    let model = &analysis.checked().partial;
    let findings = analysis.findings().ok_or("the program is still being proved")?;
    let is_here = |span: warmor_compiler::span::Span| span.file == place.file && span.touches(place.offset);
    let found = findings.list.iter().find_map(|f| {
        let is_meant = f.diagnostic.code == code && is_here(f.diagnostic.span());
        is_meant.then_some((f, f.witness.as_ref()?))
    });
    let (found, witness) = found.ok_or("there is no such finding here any more")?;
    let places = Places::new(analysis.sources());
    let mut text = format!("{}: {}\n\n", code.id(), found.diagnostic.message);
    tell(model, &witness.event, &places, &mut text);
    if let Some(block) = witness.test_block(&found.diagnostic.message.replace(['"', '\\'], "'")) {
        let _ = write!(text, "\nAs a test:\n\n{block}");
    }
    Ok(Shown::text(format!("witness-{}", code.id()), text))
}

/// What the event is, and all that is said of it.
fn tell(model: &Model, event: &Event, places: &Places<'_>, text: &mut String) {
    let _ = writeln!(text, "  {}", story::event(event));
    for fact in story::processes(event) {
        let _ = writeln!(text, "    {fact}");
    }
    let trace = explain(model, event, &Muted::none());
    for line in story::lines(model, &trace, places, true) {
        let _ = writeln!(text, "  {line}");
    }
}
