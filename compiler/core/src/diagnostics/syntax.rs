//! What the parser found, as diagnostics.

use super::{Code, Diagnostic};
use crate::syntax::{SyntaxError, SyntaxErrorKind};

/// A syntax error with its code.
pub(crate) fn syntax_diagnostic(error: &SyntaxError) -> Diagnostic {
    let mut diagnostic = Diagnostic::new(code(&error.kind), error.span, error.to_string());
    diagnostic.help.clone_from(&error.help);
    diagnostic
}

const fn code(kind: &SyntaxErrorKind) -> Code {
    match kind {
        SyntaxErrorKind::Unexpected { .. } => Code::UnexpectedText,
        SyntaxErrorKind::Incomplete { .. } | SyntaxErrorKind::MissingBody { .. } => Code::IncompleteStatement,
        SyntaxErrorKind::ReservedWord { .. } => Code::ReservedWord,
        SyntaxErrorKind::UnknownCharacters { .. } => Code::UnknownCharacters,
        SyntaxErrorKind::InvisibleCharacter { .. } => Code::HiddenCharacter,
        SyntaxErrorKind::UnclosedString
        | SyntaxErrorKind::UnclosedInPath { .. }
        | SyntaxErrorKind::Unclosed { .. }
        | SyntaxErrorKind::Unopened { .. } => Code::Unclosed,
        SyntaxErrorKind::QuoteInPath | SyntaxErrorKind::GluedComment => Code::BadQuoting,
        SyntaxErrorKind::UnknownEscape { .. } => Code::UnknownEscape,
        SyntaxErrorKind::InvalidNumber { .. }
        | SyntaxErrorKind::NumberTooLarge { .. }
        | SyntaxErrorKind::UnknownUnit { .. }
        | SyntaxErrorKind::ReversedRange { .. } => Code::BadNumber,
        SyntaxErrorKind::InvalidAddress { .. } => Code::BadAddress,
        SyntaxErrorKind::InvalidDate { .. } => Code::BadDate,
        SyntaxErrorKind::OutsidePolicy { .. } => Code::OutsidePolicy,
        SyntaxErrorKind::ClauseAfterRule { .. } => Code::ClauseAfterRule,
        SyntaxErrorKind::ClauseInTemplate { .. } => Code::ClauseInTemplate,
        SyntaxErrorKind::DuplicatePart { .. } => Code::DuplicatePart,
        SyntaxErrorKind::MisplacedPart { .. } | SyntaxErrorKind::AttributeOfNothing => Code::MisplacedPart,
        SyntaxErrorKind::PackageNotFirst | SyntaxErrorKind::DuplicatePackage => Code::MisplacedPackage,
        SyntaxErrorKind::AuditVerdict => Code::AuditVerdict,
        SyntaxErrorKind::MalformedQuantifier { .. } => Code::MalformedQuantifier,
        SyntaxErrorKind::ChainedComparison => Code::ChainedComparison,
        SyntaxErrorKind::TooDeep | SyntaxErrorKind::TooManyErrors | SyntaxErrorKind::TooLarge { .. } => {
            Code::TooMuch
        }
    }
}
