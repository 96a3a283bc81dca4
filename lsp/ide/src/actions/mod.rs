//! Code actions: changes that an editor offers at a place.
//!
//! One file an action. To add one, write `pub(super) fn NAME(at: &At<'_>, out: &mut Vec<Action>)` in a file of its own, name it in
//! [`ACTIONS`], and put its cases in `tests/data/actions`.

mod add_except;
mod add_overrides;
mod extract_let;
mod extract_predicate;
mod extract_template;
mod fixes;
mod generalise;
mod merge_rules;
mod missing_import;
mod parameters;
mod remove_rule;
mod silence;
mod sort_objects;
mod split_policy;
mod witness_test;

use crate::analysis::Analysis;
use crate::diagnostics::diagnostics;
use crate::formatting::Edit;
use crate::tree::{Node, path};
use warmor_compiler::diagnostics::Diagnostic;
use warmor_compiler::resolve::{Origin, SourceFile};
use warmor_compiler::span::{FileId, Span};
use warmor_compiler::syntax::ast::{Docs, Item};

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
    /// The file that is being changed.
    pub(crate) source: &'a SourceFile,
    /// What is selected; empty for a cursor.
    pub(crate) selection: Span,
}

impl<'a> At<'a> {
    /// The file that is being changed.
    pub(crate) const fn file(&self) -> FileId {
        self.selection.file
    }

    /// Whether something is selected, at least in part.
    pub(crate) fn touches(&self, span: Span) -> bool {
        span.file == self.file() && span.start <= self.selection.end && self.selection.start <= span.end
    }

    /// What is selected, without the white space around it.
    fn selection(&self) -> Span {
        let text = self.text(self.selection);
        let (start, end) = (self.selection.start, self.selection.end);
        let before = (text.len() - text.trim_start().len()) as u32;
        let after = (text.len() - text.trim_end().len()) as u32;
        if before + after >= end.saturating_sub(start) {
            return Span::new(self.file(), start, start);
        }
        Span::new(self.file(), start + before, end - after)
    }

    /// Where a definition can stand before an item: in front of its comment and of its attributes.
    fn before(&self, item: &Item) -> u32 {
        let start = self.begin(item.span, item.docs.as_ref());
        let file = &self.source.tree;
        let ends = file.items.iter().map(|i| i.span.end).chain(file.package.as_ref().map(|p| p.span.end));
        let previous = ends.filter(|end| *end <= start).max().unwrap_or(0);
        let (line, _) = self.line(start);
        if previous <= line { line } else { start }
    }

    /// Where a statement begins, with its comment and its attributes.
    fn begin(&self, statement: Span, docs: Option<&Docs>) -> u32 {
        let attributes = self.source.tree.attributes.iter().filter(|a| a.about == statement);
        let starts = attributes.map(|a| a.span.start).chain(docs.map(|docs| docs.span.start));
        starts.fold(statement.start, u32::min)
    }

    /// What is reported of the selected part.
    fn reported(&self) -> impl Iterator<Item = &'a Diagnostic> {
        let all = diagnostics(self.analysis, self.file()).into_iter().map(|r| r.diagnostic);
        all.filter(|d| self.touches(d.span()))
    }

    /// What is reported of the selected part, or names it as a reason.
    fn concerned(&self) -> impl Iterator<Item = &'a Diagnostic> {
        let all = diagnostics(self.analysis, self.file()).into_iter().map(|r| r.diagnostic);
        all.filter(|d| d.labels.iter().any(|label| self.touches(label.span)))
    }

    /// The parts of the tree around the beginning of the selection, outermost first.
    fn around(&self) -> Vec<Node<'a>> {
        path(&self.source.tree, self.selection.start)
    }

    /// The text of a span of the file.
    fn text(&self, span: Span) -> &'a str {
        span.text(&self.source.text)
    }

    /// The text from one offset to another.
    fn part(&self, from: u32, to: u32) -> &'a str {
        self.text(Span::new(self.file(), from, to))
    }

    /// Where the line of an offset begins, and the white space that it begins with.
    fn line(&self, offset: u32) -> (u32, &'a str) {
        let before = self.source.text.get(..offset as usize).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = &before[start..];
        (start as u32, &line[..line.len() - line.trim_start().len()])
    }

    fn insert(&self, offset: u32, text: impl Into<String>) -> Edit {
        Edit { span: Span::new(self.file(), offset, offset), text: text.into() }
    }

    /// A name that nothing in the program has: the wish, or the wish with a number.
    fn fresh(&self, wish: &str) -> String {
        let definitions = &self.analysis.checked().symbols.definitions;
        let taken = |name: &str| definitions.iter().any(|d| d.name == name);
        let numbered = (2..).map(|n| format!("{wish}_{n}"));
        std::iter::once(wish.to_owned()).chain(numbered).find(|name| !taken(name)).unwrap_or_default()
    }
}

/// All actions, in the order in which they are offered.
const ACTIONS: &[fn(&At<'_>, &mut Vec<Action>)] = &[
    fixes::fixes,
    missing_import::missing_import,
    remove_rule::remove_rule,
    add_except::add_except,
    add_overrides::add_overrides,
    witness_test::witness_test,
    silence::silence,
    fixes::fix_all,
    generalise::generalise,
    sort_objects::sort_objects,
    merge_rules::merge_rules,
    extract_let::extract_let,
    extract_predicate::extract_predicate,
    extract_template::extract_template,
    split_policy::split_policy,
];

/// What is offered at a selection.
pub fn actions(analysis: &Analysis, selection: Span) -> Vec<Action> {
    let mut out = Vec::new();
    let Some(source) = analysis.file(selection.file).filter(|f| f.origin != Origin::Standard) else {
        return out;
    };
    let at = At { analysis, source, selection };
    for action in ACTIONS {
        action(&at, &mut out);
    }
    out
}
