//! Text to tokens.
//!
//! The language has unquoted paths, globs, addresses, ranges and dates, and all of them are made of characters that are
//! operators elsewhere. The lexer settles every such question from the first character on, so that the grammar stays LR(1)
//! and no token depends on what the parser expects:
//!
//! | text | token | why |
//! |---|---|---|
//! | `/srv/{a,b}/*.log` | one path | starts with `/` (the language has no division); ends at white space, at a comma outside brackets, or at a closing bracket that it did not open |
//! | `[/a, /b/[0-9]]` | `[`, path, `,`, path, `]` | the last `]` was not opened in the path |
//! | `/a\,b` | one path | a `\` takes the next character into the path, whatever it is |
//! | `10.0.0.0/8`, `512MiB`, `80%`, `9000-9100`, `2027-01-31` | one number each | starts with a digit; `5 - 3` with spaces is a subtraction |
//! | `fe80::/10`, `::1` | one address | hexadecimal digits with two colons in them |
//! | `no_shell: deny` | label, `deny` | a name and a colon directly before `allow`, `deny` or `audit` on the same line |
//! | `process.exec` | name, `.`, name | after a dot nothing is reserved |
//! | `t1059.004` | name, `.`, name | after a dot a name may start with a digit |
//! | `a # b`, `/a#b` | comment; path | a comment starts at the line's start or after a space |
//!
//! Lexing never fails: what is no token becomes a [`TokenKind::Error`] that has been reported. White space is not kept
//! (tokens remember whether they begin their line), comments are kept beside the tokens.

use std::ops::Range;

use logos::{Lexer as Logos, Logos as _};

use super::MAX_ERRORS;
use super::error::{SyntaxError, SyntaxErrorKind, excerpt};
use crate::span::{FileId, Span};

/// A token with its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where.
    pub span: Span,
    /// Whether only white space stands before it on its line.
    pub begins_line: bool,
}

/// A comment with its place, from the `#` to before the line's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Where.
    pub span: Span,
    /// `##` on a line of its own: belongs to the definition below.
    pub is_doc: bool,
    /// Whether only white space stands before it on its line.
    pub begins_line: bool,
}

/// What the lexer makes of a file.
#[derive(Clone, Debug, Default)]
pub struct Lexed {
    /// In source order.
    pub tokens: Vec<Token>,
    /// In source order.
    pub comments: Vec<Comment>,
    /// What is wrong below the level of the grammar.
    pub errors: Vec<SyntaxError>,
}

