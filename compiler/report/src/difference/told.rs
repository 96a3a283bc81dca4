//! A difference in words: what the formats have in common.

use crate::clauses::Clause;
use crate::places::{Place, Places};
use crate::text::escape;
use crate::text::plural;
use warmor_compiler::difference::{
    Ask, Change, Detecting, Difference, Edit, Effect, Group, Open, Owner, Setting, Side, State, Subject,
    Tendency,
};
use warmor_compiler::model::{ClauseRef, Model, Scope};
use warmor_policy::event::{Event, Fact};

/// One of the two programs.
pub struct Version<'a> {
    /// As it was named on the command line.
    pub name: &'a str,
    /// What it means.
    pub model: &'a Model,
    /// Where its parts are written.
    pub places: Places<'a>,
}

/// A difference with the programs that it is about.
pub struct Told<'a> {
    /// The older program.
    pub old: Version<'a>,
    /// The newer one.
    pub new: Version<'a>,
    /// What they differ in.
    pub difference: &'a Difference,
    /// The groups as rows, what is weaker than before first.
    pub rows: Vec<Row<'a>>,
}

/// What happened to the events of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Denied before, and now allowed.
    NewlyAllowed,
    /// Denied before, and now only reported.
    NoLongerEnforced,
    /// Reported before, and now allowed.
    NoLongerReported,
    /// The same, of a lower severity.
    SeverityLowered,
    /// Nothing asks any more for what was asked for.
    NoLongerAsked,
    /// A detection fires no more.
    NoLongerDetected,
    /// Allowed before, and now denied.
    NewlyDenied,
    /// Reported before, and now denied.
    NowEnforced,
    /// Allowed before, and now reported.
    NewlyReported,
    /// The same, of a higher severity.
    SeverityRaised,
    /// Something is asked for that nothing asked for.
    NewlyAsked,
    /// A detection fires that did not.
    NewlyDetected,
}

impl Kind {
    fn of(change: &Change) -> Self {
        let severity = |lower| if lower { Self::SeverityLowered } else { Self::SeverityRaised };
        match change {
            Change::Verdict { old, new } => match (old.state, new.state) {
                (State::Enforced, State::Allowed) => Self::NewlyAllowed,
                (State::Enforced, State::Reported) => Self::NoLongerEnforced,
                (State::Reported, State::Allowed) => Self::NoLongerReported,
                (State::Allowed, State::Enforced) => Self::NewlyDenied,
                (State::Reported, State::Enforced) => Self::NowEnforced,
                (State::Allowed, State::Reported) => Self::NewlyReported,
                _ => severity(new.severity < old.severity),
            },
            Change::Asked { gained: false, .. } => Self::NoLongerAsked,
            Change::Asked { gained: true, .. } => Self::NewlyAsked,
            Change::Detection { how: Detecting::Stops, .. } => Self::NoLongerDetected,
            Change::Detection { how: Detecting::Starts, .. } => Self::NewlyDetected,
            Change::Detection { how: Detecting::Severity(old, new), .. } => severity(new < old),
        }
    }

    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::NewlyAllowed => "newly allowed",
            Self::NoLongerEnforced => "no longer enforced, only reported",
            Self::NoLongerReported => "no longer reported",
            Self::SeverityLowered => "lower severity",
            Self::NoLongerAsked => "no longer asked for",
            Self::NoLongerDetected => "no longer detected",
            Self::NewlyDenied => "newly denied",
            Self::NowEnforced => "now enforced, before only reported",
            Self::NewlyReported => "newly reported",
            Self::SeverityRaised => "higher severity",
            Self::NewlyAsked => "newly asked for",
            Self::NewlyDetected => "newly detected",
        }
    }

    /// For tools.
    pub fn id(self) -> &'static str {
        match self {
            Self::NewlyAllowed => "newly-allowed",
            Self::NoLongerEnforced => "no-longer-enforced",
            Self::NoLongerReported => "no-longer-reported",
            Self::SeverityLowered => "severity-lowered",
            Self::NoLongerAsked => "no-longer-asked",
            Self::NoLongerDetected => "no-longer-detected",
            Self::NewlyDenied => "newly-denied",
            Self::NowEnforced => "now-enforced",
            Self::NewlyReported => "newly-reported",
            Self::SeverityRaised => "severity-raised",
            Self::NewlyAsked => "newly-asked",
            Self::NewlyDetected => "newly-detected",
        }
    }

    /// Whether it is weaker than before.
    pub fn widens(self) -> bool {
        self < Self::NewlyDenied
    }
}

