//! A path becomes a glob, where it is proved that no decision changes.

use super::{Action, ActionKind, At};
use crate::formatting::Edit;
use crate::tree::Node;
use warmor_compiler::check::check;
use warmor_compiler::difference::{Tendency, difference};
use warmor_compiler::prove::Budget;
use warmor_compiler::resolve::Sources;
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
    for glob in [format!("{folder}/*"), format!("{folder}/**")] {
        let edit = Edit { span: *span, text: glob };
        if changes_nothing(at, &edit) {
            out.push(Action {
                title: format!("generalise to `{}`: proved to change no decision", edit.text),
                kind: ActionKind::Rewrite,
                edits: vec![edit],
                mends: None,
                is_preferred: false,
            });
        }
    }
}

/// Whether it can be proved that no decision, and nothing that is asked for with one, changes by an edit.
pub(super) fn changes_nothing(at: &At<'_>, edit: &Edit) -> bool {
    let Some(model) = at.analysis.checked().model() else { return false };
    let Some(changed) = replaced(at, edit) else { return false };
    let checked = check(&changed, at.analysis.options());
    checked.model().is_some_and(|new| {
        let differs = difference(model, new, BUDGET);
        let settled = differs.settings.iter().all(|setting| setting.tendency == Tendency::Same);
        differs.groups.is_empty() && settled && differs.open.is_empty()
    })
}

/// The program with a part of the file replaced.
fn replaced(at: &At<'_>, edit: &Edit) -> Option<Sources> {
    let old = &at.source.text;
    let (before, after) = (old.get(..edit.span.start as usize)?, old.get(edit.span.end as usize..)?);
    let mut sources = at.analysis.sources().clone();
    sources.set(&at.source.path, &format!("{before}{}{after}", edit.text), at.source.origin);
    Some(sources)
}
