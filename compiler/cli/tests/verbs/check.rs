use crate::harness::Folder;
use insta::assert_snapshot;

const BROKEN: &str =
    "policy p for any {\n  mode prevent\n  deny raed /etc/shadow\n  deny read /etc/../shadow\n}\n";

fn broken() -> Folder {
    let folder = Folder::new();
    folder.write("p.warmor", BROKEN);
    folder
}

#[test]
fn a_clean_project_says_nothing() {
    let folder = Folder::shop();
    // A posture that closes reading and leaves open the mapping of code is a finding.
    let shop = String::from_utf8(folder.read("shop.warmor")).unwrap();
    folder.write("shop.warmor", shop.replace("default deny read", "default deny read, mmap_exec"));
    assert_snapshot!(folder.run("check").all(), @"exit code 0");
}

#[test]
fn findings_are_drawn() {
    assert_snapshot!(broken().run("check p.warmor").all());
}

#[test]
fn findings_as_json() {
    assert_snapshot!(broken().run("check p.warmor --format json").all());
}

#[test]
fn findings_as_annotations() {
    assert_snapshot!(broken().run("check p.warmor --format github").all());
}

#[test]
fn standard_input_is_a_program() {
    assert_snapshot!(Folder::new().run_with("check -", BROKEN).all());
}

#[test]
fn warnings_are_findings_only_if_asked() {
    let folder = Folder::new();
    folder.write(
        "p.warmor",
        "package p\nimport std.shells.{command_shells}\npolicy p for any {\n  deny bpf\n}\n",
    );
    assert_eq!(folder.run("check p.warmor").code(), 0);
    assert_snapshot!(folder.run("check p.warmor --deny-warnings").all());
}

#[test]
fn colour_is_only_for_those_who_ask() {
    let folder = broken();
    assert!(!folder.run("check p.warmor").stdout().contains('\u{1b}'));
    assert!(folder.run("check p.warmor --color always").stdout().contains('\u{1b}'));
}

#[test]
fn what_a_source_contains_does_not_reach_the_terminal() {
    let folder = Folder::new();
    folder
        .write("p.warmor", "policy p for any { deny read \"/\u{1b}[2J\u{9b}31m\u{202e}\u{7}\" nonsense\n}\n");
    let run = folder.run("check p.warmor");
    assert_eq!(run.code(), 1);
    let all = run.all();
    assert!(!all.contains(['\u{1b}', '\u{9b}', '\u{202e}', '\u{7}']), "{all:?}");
}

#[test]
fn findings_of_an_imported_file_are_reported_in_it() {
    let folder = Folder::new();
    folder.write(
        "a/main.warmor",
        "import \"../lib/x.warmor\".{shadow}\npolicy p for any {\n  deny read shadow\n}\n",
    );
    folder.write("lib/x.warmor", "let shadow = [/etc/../shadow]\n");
    assert_snapshot!(folder.run("check a/main.warmor").all());
    assert_snapshot!(folder.run("check a --format github").all());
}