/// A group in words. Texts are escaped.
pub struct Row<'a> {
    /// The events.
    pub group: &'a Group,
    /// What happened to them.
    pub kind: Kind,
    /// Whom it is about, of those whom the clause that brings it about is for: `nginx, web except backup`.
    pub subject: String,
    /// Each of several subjects, with an event of its own; `None` where it is not known whether there is one.
    pub subjects: Vec<(String, Option<&'a Event>)>,
    /// The actions, by name.
    pub actions: String,
    /// What the old program does, and by which clause.
    pub before: String,
    /// What the new program does, and by which clause.
    pub after: String,
    /// Whether something cannot be read of the event that shows it: what is about known events goes before.
    unreadable: bool,
}

impl<'a> Told<'a> {
    /// The difference of these two.
    pub fn new(old: Version<'a>, new: Version<'a>, difference: &'a Difference) -> Self {
        let mut rows: Vec<Row<'a>> =
            difference.groups.iter().map(|g| row(&old, &new, difference, g)).collect();
        rows.sort_by(|a, b| (a.kind, &a.subject, a.unreadable).cmp(&(b.kind, &b.subject, b.unreadable)));
        Self { old, new, difference, rows }
    }

    /// The first event of a row.
    pub fn event(row: &Row<'a>) -> Option<&'a Event> {
        row.group.examples.first().map(|e| &e.event)
    }

    /// Of several subjects, those that the first event is not of, each with one of its own.
    pub fn others<'r>(row: &'r Row<'a>) -> impl Iterator<Item = (&'r str, Option<&'a Event>)> {
        let first = Self::event(row);
        let own = row.subjects.iter().map(|(subject, event)| (subject.as_str(), *event));
        own.filter(move |(_, event)| event.is_none() || *event != first)
    }

    /// How many groups and settings are weaker than before, and how many are not.
    pub fn counts(&self) -> (usize, usize) {
        let (wider, other): (Vec<_>, Vec<_>) = self.rows.iter().partition(|r| r.kind.widens());
        let settings = |wide| {
            let of = |s: &&Setting| s.tendency != Tendency::Same && (s.tendency == Tendency::Wider) == wide;
            self.difference.settings.iter().filter(of).count()
        };
        (wider.len() + settings(true), other.len() + settings(false))
    }

    /// In a line: how many differences, or that there is none.
    pub fn summary(&self) -> String {
        let (wider, other) = self.counts();
        match (wider + other, self.difference.open.len()) {
            (0, 0) => "no difference: proved for all events".to_owned(),
            (0, _) => "no difference found; not all of it is known".to_owned(),
            (all, 0) => format!("{}, {wider} of them wider", plural(all, "difference")),
            (all, _) => {
                format!("{}, {wider} of them wider; not all of it is known", plural(all, "difference"))
            }
        }
    }

