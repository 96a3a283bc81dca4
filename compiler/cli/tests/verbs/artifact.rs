//! keygen, compile, verify, inspect: one artifact's life.

use crate::harness::Folder;
use insta::assert_snapshot;

#[test]
fn an_artifact_is_made_signed_verified_and_inspected() {
    let folder = Folder::shop();
    assert_eq!(folder.run("keygen").code(), 0);
    let run = folder.run("compile --sign");
    assert_eq!(run.code(), 0, "{}", run.all());
    let verified = folder.run("verify");
    assert_eq!(verified.code(), 0, "{}", verified.all());
    assert!(verified.stdout().contains("package shop for linux-6.1"), "{}", verified.stdout());
    let summary = folder.run("inspect");
    assert_eq!(summary.code(), 0);
    assert!(summary.stdout().contains("verified, by"), "{}", summary.stdout());
    assert_snapshot!(folder.run("inspect --show policies").all());
    assert!(folder.run("inspect --show wat").stdout().starts_with("(module"));
    assert!(folder.run("inspect --show sources").stdout().contains("subject web"));
    let tables = folder.run("inspect --show tables").stdout();
    assert!(tables.contains("path by text"), "{tables}");
    let json: serde_json::Value =
        serde_json::from_str(&folder.run("inspect --format json").stdout()).unwrap();
    assert_eq!(json["manifest"]["package"], "shop");
}

#[test]
fn the_same_sources_give_the_same_bytes_in_another_folder() {
    let (one, two) = (Folder::shop(), Folder::new());
    two.write("deeper/down/warmor.toml", crate::MANIFEST);
    two.write("deeper/down/shop.warmor", crate::SHOP);
    assert_eq!(one.run("compile -o a.wasm").code(), 0);
    assert_eq!(two.run("compile deeper/down -o a.wasm").code(), 0);
    assert_eq!(one.read("a.wasm"), two.read("a.wasm"));
    let run = one.run("compile -o b.wasm");
    assert_eq!(run.code(), 0, "{}", run.all());
    assert_eq!(one.read("a.wasm"), one.read("b.wasm"));
}

#[test]
fn what_is_damaged_unsigned_or_strange_is_refused() {
    let folder = Folder::shop();
    folder.run("keygen");
    assert_eq!(folder.run("compile -o plain.wasm").code(), 0);
    assert_snapshot!(folder.run("verify plain.wasm").all());
    folder.run("compile --sign -o signed.wasm");
    let good = folder.read("signed.wasm");
    folder.write("cut.wasm", &good[..good.len() / 2]);
    let mut flipped = good.clone();
    flipped[good.len() / 3] ^= 1;
    folder.write("flipped.wasm", &flipped);
    folder.run("keygen -o .");
    for name in ["cut.wasm", "flipped.wasm"] {
        let run = folder.run(&format!("verify {name}"));
        assert_eq!(run.code(), 1, "{name}: {}", run.all());
        assert!(run.stdout().starts_with("refused"), "{name}: {}", run.all());
    }
    let other = Folder::new();
    other.run("keygen");
    let key = other.path().join("warmor.pub");
    let run = folder.run(&format!("verify signed.wasm --key {}", key.display()));
    assert_eq!(run.code(), 1);
    assert!(run.stdout().contains("not a trusted key"), "{}", run.all());
}

