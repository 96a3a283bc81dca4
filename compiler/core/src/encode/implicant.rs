//! Which atoms a formula's truth rests on: the others may be as they like, so that no text has to fit them and no fact has to be
//! there for them.

use super::terms::{Node, Sort, Term, Terms};
use rustc_hash::{FxHashMap, FxHashSet};

/// What it takes to fit a text to a test, in facts that need not be there.
const TEXT_COST: u64 = 16;

/// The literals that make true formulas true, chosen to be few, above all those about texts. `values` are those of all terms
/// that the formulas consist of.
pub(super) fn literals(
    terms: &Terms,
    formula: &[Term],
    values: &FxHashMap<Term, u128>,
    is_text: impl Fn(Term) -> bool,
) -> Vec<(Term, bool)> {
    let order = terms.reachable(formula);
    // How many literals it takes to settle a term as it is.
    let mut cost: FxHashMap<Term, u64> = FxHashMap::default();
    let value = |term: Term| values.get(&term).copied().unwrap_or(0) == 1;
    let supports = |term: Term, all: &[Term]| -> Vec<Term> {
        let decisive = matches!(terms.node(term), Node::Or(_)) == value(term);
        if decisive {
            all.iter().copied().filter(|p| value(*p) == value(term)).collect()
        } else {
            all.to_vec()
        }
    };
    for term in &order {
        let own = match terms.node(*term) {
            Node::Not(inner) => cost[inner],
            Node::And(parts) | Node::Or(parts) => {
                let decisive = matches!(terms.node(*term), Node::Or(_)) == value(*term);
                let each = supports(*term, parts).into_iter().map(|p| cost[&p]);
                if decisive { each.min().unwrap_or(0) } else { each.fold(0, u64::saturating_add) }
            }
            Node::Const(_) => 0,
            _ if terms.sort(*term) != Sort::Bool => 0,
            _ if is_text(*term) => TEXT_COST,
            _ => 1,
        };
        cost.insert(*term, own);
    }
    let mut needed: FxHashSet<Term> = formula.iter().copied().collect();
    let mut out = Vec::new();
    for term in order.iter().rev().filter(|t| cost[t] > 0) {
        if !needed.contains(term) {
            continue;
        }
        match terms.node(*term) {
            Node::Not(inner) => drop(needed.insert(*inner)),
            Node::And(parts) | Node::Or(parts) => {
                let decisive = matches!(terms.node(*term), Node::Or(_)) == value(*term);
                let support = supports(*term, parts);
                if decisive {
                    let cheapest = support.into_iter().min_by_key(|p| cost[p]);
                    needed.extend(cheapest);
                } else {
                    needed.extend(support);
                }
            }
            _ => out.push((*term, value(*term))),
        }
    }
    out.reverse();
    out
}
