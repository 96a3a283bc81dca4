//! What is reported, and when.

use crate::harness::{Editor, Folder, at, codes, everything};
use serde_json::{Value, json};

const CLEAN: &str = "policy p for any {\n  mode prevent\n  deny read /etc/shadow\n}\n";

#[test]
fn mistakes_come_at_once_and_findings_follow() {
    let folder = Folder::new(&[]);
    let uri = folder.uri("a.warmor");
    let mut editor = Editor::start(&[]);
    editor.open(&uri, CLEAN);
    editor.diagnostics(&uri, 1, <[Value]>::is_empty);
    editor.edit(&uri, 2, [2, 0, 2, 0], "  deny read /etc/*\n");
    let found = editor.diagnostics(&uri, 2, |list| !list.is_empty());
    assert_eq!(codes(&found), ["W0302"]);
    assert_eq!(found[0]["tags"], json!([1]));
    assert_eq!(found[0]["range"]["start"], json!({ "line": 3, "character": 2 }));
    assert!(found[0]["codeDescription"]["href"].as_str().unwrap().ends_with("/W0302.md"));
    assert_eq!(found[0]["relatedInformation"][0]["location"]["uri"], uri);
    assert_eq!(found[0]["data"]["fixes"][0]["title"], "remove the rule");
    editor.edit(&uri, 3, [3, 7, 3, 11], "raed");
    let mistaken = editor.diagnostics(&uri, 3, |_| true);
    assert_eq!(codes(&mistaken), ["E0301"]);
    editor.edit(&uri, 4, [3, 0, 4, 0], "");
    editor.diagnostics(&uri, 4, <[Value]>::is_empty);
    assert_eq!(editor.stop().code(), Some(0));
}

#[test]
fn findings_are_never_those_of_an_older_text() {
    let folder = Folder::new(&[]);
    let uri = folder.uri("a.warmor");
    let mut editor = Editor::start(&[]);
    editor.open(&uri, CLEAN);
    for round in 0..20 {
        let version = 2 + 2 * round;
        editor.edit(&uri, version, [2, 0, 2, 0], "  deny read /etc/*\n");
        editor.edit(&uri, version + 1, [2, 0, 3, 0], "");
    }
    editor.request("textDocument/hover", at(&uri, 0, 0));
    editor.edit(&uri, 50, [0, 0, 0, 0], "#\n");
    editor.diagnostics(&uri, 50, <[Value]>::is_empty);
    // Everything that was ever said was true of its version: only those in between have the redundant rule.
    for message in editor.waiting() {
        let Some(version) = message["params"]["version"].as_i64() else { continue };
        let list = message["params"]["diagnostics"].as_array().unwrap();
        assert!(list.is_empty() || version % 2 == 0, "version {version} has {list:?}");
    }
}

#[test]
fn an_editor_that_asks_is_answered_and_told_to_ask_again() {
    let folder = Folder::new(&[]);
    let uri = folder.uri("a.warmor");
    let mut abilities = everything();
    abilities["textDocument"]["diagnostic"] = json!({});
    abilities["workspace"] = json!({ "diagnostics": { "refreshSupport": true } });
    let mut editor = Editor::with(&[], abilities);
    assert_eq!(editor.offered["capabilities"]["diagnosticProvider"]["interFileDependencies"], true);
    editor.open(&uri, &CLEAN.replace("  deny", "  deny read /etc/*\n  deny"));
    editor.wait("a call to ask again", |m| m["method"] == "workspace/diagnostic/refresh");
    let params = json!({ "textDocument": { "uri": uri } });
    let report = editor.request("textDocument/diagnostic", params);
    assert_eq!(report["kind"], "full");
    assert_eq!(codes(report["items"].as_array().unwrap()), ["W0302"]);
    let again = json!({ "textDocument": { "uri": uri }, "previousResultId": report["resultId"] });
    assert_eq!(editor.request("textDocument/diagnostic", again)["kind"], "unchanged");
    assert!(editor.waiting().iter().all(|m| m["method"] != "textDocument/publishDiagnostics"));
}

#[test]
fn any_text_is_answered() {
    let folder = Folder::new(&[]);
    let uri = folder.uri("a.warmor");
    let mut editor = Editor::start(&[]);
    editor.open(&uri, "");
    for (version, text) in
        ["\u{0}", "policy", "{".repeat(5000).as_str(), "😀\r\n\r\"", &"(".repeat(3000)].iter().enumerate()
    {
        let version = version as i32 + 2;
        editor.notify(
            "textDocument/didChange",
            json!({ "textDocument": { "uri": uri, "version": version }, "contentChanges": [{ "text": text }] }),
        );
        editor.diagnostics(&uri, version, |list| !list.is_empty());
    }
    assert_eq!(editor.stop().code(), Some(0));
}
