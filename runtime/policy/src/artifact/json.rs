//! Canonical JSON: keys sorted by their bytes, no white space, integers only, so that one value has one spelling.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Why a text is not canonical JSON of a type. Control characters in it are escaped: the text may be an attacker's.
pub(super) type Reason = String;

/// The one spelling of a value.
pub(super) fn write(value: &impl Serialize) -> Result<Vec<u8>, Reason> {
    let value = serde_json::to_value(value).map_err(|e| reason(&e))?;
    let mut out = Vec::new();
    put(&value, &mut out)?;
    Ok(out)
}

/// Reads a value and refuses every spelling of it but the canonical one.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Reason> {
    let value = serde_json::from_slice(bytes).map_err(|e| reason(&e))?;
    match departure(bytes) {
        None => Ok(value),
        Some(at) => Err(format!("not canonical JSON at byte {at}")),
    }
}

/// Reads what is asked for and ignores the rest: for the version, which must be known before the rest has a meaning.
pub(super) fn probe<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Reason> {
    serde_json::from_slice(bytes).map_err(|e| reason(&e))
}

fn reason(error: &serde_json::Error) -> Reason {
    error
        .to_string()
        .chars()
        .flat_map(|c| if c.is_control() { c.escape_unicode().collect() } else { vec![c] })
        .collect()
}

fn put(value: &Value, out: &mut Vec<u8>) -> Result<(), Reason> {
    match value {
        Value::Number(n) if !n.is_i64() && !n.is_u64() => return Err(format!("`{n}` is not an integer")),
        Value::Array(items) => {
            out.push(b'[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                put(item, out)?;
            }
            out.push(b']');
        }
        Value::Object(entries) => {
            // Sorted here: the order of `Map` depends on a feature that any crate of the build can turn on.
            let mut entries: Vec<_> = entries.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| key.as_bytes());
            out.push(b'{');
            for (i, (key, item)) in entries.into_iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                serde_json::to_writer(&mut *out, key).map_err(|e| reason(&e))?;
                out.push(b':');
                put(item, out)?;
            }
            out.push(b'}');
        }
        scalar => serde_json::to_writer(out, scalar).map_err(|e| reason(&e))?,
    }
    Ok(())
}

/// Where a text that is JSON is not canonical. Works on the text, since a tree of values would take many times its memory.
fn departure(json: &[u8]) -> Option<usize> {
    // The last key of each object that is open; none for an array and for an object that begins.
    let mut open: Vec<Option<&[u8]>> = Vec::new();
    let mut at = 0;
    while let Some(byte) = json.get(at) {
        let start = at;
        at += 1;
        match byte {
            b'{' | b'[' => open.push(None),
            b'}' | b']' => {
                open.pop();
            }
            b'"' => {
                at = match string_end(json, at) {
                    Ok(end) => end,
                    Err(at) => return Some(at),
                };
                if json.get(at) == Some(&b':') {
                    let key = &json[start + 1..at - 1];
                    let last = open.last_mut()?;
                    // Keys are words: where nothing is escaped, the spelling sorts as the key does.
                    if key.contains(&b'\\') || last.is_some_and(|last| last >= key) {
                        return Some(start);
                    }
                    *last = Some(key);
                }
            }
            b'-' if json.get(at) == Some(&b'0') => return Some(start),
            b'0'..=b'9' if matches!(json.get(at), Some(b'.' | b'e' | b'E')) => return Some(at),
            b' ' | b'\t' | b'\n' | b'\r' => return Some(start),
            _ => {}
        }
    }
    None
}

