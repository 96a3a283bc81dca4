//! The table image: a checked policy as one array of 32-bit words, which the kernel programs, the WASM module and the
//! evaluator here all read. `docs/reference/tables.md` describes it for people who write another reader.
//!
//! An image is a set of decision diagrams. *Selectors* test facts of the process and end in a list of roots for each
//! action; each *root* tests facts of the event and ends in a *leaf*, the clauses that apply. The answer combines the leaves
//! of all roots by smallest rank, so clauses can be spread over diagrams at will: that is what keeps every diagram small.
//!
//! Invariant: a diagram's children lie before it in the image. Walking one therefore ends.

mod automaton;
mod evaluate;
mod set_memo;
mod states;
mod unread;
mod validate;

pub use evaluate::Scratch;
pub use unread::Unread;
pub use validate::ImageError;

use crate::schema::{ACTION_COUNT, SCHEMA_VERSION};
use crate::verdict::{ClauseKind, Responses};
use set_memo::SetMemo;

/// First word of every image: the bytes `WTBL`.
pub const MAGIC: u32 = 0x4c42_5457;
/// Version of the format.
pub const VERSION: u32 = 2;
/// Most words that an image may have (256 MiB).
pub const MAX_WORDS: usize = 1 << 26;
/// No clause, no policy.
pub const NONE: u32 = u32::MAX;

/// Places of the header's words.
pub mod header {
    /// [`MAGIC`](super::MAGIC).
    pub const MAGIC: usize = 0;
    /// [`VERSION`](super::VERSION).
    pub const VERSION: usize = 1;
    /// Length of the image, in words.
    pub const WORDS: usize = 2;
    /// Version of the field schema.
    pub const SCHEMA: usize = 3;
    /// Offset of the selectors' roots.
    pub const SELECTORS: usize = 4;
    /// Their number.
    pub const SELECTOR_COUNT: usize = 5;
    /// Offset of the clauses, [`CLAUSE_WORDS`](super::CLAUSE_WORDS) each, by rank.
    pub const CLAUSES: usize = 6;
    /// Their number.
    pub const CLAUSE_COUNT: usize = 7;
    /// Offset of the policies, [`POLICY_WORDS`](super::POLICY_WORDS) each.
    pub const POLICIES: usize = 8;
    /// Their number.
    pub const POLICY_COUNT: usize = 9;
    /// Offset of the offsets of all leaves.
    pub const LEAVES: usize = 10;
    /// Their number.
    pub const LEAF_COUNT: usize = 11;
    /// Offset of the roots of the diagrams that ancestors are tested with.
    pub const PREDICATES: usize = 12;
    /// Their number.
    pub const PREDICATE_COUNT: usize = 13;
    /// Levels that a set of all ranks has: no set has more.
    pub const RANK_LEVELS: usize = 14;
    /// Offset of the states of all automata; they end with the image, see [`STATES_END`](super::STATES_END).
    pub const STATES: usize = 15;
    /// Length of the header.
    pub const LEN: usize = 16;
}

/// Words of a clause: kind, policy (or [`NONE`]), declared responses, severity.
pub const CLAUSE_WORDS: usize = 4;
/// Words of a policy: 1 if it prevents, 1 if it is muted.
pub const POLICY_WORDS: usize = 2;

/// The low byte of a node's first word.
pub mod node {
    /// The clauses that apply; see [`leaf`](super::leaf).
    pub const LEAF: u32 = 0;
    /// The end of a selector: for each action the offset of a list of roots (their number, then their offsets), or 0.
    pub const SCOPES: u32 = 1;
    /// The end of a predicate: 0 false, 1 unknown, 2 true.
    pub const TRUTH: u32 = 2;
    /// A test: source in bits 8–15, slot from bit 16; then the classifier's offset, the number of classes, and a child each.
    pub const TEST: u32 = 3;
    /// Several leaves at once: the first three words as those of a test by an automaton; two leaves for each class, see
    /// [`hit`](super::hit). What applies is the leaf of each state that the run leaves by a byte, if its class is not
    /// the first known one, and the leaf of the state in which the run ends.
    pub const HITS: u32 = 4;
}

