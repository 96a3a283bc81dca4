//! Completion: what can be written at a place.
//!
//! The grammar says which words of the language and which kinds of things fit ([`warmor_compiler::syntax::next`]); the files here say
//! which things of a kind there are.

mod imports;
mod paths;
mod values;
mod wanted;
mod words;

use crate::analysis::{Analysis, Place};
use crate::formatting::Edit;
use crate::shape::Shape;
use warmor_compiler::resolve::Origin;
use warmor_compiler::span::Span;
use warmor_compiler::syntax::lexer::{Token, TokenKind as T};
use warmor_compiler::syntax::next::{Next, next};

/// What a completion is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompletionKind {
    /// A word of the language.
    Keyword,
    /// A whole statement with places to fill in.
    Snippet,
    /// An action or a group of actions.
    Action,
    /// A fact.
    Fact,
    /// A word of a table: a capability, a system call, a severity.
    EnumMember,
    /// A type.
    Type,
    /// A named value or parameter.
    Constant,
    /// A subject.
    Subject,
    /// A predicate.
    Predicate,
    /// A template.
    Template,
    /// A rule, policy or detection, by its name.
    Clause,
    /// A module.
    Module,
    /// A path that the program writes elsewhere.
    Path,
}

/// Something that can be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// What is shown.
    pub label: String,
    /// What it is.
    pub kind: CompletionKind,
    /// What else there is to say, in a few words.
    pub detail: String,
    /// In Markdown.
    pub documentation: String,
    /// What is replaced.
    pub replaced: Span,
    /// With what, in the syntax of snippets: `$1` and `${1:word}` are places to fill in, `\$`, `\}` and `\\` are themselves.
    pub snippet: String,
    /// What else changes: an import is added.
    pub also: Vec<Edit>,
    /// What is likelier comes first.
    pub rank: u8,
}

impl Completion {
    /// What is inserted where places cannot be filled in: the words that stand in them.
    pub fn plain(&self) -> String {
        let mut out = String::new();
        let mut rest = self.snippet.chars().peekable();
        let mut depth = 0;
        while let Some(c) = rest.next() {
            match c {
                '\\' => out.extend(rest.next()),
                '$' => {
                    let braced = rest.next_if_eq(&'{').is_some();
                    while rest.next_if(char::is_ascii_digit).is_some() {}
                    if braced && rest.next_if_eq(&':').is_some() {
                        depth += 1;
                    } else if braced {
                        rest.next_if_eq(&'}');
                    }
                }
                '}' if depth > 0 => depth -= 1,
                other => out.push(other),
            }
        }
        out
    }
}

/// What completions are collected for.
struct At<'a> {
    analysis: &'a Analysis,
    next: Next,
    out: Vec<Completion>,
}

/// Everything that can be written at a place, likelier things first.
pub fn completions(analysis: &Analysis, place: Place) -> Vec<Completion> {
    let Some(file) = analysis.file(place.file).filter(|f| f.origin != Origin::Manifest) else {
        return Vec::new();
    };
    let Some(next) = next(&file.text, place.file, place.offset) else { return Vec::new() };
    let mut at = At { analysis, next, out: Vec::new() };
    at.all();
    let mut out = at.out;
    out.sort_by(|a, b| (a.rank, &a.label).cmp(&(b.rank, &b.label)));
    out.dedup_by(|a, b| a.label == b.label && a.kind == b.kind);
    out
}

