//! `warmorc compile`

use crate::files::write_bytes;
use crate::keys;
use crate::output::{Exit, Failure, Output, escape};
use crate::paths::from_here;
use crate::program::{Input, Program};
use crate::report::{self, Format};
use std::path::PathBuf;
use warmor_compiler::artifact::build;
use warmor_compiler::diagnostics::{Code, Level};
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
}

pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    // A key that cannot be read is known before the work begins.
    let key =
        args.sign.then(|| keys::secret(args.key.as_deref(), args.password_file.as_deref())).transpose()?;
    let program = Program::load(&args.input.paths, &args.input.settings, out)?;
    let color = out.error_color();
    if !program.diagnostics().is_empty() {
        let text = report::render(Format::Pretty, program.diagnostics(), &program.places(), color);
        out.error_text(&text);
    }
    let fails = |level| level == Level::Error || (args.deny_warnings && level == Level::Warning);
    if program.diagnostics().iter().any(|d| fails(d.level)) {
        return Ok(Exit::Findings);
    }
    let progress = out.progress("compiling");
    let model = &program.checked.partial;
    let built = match build(&program.sources, model) {
        Ok(built) => built,
        Err(error) => {
            drop(progress);
            return match error.diagnostic() {
                Some(diagnostic) => {
                    let out_of_budget =
                        matches!(diagnostic.code, Code::TooManyAlternatives | Code::TooComplex);
                    let text = report::render(Format::Pretty, &[diagnostic], &program.places(), color);
                    out.error_text(&text);
                    Ok(if out_of_budget { Exit::Inconclusive } else { Exit::Findings })
                }
                None => {
                    Err(Failure::new(error.to_string()).help("this is a defect of warmorc; please report it"))
                }
            };
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
    if path.as_os_str() == "-" {
        out.bytes(&bytes);
        return Ok(Exit::Clean);
    }
    write_bytes(&path, &bytes)?;
    let signed = key.map_or("not signed".to_owned(), |k| format!("signed by {}", k.id()));
    let shown = escape(&path.display().to_string());
    let clauses = report::plural(model.clauses().len(), "clause");
    let tables = built.kernel.image.words().len() * 4;
    out.line(&format!(
        "made {shown}: {} bytes, {clauses}, {tables} bytes of tables for the kernel, {signed}",
        bytes.len()
    ));
    Ok(Exit::Clean)
}
