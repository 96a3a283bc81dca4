//! The typed policy: what is left of the sources once names, modules, templates and types are settled.
//!
//! Everything after the checker reads this and nothing before it: the reference evaluator, the lowerings, the prover.
//! A rule's meaning can be read off the rule: its scope, its condition on the object, its exceptions, its `where`, each a
//! [`Cond`] in Kleene's logic over atoms that look at one fact (or relate two).

mod cond;
mod glob;

pub use cond::{Atom, Compare, Cond, CondKind, Element, FactRef, Network, TextTest};
pub use glob::{Glob, GlobError, GlobErrorKind, MAX_BRANCHES, Part, Segment};

pub use crate::date::Date;
use crate::diagnostics::Code;
use crate::span::Span;
use warmor_policy::event::Event;
use warmor_policy::schema::{Action, KernelVersion};
use warmor_policy::verdict::{Responses, Severity};

/// A checked program: everything that decides, with everything that explains.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// The name of the root package.
    pub package: String,
    /// What the program is compiled for.
    pub target: Target,
    /// Named predicates over a process, by [`SubjectId`].
    pub subjects: Vec<Subject>,
    /// Policies, by [`PolicyId`], in source order.
    pub policies: Vec<Policy>,
    /// Rules, by [`RuleId`], in source order; those whose `until` has passed are not here.
    pub rules: Vec<Rule>,
    /// Detections, in source order.
    pub detections: Vec<Detection>,
    /// Resource limits.
    pub limits: Vec<Limit>,
    /// Facts of the domain that analysis may use.
    pub assumptions: Vec<Assumption>,
    /// Statements to be proved.
    pub assertions: Vec<Assertion>,
    /// Test blocks.
    pub tests: Vec<Test>,
    /// Parameters with the values they were bound to, as text, by name.
    pub params: Vec<(String, String)>,
    /// Rules that are ignored because their `until` has passed: label and date.
    pub expired: Vec<(String, Date)>,
    /// Which warnings the author has silenced, and why.
    pub silences: Vec<Silence>,
    /// What the runtime must provide beside the kernel's hooks, sorted.
    pub features: Vec<Feature>,
}

/// `@silence(W0402, "why")`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    /// The warnings that are not reported; a group's name stands for all of its.
    pub codes: Vec<Code>,
    /// Why, in the author's words.
    pub reason: String,
    /// The item or statement inside of which they are not.
    pub about: Span,
    /// The attribute.
    pub span: Span,
}

/// Something that a program needs from the runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feature {
    /// Which containers and pods there are, with their cgroups and addresses.
    Inventory,
}

impl Feature {
    /// Its word in the manifest.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inventory => "inventory",
        }
    }
}

/// What a program is compiled for: it settles which facts and actions the kernel can decide on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A Linux kernel with BPF LSM, at least of this release.
    Linux(KernelVersion),
    /// Windows: nothing can be prevented, everything is decided in user space.
    Windows,
    /// macOS: nothing but packet filter rules can be prevented.
    MacosPf,
}

impl Default for Target {
    fn default() -> Self {
        Self::Linux(KernelVersion { major: 6, minor: 1 })
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Linux(v) => write!(f, "linux-{v}"),
            Self::Windows => f.write_str("windows"),
            Self::MacosPf => f.write_str("macos-pf"),
        }
    }
}

/// Index of a subject in [`Model::subjects`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubjectId(pub u32);

/// Index of a policy in [`Model::policies`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyId(pub u32);

/// Index of a rule in [`Model::rules`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(pub u32);

/// A named predicate over one process.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Its name, with the package in front where it is not the root package (`std.x.y`).
    pub name: String,
    /// Where the name is defined.
    pub span: Span,
    /// When a process is a member. Facts of [`Source::Process`](warmor_policy::event::Source::Process) are the member's;
    /// never mentions a subject that mentions this one.
    pub cond: Cond,
}

/// Whether a policy enforces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Its verdicts are enforced, unless an operator mutes it.
    Prevent,
    /// Its verdicts are only reported.
    #[default]
    Detect,
}

/// What an unknown condition means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OnUnknown {
    /// Denials apply, allows do not.
    Deny,
    /// Allows apply, denials do not.
    Allow,
}

/// A set of actions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActionSet(u32);

