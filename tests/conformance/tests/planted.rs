//! In generated policies everything that was planted is found, and nothing else.

use warmor_compiler::check::{Options, check};
use warmor_compiler::diagnostics::{Style, render};
use warmor_compiler::model::{ClauseRef, Model};
use warmor_compiler::prove::{About, Budget, findings};
use warmor_compiler::resolve::Sources;
use warmor_tests::planted::planted;
use warmor_tests::rng::Rng;

fn label(model: &Model, about: About) -> String {
    match about {
        About::Clause(ClauseRef::Rule(id)) => {
            let rule = model.rule(id);
            format!("{}.{}", model.policy(rule.policy).name, rule.label)
        }
        other => format!("{other:?}"),
    }
}

#[test]
fn what_was_planted_is_found_and_nothing_else() {
    for seed in 0..40 {
        let planted = planted(&mut Rng::new(seed), 60, 20);
        let sources = Sources::single("planted.warmor", &planted.text);
        let checked = check(&sources, &Options::default());
        let errors = render(&sources, &checked.diagnostics, Style::Plain);
        let model = checked.model().unwrap_or_else(|| panic!("seed {seed}\n{errors}"));
        assert_eq!(model.rules.len(), planted.rules, "seed {seed}");
        let found = findings(model, &Budget::default());
        let mut codes: Vec<(&str, String)> =
            found.list.iter().map(|f| (f.diagnostic.code.id(), label(model, f.about))).collect();
        codes.sort_unstable();
        assert_eq!(codes, planted.findings, "seed {seed}\n{}", planted.text);
        assert_eq!(found.undecided, 0, "seed {seed}");
    }
}
