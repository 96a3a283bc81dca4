//! What two versions of a program differ in.

use crate::ask::{EventValue, event_value};
use crate::crossing::Js;
use crate::values::Range;
use crate::workspace::Workspace;
use serde::Serialize;
use tsify::Tsify;
use warmor_compiler::difference::{Edit, difference};
use warmor_compiler::model::ClauseRef;
use warmor_compiler::prove::Budget;
use warmor_compiler::span::Span;
use warmor_report::Places;
use warmor_report::difference::{Told, Version, setting_words};
use wasm_bindgen::prelude::wasm_bindgen;

/// Events that fare differently in the same way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct DifferenceGroup {
    /// What happened to them, for tools: `newly-allowed`, `newly-denied`, …
    pub kind: String,
    /// That in words.
    pub title: String,
    /// Whether it is weaker than before.
    pub widened: bool,
    /// Whom it is about.
    pub subject: String,
    /// The actions.
    pub actions: String,
    /// What the old program does, and by which clause.
    pub before: String,
    /// What the new program does, and by which clause.
    pub after: String,
    /// One of the events for each action.
    pub examples: Vec<EventValue>,
    /// The clause of the old program that settles it.
    #[tsify(optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<Range>,
    /// The clause of the new program that settles it.
    #[tsify(optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<Range>,
}

/// A difference that is no matter of single events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct SettingDifference {
    /// What it is about.
    pub what: String,
    /// How it changed.
    pub how: String,
}

/// What two versions differ in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum DifferenceValue {
    /// They are compared.
    Compared {
        /// In a line.
        summary: String,
        /// Whether they are proved to do the same.
        same: bool,
        /// Whether something is weaker than before.
        widened: bool,
        /// What fares differently, what is weaker than before first.
        groups: Vec<DifferenceGroup>,
        /// What else differs.
        settings: Vec<SettingDifference>,
        /// Edits that change nothing, which is proved.
        without_effect: Vec<String>,
        /// What is not known.
        open: Vec<String>,
        /// All of it as Markdown, as for a comment on a pull request.
        markdown: String,
    },
    /// One of them has errors.
    Errors {
        /// Whether it is the older one.
        old: bool,
    },
}

#[wasm_bindgen]
impl Workspace {
    /// What this workspace does otherwise than an older one.
    pub fn difference(&mut self, old: &mut Self) -> Js<DifferenceValue> {
        let (before, after) = (old.analysis(), self.analysis());
        let Some(was) = before.checked().model() else { return Js(DifferenceValue::Errors { old: true }) };
        let Some(is) = after.checked().model() else { return Js(DifferenceValue::Errors { old: false }) };
        let found = difference(was, is, Budget::default());
        let told = Told::new(
            Version { name: "before", model: was, places: Places::new(before.sources()) },
            Version { name: "after", model: is, places: Places::new(after.sources()) },
            &found,
        );
        let span = |model, clause: ClauseRef| -> Span { crate::decide::clause_span(model, clause) };
        let groups = told.rows.iter().map(|row| {
            let (old_clause, new_clause) = row.group.change.clauses();
            DifferenceGroup {
                kind: row.kind.id().to_owned(),
                title: row.kind.title().to_owned(),
                widened: row.kind.widens(),
                subject: row.subject.clone(),
                actions: row.actions.clone(),
                before: row.before.clone(),
                after: row.after.clone(),
                examples: row.group.examples.iter().map(|e| event_value(&e.event)).collect(),
                old: old_clause.map(|c| old.range(&before, span(was, c))),
                new: new_clause.map(|c| self.range(&after, span(is, c))),
            }
        });
        let settings = found.settings.iter().map(|s| {
            let (what, how) = setting_words(s);
            SettingDifference { what, how }
        });
        Js(DifferenceValue::Compared {
            summary: told.summary(),
            same: found.is_none(),
            widened: found.widens(),
            groups: groups.collect(),
            settings: settings.collect(),
            without_effect: told.without_effect().map(|edit: Edit| told.edit(edit)).collect(),
            open: told.open(),
            markdown: warmor_report::difference::markdown(&told),
        })
    }
}
