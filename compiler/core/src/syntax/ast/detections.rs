//! Detections: single events, sequences, counts.

use super::{EventPattern, Expr, Name, Response, SubjectList, Text};
use crate::span::Span;

/// `detect NAME for S { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detect {
    /// The defined name.
    pub name: Name,
    /// Whose events it watches.
    pub subjects: SubjectList,
    /// What it says, in source order.
    pub members: Vec<DetectMember>,
}

/// A line of a [`Detect`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DetectMember {
    /// `severity critical`
    Severity(Name),
    /// `tags [attack.t1059.004]`: words may start with a digit after a dot, and a tag may be a quoted string.
    Tags(Vec<Name>),
    /// `exec shells`: one event is enough.
    Event(EventPattern),
    /// `sequence by process.tree within 30s { … }`
    Sequence(Sequence),
    /// `count 5 distinct address by process.tree within 60s { … }`
    Count(Count),
    /// `then kill tree, alert secops`
    Then(Vec<Response>),
    /// `because "…"`
    Because(Text),
    /// Tokens that are none of these.
    Error(Span),
}

/// Events that must follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// Facts on which all events must agree.
    pub by: Vec<Expr>,
    /// The longest time from the first event to the last; without it the state has no bound (reported by a later pass).
    pub within: Option<Expr>,
    /// The events, in order.
    pub steps: Vec<SequenceStep>,
    /// The whole block.
    pub span: Span,
}

/// A line of a [`Sequence`] or [`Count`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SequenceStep {
    /// `exec shells`
    Event(EventPattern),
    /// Tokens that are no event.
    Error(Span),
}

/// A number of events, any of the listed ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// How many are needed.
    pub threshold: Expr,
    /// Count different values of this fact instead of events.
    pub distinct: Option<Expr>,
    /// Facts on which all events must agree.
    pub by: Vec<Expr>,
    /// The length of the sliding window.
    pub within: Option<Expr>,
    /// The events, any of them.
    pub events: Vec<SequenceStep>,
    /// The whole block.
    pub span: Span,
}
