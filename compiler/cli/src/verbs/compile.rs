//! `warmorc compile`

use crate::files::write_bytes;
use crate::keys;
use crate::output::{Exit, Failure, Output, escape, json_text};
use crate::paths::from_here;
use crate::program::{Input, Program};
use crate::report::{self, Format};
use serde_json::{Value, json};
use std::path::PathBuf;
use warmor_compiler::artifact::build;
use warmor_compiler::diagnostics::{Code, Diagnostic, Level};
use warmor_policy::artifact::sign::sign;

/// Compiles a program to an artifact: one WebAssembly module with tables, sources and manifest
///
/// The same sources, parameters, target and day give the same bytes. Ends with exit code 1 when the program has findings, with 3
/// when a rule needs more than the compiler's budget.
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
    /// Makes no artifact of a program with warnings
    #[arg(long)]
    deny_warnings: bool,
    /// How findings are printed; in another format than `pretty` they go to standard output
    #[arg(long, value_name = "FORMAT", default_value = "pretty", value_enum)]
    format: Format,
}

pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    let to_stdout = args.output.as_ref().is_some_and(|path| path.as_os_str() == "-");
    if to_stdout && args.format != Format::Pretty {
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
    let bytes = match &key {
        Some(key) => sign(built.bytes, key).map_err(|e| Failure::new(e.to_string()))?,
        None => built.bytes,
    };
    drop(progress);
    let path = args
        .output
        .clone()
        .unwrap_or_else(|| from_here(&program.root.join(format!("{}.wasm", model.package))));
    if to_stdout {
        report(args, &program, &findings, None, out);
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
        "signed_by": key.as_ref().map(|k| k.id().to_string()),
    });
    report(args, &program, &findings, Some(artifact), out);
    if args.format == Format::Pretty {
        let signed = key.map_or("not signed".to_owned(), |k| format!("signed by {}", k.id()));
        let shown = escape(&path.display().to_string());
        let clauses = report::plural(clauses, "clause");
        out.line(&format!(
            "made {shown}: {} bytes, {clauses}, {tables} bytes of tables for the kernel, {signed}",
            bytes.len()
        ));
    }
    Ok(Exit::Clean)
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
            let mut whole = report::value(findings, &places);
            whole["artifact"] = artifact.unwrap_or_default();
            out.text(&json_text(&whole));
        }
        format => out.text(&report::render(format, findings, &places, false)),
    }
}
