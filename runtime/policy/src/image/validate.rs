//! Checking an image before it is used: every offset in bounds, every child before its parent, every class with a child.

use super::set_memo::SetMemo;
use super::states::States;
use super::{
    CLASS_KNOWN, CLASS_YES, CLAUSE_WORDS, MAGIC, MAX_WORDS, NONE, POLICY_WORDS, VERSION, classifier, header,
    leaf, node, place, set_columns,
};
use crate::schema::{
    ACTION_COUNT, EVENT_FIELD_COUNT, FieldType, PROCESS_FIELD_COUNT, SCHEMA_VERSION, event_fields,
    process_fields,
};
use crate::verdict::ClauseKind;
use std::collections::BTreeMap;

/// Why words are no image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageError {
    /// They do not begin as an image does.
    NotAnImage,
    /// The format's version is not ours.
    Version(u32),
    /// The schema's version is not ours.
    Schema(u32),
    /// The length in the header is not the number of words, or is over the limit.
    Length,
    /// Something is out of bounds or not of the form: what, and where.
    Malformed(&'static str, usize),
}

impl std::fmt::Display for ImageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotAnImage => write!(f, "not a table image"),
            Self::Version(v) => write!(f, "table format {v} is not {VERSION}"),
            Self::Schema(v) => {
                write!(f, "the tables were made for field schema {v}, this is schema {SCHEMA_VERSION}")
            }
            Self::Length => write!(f, "the table image is cut short or too long"),
            Self::Malformed(what, at) => write!(f, "the table image is malformed: {what} at word {at}"),
        }
    }
}

impl std::error::Error for ImageError {}

pub(super) type Result<T> = std::result::Result<T, ImageError>;

/// Which ends a diagram may have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    Leaves,
    Scopes,
    Truths,
}

impl Ends {
    /// The mark of a word at which such a diagram has been checked.
    fn mark(self) -> u8 {
        1 << self as u8
    }
}

/// The mark of a word at which a leaf has been checked.
const LEAF: u8 = 1 << 3;
/// The mark of a word that muting writes: nothing else may be read from it.
const WRITTEN: u8 = 1 << 4;

struct Validator<'w> {
    words: &'w [u32],
    states: States,
    /// What has been found to stand at each word.
    marks: Vec<u8>,
    /// Classes that the bounds of a classifier give, by its offset: many tests can share one.
    bounded: BTreeMap<usize, u32>,
}

pub(super) fn validate(words: &[u32]) -> Result<()> {
    if words.first() != Some(&MAGIC) || words.len() < header::LEN {
        return Err(ImageError::NotAnImage);
    }
    if words[header::VERSION] != VERSION {
        return Err(ImageError::Version(words[header::VERSION]));
    }
    if words[header::SCHEMA] != SCHEMA_VERSION {
        return Err(ImageError::Schema(words[header::SCHEMA]));
    }
    if words[header::WORDS] as usize != words.len() || words.len() > MAX_WORDS {
        return Err(ImageError::Length);
    }
    let states = States::check(words)?;
    let mut v = Validator { words, states, marks: vec![0; words.len()], bounded: BTreeMap::new() };
    let policies = v.written()?;
    v.clauses(policies)?;
    v.leaves()?;
    v.roots(header::PREDICATES, header::PREDICATE_COUNT, Ends::Truths)?;
    v.roots(header::SELECTORS, header::SELECTOR_COUNT, Ends::Scopes)
}

