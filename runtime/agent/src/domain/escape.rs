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

#[cfg(test)]
mod tests {
    use super::*;

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
