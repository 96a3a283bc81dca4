//! What the target's kernel could keep to, and this release's kernel programs do not: the schema's `hooks`, `read_of`, `read_in`
//! and `seen` say so.
//!
//! Such a policy means the same on every release, so it is checked, tested and compiled; and it is not called prevention: the
//! author is warned here, and the agent refuses what it cannot keep to.

use super::Checker;
use super::tiers::{self, endpoint_obstacle, facts_of, prevents, sees};
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{
    ActionSet, Atom, Cond, CondKind, FactRef, Mode, Model, Rule, RuleEffect, SubjectId, Target,
};
use crate::span::Span;
use std::collections::HashSet;
use warmor_policy::event::Source;
use warmor_policy::schema::{Action, FieldType, event_fields, process_fields};

/// A part of a policy that this release's kernel programs do not keep to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Gap {
    /// No program stops the action.
    Action(Action),
    /// No program meets the name: a protocol whose sockets go past them.
    Name(FieldType, &'static str),
    /// No program reads the fact.
    Fact(FactRef),
    /// No program knows which addresses are the subject's.
    Endpoint(SubjectId),
}

impl Gap {
    /// The part as it is written in a policy.
    pub fn written(&self, model: &Model) -> String {
        match self {
            Self::Action(action) => action.name().to_owned(),
            Self::Name(_, name) => (*name).to_owned(),
            Self::Fact(fact) => fact.to_string(),
            Self::Endpoint(subject) => model.subject(*subject).name.clone(),
        }
    }

    /// Whether the gap is that an operation goes past the programs; otherwise they meet it and know less of it than the policy
    /// asks for.
    pub const fn is_unstopped(&self) -> bool {
        matches!(self, Self::Action(_) | Self::Name(..))
    }
}

/// What this release does not keep to of a rule, with the place of each. Empty for rules that enforce nothing, and for what the
/// target's kernel could not keep to either: that is a matter of [`tier_of`](super::tier_of).
pub fn gaps_of(model: &Model, rule: &Rule) -> Vec<(Gap, Span)> {
    let mut walk = Walk::new(model);
    let mut found = walk.rule(rule);
    if enforces(model, rule) {
        let policy = model.policy(rule.policy);
        for cond in policy.scope.subjects.iter().flatten().chain(&policy.scope.except) {
            walk.cond(cond, View::SCOPE, &mut found);
        }
        found.extend(walk.of_subjects.into_iter().flat_map(|(_, found)| found));
    }
    let mut seen = HashSet::new();
    found.retain(|(gap, _)| seen.insert(gap.clone()));
    found
}

/// Whether the rule can influence what is stopped.
fn enforces(model: &Model, rule: &Rule) -> bool {
    let policy = model.policy(rule.policy);
    policy.mode == Mode::Prevent && rule.effect != RuleEffect::Audit
}

/// Whose facts a condition's `process` is, and at which actions.
#[derive(Clone, Copy)]
struct View {
    holder: Source,
    /// Those that some program decides; empty for a subject or scope.
    actions: ActionSet,
    /// Whether what the condition names is what is denied.
    denied: bool,
}

impl View {
    const SCOPE: Self = Self { holder: Source::Process, actions: ActionSet::EMPTY, denied: false };
}

struct Walk<'m> {
    model: &'m Model,
    /// Subjects that have been looked at, by whose membership was asked.
    seen: HashSet<(Source, SubjectId)>,
    /// What was found in them, one after another.
    of_subjects: Vec<(SubjectId, Vec<(Gap, Span)>)>,
    memo: tiers::Memo,
}

impl<'m> Walk<'m> {
    fn new(model: &'m Model) -> Self {
        Self { model, seen: HashSet::new(), of_subjects: Vec::new(), memo: tiers::Memo::default() }
    }

    /// The gaps among actions that are denied.
    fn actions(&self, actions: ActionSet, span: Span) -> impl Iterator<Item = (Gap, Span)> {
        let target = self.model.target;
        let gaps = actions.iter().filter(move |a| prevents(target, *a) && !a.is_enforced());
        gaps.map(move |a| (Gap::Action(a), span))
    }

