//! What an editor asks of Warmor policies, without an editor: texts and byte offsets in, plain data out.
//!
//! An [`Analysis`] is a snapshot of one program: the texts of its files, their trees, what names mean, the checked model, and
//! what is proved of it once that is known. Every feature is a function of a snapshot, in a file of its own. Nothing here reads
//! files, knows a protocol or keeps state, so the language server and the browser share all of it.
//!
//! *Any text at any offset has an answer*: features work on what the parser could make of a broken text, and an offset outside
//! of a file means its end.

mod analysis;
mod definition;
mod diagnostics;
mod facts;
mod formatting;
mod hover;
mod lines;
mod markdown;
mod names;
mod references;
mod symbols;
mod tree;

pub use analysis::{Analysis, Place, Proof};
pub use definition::{Target, definition};
pub use diagnostics::{Origin, Reported, diagnostics};
pub use formatting::{Edit, format};
pub use hover::{Hover, hover};
pub use lines::{Encoding, LineColumn, LineIndex};
pub use references::{Occurrence, OccurrenceKind, references};
pub use symbols::{Outline, OutlineKind, outline};
