//! The manifest: everything about a policy that a person, or the runtime's report, wants to know beside its tables.

use super::digest::Digest;
use super::words;
use crate::schema::{Action, KernelVersion, SCHEMA_VERSION};
use crate::verdict::{ClauseKind, Responses, Severity};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Version of the artifact format. A reader reads its own major version, up to its own minor version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormatVersion {
    /// Changes when an older reader would misunderstand.
    pub major: u16,
    /// Changes when something is added. An older reader refuses it too: a policy is never enforced in part.
    pub minor: u16,
}

impl fmt::Display for FormatVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// What is known of the whole artifact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of the format. Set by the writer.
    pub format: FormatVersion,
    /// Version of the compiler that made it.
    pub compiler: String,
    /// Version of the field schema that the tables were made for. Set by the writer.
    pub schema: u32,
    /// Name of the root package.
    pub package: String,
    /// What it is compiled for, as in `linux-6.1`.
    pub target: String,
    /// Digest of the section `warmor.sources`. Set by the writer.
    pub sources: Digest,
    /// Policies, as the tables number them.
    pub policies: Vec<Policy>,
    /// Clauses by rank, as the tables number them.
    pub clauses: Vec<Clause>,
    /// Detections, in source order.
    pub detections: Vec<Detection>,
    /// Named predicates over a process, in source order.
    pub subjects: Vec<Subject>,
    /// Resource limits.
    pub limits: Vec<Limit>,
    /// Parameters with what they were bound to.
    pub params: Vec<Param>,
    /// Rules that the compiler left out because their last day had passed.
    pub expired: Vec<Expired>,
    /// What analysis took for granted, as written.
    pub assumptions: Vec<String>,
    /// What the machine must have.
    pub requires: Requires,
    /// What a decision costs at worst.
    pub costs: Costs,
}

impl Manifest {
    /// A manifest of a package that says nothing.
    pub fn new(package: &str, target: &str, compiler: &str) -> Self {
        Self {
            format: super::FORMAT,
            compiler: compiler.to_owned(),
            schema: SCHEMA_VERSION,
            package: package.to_owned(),
            target: target.to_owned(),
            sources: Digest::default(),
            policies: Vec::new(),
            clauses: Vec::new(),
            detections: Vec::new(),
            subjects: Vec::new(),
            limits: Vec::new(),
            params: Vec::new(),
            expired: Vec::new(),
            assumptions: Vec::new(),
            requires: Requires::default(),
            costs: Costs::default(),
        }
    }
}

/// A place in the sources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// A name of the section `warmor.sources`.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column, in characters from 1.
    pub column: u32,
}

/// Whether a policy enforces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// It enforces, unless an operator mutes it.
    Prevent,
    /// It reports.
    Detect,
}

/// What an unknown fact means to a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnUnknown {
    /// Denials apply, allows do not.
    Deny,
    /// Allows apply, denials do not.
    Allow,
}

/// Where a clause is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Tier {
    /// In the kernel, before the operation happens.
    K,
    /// Noticed in the kernel; the process is stopped after the fact.
    S,
    /// In user space, after the event.
    U,
}

/// A policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Its doc comment.
    pub doc: String,
    /// Where its name is defined.
    pub place: Place,
    /// Whom it is for, as written.
    pub scope: String,
    /// Whether it enforces.
    pub mode: Mode,
    /// What an unknown fact means to it.
    pub unknown: OnUnknown,
    /// Actions that it denies where no rule allows them, ascending by code.
    #[serde(with = "words::actions")]
    pub default_deny: Vec<Action>,
    /// Severity of its posture and of rules that state none.
    #[serde(with = "words::severity")]
    pub severity: Severity,
    /// Whether it is applied to what was opened under an older policy.
    pub revalidate: bool,
}

