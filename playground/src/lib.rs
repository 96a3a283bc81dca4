//! The Warmor compiler for JavaScript: in a page, in a worker, in Node.
//!
//! A [`Workspace`] holds the texts of some files and answers questions about the program that they are. Whatever crosses is data with
//! a TypeScript type of its own: this crate's types with `Tsify` are both. They cross as JSON, which JavaScript engines read faster
//! than they build objects field by field across the border, and which costs the module one serialiser and no glue for each type.
//!
//! *Offsets* are JavaScript's, in units of UTF-16 from the beginning of a file. *Any text at any offset has an answer*: a file that is
//! not there has no features, and an offset outside of a file means its end.
//!
//! Nothing here reads a clock or waits. What takes long asks its caller now and then whether to go on, and keeps what it found out.

#[cfg(feature = "whole")]
mod actions;
#[cfg(feature = "whole")]
mod artifact;
#[cfg(feature = "whole")]
mod ask;
#[cfg(feature = "whole")]
mod cross_check;
mod crossing;
mod decide;
#[cfg(feature = "whole")]
mod difference;
mod editor;
mod files;
#[cfg(feature = "whole")]
mod navigate;
mod offsets;
mod proof;
mod report;
mod tests;
mod values;
mod vocabulary;
mod words;
mod workspace;

#[cfg(feature = "whole")]
pub use actions::{ActionKindWord, ActionValue, Actions};
#[cfg(feature = "whole")]
pub use artifact::{
    AutomatonEdge, AutomatonState, AutomatonTarget, AutomatonValue, Compiled, NodeChild, NodeKindWord,
    TableClause, TableNode,
};
#[cfg(feature = "whole")]
pub use ask::{
    AmountWord, AnswerValue, Asked, EventValue, FareWord, FlowValue, OutcomeValue, OutcomeWord, ReachCell,
    ReachMatrix, ReachPlace, ReachPlaceKind, ReachValue,
};
#[cfg(feature = "whole")]
pub use cross_check::CrossCheck;
pub use crossing::Js;
pub use decide::{
    AppliedClause, CauseOfMiss, ClauseKind, ClauseValue, Decided, DecidedEvent, DecisionReason,
    DecisionValue, EffectWord, MissedClause, MissedPart, StandingWord,
};
#[cfg(feature = "whole")]
pub use difference::{DifferenceGroup, DifferenceValue, SettingDifference};
pub use editor::{
    CompletionKindWord, CompletionValue, Completions, DefinitionTarget, Definitions, Edits, HoverValue,
    OutlineKindWord, OutlineValue, Outlines, SignatureValue,
};
#[cfg(feature = "whole")]
pub use navigate::{
    FoldKindWord, FoldValue, Folds, HintValue, Hints, LinkTo, LinkValue, Links, OccurrenceValue, Occurrences,
    Renaming,
};
pub use proof::{Finding, Findings, Proof, WitnessValue};
pub use report::{DiagnosticValue, Diagnostics, FixValue, LabelValue, LevelWord};
pub use tests::{CoverageValue, ExpectationValue, TestValue, TestsValue};
pub use values::{Edit, FileKind, FileValue, FilesValue, Position, Range};
pub use vocabulary::{ActionWord, FactWord, ObjectWord, Vocabulary};
pub use words::{Script, ScriptLine};
pub use workspace::Workspace;

use wasm_bindgen::prelude::wasm_bindgen;

/// The release of the compiler.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
