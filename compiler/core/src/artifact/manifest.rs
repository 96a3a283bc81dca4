//! The manifest of a model: its names and places, for reports.

use crate::check::{self, tier_of};
use crate::lower::Lowered;
use crate::model::{
    ActionSet, ClauseRef, Feature, Mode, Model, OnUnknown, Pattern, Resource, RuleEffect, Target,
};
use crate::resolve::Sources;
use crate::span::Span;
use crate::syntax::ast::ItemKind;
use std::collections::HashMap;
use warmor_policy::artifact::manifest as out;
use warmor_policy::schema::{Action, ObjectKind};
use warmor_policy::verdict::{ClauseKind, Responses};

/// All but what the tables cost.
pub(super) fn manifest(sources: &Sources, model: &Model) -> out::Manifest {
    let places = Places::new(sources);
    let ranked = model.clauses();
    let rank_of_detection: HashMap<u32, u32> = ranked
        .iter()
        .enumerate()
        .filter_map(|(rank, c)| match c {
            ClauseRef::Detection(index) => Some((*index, rank as u32)),
            _ => None,
        })
        .collect();
    let written = subjects(sources);
    let base = out::Manifest::new(&model.package, &model.target.to_string(), env!("CARGO_PKG_VERSION"));
    out::Manifest {
        policies: model
            .policies
            .iter()
            .map(|p| out::Policy {
                name: p.name.clone(),
                doc: p.doc.clone(),
                place: places.place(p.span),
                scope: p.scope.written(model),
                mode: match p.mode {
                    Mode::Prevent => out::Mode::Prevent,
                    Mode::Detect => out::Mode::Detect,
                },
                unknown: match p.unknown {
                    OnUnknown::Deny => out::OnUnknown::Deny,
                    OnUnknown::Allow => out::OnUnknown::Allow,
                },
                default_deny: p.default_deny.iter().collect(),
                severity: p.severity,
                revalidate: p.revalidate,
            })
            .collect(),
        clauses: ranked.iter().map(|c| clause(sources, &places, model, *c)).collect(),
        detections: model
            .detections
            .iter()
            .enumerate()
            .map(|(i, d)| out::Detection {
                name: d.name.clone(),
                doc: d.doc.clone(),
                place: places.place(d.span),
                scope: d.scope.written(model),
                tags: d.tags.clone(),
                pattern: match d.pattern {
                    Pattern::Single(_) => out::Pattern::Single,
                    Pattern::Sequence { .. } => out::Pattern::Sequence,
                    Pattern::Count { .. } => out::Pattern::Count,
                },
                clause: rank_of_detection.get(&(i as u32)).copied(),
                severity: d.severity,
                responses: d.responses,
                alert: d.alert.clone(),
            })
            .collect(),
        subjects: model
            .subjects
            .iter()
            .map(|s| out::Subject {
                name: s.name.clone(),
                place: places.place(s.span),
                text: one_line(sources.text(written.get(&s.span).copied().unwrap_or(s.cond.span))),
            })
            .collect(),
        limits: model
            .limits
            .iter()
            .map(|l| out::Limit {
                policy: l.policy.0,
                resource: match l.resource {
                    Resource::Memory => out::Resource::Memory,
                    Resource::Cpu => out::Resource::Cpu,
                    Resource::Processes => out::Resource::Processes,
                    Resource::OpenFiles => out::Resource::OpenFiles,
                },
                amount: l.amount,
                place: places.place(l.span),
            })
            .collect(),
        params: model
            .params
            .iter()
            .map(|(name, value)| out::Param { name: name.clone(), value: value.clone() })
            .collect(),
        expired: model
            .expired
            .iter()
            .map(|(label, until)| out::Expired { label: label.clone(), until: until.to_string() })
            .collect(),
        assumptions: model.assumptions.iter().map(|a| one_line(sources.text(a.span))).collect(),
        requires: requires(model),
        ..base
    }
}

/// What a decision by tables costs at worst.
pub(super) fn costs(lowered: &Lowered) -> out::Costs {
    out::Costs {
        automaton_steps: lowered.stats.automata as u64 * MAX_TEXT,
        diagrams: lowered.worst_walks as u64,
        table_words: 0,
    }
}

/// The predicates of subjects as they are written, by the place of the subject's name: a checked condition is only as long as
/// what it came down to.
fn subjects(sources: &Sources) -> HashMap<Span, Span> {
    let items = sources.files().flat_map(|f| &f.tree.items);
    items
        .filter_map(|item| match &item.kind {
            ItemKind::Subject(s) => Some((s.name.span, s.condition.span)),
            _ => None,
        })
        .collect()
}

/// Longest text that an automaton reads, in bytes: a path's limit in the kernel.
const MAX_TEXT: u64 = 4096;

