//! In generated policies everything that was planted is found, and nothing else.

use std::collections::BTreeMap;
use warmor_compiler::check::{Options, check};
use warmor_compiler::diagnostics::{Style, render};
use warmor_compiler::prove::{Budget, findings};
use warmor_compiler::resolve::Sources;
use warmor_tests::planted::{planted, told};
use warmor_tests::rng::Rng;

#[test]
fn what_was_planted_is_found_and_nothing_else() {
    let mut codes: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 0..60 {
        let planted = planted(&mut Rng::new(seed), 60, 20);
        let sources = Sources::single("planted.warmor", &planted.text);
        let checked = check(&sources, &Options::default());
        let errors = render(&sources, &checked.diagnostics, Style::Plain);
        let model = checked.model().unwrap_or_else(|| panic!("seed {seed}\n{errors}"));
        assert_eq!(model.rules.len(), planted.rules, "seed {seed}");
        let found = findings(model, &Budget::default());
        assert_eq!(told(model, &found), planted.findings, "seed {seed}\n{}", planted.text);
        assert_eq!(found.undecided, 0, "seed {seed}");
        for (code, _) in &planted.findings {
            *codes.entry(code).or_default() += 1;
        }
    }
    let known = ["E0801", "W0301", "W0302", "W0303", "W0304", "W0305", "W0306", "W0307", "W0308", "W0309"];
    let more = ["W0310", "W0311"];
    assert_eq!(codes.keys().copied().collect::<Vec<_>>(), [&known[..], &more[..]].concat(), "{codes:?}");
}
