//! Checking the states of automata: they follow each other without gaps, and every transition leads to one.

use super::validate::Result;
use super::{ImageError, KIND_SHIFT, SINK, STATE_MASK, STATES_END, header, state};

/// Where the states begin.
pub(super) struct States {
    first: usize,
    /// For each word of them, 0 or the kind of the state that begins there, plus one.
    kinds: Vec<u8>,
}

impl States {
    /// Reads the states one after the other, then checks where they lead. Classes are not checked against the tests that use
    /// them: a class without a child takes the last child.
    pub(super) fn check(words: &[u32]) -> Result<Self> {
        let first = words[header::STATES] as usize;
        let bad = |at: usize| ImageError::Malformed("state", at);
        let all = words.get(first..).and_then(|w| w.split_last_chunk::<STATES_END>());
        let (all, end) = all.ok_or(bad(first))?;
        if *end != [0; STATES_END] {
            return Err(bad(words.len() - STATES_END));
        }
        let mut states = Self { first, kinds: vec![0; all.len()] };
        let mut at = 0;
        while at < all.len() {
            let len = length(&all[at..]).ok_or(bad(first + at))?;
            states.kinds[at] = (all[at] & 0xf) as u8 + 1;
            at += len;
        }
        let mut at = 0;
        while let Some(len) = all.get(at..).and_then(length) {
            if !states.sound(&all[at..at + len], first + at) {
                return Err(bad(first + at));
            }
            at += len;
        }
        Ok(states)
    }

    /// Whether a transition leads to a state, or ends the run.
    pub(super) fn lead_to(&self, next: u32) -> bool {
        let state = ((next & STATE_MASK) as usize).checked_sub(self.first);
        let kind = state.and_then(|s| self.kinds.get(s)).copied().unwrap_or(0);
        next & SINK != 0 || (kind != 0 && next & !STATE_MASK == u32::from(kind - 1) << KIND_SHIFT)
    }

    fn sound(&self, words: &[u32], at: usize) -> bool {
        let lead = |targets: &[u32]| targets.iter().all(|t| self.lead_to(*t));
        let kind = words[0] & 0xf;
        lead(&words[state::DEFAULT..=state::DEFAULT])
            && match kind {
                state::STRING => {
                    let fallback = words[state::DEFAULT];
                    lead(&words[state::AFTER..=state::AFTER])
                        && (fallback & SINK != 0 || fallback >> KIND_SHIFT != state::STRING)
                }
                state::RANGE => lead(&words[state::BY_BYTE..]),
                _ => {
                    let back = kind << KIND_SHIFT | at as u32;
                    let bytes: Vec<u8> =
                        words[state::BYTES..state::BY_KEY].iter().flat_map(|w| w.to_le_bytes()).collect();
                    let count = words.len() - state::BY_KEY;
                    let (keys, rest) = bytes.split_at(count);
                    lead(&words[state::BY_KEY..])
                        && keys.is_sorted_by(|a, b| a < b)
                        && rest.iter().all(|b| Some(b) == keys.last())
                        && (kind == state::KEYS || words[state::DEFAULT] == back)
                }
            }
    }
}

/// The number of words of the state that begins here; `None` if it is none, or does not end in time.
fn length(words: &[u32]) -> Option<usize> {
    let first = *words.first()?;
    let (kind, count) = (first & 0xf, (first >> 4 & 0xf) as usize);
    let len = match kind {
        state::KEYS if (1..=state::MAX_KEYS).contains(&count) => state::BY_KEY + count,
        state::SEEK if (1..=state::MAX_SEEK).contains(&count) => state::BY_KEY + count,
        state::RANGE if count == 0 => {
            let span = *words.get(state::SPAN)?;
            let bytes = (span >> 8) as usize;
            if (span & 0xff) as usize + bytes > 256 {
                return None;
            }
            state::BY_BYTE + bytes
        }
        state::STRING if count == 0 => {
            let bytes = *words.get(state::LENGTH)? as usize;
            if bytes == 0 {
                return None;
            }
            state::TEXT + bytes.div_ceil(4)
        }
        _ => return None,
    };
    (len <= words.len()).then_some(len)
}
