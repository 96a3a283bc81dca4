//! What the checker makes of correct policies: atoms, labels, scopes, tiers, events.

use std::collections::BTreeMap;
use warmor_compiler::check::{Checked, Options, Tier, check, tier_of};
use warmor_compiler::model::{
    Atom, Compare, Cond, CondKind, Mode, Model, OnUnknown, Pattern, Rule, TextTest,
};
use warmor_compiler::resolve::{DefKind, Origin, Sources};
use warmor_policy::event::{Address, Fact, Value};
use warmor_policy::schema::slot;

fn checked(text: &str) -> Checked {
    let result = check(&Sources::single("policy.warmor", text), &Options::default());
    let errors: Vec<&str> = result.diagnostics.iter().map(|d| d.message.as_str()).collect();
    assert!(result.model().is_some(), "{errors:?}");
    result
}

fn model(text: &str) -> Model {
    checked(text).partial
}

fn rules(body: &str) -> Vec<Rule> {
    model(&format!("policy p for any {{\n{body}\n}}\n")).rules
}

fn condition(text: &str) -> Cond {
    rules(&format!("deny connect tcp to any where {text}")).remove(0).condition.unwrap()
}

fn atoms(cond: &Cond) -> Vec<Atom> {
    match &cond.kind {
        CondKind::Const(_) => Vec::new(),
        CondKind::Not(inner) => atoms(inner),
        CondKind::All(parts) | CondKind::Any(parts) => parts.iter().flat_map(atoms).collect(),
        CondKind::Atom(atom) => vec![atom.clone()],
    }
}

fn labels(rules: &[Rule]) -> Vec<&str> {
    rules.iter().map(|r| r.label.as_str()).collect()
}

#[test]
fn comparisons_of_numbers_are_ranges() {
    let range = |text: &str| match condition(text).kind {
        CondKind::Atom(Atom::Number { first, last, .. }) => (first, last),
        other => panic!("{other:?}"),
    };
    assert_eq!(range("port == 80"), (80, 80));
    assert_eq!(range("port < 80"), (i64::MIN, 79));
    assert_eq!(range("port >= 80"), (80, i64::MAX));
    assert_eq!(range("80 < port"), (81, i64::MAX));
    assert_eq!(range("port in 80-90"), (80, 90));
    assert_eq!(range("process.uid + 1 <= 1000"), (i64::MIN, 999));
    assert_eq!(range("time < 1970-01-02"), (i64::MIN, 86_399));
}

#[test]
fn negated_operators_are_negations() {
    assert!(matches!(condition("port != 80").kind, CondKind::Not(_)));
    assert!(matches!(condition("port not in [80, 81]").kind, CondKind::Not(_)));
}

#[test]
fn times_relate_with_durations() {
    let Atom::Relation { compare, offset, .. } =
        atoms(&condition("time - process.start_time < 2m")).remove(0)
    else {
        panic!("two facts are related");
    };
    assert_eq!((compare, offset), (Compare::Less, 120));
    // `a > b + 30s` is `b < a - 30s`.
    let Atom::Relation { compare, offset, .. } =
        atoms(&condition("time > process.start_time + 30s")).remove(0)
    else {
        panic!("two facts are related");
    };
    assert_eq!((compare, offset), (Compare::Less, -30));
}

#[test]
fn an_ipv6_network_holds_no_ipv4_address() {
    let holds = |network: &str, address: &str| {
        let address = Address::from(address.parse::<std::net::IpAddr>().unwrap());
        let rule = rules(&format!("deny connect tcp to {network}")).remove(0);
        atoms(&rule.object).into_iter().any(|atom| match atom {
            Atom::Address { networks, .. } => networks.iter().any(|n| n.contains(address)),
            _ => false,
        })
    };
    assert!(holds("::/0", "::1") && holds("::/0", "ffff::1"));
    assert!(!holds("::/0", "10.0.0.1"));
    assert!(holds("10.0.0.0/8", "10.255.0.1") && !holds("10.0.0.0/8", "11.0.0.0"));
    assert!(holds("0.0.0.0/0", "255.255.255.255") && !holds("0.0.0.0/0", "::1"));
    // The wildcard address as a target is the loopback that it reaches.
    assert!(holds("0.0.0.0", "127.0.0.1"));
}

