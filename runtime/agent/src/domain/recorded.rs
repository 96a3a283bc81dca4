//! Lines of a log, of a recording, or of a file that somebody wrote, as events to be judged again.

use serde_json::Value;
use warmor_policy::event::Event;
use warmor_policy::event::json::{parse, read_member};

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Events, each with where it stands in the line.
    Events(Vec<(Option<usize>, Event)>),
    /// What the agent judged, and what it said of it.
    Told(Box<(Event, Told)>),
    /// A record of the log about itself, and how many reports it says are missing.
    AboutTheLog(u64),
    /// Something that happened, without the event: it was not judged.
    WithoutEvent,
    /// Nothing.
    Empty,
}

/// What the agent said of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The outcome's word.
    pub outcome: String,
    /// The rule that decided.
    pub rule: Option<String>,
    /// Detections that fired.
    pub detections: Vec<String>,
    /// How many events like it the line stands for.
    pub times: u64,
}

/// Reads a line. Targets are taken for what the kernel reaches by them.
///
/// # Errors
/// When it is none of these; the text says why.
pub fn read(text: &str) -> Result<Line, String> {
    if text.trim().is_empty() {
        return Ok(Line::Empty);
    }
    let value = parse(text).map_err(|error| error.to_string())?;
    let event = |path: &str, value: &Value| {
        let mut event = read_member(path, value).map_err(|error| match &error.help {
            Some(help) => format!("{error} ({help})"),
            None => error.to_string(),
        })?;
        event.normalise();
        Ok::<Event, String>(event)
    };
    match &value {
        Value::Array(items) => {
            let items = items.iter().enumerate();
            let events = items.map(|(i, item)| Ok((Some(i), event(&format!("[{i}]"), item)?)));
            Ok(Line::Events(events.collect::<Result<_, String>>()?))
        }
        Value::Object(line) if line.contains_key("record") => {
            Ok(Line::AboutTheLog(line.get("reports").and_then(Value::as_u64).unwrap_or(0)))
        }
        Value::Object(line) => match (line.get("outcome"), line.get("event")) {
            (Some(Value::String(outcome)), Some(inner)) => {
                let told = Told {
                    outcome: outcome.clone(),
                    rule: line.get("rule").and_then(Value::as_str).map(str::to_owned),
                    detections: names(line.get("detections")),
                    times: line.get("times").and_then(Value::as_u64).unwrap_or(1),
                };
                Ok(Line::Told(Box::new((event("event", inner)?, told))))
            }
            (Some(Value::String(_)), None) => Ok(Line::WithoutEvent),
            (None, Some(inner)) if line.len() == 1 => Ok(Line::Events(vec![(None, event("event", inner)?)])),
            (None, None) if line.contains_key("action") => Ok(Line::Events(vec![(None, event("", &value)?)])),
            _ => Err("this is neither an event nor a line of the log".to_owned()),
        },
        _ => Err("this is neither an event nor a line of the log".to_owned()),
    }
}

fn names(detections: Option<&Value>) -> Vec<String> {
    let list = detections.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|d| d["name"].as_str()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use warmor_policy::event::{Address, Fact, Value};
    use warmor_policy::schema::slot;

    #[test]
    fn lines_are_told_apart() {
        let events = |text: &str| match read(text).unwrap() {
            Line::Events(events) => {
                events.into_iter().map(|(at, e)| (at, e.action.name())).collect::<Vec<_>>()
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(events(r#"{"action":"read","path":"/a"}"#), [(None, "read")]);
        assert_eq!(events(r#"{"event":{"action":"read","path":"/a"}}"#), [(None, "read")]);
        assert_eq!(
            events(r#"[{"action":"rename","path":"/a"},{"action":"rename","path":"/b"}]"#),
            [(Some(0), "rename"), (Some(1), "rename")]
        );
        assert_eq!(read(r#"{"record":"gap","reports":7}"#), Ok(Line::AboutTheLog(7)));
        assert_eq!(read(r#"{"outcome":"STARTED","path":"/a"}"#), Ok(Line::WithoutEvent));
        assert_eq!(read("  "), Ok(Line::Empty));
        let line =
            r#"{"detections":[{"name":"shell"}],"event":{"action":"read"},"outcome":"DENIED","rule":"a.b"}"#;
        let Ok(Line::Told(told)) = read(line) else { panic!() };
        let expected = Told {
            outcome: "DENIED".into(),
            rule: Some("a.b".into()),
            detections: vec!["shell".into()],
            times: 1,
        };
        assert_eq!(told.1, expected);
    }

    #[test]
    fn what_is_not_of_the_form_is_named() {
        let cases = [
            (r#"{"action":"raed"}"#, "`action`: there is no action `raed` (did you mean `read`?)"),
            (r#"{"action":"read","paht":"/a"}"#, "`paht`: an event has no such fact (did you mean `path`?)"),
            (
                r#"{"event":{"action":"read","process":{"uid":"x"}},"outcome":"DENIED"}"#,
                "`event.process.uid`: expected a whole number",
            ),
            (r#"{"action":"read","action":"write"}"#, "the key `action` is given twice at line 1 column 34"),
            ("[1]", "`[0]`: an event is an object"),
            ("7", "this is neither an event nor a line of the log"),
            (r#"{"path":"/a"}"#, "this is neither an event nor a line of the log"),
            (
                r#"{"event":{"action":"read"},"verdict":"deny"}"#,
                "this is neither an event nor a line of the log",
            ),
        ];
        for (text, error) in cases {
            assert_eq!(read(text).map_err(|e| e.trim().to_owned()), Err(error.to_owned()), "{text}");
        }
        assert!(read(r#"{"action":"read""#).unwrap_err().contains("EOF"));
    }

    #[test]
    fn the_wildcard_is_the_loopback_that_it_reaches() {
        let Ok(Line::Events(events)) = read(r#"{"action":"connect","address":"0.0.0.0"}"#) else { panic!() };
        assert_eq!(events[0].1.facts[slot::ADDRESS], Fact::Known(Value::Ip(Address(0xffff_7f00_0001))));
    }
}
