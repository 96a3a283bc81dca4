use crate::harness::Folder;
use insta::assert_snapshot;

#[test]
fn a_denial_says_which_rule_and_what_lost() {
    assert_snapshot!(
        Folder::shop().run("eval --as exe=/usr/sbin/nginx,uid=33 read /etc/nginx/keys/site.key").all()
    );
}

#[test]
fn an_allow_says_what_did_not_match() {
    assert_snapshot!(
        Folder::shop().run("eval --as exe=/usr/sbin/nginx,uid=33 read /etc/nginx/keys/public.pem").all()
    );
}

#[test]
fn a_posture_says_that_no_rule_allows() {
    assert_snapshot!(Folder::shop().run("eval --as exe=/usr/sbin/nginx read /etc/shadow").all());
}

#[test]
fn what_is_only_reported_is_a_finding() {
    assert_snapshot!(
        Folder::shop().run("eval --as exe=/usr/bin/curl connect tcp to 169.254.169.254 port 80").all()
    );
}

#[test]
fn nothing_speaks_of_it() {
    assert_snapshot!(Folder::shop().run("eval --as exe=/usr/bin/curl read /etc/shadow --all").all());
}

#[test]
fn unknown_facts_apply_as_the_policy_says() {
    assert_snapshot!(Folder::shop().run("eval --as exe=/usr/sbin/nginx read ?").all());
}

#[test]
fn a_muted_policy_lets_go() {
    assert_snapshot!(
        Folder::shop().run("eval --mute web_tier --as exe=/usr/sbin/nginx read /etc/shadow").all()
    );
    assert_snapshot!(Folder::shop().run("eval --mute nobody read /etc/shadow").all());
}

#[test]
fn an_operation_of_two_events() {
    let folder = Folder::new();
    folder.write("p.warmor", "policy p for any {\n  mode prevent\n  deny modify /etc/**\n}\n");
    assert_snapshot!(folder.run("eval -p p.warmor rename /tmp/a to /etc/a").all());
}

#[test]
fn the_answer_as_json() {
    assert_snapshot!(
        Folder::shop()
            .run("eval --format json --as exe=/usr/sbin/nginx,uid=33 read /etc/nginx/keys/site.key")
            .all()
    );
}

#[test]
fn an_event_as_json_gives_the_same_answer() {
    let folder = Folder::shop();
    let words = folder.run("eval --as exe=/usr/sbin/nginx,uid=33 read /etc/shadow");
    let event =
        r#"{"action": "read", "process": {"exe": "/usr/sbin/nginx", "uid": 33}, "path": "/etc/shadow"}"#;
    folder.write("event.json", event);
    assert_eq!(folder.run("eval --event event.json").all(), words.all());
    assert_eq!(folder.run_with("eval --event -", event).all(), words.all());
    assert_snapshot!(
        folder.run_with("eval --event -", r#"{"action": "read", "process": {"uid": "x"}}"#).all()
    );
}

#[test]
fn an_attackers_path_is_escaped() {
    let folder = Folder::shop();
    let event = "{\"action\": \"read\", \"path\": \"/tmp/\\u001b[2J\\u202e\", \"process\": {\"exe\": {\"hex\": \"2fff\"}}}";
    assert_snapshot!(folder.run_with("eval --event -", event).stdout());
}

#[test]
fn a_program_with_errors_answers_nothing() {
    let folder = Folder::new();
    folder.write("p.warmor", "policy p for any { deny raed /a }\n");
    let run = folder.run("eval -p p.warmor read /a");
    assert_eq!((run.code(), run.stdout().as_str()), (2, ""));
    assert!(run.stderr().contains("p.warmor"));
}