/// A clause: a rule, a posture or a detection of one event. Its index is its rank.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clause {
    /// What it does when it applies.
    #[serde(with = "words::kind")]
    pub kind: ClauseKind,
    /// Index of its policy; none for a detection.
    #[serde(deserialize_with = "words::spelled")]
    pub policy: Option<u32>,
    /// The rule's label, the policy's name for a posture, the detection's name.
    pub label: String,
    /// Actions that it speaks of, ascending by code.
    #[serde(with = "words::actions")]
    pub actions: Vec<Action>,
    /// Where it is decided.
    pub tier: Tier,
    /// Where it is written; for a rule of a template, in the template.
    pub place: Place,
    /// Where the template is used that the rule comes from.
    #[serde(deserialize_with = "words::spelled")]
    pub used_at: Option<Place>,
    /// First line of its text.
    pub text: String,
    /// How bad it is when it applies.
    #[serde(with = "words::severity")]
    pub severity: Severity,
    /// What it asks for beyond the verdict.
    #[serde(with = "words::responses")]
    pub responses: Responses,
    /// Whom to alert.
    pub alert: Vec<String>,
    /// Why it is there, in the author's words.
    #[serde(deserialize_with = "words::spelled")]
    pub because: Option<String>,
    /// The last day on which it counts, as in `2027-01-31`.
    #[serde(deserialize_with = "words::spelled")]
    pub until: Option<String>,
}

/// What a detection looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pattern {
    /// One event.
    Single,
    /// Events one after another.
    Sequence,
    /// Many events of one kind.
    Count,
}

/// A detection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detection {
    /// Its name.
    pub name: String,
    /// Its doc comment.
    pub doc: String,
    /// Where its name is defined.
    pub place: Place,
    /// Whom it is for, as written.
    pub scope: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// What it looks for.
    pub pattern: Pattern,
    /// The rank of its clause. None when this version of the artifact does not execute it: sequences and counts are checked,
    /// but nothing runs them.
    #[serde(deserialize_with = "words::spelled")]
    pub clause: Option<u32>,
    /// How bad it is.
    #[serde(with = "words::severity")]
    pub severity: Severity,
    /// What it asks for.
    #[serde(with = "words::responses")]
    pub responses: Responses,
    /// Whom to alert.
    pub alert: Vec<String>,
}

/// A named predicate over a process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// Its name.
    pub name: String,
    /// Where its name is defined.
    pub place: Place,
    /// Its predicate, as written.
    pub text: String,
}

/// A resource that can be limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

/// A resource limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// Index of its policy.
    pub policy: u32,
    /// What is limited.
    pub resource: Resource,
    /// How much, in the resource's unit.
    pub amount: u64,
    /// Where it is written.
    pub place: Place,
}

/// A parameter and its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// What it was bound to, as text.
    pub value: String,
}

/// A rule that was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expired {
    /// Its label.
    pub label: String,
    /// The last day on which it counted.
    pub until: String,
}

/// Something that a machine may have or lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feature {
    /// BPF programs attached to the kernel's security hooks.
    BpfLsm,
    /// BPF programs attached to control groups.
    Cgroup,
    /// Which containers and pods there are, with their cgroups and addresses.
    Inventory,
}

impl Feature {
    /// Its word in the manifest.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BpfLsm => "bpf-lsm",
            Self::Cgroup => "cgroup",
            Self::Inventory => "inventory",
        }
    }
}

/// What a machine must have for the artifact to mean what it says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requires {
    /// The oldest kernel; none if the target is not Linux.
    #[serde(with = "words::kernel")]
    pub kernel: Option<KernelVersion>,
    /// What else it must have, ascending, each once.
    pub features: Vec<Feature>,
}

/// What a decision costs at worst.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Costs {
    /// Steps of automata for one event, over all of its texts at their longest.
    pub automaton_steps: u64,
    /// Diagrams that are walked for one event.
    pub diagrams: u64,
    /// Words of the table image. Set by the writer.
    pub table_words: u64,
}