    /// What is not known, a line for each edit.
    pub fn open(&self) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for (number, (edit, _)) in self.difference.edits.iter().enumerate() {
            let mine = self.difference.open.iter().filter(|(of, ..)| *of == number);
            for about in [Open::Verdict, Open::Asked, Open::Detected] {
                let actions: Vec<&str> =
                    mine.clone().filter(|(.., a)| *a == about).map(|(_, action, _)| action.name()).collect();
                let what = match about {
                    Open::Verdict => "whether verdicts change",
                    Open::Asked => "whether something else is asked for",
                    Open::Detected => "whether it fires elsewhere",
                };
                if !actions.is_empty() {
                    lines.push(format!("{}: {what} ({})", self.edit(*edit), actions.join(", ")));
                }
            }
        }
        lines
    }

    /// Where in the new program a row is best shown: at what was edited, else at what settles it, else at its policy.
    pub fn anchor(&self, row: &Row<'_>) -> Place {
        let edits: Vec<Edit> =
            row.group.edits.iter().filter_map(|i| self.difference.edits.get(*i)).map(|(e, _)| *e).collect();
        let (before, after) = row.group.change.clauses();
        let own = edits.iter().filter_map(|e| e.after()).find(|c| Some(*c) == after);
        let clause = own.or_else(|| edits.iter().find_map(|e| e.after())).or(after);
        if let Some(clause) = clause {
            return self.new.place(clause);
        }
        let policy = before.and_then(|c| policy_name(self.old.model, c));
        let policies = &self.new.model.policies;
        let policy = policies.iter().find(|p| Some(p.name.as_str()) == policy).or(policies.first());
        self.new.places.place(policy.map(|p| p.span).unwrap_or_default())
    }

    /// Where a setting is written in the new program; its first policy where it is not.
    pub fn setting_anchor(&self, setting: &Setting) -> Place {
        let span = setting.new_span.or_else(|| self.new.model.policies.first().map(|p| p.span));
        self.new.places.place(span.unwrap_or_default())
    }

    /// The names of the clauses that a row is about, before and after.
    pub fn names(&self, row: &Row<'_>) -> (String, String) {
        let (before, after) = row.group.change.clauses();
        let name =
            |model, c: Option<ClauseRef>| c.map_or(String::new(), |c| escape(&Clause::new(model, c).name));
        (name(self.old.model, before), name(self.new.model, after))
    }

    /// The edits without any effect.
    pub fn without_effect(&self) -> impl Iterator<Item = Edit> {
        self.difference.edits.iter().filter(|(_, effect)| *effect == Effect::None).map(|(edit, _)| *edit)
    }

    /// What an edit does, and to what: `removed web.no_shell (a.warmor:3:1)`.
    pub fn edit(&self, edit: Edit) -> String {
        let at = |version: &Version<'_>, clause| named(version, clause);
        match edit {
            Edit::Added(new) => format!("added {}", at(&self.new, new)),
            Edit::Removed(old) => format!("removed {}", at(&self.old, old)),
            Edit::Altered(_, new) => format!("changed {}", at(&self.new, new)),
        }
    }
}

impl Version<'_> {
    /// Where a clause is written in the program itself: for a rule from a template, where that is used.
    pub fn place(&self, clause: ClauseRef) -> Place {
        let clause = Clause::new(self.model, clause);
        self.places.place(clause.used_at.unwrap_or(clause.span))
    }
}

fn row<'a>(old: &Version<'_>, new: &Version<'_>, difference: &Difference, group: &'a Group) -> Row<'a> {
    let (subject, subjects) = subjects(old, new, difference, group);
    let (before, after) = match &group.change {
        Change::Verdict { old: o, new: n } => (verdict(old, o), verdict(new, n)),
        Change::Asked { edit, items, gained } => {
            let asks = asks(items);
            let (with, without) = (format!("asks for {asks}"), format!("nothing asks for {asks}"));
            let told = |version: &Version<'_>, clause: Option<ClauseRef>, has: bool| match clause {
                Some(clause) if has => format!("{} {with}", named(version, clause)),
                _ => without.clone(),
            };
            (told(old, edit.before(), !gained), told(new, edit.after(), *gained))
        }
        Change::Detection { edit, how } => {
            let told = |version: &Version<'_>, clause: Option<ClauseRef>, fires: bool| match clause {
                Some(clause) if fires => format!("{} fires", named(version, clause)),
                Some(clause) => format!("{} does not fire", named(version, clause)),
                None => "there is no such detection".to_owned(),
            };
            match how {
                Detecting::Starts => (told(old, edit.before(), false), told(new, edit.after(), true)),
                Detecting::Stops => (told(old, edit.before(), true), told(new, edit.after(), false)),
                Detecting::Severity(was, is) => (
                    format!("{} with severity {}", told(old, edit.before(), true), was.name()),
                    format!("{} with severity {}", told(new, edit.after(), true), is.name()),
                ),
            }
        }
    };
    Row {
        group,
        kind: Kind::of(&group.change),
        subject,
        subjects,
        actions: group.examples.iter().map(|e| e.action.name()).collect::<Vec<_>>().join(", "),
        before,
        after,
        unreadable: group.examples.first().is_some_and(|e| unreadable(&e.event)),
    }
}

/// Whether a fact of the event is unknown.
fn unreadable(event: &Event) -> bool {
    let records = [&event.process, &event.parent, &event.target].into_iter().chain(&event.ancestors);
    let facts = event.facts.iter().chain(records.flat_map(|r| &r.0));
    event.ancestors_incomplete || facts.into_iter().any(|f| *f == Fact::Unknown)
}

