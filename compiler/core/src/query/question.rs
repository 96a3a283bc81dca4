//! A question in words: checked as if the program claimed it, so that it may say whatever a claim may say.
//!
//! The words become one `assert` in a file of its own, which sees what the program's files define and import.

use crate::check::{self, Checked};
use crate::diagnostics::{Code, Diagnostic, Level};
use crate::model::{ActionSet, Cond, Model, Scope};
use crate::resolve::{Origin, SourceFile, Sources, dotted};
use crate::span::{FileId, Span};
use crate::syntax::ast::{File, ImportSource, ItemKind, Name};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use warmor_policy::schema::{Action, FieldType, ObjectKind};

/// The file that a question stands in.
const FILE: &str = "<question>";
/// The subject of a question about an executable.
const EXECUTABLE: &str = "the_process_asked_about";

/// Events of processes.
#[derive(Clone, Debug)]
pub struct Question {
    /// Of which processes.
    pub scope: Scope,
    /// Which actions.
    pub actions: ActionSet,
    /// Which of their events.
    pub event: Cond,
}

/// A program with a question about it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The program; [`Sources`] with the question's file name the places in it.
    pub model: Model,
    /// The question.
    pub question: Question,
}

/// Understands a question: what `subject` (a subject as a claim names it, or a path of an executable) has to do with the events that
/// `event` describes in the words of a rule. `10.0.0.1:443` and `[::1]:443` may stand for `to 10.0.0.1 port 443`.
///
/// The question's file is added to the sources, for diagnostics have places in it.
///
/// # Errors
/// What is wrong with the question, or with the program.
pub fn ask(
    sources: &mut Sources,
    options: &check::Options,
    subject: &str,
    event: &[String],
) -> Result<Asked, Vec<Diagnostic>> {
    let event = spelled_out(event);
    let with = text(sources, subject, &event, true);
    let (file, checked) = checked(sources, options, &with);
    // Names that several files import from different packages cannot all be imported by one.
    let imported = checked.diagnostics.iter().any(|d| is_error(d) && is_import(sources, file, d.span()));
    let checked = if imported {
        let without = text(sources, subject, &event, false);
        self::checked(sources, options, &without).1
    } else {
        checked
    };
    let errors: Vec<Diagnostic> = checked.diagnostics.iter().filter(|d| is_error(d)).cloned().collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut model = checked.partial;
    let asserts = |f: &File| f.items.iter().filter(|i| matches!(i.kind, ItemKind::Assert(_))).count();
    let others = |f: &File| f.items.iter().filter(|i| !is_own(&i.kind)).count();
    let one = sources.file(file).is_some_and(|f| asserts(&f.tree) == 1 && others(&f.tree) == 0);
    let (own, rest): (Vec<_>, Vec<_>) = model.assertions.into_iter().partition(|a| a.span.file == file);
    model.assertions = rest;
    let [assertion] = <[_; 1]>::try_from(own).map_err(|_| vec![several(file)])?;
    if !one {
        return Err(vec![several(file)]);
    }
    let event = assertion.step.cond();
    let question = Question { scope: assertion.scope, actions: assertion.step.actions, event };
    Ok(Asked { model, question })
}

fn several(file: FileId) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedText, Span::new(file, 0, 0), "the words are more than one question")
        .help("a question is a subject, an action and its object, as in a rule")
}

fn is_own(kind: &ItemKind) -> bool {
    matches!(kind, ItemKind::Import(_) | ItemKind::Subject(_) | ItemKind::Assert(_))
}

fn is_error(diagnostic: &Diagnostic) -> bool {
    diagnostic.level == Level::Error
}

fn is_import(sources: &Sources, file: FileId, span: Span) -> bool {
    let tree = sources.file(file).map(|f| &f.tree);
    span.file == file
        && tree.is_some_and(|t| {
            let imports = t.items.iter().filter(|i| matches!(i.kind, ItemKind::Import(_)));
            imports.into_iter().any(|i| i.span.start <= span.start && span.end <= i.span.end)
        })
}

fn checked(sources: &mut Sources, options: &check::Options, text: &str) -> (FileId, Checked) {
    let file = sources.set(FILE, text, Origin::Root);
    (file, check::check(sources, options))
}

/// The question's file.
fn text(sources: &Sources, subject: &str, event: &str, with_imports: bool) -> String {
    let mut out = if with_imports { preamble(sources) } else { files(sources) };
    let subject = if subject.starts_with('/') || subject.starts_with('"') {
        let _ = writeln!(out, "subject {EXECUTABLE} = process.exe in [{subject}]");
        EXECUTABLE
    } else {
        subject
    };
    let _ = writeln!(out, "assert \"question\" {{ always {subject} can {event} }}");
    out
}

/// Imports of all that the program's files define and import.
pub(super) fn preamble(sources: &Sources) -> String {
    files(sources) + &imports(of_program(sources).map(|f| &f.tree))
}

fn of_program(sources: &Sources) -> impl Iterator<Item = &SourceFile> + Clone {
    let all = sources.files().collect::<Vec<_>>().into_iter();
    all.filter(|f| matches!(f.origin, Origin::Root | Origin::Imported) && f.path != FILE)
}

