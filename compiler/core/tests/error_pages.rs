//! Every code has a page, and the page tells the truth: its wrong example gives exactly that code, its right one nothing.
//! What the reader of a terminal sees for each wrong example is a snapshot.

use std::collections::BTreeSet;
use warmor_compiler::artifact::build;
use warmor_compiler::check::{Checked, Options, check};
use warmor_compiler::date::Date;
use warmor_compiler::diagnostics::{Code, Style, render};
use warmor_compiler::evaluate::{judge, unmet};
use warmor_compiler::prove::{Budget, findings};
use warmor_compiler::resolve::{Origin, Sources};

/// An example of a page: the words after the fence, and the text.
struct Example<'p> {
    words: Vec<&'p str>,
    text: &'p str,
}

fn examples(page: &str) -> Vec<Example<'_>> {
    page.split("\n```")
        .skip(1)
        .step_by(2)
        .map(|block| {
            let (fence, text) = block.split_once('\n').expect("a fence ends with its line");
            Example { words: fence.split_whitespace().collect(), text }
        })
        .collect()
}

fn run(example: &Example<'_>) -> (Sources, Checked) {
    let mut sources = Sources::new();
    if example.words[0] == "toml" {
        sources.set("warmor.toml", example.text, Origin::Manifest);
        sources.set("example.warmor", "let secrets = [/etc/shadow]\n", Origin::Root);
    } else {
        sources.set("example.warmor", example.text, Origin::Root);
    }
    let mut options = Options { today: Some(Date { year: 2026, month: 6, day: 1 }), ..Options::default() };
    let mut budget = Budget::default();
    for word in &example.words[1..] {
        match word.split_once('=').expect("an option has a value") {
            ("set", pair) => {
                let (name, value) = pair.split_once('=').expect("a parameter has a value");
                options.params.insert(name.into(), value.into());
            }
            ("target", target) => options.target = target.parse().ok(),
            ("budget", steps) => budget.question = steps.parse().expect("a number of steps"),
            (other, _) => panic!("unknown option `{other}`"),
        }
    }
    let mut checked = check(&sources, &options);
    // What is right for the checker may still not fit into tables.
    let finding = checked.model().and_then(|model| build(&sources, model).err()).and_then(|e| e.diagnostic());
    let proved = checked.model().map(|model| findings(model, &budget).judged(&checked.lints));
    let tests = checked.model().map(|model| {
        let ranked = model.clauses();
        let expected = model.tests.iter().flat_map(|test| &test.expectations);
        expected.filter_map(|e| unmet(model, e, &judge(model, &ranked, e))).collect::<Vec<_>>()
    });
    checked.diagnostics.extend(tests.into_iter().flatten());
    checked.diagnostics.extend(finding);
    checked.diagnostics.extend(proved.into_iter().flatten());
    (sources, checked)
}

#[test]
fn every_page_tells_the_truth() {
    let mut wrong = Vec::new();
    for code in Code::ALL {
        let page = code.page();
        let heading = format!("# {}: {}\n", code.id(), code.title());
        if !page.starts_with(&heading) {
            wrong.push(format!("{code}: the page does not begin with its title"));
        }
        let examples = examples(page);
        let [bad, good] = examples.as_slice() else {
            wrong.push(format!("{code}: a page has two examples"));
            continue;
        };
        let (sources, checked) = run(bad);
        let found: BTreeSet<&str> = checked.diagnostics.iter().map(|d| d.code.id()).collect();
        if found != BTreeSet::from([code.id()]) {
            let shown = render(&sources, &checked.diagnostics, Style::Plain);
            wrong.push(format!("{code}: the wrong example gives {found:?}\n{shown}"));
        }
        let (sources, checked) = run(good);
        if !checked.diagnostics.is_empty() {
            wrong.push(format!(
                "{code}: the right example gives\n{}",
                render(&sources, &checked.diagnostics, Style::Plain)
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_page_has_a_code() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/errors");
    for entry in std::fs::read_dir(folder).expect("the pages are there").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some(id) = name.strip_suffix(".md").filter(|id| id.starts_with(['E', 'W'])) {
            assert!(Code::from_id(id).is_some(), "{name} explains a code that does not exist");
        }
    }
}

#[test]
fn what_the_reader_sees() {
    for code in Code::ALL {
        let Some(bad) = examples(code.page()).into_iter().next() else { continue };
        let (sources, checked) = run(&bad);
        let text = render(&sources, &checked.diagnostics, Style::Plain);
        insta::assert_snapshot!(code.id(), text);
    }
}
