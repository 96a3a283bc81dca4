//! Questions and answers. What answers say in detail is tested in `warmor-ide`.

use crate::harness::{Editor, Folder, at, everything};
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
    let kind = editor.request("textDocument/typeDefinition", at(&uri, 3, 13));
    assert_eq!(kind[0]["range"]["start"], json!({ "line": 0, "character": 4 }));
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
    let edits = editor.request("textDocument/formatting", params.clone());
    params["range"] = json!({ "start": { "line": 2, "character": 0 }, "end": { "line": 2, "character": 5 } });
    let in_range = editor.request("textDocument/rangeFormatting", params.clone());
    assert_eq!(in_range, json!([edits[1]]));
    params["position"] = json!({ "line": 4, "character": 1 });
    params["ch"] = json!("}");
    let closed = editor.request("textDocument/onTypeFormatting", params);
    assert_eq!(closed.as_array().unwrap().last(), Some(&edits[1]));
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

#[test]
fn changes_are_offered_with_the_versions_that_they_are_of() {
    let folder = Folder::new(&[("sets.warmor", "let roots = [/srv/**]\n")]);
    let (uri, sets) = (folder.uri("a.warmor"), folder.uri("sets.warmor"));
    let mut abilities = everything();
    abilities["workspace"] = json!({ "workspaceEdit": { "documentChanges": true } });
    abilities["textDocument"]["codeAction"] = json!({ "codeActionLiteralSupport": {} });
    abilities["textDocument"]["completion"] = json!({ "completionItem": { "snippetSupport": true } });
    let mut editor = Editor::with(&[], abilities);
    editor.open(
        &uri,
        "import \"./sets.warmor\"\npolicy p for any {\n  mode detect\n  deny raed /x\n  deny read roots\n}\n",
    );
    let mut params = at(&uri, 4, 14);
    params["newName"] = json!("places");
    let renamed = editor.request("textDocument/rename", params.clone());
    let versions: Vec<_> =
        renamed["documentChanges"].as_array().unwrap().iter().map(|c| c["textDocument"].clone()).collect();
    assert_eq!(versions, [json!({ "uri": uri, "version": 1 }), json!({ "uri": sets, "version": null })]);
    params["newName"] = json!("deny");
    let id = editor.ask("textDocument/rename", params);
    assert_eq!(editor.answer(id)["error"]["message"], "`deny` is a word of the language");
    let range = json!({ "start": { "line": 3, "character": 8 }, "end": { "line": 3, "character": 8 } });
    let params = |only: serde_json::Value| json!({ "textDocument": { "uri": uri }, "range": range, "context": { "diagnostics": [], "only": only } });
    let actions = editor.request("textDocument/codeAction", params(json!(["quickfix"])));
    assert_eq!(actions[0]["title"], "replace with `read`");
    assert_eq!(actions[0]["diagnostics"][0]["code"], "E0301");
    let refactorings = editor.request("textDocument/codeAction", params(json!(["refactor"])));
    assert_eq!(refactorings, json!([]));
    let offered = editor.request("textDocument/completion", at(&uri, 2, 2));
    let items = offered["items"].as_array().unwrap();
    let deny = items.iter().find(|i| i["label"] == "deny …").unwrap();
    assert_eq!(deny["textEdit"]["newText"], "deny ${1:read} $0");
}

#[test]
fn how_a_text_looks_is_told_in_the_protocols_numbers() {
    let folder = Folder::new(&[]);
    let uri = folder.uri("a.warmor");
    let mut editor = Editor::start(&[]);
    editor.open(&uri, TEXT);
    let document = json!({ "textDocument": { "uri": uri } });
    let tokens = editor.request("textDocument/semanticTokens/full", document.clone());
    let legend = &editor.offered["capabilities"]["semanticTokensProvider"]["legend"];
    let first = &tokens["data"].as_array().unwrap()[..10];
    assert_eq!(legend["tokenTypes"][first[3].as_u64().unwrap() as usize], "keyword");
    assert_eq!(first[5..8], [json!(0), json!(4), json!(5)]);
    assert_eq!(legend["tokenTypes"][first[8].as_u64().unwrap() as usize], "variable");
    let folds = editor.request("textDocument/foldingRange", document.clone());
    assert_eq!((&folds[0]["startLine"], &folds[0]["endLine"]), (&json!(1), &json!(4)));
    let mut params = document.clone();
    params["positions"] = json!([{ "line": 3, "character": 13 }]);
    let around = editor.request("textDocument/selectionRange", params);
    assert_eq!(around[0]["range"]["start"]["character"], 12);
    assert!(around[0]["parent"]["range"].is_object());
    let mut params = document;
    params["range"] = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 9, "character": 0 } });
    let hints = editor.request("textDocument/inlayHint", params);
    assert_eq!(hints[0]["label"], "unknown allow");
    let found = editor.request("workspace/symbol", json!({ "query": "roo" }));
    assert_eq!(found[0]["name"], "roots");
    let help = editor.request("textDocument/signatureHelp", at(&uri, 0, 0));
    assert_eq!(help, json!(null));
}
