//! What an editor shows of the thing under the cursor.

use crate::analysis::{Analysis, Place};
use crate::facts;
use crate::markdown::{code, first_lines};
use crate::names::{Meaning, meant};
use crate::tree::{Node, path};
use std::fmt::Write;
use warmor_compiler::check::{Obstacle, Tier, tier_of};
use warmor_compiler::model::{Mode, Model, Rule};
use warmor_compiler::resolve::{DefId, DefKind, Definition};
use warmor_compiler::span::Span;
use warmor_policy::schema::{Action, GroupInfo};

/// Something to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hover {
    /// In Markdown.
    pub markdown: String,
    /// What it is about.
    pub span: Span,
}

/// Most lines of source that are shown.
const MOST_LINES: usize = 12;

/// What there is to show at a place.
pub fn hover(analysis: &Analysis, place: Place) -> Option<Hover> {
    if let Some(meant) = meant(analysis, place) {
        let markdown = match meant.meaning {
            Meaning::Definition(id) => definition(analysis, id),
            Meaning::Local(name) => Some(local(analysis, name)),
            Meaning::Rules(labels) => labels.first().and_then(|label| rule_at(analysis, *label)),
            Meaning::Fact(fact) => Some(facts::describe(fact)),
            Meaning::Action(action) => Some(describe_action(action)),
            Meaning::Group(group) => Some(describe_group(group)),
            Meaning::Value(table, word) => {
                Some(format!("{}{}", code(&format!("{word}: {}", table.name)), table.doc))
            }
            Meaning::Files(_) | Meaning::Word => None,
        };
        if let Some(markdown) = markdown {
            return Some(Hover { markdown: markdown.trim_end().to_owned(), span: meant.span });
        }
    }
    effect(analysis, place)
}

/// On `deny`, `allow` or `audit`: the rule.
fn effect(analysis: &Analysis, place: Place) -> Option<Hover> {
    let file = analysis.file(place.file)?;
    let around = path(&file.tree, place.offset);
    let rule = around.iter().find_map(|node| match node {
        Node::Rule(rule) => Some(*rule),
        _ => None,
    })?;
    rule.effect.span.touches(place.offset).then_some(())?;
    let markdown = rule_at(analysis, rule.effect.span)?;
    Some(Hover { markdown: markdown.trim_end().to_owned(), span: rule.effect.span })
}

fn definition(analysis: &Analysis, id: DefId) -> Option<String> {
    let symbols = &analysis.checked().symbols;
    let found = symbols.definition(id)?;
    let model = &analysis.checked().partial;
    let text = analysis.text(found.item);
    let mut out = String::new();
    let shown = match found.kind {
        DefKind::Let | DefKind::Subject | DefKind::Predicate | DefKind::Param => {
            first_lines(text, MOST_LINES)
        }
        // Their bodies are shown where they stand.
        DefKind::Template | DefKind::Policy | DefKind::Detect => {
            text.split('{').next().unwrap_or(text).trim_end().to_owned()
        }
    };
    out.push_str(&code(&shown));
    if !found.doc.is_empty() {
        out.push_str(&found.doc);
        out.push_str("\n\n");
    }
    policy_facts(model, found, &mut out);
    let module = symbols.module(found.module);
    if !module.is_empty() && module != model.package {
        let _ = writeln!(out, "in `{module}`");
    }
    Some(out)
}

fn policy_facts(model: &Model, found: &Definition, out: &mut String) {
    let Some((index, policy)) = model.policies.iter().enumerate().find(|(_, p)| p.span == found.span) else {
        return;
    };
    let rules: Vec<&Rule> = model.rules.iter().filter(|r| r.policy.0 as usize == index).collect();
    let mode = match policy.mode {
        Mode::Prevent => "prevent",
        Mode::Detect => "detect",
    };
    let _ = writeln!(out, "- mode {mode}, severity {}", policy.severity.name());
    if !policy.default_deny.is_empty() {
        let names: Vec<&str> = policy.default_deny.iter().map(Action::name).collect();
        let _ = writeln!(out, "- default deny {}", names.join(", "));
    }
    let from_templates = rules.iter().filter(|r| r.used_at.is_some()).count();
    let _ = match from_templates {
        0 => writeln!(out, "- {}", counted(rules.len(), "rule")),
        n => writeln!(out, "- {}, {n} of them from templates", counted(rules.len(), "rule")),
    };
}

fn local(analysis: &Analysis, name: Span) -> String {
    let file = analysis.file(name.file);
    let around = file.map(|f| path(&f.tree, name.start)).unwrap_or_default();
    let whole = around.iter().rev().find_map(|node| match node {
        Node::Parameter(parameter) => Some(parameter.span),
        _ => None,
    });
    code(analysis.text(whole.unwrap_or(name)))
}

/// The rule around a place, with what the model says of it.
fn rule_at(analysis: &Analysis, at: Span) -> Option<String> {
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
    let rules: Vec<&Rule> = model.rules.iter().filter(|r| r.span == written.span).collect();
    if let Some(rule) = rules.first() {
        describe_rule(model, rule, &mut out);
    }
    if rules.len() > 1 {
        let _ = writeln!(out, "- stands in the program {} times, by `use`", rules.len());
    }
    Some(out)
}

fn describe_rule(model: &Model, rule: &Rule, out: &mut String) {
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

pub(crate) fn describe_action(action: Action) -> String {
    let info = action.info();
    let mut out = code(info.name);
    out.push_str(info.doc);
    out.push_str("\n\n");
    if !info.roles.is_empty() {
        let _ = writeln!(out, "- roles: `{}`", info.roles.join("`, `"));
    }
    let _ = match (info.kernel, info.hooks) {
        (None, _) => writeln!(out, "- no kernel hook can stop it (tier S)"),
        (Some(version), []) => {
            writeln!(
                out,
                "- a kernel hook can stop it from Linux {version}; this release has no program for it"
            )
        }
        (Some(version), hooks) => {
            writeln!(out, "- stopped in the kernel from Linux {version}, by `{}`", hooks.join("`, `"))
        }
    };
    out
}

pub(crate) fn describe_group(group: &GroupInfo) -> String {
    let members: Vec<&str> = group.actions.iter().map(|a| a.name()).collect();
    let mut out = code(group.name);
    if !group.doc.is_empty() {
        out.push_str(group.doc);
        out.push_str("\n\n");
    }
    let _ = writeln!(out, "stands for `{}`", members.join("`, `"));
    out
}

/// `1 rule`, `2 rules`.
pub(crate) fn counted(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