impl ActionSet {
    /// No action.
    pub const EMPTY: Self = Self(0);

    /// Whether the action is a member.
    pub fn contains(self, action: Action) -> bool {
        self.0 & (1 << action as u8) != 0
    }

    /// Adds an action.
    pub fn insert(&mut self, action: Action) {
        self.0 |= 1 << action as u8;
    }

    /// Whether there is no member.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The members, by code.
    pub fn iter(self) -> impl Iterator<Item = Action> {
        Action::all().filter(move |a| self.contains(*a))
    }
}

impl FromIterator<Action> for ActionSet {
    fn from_iter<I: IntoIterator<Item = Action>>(actions: I) -> Self {
        let mut set = Self::default();
        for a in actions {
            set.insert(a);
        }
        set
    }
}

/// Whom a policy or a detection is for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scope {
    /// `for S, T`: member of one of them; `None` is `for any`.
    pub subjects: Option<Vec<Cond>>,
    /// `except U`: member of none of them.
    pub except: Vec<Cond>,
}

impl Scope {
    /// The scope as it would be written: names of subjects, `tree(S)`, `any`, `except`.
    pub fn written(&self, model: &Model) -> String {
        let list = |conds: &[Cond]| conds.iter().map(|c| member(model, c)).collect::<Vec<_>>().join(", ");
        let inside = self.subjects.as_ref().map_or_else(|| "any".to_owned(), |s| list(s));
        match self.except.as_slice() {
            [] => inside,
            [one] => format!("{inside} except {}", member(model, one)),
            many => format!("{inside} except [{}]", list(many)),
        }
    }

    /// The scope as one condition on the process.
    pub fn cond(&self, span: Span) -> Cond {
        let inside = match &self.subjects {
            None => Cond::constant(true, span),
            Some(subjects) => Cond::any(subjects.clone(), span),
        };
        if self.except.is_empty() {
            return inside;
        }
        Cond::all(vec![inside, Cond::not(Cond::any(self.except.clone(), span), span)], span)
    }
}

/// A subject's name, or `tree(S)`: membership in a subject, or in one by an ancestor.
fn member(model: &Model, cond: &Cond) -> String {
    match &cond.kind {
        CondKind::Atom(Atom::Member { subject, .. }) => model.subject(*subject).name.clone(),
        CondKind::Any(parts) => match parts.as_slice() {
            [inner, Cond { kind: CondKind::Atom(Atom::Ancestor { .. }), .. }] => {
                format!("tree({})", member(model, inner))
            }
            _ => "…".to_owned(),
        },
        _ => "…".to_owned(),
    }
}

/// A policy: rules with one scope and one way of being enforced.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Its name, with the package in front where it is not the root package.
    pub name: String,
    /// Where the name is defined.
    pub span: Span,
    /// Doc comment, without the marks.
    pub doc: String,
    /// Whom it is for.
    pub scope: Scope,
    /// Whether it enforces.
    pub mode: Mode,
    /// What an unknown condition means.
    pub unknown: OnUnknown,
    /// Actions that are denied where no rule of any policy allows them.
    pub default_deny: ActionSet,
    /// Where `default deny` is written, if it is.
    pub default_span: Span,
    /// Severity of the posture and of rules that state none.
    pub severity: Severity,
    /// Whether a new policy is applied to what was opened under an older one.
    pub revalidate: bool,
}

/// What a rule does when it applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RuleEffect {
    /// The event is denied.
    Deny,
    /// The event is allowed, unless a denial applies too.
    Allow,
    /// The event is recorded; the verdict is as without the rule.
    Audit,
}

/// A rule of a policy.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The policy it belongs to.
    pub policy: PolicyId,
    /// Its label (namespaced by the template it comes from: `dynamic_program.libc`), or a made-up one that is stable under
    /// edits of other policies: the effect and its number in the policy, as in `deny#3`.
    pub label: String,
    /// Whether the author wrote the label.
    pub labelled: bool,
    /// The whole rule; for a rule from a template, the rule in the template.
    pub span: Span,
    /// Where a template was used, for a rule that comes from one.
    pub used_at: Option<Span>,
    /// What it does.
    pub effect: RuleEffect,
    /// Which actions it speaks of.
    pub actions: ActionSet,
    /// Which objects it covers.
    pub object: Cond,
    /// Which of them it does not.
    pub except: Vec<Cond>,
    /// Its `where`.
    pub condition: Option<Cond>,
    /// How bad it is.
    pub severity: Severity,
    /// What else it asks for.
    pub responses: Responses,
    /// Whom to alert.
    pub alert: Vec<String>,
    /// Why it is there, in the author's words.
    pub because: Option<String>,
    /// The last day on which it counts.
    pub until: Option<Date>,
    /// The rules whose overlap with this one is intended.
    pub overrides: Vec<RuleId>,
}

