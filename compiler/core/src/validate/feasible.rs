//! Alternatives that never hold, which tables may leave out without a trace: one fact cannot be what they ask of it.

use super::formula::{FormulaId, Node, Test};
use super::pattern::{Nfa, Regex};
use super::{OverBudget, Validation};
use crate::model::FactRef;
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;

/// Most sets of states that are looked at for one fact of one alternative.
const MAX_STATES: usize = 1 << 14;

/// What one fact is supposed to be.
enum Value<'v> {
    Absent,
    /// A text that these patterns match.
    Text(&'v dyn Fn(&Regex) -> bool),
    Number(i64),
    Address(u128),
    /// Known, and no more is said: tests that are not of its kind count as true.
    Known,
}

impl Validation<'_> {
    /// Whether an alternative can hold, as far as each fact by itself decides it. Where that is hard to tell, it can.
    pub(super) fn feasible(
        &mut self,
        term: FormulaId,
        on_unknown: bool,
        wildcards: bool,
    ) -> Result<bool, OverBudget> {
        if on_unknown {
            return Ok(true);
        }
        let parts = match self.formulas.node(term) {
            Node::All(parts) => parts.to_vec(),
            _ => vec![term],
        };
        // In an order that is the same on every machine: what a proof costs is part of the evidence.
        let mut by_fact: BTreeMap<FactRef, Vec<FormulaId>> = BTreeMap::new();
        for part in parts {
            let mut facts: Vec<Option<FactRef>> = Vec::new();
            self.formulas
                .literals(part, |atom, _| facts.push(self.formulas.tests[atom as usize].fact().cloned()));
            facts.sort_unstable();
            facts.dedup();
            if let [Some(fact)] = facts.as_slice() {
                by_fact.entry(fact.clone()).or_default().push(part);
            }
        }
        for parts in by_fact.into_values().filter(|parts| parts.len() > 1) {
            if !self.possible(&parts, wildcards)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether one value makes all the formulas true.
    fn possible(&mut self, parts: &[FormulaId], wildcards: bool) -> Result<bool, OverBudget> {
        self.budget.spend(parts.len())?;
        let all = |value: &Value<'_>| parts.iter().all(|p| self.holds(*p, value));
        if all(&Value::Absent) {
            return Ok(true);
        }
        let mut regexes: Vec<&Regex> = Vec::new();
        let mut numbers: Vec<i64> = Vec::new();
        let mut addresses: Vec<u128> = Vec::new();
        let mut others = false;
        for part in parts {
            self.formulas.literals(*part, |atom, _| match &self.formulas.tests[atom as usize] {
                Test::Text { regex, .. } => regexes.push(regex),
                Test::Slashes { .. } | Test::Present { .. } => {}
                Test::Number { first, last, .. } => {
                    numbers.extend([*first, *last, first.saturating_sub(1), last.saturating_add(1)]);
                }
                Test::Address { networks, .. } => {
                    for n in networks {
                        let (first, last) = (n.first.0, n.last.0);
                        addresses.extend([first, last, first.saturating_sub(1), last.saturating_add(1)]);
                    }
                }
                _ => others = true,
            });
        }
        regexes.sort_unstable_by_key(|r| std::ptr::from_ref(*r));
        regexes.dedup_by_key(|r| std::ptr::from_ref(*r));
        if others || (!addresses.is_empty() && wildcards) {
            return Ok(true);
        }
        if !numbers.is_empty() {
            return Ok(numbers.into_iter().any(|n| all(&Value::Number(n))));
        }
        if !addresses.is_empty() {
            return Ok(addresses.into_iter().any(|a| all(&Value::Address(a))));
        }
        if regexes.is_empty() {
            return Ok(all(&Value::Known));
        }
        let nfa = Nfa::new(regexes.iter().copied(), false);
        let mut seen = FxHashSet::default();
        let first = nfa.start();
        let mut open = vec![first.clone()];
        seen.insert(first);
        while let Some(reached) = open.pop() {
            if seen.len() > MAX_STATES {
                return Ok(true);
            }
            let accepting = nfa.accepting(&reached.live);
            let matches = |regex: &Regex| {
                regexes.iter().enumerate().any(|(i, r)| {
                    **r == *regex
                        && [&accepting, &reached.certain].iter().any(|set| set.contains(&(i as u32)))
                })
            };
            if all(&Value::Text(&matches)) {
                return Ok(true);
            }
            let (told, rest) = nfa.step(&reached.live);
            for mut next in told.into_iter().map(|(_, r)| r).chain(rest) {
                // What is certain stays so.
                next.certain.extend(&reached.certain);
                next.certain.sort_unstable();
                next.certain.dedup();
                if seen.insert(next.clone()) {
                    open.push(next);
                }
            }
        }
        Ok(false)
    }

    fn holds(&self, formula: FormulaId, value: &Value<'_>) -> bool {
        match self.formulas.node(formula) {
            Node::Constant(held) => *held,
            Node::All(parts) => parts.iter().all(|p| self.holds(*p, value)),
            Node::Any(parts) => parts.iter().any(|p| self.holds(*p, value)),
            // The first of them is about the whole of a text.
            Node::Same(parts) => parts.first().is_some_and(|p| self.holds(*p, value)),
            Node::Literal { atom, positive } => {
                let held = match (&self.formulas.tests[*atom as usize], value) {
                    (_, Value::Absent) => Some(false),
                    (Test::Present { .. }, _) => Some(true),
                    (Test::Text { regex, .. }, Value::Text(matches)) => Some(matches(regex)),
                    (Test::Number { first, last, .. }, Value::Number(n)) => Some((first..=last).contains(&n)),
                    (Test::Address { networks, .. }, Value::Address(a)) => {
                        Some(networks.iter().any(|n| (n.first.0..=n.last.0).contains(a)))
                    }
                    _ => None,
                };
                held.is_none_or(|held| held == *positive)
            }
        }
    }
}
