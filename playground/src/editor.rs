//! What an editor asks.

use crate::crossing::Js;
use crate::values::{Edit, Range};
use crate::workspace::{Workspace, file_of};
use serde::Serialize;
use tsify::Tsify;
use warmor_compiler::span::Span;
use warmor_ide::{
    Analysis, Class, Completion, CompletionKind, FoldKind, LinkTarget, OccurrenceKind, Outline, OutlineKind,
};
use wasm_bindgen::prelude::wasm_bindgen;

/// A list as one value: it crosses at once.
macro_rules! list {
    ($(#[$doc:meta])* $name:ident of $item:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
        pub struct $name(pub Vec<$item>);
    };
}

/// What a completion is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum CompletionKindWord {
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct CompletionValue {
    /// What is shown.
    pub label: String,
    /// What it is.
    pub kind: CompletionKindWord,
    /// What else there is to say, in a few words.
    pub detail: String,
    /// In Markdown.
    pub documentation: String,
    /// What is replaced.
    pub replaced: Range,
    /// With what, in the syntax of snippets: `$1` and `${1:word}` are places to fill in, `\$`, `\}` and `\\` are themselves.
    pub snippet: String,
    /// The same where places cannot be filled in.
    pub plain: String,
    /// What else changes: an import is added.
    pub also: Vec<Edit>,
    /// What is likelier has a smaller number.
    pub rank: u8,
}

list! {
    /// Completions, likelier ones first.
    Completions of CompletionValue
}

/// Something to show of a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct HoverValue {
    /// In Markdown.
    pub markdown: String,
    /// What it is about.
    pub range: Range,
}

/// What is being called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct SignatureValue {
    /// Name and parameters as they are written.
    pub label: String,
    /// What the definition's comment says.
    pub documentation: String,
    /// Where each parameter stands in the label, in units of UTF-16.
    pub parameters: Vec<(u32, u32)>,
    /// Which of them is being written.
    pub active: u32,
}

/// Somewhere to go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct DefinitionTarget {
    /// The text that was pointed at.
    pub from: Range,
    /// The whole of what it means.
    pub whole: Range,
    /// Its name.
    pub name: Range,
}

list! {
    /// Where a thing is defined: several places for a package of several files, or rules of one label.
    Definitions of DefinitionTarget
}

/// A place where a thing is named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct OccurrenceValue {
    /// The word.
    pub range: Range,
    /// Whether it is defined there.
    pub definition: bool,
}

list! {
    /// Where a thing is named, by file and offset.
    Occurrences of OccurrenceValue
}

list! {
    /// Changes that belong together.
    Edits of Edit
}

/// What comes of giving a thing another name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Renaming {
    /// These changes do it.
    Done {
        /// The changes.
        edits: Vec<Edit>,
    },
    /// The thing can be renamed, and this is its name.
    Possible {
        /// The name.
        range: Range,
    },
    /// It is not done.
    Refused {
        /// Why, in a sentence.
        reason: String,
    },
}

/// What a fold hides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum FoldKindWord {
    /// A definition or a statement.
    Code,
    /// Comments.
    Comment,
    /// Imports.
    Imports,
}

/// Something that can be folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct FoldValue {
    /// From the first line's text …
    pub from: u32,
    /// … to the end of the last.
    pub to: u32,
    /// What it hides.
    pub kind: FoldKindWord,
}

list! {
    /// What can be folded.
    Folds of FoldValue
}

/// A word that is shown in the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct HintValue {
    /// Behind which unit.
    pub offset: u32,
    /// What is shown.
    pub label: String,
    /// What is said when it is pointed at.
    pub tooltip: String,
}

list! {
    /// What is true of lines and not written on them.
    Hints of HintValue
}

/// What an entry of the outline is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum OutlineKindWord {
    /// A package.
    Package,
    /// A named value.
    Let,
    /// A named predicate over a process.
    Subject,
    /// A condition with parameters.
    Predicate,
    /// A value from outside.
    Param,
    /// Rules with parameters.
    Template,
    /// A policy.
    Policy,
    /// A rule.
    Rule,
    /// The use of a template.
    Use,
    /// A resource limit.
    Limit,
    /// An assertion.
    Assertion,
    /// A claim of an assertion.
    Claim,
    /// A test.
    Test,
    /// An expectation of a test.
    Expectation,
    /// A detection.
    Detection,
}