/// Places of a leaf's words.
pub mod leaf {
    /// Smallest rank of an applying denial that is enforced.
    pub const ENFORCED_DENY: usize = 1;
    /// Smallest rank of an applying allow of a prevent policy.
    pub const ENFORCED_ALLOW: usize = 2;
    /// Smallest rank of an applying posture that is enforced.
    pub const ENFORCED_DEFAULT: usize = 3;
    /// Smallest rank of an applying denial.
    pub const REPORTED_DENY: usize = 4;
    /// Smallest rank of an applying allow.
    pub const REPORTED_ALLOW: usize = 5;
    /// Smallest rank of an applying posture.
    pub const REPORTED_DEFAULT: usize = 6;
    /// Responses in bits 0–7, audit in bit 8, detection in bit 9.
    pub const FLAGS: usize = 7;
    /// The set of the ranks of all applying clauses, or 0 for none: the offset of its [`place`](super::place) and of a binary
    /// trie, whose leaves are words of 32 ranks and whose inner nodes are two words, the lower and the upper half.
    pub const RANKS: usize = 8;
    /// Length of a leaf.
    pub const LEN: usize = 9;
    /// Flag: a rule asks for a record.
    pub const AUDIT: u32 = 1 << 8;
    /// Flag: a detection fired.
    pub const DETECTED: u32 = 1 << 9;
}

/// The first word of a classifier.
pub mod classifier {
    /// An automaton over a text's bytes: the start state, with flags.
    pub const TEXT: u32 = 1;
    /// The same, over the bytes from last to first.
    pub const TEXT_REVERSED: u32 = 2;
    /// Sorted bounds of numbers: their number, their offset (two words each, low first, biased so that order is unsigned),
    /// the offset of the classes (one more than bounds). A value's class is that of the number of bounds not above it.
    pub const NUMBER: u32 = 3;
    /// The same for addresses: four words a bound, most significant first.
    pub const ADDRESS: u32 = 4;
    /// As `NUMBER`, of the number of slashes in a text.
    pub const DEPTH: u32 = 5;
    /// Flag bits: the mask. Class 3 if all are set, else 2.
    pub const FLAGS: u32 = 6;
    /// An entry of a map: the key's offset (bytes packed into words), its length in bytes, the `TEXT` classifier of the value.
    pub const KEY: u32 = 7;
    /// Whether some element of a list passes: a `TEXT` classifier with classes 2 (no) and 3 (yes).
    pub const ANY: u32 = 8;
    /// Whether every element passes.
    pub const ALL: u32 = 9;
    /// A comparison of two numbers: 0 `==`, 1 `<`, 2 `<=`; left and right (source in bits 0–7, slot from bit 8); the number
    /// added to the right (two words). Class 2 false, 3 true.
    pub const RELATION: u32 = 10;
    /// Equality of two texts (0) or two addresses (1), operands as for `RELATION`. Class 2 false, 3 true.
    pub const SAME: u32 = 11;
    /// Whether some ancestor satisfies a predicate: its root. Class 2 false, 3 true.
    pub const ANCESTOR: u32 = 12;
    /// Whether there is such a fact. Class 2.
    pub const PRESENT: u32 = 13;
}

/// Class of an absent fact.
pub const CLASS_ABSENT: u32 = 0;
/// Class of an unknown fact.
pub const CLASS_UNKNOWN: u32 = 1;
/// First class of known values.
pub const CLASS_KNOWN: u32 = 2;
/// Class "no" of a two-valued classifier.
pub const CLASS_NO: u32 = 2;
/// Class "yes" of a two-valued classifier.
pub const CLASS_YES: u32 = 3;

