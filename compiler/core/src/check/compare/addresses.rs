//! Tests of addresses: networks, and subjects whose addresses an assumption speaks of.

use crate::check::Checker;
use crate::check::facts::Context;
use crate::check::value::{Scalar, Value};
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Atom, Cond, FactRef, Network};
use crate::span::Span;
use std::net::IpAddr;
use std::rc::Rc;
use warmor_policy::event::{Address, Source};

impl<'s> Checker<'s> {
    /// An address in networks.
    pub(in crate::check) fn addresses(
        &mut self,
        fact: &FactRef,
        value: &Rc<Value<'s>>,
        value_span: Span,
        span: Span,
        set: bool,
    ) -> Option<Cond> {
        if !set && value.is_set {
            self.use_in(value_span);
            return None;
        }
        let mut conds: Vec<(Span, Vec<Network>)> = Vec::new();
        for element in &value.elements {
            let networks = match &element.scalar {
                Scalar::Ip(address) => vec![one_address(*address)],
                Scalar::Cidr { address, prefix } if set => networks(*address, *prefix),
                Scalar::Cidr { .. } => {
                    self.report(
                        Diagnostic::new(
                            Code::OperatorMismatch,
                            element.span,
                            "`==` compares with one address, and this is a network",
                        )
                        .label("a network")
                        .help("use `in`"),
                    );
                    return None;
                }
                other => {
                    self.mismatch(element.span, "an address or network", other.describe());
                    return None;
                }
            };
            let place = if value.is_set { element.span } else { span };
            match conds.last_mut() {
                Some((last, list)) if *last == place => list.extend(networks),
                _ => conds.push((place, networks)),
            }
        }
        let atoms = conds
            .into_iter()
            .map(|(place, networks)| Cond::atom(Atom::Address { fact: fact.clone(), networks }, place));
        Some(Cond::any(atoms.collect(), span))
    }

    /// `assume shop_db in private_v4`: whatever belongs to the subject has such an address.
    pub(super) fn assumed_addresses(
        &mut self,
        subject: &Rc<Value<'s>>,
        value: &Rc<Value<'s>>,
        value_span: Span,
        span: Span,
    ) -> Option<Cond> {
        let owner = self.membership(Source::Target, subject, span, Context::AnyEvent)?;
        let fact = FactRef { source: Source::Event, slot: warmor_policy::schema::slot::ADDRESS, key: None };
        let inside = self.addresses(&fact, value, value_span, value_span, true)?;
        Some(Cond::any(vec![Cond::not(owner, span), inside], span))
    }
}

pub(super) fn subject_of(value: &Value<'_>) -> Option<()> {
    value.elements.iter().all(|e| matches!(e.scalar, Scalar::Subject { .. })).then_some(())
}

/// The network of one address.
pub(in crate::check) fn one_address(address: IpAddr) -> Network {
    let address = Address::from(address);
    Network { first: address, last: address }
}

/// The ranges of a prefix. An IPv6 prefix that holds the IPv4-mapped addresses holds no IPv4 address all the same: it is cut.
pub(in crate::check) fn networks(address: IpAddr, prefix: u8) -> Vec<Network> {
    let prefix = match address {
        IpAddr::V4(_) => 96 + u32::from(prefix),
        IpAddr::V6(_) => u32::from(prefix),
    };
    let mask = u128::MAX.checked_shl(128 - prefix).unwrap_or(0);
    let first = Address::from(address).0 & mask;
    let whole = Network { first: Address(first), last: Address(first | !mask) };
    let v4 = Network::V4;
    if prefix >= 96 || whole.last < v4.first || whole.first > v4.last {
        return vec![whole];
    }
    vec![
        Network { first: whole.first, last: Address(v4.first.0 - 1) },
        Network { first: Address(v4.last.0 + 1), last: whole.last },
    ]
    .into_iter()
    .filter(|n| n.first <= n.last)
    .collect()
}
