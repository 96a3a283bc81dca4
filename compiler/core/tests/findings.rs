//! Each finding of the prover by three policies: one that has it, the same one mended, and one that comes near and must stay silent.
//! What a reader sees of the first is a snapshot.

use std::path::Path;
use warmor_compiler::check::{Options, check};
use warmor_compiler::diagnostics::{Diagnostic, Style, render};
use warmor_compiler::evaluate::{Muted, decide};
use warmor_compiler::prove::{Budget, Findings, findings};
use warmor_compiler::resolve::Sources;
use warmor_policy::verdict::Effect;

/// The case, the code that it shows.
const CASES: &[(&str, &str)] = &[
    ("broken_claim", "E0801"),
    ("conflict", "W0305"),
    ("contradictory_assumption", "E0802"),
    ("dead_allow", "W0301"),
    ("escape", "W0308"),
    ("half_posture", "W0311"),
    ("idle_allow", "W0307"),
    ("impossible_rule", "W0304"),
    ("mode_clash", "W0309"),
    ("opened_default", "W0306"),
    ("redundant_allow", "W0302"),
    ("redundant_response", "W0302"),
    ("redundant_rule", "W0302"),
    ("response_clash", "W0310"),
    ("shadowed_deny", "W0303"),
];

fn run(case: &str, part: &str) -> (Sources, Vec<Diagnostic>, Findings) {
    let path = format!("{case}/{part}.warmor");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/findings").join(&path);
    let text = std::fs::read_to_string(file).expect("the case is there");
    let sources = Sources::single(&path, &text);
    let checked = check(&sources, &Options::default());
    let errors = render(&sources, &checked.diagnostics, Style::Plain);
    let model = checked.model().unwrap_or_else(|| panic!("{path} has errors\n{errors}"));
    let found = findings(model, &Budget::default());
    for finding in &found.list {
        if let Some(witness) = &finding.witness {
            let decision = decide(model, &witness.event, &Muted::none());
            let effect = if witness.reported { decision.reported } else { decision.enforced };
            assert_eq!(effect == Effect::Deny, witness.denied, "{path}: the witness is decided otherwise");
        }
    }
    assert_eq!(found.undecided, 0, "{path}");
    let judged = found.judged(&checked.lints);
    (sources, judged, found)
}

#[test]
fn each_finding_is_found_where_it_is_and_nowhere_near() {
    let mut wrong = Vec::new();
    for (case, code) in CASES {
        for (part, expected) in [("found", vec![*code]), ("fixed", vec![]), ("near_miss", vec![])] {
            let (sources, diagnostics, _) = run(case, part);
            let found: Vec<&str> = diagnostics.iter().map(|d| d.code.id()).collect();
            if found != expected {
                wrong.push(format!("{case}/{part}\n{}", render(&sources, &diagnostics, Style::Plain)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_the_reader_sees() {
    for (case, _) in CASES {
        let (sources, diagnostics, found) = run(case, "found");
        let mut text = render(&sources, &diagnostics, Style::Plain);
        for witness in found.list.iter().filter_map(|f| f.witness.as_ref()) {
            if let Some(test) = witness.test_block("witness") {
                text.push_str(&test);
            }
        }
        insta::assert_snapshot!(*case, text);
    }
}

#[test]
fn a_witness_as_a_test_passes() {
    for (case, _) in CASES {
        let (_, _, found) = run(case, "found");
        let path = format!("{case}/found.warmor");
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/findings").join(&path);
        let mut text = std::fs::read_to_string(file).expect("the case is there");
        let before = text.len();
        for (i, finding) in found.list.iter().enumerate() {
            if let Some(test) = finding.witness.as_ref().and_then(|w| w.test_block(&format!("witness {i}"))) {
                text.push_str(&test);
            }
        }
        if text.len() == before {
            continue;
        }
        let sources = Sources::single(&path, &text);
        let checked = check(&sources, &Options::default());
        let errors = render(&sources, &checked.diagnostics, Style::Plain);
        let model = checked.model().unwrap_or_else(|| panic!("{path}\n{text}\n{errors}"));
        for expectation in model.tests.iter().flat_map(|t| &t.expectations) {
            let denied = expectation.events.iter().any(|event| {
                let decision = decide(model, event, &Muted::none());
                let effect = if expectation.reported { decision.reported } else { decision.enforced };
                effect == Effect::Deny
            });
            assert_eq!(denied, expectation.deny, "{path}\n{text}");
        }
    }
}