/// States of automata: their kinds, and the words that all kinds have. A *transition* is one word: either [`SINK`] and a class, or
/// the offset of the next state with its kind from bit [`KIND_SHIFT`] on.
pub mod state {
    /// Up to eight bytes lead elsewhere than the default: their number is in bits 4–7 of the first word. Behind the default stand
    /// the bytes, in two words (the places that are left over repeat the last one), and a transition for each.
    pub const KEYS: u32 = 0;
    /// Bytes of a range lead elsewhere: behind the default stand the first byte with the number of bytes from bit 8 on, and a
    /// transition for each.
    pub const RANGE: u32 = 1;
    /// A chain of states of one class that differ from the default in one byte each, and only in where that leads. Behind the
    /// default, which is no string, stand the transition after the string, its length in bytes, and the string, packed into
    /// words in the order in which it is read: into the low byte of a word first, and from the high byte on by automata that
    /// read from last to first. A byte that differs takes the transition that it has in the default.
    pub const STRING: u32 = 2;
    /// As `KEYS`, with up to three bytes, and the default is the state itself: a run can look for the next of them.
    pub const SEEK: u32 = 3;

    /// Place of the transition on a byte that has none of its own. The first word has the kind in bits 0–3 and the class from
    /// bit 8 on.
    pub const DEFAULT: usize = 1;
    /// Place of the bytes of `KEYS`.
    pub const BYTES: usize = 2;
    /// Place of the transitions of `KEYS`.
    pub const BY_KEY: usize = 4;
    /// Place of the range of `RANGE`.
    pub const SPAN: usize = 2;
    /// Place of the transitions of `RANGE`.
    pub const BY_BYTE: usize = 3;
    /// Place of the transition after `STRING`.
    pub const AFTER: usize = 2;
    /// Place of the length of `STRING`.
    pub const LENGTH: usize = 3;
    /// Place of the text of `STRING`.
    pub const TEXT: usize = 4;
    /// Most bytes of `KEYS`.
    pub const MAX_KEYS: usize = 8;
    /// Most bytes of `SEEK`.
    pub const MAX_SEEK: usize = 3;
}

/// Places of the two leaves of a class in a node of hits: class times two, plus one of these.
pub mod hit {
    /// A byte follows.
    pub const WITHIN: u32 = 0;
    /// The text ends here; also, for the classes of facts that are not known, the only one that is used.
    pub const AT_END: u32 = 1;
}

/// Marks a transition that ends the run: the class is in the other bits.
pub const SINK: u32 = 1 << 31;
/// The first bit of a transition that is the kind of the next state.
pub const KIND_SHIFT: u32 = 28;
/// The bits of a transition that are the offset of the next state.
pub const STATE_MASK: u32 = (1 << 26) - 1;
/// The first bit of a state's first word that is the class.
pub const CLASS_SHIFT: u32 = 8;
/// Highest class of a state.
pub const MAX_CLASS: u32 = (1 << 24) - 1;
/// Empty words behind the last state, so that the last word of a string can be loaded with its neighbours.
pub const STATES_END: usize = 2;

/// A number as the words of a bound: order is that of unsigned numbers.
pub fn bias(value: i64) -> u64 {
    value.cast_unsigned() ^ (1 << 63)
}

/// A validated image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    words: Vec<u32>,
}

impl Image {
    /// Checks an image and takes it.
    ///
    /// # Errors
    /// When the words are no image of this version and schema, or an offset leads out of it or forward.
    pub fn load(words: Vec<u32>) -> Result<Self, ImageError> {
        validate::validate(&words)?;
        Ok(Self { words })
    }

    /// The words.
    pub fn words(&self) -> &[u32] {
        &self.words
    }

    fn word(&self, at: usize) -> u32 {
        self.words.get(at).copied().unwrap_or(0)
    }

    /// Number of policies.
    pub fn policy_count(&self) -> usize {
        self.word(header::POLICY_COUNT) as usize
    }

    /// Number of clauses.
    pub fn clause_count(&self) -> usize {
        self.word(header::CLAUSE_COUNT) as usize
    }

    /// Mutes a policy or unmutes it: muted, its denials and its posture are reported but not enforced, and its allows stay.
    /// Costs a pass over all leaves. Does nothing for a policy that the image does not have.
    pub fn set_muted(&mut self, policy: u32, muted: bool) {
        if policy as usize >= self.policy_count() {
            return;
        }
        let at = self.word(header::POLICIES) as usize + policy as usize * POLICY_WORDS;
        self.words[at + 1] = u32::from(muted);
        let mut memo = SetMemo::new(self.words.len());
        for i in 0..self.word(header::LEAF_COUNT) as usize {
            let leaf = self.word(self.word(header::LEAVES) as usize + i) as usize;
            let columns = set_columns(&self.words, self.word(leaf + leaf::RANKS), &mut memo);
            self.words[leaf + 1..=leaf + leaf::FLAGS].copy_from_slice(&columns);
        }
    }
}

