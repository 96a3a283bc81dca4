//! What each atom says of known, absent and unknown facts.

use super::build::*;
use crate::evaluate::{Truth, holds};
use crate::model::{Atom, Compare, Cond, Element, FactRef, Model, Scope, TextTest};
use warmor_policy::event::{Event, Fact, Record, Source, Value};
use warmor_policy::schema::{Action, slot};

const ARGS: usize = 10;
const FLAGS: usize = 2;
const HOST: usize = 6;
const NAME: usize = 2;
const LABELS: usize = 16;
const GID: usize = 6;

fn truth(cond: &Cond, event: &Event) -> Truth {
    holds(&Model::default(), cond, event)
}

fn list(items: &[&str]) -> Fact {
    Fact::Known(Value::List(items.iter().map(|i| i.as_bytes().to_vec()).collect()))
}

fn element(text: &str) -> Element {
    Element::Test(TextTest::Equals(text.into()))
}

/// One atom of each kind on facts of the event, with a value that passes and one that does not.
fn samples() -> Vec<(usize, Atom, Fact, Fact)> {
    let text = |test| Atom::Text { fact: fact(Source::Event, slot::PATH), test };
    let port = |first, last| Atom::Number { fact: fact(Source::Event, slot::PORT), first, last };
    let args = || fact(Source::Event, ARGS);
    let Cond { kind: crate::model::CondKind::Atom(net), .. } = address(&["10.0.0.0/8"]) else {
        unreachable!()
    };
    vec![
        (slot::PATH, text(TextTest::Equals(b"/a".to_vec())), bytes("/a"), bytes("/a/")),
        (slot::PATH, text(TextTest::Contains(b"b/".to_vec())), bytes("/ab/c"), bytes("/abc")),
        (slot::PATH, text(TextTest::StartsWith(b"/a".to_vec())), bytes("/ab"), bytes("a/a")),
        (slot::PATH, text(TextTest::EndsWith(b"a".to_vec())), bytes("/ba"), bytes("/ab")),
        (slot::PORT, port(80, 90), Fact::Known(Value::Int(90)), Fact::Known(Value::Int(91))),
        (
            slot::ADDRESS,
            net,
            Fact::Known(Value::Ip(ip("10.255.255.255"))),
            Fact::Known(Value::Ip(ip("11.0.0.0"))),
        ),
        (
            FLAGS,
            Atom::Flags { fact: fact(Source::Event, FLAGS), mask: 5 },
            Fact::Known(Value::Int(7)),
            Fact::Known(Value::Int(4)),
        ),
        (ARGS, Atom::ListAny { fact: args(), element: element("-i") }, list(&["sh", "-i"]), list(&[])),
        (ARGS, Atom::ListAll { fact: args(), element: element("-i") }, list(&[]), list(&["sh", "-i"])),
    ]
}

#[test]
fn an_atom_is_false_on_absent_and_unknown_on_unknown() {
    for (slot, a, yes, no) in samples() {
        let table = [
            (Fact::Absent, Truth::False),
            (Fact::Unknown, Truth::Unknown),
            (yes, Truth::True),
            (no, Truth::False),
        ];
        for (value, expected) in table {
            let mut event = Event::new(Action::Connect);
            event.facts[slot] = value.clone();
            assert_eq!(truth(&atom(a.clone()), &event), expected, "{a:?} on {value:?}");
            assert_eq!(truth(&not(atom(a.clone())), &event), !expected, "not {a:?} on {value:?}");
        }
    }
}

#[test]
fn presence_needs_no_value() {
    let has = atom(Atom::Present { fact: fact(Source::Event, slot::PATH) });
    let mut event = Event::new(Action::Read);
    assert_eq!(truth(&has, &event), Truth::False);
    event.facts[slot::PATH] = Fact::Unknown;
    assert_eq!(truth(&has, &event), Truth::Unknown);
    event.facts[slot::PATH] = bytes("");
    assert_eq!(truth(&has, &event), Truth::True);
}

