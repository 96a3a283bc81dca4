//! What a program's rules can tell apart of an endpoint: classes of protocols, of addresses and of ports.
//!
//! A class lies inside or outside of every test that the program makes, so all of its values fare alike. Classes of one axis are
//! halved again and again by those who look for what fares differently; each half has a condition that is made once.

use crate::model::{Atom, Cond, CondKind, FactRef, Model, Network};
use crate::prove::{Claim, Formula, ModelId};
use crate::span::Span;
use std::ops::Range;
use warmor_policy::event::{Address, Source};
use warmor_policy::schema::{Action, slot};

/// Codes of protocols that have ports.
const WITH_PORTS: &[u32] = &[6, 17, 33, 132, 136, 262];
/// Codes of protocols that have no addresses.
const LOCAL: std::ops::RangeInclusive<u32> = 258..=261;
/// The largest code of a protocol.
const LAST_PROTOCOL: u32 = 262;

/// What events of a protocol have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProtocolKind {
    /// An address and a port.
    Ports,
    /// An address and no port.
    Addresses,
    /// Neither.
    Local,
}

impl ProtocolKind {
    pub(super) const ALL: [Self; 3] = [Self::Ports, Self::Addresses, Self::Local];
}

fn kind(code: u32) -> ProtocolKind {
    if LOCAL.contains(&code) {
        ProtocolKind::Local
    } else if WITH_PORTS.contains(&code) {
        ProtocolKind::Ports
    } else {
        ProtocolKind::Addresses
    }
}

/// Addresses that no rule tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressClass {
    /// These. On `bind` and `listen` without the two wildcards.
    Range(Network),
    /// On `bind` and `listen`: `0.0.0.0`, which stands for all of IPv4.
    AnyV4,
    /// On `bind` and `listen`: `::`, which stands for all addresses.
    AnyV6,
}

/// The classes of one axis with the conditions of all halves.
#[derive(Debug)]
pub(super) struct Axis<C> {
    pub(super) classes: Vec<C>,
    nodes: Vec<(Range<usize>, Node)>,
}

/// That an event is in some classes.
#[derive(Debug)]
enum Node {
    Is(Cond),
    /// The first and none of the second.
    But(Cond, Cond),
    /// All of the first and not the second.
    Both(Cond, Cond, Cond),
    Any(Vec<Node>),
}

impl Node {
    fn formula(&self, model: ModelId) -> Formula<Claim<'_>> {
        let holds = |c| Formula::Test(Claim::Holds(model, c));
        match self {
            Self::Is(cond) => holds(cond),
            Self::But(cond, other) => Formula::All(vec![holds(cond), holds(other).negated()]),
            Self::Both(a, b, not) => Formula::All(vec![holds(a), holds(b), holds(not).negated()]),
            Self::Any(nodes) => Formula::Any(nodes.iter().map(|n| n.formula(model)).collect()),
        }
    }
}

impl<C> Axis<C> {
    fn new(classes: Vec<C>, node: impl Fn(&[C]) -> Node) -> Self {
        let mut axis = Self { nodes: Vec::new(), classes };
        let mut pending: Vec<Range<usize>> = std::iter::once(axis.whole()).collect();
        while let Some(range) = pending.pop() {
            pending.extend(halves(&range).into_iter().flatten());
            axis.nodes.push((range.clone(), node(&axis.classes[range])));
        }
        axis.nodes.sort_by_key(|(range, _)| (range.start, range.end));
        axis
    }

    pub(super) fn whole(&self) -> Range<usize> {
        0..self.classes.len()
    }

    /// That an event is in one of the classes; a range that halving comes to.
    pub(super) fn formula(&self, model: ModelId, range: &Range<usize>) -> Formula<Claim<'_>> {
        let at = self.nodes.binary_search_by_key(&(range.start, range.end), |(r, _)| (r.start, r.end));
        match at {
            Ok(at) => self.nodes[at].1.formula(model),
            Err(_) => Formula::Const(false),
        }
    }
}

/// The two halves of a range of more than one.
pub(super) fn halves(range: &Range<usize>) -> Option<[Range<usize>; 2]> {
    let middle = range.start + range.len() / 2;
    (range.len() > 1).then_some([range.start..middle, middle..range.end])
}

