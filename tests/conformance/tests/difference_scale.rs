//! Differences of large programs are known to the last event, for an amount of work that is bounded: steps are counted, not seconds.

use warmor_compiler::check::{Options, check};
use warmor_compiler::difference::{Change, Difference, State, difference};
use warmor_compiler::model::{ClauseRef, Mode, Model};
use warmor_compiler::prove::Budget;
use warmor_compiler::resolve::Sources;
use warmor_tests::planted::planted;
use warmor_tests::rng::Rng;

const SEED: u64 = 2_026;

fn model(text: &str) -> Model {
    check(&Sources::single("scale.warmor", text), &Options::default()).into_model().expect("it checks")
}

fn flip(model: &mut Model, policy: usize) {
    let mode = &mut model.policies[policy].mode;
    *mode = if *mode == Mode::Prevent { Mode::Detect } else { Mode::Prevent };
}

fn known(old: &Model, new: &Model, most: u64) -> Difference {
    let d = difference(old, new, Budget::default());
    assert!(d.open.is_empty(), "{:?}", d.open);
    assert!(d.steps <= most, "{} steps", d.steps);
    d
}

#[test]
fn an_edit_of_one_rule_of_a_thousand_costs_what_its_rule_costs() {
    let text = planted(&mut Rng::new(SEED), 1_000, 100).text;
    let old = model(&text);
    let lines: Vec<&str> = text.lines().collect();
    let is_rule = |at: &usize| lines[*at].starts_with("  g") && !lines[*at].contains(" where ");
    let rules: Vec<usize> = (0..lines.len()).filter(is_rule).collect();
    let mut changed = 0;
    for edit in 0..12 {
        let mut lines: Vec<String> = lines.iter().map(|&line| line.to_owned()).collect();
        let at = rules[edit * 7919 % rules.len()];
        match edit % 3 {
            0 => drop(lines.remove(at)),
            1 => lines[at].push_str(" where process.uid >= 1000"),
            _ => lines[at] = lines[at].replace("/srv/", "/mnt/").replace(" tcp ", " udp "),
        }
        let d = known(&old, &model(&lines.join("\n")), 200_000);
        assert_eq!(d.edits.len(), 1, "{:?}", d.edits);
        changed += usize::from(!d.groups.is_empty());
    }
    assert!(changed > 4, "{changed}");
}

#[test]
fn a_policy_of_a_hundred_rules_that_changes_its_mode_is_known_to_the_last_event() {
    let old = model(&planted(&mut Rng::new(SEED), 1_000, 100).text);
    for policy in [0, old.policies.len() / 2] {
        let mut new = old.clone();
        flip(&mut new, policy);
        let d = known(&old, &new, 20_000_000);
        // Each rule of the policy is an edit, and what is denied is reported from now on.
        let own = |c: Option<ClauseRef>| matches!(c, Some(ClauseRef::Rule(id)) if old.rule(id).policy.0 as usize == policy);
        let rules = old.rules.iter().filter(|r| r.policy.0 as usize == policy).count();
        assert_eq!(d.edits.iter().filter(|(e, _)| own(e.before())).count(), rules);
        let reported = |c: &Change| match c {
            Change::Verdict { old, new } => old.state == State::Enforced && new.state == State::Reported,
            _ => false,
        };
        assert!(d.groups.iter().any(|g| reported(&g.change)), "{:#?}", d.groups);
        assert!(d.widens());
    }
}

#[test]
fn all_policies_can_change_their_modes_at_once() {
    let old = model(&planted(&mut Rng::new(SEED), 300, 100).text);
    let mut new = old.clone();
    (0..old.policies.len()).for_each(|policy| flip(&mut new, policy));
    let d = known(&old, &new, 60_000_000);
    assert!(d.groups.len() > 100, "{}", d.groups.len());
}

/// What the budget does not settle is said, and nothing more is spent.
#[test]
fn a_budget_bounds_the_work_and_what_is_left_open_is_said() {
    let old = model(&planted(&mut Rng::new(SEED), 300, 100).text);
    let mut new = old.clone();
    (0..old.policies.len()).for_each(|policy| flip(&mut new, policy));
    for total in [0, 1_000, 100_000] {
        let d = difference(&old, &new, Budget { total, ..Budget::default() });
        assert!(d.steps <= total, "{} of {total} steps", d.steps);
        assert!(!d.open.is_empty() && !d.is_none(), "{total}");
    }
}
