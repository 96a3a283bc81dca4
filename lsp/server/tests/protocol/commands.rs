//! Commands: what a lens opens, and what a click does.

use crate::harness::{Editor, Folder, everything};
use serde_json::{Value, json};
use std::process::Command;

const TEXT: &str = "\
subject web = process.exe in [/usr/sbin/nginx]
policy web_tier for web {
  mode prevent
  no_shell: deny exec [/usr/bin/dash]
}
test \"no shell\" {
  as { process.exe: /usr/sbin/nginx }
  expect deny exec /usr/bin/dash
  expect deny exec /usr/bin/bash
}
";

fn git(folder: &Folder, words: &[&str]) {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder.path(""))
        .args(["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"])
        .args(words)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The command of the first lens whose title begins so.
fn command(editor: &mut Editor, uri: &str, title: &str) -> Value {
    let lenses = editor.request("textDocument/codeLens", json!({ "textDocument": { "uri": uri } }));
    let found = lenses.as_array().unwrap().iter().map(|l| l["command"].clone());
    let mut found = found.filter(|c| c["title"].as_str().unwrap().starts_with(title));
    found.next().unwrap_or_else(|| panic!("no lens `{title}` in {lenses}"))
}

fn run(editor: &mut Editor, command: &Value) -> Value {
    editor.request(
        "workspace/executeCommand",
        json!({ "command": command["command"], "arguments": command["arguments"] }),
    )
}

#[test]
fn a_failed_expectation_is_reported_as_it_is_typed() {
    let folder = Folder::new(&[]);
    let uri = folder.uri("a.warmor");
    let mut editor = Editor::start(&[]);
    editor.open(&uri, TEXT);
    let failed = |list: &[Value]| list.iter().any(|d| d["code"] == "E0901");
    let list = editor.diagnostics(&uri, 1, failed);
    let failure = list.iter().find(|d| d["code"] == "E0901").unwrap();
    assert_eq!(failure["range"]["start"]["line"], 8);
    assert_eq!(failure["message"], "a test expects something else: it is allowed");
    editor.edit(&uri, 2, [3, 36, 3, 36], ", /usr/bin/bash");
    editor.diagnostics(&uri, 2, <[Value]>::is_empty);
    // Until the tests have been run, the lens does not say what came of them.
    let lens = loop {
        let lens = command(&mut editor, &uri, "run test");
        if lens["title"] != "run test" {
            break lens;
        }
    };
    assert_eq!(lens["title"], "run test: 2 expectations met");
    assert_eq!(editor.stop().code(), Some(0));
}

#[test]
fn a_lens_opens_a_page() {
    let folder = Folder::new(&[]);
    let uri = folder.uri("a.warmor");
    let mut abilities = everything();
    abilities["window"]["showDocument"] = json!({ "support": true });
    let mut editor = Editor::with(&[], abilities);
    editor.open(&uri, TEXT);
    for (lens, wanted) in [
        ("run test", "NOT as expected: it is allowed"),
        ("who can exec", "any other process: always, not governed"),
        ("who reaches what", "web"),
        ("tables", "clause 0: deny no_shell"),
        ("WebAssembly", "(module"),
    ] {
        let command = command(&mut editor, &uri, lens);
        let answer = run(&mut editor, &command);
        let shown = editor.wait("a page", |m| m["method"] == "window/showDocument");
        assert_eq!(shown["params"]["uri"], answer["uri"]);
        let path = answer["uri"].as_str().unwrap().strip_prefix("file://").unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.contains(wanted), "{lens}: {text}");
    }
    assert_eq!(editor.stop().code(), Some(0));
}

#[test]
fn an_editor_that_opens_nothing_is_given_the_text() {
    let folder = Folder::new(&[]);
    let uri = folder.uri("a.warmor");
    let mut editor = Editor::start(&[]);
    editor.open(&uri, TEXT);
    let command = command(&mut editor, &uri, "tables");
    let answer = run(&mut editor, &command);
    assert!(answer["text"].as_str().unwrap().contains("clause 0: deny no_shell"), "{answer}");
}

