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
    // Typed first: a text of the wrong shape is refused before it is held in memory as a tree.
    let typed = serde_json::from_slice(bytes).map_err(|e| reason(&e))?;
    let tree: Value = serde_json::from_slice(bytes).map_err(|e| reason(&e))?;
    let mut canonical = Vec::with_capacity(bytes.len());
    put(&tree, &mut canonical)?;
    match canonical.iter().zip(bytes).position(|(a, b)| a != b) {
        None if canonical.len() == bytes.len() => Ok(typed),
        at => Err(format!("not canonical JSON from byte {}", at.unwrap_or(canonical.len().min(bytes.len())))),
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

    #[test]
    fn what_is_wrong_is_said_without_control_characters() {
        let error = read::<u32>(b"\"\x1b[2J\"").unwrap_err();
        assert!(!error.contains('\x1b'), "{error}");
        let error = read::<Vec<bool>>(br#"["\u001b"]"#).unwrap_err();
        assert!(!error.contains('\x1b'), "{error}");
    }
}
