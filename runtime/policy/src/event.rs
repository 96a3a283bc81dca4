//! Events: what one operation asks for, with its facts, and the byte form that every engine reads.
//!
//! A fact is *known*, *absent* (a pipe has no path) or *unknown* (a path too deep to resolve). The byte form has fixed slots,
//! so an engine reads a fact with one load; strings, lists and addresses lie behind the slots. All numbers are little-endian.
//!
//! ```text
//! 0   u32 length of the whole event        4 u8 version   5 u8 action   6 u8 flags   7 u8 zero
//! 8   u32 process record   12 u32 parent record   16 u32 target record   (offset, 0 = every fact absent)
//! 20  u32 ancestors: offset of an array of record offsets   24 u32 their number   28 u32 zero
//! 32  16 tags of the event's facts, then one u64 value per fact
//! record: 24 tags of a process's facts, then one u64 value per fact (8-aligned)
//! tag: 0 absent, 1 unknown, 2 known
//! value: the number itself; or offset | length << 32 of bytes, of an array of (offset | length << 32) for a list,
//!        of an array of such pairs for a map; an address is the offset of 16 bytes in network order
//! ```

use crate::schema::{
    Action, EVENT_FIELD_COUNT, FieldInfo, FieldType, PROCESS_FIELD_COUNT, event_fields, process_fields, slot,
};
use std::net::IpAddr;

#[cfg(feature = "json")]
pub mod json;

/// Version of the byte form.
pub const EVENT_VERSION: u8 = 1;
/// Longest event that any engine accepts, in bytes.
pub const MAX_EVENT_BYTES: usize = 1 << 16;
/// Most ancestors an event can carry.
pub const MAX_ANCESTORS: usize = 64;
/// Offset of the event's own tags.
pub const EVENT_TAGS: usize = 32;
/// Offset of the event's own values.
pub const EVENT_VALUES: usize = EVENT_TAGS + 16;
/// Offset of a record's values from its start.
pub const RECORD_VALUES: usize = 24;
/// Length of a process record, in bytes.
pub const RECORD_BYTES: usize = RECORD_VALUES + 8 * PROCESS_FIELD_COUNT;
/// Length of the fixed part of an event, in bytes.
pub const FIXED_BYTES: usize = EVENT_VALUES + 8 * EVENT_FIELD_COUNT;
/// Flag: some ancestors are not known.
pub const FLAG_ANCESTORS_INCOMPLETE: u8 = 1;

const _: () = assert!(EVENT_FIELD_COUNT <= 16 && PROCESS_FIELD_COUNT <= 24);

/// Tag of a fact that is absent.
pub const TAG_ABSENT: u8 = 0;
/// Tag of a fact that is unknown.
pub const TAG_UNKNOWN: u8 = 1;
/// Tag of a fact that is known.
pub const TAG_KNOWN: u8 = 2;

/// An address as one number: IPv6 as it is, IPv4 as the IPv4-mapped address that means the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(pub u128);

impl Address {
    /// The first of the IPv4 addresses, `0.0.0.0`.
    pub const V4_FIRST: Self = Self(0xffff_0000_0000);
    /// The last of the IPv4 addresses, `255.255.255.255`.
    pub const V4_LAST: Self = Self(0xffff_ffff_ffff);
    /// `::`
    pub const V6_UNSPECIFIED: Self = Self(0);

    /// Whether it is an IPv4 address, written either way.
    pub fn is_v4(self) -> bool {
        (Self::V4_FIRST..=Self::V4_LAST).contains(&self)
    }

    /// Whether it is the wildcard of its family.
    pub fn is_wildcard(self) -> bool {
        self == Self::V4_FIRST || self == Self::V6_UNSPECIFIED
    }
}

impl From<IpAddr> for Address {
    fn from(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(v4) => Self(u128::from(v4.to_ipv6_mapped())),
            IpAddr::V6(v6) => Self(u128::from(v6)),
        }
    }
}

impl From<Address> for IpAddr {
    fn from(a: Address) -> Self {
        Self::V6(a.0.into()).to_canonical()
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        IpAddr::from(*self).fmt(f)
    }
}

/// The value of a known fact.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// A number, a name's code, a set of flag bits, or seconds.
    Int(i64),
    /// A path or a string.
    Bytes(Vec<u8>),
    /// An address.
    Ip(Address),
    /// A list of strings.
    List(Vec<Vec<u8>>),
    /// A map of strings; the first entry of a key counts.
    Map(Vec<(Vec<u8>, Vec<u8>)>),
}

