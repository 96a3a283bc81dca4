//! One cell: which flows of a row to a column are allowed.

use super::super::decide::{Meant, Outcomes, Relevant, outcomes_by};
use super::super::outcome::Verdict;
use super::axes::{AddressClass, Axes, ProtocolKind, halves, merged, runs};
use crate::model::Network;
use crate::prove::{Answer, Claim, Engine, Formula, ModelId};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use warmor_policy::schema::Action;

/// What there is of flows from a row to a column.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    /// The flows that are not denied.
    pub flows: Vec<Flow>,
    /// Whether there are others, which are denied.
    pub denied: bool,
}

/// Flows that fare alike: any of the protocols, to any of the places, to any of the ports.
#[derive(Clone, Debug)]
pub struct Flow {
    /// The protocols' codes, as inclusive ranges in order.
    pub protocols: Vec<(u32, u32)>,
    /// What events of these protocols have.
    pub kind: ProtocolKind,
    /// Where to, in order, no two of which touch; empty for protocols without addresses.
    pub places: Vec<AddressClass>,
    /// Which ports, as inclusive ranges in order, no two of which touch; empty for protocols without ports.
    pub ports: Vec<(u16, u16)>,
    /// The other places of the column; none where it is all of them.
    pub elsewhere: Vec<AddressClass>,
    /// How they fare.
    pub standing: Standing,
    /// What comes of them, by the clauses that decide.
    pub outcomes: Outcomes,
}

/// How flows fare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// All events of them are allowed.
    Allowed,
    /// Some are and some are not: it depends on other facts.
    Conditional,
    /// The budget ran out.
    Open,
}

/// Classes, by their numbers on each axis.
#[derive(Clone, Debug)]
struct Region {
    kind: ProtocolKind,
    protocols: Range<usize>,
    /// Empty where there is no such axis.
    addresses: Range<usize>,
    ports: Range<usize>,
}

pub(super) struct Fill<'e, 'm> {
    pub(super) engine: &'e mut Engine<'m>,
    pub(super) model: ModelId,
    pub(super) action: Action,
    pub(super) axes: &'m Axes,
    pub(super) verdict: Verdict,
    /// The clauses that apply to some event of the cell.
    pub(super) relevant: Relevant<'m>,
    /// That the process is of the row, the endpoint of the column, and what is assumed is true.
    pub(super) base: Formula<Claim<'m>>,
    /// The classes of addresses that the column has.
    pub(super) there: &'e [usize],
    pub(super) cell: Cell,
}

/// The classes that fare alike: places by protocol, ports by place.
type Sets = BTreeMap<(ProtocolKind, usize), BTreeMap<Option<usize>, BTreeSet<Option<usize>>>>;

impl<'m> Fill<'_, 'm> {
    /// The cell, of protocols of these kinds.
    pub(super) fn cell(mut self, kinds: &[ProtocolKind]) -> Cell {
        let mut sets: BTreeMap<Standing, Sets> = BTreeMap::new();
        for kind in kinds {
            let axes = self.axes;
            let region = Region {
                kind: *kind,
                protocols: axes.protocols[*kind as usize].whole(),
                addresses: if *kind == ProtocolKind::Local { 0..0 } else { axes.addresses.whole() },
                ports: if *kind == ProtocolKind::Ports { axes.ports.whole() } else { 0..0 },
            };
            self.split(&region, &mut sets);
        }
        for (standing, sets) in sets {
            for (protocols, places, ports) in alike(sets) {
                let flow = self.flow(protocols, places, ports, standing);
                self.cell.flows.push(flow);
            }
        }
        self.cell.flows.sort_by_key(|f| (f.kind, f.protocols.first().copied(), f.ports.first().copied()));
        self.cell
    }

    fn split(&mut self, region: &Region, sets: &mut BTreeMap<Standing, Sets>) {
        let inside = self.inside(region);
        let denied = self.relevant.denied(self.verdict);
        let mut is = |formula| {
            let wanted = Formula::All(vec![inside.clone(), formula]);
            self.engine.some_event([self.action].into_iter().collect(), &wanted)
        };
        let (allowed, denied) = (is(denied.clone().negated()), is(denied));
        let standing = match (&allowed, &denied) {
            (Answer::Empty, Answer::Empty) => return,
            (Answer::Empty, Answer::Found(_)) => {
                self.cell.denied = true;
                return;
            }
            (Answer::Found(_), Answer::Empty) => Standing::Allowed,
            (Answer::Found(_), Answer::Found(_)) => Standing::Conditional,
            _ => Standing::Open,
        };
        if standing != Standing::Allowed {
            let parts = if let Some(parts) = halves(&region.protocols) {
                Some(parts.map(|protocols| Region { protocols, ..region.clone() }))
            } else if let Some(parts) = halves(&region.addresses) {
                Some(parts.map(|addresses| Region { addresses, ..region.clone() }))
            } else {
                halves(&region.ports).map(|parts| parts.map(|ports| Region { ports, ..region.clone() }))
            };
            if let Some(parts) = parts {
                return parts.iter().for_each(|part| self.split(part, sets));
            }
        }
        self.add(sets.entry(standing).or_default(), region);
    }

    /// Adds the classes of a region, as far as the column has them.
    fn add(&self, sets: &mut Sets, region: &Region) {
        let ports: Vec<Option<usize>> = match region.kind {
            ProtocolKind::Ports => region.ports.clone().map(Some).collect(),
            _ => vec![None],
        };
        let places: Vec<Option<usize>> = match region.kind {
            ProtocolKind::Local => vec![None],
            _ => region.addresses.clone().filter(|a| self.there.contains(a)).map(Some).collect(),
        };
        for protocol in region.protocols.clone() {
            for place in &places {
                let known = sets.entry((region.kind, protocol)).or_default().entry(*place).or_default();
                known.extend(ports.iter().copied());
            }
        }
    }

    /// That an event is in the region.
    fn inside(&self, region: &Region) -> Formula<Claim<'m>> {
        let (axes, id) = (self.axes, self.model);
        let mut parts =
            vec![self.base.clone(), axes.protocols[region.kind as usize].formula(id, &region.protocols)];
        let absent = |cond| Formula::Test(Claim::Possible(id, cond)).negated();
        parts.push(match region.kind {
            ProtocolKind::Local => absent(&axes.has_address),
            _ => axes.addresses.formula(id, &region.addresses),
        });
        parts.push(match region.kind {
            ProtocolKind::Ports => axes.ports.formula(id, &region.ports),
            _ => absent(&axes.has_port),
        });
        Formula::All(parts)
    }

    fn flow(
        &mut self,
        protocols: Vec<(ProtocolKind, usize)>,
        places: Places,
        ports: Ports,
        standing: Standing,
    ) -> Flow {
        let (axes, id) = (self.axes, self.model);
        let kind = protocols.first().map_or(ProtocolKind::Local, |p| p.0);
        let one = |i: usize| i..i + 1;
        let protocol = protocols.iter().map(|(k, p)| axes.protocols[*k as usize].formula(id, &one(*p)));
        let mut parts = vec![self.base.clone(), Formula::Any(protocol.collect())];
        let absent = |cond| Formula::Test(Claim::Possible(id, cond)).negated();
        parts.push(match kind {
            ProtocolKind::Local => absent(&axes.has_address),
            _ => {
                Formula::Any(places.iter().flatten().map(|a| axes.addresses.formula(id, &one(*a))).collect())
            }
        });
        parts.push(match kind {
            ProtocolKind::Ports => {
                Formula::Any(ports.iter().flatten().map(|p| axes.ports.formula(id, &one(*p))).collect())
            }
            _ => absent(&axes.has_port),
        });
        let meant = Meant { actions: [self.action].into_iter().collect(), formula: Formula::All(parts) };
        let relevant = self.relevant.of_these(self.engine, &meant);
        let outcomes = outcomes_by(self.engine, &meant, &relevant);
        let elsewhere = match kind {
            ProtocolKind::Local => Vec::new(),
            _ => self.there.iter().filter(|class| !places.contains(&Some(**class))).copied().collect(),
        };
        let codes = protocols.iter().flat_map(|(k, p)| axes.protocols[*k as usize].classes[*p].clone());
        Flow {
            protocols: runs(codes.collect()),
            kind,
            places: joined(places.into_iter().flatten().map(|a| axes.addresses.classes[a])),
            ports: joined_ports(ports.into_iter().flatten().map(|p| axes.ports.classes[p])),
            elsewhere: joined(elsewhere.into_iter().map(|a| axes.addresses.classes[a])),
            standing,
            outcomes,
        }
    }
}

