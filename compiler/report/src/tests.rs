//! What becomes of the tests that a program has.

use crate::places::Places;
use crate::story;
use crate::text::escape;
use std::collections::BTreeSet;
use warmor_compiler::evaluate::{Judged, Muted, Trace, applying, explain, judge};
use warmor_compiler::model::{ClauseRef, Expectation, Model, Test};

/// A test with what became of its expectations.
#[derive(Debug)]
pub struct Outcome<'a> {
    /// The test.
    pub test: &'a Test,
    /// The expectations that were not met.
    pub failures: Vec<Broken<'a>>,
}

impl Outcome<'_> {
    /// Whether all expectations were met.
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

/// An expectation that was not met.
#[derive(Debug)]
pub struct Broken<'a> {
    /// The expectation.
    pub expectation: &'a Expectation,
    /// What happened instead, in a line.
    pub message: String,
    /// The clauses that did it.
    pub deciding: Vec<ClauseRef>,
    /// Why, for each event.
    pub details: Vec<String>,
}

/// Which clauses the tests exercised.
#[derive(Debug, Default)]
pub struct Coverage {
    /// They applied to some event.
    pub applied: BTreeSet<ClauseRef>,
    /// They decided some event.
    pub decided: BTreeSet<ClauseRef>,
}

/// Runs tests of one program on the reference evaluator.
pub struct Runner<'a> {
    model: &'a Model,
    places: &'a Places<'a>,
    ranked: Vec<ClauseRef>,
    coverage: Coverage,
}

impl<'a> Runner<'a> {
    /// Nothing is run yet.
    pub fn new(model: &'a Model, places: &'a Places<'a>) -> Self {
        Self { model, places, ranked: model.clauses(), coverage: Coverage::default() }
    }

    /// Runs a test of the program.
    pub fn run(&mut self, test: &'a Test) -> Outcome<'a> {
        Outcome { test, failures: test.expectations.iter().filter_map(|e| self.check(e)).collect() }
    }

    /// What the tests that were run exercised.
    pub fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    /// What is wrong with an expectation, if it is not met.
    fn check(&mut self, expectation: &'a Expectation) -> Option<Broken<'a>> {
        let model = self.model;
        let Judged { decisions, deciding, instead } = judge(model, &self.ranked, expectation);
        for (event, decision) in expectation.events.iter().zip(&decisions) {
            self.coverage.applied.extend(applying(model, event));
            self.coverage.decided.extend(decision.clause.and_then(|rank| self.ranked.get(rank.0 as usize)));
        }
        let message = instead?;
        let nothing = Muted::none();
        let traces: Vec<Trace> = expectation.events.iter().map(|e| explain(model, e, &nothing)).collect();
        let mut details = Vec::new();
        for (event, trace) in expectation.events.iter().zip(&traces) {
            details.push(story::event(event));
            details.extend(story::lines(model, trace, self.places, false));
        }
        Some(Broken { expectation, message, deciding, details })
    }
}

/// The expectation as it is written, in one line.
pub fn written(expectation: &Expectation, places: &Places<'_>) -> String {
    let text = expectation.span.text(places.source(expectation.span.file));
    escape(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}