/// A fact of a process or an event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Fact {
    /// There is no such thing: a socket has no path.
    #[default]
    Absent,
    /// There is one, but it could not be read.
    Unknown,
    /// It is this.
    Known(Value),
}

/// The facts of one process, by slot of the schema.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Record(pub [Fact; PROCESS_FIELD_COUNT]);

impl Default for Record {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Fact::Absent))
    }
}

/// Whose record a fact is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Source {
    /// The event itself.
    Event = 0,
    /// The process that asks.
    Process = 1,
    /// The process that created it.
    Parent = 2,
    /// The process that it acts on, or that owns the endpoint.
    Target = 3,
}

/// One event: an action on one object, with its facts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Event {
    /// What is asked for.
    pub action: Action,
    /// The process that asks.
    pub process: Record,
    /// The process that created it.
    pub parent: Record,
    /// The process that is acted on, or that owns the endpoint.
    pub target: Record,
    /// Earlier images that the process descends from by exec or fork, nearest first.
    pub ancestors: Vec<Record>,
    /// Whether `ancestors` may lack some.
    pub ancestors_incomplete: bool,
    /// Facts of the event itself, by slot of the schema.
    pub facts: [Fact; EVENT_FIELD_COUNT],
}

impl Event {
    /// An event of which nothing but the action is known.
    pub fn new(action: Action) -> Self {
        Self {
            action,
            process: Record::default(),
            parent: Record::default(),
            target: Record::default(),
            ancestors: Vec::new(),
            ancestors_incomplete: false,
            facts: std::array::from_fn(|_| Fact::Absent),
        }
    }

    /// The fact in a slot of a record.
    pub fn fact(&self, source: Source, slot: usize) -> &Fact {
        match source {
            Source::Event => &self.facts[slot],
            Source::Process => &self.process.0[slot],
            Source::Parent => &self.parent.0[slot],
            Source::Target => &self.target.0[slot],
        }
    }

    /// Replaces what a target address says by what the kernel does with it: a connection or datagram to the wildcard address
    /// reaches the loopback address of its family.
    pub fn normalise(&mut self) {
        if matches!(self.action, Action::Connect | Action::Send)
            && let Fact::Known(Value::Ip(a)) = &mut self.facts[slot::ADDRESS]
        {
            *a = normalise_target(*a);
        }
    }
}

/// The address that a connection to `target` reaches.
pub fn normalise_target(target: Address) -> Address {
    match target {
        Address::V4_FIRST => Address(0xffff_7f00_0001),
        Address::V6_UNSPECIFIED => Address(1),
        other => other,
    }
}

/// Why an event has no byte form, or bytes are no event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventError {
    /// The event is longer than [`MAX_EVENT_BYTES`].
    TooLong,
    /// The event has more than [`MAX_ANCESTORS`] ancestors.
    TooManyAncestors,
    /// A fact's value is not of the fact's type.
    WrongType(&'static str),
    /// Bytes end before the event does.
    Truncated,
    /// The version is not [`EVENT_VERSION`].
    Version(u8),
    /// There is no action with that code.
    Action(u8),
    /// Something in the bytes is out of bounds or not of the form; the word says what.
    Malformed(&'static str),
}

impl std::fmt::Display for EventError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooLong => write!(f, "the event is longer than {MAX_EVENT_BYTES} bytes"),
            Self::TooManyAncestors => write!(f, "the event has more than {MAX_ANCESTORS} ancestors"),
            Self::WrongType(name) => write!(f, "the value of `{name}` does not have the fact's type"),
            Self::Truncated => write!(f, "the event's bytes end too early"),
            Self::Version(v) => write!(f, "event version {v} is not {EVENT_VERSION}"),
            Self::Action(c) => write!(f, "there is no action with code {c}"),
            Self::Malformed(what) => write!(f, "the event's {what} is malformed"),
        }
    }
}

impl std::error::Error for EventError {}

struct Encoder {
    out: Vec<u8>,
}

impl Encoder {
    fn align(&mut self) -> u32 {
        self.out.resize(self.out.len().next_multiple_of(8), 0);
        self.out.len() as u32
    }

    fn put32(&mut self, at: usize, v: u32) {
        self.out[at..at + 4].copy_from_slice(&v.to_le_bytes());
    }

    fn put64(&mut self, at: usize, v: u64) {
        self.out[at..at + 8].copy_from_slice(&v.to_le_bytes());
    }

    fn bytes(&mut self, b: &[u8]) -> u64 {
        let off = self.out.len() as u64;
        self.out.extend_from_slice(b);
        off | (b.len() as u64) << 32
    }

