//! Rules, postures, modes, muting, unknown, wildcards, severity, responses, operations.

use super::build::*;
use crate::evaluate::{Muted, applying, decide, decide_operation};
use crate::model::{ClauseRef, Cond, Detection, Mode, OnUnknown, Pattern, RuleEffect, RuleId, Scope, Step};
use warmor_policy::event::{Event, Fact};
use warmor_policy::schema::{Action, slot};
use warmor_policy::verdict::{Decision, Effect, Rank, Reason, Responses, Severity};

const READ: &[Action] = &[Action::Read];

fn everything() -> Cond {
    Cond::constant(true, at())
}

/// Enforced, reported, reason, rank.
fn short(d: &Decision) -> (Effect, Effect, Reason, Option<u32>) {
    (d.enforced, d.reported, d.reason, d.clause.map(|r| r.0))
}

const A: Effect = Effect::Allow;
const D: Effect = Effect::Deny;

#[test]
fn deny_beats_allow_beats_posture_beats_nothing() {
    let mut b = Build::default();
    let p = b.policy(Mode::Prevent, anyone(), READ);
    b.rule(p, RuleEffect::Allow, READ, path("/a/**"));
    b.rule(p, RuleEffect::Deny, READ, path("/a/secret"));
    let decide = |e: &Event| short(&decide(&b.0, e, &Muted::none()));
    assert_eq!(decide(&read("/a/secret")), (D, D, Reason::Denied, Some(1)));
    assert_eq!(decide(&read("/a/x")), (A, A, Reason::Allowed, Some(0)));
    assert_eq!(decide(&read("/b")), (D, D, Reason::Posture, Some(2)));
    assert_eq!(decide(&Event::new(Action::Bpf)), (A, A, Reason::Unmentioned, None));
}

#[test]
fn exceptions_and_where_narrow_a_rule() {
    let mut b = Build::default();
    let p = b.policy(Mode::Prevent, anyone(), &[]);
    let rule = b.rule(p, RuleEffect::Deny, READ, path("/a/**"));
    rule.except = vec![path("/a/x"), path("/a/y")];
    rule.condition = Some(exe("/bin/sh"));
    let decide = |text: &str, by: &str| {
        let mut e = read(text);
        e.process.0[slot::EXE] = bytes(by);
        decide(&b.0, &e, &Muted::none()).enforced
    };
    assert_eq!(decide("/a/z", "/bin/sh"), D);
    assert_eq!(decide("/a/y", "/bin/sh"), A);
    assert_eq!(decide("/a/z", "/bin/ls"), A);
}

#[test]
fn a_detect_policy_reports_and_never_enforces() {
    let mut b = Build::default();
    let prevent = b.policy(Mode::Prevent, anyone(), READ);
    let detect = b.policy(Mode::Detect, anyone(), &[Action::Write]);
    b.rule(detect, RuleEffect::Allow, READ, path("/a"));
    b.rule(detect, RuleEffect::Deny, READ, path("/b"));
    b.rule(prevent, RuleEffect::Allow, READ, path("/b"));
    let decide = |e: &Event| short(&decide(&b.0, e, &Muted::none()));
    // Its allow does not open the other policy's posture.
    assert_eq!(decide(&read("/a")), (D, D, Reason::Posture, Some(3)));
    assert_eq!(decide(&read("/b")), (A, D, Reason::Denied, Some(1)));
    assert_eq!(decide(&Event::new(Action::Write)), (A, D, Reason::Posture, Some(4)));
}

#[test]
fn in_reports_an_allow_of_a_detect_policy_counts() {
    let mut b = Build::default();
    let p = b.policy(Mode::Detect, anyone(), READ);
    b.rule(p, RuleEffect::Allow, READ, path("/a"));
    assert_eq!(short(&decide(&b.0, &read("/a"), &Muted::none())), (A, A, Reason::Allowed, Some(0)));
    assert_eq!(short(&decide(&b.0, &read("/b"), &Muted::none())), (A, D, Reason::Posture, Some(1)));
}

#[test]
fn a_muted_policy_counts_by_its_allows_alone() {
    let mut b = Build::default();
    let one = b.policy(Mode::Prevent, anyone(), READ);
    let two = b.policy(Mode::Prevent, anyone(), READ);
    b.rule(one, RuleEffect::Allow, READ, path("/a"));
    b.rule(one, RuleEffect::Deny, READ, path("/b"));
    b.rule(two, RuleEffect::Allow, READ, path("/b"));
    let mute_one: Muted = [one].into_iter().collect();
    let decide = |e: &Event| short(&decide(&b.0, e, &mute_one));
    assert_eq!(decide(&read("/a")), (A, A, Reason::Allowed, Some(0)));
    assert_eq!(decide(&read("/b")), (A, D, Reason::Denied, Some(1)));
    // The other posture still holds, and it is the one that is named.
    assert_eq!(decide(&read("/c")), (D, D, Reason::Posture, Some(4)));
}

