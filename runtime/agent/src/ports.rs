//! What the agent needs from outside.

use crate::domain::entry::{Entry, Opinion};
use crate::domain::line::Clauses;
use warmor_bpf::Counter;

/// Counters of the kernel programs, summed over CPUs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts([u64; Counter::ALL.len()]);

impl Counts {
    /// Sets a counter.
    pub fn set(&mut self, counter: Counter, value: u64) {
        self.0[counter as usize] = value;
    }

    /// What was counted since another time.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] - before.0[i].min(self.0[i])))
    }

    /// The value of a counter.
    pub fn get(&self, counter: Counter) -> u64 {
        self.0[counter as usize]
    }
}

/// Why there is no opinion. The kernel's verdict stands whatever a judge does.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JudgeError {
    /// It broke off: an instruction that must not be reached, or more work than an event may cost.
    #[error("the module broke off: {0}")]
    Trapped(String),
    /// Its answer is none.
    #[error("the module's answer is none: {0}")]
    Nonsense(&'static str),
}

/// Decides events with everything that an artifact says: policies that prevent, policies that detect, and detections.
pub trait Judge {
    /// Decides an event in its byte form.
    ///
    /// # Errors
    /// When there is no answer; the next event can be asked all the same.
    fn judge(&mut self, event: &[u8]) -> Result<Opinion, JudgeError>;
}

/// Names cgroups.
pub trait Cgroups {
    /// The path of the cgroup of an id, from the root of the hierarchy; `None` when it cannot be known.
    fn path(&mut self, id: u64) -> Option<Vec<u8>>;
}

/// Where entries go.
pub trait AuditSink {
    /// Writes one entry, which speaks of these clauses, or sees to it that its loss is counted.
    fn write(&mut self, entry: &Entry<'_>, clauses: &Clauses);
}