/// The classes of all three axes.
#[derive(Debug)]
pub(super) struct Axes {
    /// By [`ProtocolKind`]: the codes of each class.
    pub(super) protocols: [Axis<Vec<u32>>; 3],
    pub(super) addresses: Axis<AddressClass>,
    pub(super) ports: Axis<(u16, u16)>,
    /// That an event has an address.
    pub(super) has_address: Cond,
    /// That an event has a port.
    pub(super) has_port: Cond,
}

/// Bounds of the tests that a program makes: where something begins.
#[derive(Debug, Default)]
struct Cuts {
    /// Inclusive ranges.
    protocols: Vec<(i64, i64)>,
    ports: Vec<i64>,
    addresses: Vec<u128>,
}

impl Axes {
    pub(super) fn new(model: &Model, action: Action, named: &[(String, Vec<Network>)]) -> Self {
        let mut cuts = Cuts::default();
        cuts.model(model, action);
        for network in named.iter().flat_map(|(_, networks)| networks) {
            cuts.network(*network);
        }
        Self {
            protocols: ProtocolKind::ALL.map(|kind| {
                Axis::new(cuts.protocol_classes(kind), |classes| {
                    let ranges = runs(classes.concat()).into_iter();
                    Node::Is(any(ranges.map(|(a, b)| number(slot::PROTOCOL, a.into(), b.into()))))
                })
            }),
            addresses: cuts.address_axis(action),
            ports: Axis::new(cuts.port_classes(), |classes| {
                let (first, last) = (classes.first().map_or(1, |c| c.0), classes.last().map_or(0, |c| c.1));
                Node::Is(number(slot::PORT, first.into(), last.into()))
            }),
            has_address: present(slot::ADDRESS),
            has_port: present(slot::PORT),
        }
    }
}

impl Cuts {
    fn model(&mut self, model: &Model, action: Action) {
        for rule in model.rules.iter().filter(|r| r.actions.contains(action)) {
            self.cond(&rule.object);
            rule.except.iter().chain(&rule.condition).for_each(|c| self.cond(c));
        }
        model.assumptions.iter().for_each(|a| self.cond(&a.cond));
    }

    fn cond(&mut self, cond: &Cond) {
        match &cond.kind {
            CondKind::Const(_) => {}
            CondKind::Not(inner) => self.cond(inner),
            CondKind::All(parts) | CondKind::Any(parts) => parts.iter().for_each(|p| self.cond(p)),
            CondKind::Atom(Atom::Number { fact, first, last }) if fact.source == Source::Event => {
                match fact.slot {
                    slot::PROTOCOL => self.protocols.push((*first, *last)),
                    slot::PORT => self.ports.extend([*first, last.saturating_add(1)]),
                    _ => {}
                }
            }
            CondKind::Atom(Atom::Address { networks, .. }) => {
                for network in networks {
                    self.network(*network);
                }
            }
            CondKind::Atom(_) => {}
        }
    }

    fn network(&mut self, network: Network) {
        self.addresses.push(network.first.0);
        self.addresses.extend(network.last.0.checked_add(1));
    }

    /// Protocols of a kind that pass the same tests are one class, whatever stands between them.
    fn protocol_classes(&self, wanted: ProtocolKind) -> Vec<Vec<u32>> {
        let mut classes: Vec<(Vec<bool>, Vec<u32>)> = Vec::new();
        for code in (0..=LAST_PROTOCOL).filter(|c| kind(*c) == wanted) {
            let passed: Vec<bool> =
                self.protocols.iter().map(|(f, l)| (*f..=*l).contains(&code.into())).collect();
            match classes.iter_mut().find(|(p, _)| *p == passed) {
                Some((_, codes)) => codes.push(code),
                None => classes.push((passed, vec![code])),
            }
        }
        classes.into_iter().map(|(_, codes)| codes).collect()
    }

    fn port_classes(&self) -> Vec<(u16, u16)> {
        let mut starts: Vec<u16> = self.ports.iter().filter_map(|p| u16::try_from(*p).ok()).collect();
        starts.push(0);
        starts.sort_unstable();
        starts.dedup();
        let ends = starts.iter().skip(1).map(|s| s - 1).chain([u16::MAX]);
        starts.iter().copied().zip(ends).collect()
    }