#[test]
fn unknown_goes_by_the_policys_clause() {
    for (unknown, deny, allow) in [(OnUnknown::Deny, D, D), (OnUnknown::Allow, A, A)] {
        let mut b = Build::default();
        let p = b.policy(Mode::Prevent, anyone(), &[]);
        b.0.policies[0].unknown = unknown;
        b.rule(p, RuleEffect::Deny, READ, path("/a"));
        let q = b.policy(Mode::Prevent, anyone(), &[Action::Write]);
        b.0.policies[1].unknown = unknown;
        b.rule(q, RuleEffect::Allow, &[Action::Write], path("/a"));
        let with_unknown_path = |action| {
            let mut e = Event::new(action);
            e.facts[slot::PATH] = Fact::Unknown;
            decide(&b.0, &e, &Muted::none()).enforced
        };
        assert_eq!(with_unknown_path(Action::Read), deny, "{unknown:?}");
        assert_eq!(with_unknown_path(Action::Write), allow, "{unknown:?}");
    }
}

#[test]
fn a_posture_of_an_unknown_subject_goes_by_the_policys_clause() {
    for (unknown, expected) in [(OnUnknown::Deny, D), (OnUnknown::Allow, A)] {
        let mut b = Build::default();
        b.policy(Mode::Prevent, Scope { subjects: Some(vec![exe("/a")]), except: vec![] }, READ);
        b.0.policies[0].unknown = unknown;
        let mut e = read("/x");
        assert_eq!(decide(&b.0, &e, &Muted::none()).enforced, A);
        e.process.0[slot::EXE] = Fact::Unknown;
        assert_eq!(decide(&b.0, &e, &Muted::none()).enforced, expected);
    }
}

#[test]
fn audits_and_detections_apply_on_unknown_and_change_no_verdict() {
    let mut b = Build::default();
    let p = b.policy(Mode::Prevent, anyone(), &[]);
    b.0.policies[0].unknown = OnUnknown::Allow;
    b.rule(p, RuleEffect::Audit, READ, path("/a")).responses = Responses::LOG.union(Responses::KILL);
    b.0.detections.push(Detection {
        name: "d".to_owned(),
        span: at(),
        doc: String::new(),
        scope: anyone(),
        severity: Severity::Critical,
        tags: vec![],
        pattern: Pattern::Single(Step {
            span: at(),
            actions: READ.iter().copied().collect(),
            object: path("/a"),
            except: vec![],
            condition: None,
        }),
        responses: Responses::KILL_TREE,
        alert: vec![],
        because: None,
    });
    for (fact, speaks) in
        [(bytes("/a"), true), (Fact::Unknown, true), (bytes("/b"), false), (Fact::Absent, false)]
    {
        let mut e = Event::new(Action::Read);
        e.facts[slot::PATH] = fact;
        let d = decide(&b.0, &e, &Muted::none());
        assert_eq!(short(&d), (A, A, Reason::Unmentioned, None));
        assert_eq!((d.audit, d.detected), (speaks, speaks));
        let expected = if speaks { Responses::LOG.union(Responses::KILL_TREE) } else { Responses::default() };
        assert_eq!(d.responses, expected);
        let all = if speaks { vec![ClauseRef::Detection(0), ClauseRef::Rule(RuleId(0))] } else { vec![] };
        assert_eq!(applying(&b.0, &e), all);
    }
}

#[test]
fn responses_are_joined_and_harm_needs_enforcement() {
    let mut b = Build::default();
    let prevent = b.policy(Mode::Prevent, anyone(), &[]);
    let detect = b.policy(Mode::Detect, anyone(), &[]);
    b.rule(prevent, RuleEffect::Deny, READ, everything()).responses = Responses::KILL.union(Responses::LOG);
    b.rule(detect, RuleEffect::Deny, READ, everything()).responses =
        Responses::FREEZE.union(Responses::ALERT);
    b.rule(prevent, RuleEffect::Allow, READ, everything()).responses = Responses::BLOCK;
    let harmless = Responses::LOG.union(Responses::ALERT);
    assert_eq!(decide(&b.0, &read("/a"), &Muted::none()).responses, harmless.union(Responses::KILL));
    assert_eq!(decide(&b.0, &read("/a"), &[prevent].into_iter().collect()).responses, harmless);
}

#[test]
fn the_most_severe_clause_decides_then_the_first() {
    let mut b = Build::default();
    let p = b.policy(Mode::Prevent, anyone(), READ);
    b.0.policies[0].severity = Severity::Critical;
    b.rule(p, RuleEffect::Deny, READ, path("/a"));
    b.rule(p, RuleEffect::Deny, READ, path("/a")).severity = Severity::High;
    b.rule(p, RuleEffect::Deny, READ, path("/*")).severity = Severity::High;
    // Ranks: the posture, the two high rules in source order, the medium one. A rule comes before a posture all the same.
    assert_eq!(decide(&b.0, &read("/a"), &Muted::none()).clause, Some(Rank(1)));
    assert_eq!(decide(&b.0, &read("/b"), &Muted::none()).clause, Some(Rank(2)));
    assert_eq!(decide(&b.0, &read("/b/c"), &Muted::none()).clause, Some(Rank(0)));
}

