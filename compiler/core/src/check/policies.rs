//! Policies: clauses, rules, limits.

use super::facts::listed;
use super::templates::clause_word;
use super::types::{self, Type};
use super::value::{Scalar, Unit};
use super::{Checker, Env, NamedRule};
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{
    ActionSet, Limit, Mode, OnUnknown, Policy, PolicyId, Resource, Rule, RuleEffect, RuleId, Scope,
};
use crate::resolve::{DefId, dotted};
use crate::span::Span;
use crate::syntax::ast::{
    self, Clause, ClauseKind, Effect, ItemKind, Member, Name, QualifiedName, Response, Use,
};
use std::collections::HashMap;
use warmor_policy::verdict::{Responses, Severity};

/// What a rule costs besides its conditions, in parts.
pub(super) const RULE_PARTS: usize = 8;
/// How many days before its last one a rule is warned about.
const EXPIRY_NOTICE_DAYS: i64 = 30;

const RESOURCES: [(&str, Resource, Type); 4] = [
    ("memory", Resource::Memory, Type::Size),
    ("cpu", Resource::Cpu, Type::Share),
    ("processes", Resource::Processes, Type::Int),
    ("open_files", Resource::OpenFiles, Type::Int),
];

/// The resources that `limit` can name.
pub const LIMITS: [&str; 4] = {
    let [(memory, ..), (cpu, ..), (processes, ..), (open_files, ..)] = RESOURCES;
    [memory, cpu, processes, open_files]
};

/// The first words of responses. `kill` may be followed by `tree`, `alert` by whom to alert.
pub const RESPONSES: [&str; 6] = ["alert", "log", "kill", "freeze", "block", "quarantine"];

/// Where rules are put: a policy, and the templates that they come through.
pub(super) struct Place<'s> {
    policy: Option<PolicyId>,
    name: String,
    severity: Severity,
    frames: Vec<Frame<'s>>,
}

/// The policy itself, or a template that is used in the frame before.
#[derive(Default)]
struct Frame<'s> {
    /// What stands before labels: empty, or `template.`.
    prefix: String,
    used_at: Option<Span>,
    without: Vec<(&'s QualifiedName, String, bool)>,
    /// Labels of its rules, as `without` names them.
    labels: Vec<String>,
    own_labels: HashMap<&'s str, Span>,
    /// How many rules of each effect have no label.
    unlabelled: [u32; 3],
    /// How often each template has been used.
    uses: HashMap<&'s str, u32>,
}

impl<'s> Place<'s> {
    fn of(policy: PolicyId, name: String, severity: Severity) -> Self {
        Self { policy: Some(policy), name, severity, frames: vec![Frame::default()] }
    }

    /// For a template that is looked at by itself.
    pub(super) fn nowhere() -> Self {
        Self { policy: None, name: String::new(), severity: Severity::Medium, frames: vec![Frame::default()] }
    }

    /// Whether rules are kept.
    pub(super) const fn is_policy(&self) -> bool {
        self.policy.is_some()
    }

    /// Begins the rules of a template.
    pub(super) fn enter(&mut self, template: &'s str, used: &'s Use) {
        let Some(frame) = self.frames.last_mut() else { return };
        let count = frame.uses.entry(template).or_insert(0);
        *count += 1;
        let prefix = match *count {
            1 => format!("{}{template}.", frame.prefix),
            n => format!("{}{template}#{n}.", frame.prefix),
        };
        let used_at = frame.used_at.or(Some(used.span));
        let without = used.without.iter().map(|w| (w, dotted(w), false)).collect();
        self.frames.push(Frame { prefix, used_at, without, ..Frame::default() });
    }

    /// Ends them: what `without` names in vain, and the labels there are.
    pub(super) fn leave(&mut self) -> (Vec<&'s QualifiedName>, Vec<String>) {
        let Some(frame) = self.frames.pop() else { return Default::default() };
        let unmatched =
            frame.without.iter().filter(|(_, _, matched)| !matched).map(|(name, ..)| *name).collect();
        (unmatched, frame.labels)
    }

    /// Whether some `without` names the rule with this full label.
    fn left_out(&mut self, label: &str, labelled: bool) -> bool {
        let mut out = false;
        for frame in &mut self.frames {
            let own = label.get(frame.prefix.len()..).unwrap_or(label);
            if labelled {
                frame.labels.push(own.to_owned());
            }
            for (_, name, matched) in &mut frame.without {
                if names_rule(own, name) {
                    *matched = true;
                    out = true;
                }
            }
        }
        out
    }
}