    fn rule(&mut self, rule: &Rule) -> Vec<(Gap, Span)> {
        let mut found = Vec::new();
        if !enforces(self.model, rule) {
            return found;
        }
        let denies = rule.effect == RuleEffect::Deny;
        if denies {
            found.extend(self.actions(rule.actions, rule.span));
        }
        let actions: ActionSet = rule.actions.iter().filter(|a| a.is_enforced()).collect();
        // Of an action that goes past the programs, nothing else need be said.
        if !actions.is_empty() {
            let view = View { holder: Source::Process, actions, denied: denies };
            self.cond(&rule.object, view, &mut found);
            let others = rule.except.iter().chain(&rule.condition);
            others.for_each(|cond| self.cond(cond, View { denied: false, ..view }, &mut found));
        }
        found
    }

    fn cond(&mut self, cond: &Cond, view: View, found: &mut Vec<(Gap, Span)>) {
        match &cond.kind {
            CondKind::Const(_) => {}
            CondKind::Not(inner) => self.cond(inner, View { denied: false, ..view }, found),
            CondKind::All(parts) | CondKind::Any(parts) => {
                for part in parts {
                    self.cond(part, view, found);
                }
            }
            CondKind::Atom(atom) => self.atom(atom, cond.span, view, found),
        }
    }

    fn atom(&mut self, atom: &Atom, span: Span, view: View, found: &mut Vec<(Gap, Span)>) {
        match atom {
            // A prevented rule names another process here only as the owner of an endpoint.
            Atom::Member { source: Source::Target, subject } => {
                let known = endpoint_obstacle(self.model, *subject, &mut self.memo).is_none();
                if known && view.actions.iter().any(|a| a.info().group == "net") {
                    found.push((Gap::Endpoint(*subject), span));
                }
            }
            Atom::Member { source, subject } => {
                let holder = if *source == Source::Process { view.holder } else { *source };
                self.subject(*subject, holder);
            }
            // Tests of ancestors are made while the ancestor is the process, and kept.
            Atom::Ancestor { cond } => self.cond(cond, view, found),
            atom => {
                if let (true, Some(name)) = (view.denied, unseen_name(atom)) {
                    found.push((name, span));
                }
                for fact in facts_of(atom) {
                    if sees(self.model.target, &fact) && !reads(&fact, view) {
                        let whose = if fact.source == Source::Process { view.holder } else { fact.source };
                        found.push((Gap::Fact(FactRef { source: whose, ..fact }), span));
                    }
                }
            }
        }
    }

    fn subject(&mut self, subject: SubjectId, holder: Source) {
        if self.seen.insert((holder, subject)) {
            let mut found = Vec::new();
            let view = View { holder, ..View::SCOPE };
            self.cond(&self.model.subject(subject).cond, view, &mut found);
            self.of_subjects.push((subject, found));
        }
    }
}

/// Whether this release's programs read a fact where the view needs it.
fn reads(fact: &FactRef, view: View) -> bool {
    let field = fact.field();
    match fact.source {
        Source::Event => {
            let mut needed =
                view.actions.iter().filter(|a| field.actions.is_empty() || field.actions.contains(a));
            needed.all(|a| field.read_in.contains(&a))
        }
        Source::Process => field.read_of.contains(&view.holder),
        // Of a parent's parent nothing is kept.
        source => view.holder == Source::Process && field.read_of.contains(&source),
    }
}

/// The one name that an atom asks for and that no program meets.
fn unseen_name(atom: &Atom) -> Option<Gap> {
    let Atom::Number { fact, first, last } = atom else { return None };
    let kind = fact.field().kind;
    let table = kind.names().filter(|_| first == last)?;
    let code = u32::try_from(*first).ok().filter(|code| !table.sees(*code))?;
    Some(Gap::Name(kind, table.name(code)?))
}

