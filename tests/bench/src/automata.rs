//! `automata`: size and time of what classifies paths, beside one automaton of all globs made without further thought.

use crate::measure::milliseconds;
use crate::report::Report;
use crate::ruleset::RuleSet;
use anyhow::Result;
use regex_automata::MatchKind;
use regex_automata::dfa::{StartKind, dense};
use regex_automata::util::syntax;
use warmor_compiler::lower::{Part, lower};

const SEED: u64 = 7;
const GLOBS: usize = 1_000;
/// The baseline grows with the square of the number of globs and worse; this many it can take.
const GLOBS_FOR_BASELINE: usize = 100;

/// Runs the bench.
pub fn run(json: bool) -> Result<()> {
    let report = Report { bench: "automata", json };
    for count in [GLOBS_FOR_BASELINE, GLOBS] {
        let rules = RuleSet::globs(count, SEED);
        let model = rules.model()?;
        let lowered = lower(&model, Part::Whole)?;
        report.figure(&format!("bytes/{count}"), lowered.stats.automaton_bytes as f64, "bytes");
        report.figure(&format!("image_bytes/{count}"), 4.0 * lowered.image.words().len() as f64, "bytes");
        report.figure(&format!("build_ms/{count}"), milliseconds(|| lower(&model, Part::Whole)), "ms");
    }
    let globs: Vec<String> = RuleSet::globs(GLOBS_FOR_BASELINE, SEED)
        .policies
        .iter()
        .flat_map(|p| p.rules.iter().map(|r| expression(&r.pattern.glob())))
        .collect();
    let naive = || {
        dense::Builder::new()
            .configure(dense::Config::new().match_kind(MatchKind::All).start_kind(StartKind::Anchored))
            .syntax(syntax::Config::new().unicode(false).utf8(false))
            .build_many(&globs)
            .map_err(Box::new)
    };
    let bytes = naive()?.memory_usage();
    report.figure(&format!("naive_bytes/{GLOBS_FOR_BASELINE}"), bytes as f64, "bytes");
    report.figure(&format!("naive_build_ms/{GLOBS_FOR_BASELINE}"), milliseconds(naive), "ms");
    Ok(())
}

/// A glob of [`Pattern`](crate::ruleset::Pattern) as a regular expression.
fn expression(glob: &str) -> String {
    let mut out = String::from("^");
    let mut rest = glob;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("/**/") {
            out.push_str("/(?:[^/]+/)*");
            rest = after;
        } else if rest == "/**" {
            out.push_str("/.+");
            rest = "";
        } else {
            match c {
                '*' => out.push_str("[^/]*"),
                '.' => out.push_str("\\."),
                c => out.push(c),
            }
            rest = &rest[1..];
        }
    }
    out + "$"
}
