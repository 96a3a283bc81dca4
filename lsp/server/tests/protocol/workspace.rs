//! Projects, several folders, files on the disk that change.

use crate::harness::{Editor, Folder, at, codes, everything};
use serde_json::{Value, json};

const MANIFEST: &str = "[package]\nname = \"shop\"\nversion = \"0.1.0\"\n";

fn watched(editor: &mut Editor, folder: &Folder, name: &str, kind: u32) {
    let changes = json!({ "changes": [{ "uri": folder.uri(name), "type": kind }] });
    editor.notify("workspace/didChangeWatchedFiles", changes);
}

#[test]
fn a_project_is_reported_without_being_opened() {
    let folder = Folder::new(&[
        ("web/warmor.toml", MANIFEST),
        ("web/a.warmor", "package a\nlet roots = [/srv]\n"),
        ("web/b.warmor", "import a.{rots}\npolicy p for any { mode detect deny read rots }\n"),
        ("web/.git/c.warmor", "nonsense"),
        ("node_modules/x/warmor.toml", "nonsense"),
    ]);
    let mut editor = Editor::start(&[&folder]);
    let list = editor.diagnostics(&folder.uri("web/b.warmor"), Value::Null, |list| !list.is_empty());
    assert_eq!(codes(&list), ["E0105"]);
    assert_eq!(editor.stop().code(), Some(0));
}

#[test]
fn an_unsaved_text_goes_before_the_disk() {
    let folder = Folder::new(&[
        ("warmor.toml", MANIFEST),
        ("a.warmor", "package a\nlet roots = [/srv]\n"),
        ("b.warmor", "import a.{roots}\npolicy p for any { mode detect deny read roots }\n"),
    ]);
    let (a, b) = (folder.uri("a.warmor"), folder.uri("b.warmor"));
    let mut editor = Editor::start(&[&folder]);
    editor.open(&a, "package a\nlet roots = [/srv]\n");
    editor.diagnostics(&a, 1, <[Value]>::is_empty);
    editor.edit(&a, 2, [1, 4, 1, 9], "others");
    let list = editor.diagnostics(&b, Value::Null, |list| !list.is_empty());
    assert_eq!(codes(&list), ["E0105"]);
    // Closed without saving: the disk counts again.
    editor.notify("textDocument/didClose", json!({ "textDocument": { "uri": a } }));
    editor.diagnostics(&b, Value::Null, <[Value]>::is_empty);
}

#[test]
fn what_changes_on_the_disk_is_read_again() {
    let folder = Folder::new(&[
        ("warmor.toml", MANIFEST),
        ("b.warmor", "import a.{roots}\npolicy p for any { mode detect deny read roots }\n"),
    ]);
    let b = folder.uri("b.warmor");
    let mut abilities = everything();
    abilities["workspace"] = json!({ "didChangeWatchedFiles": { "dynamicRegistration": true } });
    let mut editor = Editor::with(&[&folder], abilities);
    editor.wait("a wish to watch files", |m| m["method"] == "client/registerCapability");
    editor.diagnostics(&b, Value::Null, |list| codes(list) == ["E0104"]);
    folder.write("a.warmor", "package a\nlet roots = [/srv]\n");
    watched(&mut editor, &folder, "a.warmor", 1);
    editor.diagnostics(&b, Value::Null, <[Value]>::is_empty);
    folder.write("a.warmor", "package a\nlet rooots = [/srv]\n");
    watched(&mut editor, &folder, "a.warmor", 2);
    editor.diagnostics(&b, Value::Null, |list| codes(list) == ["E0105"]);
    std::fs::remove_file(folder.path("a.warmor")).unwrap();
    watched(&mut editor, &folder, "a.warmor", 3);
    editor.diagnostics(&b, Value::Null, |list| codes(list) == ["E0104"]);
    // Without the manifest it is no project, and nobody has the file open.
    std::fs::remove_file(folder.path("warmor.toml")).unwrap();
    watched(&mut editor, &folder, "warmor.toml", 3);
    editor.diagnostics(&b, Value::Null, <[Value]>::is_empty);
}

#[test]
fn a_file_outside_of_projects_stands_alone_with_what_it_imports() {
    let folder = Folder::new(&[("sets.warmor", "let roots = [/srv]\n"), ("other.warmor", "nonsense\n")]);
    let uri = folder.uri("a.warmor");
    let mut editor = Editor::start(&[&folder]);
    editor.open(&uri, "import \"./sets.warmor\"\npolicy p for any { mode detect deny read roots }\n");
    editor.diagnostics(&uri, 1, <[Value]>::is_empty);
    let definition = editor.request("textDocument/definition", at(&uri, 1, 44));
    assert_eq!(definition[0]["targetUri"], folder.uri("sets.warmor"));
    editor.edit(&uri, 2, [0, 8, 0, 21], "./gone.warmor");
    assert_eq!(codes(&editor.diagnostics(&uri, 2, |list| !list.is_empty())), ["E0106", "E0101"]);
}

#[test]
fn a_text_that_was_never_saved_is_a_program() {
    let mut editor = Editor::start(&[]);
    editor.open("untitled:Untitled-1", "policy p for any { deny raed /a }\n");
    let list = editor.diagnostics("untitled:Untitled-1", 1, |list| !list.is_empty());
    assert_eq!(codes(&list), ["E0301"]);
    editor.notify("textDocument/didClose", json!({ "textDocument": { "uri": "untitled:Untitled-1" } }));
    editor.wait("nothing more to report", |m| m["params"]["diagnostics"] == json!([]));
}

#[test]
fn folders_come_and_go() {
    let first = Folder::new(&[]);
    let second =
        Folder::new(&[("warmor.toml", MANIFEST), ("b.warmor", "policy p for any { deny raed /a }\n")]);
    let mut editor = Editor::start(&[&first]);
    let event = |added: Value, removed: Value| json!({ "event": { "added": added, "removed": removed } });
    let folder = json!([{ "uri": second.uri(""), "name": "second" }]);
    editor.notify("workspace/didChangeWorkspaceFolders", event(folder.clone(), json!([])));
    editor.diagnostics(&second.uri("b.warmor"), Value::Null, |list| codes(list) == ["E0301"]);
    editor.notify("workspace/didChangeWorkspaceFolders", event(json!([]), folder));
    editor.diagnostics(&second.uri("b.warmor"), Value::Null, <[Value]>::is_empty);
}

#[test]
fn a_file_in_two_projects_folders_belongs_to_the_inner_one() {
    let folder = Folder::new(&[
        ("warmor.toml", MANIFEST),
        ("a.warmor", "policy p for any { mode detect deny read /a }\n"),
        (
            "inner/warmor.toml",
            "[package]\nname = \"inner\"\nversion = \"0.1.0\"\n\n[lints]\nbroad = \"error\"\n",
        ),
        ("inner/b.warmor", "policy p for any { mode prevent default deny read }\n"),
    ]);
    let uri = folder.uri("inner/b.warmor");
    let mut editor = Editor::start(&[&folder]);
    let list = editor.diagnostics(&uri, Value::Null, |list| !list.is_empty());
    assert_eq!(list[0]["severity"], 1, "{list:?}");
}
