//! `lsp`: how long an editor waits for the language server, whose real program is spoken to over its standard streams.
//!
//! Times are by the clock on the wall, for that is what a person waits; a busy machine shows in them.

use crate::report::Report;
use crate::ruleset::RuleSet;
use anyhow::{Context, Result, anyhow, bail};
use lsp_server::{Message, Notification, Request, RequestId};
use serde_json::{Value, json};
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

const SEED: u64 = 4_004;
const RULES: usize = 1_000;
const MOST_RULES: usize = 10_000;
/// Edits and questions of each kind.
const TIMES: usize = 200;
/// The share of them that a percentile is of.
const PERCENTILE: f64 = 0.99;
/// How long an answer may take before the bench gives up.
const PATIENCE: Duration = Duration::from_mins(2);
const URI: &str = "file:///bench/bench.warmor";

/// Runs the bench.
pub fn run(json: bool) -> Result<()> {
    let report = Report { bench: "lsp", json };
    report.figure("start_ms", start()?, "ms");
    edits(&report)?;
    let mut editor = Editor::open(&RuleSet::sparse(MOST_RULES, SEED).warmor())?;
    editor.diagnostics(|_| true)?;
    editor.settle();
    report.figure(&format!("rss_mb/{MOST_RULES}"), editor.peak_megabytes()?, "MB");
    editor.close()
}

/// From starting the program to the first diagnostics of the examples.
fn start() -> Result<f64> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").canonicalize()?;
    let mut times = Vec::new();
    for _ in 0..5 {
        let begun = Instant::now();
        let mut editor = Editor::start(Some(&examples))?;
        editor.published()?;
        times.push(milliseconds(begun));
        editor.close()?;
    }
    Ok(median(times))
}

/// A file of rules: edited in its middle, now wrong, now right, now with a rule that repeats another.
fn edits(report: &Report) -> Result<()> {
    let text = RuleSet::sparse(RULES, SEED).warmor();
    let mut editor = Editor::open(&text)?;
    editor.settle();
    let rules: Vec<usize> =
        lines(&text).filter(|(_, line)| is_rule(line)).map(|(number, _)| number).collect();
    let line = |i: usize| rules[(i * 7_919) % rules.len()];
    let written: Vec<&str> = text.lines().collect();

    // A letter too many in a rule's first word, and back: each changes what is reported.
    let mut syntax = Vec::new();
    for i in 0..TIMES / 2 {
        let place = line(i);
        for (from, to, text, wrong) in [(2, 2, "x", true), (2, 3, "", false)] {
            let begun = Instant::now();
            let version = editor.change(place, from, to, text)?;
            editor.diagnostics(|told| {
                told.version == version && told.codes.iter().any(|c| c.starts_with('E')) == wrong
            })?;
            syntax.push(milliseconds(begun));
        }
    }
    report.figure(&format!("syntax_p99/{RULES}"), percentile(syntax), "ms");

    // A rule again, below itself, and back: found by proof.
    editor.settle();
    let before = editor.last.codes.len();
    let mut proof = Vec::new();
    for i in 0..TIMES / 2 {
        let place = line(i);
        let again = format!("{}\n", written[place]);
        let begun = Instant::now();
        let version = editor.insert_line(place, &again)?;
        editor.diagnostics(|told| told.version == version && told.codes.len() > before)?;
        proof.push(milliseconds(begun));
        let begun = Instant::now();
        let version = editor.remove_line(place)?;
        editor.diagnostics(|told| told.version == version && told.codes.len() == before)?;
        proof.push(milliseconds(begun));
    }
    report.figure(&format!("proof_p99/{RULES}"), percentile(proof), "ms");

    for (case, method) in [("completion_p99", "textDocument/completion"), ("hover_p99", "textDocument/hover")]
    {
        let mut times = Vec::new();
        for i in 0..TIMES {
            let place = line(i);
            let column = 2 + i % (written[place].len() - 2);
            let begun = Instant::now();
            editor.request(
                method,
                json!({
                    "textDocument": { "uri": URI }, "position": { "line": place, "character": column },
                }),
            )?;
            times.push(milliseconds(begun));
        }
        report.figure(case, percentile(times), "ms");
    }
    editor.close()
}

fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate()
}

fn is_rule(line: &str) -> bool {
    line.starts_with("  allow ") || line.starts_with("  deny ")
}

fn milliseconds(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1e3
}

