//! Policies and templates: clauses, rules, what rules are about.

use super::{Docs, Expr, Name, Parameter, QualifiedName, Spanned, Text};
use crate::date::Date;
use crate::span::Span;

/// `template NAME(params) { rules }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// The defined name.
    pub name: Name,
    /// What `use` gives.
    pub parameters: Vec<Parameter>,
    /// Rules, limits, uses (a clause here is reported).
    pub members: Vec<Member>,
}

/// `policy NAME for S, T except U { clauses rules }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The defined name.
    pub name: Name,
    /// Whose operations it decides.
    pub subjects: SubjectList,
    /// Clauses, then rules, limits, uses.
    pub members: Vec<Member>,
}

/// `S, T except U`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectList {
    /// Subject names, `tree(S)` or `any`.
    pub items: Vec<Expr>,
    /// One subject, or a list of them.
    pub except: Option<Expr>,
    /// The whole list.
    pub span: Span,
}

/// A line of a policy or template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Member {
    /// `mode prevent`, `default deny read`, …
    Clause(Clause),
    /// `deny read /etc/shadow`
    Rule(Rule),
    /// `use dynamic_program()`
    Use(Use),
    /// `limit memory 512MiB`
    Limit(Limit),
    /// Tokens that are none of these.
    Error(Span),
}

/// A statement about the policy as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// Which.
    pub kind: ClauseKind,
    /// The whole clause.
    pub span: Span,
}

/// What a [`Clause`] says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClauseKind {
    /// `mode prevent` or `mode detect`
    Mode(Name),
    /// `default deny read, write`
    DefaultDeny(Vec<Name>),
    /// `severity high`
    Severity(Name),
    /// `unknown deny` or `unknown allow`
    Unknown(Spanned<Effect>),
    /// `revalidate`
    Revalidate,
}

/// What a rule does with the events it applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Permits, where nothing denies.
    Allow,
    /// Forbids.
    Deny,
    /// Records, and changes nothing.
    Audit,
}

/// `label: deny exec shells where … severity … then … because … until … overrides …`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The `##` lines above.
    pub docs: Option<Docs>,
    /// The name before the colon.
    pub label: Option<Name>,
    /// `allow`, `deny` or `audit`.
    pub effect: Spanned<Effect>,
    /// The events it is about.
    pub event: EventPattern,
    /// `severity critical`
    pub severity: Option<Name>,
    /// `then kill, alert secops`
    pub responses: Vec<Response>,
    /// `because "…"`
    pub because: Option<Text>,
    /// `until 2027-01-31`
    pub until: Option<Spanned<Date>>,
    /// `overrides RULE`
    pub overrides: Option<QualifiedName>,
    /// From the label or effect to the last token.
    pub span: Span,
}

/// Actions on an object: the part that rules, assertions and detections share.
///
/// The grammar does not know which object an action takes; [`Object`] says how each kind is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventPattern {
    /// Actions and groups, at least one unless erroneous: `read`, `modify`.
    pub actions: Vec<Name>,
    /// What they act on.
    pub object: Object,
    /// `except [/etc/hostname]`: one pattern or a list.
    pub except: Option<Expr>,
    /// `where role == binary`
    pub condition: Option<Expr>,
    /// From the first action to the last token.
    pub span: Span,
}

/// What an action acts on.
///
/// | kind | written | parts |
/// |---|---|---|
/// | none | `deny bpf` | all empty |
/// | paths | `read /etc/**, web_roots` | `items` |
/// | names | `capability [CAP_SYS_ADMIN]` | `items` |
/// | processes | `ptrace worker` | `items` |
/// | endpoint | `connect tcp to 10.0.0.0/8 port 80` | `items` = protocols, `place` = addresses, `port` |
/// | two paths (tests) | `rename /a to /b` | `items` = source, `place` = target |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// What stands before any preposition.
    pub items: Vec<Expr>,
    /// `to …`, `from …`, `on …`
    pub place: Option<Place>,
    /// `port 443`, `port [80, 8000-8100]`
    pub port: Option<Expr>,
    /// The whole object; empty, after the action, where there is none.
    pub span: Span,
}

/// The other end of a connection, or the local one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which word stands before it.
    pub preposition: Spanned<Preposition>,
    /// Addresses, prefixes, subjects, `host "…"`, `any`; paths after `rename … to`.
    pub items: Vec<Expr>,
}

/// The word between an action and a [`Place`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Preposition {
    /// `connect … to`, `send … to`, `rename … to`
    To,
    /// `accept … from`
    From,
    /// `bind … on`, `listen … on`
    On,
}

/// What happens besides the verdict: `kill`, `kill tree`, `alert secops oncall`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The first word.
    pub name: Name,
    /// The words after it.
    pub arguments: Vec<Name>,
    /// All of them.
    pub span: Span,
}

/// `use NAME(args) without LABEL`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The template.
    pub template: QualifiedName,
    /// Values for its parameters, by position.
    pub arguments: Vec<Expr>,
    /// Labels of rules to leave out.
    pub without: Vec<QualifiedName>,
    /// The whole statement.
    pub span: Span,
}

/// `limit memory 512MiB`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// `memory`, `cpu`, `processes` or `open_files`.
    pub resource: Name,
    /// The bound.
    pub value: Expr,
    /// The whole statement.
    pub span: Span,
}

impl Policy {
    /// The rules, without those of templates.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        rules(&self.members)
    }

    /// The clauses, wherever they stand.
    pub fn clauses(&self) -> impl Iterator<Item = &Clause> {
        self.members.iter().filter_map(|member| match member {
            Member::Clause(clause) => Some(clause),
            _ => None,
        })
    }
}

impl Template {
    /// The rules, without those of other templates.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        rules(&self.members)
    }
}

fn rules(members: &[Member]) -> impl Iterator<Item = &Rule> {
    members.iter().filter_map(|member| match member {
        Member::Rule(rule) => Some(rule),
        _ => None,
    })
}
