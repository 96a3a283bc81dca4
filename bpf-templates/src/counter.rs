//! What the programs count.

/// A counter of the map `counters`, by index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum Counter {
    /// Events decided.
    Decisions = 0,
    /// Events denied.
    Denied = 1,
    /// Events that would be denied, in detect mode.
    WouldDeny = 2,
    /// Object paths that could not be known.
    UnknownPath = 3,
    /// Executables that could not be known.
    UnknownExe = 4,
    /// Events decided without knowing anything of them, because no scratch slot was free.
    NoScratch = 5,
    /// Records of tasks that the full table had no room for.
    NoTaskSlot = 6,
    /// Tasks older than the runtime, looked at when they first asked for something.
    LateResolved = 7,
    /// Events that met an image that could not be read.
    ImageError = 8,
    /// Reports asked for.
    Emitted = 9,
    /// Of them, those that the full ring had no room for.
    Lost = 10,
    /// Images started.
    Images = 11,
}

impl Counter {
    /// All counters with a word for people, by index.
    pub const ALL: [(Self, &'static str); 12] = [
        (Self::Decisions, "decisions"),
        (Self::Denied, "denied"),
        (Self::WouldDeny, "would be denied"),
        (Self::UnknownPath, "unknown paths"),
        (Self::UnknownExe, "unknown executables"),
        (Self::NoScratch, "no scratch slot"),
        (Self::NoTaskSlot, "no task slot"),
        (Self::LateResolved, "late resolved"),
        (Self::ImageError, "image errors"),
        (Self::Emitted, "reports"),
        (Self::Lost, "lost reports"),
        (Self::Images, "images started"),
    ];
}
