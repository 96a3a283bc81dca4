//! What goes to standard output and standard error, and how.
//!
//! Text that somebody else wrote (sources, paths, facts of events) is escaped before it reaches a terminal, so that it cannot
//! move the cursor, colour the screen or hide what stands after it.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write};

/// How a verb ended; the process's exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Nothing to complain about.
    Clean = 0,
    /// Findings, failed tests, a denied event.
    Findings = 1,
    /// Wrong use, or input that cannot be read.
    Usage = 2,
    /// A budget ran out before an answer was found.
    Inconclusive = 3,
    /// The compiler made something that does not mean what its sources mean.
    Defect = 4,
}

/// A reason not to do what was asked: wrong use, or input that cannot be read.
#[derive(Debug)]
pub struct Failure {
    message: String,
    help: Option<String>,
}

impl Failure {
    /// What is wrong.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }

    /// What is wrong, without what to do about it.
    pub fn reason(&self) -> &str {
        &self.message
    }

    /// What to do about it.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Where a verb writes. A reader that goes away ends the output, not the verb.
pub struct Output {
    /// `None` once the reader is gone.
    out: Option<std::io::BufWriter<std::io::Stdout>>,
    color: bool,
    error_color: bool,
    progress: bool,
}

impl Output {
    /// Standard output and standard error, coloured as asked.
    pub fn new(color: Color) -> Self {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty())
            || std::env::var_os("TERM").is_some_and(|t| t == "dumb");
        let on = |terminal: bool| match color {
            Color::Auto => terminal && !plain,
            Color::Always => true,
            Color::Never => false,
        };
        let error_terminal = std::io::stderr().is_terminal();
        Self {
            out: Some(std::io::BufWriter::new(std::io::stdout())),
            color: on(std::io::stdout().is_terminal()),
            error_color: on(error_terminal),
            progress: error_terminal,
        }
    }

    /// Whether standard output is coloured.
    pub fn color(&self) -> bool {
        self.color
    }

    /// Whether standard error is coloured.
    pub fn error_color(&self) -> bool {
        self.error_color
    }

    /// Writes to standard output.
    pub fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// Writes a line to standard output.
    pub fn line(&mut self, text: &str) {
        self.bytes(text.as_bytes());
        self.bytes(b"\n");
    }

    /// Writes bytes to standard output.
    pub fn bytes(&mut self, bytes: &[u8]) {
        if self.out.as_mut().is_some_and(|out| out.write_all(bytes).is_err()) {
            self.close();
        }
    }

    /// Writes to standard error, after what went to standard output before.
    pub fn error_text(&mut self, text: &str) {
        self.flush();
        // There is nobody left to tell when standard error is gone too.
        let _ = std::io::stderr().write_all(text.as_bytes());
    }

    /// Writes what is still held back.
    pub fn flush(&mut self) {
        if self.out.as_mut().is_some_and(|out| out.flush().is_err()) {
            self.close();
        }
    }

    fn close(&mut self) {
        if let Some(out) = self.out.take() {
            // Taken apart, so that dropping it does not try to write again.
            let _ = out.into_parts();
        }
    }

    /// Reports why a verb could not do its work.
    pub fn failure(&mut self, failure: &Failure) {
        let paint = Paint(self.error_color);
        let mut text = format!("{}: {}\n", paint.bad("error"), escape_lines(&failure.message));
        if let Some(help) = &failure.help {
            let _ = writeln!(text, "{}: {}", paint.strong("help"), escape_lines(help));
        }
        self.error_text(&text);
    }

    /// Shows, on a terminal, what is being done, once it has taken a second.
    pub fn progress(&self, what: &'static str) -> Progress {
        Progress::start(self.progress, what)
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.flush();
    }
}

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

/// A line on standard error that says what takes so long; it goes away when this is dropped.
pub struct Progress {
    stop: Option<(std::sync::mpsc::Sender<()>, std::thread::JoinHandle<()>)>,
}

impl Progress {
    fn start(visible: bool, what: &'static str) -> Self {
        if !visible {
            return Self { stop: None };
        }
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        let thread = std::thread::spawn(move || {
            let second = std::time::Duration::from_secs(1);
            let mut seconds = 0;
            while stopped.recv_timeout(second) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                seconds += 1;
                let _ = write!(std::io::stderr(), "\r{what} … {seconds} s");
            }
            if seconds > 0 {
                let _ = write!(std::io::stderr(), "\r\u{1b}[K");
            }
        });
        Self { stop: Some((stop, thread)) }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.stop.take() {
            drop(stop);
            let _ = thread.join();
        }
    }
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
