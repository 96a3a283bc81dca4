//! Paths and globs: what they match.

use super::{constant, counted, examples, quoted, values};
use crate::analysis::Analysis;
use crate::markdown::{code, inline};
use crate::tree::{Node, walk};
use std::collections::HashSet;
use std::fmt::Write;
use warmor_compiler::evaluate::glob_matches;
use warmor_compiler::model::{Glob, Part, Segment};
use warmor_compiler::resolve::Origin;
use warmor_compiler::syntax::ast::{ExprKind, Literal};

/// Most alternatives of one glob that are listed.
const MOST_BRANCHES: usize = 8;

/// A path or glob as it is written, without quotes; `None` for one that is wrong.
pub(super) fn describe(analysis: &Analysis, text: &str) -> Option<String> {
    let glob = Glob::parse(text).ok()?;
    let mut out = code(text);
    match glob.literal() {
        Some(path) => literal(analysis, &path, &mut out),
        None => pattern(analysis, &glob, &mut out),
    }
    Some(out)
}

fn literal(analysis: &Analysis, path: &[u8], out: &mut String) {
    out.push_str("This path and no other.\n\n");
    let covering: Vec<String> = named_in(analysis, true)
        .into_iter()
        .filter(|text| Glob::parse(text).is_ok_and(|glob| glob_matches(&glob, path)))
        .collect();
    if !covering.is_empty() {
        let _ = writeln!(out, "- also in {}", values::named(&covering));
    }
}

fn pattern(analysis: &Analysis, glob: &Glob, out: &mut String) {
    let branches = glob.branches();
    if branches.len() > 1 {
        let written: Vec<String> =
            branches.iter().take(MOST_BRANCHES).map(|b| constant::branch_text(glob, b)).collect();
        let more = match branches.len().saturating_sub(MOST_BRANCHES) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let _ = writeln!(
            out,
            "- its braces make {}: {}{more}",
            counted(branches.len(), "alternative"),
            quoted(written)
        );
    }
    for (wildcard, meaning) in wildcards(glob) {
        let _ = writeln!(out, "- {} {meaning}", inline(wildcard));
    }
    let examples = examples::examples(glob);
    if !examples.matching.is_empty() {
        let _ = writeln!(out, "- matches {}", quoted(&examples.matching));
    }
    if !examples.near.is_empty() {
        let _ = writeln!(out, "- does not match {}", quoted(&examples.near));
    }
    let known: Vec<String> =
        named_in(analysis, false).into_iter().filter(|path| glob_matches(glob, path.as_bytes())).collect();
    if !known.is_empty() {
        let _ = writeln!(out, "- of the paths that the program names: {}", values::named(&known));
    }
}

/// The wildcards of a glob, and what each stands for.
fn wildcards(glob: &Glob) -> Vec<(&'static str, &'static str)> {
    let mut found = Vec::new();
    for branch in glob.branches() {
        for (i, segment) in branch.iter().enumerate() {
            match segment {
                Segment::Many if i + 1 == branch.len() => {
                    found.push(("**", "at the end: everything below, at any depth, not the folder itself"));
                }
                Segment::Many => {
                    found.push(("**", "between slashes: any number of folders, also none"));
                }
                Segment::Parts(parts) => found.extend(parts.iter().filter_map(|part| match part {
                    Part::Star => Some(("*", "any text without a slash; a segment is never empty")),
                    Part::One => Some(("?", "one byte, no slash")),
                    Part::Class { .. } => Some(("[…]", "one byte of those listed, no slash")),
                    Part::Literal(_) => None,
                })),
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The globs of the program, or its paths without wildcards, as they are matched; in order.
fn named_in(analysis: &Analysis, globs: bool) -> Vec<String> {
    let mut found = HashSet::new();
    let own = |origin| matches!(origin, Origin::Root | Origin::Imported);
    for file in analysis.sources().files().filter(|f| own(f.origin)) {
        walk(Node::File(&file.tree), &mut |node| {
            let Node::Expr(expr) = node else { return };
            match &expr.kind {
                ExprKind::Literal(Literal::Glob(text)) if globs => found.insert(text.to_string()),
                ExprKind::Literal(Literal::Path(text)) if !globs => found.insert(plain(text)),
                _ => false,
            };
        });
    }
    let mut found: Vec<String> = found.into_iter().collect();
    found.sort_unstable();
    found
}

/// A path without the backslashes that it is written with.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => out.extend(rest.next()),
            c => out.push(c),
        }
    }
    out
}
