//! Decisions, with everything that spoke, lost or did not match.

use crate::crossing::Js;
use crate::values::Range;
use crate::workspace::Workspace;
use serde::Serialize;
use tsify::Tsify;
use warmor_compiler::evaluate::{Muted, Part, Standing, Truth, decide_operation, explain};
use warmor_compiler::model::{ClauseRef, Mode, Model, PolicyId, RuleEffect};
use warmor_compiler::prove::witness;
use warmor_compiler::span::Span;
use warmor_ide::Analysis;
use warmor_policy::event::Event;
use warmor_policy::event::json::{AsJson, read_operation};
use warmor_policy::verdict::{Decision, Effect, Reason};
use wasm_bindgen::prelude::wasm_bindgen;

/// What happens to an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum EffectWord {
    /// It happens.
    Allow,
    /// It does not.
    Deny,
}

/// What settled a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum DecisionReason {
    /// Nothing speaks of the event.
    Unmentioned,
    /// A rule denies it.
    Denied,
    /// A rule allows it.
    Allowed,
    /// A `default deny` closes it.
    Posture,
}

/// What a clause does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum ClauseKind {
    /// It denies.
    Deny,
    /// It allows.
    Allow,
    /// It records.
    Audit,
    /// It closes actions that nothing allows.
    Posture,
    /// It detects.
    Detection,
}

/// A rule, a posture or a detection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct ClauseValue {
    /// `policy.label`, the policy's name for its posture, or the detection's name: what `by` in a test names.
    pub name: String,
    /// What it does.
    pub kind: ClauseKind,
    /// `prevent` or `detect`; not there for a detection.
    #[tsify(optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// `info`, `low`, `medium`, `high` or `critical`.
    pub severity: String,
    /// Where it is written; for a rule from a template, in the template.
    pub range: Range,
    /// Where the template is used, for a rule from one.
    #[tsify(optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used_at: Option<Range>,
    /// Why it is there, in the author's words.
    #[tsify(optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// A decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct DecisionValue {
    /// What happens.
    pub enforced: EffectWord,
    /// What is reported: what policies that detect would do counts too.
    pub reported: EffectWord,
    /// What settled it.
    pub reason: DecisionReason,
    /// Whether it is recorded.
    pub audit: bool,
    /// Whether a detection speaks.
    pub detected: bool,
    /// What follows: `alert`, `kill`, …
    pub responses: Vec<String>,
    /// The clause that decided.
    #[tsify(optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clause: Option<ClauseValue>,
}

/// What became of a clause that applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum StandingWord {
    /// It decided.
    Decides,
    /// It says the same as the deciding clause, which is more severe or stands before it.
    Outranked,
    /// The deciding clause is of a kind that goes first: a deny before an allow before a posture.
    Overruled,
    /// Its policy only detects, and something else was enforced.
    Inert,
    /// Its policy is muted.
    Muted,
    /// It asks for a record or a response; no verdict depends on it.
    Records,
}

/// A clause that applies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct AppliedClause {
    /// The clause.
    pub clause: ClauseValue,
    /// What became of it.
    pub standing: StandingWord,
    /// Whether it applies because its policy says so of what is unknown.
    pub unknown: bool,
}

/// A part of a clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum MissedPart {
    /// It speaks of other actions.
    Action,
    /// Its policy is for other processes.
    Scope,
    /// It covers other objects.
    Object,
    /// An exception covers the object.
    Except,
    /// Its `where` does not hold.
    Where,
}

/// A condition that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct CauseOfMiss {
    /// The condition.
    pub range: Range,
    /// Its text.
    pub text: String,
    /// The fact that it looks at, `process.exe`; not there for a constant, and for facts of an ancestor.
    #[tsify(optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fact: Option<String>,
}

/// A clause that does not apply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct MissedClause {
    /// The clause.
    pub clause: ClauseValue,
    /// The first part of it that does not hold.
    pub part: MissedPart,
    /// Whether it does not apply because its policy says so of what is unknown.
    pub unknown: bool,
    /// The conditions on which the part failed; none for the action.
    pub causes: Vec<CauseOfMiss>,
}

/// An event, decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct DecidedEvent {
    /// The event in one line, for people.
    pub text: String,
    /// The event as JSON.
    pub event: String,
    /// Its decision.
    pub decision: DecisionValue,
    /// Every clause that applies, by rank, with its part in the decision.
    pub applied: Vec<AppliedClause>,
    /// Every clause that does not, by rank, with what it lacks.
    pub missed: Vec<MissedClause>,
}

/// What came of an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Decided {
    /// It is decided.
    Decided {
        /// Of the operation: denied if one of its events is.
        decision: DecisionValue,
        /// Of each event.
        events: Vec<DecidedEvent>,
    },
    /// The text says no event.
    Wrong {
        /// What is wrong with it.
        message: String,
        /// What would be right, where that can be said.
        #[tsify(optional)]
        #[serde(skip_serializing_if = "Option::is_none")]
        help: Option<String>,
    },
    /// The program has errors.
    Errors,
}

#[wasm_bindgen]
impl Workspace {
    /// Decides an operation: an event or several, as JSON (docs/reference/events.md). `muted` are names of policies that an operator
    /// has muted.
    #[wasm_bindgen(js_name = decideJson)]
    pub fn decide_json(&mut self, event: &str, muted: Vec<String>) -> Js<Decided> {
        let events = match read_operation(event) {
            Ok(events) => events,
            Err(wrong) => return Js(Decided::Wrong { message: wrong.to_string(), help: wrong.help }),
        };
        Js(self.decide_events(events, &muted))
    }
}