    fn array(&mut self, words: &[u64], count: usize) -> u64 {
        let off = u64::from(self.align());
        for w in words {
            self.out.extend_from_slice(&w.to_le_bytes());
        }
        off | (count as u64) << 32
    }

    fn facts(
        &mut self,
        tags: usize,
        values: usize,
        facts: &[Fact],
        fields: &[FieldInfo],
    ) -> Result<(), EventError> {
        for (i, (fact, field)) in facts.iter().zip(fields).enumerate() {
            let (tag, word) = match fact {
                Fact::Absent => (TAG_ABSENT, 0),
                Fact::Unknown => (TAG_UNKNOWN, 0),
                Fact::Known(v) => (TAG_KNOWN, self.value(v, field)?),
            };
            self.out[tags + i] = tag;
            self.put64(values + 8 * i, word);
            if self.out.len() > MAX_EVENT_BYTES {
                return Err(EventError::TooLong);
            }
        }
        Ok(())
    }

    fn value(&mut self, value: &Value, field: &FieldInfo) -> Result<u64, EventError> {
        Ok(match (value, field.kind) {
            (Value::Int(v), k) if k.is_scalar() => v.cast_unsigned(),
            (Value::Bytes(b), FieldType::Path | FieldType::String) => self.bytes(b),
            (Value::Ip(a), FieldType::Ip) => {
                let off = u64::from(self.align());
                self.out.extend_from_slice(&a.0.to_be_bytes());
                off
            }
            (Value::List(items), FieldType::List) => {
                let words: Vec<u64> = items.iter().map(|b| self.bytes(b)).collect();
                self.array(&words, items.len())
            }
            (Value::Map(pairs), FieldType::Map) => {
                let words: Vec<u64> =
                    pairs.iter().flat_map(|(k, v)| [self.bytes(k), self.bytes(v)]).collect();
                self.array(&words, pairs.len())
            }
            _ => return Err(EventError::WrongType(field.name)),
        })
    }

    fn record(&mut self, record: &Record) -> Result<u32, EventError> {
        if record.0.iter().all(|f| *f == Fact::Absent) {
            return Ok(0);
        }
        let at = self.align();
        self.out.resize(at as usize + RECORD_BYTES, 0);
        self.facts(at as usize, at as usize + RECORD_VALUES, &record.0, process_fields())?;
        Ok(at)
    }
}

/// The byte form of an event.
///
/// # Errors
/// When the event is too long, has too many ancestors, or a value is not of its fact's type.
pub fn encode(event: &Event) -> Result<Vec<u8>, EventError> {
    if event.ancestors.len() > MAX_ANCESTORS {
        return Err(EventError::TooManyAncestors);
    }
    let mut e = Encoder { out: vec![0; FIXED_BYTES] };
    e.out[4] = EVENT_VERSION;
    e.out[5] = event.action as u8;
    e.out[6] = if event.ancestors_incomplete { FLAG_ANCESTORS_INCOMPLETE } else { 0 };
    for (at, record) in [(8, &event.process), (12, &event.parent), (16, &event.target)] {
        let off = e.record(record)?;
        e.put32(at, off);
    }
    e.facts(EVENT_TAGS, EVENT_VALUES, &event.facts, event_fields())?;
    let offsets = event.ancestors.iter().map(|r| e.record(r)).collect::<Result<Vec<_>, _>>()?;
    let at = e.align();
    for off in &offsets {
        e.out.extend_from_slice(&off.to_le_bytes());
    }
    e.put32(20, at);
    e.put32(24, offsets.len() as u32);
    e.align();
    if e.out.len() > MAX_EVENT_BYTES {
        return Err(EventError::TooLong);
    }
    let len = e.out.len() as u32;
    e.put32(0, len);
    Ok(e.out)
}

/// Bytes of an event, read with bounds checks.
#[derive(Clone, Copy)]
pub struct View<'a>(&'a [u8]);

impl<'a> View<'a> {
    /// Checks the header. Everything behind it is checked when it is read: what is out of bounds reads as unknown.
    ///
    /// # Errors
    /// When the bytes are too short or too long, or the version or the action is not known.
    pub fn new(bytes: &'a [u8]) -> Result<Self, EventError> {
        if bytes.len() < FIXED_BYTES {
            return Err(EventError::Truncated);
        }
        if bytes.len() > MAX_EVENT_BYTES {
            return Err(EventError::TooLong);
        }
        let view = Self(bytes);
        if view.u32(0) as usize != bytes.len() {
            return Err(EventError::Truncated);
        }
        if bytes[4] != EVENT_VERSION {
            return Err(EventError::Version(bytes[4]));
        }
        Action::from_code(bytes[5]).ok_or(EventError::Action(bytes[5]))?;
        Ok(view)
    }

