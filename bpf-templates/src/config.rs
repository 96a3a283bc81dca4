//! How the programs are set up.

use crate::layout;
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

/// The contents of the map `config`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// The bank that decides, 0 or 1.
    pub active: u32,
    /// The generation of that bank's image; never 0.
    pub generation: u32,
    /// What happens to decisions.
    pub mode: Mode,
    /// Inode number of the host's mount namespace.
    pub host_mnt_ns: u32,
    /// What is reported although nothing was denied.
    pub wanted: Wanted,
    /// For each bank the actions, one bit each by code, that are denied when nothing is known of the event.
    pub blind: [u32; 2],
}

impl Config {
    /// Length of the map's value.
    pub const BYTES: usize = size_of::<layout::Config>();

    /// The map's value.
    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let mut out = [0; Self::BYTES];
        let mut put = |at: usize, v: u32| out[at..at + 4].copy_from_slice(&v.to_le_bytes());
        put(offset_of!(layout::Config, active), self.active);
        put(offset_of!(layout::Config, generation), self.generation);
        put(offset_of!(layout::Config, mode), self.mode as u32);
        put(offset_of!(layout::Config, host_mnt_ns), self.host_mnt_ns);
        put(offset_of!(layout::Config, report), self.wanted.0);
        put(offset_of!(layout::Config, blind), self.blind[0]);
        put(offset_of!(layout::Config, blind) + 4, self.blind[1]);
        out
    }
}
