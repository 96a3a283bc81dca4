//! The formatter's changes, as edits.

use crate::analysis::{Analysis, Place};
use warmor_compiler::span::{FileId, Span};
use warmor_compiler::syntax::format::format as format_text;

/// A change of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; empty to insert.
    pub span: Span,
    /// With what; empty to delete.
    pub text: String,
}

/// How a file is to be changed to be formatted; `None` for a text with syntax errors, which is left alone.
pub fn format(analysis: &Analysis, file: FileId) -> Option<Vec<Edit>> {
    let text = &analysis.file(file)?.text;
    let formatted = format_text(text).ok()?;
    Some(difference(file, text, &formatted))
}

/// The changes of formatting that touch a part of a file; `None` for a text with syntax errors.
pub fn format_range(analysis: &Analysis, range: Span) -> Option<Vec<Edit>> {
    let mut edits = format(analysis, range.file)?;
    edits.retain(|e| e.span.start < range.end.max(range.start + 1) && range.start <= e.span.end);
    Some(edits)
}

/// The changes of formatting after a closing brace was typed: those of the item that it ends.
pub fn format_closed(analysis: &Analysis, place: Place) -> Option<Vec<Edit>> {
    let items = &analysis.file(place.file)?.tree.items;
    let item = items.iter().find(|i| i.span.end == place.offset)?;
    format_range(analysis, item.span)
}

/// The lines that differ, as one edit for each run of them: what an edit does not touch keeps cursor and folds.
fn difference(file: FileId, old: &str, new: &str) -> Vec<Edit> {
    let old_lines: Vec<&str> = old.split_inclusive('\n').collect();
    let new_lines: Vec<&str> = new.split_inclusive('\n').collect();
    let mut edits: Vec<Edit> = Vec::new();
    let (mut i, mut j) = (0, 0);
    let mut offset = 0;
    while i < old_lines.len() || j < new_lines.len() {
        if i < old_lines.len() && old_lines.get(i) == new_lines.get(j) {
            offset += old_lines[i].len();
            i += 1;
            j += 1;
            continue;
        }
        let (drop, add) = resynchronise(&old_lines[i..], &new_lines[j..]);
        let start = offset;
        offset += old_lines[i..i + drop].iter().map(|l| l.len()).sum::<usize>();
        let text: String = new_lines[j..j + add].concat();
        edits.push(Edit { span: Span::new(file, start as u32, offset as u32), text });
        i += drop;
        j += add;
    }
    edits
}

/// How far two texts are looked through for a line that they share.
const WINDOW: usize = 64;

/// How many lines differ on both sides before the texts agree again; all of them, if they do not within [`WINDOW`] lines.
fn resynchronise(old: &[&str], new: &[&str]) -> (usize, usize) {
    for distance in 1..2 * WINDOW {
        for drop in distance.saturating_sub(WINDOW)..=distance.min(WINDOW) {
            let add = distance - drop;
            if let (Some(a), Some(b)) = (old.get(drop), new.get(add))
                && a == b
                && !a.trim().is_empty()
            {
                return (drop, add);
            }
        }
    }
    (old.len(), new.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(old: &str, edits: &[Edit]) -> String {
        let mut out = old.to_owned();
        for edit in edits.iter().rev() {
            out.replace_range(edit.span.range(), &edit.text);
        }
        out
    }

    #[test]
    fn edits_make_the_new_text_of_the_old() {
        let cases = [
            ("", "a\n"),
            ("a\n", ""),
            ("a\nb\nc\n", "a\nx\nc\n"),
            ("a\n  b\nc\nd", "a\nb\nc\nd\n"),
            ("a\n\n\nb\n", "a\n\nb\n"),
            ("x\ny\n", "y\nx\n"),
        ];
        for (old, new) in cases {
            let edits = difference(FileId(0), old, new);
            assert_eq!(apply(old, &edits), new);
            assert!(edits.windows(2).all(|w| w[0].span.end < w[1].span.start), "{edits:?}");
        }
    }

    #[test]
    fn lines_that_stay_are_not_touched() {
        let edits = difference(FileId(0), "a\nb\nc\nd\n", "a\n b\nc\n d\n");
        assert_eq!(edits.iter().map(|e| e.text.as_str()).collect::<Vec<_>>(), [" b\n", " d\n"]);
    }
}
