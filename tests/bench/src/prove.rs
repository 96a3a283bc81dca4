//! `prove`: everything that there is to find in a program, in programs of which it is known.

use crate::measure::milliseconds;
use crate::report::Report;
use anyhow::{Context as _, Result, bail};
use warmor_compiler::check::{Options, check};
use warmor_compiler::lower::{Part, lower};
use warmor_compiler::model::Model;
use warmor_compiler::prove::{Budget, Findings, findings};
use warmor_compiler::resolve::Sources;
use warmor_compiler::validate::{DEFAULT_BUDGET, validate};
use warmor_tests::mutants::{Mutant, kinds, of_images, of_models};
use warmor_tests::planted::{Planted, planted, told};
use warmor_tests::rng::Rng;

const SEED: u64 = 2_026;
/// Rules of one policy of the large programs.
const PER_POLICY: usize = 100;
/// Programs of the corpus, each of four large policies, some small ones and one for everybody.
const PROGRAMS: u64 = 150;

fn model(planted: &Planted) -> Result<Model> {
    let checked = check(&Sources::single("bench.warmor", &planted.text), &Options::default());
    checked.model().cloned().context("the planted rules do not check")
}

fn found(model: &Model) -> Findings {
    findings(model, &Budget::default())
}

/// Runs the bench.
pub fn run(json: bool) -> Result<()> {
    let report = Report { bench: "prove", json };
    for size in [100, 1_000, 10_000] {
        let planted = planted(&mut Rng::new(SEED), size, PER_POLICY);
        let model = model(&planted)?;
        if told(&model, &found(&model)) != planted.findings {
            bail!("of {size} rules other findings were found than were planted");
        }
        report.figure(&format!("findings/{size}"), milliseconds(|| found(&model)), "ms");
    }
    for size in [1_000, 10_000] {
        let model = model(&planted(&mut Rng::new(SEED), size, PER_POLICY))?;
        let image = lower(&model, Part::Whole)?.image;
        let prove = || validate(&model, Part::Whole, &image, DEFAULT_BUDGET);
        if let Err(why) = prove() {
            bail!("the tables of {size} rules are not proved: {why}");
        }
        report.figure(&format!("validate/{size}"), milliseconds(prove), "ms");
    }
    let mutants: Vec<Mutant> = of_models().into_iter().chain(of_images()).collect();
    let caught = |m: &&Mutant| validate(&m.model, Part::Whole, &m.image, DEFAULT_BUDGET).is_err();
    report.figure("mutant_kinds", kinds().count() as f64, "kinds");
    report.figure("mutants", mutants.len() as f64, "mutants");
    report.figure("mutants_caught", mutants.iter().filter(caught).count() as f64, "mutants");
    let (mut policies, mut expected, mut missed, mut wrong) = (0, 0, 0, 0);
    for seed in 0..PROGRAMS {
        let planted = planted(&mut Rng::new(seed), 80, 20);
        let model = model(&planted)?;
        let told = told(&model, &found(&model));
        policies += model.policies.len();
        expected += planted.findings.len();
        missed += planted.findings.iter().filter(|f| !told.contains(f)).count();
        wrong += told.iter().filter(|f| !planted.findings.contains(f)).count();
    }
    report.figure("policies", policies as f64, "policies");
    report.figure("planted", expected as f64, "findings");
    report.figure("recall", 100.0 * (expected - missed) as f64 / expected as f64, "%");
    report.figure("false_findings", wrong as f64, "findings");
    Ok(())
}
