//! Addresses and networks: which they are, and how many.

use super::grouped;
use crate::markdown::code;
use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A network.
pub(super) fn network(address: IpAddr, prefix: u8) -> String {
    let mut out = code(&format!("{address}/{prefix}"));
    let width = if address.is_ipv4() { 32 } else { 128 };
    let free = width - u32::from(prefix).min(width);
    let hosts = u128::MAX.checked_shr(128 - free).unwrap_or(0);
    let (first, last) = match address {
        IpAddr::V4(v4) => {
            // At most 32 bits are free.
            let hosts = hosts as u32;
            let first = u32::from(v4) & !hosts;
            (IpAddr::from(Ipv4Addr::from(first)), IpAddr::from(Ipv4Addr::from(first | hosts)))
        }
        IpAddr::V6(v6) => {
            let first = u128::from(v6) & !hosts;
            (IpAddr::from(Ipv6Addr::from(first)), IpAddr::from(Ipv6Addr::from(first | hosts)))
        }
    };
    let _ = writeln!(out, "- first `{first}`, last `{last}`");
    let _ = match (free, hosts.checked_add(1)) {
        (0, _) => writeln!(out, "- this address alone"),
        (1..=48, Some(count)) => writeln!(out, "- {} addresses", grouped(count)),
        (free, _) => writeln!(out, "- 2^{free} addresses"),
    };
    if width == 128 && prefix == 0 {
        let _ = writeln!(out, "- IPv6 alone: `any` is both");
    }
    if let Some(kind) = kind(first).filter(|k| Some(*k) == kind(last)) {
        let _ = writeln!(out, "- {kind}");
    }
    out
}

/// One address.
pub(super) fn address(address: IpAddr) -> String {
    let mut out = code(&address.to_string());
    let _ = match address {
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => writeln!(out, "- means the IPv4 address `{v4}`"),
            None => writeln!(out, "- this IPv6 address alone"),
        },
        IpAddr::V4(_) => writeln!(out, "- this IPv4 address alone"),
    };
    if let Some(kind) = kind(address) {
        let _ = writeln!(out, "- {kind}");
    }
    out
}

/// What an address is for, by the registries of special-purpose addresses (RFC 6890).
fn kind(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(v4) => match v4.octets() {
            [0, 0, 0, 0] => Some("as a target the loopback that it reaches"),
            [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Some("private (RFC 1918)"),
            [100, 64..=127, ..] => Some("shared address space of providers (RFC 6598)"),
            [127, ..] => Some("loopback"),
            [169, 254, 169, 254] => Some("link-local; where clouds serve metadata"),
            [169, 254, ..] => Some("link-local (RFC 3927)"),
            [224..=239, ..] => Some("multicast"),
            [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Some("for documentation (RFC 5737)"),
            [255, 255, 255, 255] => Some("broadcast"),
            _ => None,
        },
        IpAddr::V6(v6) => match v6.segments() {
            [0, 0, 0, 0, 0, 0, 0, 0] => Some("as a target the loopback that it reaches"),
            [0, 0, 0, 0, 0, 0, 0, 1] => Some("loopback"),
            [0xfc00..=0xfdff, ..] => Some("unique local (RFC 4193)"),
            [0xfe80..=0xfebf, ..] => Some("link-local"),
            [0xff00..=0xffff, ..] => Some("multicast"),
            [0x2001, 0xdb8, ..] => Some("for documentation (RFC 3849)"),
            _ => None,
        },
    }
}
