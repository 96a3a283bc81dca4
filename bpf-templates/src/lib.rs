//! The kernel programs, compiled, and the Rust side of what they share with user space.
//!
//! The objects are built by `cargo xtask bpf` and committed; nobody needs clang to build this crate. Structures are read and
//! written byte by byte at the offsets of [`layout`], which the C side asserts when it is compiled
//! (`include/layout.h`, made by `cargo xtask codegen`): the two cannot drift apart.

mod config;
mod counter;
pub mod layout;
pub mod limits;
mod report;
mod testrun;

pub use config::{Agent, BANK_BYTES, Config, Mode, Setup, Wanted, bank};
pub use counter::Counter;
pub use report::{ImageId, PathFact, Report, ReportError, ReportFlags, Target, TaskRecord};
pub use testrun::{Answer, BATCH, Question};

/// ELF objects must be aligned for whoever reads them in place.
#[repr(C, align(8))]
struct Aligned<T: ?Sized>(T);

static PROGRAMS_BYTES: &Aligned<[u8]> = &Aligned(*include_bytes!("../objects/warmor.bpf.o"));
static TESTRUN_BYTES: &Aligned<[u8]> = &Aligned(*include_bytes!("../objects/testrun.bpf.o"));

/// The object with all hook programs.
pub fn programs() -> &'static [u8] {
    &PROGRAMS_BYTES.0
}

/// The object that runs the hooks' decision on events of the caller's making.
pub fn testrun() -> &'static [u8] {
    &TESTRUN_BYTES.0
}

/// A word at an offset of bytes; 0 where there are no bytes.
fn word<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes.get(at..at + N).and_then(|b| b.try_into().ok()).unwrap_or([0; N])
}
