//! The automata of an image, state by state, as their bytes say.

use super::Budget;
use warmor_policy::image::{CLASS_SHIFT, KIND_SHIFT, SINK, STATE_MASK, state};

/// A state: of an image, and how far into its string. A class that nothing leaves is a state too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    transition: u32,
    matched: u32,
}

/// Where the bytes lead from a state.
pub(super) struct Edges {
    /// Bytes that lead elsewhere than the others, in ascending order.
    pub(super) told: Vec<(u8, Place)>,
    /// Where the others lead.
    pub(super) rest: Place,
}

/// An automaton of an image.
#[derive(Clone, Copy)]
pub(super) struct Automaton<'w> {
    /// The image.
    pub(super) words: &'w [u32],
    /// The transition to its start.
    pub(super) start: u32,
    /// Whether it reads from the last byte to the first.
    pub(super) reversed: bool,
}

impl Automaton<'_> {
    fn word(self, at: usize) -> u32 {
        self.words.get(at).copied().unwrap_or(0)
    }

    /// The state before the first byte.
    pub(super) fn first(self) -> Place {
        Place { transition: self.start, matched: 0 }
    }

    /// The class of a text that ends here.
    pub(super) fn class(self, place: Place) -> u32 {
        if place.transition & SINK != 0 {
            return place.transition & !SINK;
        }
        self.word((place.transition & STATE_MASK) as usize) >> CLASS_SHIFT
    }

    /// Where the bytes lead.
    pub(super) fn edges(self, place: Place) -> Edges {
        let to = |transition: u32| Place { transition, matched: 0 };
        if place.transition & SINK != 0 {
            return Edges { told: Vec::new(), rest: place };
        }
        let at = (place.transition & STATE_MASK) as usize;
        let default = to(self.word(at + state::DEFAULT));
        let told = match place.transition >> KIND_SHIFT & 3 {
            state::STRING => {
                let matched = place.matched as usize;
                let word = self.word(at + state::TEXT + matched / 4);
                let bytes = if self.reversed { word.to_be_bytes() } else { word.to_le_bytes() };
                let next = if matched + 1 < self.word(at + state::LENGTH) as usize {
                    Place { transition: place.transition, matched: place.matched + 1 }
                } else {
                    to(self.word(at + state::AFTER))
                };
                // Every other byte does what it does in the default, which is no string.
                let byte = bytes[matched % 4];
                let Edges { mut told, rest } = self.edges(default);
                match told.binary_search_by_key(&byte, |(b, _)| *b) {
                    Ok(at) => told[at].1 = next,
                    Err(at) => told.insert(at, (byte, next)),
                }
                return Edges { told, rest };
            }
            state::RANGE => {
                let span = self.word(at + state::SPAN);
                let (first, count) = (span & 0xff, span >> 8);
                (0..count)
                    .map(|i| ((first + i) as u8, to(self.word(at + state::BY_BYTE + i as usize))))
                    .collect()
            }
            _ => {
                let count = (self.word(at) >> 4 & 0xf) as usize;
                let byte = |i: usize| self.word(at + state::BYTES + i / 4).to_le_bytes()[i % 4];
                (0..count).map(|i| (byte(i), to(self.word(at + state::BY_KEY + i)))).collect()
            }
        };
        Edges { told, rest: default }
    }

    /// All classes of texts.
    pub(super) fn classes(self, budget: &mut Budget) -> Result<Vec<u32>, super::OverBudget> {
        let mut seen = rustc_hash::FxHashSet::default();
        let mut classes = Vec::new();
        let mut open = vec![self.first()];
        while let Some(place) = open.pop() {
            if !seen.insert(place) {
                continue;
            }
            budget.spend(1)?;
            classes.push(self.class(place));
            let edges = self.edges(place);
            open.push(edges.rest);
            open.extend(edges.told.into_iter().map(|(_, to)| to));
        }
        classes.sort_unstable();
        classes.dedup();
        Ok(classes)
    }
}