/// Whether a reference names a rule: its label, more of its path, or a template on the way to it.
fn names_rule(path: &str, name: &str) -> bool {
    let ends = path.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    let begins = path.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
    ends || begins
}

impl<'s> Checker<'s> {
    /// A policy's clauses and subjects: known of all policies before the rules of any.
    pub(super) fn policy_head(&mut self, id: DefId) {
        let def = self.names.def(id);
        let (name, item) = (def.name, def.item);
        let ItemKind::Policy(policy) = &item.kind else { return };
        let scope = self.scope(&policy.subjects);
        let clauses = self.clauses(&policy.members);
        if policy.members.is_empty() {
            self.report(
                Diagnostic::new(Code::EmptyPolicy, name.span, format!("policy `{}` says nothing", name.text))
                    .help("add rules, or a `default deny`"),
            );
        }
        let number = PolicyId(self.model.policies.len() as u32);
        self.model.policies.push(Policy {
            name: self.names.qualified(id),
            span: name.span,
            doc: item.docs.as_ref().map(|d| d.text.to_string()).unwrap_or_default(),
            // A broken scope has been reported; `any` lets the rest be checked.
            scope: scope.unwrap_or_default(),
            mode: clauses.mode,
            unknown: clauses.unknown.unwrap_or(match clauses.mode {
                Mode::Prevent => OnUnknown::Deny,
                Mode::Detect => OnUnknown::Allow,
            }),
            default_deny: clauses.default_deny,
            default_span: clauses.default_span.unwrap_or(name.span),
            severity: clauses.severity,
            revalidate: clauses.revalidate,
        });
        self.policies.insert(id, number);
    }

    /// A policy's rules and limits.
    pub(super) fn policy_body(&mut self, id: DefId) {
        let (Some(number), ItemKind::Policy(policy)) =
            (self.policies.get(&id).copied(), &self.names.def(id).item.kind)
        else {
            return;
        };
        let model = self.model.policy(number);
        let mut place = Place::of(number, model.name.clone(), model.severity);
        self.members(&policy.members, &Env::default(), &mut place);
    }