/// Declares the kinds of tokens: words, then everything else. Words are not the lexer's business, which would have a state for each of their
/// letters: it sees names, and a table tells which of them are words.
macro_rules! kinds {
    (
        $(#[$about:meta])*
        pub enum $kinds:ident {
            words { $($(#[doc = $doc:literal])* $(#[token($word:literal)])+ $name:ident,)+ }
            $($other:tt)*
        }
    ) => {
        $(#[$about])*
        pub enum $kinds {
            $($(#[doc = $doc])* $name,)+
            $($other)*
        }

        const UNSORTED: &[(&str, $kinds)] = &[$($(($word, $kinds::$name),)+)+];
    };
}

#[rustfmt::skip]
kinds! {
/// The kinds of tokens. Reserved words are reserved everywhere but after a dot.
#[derive(logos::Logos, Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[logos(skip r"[ \t\r\n\u{FEFF}]+", extras = Problems)]
#[expect(missing_docs, reason = "each variant is documented by the text it stands for")]
pub enum TokenKind {
    words {
    // Definitions.
    #[token("package")] Package,
    #[token("import")] Import,
    #[token("let")] Let,
    #[token("subject")] Subject,
    #[token("predicate")] Predicate,
    #[token("param")] Param,
    #[token("template")] Template,
    #[token("policy")] Policy,
    #[token("assume")] Assume,
    #[token("assert")] Assert,
    #[token("test")] Test,
    #[token("detect")] Detect,

    // Policies.
    #[token("for")] For,
    #[token("any")] Any,
    #[token("except")] Except,
    #[token("mode")] Mode,
    #[token("default")] Default,
    #[token("unknown")] Unknown,
    #[token("revalidate")] Revalidate,
    #[token("severity")] Severity,
    #[token("use")] Use,
    #[token("without")] Without,
    #[token("limit")] Limit,

    // Rules.
    #[token("allow")] Allow,
    #[token("deny")] Deny,
    #[token("audit")] Audit,
    #[token("where")] Where,
    #[token("then")] Then,
    #[token("because")] Because,
    #[token("until")] Until,
    #[token("overrides")] Overrides,
    #[token("to")] To,
    #[token("from")] From,
    #[token("on")] On,
    #[token("port")] Port,
    #[token("host")] Host,

    // Assertions, tests, detections.
    #[token("reported")] Reported,
    #[token("never")] Never,
    #[token("always")] Always,
    #[token("only")] Only,
    #[token("can")] Can,
    #[token("as")] As,
    #[token("expect")] Expect,
    #[token("target")] Target,
    #[token("with")] With,
    #[token("by")] By,
    #[token("tags")] Tags,
    #[token("sequence")] Sequence,
    #[token("count")] Count,
    #[token("distinct")] Distinct,
    #[token("within")] Within,

    // Expressions.
    #[token("and")] And,
    #[token("or")] Or,
    #[token("not")] Not,
    #[token("in")] In,
    #[token("matches")] Matches,
    #[token("contains")] Contains,
    #[token("starts_with")] StartsWith,
    #[token("ends_with")] EndsWith,
    #[token("has")] Has,
    #[token("some")] Some,
    #[token("true")] True,
    #[token("false")] False,

    /// The name of an action or of a group of actions.
    #[token("exec")] #[token("read")] #[token("write")] #[token("create")] #[token("delete")] #[token("rename")]
    #[token("link")] #[token("chmod")] #[token("chown")] #[token("mmap_exec")] #[token("connect")] #[token("send")]
    #[token("accept")] #[token("bind")] #[token("listen")] #[token("ptrace")] #[token("signal")] #[token("setuid")]
    #[token("unshare")] #[token("module")] #[token("bpf")] #[token("mount")] #[token("capability")]
    #[token("syscall")]
    #[token("file")] #[token("net")] #[token("process")] #[token("kernel")] #[token("privilege")] #[token("modify")]
    Action,
    }

    #[token("==")] EqualEqual,
    #[token("!=")] NotEqual,
    #[token("<=")] LessEqual,
    #[token(">=")] GreaterEqual,
    #[token("<")] Less,
    #[token(">")] Greater,
    #[token("=")] Equal,
    #[token("+")] Plus,
    #[token("-")] Minus,
    #[token(",")] Comma,
    #[token(".")] Dot,
    #[token(":")] Colon,
    #[token("(")] LeftParen,
    #[token(")")] RightParen,
    #[token("[")] LeftBracket,
    #[token("]")] RightBracket,
    #[token("{")] LeftBrace,
    #[token("}")] RightBrace,

    /// A name that is not reserved.
    #[regex("[A-Za-z_][A-Za-z0-9_]*")] Ident,
    /// `name:` before `allow`, `deny` or `audit`, with the colon.
    Label,
    /// `@silence`, with its sign.
    #[regex("@[A-Za-z_][A-Za-z0-9_]*")] Attribute,
    /// Starts with a digit, or is an IPv6 address. The module `literal` tells what it is.
    #[regex(r"[0-9][0-9A-Za-z_%.\-]*(/[0-9A-Za-z]+)?")]
    #[regex(r"[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]*(/[0-9A-Za-z]+)?")]
    Number,
    /// A path or glob without quotes.
    #[token("/", path)] Path,
    /// With its quotes.
    #[token("\"", string)] String,
    /// Never among the tokens: comments are kept beside them.
    #[token("#", comment)] Comment,
    /// What is no token, and has been reported.
    Error,

    // Put before the tokens of a part of a file: tells the grammar which part follows.
    StartItem,
    StartMember,
    StartClaim,
    StartStep,
    StartDetectMember,
    StartSequenceStep,
    StartAttribute,
}
}

/// The words, in alphabetical order.
const WORDS: [(&str, TokenKind); UNSORTED.len()] = sorted();

const fn sorted() -> [(&'static str, TokenKind); UNSORTED.len()] {
    let mut words = [("", TokenKind::Error); UNSORTED.len()];
    let mut count = 0;
    while count < words.len() {
        let mut at = count;
        while at > 0 && is_before(UNSORTED[count].0.as_bytes(), words[at - 1].0.as_bytes()) {
            words[at] = words[at - 1];
            at -= 1;
        }
        words[at] = UNSORTED[count];
        count += 1;
    }
    words
}

const fn is_before(a: &[u8], b: &[u8]) -> bool {
    let mut at = 0;
    while at < a.len() && at < b.len() {
        if a[at] != b[at] {
            return a[at] < b[at];
        }
        at += 1;
    }
    a.len() < b.len()
}

/// What a name is: a word, or just a name.
fn name_or_word(text: &str) -> TokenKind {
    WORDS.binary_search_by_key(&text, |(word, _)| word).map_or(TokenKind::Ident, |at| WORDS[at].1)
}

impl TokenKind {
    /// Whether the token is a word that cannot be a name.
    pub fn is_reserved(self) -> bool {
        (self as u8) <= (Self::Action as u8)
    }

    /// The kind of a single word.
    pub(super) fn of_word(word: &str) -> Option<Self> {
        let mut scanner = Self::lexer(word);
        match scanner.next()?.ok()? {
            Self::Ident => Some(name_or_word(scanner.slice())),
            other => Some(other),
        }
    }
}

/// What the callbacks find wrong, with byte ranges.
#[derive(Default)]
pub struct Problems(Vec<(SyntaxErrorKind, usize, usize)>);

impl Problems {
    /// More than can be reported are not kept.
    fn push(&mut self, kind: SyntaxErrorKind, range: Range<usize>) {
        if self.0.len() <= MAX_ERRORS {
            self.0.push((kind, range.start, range.end));
        }
    }
}

/// Takes the rest of the line.
fn comment(lex: &mut Logos<'_, TokenKind>) {
    let rest = lex.remainder();
    let line = rest.find('\n').map_or(rest, |end| &rest[..end]);
    let end = line.trim_end_matches([' ', '\t', '\r']).len();
    lex.bump(end);
}

/// Takes a string up to its closing quote, or to the end of the line when there is none.
fn string(lex: &mut Logos<'_, TokenKind>) {
    let rest = lex.remainder().as_bytes();
    let mut at = 0;
    loop {
        match rest.get(at) {
            Some(b'"') => break lex.bump(at + 1),
            Some(b'\\') if !matches!(rest.get(at + 1), None | Some(b'\n' | b'\r')) => {
                at += 1 + char_len(rest[at + 1]);
            }
            None | Some(b'\n') => {
                let end = rest[..at].trim_ascii_end().len();
                lex.bump(end);
                let span = lex.span();
                lex.extras.push(SyntaxErrorKind::UnclosedString, span);
                break;
            }
            Some(&byte) => at += char_len(byte),
        }
    }
}

/// Takes a path up to white space, a comma outside brackets, or a closing bracket that it did not open.
fn path(lex: &mut Logos<'_, TokenKind>) {
    let rest = lex.remainder();
    let mut open = Vec::new();
    let mut end = path_end(rest, &mut open, Until::Space);
    if let Some(&bracket) = open.iter().rev().find(|bracket| matches!(bracket, b'{' | b'[')) {
        // `{a, b}`: take what the author meant into the token, so that the brackets after it still pair up.
        let mut still_open = Vec::new();
        let line_end = path_end(rest, &mut still_open, Until::LineEnd);
        if still_open.is_empty() {
            end = line_end;
        }
        let start = lex.span().start;
        let kind = SyntaxErrorKind::UnclosedInPath { bracket: char::from(bracket) };
        lex.extras.push(kind, start..start + 1 + end);
    }
    lex.bump(end);
    if let Some(quote) = lex.slice().find('"') {
        let at = lex.span().start + quote;
        lex.extras.push(SyntaxErrorKind::QuoteInPath, at..at + 1);
    }
}

/// Where a path ends at the latest.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    /// At any white space.
    Space,
    /// At the first white space outside brackets, at the line's end, or after [`LOOK_AHEAD`] bytes.
    LineEnd,
}

/// How far the closing bracket of a path is looked for behind a space.
const LOOK_AHEAD: usize = 256;

/// How many bytes of `rest` belong to the path; leaves the brackets that are still open there in `open`.
fn path_end(rest: &str, open: &mut Vec<u8>, until: Until) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\n' | b'\r' => break,
            _ if until == Until::LineEnd && at > LOOK_AHEAD => break,
            b' ' | b'\t' if until == Until::Space || open.is_empty() => break,
            b',' if open.is_empty() => break,
            b'\\' if !matches!(bytes.get(at + 1), None | Some(b'\n' | b'\r')) => {
                at += 1 + char_len(bytes[at + 1]);
                continue;
            }
            // Deeper nesting than any glob has is not followed: the path ends at the next space.
            b'(' | b'[' | b'{' if open.len() < super::MAX_DEPTH => open.push(byte),
            b')' | b']' | b'}' => {
                let opener = match byte {
                    b')' => b'(',
                    b']' => b'[',
                    _ => b'{',
                };
                match open.iter().rposition(|&bracket| bracket == opener) {
                    Some(position) => open.truncate(position),
                    None => break,
                }
            }
            _ => {}
        }
        at += char_len(byte);
    }
    at
}

/// The length of the UTF-8 character that starts with `byte`.
fn char_len(byte: u8) -> usize {
    match byte {
        0xF0.. => 4,
        0xE0.. => 3,
        0xC0.. => 2,
        _ => 1,
    }
}

/// Splits a text into tokens. The text must be shorter than 4 GiB, which [`parse`](super::parse) sees to.
pub fn lex(source: &str, file: FileId) -> Lexed {
    let mut lexed = Lexed { tokens: Vec::with_capacity(source.len() / 6), ..Lexed::default() };
    report_invisible(source, file, &mut lexed.errors);
    let mut scanner = TokenKind::lexer(source);
    let mut previous_end = 0;
    let mut glued = 0;
    let mut calls = SystemCalls::No;
    while let Some(result) = scanner.next() {
        let mut range = scanner.span();
        let gap = &source[previous_end..range.start];
        let begins_line = previous_end == 0 || gap.contains('\n');
        let after_dot =
            gap.is_empty() && matches!(lexed.tokens.last(), Some(Token { kind: TokenKind::Dot, .. }));
        let mut kind = match result.unwrap_or(TokenKind::Error) {
            TokenKind::Ident => name_or_word(&source[range.clone()]),
            other => other,
        };
        match kind {
            TokenKind::Comment => {
                if gap.is_empty() && previous_end > 0 && glued <= MAX_ERRORS {
                    glued += 1;
                    let at = range.start as u32;
                    report(&mut lexed.errors, SyntaxErrorKind::GluedComment, Span::new(file, at, at + 1));
                }
                let text = &source[range.clone()];
                lexed.comments.push(Comment {
                    span: Span::new(file, range.start as u32, range.end as u32),
                    is_doc: begins_line && text.starts_with("##") && !text.starts_with("###"),
                    begins_line,
                });
                previous_end = range.end;
                continue;
            }
            TokenKind::Number if after_dot && word_len(&source[range.start..]) > 0 => {
                let word = word_len(&source[range.start..]);
                if word < range.len() {
                    range.end = range.start + word;
                    let problems = std::mem::take(&mut scanner.extras);
                    scanner = TokenKind::lexer_with_extras(source, problems);
                    scanner.bump(range.end);
                }
                kind = TokenKind::Ident;
            }
            TokenKind::Ident if !after_dot && is_label(&source[range.end..]) => {
                scanner.bump(1);
                range.end += 1;
                kind = TokenKind::Label;
            }
            _ if kind.is_reserved() => {
                if after_dot || (kind == TokenKind::Action && calls.expects_name(begins_line)) {
                    kind = TokenKind::Ident;
                } else if is_label(&source[range.end..]) {
                    scanner.bump(1);
                    range.end += 1;
                    kind = TokenKind::Label;
                }
            }
            _ => {}
        }
        let span = Span::new(file, range.start as u32, range.end as u32);
        previous_end = range.end;
        calls = calls.after(kind, span.text(source));
        if kind == TokenKind::Error
            && gap.is_empty()
            && let Some(last) = lexed.tokens.last_mut()
            && last.kind == TokenKind::Error
        {
            last.span.end = span.end;
            continue;
        }
        lexed.tokens.push(Token { kind, span, begins_line });
    }
    for (kind, start, end) in scanner.extras.0 {
        report(&mut lexed.errors, kind, Span::new(file, start as u32, end as u32));
    }
    for token in lexed.tokens.iter().filter(|token| token.kind == TokenKind::Error).take(MAX_ERRORS + 1) {
        let found = excerpt(token.span.text(source));
        report(&mut lexed.errors, SyntaxErrorKind::UnknownCharacters { found }, token.span);
    }
    lexed
}

/// Whether names of system calls stand here, after the action `syscall`. Many are spelled like an action: there they are names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SystemCalls {
    No,
    /// The action is the last token: one on the same line is its object.
    Begin,
    /// A name is the last token.
    Name,
    /// The comma after one.
    Comma,
}

impl SystemCalls {
    const fn expects_name(self, begins_line: bool) -> bool {
        matches!(self, Self::Begin) && !begins_line || matches!(self, Self::Comma)
    }

    fn after(self, kind: TokenKind, text: &str) -> Self {
        match (self, kind) {
            (_, TokenKind::Action) if text == "syscall" => Self::Begin,
            (Self::Begin | Self::Comma, TokenKind::Ident) => Self::Name,
            (Self::Name, TokenKind::Comma) => Self::Comma,
            _ => Self::No,
        }
    }
}

/// The length of the word at the start of `text`.
fn word_len(text: &str) -> usize {
    text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count()
}

/// Whether the text after a name makes the name a label.
fn is_label(rest: &str) -> bool {
    let Some(rest) = rest.strip_prefix(':') else { return false };
    let rest = rest.trim_start_matches([' ', '\t']);
    matches!(&rest[..word_len(rest)], "allow" | "deny" | "audit")
}

fn report(errors: &mut Vec<SyntaxError>, kind: SyntaxErrorKind, span: Span) {
    errors.push(SyntaxError::new(kind, span));
}

/// Reports characters that make a text read differently from what it says: control characters and those that change the
/// direction of writing ("Trojan Source", CVE-2021-42574). They are refused everywhere, comments and strings included.
fn report_invisible(source: &str, file: FileId, errors: &mut Vec<SyntaxError>) {
    let bytes = source.as_bytes();
    for (at, &byte) in bytes.iter().enumerate() {
        let hidden = match byte {
            b'\n' | b'\t' => false,
            // Alone it makes a terminal write over the line.
            b'\r' => bytes.get(at + 1) != Some(&b'\n'),
            0..=0x1F | 0x7F => true,
            0xC2 => matches!(bytes.get(at + 1), Some(0x80..=0x9F)),
            0xD8 => matches!(bytes.get(at + 1), Some(0x9C)),
            0xE2 => matches!(
                (bytes.get(at + 1), bytes.get(at + 2)),
                (Some(0x80), Some(0x8B | 0x8E | 0x8F | 0xAA..=0xAE)) | (Some(0x81), Some(0xA0 | 0xA6..=0xA9))
            ),
            0xEF => at > 0 && matches!((bytes.get(at + 1), bytes.get(at + 2)), (Some(0xBB), Some(0xBF))),
            _ => false,
        };
        if errors.len() > MAX_ERRORS {
            break;
        }
        if hidden && let Some(character) = source[at..].chars().next() {
            let span = Span::new(file, at as u32, (at + character.len_utf8()) as u32);
            report(errors, SyntaxErrorKind::InvisibleCharacter { character }, span);
        }
    }
}