#[test]
fn keys_are_never_overwritten_and_secret_ones_are_private() {
    let folder = Folder::new();
    assert_eq!(folder.run("keygen").code(), 0);
    let before = folder.read("warmor.key");
    assert_eq!(folder.run("keygen").code(), 2);
    assert_eq!(folder.read("warmor.key"), before);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = folder.path().join("warmor.key").metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_key_with_a_password_needs_it() {
    let folder = Folder::shop();
    folder.write("password", "correct horse\n");
    folder.write("wrong", "battery staple\n");
    assert_eq!(folder.run("keygen --password-file password").code(), 0);
    assert_eq!(folder.run("compile --sign").code(), 2);
    assert_eq!(folder.run("compile --sign --password-file wrong").code(), 2);
    let run = folder.run("compile --sign --password-file password");
    assert_eq!(run.code(), 0, "{}", run.all());
    assert_eq!(folder.run("verify").code(), 0);
}

#[test]
fn what_is_missing_is_named() {
    let folder = Folder::shop();
    assert_snapshot!(folder.run("verify").all());
    assert_snapshot!(folder.run("compile --sign").all());
    folder.run("compile");
    assert_snapshot!(folder.run("verify").all());
    assert_snapshot!(folder.run("inspect shop.warmor").all());
}

#[test]
fn subjects_that_double_with_each_level_run_out_of_budget() {
    let folder = Folder::new();
    let mut text = "subject s0 = process.uid == 5\n".to_owned();
    for i in 1..30 {
        let member = format!("process in s{}", i - 1);
        text.push_str(&format!(
            "subject s{i} = ({member} and process.gid == {i}) or ({member} and process.pid == {i})\n"
        ));
    }
    text.push_str("policy p for s29 {\n  mode prevent\n  deny connect mptcp to any\n}\n");
    folder.write("p.warmor", text);
    assert_eq!(folder.run("eval -p p.warmor --as uid=6 bpf").code(), 0);
    let run = folder.run("compile p.warmor -o p.wasm");
    assert_eq!(run.code(), 3, "{}", run.all());
    assert!(run.stderr().contains("E0702"), "{}", run.all());
}

#[test]
fn a_program_with_errors_has_no_artifact() {
    let folder = Folder::new();
    folder.write("p.warmor", "policy p for any { deny raed /a }\n");
    assert_eq!(folder.run("compile p.warmor -o p.wasm").code(), 1);
    assert!(!folder.path().join("p.wasm").exists());
}

#[test]
fn findings_of_a_compilation_are_printed_for_machines() {
    let folder = Folder::new();
    folder.write("good.warmor", "policy p for any { mode prevent deny accept from any }");
    folder.write("bad.warmor", "policy p for any { mode prevent deny reed /x }");
    let json = |words: &str| -> serde_json::Value {
        let run = folder.run(words);
        serde_json::from_str(&run.stdout()).unwrap_or_else(|e| panic!("{e}: {}", run.all()))
    };
    let good = json("compile good.warmor -o good.wasm --format json");
    assert_eq!(good["artifact"]["file"], "good.wasm");
    assert_eq!(good["artifact"]["bytes"], folder.read("good.wasm").len());
    assert_eq!(good["diagnostics"][0]["code"], "W0402");
    let bad = json("compile bad.warmor -o bad.wasm --format json");
    assert_eq!(bad["artifact"], serde_json::Value::Null);
    assert_eq!(bad["summary"]["errors"], 1);
    assert_eq!(folder.run("compile bad.warmor --format json").code(), 1);
    assert_eq!(json("compile bad.warmor --format sarif")["version"], "2.1.0");
    assert!(folder.run("compile bad.warmor --format github").stdout().starts_with("::error file=bad.warmor"));
    assert_eq!(folder.run("compile good.warmor -o - --format json").code(), 2);
}

#[test]
fn what_the_release_does_not_enforce_is_shown() {
    let folder = Folder::new();
    folder.write(
        "p.warmor",
        "policy p for any { mode prevent no_trace: deny accept from any no_read: deny read /x }",
    );
    assert_eq!(folder.run("compile p.warmor -o p.wasm").code(), 0);
    assert!(folder.run("inspect p.wasm").stdout().contains("unenforced  accept"));
    let policies = folder.run("inspect p.wasm --show policies").stdout();
    assert_eq!(policies.matches("not enforced: accept").count(), 1, "{policies}");
    let whole: serde_json::Value =
        serde_json::from_str(&folder.run("inspect p.wasm --format json").stdout()).unwrap();
    assert_eq!(whole["unenforced"], serde_json::json!(["accept"]));
    folder.write("q.warmor", "subject s = pod.name == \"a\" policy p for s { mode prevent deny read /x }");
    assert_eq!(folder.run("compile q.warmor -o q.wasm").code(), 0);
    let summary = folder.run("inspect q.wasm").stdout();
    assert!(summary.contains("not known   pod.name: so read would be denied to all"), "{summary}");
    let explained = folder.run("explain p.warmor").stdout();
    assert_eq!(explained.matches("not enforced: `accept`").count(), 1, "{explained}");
}
