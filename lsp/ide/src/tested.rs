//! What becomes of a program's tests, as it is typed.

use crate::analysis::Analysis;
use warmor_compiler::diagnostics::Diagnostic;
use warmor_compiler::evaluate::{judge, unmet};
use warmor_compiler::span::Span;

/// What became of the tests of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tested {
    /// One for each test, in the model's order.
    pub results: Vec<TestResult>,
    /// What there is to say of expectations that are not met.
    pub(crate) unmet: Vec<Diagnostic>,
}

/// What became of one test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TestResult {
    /// Where the test is written.
    pub span: Span,
    /// How many expectations it has.
    pub expectations: usize,
    /// How many of them are not met.
    pub unmet: usize,
}

/// Runs all tests of a program on the reference evaluator. `None`: there is no program to test, or `is_late` said that nobody waits any more.
pub fn run_tests(analysis: &Analysis, is_late: &dyn Fn() -> bool) -> Option<Tested> {
    let model = analysis.checked().model()?;
    let ranked = model.clauses();
    let mut tested = Tested::default();
    for test in &model.tests {
        let before = tested.unmet.len();
        for expectation in &test.expectations {
            if is_late() {
                return None;
            }
            tested.unmet.extend(unmet(model, expectation, &judge(model, &ranked, expectation)));
        }
        let (expectations, unmet) = (test.expectations.len(), tested.unmet.len() - before);
        tested.results.push(TestResult { span: test.span, expectations, unmet });
    }
    Some(tested)
}
