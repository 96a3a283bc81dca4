//! `decide`: nanoseconds a decision, by number of rules.

use crate::measure::per_item;
use crate::peers::{Cedar, Regorus};
use crate::report::Report;
use crate::ruleset::{Request, RuleSet};
use anyhow::{Context as _, Result, ensure};
use warmor_compiler::evaluate::{self, Muted};
use warmor_compiler::lower::{Part, lower};
use warmor_compiler::model::Model;
use warmor_policy::event::{Event, encode};
use warmor_policy::image::Scratch;
use warmor_policy::verdict::{Decision, Effect};
use warmor_tests::wasm::{Wasm, engine};

const SEED: u64 = 2_026;
const REQUESTS: usize = 1_024;
const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];
/// Above this the peers take milliseconds a decision.
const LARGEST_FOR_PEERS: usize = 1_000;

/// Makes a rule set of a size, from a seed.
type Layout = fn(usize, u64) -> RuleSet;

/// A rule set in the form that Warmor's engines take, with its requests.
struct Case {
    model: Model,
    events: Vec<Event>,
    encoded: Vec<Vec<u8>>,
    /// What the reference says.
    allowed: Vec<bool>,
}

impl Case {
    fn new(rules: &RuleSet, requests: &[Request]) -> Result<Self> {
        let model = rules.model()?;
        let events: Vec<Event> = requests.iter().map(Request::event).collect();
        let encoded = events.iter().map(encode).collect::<Result<_, _>>()?;
        let allowed = events
            .iter()
            .map(|e| evaluate::decide(&model, e, &Muted::default()).enforced == Effect::Allow)
            .collect();
        Ok(Self { model, events, encoded, allowed })
    }

    fn tables(&self, report: &Report, case: &str) -> Result<()> {
        let image = lower(&self.model, Part::Whole)?.image;
        for (i, event) in self.encoded.iter().enumerate() {
            let allowed = image.decide(event)?.enforced == Effect::Allow;
            ensure!(
                allowed == self.allowed[i],
                "the tables disagree with the reference on request {i} of {case}"
            );
        }
        report.figure(case, per_item(self.encoded.len(), |i| image.decide(&self.encoded[i])), "ns");
        Ok(())
    }

    fn wasm(&self, report: &Report, case: &str) -> Result<()> {
        let mut wasm = Wasm::new(&engine(), &self.model)?;
        for (i, event) in self.encoded.iter().enumerate() {
            let decision = Decision::from_bits(wasm.decide(event)).context("the module gives no decision")?;
            let allowed = decision.enforced == Effect::Allow;
            ensure!(allowed == self.allowed[i], "WASM disagrees with the reference on request {i} of {case}");
        }
        // The event is copied into the module's memory each time.
        report.figure(case, per_item(self.encoded.len(), |i| wasm.decide(&self.encoded[i])), "ns");
        Ok(())
    }

    fn reference(&self, report: &Report, case: &str) {
        let none = Muted::default();
        // Whatever its number of rules, the reference has to be asked only often enough for a median.
        let asked = (self.events.len() * 10 / self.model.rules.len()).clamp(16, self.events.len());
        report.figure(case, per_item(asked, |i| evaluate::decide(&self.model, &self.events[i], &none)), "ns");
    }

    /// Rules that apply to a request, on average.
    fn applying(&self) -> Result<f64> {
        let image = lower(&self.model, Part::Whole)?.image;
        let mut scratch = Scratch::default();
        let mut sum = 0;
        for event in &self.encoded {
            sum += image.applying(event, &mut scratch)?.len();
        }
        Ok(sum as f64 / self.encoded.len() as f64)
    }
}

/// Runs the bench.
pub fn run(json: bool) -> Result<()> {
    let report = Report { bench: "decide", json };
    for size in SIZES {
        let rules = RuleSet::sparse(size, SEED);
        let requests = rules.requests(REQUESTS, SEED + 1);
        let case = Case::new(&rules, &requests)?;
        case.wasm(&report, &format!("wasm/{size}"))?;
        case.tables(&report, &format!("tables/{size}"))?;
        case.reference(&report, &format!("reference/{size}"));
        if size <= LARGEST_FOR_PEERS {
            peers(&report, size, &rules, &requests, &case.allowed)?;
        }
    }
    let layouts: [(&str, Layout); 2] = [("wide", RuleSet::wide), ("dense", RuleSet::dense)];
    for (layout, make) in layouts {
        for size in [10, 10_000] {
            let rules = make(size, SEED);
            let requests = rules.requests(REQUESTS, SEED + 1);
            let case = Case::new(&rules, &requests)?;
            report.figure(&format!("applying_{layout}/{size}"), case.applying()?, "rules");
            case.wasm(&report, &format!("wasm_{layout}/{size}"))?;
            case.tables(&report, &format!("tables_{layout}/{size}"))?;
        }
    }
    Ok(())
}

fn peers(
    report: &Report,
    size: usize,
    rules: &RuleSet,
    requests: &[Request],
    allowed: &[bool],
) -> Result<()> {
    let cedar = Cedar::new(rules, requests)?;
    let mut regorus = Regorus::new(rules, requests)?;
    for (i, expected) in allowed.iter().enumerate() {
        ensure!(cedar.allows(i) == *expected, "Cedar decides request {i} of {size} rules otherwise");
        ensure!(regorus.allows(i) == *expected, "Regorus decides request {i} of {size} rules otherwise");
    }
    let asked = (requests.len() * 10 / size).clamp(32, requests.len());
    report.figure(&format!("cedar/{size}"), per_item(asked, |i| cedar.allows(i)), "ns");
    report.figure(&format!("regorus/{size}"), per_item(asked, |i| regorus.allows(i)), "ns");
    Ok(())
}
