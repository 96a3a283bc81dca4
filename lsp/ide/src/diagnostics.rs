//! What there is to report of a file.

use crate::analysis::Analysis;
use warmor_compiler::diagnostics::{Code, Diagnostic};
use warmor_compiler::span::FileId;

/// How it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// By reading: syntax, names, types, tiers.
    Check,
    /// By proof.
    Proof,
    /// By running its tests.
    Test,
}

/// Something to report.
#[derive(Clone, Copy, Debug)]
pub struct Reported<'a> {
    /// What.
    pub diagnostic: &'a Diagnostic,
    /// How it is known.
    pub origin: Origin,
}

impl Reported<'_> {
    /// Whether the text it is about does nothing and can go: editors fade it.
    pub const fn is_unnecessary(&self) -> bool {
        matches!(
            self.diagnostic.code,
            Code::UnusedImport
                | Code::UnusedDefinition
                | Code::DeadAllow
                | Code::RedundantRule
                | Code::ShadowedDeny
                | Code::ImpossibleRule
                | Code::CoveredPattern
                | Code::UnusedSilence
                | Code::IdleAllow
                | Code::Expired
        )
    }
}

/// Everything to report of a file: mistakes at once, failed tests and findings when they are known of exactly these texts.
pub fn diagnostics(analysis: &Analysis, file: FileId) -> Vec<Reported<'_>> {
    let checked = analysis.checked().diagnostics.iter();
    let tested = analysis.tested().into_iter().flat_map(|t| &t.unmet);
    let all = checked
        .map(|diagnostic| Reported { diagnostic, origin: Origin::Check })
        .chain(analysis.found().iter().map(|diagnostic| Reported { diagnostic, origin: Origin::Proof }))
        .chain(tested.map(|diagnostic| Reported { diagnostic, origin: Origin::Test }));
    let mut list: Vec<Reported<'_>> = all.filter(|r| r.diagnostic.span().file == file).collect();
    list.sort_by_key(|r| {
        let span = r.diagnostic.span();
        (span.start, span.end, r.diagnostic.code)
    });
    list
}