/// Imports of the program's files.
fn files(sources: &Sources) -> String {
    let mut out = String::new();
    for file in of_program(sources) {
        let path = file.path.replace('\\', "\\\\").replace('"', "\\\"");
        let here = if path.starts_with('/') { "" } else { "./" };
        let _ = writeln!(out, "import \"{here}{path}\"");
    }
    out
}

/// What the files import, once each, without what would clash.
fn imports<'s>(files: impl Iterator<Item = &'s File> + Clone) -> String {
    let mut whole: BTreeSet<String> = BTreeSet::new();
    let mut names: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut defined: BTreeSet<&str> = BTreeSet::new();
    for item in files.flat_map(|f| &f.items) {
        match &item.kind {
            ItemKind::Let(x) => _ = defined.insert(x.name.as_str()),
            ItemKind::Subject(x) => _ = defined.insert(x.name.as_str()),
            ItemKind::Predicate(x) => _ = defined.insert(x.name.as_str()),
            ItemKind::Param(x) => _ = defined.insert(x.name.as_str()),
            ItemKind::Template(x) => _ = defined.insert(x.name.as_str()),
            ItemKind::Policy(x) => _ = defined.insert(x.name.as_str()),
            ItemKind::Detect(x) => _ = defined.insert(x.name.as_str()),
            ItemKind::Import(import) => {
                // What is imported by its path is a file of the program itself.
                let ImportSource::Module(name) = &import.source else { continue };
                let source = dotted(name);
                match &import.names {
                    None => _ = whole.insert(source),
                    Some(list) => {
                        for name in list.iter().map(Name::as_str).filter(|n| !n.is_empty()) {
                            names.entry(name).or_default().insert(source.clone());
                        }
                    }
                }
            }
            ItemKind::Assume(_) | ItemKind::Assert(_) | ItemKind::Test(_) | ItemKind::Error => {}
        }
    }
    let mut out = String::new();
    for source in whole {
        let _ = writeln!(out, "import {source}");
    }
    for (name, from) in names.into_iter().filter(|(name, _)| !defined.contains(name)) {
        if let [source] = from.iter().collect::<Vec<_>>().as_slice() {
            let _ = writeln!(out, "import {source}.{{{name}}}");
        }
    }
    out
}

/// The words of an event, with what is short for an endpoint spelled out.
fn spelled_out(words: &[String]) -> String {
    let mut out: Vec<String> = Vec::new();
    let mut words = words.iter().flat_map(|w| w.split_whitespace()).peekable();
    let protocols = FieldType::Protocol.names();
    let is_protocol = |w: &str| protocols.is_some_and(|t| t.code(w.trim_end_matches(',')).is_some());
    let mut preposition = None;
    while let Some(word) = words.next_if(|w| Action::from_name(w.trim_end_matches(',')).is_some()) {
        let action = Action::from_name(word.trim_end_matches(','));
        preposition = action.map(Action::info).filter(|i| i.object == ObjectKind::Endpoint);
        out.push(word.to_owned());
        if !word.ends_with(',') {
            break;
        }
    }
    if let Some(info) = preposition {
        while let Some(protocol) = words.next_if(|w| is_protocol(w)) {
            out.push(protocol.to_owned());
        }
        let begins = |w: &&str| matches!(*w, "to" | "from" | "on" | "port" | "where" | "except" | ",");
        if let Some(short) = words.next_if(|w| !begins(w)) {
            let (place, port) = endpoint(short);
            out.push(format!("{} {place}", info.preposition.unwrap_or("to")));
            out.extend(port.map(|p| format!("port {p}")));
        }
    }
    out.extend(words.map(str::to_owned));
    out.join(" ")
}

/// `10.0.0.1:443` taken apart; `:443` is any place.
fn endpoint(word: &str) -> (&str, Option<&str>) {
    if let Some((address, rest)) = word.strip_prefix('[').and_then(|w| w.split_once(']')) {
        if let Some(port) = rest.strip_prefix(':') {
            return (address, Some(port));
        }
        return (word, None);
    }
    match word.split_once(':') {
        Some((place, port)) if !port.contains(':') => {
            (if place.is_empty() { "any" } else { place }, Some(port))
        }
        _ => (word, None),
    }
}

#[cfg(test)]
mod tests {
    use super::spelled_out;

    #[test]
    fn endpoints_may_be_short() {
        let spelled = |words: &str| spelled_out(&[words.to_owned()]);
        assert_eq!(spelled("connect 10.1.2.3:443"), "connect to 10.1.2.3 port 443");
        assert_eq!(spelled("connect tcp 10.0.0.0/8:8000-9000"), "connect tcp to 10.0.0.0/8 port 8000-9000");
        assert_eq!(spelled("connect, send [2001:db8::1]:53"), "connect, send to 2001:db8::1 port 53");
        assert_eq!(spelled("connect 2001:db8::1"), "connect to 2001:db8::1");
        assert_eq!(spelled("accept web"), "accept from web");
        assert_eq!(spelled("bind :80"), "bind on any port 80");
        assert_eq!(spelled("listen tcp on any port 80"), "listen tcp on any port 80");
        assert_eq!(
            spelled("connect db:5432 where process.uid == 0"),
            "connect to db port 5432 where process.uid == 0"
        );
        assert_eq!(spelled("connect tcp"), "connect tcp");
        assert_eq!(spelled("read /a:b"), "read /a:b");
    }
}
