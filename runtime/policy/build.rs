//! Turns `schema.toml` into Rust: the enum of actions and static tables of actions, groups, fields and names.
//!
//! The build fails when a code is used twice or a name is not known, so the rest of the project can trust the tables.

use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::{env, fs, path::Path};

#[derive(Deserialize)]
struct Schema {
    version: u32,
    action: Vec<Action>,
    group: Vec<Group>,
    field: Vec<Field>,
    #[serde(rename = "enum")]
    names: Vec<Names>,
}

#[derive(Deserialize)]
struct Action {
    name: String,
    code: u8,
    group: String,
    object: String,
    #[serde(default)]
    roles: Vec<String>,
    preposition: Option<String>,
    kernel: String,
    #[serde(default)]
    hooks: Vec<String>,
    doc: String,
}

#[derive(Deserialize)]
struct Group {
    name: String,
    actions: Vec<String>,
    doc: String,
}

#[derive(Deserialize)]
struct Field {
    name: String,
    code: usize,
    record: String,
    #[serde(rename = "type")]
    kind: String,
    unit: Option<String>,
    #[serde(default)]
    stability: Option<String>,
    #[serde(default)]
    actions: Vec<String>,
    kernel: String,
    #[serde(default)]
    read_of: Vec<String>,
    #[serde(default)]
    read_in: Vec<String>,
    resolved_by: Option<String>,
    doc: String,
}

#[derive(Deserialize)]
struct Names {
    name: String,
    values: BTreeMap<String, u32>,
    seen: Option<Vec<String>>,
    doc: String,
}

fn variant(name: &str) -> String {
    name.split('_').map(|w| w[..1].to_uppercase() + &w[1..]).collect()
}

fn version(text: &str) -> String {
    match text.split_once('.') {
        Some((major, minor)) => format!("Some(KernelVersion {{ major: {major}, minor: {minor} }})"),
        None if text.is_empty() => "None".into(),
        None => panic!("kernel release `{text}` is not of the form major.minor"),
    }
}

