//! How the programs are set up.

use crate::layout;
use crate::limits::{BANK_WORDS, IMAGE_WORDS};
use std::mem::{offset_of, size_of};

/// Whether decisions are made and kept to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Mode {
    /// Nothing is decided.
    Off = 0,
    /// Decide and report, deny nothing.
    Detect = 1,
    /// Deny what is to be denied.
    Enforce = 2,
}

/// What is reported although nothing was denied, as a set of bits: those of actions, and one more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted(u32);

impl Wanted {
    /// Nothing more.
    pub const NOTHING: Self = Self(0);
    /// Every image that starts.
    pub const STARTS: Self = Self(1 << ACTION_BITS);

    /// Every event of these actions too, by their codes.
    #[must_use]
    pub fn and(self, actions: impl IntoIterator<Item = u8>) -> Self {
        let bits = actions.into_iter().filter(|code| u32::from(*code) < ACTION_BITS);
        Self(bits.fold(self.0, |bits, code| bits | 1 << code))
    }
}

/// Bits for actions, from the lowest.
const ACTION_BITS: u32 = 24;

/// How an image is to be used. It comes and goes with the image, in one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setup {
    /// The number of the image, part of every report; never 0.
    pub generation: u32,
    /// What happens to decisions.
    pub mode: Mode,
    /// What is reported although nothing was denied.
    pub wanted: Wanted,
    /// The actions, one bit each by code, that are denied when nothing is known of the event.
    pub blind: u32,
    /// The actions, one bit each by code, that the image says something about. Others need not be decided.
    pub mentioned: u32,
}

/// Length of a bank.
pub const BANK_BYTES: usize = BANK_WORDS * 4;

/// A bank: the words of an image, and how it is to be used. `None` when there are more words than [`IMAGE_WORDS`].
pub fn bank(image: &[u32], setup: &Setup) -> Option<Box<[u8; BANK_BYTES]>> {
    if image.len() > IMAGE_WORDS {
        return None;
    }
    let mut bytes = vec![0; BANK_BYTES];
    for (place, word) in bytes.chunks_exact_mut(4).zip(image) {
        place.copy_from_slice(&word.to_le_bytes());
    }
    for (at, word) in [
        (layout::SETUP_GENERATION, setup.generation),
        (layout::SETUP_MODE, setup.mode as u32),
        (layout::SETUP_REPORT, setup.wanted.0),
        (layout::SETUP_BLIND, setup.blind),
        (layout::SETUP_ASKED, setup.mentioned | setup.wanted.0),
    ] {
        bytes[at * 4..at * 4 + 4].copy_from_slice(&word.to_le_bytes());
    }
    bytes.into_boxed_slice().try_into().ok()
}

/// The contents of the map `config`: what holds for all images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Inode number of the host's mount namespace.
    pub host_mnt_ns: u32,
    /// The agent, whose own use of what it needs is not judged.
    pub agent: Agent,
    /// Whether the table of tasks was full once; the programs set it, too.
    pub overflow: bool,
}

/// A process by its id and by when it started, in hundredths of a second since boot: no other is ever both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agent {
    /// Its id.
    pub pid: u32,
    /// When it started.
    pub started: u64,
}

impl Config {
    /// Length of the map's value.
    pub const BYTES: usize = size_of::<layout::Config>();

    /// The map's value.
    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let mut out = [0; Self::BYTES];
        let mut put = |at: usize, bytes: &[u8]| out[at..at + bytes.len()].copy_from_slice(bytes);
        put(offset_of!(layout::Config, host_mnt_ns), &self.host_mnt_ns.to_le_bytes());
        put(offset_of!(layout::Config, overflow), &u32::from(self.overflow).to_le_bytes());
        put(offset_of!(layout::Config, agent), &self.agent.pid.to_le_bytes());
        put(offset_of!(layout::Config, agent_started), &self.agent.started.to_le_bytes());
        out
    }
}
