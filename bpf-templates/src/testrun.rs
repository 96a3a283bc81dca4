//! Events for the object that runs the kernel's decision on request, and its answers.

use crate::layout::{self, DATA_BYTES, SLOTS, SOURCES};
use crate::word;
use std::mem::{offset_of, size_of};

/// Events that are decided in one run.
pub const BATCH: usize = 64;

/// An event as a hook would set its facts.
#[derive(Clone, Debug)]
pub struct Question {
    bytes: Vec<u8>,
    used: usize,
}

impl Question {
    /// Length of the map's value.
    pub const BYTES: usize = size_of::<layout::Question>();

    /// An event of which everything is absent.
    pub fn new(action: u8) -> Self {
        let mut bytes = vec![0; Self::BYTES];
        bytes[0] = action;
        Self { bytes, used: 0 }
    }

    /// Sets a fact of one of the sources (event, process, parent, target).
    pub fn set(&mut self, source: usize, slot: usize, tag: u8, value: u64) {
        if source < SOURCES && slot < SLOTS {
            let at = source * SLOTS + slot;
            self.bytes[offset_of!(layout::Question, tags) + at] = tag;
            self.bytes[offset_of!(layout::Question, values) + 8 * at..][..8]
                .copy_from_slice(&value.to_le_bytes());
        }
    }

    /// Adds bytes and gives the value of a fact that is these bytes; `None` when there is no more room.
    pub fn add(&mut self, text: &[u8]) -> Option<u64> {
        let at = self.used;
        let room = self.bytes.get_mut(offset_of!(layout::Question, data)..)?.get_mut(..DATA_BYTES)?;
        room.get_mut(at..at + text.len())?.copy_from_slice(text);
        self.used += text.len();
        Some(at as u64 | (text.len() as u64) << 32)
    }

    /// Sets the event's address, in network order.
    pub fn set_address(&mut self, address: [u8; 16]) {
        self.bytes[offset_of!(layout::Question, address)..][..16].copy_from_slice(&address);
    }

    /// Sets what is known of ancestors: two bits for each predicate (one passes, one perhaps does).
    pub fn set_ancestors(&mut self, known: bool, bits: u64) {
        self.bytes[offset_of!(layout::Question, ancestors_known)] = u8::from(known);
        self.bytes[offset_of!(layout::Question, ancestors)..][..8].copy_from_slice(&bits.to_le_bytes());
    }

    /// The map's value.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// What the kernel decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The combined columns of the leaves.
    pub columns: [u32; 7],
    /// 0, or a negative number when the image was not readable.
    pub status: i32,
    /// The bits of the predicates that the process itself satisfies.
    pub ancestry: u64,
    /// How long the decision took.
    pub nanoseconds: u64,
}

impl Answer {
    /// Length of the map's value.
    pub const BYTES: usize = size_of::<layout::Answer>();

    /// Reads the map's value.
    pub fn parse(bytes: &[u8]) -> Self {
        let columns = offset_of!(layout::Answer, columns);
        Self {
            columns: std::array::from_fn(|i| u32::from_le_bytes(word(bytes, columns + 4 * i))),
            status: i32::from_le_bytes(word(bytes, offset_of!(layout::Answer, status))),
            ancestry: u64::from_le_bytes(word(bytes, offset_of!(layout::Answer, ancestry))),
            nanoseconds: u64::from_le_bytes(word(bytes, offset_of!(layout::Answer, nanoseconds))),
        }
    }
}
