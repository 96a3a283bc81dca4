use crate::harness::Folder;
use insta::assert_snapshot;

#[test]
fn a_code_has_a_page() {
    let folder = Folder::new();
    let run = folder.run("explain e0101");
    assert_eq!(run.code(), 0);
    assert!(run.stdout().contains("E0101"), "{}", run.stdout());
    assert_snapshot!(folder.run("explain E9999").all());
}

#[test]
fn rules_are_shown_with_tier_and_sets() {
    assert_snapshot!(Folder::shop().run("explain").all());
}

#[test]
fn one_rule_is_enough() {
    let folder = Folder::shop();
    assert_snapshot!(folder.run("explain . no_keys").all());
    assert_snapshot!(folder.run("explain . web_tier.no_keys --format json").all());
    assert_snapshot!(folder.run("explain . web_tier.no_kees").all());
}
