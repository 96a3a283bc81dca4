//! `prove`: everything that there is to find in a program, in programs of which it is known.

use crate::measure::{milliseconds, once};
use crate::report::Report;
use anyhow::{Context as _, Result, bail, ensure};
use warmor_compiler::check::{Options, check};
use warmor_compiler::difference::difference;
use warmor_compiler::lower::{Part, lower};
use warmor_compiler::model::{Mode, Model};
use warmor_compiler::prove::{Budget, Findings, Prover, findings};
use warmor_compiler::resolve::Sources;
use warmor_compiler::validate::{DEFAULT_BUDGET, validate};
use warmor_tests::mutants::{Mutant, kinds, of_images, of_models};
use warmor_tests::planted::{planted, told};
use warmor_tests::rng::Rng;

const SEED: u64 = 2_026;
/// Rules of one policy of the large programs.
const PER_POLICY: usize = 100;
/// Programs of the corpus, each of four large policies, some small ones and one for everybody.
const PROGRAMS: u64 = 150;
/// Edits that are looked at.
const EDITS: usize = 60;

fn model(text: &str) -> Result<Model> {
    let checked = check(&Sources::single("bench.warmor", text), &Options::default());
    checked.into_model().ok().context("the planted rules do not check")
}

fn found(model: &Model) -> Findings {
    findings(model, &Budget::default())
}

/// Runs the bench.
pub fn run(json: bool) -> Result<()> {
    let report = Report { bench: "prove", json };
    for size in [100, 1_000, 10_000] {
        let planted = planted(&mut Rng::new(SEED), size, PER_POLICY);
        let model = model(&planted.text)?;
        if told(&model, &found(&model)) != planted.findings {
            bail!("of {size} rules other findings were found than were planted");
        }
        report.figure(&format!("findings/{size}"), milliseconds(|| found(&model)), "ms");
    }
    edits(&report)?;
    differences(&report)?;
    let (mut policies, mut expected, mut missed, mut wrong) = (0, 0, 0, 0);
    for seed in 0..PROGRAMS {
        let planted = planted(&mut Rng::new(seed), 80, 20);
        let model = model(&planted.text)?;
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
    tables(&report)
}

/// What is proved of tables, and which wrong ones are not.
fn tables(report: &Report) -> Result<()> {
    for size in [1_000, 10_000] {
        let model = model(&planted(&mut Rng::new(SEED), size, PER_POLICY).text)?;
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
    Ok(())
}

/// What an edit of one rule of a thousand changes, and a policy of a hundred of them that changes its mode.
fn differences(report: &Report) -> Result<()> {
    let planted = planted(&mut Rng::new(SEED), 1_000, PER_POLICY);
    let old = model(&planted.text)?;
    let mut times = Vec::new();
    for text in edited(&planted.text) {
        let Ok(new) = model(&text) else { continue };
        let (time, difference) = once(|| difference(&old, &new, Budget::default()));
        ensure!(difference.open.is_empty(), "an edit of one rule is not known: {:?}", difference.open);
        times.push(time);
    }
    times.sort_by(f64::total_cmp);
    report.figure("diff_one/1000", times[times.len() / 2], "ms");
    let mut new = old.clone();
    new.policies[0].mode = Mode::Detect;
    let change = || difference(&old, &new, Budget::default());
    ensure!(change().open.is_empty(), "a change of mode is not known");
    report.figure("diff_policy/1000", milliseconds(change), "ms");
    Ok(())
}

/// The text with one rule altered or dropped, each time another one.
fn edited(text: &str) -> impl Iterator<Item = String> {
    let lines: Vec<&str> = text.lines().collect();
    let rules = |at: &usize| lines[*at].starts_with("  g") && !lines[*at].contains(" where ");
    let rules: Vec<usize> = (0..lines.len()).filter(rules).collect();
    (0..EDITS).map(move |edit| {
        let mut lines: Vec<String> = lines.iter().map(|&line| line.to_owned()).collect();
        let at = rules[edit * 7919 % rules.len()];
        match edit % 3 {
            0 => drop(lines.remove(at)),
            1 => lines[at].push_str(" where process.uid >= 1000"),
            _ => lines[at] = lines[at].replace("/srv/", "/mnt/").replace(" tcp ", " udp "),
        }
        lines.join("\n")
    })
}

/// One rule of a thousand is altered or dropped, and the program looked at again. No edit is looked at twice.
fn edits(report: &Report) -> Result<()> {
    let planted = planted(&mut Rng::new(SEED), 1_000, PER_POLICY);
    let mut prover = Prover::new(Budget::default());
    prover.look(&model(&planted.text)?, &|| false).context("nobody cancelled")?;
    let (mut checks, mut looks) = (Vec::new(), Vec::new());
    for (edit, text) in edited(&planted.text).enumerate() {
        let (time, edited) = once(|| model(&text));
        // What an edit leaves may contradict itself: then there is nothing to prove.
        let Ok(edited) = edited else { continue };
        checks.push(time);
        let (time, again) = once(|| prover.look(&edited, &|| false));
        looks.push(time);
        let again = again.context("nobody cancelled")?;
        ensure!(told(&edited, &again) == told(&edited, &found(&edited)), "edit {edit} is seen otherwise");
    }
    ensure!(looks.len() > EDITS / 2, "{} edits of {EDITS}", looks.len());
    for (name, mut times) in [("edit/1000", looks), ("edit_check/1000", checks)] {
        times.sort_by(f64::total_cmp);
        report.figure(name, times[times.len() / 2], "ms");
    }
    Ok(())
}
