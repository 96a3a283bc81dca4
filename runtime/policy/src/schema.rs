//! The field schema as Rust data, generated from `schema.toml`.

#![allow(clippy::unreadable_literal, reason = "numbers in the generated tables are codes, not amounts")]

use crate::event::Source;

include!(concat!(env!("OUT_DIR"), "/schema.rs"));

/// A Linux release, as far as the schema needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KernelVersion {
    /// First number of the release.
    pub major: u16,
    /// Second number of the release.
    pub minor: u16,
}

impl std::fmt::Display for KernelVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// What an action acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectKind {
    /// A file, by its resolved path.
    Path,
    /// A network endpoint.
    Endpoint,
    /// Names of the schema (capabilities, system calls).
    Names,
    /// Another process, or nothing in particular.
    ProcessOrNone,
    /// A file, or nothing in particular.
    PathOrNone,
    /// Nothing.
    None,
}

/// The type of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldType {
    /// Bytes that are a resolved path.
    Path,
    /// Bytes.
    String,
    /// A signed 64-bit integer.
    Int,
    /// Seconds since 1970-01-01T00:00:00Z.
    Time,
    /// An IPv4 or IPv6 address.
    Ip,
    /// A port, 0 to 65535.
    Port,
    /// A name of the table `Role`.
    Role,
    /// A name of the table `Protocol`.
    Protocol,
    /// A name of the table `Signal`.
    Signal,
    /// A name of the table `Capability`.
    Capability,
    /// A name of the table `Syscall`.
    Syscall,
    /// A bit set over the table `Flag`.
    Flags,
    /// A list of byte strings.
    List,
    /// A map from byte string to byte string.
    Map,
}

impl FieldType {
    /// The table of names whose codes the fact holds, if it is one of names.
    pub fn names(self) -> Option<&'static NameTable> {
        let name = match self {
            Self::Role => "Role",
            Self::Protocol => "Protocol",
            Self::Signal => "Signal",
            Self::Capability => "Capability",
            Self::Syscall => "Syscall",
            Self::Flags => "Flag",
            _ => return None,
        };
        NAME_TABLES.iter().find(|t| t.name == name)
    }

    /// Whether a known fact of this type is held as one integer.
    pub fn is_scalar(self) -> bool {
        !matches!(self, Self::Path | Self::String | Self::Ip | Self::List | Self::Map)
    }
}

/// How long a fact stays what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stability {
    /// Fixed when the image starts.
    Exec,
    /// Fixed while the process stays in its container or cgroup.
    Container,
    /// May change at any time.
    Changing,
    /// Belongs to one event.
    Event,
}

/// One action of the schema.
#[derive(Debug)]
pub struct ActionInfo {
    /// The action.
    pub action: Action,
    /// Its word in the language.
    pub name: &'static str,
    /// The group it belongs to.
    pub group: &'static str,
    /// What it acts on.
    pub object: ObjectKind,
    /// Roles its objects can have.
    pub roles: &'static [&'static str],
    /// The word before an endpoint, if the object is one.
    pub preposition: Option<&'static str>,
    /// First kernel that can stop it inside a hook.
    pub kernel: Option<KernelVersion>,
    /// This release's kernel programs that decide it; without one, nothing enforces a rule on it.
    pub hooks: &'static [&'static str],
    /// One line for people.
    pub doc: &'static str,
}

/// A word that stands for several actions.
#[derive(Debug)]
pub struct GroupInfo {
    /// Its word in the language.
    pub name: &'static str,
    /// The actions it stands for.
    pub actions: &'static [Action],
    /// One line for people; empty for a group that is just its members.
    pub doc: &'static str,
}

/// One fact of a process record or of an event.
#[derive(Debug)]
pub struct FieldInfo {
    /// Its name in the language (`process.exe`, `port`).
    pub name: &'static str,
    /// Its slot in the record.
    pub code: usize,
    /// Its type.
    pub kind: FieldType,
    /// Unit of a number.
    pub unit: Option<&'static str>,
    /// How long it stays what it is.
    pub stability: Stability,
    /// Actions whose events can have it; empty for all.
    pub actions: &'static [Action],
    /// First kernel where a hook can read it.
    pub kernel: Option<KernelVersion>,
    /// Of whom this release's kernel programs read it; of others it is unknown to them. For facts of processes.
    pub read_of: &'static [Source],
    /// The actions at which this release's kernel programs read it. For facts of events.
    pub read_in: &'static [Action],
    /// Whether the runtime's inventory (containers, pods) gives it to the kernel.
    pub inventory: bool,
    /// One line for people.
    pub doc: &'static str,
}

