//! What an action offers as another way to say the same is another way to say the same: the program that comes of it checks, and
//! the compiler proves that no event is decided otherwise.

use std::path::{Path, PathBuf};
use warmor_compiler::check::{Options, check};
use warmor_compiler::diagnostics::{Applicability, Code};
use warmor_compiler::difference::{Tendency, difference};
use warmor_compiler::model::Model;
use warmor_compiler::prove::{Budget, Prover};
use warmor_compiler::resolve::{Origin, Sources};
use warmor_compiler::span::Span;
use warmor_ide::{Action, ActionKind, Analysis, actions};

/// How much is selected, and at every how many bytes of each file: nothing, some words, some lines.
const SELECTED: [(usize, usize); 3] = [(0, 4), (30, 20), (150, 60)];

fn policies(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            policies(&path, found);
        } else if path.extension().is_some_and(|e| e == "warmor") {
            found.push(path);
        }
    }
    found.sort();
}

fn applied(text: &str, action: &Action) -> String {
    let mut edits = action.edits.clone();
    edits.sort_by_key(|e| std::cmp::Reverse((e.span.start, e.span.end)));
    edits.iter().fold(text.to_owned(), |mut text, edit| {
        text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
        text
    })
}

/// What differs, in the words of whoever made it.
fn different(old: &Model, new: &Model) -> Option<String> {
    let found = difference(old, new, Budget::default());
    // A parameter's default may be written in another order: by itself that changes nothing.
    let settled = found.settings.iter().all(|s| s.tendency == Tendency::Same);
    let same = found.groups.is_empty() && settled && found.open.is_empty();
    (!same).then(|| format!("{:#?}\n{:#?}\n{:#?}", found.groups, found.settings, found.open))
}

#[test]
fn rewrites_and_extractions_mean_the_same() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    policies(&root.join("../../examples"), &mut files);
    policies(&root.join("tests/data/actions"), &mut files);
    let mut tried = std::collections::BTreeMap::<String, usize>::new();
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap().replace("$0", "").replace("$1", "");
        let mut sources = Sources::new();
        let file = sources.set("a.warmor", &text, Origin::Root);
        let analysis = Analysis::new(sources, &Options::default());
        // A file of a project that needs its neighbours, or a text that is to be mended.
        let Some(old) = analysis.checked().model() else { continue };
        let mut seen = Vec::new();
        let starts = |(length, step)| (0..text.len()).step_by(step).map(move |start| (start, start + length));
        for (start, end) in SELECTED.into_iter().flat_map(starts) {
            let (offset, end) = (text.floor_char_boundary(start), text.floor_char_boundary(end));
            let selection = Span::new(file, offset as u32, end as u32);
            for action in actions(&analysis, selection) {
                let wanted = matches!(action.kind, ActionKind::Rewrite | ActionKind::Extract);
                let changed = applied(&text, &action);
                if !wanted || seen.contains(&changed) {
                    continue;
                }
                let checked = check(&Sources::single("a.warmor", &changed), &Options::default());
                let told = format!("{} at {offset} of {}:\n{changed}", action.title, path.display());
                let new = checked.model().unwrap_or_else(|| panic!("{:?}\n{told}", checked.diagnostics));
                if let Some(different) = different(old, new) {
                    panic!("{different}\n{told}");
                }
                // `extract into …` is several actions.
                let words = action.title.split([' ', ',', '`']).filter(|w| !w.is_empty());
                let kind = words.filter(|w| *w != "into").take(2).collect::<Vec<_>>().join(" ");
                *tried.entry(kind).or_default() += 1;
                seen.push(changed);
            }
        }
    }
    for kind in
        ["extract let", "extract predicate", "extract template", "generalise", "merge", "sort", "split"]
    {
        assert!(tried.keys().any(|k| k.starts_with(kind)), "no case of `{kind}` among {tried:?}");
    }
}

/// Removing what the prover says is without effect; whatever rests on what the program assumes is not said to be safe.
#[test]
fn rules_that_are_removed_had_no_effect() {
    let mut files = Vec::new();
    policies(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data"), &mut files);
    let mut removed = std::collections::BTreeSet::new();
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap().replace("$0", "").replace("$1", "");
        let mut sources = Sources::new();
        let file = sources.set("a.warmor", &text, Origin::Root);
        let analysis = Analysis::new(sources, &Options::default());
        let Some(old) = analysis.checked().model() else { continue };
        let proved = analysis.with_findings(Prover::new(Budget::default()).look(old, &|| false).unwrap());
        for action in actions(&proved, Span::new(file, 0, text.len() as u32)) {
            let fix = action.mends.as_ref().and_then(|d| d.fixes.first());
            let safe = fix.is_none_or(|f| f.applicability == Applicability::Safe);
            if !(action.title.starts_with("remove the rule") && safe || action.kind == ActionKind::FixAll) {
                continue;
            }
            let changed = applied(&text, &action);
            let checked = check(&Sources::single("a.warmor", &changed), &Options::default());
            let told = format!("{} of {}:\n{changed}", action.title, path.display());
            let new = checked.model().unwrap_or_else(|| panic!("{:?}\n{told}", checked.diagnostics));
            if let Some(different) = different(old, new) {
                panic!("{different}\n{told}");
            }
            removed.extend(action.mends.map(|d| d.code));
        }
    }
    for code in [Code::RedundantRule, Code::DeadAllow, Code::IdleAllow, Code::ImpossibleRule] {
        assert!(removed.contains(&code), "no rule was removed for {code} among {removed:?}");
    }
}
