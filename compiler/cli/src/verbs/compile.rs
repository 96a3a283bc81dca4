//! `warmorc compile`

use crate::files::write_bytes;
use crate::keys;
use crate::output::{Exit, Output};
use crate::paths::from_here;
use crate::program::{Input, Program};
use crate::report::{self, Format};
use serde_json::{Value, json};
use std::path::PathBuf;
use warmor_compiler::artifact::{Built, Unproved, Validation, build, with_proof};
use warmor_compiler::diagnostics::{Code, Diagnostic, Level};
use warmor_compiler::validate::DEFAULT_BUDGET;
use warmor_policy::artifact::sign::{SecretKey, sign};
use warmor_report::{Clause, Failure, diagnostics, escape, json_text, plural};

/// Compiles a program to an artifact: one WebAssembly module with tables, sources and manifest
///
/// What was made is proved to mean what the program means, for every event, and the artifact says so. The same sources, parameters,
/// target and day give the same bytes. Ends with exit code 1 when the program has findings, with 3 when a rule or the proof needs more
/// than its budget, with 4 when the proof fails: then there is a defect in warmorc, and no artifact.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    input: Input,
    /// The artifact's file, or `-` for standard output. Without one, PACKAGE.wasm in the project's folder
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Signs the artifact
    #[arg(long)]
    sign: bool,
    /// The secret key; without it, `warmor.key` in the project or the working directory
    #[arg(long, value_name = "FILE", requires = "sign")]
    key: Option<PathBuf>,
    /// The secret key's password is the first line of this file
    #[arg(long, value_name = "FILE", requires = "sign")]
    password_file: Option<PathBuf>,
    /// Leaves out the proof. The artifact says that nothing of it is proved
    #[arg(long)]
    no_validate: bool,
    /// How many steps the proof may take before it counts as inconclusive
    #[arg(long, value_name = "STEPS", default_value_t = DEFAULT_BUDGET, conflicts_with = "no_validate")]
    budget: u64,
    /// Makes no artifact of a program with warnings
    #[arg(long)]
    deny_warnings: bool,
    /// How findings are printed; in another format than `pretty` they go to standard output
    #[arg(long, value_name = "FORMAT", default_value = "pretty", value_enum)]
    format: Format,
}

impl Args {
    fn to_stdout(&self) -> bool {
        self.output.as_ref().is_some_and(|path| path.as_os_str() == "-")
    }
}

pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    if args.to_stdout() && args.format != Format::Pretty {
        return Err(Failure::new("the artifact goes to standard output, and so do findings in this format")
            .help("name a file with `-o`, or leave out `--format`"));
    }
    // A key that cannot be read is known before the work begins.
    let key =
        args.sign.then(|| keys::secret(args.key.as_deref(), args.password_file.as_deref())).transpose()?;
    let program = Program::load(&args.input.paths, &args.input.settings, out)?;
    let mut findings = program.diagnostics().to_vec();
    let fails = |level| level == Level::Error || (args.deny_warnings && level == Level::Warning);
    if findings.iter().any(|d| fails(d.level)) {
        report(args, &program, &findings, None, out);
        return Ok(Exit::Findings);
    }
    let progress = out.progress("compiling");
    let model = &program.checked.partial;
    let built = match build(&program.sources, model) {
        Ok(built) => built,
        Err(error) => {
            drop(progress);
            let Some(diagnostic) = error.diagnostic() else {
                return Err(
                    Failure::new(error.to_string()).help("this is a defect of warmorc; please report it")
                );
            };
            let out_of_budget = matches!(diagnostic.code, Code::TooManyAlternatives | Code::TooComplex);
            findings.push(diagnostic);
            report(args, &program, &findings, None, out);
            return Ok(if out_of_budget { Exit::Inconclusive } else { Exit::Findings });
        }
    };
    drop(progress);
    finish(args, &program, &findings, built, key.as_ref(), out)
}

