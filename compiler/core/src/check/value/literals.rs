//! Literals: what is written out, and globs.

use super::{SECOND, Scalar, Unit};
use crate::check::Checker;
use crate::diagnostics::{Applicability, Code, Diagnostic};
use crate::model::{Glob, GlobError, GlobErrorKind, MAX_BRANCHES};
use crate::span::Span;
use crate::syntax::ast::Literal;
use std::net::IpAddr;

impl<'s> Checker<'s> {
    /// A literal's value.
    pub(super) fn literal(&mut self, literal: &'s Literal, span: Span) -> Option<Scalar<'s>> {
        let number = |value: u64, unit| Some(Scalar::Number { value: i128::from(value), unit });
        match literal {
            Literal::Bool(b) => Some(Scalar::Bool(*b)),
            Literal::Int(n) => number(*n, Unit::Plain),
            Literal::Size(n) => number(*n, Unit::Size),
            Literal::Duration(n) => number(*n, Unit::Duration),
            Literal::Share(n) => number(*n, Unit::Share),
            Literal::String(text) => Some(Scalar::Text(text)),
            Literal::Path(text) | Literal::Glob(text) => self.glob(text, span, false).map(Scalar::Path),
            Literal::Ip(address) => Some(Scalar::Ip(*address)),
            Literal::Cidr { address, prefix } => self.cidr(*address, *prefix, span),
            Literal::Range { first, last } => Some(Scalar::Range(*first, *last)),
            Literal::Date(date) => {
                Some(Scalar::Number { value: i128::from(date.seconds()) * SECOND, unit: Unit::Time })
            }
        }
    }

    fn cidr(&mut self, address: IpAddr, prefix: u8, span: Span) -> Option<Scalar<'s>> {
        let masked = match address {
            IpAddr::V4(v4) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
                IpAddr::V4((u32::from(v4) & mask).into())
            }
            IpAddr::V6(v6) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
                IpAddr::V6((u128::from(v6) & mask).into())
            }
        };
        if masked == address {
            return Some(Scalar::Cidr { address, prefix });
        }
        self.report(
            Diagnostic::new(
                Code::HostBits,
                span,
                format!("`{address}/{prefix}` has bits set below its prefix of {prefix} bits"),
            )
            .help(format!(
                "the network is `{masked}/{prefix}`; one address is written without a prefix: `{address}`"
            ))
            .fix(
                format!("write `{masked}/{prefix}`"),
                span,
                format!("{masked}/{prefix}"),
                Applicability::Maybe,
            ),
        );
        None
    }

    /// Parses a glob; `quoted` texts have escapes, so that places inside them are not known.
    pub(in crate::check) fn glob(&mut self, text: &str, span: Span, quoted: bool) -> Option<Glob> {
        match Glob::parse(text) {
            Ok(glob) => Some(glob),
            Err(error) => {
                self.report(bad_glob(text, &error, span, quoted));
                None
            }
        }
    }
}

fn bad_glob(text: &str, error: &GlobError, span: Span, quoted: bool) -> Diagnostic {
    let inside = Span::new(span.file, span.start + error.start as u32, span.start + error.end as u32);
    let place = if quoted || inside.end > span.end || inside.is_empty() { span } else { inside };
    let (message, help) = match error.kind {
        GlobErrorKind::Empty => ("a glob has at least one character".to_owned(), ""),
        GlobErrorKind::TooLong => {
            (format!("a glob of {} bytes is too long", text.len()), "split it into several")
        }
        GlobErrorKind::Nul => ("a path cannot hold a NUL byte".to_owned(), ""),
        GlobErrorKind::EmptySegment => (
            "`//` is not canonical".to_owned(),
            "paths are compared after the kernel has resolved them: write a single `/`",
        ),
        GlobErrorKind::DotSegment => (
            "`.` and `..` are not canonical".to_owned(),
            "paths are compared after the kernel has resolved them: write the path without `.` and `..`",
        ),
        GlobErrorKind::TrailingSlash => {
            ("a path does not end with `/`".to_owned(), "`/a` is the directory, `/a/**` what lies below it")
        }
        GlobErrorKind::PartialMany => (
            "`**` must stand alone between two slashes".to_owned(),
            "`*` stands for any characters within one segment, `/**/` for any number of segments",
        ),
        GlobErrorKind::BadClass => (
            "`[` opens a set of characters that is empty or never closed".to_owned(),
            "write `\\[` for the character itself",
        ),
        GlobErrorKind::EmptyRange => (
            "this range of characters is the wrong way round".to_owned(),
            "the smaller character comes first: `[a-z]`",
        ),
        GlobErrorKind::UnbalancedBrace => {
            ("a brace without its partner".to_owned(), "write `\\{` or `\\}` for the character itself")
        }
        GlobErrorKind::NestedBrace => ("braces cannot be nested".to_owned(), "write the alternatives out"),
        GlobErrorKind::TooManyBranches => (
            format!("the braces stand for more than {MAX_BRANCHES} alternatives"),
            "use `*`, or several globs",
        ),
        GlobErrorKind::DanglingEscape => {
            ("`\\` with nothing to escape".to_owned(), "write `\\\\` for the character itself")
        }
    };
    let diagnostic = Diagnostic::new(Code::BadGlob, place, message);
    if help.is_empty() { diagnostic } else { diagnostic.help(help) }
}
