//! Reports out of the ring.

use crate::layout::{self, REPORT_PATH_BYTES};
use crate::limits::EXE_BYTES;
use crate::word;
use std::mem::{offset_of, size_of};

/// Why a report was sent, as a set of bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportFlags(u32);

impl ReportFlags {
    /// The operation was stopped.
    pub const DENIED: Self = Self(1);
    /// It would have been, but the runtime only detects.
    pub const WOULD_DENY: Self = Self(2);
    /// A rule asked for a record.
    pub const AUDIT: Self = Self(4);
    /// An image has started; the path is its own, and the process is what it was until then.
    pub const STARTED: Self = Self(8);
    /// Nothing but wanted.
    pub const OBSERVED: Self = Self(16);
    /// No scratch slot was free: all facts were unknown.
    pub const NO_SCRATCH: Self = Self(32);
    /// A denial that is not enforced: of a policy that only detects.
    pub const FINDING: Self = Self(64);
    /// A detection of one event fired.
    pub const DETECTED: Self = Self(128);

    /// Whether all bits of another set are in this one.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// A path as the kernel knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathFact {
    /// There is none.
    Absent,
    /// It could not be known.
    Unknown,
    /// These bytes.
    Known(Vec<u8>),
    /// It is known to the kernel, but longer than a report: its first bytes and its length.
    Cut(Vec<u8>, usize),
}

/// Which image a process runs, or whose descendant it is: what a fork makes runs its creator's image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ImageId {
    /// It cannot be said.
    Unknown,
    /// What the process of this id ran when the runtime came.
    Elder(u32),
    /// The image of this number, which no other has.
    Started(u64),
}

impl ImageId {
    fn new(word: u64) -> Self {
        const ELDER: u64 = 1 << 63;
        match word {
            0 => Self::Unknown,
            elder if elder & ELDER != 0 => Self::Elder(elder as u32),
            number => Self::Started(number),
        }
    }
}

/// A value of the map `tasks`.
#[derive(Clone, Copy, Debug)]
pub struct TaskRecord;

impl TaskRecord {
    /// Length of a record.
    pub const BYTES: usize = size_of::<layout::TaskRecord>();

    /// The image that a task runs, by its record's bytes.
    pub fn image(bytes: &[u8; Self::BYTES]) -> ImageId {
        ImageId::new(u64::from_le_bytes(word(bytes, offset_of!(layout::TaskRecord, image))))
    }
}

/// One report.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, as the kernel sends it")]
pub struct Report {
    /// Nanoseconds of the monotonic clock.
    pub time_ns: u64,
    /// Number of the report on its CPU; lost ones have numbers too.
    pub sequence: u64,
    /// The CPU.
    pub cpu: u32,
    /// Id of the cgroup.
    pub cgroup: u64,
    /// The image that asks.
    pub image: ImageId,
    /// Whether the process was forked by that image, and did not start it itself.
    pub forked: bool,
    /// The image that has started, if that is what happened.
    pub started: Option<ImageId>,
    /// Generation of the image that decided.
    pub generation: u32,
    /// Rank of the deciding clause.
    pub clause: Option<u32>,
    /// Why the report was sent.
    pub flags: ReportFlags,
    /// Process id.
    pub pid: u32,
    /// Thread id.
    pub tid: u32,
    /// Process id of the parent.
    pub ppid: u32,
    /// Effective user.
    pub uid: u32,
    /// Effective group.
    pub gid: u32,
    /// Whether these two are those that the process had when it asked.
    pub user_known: bool,
    /// Code of the action.
    pub action: u8,
    /// Code of the role, 0 for none.
    pub role: u8,
    /// Code of the reason.
    pub reason: u8,
    /// Responses asked for, as bits.
    pub responses: u8,
    /// Number of the protocol, 0 for none.
    pub protocol: u16,
    /// Port.
    pub port: u16,
    /// Whether it is known.
    pub port_known: bool,
    /// Whether the event has an endpoint that has no address and no port: that of a unix socket.
    pub is_local: bool,
    /// Open flags.
    pub open_flags: Option<u32>,
    /// The number that the action is about: the signal, or the capability.
    pub code: Option<u32>,
    /// The process that is acted on.
    pub target: Option<Target>,
    /// Address, IPv4 as IPv4-mapped.
    pub address: Option<[u8; 16]>,
    /// The process's command name.
    pub name: Vec<u8>,
    /// Whether that is the name that it had when it asked.
    pub name_known: bool,
    /// The process's executable.
    pub exe: PathFact,
    /// The executable that its creator ran when it created it.
    pub parent: PathFact,
    /// The object's path.
    pub path: PathFact,
}

/// A process that another acts on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Process id.
    pub pid: u32,
    /// Effective user.
    pub uid: u32,
    /// Effective group.
    pub gid: u32,
    /// Its command name.
    pub name: Vec<u8>,
    /// Its executable.
    pub exe: PathFact,
}

/// Bytes that are no report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportError {
    /// How many bytes there were.
    pub length: usize,
}

impl std::fmt::Display for ReportError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a report of {} bytes where reports have {}", self.length, Report::BYTES)
    }
}

impl std::error::Error for ReportError {}

const TAG_ABSENT: u8 = 0;
const TAG_KNOWN: u8 = 2;

impl Report {
    /// Length of a report.
    pub const BYTES: usize = size_of::<layout::Report>();

