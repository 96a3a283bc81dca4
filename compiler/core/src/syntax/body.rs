//! Which statements stand in which braces, and how each begins.

use std::ops::Range;

use super::brackets::braces_pair_up;
use super::lexer::{Token, TokenKind};

/// The items of a file and the attributes above them, as ranges of its tokens.
pub(super) fn item_ranges(tokens: &[Token]) -> Vec<Range<usize>> {
    let paired = braces_pair_up(tokens);
    let mut items = Vec::new();
    let mut start = 0;
    let mut depth = 0usize;
    for (index, token) in tokens.iter().enumerate() {
        // Right after another such word on its line, it is meant as a name.
        let is_name = index == start + 1 && begins_item(tokens[start].kind) && !token.begins_line;
        // An attribute is cut off from what it is about: it has a line, and a layout, of its own.
        let is_word = begins_item(token.kind) || token.kind == TokenKind::Attribute;
        let begins = is_word && (depth == 0 || (!paired && token.begins_line));
        if begins && !is_name {
            if index > start {
                items.push(start..index);
            }
            start = index;
            depth = 0;
        }
        match token.kind {
            TokenKind::LeftBrace => depth += 1,
            TokenKind::RightBrace => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    if start < tokens.len() {
        items.push(start..tokens.len());
    }
    items
}

/// The statements between two braces, as ranges of the file's tokens.
pub(super) fn statement_ranges(tokens: &[Token], inner: Range<usize>, body: Body) -> Vec<Range<usize>> {
    let first = inner.start;
    let tokens = &tokens[inner.clone()];
    let paired = braces_pair_up(tokens);
    let mut statements = Vec::new();
    let mut start = 0;
    let mut depth = 0usize;
    let mut in_rule = false;
    for (index, token) in tokens.iter().enumerate() {
        let synced = depth == 0 || (!paired && token.begins_line);
        if synced && body.begins(tokens, index, in_rule) {
            if index > start {
                statements.push(first + start..first + index);
            }
            start = index;
            depth = 0;
            in_rule = matches!(
                token.kind,
                TokenKind::Label | TokenKind::Allow | TokenKind::Deny | TokenKind::Audit
            );
        }
        match token.kind {
            TokenKind::LeftBrace => depth += 1,
            TokenKind::RightBrace => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    if start < tokens.len() {
        statements.push(first + start..inner.end);
    }
    statements
}

/// The kinds of bodies, each with its own statements.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    Policy,
    Template,
    Assert,
    Test,
    Detect,
    Sequence,
}

impl Body {
    /// The body of the item that begins with this token, if it has one.
    pub(super) const fn of(first: TokenKind) -> Option<Self> {
        match first {
            TokenKind::Policy => Some(Self::Policy),
            TokenKind::Template => Some(Self::Template),
            TokenKind::Assert => Some(Self::Assert),
            TokenKind::Test => Some(Self::Test),
            TokenKind::Detect => Some(Self::Detect),
            _ => None,
        }
    }

    /// What it is the body of.
    pub(super) const fn owner(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Template => "template",
            Self::Assert => "assertion",
            Self::Test => "test",
            Self::Detect => "detection",
            Self::Sequence => "sequence",
        }
    }

    /// The token that tells the grammar what kind of statement follows.
    pub(super) const fn marker(self) -> TokenKind {
        match self {
            Self::Policy | Self::Template => TokenKind::StartMember,
            Self::Assert => TokenKind::StartClaim,
            Self::Test => TokenKind::StartStep,
            Self::Detect => TokenKind::StartDetectMember,
            Self::Sequence => TokenKind::StartSequenceStep,
        }
    }

    /// What its statements are called.
    pub(super) const fn statement(self) -> &'static str {
        match self {
            Self::Policy | Self::Template => "rule",
            Self::Assert => "claim",
            Self::Test => "expectation",
            Self::Detect => "statement",
            Self::Sequence => "event",
        }
    }

    /// What may stand in it, for messages.
    pub(super) const fn contents(self) -> &'static [&'static str] {
        match self {
            Self::Policy => &["a rule", "a clause", "`use`", "`limit`"],
            Self::Template => &["a rule", "`use`", "`limit`"],
            Self::Assert => &["`never`", "`always`", "`only`"],
            Self::Test => &["`as`", "`expect`"],
            Self::Detect => &["an event", "`sequence`", "`count`", "`severity`", "`tags`", "`then`"],
            Self::Sequence => &["an event"],
        }
    }

    /// The words that begin its statements, for "did you mean".
    pub(super) const fn words(self) -> &'static [&'static str] {
        match self {
            Self::Policy => &[
                "allow",
                "deny",
                "audit",
                "use",
                "limit",
                "mode",
                "default",
                "severity",
                "unknown",
                "revalidate",
            ],
            Self::Template => &["allow", "deny", "audit", "use", "limit"],
            Self::Assert => &["never", "always", "only", "reported"],
            Self::Test => &["as", "expect"],
            Self::Detect => &["severity", "tags", "sequence", "count", "then", "because"],
            Self::Sequence => &[],
        }
    }

    /// Whether the token at `index` is the first of a statement, among the `tokens` of the body.
    pub(super) fn begins(self, tokens: &[Token], index: usize, in_rule: bool) -> bool {
        use TokenKind as T;
        let token = &tokens[index];
        let previous = index.checked_sub(1).map(|previous| tokens[previous].kind);
        if token.kind == T::Attribute {
            return true;
        }
        match self {
            Self::Policy | Self::Template => match token.kind {
                // `unknown deny`, `default deny` and `label: deny` stand on one line.
                T::Allow | T::Deny | T::Audit => {
                    token.begins_line || !matches!(previous, Some(T::Unknown | T::Default | T::Label))
                }
                // In a rule, a severity is the rule's own.
                T::Severity => !in_rule,
                T::Label | T::Use | T::Limit | T::Mode | T::Default | T::Revalidate => true,
                T::Unknown => {
                    let next = tokens.get(index + 1);
                    let is_clause = |next: &Token| {
                        matches!(next.kind, T::Allow | T::Deny | T::Audit) && !next.begins_line
                    };
                    token.begins_line || next.is_some_and(is_clause)
                }
                _ => false,
            },
            Self::Assert => match token.kind {
                T::Never | T::Always | T::Only => token.begins_line || previous != Some(T::Reported),
                T::Reported => true,
                _ => false,
            },
            Self::Test => matches!(token.kind, T::As | T::Expect),
            Self::Detect | Self::Sequence => match token.kind {
                T::Severity | T::Tags | T::Sequence | T::Count | T::Then | T::Because => self == Self::Detect,
                // Facts are named like actions: `where signal == SIGKILL`.
                T::Action => previous.is_none_or(|previous| {
                    let names_fact = matches!(previous, T::Where | T::By | T::Distinct | T::Has);
                    !wants_more(previous) && (token.begins_line || !names_fact)
                }),
                _ => false,
            },
        }
    }

    /// Whether the first token of `tokens` can begin a statement of the body.
    pub(super) fn may_begin(self, tokens: &[Token]) -> bool {
        // A misspelled action is the checker's to report.
        let is_action = matches!(self, Self::Detect | Self::Sequence) && tokens[0].kind == TokenKind::Ident;
        is_action || self.begins(tokens, 0, false)
    }
}