impl Rule {
    /// Object, exceptions and `where` as one condition.
    pub fn cond(&self) -> Cond {
        condition(self.span, &self.object, &self.except, self.condition.as_ref())
    }
}

fn condition(span: Span, object: &Cond, except: &[Cond], extra: Option<&Cond>) -> Cond {
    let mut parts = vec![object.clone()];
    if !except.is_empty() {
        parts.push(Cond::not(Cond::any(except.to_vec(), span), span));
    }
    parts.extend(extra.cloned());
    Cond::all(parts, span)
}

/// One event that a detection looks for.
#[derive(Clone, Debug)]
pub struct Step {
    /// The step in the source.
    pub span: Span,
    /// Which actions it speaks of.
    pub actions: ActionSet,
    /// Which objects it covers.
    pub object: Cond,
    /// Which of them it does not.
    pub except: Vec<Cond>,
    /// Its `where`.
    pub condition: Option<Cond>,
}

impl Step {
    /// Object, exceptions and `where` as one condition.
    pub fn cond(&self) -> Cond {
        condition(self.span, &self.object, &self.except, self.condition.as_ref())
    }
}

/// What a correlation groups events by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupBy {
    /// The process and everything below it.
    ProcessTree,
    /// A fact's value.
    Fact(FactRef),
}

/// The pattern of a detection.
#[derive(Clone, Debug)]
pub enum Pattern {
    /// One event.
    Single(Step),
    /// Events one after another.
    Sequence {
        /// What ties them together; empty for nothing.
        by: Vec<GroupBy>,
        /// From first to last, in milliseconds.
        within_ms: u64,
        /// The events, in order.
        steps: Vec<Step>,
    },
    /// Many events, each of one of some kinds.
    Count {
        /// How many.
        at_least: u64,
        /// Different values of this fact are counted instead of events.
        distinct: Option<FactRef>,
        /// What ties them together; empty for nothing.
        by: Vec<GroupBy>,
        /// From first to last, in milliseconds.
        within_ms: u64,
        /// The events, any of them.
        steps: Vec<Step>,
    },
}

/// A behaviour that is an attack.
#[derive(Clone, Debug)]
pub struct Detection {
    /// Its name, with the package in front where it is not the root package.
    pub name: String,
    /// Where the name is defined.
    pub span: Span,
    /// Doc comment, without the marks.
    pub doc: String,
    /// Whom it is for.
    pub scope: Scope,
    /// How bad it is.
    pub severity: Severity,
    /// Tags, as written.
    pub tags: Vec<String>,
    /// What it looks for.
    pub pattern: Pattern,
    /// What it asks for.
    pub responses: Responses,
    /// Whom to alert.
    pub alert: Vec<String>,
    /// Why it is there, in the author's words.
    pub because: Option<String>,
}

/// A resource that can be limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// Bytes of memory.
    Memory,
    /// Hundredths of a percent of one core.
    Cpu,
    /// Number of processes.
    Processes,
    /// Number of open files.
    OpenFiles,
}

/// A resource limit of a policy.
#[derive(Clone, Debug)]
pub struct Limit {
    /// The policy.
    pub policy: PolicyId,
    /// The resource.
    pub resource: Resource,
    /// How much, in the resource's unit.
    pub amount: u64,
    /// Where it is written.
    pub span: Span,
}

/// A fact of the domain that analysis may use, and nothing else may.
#[derive(Clone, Debug)]
pub struct Assumption {
    /// What is assumed of every event.
    pub cond: Cond,
    /// Where it is written.
    pub span: Span,
}

/// How an assertion quantifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssertionKind {
    /// None of these events is allowed.
    Never,
    /// All of these events are allowed.
    Always,
    /// These events are allowed to nobody else.
    Only,
}

