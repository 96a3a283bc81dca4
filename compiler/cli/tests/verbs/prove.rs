//! What is refuted here has one witness that is shortest, so that the snapshots do not depend on the solver's taste. Its version
//! is left out of them.

use crate::harness::Folder;
use insta::assert_snapshot;

const ASSERTIONS: &str = r#"package vault

subject vault = process.exe in [/usr/bin/vault]

policy secrets for any except vault {
  mode prevent
  keys: deny read, write /srv/vault/keys/**
}

policy quiet for vault {
  mode prevent
  no_exec: deny exec /bin/sh
}

assert "only the vault reads keys" { only vault can read /srv/vault/keys/** }
assert "the vault starts no shell" { never vault can exec /bin/sh }
"#;

fn version_left_out(text: &str) -> String {
    let words: Vec<&str> = text.split("by Z3 ").collect();
    match words.as_slice() {
        [before, after] => {
            let rest = after.split_once('\n').map_or("", |(_, rest)| rest);
            format!("{before}by Z3\n{rest}")
        }
        _ => text.to_owned(),
    }
}

fn prove(folder: &Folder, words: &str) -> String {
    version_left_out(&folder.run(&format!("prove {words}")).all())
}

#[test]
fn what_holds_of_all_events_is_proved() {
    let folder = Folder::new();
    folder.write("p.warmor", ASSERTIONS);
    assert_snapshot!(prove(&folder, "p.warmor"));
}

#[test]
fn a_broken_assertion_comes_with_an_event() {
    let folder = Folder::new();
    let shells = "assert \"nobody starts a shell\" { never any can exec /bin/sh, /bin/dash }\n";
    folder.write("p.warmor", ASSERTIONS.replace("for vault {", "for any {") + shells);
    assert_snapshot!(prove(&folder, "p.warmor"));
}

#[test]
fn an_assumption_makes_the_difference() {
    let folder = Folder::new();
    let rule = "policy drop for any {\n  mode prevent\n  deny setuid where process.uid > 0\n}\n";
    let claim = "assert \"nobody changes who it is\" { never any can setuid where process.uid >= 0 }\n";
    let program = format!("{ASSERTIONS}{rule}{claim}");
    folder.write("p.warmor", &program);
    assert_snapshot!(prove(&folder, "p.warmor"));
    folder.write("p.warmor", program + "assume process.uid != 0\n");
    assert_snapshot!(prove(&folder, "p.warmor"));
}

#[test]
fn assumptions_that_contradict_each_other_are_reported() {
    let folder = Folder::new();
    let assumed = "assume process.uid == 0\nassume process.uid == 1 or process.gid == 1\nassume not (process.gid == 1)\nassume process.uid <= 0 and has process.uid\n";
    folder.write("p.warmor", ASSERTIONS.to_owned() + assumed);
    assert_snapshot!(prove(&folder, "p.warmor"));
}

#[test]
fn two_ways_to_write_a_policy_decide_alike() {
    let folder = Folder::new();
    folder.write("a.warmor", ASSERTIONS);
    let longhand = ASSERTIONS.replace("/srv/vault/keys/**\n", "/srv/vault/keys/*, /srv/vault/keys/*/**\n");
    assert!(longhand.contains("keys/*/**"));
    folder.write("b.warmor", longhand);
    assert_snapshot!(prove(&folder, "--equivalent a.warmor b.warmor"));
}

#[test]
fn a_difference_comes_with_both_verdicts() {
    let folder = Folder::new();
    folder.write("a.warmor", ASSERTIONS);
    folder.write("b.warmor", ASSERTIONS.replace("deny exec /bin/sh", "deny exec /bin/sh, /bin/ash"));
    assert_snapshot!(prove(&folder, "--equivalent a.warmor b.warmor"));
    assert_snapshot!(prove(&folder, "--stricter b.warmor a.warmor"));
    assert_snapshot!(prove(&folder, "--stricter a.warmor b.warmor --format json"));
}

#[test]
fn problems_are_written_for_other_solvers() {
    let folder = Folder::new();
    folder.write("p.warmor", ASSERTIONS);
    let shown = prove(&folder, "p.warmor --emit smt2 -o out");
    assert!(shown.contains("out/2-assertion.smt2"), "{shown}");
    let problem = String::from_utf8(folder.read("out/2-assertion.smt2")).unwrap();
    assert!(problem.contains("(set-info :status unsat)") && problem.ends_with("(check-sat)\n"), "{problem}");
}

#[test]
fn a_program_with_errors_proves_nothing() {
    let folder = Folder::new();
    folder.write("p.warmor", "policy p for nobody {\n}\n");
    assert_snapshot!(prove(&folder, "p.warmor"));
}

/// One of each kind of finding that claims something of all events.
const FINDINGS: &str = r#"package findings

subject app = process.exe in [/usr/bin/app]

policy first for app {
  mode prevent
  default deny read
  one: deny write /srv/*
  two: deny write /srv/*/**
  dead: allow write /srv/data/a.log
  redundant: deny write /srv/data/**
  idle: allow chmod /srv/**
  open: allow read /usr/share/**
  narrower: allow read /usr/share/app/*
  impossible: deny read /etc/** where path starts_with "/usr/"
}

policy second for any {
  mode prevent
  shadowing: deny delete /srv/**
}

policy third for app {
  mode prevent
  shadowed: deny delete /srv/data/**
}

assert "the app deletes nothing" { never app can delete /srv/**, /opt/** }
assert "the app writes nothing to /srv" { never app can write /srv/** }
"#;

#[test]
fn what_is_found_is_confirmed() {
    let folder = Folder::new();
    folder.write("p.warmor", FINDINGS);
    let shown = folder.run("check --cross-check p.warmor").all();
    let line = shown.lines().find(|l| l.starts_with("cross-check")).unwrap_or(&shown);
    for code in ["W0301", "W0302", "W0303", "W0304", "W0307"] {
        assert!(shown.contains(code), "{code} is not found:\n{shown}");
    }
    assert!(
        line.starts_with("cross-check: 8 answers confirmed by Z3 ") && line.contains(", 0 not;"),
        "{shown}"
    );
}
