//! What can be folded, and what "select more" selects.

use crate::analysis::{Analysis, Place};
use crate::tree::{Node, path, walk};
use warmor_compiler::span::{FileId, Span};
use warmor_compiler::syntax::ast::ItemKind;
use warmor_compiler::syntax::lexer::lex;

/// What a fold hides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoldKind {
    /// A definition or a statement.
    Code,
    /// Comments.
    Comment,
    /// Imports.
    Imports,
}

/// Something that can be folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fold {
    /// From the first line's text to the end of the last.
    pub span: Span,
    /// What it hides.
    pub kind: FoldKind,
}

/// What can be folded in a file: everything of the tree that is longer than a line, runs of imports and of comments.
pub fn folds(analysis: &Analysis, file: FileId) -> Vec<Fold> {
    let Some((source, lines)) = analysis.file(file).zip(analysis.lines(file)) else { return Vec::new() };
    let mut out = Vec::new();
    walk(Node::File(&source.tree), &mut |node| {
        let span = match node {
            Node::Item(item) => item.span,
            Node::Rule(rule) => rule.span,
            Node::Expr(_) | Node::Record(_) | Node::Sequence(_) | Node::Count(_) => node.span(),
            _ => return,
        };
        out.push(Fold { span, kind: FoldKind::Code });
    });
    let imports = source.tree.items.iter().map(|i| matches!(i.kind, ItemKind::Import(_)).then_some(i.span));
    out.extend(runs(imports).map(|span| Fold { span, kind: FoldKind::Imports }));
    let comments = lex(&source.text, file).comments;
    let mut last_line = None;
    let mut run: Option<Span> = None;
    for comment in comments.iter().filter(|c| c.begins_line) {
        let line = lines.line(comment.span.start);
        let goes_on = last_line.is_some_and(|last: u32| last + 1 == line);
        last_line = Some(line);
        match &mut run {
            Some(whole) if goes_on => *whole = whole.to(comment.span),
            _ => out.extend(run.replace(comment.span).map(|span| Fold { span, kind: FoldKind::Comment })),
        }
    }
    out.extend(run.map(|span| Fold { span, kind: FoldKind::Comment }));
    out.retain(|fold| lines.line(fold.span.start) < lines.line(fold.span.end));
    out.sort_by_key(|fold| (fold.span.start, std::cmp::Reverse(fold.span.end)));
    // Of several that begin on one line an editor shows one: the longest.
    out.dedup_by_key(|fold| lines.line(fold.span.start));
    out
}

/// The spans of neighbours that have one.
fn runs(list: impl Iterator<Item = Option<Span>>) -> impl Iterator<Item = Span> {
    let mut out: Vec<Span> = Vec::new();
    let mut goes_on = false;
    for span in list {
        match (span, out.last_mut()) {
            (Some(span), Some(last)) if goes_on => *last = last.to(span),
            (Some(span), _) => out.push(span),
            (None, _) => {}
        }
        goes_on = span.is_some();
    }
    out.into_iter()
}

/// What is around a place, innermost first, each larger than the one before.
pub fn selections(analysis: &Analysis, place: Place) -> Vec<Span> {
    let Some(source) = analysis.file(place.file) else { return Vec::new() };
    let mut out: Vec<Span> = path(&source.tree, place.offset).into_iter().rev().map(Node::span).collect();
    out.dedup();
    let mut last: Option<Span> = None;
    out.retain(|span| {
        let grows = last.is_none_or(|l| span.start <= l.start && l.end <= span.end);
        if grows {
            last = Some(*span);
        }
        grows
    });
    out
}
