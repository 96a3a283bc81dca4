//! Every file below `data` is a case: the folder says which feature, the text what it is asked of, the snapshot what it answers.

mod fixture;

use fixture::Fixture;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use warmor_compiler::check::Options;
use warmor_compiler::prove::{Budget, Prover};
use warmor_compiler::span::Span;
use warmor_ide::{Analysis, CompletionKind, Edit, Lens, NotRenamed, Origin, Outline, Place};

macro_rules! features {
    ($($feature:ident)*) => {
        $(#[test] fn $feature() { cases(stringify!($feature)); })*

        #[test]
        fn every_folder_is_a_feature() {
            assert_eq!(names(&data()), [$(stringify!($feature)),*]);
        }
    };
}

features! { actions completion definition diagnostics folds format hints hover lenses links outline references rename search selections show signature tokens type_definition }

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
        "type_definition" => each_cursor(fixture, &analysis, |place, out| {
            for target in warmor_ide::type_definition(&analysis, place) {
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
        "lenses" => {
            let proved = prove(&analysis);
            let lenses = warmor_ide::lenses(&proved, fixture.first(&proved));
            let line = |lens: &Lens| {
                let place =
                    fixture.shown(&proved, Span::new(lens.span.file, lens.span.start, lens.span.start));
                format!("{place} {} ({:?})\n", lens.title, lens.subject)
            };
            lenses.iter().map(line).collect()
        }
        "show" => {
            // What each lens opens.
            let proved = prove(&analysis);
            let mut out = String::new();
            for lens in warmor_ide::lenses(&proved, fixture.first(&proved)) {
                let place = Place { file: lens.span.file, offset: lens.span.start };
                match warmor_ide::show(&proved, lens.subject, place) {
                    // A module of some hundred kilobytes is looked at elsewhere.
                    Ok(page) if page.extension == "wat" => {
                        assert!(page.text.starts_with("(module"), "{}", page.text);
                    }
                    Ok(page) => {
                        let _ = writeln!(out, "==> {}.{} <==\n{}", page.title, page.extension, page.text);
                    }
                    Err(why) => {
                        let _ = writeln!(out, "==> nothing: {why} <==\n");
                    }
                }
            }
            out
        }
        "format" => {
            let file = fixture.first(&analysis);
            let Some(edits) = warmor_ide::format(&analysis, file) else { return "left alone\n".to_owned() };
            let shown =
                edits.iter().map(|e| format!("{} => {:?}\n", fixture.shown(&analysis, e.span), e.text));
            shown.collect()
        }
        "actions" => each_selection(fixture, &analysis, |selection, out| {
            let proved = prove(&analysis);
            for action in warmor_ide::actions(&proved, selection) {
                let mends = action.mends.as_ref().map_or("nothing", |d| d.code.id());
                let preferred = if action.is_preferred { ", preferred" } else { "" };
                let _ = writeln!(out, "{:?}: {} (mends {mends}{preferred})", action.kind, action.title);
                edits(fixture, &analysis, &action.edits, out);
            }
        }),
        "completion" => each_cursor(fixture, &analysis, |place, out| {
            let found = warmor_ide::completions(&analysis, place);
            let mut kinds: Vec<CompletionKind> = Vec::new();
            for completion in &found {
                if !kinds.contains(&completion.kind) {
                    kinds.push(completion.kind);
                }
            }
            if let Some(first) = found.first() {
                let _ = writeln!(out, "in place of {}", fixture.shown(&analysis, first.replaced));
            }
            for kind in kinds {
                let labels = found.iter().filter(|c| c.kind == kind).map(|c| c.label.as_str());
                let labels: Vec<&str> = labels.collect();
                let more =
                    if labels.len() > 12 { format!(" … {} in all", labels.len()) } else { String::new() };
                let _ = writeln!(
                    out,
                    "{kind:?}: {}{more}",
                    labels.iter().take(12).copied().collect::<Vec<_>>().join(" | ")
                );
            }
            // One of those that change something else.
            if let Some(importing) = found.iter().find(|c| !c.also.is_empty()) {
                let _ = writeln!(out, "{} => {:?}, also", importing.label, importing.plain());
                edits(fixture, &analysis, &importing.also, out);
            }
        }),
        "rename" => each_cursor(fixture, &analysis, |place, out| {
            match warmor_ide::prepare_rename(&analysis, place) {
                Ok(word) => {
                    let _ = writeln!(out, "{}", fixture.shown(&analysis, word));
                }
                Err(NotRenamed(why)) => {
                    let _ = writeln!(out, "not here: {why}");
                }
            }
            match warmor_ide::rename(&analysis, place, "renamed") {
                Ok(list) => edits(fixture, &analysis, &list, out),
                Err(NotRenamed(why)) => {
                    let _ = writeln!(out, "refused: {why}");
                }
            }
        }),
        "tokens" => {
            let mut out = String::new();
            for token in warmor_ide::tokens(&analysis, fixture.first(&analysis)) {
                let marks = [
                    (token.is_definition, " definition"),
                    (token.is_standard, " standard"),
                    (token.is_documentation, " doc"),
                ];
                let marks: String = marks.iter().filter(|(set, _)| *set).map(|(_, word)| *word).collect();
                let _ = writeln!(out, "{:?}{marks} {}", token.class, fixture.shown(&analysis, token.span));
            }
            out
        }
        "folds" => {
            let folds = warmor_ide::folds(&analysis, fixture.first(&analysis));
            {
                let shown =
                    folds.iter().map(|f| format!("{:?} {}", f.kind, fixture.shown(&analysis, f.span)));
                shown.collect::<Vec<_>>().join("\n")
            }
        }
        "selections" => each_cursor(fixture, &analysis, |place, out| {
            for span in warmor_ide::selections(&analysis, place) {
                let _ = writeln!(out, "{}", fixture.shown(&analysis, span));
            }
        }),
        "hints" => {
            let file = fixture.first(&analysis);
            let whole = Span::new(file, 0, u32::MAX);
            let mut out = String::new();
            for analysis in [&analysis, &prove(&analysis)] {
                for hint in warmor_ide::hints(analysis, whole) {
                    let at = fixture.shown(analysis, Span::new(file, hint.offset, hint.offset));
                    let _ = writeln!(out, "{at} {} ({})", hint.label, hint.tooltip);
                }
                out.push('\n');
            }
            for hint in warmor_ide::cost_hints(&analysis, whole) {
                let at = fixture.shown(&analysis, Span::new(file, hint.offset, hint.offset));
                let _ = writeln!(out, "{at} {} ({})", hint.label, hint.tooltip);
            }
            out
        }
        "signature" => each_cursor(fixture, &analysis, |place, out| {
            let Some(found) = warmor_ide::signature(&analysis, place) else {
                return out.push_str("nothing\n");
            };
            let active =
                found.parameters.get(found.active).map(|(a, b)| &found.label[*a as usize..*b as usize]);
            let _ = writeln!(out, "{} | {} | {active:?}", found.label, found.documentation);
        }),
        "links" => {
            let links = warmor_ide::links(&analysis, fixture.first(&analysis));
            {
                let shown =
                    links.iter().map(|l| format!("{} -> {:?}", fixture.shown(&analysis, l.span), l.target));
                shown.collect::<Vec<_>>().join(
                    "
",
                )
            }
        }
        "search" => {
            let mut out = String::new();
            for query in ["", "W", "now", "xyz"] {
                let _ = writeln!(out, "# {query:?}");
                tree(&warmor_ide::search_symbols(&analysis, query), 0, &mut out);
            }
            out
        }
        other => panic!("there is no feature `{other}`"),
    }
}

fn each_cursor(fixture: &Fixture, analysis: &Analysis, mut ask: impl FnMut(Place, &mut String)) -> String {
    each_selection(fixture, analysis, |at, out| ask(Place { file: at.file, offset: at.start }, out))
}

fn each_selection(fixture: &Fixture, analysis: &Analysis, mut ask: impl FnMut(Span, &mut String)) -> String {
    let mut out = String::new();
    for at in fixture.selections(analysis) {
        let _ = writeln!(out, "# at {}", fixture.shown(analysis, at));
        ask(at, &mut out);
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
    let proved = prove(analysis);
    for file in fixture.files(&proved) {
        for reported in warmor_ide::diagnostics(&proved, file) {
            let said = reported.diagnostic;
            let how = match reported.origin {
                Origin::Check => "checked",
                Origin::Proof => "proved",
                Origin::Test => "tested",
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

fn edits(fixture: &Fixture, analysis: &Analysis, list: &[Edit], out: &mut String) {
    for edit in list {
        let _ = writeln!(out, "  {} => {:?}", fixture.shown(analysis, edit.span), edit.text);
    }
}

/// With everything that can be proved of it.
fn prove(analysis: &Analysis) -> Analysis {
    let Some(model) = analysis.checked().model() else { return analysis.clone() };
    let tested = warmor_ide::run_tests(analysis, &|| false).unwrap();
    let found = Prover::new(Budget::default()).look(model, &|| false).unwrap();
    analysis.with_tests(tested).with_findings(found)
}