    fn u32(self, at: usize) -> u32 {
        self.0.get(at..at + 4).map_or(0, |b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
    }

    fn u64(self, at: usize) -> Option<u64> {
        Some(u64::from_le_bytes(self.0.get(at..at.checked_add(8)?)?.try_into().ok()?))
    }

    /// The action's code; always one of the schema's.
    pub fn action_code(self) -> u8 {
        self.0[5]
    }

    /// Where a source's record starts; `None` when every fact of it is absent.
    pub fn record(self, source: Source) -> Option<usize> {
        let off = match source {
            Source::Event => return Some(0),
            Source::Process => self.u32(8),
            Source::Parent => self.u32(12),
            Source::Target => self.u32(16),
        } as usize;
        (off != 0).then_some(off)
    }

    /// Where the records of the ancestors start; `None` for one whose facts are all absent.
    pub fn ancestors(self) -> impl Iterator<Item = Option<usize>> {
        let (at, count) = (self.u32(20) as usize, (self.u32(24) as usize).min(MAX_ANCESTORS));
        (0..count).map(move |i| Some(self.u32(at + 4 * i) as usize).filter(|o| *o != 0))
    }

    /// Whether some ancestors may be missing.
    pub fn ancestors_incomplete(self) -> bool {
        self.0[6] & FLAG_ANCESTORS_INCOMPLETE != 0 || self.u32(24) as usize > MAX_ANCESTORS
    }

    /// Tag and value of a fact of a process record at `record`.
    pub fn process_fact(self, record: Option<usize>, slot: usize) -> (u8, u64) {
        let Some(at) = record else { return (TAG_ABSENT, 0) };
        match (self.0.get(at.saturating_add(slot)), self.u64(at.saturating_add(RECORD_VALUES + 8 * slot))) {
            (Some(tag), Some(value)) => (*tag, value),
            _ => (TAG_UNKNOWN, 0),
        }
    }

    /// Tag and value of a fact of the event.
    pub fn event_fact(self, slot: usize) -> (u8, u64) {
        (self.0[EVENT_TAGS + slot], self.u64(EVENT_VALUES + 8 * slot).unwrap_or(0))
    }

    /// Tag and value of a fact of any source.
    pub fn fact(self, source: Source, slot: usize) -> (u8, u64) {
        match source {
            Source::Event => self.event_fact(slot),
            other => self.process_fact(self.record(other), slot),
        }
    }

    /// The bytes that a value points to.
    pub fn bytes(self, value: u64) -> Option<&'a [u8]> {
        let (off, len) = (value as u32 as usize, (value >> 32) as usize);
        self.0.get(off..off.checked_add(len)?)
    }

    /// The address that a value points to.
    pub fn address(self, value: u64) -> Option<Address> {
        let off = usize::try_from(value).ok()?;
        Some(Address(u128::from_be_bytes(self.0.get(off..off.checked_add(16)?)?.try_into().ok()?)))
    }

    /// The words of the array that a value points to, `per` words an entry; `None` when it does not lie in the event.
    pub fn words(self, value: u64, per: usize) -> Option<impl Iterator<Item = u64> + use<'a>> {
        let (off, count) = (value as u32 as usize, (value >> 32) as usize);
        let bytes = self.0.get(off..off.checked_add(count.checked_mul(8 * per)?)?)?;
        Some(
            bytes
                .chunks_exact(8)
                .map(|c| u64::from_le_bytes([c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]])),
        )
    }
}

fn decode_facts<const N: usize>(
    fields: &'static [FieldInfo],
    view: View<'_>,
    read: impl Fn(usize) -> (u8, u64),
) -> Result<[Fact; N], EventError> {
    let mut facts = std::array::from_fn(|_| Fact::Absent);
    for (i, field) in fields.iter().enumerate() {
        let (tag, word) = read(i);
        let malformed = EventError::Malformed(field.name);
        facts[i] = match tag {
            TAG_ABSENT => Fact::Absent,
            TAG_UNKNOWN => Fact::Unknown,
            TAG_KNOWN => Fact::Known(decode_value(field.kind, view, word).ok_or(malformed)?),
            _ => return Err(malformed),
        };
    }
    Ok(facts)
}

