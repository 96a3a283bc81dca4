//! The schema is in `docs/reference/queries.md`.

use super::{Amount, amount, is_ungoverned, protocol_names, who};
use crate::answer::group_json;
use crate::places::Places;
use crate::{diagnostics, meaning};
use serde_json::{Value, json};
use warmor_compiler::model::{Model, Network};
use warmor_compiler::query::reach::{AddressClass, Cell, Flow, Place, Reach, Standing};
use warmor_compiler::query::{Verdict, Who};

/// Everything as one object.
pub fn render(
    model: &Model,
    reach: &Reach,
    networks: &[(String, Vec<Network>)],
    verdict: Verdict,
    places: &Places<'_>,
) -> Value {
    let pair = |(a, b): &(Who, Who)| json!([who(model, *a), who(model, *b)]);
    let matrices = reach.matrices.iter().map(|matrix| {
        let cells = reach.rows.iter().zip(&matrix.cells).flat_map(|(row, line)| {
            matrix.columns.iter().zip(line).map(|(place, cell)| {
                json!({
                    "subject": who(model, *row),
                    "place": super::place_name(model, *place, networks),
                    "answer": answer(cell),
                    "flows": cell.flows.iter().map(|f| flow(model, f, places)).collect::<Vec<_>>(),
                })
            })
        });
        json!({
            "action": matrix.action.name(),
            "places": matrix.columns.iter().map(|p| place_json(model, *p, networks)).collect::<Vec<_>>(),
            "cells": cells.collect::<Vec<_>>(),
        })
    });
    json!({
        "version": 1,
        "verdict": if verdict == Verdict::Enforced { "enforced" } else { "reported" },
        "subjects": reach.rows.iter().map(|r| who(model, *r)).collect::<Vec<_>>(),
        "overlaps": reach.overlaps.iter().map(pair).collect::<Vec<_>>(),
        "assumptions": model.assumptions.iter().map(|a| diagnostics::place(a.span, places)).collect::<Vec<_>>(),
        "matrices": matrices.collect::<Vec<_>>(),
    })
}

fn place_json(model: &Model, place: Place, networks: &[(String, Vec<Network>)]) -> Value {
    let kind = match place {
        Place::Subject(_) => "subject",
        Place::Network(_) => "network",
        Place::Elsewhere => "elsewhere",
        Place::Local => "local",
        Place::Own => "own",
    };
    let held = match place {
        Place::Network(i) => networks.get(i).map(|(_, n)| n.iter().map(|n| network(*n)).collect::<Vec<_>>()),
        _ => None,
    };
    json!({ "kind": kind, "name": super::place_name(model, place, networks), "networks": held })
}

fn answer(cell: &Cell) -> &'static str {
    match amount(cell) {
        Amount::Nothing => "denied",
        Amount::Some => "partial",
        Amount::Conditional => "conditional",
        Amount::All => "allowed",
        Amount::Ungoverned => "ungoverned",
        Amount::Unknown => "inconclusive",
    }
}

fn flow(model: &Model, flow: &Flow, places: &Places<'_>) -> Value {
    let codes = |(first, last): &(u32, u32)| json!({ "first": first, "last": last });
    let ports = flow.ports.iter().map(|(first, last)| json!({ "first": first, "last": last }));
    let class = |class: &AddressClass| match class {
        AddressClass::Range(range) => network(*range),
        AddressClass::AnyV4 => json!({ "wildcard": "0.0.0.0" }),
        AddressClass::AnyV6 => json!({ "wildcard": "::" }),
    };
    json!({
        "protocols": protocol_names(flow).0,
        "protocol_codes": flow.protocols.iter().map(codes).collect::<Vec<_>>(),
        "networks": flow.places.iter().map(class).collect::<Vec<_>>(),
        "except": flow.elsewhere.iter().map(class).collect::<Vec<_>>(),
        "ports": ports.collect::<Vec<_>>(),
        "standing": match flow.standing {
            Standing::Allowed => "allowed",
            Standing::Conditional => "conditional",
            Standing::Open => "inconclusive",
        },
        "governed": !is_ungoverned(flow),
        "groups": flow.outcomes.groups.iter().map(|g| group_json(model, g, places)).collect::<Vec<_>>(),
    })
}

fn network(network: Network) -> Value {
    json!({
        "first": network.first.to_string(),
        "last": network.last.to_string(),
        "text": meaning::network(network),
    })
}
