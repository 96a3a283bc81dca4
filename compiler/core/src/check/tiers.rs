//! Where a rule can be decided: in the kernel before the operation happens, by a signal after it, or in user space.
//!
//! Everything that can influence an enforced verdict must be decided in the kernel. Whatever cannot is an error that names
//! the part that forces it out and says what to write instead.

use super::Checker;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{
    ActionSet, Atom, Cond, CondKind, FactRef, Feature, Mode, Model, Pattern, PolicyId, Rule, RuleEffect,
    SubjectId, Target,
};
use crate::span::Span;
use warmor_policy::event::Source;
use warmor_policy::schema::{Action, Stability};

/// Where a rule is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// Inside the kernel, before the operation happens.
    Kernel,
    /// Noticed by the kernel; the process can be stopped by a signal after the fact.
    Signal,
    /// In user space, after the event.
    User,
}

impl Tier {
    /// Its letter.
    pub const fn letter(self) -> &'static str {
        match self {
            Self::Kernel => "K",
            Self::Signal => "S",
            Self::User => "U",
        }
    }
}

/// What keeps a rule out of the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The target has no way to prevent this action before it happens.
    Target,
    /// No hook can stop the action on the target.
    Action(Action),
    /// No hook sees the fact on the target.
    Fact(FactRef),
    /// The kernel's tables do not compare facts with each other.
    Relation,
    /// The kernel's tables do not look into lists.
    List,
    /// The subject is told by facts that are not known of the other end of a connection.
    Endpoint(SubjectId, FactRef),
}

impl Obstacle {
    const fn tier(&self) -> Tier {
        match self {
            Self::Action(_) => Tier::Signal,
            _ => Tier::User,
        }
    }
}

/// Where a rule is decided on the model's target, and the part that keeps it out of the kernel.
pub fn tier_of(model: &Model, rule: &Rule) -> (Tier, Option<(Obstacle, Span)>) {
    let mut memo = Memo::default();
    let mut found = Vec::new();
    let view = View { model, actions: rule.actions };
    view.actions(rule.span, &mut found);
    let parts = [Some(&rule.object), rule.condition.as_ref()].into_iter().flatten().chain(&rule.except);
    parts.for_each(|cond| view.cond(cond, &mut memo, &mut found));
    let policy = model.policy(rule.policy);
    let scope = policy.scope.subjects.iter().flatten().chain(&policy.scope.except);
    scope.for_each(|cond| view.cond(cond, &mut memo, &mut found));
    let worst = found.into_iter().max_by_key(|(obstacle, _)| obstacle.tier());
    (worst.as_ref().map_or(Tier::Kernel, |(obstacle, _)| obstacle.tier()), worst)
}

/// What has been found out about subjects.
#[derive(Debug, Default)]
pub(super) struct Memo {
    subjects: Vec<Option<Option<(Obstacle, Span)>>>,
    endpoints: Vec<Option<Option<FactRef>>>,
}

fn entry<T>(list: &mut Vec<Option<T>>, subject: SubjectId) -> &mut Option<T> {
    let at = subject.0 as usize;
    if list.len() <= at {
        list.resize_with(at + 1, || None);
    }
    &mut list[at]
}

/// A condition's surroundings.
#[derive(Clone, Copy)]
struct View<'m> {
    model: &'m Model,
    /// Empty for a subject or scope.
    actions: ActionSet,
}

