//! What an editor asks of Warmor policies, without an editor: texts and byte offsets in, plain data out.
//!
//! An [`Analysis`] is a snapshot of one program: the texts of its files, their trees, what names mean, the checked model, and
//! what is proved of it once that is known. Every feature is a function of a snapshot, in a file of its own. Nothing here reads
//! files, knows a protocol or keeps state, so the language server and the browser share all of it.
//!
//! *Any text at any offset has an answer*: features work on what the parser could make of a broken text, and an offset outside
//! of a file means its end.

mod actions;
mod analysis;
mod bindings;
mod clauses;
mod completion;
mod definition;
mod diagnostics;
mod facts;
mod folding;
mod formatting;
mod hints;
mod hover;
mod lenses;
mod lines;
mod links;
mod markdown;
mod names;
mod references;
mod rename;
mod shape;
mod show;
mod signature;
mod standard;
mod symbols;
mod tested;
mod tokens;
mod tree;
mod type_definition;

pub use actions::{Action, ActionKind, actions};
pub use analysis::{Analysis, Place, Proof};
pub use completion::{Completion, CompletionKind, completions};
pub use definition::{Target, definition};
pub use diagnostics::{Origin, Reported, diagnostics};
pub use folding::{Fold, FoldKind, folds, selections};
pub use formatting::{Edit, format, format_closed, format_range};
pub use hints::{Hint, cost_hints, hints};
pub use hover::{Hover, hover};
pub use lenses::{Lens, lenses};
pub use lines::{Encoding, LineColumn, LineIndex};
pub use links::{Link, LinkTarget, links};
pub use references::{Occurrence, OccurrenceKind, references};
pub use rename::{NotRenamed, prepare as prepare_rename, rename};
pub use show::{Shown, Subject, changes, show, wat};
pub use signature::{Signature, signature};
pub use symbols::{Outline, OutlineKind, outline, search as search_symbols};
pub use tested::{TestResult, Tested, run_tests};
pub use tokens::{Class, SemanticToken, tokens};
pub use type_definition::type_definition;
