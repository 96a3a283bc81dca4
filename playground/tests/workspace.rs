//! The workspace as JavaScript sees it: in Rust, where values are themselves.

use std::path::Path;
use warmor_playground::{
    Asked, AutomatonTarget, Compiled, Decided, DifferenceValue, EffectWord, FareWord, FileKind, NodeKindWord,
    Proof, Renaming, Workspace,
};

const SHOP: &str = "\
# ☕ the shop
subject web = process.exe == /usr/bin/web

policy shop for web {
  mode prevent
  default deny read
  allow read /srv/shop/**
  deny read /srv/shop/keys/*
}

test \"keys\" {
  as { process.exe: /usr/bin/web }
  expect deny read /srv/shop/keys/a
  expect allow read /srv/shop/index.html
  expect allow read /etc/passwd
}
";

fn shop() -> Workspace {
    let mut workspace = Workspace::new();
    assert!(workspace.set_file("shop.warmor", SHOP));
    workspace
}

fn at(text: &str, word: &str) -> u32 {
    text[..text.find(word).unwrap()].encode_utf16().count() as u32
}

#[test]
fn files_make_a_program() {
    let mut workspace = shop();
    assert!(!workspace.set_file("../out.warmor", ""));
    workspace.set_file("notes.txt", "not a policy");
    let files = workspace.list().0;
    let kinds: Vec<_> = files.0.iter().take(3).map(|f| (f.path.as_str(), f.kind)).collect();
    assert_eq!(kinds[..2], [("notes.txt", FileKind::Other), ("shop.warmor", FileKind::Policy)]);
    assert_eq!(kinds[2].1, FileKind::Standard);
    assert!(workspace.text("std/files.warmor").is_some_and(|t| t.contains("package std.files")));
    assert_eq!(workspace.diagnostics().0.0, []);

    // An import of a file that comes later.
    workspace.set_file("b.warmor", "package b\nlet keys = /srv/keys/*\n");
    assert!(workspace.remove_file("b.warmor"));
    assert_eq!(workspace.diagnostics().0.0, []);
}

#[test]
fn what_a_test_does_not_get_is_a_mistake() {
    let mut workspace = shop();
    workspace.look(&|| false);
    let codes: Vec<_> = workspace.diagnostics().0.0.iter().map(|d| (d.code.clone(), d.proved)).collect();
    assert_eq!(codes, [("W0311".to_owned(), true), ("E0901".to_owned(), false)]);
    // Nothing is known any more of a text that has changed.
    workspace.edit_file("shop.warmor", 0, 0, "# and more\n");
    assert_eq!(workspace.diagnostics().0.0, []);
}

#[test]
fn an_edit_changes_one_part() {
    let mut workspace = shop();
    let from = at(SHOP, "allow read");
    assert!(workspace.edit_file("shop.warmor", from, from + 5, "alow"));
    let said = &workspace.diagnostics().0.0[0];
    assert_eq!((said.range.from, said.range.file.as_str()), (from, "shop.warmor"));
    assert!(workspace.edit_file("shop.warmor", from, from + 4, "allow"));
    assert_eq!(workspace.diagnostics().0.0, []);
    assert_eq!(workspace.text("shop.warmor").as_deref(), Some(SHOP));
}

#[test]
fn an_editor_is_answered_in_units_of_utf_16() {
    let mut workspace = shop();
    let web = at(SHOP, "web =");
    let hover = workspace.hover("shop.warmor", web).unwrap();
    assert_eq!((hover.range.from, hover.range.to), (web, web + 3));
    assert_eq!(workspace.references("shop.warmor", web).0.0.len(), 2);
    let Renaming::Done { edits } = &workspace.rename("shop.warmor", web, "shop_web").0 else { panic!() };
    assert_eq!(edits.len(), 2);
    let tokens = workspace.tokens("shop.warmor");
    assert_eq!(tokens[..2], [0, "# ☕ the shop".encode_utf16().count() as u32]);
    assert!(tokens.chunks(4).all(|t| t[0] < t[1]));
    assert!(
        workspace.completions("shop.warmor", at(SHOP, "allow read")).0.0.iter().any(|c| c.label == "audit")
    );
    assert_eq!(workspace.outline("shop.warmor").0.0.len(), 3);
    assert_eq!(workspace.position("shop.warmor", web).line, 2);
}

#[test]
fn decisions_name_the_clauses_that_spoke() {
    let mut workspace = shop();
    let decided = workspace.decide("--as exe=/usr/bin/web read /srv/shop/keys/a", Vec::new());
    let Decided::Decided { decision, events } = &decided.0 else { panic!("{decided:?}") };
    assert_eq!(decision.enforced, EffectWord::Deny);
    assert_eq!(events[0].applied.len(), 3);
    assert_eq!(decision.clause.as_ref().unwrap().range.from, at(SHOP, "deny read /srv/shop/keys"));
    let again = workspace.decide(&events[0].event, Vec::new());
    let Decided::Decided { decision: same, .. } = &again.0 else { panic!("{again:?}") };
    assert_eq!(same, decision);
    let muted = workspace.decide("--as exe=/usr/bin/web read /srv/shop/keys/a", vec!["shop".to_owned()]);
    let Decided::Decided { decision, .. } = &muted.0 else { panic!("{muted:?}") };
    assert_eq!(decision.enforced, EffectWord::Allow);
}

#[test]
fn a_script_has_processes_and_mistakes() {
    let mut workspace = shop();
    let script = "# ☕\nprocess web = exe=/usr/bin/web\n--as web read /srv/shop/a\n\n--as nobody read /x\nread\n{\"action\": \"read\"}\n";
    let lines = workspace.decide_script(script, Vec::new());
    let told: Vec<&str> = lines
        .0
        .0
        .iter()
        .map(|line| match &line.outcome {
            Decided::Decided { decision, .. } if decision.enforced == EffectWord::Allow => "allow",
            Decided::Decided { .. } => "deny",
            Decided::Wrong { message, .. } => message,
            Decided::Errors => "errors",
        })
        .collect();
    assert_eq!(told, ["allow", "there is no process `nobody`", "`read` needs an object", "allow"]);
    assert_eq!(lines.0.0[0].from, at(script, "--as web"));
}

#[test]
fn tests_are_a_matrix() {
    let tests = shop().tests();
    let met: Vec<bool> = tests.tests[0].expectations.iter().map(|e| e.met).collect();
    assert_eq!(met, [true, true, false]);
    assert_eq!(tests.tests[0].expectations[2].message.as_deref(), Some("it is denied"));
    assert!(tests.coverage.iter().all(|c| c.applied && c.decided));
}

#[test]
fn what_is_found_has_an_event_and_reasons() {
    let mut workspace = Workspace::new();
    workspace
        .set_file("a.warmor", "policy p for any { mode prevent deny read /etc/shadow deny read /etc/* }\n");
    assert_eq!(workspace.look(&|| true).proof, Proof::Stopped);
    let found = workspace.look(&|| false);
    assert_eq!((found.proof, found.list.len()), (Proof::Done, 1));
    assert!(found.list[0].witness.as_ref().unwrap().test.as_ref().unwrap().contains("expect deny read"));
    assert_eq!(found.list[0].because.len(), 1);
    assert!(workspace.diagnostics().0.0[0].proved);
}

#[test]
fn questions_are_about_all_events() {
    let mut workspace = shop();
    let Asked::Answered { answers, .. } = &workspace.who_can("read /srv/shop/keys/*", false).0 else {
        panic!()
    };
    let told: Vec<_> = answers.iter().map(|a| (a.who.as_str(), a.fare)).collect();
    assert_eq!(
        told,
        [("web", FareWord::Never), ("any other", FareWord::Always), ("unclear", FareWord::Never)]
    );
    assert!(matches!(workspace.can("web", "reed /x", false).0, Asked::Wrong { .. }));
    assert_eq!(workspace.reach(Vec::new(), false).matrices[0].action, "connect");
}

#[test]
fn the_tables_name_their_clauses() {
    let mut workspace = shop();
    let Compiled::Made { bytes, clauses, nodes, text, .. } = workspace.compile().0 else { panic!() };
    assert_eq!(workspace.artifact().unwrap().len(), bytes as usize);
    assert_eq!(clauses.len(), 3);
    assert!(text.contains("clause 0: "));
    assert!(nodes.iter().any(|n| n.kind == NodeKindWord::Leaf && !n.clauses.is_empty()));
    // Whatever is below a node is above its children.
    for node in &nodes {
        for child in &node.children {
            let below = nodes.iter().find(|n| n.at == child.at).unwrap();
            assert!(below.clauses.iter().all(|c| node.clauses.contains(c)), "{node:?}");
        }
    }
    let wat = workspace.wat().unwrap();
    assert!(wat.starts_with("(module") && wat.contains("(@custom \"warmor"), "{}", &wat[..400]);
    let automata = nodes.iter().filter(|n| n.fact.as_deref() == Some("path")).find_map(|n| n.automaton);
    let automaton = workspace.automaton(automata.unwrap()).unwrap();
    assert!(automaton.states.len() > 2);
    let classes = automaton.states.iter().flat_map(|s| &s.edges).map(|e| e.to);
    assert!(classes.into_iter().all(|t| !matches!(t, AutomatonTarget::State { index: None })));
    workspace.set_file("shop.warmor", "");
    assert_eq!(workspace.artifact(), None);
}

#[test]
fn versions_are_compared() {
    let (mut old, mut new) = (shop(), shop());
    let DifferenceValue::Compared { same, .. } = new.difference(&mut old).0 else { panic!() };
    assert!(same);
    new.set_file("shop.warmor", &SHOP.replace("  deny read /srv/shop/keys/*\n", ""));
    let DifferenceValue::Compared { groups, widened, .. } = new.difference(&mut old).0 else { panic!() };
    assert!(widened);
    assert_eq!(groups[0].kind, "newly-allowed");
    assert_eq!(groups[0].old.as_ref().unwrap().from, at(SHOP, "deny read /srv/shop/keys"));
}

/// Every example of the repository is a workspace without mistakes, whose tests pass and whose artifact is proved.
#[test]
fn examples_work() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap).filter(|e| e.path().is_dir()) {
        let mut workspace = Workspace::new();
        for file in std::fs::read_dir(entry.path()).unwrap().map(Result::unwrap) {
            let text = std::fs::read_to_string(file.path()).unwrap();
            workspace.set_file(&file.file_name().to_string_lossy(), &text);
        }
        let name = entry.file_name();
        assert!(workspace.diagnostics().0.0.iter().all(|d| d.code.starts_with("W04")), "{name:?}");
        let tests = workspace.tests();
        assert!(!tests.tests.is_empty() && tests.tests.iter().all(|t| t.passed), "{name:?}");
        assert!(matches!(workspace.compile().0, Compiled::Made { .. }), "{name:?}");
        seen += 1;
    }
    assert!(seen >= 14);
}

/// A stream of numbers, the same on every machine (`SplitMix64`).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }
}

/// Any text at any offset has an answer.
#[test]
fn random_texts_and_offsets_are_answered() {
    let pieces = [
        "policy p for any {",
        "}",
        "deny read ",
        "/etc/**",
        "/srv/{a,b}/*",
        "allow ",
        "connect to 10.0.0.0/8 port 443",
        " where ",
        "process.uid",
        " == ",
        "7",
        "\"é😀",
        "\n",
        " ",
        "(",
        ")",
        "test \"x\" {",
        "expect deny ",
        "import std.files",
        "subject s = ",
        "not ",
        "#",
        "@silence(W0301)",
        "default deny net",
        "mode prevent",
        "detect d for any {",
        "\u{0}",
        "\r\n",
        "template t(x: Path) {",
        "use t(/a)",
        "assert \"a\" { ",
        "never can ",
        "日本",
        "{",
        "any",
        "let l = [",
        "]",
        ",",
        "😀",
    ];
    let mut numbers = Numbers(5);
    for round in 0..150 {
        let mut workspace = Workspace::new();
        let mut text = String::new();
        for _ in 0..numbers.below(40) {
            text.push_str(pieces[numbers.below(pieces.len())]);
        }
        workspace.set_file("a.warmor", &text);
        workspace.set_file(
            "warmor.toml",
            if round % 3 == 0 { "[package]\nname = \"a\"\nversion = \"0.1.0\"\n" } else { &text },
        );
        for _ in 0..6 {
            let (from, to) = (numbers.below(text.len() + 9) as u32, numbers.below(text.len() + 9) as u32);
            let file = ["a.warmor", "gone.warmor", "warmor.toml", "std/base.warmor"][numbers.below(4)];
            workspace.completions(file, from);
            workspace.hover(file, from);
            workspace.signature(file, from);
            workspace.definition(file, from);
            workspace.references(file, from);
            workspace.prepare_rename(file, from);
            workspace.rename(file, from, "😀");
            workspace.actions(file, from, to);
            workspace.format_range(file, from, to);
            workspace.selections(file, from);
            workspace.position(file, from);
            workspace.edit_file(file, from, to, pieces[numbers.below(pieces.len())]);
        }
        for file in ["a.warmor", "warmor.toml", "std/base.warmor"] {
            workspace.tokens(file);
            workspace.folds(file);
            workspace.hints(file);
            workspace.outline(file);
            workspace.links(file);
            workspace.format(file);
        }
        workspace.diagnostics();
        workspace.decide(&text, Vec::new());
        workspace.decide_script(&text, vec![text.clone()]);
        workspace.can(&text, &text, true);
        workspace.tests();
        workspace.compile();
        workspace.look(&|| false);
    }
}