impl View<'_> {
    fn actions(self, span: Span, found: &mut Vec<(Obstacle, Span)>) {
        for action in self.actions.iter() {
            let prevented = prevents(self.model.target, action);
            if !prevented {
                let obstacle = match self.model.target {
                    Target::Linux(_) => Obstacle::Action(action),
                    Target::Windows | Target::MacosPf => Obstacle::Target,
                };
                found.push((obstacle, span));
            }
        }
    }

    fn cond(self, cond: &Cond, memo: &mut Memo, found: &mut Vec<(Obstacle, Span)>) {
        match &cond.kind {
            CondKind::Const(_) => {}
            CondKind::Not(inner) => self.cond(inner, memo, found),
            CondKind::All(parts) | CondKind::Any(parts) => {
                for part in parts {
                    self.cond(part, memo, found);
                }
            }
            CondKind::Atom(atom) => self.atom(atom, cond.span, memo, found),
        }
    }

    fn atom(self, atom: &Atom, span: Span, memo: &mut Memo, found: &mut Vec<(Obstacle, Span)>) {
        match atom {
            Atom::Text { fact, .. }
            | Atom::Number { fact, .. }
            | Atom::Address { fact, .. }
            | Atom::Flags { fact, .. }
            | Atom::Present { fact } => {
                if !self.sees(fact) {
                    found.push((Obstacle::Fact(fact.clone()), span));
                }
            }
            Atom::ListAny { fact, .. } | Atom::ListAll { fact, .. } => {
                let obstacle = if self.sees(fact) { Obstacle::List } else { Obstacle::Fact(fact.clone()) };
                found.push((obstacle, span));
            }
            Atom::Relation { left, right, .. } | Atom::Same { left, right } => {
                let unseen = [left, right].into_iter().find(|f| !self.sees(f));
                found.push((unseen.map_or(Obstacle::Relation, |f| Obstacle::Fact(f.clone())), span));
            }
            Atom::Ancestor { cond } => self.cond(cond, memo, found),
            Atom::Member { source: Source::Target, subject } if self.is_network() => {
                if let Some(fact) = endpoint_obstacle(self.model, *subject, memo) {
                    found.push((Obstacle::Endpoint(*subject, fact), span));
                }
            }
            Atom::Member { subject, .. } => {
                if let Some((obstacle, _)) = subject_obstacle(self.model, *subject, memo) {
                    found.push((obstacle, span));
                }
            }
        }
    }

    fn sees(self, fact: &FactRef) -> bool {
        sees(self.model.target, fact)
    }

    fn is_network(self) -> bool {
        self.actions.iter().any(|a| a.info().group == "net")
    }
}

/// Whether the target can stop the action before it happens.
pub(super) fn prevents(target: Target, action: Action) -> bool {
    match target {
        Target::Linux(version) => action.info().kernel.is_some_and(|k| k <= version),
        Target::MacosPf => action.info().group == "net",
        Target::Windows => false,
    }
}

/// Whether the target knows the fact when it decides.
pub(super) fn sees(target: Target, fact: &FactRef) -> bool {
    let field = fact.field();
    match target {
        // What belongs only to actions that cannot be prevented is no obstacle of its own: the kernel notices both.
        Target::Linux(_)
            if !field.actions.is_empty() && !field.actions.iter().any(|a| prevents(target, *a)) =>
        {
            true
        }
        Target::Linux(version) => field.kernel.is_some_and(|k| k <= version),
        Target::MacosPf => {
            fact.source == Source::Event && matches!(field.name, "protocol" | "address" | "port")
        }
        // Nothing can be prevented there, which is said of the action.
        Target::Windows => true,
    }
}

fn subject_obstacle(model: &Model, subject: SubjectId, memo: &mut Memo) -> Option<(Obstacle, Span)> {
    if let Some(known) = entry(&mut memo.subjects, subject) {
        return known.clone();
    }
    let view = View { model, actions: ActionSet::default() };
    let mut found = Vec::new();
    view.cond(&model.subject(subject).cond, memo, &mut found);
    let first = found.into_iter().next();
    *entry(&mut memo.subjects, subject) = Some(first.clone());
    first
}

/// A fact of the subject that is not known of the other end of a connection: only the inventory's are.
pub(super) fn endpoint_obstacle(model: &Model, subject: SubjectId, memo: &mut Memo) -> Option<FactRef> {
    fn look(model: &Model, cond: &Cond, memo: &mut Memo) -> Option<FactRef> {
        match &cond.kind {
            CondKind::Const(_) => None,
            CondKind::Not(inner) => look(model, inner, memo),
            CondKind::All(parts) | CondKind::Any(parts) => parts.iter().find_map(|c| look(model, c, memo)),
            CondKind::Atom(atom) => match atom {
                Atom::Member { subject, .. } => endpoint_obstacle(model, *subject, memo),
                Atom::Ancestor { cond } => look(model, cond, memo).or_else(|| first_fact(cond)),
                other => facts_of(other).into_iter().find(|f| {
                    f.source != Source::Process
                        || f.field().stability != Stability::Container
                        || !f.field().inventory
                }),
            },
        }
    }
    if let Some(known) = entry(&mut memo.endpoints, subject) {
        return known.clone();
    }
    let found = look(model, &model.subject(subject).cond, memo);
    *entry(&mut memo.endpoints, subject) = Some(found.clone());
    found
}

