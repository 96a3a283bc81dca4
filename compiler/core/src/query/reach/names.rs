//! The networks that a program has names for.

use crate::check::{self, check};
use crate::model::{Atom, CondKind, Network};
use crate::resolve::{DefKind, Origin, Sources};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// The file in which the names are asked for.
const FILE: &str = "<networks>";

/// The names of networks and sets of them that the program's files define or use, with what they hold, in the order of
/// their names. Names that hold the same are one.
pub fn named_networks(sources: &Sources, options: &check::Options) -> Vec<(String, Vec<Network>)> {
    let checked = check(sources, options);
    let symbols = &checked.symbols;
    let own = |file| sources.file(file).is_some_and(|f| matches!(f.origin, Origin::Root | Origin::Imported));
    let is_value = |kind| matches!(kind, DefKind::Let | DefKind::Param);
    let defined = symbols.definitions.iter().filter(|d| is_value(d.kind) && own(d.span.file));
    let mut names: BTreeSet<&str> = defined.map(|d| d.name.as_str()).collect();
    for used in symbols.uses.iter().filter(|u| own(u.span.file)) {
        let definition = symbols.definition(used.definition);
        names.extend(definition.filter(|d| is_value(d.kind)).map(|d| d.name.as_str()));
    }
    // Each name is put where an address belongs. Those that do not fit there are no networks.
    let mut sources = sources.clone();
    let mut text = super::super::question::preamble(&sources);
    for name in &names {
        let _ = writeln!(text, "assert \"{name}\" {{ never any can connect to {name} }}");
    }
    let file = sources.set(FILE, &text, Origin::Root);
    let model = check(&sources, options).partial;
    let mut out: Vec<(String, Vec<Network>)> = Vec::new();
    for assertion in model.assertions.iter().filter(|a| a.span.file == file) {
        let object = &assertion.step.object;
        let parts = match &object.kind {
            CondKind::Any(parts) => parts.as_slice(),
            _ => std::slice::from_ref(object),
        };
        let networks: Option<Vec<&Vec<Network>>> = parts
            .iter()
            .map(|p| match &p.kind {
                CondKind::Atom(Atom::Address { networks, .. }) => Some(networks),
                _ => None,
            })
            .collect();
        let Some(networks) = networks else { continue };
        let networks = super::axes::merged(networks.into_iter().flatten().copied().collect());
        if !networks.is_empty() && !out.iter().any(|(_, known)| *known == networks) {
            out.push((assertion.name.clone(), networks));
        }
    }
    out
}
