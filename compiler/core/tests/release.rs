//! What a policy promises and this release's kernel programs do not keep is said where it is written, and nothing else is.

use warmor_compiler::check::{Options, check, gaps_of};
use warmor_compiler::diagnostics::Level;
use warmor_compiler::resolve::{Origin, Sources};

/// Each finding of a text: its code, the text at its place, its message.
fn findings(text: &str) -> Vec<(String, String, String)> {
    let mut sources = Sources::new();
    sources.set("a.warmor", text, Origin::Root);
    let checked = check(&sources, &Options::default());
    let shown = checked.diagnostics.iter().map(|d| {
        assert_eq!(d.level, Level::Warning, "{}", d.message);
        (d.code.id().to_owned(), sources.text(d.span()).to_owned(), d.message.clone())
    });
    shown.collect()
}

fn says(text: &str, expected: &[(&str, &str, &str)]) {
    let found = findings(text);
    let found: Vec<_> = found.iter().map(|(c, t, m)| (c.as_str(), t.as_str(), m.as_str())).collect();
    assert_eq!(found, expected, "{text}");
}

fn rule(rule: &str, expected: &[(&str, &str, &str)]) {
    says(&format!("policy p for any {{ mode prevent {rule} }}"), expected);
}

const STOPS: &str = "no kernel program of this release stops";
const KNOWS: &str = "no kernel program of this release knows";

#[test]
fn denials_without_a_program_are_named() {
    let accept = "deny accept from any";
    rule(accept, &[("W0402", accept, &format!("{STOPS} `accept`"))]);
    rule("deny read /etc/shadow", &[]);
}

#[test]
fn only_what_would_stop_something_is_named() {
    says("policy p for any { mode detect deny accept from any }", &[]);
    rule("audit accept from any", &[]);
    // Without a denial of it, the allow has nothing to open.
    rule("allow accept from any", &[]);
    says(
        "subject s = process.exe == /a policy p for s { mode prevent default deny read, accept allow accept from any }",
        &[("W0402", "default deny read, accept", &format!("{STOPS} `accept`"))],
    );
}

#[test]
fn facts_that_no_program_reads_are_named_once_a_subject() {
    let pod = "subject s = pod.namespace == \"x\" and pod.name == \"y\" ";
    says(
        &format!(
            "{pod} policy p for s {{ mode prevent deny read /a }} policy q for s {{ mode prevent deny read /b }}"
        ),
        &[(
            "W0401",
            "pod.namespace == \"x\" and pod.name == \"y\"",
            &format!("{KNOWS} `pod.namespace`, `pod.name`"),
        )],
    );
    says(&format!("{pod} policy p for s {{ mode detect deny read /a }}"), &[]);
}

#[test]
fn whose_fact_it_is_matters() {
    rule("deny read /a where process.uid == 1 and parent.exe == /b", &[]);
    rule("deny read /a where some ancestor (process.uid == 1)", &[]);
    let parent = [("W0401", "parent.uid == 1", &*format!("{KNOWS} `parent.uid`"))];
    rule("deny read /a where parent.uid == 1", &parent);
    says(
        "subject s = process.uid == 1 policy p for any { mode prevent deny read /a where parent in s }",
        &[("W0401", "process.uid == 1", &format!("{KNOWS} `parent.uid`"))],
    );
}

#[test]
fn at_which_action_a_fact_is_read_matters() {
    rule("deny read, write /a where flags contains O_TRUNC", &[]);
    let create = [("W0401", "flags contains O_TRUNC", &*format!("{KNOWS} `flags`"))];
    rule("deny create /a where flags contains O_TRUNC", &create);
    // Of an action that is not stopped, its facts need not be named.
    rule(
        "deny accept from any where port == 22",
        &[("W0402", "deny accept from any where port == 22", &format!("{STOPS} `accept`"))],
    );
}

#[test]
fn sockets_that_go_past_the_programs_are_named() {
    rule("deny connect tcp, udp to any", &[]);
    rule("deny connect unix, raw, packet to any", &[]);
    rule("deny connect mptcp to any", &[("W0402", "mptcp", &format!("{STOPS} `mptcp`"))]);
    rule("deny connect to any where protocol != mptcp", &[]);
    rule("deny connect to any", &[]);
}

#[test]
fn addresses_that_only_an_inventory_knows_are_named() {
    let found =
        findings("subject db = pod.name == \"db\" policy p for any { mode prevent deny connect tcp to db }");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].2, format!("{KNOWS} the addresses of `db`"));
}

#[test]
fn what_the_target_cannot_do_is_not_said_twice() {
    let mut sources = Sources::new();
    sources.set("a.warmor", "policy p for any { mode prevent deny syscall reboot }", Origin::Root);
    let codes: Vec<_> =
        check(&sources, &Options::default()).diagnostics.iter().map(|d| d.code.id()).collect();
    assert_eq!(codes, ["E0402"]);
}

#[test]
fn one_use_of_a_template_is_one_finding() {
    says(
        "template t() { deny accept from any deny connect mptcp to any } policy p for any { mode prevent use t() }",
        &[("W0402", "use t()", &format!("{STOPS} `accept`, `mptcp`"))],
    );
}

#[test]
fn the_gaps_of_a_rule_include_those_of_its_subject() {
    let mut sources = Sources::new();
    let text =
        "subject s = pod.name == \"x\" policy p for s { mode prevent deny accept from any deny read /a }";
    sources.set("a.warmor", text, Origin::Root);
    let model = check(&sources, &Options::default()).partial;
    let gaps = |index: usize| -> Vec<String> {
        gaps_of(&model, &model.rules[index]).iter().map(|(gap, _)| gap.written(&model)).collect()
    };
    assert_eq!(gaps(0), ["accept", "pod.name"]);
    assert_eq!(gaps(1), ["pod.name"]);
}