/// Whom a group is about, together and each.
fn subjects<'a>(
    old: &Version<'_>,
    new: &Version<'_>,
    difference: &Difference,
    group: &'a Group,
) -> (String, Vec<(String, Option<&'a Event>)>) {
    let (model, clause) = match group.owner(&difference.edits) {
        Some(Owner::Old(clause)) => (old.model, clause),
        Some(Owner::New(clause)) => (new.model, clause),
        None => return ("any".to_owned(), Vec::new()),
    };
    let scope = model.scope(clause);
    let only = |places: &[usize], except: bool| {
        let all = scope.subjects.iter().flatten().enumerate();
        let kept = all.filter(|(place, _)| places.contains(place)).map(|(_, subject)| subject.clone());
        let except = if except { scope.except.clone() } else { Vec::new() };
        escape(&Scope { subjects: Some(kept.collect()), except }.written(model))
    };
    let places: Vec<usize> = group.subjects.iter().map(|s| s.place).collect();
    if places.is_empty() {
        return (scope_of(model, clause), Vec::new());
    }
    let each = group.subjects.iter().map(|s| (only(&[s.place], false), s.event.as_ref()));
    (only(&places, true), each.collect())
}

/// What a program does with the events of a group.
fn verdict(version: &Version<'_>, side: &Side) -> String {
    let by = side.clause.map(|c| named(version, c));
    let what = match (side.state, &by) {
        (State::Enforced, _) => "denied",
        (State::Reported, _) => "reported",
        (State::Allowed, Some(_)) => "allowed",
        (State::Allowed, None) => return "allowed: nothing speaks of it".to_owned(),
    };
    let severity = side.severity.map_or(String::new(), |s| format!(", severity {}", s.name()));
    let opened = side.opened_by.map_or(String::new(), |c| format!(", and allowed by {}", named(version, c)));
    format!("{what} by {}{severity}{opened}", by.unwrap_or_default())
}

fn policy_name(model: &Model, clause: ClauseRef) -> Option<&str> {
    match clause {
        ClauseRef::Rule(id) => Some(&model.policy(model.rule(id).policy).name),
        ClauseRef::Default(id) => Some(&model.policy(id).name),
        ClauseRef::Detection(_) => None,
    }
}

/// A setting in words: what it is about, and how it changed.
pub fn setting(setting: &Setting) -> (String, String) {
    let what = match &setting.subject {
        Subject::Package => "package".to_owned(),
        Subject::Target => "target".to_owned(),
        Subject::Param(name) => format!("param {}", escape(name)),
        Subject::Revalidate(policy) => format!("revalidate of {}", escape(policy)),
        Subject::Limit(policy, resource) => format!("limit {resource} of {}", escape(policy)),
        Subject::Correlation(name) => format!("detection {}", escape(name)),
        Subject::Tags(name) => format!("tags of {}", escape(name)),
    };
    let value = |v: &Option<String>| v.as_ref().map_or("none".to_owned(), |v| escape(v));
    let how = match (&setting.subject, &setting.old, &setting.new) {
        (Subject::Correlation(_), None, _) => "added".to_owned(),
        (Subject::Correlation(_), _, None) => "removed".to_owned(),
        (Subject::Correlation(_), ..) => "written differently; what it finds is not compared".to_owned(),
        (_, old, new) => format!("{} → {}", value(old), value(new)),
    };
    (what, how)
}

/// What is asked for.
pub fn asks(items: &[Ask]) -> String {
    let targets = items.iter().any(|i| matches!(i, Ask::Alert(_)));
    let told = items.iter().filter(|i| !(targets && **i == Ask::Response("alert")));
    told.map(ask).collect::<Vec<_>>().join(", ")
}

fn ask(ask: &Ask) -> String {
    match ask {
        Ask::Response(word) => (*word).to_owned(),
        Ask::Alert(target) => format!("alert {}", escape(target)),
        Ask::Record(severity) => format!("a record of severity {}", severity.name()),
    }
}

/// A clause by name and place.
fn named(version: &Version<'_>, clause: ClauseRef) -> String {
    let known = Clause::new(version.model, clause);
    let what = match clause {
        ClauseRef::Default(_) => format!("the posture of {}", escape(&known.name)),
        ClauseRef::Rule(_) | ClauseRef::Detection(_) => escape(&known.name),
    };
    format!("{what} ({})", escape(&version.place(clause).to_string()))
}

/// Whom a clause is for.
pub fn scope_of(model: &Model, clause: ClauseRef) -> String {
    escape(&model.scope(clause).written(model))
}
