//! What an image demands of a kernel: which actions it can deny, and whether it fits.

use std::collections::{BTreeMap, BTreeSet};
use warmor_bpf::limits;
use warmor_policy::event::{Event, Fact, encode};
use warmor_policy::image::{Image, NONE, Unread, header, leaf, node};
use warmor_policy::schema::{ACTION_COUNT, Action};
use warmor_policy::verdict::Effect;

/// What an image demands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// Actions of which some event is denied by a prevent policy.
    pub enforced: BTreeSet<Action>,
    /// Actions on which some clause speaks, of whatever mode.
    pub mentioned: BTreeSet<Action>,
    /// Actions, one bit each, that are denied when nothing is known of the event.
    pub blind: u32,
    /// Whether a process's ancestors are tested.
    pub ancestors: bool,
    /// What is denied only because a fact is not read.
    pub unread: Unread,
}

/// Why an image does not fit into the kernel.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooLarge {
    /// More words than a bank has.
    #[error("the tables have {0} words, and the kernel's have room for {max}; split the policy or use fewer floating patterns (`**` in the middle)", max = limits::IMAGE_WORDS)]
    Words(usize),
    /// More selectors than the kernel looks at.
    #[error("the policies have {0} kinds of subjects, and the kernel looks at {max}", max = limits::SELECTORS)]
    Selectors(usize),
    /// A list of diagrams longer than the kernel walks.
    #[error("{0} groups of rules apply to one action, and the kernel looks at {max}", max = limits::ROOTS)]
    Roots(usize),
    /// A diagram deeper than the kernel walks.
    #[error("a rule needs {0} tests one after the other, and the kernel makes {max}", max = limits::TESTS)]
    Tests(usize),
    /// More tests of ancestors than the kernel has bits for.
    #[error("the policies test ancestors in {0} ways, and the kernel keeps {max}", max = limits::PREDICATES)]
    Predicates(usize),
}

/// Works out what an image demands.
///
/// # Errors
/// When the kernel programs have a limit that the image is over.
pub fn demand(image: &Image) -> Result<Demand, TooLarge> {
    let mut walk = Walk { words: image.words(), depths: BTreeMap::new() };
    let words = image.words();
    if words.len() > limits::IMAGE_WORDS {
        return Err(TooLarge::Words(words.len()));
    }
    let (selectors, predicates) = (walk.list(header::SELECTORS), walk.list(header::PREDICATES));
    if selectors.len() > limits::SELECTORS {
        return Err(TooLarge::Selectors(selectors.len()));
    }
    if predicates.len() > limits::PREDICATES {
        return Err(TooLarge::Predicates(predicates.len()));
    }
    let mut found = Demand {
        enforced: BTreeSet::new(),
        mentioned: BTreeSet::new(),
        blind: blind(image),
        ancestors: !predicates.is_empty(),
        unread: image.unread(),
    };
    let mut deepest = predicates.iter().map(|p| walk.depth(*p)).max().unwrap_or(0);
    let mut leaves: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for selector in selectors {
        deepest = deepest.max(walk.depth(selector));
        for scopes in walk.ends(selector) {
            for action in Action::all() {
                let list = walk.word(scopes + 1 + action as usize) as usize;
                if list == 0 {
                    continue;
                }
                let count = walk.word(list) as usize;
                if count > limits::ROOTS {
                    return Err(TooLarge::Roots(count));
                }
                for at in list + 1..=list + count {
                    let root = walk.word(at) as usize;
                    deepest = deepest.max(walk.depth(root));
                    let ends = leaves.entry(root).or_insert_with(|| walk.ends(root)).clone();
                    for end in ends {
                        if walk.word(end + leaf::ENFORCED_DENY) != NONE
                            || walk.word(end + leaf::ENFORCED_DEFAULT) != NONE
                        {
                            found.enforced.insert(action);
                        }
                        if walk.word(end + leaf::RANKS) != 0 {
                            found.mentioned.insert(action);
                        }
                    }
                }
            }
        }
    }
    if deepest > limits::TESTS {
        return Err(TooLarge::Tests(deepest));
    }
    Ok(found)
}

/// The verdict of every action on an event of which nothing is known, as bits.
fn blind(image: &Image) -> u32 {
    const _: () = assert!(ACTION_COUNT <= 32);
    let mut bits = 0;
    for action in Action::all() {
        let mut event = Event::new(action);
        event.facts.fill(Fact::Unknown);
        for record in [&mut event.process, &mut event.parent, &mut event.target] {
            record.0.fill(Fact::Unknown);
        }
        event.ancestors_incomplete = true;
        let denied = match encode(&event).map(|bytes| image.decide(&bytes)) {
            Ok(Ok(decision)) => decision.enforced == Effect::Deny,
            // Cannot happen for an event made here; if it does, what cannot be decided is denied.
            _ => true,
        };
        bits |= u32::from(denied) << action as u32;
    }
    bits
}

struct Walk<'w> {
    words: &'w [u32],
    depths: BTreeMap<usize, usize>,
}

impl Walk<'_> {
    fn word(&self, at: usize) -> u32 {
        self.words.get(at).copied().unwrap_or(0)
    }

    /// The roots that a pair of header words names.
    fn list(&self, at: usize) -> Vec<usize> {
        let (from, count) = (self.word(at) as usize, self.word(at + 1) as usize);
        (from..from + count).map(|i| self.word(i) as usize).collect()
    }

    fn children(&self, at: usize) -> &[u32] {
        match self.word(at) & 0xff {
            node::TEST | node::HITS => {
                self.words.get(at + 3..at + 3 + self.word(at + 2) as usize).unwrap_or_default()
            }
            _ => &[],
        }
    }

    /// All nodes of a diagram.
    fn nodes(&self, root: usize) -> BTreeSet<usize> {
        let (mut seen, mut open) = (BTreeSet::new(), vec![root]);
        while let Some(at) = open.pop() {
            if seen.insert(at) {
                open.extend(self.children(at).iter().map(|c| *c as usize));
            }
        }
        seen
    }

    fn ends(&self, root: usize) -> BTreeSet<usize> {
        self.nodes(root).into_iter().filter(|at| self.children(*at).is_empty()).collect()
    }

    /// The most tests on a path. Children lie before their parents, so ascending order is bottom-up.
    fn depth(&mut self, root: usize) -> usize {
        for at in self.nodes(root) {
            if self.depths.contains_key(&at) {
                continue;
            }
            let below =
                self.children(at).iter().map(|c| self.depths.get(&(*c as usize)).map_or(0, |d| d + 1)).max();
            self.depths.insert(at, below.unwrap_or(0));
        }
        self.depths.get(&root).copied().unwrap_or(0)
    }
}