/// An entry of the outline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct OutlineValue {
    /// Its name.
    pub name: String,
    /// What else there is to say, in a few words.
    pub detail: String,
    /// What it is.
    pub kind: OutlineKindWord,
    /// The whole of it.
    pub whole: Range,
    /// Its name, inside of the whole.
    pub selection: Range,
    /// What is in it.
    pub children: Vec<OutlineValue>,
}

list! {
    /// The entries of an outline, in order.
    Outlines of OutlineValue
}

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum LinkTo {
    /// To a file.
    File {
        /// Its path.
        path: String,
    },
    /// To the page of a code.
    Code {
        /// The code.
        code: String,
    },
    /// To an address as it is written.
    Address {
        /// The address.
        address: String,
    },
}

/// A part of a text that leads somewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct LinkValue {
    /// The part.
    pub range: Range,
    /// Where it leads.
    pub to: LinkTo,
}

list! {
    /// What leads somewhere, in order.
    Links of LinkValue
}

const DEFINITION: u32 = 1;
const STANDARD: u32 = 2;
const DOCUMENTATION: u32 = 4;

#[wasm_bindgen]
impl Workspace {
    /// What a token is, by its number in `tokens`.
    #[wasm_bindgen(js_name = tokenClasses)]
    pub fn token_classes(&self) -> Vec<String> {
        // Told apart where the protocol of editors has one word for two.
        let word = |(class, name): &(Class, &str)| match class {
            Class::Module => "module".to_owned(),
            _ => (*name).to_owned(),
        };
        Class::LEGEND.iter().map(word).collect()
    }

    /// What each word of a file is, four numbers for each: from, to, its class by number in `tokenClasses`, and bits: 1 where it is
    /// defined, 2 where the standard library defines it, 4 for documentation. In order, without overlaps, none over a line's end.
    pub fn tokens(&mut self, file: &str) -> Vec<u32> {
        let analysis = self.analysis();
        let Some(id) = file_of(&analysis, file) else { return Vec::new() };
        let mut out = Vec::new();
        for token in warmor_ide::tokens(&analysis, id) {
            let class = Class::LEGEND.iter().position(|(class, _)| *class == token.class).unwrap_or(0);
            let bit = |set: bool, bit: u32| if set { bit } else { 0 };
            out.extend([
                self.unit(&analysis, id, token.span.start),
                self.unit(&analysis, id, token.span.end),
                class as u32,
                bit(token.is_definition, DEFINITION)
                    | bit(token.is_standard, STANDARD)
                    | bit(token.is_documentation, DOCUMENTATION),
            ]);
        }
        out
    }

    /// What can be written at a place.
    pub fn completions(&mut self, file: &str, offset: u32) -> Js<Completions> {
        let analysis = self.analysis();
        let place = self.place(&analysis, file, offset);
        let found = place.map(|place| warmor_ide::completions(&analysis, place)).unwrap_or_default();
        Js(Completions(found.into_iter().map(|c| self.completion(&analysis, c)).collect()))
    }

    /// What there is to show at a place.
    pub fn hover(&mut self, file: &str, offset: u32) -> Option<Js<HoverValue>> {
        let analysis = self.analysis();
        let found = warmor_ide::hover(&analysis, self.place(&analysis, file, offset)?)?;
        Some(Js(HoverValue { range: self.range(&analysis, found.span), markdown: found.markdown }))
    }

    /// The call around a place, if its parentheses are still open there.
    pub fn signature(&mut self, file: &str, offset: u32) -> Option<Js<SignatureValue>> {
        let analysis = self.analysis();
        let found = warmor_ide::signature(&analysis, self.place(&analysis, file, offset)?)?;
        let units = |byte: u32| {
            found.label.get(..byte as usize).map_or(byte, |text| text.encode_utf16().count() as u32)
        };
        Some(Js(SignatureValue {
            parameters: found.parameters.iter().map(|(from, to)| (units(*from), units(*to))).collect(),
            active: found.active as u32,
            documentation: found.documentation,
            label: found.label,
        }))
    }

