//! `compile`: from text to what is loaded, beside what it takes the peers to read the same rules.

use crate::measure::milliseconds;
use crate::peers::{cedar_schema, cedar_text, rego_text};
use crate::report::Report;
use crate::ruleset::RuleSet;
use anyhow::{Result, ensure};
use cedar_policy::{PolicySet, ValidationMode, Validator};
use std::str::FromStr as _;
use warmor_compiler::artifact::build;
use warmor_compiler::check::{Options, check};
use warmor_compiler::lower::{Lowered, Part, lower};
use warmor_compiler::resolve::Sources;

const SEED: u64 = 2_026;
const RULES: usize = 1_000;

fn load(text: &str) -> Result<Lowered> {
    let checked = check(&Sources::single("bench.warmor", text), &Options::default());
    ensure!(!checked.has_errors(), "the rules do not check");
    Ok(lower(&checked.partial, Part::Whole)?)
}

/// From text to the bytes that are signed.
fn artifact(text: &str) -> Result<usize> {
    let sources = Sources::single("bench.warmor", text);
    let checked = check(&sources, &Options::default());
    ensure!(!checked.has_errors(), "the rules do not check");
    Ok(build(&sources, &checked.partial)?.bytes.len())
}

/// Runs the bench.
pub fn run(json: bool) -> Result<()> {
    let report = Report { bench: "compile", json };
    let rules = RuleSet::sparse(RULES, SEED);
    let text = rules.warmor();
    ensure!(rules.policies.len() == 100);
    let parse = || warmor_compiler::syntax::parse(&text, warmor_compiler::span::FileId(0));
    report.figure("parse/1000", milliseconds(parse), "ms");
    let checked = || check(&Sources::single("bench.warmor", &text), &Options::default());
    report.figure("check/1000", milliseconds(checked), "ms");
    load(&text)?;
    report.figure("load/100policies", milliseconds(|| load(&text)), "ms");

    for size in [RULES, 10 * RULES] {
        let text = RuleSet::sparse(size, SEED).warmor();
        artifact(&text)?;
        report.figure(&format!("artifact/{size}"), milliseconds(|| artifact(&text)), "ms");
    }

    let cedar = cedar_text(&rules);
    report.figure("cedar_parse/1000", milliseconds(|| PolicySet::from_str(&cedar).ok()), "ms");
    let policies = PolicySet::from_str(&cedar)?;
    let validator = Validator::new(cedar_schema()?);
    ensure!(
        validator.validate(&policies, ValidationMode::Strict).validation_passed(),
        "Cedar does not validate"
    );
    let validate = || validator.validate(&policies, ValidationMode::Strict);
    report.figure("cedar_validate/1000", milliseconds(validate), "ms");
    let rego = rego_text(&rules);
    let parse = || regorus::Engine::new().add_policy("bench.rego".into(), rego.clone());
    report.figure("regorus_parse/1000", milliseconds(parse), "ms");
    Ok(())
}
