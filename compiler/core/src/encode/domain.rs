//! Which events there are, as terms, and events made to fit: what [`prove::domain`](crate::prove::domain) says.

use super::terms::Term;
use super::vocabulary::{FactTerms, Owner, Place, Vocabulary};
use crate::model::FactRef;
use crate::prove::domain::{Domain, Values, contains, domain, shapes};
use warmor_policy::event::{Address, Event, Fact, Source, Value};
use warmor_policy::schema::{Action, event_fields, process_fields, slot};

impl Vocabulary<'_> {
    /// Which events there are. Called once, after everything that makes variables.
    pub(super) fn domain(&mut self) -> Vec<Term> {
        let mut out = Vec::new();
        let actions: Vec<Action> = Action::all().collect();
        out.push(self.action_in_all());
        for (place, fact) in self.facts.clone() {
            let unread = self.terms.not(fact.unknown);
            let open = self.terms.not(fact.known);
            out.push(self.terms.or([unread, open]));
            let mut groups: Vec<(Domain, Vec<Action>)> = Vec::new();
            for action in &actions {
                let domain = domain(*action, &reference(place));
                match groups.iter_mut().find(|(d, _)| *d == domain) {
                    Some((_, group)) => group.push(*action),
                    None => groups.push((domain, vec![*action])),
                }
            }
            for (domain, group) in groups {
                let own = self.action_in(group);
                let inside = self.inside(fact, &domain);
                out.push(self.terms.implies(own, inside));
            }
        }
        for action in actions {
            let shapes = shapes(action);
            if shapes.len() < 2 {
                continue;
            }
            let each: Vec<Term> = shapes
                .iter()
                .map(|shape| {
                    let parts: Vec<Term> = shape
                        .iter()
                        .filter_map(|(fact, domain)| {
                            let place = Place { owner: Owner::Source(fact.source), slot: fact.slot };
                            let terms = *self.facts.get(&place)?;
                            Some(self.inside(terms, domain))
                        })
                        .collect();
                    self.terms.and(parts)
                })
                .collect();
            let one = self.terms.or(each);
            let own = self.action_is(action);
            out.push(self.terms.implies(own, one));
        }
        out
    }

    fn inside(&mut self, fact: FactTerms, domain: &Domain) -> Term {
        let mut parts = Vec::new();
        if !domain.absent {
            parts.push(self.terms.or([fact.known, fact.unknown]));
        }
        if !domain.unknown {
            parts.push(self.terms.not(fact.unknown));
        }
        let allowed = match (&domain.values, fact.value) {
            (Values::None, _) => Some(self.terms.constant(false)),
            (Values::Numbers(ranges), Some(bits)) => {
                let each: Vec<Term> =
                    ranges.iter().map(|(first, last)| self.within(bits, *first, *last)).collect();
                Some(self.terms.or(each))
            }
            (Values::Addresses { wildcards: false }, Some(bits)) => {
                let wildcards = [Address::V4_FIRST, Address::V6_UNSPECIFIED].map(|address| {
                    let code = self.terms.number(address.0, 128);
                    self.terms.equal(bits, code)
                });
                let any = self.terms.or(wildcards);
                Some(self.terms.not(any))
            }
            // What texts there are is the text engine's business; flags and other addresses have all their bits.
            _ => None,
        };
        if let Some(allowed) = allowed {
            parts.push(self.terms.implies(fact.known, allowed));
        }
        self.terms.and(parts)
    }
}

/// The fact as the domain knows it: an ancestor is a process like any other.
fn reference(place: Place) -> FactRef {
    let source = match place.owner {
        Owner::Source(source) => source,
        Owner::Ancestor(_) => Source::Process,
    };
    FactRef { source, slot: place.slot, key: None }
}

/// Gives the event's own facts that are `free` the least that makes it an event that there is.
pub(super) fn complete(event: &mut Event, free: impl Fn(usize) -> bool) {
    let action = event.action;
    let at = |slot| FactRef { source: Source::Event, slot, key: None };
    let fits = |shape: &[(FactRef, Domain)]| {
        shape.iter().all(|(fact, domain)| free(fact.slot) || domain.contains(&event.facts[fact.slot]))
    };
    let all = shapes(action);
    let shape = all.iter().find(|shape| fits(shape)).map(Vec::as_slice).unwrap_or_default();
    for number in (0..event_fields().len()).filter(|slot| free(*slot)) {
        let narrowed = shape.iter().find(|(fact, _)| fact.slot == number).map(|(_, domain)| domain.clone());
        let domain = narrowed.unwrap_or_else(|| domain(action, &at(number)));
        event.facts[number] = least(&domain, number);
    }
}

/// The least that a fact of the domain is: absent, else what people expect, else unknown.
fn least(domain: &Domain, number: usize) -> Fact {
    if domain.absent {
        return Fact::Absent;
    }
    let tcp = 6;
    let usual = match number {
        slot::PROTOCOL => Value::Int(tcp),
        slot::ADDRESS => Value::Ip(Address(0xffff_c000_0201)),
        _ => match &domain.values {
            Values::Numbers(ranges) => Value::Int(ranges.first().map_or(0, |(first, _)| *first)),
            _ => return Fact::Unknown,
        },
    };
    let usual = Fact::Known(usual);
    if domain.contains(&usual) { usual } else { Fact::Unknown }
}

/// Changes an event as little as it takes to make it one that there is.
pub fn fit(event: &mut Event) {
    let action = event.action;
    let records = [
        (Source::Process, &mut event.process),
        (Source::Parent, &mut event.parent),
        (Source::Target, &mut event.target),
    ];
    let ancestors = event.ancestors.iter_mut().map(|record| (Source::Process, record));
    for (source, record) in records.into_iter().chain(ancestors) {
        for (number, fact) in record.0.iter_mut().enumerate().take(process_fields().len()) {
            if !domain(action, &FactRef { source, slot: number, key: None }).contains(fact) {
                *fact = Fact::Absent;
            }
        }
    }
    let fits = |number: usize, fact: &Fact| {
        domain(action, &FactRef { source: Source::Event, slot: number, key: None }).contains(fact)
    };
    let wrong: Vec<bool> = event.facts.iter().enumerate().map(|(n, fact)| !fits(n, fact)).collect();
    complete(event, |number| wrong[number]);
    if !contains(event) {
        complete(event, |number| {
            wrong[number] || [slot::PROTOCOL, slot::ADDRESS, slot::PORT].contains(&number)
        });
    }
}
