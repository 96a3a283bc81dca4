//! What goes to standard output and standard error, and how.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write};
use warmor_report::{Failure, Paint, escape_lines};

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
        let mut text = format!("{}: {}\n", paint.bad("error"), escape_lines(failure.reason()));
        if let Some(help) = failure.advice() {
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