fn first_fact(cond: &Cond) -> Option<FactRef> {
    match &cond.kind {
        CondKind::Const(_) => None,
        CondKind::Not(inner) => first_fact(inner),
        CondKind::All(parts) | CondKind::Any(parts) => parts.iter().find_map(first_fact),
        CondKind::Atom(atom) => facts_of(atom).into_iter().next(),
    }
}

/// The facts that an atom looks at itself.
pub(super) fn facts_of(atom: &Atom) -> Vec<FactRef> {
    match atom {
        Atom::Text { fact, .. }
        | Atom::Number { fact, .. }
        | Atom::Address { fact, .. }
        | Atom::Flags { fact, .. }
        | Atom::Present { fact }
        | Atom::ListAny { fact, .. }
        | Atom::ListAll { fact, .. } => vec![fact.clone()],
        Atom::Relation { left, right, .. } | Atom::Same { left, right } => vec![left.clone(), right.clone()],
        Atom::Member { .. } | Atom::Ancestor { .. } => Vec::new(),
    }
}

impl Checker<'_> {
    /// Reports what a prevent policy depends on and the kernel cannot decide.
    pub(super) fn check_tiers(&mut self) {
        let mut memo = std::mem::take(&mut self.tiers);
        let mut problems: Vec<(Obstacle, Span)> = Vec::new();
        let prevents = |id: PolicyId| self.model.policy(id).mode == Mode::Prevent;
        let mut defaults = ActionSet::default();
        for policy in self.model.policies.iter().filter(|p| p.mode == Mode::Prevent) {
            policy.default_deny.iter().for_each(|a| defaults.insert(a));
            let view = View { model: &self.model, actions: policy.default_deny };
            view.actions(policy.default_span, &mut problems);
            let scope = View { model: &self.model, actions: ActionSet::default() };
            for cond in policy.scope.subjects.iter().flatten().chain(&policy.scope.except) {
                scope.cond(cond, &mut memo, &mut problems);
            }
        }
        for rule in self.model.rules.iter().filter(|r| prevents(r.policy)) {
            let matters = match rule.effect {
                RuleEffect::Deny => true,
                // An allow changes an enforced verdict only where some posture would deny.
                RuleEffect::Allow => rule.actions.iter().any(|a| defaults.contains(a)),
                RuleEffect::Audit => false,
            };
            if !matters {
                continue;
            }
            let view = View { model: &self.model, actions: rule.actions };
            view.actions(rule.span, &mut problems);
            let parts =
                [Some(&rule.object), rule.condition.as_ref()].into_iter().flatten().chain(&rule.except);
            parts.for_each(|cond| view.cond(cond, &mut memo, &mut problems));
        }
        self.tiers = memo;
        for (obstacle, span) in problems {
            let diagnostic = self.unenforceable(&obstacle, span);
            self.report(diagnostic);
        }
    }

    fn unenforceable(&self, obstacle: &Obstacle, span: Span) -> Diagnostic {
        let target = self.model.target;
        let kept = "everything that decides in `mode prevent` must be decided in the kernel before the operation happens";
        let error = match obstacle {
            Obstacle::Target => Diagnostic::new(
                Code::TargetCannotPrevent,
                span,
                format!("the target `{target}` cannot prevent this"),
            )
            .help(match target {
                Target::MacosPf => "only packet filter rules for `any` can be prevented there: move the rest into a policy of `mode detect`",
                _ => "use `mode detect` for this target",
            }),
            Obstacle::Action(action) => Diagnostic::new(
                Code::ActionNotInKernel,
                span,
                format!("no hook of `{target}` can stop `{}` before it happens", action.name()),
            )
            .help(instead_of_action(*action)),
            Obstacle::Fact(fact) if target == Target::MacosPf => Diagnostic::new(
                Code::TargetCannotPrevent,
                span,
                format!("a packet filter does not know `{fact}`"),
            )
            .help("on `macos-pf` only rules for `any` on protocols, addresses and ports can be prevented: use `mode detect`"),
            Obstacle::Fact(fact) => {
                let since = fact.field().kernel;
                let error = Diagnostic::new(
                    Code::FactNotInKernel,
                    span,
                    format!("`{fact}` is not known in the kernel of `{target}` when the operation is decided"),
                );
                match since {
                    Some(version) => error.help(format!("it is from Linux {version} on: raise the target")),
                    None => error.help(instead_of_fact(fact)),
                }
            }
            Obstacle::Relation => {
                Diagnostic::new(Code::TestNotInKernel, span, "the kernel cannot compare two facts with each other")
                    .help("compare with values, or move the rule into a policy of `mode detect`")
            }
            Obstacle::List => Diagnostic::new(Code::TestNotInKernel, span, "the kernel cannot look into lists")
                .help("move the rule into a policy of `mode detect`"),
            Obstacle::Endpoint(subject, fact) => {
                let subject = self.model.subject(*subject);
                Diagnostic::new(
                    Code::EndpointNotInKernel,
                    span,
                    format!("`{}` cannot be an endpoint: `{fact}` is not known of the other end", subject.name),
                )
                .related(subject.span, "defined here")
                .help("an endpoint's subject is told by `pod` and `container` facts; otherwise write addresses")
            }
        };
        error.note(kept)
    }

    /// What the program needs from the runtime.
    pub(super) fn features(&self) -> Vec<Feature> {
        let mut features = Vec::new();
        let mut note = |cond: &Cond| {
            if needs_inventory(cond) {
                features.push(Feature::Inventory);
            }
        };
        self.model.subjects.iter().for_each(|s| note(&s.cond));
        for rule in &self.model.rules {
            [Some(&rule.object), rule.condition.as_ref()]
                .into_iter()
                .flatten()
                .chain(&rule.except)
                .for_each(&mut note);
        }
        for detection in &self.model.detections {
            let steps = match &detection.pattern {
                Pattern::Single(step) => std::slice::from_ref(step),
                Pattern::Sequence { steps, .. } | Pattern::Count { steps, .. } => steps,
            };
            for step in steps {
                [Some(&step.object), step.condition.as_ref()]
                    .into_iter()
                    .flatten()
                    .chain(&step.except)
                    .for_each(&mut note);
            }
        }
        features.dedup();
        features
    }
}

