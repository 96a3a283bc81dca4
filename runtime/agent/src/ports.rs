//! What the agent needs from outside.

use warmor_bpf::{Counter, Report};

/// Counters of the kernel programs, summed over CPUs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts([u64; Counter::ALL.len()]);

impl Counts {
    /// Sets a counter.
    pub fn set(&mut self, counter: Counter, value: u64) {
        self.0[counter as usize] = value;
    }

    /// The value of a counter.
    pub fn get(&self, counter: Counter) -> u64 {
        self.0[counter as usize]
    }
}

/// Where reports go.
pub trait AuditSink {
    /// Writes one report.
    ///
    /// # Errors
    /// When it cannot be written.
    fn write(&mut self, report: &Report) -> std::io::Result<()>;
}
