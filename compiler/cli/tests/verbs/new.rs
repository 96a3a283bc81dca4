use crate::harness::Folder;
use insta::assert_snapshot;

#[test]
fn a_new_project_checks_tests_and_is_formatted() {
    let folder = Folder::new();
    assert_snapshot!(folder.run("new my-shop").all());
    assert_snapshot!(folder.run("check my-shop --deny-warnings").all(), @"exit code 0");
    assert_snapshot!(folder.run("test my-shop").all());
    assert_snapshot!(folder.run("fmt --check my-shop").all(), @"exit code 0");
    assert_snapshot!(String::from_utf8(folder.read("my-shop/my_shop.warmor")).unwrap());
}

#[test]
fn nothing_is_overwritten() {
    let folder = Folder::shop();
    folder.write("shop/x", "");
    assert_snapshot!(folder.run("new shop").all());
    assert_snapshot!(folder.run("new 1shop").all());
}
