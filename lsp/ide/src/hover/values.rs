//! What a set comes to, once the sets that it names and the braces of its globs are written out.

use super::{constant, counted, quoted};
use crate::analysis::Analysis;
use crate::markdown::code;
use crate::tree::Node;
use std::fmt::Write;
use std::net::IpAddr;
use warmor_compiler::check::{Constant, constants};
use warmor_compiler::evaluate::glob_matches;
use warmor_compiler::resolve::DefId;
use warmor_compiler::syntax::ast::{EventPattern, Expr, ExprKind, ItemKind, Literal};

/// Most values that are shown.
pub(super) const MOST_VALUES: usize = 24;
/// Most names that a sentence lists.
const MOST_NAMED: usize = 5;

/// The values of a definition; where it is named in a rule with exceptions, those that are left.
pub(super) fn describe(analysis: &Analysis, id: DefId, around: &[Node<'_>], out: &mut String) {
    let Some(values) = constants(analysis.sources(), analysis.options(), &[], &[id]) else { return };
    let written: Vec<String> = values.iter().flat_map(constant::written).collect();
    if !is_plain(analysis, id) {
        let _ = writeln!(out, "{}:\n", counted(written.len(), "value"));
        block(&written, out);
    } else if written.len() > 1 {
        let _ = writeln!(out, "- {}", counted(written.len(), "value"));
    }
    let event = around.iter().rev().find_map(|node| match node {
        Node::Event(event) => Some(*event),
        _ => None,
    });
    if let Some(event) = event {
        left(analysis, event, &values, out);
    }
}

/// Values, one a line; the first of them if they are many.
pub(super) fn block(written: &[String], out: &mut String) {
    let mut lines: Vec<&str> = written.iter().take(MOST_VALUES).map(String::as_str).collect();
    let more = format!("# and {} more", written.len().saturating_sub(MOST_VALUES));
    if written.len() > MOST_VALUES {
        lines.push(&more);
    }
    out.push_str(&code(&lines.join("\n")));
}

/// Whether the values of a definition are just what is written there.
fn is_plain(analysis: &Analysis, id: DefId) -> bool {
    let Some(found) = analysis.checked().symbols.definition(id) else { return true };
    let Some(file) = analysis.file(found.item.file) else { return true };
    let written = |expr: &Expr| match &expr.kind {
        ExprKind::Literal(Literal::Glob(text)) => !text.contains('{'),
        ExprKind::Literal(_) => true,
        _ => false,
    };
    file.tree.items.iter().find(|item| item.span == found.item).is_none_or(|item| match &item.kind {
        ItemKind::Let(definition) => match &definition.value.kind {
            ExprKind::List(items) => items.iter().all(written),
            _ => written(&definition.value),
        },
        _ => false,
    })
}

/// What exceptions of the event leave out of the values.
fn left(analysis: &Analysis, event: &EventPattern, values: &[Constant], out: &mut String) {
    let Some(except) = &event.except else { return };
    let Some(mut excepted) = constants(analysis.sources(), analysis.options(), &[except], &[]) else {
        return;
    };
    // Of an endpoint, exceptions may be about the address and the name may be one of ports.
    excepted.retain(|e| values.iter().any(|value| comparable(e, value)));
    if excepted.is_empty() {
        return;
    }
    let gone = |value: &&Constant| excepted.iter().any(|e| covers(e, value));
    let without: Vec<String> = values.iter().filter(gone).flat_map(constant::written).collect();
    let all = values.iter().map(|v| constant::written(v).len()).sum::<usize>();
    if without.is_empty() {
        let names = excepted.iter().flat_map(constant::written).collect::<Vec<_>>();
        let _ = writeln!(out, "- here `except` takes from them what is in {}", named(&names));
        return;
    }
    let _ = writeln!(
        out,
        "- here `except` leaves {}: not {}",
        counted(all.saturating_sub(without.len()), "value"),
        named(&without)
    );
}

/// The first of some names, and how many more there are.
pub(super) fn named(names: &[String]) -> String {
    let first = quoted(names.iter().take(MOST_NAMED));
    match names.len().saturating_sub(MOST_NAMED) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

/// Whether a pattern holds everything that a value means. Of two globs that is told only where they are the same.
fn covers(pattern: &Constant, value: &Constant) -> bool {
    match (pattern, value) {
        (Constant::Any, _) => true,
        (Constant::Path(pattern), Constant::Path(value)) => {
            pattern == value || value.literal().is_some_and(|path| glob_matches(pattern, &path))
        }
        (
            Constant::Network { address: outer, prefix: short },
            Constant::Network { address: inner, prefix: long },
        ) => {
            outer.is_ipv4() == inner.is_ipv4()
                && short <= long
                && high_bits(*outer, *short) == high_bits(*inner, *short)
        }
        (Constant::Range(first, last), Constant::Range(from, to)) => first <= from && to <= last,
        (Constant::Range(first, last), Constant::Number(n)) => {
            i128::from(*first) <= *n && *n <= i128::from(*last)
        }
        (pattern, value) => pattern == value,
    }
}

/// Whether two values are of one kind, so that one could hold the other.
fn comparable(pattern: &Constant, value: &Constant) -> bool {
    use Constant as C;
    match (pattern, value) {
        (C::Any, _) | (C::Range(..) | C::Number(_), C::Range(..) | C::Number(_)) => true,
        (
            C::Network { .. } | C::Subject { .. } | C::Host(_),
            C::Network { .. } | C::Subject { .. } | C::Host(_),
        ) => true,
        (pattern, value) => std::mem::discriminant(pattern) == std::mem::discriminant(value),
    }
}

/// The first bits of an address.
fn high_bits(address: IpAddr, count: u8) -> u128 {
    let (bits, width) = match address {
        IpAddr::V4(v4) => (u128::from(u32::from(v4)), 32),
        IpAddr::V6(v6) => (u128::from(v6), 128),
    };
    bits.checked_shr(width - u32::from(count)).unwrap_or(0)
}
