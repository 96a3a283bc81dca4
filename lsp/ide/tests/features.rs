//! Every file below `data` is a case: the folder says which feature, the text what it is asked of, the snapshot what it answers.

mod fixture;

use fixture::Fixture;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use warmor_compiler::check::Options;
use warmor_compiler::prove::{Budget, Prover};
use warmor_ide::{Analysis, Origin, Outline};

macro_rules! features {
    ($($feature:ident)*) => {
        $(#[test] fn $feature() { cases(stringify!($feature)); })*

        #[test]
        fn every_folder_is_a_feature() {
            assert_eq!(names(&data()), [$(stringify!($feature)),*]);
        }
    };
}

features! { definition diagnostics format hover outline references }

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}

/// Tries all cases of a feature.
fn cases(feature: &str) {
    let folder = data().join(feature);
    for case in names(&folder) {
        let text = std::fs::read_to_string(folder.join(&case)).unwrap();
        let name = format!("{feature}_{}", case.trim_end_matches(".warmor"));
        let answer = answer(feature, &Fixture::read(&text));
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name, answer);
        });
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn answer(feature: &str, fixture: &Fixture) -> String {
    let analysis = Analysis::new(fixture.sources(), &Options::default());
    match feature {
        "hover" => each_cursor(fixture, &analysis, |place, out| match warmor_ide::hover(&analysis, place) {
            Some(hover) => {
                let _ = writeln!(out, "{}\n{}", fixture.shown(&analysis, hover.span), hover.markdown);
            }
            None => out.push_str("nothing\n"),
        }),
        "definition" => each_cursor(fixture, &analysis, |place, out| {
            for target in warmor_ide::definition(&analysis, place) {
                let (from, to) =
                    (fixture.shown(&analysis, target.from), fixture.shown(&analysis, target.name));
                let _ = writeln!(out, "{from} -> {to}");
            }
        }),
        "references" => each_cursor(fixture, &analysis, |place, out| {
            for found in warmor_ide::references(&analysis, place) {
                let _ = writeln!(out, "{:?} {}", found.kind, fixture.shown(&analysis, found.span));
            }
        }),
        "outline" => {
            let mut out = String::new();
            tree(&warmor_ide::outline(&analysis, fixture.first(&analysis)), 0, &mut out);
            out
        }
        "diagnostics" => reported(fixture, &analysis),
        "format" => {
            let file = fixture.first(&analysis);
            let Some(edits) = warmor_ide::format(&analysis, file) else { return "left alone\n".to_owned() };
            let shown =
                edits.iter().map(|e| format!("{} => {:?}\n", fixture.shown(&analysis, e.span), e.text));
            shown.collect()
        }
        other => panic!("there is no feature `{other}`"),
    }
}

fn each_cursor(
    fixture: &Fixture,
    analysis: &Analysis,
    mut ask: impl FnMut(warmor_ide::Place, &mut String),
) -> String {
    let mut out = String::new();
    for place in fixture.cursors(analysis) {
        let at = warmor_compiler::span::Span::new(place.file, place.offset, place.offset);
        let _ = writeln!(out, "# at {}", fixture.shown(analysis, at));
        ask(place, &mut out);
    }
    assert!(!out.is_empty(), "the case has no cursor");
    out
}

fn tree(entries: &[Outline], depth: usize, out: &mut String) {
    for entry in entries {
        let _ = writeln!(out, "{}{:?} {} | {}", "  ".repeat(depth), entry.kind, entry.name, entry.detail);
        tree(&entry.children, depth + 1, out);
    }
}

fn reported(fixture: &Fixture, analysis: &Analysis) -> String {
    let mut out = String::new();
    let mut proved = analysis.clone();
    if let Some(model) = analysis.checked().model() {
        let found = Prover::new(Budget::default()).look(model, &|| false).unwrap();
        proved = analysis.with_findings(found);
    }
    for file in fixture.files(&proved) {
        for reported in warmor_ide::diagnostics(&proved, file) {
            let said = reported.diagnostic;
            let how = match reported.origin {
                Origin::Check => "checked",
                Origin::Proof => "proved",
            };
            let fades = if reported.is_unnecessary() { ", fades" } else { "" };
            let at = fixture.shown(&proved, said.span());
            let _ = writeln!(out, "{at} {} {how}{fades}: {}", said.code.id(), said.message);
            for fix in &said.fixes {
                let at = fixture.shown(&proved, fix.span);
                let _ = writeln!(out, "  fix: {}: {at} => {:?}", fix.title, fix.replacement);
            }
        }
    }
    out
}
