use crate::harness::Folder;
use insta::assert_snapshot;

fn failing() -> Folder {
    let folder = Folder::shop();
    let text = crate::SHOP
        .replace("expect deny read /etc/shadow", "expect allow read /etc/shadow")
        .replace("by no_keys", "by pages")
        .replace("expect allow connect", "expect deny connect");
    folder.write("shop.warmor", text);
    folder
}

#[test]
fn tests_pass() {
    assert_snapshot!(Folder::shop().run("test").all());
}

#[test]
fn failures_say_what_happened_instead() {
    assert_snapshot!(failing().run("test").all());
}

#[test]
fn coverage_lists_what_no_test_exercises() {
    assert_snapshot!(Folder::shop().run("test --coverage").all());
}

#[test]
fn results_as_json() {
    assert_snapshot!(Folder::shop().run("test --coverage --format json").all());
}

#[test]
fn results_as_junit() {
    assert_snapshot!(failing().run("test --format junit").all());
}

#[test]
fn results_as_annotations() {
    assert_snapshot!(failing().run("test --format github").all());
}

#[test]
fn a_filter_chooses_by_name() {
    assert_snapshot!(failing().run("test --filter metadata").all());
    assert_snapshot!(Folder::shop().run("test --filter nothing").all());
}