fn decode_value(kind: FieldType, view: View<'_>, word: u64) -> Option<Value> {
    let owned = |w| view.bytes(w).map(<[u8]>::to_vec);
    Some(match kind {
        FieldType::Path | FieldType::String => Value::Bytes(owned(word)?),
        FieldType::Ip => Value::Ip(view.address(word)?),
        FieldType::List => {
            // Entries may share bytes: the sum of their lengths is bounded, not only each of them.
            let mut room = MAX_EVENT_BYTES;
            let mut items = Vec::new();
            for w in view.words(word, 1)? {
                room = room.checked_sub((w >> 32) as usize)?;
                items.push(owned(w)?);
            }
            Value::List(items)
        }
        FieldType::Map => {
            let mut room = MAX_EVENT_BYTES;
            let words: Vec<u64> = view.words(word, 2)?.collect();
            let mut pairs = Vec::new();
            for pair in words.chunks_exact(2) {
                room = room.checked_sub((pair[0] >> 32) as usize)?.checked_sub((pair[1] >> 32) as usize)?;
                pairs.push((owned(pair[0])?, owned(pair[1])?));
            }
            Value::Map(pairs)
        }
        _ => Value::Int(word.cast_signed()),
    })
}

/// The event that bytes encode.
///
/// # Errors
/// When the bytes are not the byte form of an event.
pub fn decode(bytes: &[u8]) -> Result<Event, EventError> {
    let view = View::new(bytes)?;
    let action = Action::from_code(view.action_code()).ok_or(EventError::Action(view.action_code()))?;
    let record = |at: Option<usize>| -> Result<Record, EventError> {
        decode_facts(process_fields(), view, |i| view.process_fact(at, i)).map(Record)
    };
    if view.u32(24) as usize > MAX_ANCESTORS {
        return Err(EventError::TooManyAncestors);
    }
    Ok(Event {
        action,
        process: record(view.record(Source::Process))?,
        parent: record(view.record(Source::Parent))?,
        target: record(view.record(Source::Target))?,
        ancestors: view.ancestors().map(record).collect::<Result<_, _>>()?,
        ancestors_incomplete: view.ancestors_incomplete(),
        facts: decode_facts(event_fields(), view, |i| view.event_fact(i))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Event {
        let mut e = Event::new(Action::Connect);
        e.process.0[slot::EXE] = Fact::Known(Value::Bytes(b"/usr/sbin/nginx".to_vec()));
        e.process.0[slot::UID] = Fact::Known(Value::Int(-1));
        e.process.0[3] = Fact::Known(Value::List(vec![b"a".to_vec(), vec![]]));
        e.process.0[16] = Fact::Known(Value::Map(vec![(b"app".to_vec(), b"web".to_vec())]));
        e.parent.0[slot::SCRIPT] = Fact::Unknown;
        e.facts[slot::ADDRESS] = Fact::Known(Value::Ip(Address::from("10.0.0.1".parse::<IpAddr>().unwrap())));
        e.facts[slot::PORT] = Fact::Known(Value::Int(443));
        e.ancestors = vec![Record::default(), e.process.clone()];
        e.ancestors_incomplete = true;
        e
    }

    #[test]
    fn bytes_give_back_the_event() {
        assert_eq!(decode(&encode(&sample()).unwrap()), Ok(sample()));
    }

    #[test]
    fn every_truncation_is_refused() {
        let bytes = encode(&sample()).unwrap();
        for n in 0..bytes.len() {
            assert!(decode(&bytes[..n]).is_err(), "{n} bytes were taken for an event");
        }
    }

    #[test]
    fn a_value_of_another_type_is_refused() {
        let mut e = sample();
        e.facts[slot::PORT] = Fact::Known(Value::Bytes(vec![]));
        assert_eq!(encode(&e), Err(EventError::WrongType("port")));
    }

    #[test]
    fn mapped_addresses_are_folded() {
        let a = Address::from("::ffff:10.0.0.1".parse::<IpAddr>().unwrap());
        assert_eq!(a, Address::from("10.0.0.1".parse::<IpAddr>().unwrap()));
        assert_eq!(a.to_string(), "10.0.0.1");
    }

    #[test]
    fn a_wildcard_target_is_the_loopback() {
        let mut e = sample();
        e.facts[slot::ADDRESS] = Fact::Known(Value::Ip(Address::V4_FIRST));
        e.normalise();
        assert_eq!(
            e.facts[slot::ADDRESS],
            Fact::Known(Value::Ip(Address::from("127.0.0.1".parse::<IpAddr>().unwrap())))
        );
    }
}
