use super::*;
use crate::schema::slot;

fn event(text: &str) -> Event {
    read(text).unwrap_or_else(|e| panic!("{e}"))
}

fn text(event: &Event) -> String {
    serde_json::to_string(&AsJson(event)).unwrap()
}

#[track_caller]
fn refused(text: &str, path: &str, message: &str, help: Option<&str>) {
    let e = read(text).expect_err(text);
    assert_eq!((e.path.as_str(), e.message.as_str(), e.help.as_deref()), (path, message, help), "{text}");
}

#[test]
fn facts_go_to_their_slots() {
    let e = event(
        r#"{"action": "connect", "process": {"exe": "/usr/sbin/nginx", "uid": 33, "pod.labels": {"app": "web"}},
            "protocol": "tcp", "address": "::ffff:10.0.0.1", "port": 443,
            "ancestors": [{"exe": "/sbin/init"}, {}], "target": {"exe": {"unknown": true}}}"#,
    );
    assert_eq!(e.action, Action::Connect);
    assert_eq!(e.process.0[slot::EXE], Fact::Known(Value::Bytes(b"/usr/sbin/nginx".to_vec())));
    assert_eq!(e.process.0[slot::UID], Fact::Known(Value::Int(33)));
    assert_eq!(e.process.0[16], Fact::Known(Value::Map(vec![(b"app".to_vec(), b"web".to_vec())])));
    assert_eq!(e.facts[slot::PROTOCOL], Fact::Known(Value::Int(6)));
    assert_eq!(e.facts[slot::ADDRESS], Fact::Known(Value::Ip(Address(0xffff_0a00_0001))));
    assert_eq!(e.facts[slot::PORT], Fact::Known(Value::Int(443)));
    assert_eq!(e.ancestors.len(), 2);
    assert_eq!(e.target.0[slot::EXE], Fact::Unknown);
    assert_eq!(
        text(&e),
        "{\"action\":\"connect\",\"process\":{\"exe\":\"/usr/sbin/nginx\",\"uid\":33,\"pod.labels\":{\"app\":\"web\"}},\
         \"target\":{\"exe\":{\"unknown\":true}},\"protocol\":\"tcp\",\"address\":\"10.0.0.1\",\"port\":443,\
         \"ancestors\":[{\"exe\":\"/sbin/init\"},{}]}"
    );
}

