//! `prove`, its second half: what Z3 takes for what the exact engine answers, and for what only it answers.

use crate::measure::{milliseconds, per_item};
use crate::report::Report;
use anyhow::{Context as _, Result, ensure};
use std::fmt::Write as _;
use warmor_compiler::check::{Options, check};
use warmor_compiler::encode::{Answer, Claimed, Formula};
use warmor_compiler::model::{ClauseRef, Model, RuleEffect, RuleId};
use warmor_compiler::prove::{Budget, findings};
use warmor_compiler::resolve::Sources;
use warmor_tests::rng::Rng;
use warmor_z3::prove;

const SEED: u64 = 2_026;
const ROOTS: [&str; 6] = ["/srv", "/var/lib", "/opt", "/usr/lib", "/etc", "/mnt/data"];
/// Rules of one policy.
const PER_POLICY: usize = 100;

/// How a rule is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spelling {
    /// What lies below a folder by one glob.
    Short,
    /// … by two: what is in the folder, and what lies below those.
    Long,
}

/// Objects that stand apart from each other by their folder: 40 % files, 30 % folders, 25 % stars, 5 % names anywhere.
fn object(rng: &mut Rng, number: usize, spelling: Spelling) -> String {
    let folder = format!("{}/app{number:05}", rng.pick(&ROOTS));
    match rng.below(100) {
        0..40 => format!("{folder}/conf/file{}.conf", rng.below(100)),
        40..70 if spelling == Spelling::Long => format!("{folder}/*, {folder}/*/**"),
        40..70 => format!("{folder}/**"),
        70..95 => format!("{folder}/log-*.log"),
        95..98 => format!("/**/key-{number}.pem"),
        _ => format!("/**/.git-{number}/**"),
    }
}

/// Rules about paths, in policies for an executable each. Every tenth denial is covered by the two after it together.
fn program(rules: usize, spelling: Spelling) -> String {
    let mut rng = Rng::new(SEED);
    let mut text = String::from("package bench\n");
    for policy in 0..rules.div_ceil(PER_POLICY) {
        let _ = writeln!(text, "subject s{policy} = process.exe in [/usr/bin/app{policy}]");
        let _ = writeln!(text, "policy p{policy} for s{policy} {{\n  mode prevent\n  default deny exec");
        for rule in policy * PER_POLICY..rules.min((policy + 1) * PER_POLICY) {
            let _ = match rule % 10 {
                0 => writeln!(text, "  deny write /shadow{rule}/**"),
                1 => writeln!(text, "  deny write /shadow{}/*", rule - 1),
                2 => writeln!(text, "  deny write /shadow{}/*/**", rule - 2),
                _ => {
                    let effect = if rng.one_in(3) { "deny read" } else { "allow exec" };
                    writeln!(text, "  {effect} {}", object(&mut rng, rule, spelling))
                }
            };
        }
        text += "}\n";
    }
    text
}

fn model(text: &str) -> Result<Model> {
    let checked = check(&Sources::single("bench.warmor", text), &Options::default());
    checked.model().cloned().context("the rules do not check")
}

/// Runs the bench.
pub fn run(json: bool) -> Result<()> {
    let report = Report { bench: "prove", json };
    let limits = warmor_z3::Budget::default();
    let one = model(&program(1_000, Spelling::Short))?;
    let found = findings(&one, &Budget::default());
    let claims: Vec<Claimed<'_>> = found.list.iter().filter_map(|f| Claimed::of(&one, f)).collect();
    ensure!(claims.len() >= 100, "{} findings", claims.len());
    let mut each: Vec<f64> =
        claims.iter().map(|c| per_item(1, |_| prove(c.formula.clone(), &limits)) / 1e6).collect();
    each.sort_by(f64::total_cmp);
    report.figure("confirm_each", each[each.len() / 2], "ms");
    report.figure("confirm_slowest", each[each.len() - 1], "ms");

    // Each rule against all others of its policy with its effect: what the exact engine does for all of them at once.
    let rules: Vec<ClauseRef> = (0..).map(|i| ClauseRef::Rule(RuleId(i))).take(one.rules.len()).collect();
    let policies: Vec<&[ClauseRef]> = rules.chunks(PER_POLICY).collect();
    let union = || {
        let covered = |of: &[ClauseRef], rule: &ClauseRef| {
            let effect = |c: &ClauseRef| match c {
                ClauseRef::Rule(id) => one.rule(*id).effect,
                _ => RuleEffect::Audit,
            };
            let rivals = of.iter().filter(|other| *other != rule && effect(other) == effect(rule));
            let others: Vec<ClauseRef> = rivals.copied().collect();
            prove(Formula::covered(&one, *rule, &others), &limits) == Answer::Proved
        };
        policies
            .iter()
            .map(|policy| policy.iter().filter(|rule| covered(policy, rule)).count())
            .sum::<usize>()
    };
    ensure!(union() >= 100, "{} of 100 planted unions", union());
    report.figure("z3_union/1000", milliseconds(union), "ms");

    let (short, long) = (model(&program(2_000, Spelling::Short))?, model(&program(2_000, Spelling::Long))?);
    for (case, other) in [("equivalence/2000", &short.clone()), ("equivalence_rewritten/2000", &long)] {
        let same = || prove(Formula::equivalent(&short, other), &limits);
        ensure!(same() == Answer::Proved, "{case}: {:?}", same());
        report.figure(case, milliseconds(same), "ms");
    }
    Ok(())
}
