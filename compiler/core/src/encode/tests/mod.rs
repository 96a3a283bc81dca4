//! Parts of the encoding by themselves: what terms are worth, what is said of texts, what becomes of a problem as text.

mod terms;
mod texts;

use super::formula::Formula;
use super::search::Problem;
use crate::check::{Options, check};
use crate::resolve::Sources;

#[test]
fn a_problem_is_the_same_text_every_time_and_names_what_it_is_about() {
    let text = "policy p for any { mode prevent deny read /etc/shadow where process.uid != 0 }";
    let checked = check(&Sources::single("p.warmor", text), &Options::default());
    let model = checked.model().unwrap();
    let script = || Problem::new(Formula::muting_shrinks(model).negated()).smtlib();
    assert_eq!(script(), script());
    for name in ["|action|", "|path == /etc/shadow|", "|process.uid known|", "|p muted|", "|p also muted|"] {
        assert!(script().contains(&format!("(declare-const {name} ")), "{name} in {}", script());
    }
    assert!(script().starts_with("(set-logic QF_BV)\n") && script().ends_with("(check-sat)\n"));
}