/// Whether a rule on `bind` with this condition decides a bind to this address.
fn binds(effect: RuleEffect, cond: &Cond, address: &str) -> bool {
    let mut b = Build::default();
    let p = b.policy(Mode::Prevent, anyone(), &[]);
    b.rule(p, effect, &[Action::Bind], cond.clone());
    !applying(&b.0, &bind(address)).is_empty()
}

#[test]
fn a_bind_to_the_wildcard_overlaps_every_address() {
    use RuleEffect::{Allow, Audit, Deny};
    // networks, address, the literal for a denial, the literal for an allow
    let table: &[(&[&str], &str, bool, bool)] = &[
        (&["10.0.0.0/8"], "0.0.0.0", true, false),
        (&["0.0.0.0/0"], "0.0.0.0", true, true),
        (&["0.0.0.0/1", "128.0.0.0/1"], "0.0.0.0", true, true),
        (&["0.0.0.0/1", "128.0.0.0/2"], "0.0.0.0", true, false),
        (&["fc00::/7"], "0.0.0.0", false, false),
        (&[], "0.0.0.0", false, false),
        (&["::/0"], "0.0.0.0", true, true),
        (&["10.0.0.0/8"], "::", true, false),
        (&["fc00::/7"], "::", true, false),
        (&["0.0.0.0/0"], "::", true, false),
        (&["::/0"], "::", true, true),
        (&[], "::", false, false),
        (&["10.0.0.0/8"], "10.1.1.1", true, true),
        (&["10.0.0.0/8"], "11.1.1.1", false, false),
    ];
    for (networks, to, deny, allow) in table {
        let cond = address(networks);
        assert_eq!(binds(Deny, &cond, to), *deny, "deny bind on {networks:?} to {to}");
        assert_eq!(binds(Audit, &cond, to), *deny, "audit bind on {networks:?} to {to}");
        assert_eq!(binds(Allow, &cond, to), *allow, "allow bind on {networks:?} to {to}");
        // A denial of everything but the networks, and an allow of the same.
        let mixed = *deny != *allow;
        assert_eq!(
            binds(Deny, &not(cond.clone()), to),
            mixed || !*deny,
            "deny bind on not {networks:?} to {to}"
        );
        assert_eq!(binds(Allow, &not(cond), to), !mixed && !*allow, "allow bind on not {networks:?} to {to}");
    }
}

#[test]
fn the_overlap_is_settled_at_the_literal() {
    // not (a and b) is (not a) or (not b): each literal holds for a denial, none for an allow.
    let cond = not(Cond::all(vec![address(&["10.0.0.0/8"]), address(&["192.168.0.0/16"])], at()));
    assert!(binds(RuleEffect::Deny, &cond, "0.0.0.0"));
    assert!(!binds(RuleEffect::Allow, &cond, "0.0.0.0"));
    assert!(binds(RuleEffect::Allow, &cond, "10.0.0.1"));
}

#[test]
fn only_bind_and_listen_know_wildcards() {
    let mut b = Build::default();
    let p = b.policy(Mode::Prevent, anyone(), &[]);
    b.rule(p, RuleEffect::Deny, &[Action::Bind, Action::Listen, Action::Accept], address(&["10.0.0.0/8"]));
    for (action, denied) in [(Action::Bind, D), (Action::Listen, D), (Action::Accept, A)] {
        let mut e = bind("0.0.0.0");
        e.action = action;
        assert_eq!(decide(&b.0, &e, &Muted::none()).enforced, denied, "{action:?}");
    }
}

#[test]
fn an_operation_is_denied_when_any_of_its_events_is() {
    let mut b = Build::default();
    let p = b.policy(Mode::Prevent, anyone(), &[]);
    b.rule(p, RuleEffect::Allow, &[Action::Rename], path("/a")).severity = Severity::Critical;
    b.rule(p, RuleEffect::Deny, &[Action::Rename], path("/etc/**"));
    b.rule(p, RuleEffect::Audit, &[Action::Rename], path("/a"));
    let rename = |text: &str| {
        let mut e = read(text);
        e.action = Action::Rename;
        e
    };
    let decide = |events: &[Event]| decide_operation(&b.0, events, &Muted::none());
    let both = decide(&[rename("/a"), rename("/etc/x")]);
    assert_eq!(short(&both), (D, D, Reason::Denied, Some(1)));
    assert!(both.audit);
    assert_eq!(short(&decide(&[rename("/b"), rename("/a")])), (A, A, Reason::Allowed, Some(0)));
    assert_eq!(short(&decide(&[])), (A, A, Reason::Unmentioned, None));
}
