//! The law of editing: after any edits, what is reported is what would be reported of the text if it were opened afresh.

use crate::harness::{Editor, Folder, everything};
use serde_json::{Value, json};

const MAIN: &str = "\
import \"./sets.warmor\"
import std.files.{shells}
subject s = process.exe in [/bin/s, /bin/t]
policy p for s {
  mode prevent
  default deny exec
  deny read roots
  deny read /srv/a
  allow exec shells, /bin/é
  allow read /etc/passwd # 😀
}
assert \"x\" {
  never s can read /srv/x
}
";

const PIECES: [&str; 16] = [
    "",
    "",
    "  deny read /srv/**\n",
    "  deny write roots\n",
    "}",
    "{",
    "é",
    "😀",
    "\r\n",
    "import \"./other.warmor\"\n",
    "roots",
    "\"",
    "# ",
    "mode detect",
    "subject t = process.uid == 0\n",
    " where process.uid == 0",
];

struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % bound.max(1)
    }
}

/// An offset as the editor counts: line, and 16-bit units on it.
fn position(text: &str, offset: usize) -> (u32, u32) {
    let bytes = text.as_bytes();
    let breaks = |i: &usize| bytes[*i] == b'\n' || (bytes[*i] == b'\r' && bytes.get(i + 1) != Some(&b'\n'));
    let ends: Vec<usize> = (0..offset).filter(breaks).collect();
    let start = ends.last().map_or(0, |end| end + 1);
    (ends.len() as u32, text[start..offset].encode_utf16().count() as u32)
}

/// What is reported of a file, once everything is proved that can be.
fn settled(editor: &mut Editor, uri: &str) -> Vec<Value> {
    loop {
        let report = editor.request("textDocument/diagnostic", json!({ "textDocument": { "uri": uri } }));
        if !report["resultId"].as_str().unwrap().contains('?') {
            return report["items"].as_array().unwrap().clone();
        }
        editor.wait("a call to ask again", |m| m["method"] == "workspace/diagnostic/refresh");
    }
}

#[test]
fn an_edited_text_is_reported_on_like_a_fresh_one() {
    let folder = Folder::new(&[
        ("sets.warmor", "let roots = [/srv/**, /var/www/**]\n"),
        ("other.warmor", "let others = [/x]\npolicy more for any { mode prevent deny read /etc/passwd }\n"),
    ]);
    let uri = folder.uri("a.warmor");
    let mut abilities = everything();
    abilities["textDocument"]["diagnostic"] = json!({});
    abilities["workspace"] = json!({ "diagnostics": { "refreshSupport": true } });
    let mut numbers = Numbers(0x5EED);
    let (mut reported, mut proved) = (0, 0);
    let mut editor = Editor::with(&[], abilities.clone());
    for round in 0..12 {
        let mut text = MAIN.to_owned();
        let mut version = 1;
        editor.open(&uri, &text);
        for _ in 0..12 {
            let a = text.floor_char_boundary(numbers.below(text.len() + 1));
            let b = text.floor_char_boundary((a + numbers.below(12)).min(text.len())).max(a);
            let inside_break = |i: usize| text[..i].ends_with('\r') && text[i..].starts_with('\n');
            if inside_break(a) || inside_break(b) {
                continue;
            }
            // Every other round adds rules alone, so that there are texts of which something is proved.
            let (a, b, piece) = match text.find("  allow exec").filter(|_| round % 2 == 0) {
                Some(rules) => (rules, rules, PIECES[2 + numbers.below(2)]),
                None => (a, b, PIECES[numbers.below(PIECES.len())]),
            };
            let (from, to) = (position(&text, a), position(&text, b));
            version += 1;
            editor.edit(&uri, version, [from.0, from.1, to.0, to.1], piece);
            text.replace_range(a..b, piece);
        }
        let after_edits = settled(&mut editor, &uri);
        editor.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
        let mut fresh = Editor::with(&[], abilities.clone());
        fresh.open(&uri, &text);
        let afresh = settled(&mut fresh, &uri);
        assert_eq!(after_edits, afresh, "round {round}: {text}");
        reported += afresh.len();
        proved += afresh.iter().filter(|d| d["code"].as_str().unwrap().starts_with("W03")).count();
    }
    // Texts of which there is nothing to say would prove nothing.
    assert!(reported > 20 && proved > 0, "{reported} reported, {proved} of them proved");
}
