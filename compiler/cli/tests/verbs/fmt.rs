use crate::harness::Folder;
use insta::assert_snapshot;

const CROOKED: &str =
    "policy p for any{\nmode prevent   # stop it\n      deny read   /etc/shadow,/etc/gshadow\n}\n";

#[test]
fn files_are_formatted_in_place() {
    let folder = Folder::new();
    folder.write("p.warmor", CROOKED);
    assert_snapshot!(folder.run("fmt --check p.warmor").all());
    assert_eq!(folder.read("p.warmor"), CROOKED.as_bytes());
    assert_snapshot!(folder.run("fmt p.warmor").all(), @"exit code 0");
    assert_snapshot!(String::from_utf8(folder.read("p.warmor")).unwrap());
    assert_snapshot!(folder.run("fmt --check p.warmor").all(), @"exit code 0");
}

#[test]
fn standard_input_is_printed() {
    assert_snapshot!(Folder::new().run_with("fmt -", CROOKED).all());
}

#[test]
fn a_file_with_errors_is_left_alone() {
    let folder = Folder::new();
    folder.write("p.warmor", "policy {");
    folder.write("q.warmor", CROOKED);
    assert_snapshot!(folder.run("fmt p.warmor q.warmor").all());
    assert_eq!(folder.read("p.warmor"), b"policy {");
    assert_ne!(folder.read("q.warmor"), CROOKED.as_bytes());
}

#[test]
fn machines_read_which_files_are_not_formatted() {
    let folder = Folder::new();
    folder.write("a.warmor", CROOKED);
    folder.write("b.warmor", "policy {");
    folder.write("c.warmor", "let a = 1\n");
    assert_snapshot!(folder.run("fmt --check --format json a.warmor b.warmor c.warmor").all());
    assert_eq!(folder.run("fmt --format json a.warmor").code(), 0);
    assert_snapshot!(folder.run("fmt --check --format json a.warmor").all());
    assert_eq!(folder.run_with("fmt --format json -", CROOKED).code(), 2);
}