impl<'w> Validator<'w> {
    /// Words that stay as they are.
    fn slice(&self, at: usize, len: usize, what: &'static str) -> Result<&'w [u32]> {
        let range = at..at.checked_add(len).ok_or(ImageError::Malformed(what, at))?;
        match (self.words.get(range.clone()), self.marks.get(range)) {
            (Some(words), Some(marks)) if marks.iter().all(|m| m & WRITTEN == 0) => Ok(words),
            _ => Err(ImageError::Malformed(what, at)),
        }
    }

    fn word(&self, at: usize, what: &'static str) -> Result<u32> {
        Ok(self.slice(at, 1, what)?[0])
    }

    fn counted(&self, at: usize, count: usize, each: usize, what: &'static str) -> Result<&'w [u32]> {
        let (at, count) = (self.words[at] as usize, self.words[count] as usize);
        self.slice(at, count.checked_mul(each).ok_or(ImageError::Malformed(what, at))?, what)
    }

    /// Marks what [`Image::set_muted`](super::Image::set_muted) writes: the flags of policies and the columns of leaves. Each lies
    /// behind the header, before the states, and apart from the others.
    /// Gives the policies.
    fn written(&mut self) -> Result<&'w [u32]> {
        let policies = self.counted(header::POLICIES, header::POLICY_COUNT, POLICY_WORDS, "policy")?;
        self.mark_written(self.words[header::POLICIES] as usize, policies.len(), "policy")?;
        for leaf in self.counted(header::LEAVES, header::LEAF_COUNT, 1, "leaf")? {
            self.mark_written((*leaf as usize).saturating_add(1), leaf::FLAGS, "leaf")?;
        }
        Ok(policies)
    }

    fn mark_written(&mut self, at: usize, len: usize, what: &'static str) -> Result<()> {
        self.slice(at, len, what)?;
        if at < header::LEN || at + len > self.words[header::STATES] as usize {
            return Err(ImageError::Malformed(what, at));
        }
        self.marks[at..at + len].fill(WRITTEN);
        Ok(())
    }

    fn clauses(&self, policies: &[u32]) -> Result<()> {
        let clauses = self.counted(header::CLAUSES, header::CLAUSE_COUNT, CLAUSE_WORDS, "clause")?;
        if policies.iter().any(|flag| *flag > 1) {
            return Err(ImageError::Malformed("policy", self.words[header::POLICIES] as usize));
        }
        for (i, c) in clauses.chunks_exact(CLAUSE_WORDS).enumerate() {
            let detection = c[0] == ClauseKind::Detect as u32;
            let policy_ok =
                if detection { c[1] == NONE } else { (c[1] as usize) < policies.len() / POLICY_WORDS };
            if ClauseKind::from_code(c[0]).is_none() || !policy_ok || c[2] > 0x7f || c[3] > 4 {
                return Err(ImageError::Malformed("clause", i));
            }
        }
        Ok(())
    }

    fn leaves(&mut self) -> Result<()> {
        let levels = self.words[header::RANK_LEVELS];
        let clause_count = self.words[header::CLAUSE_COUNT];
        if levels != (clause_count.div_ceil(32)).max(1).next_power_of_two().trailing_zeros() {
            return Err(ImageError::Malformed("number of rank levels", header::RANK_LEVELS));
        }
        let mut checked = SetMemo::new(self.words.len());
        let mut memo = SetMemo::new(self.words.len());
        for at in self.counted(header::LEAVES, header::LEAF_COUNT, 1, "leaf")? {
            let at = *at as usize;
            let kind = self.word(at, "leaf")?;
            let set = self.word(at + leaf::RANKS, "leaf")?;
            self.set(set as usize, levels, &mut checked)?;
            let columns = &self.words[at + 1..=at + leaf::FLAGS];
            if kind != node::LEAF || columns != set_columns(self.words, set, &mut memo) {
                return Err(ImageError::Malformed("leaf", at));
            }
            self.marks[at] |= LEAF;
        }
        Ok(())
    }

    /// A set of ranks: that it stands where a set of its levels can, and its trie.
    fn set(&self, at: usize, levels: u32, checked: &mut SetMemo<()>) -> Result<()> {
        if at == 0 {
            return Ok(());
        }
        let words = self.slice(at, 2, "set of ranks")?;
        let (level, base) = place(words[0]);
        if level > levels || !base.is_multiple_of(32 << level) || base >= self.words[header::CLAUSE_COUNT] {
            return Err(ImageError::Malformed("set of ranks", at));
        }
        self.ranks(level, words[1], base, checked)
    }

    fn ranks(&self, level: u32, at: u32, base: u32, checked: &mut SetMemo<()>) -> Result<()> {
        if at == 0 || checked.get(at, level, base).is_some() {
            return Ok(());
        }
        checked.insert(at, level, base, ());
        let bad = ImageError::Malformed("set of ranks", at as usize);
        if level == 0 {
            let bits = self.word(at as usize, "set of ranks")?;
            let known = self.words[header::CLAUSE_COUNT].saturating_sub(base);
            return if bits == 0 || 32 - bits.leading_zeros() > known { Err(bad) } else { Ok(()) };
        }
        let halves = self.slice(at as usize, 2, "set of ranks")?;
        if halves.iter().any(|h| *h >= at) {
            return Err(bad);
        }
        self.ranks(level - 1, halves[0], base, checked)?;
        self.ranks(level - 1, halves[1], base + (32 << (level - 1)), checked)
    }

    fn roots(&mut self, at: usize, count: usize, ends: Ends) -> Result<()> {
        for root in self.counted(at, count, 1, "root")? {
            self.diagram(*root as usize, ends)?;
        }
        Ok(())
    }

    fn diagram(&mut self, root: usize, ends: Ends) -> Result<()> {
        let mut open = vec![root];
        while let Some(at) = open.pop() {
            let bad = ImageError::Malformed("node", at);
            let mark = self.marks.get_mut(at).ok_or(bad.clone())?;
            if *mark & ends.mark() != 0 {
                continue;
            }
            *mark |= ends.mark();
            let first = self.word(at, "node")?;
            match (first & 0xff, ends) {
                (node::LEAF, Ends::Leaves) if self.is_leaf(at) => {}
                (node::TRUTH, Ends::Truths) if self.word(at + 1, "truth")? <= 2 => {}
                (node::SCOPES, Ends::Scopes) => {
                    for list in self.slice(at + 1, ACTION_COUNT, "scopes")? {
                        let list = *list as usize;
                        if list == 0 {
                            continue;
                        }
                        let count = self.word(list, "list of roots")? as usize;
                        for root in self.slice(list + 1, count, "list of roots")? {
                            self.diagram(*root as usize, Ends::Leaves)?;
                        }
                    }
                }
                (node::TEST, _) => {
                    let classes = self.word(at + 2, "test")?;
                    if ends == Ends::Truths
                        && self.word(self.word(at + 1, "test")? as usize, "classifier")?
                            == classifier::ANCESTOR
                    {
                        return Err(ImageError::Malformed("a test of ancestors within one", at));
                    }
                    let needed = self.classifier(
                        at,
                        self.word(at + 1, "test")? as usize,
                        first >> 8 & 0xff,
                        (first >> 16) as usize,
                    )?;
                    if classes < needed {
                        return Err(ImageError::Malformed("a test without a child for each class", at));
                    }
                    for child in self.slice(at + 3, classes as usize, "test")? {
                        if *child as usize >= at {
                            return Err(ImageError::Malformed(
                                "a child that does not lie before its parent",
                                at,
                            ));
                        }
                        open.push(*child as usize);
                    }
                }
                (node::HITS, Ends::Leaves) => self.hits(at, first)?,
                _ => return Err(bad),
            }
        }
        Ok(())
    }

    fn is_leaf(&self, at: usize) -> bool {
        self.marks.get(at).is_some_and(|m| m & LEAF != 0)
    }

    /// A node of hits: an automaton over a text, and leaves only.
    fn hits(&mut self, at: usize, first: u32) -> Result<()> {
        let bad = ImageError::Malformed("hits", at);
        let classifier = self.word(at + 1, "hits")? as usize;
        let kind = self.word(classifier, "classifier")?;
        if kind != classifier::TEXT && kind != classifier::TEXT_REVERSED {
            return Err(bad);
        }
        let classes = self.classifier(at, classifier, first >> 8 & 0xff, (first >> 16) as usize)?;
        let count = self.word(at + 2, "hits")?;
        let leaves = self.slice(at + 3, count as usize, "hits")?;
        let sound = count >= 2 * classes && count.is_multiple_of(2);
        if sound && leaves.iter().all(|l| (*l as usize) < at && self.is_leaf(*l as usize)) {
            Ok(())
        } else {
            Err(bad)
        }
    }

    /// The number of classes that a classifier can give.
    fn classifier(&mut self, node: usize, at: usize, source: u32, slot: usize) -> Result<u32> {
        let bad = ImageError::Malformed("classifier", at);
        let kind = self.word(at, "classifier")?;
        let field = |source: u32, slot: usize| match source {
            0 if slot < EVENT_FIELD_COUNT => Some(event_fields()[slot].kind),
            1..=3 if slot < PROCESS_FIELD_COUNT => Some(process_fields()[slot].kind),
            _ => None,
        };
        let operand = |w: u32| field(w & 0xff, (w >> 8) as usize);
        let fits = |kinds: &[FieldType]| field(source, slot).is_some_and(|k| kinds.contains(&k));
        let scalar = |k: Option<FieldType>| k.is_some_and(FieldType::is_scalar);
        let texts = [FieldType::Path, FieldType::String];
        let ok = match kind {
            classifier::TEXT | classifier::TEXT_REVERSED | classifier::DEPTH => fits(&texts),
            classifier::NUMBER => scalar(field(source, slot)),
            classifier::ADDRESS => fits(&[FieldType::Ip]),
            classifier::FLAGS => fits(&[FieldType::Flags]),
            classifier::KEY => fits(&[FieldType::Map]),
            classifier::ANY | classifier::ALL => fits(&[FieldType::List]),
            classifier::PRESENT => field(source, slot).is_some(),
            classifier::RELATION => {
                scalar(operand(self.word(at + 2, "relation")?))
                    && scalar(operand(self.word(at + 3, "relation")?))
            }
            classifier::SAME => {
                let (l, r) =
                    (operand(self.word(at + 2, "relation")?), operand(self.word(at + 3, "relation")?));
                if self.word(at + 1, "relation")? == 0 {
                    l.is_some_and(|k| texts.contains(&k)) && r.is_some_and(|k| texts.contains(&k))
                } else {
                    l == Some(FieldType::Ip) && r == Some(FieldType::Ip)
                }
            }
            classifier::ANCESTOR => true,
            _ => false,
        };
        if !ok {
            return Err(bad);
        }
        Ok(match kind {
            classifier::TEXT | classifier::TEXT_REVERSED => self.text_classifier(at)?,
            classifier::KEY => {
                let len = self.word(at + 2, "key")? as usize;
                self.slice(self.word(at + 1, "key")? as usize, len.div_ceil(4), "key")?;
                self.text_classifier(self.word(at + 3, "key")? as usize)?
            }
            classifier::ANY | classifier::ALL => {
                self.text_classifier(self.word(at + 1, "quantifier")? as usize)?;
                CLASS_YES + 1
            }
            classifier::NUMBER | classifier::DEPTH => self.bounds(at, 2)?,
            classifier::ADDRESS => self.bounds(at, 4)?,
            classifier::PRESENT => CLASS_KNOWN + 1,
            classifier::ANCESTOR => {
                let root = self.word(at + 1, "ancestor")? as usize;
                if root >= node {
                    return Err(bad);
                }
                self.diagram(root, Ends::Truths)?;
                CLASS_YES + 1
            }
            _ => CLASS_YES + 1,
        })
    }

    /// Whatever class an automaton gives has a child, since the last one stands for all that have none; so it needs the two of
    /// facts that are not known, and one more.
    fn text_classifier(&self, at: usize) -> Result<u32> {
        let kind = self.word(at, "classifier")?;
        let text = kind == classifier::TEXT || kind == classifier::TEXT_REVERSED;
        if text && self.states.lead_to(self.word(at + 1, "classifier")?) {
            Ok(CLASS_KNOWN + 1)
        } else {
            Err(ImageError::Malformed("classifier", at))
        }
    }

    fn bounds(&mut self, at: usize, words: usize) -> Result<u32> {
        if let Some(classes) = self.bounded.get(&at) {
            return Ok(*classes);
        }
        let bad = ImageError::Malformed("bounds", at);
        let count = self.word(at + 1, "bounds")? as usize;
        let bounds = self.slice(
            self.word(at + 2, "bounds")? as usize,
            count.checked_mul(words).ok_or(bad.clone())?,
            "bounds",
        )?;
        let key = |b: &[u32]| match b {
            [low, high] => u128::from(*high) << 32 | u128::from(*low),
            _ => b.iter().fold(0u128, |acc, w| acc << 32 | u128::from(*w)),
        };
        if !bounds.chunks_exact(words).is_sorted_by(|a, b| key(a) < key(b)) {
            return Err(bad);
        }
        let classes = self.slice(self.word(at + 3, "bounds")? as usize, count + 1, "bounds")?;
        let classes = classes.iter().max().map_or(0, |c| c.saturating_add(1));
        self.bounded.insert(at, classes);
        Ok(classes)
    }
}
