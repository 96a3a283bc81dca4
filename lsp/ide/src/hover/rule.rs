//! Rules: their text, where they are decided and why, what a decision costs, how finely their objects are told apart.

use super::{MOST_LINES, counted};
use crate::analysis::{Analysis, Known};
use crate::markdown::{code, first_lines};
use crate::tree::{Node, path};
use std::fmt::Write;
use warmor_compiler::check::{Obstacle, Tier, tier_of};
use warmor_compiler::lower::{Classes, Cost, Told};
use warmor_compiler::model::{Mode, Model, Rule, RuleId};
use warmor_compiler::span::Span;

/// The rule around a place, with what the model says of it.
pub(super) fn at(analysis: &Analysis, at: Span) -> Option<String> {
    let file = analysis.file(at.file)?;
    let around = path(&file.tree, at.start);
    let written = around.iter().find_map(|node| match node {
        Node::Rule(rule) => Some(*rule),
        _ => None,
    })?;
    let model = &analysis.checked().partial;
    let mut out = code(&first_lines(analysis.text(written.span), MOST_LINES));
    if let Some(docs) = &written.docs {
        out.push_str(&docs.text);
        out.push_str("\n\n");
    }
    let ids = (0..).map(RuleId).zip(&model.rules).filter(|(_, r)| r.span == written.span);
    let rules: Vec<(RuleId, &Rule)> = ids.collect();
    if let Some((id, rule)) = rules.first() {
        describe(model, rule, &mut out);
        cost(analysis, rule, &mut out);
        classes(analysis, *id, &mut out);
    }
    if rules.len() > 1 {
        let _ = writeln!(out, "- stands in the program {} times, by `use`", rules.len());
    }
    Some(out)
}

fn describe(model: &Model, rule: &Rule, out: &mut String) {
    let policy = model.policy(rule.policy);
    let _ = writeln!(out, "- `{}` of `{}`, severity {}", rule.label, policy.name, rule.severity.name());
    let _ = writeln!(out, "- {}", tier(model, rule));
    if policy.mode == Mode::Detect {
        let _ = writeln!(out, "- its policy is in mode detect: nothing is prevented, only reported");
    }
    if let Some(until) = rule.until {
        let _ = writeln!(out, "- until {until}");
    }
}

/// Where a rule is decided and why, in a sentence.
pub(crate) fn tier(model: &Model, rule: &Rule) -> String {
    let (tier, obstacle) = tier_of(model, rule);
    let place = match tier {
        Tier::Kernel => "in the kernel, before the operation happens",
        Tier::Signal => "after the fact, by a signal to the process",
        Tier::User => "in user space, after the event",
    };
    let why = match obstacle {
        None => String::new(),
        Some((Obstacle::Target, _)) => format!(": `{}` cannot prevent it", model.target),
        Some((Obstacle::Action(action), _)) => {
            format!(": no hook of `{}` stops `{}`", model.target, action.name())
        }
        Some((Obstacle::Fact(fact), _)) => format!(": no hook of `{}` sees `{fact}`", model.target),
        Some((Obstacle::Relation, _)) => ": the kernel's tables compare no facts with each other".to_owned(),
        Some((Obstacle::List, _)) => ": the kernel's tables do not look into lists".to_owned(),
        Some((Obstacle::Endpoint(subject, fact), _)) => {
            format!(
                ": `{fact}`, which tells `{}`, is not known of the other end",
                model.subject(subject).name
            )
        }
    };
    format!("tier {}: decided {place}{why}", tier.letter())
}

/// The worst case of the rule's actions.
fn cost(analysis: &Analysis, rule: &Rule, out: &mut String) {
    let _ = match analysis.costs() {
        Known::Not => writeln!(out, "- cost of a decision: not known yet"),
        Known::Never => Ok(()),
        Known::Is(costs) => {
            let dearest = rule
                .actions
                .iter()
                .filter_map(|action| Some((costs.get(action as usize)?, action)))
                .max_by_key(|(cost, _)| (cost.automata, cost.diagrams));
            let Some((cost, action)) = dearest else { return };
            writeln!(out, "- a decision about `{}` costs at worst {}", action.name(), spent(*cost))
        }
    };
}

/// A cost in words, those of `warmorc explain`.
pub(crate) fn spent(cost: Cost) -> String {
    let automata = match cost.automata {
        1 => "1 automaton".to_owned(),
        many => format!("{many} automata"),
    };
    format!("{} walked, {automata} run over its texts", counted(cost.diagrams, "diagram"))
}

/// How many classes the rule's object is, of those that all rules about its actions make.
fn classes(analysis: &Analysis, id: RuleId, out: &mut String) {
    let _ = match analysis.classes(id) {
        Known::Not => writeln!(out, "- classes of its object: not known yet"),
        Known::Never => Ok(()),
        Known::Is(classes) if classes.is_empty() => Ok(()),
        Known::Is(classes) => {
            let told: Vec<String> = classes.iter().map(class).collect();
            writeln!(
                out,
                "- its object is {}, as the rules about its actions tell them apart",
                told.join("; ")
            )
        }
    };
}

fn class(classes: &Classes) -> String {
    let Classes { fact, by, matched, all } = classes;
    let by = match by {
        Told::Value => "",
        Told::Front => " by its beginning",
        Told::Back => " by its end",
        Told::Inside => " by what is in it",
        Told::Depth => " by its depth",
    };
    let all = if *all == 1 { "1 class".to_owned() } else { format!("{all} classes") };
    format!("{matched} of {all} of `{fact}`{by}")
}