    /// Reads a report.
    ///
    /// # Errors
    /// When the bytes are not of a report's length.
    pub fn parse(bytes: &[u8]) -> Result<Self, ReportError> {
        if bytes.len() != Self::BYTES {
            return Err(ReportError { length: bytes.len() });
        }
        macro_rules! get {
            ($field:ident: $type:ty) => {
                <$type>::from_le_bytes(word(bytes, offset_of!(layout::Report, $field)))
            };
        }
        let path = |tag: u8, at: usize, room: usize, length: usize| match tag {
            TAG_ABSENT => PathFact::Absent,
            TAG_KNOWN if length <= room => PathFact::Known(bytes[at..at + length].to_vec()),
            TAG_KNOWN => PathFact::Cut(bytes[at..at + room].to_vec(), length),
            _ => PathFact::Unknown,
        };
        let clause = get!(clause: u32);
        let started = ImageId::new(get!(started: u64));
        let text = |name: [u8; 16]| -> Vec<u8> { name.into_iter().take_while(|b| *b != 0).collect() };
        Ok(Self {
            time_ns: get!(time_ns: u64),
            sequence: get!(sequence: u64),
            cpu: get!(cpu: u32),
            cgroup: get!(cgroup: u64),
            image: ImageId::new(get!(image: u64)),
            forked: get!(forked: u8) != 0,
            started: (started != ImageId::Unknown).then_some(started),
            generation: get!(generation: u32),
            clause: (clause != u32::MAX).then_some(clause),
            flags: ReportFlags(get!(flags: u32)),
            pid: get!(pid: u32),
            tid: get!(tid: u32),
            ppid: get!(ppid: u32),
            uid: get!(uid: u32),
            gid: get!(gid: u32),
            user_known: get!(user_tag: u8) == TAG_KNOWN,
            action: get!(action: u8),
            role: get!(role: u8),
            reason: get!(reason: u8),
            responses: get!(responses: u8),
            protocol: get!(protocol: u16),
            port: get!(port: u16),
            port_known: get!(port_tag: u8) == TAG_KNOWN,
            is_local: get!(address_tag: u8) == TAG_ABSENT,
            open_flags: (get!(flags_tag: u8) == TAG_KNOWN).then(|| get!(open_flags: u32)),
            code: (get!(code_tag: u8) == TAG_KNOWN).then(|| get!(code: u32)),
            target: (get!(target_known: u8) != 0).then(|| Target {
                pid: get!(target_pid: u32),
                uid: get!(target_uid: u32),
                gid: get!(target_gid: u32),
                name: text(word(bytes, offset_of!(layout::Report, target_comm))),
                exe: path(
                    get!(target_tag: u8),
                    offset_of!(layout::Report, target),
                    EXE_BYTES,
                    get!(target_len: u16).into(),
                ),
            }),
            address: (get!(address_tag: u8) == TAG_KNOWN)
                .then(|| word(bytes, offset_of!(layout::Report, address))),
            name: text(word(bytes, offset_of!(layout::Report, comm))),
            name_known: get!(name_tag: u8) == TAG_KNOWN,
            exe: path(
                get!(exe_tag: u8),
                offset_of!(layout::Report, exe),
                EXE_BYTES,
                get!(exe_len: u16).into(),
            ),
            parent: path(
                get!(parent_tag: u8),
                offset_of!(layout::Report, parent),
                EXE_BYTES,
                get!(parent_len: u16).into(),
            ),
            path: path(
                get!(path_tag: u8),
                offset_of!(layout::Report, path),
                REPORT_PATH_BYTES,
                get!(path_len: u32) as usize,
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(edit: impl Fn(&mut [u8])) -> Vec<u8> {
        let mut bytes = vec![0; Report::BYTES];
        edit(&mut bytes);
        bytes
    }

    #[test]
    fn fields_are_read_where_they_lie() {
        let raw = bytes(|b| {
            b[offset_of!(layout::Report, pid)] = 7;
            b[offset_of!(layout::Report, clause)..][..4].fill(0xff);
            b[offset_of!(layout::Report, path_tag)] = TAG_KNOWN;
            b[offset_of!(layout::Report, path_len)] = 2;
            b[offset_of!(layout::Report, path)..][..2].copy_from_slice(b"/a");
            b[offset_of!(layout::Report, comm)..][..2].copy_from_slice(b"sh");
        });
        let report = Report::parse(&raw).unwrap();
        assert_eq!((report.pid, report.clause, report.name.as_slice()), (7, None, b"sh".as_slice()));
        assert_eq!(report.path, PathFact::Known(b"/a".to_vec()));
        assert_eq!(report.exe, PathFact::Absent);
    }

    #[test]
    fn images_are_told_apart() {
        let image = |word: u64| {
            let raw =
                bytes(|b| b[offset_of!(layout::Report, image)..][..8].copy_from_slice(&word.to_le_bytes()));
            Report::parse(&raw).unwrap().image
        };
        assert_eq!(image(0), ImageId::Unknown);
        assert_eq!(image(1 << 63 | 7), ImageId::Elder(7));
        assert_eq!(image(3 << 40 | 7), ImageId::Started(3 << 40 | 7));
    }

    #[test]
    fn a_long_path_says_that_it_is_cut() {
        let raw = bytes(|b| {
            b[offset_of!(layout::Report, path_tag)] = TAG_KNOWN;
            b[offset_of!(layout::Report, path_len)..][..4].copy_from_slice(&4000u32.to_le_bytes());
        });
        assert_eq!(Report::parse(&raw).unwrap().path, PathFact::Cut(vec![0; REPORT_PATH_BYTES], 4000));
    }

    #[test]
    fn another_length_is_refused() {
        assert_eq!(Report::parse(&[0; 12]), Err(ReportError { length: 12 }));
    }
}