    /// Where what is named at a place is defined.
    pub fn definition(&mut self, file: &str, offset: u32) -> Js<Definitions> {
        let analysis = self.analysis();
        let place = self.place(&analysis, file, offset);
        let found = place.map(|place| warmor_ide::definition(&analysis, place)).unwrap_or_default();
        let target = |t: &warmor_ide::Target| DefinitionTarget {
            from: self.range(&analysis, t.from),
            whole: self.range(&analysis, t.whole),
            name: self.range(&analysis, t.name),
        };
        Js(Definitions(found.iter().map(target).collect()))
    }

    /// All places where what is named at a place is named, that place among them.
    pub fn references(&mut self, file: &str, offset: u32) -> Js<Occurrences> {
        let analysis = self.analysis();
        let place = self.place(&analysis, file, offset);
        let found = place.map(|place| warmor_ide::references(&analysis, place)).unwrap_or_default();
        let occurrence = |o: &warmor_ide::Occurrence| OccurrenceValue {
            range: self.range(&analysis, o.span),
            definition: o.kind == OccurrenceKind::Definition,
        };
        Js(Occurrences(found.iter().map(occurrence).collect()))
    }

    /// What would be renamed at a place.
    #[wasm_bindgen(js_name = prepareRename)]
    pub fn prepare_rename(&mut self, file: &str, offset: u32) -> Js<Renaming> {
        let analysis = self.analysis();
        let Some(place) = self.place(&analysis, file, offset) else { return nothing_there() };
        Js(match warmor_ide::prepare_rename(&analysis, place) {
            Ok(span) => Renaming::Possible { range: self.range(&analysis, span) },
            Err(refused) => Renaming::Refused { reason: refused.0 },
        })
    }

    /// Gives what is named at a place another name.
    pub fn rename(&mut self, file: &str, offset: u32, name: &str) -> Js<Renaming> {
        let analysis = self.analysis();
        let Some(place) = self.place(&analysis, file, offset) else { return nothing_there() };
        Js(match warmor_ide::rename(&analysis, place, name) {
            Ok(edits) => Renaming::Done { edits: self.edits(&analysis, &edits) },
            Err(refused) => Renaming::Refused { reason: refused.0 },
        })
    }

    /// How a file is to be changed to be formatted. Nothing for a text with syntax errors, which is left alone.
    pub fn format(&mut self, file: &str) -> Option<Js<Edits>> {
        let analysis = self.analysis();
        let edits = warmor_ide::format(&analysis, file_of(&analysis, file)?)?;
        Some(Js(Edits(self.edits(&analysis, &edits))))
    }

    /// The same for a part of a file.
    #[wasm_bindgen(js_name = formatRange)]
    pub fn format_range(&mut self, file: &str, from: u32, to: u32) -> Option<Js<Edits>> {
        let analysis = self.analysis();
        let edits = warmor_ide::format_range(&analysis, self.span(&analysis, file, from, to)?)?;
        Some(Js(Edits(self.edits(&analysis, &edits))))
    }

    /// What can be folded.
    pub fn folds(&mut self, file: &str) -> Js<Folds> {
        let analysis = self.analysis();
        let Some(id) = file_of(&analysis, file) else { return Js(Folds(Vec::new())) };
        let fold = |f: &warmor_ide::Fold| FoldValue {
            from: self.unit(&analysis, id, f.span.start),
            to: self.unit(&analysis, id, f.span.end),
            kind: match f.kind {
                FoldKind::Code => FoldKindWord::Code,
                FoldKind::Comment => FoldKindWord::Comment,
                FoldKind::Imports => FoldKindWord::Imports,
            },
        };
        Js(Folds(warmor_ide::folds(&analysis, id).iter().map(fold).collect()))
    }

    /// What "select more" selects around a place: from, to, from, to; outermost first.
    pub fn selections(&mut self, file: &str, offset: u32) -> Vec<u32> {
        let analysis = self.analysis();
        let Some(place) = self.place(&analysis, file, offset) else { return Vec::new() };
        let units = |span: Span| [span.start, span.end].map(|byte| self.unit(&analysis, place.file, byte));
        warmor_ide::selections(&analysis, place).into_iter().flat_map(units).collect()
    }

    /// What is true of lines of a file and not written on them.
    pub fn hints(&mut self, file: &str) -> Js<Hints> {
        let analysis = self.analysis();
        let Some(span) = self.span(&analysis, file, 0, u32::MAX) else { return Js(Hints(Vec::new())) };
        let hint = |h: warmor_ide::Hint| HintValue {
            offset: self.unit(&analysis, span.file, h.offset),
            label: h.label,
            tooltip: h.tooltip,
        };
        Js(Hints(warmor_ide::hints(&analysis, span).into_iter().map(hint).collect()))
    }

