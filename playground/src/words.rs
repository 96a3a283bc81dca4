//! Operations as text: one, or a script of several with named processes.
//!
//! ```text
//! process web = exe=/usr/sbin/nginx,uid=33
//! --as web read /etc/shadow
//! --as exe=/bin/sh --with flags=O_TRUNC open "/tmp/a file"
//! {"action": "read", "path": "/etc/passwd"}
//! ```
//!
//! The words are those of `warmorc eval`, so that a line can be carried from one to the other.

use crate::crossing::Js;
use crate::decide::Decided;
use crate::offsets::Offsets;
use crate::workspace::Workspace;
use serde::Serialize;
use std::collections::BTreeMap;
use tsify::Tsify;
use warmor_policy::event::Event;
use warmor_policy::event::json::read_operation;
use warmor_report::operation::{self, Facts};
use wasm_bindgen::prelude::wasm_bindgen;

/// Most lines of a script that are decided.
const MAX_LINES: usize = 1_000;

/// A line of a script that says an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct ScriptLine {
    /// Where the line begins in the script …
    pub from: u32,
    /// … and where it ends.
    pub to: u32,
    /// What came of it.
    pub outcome: Decided,
}

/// The lines of a script that say something, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct Script(pub Vec<ScriptLine>);

/// Why words are no operation.
struct Wrong {
    message: String,
    help: Option<String>,
}

fn wrong(message: impl Into<String>, help: &str) -> Wrong {
    Wrong { message: message.into(), help: Some(help.to_owned()) }
}

impl From<Wrong> for Decided {
    fn from(wrong: Wrong) -> Self {
        Self::Wrong { message: wrong.message, help: wrong.help }
    }
}

#[wasm_bindgen]
impl Workspace {
    /// Decides an operation: in the words of `warmorc eval` (`--as exe=/usr/sbin/nginx read /etc/shadow`), or one or several events as
    /// JSON. `muted` are names of policies that an operator has muted.
    pub fn decide(&mut self, operation: &str, muted: Vec<String>) -> Js<Decided> {
        Js(self.decide_line(operation, &BTreeMap::new(), &muted))
    }

    /// Decides the operations of a script, a line each. `process web = exe=/usr/sbin/nginx` gives a process a name for `--as`,
    /// `--parent`, `--ancestor` and `--target-process`; `#` begins a comment.
    #[wasm_bindgen(js_name = decideScript)]
    pub fn decide_script(&mut self, script: &str, muted: Vec<String>) -> Js<Script> {
        let offsets = Offsets::new(script);
        let mut names = BTreeMap::new();
        let mut lines = Vec::new();
        let mut start = 0;
        for whole in script.split_inclusive('\n') {
            let line = whole.trim_end();
            let (from, to) = (start, start + line.len());
            start += whole.len();
            let line = line.trim_start();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let outcome = match named_process(line) {
                Some(Ok((name, facts))) => {
                    names.insert(name, facts);
                    continue;
                }
                Some(Err(wrong)) => wrong.into(),
                None if lines.len() >= MAX_LINES => {
                    wrong(format!("a script has at most {MAX_LINES} operations"), "split it").into()
                }
                None => self.decide_line(line, &names, &muted),
            };
            let stop = lines.len() >= MAX_LINES;
            lines.push(ScriptLine {
                from: offsets.units(from as u32),
                to: offsets.units(to as u32),
                outcome,
            });
            if stop {
                break;
            }
        }
        Js(Script(lines))
    }
}

impl Workspace {
    fn decide_line(&mut self, line: &str, names: &BTreeMap<String, String>, muted: &[String]) -> Decided {
        let line = line.trim();
        let events = if line.starts_with(['{', '[']) {
            read_operation(line).map_err(|e| Wrong { message: e.to_string(), help: e.help })
        } else {
            spoken(line, names)
        };
        match events {
            Ok(events) => self.decide_events(events, muted),
            Err(wrong) => wrong.into(),
        }
    }
}

/// `process NAME = FACTS`; `None` for a line that is something else.
fn named_process(line: &str) -> Option<Result<(String, String), Wrong>> {
    const HELP: &str = "for example: process web = exe=/usr/sbin/nginx,uid=33";
    let rest = line.strip_prefix("process")?;
    let rest = rest.strip_prefix([' ', '\t'])?;
    let Some((name, facts)) = rest.split_once('=') else {
        return Some(Err(wrong("a process has a name and facts", HELP)));
    };
    let (name, facts) = (name.trim(), facts.trim());
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    if !is_name {
        return Some(Err(wrong(format!("`{name}` is no name for a process"), HELP)));
    }
    Some(Ok((name.to_owned(), facts.to_owned())))
}

/// The events of an operation in words.
fn spoken(line: &str, names: &BTreeMap<String, String>) -> Result<Vec<Event>, Wrong> {
    let mut words = words(line)?.into_iter().peekable();
    // A whole command line is understood too.
    if words.next_if(|w| w == "warmorc").is_some() {
        words.next_if(|w| w == "eval");
    }
    let (mut process, mut parent, mut target) = (Vec::new(), Vec::new(), Vec::new());
    let (mut ancestors, mut event, mut operation) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(word) = words.next() {
        let into = match word.as_str() {
            "--as" => &mut process,
            "--parent" => &mut parent,
            "--target-process" => &mut target,
            "--ancestor" => &mut ancestors,
            "--with" => &mut event,
            option if option.starts_with("--") => {
                return Err(wrong(
                    format!("`{option}` is not known here"),
                    "facts are given by --as, --parent, --ancestor, --target-process and --with",
                ));
            }
            _ => {
                operation.push(word);
                continue;
            }
        };
        let Some(facts) = words.next() else {
            return Err(wrong(
                format!("facts are missing after `{word}`"),
                "for example: --as exe=/usr/sbin/nginx,uid=33",
            ));
        };
        let is_name = word != "--with" && !facts.contains('=');
        match names.get(&facts).filter(|_| is_name) {
            Some(known) => into.push(known.clone()),
            None if is_name => {
                return Err(wrong(
                    format!("there is no process `{facts}`"),
                    "name it in a line before: process web = exe=/usr/sbin/nginx,uid=33",
                ));
            }
            None => into.push(facts),
        }
    }
    let facts =
        Facts { process: &process, parent: &parent, target: &target, ancestors: &ancestors, event: &event };
    operation::parse(&operation, &facts).map_err(|failure| Wrong {
        message: failure.reason().to_owned(),
        help: failure.advice().map(str::to_owned),
    })
}

/// Words with spaces between them. Double quotes keep spaces together, with `\"` and `\\` in them; single quotes keep everything.
fn words(line: &str) -> Result<Vec<String>, Wrong> {
    let mut words: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        match c {
            ' ' | '\t' => words.extend(word.take()),
            '"' | '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match rest.next() {
                        Some(end) if end == c => break,
                        Some('\\') if c == '"' => word.extend(rest.next()),
                        Some(inside) => word.push(inside),
                        None => {
                            return Err(wrong(
                                "a quote is not closed",
                                "end it with the quote that it begins with",
                            ));
                        }
                    }
                }
            }
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_keep_words_together() {
        let split = |line: &str| words(line).ok();
        assert_eq!(split(r#"a "b c" d"e f" '\' """#).unwrap(), ["a", "b c", "de f", "\\", ""]);
        assert_eq!(split("  "), Some(Vec::new()));
        assert_eq!(split("a 'b"), None);
    }
}
