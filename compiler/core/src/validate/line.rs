//! What the classes of numbers and of addresses say: a line in pieces, each with a class, beside the ranges of the source.

use super::formula::AtomId;
use super::hosting::Hosting;
use super::{Budget, OverBudget};
use crate::model::Network;
use rustc_hash::{FxHashMap, FxHashSet};
use warmor_policy::event::Address;

/// How much of what a wildcard address stands for lies in networks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Covered {
    Nothing,
    Part,
    All,
}

/// `0.0.0.0` stands for all of IPv4; `::` for everything.
pub(super) fn coverage(networks: &[Network], wildcard: Address) -> Covered {
    let family: &[Network] =
        if wildcard.is_v4() { &[Network::V4] } else { &[Network::V6_LOW, Network::V4, Network::V6_HIGH] };
    let mut sorted = networks.to_vec();
    sorted.sort_unstable();
    let whole = |range: &Network| {
        let mut next = Some(range.first.0);
        for n in &sorted {
            match next {
                Some(at) if n.first.0 <= at && n.last.0 >= at => next = n.last.0.checked_add(1),
                _ => {}
            }
        }
        next.is_none_or(|at| at > range.last.0)
    };
    let touched = |range: &Network| networks.iter().any(|n| n.first <= range.last && range.first <= n.last);
    if family.iter().all(whole) {
        Covered::All
    } else if family.iter().any(touched) {
        Covered::Part
    } else {
        Covered::Nothing
    }
}

/// A line of numbers in pieces, each with a class.
pub(super) struct Line {
    /// The first number of each piece.
    pub(super) first: Vec<u128>,
    pub(super) class: Vec<u32>,
    pub(super) last: u128,
}

impl Line {
    fn end(&self, piece: usize) -> u128 {
        self.first.get(piece + 1).map_or(self.last, |next| next - 1)
    }

    /// Hosts the atoms whose ranges no class cuts. `points` are numbers of which something else is true than of the ranges that
    /// they lie in.
    pub(super) fn host(
        &self,
        atoms: &[(AtomId, Vec<(u128, u128)>)],
        points: &[(u128, Vec<(AtomId, Covered)>)],
        partial: bool,
        out: &mut Hosting,
        budget: &mut Budget,
    ) -> Result<(), OverBudget> {
        out.classes.clone_from(&self.class);
        out.classes.sort_unstable();
        out.classes.dedup();
        let piece_of = |number: u128| self.first.partition_point(|f| *f <= number) - 1;
        let mut pieces_of: FxHashMap<u32, usize> = FxHashMap::default();
        for class in &self.class {
            *pieces_of.entry(*class).or_default() += 1;
        }
        for (at, (atom, ranges)) in atoms.iter().enumerate() {
            let mut merged = ranges.clone();
            merged.sort_unstable();
            let mut spans: Vec<(u128, u128)> = Vec::new();
            for (first, last) in merged {
                match spans.last_mut() {
                    Some((_, end)) if end.checked_add(1).is_none_or(|next| first <= next) => {
                        *end = last.max(*end);
                    }
                    _ => spans.push((first, last)),
                }
            }
            // The pieces that lie inside, and those of which a part does.
            let mut inside: FxHashSet<usize> = FxHashSet::default();
            let mut cut: FxHashSet<usize> = FxHashSet::default();
            for (first, last) in spans {
                let (from, to) = (piece_of(first), piece_of(last));
                budget.spend(to - from + 1)?;
                for piece in from..=to {
                    let whole = self.first[piece] >= first && self.end(piece) <= last;
                    if whole { &mut inside } else { &mut cut }.insert(piece);
                }
            }
            let mut partly: FxHashSet<usize> = FxHashSet::default();
            for (number, says) in points {
                let piece = piece_of(*number);
                let alone = self.first[piece] == *number && self.end(piece) == *number;
                let agrees = match says[at].1 {
                    Covered::All => inside.contains(&piece),
                    Covered::Nothing => !inside.contains(&piece) && !cut.contains(&piece),
                    Covered::Part => false,
                };
                if agrees {
                    continue;
                }
                inside.remove(&piece);
                cut.remove(&piece);
                match says[at].1 {
                    _ if !alone => cut.insert(piece),
                    Covered::All => inside.insert(piece),
                    Covered::Part => partly.insert(piece),
                    Covered::Nothing => false,
                };
            }
            // A class of several pieces must be all of one kind.
            let count = |pieces: &FxHashSet<usize>| {
                let mut counts: FxHashMap<u32, usize> = FxHashMap::default();
                for piece in pieces {
                    *counts.entry(self.class[*piece]).or_default() += 1;
                }
                counts
            };
            let (inside, partly, cut) = (count(&inside), count(&partly), count(&cut));
            let whole = |(class, count): (&u32, &usize)| (pieces_of[class] == *count).then_some(*class);
            let holds: Vec<u32> = inside.iter().filter_map(whole).collect();
            let part: Vec<u32> = partly.iter().filter_map(whole).collect();
            let touched = inside.keys().chain(partly.keys()).chain(cut.keys());
            let mut cut: Vec<u32> =
                touched.copied().filter(|c| !holds.contains(c) && !part.contains(c)).collect();
            cut.sort_unstable();
            cut.dedup();
            if out.host(*atom, partial, &holds, &cut) {
                for class in part {
                    out.says.entry(class).or_default().partly.push(*atom);
                }
            }
        }
        Ok(())
    }
}