/// The place behind a string whose contents begin here, or that of an escape which is not the shortest.
fn string_end(json: &[u8], mut at: usize) -> Result<usize, usize> {
    while let Some(byte) = json.get(at) {
        match (byte, json.get(at + 1)) {
            (b'"', _) => return Ok(at + 1),
            (b'\\', Some(b'"' | b'\\' | b'b' | b'f' | b'n' | b'r' | b't')) => at += 2,
            (b'\\', Some(b'u')) => {
                let shortest = json.get(at + 2..at + 6).is_some_and(|code| match code {
                    [b'0', b'0', b'0', low] => matches!(low, b'0'..=b'7' | b'b' | b'e' | b'f'),
                    [b'0', b'0', b'1', low] => matches!(low, b'0'..=b'9' | b'a'..=b'f'),
                    _ => false,
                });
                if !shortest {
                    return Err(at);
                }
                at += 6;
            }
            (b'\\', _) => return Err(at),
            _ => at += 1,
        }
    }
    Ok(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_sorted_at_every_depth() {
        let value: Value =
            serde_json::from_str(r#" {"b": [1, {"d": null, "c": "\u0001é"}], "a": -3} "#).unwrap();
        assert_eq!(
            String::from_utf8(write(&value).unwrap()).unwrap(),
            r#"{"a":-3,"b":[1,{"c":"\u0001é","d":null}]}"#
        );
    }

    #[test]
    fn only_the_canonical_spelling_is_read() {
        assert!(read::<Value>(br#"{"a":1,"b":[]}"#).is_ok());
        for other in [
            r#"{"b":[],"a":1}"#,
            r#"{"a":1, "b":[]}"#,
            r#"{"a":1,"a":1}"#,
            r#"{"a":1.0}"#,
            r#"{"a":"\u0041"}"#,
            "1 ",
            "-0",
        ] {
            assert!(read::<Value>(other.as_bytes()).is_err(), "{other}");
        }
    }

    /// The check on the text is the definition's: what comes back when the value is written. Texts that differ from canonical
    /// ones in a few bytes and are still JSON are the ones to tell apart.
    #[test]
    fn a_text_is_canonical_if_it_is_what_is_written() {
        let pieces: [&[u8]; 18] = [
            b" ",
            b"\\",
            b"\"",
            b"0",
            b"-",
            b".5",
            b"e1",
            b",",
            b"\\u0007",
            b"\\u0008",
            b"\\u001F",
            b"\\/",
            b"\\u00e9",
            b"\"a\":1,",
            b"\"b\":{},",
            b"[]",
            b"\n",
            b"1",
        ];
        let seeds = [
            r#"{"a":1,"b":[1,{"d":null,"e":"\u0001\b\"\\é"}],"c":-3}"#,
            r#"["",{},[],{"aa":{"a":0},"ab":true}]"#,
        ];
        let (mut state, mut canonical, mut other) = (1_u64, 0, 0);
        let mut next = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        };
        for _ in 0..200_000 {
            let mut text = seeds[next(2)].as_bytes().to_vec();
            for _ in 0..next(3) {
                let (at, piece) = (next(text.len()), pieces[next(pieces.len())]);
                let replaced = next(3).min(text.len() - at);
                text.splice(at..at + replaced, piece.iter().copied());
            }
            let Ok(value) = serde_json::from_slice::<Value>(&text) else { continue };
            // Keys with escapes are out of bounds for both: see `departure`.
            let expected = write(&value).is_ok_and(|written| written == text);
            let found = departure(&text).is_none();
            if found != expected && !keys_are_words(&value) {
                continue;
            }
            assert_eq!(found, expected, "{}", String::from_utf8_lossy(&text));
            *(if found { &mut canonical } else { &mut other }) += 1;
        }
        assert!(canonical > 1000 && other > 1000, "{canonical} canonical, {other} not");
    }

    fn keys_are_words(value: &Value) -> bool {
        match value {
            Value::Array(items) => items.iter().all(keys_are_words),
            Value::Object(entries) => {
                entries.iter().all(|(k, v)| k.chars().all(|c| c.is_ascii_alphanumeric()) && keys_are_words(v))
            }
            _ => true,
        }
    }

    #[test]
    fn what_is_wrong_is_said_without_control_characters() {
        let error = read::<u32>(b"\"\x1b[2J\"").unwrap_err();
        assert!(!error.contains('\x1b'), "{error}");
        let error = read::<Vec<bool>>(br#"["\u001b"]"#).unwrap_err();
        assert!(!error.contains('\x1b'), "{error}");
    }
}