    fn clauses(&mut self, members: &'s [Member]) -> Clauses {
        let mut found = Clauses::default();
        let mut seen: Vec<(&'static str, Span)> = Vec::new();
        for member in members {
            let Member::Clause(clause) = member else { continue };
            let word = clause_word(&clause.kind);
            if let Some((_, first)) = seen.iter().find(|(w, _)| *w == word) {
                let first = *first;
                self.report(
                    Diagnostic::new(Code::RepeatedClause, clause.span, format!("`{word}` is given twice"))
                        .related(first, "first given here")
                        .help(if word == "default deny" {
                            "list all actions in one clause"
                        } else {
                            "keep one of them"
                        }),
                );
                continue;
            }
            seen.push((word, clause.span));
            self.clause(clause, &mut found);
        }
        found
    }

    fn clause(&mut self, clause: &'s Clause, found: &mut Clauses) {
        match &clause.kind {
            ClauseKind::Mode(name) => match self.word_of(name, Type::Mode, "mode", &types::MODES) {
                Some("prevent") => found.mode = Mode::Prevent,
                Some(_) => found.mode = Mode::Detect,
                None => {}
            },
            ClauseKind::DefaultDeny(words) => {
                if let Some(actions) = self.actions(words) {
                    found.default_deny = actions;
                    found.default_span = Some(clause.span);
                }
            }
            ClauseKind::Severity(name) => found.severity = self.severity(name).unwrap_or_default(),
            ClauseKind::Unknown(effect) => {
                found.unknown = match effect.node {
                    Effect::Deny => Some(OnUnknown::Deny),
                    Effect::Allow => Some(OnUnknown::Allow),
                    Effect::Audit => None,
                };
            }
            ClauseKind::Revalidate => found.revalidate = true,
        }
    }

    /// A severity, by its word or by a name that stands for one.
    pub(super) fn severity(&mut self, name: &'s Name) -> Option<Severity> {
        let words = Severity::ALL.map(|(word, _)| word);
        self.word_of(name, Type::Severity, "severity", &words).and_then(types::severity)
    }

    /// One of some words, or a definition whose value is one.
    fn word_of(&mut self, name: &'s Name, ty: Type, what: &str, words: &[&'static str]) -> Option<&'s str> {
        if name.is_missing() {
            return None;
        }
        if words.contains(&name.as_str()) {
            return Some(name.as_str());
        }
        if let crate::resolve::Lookup::Found(id) = self.names.lookup(name, crate::resolve::Space::Value) {
            let value = self.definition_value(id, name.span)?;
            return match value.elements.as_slice() {
                [element] if ty.accepts(&element.scalar) => match element.scalar {
                    Scalar::Word(word) => Some(word),
                    _ => None,
                },
                _ => {
                    self.mismatch(name.span, &format!("a {what}"), "something else");
                    None
                }
            };
        }
        self.report(
            Diagnostic::new(Code::UnknownWord, name.span, format!("there is no {what} `{}`", name.text))
                .help(format!("it is one of {}", listed(words.iter().copied())))
                .did_you_mean(name.span, &name.text, words.iter().copied()),
        );
        None
    }

    /// The lines of a policy or template.
    pub(super) fn members(&mut self, members: &'s [Member], env: &Env<'s>, place: &mut Place<'s>) {
        for member in members {
            match member {
                Member::Rule(rule) => self.rule(rule, env, place),
                Member::Use(used) => self.use_template(used, env, place),
                Member::Limit(limit) => self.limit(limit, env, place),
                Member::Clause(_) | Member::Error(_) => {}
            }
        }
    }

    fn rule(&mut self, rule: &'s ast::Rule, env: &Env<'s>, place: &mut Place<'s>) {
        if self.spend_many(RULE_PARTS, rule.span).is_none() {
            return;
        }
        let Some(label) = self.label(rule, place) else { return };
        let labelled = rule.label.as_ref().is_some_and(|l| !l.is_missing());
        let step = self.step(&rule.event, env);
        let severity = match &rule.severity {
            Some(name) => self.severity(name),
            None => Some(place.severity),
        };
        let responses = self.responses(&rule.responses);
        let expired = rule.until.is_some_and(|until| self.has_expired(until, &label));
        if let (Some(_), Effect::Allow | Effect::Audit) = (&rule.overrides, rule.effect.node) {
            let span = rule.overrides.as_ref().map_or(rule.span, |o| o.span);
            self.report(
                Diagnostic::new(Code::MisplacedOverrides, span, "only a `deny` overrides other rules").help(
                    "denials always win: `overrides` on one says that its overlap with an `allow` is meant",
                ),
            );
        }
        let Some(policy) = place.policy else { return };
        let path = format!("{}.{label}", place.name);
        let (Some(step), Some(severity), Some((responses, alert)), false) =
            (step, severity, responses, expired)
        else {
            self.name_rule(path, None);
            return;
        };
        let id = RuleId(self.model.rules.len() as u32);
        self.name_rule(path, Some(id));
        if let (Some(overrides), Effect::Deny) = (&rule.overrides, rule.effect.node) {
            self.overrides.push((id, overrides));
        }
        self.model.rules.push(Rule {
            policy,
            label,
            labelled,
            span: rule.span,
            used_at: place.frames.last().and_then(|f| f.used_at),
            effect: match rule.effect.node {
                Effect::Allow => RuleEffect::Allow,
                Effect::Deny => RuleEffect::Deny,
                Effect::Audit => RuleEffect::Audit,
            },
            actions: step.actions,
            object: step.object,
            except: step.except,
            condition: step.condition,
            severity,
            responses,
            alert,
            because: rule.because.as_ref().map(|text| text.value.to_string()),
            until: rule.until.map(|until| until.node),
            overrides: Vec::new(),
        });
    }

    /// A rule's full label; `None` when a `without` leaves the rule out.
    fn label(&mut self, rule: &'s ast::Rule, place: &mut Place<'s>) -> Option<String> {
        let frame = place.frames.last_mut()?;
        let label = match rule.label.as_ref().filter(|l| !l.is_missing()) {
            Some(name) => {
                if let Some(first) = frame.own_labels.insert(name.as_str(), name.span) {
                    let message = format!("the label `{}` is given twice", name.text);
                    self.report(
                        Diagnostic::new(Code::DuplicateLabel, name.span, message)
                            .related(first, "first given here")
                            .help("tests and `overrides` name rules by their labels: choose another one"),
                    );
                }
                format!("{}{}", frame.prefix, name.text)
            }
            None => {
                let (word, count) = match rule.effect.node {
                    Effect::Allow => ("allow", &mut frame.unlabelled[0]),
                    Effect::Deny => ("deny", &mut frame.unlabelled[1]),
                    Effect::Audit => ("audit", &mut frame.unlabelled[2]),
                };
                *count += 1;
                format!("{}{word}#{count}", frame.prefix)
            }
        };
        (!place.left_out(&label, rule.label.is_some())).then_some(label)
    }

    fn name_rule(&mut self, path: String, rule: Option<RuleId>) {
        let label = path.rsplit('.').next().unwrap_or(&path).to_owned();
        self.rules_by_label.entry(label).or_default().push(self.rules.len() as u32);
        self.rules.push(NamedRule { path, rule });
    }

    /// The rules that a reference names, with those whose time has passed.
    pub(super) fn rules_named<'c>(&'c self, name: &'c str) -> impl Iterator<Item = &'c NamedRule> {
        let label = name.rsplit('.').next().unwrap_or(name);
        let places = self.rules_by_label.get(label).map_or(&[][..], Vec::as_slice);
        let rules = places.iter().filter_map(|p| self.rules.get(*p as usize));
        rules.filter(move |rule| {
            rule.path.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
    }

    /// Warns before a rule's last day, and says that it is over after.
    fn has_expired(&mut self, until: ast::Spanned<crate::date::Date>, label: &str) -> bool {
        let Some(today) = self.today else { return false };
        let left = until.node.days() - today.days();
        if left < 0 {
            self.report(
                Diagnostic::new(
                    Code::Expired,
                    until.span,
                    format!("the rule's time passed on {}", until.node),
                )
                .label("the rule is ignored")
                .help("remove the rule, or give it more time"),
            );
            self.model.expired.push((label.to_owned(), until.node));
        } else if left <= EXPIRY_NOTICE_DAYS {
            let when = match left {
                0 => "today is the rule's last day".to_owned(),
                1 => "tomorrow is the rule's last day".to_owned(),
                n => format!("the rule ends in {n} days"),
            };
            self.report(
                Diagnostic::new(Code::ExpiresSoon, until.span, when)
                    .help("prepare for its end, or give it more time"),
            );
        }
        left < 0
    }

    /// What a rule or detection asks for, and whom to alert.
    pub(super) fn responses(&mut self, list: &'s [Response]) -> Option<(Responses, Vec<String>)> {
        let mut responses = Responses::default();
        let mut targets = Vec::new();
        let mut complete = true;
        for response in list {
            if response.name.is_missing() {
                complete = false;
                continue;
            }
            let (found, arguments) = match (response.name.as_str(), response.arguments.as_slice()) {
                ("alert", arguments) => {
                    targets.extend(arguments.iter().map(|a| a.text.to_string()));
                    (Responses::ALERT, &[][..])
                }
                ("kill", [word, rest @ ..]) if word.as_str() == "tree" => (Responses::KILL_TREE, rest),
                ("kill", rest) => (Responses::KILL, rest),
                ("log", rest) => (Responses::LOG, rest),
                ("freeze", rest) => (Responses::FREEZE, rest),
                ("block", rest) => (Responses::BLOCK, rest),
                ("quarantine", rest) => (Responses::QUARANTINE, rest),
                (other, _) => {
                    self.report(
                        Diagnostic::new(
                            Code::UnknownResponse,
                            response.name.span,
                            format!("there is no response `{other}`"),
                        )
                        .help(format!(
                            "it is one of {} and `kill tree`",
                            RESPONSES.map(|w| format!("`{w}`")).join(", ")
                        ))
                        .did_you_mean(response.name.span, other, RESPONSES),
                    );
                    complete = false;
                    continue;
                }
            };
            if let Some(extra) = arguments.first() {
                let message = format!("`{}` takes no `{}`", response.name.text, extra.text);
                self.report(
                    Diagnostic::new(Code::UnknownResponse, extra.span, message)
                        .help("several responses are separated by commas: `then kill, alert secops`"),
                );
                complete = false;
            }
            responses = responses.union(found);
        }
        complete.then_some((responses, targets))
    }

    fn limit(&mut self, limit: &'s ast::Limit, env: &Env<'s>, place: &Place<'s>) {
        let value = self.value(&limit.value, env);
        let word = limit.resource.as_str();
        let Some((_, resource, ty)) = RESOURCES.iter().find(|(name, ..)| *name == word) else {
            if !limit.resource.is_missing() {
                self.report(
                    Diagnostic::new(
                        Code::UnknownLimit,
                        limit.resource.span,
                        format!("`{word}` cannot be limited"),
                    )
                    .help(format!("these can: {}", listed(LIMITS.into_iter())))
                    .did_you_mean(limit.resource.span, word, LIMITS),
                );
            }
            return;
        };
        let Some(value) = value else { return };
        let span = limit.value.span;
        let amount = match value.elements.as_slice() {
            [element] if !value.is_set => match &element.scalar {
                Scalar::Number { value, unit } if ty.accepts(&element.scalar) => {
                    let scale = if *unit == Unit::Share { 100 } else { 1 };
                    u64::try_from(*value * scale).ok()
                }
                Scalar::Number { unit, .. } => {
                    let example = match ty {
                        Type::Size => "`512MiB`",
                        Type::Share => "`80%`, of one core",
                        _ => "`100`",
                    };
                    let message =
                        format!("`{word}` is limited by {}, but this is {}", unit_of(*ty), unit.describe());
                    self.report(
                        Diagnostic::new(Code::WrongUnit, span, message)
                            .label(unit.describe())
                            .help(format!("write for instance {example}")),
                    );
                    return;
                }
                other => {
                    self.mismatch(span, unit_of(*ty), other.describe());
                    return;
                }
            },
            _ => {
                self.mismatch(span, unit_of(*ty), "a list");
                return;
            }
        };
        let Some(amount) = amount.filter(|a| *a > 0) else {
            self.report(
                Diagnostic::new(Code::OutOfRange, span, "this limit lets nothing run")
                    .help("a limit is greater than zero"),
            );
            return;
        };
        if let Some(policy) = place.policy {
            self.model.limits.push(Limit { policy, resource: *resource, amount, span: limit.span });
        }
    }

    /// The rules that `overrides` names.
    pub(super) fn resolve_overrides(&mut self) {
        for (id, name) in std::mem::take(&mut self.overrides) {
            let text = dotted(name);
            let own = self.model.rule(id).policy;
            let mut found: Vec<RuleId> = Vec::new();
            let mut any = false;
            for rule in self.rules_named(&text) {
                any = true;
                found.extend(rule.rule.filter(|r| self.model.rule(*r).policy != own));
            }
            if !any {
                self.unknown_rule(name, &text, Code::UnknownRule);
                continue;
            }
            found.retain(|r| self.model.rule(*r).effect == RuleEffect::Allow);
            if found.is_empty() {
                self.report(
                    Diagnostic::new(
                        Code::UnknownRule,
                        name.span,
                        format!("`{text}` is no `allow` of another policy"),
                    )
                    .help("within one policy a denial always wins; there is nothing to override"),
                );
            } else if let Some(rule) = self.model.rules.get_mut(id.0 as usize) {
                rule.overrides = found;
            }
        }
    }

    /// Reports a reference that names no rule.
    pub(super) fn unknown_rule(&mut self, name: &'s QualifiedName, text: &str, code: Code) {
        if name.segments.iter().any(Name::is_missing) {
            return;
        }
        let rules = if self.suggests() { self.rules.as_slice() } else { &[] };
        let labels: Vec<String> = rules
            .iter()
            .flat_map(|rule| {
                let label = rule.path.rsplit('.').next().unwrap_or_default().to_owned();
                [label, rule.path.clone()]
            })
            .filter(|label| !label.contains('#'))
            .collect();
        self.report(
            Diagnostic::new(code, name.span, format!("there is no rule `{text}`"))
                .help("a rule is named by its label, with its policy or template in front where the label is not enough")
                .did_you_mean(name.span, text, labels.iter().map(String::as_str)),
        );
    }

    /// Warns of a posture that denies every process of the machine.
    pub(super) fn world_wide_default(&mut self, id: DefId, number: PolicyId) {
        let policy = self.model.policy(number);
        let everybody = matches!(&policy.scope, Scope { subjects: None, except } if except.is_empty());
        if !everybody || policy.mode != Mode::Prevent || policy.default_deny.is_empty() {
            return;
        }
        let ItemKind::Policy(written) = &self.names.def(id).item.kind else { return };
        // A scope that could not be understood looks like `any`.
        if !written.subjects.items.iter().any(|e| matches!(e.kind, ast::ExprKind::Any)) {
            return;
        }
        let span = policy.default_span;
        self.report(
            Diagnostic::new(
                Code::WorldWideDefault,
                span,
                "this denies every process of the machine what no rule allows",
            )
            .related(written.subjects.span, "the policy is for everybody")
            .help("name subjects, leave some out with `except`, or begin with `mode detect`"),
        );
    }
}

const fn unit_of(ty: Type) -> &'static str {
    match ty {
        Type::Size => "a size",
        Type::Share => "a share",
        _ => "a number",
    }
}

/// What the clauses of a policy say.
#[derive(Default)]
struct Clauses {
    mode: Mode,
    unknown: Option<OnUnknown>,
    default_deny: ActionSet,
    default_span: Option<Span>,
    severity: Severity,
    revalidate: bool,
}