fn main() {
    println!("cargo::rerun-if-changed=schema.toml");
    let text = fs::read_to_string("schema.toml").expect("schema.toml is beside build.rs");
    let schema: Schema = toml::from_str(&text).expect("schema.toml is well formed");
    let mut out = String::new();
    writeln!(
        out,
        "/// Version of the schema; part of every event and artifact.\npub const SCHEMA_VERSION: u32 = {};",
        schema.version
    )
    .unwrap();

    let codes: BTreeSet<u8> = schema.action.iter().map(|a| a.code).collect();
    assert!(codes.iter().copied().eq(0..schema.action.len() as u8), "action codes must be 0..n in order");
    out.push_str("/// What a process attempts on an object. One operation can be several actions.\n");
    out.push_str("#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]\n#[repr(u8)]\npub enum Action {\n");
    for a in &schema.action {
        writeln!(out, "    /// {}\n    {} = {},", a.doc, variant(&a.name), a.code).unwrap();
    }
    out.push_str("}\n");
    writeln!(out, "pub(crate) static ACTIONS: [ActionInfo; {}] = [", schema.action.len()).unwrap();
    for a in &schema.action {
        writeln!(
            out,
            "    ActionInfo {{ action: Action::{}, name: {:?}, group: {:?}, object: ObjectKind::{}, roles: &{:?}, preposition: {:?}, kernel: {}, hooks: &{:?}, doc: {:?} }},",
            variant(&a.name), a.name, a.group, variant(&a.object), a.roles, a.preposition, version(&a.kernel), a.hooks, a.doc
        )
        .unwrap();
    }
    out.push_str("];\n");

    let action_named = |name: &str| {
        let a = schema.action.iter().find(|a| a.name == name).unwrap_or_else(|| panic!("no action `{name}`"));
        format!("Action::{}", variant(&a.name))
    };
    let mut groups: BTreeMap<&str, (Vec<String>, &str)> = BTreeMap::new();
    for a in &schema.action {
        groups.entry(&a.group).or_insert_with(|| (vec![], "")).0.push(action_named(&a.name));
    }
    for g in &schema.group {
        groups.insert(&g.name, (g.actions.iter().map(|a| action_named(a)).collect(), &g.doc));
    }
    out.push_str("pub(crate) static GROUPS: &[GroupInfo] = &[\n");
    for (name, (actions, doc)) in &groups {
        writeln!(
            out,
            "    GroupInfo {{ name: {name:?}, actions: &[{}], doc: {doc:?} }},",
            actions.join(", ")
        )
        .unwrap();
    }
    out.push_str("];\n");

    for (record, table, konst) in
        [("process", "PROCESS_FIELDS", "PROCESS_FIELD_COUNT"), ("event", "EVENT_FIELDS", "EVENT_FIELD_COUNT")]
    {
        let fields: Vec<&Field> = schema.field.iter().filter(|f| f.record == record).collect();
        for (i, f) in fields.iter().enumerate() {
            assert_eq!(f.code, i, "codes of {record} fields must be 0..n in order (`{}`)", f.name);
        }
        writeln!(
            out,
            "/// Number of facts in a {record} record.\npub const {konst}: usize = {};",
            fields.len()
        )
        .unwrap();
        writeln!(out, "pub(crate) static {table}: [FieldInfo; {}] = [", fields.len()).unwrap();
        for f in &fields {
            let stability = variant(f.stability.as_deref().unwrap_or("event"));
            let members = |names: &[String]| -> String {
                let all = names.iter().flat_map(|a| match groups.get(a.as_str()) {
                    Some((members, _)) => members.clone(),
                    None => vec![action_named(a)],
                });
                all.collect::<Vec<_>>().join(", ")
            };
            assert!(
                f.read_of.is_empty() || record == "process",
                "`read_of` is for facts of processes (`{}`)",
                f.name
            );
            assert!(
                f.read_in.is_empty() || record == "event",
                "`read_in` is for facts of events (`{}`)",
                f.name
            );
            let read_of: Vec<String> = f.read_of.iter().map(|s| format!("Source::{}", variant(s))).collect();
            writeln!(
                out,
                "    FieldInfo {{ name: {:?}, code: {}, kind: FieldType::{}, unit: {:?}, stability: Stability::{stability}, actions: &[{}], kernel: {}, read_of: &[{}], read_in: &[{}], inventory: {}, doc: {:?} }},",
                f.name, f.code, f.kind, f.unit, members(&f.actions), version(&f.kernel), read_of.join(", "), members(&f.read_in), f.resolved_by.is_some(), f.doc
            )
            .unwrap();
        }
        out.push_str("];\n");
    }

    out.push_str("pub(crate) static NAME_TABLES: &[NameTable] = &[\n");
    for n in &schema.names {
        let mut seen = BTreeSet::new();
        assert!(n.values.values().all(|v| seen.insert(*v)), "a code is used twice in {}", n.name);
        let mut pairs: Vec<(&String, &u32)> = n.values.iter().collect();
        pairs.sort_by_key(|(_, v)| **v);
        let seen = n.seen.as_ref().map(|names| {
            let code = |name: &String| {
                n.values.get(name).unwrap_or_else(|| panic!("no name `{name}` in {}", n.name))
            };
            names.iter().map(code).collect::<Vec<_>>()
        });
        let seen = seen.map_or("None".to_owned(), |codes| format!("Some(&{codes:?})"));
        writeln!(
            out,
            "    NameTable {{ name: {:?}, values: &{pairs:?}, seen: {seen}, doc: {:?} }},",
            n.name, n.doc
        )
        .unwrap();
    }
    out.push_str("];\n");
    fs::write(Path::new(&env::var("OUT_DIR").unwrap()).join("schema.rs"), out).unwrap();
}
