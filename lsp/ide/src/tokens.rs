//! Semantic tokens: what each word of a text is, for colours.

use crate::analysis::Analysis;
use crate::tree::{Node, Reference, Word, walk};
use std::collections::HashMap;
use warmor_compiler::resolve::{DefId, DefKind, Origin};
use warmor_compiler::span::{FileId, Span};
use warmor_compiler::syntax::lexer::{TokenKind as T, lex};
use warmor_policy::schema::name_tables;

/// What a word is. The order is that of the protocol's legend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A word of the language.
    Keyword,
    /// An action or a group of actions.
    Action,
    /// A named value.
    Constant,
    /// A parameter of a template or predicate, or a quantifier's variable.
    Parameter,
    /// A subject.
    Subject,
    /// A predicate.
    Predicate,
    /// A template.
    Template,
    /// A policy or detection.
    Policy,
    /// A rule's label.
    Label,
    /// A fact.
    Fact,
    /// A word of a table of the schema, a severity, a mode, a resource.
    EnumMember,
    /// A type.
    Type,
    /// A module.
    Module,
    /// A number, address, range or date.
    Number,
    /// A text in quotes.
    String,
    /// An unquoted path or glob.
    Path,
    /// A comment.
    Comment,
    /// An operator.
    Operator,
    /// An attribute.
    Attribute,
}

impl Class {
    /// All of them, with the protocol's names where it has them.
    pub const LEGEND: [(Self, &'static str); 19] = [
        (Self::Keyword, "keyword"),
        (Self::Action, "method"),
        (Self::Constant, "variable"),
        (Self::Parameter, "parameter"),
        (Self::Subject, "class"),
        (Self::Predicate, "function"),
        (Self::Template, "macro"),
        (Self::Policy, "namespace"),
        (Self::Label, "event"),
        (Self::Fact, "property"),
        (Self::EnumMember, "enumMember"),
        (Self::Type, "type"),
        (Self::Module, "namespace"),
        (Self::Number, "number"),
        (Self::String, "string"),
        (Self::Path, "regexp"),
        (Self::Comment, "comment"),
        (Self::Operator, "operator"),
        (Self::Attribute, "decorator"),
    ];
}

/// A word with what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SemanticToken {
    /// Where; never over the end of a line.
    pub span: Span,
    /// What it is.
    pub class: Class,
    /// Whether it is defined there.
    pub is_definition: bool,
    /// Whether the standard library defines it.
    pub is_standard: bool,
    /// Whether it is a doc comment.
    pub is_documentation: bool,
}

/// The words of a file, in order, without overlaps.
pub fn tokens(analysis: &Analysis, file: FileId) -> Vec<SemanticToken> {
    let Some(source) = analysis.file(file).filter(|f| f.origin != Origin::Manifest) else {
        return Vec::new();
    };
    let text = source.text.as_str();
    let lexed = lex(text, file);
    let words = words(analysis, file);
    let plain = |span, class| SemanticToken {
        span,
        class,
        is_definition: false,
        is_standard: false,
        is_documentation: false,
    };
    let mut out: Vec<SemanticToken> = Vec::with_capacity(lexed.tokens.len());
    for token in &lexed.tokens {
        let known = words.get(&token.span.start).copied();
        let lexical = match token.kind {
            T::Number => Some(Class::Number),
            T::String => Some(Class::String),
            T::Path => Some(Class::Path),
            T::Attribute => Some(Class::Attribute),
            T::Label => Some(Class::Label),
            T::Action => Some(Class::Action),
            T::EqualEqual
            | T::NotEqual
            | T::Less
            | T::LessEqual
            | T::Greater
            | T::GreaterEqual
            | T::Plus
            | T::Minus => Some(Class::Operator),
            kind if kind.is_reserved() => Some(Class::Keyword),
            _ => None,
        };
        // The tree knows better than the lexer, except that a reserved word never becomes a name.
        let mut shown = match (known, lexical) {
            (Some(known), None | Some(Class::Action | Class::Keyword | Class::Label)) => known,
            (_, Some(class)) => plain(token.span, class),
            (None, None) => continue,
        };
        // Without the colon.
        shown.span =
            if token.kind == T::Label { Span { end: token.span.end - 1, ..token.span } } else { token.span };
        out.push(shown);
    }
    for comment in &lexed.comments {
        out.push(SemanticToken { is_documentation: comment.is_doc, ..plain(comment.span, Class::Comment) });
    }
    out.sort_by_key(|t| t.span.start);
    // A string that was never closed may reach over lines; editors take tokens of one line.
    out.retain(|t| !t.span.is_empty() && !t.span.text(text).contains(['\n', '\r']));
    out
}

/// What the tree says of words, by where they begin.
fn words(analysis: &Analysis, file: FileId) -> HashMap<u32, SemanticToken> {
    let mut out = HashMap::new();
    let Some(source) = analysis.file(file) else { return out };
    let symbols = &analysis.checked().symbols;
    let standard = |id: DefId| {
        let home = symbols.definition(id).and_then(|d| analysis.file(d.span.file));
        home.is_some_and(|f| f.origin == Origin::Standard)
    };
    let mut put = |span: Span, class, is_definition, is_standard| {
        let token = SemanticToken { span, class, is_definition, is_standard, is_documentation: false };
        out.insert(span.start, token);
    };
    walk(Node::File(&source.tree), &mut |node| {
        let Node::Word(name, word) = node else { return };
        let (class, defines) = match word {
            Word::Definition(kind) => (class_of(kind), true),
            Word::Label => (Class::Label, true),
            Word::Parameter | Word::Variable => (Class::Parameter, true),
            Word::Type => (Class::Type, false),
            Word::Action => (Class::Action, false),
            Word::Mode | Word::Severity | Word::Resource | Word::Response | Word::ResponseArgument => {
                (Class::EnumMember, false)
            }
            Word::Tag | Word::AttributeArgument => (Class::EnumMember, false),
            Word::Attribute => (Class::Attribute, false),
            Word::Value | Word::Field if is_fact_word(name.as_str()) => (Class::Fact, false),
            Word::Value | Word::Field if name_tables().iter().any(|t| t.code(name.as_str()).is_some()) => {
                (Class::EnumMember, false)
            }
            Word::Value => (Class::Parameter, false),
            Word::Field => (Class::Fact, false),
            Word::Imported => (Class::Constant, false),
            Word::Segment(Reference::Package | Reference::Module) => (Class::Module, false),
            Word::Segment(Reference::Template) => (Class::Template, false),
            Word::Segment(Reference::Predicate) => (Class::Predicate, false),
            Word::Segment(Reference::Rule | Reference::Without) => (Class::Label, false),
        };
        put(name.span, class, defines, false);
    });
    for used in symbols.uses.iter().filter(|u| u.span.file == file) {
        if let Some(definition) = symbols.definition(used.definition) {
            put(used.span, class_of(definition.kind), false, standard(used.definition));
        }
    }
    out
}

/// Whether a word is part of the names of facts.
fn is_fact_word(word: &str) -> bool {
    use warmor_policy::schema::{event_fields, process_fields};
    let fields = process_fields().iter().chain(event_fields());
    matches!(word, "parent" | "target") || fields.flat_map(|f| f.name.split('.')).any(|part| part == word)
}

const fn class_of(kind: DefKind) -> Class {
    match kind {
        DefKind::Let | DefKind::Param => Class::Constant,
        DefKind::Subject => Class::Subject,
        DefKind::Predicate => Class::Predicate,
        DefKind::Template => Class::Template,
        DefKind::Policy | DefKind::Detect => Class::Policy,
    }
}
