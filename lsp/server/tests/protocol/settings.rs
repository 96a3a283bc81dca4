//! What the user set.

use crate::harness::{Editor, Folder, codes, everything};
use serde_json::{Value, json};

const REDUNDANT: &str =
    "policy p for any {\n  mode prevent\n  deny read /etc/shadow\n  deny read /etc/*\n}\n";
const BROKEN: &str = "policy p for any {\n  mode prevent\n  deny read shaddow\n}\n";

fn start(settings: &Value) -> Editor {
    let mut editor = Editor::spawn();
    let params = json!({ "processId": null, "rootUri": null, "capabilities": everything(), "initializationOptions": settings });
    editor.offered = editor.request("initialize", params);
    editor.notify("initialized", json!({}));
    editor
}

#[test]
fn without_proving_only_mistakes_are_told() {
    let folder = Folder::new(&[]);
    let uri = folder.uri("a.warmor");
    let mut editor = start(&json!({ "prove": false }));
    editor.open(&uri, REDUNDANT);
    editor.diagnostics(&uri, 1, <[Value]>::is_empty);
    editor.edit(&uri, 2, [0, 0, 5, 0], BROKEN);
    let found = editor.diagnostics(&uri, 2, |_| true);
    assert_eq!(codes(&found), ["E0101"]);
    // With proving, an assertion shows whether it is proved, or that the prover is at it.
    let asserted = format!("{REDUNDANT}assert \"a\" {{ never any can read /etc/shadow }}\n");
    editor.edit(&uri, 3, [0, 0, 4, 0], &asserted);
    editor.diagnostics(&uri, 3, <[Value]>::is_empty);
    let whole = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 6, "character": 0 } });
    let hints =
        editor.request("textDocument/inlayHint", json!({ "textDocument": { "uri": uri }, "range": whole }));
    assert!(!hints.to_string().contains("prov"), "{hints}");
    assert_eq!(editor.stop().code(), Some(0));
}

#[test]
fn costs_are_shown_when_asked_for() {
    let folder = Folder::new(&[]);
    let uri = folder.uri("a.warmor");
    let text = "policy p for any {\n  mode prevent\n  deny read /a/**/b/**/c\n}\n";
    let whole = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 4, "character": 0 } });
    for (settings, wanted) in [(json!({}), false), (json!({ "costHints": true }), true)] {
        let mut editor = start(&settings);
        editor.open(&uri, text);
        let asked = json!({ "textDocument": { "uri": uri }, "range": whole });
        let hints = editor.request("textDocument/inlayHint", asked);
        assert_eq!(hints.to_string().contains("automat"), wanted, "{hints}");
    }
}

#[test]
fn the_target_goes_before_that_of_the_manifest() {
    let folder = Folder::new(&[
        ("warmor.toml", "[package]\nname = \"a\"\nversion = \"0.1.0\"\ntarget = \"linux-6.1\"\n"),
        ("a.warmor", "policy p for any {\n  mode prevent\n  deny read /etc/shadow\n}\n"),
    ]);
    let uri = folder.uri("a.warmor");
    let text = std::fs::read_to_string(folder.path("a.warmor")).unwrap();
    let mut editor = start(&json!({ "target": "windows", "prove": true }));
    editor.open(&uri, &text);
    let found = editor.diagnostics(&uri, 1, |list| !list.is_empty());
    assert!(codes(&found).iter().any(|code| code.starts_with("E04")), "{:?}", codes(&found));
}

#[test]
fn settings_that_are_none_are_left_alone() {
    let folder = Folder::new(&[]);
    let uri = folder.uri("a.warmor");
    for settings in [json!(null), json!([1]), json!({ "prove": "yes", "target": 7, "unheard_of": {} })] {
        let mut editor = start(&settings);
        editor.open(&uri, REDUNDANT);
        let found = editor.diagnostics(&uri, 1, |list| !list.is_empty());
        assert_eq!(codes(&found), ["W0302"]);
        assert_eq!(editor.stop().code(), Some(0));
    }
}
