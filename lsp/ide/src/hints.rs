//! Inlay hints: what is true of a line and not written on it.

use crate::analysis::{Analysis, Proof};
use crate::hover::tier;
use std::collections::{BTreeMap, HashMap};
use warmor_compiler::check::{Tier, tier_of};
use warmor_compiler::lower::{Told, readings};
use warmor_compiler::model::{FactRef, Mode, OnUnknown, RuleEffect, RuleId};
use warmor_compiler::prove::About;
use warmor_compiler::resolve::Origin;
use warmor_compiler::span::Span;
use warmor_compiler::syntax::ast::{ClauseKind, ItemKind};

/// A word that an editor shows in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// After which byte.
    pub offset: u32,
    /// What is shown.
    pub label: String,
    /// What is said when it is pointed at.
    pub tooltip: String,
}

/// The hints in a part of a file, in order.
///
/// Rules outside of the kernel show their tier, policies what they leave to be inferred, assertions whether they are proved.
pub fn hints(analysis: &Analysis, range: Span) -> Vec<Hint> {
    let mut out = Vec::new();
    if analysis.file(range.file).is_none_or(|f| f.origin == Origin::Standard) {
        return out;
    }
    tiers(analysis, range, &mut out);
    policies(analysis, range, &mut out);
    assertions(analysis, range, &mut out);
    out.retain(|hint| range.touches(hint.offset));
    out.sort_by(|a, b| (a.offset, &a.label).cmp(&(b.offset, &b.label)));
    out.dedup();
    out
}

/// Rules that take more to decide than a look at the beginning of one text: how many texts are read, and how often. Most authors need
/// not know, so these hints are apart.
pub fn cost_hints(analysis: &Analysis, range: Span) -> Vec<Hint> {
    let model = &analysis.checked().partial;
    // A rule of a template is as costly at each of its uses, or nearly: the worst is shown.
    let mut worst: BTreeMap<u32, Vec<(FactRef, Told)>> = BTreeMap::new();
    for (id, rule) in (0..).map(RuleId).zip(&model.rules) {
        if rule.span.file != range.file || !range.touches(rule.span.end) {
            continue;
        }
        let Some(readings) = readings(model, id) else { continue };
        let notable = readings.len() > 1 || readings.iter().any(|(_, told)| *told == Told::Inside);
        if notable && worst.get(&rule.span.end).is_none_or(|known| known.len() < readings.len()) {
            worst.insert(rule.span.end, readings);
        }
    }
    let hint = |(offset, readings): (u32, Vec<(FactRef, Told)>)| {
        let automata = if readings.len() == 1 {
            "1 automaton".to_owned()
        } else {
            format!("{} automata", readings.len())
        };
        let told = readings.iter().map(|(fact, told)| format!("`{fact}` is {}", read(*told)));
        let tooltip = format!("an automaton each: {}", told.collect::<Vec<_>>().join(", "));
        Hint { offset, label: automata, tooltip }
    };
    worst.into_iter().map(hint).collect()
}

/// How a text is read.
const fn read(told: Told) -> &'static str {
    match told {
        Told::Front => "read from its beginning",
        Told::Back => "read from its end",
        Told::Inside => "searched for what is somewhere in it",
        Told::Value | Told::Depth => "looked at",
    }
}

fn tiers(analysis: &Analysis, range: Span, out: &mut Vec<Hint>) {
    let model = &analysis.checked().partial;
    // A rule of a template stands in the program once for each use: the worst of them is shown.
    let mut worst: HashMap<u32, (Tier, String)> = HashMap::new();
    let here = model.rules.iter().filter(|r| r.span.file == range.file && range.touches(r.span.start));
    for rule in here {
        let (found, _) = tier_of(model, rule);
        let known = worst.get(&rule.span.end).map(|(t, _)| *t);
        if found != Tier::Kernel && known.is_none_or(|k| k < found) {
            worst.insert(rule.span.end, (found, tier(model, rule)));
        }
    }
    for (offset, (tier, tooltip)) in worst {
        out.push(Hint { offset, label: format!("tier {}", tier.letter()), tooltip });
    }
}

fn policies(analysis: &Analysis, range: Span, out: &mut Vec<Hint>) {
    let model = &analysis.checked().partial;
    let Some(file) = analysis.file(range.file) else { return };
    for item in &file.tree.items {
        let ItemKind::Policy(policy) = &item.kind else { continue };
        let Some(meant) = model.policies.iter().find(|p| p.span == policy.name.span) else { continue };
        let says = |test: fn(&ClauseKind) -> bool| policy.clauses().any(|c| test(&c.kind));
        let mut inferred = Vec::new();
        if !says(|k| matches!(k, ClauseKind::Mode(_))) {
            inferred.push(match meant.mode {
                Mode::Prevent => "mode prevent",
                Mode::Detect => "mode detect",
            });
        }
        let matters = model
            .rules
            .iter()
            .any(|r| r.policy.0 as usize == index_of(model, meant.span) && r.effect != RuleEffect::Audit);
        if matters && !says(|k| matches!(k, ClauseKind::Unknown(_))) {
            inferred.push(match meant.unknown {
                OnUnknown::Deny => "unknown deny",
                OnUnknown::Allow => "unknown allow",
            });
        }
        if !inferred.is_empty() {
            let tooltip = "what the policy does not say is taken to be this".to_owned();
            out.push(Hint { offset: policy.subjects.span.end, label: inferred.join(", "), tooltip });
        }
    }
}

fn index_of(model: &warmor_compiler::model::Model, span: Span) -> usize {
    model.policies.iter().position(|p| p.span == span).unwrap_or(usize::MAX)
}

fn assertions(analysis: &Analysis, range: Span, out: &mut Vec<Hint>) {
    let model = &analysis.checked().partial;
    for (i, assertion) in model.assertions.iter().enumerate().filter(|(_, a)| a.span.file == range.file) {
        let (label, tooltip) = match analysis.proof() {
            Proof::Impossible | Proof::Unwanted => continue,
            Proof::Pending => ("proving…", "the prover has not answered for this text yet"),
            Proof::Done(found) if found.list.iter().any(|f| f.about == About::Assertion(i)) => {
                let undecided =
                    found.list.iter().any(|f| f.about == About::Assertion(i) && f.witness.is_none());
                if undecided {
                    ("not known", "the prover could not decide it; see the diagnostic")
                } else {
                    ("broken", "there is an event that shows it; see the diagnostic")
                }
            }
            Proof::Done(_) => ("proved", "it holds of every event"),
        };
        out.push(Hint { offset: assertion.span.end, label: label.to_owned(), tooltip: tooltip.to_owned() });
    }
}
