//! Matrices of random programs against the reference evaluator, on addresses and ports at the bounds of what rules name.

use std::fmt::Write as _;
use std::net::IpAddr;
use warmor_compiler::check::{Options, check};
use warmor_compiler::evaluate::{Muted, decide};
use warmor_compiler::model::{Model, Network};
use warmor_compiler::prove::{Budget, domain};
use warmor_compiler::query::reach::{
    AddressClass, Cell, Flow, Place, Reach, Standing, named_networks, reach,
};
use warmor_compiler::query::{Verdict, Who};
use warmor_compiler::resolve::{Origin, Sources};
use warmor_policy::event::{Address, Event, Fact, Record, Value};
use warmor_policy::schema::{Action, process_fields, slot};
use warmor_policy::verdict::Effect;

/// `SplitMix64`: a failure names its seed.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }
}

const HEAD: &str = "package random
let ten = [10.0.0.0/8]
let lan = [10.0.0.0/8, 192.168.0.0/16]
subject small = process.exe in [/a]
subject large = process.exe in [/a, /b]
subject db = pod.labels[\"app\"] == \"db\"
subject api = pod.labels[\"app\"] == \"api\"
";
const SCOPES: &[&str] = &["small", "large", "db", "api", "any", "any except db", "small, api", "tree(small)"];
const PLACES: &[&str] =
    &["any", "ten", "lan", "10.1.0.0/16", "db", "api", "10.0.0.1", "::1", "0.0.0.0/0", "fe80::/10"];
const PORTS: &[&str] = &["", " port 443", " port [80, 8000-8999]", " port 0-1023", " port 65535"];
const PROTOCOLS: &[&str] = &["", "", "tcp ", "udp ", "tcp, udp ", "unix "];
const ACTIONS: &[Action] = &[Action::Connect, Action::Accept, Action::Bind];

fn program(r: &mut Random) -> String {
    let mut text = HEAD.to_owned();
    if r.below(3) == 0 {
        text.push_str("assume db in ten\n");
    }
    for n in 0..=r.below(3) {
        let mode = r.pick(&["prevent", "prevent", "detect"]);
        let _ = writeln!(text, "policy p{n} for {} {{\n  mode {mode}", r.pick(SCOPES));
        let closed: Vec<&str> = ACTIONS.iter().filter(|_| r.below(3) > 0).map(|a| a.name()).collect();
        if !closed.is_empty() {
            let _ = writeln!(text, "  default deny {}", closed.join(", "));
        }
        if r.below(4) == 0 {
            text.push_str("  unknown allow\n");
        }
        for _ in 0..=r.below(4) {
            let action = r.pick(ACTIONS);
            let preposition = action.info().preposition.unwrap_or("to");
            let protocol = r.pick(PROTOCOLS);
            // A subject or an address has no place in a test of unix sockets.
            let (place, port) =
                if protocol == "unix " { ("any", "") } else { (r.pick(PLACES), r.pick(PORTS)) };
            let place = if action == Action::Bind && matches!(place, "db" | "api") { "any" } else { place };
            let except = if r.below(4) == 0 && protocol != "unix " { " except [10.0.0.1]" } else { "" };
            let when = if r.below(6) == 0 { " where process.uid == 0" } else { "" };
            let effect = r.pick(&["allow", "allow", "deny"]);
            let _ = writeln!(
                text,
                "  {effect} {} {protocol}{preposition} {place}{port}{except}{when}",
                action.name()
            );
        }
        text.push_str("}\n");
    }
    text
}

fn text(text: &str) -> Fact {
    Fact::Known(Value::Bytes(text.as_bytes().to_vec()))
}

fn pod(record: &mut Record, app: Option<&str>) {
    let labels = process_fields().iter().find(|f| f.name == "pod.labels").expect("there are labels");
    if let Some(app) = app {
        record.0[labels.code] = Fact::Known(Value::Map(vec![(b"app".to_vec(), app.as_bytes().to_vec())]));
    }
}

/// An event with the row and column that it belongs to; no row where the process is in several.
struct Case {
    event: Event,
    row: Option<Who>,
    target: Option<&'static str>,
}

fn case(r: &mut Random, model: &Model, action: Action) -> Case {
    let mut event = Event::new(action);
    let (exe, app) = (r.pick(&["/a", "/b", "/c"]), r.pick(&[None, None, Some("db"), Some("api")]));
    event.process.0[slot::EXE] = text(exe);
    pod(&mut event.process, app);
    event.process.0[slot::UID] =
        r.pick(&[Fact::Known(Value::Int(0)), Fact::Known(Value::Int(1)), Fact::Unknown, Fact::Absent]);
    let below = r.below(4) == 0;
    if below {
        let mut record = Record::default();
        record.0[slot::EXE] = text("/a");
        event.ancestors.push(record);
    }
    let subject = |name: &str| {
        let at = model.subjects.iter().position(|s| s.name == name);
        at.map(|i| Who::Subject(warmor_compiler::model::SubjectId(i as u32)))
    };
    let has_below = format!("{model:?}").contains("Ancestor");
    let small_below = subject("small").and_then(|w| match w {
        Who::Subject(id) => Some(Who::Below(id)),
        _ => None,
    });
    let row = match (exe, app, below && has_below) {
        ("/a", None, _) => subject("small"),
        ("/b", None, false) => subject("large"),
        ("/c", Some(app), false) => subject(app),
        ("/c", None, true) => small_below,
        ("/c", None, false) => Some(Who::Other),
        _ => None,
    };
    let target = r.pick(&[None, None, Some("db"), Some("api")]);
    if action != Action::Bind {
        pod(&mut event.target, target);
    }
    let protocol = r.pick(&[6, 6, 17, 132, 1, 47, 258]);
    event.facts[slot::PROTOCOL] = Fact::Known(Value::Int(protocol));
    if protocol != 258 {
        let addresses = [
            "9.255.255.255",
            "10.0.0.0",
            "10.0.0.1",
            "10.0.0.2",
            "10.0.255.255",
            "10.1.0.0",
            "10.1.255.255",
            "10.2.0.0",
            "10.255.255.255",
            "11.0.0.0",
            "192.167.255.255",
            "192.168.0.0",
            "192.168.255.255",
            "192.169.0.0",
            "255.255.255.255",
            "::1",
            "::2",
            "fe80::",
            "febf::1",
            "fec0::1",
            "2001:db8::1",
            "0.0.0.0",
            "::",
        ];
        let address: IpAddr = r.pick(&addresses).parse().expect("an address");
        event.facts[slot::ADDRESS] = Fact::Known(Value::Ip(Address::from(address)));
    }
    if matches!(protocol, 6 | 17 | 132) {
        let port =
            r.pick(&[0, 1, 79, 80, 81, 442, 443, 444, 1023, 1024, 7999, 8000, 8999, 9000, 65_534, 65_535]);
        event.facts[slot::PORT] = Fact::Known(Value::Int(port));
    }
    Case { event, row, target }
}

fn holds(networks: &[Network], address: Address) -> bool {
    networks.iter().any(|n| n.contains(address))
}

/// The columns that an event belongs to.
fn is_in(model: &Model, networks: &[(String, Vec<Network>)], place: Place, case: &Case) -> bool {
    let address = match case.event.facts[slot::ADDRESS] {
        Fact::Known(Value::Ip(address)) => Some(address),
        _ => None,
    };
    // A subject that no rule names as the other end is nobody in particular.
    let named = |app: &str| {
        format!("{:?}", model.rules).contains(&format!(
            "source: Target, subject: SubjectId({})",
            model.subjects.iter().position(|s| s.name == app).unwrap_or(usize::MAX)
        ))
    };
    let target = case.target.filter(|t| named(t));
    match place {
        Place::Subject(id) => target == Some(model.subject(id).name.as_str()),
        Place::Network(i) => target.is_none() && address.is_some_and(|a| holds(&networks[i].1, a)),
        Place::Elsewhere => {
            target.is_none() && address.is_some_and(|a| !networks.iter().any(|(_, n)| holds(n, a)))
        }
        Place::Local => target.is_none() && address.is_none(),
        Place::Own => true,
    }
}

fn covers(flow: &Flow, event: &Event) -> bool {
    let number = |slot: usize| match event.facts[slot] {
        Fact::Known(Value::Int(n)) => Some(n),
        _ => None,
    };
    let protocol = number(slot::PROTOCOL).is_some_and(|p| {
        flow.protocols.iter().any(|(first, last)| (i64::from(*first)..=i64::from(*last)).contains(&p))
    });
    let port = number(slot::PORT).is_none_or(|p| {
        flow.ports.iter().any(|(first, last)| (i64::from(*first)..=i64::from(*last)).contains(&p))
    });
    let wild = matches!(event.action, Action::Bind | Action::Listen);
    let place = match event.facts[slot::ADDRESS] {
        Fact::Known(Value::Ip(address)) => flow.places.iter().any(|class| match class {
            AddressClass::Range(_) if wild && address.is_wildcard() => false,
            AddressClass::Range(network) => network.contains(address),
            AddressClass::AnyV4 => address.is_wildcard() && address.is_v4(),
            AddressClass::AnyV6 => address.is_wildcard() && !address.is_v4(),
        }),
        _ => true,
    };
    protocol && port && place
}

/// What the cell says of the event: `None` for "it depends".
fn said(cell: &Cell, event: &Event) -> Option<bool> {
    let covering: Vec<&Flow> = cell.flows.iter().filter(|f| covers(f, event)).collect();
    assert!(covering.len() <= 1, "flows overlap at {event:?}: {covering:?}");
    match covering.first().map(|f| f.standing) {
        None => Some(false),
        Some(Standing::Allowed) => Some(true),
        Some(_) => None,
    }
}

fn cells(found: &Reach, action: Action, row: Who) -> impl Iterator<Item = (&Place, &Cell)> + use<'_> {
    let at = found.rows.iter().position(|w| *w == row);
    let matrix = found.matrices.iter().find(move |m| m.action == action);
    matrix.into_iter().flat_map(move |m| m.columns.iter().zip(at.map_or(&[][..], |at| &m.cells[at])))
}

#[test]
fn what_a_cell_says_is_what_happens() {
    let (mut allowed, mut denied, mut depends) = (0, 0, 0);
    for seed in 0..40 {
        let mut r = Random(40_000 + seed);
        let text = program(&mut r);
        let mut sources = Sources::new();
        sources.set("random.warmor", &text, Origin::Root);
        let options = Options::default();
        let checked = check(&sources, &options);
        let model = checked.partial;
        let errors: Vec<_> = checked
            .diagnostics
            .iter()
            .filter(|d| d.level == warmor_compiler::diagnostics::Level::Error)
            .collect();
        assert!(errors.is_empty(), "seed {seed}: {errors:?}\n{text}");
        let networks = named_networks(&sources, &options);
        assert_eq!(
            networks.iter().map(|(n, _)| n.as_str()).collect::<Vec<_>>(),
            ["lan", "ten"],
            "seed {seed}"
        );
        let verdict = r.pick(&[Verdict::Enforced, Verdict::Reported]);
        let found = reach(&model, &networks, ACTIONS, verdict, Budget::default());
        for _ in 0..1500 {
            let action = r.pick(ACTIONS);
            let case = case(&mut r, &model, action);
            let Some(row) = case.row else { continue };
            let assumed = |a: &warmor_compiler::model::Assumption| {
                warmor_compiler::evaluate::holds(&model, &a.cond, &case.event)
                    == warmor_compiler::evaluate::Truth::True
            };
            if !domain::contains(&case.event) || !model.assumptions.iter().all(assumed) {
                continue;
            }
            let decision = decide(&model, &case.event, &Muted::none());
            let effect = if verdict == Verdict::Enforced { decision.enforced } else { decision.reported };
            let mut columns = 0;
            for (place, cell) in cells(&found, action, row) {
                if !is_in(&model, &networks, *place, &case) {
                    continue;
                }
                columns += 1;
                let told = format!("seed {seed}, {row:?} {place:?}\n{text}\n{:?}\n{cell:?}", case.event);
                match said(cell, &case.event) {
                    None => depends += 1,
                    Some(true) => {
                        allowed += 1;
                        assert_eq!(effect, Effect::Allow, "{told}");
                    }
                    Some(false) => {
                        denied += 1;
                        assert_eq!(effect, Effect::Deny, "{told}");
                    }
                }
            }
            assert!(columns > 0, "seed {seed}: in no column: {:?}", case.event);
        }
    }
    assert!(allowed > 4_000 && denied > 4_000 && depends > 50, "{allowed} {denied} {depends}");
}
