//! Questions and answers. What answers say in detail is tested in `warmor-ide`.

use crate::harness::{Editor, Folder, at};
use serde_json::json;

const TEXT: &str = "\
let roots = [/srv/**]
policy p for any {
  mode   detect
  deny read roots
}
";

#[test]
fn questions_about_an_open_file_are_answered() {
    let folder = Folder::new(&[]);
    let uri = folder.uri("a b.warmor").replace(' ', "%20");
    let mut editor = Editor::start(&[]);
    editor.open(&uri, TEXT);
    let hover = editor.request("textDocument/hover", at(&uri, 3, 13));
    assert!(hover["contents"]["value"].as_str().unwrap().contains("let roots = [/srv/**]"), "{hover}");
    let definition = editor.request("textDocument/definition", at(&uri, 3, 13));
    assert_eq!(definition[0]["targetUri"], uri);
    assert_eq!(definition[0]["targetSelectionRange"]["start"], json!({ "line": 0, "character": 4 }));
    let mut params = at(&uri, 3, 13);
    params["context"] = json!({ "includeDeclaration": false });
    assert_eq!(editor.request("textDocument/references", params).as_array().unwrap().len(), 1);
    let highlights = editor.request("textDocument/documentHighlight", at(&uri, 3, 13));
    assert_eq!(highlights.as_array().unwrap().len(), 2);
    let document = json!({ "textDocument": { "uri": uri } });
    let symbols = editor.request("textDocument/documentSymbol", document.clone());
    assert_eq!(symbols[1]["children"][0]["name"], "deny read roots");
    let mut params = document;
    params["options"] = json!({ "tabSize": 2, "insertSpaces": true });
    let edits = editor.request("textDocument/formatting", params);
    assert_eq!(edits[1]["newText"], "  mode detect\n");
    assert_eq!(editor.stop().code(), Some(0));
}

#[test]
fn an_editor_that_can_do_little_gets_plain_answers() {
    let folder = Folder::new(&[]);
    let uri = folder.uri("a.warmor");
    let mut editor = Editor::with(&[], json!({}));
    editor.open(&uri, TEXT);
    let definition = editor.request("textDocument/definition", at(&uri, 3, 13));
    assert_eq!(definition[0]["range"]["start"], json!({ "line": 0, "character": 4 }));
    let symbols = editor.request("textDocument/documentSymbol", json!({ "textDocument": { "uri": uri } }));
    assert_eq!(symbols[2]["containerName"], "p");
}

#[test]
fn a_standard_module_can_be_opened() {
    let folder = Folder::new(&[]);
    let uri = folder.uri("a.warmor");
    let mut editor = Editor::start(&[]);
    editor.open(&uri, "import std.files.{shells}\npolicy p for any { mode detect deny exec shells }\n");
    let definition = editor.request("textDocument/definition", at(&uri, 0, 20));
    let target = definition[0]["targetUri"].as_str().unwrap();
    let text = std::fs::read_to_string(target.strip_prefix("file://").unwrap()).unwrap();
    let line = definition[0]["targetSelectionRange"]["start"]["line"].as_u64().unwrap() as usize;
    assert!(text.lines().nth(line).unwrap().starts_with("let shells"), "{text}");
}
