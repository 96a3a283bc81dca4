//! The event that shows a finding becomes a test, so that what it shows is known to whoever changes the policy.

use super::{Action, ActionKind, At};

pub(super) fn witness_test(at: &At<'_>, out: &mut Vec<Action>) {
    let Some(findings) = at.analysis.findings() else { return };
    for diagnostic in at.reported() {
        let found = findings.list.iter().find(|f| f.diagnostic.is_about(diagnostic));
        let Some(witness) = found.and_then(|f| f.witness.as_ref()) else { continue };
        let name = diagnostic.message.replace(['"', '\\'], "'");
        let Some(block) = witness.test_block(&name) else { continue };
        let text = &at.source.text;
        let gap = if text.is_empty() || text.ends_with("\n\n") {
            ""
        } else if text.ends_with('\n') {
            "\n"
        } else {
            "\n\n"
        };
        out.push(Action {
            title: "add the event that shows it as a test".to_owned(),
            kind: ActionKind::QuickFix,
            edits: vec![at.insert(text.len() as u32, format!("{gap}{}\n", block.trim_end()))],
            mends: Some(diagnostic.clone()),
            is_preferred: false,
        });
    }
}