impl At<'_> {
    fn all(&mut self) {
        let before = std::mem::take(&mut self.next.before);
        let last = before.last().map(|t| t.kind);
        if before.first().is_some_and(|t| t.kind == T::Import) {
            self.import(&before);
        } else if before.first().is_some_and(|t| t.kind == T::Attribute) {
            self.attribute_argument(&before);
        } else if last == Some(T::Dot) {
            self.member(&before);
        } else {
            self.place(&before, last);
        }
    }

    /// Somewhere in a statement that is no import.
    fn place(&mut self, before: &[Token], last: Option<T>) {
        self.begin();
        match last {
            Some(T::Mode) => return self.modes(),
            Some(T::Severity) => return self.severities(),
            Some(T::Limit) => return self.limits(),
            Some(T::Then) => return self.responses(),
            Some(T::Use) => return self.templates(),
            Some(T::Overrides | T::Without) => return self.clauses(),
            Some(T::By) if self.next.inside == Some(T::Test) => return self.clauses(),
            Some(T::Colon) if !in_record(before) => return self.types(),
            Some(
                T::Package
                | T::Let
                | T::Subject
                | T::Predicate
                | T::Param
                | T::Template
                | T::Policy
                | T::Detect,
            ) => {
                // A new name: there is nothing to offer.
                return;
            }
            Some(T::Comma) if in_responses(before) => return self.responses(),
            Some(T::Ident) if in_responses(before) && self.word_before(before) == "kill" => {
                self.word("tree", 0);
            }
            _ => {}
        }
        if self.analysis.text(self.next.word).starts_with('/') {
            // A path has been begun: no word can come of it.
            if self.next.value && self.wanted(before).is_none_or(|shape| shape == Shape::Paths) {
                self.paths();
            }
            return;
        }
        if self.next.action && wants_action(before) {
            self.actions();
        }
        if wants_key(before, last) {
            return self.record_keys();
        }
        if self.next.name || self.next.value {
            self.values(before);
        }
        for word in std::mem::take(&mut self.next.words) {
            self.word(&word, 3);
        }
    }

    fn word_before(&self, before: &[Token]) -> &str {
        before.last().map_or("", |t| self.analysis.text(t.span))
    }

    /// Adds something that is inserted as it is shown.
    fn plain(&mut self, label: &str, kind: CompletionKind, rank: u8) -> &mut Completion {
        self.out.push(Completion {
            label: label.to_owned(),
            kind,
            detail: String::new(),
            documentation: String::new(),
            replaced: self.next.word,
            snippet: escape(label),
            also: Vec::new(),
            rank,
        });
        let last = self.out.len() - 1;
        &mut self.out[last]
    }
}

/// A text as a snippet that means it.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('$', "\\$").replace('}', "\\}")
}

/// Whether an action comes next: an event begins here, or its actions are being listed. Elsewhere an action's word is a system call's.
fn wants_action(before: &[Token]) -> bool {
    let listed = before.iter().rev().find(|t| !matches!(t.kind, T::Action | T::Comma));
    let begins = |t: &Token| matches!(t.kind, T::Allow | T::Deny | T::Audit | T::Can | T::LeftBrace);
    // Behind an action without a comma stands its object.
    before.last().is_none_or(|last| last.kind != T::Action) && listed.is_none_or(begins)
}

/// Whether the innermost bracket that is open is a brace within a statement: a record.
fn in_record(before: &[Token]) -> bool {
    open_bracket(before).is_some_and(|t| t.kind == T::LeftBrace)
}

/// Whether the key of a record's entry comes next.
fn wants_key(before: &[Token], last: Option<T>) -> bool {
    matches!(last, Some(T::LeftBrace | T::Comma)) && in_record(before)
}

/// The innermost bracket that is open.
fn open_bracket(tokens: &[Token]) -> Option<Token> {
    let mut depth = 0usize;
    for token in tokens.iter().rev() {
        match token.kind {
            T::RightParen | T::RightBracket | T::RightBrace => depth += 1,
            T::LeftParen | T::LeftBracket | T::LeftBrace if depth == 0 => return Some(*token),
            T::LeftParen | T::LeftBracket | T::LeftBrace => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Whether the responses of a rule are being written.
fn in_responses(before: &[Token]) -> bool {
    let part = |t: &&Token| {
        matches!(t.kind, T::Then | T::Where | T::Because | T::Until | T::Severity | T::Overrides | T::Except)
    };
    before.iter().rev().find(part).is_some_and(|t| t.kind == T::Then)
}
