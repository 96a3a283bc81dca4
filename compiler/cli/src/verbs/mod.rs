//! The verbs, a file each: its arguments, and what it does with them.

pub mod can;
pub mod check;
pub mod compile;
pub mod completions;
pub mod diff;
pub mod eval;
pub mod explain;
pub mod fmt;
pub mod inspect;
pub mod keygen;
pub mod man;
pub mod new;
pub mod prove;
pub mod reach;
pub mod test;
pub mod verify;
pub mod who_can;
