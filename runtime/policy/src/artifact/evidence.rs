//! The section `warmor.evidence`: what was proved of the policy before it was shipped, and by whom.

use serde::{Deserialize, Serialize};

/// How a proof ended. What is refuted is never shipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It holds for every event.
    Proved,
    /// The budget ran out before an answer was found.
    Inconclusive,
}

/// One statement and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// What was to be proved: an assertion's text, or a property of the build.
    pub claim: String,
    /// What looked for the proof, with its version.
    pub engine: String,
    /// How it ended.
    pub outcome: Outcome,
}
