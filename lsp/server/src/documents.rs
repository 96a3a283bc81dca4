//! What is open in the editor: texts that go before those on the disk.

use crate::uri;
use gen_lsp_types::{TextDocumentContentChangeEvent, Uri};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use warmor_ide::{Encoding, LineColumn, LineIndex};

/// An open text.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its address as the editor writes it.
    pub uri: Uri,
    /// Where it is on the disk, or a name that no file has.
    pub path: PathBuf,
    /// The editor's count of its changes.
    pub version: i32,
    /// As it is in the editor.
    pub text: String,
}

/// All open texts.
#[derive(Debug, Default)]
pub struct Documents {
    by_path: BTreeMap<PathBuf, Document>,
}

/// The path of an address. What is not on the disk has a path that is on no disk.
pub fn path_of(uri: &Uri) -> PathBuf {
    uri::to_path(uri).unwrap_or_else(|| Path::new("<editor>").join(uri.0.replace(['/', '\\'], "_")))
}

/// Whether a path stands for a text that is on no disk.
pub fn is_unsaved(path: &Path) -> bool {
    path.starts_with("<editor>")
}

impl Documents {
    /// Takes in what was opened. Opening again replaces.
    pub fn open(&mut self, uri: Uri, version: i32, text: String) -> PathBuf {
        let path = path_of(&uri);
        self.by_path.insert(path.clone(), Document { uri, path: path.clone(), version, text });
        path
    }

    /// Lets go of what was closed.
    pub fn close(&mut self, path: &Path) -> Option<Document> {
        self.by_path.remove(path)
    }

    /// Applies changes, each to what the one before it left.
    pub fn change(
        &mut self,
        path: &Path,
        version: i32,
        changes: Vec<TextDocumentContentChangeEvent>,
        encoding: Encoding,
    ) -> Option<&Document> {
        let document = self.by_path.get_mut(path)?;
        document.version = version;
        for change in changes {
            apply(&mut document.text, change, encoding);
        }
        Some(document)
    }

    /// The open text of a path.
    pub fn get(&self, path: &Path) -> Option<&Document> {
        self.by_path.get(path)
    }

    /// All open texts.
    pub fn iter(&self) -> impl Iterator<Item = &Document> {
        self.by_path.values()
    }
}

fn apply(text: &mut String, change: TextDocumentContentChangeEvent, encoding: Encoding) {
    match change {
        TextDocumentContentChangeEvent::TextDocumentContentChangeWholeDocument(whole) => *text = whole.text,
        TextDocumentContentChangeEvent::TextDocumentContentChangePartial(part) => {
            let lines = LineIndex::new(text);
            let offset = |p: gen_lsp_types::Position| {
                lines.offset(LineColumn { line: p.line, column: p.character }, text, encoding) as usize
            };
            let (start, end) = (offset(part.range.start), offset(part.range.end));
            text.replace_range(start.min(end)..end.max(start), &part.text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gen_lsp_types::{Position, Range, TextDocumentContentChangePartial};

    fn part(start: (u32, u32), end: (u32, u32), text: &str) -> TextDocumentContentChangeEvent {
        let position = |(line, character)| Position { line, character };
        #[allow(deprecated, reason = "the struct has no other constructor")]
        TextDocumentContentChangeEvent::TextDocumentContentChangePartial(TextDocumentContentChangePartial {
            range: Range { start: position(start), end: position(end) },
            range_length: None,
            text: text.to_owned(),
        })
    }

    #[test]
    fn changes_are_applied_one_after_another() {
        let mut documents = Documents::default();
        let path = documents.open(Uri("file:///a.warmor".into()), 1, "é😀x\ny\n".to_owned());
        let changes = vec![part((0, 3), (0, 4), "z"), part((0, 0), (0, 1), ""), part((9, 9), (9, 9), "end")];
        let document = documents.change(&path, 2, changes, Encoding::Utf16).unwrap();
        assert_eq!((document.text.as_str(), document.version), ("😀z\ny\nend", 2));
    }

    #[test]
    fn a_range_that_is_reversed_or_inside_of_a_character_is_put_right() {
        let mut text = "😀ab".to_owned();
        apply(&mut text, part((0, 3), (0, 1), "-"), Encoding::Utf16);
        assert_eq!(text, "-b");
    }
}
