//! The artifact as a whole: what it holds, in which order, and every way in which it can be wrong.

mod determinism;
mod evidence;
#[cfg(feature = "sign")]
mod minisign;
mod refusals;
mod sample;
mod seeds;
#[cfg(feature = "sign")]
mod signed;
