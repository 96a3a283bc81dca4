//! Classes of numbers and addresses: the intervals between the bounds of all patterns.

use super::sets::{SetId, Sets};
use crate::model::Network;
use std::collections::{BTreeMap, BTreeSet};
use warmor_policy::event::Address;
use warmor_policy::image::bias;

/// A line cut at bounds: the class of a value is `classes[number of bounds not above it]`.
pub(super) struct Intervals<T> {
    /// Sorted bounds.
    pub(super) bounds: Vec<T>,
    /// For each interval the index of its label.
    pub(super) classes: Vec<u32>,
    /// The patterns that hold in a class, and those that a wildcard address overlaps without lying inside.
    pub(super) labels: Vec<(SetId, SetId)>,
    /// Sets of pattern numbers.
    pub(super) sets: Sets,
}

/// The classes that inclusive ranges of numbers make.
pub(super) fn numbers(ranges: &[(i64, i64)]) -> Intervals<i64> {
    let cuts = ranges.iter().enumerate().filter(|(_, (f, l))| f <= l);
    let spans: Vec<(u128, u128, u32)> =
        cuts.map(|(i, (f, l))| (bias(*f).into(), bias(*l).into(), i as u32)).collect();
    let swept = sweep(&spans, &BTreeSet::new(), u64::MAX.into(), ranges.len());
    Intervals {
        bounds: swept.bounds.iter().map(|b| (*b as u64 ^ 1 << 63).cast_signed()).collect(),
        classes: swept.classes,
        labels: swept.labels,
        sets: swept.sets,
    }
}

/// The classes that sets of networks make. With `wildcards`, the two wildcard addresses stand for all addresses that a
/// socket bound to them serves.
pub(super) fn addresses(patterns: &[Vec<Network>], wildcards: bool) -> Intervals<u128> {
    let all =
        patterns.iter().enumerate().flat_map(|(i, p)| p.iter().map(move |n| (n.first.0, n.last.0, i as u32)));
    let spans: Vec<(u128, u128, u32)> = all.filter(|(f, l, _)| f <= l).collect();
    let points = [Address::V4_FIRST, Address::V6_UNSPECIFIED];
    let cuts = if wildcards { points.iter().flat_map(|a| [a.0, a.0 + 1]).collect() } else { BTreeSet::new() };
    let mut swept = sweep(&spans, &cuts, u128::MAX, patterns.len());
    for point in points.into_iter().filter(|_| wildcards) {
        let (mut inside, mut overlap) = (Vec::new(), Vec::new());
        for (i, networks) in patterns.iter().enumerate() {
            match coverage(networks, point) {
                Coverage::Inside => inside.push(i as u32),
                Coverage::Overlap => overlap.push(i as u32),
                Coverage::Outside => {}
            }
        }
        let label = (swept.sets.collect(inside), swept.sets.collect(overlap));
        let at = swept.bounds.partition_point(|b| *b <= point.0);
        swept.classes[at] = swept.labels.len() as u32;
        swept.labels.push(label);
    }
    swept
}

/// Cuts the line at every end of a span and at `cuts`, and labels each piece with the spans that hold it.
fn sweep(spans: &[(u128, u128, u32)], cuts: &BTreeSet<u128>, max: u128, universe: usize) -> Intervals<u128> {
    // At each bound the spans that begin, and those that ended just before.
    let mut changes: BTreeMap<u128, (Vec<u32>, Vec<u32>)> =
        cuts.iter().map(|c| (*c, Default::default())).collect();
    for (first, last, pattern) in spans {
        changes.entry(*first).or_default().0.push(*pattern);
        if *last < max {
            changes.entry(*last + 1).or_default().1.push(*pattern);
        }
    }
    let mut sets = Sets::new(universe);
    let mut labels = Vec::new();
    let mut ids: BTreeMap<SetId, u32> = BTreeMap::new();
    // A pattern of several spans may be open more than once.
    let mut open: BTreeMap<u32, u32> = BTreeMap::new();
    let mut classes = Vec::new();
    let mut bounds = Vec::new();
    let at_zero = changes.remove(&0).unwrap_or_default();
    for (bound, (begun, ended)) in std::iter::once((0, at_zero)).chain(changes) {
        for pattern in begun {
            *open.entry(pattern).or_default() += 1;
        }
        for pattern in ended {
            if let Some(count) = open.get_mut(&pattern) {
                *count -= 1;
                if *count == 0 {
                    open.remove(&pattern);
                }
            }
        }
        let set = sets.collect(open.keys().copied());
        let next = labels.len() as u32;
        classes.push(*ids.entry(set).or_insert(next));
        if labels.len() < ids.len() {
            labels.push((set, SetId::EMPTY));
        }
        if bound > 0 {
            bounds.push(bound);
        }
    }
    Intervals { bounds, classes, labels, sets }
}

enum Coverage {
    Inside,
    Overlap,
    Outside,
}

/// What a pattern has of the addresses that a wildcard stands for.
fn coverage(networks: &[Network], address: Address) -> Coverage {
    let v4 = covered(networks, Network::V4);
    let all = if address.is_v4() {
        v4
    } else {
        v4 && covered(networks, Network::V6_LOW) && covered(networks, Network::V6_HIGH)
    };
    let touches =
        |n: &Network| !address.is_v4() || (n.first <= Network::V4.last && n.last >= Network::V4.first);
    if all {
        Coverage::Inside
    } else if networks.iter().any(touches) {
        Coverage::Overlap
    } else {
        Coverage::Outside
    }
}

/// Whether the union of the networks holds the whole range.
fn covered(networks: &[Network], range: Network) -> bool {
    let mut sorted: Vec<Network> = networks.to_vec();
    sorted.sort_unstable();
    let mut next = range.first.0;
    for n in sorted {
        if n.first.0 > next {
            break;
        }
        if n.last.0 >= range.last.0 {
            return true;
        }
        next = next.max(n.last.0.saturating_add(1));
    }
    false
}
