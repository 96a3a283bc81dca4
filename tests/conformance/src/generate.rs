//! Random models and events, from small pools so that they meet.

use crate::rng::Rng;
use warmor_compiler::model::{
    ActionSet, Atom, Compare, Cond, Detection, Element, FactRef, Glob, Mode, Model, Network, OnUnknown,
    Pattern, Policy, PolicyId, Rule, RuleEffect, Scope, Step, Subject, SubjectId, TextTest,
};
use warmor_compiler::span::Span;
use warmor_policy::event::{Address, Event, Fact, Record, Source, Value};
use warmor_policy::schema::{Action, FieldInfo, FieldType, event_fields, process_fields};
use warmor_policy::verdict::{Responses, Severity};

/// Some are longer than what engines compare at once, and differ late.
const SEGMENTS: [&str; 12] = [
    "a",
    "b",
    "etc",
    "ab",
    "x.conf",
    "y.conf",
    "key",
    "lib",
    "s",
    "application.service.d",
    "application.service.b",
    "application",
];
const PIECES: [&str; 12] =
    ["*", "?", "a*", "*.conf", "[a-b]", "[!a]*", "x*f", "{a,b}", "*b*", "k?y", "app*.d", "*service*"];
const WORDS: [&str; 8] = ["web", "db", "ab", "a/b", "/a", "", "lication.service.", "b/application.s"];
const ACTIONS: [Action; 9] = [
    Action::Read,
    Action::Write,
    Action::Exec,
    Action::Connect,
    Action::Bind,
    Action::Signal,
    Action::Capability,
    Action::Rename,
    Action::Mount,
];

fn span() -> Span {
    Span::default()
}

fn glob_text(rng: &mut Rng, rooted: bool) -> String {
    let mut parts = Vec::new();
    // A literal that may stand anywhere is what many policies ask for.
    if rng.one_in(6) {
        let literal = (0..=rng.below(2)).map(|_| *rng.pick(&SEGMENTS)).collect::<Vec<_>>().join("/");
        return format!("{}**/{literal}/**", if rooted { "/" } else { "" });
    }
    for _ in 0..=rng.below(4) {
        parts.push(match rng.below(8) {
            0 | 1 => "**".to_owned(),
            2 | 3 => (*rng.pick(&PIECES)).to_owned(),
            _ => (*rng.pick(&SEGMENTS)).to_owned(),
        });
    }
    format!("{}{}", if rooted { "/" } else { "" }, parts.join("/"))
}

/// A text that globs of the pool may match; now and then one that no kernel would give.
pub fn text(rng: &mut Rng, path: bool) -> Vec<u8> {
    match rng.below(24) {
        0 => return b"/".to_vec(),
        1 => return Vec::new(),
        2 => return (0..rng.below(6)).map(|_| *rng.pick(b"/ab\0.\xff")).collect(),
        3 => return rng.pick(&WORDS).as_bytes().to_vec(),
        _ => {}
    }
    let mut out = String::new();
    let depth = 1 + rng.below(5);
    for i in 0..depth {
        if path || i > 0 {
            out.push('/');
        }
        let segment = *rng.pick(&SEGMENTS);
        out.push_str(segment);
    }
    out.into_bytes()
}

fn number(rng: &mut Rng) -> i64 {
    *rng.pick(&[0, 1, 2, 5, 22, 33, 80, 443, 1000, -1, i64::MAX, i64::MIN])
}

