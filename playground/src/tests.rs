//! The tests of the program, with what came of each expectation.

use crate::crossing::Js;
use crate::decide::{ClauseValue, DecisionValue};
use crate::values::Range;
use crate::workspace::Workspace;
use serde::Serialize;
use tsify::Tsify;
use warmor_compiler::evaluate::{Muted, decide_operation};
use warmor_compiler::model::ClauseRef;
use warmor_compiler::resolve::Origin;
use warmor_compiler::span::Span;
use warmor_ide::Analysis;
use warmor_policy::event::json::AsJson;
use warmor_report::Places;
use warmor_report::tests::{Runner, written};
use wasm_bindgen::prelude::wasm_bindgen;

/// An expectation of a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct ExpectationValue {
    /// As it is written, in one line.
    pub text: String,
    /// Where.
    pub range: Range,
    /// Its events as JSON, for `decide`.
    pub events: String,
    /// Whether it is to be denied.
    pub deny: bool,
    /// Whether it speaks of the reported verdict rather than the enforced one.
    pub reported: bool,
    /// What came of it.
    pub decision: DecisionValue,
    /// Whether that is what was expected.
    pub met: bool,
    /// What happened instead; not there if it is met.
    #[tsify(optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Why, in lines for people; empty if it is met.
    pub details: Vec<String>,
}

/// A test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct TestValue {
    /// Its name.
    pub name: String,
    /// Where it is written.
    pub range: Range,
    /// Whether all expectations are met.
    pub passed: bool,
    /// What it expects, in order.
    pub expectations: Vec<ExpectationValue>,
}

/// What a clause had to do with the tests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct CoverageValue {
    /// The clause.
    pub clause: ClauseValue,
    /// Whether it applied to some event of a test.
    pub applied: bool,
    /// Whether it decided one.
    pub decided: bool,
}

/// What came of all tests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct TestsValue {
    /// Whether the program has errors: then nothing was run.
    pub errors: bool,
    /// The tests, in the order of files and texts.
    pub tests: Vec<TestValue>,
    /// The clauses of the program's own files, by rank.
    pub coverage: Vec<CoverageValue>,
}

#[wasm_bindgen]
impl Workspace {
    /// Runs all tests of the program, on the reference evaluator.
    pub fn tests(&mut self) -> Js<TestsValue> {
        let analysis = self.analysis();
        let Some(model) = analysis.checked().model() else {
            return Js(TestsValue { errors: true, tests: Vec::new(), coverage: Vec::new() });
        };
        let places = Places::new(analysis.sources());
        let mut runner = Runner::new(model, &places);
        let ranked = model.clauses();
        let mut tests = Vec::new();
        for test in &model.tests {
            let outcome = runner.run(test);
            let expectations = test.expectations.iter().map(|e| {
                let broken = outcome.failures.iter().find(|b| std::ptr::eq(b.expectation, e));
                let decision = decide_operation(model, &e.events, &Muted::none());
                let deciding = decision.clause.and_then(|rank| ranked.get(rank.0 as usize)).copied();
                let events: Vec<AsJson<'_>> = e.events.iter().map(AsJson).collect();
                ExpectationValue {
                    text: written(e, &places),
                    range: self.range(&analysis, e.span),
                    events: serde_json::to_string(&events).unwrap_or_default(),
                    deny: e.deny,
                    reported: e.reported,
                    decision: self.decision(&analysis, model, &decision, deciding),
                    met: broken.is_none(),
                    message: broken.map(|b| b.message.clone()),
                    details: broken.map(|b| b.details.clone()).unwrap_or_default(),
                }
            });
            tests.push(TestValue {
                name: test.name.clone(),
                range: self.range(&analysis, test.span),
                expectations: expectations.collect(),
                passed: outcome.passed(),
            });
        }
        let covered = runner.coverage();
        let own = ranked.iter().filter(|c| is_own(&analysis, crate::decide::clause_span(model, **c)));
        let coverage = own.map(|clause: &ClauseRef| CoverageValue {
            clause: self.clause(&analysis, model, *clause),
            applied: covered.applied.contains(clause),
            decided: covered.decided.contains(clause),
        });
        Js(TestsValue { errors: false, coverage: coverage.collect(), tests })
    }
}

fn is_own(analysis: &Analysis, span: Span) -> bool {
    analysis.file(span.file).is_some_and(|f| f.origin != Origin::Standard)
}
