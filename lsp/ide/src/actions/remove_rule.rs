//! A rule without effect goes, where it is proved that no decision changes by that.
//!
//! Of rules that say what others say the compiler's own fix does it.

use super::fixes::removal;
use super::generalise::changes_nothing;
use super::{Action, ActionKind, At};
use crate::formatting::Edit;
use warmor_compiler::diagnostics::Code;
use warmor_compiler::model::ClauseRef;
use warmor_compiler::prove::About;

pub(super) fn remove_rule(at: &At<'_>, out: &mut Vec<Action>) {
    let Some(findings) = at.analysis.findings() else { return };
    let model = &at.analysis.checked().partial;
    let without_effect =
        |code| matches!(code, Code::DeadAllow | Code::IdleAllow | Code::ImpossibleRule | Code::RedundantRule);
    for diagnostic in at.reported().filter(|d| without_effect(d.code) && d.fixes.is_empty()) {
        let Some(found) = findings.list.iter().find(|f| f.diagnostic.is_about(diagnostic)) else { continue };
        let About::Clause(ClauseRef::Rule(id)) = found.about else { continue };
        let rule = model.rule(id);
        // A rule of a template may have an effect where the template is used next.
        if rule.span.file != at.file() || rule.used_at.is_some() {
            continue;
        }
        let edit = Edit { span: removal(at, rule.span), text: String::new() };
        if changes_nothing(at, &edit) {
            out.push(Action {
                title: "remove the rule: proved to change no decision".to_owned(),
                kind: ActionKind::QuickFix,
                edits: vec![edit],
                mends: Some(diagnostic.clone()),
                is_preferred: false,
            });
        }
    }
}