fn clause(sources: &Sources, places: &Places<'_>, model: &Model, clause: ClauseRef) -> out::Clause {
    let first_line = |span| one_line(sources.text(span).lines().next().unwrap_or_default());
    match clause {
        ClauseRef::Rule(id) => {
            let rule = model.rule(id);
            out::Clause {
                kind: match rule.effect {
                    RuleEffect::Deny => ClauseKind::Deny,
                    RuleEffect::Allow => ClauseKind::Allow,
                    RuleEffect::Audit => ClauseKind::Audit,
                },
                policy: Some(rule.policy.0),
                label: rule.label.clone(),
                actions: rule.actions.iter().collect(),
                tier: tier(tier_of(model, rule).0),
                place: places.place(rule.span),
                used_at: rule.used_at.map(|s| places.place(s)),
                text: first_line(rule.span),
                severity: rule.severity,
                responses: rule.responses,
                alert: rule.alert.clone(),
                because: rule.because.clone(),
                until: rule.until.map(|d| d.to_string()),
            }
        }
        ClauseRef::Default(id) => {
            let policy = model.policy(id);
            out::Clause {
                kind: ClauseKind::Default,
                policy: Some(id.0),
                label: policy.name.clone(),
                actions: policy.default_deny.iter().collect(),
                // A posture looks at nothing but the process and the action.
                tier: if policy.mode == Mode::Prevent { out::Tier::K } else { out::Tier::U },
                place: places.place(policy.default_span),
                used_at: None,
                text: first_line(policy.default_span),
                severity: policy.severity,
                responses: Responses::default(),
                alert: Vec::new(),
                because: None,
                until: None,
            }
        }
        ClauseRef::Detection(index) => {
            let detection = &model.detections[index as usize];
            let actions = match &detection.pattern {
                Pattern::Single(step) => step.actions,
                Pattern::Sequence { .. } | Pattern::Count { .. } => ActionSet::default(),
            };
            out::Clause {
                kind: ClauseKind::Detect,
                policy: None,
                label: detection.name.clone(),
                actions: actions.iter().collect(),
                tier: out::Tier::U,
                place: places.place(detection.span),
                used_at: None,
                text: format!("detect {}", detection.name),
                severity: detection.severity,
                responses: detection.responses,
                alert: detection.alert.clone(),
                because: detection.because.clone(),
                until: None,
            }
        }
    }
}

fn tier(tier: check::Tier) -> out::Tier {
    match tier {
        check::Tier::Kernel => out::Tier::K,
        check::Tier::Signal => out::Tier::S,
        check::Tier::User => out::Tier::U,
    }
}

/// What a machine must have for what the program prevents.
fn requires(model: &Model) -> out::Requires {
    let prevents = |p: crate::model::PolicyId| model.policy(p).mode == Mode::Prevent;
    let denied =
        model.policies.iter().filter(|p| p.mode == Mode::Prevent).flat_map(|p| p.default_deny.iter());
    let denied = denied.chain(
        model
            .rules
            .iter()
            .filter(|r| r.effect == RuleEffect::Deny && prevents(r.policy))
            .flat_map(|r| r.actions.iter()),
    );
    let mut features: Vec<out::Feature> = denied
        .map(|a| if network(a) { out::Feature::Cgroup } else { out::Feature::BpfLsm })
        .chain(model.features.iter().map(|f| match f {
            Feature::Inventory => out::Feature::Inventory,
        }))
        .collect();
    features.sort_unstable();
    features.dedup();
    out::Requires {
        kernel: match model.target {
            Target::Linux(version) => Some(version),
            Target::Windows | Target::MacosPf => None,
        },
        features,
    }
}

/// Whether the programs of control groups stop the action.
fn network(action: Action) -> bool {
    action.info().object == ObjectKind::Endpoint
}

/// The text with runs of white space as one space.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Turns spans into places.
struct Places<'a> {
    sources: &'a Sources,
    /// For each file, where its lines start.
    lines: Vec<Vec<usize>>,
}

impl<'a> Places<'a> {
    fn new(sources: &'a Sources) -> Self {
        let starts = |text: &str| {
            std::iter::once(0)
                .chain(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i + 1))
                .collect()
        };
        Self { sources, lines: sources.files().map(|f| starts(&f.text)).collect() }
    }

    fn place(&self, span: Span) -> out::Place {
        let index = span.file.0 as usize;
        let (Some(file), Some(starts)) = (self.sources.file(span.file), self.lines.get(index)) else {
            return out::Place { file: String::new(), line: 0, column: 0 };
        };
        let offset = span.start as usize;
        let line = starts.partition_point(|s| *s <= offset).max(1);
        let before = file.text.get(starts[line - 1]..offset).unwrap_or_default();
        out::Place { file: file.path.clone(), line: line as u32, column: before.chars().count() as u32 + 1 }
    }
}