fn address(rng: &mut Rng) -> Address {
    let text = *rng.pick(&[
        "10.0.0.1",
        "10.0.0.2",
        "10.1.2.3",
        "192.168.1.1",
        "0.0.0.0",
        "127.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "2001:db8::1",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    ]);
    text.parse::<std::net::IpAddr>().map_or(Address(0), Address::from)
}

fn networks(rng: &mut Rng) -> Vec<Network> {
    let v4 = |bits: u32, base: u32| {
        let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
        Network {
            first: Address(0xffff_0000_0000 | u128::from(base & mask)),
            last: Address(0xffff_0000_0000 | u128::from(base & mask | !mask)),
        }
    };
    let mut out = Vec::new();
    for _ in 0..=rng.below(2) {
        match rng.below(8) {
            0 => out.push(v4(8, 0x0a00_0000)),
            1 => out.push(v4(32, 0x0a00_0001)),
            2 => out.push(v4(31, 0x0a00_0002)),
            3 => out.push(v4(0, 0)),
            4 => out.extend([Network::V6_LOW, Network::V6_HIGH]),
            5 => out.extend([Network::V4, Network::V6_LOW, Network::V6_HIGH]),
            6 => out.push(Network { first: Address(1), last: Address(1) }),
            _ => out.push(v4(16, 0xc0a8_0000)),
        }
    }
    out
}

fn text_test(rng: &mut Rng, path: bool) -> TextTest {
    let bytes = |rng: &mut Rng| rng.pick(&WORDS).as_bytes().to_vec();
    match rng.below(12) {
        0 | 4 => TextTest::Contains(bytes(rng)),
        1 => TextTest::StartsWith(bytes(rng)),
        2 => TextTest::EndsWith(bytes(rng)),
        3 => TextTest::Equals(text(rng, path).into_iter().filter(|b| *b != 0).collect()),
        _ => loop {
            let rooted = path || rng.one_in(3);
            if let Ok(g) = Glob::parse(&glob_text(rng, rooted)) {
                return TextTest::Glob(g);
            }
        },
    }
}

fn element(rng: &mut Rng, depth: usize) -> Element {
    match rng.below(if depth == 0 { 4 } else { 8 }) {
        0 => Element::Const(rng.one_in(2)),
        1..=3 => Element::Test(text_test(rng, false)),
        4 => Element::Not(Box::new(element(rng, depth - 1))),
        5 | 6 => Element::All((0..rng.below(3)).map(|_| element(rng, depth - 1)).collect()),
        _ => Element::Any((0..rng.below(3)).map(|_| element(rng, depth - 1)).collect()),
    }
}

/// Where a condition stands: what it may mention.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Rule,
    Process,
}

fn fact(rng: &mut Rng, place: Place, wanted: impl Fn(&FieldInfo) -> bool) -> Option<FactRef> {
    for _ in 0..20 {
        let source = match (place, rng.below(6)) {
            (Place::Rule, 0..=2) => Source::Event,
            (_, 5) => Source::Parent,
            (Place::Rule, 4) => Source::Target,
            _ => Source::Process,
        };
        let fields = if source == Source::Event { event_fields() } else { process_fields() };
        let slot = rng.below(fields.len());
        if wanted(&fields[slot]) {
            let key = (fields[slot].kind == FieldType::Map).then(|| (*rng.pick(&["app", "tier"])).to_owned());
            return Some(FactRef { source, slot, key });
        }
    }
    None
}

fn atom(rng: &mut Rng, place: Place, subjects: u32, depth: usize) -> Option<Atom> {
    let is_text = |f: &FieldInfo| matches!(f.kind, FieldType::Path | FieldType::String);
    Some(match rng.below(16) {
        0..=4 => {
            let fact = if place == Place::Rule && rng.one_in(2) {
                FactRef { source: Source::Event, slot: warmor_policy::schema::slot::PATH, key: None }
            } else {
                fact(rng, place, |f| is_text(f) || f.kind == FieldType::Map)?
            };
            let path = fact.field().kind == FieldType::Path;
            Atom::Text { fact, test: text_test(rng, path) }
        }
        5 | 6 => {
            let (a, b) = (number(rng), number(rng));
            let (first, last) = if rng.one_in(3) { (a, a) } else { (a.min(b), a.max(b)) };
            // The checker knows flags only as sets.
            let is_number = |f: &FieldInfo| f.kind.is_scalar() && f.kind != FieldType::Flags;
            Atom::Number { fact: fact(rng, place, is_number)?, first, last }
        }
        7 | 8 if place == Place::Rule => {
            Atom::Address { fact: fact(rng, place, |f| f.kind == FieldType::Ip)?, networks: networks(rng) }
        }
        9 if place == Place::Rule => Atom::Flags {
            fact: fact(rng, place, |f| f.kind == FieldType::Flags)?,
            mask: *rng.pick(&[1, 2, 3, 512, 0]),
        },
        10 => {
            let fact = fact(rng, place, |_| true)?;
            Atom::Present { fact }
        }
        11 => {
            Atom::ListAny { fact: fact(rng, place, |f| f.kind == FieldType::List)?, element: element(rng, 2) }
        }
        12 => {
            Atom::ListAll { fact: fact(rng, place, |f| f.kind == FieldType::List)?, element: element(rng, 2) }
        }
        13 => {
            if rng.one_in(2) {
                Atom::Relation {
                    left: fact(rng, place, |f| f.kind == FieldType::Int)?,
                    compare: *rng.pick(&[Compare::Equal, Compare::Less, Compare::LessEqual]),
                    right: fact(rng, place, |f| f.kind == FieldType::Int)?,
                    offset: number(rng),
                }
            } else {
                Atom::Same { left: fact(rng, place, is_text)?, right: fact(rng, place, is_text)? }
            }
        }
        14 if subjects > 0 => {
            let sources: &[Source] = if place == Place::Rule {
                &[Source::Process, Source::Parent, Source::Target]
            } else {
                &[Source::Process]
            };
            Atom::Member {
                source: *rng.pick(sources),
                subject: SubjectId(rng.below(subjects as usize) as u32),
            }
        }
        15 if depth > 0 => Atom::Ancestor { cond: Box::new(cond(rng, Place::Process, subjects, depth - 1)) },
        _ => return None,
    })
}

fn cond(rng: &mut Rng, place: Place, subjects: u32, depth: usize) -> Cond {
    let kind = if depth == 0 { 0 } else { rng.below(10) };
    match kind {
        0..=5 => match atom(rng, place, subjects, depth) {
            Some(a) => Cond::atom(a, span()),
            None => Cond::constant(!rng.one_in(5), span()),
        },
        6 => Cond::not(cond(rng, place, subjects, depth - 1), span()),
        7 | 8 => Cond::all((0..2).map(|_| cond(rng, place, subjects, depth - 1)).collect(), span()),
        _ => Cond::any((0..2).map(|_| cond(rng, place, subjects, depth - 1)).collect(), span()),
    }
}

fn scope(rng: &mut Rng, subjects: u32) -> Scope {
    let member = |rng: &mut Rng| {
        let subject = SubjectId(rng.below(subjects as usize) as u32);
        let own = Cond::atom(Atom::Member { source: Source::Process, subject }, span());
        if rng.one_in(4) {
            // `tree(S)`
            Cond::any(vec![own.clone(), Cond::atom(Atom::Ancestor { cond: Box::new(own) }, span())], span())
        } else {
            own
        }
    };
    if subjects == 0 {
        return Scope::default();
    }
    Scope {
        subjects: (!rng.one_in(3)).then(|| (0..=rng.below(2)).map(|_| member(rng)).collect()),
        except: (0..rng.below(4) / 2).map(|_| member(rng)).collect(),
    }
}

fn actions(rng: &mut Rng) -> ActionSet {
    (0..=rng.below(3)).map(|_| *rng.pick(&ACTIONS)).collect()
}

/// A random model of at most `size` policies.
pub fn model(rng: &mut Rng, size: usize) -> Model {
    let mut model = Model::default();
    for i in 0..rng.below(5) as u32 {
        let cond = cond(rng, Place::Process, i, 2);
        model.subjects.push(Subject { name: format!("s{i}"), span: span(), cond });
    }
    let subjects = model.subjects.len() as u32;
    for i in 0..=rng.below(size) as u32 {
        let mode = if rng.one_in(4) { Mode::Detect } else { Mode::Prevent };
        model.policies.push(Policy {
            name: format!("p{i}"),
            span: span(),
            doc: String::new(),
            scope: scope(rng, subjects),
            mode,
            unknown: if rng.one_in(3) { OnUnknown::Allow } else { OnUnknown::Deny },
            default_deny: if rng.one_in(2) { actions(rng) } else { ActionSet::default() },
            default_span: span(),
            severity: Severity::ALL[rng.below(5)].1,
            revalidate: false,
        });
        for r in 0..rng.below(6) {
            let effect = *rng.pick(&[
                RuleEffect::Deny,
                RuleEffect::Allow,
                RuleEffect::Deny,
                RuleEffect::Allow,
                RuleEffect::Audit,
            ]);
            model.rules.push(Rule {
                policy: PolicyId(i),
                label: format!("r{r}"),
                labelled: true,
                span: span(),
                used_at: None,
                effect,
                actions: actions(rng),
                object: cond(rng, Place::Rule, subjects, 1),
                except: (0..rng.below(4) / 2).map(|_| cond(rng, Place::Rule, subjects, 1)).collect(),
                condition: rng.one_in(2).then(|| cond(rng, Place::Rule, subjects, 2)),
                severity: Severity::ALL[rng.below(5)].1,
                responses: Responses(rng.below(128) as u8),
                alert: Vec::new(),
                because: None,
                until: None,
                overrides: Vec::new(),
            });
        }
    }
    for i in 0..rng.below(3) {
        model.detections.push(Detection {
            name: format!("d{i}"),
            span: span(),
            doc: String::new(),
            scope: scope(rng, subjects),
            severity: Severity::ALL[rng.below(5)].1,
            tags: Vec::new(),
            pattern: Pattern::Single(Step {
                span: span(),
                actions: actions(rng),
                object: cond(rng, Place::Rule, subjects, 1),
                except: Vec::new(),
                condition: rng.one_in(2).then(|| cond(rng, Place::Rule, subjects, 1)),
            }),
            responses: Responses(rng.below(128) as u8),
            alert: Vec::new(),
            because: None,
        });
    }
    model
}

fn value(rng: &mut Rng, kind: FieldType) -> Value {
    match kind {
        FieldType::Path => Value::Bytes(text(rng, true)),
        FieldType::String => {
            if rng.one_in(2) {
                Value::Bytes(rng.pick(&WORDS).as_bytes().to_vec())
            } else {
                Value::Bytes(text(rng, false))
            }
        }
        FieldType::Ip => Value::Ip(address(rng)),
        FieldType::List => Value::List((0..rng.below(4)).map(|_| text(rng, false)).collect()),
        FieldType::Map => {
            let key = |rng: &mut Rng| rng.pick(&["app", "tier", "other"]).as_bytes().to_vec();
            Value::Map((0..rng.below(3)).map(|_| (key(rng), text(rng, false))).collect())
        }
        _ => Value::Int(number(rng)),
    }
}

fn facts<const N: usize>(rng: &mut Rng, fields: &[FieldInfo]) -> [Fact; N] {
    std::array::from_fn(|i| match rng.below(8) {
        0 => Fact::Absent,
        1 => Fact::Unknown,
        _ => Fact::Known(value(rng, fields[i].kind)),
    })
}

fn record(rng: &mut Rng) -> Record {
    if rng.one_in(8) {
        return Record::default();
    }
    Record(facts(rng, process_fields()))
}

/// A random event.
pub fn event(rng: &mut Rng) -> Event {
    let mut event = Event::new(*rng.pick(&ACTIONS));
    event.process = record(rng);
    event.parent = record(rng);
    event.target = record(rng);
    event.ancestors = (0..rng.below(4)).map(|_| record(rng)).collect();
    event.ancestors_incomplete = rng.one_in(3);
    event.facts = facts(rng, event_fields());
    event.normalise();
    event
}
