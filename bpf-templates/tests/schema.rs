//! What the schema says that this release's kernel programs do is what their source does, and what is in the committed object.
//!
//! The source is read as text: the programs of `hooks/`, each with the functions that it calls. A function sets a fact where it
//! writes its tag, and decides an action where it names it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use warmor_policy::event::Source;
use warmor_policy::schema::{Action, FieldInfo, event_fields, process_fields};

/// Programs that decide nothing: they keep track of who is who.
const BOOKKEEPING: [&str; 6] = [
    "lsm/bprm_committed_creds",
    "lsm/task_alloc",
    "lsm/task_free",
    "tp_btf/sched_process_fork",
    "tp_btf/sched_process_exec",
    "tp_btf/sched_process_free",
];

/// What a program does, with what it calls.
#[derive(Debug, Default)]
struct Does {
    /// Words like `ACTION_EXEC`.
    actions: BTreeSet<String>,
    /// Words like `EVENT_PATH` of the event's tags that it sets to known.
    facts: BTreeSet<String>,
}

/// All C text of some folders, without comments.
fn text(folders: &[&str]) -> String {
    let mut files = Vec::new();
    for folder in folders {
        let entries = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap();
        files.extend(entries.map(|e| e.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "h")));
    }
    files.sort();
    let mut out = String::new();
    for file in files {
        for (i, part) in std::fs::read_to_string(file).unwrap().split("/*").enumerate() {
            out += if i == 0 { part } else { part.split_once("*/").expect("a comment ends").1 };
        }
    }
    out
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|w| !w.is_empty())
}

/// Functions by name, with their bodies. The project's C puts a body's braces at the start of a line.
fn functions(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut rest = text;
    while let Some(at) = rest.find("\n{\n") {
        let head = rest[..at].rsplit("\n\n").next().unwrap_or_default();
        let head = head.rsplit('}').next().unwrap_or(head);
        let body = &rest[at..at + rest[at..].find("\n}").expect("a body ends")];
        let name = head.split('(').next().and_then(|h| words(h).last()).unwrap_or_default();
        found.insert(name.to_owned(), body.to_owned());
        rest = &rest[at + body.len()..];
    }
    found
}

/// What a text does, through the functions that it names.
fn follow(text: &str, functions: &BTreeMap<String, String>, seen: &mut BTreeSet<String>, does: &mut Does) {
    for (at, _) in text.match_indices("ACTION_") {
        // What is only compared with is decided elsewhere.
        if !text[..at].ends_with("!= ") && !text[..at].ends_with("== ") {
            does.actions.extend(words(&text[at..]).next().map(str::to_owned));
        }
    }
    for (at, _) in text.match_indices("tags[SOURCE_EVENT][") {
        let rest = &text[at + "tags[SOURCE_EVENT][".len()..];
        let (fact, set) = rest.split_once(']').unwrap();
        if set.starts_with(" = TAG_KNOWN") {
            does.facts.insert(fact.to_owned());
        }
    }
    for word in words(text) {
        if let Some(body) = functions.get(word)
            && seen.insert(word.to_owned())
        {
            follow(body, functions, seen, does);
        }
    }
}

/// The programs by section.
fn programs() -> BTreeMap<String, Does> {
    let source = text(&["hooks"]);
    // Who asks is set by the functions of `include`, and is a matter of its own.
    let mut functions = functions(&source);
    functions.retain(|name, _| name != "BPF_PROG");
    let mut found = BTreeMap::new();
    for (at, _) in source.match_indices("SEC(\"") {
        let rest = &source[at + "SEC(\"".len()..];
        let (section, rest) = rest.split_once('"').unwrap();
        // The macro for programs of one path event: its arguments say all.
        if rest.starts_with(" #hook") {
            continue;
        }
        let mut does = Does::default();
        follow(&rest[..rest.find("\n}").unwrap()], &functions, &mut BTreeSet::new(), &mut does);
        found.insert(section.to_owned(), does);
    }
    for line in source.lines().filter_map(|l| l.strip_prefix("ON_PATH(")) {
        let mut does = Does::default();
        let (hook, rest) = line.split_once(", ").unwrap();
        follow(rest, &functions, &mut BTreeSet::new(), &mut does);
        follow(&functions["path_event"], &functions, &mut BTreeSet::new(), &mut does);
        found.insert(format!("lsm/{hook}"), does);
    }
    found
}

#[test]
fn every_action_is_decided_by_the_programs_that_the_schema_names() {
    let programs = programs();
    let all: BTreeSet<&str> = programs.keys().map(String::as_str).collect();
    let named: BTreeSet<&str> =
        Action::all().flat_map(|a| a.info().hooks.iter().copied()).chain(BOOKKEEPING).collect();
    assert_eq!(all, named, "the programs in hooks/, and those that schema.toml names");
    for action in Action::all() {
        let word = format!("ACTION_{}", action.name().to_uppercase());
        let decide = programs.iter().filter(|(_, does)| does.actions.contains(&word));
        let found: BTreeSet<&str> = decide.map(|(section, _)| section.as_str()).collect();
        assert_eq!(found, action.info().hooks.iter().copied().collect(), "`hooks` of `{}`", action.name());
    }
}

#[test]
fn the_object_has_the_programs() {
    let object = warmor_bpf::programs();
    let has = |section: &str| {
        let name = format!("\0{section}\0");
        object.windows(name.len()).any(|bytes| bytes == name.as_bytes())
    };
    for section in programs().keys() {
        assert!(has(section), "`{section}` is not in objects/warmor.bpf.o");
    }
    assert!(!has("lsm/no_such_hook"));
}

#[test]
fn facts_of_events_are_read_where_the_schema_says() {
    let programs = programs();
    for field in event_fields() {
        let word = format!("EVENT_{}", constant(field));
        let mut found: Vec<Action> = Action::all()
            .filter(|a| a.info().hooks.iter().any(|hook| programs[*hook].facts.contains(&word)))
            .collect();
        // The function that sets both is shared by programs of actions that have no such fact.
        found.retain(|a| field.actions.is_empty() || field.actions.contains(a));
        assert_eq!(found, field.read_in, "`read_in` of `{}`", field.name);
    }
}

#[test]
fn facts_of_processes_are_read_of_whom_the_schema_says() {
    let source = text(&["include", "hooks"]);
    let sources = [("PROCESS", Source::Process), ("PARENT", Source::Parent), ("TARGET", Source::Target)];
    for field in process_fields() {
        let constant = constant(field);
        let read = |record: &str| {
            // An executable's path is set with its tag by one function, for whom its caller says.
            let exe = constant == "PROCESS_EXE" && source.contains(&format!("set_exe(s, SOURCE_{record}, "));
            exe || source.contains(&format!("tags[SOURCE_{record}][{constant}] = TAG_KNOWN"))
        };
        let found: Vec<Source> = sources.iter().filter(|(record, _)| read(record)).map(|(_, s)| *s).collect();
        assert_eq!(found, field.read_of, "`read_of` of `{}`", field.name);
    }
}

/// A fact's word in the generated header.
fn constant(field: &FieldInfo) -> String {
    field.name.replace('.', "_").to_uppercase()
}
