//! What a program is compiled to.

use super::Shown;
use crate::analysis::Analysis;
use warmor_compiler::artifact::build;
use warmor_policy::artifact::{Artifact, Trust};
use warmor_report::tables::describe;

/// The decision diagrams.
pub(super) fn tables(analysis: &Analysis) -> Result<Shown, String> {
    let artifact = compiled(analysis)?;
    Ok(Shown::text("tables", describe(artifact.tables(), artifact.manifest())))
}

/// A WASM module in the text format.
///
/// # Errors
/// Where it is none, in a sentence.
pub fn wat(module: &[u8]) -> Result<String, String> {
    wasmprinter::print_bytes(module).map_err(|e| e.to_string())
}

/// The WASM module.
pub(super) fn module(analysis: &Analysis) -> Result<Shown, String> {
    let text = wat(compiled(analysis)?.bytes())?;
    Ok(Shown { title: "module".to_owned(), extension: "wat", text })
}

fn compiled(analysis: &Analysis) -> Result<Artifact, String> {
    let built = build(analysis.sources(), &analysis.checked().partial).map_err(|e| e.to_string())?;
    Artifact::read(built.bytes, Trust::AllowUnsigned).map_err(|e| e.to_string())
}