/// Names and their codes.
#[derive(Debug)]
pub struct NameTable {
    /// The type's name.
    pub name: &'static str,
    /// Names with codes, sorted by code.
    pub values: &'static [(&'static str, u32)],
    /// The codes that this release's kernel programs meet; `None` for all.
    pub seen: Option<&'static [u32]>,
    /// One line for people.
    pub doc: &'static str,
}

impl NameTable {
    /// The code of a name.
    pub fn code(&self, name: &str) -> Option<u32> {
        self.values.iter().find(|(n, _)| *n == name).map(|(_, c)| *c)
    }

    /// Whether this release's kernel programs meet the code.
    pub fn sees(&self, code: u32) -> bool {
        self.seen.is_none_or(|seen| seen.contains(&code))
    }

    /// The name of a code.
    pub fn name(&self, code: u32) -> Option<&'static str> {
        self.values.binary_search_by_key(&code, |(_, c)| *c).ok().map(|i| self.values[i].0)
    }
}

/// Number of actions.
pub const ACTION_COUNT: usize = ACTIONS.len();

impl Action {
    /// All actions, by code.
    pub fn all() -> impl Iterator<Item = Self> {
        ACTIONS.iter().map(|a| a.action)
    }

    /// The action with that code.
    pub fn from_code(code: u8) -> Option<Self> {
        ACTIONS.get(code as usize).map(|a| a.action)
    }

    /// The action with that word.
    pub fn from_name(name: &str) -> Option<Self> {
        ACTIONS.iter().find(|a| a.name == name).map(|a| a.action)
    }

    /// What the schema says of it.
    pub fn info(self) -> &'static ActionInfo {
        &ACTIONS[self as usize]
    }

    /// Its word in the language.
    pub fn name(self) -> &'static str {
        self.info().name
    }

    /// Whether a kernel program of this release decides it.
    pub fn is_enforced(self) -> bool {
        !self.info().hooks.is_empty()
    }
}

/// All groups, by name.
pub fn groups() -> &'static [GroupInfo] {
    GROUPS
}

/// The group with that name.
pub fn group(name: &str) -> Option<&'static GroupInfo> {
    GROUPS.iter().find(|g| g.name == name)
}

/// The facts of a process record, by slot.
pub fn process_fields() -> &'static [FieldInfo] {
    &PROCESS_FIELDS
}

/// The facts of an event, by slot.
pub fn event_fields() -> &'static [FieldInfo] {
    &EVENT_FIELDS
}

/// All tables of names.
pub fn name_tables() -> &'static [NameTable] {
    NAME_TABLES
}

/// Slots of facts that code mentions by name.
pub mod slot {
    /// `process.exe` in a process record.
    pub const EXE: usize = 0;
    /// `process.script` in a process record.
    pub const SCRIPT: usize = 1;
    /// `process.uid` in a process record.
    pub const UID: usize = 5;
    /// `role` in an event.
    pub const ROLE: usize = 0;
    /// `path` in an event.
    pub const PATH: usize = 1;
    /// `protocol` in an event.
    pub const PROTOCOL: usize = 3;
    /// `address` in an event.
    pub const ADDRESS: usize = 4;
    /// `port` in an event.
    pub const PORT: usize = 5;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_slots_are_the_schemas() {
        assert_eq!(process_fields()[slot::EXE].name, "process.exe");
        assert_eq!(process_fields()[slot::SCRIPT].name, "process.script");
        assert_eq!(process_fields()[slot::UID].name, "process.uid");
        assert_eq!(event_fields()[slot::ROLE].name, "role");
        assert_eq!(event_fields()[slot::PATH].name, "path");
        assert_eq!(event_fields()[slot::PROTOCOL].name, "protocol");
        assert_eq!(event_fields()[slot::ADDRESS].name, "address");
        assert_eq!(event_fields()[slot::PORT].name, "port");
    }

    #[test]
    fn every_named_type_has_its_table() {
        for f in process_fields().iter().chain(event_fields()) {
            let named = matches!(
                f.kind,
                FieldType::Role
                    | FieldType::Protocol
                    | FieldType::Signal
                    | FieldType::Capability
                    | FieldType::Syscall
                    | FieldType::Flags
            );
            assert_eq!(f.kind.names().is_some(), named, "{}", f.name);
        }
    }
}