    /// The outline of a file.
    pub fn outline(&mut self, file: &str) -> Js<Outlines> {
        let analysis = self.analysis();
        let found = file_of(&analysis, file).map(|id| warmor_ide::outline(&analysis, id)).unwrap_or_default();
        Js(Outlines(found.into_iter().map(|o| self.entry(&analysis, o)).collect()))
    }

    /// What of a file leads somewhere.
    pub fn links(&mut self, file: &str) -> Js<Links> {
        let analysis = self.analysis();
        let found = file_of(&analysis, file).map(|id| warmor_ide::links(&analysis, id)).unwrap_or_default();
        let link = |l: warmor_ide::Link| LinkValue {
            range: self.range(&analysis, l.span),
            to: match l.target {
                LinkTarget::File(id) => {
                    LinkTo::File { path: analysis.file(id).map(|f| f.path.clone()).unwrap_or_default() }
                }
                LinkTarget::Code(code) => LinkTo::Code { code: code.id().to_owned() },
                LinkTarget::Address(address) => LinkTo::Address { address },
            },
        };
        Js(Links(found.into_iter().map(link).collect()))
    }
}

fn nothing_there() -> Js<Renaming> {
    Js(Renaming::Refused { reason: "there is no such file in the program".to_owned() })
}

impl Workspace {
    fn completion(&self, analysis: &Analysis, c: Completion) -> CompletionValue {
        CompletionValue {
            kind: completion_kind(c.kind),
            replaced: self.range(analysis, c.replaced),
            plain: c.plain(),
            also: self.edits(analysis, &c.also),
            label: c.label,
            detail: c.detail,
            documentation: c.documentation,
            snippet: c.snippet,
            rank: c.rank,
        }
    }

    fn entry(&self, analysis: &Analysis, outline: Outline) -> OutlineValue {
        OutlineValue {
            kind: outline_kind(outline.kind),
            whole: self.range(analysis, outline.whole),
            selection: self.range(analysis, outline.selection),
            children: outline.children.into_iter().map(|o| self.entry(analysis, o)).collect(),
            name: outline.name,
            detail: outline.detail,
        }
    }
}

const fn completion_kind(kind: CompletionKind) -> CompletionKindWord {
    match kind {
        CompletionKind::Keyword => CompletionKindWord::Keyword,
        CompletionKind::Snippet => CompletionKindWord::Snippet,
        CompletionKind::Action => CompletionKindWord::Action,
        CompletionKind::Fact => CompletionKindWord::Fact,
        CompletionKind::EnumMember => CompletionKindWord::EnumMember,
        CompletionKind::Type => CompletionKindWord::Type,
        CompletionKind::Constant => CompletionKindWord::Constant,
        CompletionKind::Subject => CompletionKindWord::Subject,
        CompletionKind::Predicate => CompletionKindWord::Predicate,
        CompletionKind::Template => CompletionKindWord::Template,
        CompletionKind::Clause => CompletionKindWord::Clause,
        CompletionKind::Module => CompletionKindWord::Module,
        CompletionKind::Path => CompletionKindWord::Path,
    }
}

const fn outline_kind(kind: OutlineKind) -> OutlineKindWord {
    match kind {
        OutlineKind::Package => OutlineKindWord::Package,
        OutlineKind::Let => OutlineKindWord::Let,
        OutlineKind::Subject => OutlineKindWord::Subject,
        OutlineKind::Predicate => OutlineKindWord::Predicate,
        OutlineKind::Param => OutlineKindWord::Param,
        OutlineKind::Template => OutlineKindWord::Template,
        OutlineKind::Policy => OutlineKindWord::Policy,
        OutlineKind::Rule => OutlineKindWord::Rule,
        OutlineKind::Use => OutlineKindWord::Use,
        OutlineKind::Limit => OutlineKindWord::Limit,
        OutlineKind::Assertion => OutlineKindWord::Assertion,
        OutlineKind::Claim => OutlineKindWord::Claim,
        OutlineKind::Test => OutlineKindWord::Test,
        OutlineKind::Expectation => OutlineKindWord::Expectation,
        OutlineKind::Detection => OutlineKindWord::Detection,
    }
}
