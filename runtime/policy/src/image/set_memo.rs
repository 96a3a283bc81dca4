//! What has been computed of the nodes of sets of ranks.

use std::collections::BTreeMap;

/// A value for each node of a set at a level, for ranks from a base on. Most nodes stand for one place only: their values are
/// found by offset, the others' in a map.
pub(super) struct SetMemo<V> {
    /// For each word of the image, 0 or the index of its first value, plus one.
    first: Vec<u32>,
    values: Vec<(u32, V)>,
    more: BTreeMap<(u32, u32), V>,
}

impl<V> SetMemo<V> {
    /// For an image of so many words.
    pub(super) fn new(words: usize) -> Self {
        Self { first: vec![0; words], values: Vec::new(), more: BTreeMap::new() }
    }

    /// Bases are multiples of 32 and levels are fewer.
    fn place(level: u32, base: u32) -> u32 {
        base | level
    }

    /// The value of the node at `at`.
    pub(super) fn get(&self, at: u32, level: u32, base: u32) -> Option<&V> {
        let index = self.first.get(at as usize).copied().unwrap_or(0).checked_sub(1)?;
        match self.values.get(index as usize) {
            Some((place, value)) if *place == Self::place(level, base) => Some(value),
            _ => self.more.get(&(at, Self::place(level, base))),
        }
    }

    /// Remembers a value.
    pub(super) fn insert(&mut self, at: u32, level: u32, base: u32, value: V) {
        match self.first.get_mut(at as usize) {
            Some(first) if *first == 0 => {
                self.values.push((Self::place(level, base), value));
                *first = self.values.len() as u32;
            }
            _ => {
                self.more.insert((at, Self::place(level, base)), value);
            }
        }
    }
}