impl Checker<'_> {
    /// Warns of what prevent policies promise and this release does not keep.
    pub(super) fn check_release(&mut self) {
        let Target::Linux(_) = self.model.target else { return };
        let mut walk = Walk::new(&self.model);
        // What one use of a template brings is said once.
        let mut places: Vec<(Span, Vec<(Gap, Span)>)> = Vec::new();
        for policy in self.model.policies.iter().filter(|p| p.mode == Mode::Prevent) {
            let span = policy.default_span;
            places.push((span, walk.actions(policy.default_deny, span).collect()));
            for cond in policy.scope.subjects.iter().flatten().chain(&policy.scope.except) {
                let mut found = Vec::new();
                walk.cond(cond, View::SCOPE, &mut found);
                places.push((cond.span, found));
            }
        }
        for rule in &self.model.rules {
            let found = walk.rule(rule);
            places.push((rule.used_at.unwrap_or(rule.span), found));
        }
        for (subject, found) in std::mem::take(&mut walk.of_subjects) {
            places.push((self.model.subject(subject).cond.span, found));
        }
        places.sort_by_key(|(place, _)| *place);
        places.dedup_by(|next, last| {
            let is_same = next.0 == last.0;
            if is_same {
                last.1.append(&mut next.1);
            }
            is_same
        });
        for (place, gaps) in places {
            let (unstopped, unread): (Vec<_>, Vec<_>) =
                gaps.into_iter().partition(|(gap, _)| gap.is_unstopped());
            if !unstopped.is_empty() {
                let warning = self.unstopped(place, &unstopped);
                self.report(warning);
            }
            if !unread.is_empty() {
                let warning = self.unread(place, &unread);
                self.report(warning);
            }
        }
    }

    /// One warning about a place, with the parts that it is about.
    fn gap(
        &self,
        code: Code,
        place: Span,
        gaps: &[(Gap, Span)],
        message: impl FnOnce(&str) -> String,
    ) -> Diagnostic {
        let mut names: Vec<String> = Vec::new();
        for (gap, _) in gaps {
            let written = gap.written(&self.model);
            let name = match gap {
                Gap::Endpoint(_) => format!("the addresses of `{written}`"),
                _ => format!("`{written}`"),
            };
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let inside =
            |span: Span| span.file == place.file && place.start <= span.start && span.end <= place.end;
        let elsewhere = gaps.iter().find(|(_, span)| !inside(*span));
        // The part itself is shown where there is one, otherwise what it came from.
        let primary = match gaps {
            [(_, only)] if inside(*only) => *only,
            _ => place,
        };
        let warning = Diagnostic::new(code, primary, message(&names.join(", ")));
        match elsewhere {
            Some((_, span)) => warning.related(*span, "from this rule of the template"),
            None => warning,
        }
    }

    fn unstopped(&self, place: Span, gaps: &[(Gap, Span)]) -> Diagnostic {
        let mut actions: Vec<&str> = gaps
            .iter()
            .filter_map(|(gap, _)| match gap {
                Gap::Action(action) => Some(action.name()),
                _ => None,
            })
            .collect();
        actions.sort_unstable();
        actions.dedup();
        let warning = self
            .gap(Code::NotStopped, place, gaps, |names| {
                format!("no kernel program of this release stops {names}")
            })
            .label("compiled, and not enforced");
        if actions.is_empty() {
            let seen = gaps.iter().find_map(|(gap, _)| match gap {
                Gap::Name(kind, _) => kind.names(),
                _ => None,
            });
            let names = seen.map_or_else(String::new, |table| {
                let known = table.values.iter().filter(|(_, code)| table.sees(*code));
                known.map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(" and ")
            });
            return warning.help(format!("this release decides on {names}; the rest goes past it"));
        }
        let flags: Vec<String> = actions.iter().map(|a| format!("--without {a}")).collect();
        warning.help(format!(
            "`warmord` refuses the artifact unless it is told that this is known, with `{}`; a policy of `mode detect` claims nothing",
            flags.join(" ")
        ))
    }

    fn unread(&self, place: Span, gaps: &[(Gap, Span)]) -> Diagnostic {
        let warning = self
            .gap(Code::NotRead, place, gaps, |names| format!("no kernel program of this release knows {names}"))
            .label("unknown in every decision of the kernel")
            .note("what is unknown lets a denial apply under `unknown deny`, the default in `mode prevent`, and lets no allow apply");
        match &gaps[0].0 {
            Gap::Endpoint(_) => {
                warning.help("write addresses: who has which is not known to this release's agent")
            }
            Gap::Fact(fact) if fact.source == Source::Event => {
                let field = fact.field();
                let at: Vec<String> = field.read_in.iter().map(|a| format!("`{}`", a.name())).collect();
                match at.as_slice() {
                    [] => warning.help("leave the test out, or move the rule into a policy of `mode detect`"),
                    at => warning.help(format!("`{}` is read at {}", field.name, at.join(", "))),
                }
            }
            _ => warning.help(format!("these are known: {}", read_facts().join(", "))),
        }
    }
}

/// The facts of processes that this release's programs read, as they are written.
fn read_facts() -> Vec<String> {
    let mut names = Vec::new();
    for (slot, field) in process_fields().iter().enumerate() {
        for source in field.read_of {
            names.push(format!("`{}`", FactRef { source: *source, slot, key: None }));
        }
    }
    debug_assert!(event_fields().iter().all(|f| f.read_of.is_empty()), "events have no holder");
    names
}
