//! Running an automaton over a text, several bytes at a time where its states allow it.

use super::{CLASS_SHIFT, KIND_SHIFT, SINK, STATE_MASK, state};

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// What is left of a text, in reading order.
pub(super) trait Text: Copy {
    /// Bytes left.
    fn len(self) -> usize;
    /// Without its first bytes, of which there are as many.
    fn skip(self, count: usize) -> Self;
    /// The first byte.
    fn first(self) -> Option<u8>;
    /// The first eight bytes, as words of an image hold a string; zeros behind the last.
    fn load(self) -> u64;
    /// Two words of a string, as `load` gives them.
    fn pair(first: u32, second: u32) -> u64;
    /// How many bytes stand before the first that is not 0.
    fn zeros(bytes: u64) -> usize;
}

/// A text that is read from first to last.
#[derive(Clone, Copy)]
pub(super) struct Forward<'t>(pub(super) &'t [u8]);

/// A text that is read from last to first.
#[derive(Clone, Copy)]
pub(super) struct Backward<'t>(pub(super) &'t [u8]);

impl Text for Forward<'_> {
    fn len(self) -> usize {
        self.0.len()
    }

    fn skip(self, count: usize) -> Self {
        Self(self.0.get(count..).unwrap_or_default())
    }

    fn first(self) -> Option<u8> {
        self.0.first().copied()
    }

    fn load(self) -> u64 {
        self.0.first_chunk().map_or_else(|| few(self.0), |c| u64::from_le_bytes(*c))
    }

    fn pair(first: u32, second: u32) -> u64 {
        u64::from(first) | u64::from(second) << 32
    }

    fn zeros(bytes: u64) -> usize {
        bytes.trailing_zeros() as usize / 8
    }
}

impl Text for Backward<'_> {
    fn len(self) -> usize {
        self.0.len()
    }

    fn skip(self, count: usize) -> Self {
        Self(self.0.get(..self.0.len().saturating_sub(count)).unwrap_or_default())
    }

    fn first(self) -> Option<u8> {
        self.0.last().copied()
    }

    fn load(self) -> u64 {
        let few = || few(self.0).checked_shl(64 - 8 * self.0.len() as u32).unwrap_or(0);
        self.0.last_chunk().map_or_else(few, |c| u64::from_le_bytes(*c))
    }

    fn pair(first: u32, second: u32) -> u64 {
        u64::from(first) << 32 | u64::from(second)
    }

    fn zeros(bytes: u64) -> usize {
        bytes.leading_zeros() as usize / 8
    }
}

/// Fewer than eight bytes as a number, the first one lowest: by loads that overlap.
fn few(bytes: &[u8]) -> u64 {
    match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>(), bytes) {
        (Some(low), Some(high), _) => {
            u64::from(u32::from_le_bytes(*low))
                | u64::from(u32::from_le_bytes(*high)) << (8 * (bytes.len() - 4))
        }
        (_, _, [first, .., last]) => {
            let middle = bytes.len() / 2;
            u64::from(*first)
                | u64::from(bytes[middle]) << (8 * middle)
                | u64::from(*last) << (8 * (bytes.len() - 1))
        }
        (_, _, [one]) => u64::from(*one),
        _ => 0,
    }
}

/// The high bit of each byte that is 0, and no other bit.
fn zero_bytes(bytes: u64) -> u64 {
    !(((bytes & !HIGH) + !HIGH) | bytes | !HIGH)
}

/// The transition of a state of keys on a byte.
fn by_key(words: &[u32], at: usize, keys: u64, byte: u8, default: u32) -> u32 {
    let found = zero_bytes(keys ^ (u64::from(byte) * ONES));
    if found == 0 { default } else { word(words, at + state::BY_KEY + Forward::zeros(found)) }
}

/// The transition of a state of a range on a byte.
fn by_range(words: &[u32], at: usize, span: u32, byte: u8, default: u32) -> u32 {
    let index = u32::from(byte).wrapping_sub(span & 0xff);
    if index < span >> 8 { word(words, at + state::BY_BYTE + index as usize) } else { default }
}

/// The transition on a byte of a state that is no string, or that ends the run.
fn transition(words: &[u32], from: u32, byte: u8) -> u32 {
    if from & SINK != 0 {
        return from;
    }
    let at = (from & STATE_MASK) as usize;
    match words.get(at..).and_then(|w| w.first_chunk::<4>()) {
        Some([_, default, a, _]) if from >> KIND_SHIFT & 3 == state::RANGE => {
            by_range(words, at, *a, byte, *default)
        }
        Some([_, default, a, b]) => by_key(words, at, Forward::pair(*a, *b), byte, *default),
        None => from | SINK,
    }
}

fn word(words: &[u32], at: usize) -> u32 {
    words.get(at).copied().unwrap_or(0)
}

/// The class of a text. Calls `passed` with the class of each state that the run leaves by a byte.
pub(super) fn run<T: Text>(words: &[u32], start: u32, mut text: T, mut passed: impl FnMut(u32)) -> u32 {
    let mut next = start;
    loop {
        if next & SINK != 0 {
            let class = next & !SINK;
            if text.len() > 0 {
                passed(class);
            }
            return class;
        }
        let at = (next & STATE_MASK) as usize;
        let Some([first, default, a, b]) = words.get(at..).and_then(|w| w.first_chunk::<4>()) else {
            return 0;
        };
        let class = first >> CLASS_SHIFT;
        let Some(byte) = text.first() else {
            return class;
        };
        passed(class);
        match next >> KIND_SHIFT & 3 {
            state::KEYS => {
                next = by_key(words, at, Forward::pair(*a, *b), byte, *default);
                text = text.skip(1);
            }
            state::RANGE => {
                next = by_range(words, at, *a, byte, *default);
                text = text.skip(1);
            }
            state::STRING => {
                let (mut string, mut left) = (at + state::TEXT, *b as usize);
                loop {
                    let enough = text.len().min(left);
                    let pair = T::pair(word(words, string), word(words, string + 1));
                    let same = T::zeros(text.load() ^ pair);
                    if same >= enough {
                        // As far as there is a text and a string, they agree.
                        if enough < left {
                            return class;
                        }
                        text = text.skip(enough);
                        next = *a;
                        break;
                    }
                    text = text.skip(same);
                    if same < 8 {
                        next = transition(words, *default, text.first().unwrap_or(0));
                        text = text.skip(1);
                        break;
                    }
                    string += 2;
                    left -= 8;
                }
            }
            _ => {
                let keys = Forward::pair(*a, *b);
                let key = |i: u64| (keys >> (8 * i) & 0xff) * ONES;
                let (k0, k1, k2) = (key(0), key(1), key(2));
                loop {
                    let bytes = text.load();
                    let found = zero_bytes(bytes ^ k0) | zero_bytes(bytes ^ k1) | zero_bytes(bytes ^ k2);
                    let before = T::zeros(found);
                    if before >= text.len() {
                        return class;
                    }
                    text = text.skip(before);
                    if before < 8 {
                        break;
                    }
                }
                next = by_key(words, at, keys, text.first().unwrap_or(0), *default);
                text = text.skip(1);
            }
        }
    }
}
