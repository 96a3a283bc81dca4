//! Sets of small numbers, hash-consed: equal sets have equal ids, and sets that differ in few members share the rest.
//!
//! Thousands of rules can cover one path, and thousands of paths be told apart; as plain lists their sets would be the
//! product. A set is a binary trie over 32-bit leaves, so a set that differs from another in one member adds one path of nodes, and
//! whatever is computed node by node is computed once for what is shared.

use rustc_hash::FxHashMap;

/// A set of a [`Sets`]; 0 is the empty one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SetId(pub(crate) u32);

impl SetId {
    /// The set without members.
    pub(crate) const EMPTY: Self = Self(0);
}

/// Sets over `0..universe`.
pub(crate) struct Sets {
    levels: u32,
    /// Children of a node; a node of level 0 has its members as bits in the first word.
    nodes: Vec<[u32; 2]>,
    interned: FxHashMap<[u32; 3], u32>,
    unions: FxHashMap<[u32; 2], u32>,
}

impl Sets {
    /// For members below `universe`.
    pub(crate) fn new(universe: usize) -> Self {
        let words = universe.div_ceil(32).max(1);
        let levels = words.next_power_of_two().trailing_zeros();
        Self { levels, nodes: vec![[0; 2]], interned: FxHashMap::default(), unions: FxHashMap::default() }
    }

    /// Levels above the leaves.
    pub(crate) fn levels(&self) -> u32 {
        self.levels
    }

    /// A node's words: its children, or at level 0 its members.
    pub(crate) fn node(&self, node: u32) -> [u32; 2] {
        self.nodes[node as usize]
    }

    fn intern(&mut self, level: u32, a: u32, b: u32) -> u32 {
        if a == 0 && b == 0 {
            return 0;
        }
        *self.interned.entry([level, a, b]).or_insert_with(|| {
            self.nodes.push([a, b]);
            self.nodes.len() as u32 - 1
        })
    }

    /// The set of one member.
    pub(crate) fn singleton(&mut self, member: u32) -> SetId {
        let mut node = self.intern(0, 1 << (member % 32), 0);
        let mut path = member / 32;
        for level in 1..=self.levels {
            node = if path & 1 == 0 { self.intern(level, node, 0) } else { self.intern(level, 0, node) };
            path >>= 1;
        }
        SetId(node)
    }

    /// The set of these members.
    pub(crate) fn collect(&mut self, members: impl IntoIterator<Item = u32>) -> SetId {
        members.into_iter().fold(SetId::EMPTY, |set, m| {
            let one = self.singleton(m);
            self.union(set, one)
        })
    }

    /// Members of either.
    pub(crate) fn union(&mut self, a: SetId, b: SetId) -> SetId {
        SetId(self.union_at(self.levels, a.0, b.0))
    }

    fn union_at(&mut self, level: u32, a: u32, b: u32) -> u32 {
        if a == b || b == 0 {
            return a;
        }
        if a == 0 {
            return b;
        }
        let key = [a.min(b), a.max(b)];
        if let Some(known) = self.unions.get(&key) {
            return *known;
        }
        let ([a0, a1], [b0, b1]) = (self.nodes[a as usize], self.nodes[b as usize]);
        let union = if level == 0 {
            self.intern(0, a0 | b0, 0)
        } else {
            let low = self.union_at(level - 1, a0, b0);
            let high = self.union_at(level - 1, a1, b1);
            self.intern(level, low, high)
        };
        self.unions.insert(key, union);
        union
    }

    /// Calls with each member, in ascending order.
    pub(crate) fn each(&self, set: SetId, mut found: impl FnMut(u32)) {
        self.each_at(self.levels, set.0, 0, &mut found);
    }

    fn each_at(&self, level: u32, node: u32, base: u32, found: &mut impl FnMut(u32)) {
        if node == 0 {
            return;
        }
        let [low, high] = self.nodes[node as usize];
        if level == 0 {
            let mut bits = low;
            while bits != 0 {
                found(base + bits.trailing_zeros());
                bits &= bits - 1;
            }
        } else {
            self.each_at(level - 1, low, base, found);
            self.each_at(level - 1, high, base + (32 << (level - 1)), found);
        }
    }

    /// The members, in ascending order.
    pub(crate) fn members(&self, set: SetId) -> Vec<u32> {
        let mut out = Vec::new();
        self.each(set, |m| out.push(m));
        out
    }

    /// The union, in `target`, of what each member stands for. `memo` belongs to one `image` function and one target.
    pub(crate) fn map_union(
        &self,
        set: SetId,
        target: &mut Self,
        memo: &mut FxHashMap<(u32, u32), SetId>,
        image: &impl Fn(u32) -> SetId,
    ) -> SetId {
        self.map_at(self.levels, set.0, 0, target, memo, image)
    }

    fn map_at(
        &self,
        level: u32,
        node: u32,
        base: u32,
        target: &mut Self,
        memo: &mut FxHashMap<(u32, u32), SetId>,
        image: &impl Fn(u32) -> SetId,
    ) -> SetId {
        if node == 0 {
            return SetId::EMPTY;
        }
        if let Some(known) = memo.get(&(node, base)) {
            return *known;
        }
        let [low, high] = self.nodes[node as usize];
        let mut union = SetId::EMPTY;
        if level == 0 {
            let mut bits = low;
            while bits != 0 {
                union = target.union(union, image(base + bits.trailing_zeros()));
                bits &= bits - 1;
            }
        } else {
            let a = self.map_at(level - 1, low, base, target, memo, image);
            let b = self.map_at(level - 1, high, base + (32 << (level - 1)), target, memo, image);
            union = target.union(a, b);
        }
        memo.insert((node, base), union);
        union
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn sets_behave_as_sets() {
        let mut sets = Sets::new(1000);
        let mut seed = 7u64;
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as u32
        };
        for _ in 0..200 {
            let a: BTreeSet<u32> = (0..next() % 40).map(|_| next() % 1000).collect();
            let b: BTreeSet<u32> = (0..next() % 40).map(|_| next() % 1000).collect();
            let (x, y) = (sets.collect(a.iter().copied()), sets.collect(b.iter().copied().rev()));
            let union = sets.union(x, y);
            assert_eq!(sets.members(union), a.union(&b).copied().collect::<Vec<_>>());
            assert_eq!(x == y, a == b, "equal sets have equal ids");
        }
    }
}
