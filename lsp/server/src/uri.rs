//! `file:` addresses and paths.

use gen_lsp_types::Uri;
use std::path::{Path, PathBuf};

/// The path of a `file:` address; `None` for any other.
pub fn to_path(uri: &Uri) -> Option<PathBuf> {
    let rest = uri.0.strip_prefix("file://")?;
    // `file://host/…` is a file of another machine, except for this one's name.
    let path = rest.strip_prefix("localhost").unwrap_or(rest);
    let path = path.split(['?', '#']).next().unwrap_or(path);
    path.starts_with('/').then_some(())?;
    let bytes = decode(path.as_bytes())?;
    let text = String::from_utf8(bytes).ok()?;
    // `/C:/x` is `C:/x`.
    let drive = matches!(text.as_bytes(), [b'/', letter, b':', ..] if letter.is_ascii_alphabetic());
    Some(PathBuf::from(if drive && cfg!(windows) { &text[1..] } else { &text }))
}

fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| (byte as char).to_digit(16).map(|d| d as u8);
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        if let (b'%', [high, low, after @ ..]) = (first, after) {
            out.push(digit(*high)? << 4 | digit(*low)?);
            rest = after;
        } else {
            out.push(*first);
            rest = after;
        }
    }
    Some(out)
}

/// The `file:` address of a path.
pub fn of_path(path: &Path) -> Uri {
    let mut out = String::from("file://");
    let text = path.to_string_lossy().replace('\\', if cfg!(windows) { "/" } else { "\\" });
    if !text.starts_with('/') {
        out.push('/');
    }
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(byte as char);
            }
            _ => {
                out.push('%');
                for nibble in [byte >> 4, byte & 15] {
                    out.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0').to_ascii_uppercase());
                }
            }
        }
    }
    Uri(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_come_back_from_their_addresses() {
        for path in ["/a/b.warmor", "/with space/é#?%25.warmor", "/"] {
            assert_eq!(to_path(&of_path(Path::new(path))).as_deref(), Some(Path::new(path)));
        }
        assert_eq!(of_path(Path::new("/a b")).0, "file:///a%20b");
        assert_eq!(to_path(&Uri("file:///a%2fb%20c".into())), Some("/a/b c".into()));
        assert_eq!(to_path(&Uri("file://localhost/a".into())), Some("/a".into()));
    }

    #[test]
    fn other_addresses_have_no_path() {
        for uri in
            ["untitled:Untitled-1", "file://server/share", "file:///%zz", "file:///%ff", "https://a/b", ""]
        {
            assert_eq!(to_path(&Uri(uri.into())), None, "{uri}");
        }
    }
}
