//! What is wrong with a text as text: data for diagnostics to render, each with a span.
//!
//! Messages are lower case, name user input in backticks and never a token class of the lexer.

use std::fmt;

use super::{MAX_DEPTH, MAX_ERRORS, MAX_SOURCE_BYTES};
use crate::span::Span;

/// One thing that the grammar cannot accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong. Its `Display` is the message.
    pub kind: SyntaxErrorKind,
    /// Where: the text that does not fit, or the empty place where something is missing.
    pub span: Span,
    /// What would fit here, in words (`a path`, `` `to` ``); empty where the kind says it all.
    pub expected: Vec<&'static str>,
    /// What to do, where there is something more to say.
    pub help: Option<String>,
}

/// What is wrong in a [`SyntaxError`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SyntaxErrorKind {
    /// The text at the span does not fit here.
    Unexpected {
        /// As written, shortened.
        found: String,
    },
    /// Something is missing at the end of a statement.
    Incomplete {
        /// What ends too early: `rule`, `policy`.
        what: &'static str,
    },
    /// A reserved word stands where a name is defined or used.
    ReservedWord {
        /// The word.
        word: String,
    },
    /// A run of characters that begin no token.
    UnknownCharacters {
        /// As written, shortened.
        found: String,
    },
    /// A control character, or one that is invisible or changes the direction of writing.
    InvisibleCharacter {
        /// Which.
        character: char,
    },
    /// A string without its closing quote on the same line.
    UnclosedString,
    /// A path ends inside `{…}` or `[…]`.
    UnclosedInPath {
        /// The bracket that is open.
        bracket: char,
    },
    /// A quote inside an unquoted path.
    QuoteInPath,
    /// A `#` directly after other text.
    GluedComment,
    /// A backslash in a string with a character that it cannot stand before.
    UnknownEscape {
        /// The escape as written.
        escape: String,
    },
    /// Starts with a digit, but is no number, address, range or date.
    InvalidNumber {
        /// As written, shortened.
        found: String,
    },
    /// A number beyond 2^64 - 1 after its unit is applied.
    NumberTooLarge {
        /// As written, shortened.
        found: String,
    },
    /// A number with letters after it that are no unit.
    UnknownUnit {
        /// The letters.
        unit: String,
    },
    /// Looks like an address or prefix, but is none.
    InvalidAddress {
        /// As written, shortened.
        found: String,
    },
    /// Looks like a date, but no calendar has it.
    InvalidDate {
        /// As written.
        found: String,
    },
    /// A range whose first number is greater than its last.
    ReversedRange {
        /// The first number.
        first: u64,
        /// The last number.
        last: u64,
    },
    /// A bracket that nothing closes.
    Unclosed {
        /// The bracket.
        bracket: char,
    },
    /// A bracket that nothing opened.
    Unopened {
        /// The bracket.
        bracket: char,
    },
    /// A policy, template, assertion, test or detection without `{ … }`.
    MissingBody {
        /// Which of them.
        what: &'static str,
    },
    /// A statement of a policy stands outside of one.
    OutsidePolicy {
        /// Its first word.
        word: String,
    },
    /// A clause after the first rule.
    ClauseAfterRule {
        /// The clause's first word.
        clause: String,
    },
    /// A clause in a template.
    ClauseInTemplate {
        /// The clause's first word.
        clause: String,
    },
    /// The same part of a statement twice.
    DuplicatePart {
        /// Its first word.
        part: &'static str,
    },
    /// A part that this kind of statement cannot have.
    MisplacedPart {
        /// Its first word.
        part: &'static str,
    },
    /// `package` that is not the first statement.
    PackageNotFirst,
    /// A second `package`.
    DuplicatePackage,
    /// `expect audit`
    AuditVerdict,
    /// `any(…)` or `all(…)` that is not `any(x in list, condition)`.
    MalformedQuantifier {
        /// `any` or `all`.
        quantifier: &'static str,
    },
    /// An attribute with nothing below it.
    AttributeOfNothing,
    /// `a == b == c`
    ChainedComparison,
    /// Brackets or operators nest deeper than [`MAX_DEPTH`].
    TooDeep,
    /// More than [`MAX_ERRORS`] errors; the rest of the file was not parsed.
    TooManyErrors,
    /// The text is longer than [`MAX_SOURCE_BYTES`]; nothing of it was parsed.
    TooLarge {
        /// How long.
        bytes: usize,
    },
}

impl SyntaxError {
    /// An error with the help that its kind always has.
    pub(super) fn new(kind: SyntaxErrorKind, span: Span) -> Self {
        let help = kind.help();
        Self { kind, span, expected: Vec::new(), help }
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        match self.expected.as_slice() {
            [] => Ok(()),
            [one] => write!(f, ", expected {one}"),
            [most @ .., last] => write!(f, ", expected {} or {last}", most.join(", ")),
        }
    }
}

impl std::error::Error for SyntaxError {}

