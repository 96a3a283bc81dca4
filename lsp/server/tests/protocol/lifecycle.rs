//! Beginning, ending, and what breaks the protocol.

use crate::harness::{Editor, Folder, at};
use serde_json::{Value, json};
use std::process::Command;

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_warmor-lsp"))
}

#[test]
fn it_says_what_it_is() {
    let version = program().arg("--version").output().unwrap();
    assert_eq!(
        String::from_utf8(version.stdout).unwrap(),
        format!("warmor-lsp {}\n", env!("CARGO_PKG_VERSION"))
    );
    let help = program().arg("--help").output().unwrap();
    assert!(help.status.success() && String::from_utf8(help.stdout).unwrap().contains("Usage: warmor-lsp"));
    let wrong = program().arg("--sdtio").output().unwrap();
    assert_eq!((wrong.status.code(), wrong.stdout.len()), (Some(2), 0));
}

#[test]
fn shutdown_and_exit_end_it_well() {
    assert_eq!(Editor::start(&[]).stop().code(), Some(0));
}

#[test]
fn exit_without_shutdown_is_a_failure() {
    let mut editor = Editor::start(&[]);
    editor.notify("exit", Value::Null);
    assert_eq!(editor.end().code(), Some(1));
}

#[test]
fn an_editor_that_goes_away_ends_it() {
    assert_eq!(Editor::start(&[]).end().code(), Some(1));
    assert_eq!(Editor::spawn().end().code(), Some(1));
}

#[test]
fn what_is_no_message_ends_it_with_an_error() {
    let mut editor = Editor::start(&[]);
    editor.raw(b"Content-Length: 3\r\n\r\n{]}");
    assert_eq!(editor.end().code(), Some(1));
}

#[test]
fn requests_before_initialize_are_refused() {
    let mut editor = Editor::spawn();
    let id = editor.ask("textDocument/hover", at("file:///a.warmor", 0, 0));
    assert_eq!(editor.answer(id)["error"]["code"], -32002);
}

#[test]
fn requests_after_shutdown_are_refused() {
    let mut editor = Editor::start(&[]);
    editor.request("shutdown", Value::Null);
    let id = editor.ask("textDocument/hover", at("file:///a.warmor", 0, 0));
    assert_eq!(editor.answer(id)["error"]["code"], -32600);
}

#[test]
fn requests_that_are_wrong_are_answered_with_errors() {
    let mut editor = Editor::start(&[]);
    let id = editor.ask("textDocument/dance", json!({}));
    assert_eq!(editor.answer(id)["error"]["code"], -32601);
    let id = editor.ask("textDocument/hover", json!({ "textDocument": 3 }));
    assert_eq!(editor.answer(id)["error"]["code"], -32602);
    let id =
        editor.ask("textDocument/hover", json!({ "textDocument": { "uri": "file:///a" }, "position": -1 }));
    assert_eq!(editor.answer(id)["error"]["code"], -32602);
    // What nobody asked for is no reason to fall silent.
    editor.notify("$/unheard", json!([1]));
    editor.notify("textDocument/didChange", json!({ "textDocument": null }));
    assert_eq!(editor.request("textDocument/hover", at("file:///nowhere.warmor", 0, 0)), Value::Null);
    assert_eq!(editor.stop().code(), Some(0));
}

#[test]
fn a_request_that_was_taken_back_is_not_answered_with_a_result() {
    let folder = Folder::new(&[]);
    let uri = folder.uri("a.warmor");
    let mut editor = Editor::start(&[]);
    // Long enough to be still read when the rest comes.
    let rules = "  deny read /a\n".repeat(3000);
    editor.open(&uri, &format!("policy p for any {{\n  mode detect\n{rules}}}\n"));
    editor.ask("textDocument/documentSymbol", json!({ "textDocument": { "uri": uri } }));
    let id = editor.ask("textDocument/hover", at(&uri, 2, 4));
    editor.notify("$/cancelRequest", json!({ "id": id }));
    let last = editor.ask("textDocument/hover", at(&uri, 2, 4));
    let answer = editor.answer(id);
    // Whether it was still in time is up to the machine; that the next one is answered is not.
    assert!(answer["error"]["code"] == -32800 || answer["result"].is_object(), "{answer}");
    assert!(editor.answer(last)["result"].is_object());
}

#[test]
fn columns_are_counted_as_was_agreed() {
    for (offered, agreed, column) in [
        (json!(["utf-16", "utf-8"]), "utf-8", 17),
        (json!(["utf-32"]), "utf-32", 13),
        (json!(["utf-16", "utf-32"]), "utf-16", 14),
        (Value::Null, "utf-16", 14),
    ] {
        let folder = Folder::new(&[]);
        let uri = folder.uri("a.warmor");
        let mut editor = Editor::with(&[], json!({ "general": { "positionEncodings": offered } }));
        assert_eq!(editor.offered["capabilities"]["positionEncoding"], agreed);
        editor.open(&uri, "let x = \"😀é\" y\n");
        let list = editor.diagnostics(&uri, 1, |list| !list.is_empty());
        let start = &list.last().unwrap()["range"]["start"];
        assert_eq!(start["character"], column, "{agreed}: {list:?}");
    }
}
