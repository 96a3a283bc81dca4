//! What is found after an edit, by a prover that has seen the program before, is what is found in it at first sight.

use std::cell::Cell;
use warmor_compiler::check::{Options, check};
use warmor_compiler::model::Model;
use warmor_compiler::prove::{Budget, Prover, findings};
use warmor_compiler::resolve::Sources;
use warmor_tests::generate;
use warmor_tests::planted::planted;
use warmor_tests::rng::Rng;

fn model(text: &str) -> Option<Model> {
    check(&Sources::single("edited.warmor", text), &Options::default()).into_model().ok()
}

/// A line of the text that is a rule, by its number.
fn some_rule(lines: &[String], rng: &mut Rng) -> usize {
    loop {
        let at = rng.below(lines.len());
        if lines[at].starts_with("  ") && lines[at].contains(": ") {
            return at;
        }
    }
}

/// Drops, doubles, moves or alters a rule, or alters what other lines say.
fn edit(lines: &mut Vec<String>, rng: &mut Rng) {
    let at = some_rule(lines, rng);
    match rng.below(8) {
        0 => drop(lines.remove(at)),
        1 => {
            let (name, rest) = lines[at].split_once(": ").unwrap_or_default();
            let copy = format!("{name}_copy{}: {rest}", rng.below(1_000_000));
            let to = some_rule(lines, rng);
            lines.insert(to, copy);
        }
        2 => {
            let line = lines.remove(at);
            let to = some_rule(lines, rng);
            lines.insert(to, line);
        }
        3 => lines[at] = lines[at].replace("allow ", "deny "),
        4 => lines[at] = lines[at].replace("deny ", "allow "),
        5 => lines[at].push_str(" where process.uid >= 1000"),
        6 => {
            let to = *rng.pick(&["/x", "/[a-m]*", "/*", "/**"]);
            lines[at] = lines[at].replace("/**", to);
        }
        _ => {
            let subjects: Vec<usize> =
                (0..lines.len()).filter(|i| lines[*i].starts_with("subject ")).collect();
            let at = *rng.pick(&subjects);
            let to = *rng.pick(&["/{main,other}", "/*", "/main"]);
            lines[at] = lines[at].replace("/main", to);
        }
    }
}

fn same(seed: u64, prover: &mut Prover, model: &Model, text: &str) {
    let again = prover.look(model, &|| false).expect("nobody cancelled");
    let fresh = findings(model, &Budget::default());
    assert_eq!(format!("{:#?}", again.list), format!("{:#?}", fresh.list), "seed {seed}\n{text}");
    assert_eq!(again.undecided, fresh.undecided, "seed {seed}");
}

#[test]
fn an_edited_text_is_seen_as_if_for_the_first_time() {
    let mut edits = 0;
    for seed in 0..12 {
        let mut rng = Rng::new(seed);
        let text = planted(&mut rng, 60, 20).text;
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut prover = Prover::new(Budget::default());
        for _ in 0..12 {
            let before = lines.clone();
            for _ in 0..=rng.below(3) {
                edit(&mut lines, &mut rng);
            }
            let text = lines.join("\n");
            // Some edits contradict a label or a type: then there is nothing to prove.
            match model(&text) {
                Some(model) => same(seed, &mut prover, &model, &text),
                None => lines = before,
            }
            edits += 1;
        }
    }
    assert_eq!(edits, 144);
}

#[test]
fn other_programs_leave_nothing_behind() {
    // Random models have what planted ones have not: ancestors, arguments, relations, assumptions, unknown facts of all kinds.
    let mut prover = Prover::new(Budget::default());
    for seed in 0..60 {
        let model = generate::model(&mut Rng::new(seed), 4);
        same(seed, &mut prover, &model, "random");
    }
}

#[test]
fn a_look_can_be_cancelled_and_made_again() {
    let text = planted(&mut Rng::new(7), 60, 20).text;
    let model = model(&text).expect("it checks");
    let mut prover = Prover::new(Budget::default());
    let asked = Cell::new(0);
    let count = |limit| {
        move |asked: &Cell<u32>| {
            asked.set(asked.get() + 1);
            asked.get() > limit
        }
    };
    let mut stopped = 0;
    for limit in [0, 10, 100, 500] {
        asked.set(0);
        let limited = count(limit);
        stopped += u32::from(prover.look(&model, &|| limited(&asked)).is_none());
        assert!(asked.get() <= limit + 20, "{limit}: asked {} times", asked.get());
    }
    assert!(stopped >= 3, "{stopped}");
    same(7, &mut prover, &model, &text);
}
