//! What `--format sarif` prints, validated against the standard's schema.

use crate::harness::Folder;
use serde_json::Value;

/// The part of JSON Schema (draft 7) that the schema of SARIF uses. A keyword that is not known here is a failure, so that a
/// newer schema cannot pass unread.
struct Schema(Value);

impl Schema {
    fn check(&self, schema: &Value, value: &Value, at: &str, errors: &mut Vec<String>) {
        let Some(keywords) = schema.as_object() else { return };
        if let Some(reference) = keywords.get("$ref").and_then(Value::as_str) {
            let target = self.0.pointer(reference.strip_prefix('#').unwrap()).unwrap();
            return self.check(target, value, at, errors);
        }
        let fits = |s: &Value| {
            let mut inner = Vec::new();
            self.check(s, value, at, &mut inner);
            inner.is_empty()
        };
        for (keyword, wanted) in keywords {
            let holds = match keyword.as_str() {
                "$schema" | "$id" | "title" | "description" | "default" | "definitions" | "format" => true,
                "type" => match wanted {
                    Value::Array(types) => types.iter().any(|t| is_of(value, t.as_str().unwrap())),
                    one => is_of(value, one.as_str().unwrap()),
                },
                "enum" => wanted.as_array().unwrap().contains(value),
                "minimum" => value.as_f64().is_none_or(|n| n >= wanted.as_f64().unwrap()),
                "maximum" => value.as_f64().is_none_or(|n| n <= wanted.as_f64().unwrap()),
                "minItems" => value.as_array().is_none_or(|a| a.len() as u64 >= wanted.as_u64().unwrap()),
                "uniqueItems" => {
                    value.as_array().is_none_or(|a| a.iter().enumerate().all(|(i, x)| !a[..i].contains(x)))
                }
                "required" => value.as_object().is_none_or(|o| {
                    wanted.as_array().unwrap().iter().all(|k| o.contains_key(k.as_str().unwrap()))
                }),
                // The patterns are of GUIDs and languages, which are not printed.
                "pattern" => value.as_str().is_none(),
                "anyOf" => wanted.as_array().unwrap().iter().any(fits),
                "oneOf" => wanted.as_array().unwrap().iter().filter(|s| fits(s)).count() == 1,
                "properties" => {
                    for (key, schema) in wanted.as_object().unwrap() {
                        if let Some(value) = value.get(key) {
                            self.check(schema, value, &format!("{at}/{key}"), errors);
                        }
                    }
                    true
                }
                "additionalProperties" => {
                    let known = keywords.get("properties").and_then(Value::as_object);
                    let others = value.as_object().into_iter().flatten();
                    let others = others.filter(|(k, _)| known.is_none_or(|known| !known.contains_key(*k)));
                    match wanted {
                        Value::Bool(allowed) => *allowed || others.count() == 0,
                        schema => {
                            for (key, value) in others {
                                self.check(schema, value, &format!("{at}/{key}"), errors);
                            }
                            true
                        }
                    }
                }
                "items" => {
                    for (i, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(wanted, item, &format!("{at}/{i}"), errors);
                    }
                    true
                }
                other => panic!("the schema uses `{other}`"),
            };
            if !holds {
                errors.push(format!("{at}: {keyword} {wanted}"));
            }
        }
    }
}

fn is_of(value: &Value, kind: &str) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("the schema uses the type `{other}`"),
    }
}

pub fn errors(text: &str) -> Vec<String> {
    let schema: Value = serde_json::from_str(include_str!("../sarif/sarif-schema-2.1.0.json")).unwrap();
    let mut errors = Vec::new();
    let schema = Schema(schema);
    schema.check(&schema.0, &serde_json::from_str(text).unwrap(), "", &mut errors);
    errors
}

#[test]
fn the_validator_finds_what_is_wrong() {
    let wrong = r#"{"version": "2.0", "runs": [{"tool": {"driver": {"name": 1}}, "extra": 1}]}"#;
    assert_eq!(errors(wrong).len(), 3, "{:?}", errors(wrong));
    assert!(!errors("[]").is_empty());
}

#[test]
fn a_clean_program_is_valid_sarif() {
    let run = Folder::shop().run("check --format sarif");
    assert_eq!(run.code(), 0);
    assert_eq!(errors(&run.stdout()), Vec::<String>::new());
}

#[test]
fn findings_with_fixes_and_other_places_are_valid_sarif() {
    let folder = Folder::new();
    let text = "package p\nimport std.shells.{command_shells}\nlet a = [/etc/../x]\nlet a = [/b]\n\
                policy p for any {\n  deny raed /a\n  deny read /a 7\n}\npolicy p for any { mode detekt }\n";
    folder.write("a b/é.warmor", text);
    let run = folder.run_words(&["check", "a b/é.warmor", "--format", "sarif"], "");
    assert_eq!(run.code(), 1);
    let text = run.stdout();
    assert_eq!(errors(&text), Vec::<String>::new(), "{text}");
    let log: Value = serde_json::from_str(&text).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert!(results.len() >= 4, "{text}");
    assert!(results.iter().any(|r| r.get("fixes").is_some()), "{text}");
    assert!(results.iter().any(|r| r.get("relatedLocations").is_some()), "{text}");
    let uri = &results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(uri, "a%20b/%C3%A9.warmor");
}
