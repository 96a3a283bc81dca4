//! `warmorc fmt`

use crate::files::{policy_paths, read_input, write_bytes};
use crate::output::{Exit, Output};
use serde_json::{Value, json};
use similar::{ChangeTag, TextDiff};
use std::path::PathBuf;
use warmor_compiler::syntax;
use warmor_report::{Failure, Paint, escape, json_text, plural};

/// Writes policy files the one way
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Policy files, a project folder, or `-` to read standard input and print. Without one, the project around the
    /// working directory
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Writes nothing; shows what would change, and ends with exit code 1 if something would
    #[arg(long)]
    check: bool,
    /// What is printed
    #[arg(long, value_name = "FORMAT", default_value = "pretty", value_enum)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// With `--check`, what would change, as a unified diff
    Pretty,
    /// One JSON object: which files are, or would be, changed, and which cannot be formatted
    Json,
}

pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    let mut exit = Exit::Clean;
    let mut changed: Vec<String> = Vec::new();
    let mut broken: Vec<Value> = Vec::new();
    let paths = policy_paths(&args.paths)?;
    if args.format == Format::Json && !args.check && paths.iter().any(|p| p.as_os_str() == "-") {
        return Err(Failure::new("the formatted text goes to standard output, and so does JSON")
            .help("add `--check`, or leave out `--format json`"));
    }
    for path in paths {
        let stdin = path.as_os_str() == "-";
        let name = if stdin { "<stdin>".to_owned() } else { path.display().to_string() };
        let text = read_input(&path)?;
        let formatted = match syntax::format::format(&text) {
            Ok(formatted) => formatted,
            Err(error) => {
                let message = format!("`{name}` is not formatted: {error}");
                broken.push(json!({ "file": name, "error": error.to_string() }));
                out.failure(&Failure::new(message).help(format!("`warmorc check {name}` says more")));
                exit = Exit::Usage;
                continue;
            }
        };
        if formatted == text && (args.check || !stdin) {
            continue;
        }
        if args.check {
            if args.format == Format::Pretty {
                let paint = Paint(out.color());
                out.text(&diff(&name, &text, &formatted, paint));
            }
            exit = exit.max(Exit::Findings);
        } else if stdin {
            out.text(&formatted);
        } else {
            write_bytes(&path, formatted.as_bytes())?;
        }
        changed.push(name);
    }
    if args.check && !changed.is_empty() {
        out.error_text(&format!("{} not formatted; `warmorc fmt` does it\n", plural(changed.len(), "file")));
    }
    if args.format == Format::Json {
        let key = if args.check { "unformatted" } else { "formatted" };
        out.text(&json_text(&json!({ "version": 1, key: changed, "broken": broken })));
    }
    Ok(exit)
}

/// A unified diff, with three lines around each change.
fn diff(name: &str, old: &str, new: &str, paint: Paint) -> String {
    let name = escape(name);
    let mut text = format!(
        "{}\n{}\n",
        paint.strong(&format!("--- {name}")),
        paint.strong(&format!("+++ {name}, formatted"))
    );
    let diff = TextDiff::from_lines(old, new);
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        text.push_str(&format!("{}\n", paint.faint(&hunk.header().to_string())));
        for change in hunk.iter_changes() {
            let line = escape(change.value().trim_end_matches('\n'));
            text.push_str(&match change.tag() {
                ChangeTag::Equal => format!(" {line}\n"),
                ChangeTag::Delete => format!("{}\n", paint.bad(&format!("-{line}"))),
                ChangeTag::Insert => format!("{}\n", paint.good(&format!("+{line}"))),
            });
        }
    }
    text
}
