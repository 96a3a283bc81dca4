//! Bytes that somebody else chose, made fit to be read: on a terminal, in a log, in JSON.

use std::fmt::Write as _;

/// Text of bytes: printable ASCII as it is, all other bytes as `\xNN`, and a backslash as `\\`. Nothing that a terminal or a reader of
/// lines could take for a command comes through, and different bytes never look alike.
pub fn bytes(raw: &[u8]) -> String {
    let mut out = String::with_capacity(raw.len());
    for b in raw {
        match b {
            b'\\' => out.push_str("\\\\"),
            0x20..=0x7e => out.push(char::from(*b)),
            _ => {
                let _ = write!(out, "\\x{b:02x}");
            }
        }
    }
    out
}

/// JSON of the same meaning in printable ASCII alone. JSON itself lets through what a terminal obeys beyond ASCII.
pub fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, ' '..='~') {
            out.push(c);
        } else {
            // Such a character can only stand in a string.
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_stays_what_it_was() {
        let value = serde_json::json!({ "a\u{9b}31m": "\u{1f600}\u{202e}\u{7f}\n" });
        let text = json(&value.to_string());
        assert!(text.bytes().all(|b| (0x20..=0x7e).contains(&b)), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }

    #[test]
    fn nothing_but_printable_ascii_comes_through() {
        let all: Vec<u8> = (0..=255).collect();
        assert!(bytes(&all).bytes().all(|b| (0x20..=0x7e).contains(&b)));
        assert_eq!(bytes(b"/tmp/a\n\x1b[2Jb"), "/tmp/a\\x0a\\x1b[2Jb");
    }

    #[test]
    fn different_bytes_look_different() {
        assert_ne!(bytes(b"\\x0a"), bytes(b"\n"));
    }
}