/// The words that begin items.
pub(super) const ITEM_WORDS: [&str; 12] = [
    "package",
    "import",
    "let",
    "subject",
    "predicate",
    "param",
    "template",
    "policy",
    "assume",
    "assert",
    "test",
    "detect",
];

/// Whether the token is one of [`ITEM_WORDS`].
const fn begins_item(kind: TokenKind) -> bool {
    use TokenKind as T;
    matches!(
        kind,
        T::Package
            | T::Import
            | T::Let
            | T::Subject
            | T::Predicate
            | T::Param
            | T::Template
            | T::Policy
            | T::Assume
            | T::Assert
            | T::Test
            | T::Detect
    )
}

/// Whether a token at the start of a line goes on with the statement above it.
pub(super) const fn continues(kind: TokenKind) -> bool {
    use TokenKind as T;
    matches!(
        kind,
        T::Except
            | T::Where
            | T::Then
            | T::Because
            | T::Until
            | T::Overrides
            | T::Without
            | T::To
            | T::From
            | T::On
            | T::Port
            | T::By
            | T::With
            | T::Within
            | T::Target
            | T::And
            | T::Or
    )
}

/// Whether a token leaves its statement unfinished, even at the end of a line: an action after it is part of it.
const fn wants_more(kind: TokenKind) -> bool {
    use TokenKind as T;
    matches!(
        kind,
        T::Comma
            | T::Dot
            | T::Colon
            | T::LeftBracket
            | T::LeftParen
            | T::And
            | T::Or
            | T::Not
            | T::In
            | T::Matches
            | T::Contains
            | T::StartsWith
            | T::EndsWith
            | T::EqualEqual
            | T::NotEqual
            | T::Less
            | T::LessEqual
            | T::Greater
            | T::GreaterEqual
            | T::Plus
            | T::Minus
    )
}
