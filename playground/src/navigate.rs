//! What an editor asks to lead through texts: where things are named, what folds, what is true of a line and not written on it.

use crate::crossing::Js;
use crate::values::{Edit, Range};
use crate::workspace::{Workspace, file_of};
use serde::Serialize;
use tsify::Tsify;
use warmor_compiler::span::Span;
use warmor_ide::{FoldKind, LinkTarget, OccurrenceKind};
use wasm_bindgen::prelude::wasm_bindgen;

/// A place where a thing is named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct OccurrenceValue {
    /// The word.
    pub range: Range,
    /// Whether it is defined there.
    pub definition: bool,
}

/// Where a thing is named, by file and offset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct Occurrences(pub Vec<OccurrenceValue>);

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

/// What can be folded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct Folds(pub Vec<FoldValue>);

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

/// What is true of lines and not written on them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct Hints(pub Vec<HintValue>);

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

/// What leads somewhere, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct Links(pub Vec<LinkValue>);

#[wasm_bindgen]
impl Workspace {
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