/// What a leaf says: the words that [`leaf`] names from `ENFORCED_DENY` to `FLAGS`.
pub type Columns = [u32; 7];
/// The columns of no clause.
pub const NO_COLUMNS: Columns = [NONE, NONE, NONE, NONE, NONE, NONE, 0];

/// The columns of two sets of clauses together.
#[must_use]
pub fn combine(mut a: Columns, b: Columns) -> Columns {
    for (x, y) in a[..6].iter_mut().zip(b) {
        *x = (*x).min(y);
    }
    a[6] |= b[6];
    a
}

/// The columns of one clause. `words` need only hold the header, the clauses and the policies.
pub fn clause_columns(words: &[u32], rank: u32) -> Columns {
    let mut columns = NO_COLUMNS;
    let clause = words[header::CLAUSES] as usize + rank as usize * CLAUSE_WORDS;
    let (prevents, muted) = match words[clause + 1] {
        NONE => (false, false),
        p => {
            let policy = words[header::POLICIES] as usize + p as usize * POLICY_WORDS;
            (words[policy] == 1, words[policy + 1] == 1)
        }
    };
    let enforcing = prevents && !muted;
    let responses = Responses(words[clause + 2] as u8);
    let harmless = responses.intersection(Responses::HARMLESS);
    let flags = match ClauseKind::from_code(words[clause]) {
        Some(ClauseKind::Deny) => {
            columns[leaf::REPORTED_DENY - 1] = rank;
            if enforcing {
                columns[leaf::ENFORCED_DENY - 1] = rank;
            }
            u32::from(if enforcing { responses } else { harmless }.0)
        }
        Some(ClauseKind::Allow) => {
            columns[leaf::REPORTED_ALLOW - 1] = rank;
            if prevents {
                columns[leaf::ENFORCED_ALLOW - 1] = rank;
            }
            0
        }
        Some(ClauseKind::Default) => {
            columns[leaf::REPORTED_DEFAULT - 1] = rank;
            if enforcing {
                columns[leaf::ENFORCED_DEFAULT - 1] = rank;
            }
            0
        }
        Some(ClauseKind::Audit) => u32::from(harmless.0) | leaf::AUDIT,
        Some(ClauseKind::Detect) => u32::from(responses.0) | leaf::DETECTED,
        None => 0,
    };
    columns[leaf::FLAGS - 1] = flags;
    columns
}

/// The columns of the set of ranks at `set` of a validated image.
fn set_columns(words: &[u32], set: u32, memo: &mut SetMemo<Columns>) -> Columns {
    if set == 0 {
        return NO_COLUMNS;
    }
    let (level, base) = place(words[set as usize]);
    set_columns_at(words, level, words[set as usize + 1], base, memo)
}

/// Where the trie of a set stands among all ranks, from the first word of the set: its levels are in bits 0–4; the rest is the
/// first rank that it could hold, a multiple of 32 times two for each level.
pub fn place(word: u32) -> (u32, u32) {
    (word & 31, word & !31)
}

fn set_columns_at(words: &[u32], level: u32, at: u32, base: u32, memo: &mut SetMemo<Columns>) -> Columns {
    if at == 0 {
        return NO_COLUMNS;
    }
    if let Some(known) = memo.get(at, level, base) {
        return *known;
    }
    let columns = if level == 0 {
        let bits = words[at as usize];
        let ranks = (0..32).filter(|i| bits & (1 << i) != 0).map(|i| base + i);
        ranks.fold(NO_COLUMNS, |acc, r| combine(acc, clause_columns(words, r)))
    } else {
        let low = set_columns_at(words, level - 1, words[at as usize], base, memo);
        combine(
            low,
            set_columns_at(words, level - 1, words[at as usize + 1], base + (32 << (level - 1)), memo),
        )
    };
    memo.insert(at, level, base, columns);
    columns
}

const _: () = assert!(SCHEMA_VERSION > 0 && ACTION_COUNT < 256);
