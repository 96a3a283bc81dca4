//! A difference in words: what the formats have in common.

use crate::clauses::Clause;
use crate::output::escape;
use crate::places::{Place, Places};
use warmor_compiler::difference::{Ask, Change, Detecting, Difference, Edit, Effect, Group, Side, State};
use warmor_compiler::model::{Atom, ClauseRef, Cond, CondKind, Model, Scope};
use warmor_policy::event::Event;

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
    NewlyAllowed,
    NoLongerEnforced,
    NoLongerReported,
    SeverityLowered,
    NoLongerAsked,
    NoLongerDetected,
    NewlyDenied,
    NowEnforced,
    NewlyReported,
    SeverityRaised,
    NewlyAsked,
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

    /// Whether it is weaker than before.
    pub fn widens(self) -> bool {
        self < Self::NewlyDenied
    }
}

/// A group in words. Texts are escaped.
pub struct Row<'a> {
    pub group: &'a Group,
    pub kind: Kind,
    /// Whom the clause that brings it about is for: `nginx, web except backup`.
    pub subject: String,
    /// The actions, by name.
    pub actions: String,
    /// What the old program does, and by which clause.
    pub before: String,
    /// What the new program does, and by which clause.
    pub after: String,
}

impl<'a> Told<'a> {
    pub fn new(old: Version<'a>, new: Version<'a>, difference: &'a Difference) -> Self {
        let mut rows: Vec<Row<'a>> =
            difference.groups.iter().map(|g| row(&old, &new, difference, g)).collect();
        rows.sort_by(|a, b| (a.kind, &a.subject).cmp(&(b.kind, &b.subject)));
        Self { old, new, difference, rows }
    }

    /// The first event of a row.
    pub fn event(row: &Row<'a>) -> Option<&'a Event> {
        row.group.examples.first().map(|e| &e.event)
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
    let edits = group.edits.iter().filter_map(|i| difference.edits.get(*i)).map(|(edit, _)| *edit);
    let (before, after) = match &group.change {
        Change::Verdict { old: o, new: n } => (verdict(old, o), verdict(new, n)),
        Change::Asked { edit, items, gained } => {
            let asks = asks(items);
            let (with, without) = (format!("asks for {asks}"), format!("nothing asks for {asks}"));
            let told = |version: &Version<'_>, clause: Option<ClauseRef>, has: bool| match clause {
                Some(clause) if has => format!("{} {with}", named(version, clause)),
                _ => without.clone(),
            };
            (told(old, edit.old(), !gained), told(new, edit.new(), *gained))
        }
        Change::Detection { edit, how } => {
            let told = |version: &Version<'_>, clause: Option<ClauseRef>, fires: bool| match clause {
                Some(clause) if fires => format!("{} fires", named(version, clause)),
                Some(clause) => format!("{} does not fire", named(version, clause)),
                None => "there is no such detection".to_owned(),
            };
            match how {
                Detecting::Starts => (told(old, edit.old(), false), told(new, edit.new(), true)),
                Detecting::Stops => (told(old, edit.old(), true), told(new, edit.new(), false)),
                Detecting::Severity(was, is) => (
                    format!("{} with severity {}", told(old, edit.old(), true), was.name()),
                    format!("{} with severity {}", told(new, edit.new(), true), is.name()),
                ),
            }
        }
    };
    Row {
        group,
        kind: Kind::of(&group.change),
        subject: subject(old, new, group, edits),
        actions: group.examples.iter().map(|e| e.action.name()).collect::<Vec<_>>().join(", "),
        before,
        after,
    }
}

/// Whom a group is about: the scope of the clause that was edited, of those that settle it; else of any of these.
fn subject(old: &Version<'_>, new: &Version<'_>, group: &Group, edits: impl Iterator<Item = Edit>) -> String {
    let (before, after) = group.change.clauses();
    let edits: Vec<Edit> = edits.collect();
    let settles =
        |e: &&Edit| (e.new().is_some() && e.new() == after) || (e.old().is_some() && e.old() == before);
    let own = edits.iter().find(settles).or(edits.first());
    let of = |version: &Version<'_>, clause: Option<ClauseRef>| clause.map(|c| scope_of(version.model, c));
    let edited = own.and_then(|e| of(new, e.new()).or_else(|| of(old, e.old())));
    edited.or_else(|| of(new, after)).or_else(|| of(old, before)).unwrap_or_else(|| "any".to_owned())
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
    let scope = match clause {
        ClauseRef::Rule(id) => &model.policy(model.rule(id).policy).scope,
        ClauseRef::Default(id) => &model.policy(id).scope,
        ClauseRef::Detection(index) => &model.detections[index as usize].scope,
    };
    escape(&scope_text(model, scope))
}

fn scope_text(model: &Model, scope: &Scope) -> String {
    let list = |conds: &[Cond]| conds.iter().map(|c| member(model, c)).collect::<Vec<_>>().join(", ");
    let inside = scope.subjects.as_ref().map_or_else(|| "any".to_owned(), |s| list(s));
    match scope.except.as_slice() {
        [] => inside,
        [one] => format!("{inside} except {}", member(model, one)),
        many => format!("{inside} except [{}]", list(many)),
    }
}

/// A subject's name, or `tree(S)`: membership in a subject, or in one by an ancestor.
fn member(model: &Model, cond: &Cond) -> String {
    match &cond.kind {
        CondKind::Atom(Atom::Member { subject, .. }) => model.subject(*subject).name.clone(),
        CondKind::Any(parts) => match parts.as_slice() {
            [inner, Cond { kind: CondKind::Atom(Atom::Ancestor { .. }), .. }] => {
                format!("tree({})", member(model, inner))
            }
            _ => "…".to_owned(),
        },
        _ => "…".to_owned(),
    }
}
