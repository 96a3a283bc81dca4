//! What is proved of the program, and what was found.

use crate::crossing::Js;
use crate::report::DiagnosticValue;
use crate::values::Range;
use crate::workspace::Workspace;
use serde::Serialize;
use tsify::Tsify;
use warmor_compiler::model::Model;
use warmor_compiler::prove::{self, witness};
use warmor_ide::Analysis;
use wasm_bindgen::prelude::wasm_bindgen;

/// An event that shows a finding. The reference evaluator says the same of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct WitnessValue {
    /// In one line, for people.
    pub text: String,
    /// As JSON, for `decide`.
    pub event: String,
    /// Whether it is denied.
    pub denied: bool,
    /// Whether the reported verdict is meant and not the enforced one.
    pub reported: bool,
    /// The event as a test of the language; not there where a test cannot give it.
    #[tsify(optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<String>,
}

/// Something that was found, proved or shown by an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct Finding {
    /// How it is told.
    pub diagnostic: DiagnosticValue,
    /// An event that shows it.
    #[tsify(optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<WitnessValue>,
    /// The clauses that together are the reason; none of them can be left out.
    pub because: Vec<Range>,
}

/// What is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum Proof {
    /// The program has errors: there is nothing to prove yet.
    Impossible,
    /// The prover was stopped. What it knows is kept; asked again, it goes on.
    Stopped,
    /// Everything that was found in exactly these texts.
    Done,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct Findings {
    /// How much is known.
    pub proof: Proof,
    /// What was found, by place.
    pub list: Vec<Finding>,
    /// Questions that the budget did not settle.
    pub undecided: u32,
}

impl Findings {
    fn none(proof: Proof) -> Self {
        Self { proof, list: Vec::new(), undecided: 0 }
    }
}

#[wasm_bindgen]
extern "C" {
    /// Something that says whether to stop.
    #[wasm_bindgen(typescript_type = "() => boolean")]
    pub type Stop;

    #[wasm_bindgen(method, js_name = call)]
    fn ask(this: &Stop, context: &wasm_bindgen::JsValue) -> bool;
}

#[wasm_bindgen]
impl Workspace {
    /// Looks for everything that there is to find in the program, until `stop` says so: it is asked every now and then. What the
    /// prover found out is kept, also over edits, so that asking again goes on where it stopped.
    pub fn prove(&mut self, stop: &Stop) -> Js<Findings> {
        Js(self.look(&|| stop.ask(&wasm_bindgen::JsValue::UNDEFINED)))
    }
}

impl Workspace {
    /// [`prove`](Self::prove), for Rust.
    pub fn look(&mut self, stop: &dyn Fn() -> bool) -> Findings {
        let mut analysis = self.analysis();
        if analysis.checked().model().is_none() {
            return Findings::none(Proof::Impossible);
        }
        // Its author said what is to come of some events: that is looked at before all events are.
        if analysis.tested().is_none() {
            let Some(tested) = warmor_ide::run_tests(&analysis, stop) else {
                return Findings::none(Proof::Stopped);
            };
            analysis = analysis.with_tests(tested);
            self.set_analysis(analysis.clone());
        }
        let Some(model) = analysis.checked().model() else { return Findings::none(Proof::Impossible) };
        let analysis = if analysis.findings().is_some() {
            analysis.clone()
        } else {
            let Some(found) = self.prover.look(model, stop) else { return Findings::none(Proof::Stopped) };
            let analysis = analysis.with_findings(found);
            self.set_analysis(analysis.clone());
            analysis
        };
        self.found(&analysis, model)
    }

    fn found(&self, analysis: &Analysis, model: &Model) -> Findings {
        let Some(found) = analysis.findings() else { return Findings::none(Proof::Impossible) };
        let judged = found.judged(&analysis.checked().lints);
        let mut list: Vec<Finding> = Vec::new();
        for said in &judged {
            let source = found.list.iter().find(|f| f.diagnostic.is_about(said));
            let because = source.map(|f| f.because.as_slice()).unwrap_or_default();
            list.push(Finding {
                diagnostic: self.diagnostic(
                    analysis,
                    said,
                    true,
                    warmor_ide::Reported { diagnostic: said, origin: warmor_ide::Origin::Proof }
                        .is_unnecessary(),
                ),
                witness: source.and_then(|f| f.witness.as_ref()).map(|w| witness_value(said, w)),
                because: because
                    .iter()
                    .map(|clause| self.range(analysis, crate::decide::clause_span(model, *clause)))
                    .collect(),
            });
        }
        list.sort_by(|a, b| {
            let place = |f: &Finding| (f.diagnostic.range.file.clone(), f.diagnostic.range.from);
            place(a).cmp(&place(b))
        });
        Findings { proof: Proof::Done, list, undecided: found.undecided as u32 }
    }
}

fn witness_value(said: &warmor_compiler::diagnostics::Diagnostic, shown: &prove::Witness) -> WitnessValue {
    let name = said.message.replace(['"', '\\'], "'");
    WitnessValue {
        text: witness::line(&shown.event),
        event: crate::decide::event_json(&shown.event),
        denied: shown.denied,
        reported: shown.reported,
        test: shown.test_block(&name),
    }
}