/// Proves what was made, signs it and writes it.
fn finish(
    args: &Args,
    program: &Program,
    findings: &[Diagnostic],
    built: Built,
    key: Option<&SecretKey>,
    out: &mut Output,
) -> Result<Exit, Failure> {
    let model = &program.checked.partial;
    let to_stdout = args.to_stdout();
    let progress = out.progress("proving the artifact");
    let validation = if args.no_validate { Validation::Skip } else { Validation::Budget(args.budget) };
    let proved = with_proof(built.bytes, model, validation);
    drop(progress);
    let bytes = match proved {
        Ok(bytes) => bytes,
        Err(why) => {
            report(args, program, findings, None, out);
            return Ok(unproved(&why, program, out));
        }
    };
    let bytes = match key {
        Some(key) => sign(bytes, key).map_err(|e| Failure::new(e.to_string()))?,
        None => bytes,
    };
    let path = args
        .output
        .clone()
        .unwrap_or_else(|| from_here(&program.root.join(format!("{}.wasm", model.package))));
    if to_stdout {
        report(args, program, findings, None, out);
        out.bytes(&bytes);
        return Ok(Exit::Clean);
    }
    write_bytes(&path, &bytes)?;
    let (clauses, tables) = (model.clauses().len(), built.kernel.image.words().len() * 4);
    let artifact = json!({
        "file": path.display().to_string(),
        "bytes": bytes.len(),
        "clauses": clauses,
        "table_bytes": tables,
        "proved": !args.no_validate,
        "signed_by": key.as_ref().map(|k| k.id().to_string()),
    });
    report(args, program, findings, Some(artifact), out);
    if args.format == Format::Pretty {
        let signed = key.map_or("not signed".to_owned(), |k| format!("signed by {}", k.id()));
        let shown = escape(&path.display().to_string());
        let clauses = plural(clauses, "clause");
        let proved = if args.no_validate { "not proved" } else { "proved" };
        out.line(&format!(
            "made {shown}: {} bytes, {clauses}, {tables} bytes of tables for the kernel, {proved}, {signed}",
            bytes.len()
        ));
    }
    Ok(Exit::Clean)
}

/// Says why there is no artifact although there is nothing wrong with the program.
fn unproved(why: &Unproved, program: &Program, out: &mut Output) -> Exit {
    let model = &program.checked.partial;
    let clause = why.rank().and_then(|rank| Some((rank, *model.clauses().get(rank as usize)?)));
    let which = clause.map_or(String::new(), |(rank, clause)| {
        let clause = Clause::new(model, clause);
        format!(" (clause {rank} is {}, {})", clause.name, program.places().place(clause.span))
    });
    let (failure, exit) = if why.is_inconclusive() {
        let failure = Failure::new(format!(
            "it is not known whether the artifact means what its sources mean: {why}{which}"
        ))
        .help("raise the budget with `--budget`, or leave out the proof with `--no-validate`");
        (failure, Exit::Inconclusive)
    } else {
        let failure =
            Failure::new(format!("the artifact is not proved to mean what its sources mean: {why}{which}"))
                .help("this is a defect of warmorc; please report it");
        (failure, Exit::Defect)
    };
    out.failure(&failure);
    exit
}

/// Prints the findings; in JSON, with the artifact that was made.
fn report(
    args: &Args,
    program: &Program,
    findings: &[Diagnostic],
    artifact: Option<Value>,
    out: &mut Output,
) {
    let places = program.places();
    match args.format {
        Format::Pretty if findings.is_empty() => {}
        Format::Pretty => {
            let text = report::render(Format::Pretty, findings, &places, out.error_color());
            out.error_text(&text);
        }
        Format::Json => {
            let mut whole = diagnostics::value(findings, &places);
            whole["artifact"] = artifact.unwrap_or_default();
            out.text(&json_text(&whole));
        }
        format => out.text(&report::render(format, findings, &places, false)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Color;
    use clap::Parser as _;
    use std::fs;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn program(text: &str, folder: &std::path::Path, out: &Output) -> (Args, Program) {
        let (source, artifact) = (folder.join("a.warmor"), folder.join("a.wasm"));
        fs::write(&source, text).unwrap();
        let words = ["compile".as_ref(), source.as_os_str(), "-o".as_ref(), artifact.as_os_str()];
        let args = Line::parse_from(words).args;
        let program = Program::load(&args.input.paths, &args.input.settings, out).unwrap();
        (args, program)
    }

    /// What another program was made into stands for what a wrong compiler makes.
    #[test]
    fn an_artifact_that_means_something_else_is_a_defect_and_is_not_written() {
        let folder = std::env::temp_dir().join(format!("warmorc-defect-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let mut out = Output::new(Color::Never);
        let text = |path: &str| format!("package a\npolicy p for any {{ mode prevent deny read {path} }}\n");
        let made = |written: &str, meant: &str, out: &mut Output| {
            let (_, other) = program(&text(written), &folder, out);
            let built = build(&other.sources, &other.checked.partial).unwrap();
            let (args, program) = program(&text(meant), &folder, out);
            finish(&args, &program, &[], built, None, out).unwrap()
        };
        assert_eq!(made("/etc/shadow", "/etc/*", &mut out), Exit::Defect);
        assert!(!folder.join("a.wasm").exists());
        assert_eq!(made("/etc/*", "/etc/*", &mut out), Exit::Clean);
        assert!(folder.join("a.wasm").exists());
        fs::remove_dir_all(&folder).unwrap();
    }
}