#[test]
fn a_label_that_a_known_pod_lacks_is_absent() {
    let app = FactRef { source: Source::Process, slot: LABELS, key: Some("app".to_owned()) };
    let is_web = atom(Atom::Text { fact: app.clone(), test: TextTest::Equals(b"web".to_vec()) });
    let has = atom(Atom::Present { fact: app });
    let labels = |pairs: &[(&str, &str)]| {
        let mut event = Event::new(Action::Read);
        let pairs = pairs.iter().map(|(k, v)| (k.as_bytes().to_vec(), v.as_bytes().to_vec())).collect();
        event.process.0[LABELS] = Fact::Known(Value::Map(pairs));
        event
    };
    let first_counts = labels(&[("app", "web"), ("app", "db")]);
    assert_eq!(truth(&is_web, &first_counts), Truth::True);
    let lacks = labels(&[("apple", "web")]);
    assert_eq!((truth(&is_web, &lacks), truth(&has, &lacks)), (Truth::False, Truth::False));
    let mut unknown = Event::new(Action::Read);
    unknown.process.0[LABELS] = Fact::Unknown;
    assert_eq!((truth(&is_web, &unknown), truth(&has, &unknown)), (Truth::Unknown, Truth::Unknown));
}

#[test]
fn kleene_tables() {
    let path_known = path("/a");
    let port_unknown = atom(Atom::Number { fact: fact(Source::Event, slot::PORT), first: 1, last: 1 });
    let mut event = read("/a");
    event.facts[slot::PORT] = Fact::Unknown;
    let (yes, no, maybe) = (path_known.clone(), not(path_known), port_unknown);
    let both = |a: &Cond, b: &Cond| truth(&Cond::all(vec![a.clone(), b.clone()], at()), &event);
    let either = |a: &Cond, b: &Cond| truth(&Cond::any(vec![a.clone(), b.clone()], at()), &event);
    assert_eq!(both(&yes, &maybe), Truth::Unknown);
    assert_eq!(both(&no, &maybe), Truth::False);
    assert_eq!(both(&yes, &yes), Truth::True);
    assert_eq!(either(&yes, &maybe), Truth::True);
    assert_eq!(either(&no, &maybe), Truth::Unknown);
    assert_eq!(either(&no, &no), Truth::False);
    assert_eq!(truth(&not(Cond::all(vec![maybe, yes], at())), &event), Truth::Unknown);
}

#[test]
fn relations_are_false_where_either_side_is_absent() {
    let (uid, gid) = (fact(Source::Process, slot::UID), fact(Source::Process, GID));
    let relation =
        |compare, offset| atom(Atom::Relation { left: uid.clone(), compare, right: gid.clone(), offset });
    let event = |u, g| {
        let mut e = Event::new(Action::Read);
        (e.process.0[slot::UID], e.process.0[GID]) = (u, g);
        e
    };
    let int = |n| Fact::Known(Value::Int(n));
    assert_eq!(truth(&relation(Compare::Equal, 0), &event(Fact::Unknown, Fact::Absent)), Truth::False);
    assert_eq!(truth(&relation(Compare::Equal, 0), &event(Fact::Unknown, int(1))), Truth::Unknown);
    assert_eq!(truth(&relation(Compare::Equal, 0), &event(int(1), int(1))), Truth::True);
    assert_eq!(truth(&relation(Compare::Less, 1), &event(int(1), int(1))), Truth::True);
    assert_eq!(truth(&relation(Compare::LessEqual, -1), &event(int(1), int(1))), Truth::False);
    // The sum does not wrap.
    assert_eq!(truth(&relation(Compare::Less, i64::MAX), &event(int(i64::MAX), int(1))), Truth::True);
    assert_eq!(truth(&relation(Compare::Less, i64::MIN), &event(int(i64::MIN), int(-1))), Truth::False);

    let same =
        atom(Atom::Same { left: fact(Source::Process, slot::EXE), right: fact(Source::Parent, slot::EXE) });
    let mut e = Event::new(Action::Read);
    (e.process.0[slot::EXE], e.parent.0[slot::EXE]) = (bytes("/a"), Fact::Absent);
    assert_eq!(truth(&same, &e), Truth::False);
    e.parent.0[slot::EXE] = Fact::Unknown;
    assert_eq!(truth(&same, &e), Truth::Unknown);
    e.parent.0[slot::EXE] = bytes("/a");
    assert_eq!(truth(&same, &e), Truth::True);
}

#[test]
fn a_value_of_the_wrong_type_tells_nothing() {
    let mut event = Event::new(Action::Connect);
    event.facts[slot::PORT] = bytes("80");
    let port = atom(Atom::Number { fact: fact(Source::Event, slot::PORT), first: 80, last: 80 });
    assert_eq!(truth(&port, &event), Truth::Unknown);
}

fn nginx() -> Record {
    let mut r = Record::default();
    r.0[slot::EXE] = bytes("/usr/sbin/nginx");
    r
}

