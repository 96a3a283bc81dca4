//! Deciding an event with an image.

use super::automaton::{Backward, Forward, run};
use super::{
    CLASS_ABSENT, CLASS_KNOWN, CLASS_NO, CLASS_UNKNOWN, CLASS_YES, Columns, Image, NO_COLUMNS, NONE, bias,
    classifier, combine, header, hit, leaf, node, place,
};
use crate::event::{EventError, Source, TAG_ABSENT, TAG_KNOWN, View};
use crate::verdict::{Decision, Effect, Rank, Reason, Responses};

/// Memory that deciding reuses from one event to the next.
#[derive(Default)]
pub struct Scratch {
    ranks: Vec<u32>,
}

fn decision(columns: Columns) -> Decision {
    let [enforced_deny, enforced_allow, enforced_default, deny, allow, default, flags] = columns;
    let verdict = |deny: u32, allow: u32, default: u32| {
        if deny != NONE {
            (Effect::Deny, Reason::Denied, deny)
        } else if allow != NONE {
            (Effect::Allow, Reason::Allowed, allow)
        } else if default != NONE {
            (Effect::Deny, Reason::Posture, default)
        } else {
            (Effect::Allow, Reason::Unmentioned, NONE)
        }
    };
    let enforced = verdict(enforced_deny, enforced_allow, enforced_default);
    let reported = if enforced.0 == Effect::Deny { enforced } else { verdict(deny, allow, default) };
    Decision {
        enforced: enforced.0,
        reported: reported.0,
        reason: reported.1,
        clause: (reported.2 != NONE).then_some(Rank(reported.2)),
        audit: flags & leaf::AUDIT != 0,
        detected: flags & leaf::DETECTED != 0,
        responses: Responses(flags as u8),
    }
}

impl Image {
    /// Decides an event in its byte form.
    ///
    /// # Errors
    /// When the bytes are not an event.
    pub fn decide(&self, event: &[u8]) -> Result<Decision, EventError> {
        let view = View::new(event)?;
        let mut columns = NO_COLUMNS;
        self.each_leaf(view, |leaf| {
            if let Some(Ok(words)) = self.words().get(leaf + 1..leaf + 8).map(Columns::try_from) {
                columns = combine(columns, words);
            }
        });
        Ok(decision(columns))
    }

