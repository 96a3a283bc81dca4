//! The artifact as a whole: what it holds, in which order, and every way in which it can be wrong.

mod determinism;
mod refusals;
mod sample;
#[cfg(feature = "sign")]
mod signed;