impl Workspace {
    pub(crate) fn decide_events(&mut self, mut events: Vec<Event>, muted: &[String]) -> Decided {
        events.iter_mut().for_each(Event::normalise);
        let analysis = self.analysis();
        let Some(model) = analysis.checked().model() else { return Decided::Errors };
        let named = |(i, p): (usize, &warmor_compiler::model::Policy)| {
            muted.contains(&p.name).then_some(PolicyId(i as u32))
        };
        let muted: Muted = model.policies.iter().enumerate().filter_map(named).collect();
        let decision = decide_operation(model, &events, &muted);
        let ranked = model.clauses();
        let deciding = decision.clause.and_then(|rank| ranked.get(rank.0 as usize)).copied();
        Decided::Decided {
            decision: self.decision(&analysis, model, &decision, deciding),
            events: events.iter().map(|event| self.decided(&analysis, model, event, &muted)).collect(),
        }
    }

    fn decided(&self, analysis: &Analysis, model: &Model, event: &Event, muted: &Muted) -> DecidedEvent {
        let trace = explain(model, event, muted);
        let applied = trace.applied.iter().map(|a| AppliedClause {
            clause: self.clause(analysis, model, a.clause),
            standing: match a.standing {
                Standing::Decides => StandingWord::Decides,
                Standing::Outranked => StandingWord::Outranked,
                Standing::Overruled => StandingWord::Overruled,
                Standing::Inert => StandingWord::Inert,
                Standing::Muted => StandingWord::Muted,
                Standing::Records => StandingWord::Records,
            },
            unknown: a.truth == Truth::Unknown,
        });
        let missed = trace.missed.iter().map(|m| MissedClause {
            clause: self.clause(analysis, model, m.clause),
            part: match m.part {
                Part::Action => MissedPart::Action,
                Part::Scope => MissedPart::Scope,
                Part::Object => MissedPart::Object,
                Part::Except => MissedPart::Except,
                Part::Where => MissedPart::Where,
            },
            unknown: m.truth == Truth::Unknown,
            causes: m
                .causes
                .iter()
                .map(|cause| CauseOfMiss {
                    range: self.range(analysis, cause.span),
                    text: analysis.text(cause.span).to_owned(),
                    fact: cause.fact.as_ref().map(|(fact, _)| fact.to_string()),
                })
                .collect(),
        });
        DecidedEvent {
            text: witness::line(event),
            event: event_json(event),
            decision: self.decision(analysis, model, &trace.decision, trace.deciding),
            applied: applied.collect(),
            missed: missed.collect(),
        }
    }

    pub(crate) fn decision(
        &self,
        analysis: &Analysis,
        model: &Model,
        decision: &Decision,
        deciding: Option<ClauseRef>,
    ) -> DecisionValue {
        let word = |effect: Effect| if effect == Effect::Deny { EffectWord::Deny } else { EffectWord::Allow };
        DecisionValue {
            enforced: word(decision.enforced),
            reported: word(decision.reported),
            reason: match decision.reason {
                Reason::Unmentioned => DecisionReason::Unmentioned,
                Reason::Denied => DecisionReason::Denied,
                Reason::Allowed => DecisionReason::Allowed,
                Reason::Posture => DecisionReason::Posture,
            },
            audit: decision.audit,
            detected: decision.detected,
            responses: decision.responses.names().map(str::to_owned).collect(),
            clause: deciding.map(|clause| self.clause(analysis, model, clause)),
        }
    }

    pub(crate) fn clause(&self, analysis: &Analysis, model: &Model, clause: ClauseRef) -> ClauseValue {
        let (name, kind, mode, severity, used_at, because) = match clause {
            ClauseRef::Rule(id) => {
                let rule = model.rule(id);
                let policy = model.policy(rule.policy);
                let kind = match rule.effect {
                    RuleEffect::Deny => ClauseKind::Deny,
                    RuleEffect::Allow => ClauseKind::Allow,
                    RuleEffect::Audit => ClauseKind::Audit,
                };
                let name = format!("{}.{}", policy.name, rule.label);
                (name, kind, Some(policy.mode), rule.severity, rule.used_at, rule.because.as_ref())
            }
            ClauseRef::Default(id) => {
                let policy = model.policy(id);
                (policy.name.clone(), ClauseKind::Posture, Some(policy.mode), policy.severity, None, None)
            }
            ClauseRef::Detection(index) => {
                let detection = &model.detections[index as usize];
                let because = detection.because.as_ref();
                (detection.name.clone(), ClauseKind::Detection, None, detection.severity, None, because)
            }
        };
        let mode = mode.map(|mode| match mode {
            Mode::Prevent => "prevent".to_owned(),
            Mode::Detect => "detect".to_owned(),
        });
        ClauseValue {
            name,
            kind,
            mode,
            severity: severity.name().to_owned(),
            range: self.range(analysis, clause_span(model, clause)),
            used_at: used_at.map(|span| self.range(analysis, span)),
            because: because.cloned(),
        }
    }
}

/// Where a clause is written.
pub(crate) fn clause_span(model: &Model, clause: ClauseRef) -> Span {
    match clause {
        ClauseRef::Rule(id) => model.rule(id).span,
        ClauseRef::Default(id) => model.policy(id).default_span,
        ClauseRef::Detection(index) => {
            model.detections.get(index as usize).map(|d| d.span).unwrap_or_default()
        }
    }
}

pub(crate) fn event_json(event: &Event) -> String {
    serde_json::to_string(&AsJson(event)).unwrap_or_default()
}