    /// The ranks of all clauses that apply to an event, in ascending order.
    ///
    /// # Errors
    /// When the bytes are not an event.
    pub fn applying<'s>(&self, event: &[u8], scratch: &'s mut Scratch) -> Result<&'s [u32], EventError> {
        let view = View::new(event)?;
        scratch.ranks.clear();
        self.each_leaf(view, |leaf| {
            let set = self.word(leaf + leaf::RANKS) as usize;
            if set != 0 {
                let (level, base) = place(self.word(set));
                self.ranks(level, self.word(set + 1), base, &mut scratch.ranks);
            }
        });
        scratch.ranks.sort_unstable();
        scratch.ranks.dedup();
        Ok(&scratch.ranks)
    }

    fn ranks(&self, level: u32, at: u32, base: u32, out: &mut Vec<u32>) {
        if at == 0 {
            return;
        }
        if level == 0 {
            let bits = self.word(at as usize);
            out.extend((0..32).filter(|i| bits & (1 << i) != 0).map(|i| base + i));
        } else {
            self.ranks(level - 1, self.word(at as usize), base, out);
            self.ranks(level - 1, self.word(at as usize + 1), base + (32 << (level - 1)), out);
        }
    }

    fn each_leaf(&self, view: View<'_>, mut found: impl FnMut(usize)) {
        let process = view.record(Source::Process);
        let selectors = self.word(header::SELECTORS) as usize;
        for i in 0..self.word(header::SELECTOR_COUNT) as usize {
            let scopes = self.walk(self.word(selectors + i) as usize, view, process);
            let list = self.word(scopes + 1 + view.action_code() as usize) as usize;
            if list == 0 {
                continue;
            }
            for r in 0..self.word(list) as usize {
                let end = self.walk(self.word(list + 1 + r) as usize, view, process);
                if self.word(end) & 0xff == node::HITS {
                    self.hits(end, view, process, &mut found);
                } else {
                    found(end);
                }
            }
        }
    }

    /// The leaves of a node of hits: of the states that the run passes, and of the one that it ends in.
    fn hits(&self, at: usize, view: View<'_>, process: Option<usize>, found: &mut impl FnMut(usize)) {
        let last = self.word(at + 2).saturating_sub(1);
        let leaf = |class: u32, place: u32| {
            let child = class.saturating_mul(2).saturating_add(place).min(last);
            self.word(at + 3 + child as usize) as usize
        };
        let first = self.word(at);
        let class = match Self::fact(first >> 8 & 0xff, (first >> 16) as usize, view, process) {
            (TAG_KNOWN, value) => view.bytes(value).map_or(CLASS_UNKNOWN, |bytes| {
                self.text(self.word(at + 1) as usize, bytes, |class| {
                    if class > CLASS_KNOWN {
                        found(leaf(class, hit::WITHIN));
                    }
                })
            }),
            (TAG_ABSENT, _) => CLASS_ABSENT,
            _ => CLASS_UNKNOWN,
        };
        found(leaf(class, hit::AT_END));
    }

    /// The end of a diagram, for facts of the event and of the process whose record is `process`.
    fn walk(&self, mut at: usize, view: View<'_>, process: Option<usize>) -> usize {
        loop {
            let first = self.word(at);
            if first & 0xff != node::TEST {
                return at;
            }
            let (source, slot) = (first >> 8 & 0xff, (first >> 16) as usize);
            let class = self.classify(self.word(at + 1) as usize, source, slot, view, process);
            let class = class.min(self.word(at + 2).saturating_sub(1));
            at = self.word(at + 3 + class as usize) as usize;
        }
    }

    fn fact(source: u32, slot: usize, view: View<'_>, process: Option<usize>) -> (u8, u64) {
        match source {
            0 => view.fact(Source::Event, slot),
            1 => view.process_fact(process, slot),
            2 => view.fact(Source::Parent, slot),
            _ => view.fact(Source::Target, slot),
        }
    }

    fn classify(&self, c: usize, source: u32, slot: usize, view: View<'_>, process: Option<usize>) -> u32 {
        match self.word(c) {
            classifier::RELATION => return self.relation(c, view, process),
            classifier::SAME => return self.same(c, view, process),
            classifier::ANCESTOR => return self.ancestor(c, view),
            _ => {}
        }
        let (tag, value) = Self::fact(source, slot, view, process);
        match tag {
            TAG_KNOWN => self.classify_known(c, value, view).unwrap_or(CLASS_UNKNOWN),
            TAG_ABSENT => CLASS_ABSENT,
            _ => CLASS_UNKNOWN,
        }
    }

    /// `None` when the value does not lie in the event.
    fn classify_known(&self, c: usize, value: u64, view: View<'_>) -> Option<u32> {
        Some(match self.word(c) {
            classifier::TEXT | classifier::TEXT_REVERSED => self.class_of(c, view.bytes(value)?),
            classifier::NUMBER => self.interval(c, bias(value.cast_signed())),
            classifier::ADDRESS => self.network(c, view.address(value)?.0),
            classifier::DEPTH => {
                let slashes = view.bytes(value)?.iter().fold(0, |n, b| n + i64::from(*b == b'/'));
                self.interval(c, bias(slashes))
            }
            classifier::FLAGS => {
                let mask = u64::from(self.word(c + 1));
                if value & mask == mask { CLASS_YES } else { CLASS_NO }
            }
            classifier::KEY => {
                let mut words = view.words(value, 2)?;
                let len = self.word(c + 2) as usize;
                while let (Some(key), Some(entry)) = (words.next(), words.next()) {
                    let key = view.bytes(key)?;
                    if key.len() == len && self.key_is(self.word(c + 1) as usize, key) {
                        return Some(self.class_of(self.word(c + 3) as usize, view.bytes(entry)?));
                    }
                }
                CLASS_ABSENT
            }
            kind @ (classifier::ANY | classifier::ALL) => {
                let inner = self.word(c + 1) as usize;
                let mut some = false;
                let mut every = true;
                for item in view.words(value, 1)? {
                    let passes = self.class_of(inner, view.bytes(item)?) == CLASS_YES;
                    some |= passes;
                    every &= passes;
                }
                if (kind == classifier::ANY && some) || (kind == classifier::ALL && every) {
                    CLASS_YES
                } else {
                    CLASS_NO
                }
            }
            _ => CLASS_KNOWN,
        })
    }

    fn key_is(&self, at: usize, key: &[u8]) -> bool {
        key.iter().enumerate().all(|(i, b)| self.word(at + i / 4).to_le_bytes()[i % 4] == *b)
    }

    fn class_of(&self, c: usize, bytes: &[u8]) -> u32 {
        self.text(c, bytes, |_| ())
    }

    /// The class of a text; calls `passed` with the class of each state that the run leaves by a byte.
    fn text(&self, c: usize, bytes: &[u8], passed: impl FnMut(u32)) -> u32 {
        let start = self.word(c + 1);
        if self.word(c) == classifier::TEXT {
            run(self.words(), start, Forward(bytes), passed)
        } else {
            run(self.words(), start, Backward(bytes), passed)
        }
    }

    fn interval(&self, c: usize, value: u64) -> u32 {
        let (count, bounds) = (self.word(c + 1) as usize, self.word(c + 2) as usize);
        let below = partition(count, |i| {
            let bound = u64::from(self.word(bounds + 2 * i)) | u64::from(self.word(bounds + 2 * i + 1)) << 32;
            bound <= value
        });
        self.word(self.word(c + 3) as usize + below)
    }

    fn network(&self, c: usize, value: u128) -> u32 {
        let (count, bounds) = (self.word(c + 1) as usize, self.word(c + 2) as usize);
        let below = partition(count, |i| {
            let bound = (0..4).fold(0u128, |acc, w| acc << 32 | u128::from(self.word(bounds + 4 * i + w)));
            bound <= value
        });
        self.word(self.word(c + 3) as usize + below)
    }

    fn operands(&self, c: usize, view: View<'_>, process: Option<usize>) -> Result<(u64, u64), u32> {
        let operand = |w: u32| Self::fact(w & 0xff, (w >> 8) as usize, view, process);
        match (operand(self.word(c + 2)), operand(self.word(c + 3))) {
            ((TAG_KNOWN, l), (TAG_KNOWN, r)) => Ok((l, r)),
            ((TAG_ABSENT, _), _) | (_, (TAG_ABSENT, _)) => Err(CLASS_NO),
            _ => Err(CLASS_UNKNOWN),
        }
    }

    fn relation(&self, c: usize, view: View<'_>, process: Option<usize>) -> u32 {
        let (left, right) = match self.operands(c, view, process) {
            Ok(known) => known,
            Err(class) => return class,
        };
        let offset = (u64::from(self.word(c + 4)) | u64::from(self.word(c + 5)) << 32).cast_signed();
        let left = i128::from(left.cast_signed());
        let right = i128::from(right.cast_signed()) + i128::from(offset);
        let holds = match self.word(c + 1) {
            0 => left == right,
            1 => left < right,
            _ => left <= right,
        };
        if holds { CLASS_YES } else { CLASS_NO }
    }

    fn same(&self, c: usize, view: View<'_>, process: Option<usize>) -> u32 {
        let (left, right) = match self.operands(c, view, process) {
            Ok(known) => known,
            Err(class) => return class,
        };
        let same = if self.word(c + 1) == 0 {
            view.bytes(left).zip(view.bytes(right)).map(|(l, r)| l == r)
        } else {
            view.address(left).zip(view.address(right)).map(|(l, r)| l == r)
        };
        same.map_or(CLASS_UNKNOWN, |s| if s { CLASS_YES } else { CLASS_NO })
    }

    fn ancestor(&self, c: usize, view: View<'_>) -> u32 {
        let root = self.word(c + 1) as usize;
        let mut class = if view.ancestors_incomplete() { CLASS_UNKNOWN } else { CLASS_NO };
        for record in view.ancestors() {
            match self.word(self.walk(root, view, record) + 1) {
                2 => return CLASS_YES,
                1 => class = CLASS_UNKNOWN,
                _ => {}
            }
        }
        class
    }
}

/// The first index for which the condition, true for a prefix of `0..count`, is false.
fn partition(count: usize, holds: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low.midpoint(high);
        if holds(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}
