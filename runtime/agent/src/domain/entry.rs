//! What is to be said of a report: who decided what, what it was found to be, and what is asked for.

use warmor_bpf::{Report, ReportFlags};
use warmor_policy::event::Event;
use warmor_policy::verdict::{ClauseKind, Decision, Effect, Reason, Responses};

/// What all of an artifact says of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opinion {
    /// The decision of all policies and detections.
    pub decision: Decision,
    /// Ranks of all clauses that apply, ascending; empty when the event is allowed and nothing else is to be said of it.
    pub applying: Vec<u32>,
}

/// What happened, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The operation was stopped.
    Denied,
    /// It would have been stopped, if the agent did more than look.
    WouldDeny,
    /// Some policy denies it, and it was not stopped: the policy only detects, is muted, or cannot be kept to here.
    Finding,
    /// A detection fired.
    Detected,
    /// A rule asks for a record.
    Audit,
    /// An image started.
    Started,
    /// Nothing is to be said of it.
    Observed,
}

impl Outcome {
    /// Its word in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Denied => "DENIED",
            Self::WouldDeny => "WOULD-DENY",
            Self::Finding => "FINDING",
            Self::Detected => "DETECTED",
            Self::Audit => "AUDIT",
            Self::Started => "STARTED",
            Self::Observed => "OBSERVED",
        }
    }
}

/// A line of the log before it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<'r> {
    /// What the kernel said.
    pub report: &'r Report,
    /// The event that was judged, if one was.
    pub event: Option<Event>,
    /// What happened.
    pub outcome: Outcome,
    /// The rank of the clause that decided.
    pub clause: Option<u32>,
    /// Which step of the decision gave the verdict.
    pub reason: Reason,
    /// Ranks of the detections that fired.
    pub detections: Vec<u32>,
    /// Ranks of the audit rules that apply.
    pub audits: Vec<u32>,
    /// Ranks of all clauses that apply and ask for something.
    pub asking: Vec<u32>,
    /// Responses asked for.
    pub responses: Responses,
    /// What the module says where the kernel enforced otherwise.
    pub disagreement: Option<Effect>,
}

/// How the kernel's verdict is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A hook decided the event, knowing what the module was told of it: both must say the same.
    Comparable,
    /// A hook decided the event, but knew something else of it.
    Incomparable,
    /// No hook was asked: what is seen has happened.
    Unasked,
}

impl<'r> Entry<'r> {
    /// What the kernel alone says of a report.
    pub fn of_kernel(report: &'r Report) -> Self {
        let flags = report.flags;
        let words = [
            (ReportFlags::DENIED, Outcome::Denied),
            (ReportFlags::WOULD_DENY, Outcome::WouldDeny),
            (ReportFlags::FINDING, Outcome::Finding),
            (ReportFlags::DETECTED, Outcome::Detected),
            (ReportFlags::AUDIT, Outcome::Audit),
            (ReportFlags::STARTED, Outcome::Started),
        ];
        let outcome = words.into_iter().find(|(flag, _)| flags.has(*flag));
        Self {
            report,
            event: None,
            outcome: outcome.map_or(Outcome::Observed, |(_, outcome)| outcome),
            clause: report.clause,
            reason: reason(report.reason),
            detections: Vec::new(),
            audits: Vec::new(),
            asking: report.clause.into_iter().collect(),
            responses: Responses(report.responses),
            disagreement: None,
        }
    }

    /// What the kernel and the module say together. The kernel's verdict stands where a hook was asked: it has happened.
    pub fn judged(
        report: &'r Report,
        opinion: &Opinion,
        kind: impl Fn(u32) -> Option<ClauseKind>,
        standing: Standing,
        only_looking: bool,
    ) -> Self {
        let mut entry = Self::of_kernel(report);
        let decision = opinion.decision;
        let stopped = matches!(entry.outcome, Outcome::Denied | Outcome::WouldDeny);
        let of_kind = |wanted: ClauseKind| -> Vec<u32> {
            opinion.applying.iter().copied().filter(|r| kind(*r) == Some(wanted)).collect()
        };
        entry.detections = of_kind(ClauseKind::Detect);
        entry.audits = of_kind(ClauseKind::Audit);
        if standing == Standing::Comparable && stopped != (decision.enforced == Effect::Deny) {
            entry.disagreement = Some(decision.enforced);
        }
        if !stopped {
            entry.outcome =
                if decision.enforced == Effect::Deny && standing == Standing::Unasked && only_looking {
                    Outcome::WouldDeny
                } else if decision.reported == Effect::Deny {
                    Outcome::Finding
                } else if !entry.detections.is_empty() {
                    Outcome::Detected
                } else if !entry.audits.is_empty() {
                    Outcome::Audit
                } else if report.flags.has(ReportFlags::STARTED) {
                    Outcome::Started
                } else {
                    Outcome::Observed
                };
            entry.clause = decision.clause.map(|rank| rank.0);
            entry.reason = decision.reason;
        }
        if !stopped || decision.enforced == Effect::Deny {
            entry.responses = decision.responses;
        }
        // What is allowed has no clause that denies; an allow asks for nothing.
        let asks = |rank: &u32| !matches!(kind(*rank), None | Some(ClauseKind::Allow | ClauseKind::Default));
        entry.asking = opinion.applying.iter().copied().filter(asks).collect();
        entry
    }

    /// Whether there is more to it than that it took place.
    pub fn is_remarkable(&self) -> bool {
        !matches!(self.outcome, Outcome::Observed | Outcome::Started) || self.disagreement.is_some()
    }
}

fn reason(code: u8) -> Reason {
    [Reason::Unmentioned, Reason::Denied, Reason::Allowed, Reason::Posture]
        .into_iter()
        .find(|r| *r as u8 == code)
        .unwrap_or(Reason::Unmentioned)
}
