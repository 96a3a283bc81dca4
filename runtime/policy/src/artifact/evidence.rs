//! The section `warmor.evidence`: what was proved of the policy before it was shipped, and by whom.
//!
//! Evidence is a claim of whoever signed the artifact. What it is about is bound by digests, which are checked whenever an artifact is
//! read; that the proof was made is believed, or made anew from the sources (`warmorc verify --reprove`).

use super::Digest;
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// How a proof ended. What is refuted is never shipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It holds for every event.
    Proved,
    /// The budget ran out before an answer was found.
    Inconclusive,
    /// Nobody tried.
    Skipped,
}

/// What of an artifact decides events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// The section `warmor.tables`, which the kernel programs read.
    Tables,
    /// The WebAssembly module: everything before the artifact's own sections.
    Module,
}

impl Part {
    /// All of them: an artifact is proved when each is.
    pub const ALL: [Self; 2] = [Self::Tables, Self::Module];

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tables => "tables",
            Self::Module => "module",
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The part of the build that a statement is about, what it is compared with, and how much work that was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// The part.
    pub part: Part,
    /// Digest of the part: of its section's contents, or of the module's bytes.
    pub digest: Digest,
    /// Digest of the section `warmor.sources`, whose meaning the part has.
    pub sources: Digest,
    /// Clauses of the source.
    pub clauses: u64,
    /// Decision diagrams that were walked.
    pub diagrams: u64,
    /// Tests that the source makes of facts.
    pub atoms: u64,
    /// Steps of the proof.
    pub steps: u64,
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
    /// For the translation of the sources into a part of the build: which one. Left out for other statements.
    #[serde(default, deserialize_with = "there", skip_serializing_if = "Option::is_none")]
    pub about: Option<About>,
}

/// What is there is no `null`: one value has one spelling.
fn there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<About>, D::Error> {
    About::deserialize(deserializer).map(Some)
}

/// Why an artifact does not count as proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unproved {
    /// Its signature was not checked, so nobody answers for its evidence.
    Unsigned,
    /// It says nothing of this part.
    Missing(Part),
    /// The proof for this part was left out when it was compiled.
    Skipped(Part),
    /// The proof for this part ran out of its budget.
    Inconclusive(Part),
}

impl fmt::Display for Unproved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsigned => {
                f.write_str("its evidence counts for nothing without a signature that is checked")
            }
            Self::Missing(part) => {
                write!(f, "it has no evidence of a proof for its {part}")
            }
            Self::Skipped(part) => {
                write!(f, "the proof for its {part} was left out (`--no-validate`)")
            }
            Self::Inconclusive(part) => {
                write!(f, "the proof for its {part} ran out of its budget")
            }
        }
    }
}

impl std::error::Error for Unproved {}

/// Whether statements prove this part.
pub(super) fn proves(evidence: &[Evidence], part: Part) -> Result<(), Unproved> {
    let about = |e: &&Evidence| e.about.is_some_and(|a| a.part == part);
    let outcomes: Vec<Outcome> = evidence.iter().filter(about).map(|e| e.outcome).collect();
    if outcomes.contains(&Outcome::Proved) {
        Ok(())
    } else if outcomes.contains(&Outcome::Inconclusive) {
        Err(Unproved::Inconclusive(part))
    } else if outcomes.contains(&Outcome::Skipped) {
        Err(Unproved::Skipped(part))
    } else {
        Err(Unproved::Missing(part))
    }
}
