//! Which clauses come near an outline, without looking at all of them.

use super::outline::{Outline, Prefixes};
use super::space::FormId;
use crate::model::ClauseRef;
use std::collections::BTreeMap;
use std::rc::Rc;

/// A clause with its form and outline.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) clause: ClauseRef,
    pub(super) form: FormId,
    pub(super) outline: Rc<Outline>,
}

/// Clauses, each filed under what tells it best: where its paths begin, else where its addresses lie, else where its executables
/// begin.
#[derive(Debug, Default)]
pub(super) struct Index {
    entries: Vec<Entry>,
    paths: Beginnings,
    addresses: Ranges,
    exes: Beginnings,
    rest: Vec<u32>,
}

impl Index {
    pub(super) fn new(entries: Vec<Entry>) -> Self {
        let mut index = Self::default();
        for (i, entry) in entries.iter().enumerate() {
            let (i, outline) = (i as u32, &entry.outline);
            if let Some(prefixes) = outline.path.as_ref().filter(|p| tells(p)) {
                index.paths.add(prefixes, i);
            } else if let Some((first, last)) = outline.address {
                index.addresses.add(first, last, i);
            } else if let Some(prefixes) = outline.exe.as_ref().filter(|p| tells(p)) {
                index.exes.add(prefixes, i);
            } else {
                index.rest.push(i);
            }
        }
        index.entries = entries;
        index
    }

    /// Those that may overlap, in the order in which they were given.
    pub(super) fn near(&self, outline: &Outline) -> impl Iterator<Item = &Entry> {
        let mut found = self.rest.clone();
        self.paths.near(outline.path.as_ref(), &mut found);
        self.addresses.near(outline.address, &mut found);
        self.exes.near(outline.exe.as_ref(), &mut found);
        found.sort_unstable();
        found.dedup();
        let entries = found.into_iter().map(|i| &self.entries[i as usize]);
        entries.filter(move |e| e.outline.overlaps(outline)).collect::<Vec<_>>().into_iter()
    }

    pub(super) fn all(&self) -> &[Entry] {
        &self.entries
    }
}

/// Whether prefixes leave something out.
fn tells(prefixes: &Prefixes) -> bool {
    prefixes.iter().all(|p| p.len() > 1)
}

/// By the beginnings of texts.
#[derive(Debug, Default)]
struct Beginnings(BTreeMap<Box<[u8]>, Vec<u32>>);

impl Beginnings {
    fn add(&mut self, prefixes: &Prefixes, entry: u32) {
        for prefix in prefixes.iter() {
            self.0.entry(prefix.clone()).or_default().push(entry);
        }
    }

    fn near(&self, prefixes: Option<&Prefixes>, found: &mut Vec<u32>) {
        let Some(prefixes) = prefixes else {
            found.extend(self.0.values().flatten());
            return;
        };
        for prefix in prefixes.iter() {
            let shorter = (0..prefix.len()).filter_map(|n| self.0.get(&prefix[..n]));
            let longer =
                self.0.range::<[u8], _>((std::ops::Bound::Included(&**prefix), std::ops::Bound::Unbounded));
            let longer = longer.take_while(|(p, _)| p.starts_with(prefix)).map(|(_, entries)| entries);
            found.extend(shorter.chain(longer).flatten());
        }
    }
}

/// By ranges of numbers, those of about one size together.
#[derive(Debug, Default)]
struct Ranges(BTreeMap<u32, BTreeMap<u128, Vec<u32>>>);

impl Ranges {
    fn add(&mut self, first: u128, last: u128, entry: u32) {
        let size = u128::BITS - (last.saturating_sub(first)).leading_zeros();
        self.0.entry(size).or_default().entry(first).or_default().push(entry);
    }

    fn near(&self, range: Option<(u128, u128)>, found: &mut Vec<u32>) {
        let Some((first, last)) = range else {
            found.extend(self.0.values().flat_map(BTreeMap::values).flatten());
            return;
        };
        for (size, starts) in &self.0 {
            let reach = 1u128.checked_shl(*size).map_or(u128::MAX, |n| n - 1);
            let from = first.saturating_sub(reach);
            if from <= last {
                found.extend(starts.range(from..=last).flat_map(|(_, entries)| entries));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RuleId;

    #[test]
    fn what_is_near_is_what_overlaps() {
        let text = |t: &str| -> Prefixes { Rc::new([t.as_bytes().into()]) };
        let path = |t: &str| Outline { path: Some(text(t)), ..Outline::default() };
        let range = |first, last| Outline { address: Some((first, last)), ..Outline::default() };
        let outlines = vec![
            path("/a/"),
            path("/a/b/"),
            path("/b"),
            path("/"),
            range(0, 10),
            range(11, 11),
            range(0, u128::MAX),
            Outline { exe: Some(text("/a")), ..Outline::default() },
            Outline::default(),
        ];
        let entries: Vec<Entry> = outlines
            .iter()
            .enumerate()
            .map(|(i, o)| Entry {
                clause: ClauseRef::Rule(RuleId(i as u32)),
                form: FormId::ALWAYS,
                outline: Rc::new(o.clone()),
            })
            .collect();
        let index = Index::new(entries);
        for (i, outline) in outlines.iter().enumerate() {
            let near: Vec<ClauseRef> = index.near(outline).map(|e| e.clause).collect();
            let overlapping = |o: &&Entry| o.outline.overlaps(outline);
            let all: Vec<ClauseRef> = index.all().iter().filter(overlapping).map(|e| e.clause).collect();
            assert_eq!(near, all, "{i}");
        }
    }
}