#[test]
fn what_cannot_be_asked_is_refused_in_words() {
    let folder = Folder::new(&[]);
    let uri = folder.uri("a.warmor");
    let mut editor = Editor::start(&[]);
    editor.open(&uri, TEXT);
    let mut refused = |command: &str, argument: Value| {
        let id =
            editor.ask("workspace/executeCommand", json!({ "command": command, "arguments": [argument] }));
        let answer = editor.answer(id);
        answer["error"]["message"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    };
    assert_eq!(
        refused("warmor.server.dance", json!({ "uri": uri })),
        "there is no command `warmor.server.dance`"
    );
    assert_eq!(refused("warmor.server.showTables", json!({})), "the command names no document");
    assert_eq!(
        refused("warmor.server.showTables", json!({ "uri": folder.uri("b.warmor") })),
        "the document is in no program"
    );
    assert_eq!(refused("warmor.server.runTest", json!({ "uri": uri })), "there is no test here");
    assert_eq!(
        refused("warmor.server.showWitness", json!({ "uri": uri, "code": "E9999" })),
        "the command names no code"
    );
    assert_eq!(
        refused("warmor.server.fetchDependencies", json!({ "uri": uri })),
        "the file is in no project"
    );
    let changes = refused("warmor.server.showChanges", json!({ "uri": uri }));
    assert!(changes.contains("git says"), "{changes}");
}

#[test]
fn changes_are_told_since_what_was_committed() {
    let project = Folder::new(&[
        ("warmor.toml", "[package]\nname = \"shop\"\nversion = \"0.1.0\"\n"),
        ("a.warmor", &TEXT.replace("exec [/usr/bin/dash]", "exec [/usr/bin/dash, /usr/bin/bash]")),
    ]);
    git(&project, &["init", "--quiet"]);
    git(&project, &["add", "."]);
    git(&project, &["commit", "--quiet", "--message", "first"]);
    let uri = project.uri("a.warmor");
    let mut editor = Editor::start(&[&project]);
    // What is typed and not saved is what counts.
    editor.open(&uri, TEXT);
    let command = command(&mut editor, &uri, "what has changed");
    let answer = run(&mut editor, &command);
    let text = answer["text"].as_str().unwrap();
    assert!(text.contains("/usr/bin/bash") && text.contains("newly allowed"), "{text}");
    assert_eq!(editor.stop().code(), Some(0));
}

#[test]
fn pinned_dependencies_are_read_from_the_cache_and_fetched_when_asked() {
    let library = Folder::new(&[
        ("warmor.toml", "[package]\nname = \"lib\"\nversion = \"0.1.0\"\n"),
        ("lib.warmor", "package lib\n\nlet secrets = [/etc/shadow]\n"),
    ]);
    git(&library, &["init", "--quiet"]);
    git(&library, &["add", "."]);
    git(&library, &["commit", "--quiet", "--message", "first"]);
    let manifest = format!(
        "[package]\nname = \"shop\"\nversion = \"0.1.0\"\n\n[dependencies]\nlib = {{ git = \"{}\" }}\n",
        library.uri("")
    );
    let project = Folder::new(&[
        ("warmor.toml", &manifest),
        ("a.warmor", "import lib.{secrets}\npolicy p for any {\n  mode prevent\n  deny read secrets\n}\n"),
    ]);
    let uri = project.uri("a.warmor");
    let mut editor = Editor::start(&[&project]);
    let manifest = project.uri("warmor.toml");
    editor.diagnostics(&manifest, Value::Null, |list| list.iter().any(|d| d["code"] == "E0604"));
    editor.open(&uri, &std::fs::read_to_string(project.path("a.warmor")).unwrap());
    let fetch = json!({ "command": "warmor.server.fetchDependencies", "arguments": [{ "uri": uri }] });
    assert_eq!(run(&mut editor, &fetch), json!({ "fetched": 1 }));
    editor.diagnostics(&manifest, Value::Null, <[Value]>::is_empty);
    assert!(project.path("warmor.lock").is_file());
    assert_eq!(editor.stop().code(), Some(0));
    // Another server finds it where it is.
    let mut editor = Editor::start(&[&project]);
    let hover = {
        editor.open(&uri, &std::fs::read_to_string(project.path("a.warmor")).unwrap());
        editor.request("textDocument/hover", crate::harness::at(&uri, 3, 14))
    };
    assert!(hover["contents"]["value"].as_str().unwrap().contains("let secrets"), "{hover}");
    assert_eq!(editor.stop().code(), Some(0));
}

#[test]
fn colours_are_told_as_what_changed() {
    let folder = Folder::new(&[]);
    let uri = folder.uri("a.warmor");
    let document = json!({ "uri": uri });
    let mut editor = Editor::start(&[]);
    editor.open(&uri, TEXT);
    let whole = editor.request("textDocument/semanticTokens/full", json!({ "textDocument": document }));
    let mut numbers: Vec<u64> = serde_json::from_value(whole["data"].clone()).unwrap();
    editor.edit(&uri, 2, [3, 36, 3, 36], ", /usr/bin/bash");
    let asked = json!({ "textDocument": document, "previousResultId": whole["resultId"] });
    let delta = editor.request("textDocument/semanticTokens/full/delta", asked.clone());
    for edit in delta["edits"].as_array().unwrap() {
        let start = edit["start"].as_u64().unwrap() as usize;
        let end = start + edit["deleteCount"].as_u64().unwrap() as usize;
        let data: Vec<u64> = serde_json::from_value(edit["data"].clone()).unwrap_or_default();
        numbers.splice(start..end, data);
    }
    let whole = editor.request("textDocument/semanticTokens/full", json!({ "textDocument": document }));
    assert_eq!(json!(numbers), whole["data"]);
    // Nobody remembers the first answer any more.
    let again = editor.request("textDocument/semanticTokens/full/delta", asked);
    assert_eq!(again["data"], whole["data"]);
}
