//! A path becomes a glob, where it is proved that no decision changes.

use super::{Action, ActionKind, At};
use crate::formatting::Edit;
use crate::tree::Node;
use warmor_compiler::check::check;
use warmor_compiler::difference::difference;
use warmor_compiler::prove::Budget;
use warmor_compiler::span::Span;
use warmor_compiler::syntax::ast::{Expr, ExprKind};

/// How much work a proof may be: it is made while somebody waits.
const BUDGET: Budget = Budget { question: 20_000, total: 60_000 };

pub(super) fn generalise(at: &At<'_>, out: &mut Vec<Action>) {
    let around = at.around();
    let Some(Node::Expr(Expr { kind: ExprKind::Literal(_), span })) = around.last() else { return };
    if !around.iter().any(|node| matches!(node, Node::Rule(_))) {
        return;
    }
    let path = at.text(*span);
    let Some((folder, name)) = path.rsplit_once('/') else { return };
    if !path.starts_with('/') || folder.is_empty() || name.contains('*') {
        return;
    }
    let Some(model) = at.analysis.checked().model() else { return };
    for glob in [format!("{folder}/*"), format!("{folder}/**")] {
        let Some(changed) = replaced(at, *span, &glob) else { continue };
        let checked = check(&changed, at.analysis.options());
        let Some(new) = checked.model() else { continue };
        let differs = difference(model, new, BUDGET);
        if differs.groups.is_empty() && differs.settings.is_empty() && differs.open.is_empty() {
            out.push(Action {
                title: format!("generalise to `{glob}`: proved to change no decision"),
                kind: ActionKind::Rewrite,
                edits: vec![Edit { span: *span, text: glob }],
                mends: None,
                is_preferred: false,
            });
        }
    }
}

/// The program with a part of the file replaced.
fn replaced(at: &At<'_>, span: Span, text: &str) -> Option<warmor_compiler::resolve::Sources> {
    let old = &at.source.text;
    let (before, after) = (old.get(..span.start as usize)?, old.get(span.end as usize..)?);
    let mut sources = at.analysis.sources().clone();
    sources.set(&at.source.path, &format!("{before}{text}{after}"), at.source.origin);
    Some(sources)
}
