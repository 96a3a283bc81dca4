//! What an action says that it mends is reported no more once it is applied, and nothing else is in its place.

use std::path::Path;
use warmor_compiler::check::Options;
use warmor_compiler::diagnostics::{Code, Level};
use warmor_compiler::prove::{Budget, Prover};
use warmor_compiler::resolve::Sources;
use warmor_compiler::span::{FileId, Span};
use warmor_ide::{Analysis, actions, diagnostics};

fn analysed(text: &str) -> Analysis {
    let analysis = Analysis::new(Sources::single("a.warmor", text), &Options::default());
    let model = analysis.checked().model();
    let found = model.and_then(|model| Prover::new(Budget::default()).look(model, &|| false));
    found.map_or(analysis.clone(), |found| analysis.with_findings(found))
}

fn file(analysis: &Analysis) -> FileId {
    analysis.sources().file_at("a.warmor").expect("the only file").id
}

/// How often each code is reported.
fn reported(analysis: &Analysis) -> Vec<Code> {
    let mut codes: Vec<Code> = diagnostics(analysis, file(analysis))
        .iter()
        .filter(|r| r.diagnostic.level != Level::Note)
        .map(|r| r.diagnostic.code)
        .collect();
    codes.sort();
    codes
}

#[test]
fn what_is_mended_is_reported_no_more() {
    let mut mended = 0;
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/actions")).unwrap()
    {
        let path = entry.unwrap().path();
        let marked = std::fs::read_to_string(&path).unwrap().replace("$1", "");
        let text = marked.replace("$0", "");
        let before = analysed(&text);
        let cursors: Vec<usize> =
            marked.match_indices("$0").enumerate().map(|(i, (at, _))| at - 2 * i).collect();
        for cursor in cursors {
            let place = Span::new(file(&before), cursor as u32, cursor as u32);
            for action in actions(&before, place) {
                let Some(diagnostic) = &action.mends else { continue };
                // A test says what the finding shows; it does not change it.
                if action.title.starts_with("add the event") {
                    continue;
                }
                let mut edits = action.edits.clone();
                edits.sort_by_key(|e| std::cmp::Reverse(e.span.start));
                let mut changed = text.clone();
                for edit in edits {
                    changed.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
                }
                let mut left = reported(&before);
                let place = left.iter().position(|c| *c == diagnostic.code).expect("it is reported");
                left.remove(place);
                let after = reported(&analysed(&changed));
                // What hid behind a mistake may come to light; and an allow that is no longer dead may be idle.
                let new = |c: &&Code| !left.contains(c) && **c != Code::IdleAllow;
                let more = after.iter().filter(new).collect::<Vec<_>>();
                let same = |codes: &[Code]| codes.iter().filter(|c| **c == diagnostic.code).count();
                let told = format!("{}: {} left {more:?}:\n{changed}", path.display(), action.title);
                assert!(same(&after) <= same(&left), "{told}");
                assert!(more.is_empty() || diagnostic.level == Level::Error, "{told}");
                mended += 1;
            }
        }
    }
    assert!(mended > 10, "{mended}");
}
