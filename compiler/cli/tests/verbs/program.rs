//! Which files are the program, and what happens when there are none.

use crate::harness::Folder;
use insta::assert_snapshot;

#[test]
fn a_project_is_found_from_any_folder_in_it() {
    let folder = Folder::shop();
    folder.write("a/b/other.warmor", "package shop\npolicy broken for nobody { deny bpf }\n");
    for words in ["check", "check .", "check a", "check a/b"] {
        let run = folder.run(words);
        assert_eq!(run.code(), 1, "{words}");
        assert!(run.stdout().contains("a/b/other.warmor:2"), "{words}: {}", run.stdout());
    }
    let inside = folder.command(&["check"]).current_dir(folder.path().join("a/b")).output().unwrap();
    let text = String::from_utf8(inside.stdout).unwrap();
    assert!(text.contains("[other.warmor:2"), "{text}");
}

#[test]
fn other_projects_and_hidden_folders_are_not_part_of_a_project() {
    let folder = Folder::shop();
    folder.write("vendored/warmor.toml", "name = \"other\"\n");
    folder.write("vendored/bad.warmor", "nonsense");
    folder.write(".hidden/bad.warmor", "nonsense");
    assert_eq!(folder.run("check").code(), 0);
}

#[test]
fn files_of_a_project_can_be_checked_alone_with_what_they_import() {
    let folder = Folder::shop();
    folder.write(
        "lib.warmor",
        "package shop.lib\nlet secrets = [/etc/shadow]\npolicy broken for nobody { deny bpf }\n",
    );
    folder.write(
        "one.warmor",
        "package shop.one\nimport shop.lib.{secrets}\npolicy p for any { deny read secrets }\n",
    );
    let run = folder.run("check one.warmor");
    assert!(!run.all().contains("unknown module"), "{}", run.all());
}

#[test]
fn a_dependency_gives_definitions_and_no_policies() {
    let folder = Folder::shop();
    folder.write("library/warmor.toml", "[package]\nname = \"library\"\n");
    let library =
        "package library\nlet secrets = [/srv/secret]\npolicy p for any {\n  mode prevent\n  deny bpf\n}\n";
    folder.write("library/library.warmor", library);
    folder.write(
        "app/warmor.toml",
        "[package]\nname = \"app\"\n\n[dependencies]\nlibrary = { path = \"../library\" }\n",
    );
    let app =
        "package app\nimport library.{secrets}\npolicy q for any {\n  mode prevent\n  deny read secrets\n}\n";
    folder.write("app/app.warmor", app);
    assert_eq!(folder.run("check app").all(), "exit code 0\n");
    assert_eq!(folder.run("eval -p app read /srv/secret").code(), 1);
    assert_eq!(folder.run("eval -p app bpf").code(), 0);
    assert_eq!(folder.run("compile app -o app.wasm").code(), 0);
}

#[test]
fn a_folder_without_a_manifest_is_its_policy_files() {
    let folder = Folder::new();
    folder.write("x/a.warmor", "policy p for any { deny bpf }\n");
    assert_eq!(folder.run("check x").code(), 0);
}

#[test]
fn what_cannot_be_read_is_an_error_of_input() {
    let folder = Folder::new();
    folder.write("latin1.warmor", b"# caf\xe9\n");
    folder.write("empty/readme.txt", "");
    assert_snapshot!(folder.run("check").all());
    assert_snapshot!(folder.run("check nowhere.warmor").all());
    assert_snapshot!(folder.run("check latin1.warmor").all());
    assert_snapshot!(folder.run("check empty").all());
    assert_snapshot!(folder.run("check - latin1.warmor").all());
    assert_snapshot!(folder.run("check empty latin1.warmor").all());
}

#[test]
fn wrong_use_ends_with_code_2() {
    let folder = Folder::shop();
    for words in [
        "",
        "chekc",
        "check --format junit",
        "check --set PORT",
        "check --today 2027-02-30",
        "check --target beos",
    ] {
        assert_eq!(folder.run(words).code(), 2, "{words}");
    }
    assert_snapshot!(folder.run("check --target beos").all());
}

#[test]
fn help_is_no_error() {
    let folder = Folder::new();
    assert_snapshot!(folder.run("--help").all());
    for verb in [
        "new",
        "check",
        "fmt",
        "test",
        "eval",
        "explain",
        "compile",
        "inspect",
        "verify",
        "keygen",
        "completions",
    ] {
        let run = folder.run(&format!("{verb} --help"));
        assert_eq!(run.code(), 0, "{verb}");
    }
}

#[test]
fn completions_know_the_verbs() {
    let folder = Folder::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = folder.run(&format!("completions {shell}"));
        assert_eq!(run.code(), 0, "{shell}");
        assert!(run.stdout().contains("keygen"), "{shell}");
    }
}

#[test]
fn the_manual_has_a_page_for_each_verb() {
    let folder = Folder::new();
    assert!(folder.run("man").stdout().starts_with(".ie"));
    assert_eq!(folder.run("man pages").code(), 0);
    for page in ["warmorc.1", "warmorc-check.1", "warmorc-eval.1"] {
        assert!(folder.path().join("pages").join(page).is_file(), "{page}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = Folder::shop();
    let mut child = folder.command(&["completions", "bash"]).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn a_parameter_is_set_from_outside() {
    let folder = Folder::new();
    folder.write(
        "p.warmor",
        "param SECRET: Path = /a\npolicy p for any {\n  mode prevent\n  deny read SECRET\n}\n",
    );
    assert_eq!(folder.run("eval -p p.warmor read /b").code(), 0);
    assert_eq!(folder.run("eval -p p.warmor --set SECRET=/b read /b").code(), 1);
    assert_snapshot!(folder.run("eval -p p.warmor --set SECRET=/b --set SECRET=/c read /b").all());
}

#[test]
fn a_rule_counts_to_its_last_day() {
    let folder = Folder::new();
    folder.write("p.warmor", "policy p for any {\n  mode prevent\n  deny read /a until 2026-06-30\n}\n");
    let code = |day: &str| folder.run(&format!("eval -p p.warmor --today {day} read /a")).code();
    assert_eq!((code("2026-06-30"), code("2026-07-01")), (1, 0));
}
