//! `@silence` and the levels of `warmor.toml`: which warnings are reported, at which level.

use warmor_compiler::check::{Checked, Options, Passes, check};
use warmor_compiler::diagnostics::{Code, Diagnostic, Level};
use warmor_compiler::prove::{Budget, findings};
use warmor_compiler::resolve::{Origin, Sources};

fn checked(text: &str, manifest: &str) -> Checked {
    let mut sources = Sources::new();
    sources.set("a.warmor", text, Origin::Root);
    if !manifest.is_empty() {
        sources.set("warmor.toml", manifest, Origin::Manifest);
    }
    check(&sources, &Options::default())
}

fn codes(text: &str) -> Vec<&'static str> {
    checked(text, "").diagnostics.iter().map(|d| d.code.id()).collect()
}

#[test]
fn a_silence_is_about_the_statement_below_it() {
    let text = |first, second| {
        format!(
            "policy p for any {{ mode prevent\n{first} deny accept from any\n{second} deny connect mptcp to any }}"
        )
    };
    assert_eq!(codes(&text("", "")), ["W0402", "W0402"]);
    assert_eq!(codes(&text("@silence(W0402, \"why\")", "")), ["W0402"]);
    assert_eq!(codes(&text("@silence(W0402, \"why\")", "@silence(unenforced, \"why\")")), Vec::<&str>::new());
}

#[test]
fn a_silence_above_an_item_is_about_all_of_it() {
    let policy = "policy p for any { mode prevent deny accept from any deny connect mptcp to any }";
    assert_eq!(codes(&format!("@silence(unenforced, \"why\") {policy}")), Vec::<&str>::new());
    assert_eq!(codes(&format!("@silence(unenforced, \"why\") package a {policy}")), Vec::<&str>::new());
    assert_eq!(
        codes(&format!("@silence(unenforced, \"why\") let a = 1 {policy}")),
        ["W0008", "W0002", "W0402", "W0402"]
    );
}

#[test]
fn other_warnings_are_not_silenced() {
    assert_eq!(
        codes("@silence(W0401, \"why\") policy p for any { mode prevent deny accept from any }"),
        ["W0008", "W0402"]
    );
}

#[test]
fn what_is_silenced_is_in_the_model() {
    let text = "@silence(W0402, expiry, \"later\") policy p for any { mode prevent deny accept from any }";
    let model = checked(text, "").partial;
    let [silence] = model.silences.as_slice() else { panic!("{:?}", model.silences) };
    assert_eq!(silence.codes, [Code::NotStopped, Code::Expired, Code::ExpiresSoon]);
    assert_eq!(silence.reason, "later");
    assert_eq!(silence.about.text(text), &text["@silence(W0402, expiry, \"later\") ".len()..]);
}

#[test]
fn silences_that_are_none_are_errors() {
    let silence = |text: &str| codes(&format!("{text} policy p for any {{ deny read /a }}"));
    assert_eq!(silence("@silence(E0101, \"why\")"), ["E0315"]);
    assert_eq!(silence("@silence(W9999, \"why\")"), ["E0315"]);
    assert_eq!(codes("@silence(empty) policy p for any {}"), ["E0315"]);
    assert_eq!(codes("@silence(empty, \" \") policy p for any {}"), ["E0315"]);
    assert_eq!(silence("@expect(unused, \"why\")"), ["E0314"]);
}

#[test]
fn levels_are_set_by_group_and_by_code() {
    let text = "policy p for any { mode prevent deny accept from any }";
    let levels = |lints: &str| -> Vec<Level> {
        let checked = checked(text, &format!("[package]\nname = \"p\"\n[lints]\n{lints}\n"));
        checked.diagnostics.iter().map(|d| d.level).collect()
    };
    assert_eq!(levels("unenforced = \"error\""), [Level::Error]);
    assert_eq!(levels("unenforced = \"allow\""), []);
    assert_eq!(levels("W0402 = \"allow\""), []);
    // The code is nearer than the group.
    assert_eq!(levels("unenforced = \"error\"\nW0402 = \"warn\""), [Level::Warning]);
}

#[test]
fn later_passes_are_judged_alike() {
    let text = "@silence(W0402, \"why\") policy p for any { mode prevent deny connect mptcp to any } policy q for any { deny connect mptcp to any }";
    let mut checked = checked(text, "");
    assert_eq!(checked.diagnostics, []);
    let spans: Vec<_> = checked.partial.policies.iter().map(|p| p.span).collect();
    let found = spans.iter().map(|span| Diagnostic::new(Code::NotStopped, *span, "made up")).collect();
    let judged = checked.lints.judge(found);
    assert_eq!(judged.len(), 1);
    assert_eq!(judged[0].span(), spans[1]);
    assert_eq!(checked.lints.unused(Passes::Prove), []);
}

#[test]
fn a_silence_of_what_no_proof_finds_is_reported() {
    let told = |rules: &str| -> Vec<&'static str> {
        let text = format!("policy p for any {{ mode prevent\n{rules} }}");
        let checked = checked(&text, "");
        let model = checked.model().expect("the policy checks");
        let found = findings(model, &Budget::default()).judged(&checked.lints);
        checked.diagnostics.iter().chain(&found).map(|d| d.code.id()).collect()
    };
    let (wide, narrow) = ("deny read /srv/**", "deny read /srv/x");
    assert_eq!(told(&format!("{wide}\n{narrow}")), ["W0302"]);
    assert_eq!(told(&format!("{wide}\n@silence(W0302, \"why\") {narrow}")), Vec::<&str>::new());
    assert_eq!(told(&format!("@silence(W0302, \"why\") {wide}")), ["W0008"]);
}