/// Protocols, places and ports that form one block.
type Block = (Vec<(ProtocolKind, usize)>, Places, Ports);

/// Blocks that are these classes together. Of the two ways to put the classes of a protocol together, the one with fewer blocks;
/// protocols with the same places and ports are one block.
fn alike(sets: Sets) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for (protocol, places) in sets {
        let (by_port, by_place) = (by_port(&places), by_place(places));
        for (places, ports) in if by_place.len() < by_port.len() { by_place } else { by_port } {
            let same = blocks.iter_mut().find(|(protocols, p, q)| {
                protocols.first().is_some_and(|f| f.0 == protocol.0) && *p == places && *q == ports
            });
            match same {
                Some((protocols, ..)) => protocols.push(protocol),
                None => blocks.push((vec![protocol], places, ports)),
            }
        }
    }
    blocks
}

type Places = BTreeSet<Option<usize>>;
type Ports = BTreeSet<Option<usize>>;

/// Places with the same ports together.
fn by_place(places: BTreeMap<Option<usize>, Ports>) -> Vec<(Places, Ports)> {
    let mut alike: BTreeMap<Ports, Places> = BTreeMap::new();
    for (place, ports) in places {
        alike.entry(ports).or_default().insert(place);
    }
    alike.into_iter().map(|(ports, places)| (places, ports)).collect()
}

/// Ports with the same places together.
fn by_port(places: &BTreeMap<Option<usize>, Ports>) -> Vec<(Places, Ports)> {
    let mut places_of: BTreeMap<Option<usize>, Places> = BTreeMap::new();
    for (place, ports) in places {
        for port in ports {
            places_of.entry(*port).or_default().insert(*place);
        }
    }
    let mut alike: BTreeMap<Places, Ports> = BTreeMap::new();
    for (port, places) in places_of {
        alike.entry(places).or_default().insert(port);
    }
    alike.into_iter().collect()
}

fn joined(classes: impl Iterator<Item = AddressClass>) -> Vec<AddressClass> {
    let (mut networks, mut rest): (Vec<Network>, Vec<AddressClass>) = (Vec::new(), Vec::new());
    for class in classes {
        match class {
            AddressClass::Range(network) => networks.push(network),
            other => rest.push(other),
        }
    }
    merged(networks).into_iter().map(AddressClass::Range).chain(rest).collect()
}

fn joined_ports(classes: impl Iterator<Item = (u16, u16)>) -> Vec<(u16, u16)> {
    let mut out: Vec<(u16, u16)> = Vec::new();
    for (first, last) in classes {
        match out.last_mut() {
            Some((_, end)) if u32::from(*end) + 1 >= u32::from(first) => *end = last,
            _ => out.push((first, last)),
        }
    }
    out
}
