//! A name that nothing defines, but the standard library does.

use super::{Action, ActionKind, At};
use crate::standard::{import, standard};
use warmor_compiler::diagnostics::Code;

pub(super) fn missing_import(at: &At<'_>, out: &mut Vec<Action>) {
    for diagnostic in at.reported().filter(|d| d.code == Code::UnknownName) {
        let name = at.text(diagnostic.span());
        for item in standard().iter().filter(|item| item.name == name) {
            let Some(edit) = import(at.source, item.module, name) else { continue };
            out.push(Action {
                title: format!("import `{name}` from `{}`", item.module),
                kind: ActionKind::QuickFix,
                edits: vec![edit],
                mends: Some(diagnostic.clone()),
                is_preferred: true,
            });
        }
    }
}