#[test]
fn a_literal_is_compared_and_a_glob_is_matched() {
    let rule = rules("deny read /etc/shadow, /root/**, \"/srv/a b/*\"").remove(0);
    let tests: Vec<TextTest> = atoms(&rule.object)
        .into_iter()
        .map(|atom| match atom {
            Atom::Text { test, .. } => test,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(tests[0], TextTest::Equals(b"/etc/shadow".to_vec()));
    assert!(matches!(&tests[1], TextTest::Glob(g) if g.text() == "/root/**"));
    assert!(matches!(&tests[2], TextTest::Glob(g) if g.text() == "/srv/a b/*"));
}

#[test]
fn clauses_have_their_defaults() {
    let model = model("policy a for any { mode prevent deny bpf }\npolicy b for any { deny bpf }\n");
    assert_eq!((model.policies[0].mode, model.policies[0].unknown), (Mode::Prevent, OnUnknown::Deny));
    assert_eq!((model.policies[1].mode, model.policies[1].unknown), (Mode::Detect, OnUnknown::Allow));
}

#[test]
fn rules_of_templates_are_namespaced_and_can_be_left_out() {
    let text = "
template inner() { a: deny bpf  b: deny module }
template outer(paths: [Glob]) { use inner() without b  deny write paths  c: deny read paths }
policy p for any {
  deny mount
  use outer([/srv/**])
  use outer([/opt/**]) without inner, c
}
";
    let rules = model(text).rules;
    assert_eq!(labels(&rules), ["deny#1", "outer.inner.a", "outer.deny#1", "outer.c", "outer#2.deny#1"]);
    assert!(rules[0].used_at.is_none() && rules[1].used_at.is_some());
}

#[test]
fn tiers_say_where_a_rule_is_decided() {
    let tier = |body: &str| {
        let model = model(&format!("policy p for any {{\n{body}\n}}\n"));
        tier_of(&model, &model.rules[0]).0
    };
    assert_eq!(tier("deny read /etc/**"), Tier::Kernel);
    assert_eq!(tier("deny read /etc/** where some ancestor (process.exe == /usr/sbin/sshd)"), Tier::Kernel);
    assert_eq!(tier("deny syscall reboot"), Tier::Signal);
    assert_eq!(tier("deny exec any where args contains \"-c\""), Tier::User);
    assert_eq!(tier("deny write any where path == process.exe"), Tier::User);
    assert_eq!(tier("deny connect tcp to host \"*.example.com\""), Tier::User);
}

#[test]
fn an_audit_rule_may_use_any_fact_under_prevention() {
    checked("policy p for any {\n  mode prevent\n  audit exec any where args contains \"-c\"\n}\n");
    // An allow that no posture needs changes no enforced verdict.
    checked("policy p for any {\n  mode prevent\n  allow exec any where args contains \"-c\"\n}\n");
}

#[test]
fn given_parameters_replace_defaults_and_are_recorded() {
    let sources = Sources::single(
        "p.warmor",
        "param PORT: Port = 80\npolicy p for any { deny connect tcp to any port PORT }\n",
    );
    let options = Options { params: BTreeMap::from([("PORT".into(), "9090".into())]), ..Options::default() };
    let model = check(&sources, &options).into_model().unwrap();
    assert_eq!(model.params, [("PORT".to_owned(), "9090".to_owned())]);
    assert!(atoms(&model.rules[0].object).iter().any(|a| matches!(a, Atom::Number { first: 9090, .. })));
}

#[test]
fn a_rename_is_two_events_and_a_parent_is_an_ancestor() {
    let model = model(
        "test \"t\" {\n  as { process.exe: /bin/mv, parent.exe: /bin/sh }\n  expect allow rename /a to /b\n}\n",
    );
    let events = &model.tests[0].expectations[0].events;
    let path = |i: usize| events[i].facts[slot::PATH].clone();
    assert_eq!(events.len(), 2);
    assert_eq!(path(0), Fact::Known(Value::Bytes(b"/a".to_vec())));
    assert_eq!(path(1), Fact::Known(Value::Bytes(b"/b".to_vec())));
    assert_ne!(events[0].facts[slot::ROLE], events[1].facts[slot::ROLE]);
    assert_eq!(events[0].ancestors, [events[0].parent.clone()]);
}

#[test]
fn files_ask_for_what_they_import() {
    let mut sources = Sources::new();
    sources.set("a/main.warmor", "import \"../b/lib.warmor\"\npolicy p for s { deny bpf }\n", Origin::Root);
    let missing = sources.missing();
    assert_eq!(missing.iter().map(|m| m.path.as_str()).collect::<Vec<_>>(), ["b/lib.warmor"]);
    sources.set(
        "b/lib.warmor",
        "subject s = process.uid == 0\npolicy q for s { deny module }\n",
        missing[0].origin,
    );
    assert!(sources.missing().is_empty());
    let result = check(&sources, &Options::default());
    assert!(result.diagnostics.is_empty(), "{:?}", result.diagnostics);
    // A file of the program brings its policies along.
    assert_eq!(result.partial.policies.len(), 2);
}

#[test]
fn policies_of_a_dependency_count_where_they_are_imported() {
    let library = "package lib\npolicy used for any { deny bpf }\npolicy unused for any { deny module }\n";
    let mut sources = Sources::single("main.warmor", "import lib.{used}\npolicy p for any { deny mount }\n");
    sources.set("vendor/lib.warmor", library, Origin::Library);
    let result = check(&sources, &Options::default());
    assert!(result.diagnostics.is_empty(), "{:?}", result.diagnostics);
    let names: Vec<&str> = result.partial.policies.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["p", "lib.used"]);
}

#[test]
fn a_count_keeps_all_its_parts() {
    let text = "detect d for any {\n  count 5 distinct address by process.tree within 60s {\n    connect tcp to any\n    send udp to any\n  }\n}\n";
    let Pattern::Count { at_least, distinct, by, within_ms, steps } =
        model(text).detections.remove(0).pattern
    else {
        panic!("it is a count");
    };
    assert_eq!((at_least, by.len(), within_ms, steps.len()), (5, 1, 60_000, 2));
    assert_eq!(distinct.unwrap().to_string(), "address");
}

#[test]
fn symbols_lead_from_a_use_to_its_definition() {
    let text = "subject s = process.uid == 0\npolicy p for s { deny bpf }\n";
    let symbols = checked(text).symbols;
    let at = u32::try_from(text.rfind('s').unwrap().min(text.find("for s").unwrap() + 4)).unwrap();
    let id = symbols.at(warmor_compiler::span::FileId(0), at).expect("a subject is named there");
    assert_eq!(symbols.definition(id).unwrap().kind, DefKind::Subject);
    assert_eq!(symbols.uses_of(id).count(), 1);
}

#[test]
fn the_standard_library_can_be_checked_as_a_program() {
    let mut sources = Sources::new();
    sources.set("net.warmor", "package std.net\nlet private_v4 = [192.0.2.0/24]\n", Origin::Root);
    let policy = "package a\nimport std.net.{private_v4}\npolicy p for any { deny connect to private_v4 }\n\
                  test \"the program's file is the one that counts\" { as { process.uid: 1 } expect reported deny connect tcp to 192.0.2.1 port 1 }\n";
    sources.set("a.warmor", policy, Origin::Root);
    let checked = check(&sources, &Options::default());
    assert_eq!(checked.diagnostics, []);
    let model = checked.partial;
    let event = &model.tests[0].expectations[0].events[0];
    let decision =
        warmor_compiler::evaluate::decide(&model, event, &warmor_compiler::evaluate::Muted::none());
    assert_eq!(decision.reported, warmor_policy::verdict::Effect::Deny);
}
