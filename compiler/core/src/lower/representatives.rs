//! One value for each class of each fact that a model looks at: together they stand for all events.

use super::automaton::Automaton;
use super::intervals;
use super::pattern;
use crate::model::{Atom, Cond, CondKind, Element, FactRef, Model, Network, Pattern, TextTest};
use std::collections::BTreeMap;
use warmor_policy::event::{Address, Fact, Source, Value};

/// Most states of the automaton that tells apart the values of one text.
const MAX_STATES: usize = 1 << 16;

/// What a model asks of one fact.
#[derive(Default)]
struct Questions {
    texts: Vec<TextTest>,
    ranges: Vec<(i64, i64)>,
    networks: Vec<Vec<Network>>,
    masks: Vec<u32>,
    elements: Vec<TextTest>,
}

/// For each fact that the model's clauses look at: absent, unknown, and a shortest or smallest value of each class of known
/// values. Lists are represented by the empty one, one for each class of element, and each pair of neighbouring classes. Facts
/// that are related to each other have no classes of their own; their values are those that the other tests tell apart.
///
/// `None` when a text's patterns together need more than a budget of states.
pub fn representatives(model: &Model) -> Option<Vec<(FactRef, Vec<Fact>)>> {
    let mut facts: BTreeMap<FactRef, Questions> = BTreeMap::new();
    let mut ask = |cond: &Cond| questions(model, cond, Source::Process, &mut facts);
    for r in &model.rules {
        ask(&r.cond());
    }
    for p in &model.policies {
        ask(&p.scope.cond(p.span));
    }
    for d in &model.detections {
        ask(&d.scope.cond(d.span));
        if let Pattern::Single(step) = &d.pattern {
            ask(&step.cond());
        }
    }
    facts.into_iter().map(|(fact, q)| Some((fact.clone(), values(&fact, &q)?))).collect()
}

fn questions(model: &Model, cond: &Cond, process: Source, facts: &mut BTreeMap<FactRef, Questions>) {
    let atom = match &cond.kind {
        CondKind::Const(_) => return,
        CondKind::Not(inner) => return questions(model, inner, process, facts),
        CondKind::All(parts) | CondKind::Any(parts) => {
            return parts.iter().for_each(|p| questions(model, p, process, facts));
        }
        CondKind::Atom(atom) => atom,
    };
    let of = |fact: &FactRef| {
        let source = if fact.source == Source::Process { process } else { fact.source };
        FactRef { source, ..fact.clone() }
    };
    match atom {
        Atom::Text { fact, test } => facts.entry(of(fact)).or_default().texts.push(test.clone()),
        Atom::Number { fact, first, last } => facts.entry(of(fact)).or_default().ranges.push((*first, *last)),
        Atom::Address { fact, networks } => {
            facts.entry(of(fact)).or_default().networks.push(networks.clone());
        }
        Atom::Flags { fact, mask } => facts.entry(of(fact)).or_default().masks.push(*mask),
        Atom::Present { fact } => drop(facts.entry(of(fact)).or_default()),
        Atom::ListAny { fact, element } | Atom::ListAll { fact, element } => {
            element_tests(element, &mut facts.entry(of(fact)).or_default().elements);
        }
        Atom::Relation { left, right, .. } | Atom::Same { left, right } => {
            for fact in [left, right] {
                facts.entry(of(fact)).or_default();
            }
        }
        Atom::Member { source, subject } => {
            let process = if *source == Source::Process { process } else { *source };
            questions(model, &model.subject(*subject).cond, process, facts);
        }
        // What ancestors are asked is asked of records that are not enumerated.
        Atom::Ancestor { .. } => {}
    }
}

fn element_tests(element: &Element, out: &mut Vec<TextTest>) {
    match element {
        Element::Const(_) => {}
        Element::Not(inner) => element_tests(inner, out),
        Element::All(parts) | Element::Any(parts) => parts.iter().for_each(|p| element_tests(p, out)),
        Element::Test(test) => out.push(test.clone()),
    }
}

fn values(fact: &FactRef, q: &Questions) -> Option<Vec<Fact>> {
    use warmor_policy::schema::FieldType as T;
    let known: Vec<Value> = match fact.field().kind {
        T::Path | T::String | T::Map => texts(&q.texts)?.into_iter().map(Value::Bytes).collect(),
        T::Ip => {
            let cut = intervals::addresses(&q.networks, true);
            std::iter::once(0).chain(cut.bounds).map(|b| Value::Ip(Address(b))).collect()
        }
        T::Flags => {
            let bits = q.masks.iter().fold(0, |a, m| a | m);
            let each = (0..32).filter(|b| bits & (1 << b) != 0).map(|b| 1 << b);
            let sets = [0, bits].into_iter().chain(each).chain(q.masks.iter().copied());
            sets.map(|s| Value::Int(i64::from(s))).collect()
        }
        T::List => {
            let classes = texts(&q.elements)?;
            let singles = classes.iter().map(|c| vec![c.clone()]);
            let pairs = classes.windows(2).map(<[_]>::to_vec);
            std::iter::once(vec![]).chain(singles).chain(pairs).map(Value::List).collect()
        }
        _ => {
            let cut = intervals::numbers(&q.ranges);
            std::iter::once(i64::MIN).chain(cut.bounds).map(Value::Int).collect()
        }
    };
    let known = known.into_iter().map(|v| match (&fact.key, v) {
        (Some(key), Value::Bytes(text)) => Value::Map(vec![(key.clone().into_bytes(), text)]),
        (_, v) => v,
    });
    let mut out = vec![Fact::Absent, Fact::Unknown];
    for value in known.map(Fact::Known) {
        if !out.contains(&value) {
            out.push(value);
        }
    }
    Some(out)
}

/// A shortest text of each class that the tests make.
fn texts(tests: &[TextTest]) -> Option<Vec<Vec<u8>>> {
    let patterns: Vec<_> = tests.iter().flat_map(pattern::forward).collect();
    let automaton = Automaton::build(&patterns, MAX_STATES).ok()?;
    let mut found: Vec<Option<Vec<u8>>> = vec![None; automaton.labels.len()];
    let mut reached: Vec<Option<(u32, u8)>> = vec![None; automaton.graph.len()];
    let mut order = vec![0u32];
    let mut at = 0;
    while at < order.len() {
        let s = order[at];
        at += 1;
        let (state, edges) = (automaton.graph.state(s), automaton.graph.edges(s));
        found[state.label as usize].get_or_insert_with(|| spell(&reached, s));
        let other = (1..=255u8).rev().find(|b| edges.iter().all(|(e, _)| e != b));
        let default = other.map(|b| (b, state.default));
        for (byte, to) in edges.iter().copied().chain(default) {
            if to != 0 && reached[to as usize].is_none() {
                reached[to as usize] = Some((s, byte));
                order.push(to);
            }
        }
    }
    Some(found.into_iter().flatten().collect())
}

fn spell(reached: &[Option<(u32, u8)>], mut state: u32) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some((from, byte)) = reached[state as usize] {
        out.push(byte);
        state = from;
    }
    out.reverse();
    out
}
