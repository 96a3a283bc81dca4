//! Code actions: changes that an editor offers at a place.
//!
//! One file an action. To add one, write `pub(super) fn NAME(at: &At<'_>, out: &mut Vec<Action>)` in a file of its own, name it in
//! [`ACTIONS`], and put its cases in `tests/data/actions`.

mod fixes;

use crate::analysis::Analysis;
use crate::formatting::Edit;
use warmor_compiler::diagnostics::Diagnostic;
use warmor_compiler::span::{FileId, Span};

/// What kind of change it is: editors group by that, and can ask for one kind alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionKind {
    /// Mends a problem.
    QuickFix,
    /// Takes something out and gives it a name.
    Extract,
    /// Says the same in another way.
    Rewrite,
    /// Mends everything in the file that certainly can be.
    FixAll,
    /// Orders what a file says, changing nothing else.
    Organise,
}

/// A change that is offered.
#[derive(Clone, Debug)]
pub struct Action {
    /// What it does, in a few words.
    pub title: String,
    /// What kind of change it is.
    pub kind: ActionKind,
    /// The change; parts of it never overlap.
    pub edits: Vec<Edit>,
    /// The problem that it mends, if it does.
    pub mends: Option<Diagnostic>,
    /// Whether it is what the author certainly wants.
    pub is_preferred: bool,
}

/// What actions are asked of.
pub(crate) struct At<'a> {
    pub(crate) analysis: &'a Analysis,
    /// What is selected; empty for a cursor.
    pub(crate) selection: Span,
}

impl At<'_> {
    /// The file that is being changed.
    pub(crate) const fn file(&self) -> FileId {
        self.selection.file
    }

    /// Whether something is selected, at least in part.
    pub(crate) fn touches(&self, span: Span) -> bool {
        span.file == self.file() && span.start <= self.selection.end && self.selection.start <= span.end
    }
}

/// All actions, in the order in which they are offered.
const ACTIONS: &[fn(&At<'_>, &mut Vec<Action>)] = &[fixes::fixes, fixes::fix_all];

/// What is offered at a selection.
pub fn actions(analysis: &Analysis, selection: Span) -> Vec<Action> {
    let mut out = Vec::new();
    if analysis.file(selection.file).is_none_or(|f| f.origin == warmor_compiler::resolve::Origin::Standard) {
        return out;
    }
    let at = At { analysis, selection };
    for action in ACTIONS {
        action(&at, &mut out);
    }
    out
}