fn needs_inventory(cond: &Cond) -> bool {
    match &cond.kind {
        CondKind::Const(_) => false,
        CondKind::Not(inner) => needs_inventory(inner),
        CondKind::All(parts) | CondKind::Any(parts) => parts.iter().any(needs_inventory),
        CondKind::Atom(Atom::Ancestor { cond }) => needs_inventory(cond),
        // Whether its own condition needs the inventory is asked where the subject is looked at.
        CondKind::Atom(atom) => {
            facts_of(atom).iter().any(|f| f.source != Source::Event && f.field().inventory)
        }
    }
}

fn instead_of_action(action: Action) -> &'static str {
    match action {
        Action::Syscall => {
            "stop what the system call is used for (`ptrace`, `mount`, `module`, `bpf`, `unshare`, `setuid`, `capability`), or use `mode detect`"
        }
        _ => "use `mode detect`, or a newer target",
    }
}

fn instead_of_fact(fact: &FactRef) -> &'static str {
    match fact.field().name {
        "process.args" => "tell programs by `process.exe`, or move the rule into a policy of `mode detect`",
        "args" => "tell programs by their path, or move the rule into a policy of `mode detect`",
        "process.script" => {
            "deny the script itself: `exec /path/to/script where role == script`; or tell processes by `process.exe`"
        }
        "process.cwd" => "name the paths that matter; or use `mode detect`",
        "process.start_time" | "time" => {
            "the kernel decides without a clock: use `until` for a last day, or `mode detect`"
        }
        "user.name" => "use `process.uid`: names of users are not known in the kernel",
        "cgroup.path" => "use `container` or `pod` facts, or `process.exe`",
        "host" => "name addresses or networks; names are only seen in the resolver's answers",
        "host.name" | "host.kernel" => "compile a policy for each kind of machine; or use `mode detect`",
        _ => "move the rule into a policy of `mode detect`",
    }
}
