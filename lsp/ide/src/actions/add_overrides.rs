//! A denial across an allow of another policy is meant: `overrides` says so.

use super::{Action, ActionKind, At};
use crate::formatting::Edit;
use warmor_compiler::diagnostics::Code;
use warmor_compiler::model::{ClauseRef, RuleId};
use warmor_compiler::prove::About;

pub(super) fn add_overrides(at: &At<'_>, out: &mut Vec<Action>) {
    let Some(findings) = at.analysis.findings() else { return };
    let model = &at.analysis.checked().partial;
    for diagnostic in at.concerned().filter(|d| d.code == Code::Conflict) {
        let Some(found) = findings.list.iter().find(|f| f.diagnostic.is_about(diagnostic)) else { continue };
        let About::Clause(ClauseRef::Rule(allow)) = found.about else { continue };
        let allow = model.rule(allow);
        // A rule is named by its label; one without cannot be.
        if !allow.labelled {
            continue;
        }
        let name = format!("{}.{}", model.policy(allow.policy).name, allow.label);
        let say = |rule: RuleId| {
            let span = model.rule(rule).span;
            let here = span.file == at.file() && !at.text(span).contains("overrides");
            here.then(|| at.insert(span.end, format!(" overrides {name}")))
        };
        let edits: Option<Vec<Edit>> = found
            .because
            .iter()
            .map(|clause| if let ClauseRef::Rule(rule) = *clause { say(rule) } else { None })
            .collect();
        let Some(edits) = edits else { continue };
        out.push(Action {
            title: format!("say that the denial overrides `{name}`"),
            kind: ActionKind::QuickFix,
            edits,
            mends: Some(diagnostic.clone()),
            is_preferred: false,
        });
    }
}
