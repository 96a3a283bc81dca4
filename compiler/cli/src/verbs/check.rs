//! `warmorc check`

use crate::cross_check;
use crate::output::{Exit, Output};
use crate::program::{Input, Program};
use crate::report::{self, Format};
use std::collections::BTreeMap;
use warmor_compiler::diagnostics::{Applicability, Diagnostic, Fix, Level};
use warmor_compiler::prove::{Budget, Findings, findings};
use warmor_compiler::span::FileId;
use warmor_report::{Failure, escape_lines, plural};

/// Reports what is wrong with a program: mistakes, then what is proved of it
#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Args {
    #[command(flatten)]
    input: Input,
    /// How findings are printed
    #[arg(long, value_name = "FORMAT", default_value = "pretty", value_enum)]
    format: Format,
    /// Ends with exit code 1 on warnings too
    #[arg(long)]
    deny_warnings: bool,
    /// Changes the files where a fix certainly means the same
    #[arg(long)]
    fix: bool,
    /// Prints the event that shows each finding as a test block
    #[arg(long)]
    witness_as_test: bool,
    /// Puts every assertion before Z3 too, as is done with what was found, and compares the answers
    #[arg(long)]
    cross_check: bool,
    /// How many steps one question of the prover may take before it counts as inconclusive
    #[arg(long, value_name = "STEPS")]
    budget: Option<u64>,
}

pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    let program = Program::load(&args.input.paths, &args.input.settings, out)?;
    let mut diagnostics = program.diagnostics().to_vec();
    let mut found = Findings::default();
    if let Some(model) = program.checked.model() {
        let mut budget = Budget::default();
        if let Some(steps) = args.budget {
            budget.question = steps;
        }
        let progress = out.progress("proving");
        found = findings(model, &budget);
        drop(progress);
        diagnostics.extend(found.judged(&program.checked.lints));
        diagnostics.sort_by_key(|d| (d.span().file, d.span().start, d.span().end, d.code));
    }
    if args.fix {
        let fixed = apply(&program, &diagnostics)?;
        out.error_text(&format!("{} applied\n", plural(fixed, "change")));
    }
    let color = out.color();
    out.text(&report::render(args.format, &diagnostics, &program.places(), color));
    if args.witness_as_test {
        for finding in found.list.iter().filter(|f| diagnostics.iter().any(|d| d.is_about(&f.diagnostic))) {
            let name = &finding.diagnostic.message.replace('`', "");
            if let Some(test) = finding.witness.as_ref().and_then(|w| w.test_block(name)) {
                out.line("");
                out.text(&escape_lines(&test));
            }
        }
    }
    let mut open = found.undecided;
    if let (true, Some(model)) = (args.cross_check, program.checked.model()) {
        let progress = out.progress("comparing with Z3");
        let compared = cross_check::compare(model, &found);
        drop(progress);
        out.error_text(&compared.text);
        open += compared.open;
    }
    #[cfg(feature = "z3")]
    if let (false, Some(model)) = (args.cross_check, program.checked.model()) {
        let progress = out.progress("confirming with Z3");
        let compared = cross_check::confirm(model, &found);
        drop(progress);
        out.error_text(&compared.text);
        open += compared.open;
    }
    let left_out = program.checked.left_out;
    if left_out > 0 {
        out.error_text(&format!("{} left out\n", plural(left_out, "more finding")));
    }
    let fails = |level| level == Level::Error || (args.deny_warnings && level == Level::Warning);
    if diagnostics.iter().any(|d| fails(d.level)) {
        return Ok(Exit::Findings);
    }
    if open > 0 {
        let questions = plural(open, "question");
        out.error_text(&format!("inconclusive: {questions} not settled within the budget\n"));
        return Ok(Exit::Inconclusive);
    }
    Ok(Exit::Clean)
}

/// Applies the fixes that certainly mean the same; of two that touch the same text the first. How many were applied.
fn apply(program: &Program, diagnostics: &[Diagnostic]) -> Result<usize, Failure> {
    let mut by_file: BTreeMap<FileId, Vec<&Fix>> = BTreeMap::new();
    for diagnostic in diagnostics {
        let safe = diagnostic.fixes.iter().find(|f| f.applicability == Applicability::Safe);
        if let Some(fix) = safe {
            by_file.entry(fix.span.file).or_default().push(fix);
        }
    }
    let mut applied = 0;
    for (file, mut fixes) in by_file {
        let Some((path, text)) = program.file(file) else { continue };
        fixes.sort_by_key(|f| (f.span.start, f.span.end));
        let mut changed = String::new();
        let mut at = 0;
        for fix in fixes {
            let (start, end) = (fix.span.start as usize, fix.span.end as usize);
            if start < at {
                continue;
            }
            let (start, end) =
                if fix.replacement.is_empty() { whole_lines(text, start, end) } else { (start, end) };
            changed.push_str(text.get(at..start.max(at)).unwrap_or_default());
            changed.push_str(&fix.replacement);
            at = end;
            applied += 1;
        }
        changed.push_str(text.get(at..).unwrap_or_default());
        std::fs::write(&path, changed)
            .map_err(|e| Failure::new(format!("cannot write {}: {e}", path.display())))?;
    }
    Ok(applied)
}

/// What is removed with a part of a text: the line breaks around it, where nothing else stands on its lines.
fn whole_lines(text: &str, start: usize, end: usize) -> (usize, usize) {
    let first = text[..start].rfind('\n').map_or(0, |i| i + 1);
    let last = text[end..].find('\n').map_or(text.len(), |i| end + i + 1);
    let alone = text[first..start].trim().is_empty() && text[end..last].trim().is_empty();
    if alone { (first, last) } else { (start, end) }
}
