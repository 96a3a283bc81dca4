//! The diagrams of a table image as data, for who draws them.

use super::{Reader, class_name, fact};
use std::collections::{BTreeMap, BTreeSet};
use warmor_policy::image::{Image, classifier, leaf, node, place};

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// The clauses that apply.
    Leaf,
    /// The end of a selector: the diagrams of each action.
    Scopes,
    /// The end of a predicate.
    Truth,
    /// A test of a fact.
    Test,
    /// What is met in a text.
    Hits,
}

/// A node of a diagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its offset in words.
    pub at: usize,
    /// What it is.
    pub kind: NodeKind,
    /// The fact that it looks at.
    pub fact: Option<String>,
    /// What it looks at it with, and where that is.
    pub classifier: Option<(&'static str, usize)>,
    /// The automaton that it runs, by the offset of its classifier.
    pub automaton: Option<usize>,
    /// Where it leads, with a word on when.
    pub children: Vec<(String, usize)>,
    /// The ranks of the clauses of a leaf; of other nodes those of all leaves below.
    pub clauses: Vec<u32>,
}

/// The nodes that a walk can reach, roots last.
pub fn nodes(image: &Image) -> Vec<Node> {
    let reader = Reader { words: image.words(), manifest: None };
    let mut below: BTreeMap<usize, BTreeSet<u32>> = BTreeMap::new();
    let mut out = Vec::new();
    // Children lie before their parents.
    for at in reader.reachable() {
        let mut found = reader.as_data(at);
        let mut ranks: BTreeSet<u32> = found.clauses.iter().copied().collect();
        for (_, child) in &found.children {
            ranks.extend(below.get(child).into_iter().flatten());
        }
        found.clauses = ranks.iter().copied().collect();
        below.insert(at, ranks);
        out.push(found);
    }
    out
}

impl Reader<'_> {
    fn as_data(&self, at: usize) -> Node {
        let first = self.words.get(at).copied().unwrap_or(0);
        let mut out = Node {
            at,
            kind: NodeKind::Truth,
            fact: None,
            classifier: None,
            automaton: None,
            children: Vec::new(),
            clauses: Vec::new(),
        };
        match first & 0xff {
            node::LEAF => {
                out.kind = NodeKind::Leaf;
                out.clauses = self.ranks(self.word(at + leaf::RANKS));
            }
            node::SCOPES => {
                out.kind = NodeKind::Scopes;
                for (action, roots) in self.roots(at) {
                    out.children.extend(roots.into_iter().map(|root| (action.name().to_owned(), root)));
                }
            }
            node::TEST | node::HITS => {
                let classifier = self.word(at + 1);
                out.fact = Some(fact(first >> 8 & 0xff, (first >> 16) as usize));
                out.classifier = Some((self.classifier_name(classifier), classifier));
                out.automaton = self.automaton_of(classifier);
                let children = self.children(at);
                if first & 0xff == node::HITS {
                    out.kind = NodeKind::Hits;
                    let word = |i: usize| {
                        format!("{}{}", class_name(i / 2), if i.is_multiple_of(2) { " and on" } else { "" })
                    };
                    out.children = children.into_iter().enumerate().map(|(i, c)| (word(i), c)).collect();
                } else {
                    out.kind = NodeKind::Test;
                    out.children =
                        children.into_iter().enumerate().map(|(i, c)| (class_name(i), c)).collect();
                }
            }
            _ => out.clauses.clear(),
        }
        out
    }

    /// The classifier with the automaton that a classifier runs: itself, or that of its entries.
    fn automaton_of(&self, at: usize) -> Option<usize> {
        match self.words.get(at).copied()? {
            classifier::TEXT | classifier::TEXT_REVERSED => Some(at),
            classifier::KEY => Some(self.word(at + 3)),
            classifier::ANY | classifier::ALL => Some(self.word(at + 1)),
            _ => None,
        }
    }

    /// The ranks of a set.
    fn ranks(&self, set: usize) -> Vec<u32> {
        let mut ranks = Vec::new();
        if set != 0 {
            let (level, base) = place(self.words.get(set).copied().unwrap_or(0));
            self.trie(self.word(set + 1), level, base, &mut ranks);
        }
        ranks
    }

    fn trie(&self, at: usize, level: u32, base: u32, ranks: &mut Vec<u32>) {
        if at == 0 {
            return;
        }
        if level == 0 {
            let bits = self.words.get(at).copied().unwrap_or(0);
            ranks.extend((0..32).filter(|bit| bits >> bit & 1 == 1).map(|bit| base + bit));
            return;
        }
        let half = 32 << (level - 1);
        self.trie(self.word(at), level - 1, base, ranks);
        self.trie(self.word(at + 1), level - 1, base + half, ranks);
    }
}
