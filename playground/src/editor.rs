//! What an editor asks while somebody types. The rest of it is in `navigate` and `actions`.

use crate::crossing::Js;
use crate::values::{Edit, Range};
use crate::workspace::{Workspace, file_of};
use serde::Serialize;
use tsify::Tsify;
use warmor_ide::{Analysis, Class, Completion, CompletionKind, Outline, OutlineKind};
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

list! {
    /// Changes that belong together.
    Edits of Edit
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

    /// The outline of a file.
    pub fn outline(&mut self, file: &str) -> Js<Outlines> {
        let analysis = self.analysis();
        let found = file_of(&analysis, file).map(|id| warmor_ide::outline(&analysis, id)).unwrap_or_default();
        Js(Outlines(found.into_iter().map(|o| self.entry(&analysis, o)).collect()))
    }
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