/// A statement about all events, to be proved.
#[derive(Clone, Debug)]
pub struct Assertion {
    /// Its text.
    pub name: String,
    /// Where it is written.
    pub span: Span,
    /// How it quantifies.
    pub kind: AssertionKind,
    /// Which processes.
    pub scope: Scope,
    /// Which events of theirs.
    pub step: Step,
    /// Whether it speaks of the reported verdict rather than the enforced one.
    pub reported: bool,
}

/// A test block.
#[derive(Clone, Debug)]
pub struct Test {
    /// Its text.
    pub name: String,
    /// Where it is written.
    pub span: Span,
    /// What it expects, in order.
    pub expectations: Vec<Expectation>,
}

/// One expectation of a test.
#[derive(Clone, Debug)]
pub struct Expectation {
    /// Where it is written.
    pub span: Span,
    /// The operation: one event or several.
    pub events: Vec<Event>,
    /// Whether it is to be denied.
    pub deny: bool,
    /// Whether it speaks of the reported verdict rather than the enforced one.
    pub reported: bool,
    /// `by LABEL`: one of these must be the deciding clause.
    pub by: Option<Vec<ClauseRef>>,
}

/// A clause of the model: what can apply to an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClauseRef {
    /// A rule.
    Rule(RuleId),
    /// The `default deny` of a policy.
    Default(PolicyId),
    /// A detection of one event, by its index in [`Model::detections`].
    Detection(u32),
}

impl Model {
    /// The clauses in the order of reports: highest severity first, then policies' rules, postures and detections in source
    /// order. A clause's index here is its [`Rank`](warmor_policy::verdict::Rank).
    pub fn clauses(&self) -> Vec<ClauseRef> {
        let mut all: Vec<(Severity, ClauseRef)> = Vec::new();
        all.extend(
            self.rules.iter().enumerate().map(|(i, r)| (r.severity, ClauseRef::Rule(RuleId(i as u32)))),
        );
        let postures = self.policies.iter().enumerate().filter(|(_, p)| !p.default_deny.is_empty());
        all.extend(postures.map(|(i, p)| (p.severity, ClauseRef::Default(PolicyId(i as u32)))));
        let single =
            self.detections.iter().enumerate().filter(|(_, d)| matches!(d.pattern, Pattern::Single(_)));
        all.extend(single.map(|(i, d)| (d.severity, ClauseRef::Detection(i as u32))));
        all.sort_by_key(|(severity, _)| std::cmp::Reverse(*severity));
        all.into_iter().map(|(_, c)| c).collect()
    }

    /// Which processes a clause is for.
    pub fn scope(&self, clause: ClauseRef) -> &Scope {
        match clause {
            ClauseRef::Rule(id) => &self.policy(self.rule(id).policy).scope,
            ClauseRef::Default(id) => &self.policy(id).scope,
            ClauseRef::Detection(index) => &self.detections[index as usize].scope,
        }
    }

    /// `policy.label`, the policy's name for its posture, or the detection's name: what `by` in a test names.
    pub fn clause_name(&self, clause: ClauseRef) -> String {
        match clause {
            ClauseRef::Rule(id) => {
                let rule = self.rule(id);
                format!("{}.{}", self.policy(rule.policy).name, rule.label)
            }
            ClauseRef::Default(id) => self.policy(id).name.clone(),
            ClauseRef::Detection(index) => self.detections[index as usize].name.clone(),
        }
    }

    /// Where a clause is written; for a rule from a template, in the template.
    pub fn clause_span(&self, clause: ClauseRef) -> Span {
        match clause {
            ClauseRef::Rule(id) => self.rule(id).span,
            ClauseRef::Default(id) => self.policy(id).default_span,
            ClauseRef::Detection(index) => self.detections[index as usize].span,
        }
    }

    /// The policy of an id.
    pub fn policy(&self, id: PolicyId) -> &Policy {
        &self.policies[id.0 as usize]
    }

    /// The rule of an id.
    pub fn rule(&self, id: RuleId) -> &Rule {
        &self.rules[id.0 as usize]
    }

    /// The subject of an id.
    pub fn subject(&self, id: SubjectId) -> &Subject {
        &self.subjects[id.0 as usize]
    }
}