#[test]
fn membership_of_another_process_reads_its_record_and_nothing_else() {
    let mut b = Build::default();
    let by_exe = b.subject(exe("/usr/sbin/nginx"));
    let by_parent = b.subject(glob(Source::Parent, slot::EXE, "/usr/sbin/nginx"));
    let by_host = b.subject(glob(Source::Event, HOST, "a.example"));
    let nested = b.subject(atom(Atom::Member { source: Source::Process, subject: by_exe }));
    let of_parent = b.subject(atom(Atom::Member { source: Source::Parent, subject: by_exe }));
    let member = |source, subject| atom(Atom::Member { source, subject });

    let mut event = Event::new(Action::Signal);
    event.process = nginx();
    event.parent = nginx();
    event.target = nginx();
    event.facts[HOST] = bytes("a.example");
    let truth = |cond: Cond| holds(&b.0, &cond, &event);
    for source in [Source::Process, Source::Parent, Source::Target] {
        assert_eq!(truth(member(source, by_exe)), Truth::True, "{source:?}");
        assert_eq!(truth(member(source, nested)), Truth::True, "{source:?}");
        assert_eq!(truth(member(source, by_host)), Truth::True, "{source:?}");
        let whole = if source == Source::Process { Truth::True } else { Truth::Unknown };
        assert_eq!(truth(member(source, by_parent)), whole, "{source:?}");
        assert_eq!(truth(member(source, of_parent)), whole, "{source:?}");
        assert_eq!(truth(not(member(source, of_parent))), !whole, "{source:?}");
    }
}

#[test]
fn an_absent_process_is_no_member() {
    let mut b = Build::default();
    let s = b.subject(exe("/usr/sbin/nginx"));
    let member = atom(Atom::Member { source: Source::Target, subject: s });
    assert_eq!(holds(&b.0, &member, &Event::new(Action::Signal)), Truth::False);
}

#[test]
fn ancestors_are_a_disjunction_that_may_lack_members() {
    let mut b = Build::default();
    let is_nginx = b.subject(exe("/usr/sbin/nginx"));
    let of_nginx = b.subject(glob(Source::Parent, slot::EXE, "/usr/sbin/nginx"));
    let some = |subject| {
        let cond = Box::new(atom(Atom::Member { source: Source::Process, subject }));
        atom(Atom::Ancestor { cond })
    };
    let truth = |cond: Cond, ancestors: &[Record], incomplete| {
        let mut event = Event::new(Action::Read);
        event.ancestors = ancestors.to_vec();
        event.ancestors_incomplete = incomplete;
        let positive = holds(&b.0, &cond, &event);
        assert_eq!(holds(&b.0, &not(cond), &event), !positive);
        positive
    };
    let mut unread = Record::default();
    unread.0[slot::EXE] = Fact::Unknown;
    assert_eq!(truth(some(is_nginx), &[], false), Truth::False);
    assert_eq!(truth(some(is_nginx), &[], true), Truth::Unknown);
    assert_eq!(truth(some(is_nginx), &[Record::default(), nginx()], true), Truth::True);
    assert_eq!(truth(some(is_nginx), &[Record::default(), unread], false), Truth::Unknown);
    assert_eq!(truth(some(is_nginx), &[Record::default()], false), Truth::False);
    // The parent of an ancestor is not at hand.
    assert_eq!(truth(some(of_nginx), &[nginx()], false), Truth::Unknown);
}

#[test]
fn ancestors_of_another_process_are_unknown() {
    let mut b = Build::default();
    let below = b.subject(atom(Atom::Ancestor { cond: Box::new(exe("/usr/sbin/nginx")) }));
    let mut event = Event::new(Action::Signal);
    event.ancestors = vec![nginx()];
    let member = |source| atom(Atom::Member { source, subject: below });
    assert_eq!(holds(&b.0, &member(Source::Process), &event), Truth::True);
    assert_eq!(holds(&b.0, &member(Source::Target), &event), Truth::Unknown);
    assert_eq!(
        holds(&b.0, &atom(Atom::Ancestor { cond: Box::new(member(Source::Process)) }), &event),
        Truth::Unknown
    );
}

#[test]
fn scopes_join_subjects_and_leave_out_exceptions() {
    let scope = Scope { subjects: Some(vec![exe("/a/*"), exe("/b/*")]), except: vec![exe("/a/x")] };
    let truth_of = |name: &str| {
        let mut e = Event::new(Action::Read);
        e.process.0[slot::EXE] = bytes(name);
        e.process.0[NAME] = bytes("n");
        truth(&scope.cond(at()), &e)
    };
    assert_eq!(truth_of("/a/y"), Truth::True);
    assert_eq!(truth_of("/b/x"), Truth::True);
    assert_eq!(truth_of("/a/x"), Truth::False);
    assert_eq!(truth_of("/c"), Truth::False);
}