impl fmt::Display for SyntaxErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unexpected { found } => write!(f, "unexpected `{found}`"),
            Self::Incomplete { what } => write!(f, "the {what} ends too early"),
            Self::ReservedWord { word } => write!(f, "`{word}` is a reserved word and cannot be a name"),
            Self::UnknownCharacters { found } => write!(f, "`{found}` means nothing here"),
            Self::InvisibleCharacter { character } => {
                write!(f, "the text contains the hidden character U+{:04X}", u32::from(*character))
            }
            Self::UnclosedString => f.write_str("the string is not closed on its line"),
            Self::UnclosedInPath { bracket } => write!(f, "the path ends inside its `{bracket}`"),
            Self::QuoteInPath => f.write_str("an unquoted path cannot contain a quote"),
            Self::GluedComment => f.write_str("a comment must follow a space"),
            Self::UnknownEscape { escape } => write!(f, "unknown escape `{escape}`"),
            Self::InvalidNumber { found } => write!(f, "`{found}` is not a number"),
            Self::NumberTooLarge { found } => write!(f, "`{found}` is too large"),
            Self::UnknownUnit { unit } => write!(f, "unknown unit `{unit}`"),
            Self::InvalidAddress { found } => write!(f, "`{found}` is not an address"),
            Self::InvalidDate { found } => write!(f, "`{found}` is not a date"),
            Self::ReversedRange { first, last } => {
                write!(f, "the range `{first}-{last}` runs backwards")
            }
            Self::Unclosed { bracket } => write!(f, "this `{bracket}` is not closed"),
            Self::Unopened { bracket } => write!(f, "this `{bracket}` closes nothing"),
            Self::MissingBody { what } => write!(f, "the {what} has no `{{ … }}`"),
            Self::OutsidePolicy { word } => write!(f, "`{word}` stands outside of a policy"),
            Self::ClauseAfterRule { clause } => write!(f, "the clause `{clause}` comes after a rule"),
            Self::ClauseInTemplate { clause } => write!(f, "a template cannot have the clause `{clause}`"),
            Self::DuplicatePart { part } => write!(f, "a second `{part}` in one statement"),
            Self::MisplacedPart { part } => write!(f, "`{part}` does not belong in this statement"),
            Self::PackageNotFirst => f.write_str("`package` must be the first statement of the file"),
            Self::DuplicatePackage => f.write_str("a second `package` in one file"),
            Self::AuditVerdict => f.write_str("`audit` is not a verdict"),
            Self::MalformedQuantifier { quantifier } => {
                write!(f, "`{quantifier}(…)` needs a variable in a list, and a condition")
            }
            Self::AttributeOfNothing => f.write_str("there is nothing below this attribute"),
            Self::ChainedComparison => f.write_str("comparisons cannot be chained"),
            Self::TooDeep => write!(f, "nested deeper than {MAX_DEPTH} levels"),
            Self::TooManyErrors => {
                write!(f, "more than {MAX_ERRORS} errors: the rest of the file was not read")
            }
            Self::TooLarge { bytes } => {
                write!(
                    f,
                    "the file has {bytes} bytes, more than the {MAX_SOURCE_BYTES} that a policy may have"
                )
            }
        }
    }
}

impl SyntaxErrorKind {
    /// What to do about it, where that does not depend on the place.
    fn help(&self) -> Option<String> {
        let help = match self {
            Self::UnknownCharacters { found } => match found.as_str() {
                "&&" | "&" => "write `and`",
                "||" | "|" => "write `or`",
                "!" => "write `not`",
                ";" => "statements end with their line: no `;` is needed",
                "'" => "strings are written in double quotes",
                "~" => "home directories are not expanded: write `/home/*/…` and `/root/…`",
                "*" | "**" => "a glob starts with `/`; patterns of other text are written in double quotes",
                _ => {
                    "text that is not a name, a number or a path starting with `/` is written in double quotes"
                }
            },
            Self::InvisibleCharacter { .. } => {
                "remove it: a policy must read as what it says (in a string, write `\\u{…}`)"
            }
            Self::UnclosedString => "add `\"` before the end of the line",
            Self::UnclosedInPath { bracket } => {
                return Some(format!(
                    "an unquoted path ends at a space: remove the space, put the path in double quotes, or write `\\{bracket}` for the character"
                ));
            }
            Self::QuoteInPath => "put the whole path in double quotes",
            Self::GluedComment => "write a space before `#`",
            Self::UnknownEscape { .. } => {
                "known are `\\\"`, `\\\\`, `\\n`, `\\r`, `\\t`, `\\u{…}`, and `\\*` `\\?` `\\[` `\\]` `\\{` `\\}` in patterns"
            }
            Self::InvalidNumber { .. } => {
                "numbers are written `80`, `512MiB`, `30s`, `80%`, `9000-9100`, `2027-01-31`; text is written in double quotes"
            }
            Self::UnknownUnit { .. } => {
                "sizes are in `B`, `KiB`, `MiB`, `GiB`, `TiB`, `KB`, `MB`, `GB`, `TB`; times in `ns`, `us`, `ms`, `s`, `m`, `h`, `d`; shares in `%`"
            }
            Self::InvalidAddress { .. } => {
                "addresses are written `10.0.0.1` or `fe80::1`, networks `10.0.0.0/8` or `fe80::/10`, a port apart: `port 443`"
            }
            Self::InvalidDate { .. } => "dates are written year-month-day, from 1970 on: `2027-01-31`",
            Self::ReversedRange { first, last } => return Some(format!("write `{last}-{first}`")),
            Self::OutsidePolicy { .. } => "rules stand in `policy NAME for SUBJECT { … }`",
            Self::ClauseAfterRule { .. } => {
                "move it before the first rule: clauses speak of the whole policy"
            }
            Self::ClauseInTemplate { .. } => "clauses belong to the policy that uses the template",
            Self::AuditVerdict => "a test expects `allow` or `deny`",
            Self::MalformedQuantifier { quantifier } => {
                return Some(format!("write `{quantifier}(x in args, x == \"-i\")`"));
            }
            Self::AttributeOfNothing => "put it above what it is about",
            Self::ChainedComparison => "join two comparisons with `and`",
            Self::ReservedWord { .. } => "choose another name; after a dot every word is allowed",
            _ => return None,
        };
        Some(help.to_owned())
    }
}

/// At most 40 characters of user input, for a message. Control characters never get into one.
pub(super) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 40;
    let mut characters = text.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c });
    let mut short: String = characters.by_ref().take(LONGEST).collect();
    if characters.next().is_some() {
        short.push('…');
    }
    short
}