fn percentile(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    let place = (times.len() as f64 * PERCENTILE).ceil() as usize;
    times.get(place.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Diagnostics as the server published them.
#[derive(Default)]
struct Told {
    version: i64,
    codes: Vec<String>,
}

/// The other side of a running server.
struct Editor {
    process: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Message>,
    requests: i32,
    version: i64,
    /// What was published last of the file.
    last: Told,
}

impl Editor {
    fn start(folder: Option<&Path>) -> Result<Self> {
        let mut process = Command::new(server()?)
            .arg("--stdio")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .context("cannot start warmor-lsp")?;
        let output = process.stdout.take().context("no standard output")?;
        let (sender, messages) = channel();
        thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Ok(Some(message)) = Message::read(&mut output) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let input = process.stdin.take();
        let mut editor = Self { process, input, messages, requests: 0, version: 1, last: Told::default() };
        let folders = folder.map(|f| json!([{ "uri": format!("file://{}", f.display()), "name": "bench" }]));
        let abilities = json!({ "textDocument": { "publishDiagnostics": { "versionSupport": true } } });
        editor.request(
            "initialize",
            json!({ "processId": null, "rootUri": null, "capabilities": abilities, "workspaceFolders": folders }),
        )?;
        editor.notify("initialized", json!({}))?;
        Ok(editor)
    }

    /// Starts the server and opens a text, which lies in no folder.
    fn open(text: &str) -> Result<Self> {
        let mut editor = Self::start(None)?;
        let document = json!({ "uri": URI, "languageId": "warmor", "version": editor.version, "text": text });
        editor.notify("textDocument/didOpen", json!({ "textDocument": document }))?;
        Ok(editor)
    }

    fn send(&mut self, message: Message) -> Result<()> {
        let input = self.input.as_mut().context("the server is closed")?;
        message.write(input)?;
        Ok(input.flush()?)
    }

    fn notify(&mut self, method: &str, params: Value) -> Result<()> {
        self.send(Message::Notification(Notification { method: method.to_owned(), params }))
    }

    fn request(&mut self, method: &str, params: Value) -> Result<Value> {
        self.requests += 1;
        let id = RequestId::from(self.requests);
        self.send(Message::Request(Request { id: id.clone(), method: method.to_owned(), params }))?;
        loop {
            if let Message::Response(response) = self.next(PATIENCE).context("no answer in time")?
                && response.id == id
            {
                return response.response_result.map_err(|error| anyhow!("{method}: {}", error.message));
            }
        }
    }

    /// The next message, after taking note of published diagnostics; `None` if there is none in time.
    fn next(&mut self, patience: Duration) -> Option<Message> {
        let message = self.messages.recv_timeout(patience).ok()?;
        if let Message::Notification(n) = &message
            && n.method == "textDocument/publishDiagnostics"
            && n.params["uri"] == URI
        {
            let list = n.params["diagnostics"].as_array().map(Vec::as_slice).unwrap_or_default();
            self.last = Told {
                version: n.params["version"].as_i64().unwrap_or(-1),
                codes: list.iter().map(|d| d["code"].as_str().unwrap_or_default().to_owned()).collect(),
            };
        }
        Some(message)
    }

    /// Waits until diagnostics of any file are published.
    fn published(&mut self) -> Result<()> {
        loop {
            let message = self.next(PATIENCE).context("nothing was published in time")?;
            if matches!(&message, Message::Notification(n) if n.method == "textDocument/publishDiagnostics") {
                return Ok(());
            }
        }
    }

    /// Waits for diagnostics of the file.
    fn diagnostics(&mut self, wanted: impl Fn(&Told) -> bool) -> Result<()> {
        while !(self.last.version == self.version && wanted(&self.last)) {
            self.next(PATIENCE).context("the expected diagnostics did not come in time")?;
        }
        Ok(())
    }

    /// Waits until the server has had nothing to say for a while.
    fn settle(&mut self) {
        while self.next(Duration::from_secs(3)).is_some() {}
    }

    fn edit(&mut self, range: Value, text: &str) -> Result<i64> {
        self.version += 1;
        let params = json!({
            "textDocument": { "uri": URI, "version": self.version },
            "contentChanges": [{ "range": range, "text": text }],
        });
        self.notify("textDocument/didChange", params)?;
        Ok(self.version)
    }

    /// Replaces a part of a line.
    fn change(&mut self, line: usize, from: usize, to: usize, text: &str) -> Result<i64> {
        self.edit(
            json!({ "start": { "line": line, "character": from }, "end": { "line": line, "character": to } }),
            text,
        )
    }

    fn insert_line(&mut self, line: usize, text: &str) -> Result<i64> {
        self.change(line, 0, 0, text)
    }

    fn remove_line(&mut self, line: usize) -> Result<i64> {
        self.edit(
            json!({ "start": { "line": line, "character": 0 }, "end": { "line": line + 1, "character": 0 } }),
            "",
        )
    }

    /// The most memory that the server has had.
    fn peak_megabytes(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = peak.and_then(|p| p.split_whitespace().next()).and_then(|p| p.parse::<f64>().ok());
        Ok(kibibytes.context("the system does not say how much memory a process has")? * 1_024.0 / 1e6)
    }

    fn close(mut self) -> Result<()> {
        self.request("shutdown", Value::Null)?;
        self.notify("exit", Value::Null)?;
        self.input = None;
        let status = self.process.wait()?;
        if !status.success() {
            bail!("the server ended with {status}");
        }
        Ok(())
    }
}

/// The program beside this one.
fn server() -> Result<PathBuf> {
    let server = std::env::current_exe()?.with_file_name("warmor-lsp");
    if !server.is_file() {
        bail!("there is no {}: `cargo xtask bench lsp` builds it", server.display());
    }
    Ok(server)
}
