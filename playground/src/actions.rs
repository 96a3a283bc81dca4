//! Changes that are offered. Some only where it is proved that no decision changes, which takes the comparison of whole programs.

use crate::crossing::Js;
use crate::values::{Edit, Range};
use crate::workspace::Workspace;
use serde::Serialize;
use tsify::Tsify;
use warmor_ide::{Action, ActionKind, Analysis};
use wasm_bindgen::prelude::wasm_bindgen;

/// What kind of change it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum ActionKindWord {
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct ActionValue {
    /// What it does, in a few words.
    pub title: String,
    /// What kind of change it is.
    pub kind: ActionKindWord,
    /// The change; parts of it never overlap.
    pub edits: Vec<Edit>,
    /// The code of the problem that it mends, if it does.
    #[tsify(optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Where that problem is.
    #[tsify(optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mends: Option<Range>,
    /// Whether it is what the author certainly wants.
    pub preferred: bool,
}

/// Changes that are offered, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct Actions(pub Vec<ActionValue>);

#[wasm_bindgen]
impl Workspace {
    /// What is offered for a selection; `from` is `to` for a cursor.
    pub fn actions(&mut self, file: &str, from: u32, to: u32) -> Js<Actions> {
        let analysis = self.analysis();
        let span = self.span(&analysis, file, from, to);
        let found = span.map(|span| warmor_ide::actions(&analysis, span)).unwrap_or_default();
        Js(Actions(found.iter().map(|a| self.action(&analysis, a)).collect()))
    }
}

impl Workspace {
    fn action(&self, analysis: &Analysis, action: &Action) -> ActionValue {
        ActionValue {
            title: action.title.clone(),
            kind: match action.kind {
                ActionKind::QuickFix => ActionKindWord::QuickFix,
                ActionKind::Extract => ActionKindWord::Extract,
                ActionKind::Rewrite => ActionKindWord::Rewrite,
                ActionKind::FixAll => ActionKindWord::FixAll,
                ActionKind::Organise => ActionKindWord::Organise,
            },
            edits: self.edits(analysis, &action.edits),
            code: action.mends.as_ref().map(|d| d.code.id().to_owned()),
            mends: action.mends.as_ref().map(|d| self.range(analysis, d.span())),
            preferred: action.is_preferred,
        }
    }
}
