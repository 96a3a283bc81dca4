//! A warning is meant to be so: an attribute above the statement says why.

use super::{Action, ActionKind, At};
use crate::tree::{Node, path};
use warmor_compiler::diagnostics::Level;

pub(super) fn silence(at: &At<'_>, out: &mut Vec<Action>) {
    for diagnostic in at.reported().filter(|d| d.level == Level::Warning) {
        // The statement itself, behind its doc comment: attributes stand there.
        let around = path(&at.source.tree, diagnostic.span().start);
        let statement = around.iter().rev().find_map(|node| match node {
            Node::Item(item) => Some(item.span),
            Node::Rule(rule) => Some(rule.span),
            Node::Use(used) => Some(used.span),
            Node::Limit(limit) => Some(limit.span),
            Node::Clause(clause) => Some(clause.span),
            _ => None,
        });
        let Some(statement) = statement else { continue };
        let (line, indent) = at.line(statement.start);
        let code = diagnostic.code;
        out.push(Action {
            title: format!("silence {code} here, with a reason"),
            kind: ActionKind::QuickFix,
            edits: vec![at.insert(line, format!("{indent}@silence({code}, \"why this is meant\")\n"))],
            mends: Some(diagnostic.clone()),
            is_preferred: false,
        });
    }
}