    fn address_axis(&self, action: Action) -> Axis<AddressClass> {
        let wild = matches!(action, Action::Bind | Action::Listen);
        let mut starts = self.addresses.clone();
        starts.extend([0, Address::V4_FIRST.0, Address::V4_LAST.0 + 1]);
        starts.sort_unstable();
        starts.dedup();
        let ends = starts.iter().skip(1).map(|s| s - 1).chain([u128::MAX]);
        let ranges = starts.iter().zip(ends);
        let ranges = ranges.map(|(first, last)| Network { first: Address(*first), last: Address(last) });
        let mut classes: Vec<AddressClass> = ranges.map(AddressClass::Range).collect();
        if !wild {
            return Axis::new(classes, |classes| Node::Is(address(ranges_of(classes))));
        }
        classes.extend([AddressClass::AnyV4, AddressClass::AnyV6]);
        Axis::new(classes, wild_node)
    }
}

fn ranges_of(classes: &[AddressClass]) -> Vec<Network> {
    let ranges = classes.iter().filter_map(|c| match c {
        AddressClass::Range(network) => Some(*network),
        AddressClass::AnyV4 | AddressClass::AnyV6 => None,
    });
    merged(ranges.collect())
}

/// Classes where a condition on an address is also true of the wildcard that stands for it.
fn wild_node(classes: &[AddressClass]) -> Node {
    let one = |n: u128| address(vec![Network { first: Address(n), last: Address(n) }]);
    // Of several disjoint networks only a wildcard is in all.
    let (v4, other_v4, v6) = (one(0xffff_0100_0000), one(0xffff_0200_0000), one(0x2001 << 112 | 1));
    let ranges = ranges_of(classes);
    let mut nodes = Vec::new();
    if !ranges.is_empty() {
        nodes.push(Node::But(address(ranges.clone()), address(outside(&ranges))));
    }
    if classes.contains(&AddressClass::AnyV4) {
        nodes.push(Node::Both(v4.clone(), other_v4, v6.clone()));
    }
    if classes.contains(&AddressClass::AnyV6) {
        nodes.push(Node::Both(v4, v6, Cond::constant(false, Span::default())));
    }
    Node::Any(nodes)
}

/// Every address that is in none of the networks, which are in order.
fn outside(networks: &[Network]) -> Vec<Network> {
    let mut out = Vec::new();
    let mut at = Some(0u128);
    for network in networks {
        if let Some(start) = at.filter(|s| *s < network.first.0) {
            out.push(Network { first: Address(start), last: Address(network.first.0 - 1) });
        }
        at = network.last.0.checked_add(1);
    }
    out.extend(at.map(|start| Network { first: Address(start), last: Address(u128::MAX) }));
    out
}

/// Networks in order, those that touch as one, each of one family.
pub(super) fn merged(mut networks: Vec<Network>) -> Vec<Network> {
    networks.sort_unstable();
    let mut out: Vec<Network> = Vec::new();
    let family = |a: Address| (a.0 > Address::V4_LAST.0, a.0 >= Address::V4_FIRST.0);
    for network in networks {
        match out.last_mut() {
            Some(last)
                if last.last.0.checked_add(1).is_none_or(|next| network.first.0 <= next)
                    && family(last.last) == family(network.first) =>
            {
                last.last = last.last.max(network.last);
            }
            _ => out.push(network),
        }
    }
    out
}

/// Numbers as inclusive ranges.
pub(super) fn runs(mut codes: Vec<u32>) -> Vec<(u32, u32)> {
    codes.sort_unstable();
    let mut out: Vec<(u32, u32)> = Vec::new();
    for code in codes {
        match out.last_mut() {
            Some((_, last)) if *last + 1 >= code => *last = code,
            _ => out.push((code, code)),
        }
    }
    out
}

fn fact(slot: usize) -> FactRef {
    FactRef { source: Source::Event, slot, key: None }
}

fn number(slot: usize, first: i64, last: i64) -> Cond {
    Cond::atom(Atom::Number { fact: fact(slot), first, last }, Span::default())
}

pub(super) fn address(networks: Vec<Network>) -> Cond {
    Cond::atom(Atom::Address { fact: fact(slot::ADDRESS), networks }, Span::default())
}

fn present(slot: usize) -> Cond {
    Cond::atom(Atom::Present { fact: fact(slot) }, Span::default())
}

fn any(conds: impl Iterator<Item = Cond>) -> Cond {
    Cond::any(conds.collect(), Span::default())
}
