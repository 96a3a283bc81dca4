//! Text that can be shown.
//!
//! What somebody else wrote (sources, paths, facts of events) is escaped before it reaches a terminal, so that it cannot move the
//! cursor, colour the screen or hide what stands after it.

use std::fmt::Write as _;

/// Colours, or none.
#[derive(Clone, Copy)]
pub struct Paint(pub bool);

impl Paint {
    fn wrap(self, code: &str, text: &str) -> String {
        if self.0 { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// Green: allowed, passed.
    pub fn good(self, text: &str) -> String {
        self.wrap("1;32", text)
    }

    /// Red: denied, failed.
    pub fn bad(self, text: &str) -> String {
        self.wrap("1;31", text)
    }

    /// Yellow: reported only.
    pub fn warn(self, text: &str) -> String {
        self.wrap("1;33", text)
    }

    /// Bold.
    pub fn strong(self, text: &str) -> String {
        self.wrap("1", text)
    }

    /// Faint: places, details.
    pub fn faint(self, text: &str) -> String {
        self.wrap("2", text)
    }
}

/// `2 errors`, `1 warning`.
pub fn plural(n: usize, word: &str) -> String {
    if n == 1 { format!("1 {word}") } else { format!("{n} {word}s") }
}

/// The text in one line, with everything escaped that a terminal could act on or that makes text look other than it is:
/// control characters, and the marks that change the direction of writing.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if is_unsafe(c) => {
                let _ = write!(out, "\\u{{{:x}}}", c as u32);
            }
            c => out.push(c),
        }
    }
    out
}

/// Like [`escape`], but line feeds and tabs stay.
pub fn escape_lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for part in text.split_inclusive(['\n', '\t']) {
        let end = part.len() - usize::from(part.ends_with(['\n', '\t']));
        out.push_str(&escape(&part[..end]));
        out.push_str(&part[end..]);
    }
    out
}

/// JSON on several lines. What a terminal acts on can only stand in its strings, and is escaped there.
pub fn json_text(value: &serde_json::Value) -> String {
    let mut out = String::new();
    for c in format!("{value:#}\n").chars() {
        match c {
            '\n' => out.push(c),
            c if is_unsafe(c) => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out
}

/// Bytes as text: escaped, and what is not UTF-8 as `\xNN`.
pub fn escape_bytes(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.utf8_chunks() {
        out.push_str(&escape(chunk.valid()));
        for b in chunk.invalid() {
            let _ = write!(out, "\\x{b:02x}");
        }
    }
    out
}

fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{61c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_acts_on_gets_through() {
        assert_eq!(escape("a\u{1b}[31mb\r\n\u{9b}2J\u{202e}é"), "a\\u{1b}[31mb\\u{d}\\n\\u{9b}2J\\u{202e}é");
        assert_eq!(escape_lines("a\n\tb\u{7}"), "a\n\tb\\u{7}");
        assert_eq!(escape_bytes(b"/tmp/\xff\x1b"), "/tmp/\\xff\\u{1b}");
    }

    #[test]
    fn json_stays_what_it_says() {
        let value = serde_json::json!({ "a": "\u{1b}\u{9b}\u{202e}\n\"" });
        let text = json_text(&value);
        assert_eq!(text, "{\n  \"a\": \"\\u001b\\u009b\\u202e\\n\\\"\"\n}\n");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
