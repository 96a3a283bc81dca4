//! Clauses of a program by name, for people and for tools.

use crate::diagnostics;
use crate::places::Places;
use crate::text::escape;
use serde_json::{Value, json};
use warmor_compiler::model::{ClauseRef, Mode, Model, RuleEffect};
use warmor_compiler::span::Span;
use warmor_policy::verdict::Severity;

/// What there is to say of a clause.
pub struct Clause<'a> {
    /// `policy.label`, the policy's name for its posture, or the detection's name: what `by` in a test names.
    pub name: String,
    /// What it does: `deny rule`, `default deny`, `detection`.
    pub kind: &'static str,
    /// The policy's mode.
    pub mode: Option<Mode>,
    /// How bad it is.
    pub severity: Severity,
    /// Where it is written; for a rule from a template, in the template.
    pub span: Span,
    /// Where a template was used, for a rule from one.
    pub used_at: Option<Span>,
    /// Why it is there.
    pub because: Option<&'a str>,
}

impl<'a> Clause<'a> {
    /// What there is to say of a clause.
    pub fn new(model: &'a Model, clause: ClauseRef) -> Self {
        match clause {
            ClauseRef::Rule(id) => {
                let rule = model.rule(id);
                let policy = model.policy(rule.policy);
                Self {
                    name: model.clause_name(clause),
                    kind: match rule.effect {
                        RuleEffect::Deny => "deny rule",
                        RuleEffect::Allow => "allow rule",
                        RuleEffect::Audit => "audit rule",
                    },
                    mode: Some(policy.mode),
                    severity: rule.severity,
                    span: model.clause_span(clause),
                    used_at: rule.used_at,
                    because: rule.because.as_deref(),
                }
            }
            ClauseRef::Default(id) => {
                let policy = model.policy(id);
                Self {
                    name: model.clause_name(clause),
                    kind: "default deny",
                    mode: Some(policy.mode),
                    severity: policy.severity,
                    span: model.clause_span(clause),
                    used_at: None,
                    because: None,
                }
            }
            ClauseRef::Detection(index) => {
                let detection = &model.detections[index as usize];
                Self {
                    name: model.clause_name(clause),
                    kind: "detection",
                    mode: None,
                    severity: detection.severity,
                    span: model.clause_span(clause),
                    used_at: None,
                    because: detection.because.as_deref(),
                }
            }
        }
    }

    /// The word of its policy's mode.
    pub fn mode_name(&self) -> Option<&'static str> {
        self.mode.map(mode_name)
    }

    /// `name, deny rule in mode prevent, severity high (file:1:2)`
    pub fn line(&self, places: &Places<'_>) -> String {
        let mode = self.mode_name().map_or(String::new(), |m| format!(" in mode {m}"));
        let used = self
            .used_at
            .map_or(String::new(), |s| format!(", used at {}", escape(&places.place(s).to_string())));
        let at = escape(&places.place(self.span).to_string());
        format!("{}, {}{mode}, severity {} ({at}{used})", escape(&self.name), self.kind, self.severity.name())
    }

    /// The clause as a JSON object.
    pub fn json(&self, places: &Places<'_>) -> Value {
        json!({
            "name": self.name,
            "kind": self.kind,
            "mode": self.mode_name(),
            "severity": self.severity.name(),
            "place": diagnostics::place(self.span, places),
            "used_at": self.used_at.map(|s| diagnostics::place(s, places)),
            "because": self.because,
        })
    }
}

/// The word of a mode.
pub fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Prevent => "prevent",
        Mode::Detect => "detect",
    }
}
