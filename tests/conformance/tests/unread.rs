//! What tables deny to everybody because this release's kernel programs do not read a fact.

use warmor_compiler::check::{Options, check};
use warmor_compiler::lower::{Part, lower};
use warmor_compiler::resolve::Sources;

/// The actions that are denied to all, and the facts that this hangs on.
fn unread(text: &str) -> (Vec<&'static str>, Vec<String>) {
    let checked = check(&Sources::single("a.warmor", text), &Options::default());
    let model = checked.model().unwrap_or_else(|| panic!("{:?}", checked.diagnostics));
    let unread = lower(model, Part::Kernel).unwrap().image.unread();
    (unread.actions.iter().map(|a| a.name()).collect(), unread.facts.into_iter().collect())
}

fn denies(text: &str, actions: &[&str], facts: &[&str]) {
    let (found_actions, found_facts) = unread(text);
    assert_eq!(
        (found_actions.as_slice(), found_facts.iter().map(String::as_str).collect()),
        (actions, facts.to_vec()),
        "{text}"
    );
}

#[test]
fn a_policy_for_pods_would_be_one_for_everybody() {
    let pods = "subject s = pod.namespace == \"x\" and pod.labels[\"app\"] == \"y\"";
    denies(
        &format!("{pods} policy p for s {{ mode prevent deny read /a }}"),
        &["read"],
        &["pod.labels", "pod.namespace"],
    );
    denies(
        &format!("{pods} policy p for s {{ mode prevent default deny connect }}"),
        &["connect"],
        &["pod.labels", "pod.namespace"],
    );
    let either = "subject s = pod.namespace == \"x\" or container.name == \"y\"";
    denies(
        &format!("{either} policy p for s {{ mode prevent deny read /a }}"),
        &["read"],
        &["container.name", "pod.namespace"],
    );
    denies(&format!("{pods} policy p for s {{ mode prevent unknown allow deny read /a }}"), &[], &[]);
    denies(&format!("{pods} policy p for s {{ mode detect deny read /a }}"), &[], &[]);
}

#[test]
fn what_is_read_keeps_a_policy_to_its_subjects() {
    denies("subject s = process.exe == /b policy p for s { mode prevent deny read /a }", &[], &[]);
    denies("policy p for any { mode prevent deny read /a }", &[], &[]);
    let both = "subject s = process.exe == /b and pod.namespace == \"x\" policy p for s { mode prevent deny read /a }";
    denies(both, &[], &[]);
    denies("policy p for any { mode prevent deny read /a where parent.exe == /b }", &[], &[]);
    denies(
        "policy p for any { mode prevent deny read /a where parent.uid == 0 }",
        &["read"],
        &["parent.uid"],
    );
}

#[test]
fn addresses_of_subjects_are_facts_of_the_other_end() {
    let db = "subject db = pod.name == \"db\" policy p for any { mode prevent deny connect to db }";
    denies(db, &["connect"], &["target.pod.name"]);
}
