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

/// Named sets and templates with what uses them, in front of planted policies: an edit of one line changes rules elsewhere.
const SHARED: &str = "package planted

let kept = [/srv/kept/**, /srv/a0/g1/*]
let closed = [/srv/closed/**]
let nets = [10.200.0.0/16]

template tier(files: [Glob], peers: [Cidr] = nets) {
  t_files: allow read files
  t_peers: allow connect tcp to peers port 443
  t_closed: deny read closed
  t_kept: deny read /srv/kept/private/**
}

subject shared = process.exe in [/opt/shared/bin/main]
policy front for shared {
  mode prevent
  default deny read, mmap_exec, connect, send
  use tier(kept)
  own: allow read /srv/kept/own/**
  again: deny read closed
}
policy back for s0, shared {
  mode prevent
  use tier(closed, nets) without t_closed
  sets: deny read kept
}
";

/// Alters a named set, a template, or a use of one.
fn edit_shared(lines: &mut [String], rng: &mut Rng) {
    let edits: [(&str, &str, &[&str]); 8] = [
        ("let kept", "/srv/kept/", &["/srv/left/", "/srv/closed/"]),
        ("let closed", "/**", &["/*", "/**/x"]),
        ("let nets", "/16", &["/24", "/8"]),
        ("  t_files", "allow read", &["deny read", "audit read"]),
        ("  t_peers", "443", &["8443", "1-443"]),
        ("  t_kept", "/private/**", &["/**", "/x"]),
        ("  use tier(kept", "(kept)", &["(closed)", "(kept) without t_kept", "([/srv/**], [10.0.0.0/8])"]),
        ("  use tier(closed", " without t_closed", &["", " without t_peers"]),
    ];
    let (start, from, to) = *rng.pick(&edits);
    let to: &&str = rng.pick(to);
    if let Some(line) = lines.iter_mut().find(|line| line.starts_with(start)) {
        *line = line.replace(from, to);
    }
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
fn an_edit_of_a_set_or_a_template_is_seen_wherever_it_is_used() {
    let (mut seen, mut changes) = (0, 0);
    for seed in 0..10 {
        let mut rng = Rng::new(seed);
        let text = planted(&mut rng, 40, 20).text.replace("package planted\n", SHARED);
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut prover = Prover::new(Budget::default());
        let mut before = String::new();
        for _ in 0..12 {
            let kept = lines.clone();
            for _ in 0..=rng.below(2) {
                edit_shared(&mut lines, &mut rng);
            }
            if rng.one_in(3) {
                edit(&mut lines, &mut rng);
            }
            let text = lines.join("\n");
            let Some(model) = model(&text) else {
                lines = kept;
                continue;
            };
            same(seed, &mut prover, &model, &text);
            let found = format!("{:#?}", findings(&model, &Budget::default()).list);
            changes += usize::from(found != before);
            (seen, before) = (seen + 1, found);
        }
    }
    assert!(seen > 80 && changes > 40, "{seen} programs, {changes} of them with other findings than before");
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
