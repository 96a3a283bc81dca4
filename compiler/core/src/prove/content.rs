//! Numbers that tell what something says, whatever was looked at before it.
//!
//! Forms and what they are made of have numbers by the order in which they came up. What is found must not hang on
//! that order: after an edit it has to be what a fresh look at the program finds. So wherever an order shows in an answer (which way
//! a question splits, which predicate an explanation leaves out first), it is the order of these numbers.

use super::formula::Formula;
use std::hash::{Hash, Hasher};

/// A number for what a value says. The same on every machine.
pub(super) fn content(of: &impl Hash) -> u64 {
    let mut hasher = Content::default();
    of.hash(&mut hasher);
    hasher.finish()
}

/// The same for a formula, of whose tests `of` tells what they say.
pub(super) fn formula_content<T>(formula: &Formula<T>, of: &impl Fn(&T) -> u64) -> u64 {
    match formula {
        Formula::Const(b) => content(&(0, *b)),
        Formula::Test(t) => content(&(1, of(t))),
        Formula::Not(inner) => content(&(2, formula_content(inner, of))),
        Formula::All(parts) | Formula::Any(parts) => {
            let kind = if matches!(formula, Formula::All(_)) { 3 } else { 4 };
            let parts: Vec<u64> = parts.iter().map(|p| formula_content(p, of)).collect();
            content(&(kind, parts))
        }
    }
}

/// Multiplies and folds each word (Yi, wyhash, 2019); bytes are words of eight, low byte first.
#[derive(Default)]
struct Content(u64);

impl Content {
    fn word(&mut self, word: u64) {
        let product = u128::from(self.0 ^ 0xa076_1d64_78bd_642f) * u128::from(word ^ 0xe703_7ed1_a0b4_28db);
        self.0 = (product as u64 ^ (product >> 64) as u64).wrapping_add(word);
    }
}

impl Hasher for Content {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.word(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, n: u8) {
        self.word(u64::from(n));
    }

    fn write_u32(&mut self, n: u32) {
        self.word(u64::from(n));
    }

    fn write_u64(&mut self, n: u64) {
        self.word(n);
    }

    fn write_u128(&mut self, n: u128) {
        self.word(n as u64);
        self.word((n >> 64) as u64);
    }

    fn write_usize(&mut self, n: usize) {
        self.word(n as u64);
    }

    fn write_isize(&mut self, n: isize) {
        self.word(n.cast_unsigned() as u64);
    }

    fn write_i64(&mut self, n: i64) {
        self.word(n.cast_unsigned());
    }

    fn write_i32(&mut self, n: i32) {
        self.word(n.cast_unsigned().into());
    }
}