#[test]
fn names_may_be_given_by_code_and_flags_as_a_list() {
    let by_name = event(r#"{"action": "read", "flags": ["O_TRUNC", "O_CREAT", "O_TRUNC"]}"#);
    assert_eq!(by_name, event(r#"{"action": "read", "flags": 576}"#));
    assert_eq!(
        event(r#"{"action": "signal", "signal": "SIGKILL"}"#),
        event(r#"{"action": "signal", "signal": 9}"#)
    );
}

#[test]
fn null_is_absent() {
    assert_eq!(event(r#"{"action": "read", "path": null}"#), Event::new(Action::Read));
}

#[test]
fn labels_named_like_a_form_stay_labels() {
    let e = event(
        r#"{"action": "read", "process": {"pod.labels": {"unknown": "true", "hex": "00", "entries": "1"}}}"#,
    );
    assert_eq!(event(&text(&e)), e);
    let Fact::Known(Value::Map(entries)) = &e.process.0[16] else { panic!("{e:?}") };
    assert_eq!(entries.len(), 3);
}

#[test]
fn errors_say_where_and_what_would_be_right() {
    refused("[]", "", "an event is an object", None);
    refused("{}", "action", "an event needs an action", Some("\"action\": \"read\""));
    refused(r#"{"action": "raed"}"#, "action", "there is no action `raed`", Some("did you mean `read`?"));
    refused(r#"{"action": 1}"#, "action", "expected the name of an action", None);
    refused(
        r#"{"action": "read", "pth": "/a"}"#,
        "pth",
        "an event has no such fact",
        Some("did you mean `path`?"),
    );
    refused(
        r#"{"action": "signal", "port": 80}"#,
        "port",
        "an event of `signal` has no such fact",
        Some("it is a fact of connect, send, accept, bind, listen"),
    );
    refused(
        r#"{"action": "read", "process": {"process.exe": "/a"}}"#,
        "process.process.exe",
        "a process has no such fact",
        Some("did you mean `exe`?"),
    );
    refused(
        r#"{"action": "read", "ancestors": [{}, {"uid": "0"}]}"#,
        "ancestors[1].uid",
        "expected a whole number",
        None,
    );
    refused(
        r#"{"action": "read", "process": {"uid": 1.5}}"#,
        "process.uid",
        "1.5 is no whole number of 64 bits",
        None,
    );
    refused(
        r#"{"action": "connect", "port": 65536}"#,
        "port",
        "65536 is no port",
        Some("a port is 0 to 65535"),
    );
    refused(r#"{"action": "connect", "address": "10.0.0"}"#, "address", "`10.0.0` is no address", None);
    refused(
        r#"{"action": "connect", "protocol": "tpc"}"#,
        "protocol",
        "there is no protocol `tpc`",
        Some("did you mean `tcp`?"),
    );
    refused(
        r#"{"action": "read", "flags": ["O_TRUNK"]}"#,
        "flags[0]",
        "there is no flag `O_TRUNK`",
        Some("did you mean `O_TRUNC`?"),
    );
    refused(r#"{"action": "exec", "args": ["a", 1]}"#, "args[1]", "expected a text", None);
    refused(
        r#"{"action": "read", "path": {"hex": "2f7"}}"#,
        "path",
        "`hex` needs an even number of hexadecimal digits",
        None,
    );
    refused(
        r#"{"action": "read", "path": {"unknown": false}}"#,
        "path",
        "an unknown fact is written `{\"unknown\": true}`",
        None,
    );
    refused(
        r#"{"action": "read", "ancestors_incomplete": 1}"#,
        "ancestors_incomplete",
        "expected true or false",
        None,
    );
    refused(
        r#"{"action": "read", "process": {"pod.labels": {"app": 1}}}"#,
        "process.pod.labels[\"app\"]",
        "expected a text",
        None,
    );
    let many = format!(r#"{{"action": "read", "ancestors": [{}]}}"#, vec!["{}"; 65].join(","));
    refused(&many, "ancestors", "an event has at most 64 ancestors", None);
}

#[test]
fn a_key_given_twice_is_an_error() {
    let e = read(r#"{"action": "read", "process": {"uid": 1, "uid": 0}}"#).unwrap_err();
    assert!(e.message.starts_with("the key `uid` is given twice at line 1"), "{e}");
}

#[test]
fn an_operation_is_one_event_or_an_array() {
    let one = r#"{"action": "bpf"}"#;
    assert_eq!(read_operation(one), Ok(vec![Event::new(Action::Bpf)]));
    assert_eq!(read_operation(&format!("[{one}, {one}]")).unwrap().len(), 2);
    assert_eq!(read_operation(&format!("[{one}, {{\"action\": 1}}]")).unwrap_err().path, "[1].action");
}

#[test]
fn deep_nesting_is_refused() {
    let deep = format!("{{\"action\": {}", "[".repeat(100_000));
    assert!(read(&deep).unwrap_err().message.contains("recursion limit"));
}

/// `SplitMix64` (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }

    fn bytes(&mut self) -> Vec<u8> {
        let pieces: &[&[u8]] =
            &[b"/", b"a", b"\"", b"\\", b"\n", b"\x00", b"\xff", "é".as_bytes(), b"unknown", b"hex"];
        (0..self.below(5)).flat_map(|_| pieces[self.below(pieces.len() as u64) as usize].to_vec()).collect()
    }

    fn fact(&mut self, kind: FieldType) -> Fact {
        match self.below(5) {
            0 | 1 => return Fact::Absent,
            2 => return Fact::Unknown,
            _ => {}
        }
        Fact::Known(match kind {
            FieldType::Path | FieldType::String => Value::Bytes(self.bytes()),
            FieldType::Ip => Value::Ip(Address(u128::from(self.below(u64::MAX)) << (32 * self.below(3)))),
            FieldType::List => Value::List((0..self.below(3)).map(|_| self.bytes()).collect()),
            FieldType::Map => Value::Map((0..self.below(3)).map(|_| (self.bytes(), self.bytes())).collect()),
            FieldType::Port => Value::Int(self.below(65536).cast_signed()),
            _ if self.below(2) == 0 => Value::Int(self.below(700).cast_signed()),
            _ => Value::Int((self.below(u64::MAX) << 1).cast_signed()),
        })
    }

    fn record(&mut self) -> Record {
        let mut record = Record::default();
        for (fact, field) in record.0.iter_mut().zip(process_fields()) {
            *fact = self.fact(field.kind);
        }
        record
    }
}

#[test]
fn every_event_survives_its_json_form() {
    let actions: Vec<Action> = Action::all().collect();
    for seed in 0..2000 {
        let mut r = Random(seed);
        let mut e = Event::new(actions[r.below(actions.len() as u64) as usize]);
        (e.process, e.parent, e.target) = (r.record(), r.record(), r.record());
        e.ancestors = (0..r.below(3)).map(|_| r.record()).collect();
        e.ancestors_incomplete = r.below(2) == 0;
        for (fact, field) in e.facts.iter_mut().zip(event_fields()) {
            if field.actions.is_empty() || field.actions.contains(&e.action) {
                *fact = r.fact(field.kind);
            }
        }
        assert_eq!(event(&text(&e)), e, "seed {seed}: {}", text(&e));
    }
}
