//! Conditions of a checked program as text: what names, templates and sets came down to.

use crate::text::escape_bytes;
use std::net::IpAddr;
use warmor_compiler::model::{Atom, Compare, Cond, CondKind, Element, FactRef, Model, Network, TextTest};
use warmor_policy::event::Source;
use warmor_policy::schema::FieldType;

/// The condition as it would be written with every name replaced by its value; subjects keep their names.
pub fn condition(model: &Model, cond: &Cond) -> String {
    Writer { model }.cond(cond, Place::Alone)
}

/// What stands around a condition: whether it needs brackets.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Alone,
    Operand,
}

struct Writer<'a> {
    model: &'a Model,
}

impl Writer<'_> {
    fn cond(&self, cond: &Cond, place: Place) -> String {
        match &cond.kind {
            CondKind::Const(true) => "any".to_owned(),
            CondKind::Const(false) => "none".to_owned(),
            CondKind::Not(inner) => format!("not {}", self.cond(inner, Place::Operand)),
            CondKind::All(parts) => self.join(parts, " and ", place),
            CondKind::Any(parts) => match one_of(parts) {
                Some(text) => text,
                None => self.join(parts, " or ", place),
            },
            CondKind::Atom(atom) => self.atom(atom),
        }
    }

    fn join(&self, parts: &[Cond], word: &str, place: Place) -> String {
        let text = parts.iter().map(|p| self.cond(p, Place::Operand)).collect::<Vec<_>>().join(word);
        if place == Place::Operand { format!("({text})") } else { text }
    }

    fn atom(&self, atom: &Atom) -> String {
        match atom {
            Atom::Text { fact, test } => text_test(&fact.to_string(), test),
            Atom::Number { fact, first, last } => number(fact, *first, *last),
            Atom::Address { fact, networks } => match networks.as_slice() {
                [one] if one.first != one.last => format!("{fact} in {}", network(*one)),
                [one] => format!("{fact} == {}", one.first),
                many => {
                    format!("{fact} in [{}]", many.iter().map(|n| network(*n)).collect::<Vec<_>>().join(", "))
                }
            },
            Atom::Flags { fact, mask } => {
                let names = FieldType::Flags.names().map_or(&[][..], |t| t.values);
                let set = names.iter().filter(|(_, bit)| mask & bit == *bit).map(|(name, _)| *name);
                format!("{fact} contains {}", set.collect::<Vec<_>>().join("|"))
            }
            Atom::Present { fact } => format!("has {fact}"),
            Atom::ListAny { fact, element } => format!("any(x in {fact}, {})", element_test(element)),
            Atom::ListAll { fact, element } => format!("all(x in {fact}, {})", element_test(element)),
            Atom::Relation { left, compare, right, offset } => {
                let sign = match compare {
                    Compare::Equal => "==",
                    Compare::Less => "<",
                    Compare::LessEqual => "<=",
                };
                match offset {
                    0 => format!("{left} {sign} {right}"),
                    n if *n < 0 => format!("{left} {sign} {right} - {}", n.unsigned_abs()),
                    n => format!("{left} {sign} {right} + {n}"),
                }
            }
            Atom::Same { left, right } => format!("{left} == {right}"),
            Atom::Member { source, subject } => {
                let name = &self.model.subject(*subject).name;
                match source {
                    Source::Process | Source::Event => format!("process in {name}"),
                    Source::Parent => format!("parent in {name}"),
                    Source::Target => format!("target in {name}"),
                }
            }
            Atom::Ancestor { cond } => format!("some ancestor ({})", self.cond(cond, Place::Alone)),
        }
    }
}

/// `fact in [a, b]`, where all alternatives are exact or glob tests of one fact.
fn one_of(parts: &[Cond]) -> Option<String> {
    let mut subject: Option<&FactRef> = None;
    let mut values = Vec::new();
    for part in parts {
        let CondKind::Atom(Atom::Text { fact, test: TextTest::Equals(_) | TextTest::Glob(_) }) = &part.kind
        else {
            return number_set(parts);
        };
        if subject.is_some_and(|s| s != fact) {
            return None;
        }
        subject = Some(fact);
        let CondKind::Atom(Atom::Text { test, .. }) = &part.kind else { return None };
        values.push(match test {
            TextTest::Equals(bytes) => literal(fact, bytes),
            TextTest::Glob(glob) => escape_bytes(glob.text().as_bytes()),
            _ => return None,
        });
    }
    subject.map(|fact| format!("{fact} in [{}]", values.join(", ")))
}

/// `fact in [a, 1-9]`, where all alternatives are ranges of one fact.
fn number_set(parts: &[Cond]) -> Option<String> {
    let mut subject: Option<&FactRef> = None;
    let mut values = Vec::new();
    for part in parts {
        let CondKind::Atom(Atom::Number { fact, first, last }) = &part.kind else { return None };
        if subject.is_some_and(|s| s != fact) {
            return None;
        }
        subject = Some(fact);
        values.push(if first == last { name(fact, *first) } else { format!("{first}-{last}") });
    }
    subject.map(|fact| format!("{fact} in [{}]", values.join(", ")))
}

fn literal(fact: &FactRef, bytes: &[u8]) -> String {
    let text = escape_bytes(bytes);
    if fact.field().kind == FieldType::Path { text } else { format!("\"{text}\"") }
}

fn text_test(subject: &str, test: &TextTest) -> String {
    let quoted = |bytes: &[u8]| format!("\"{}\"", escape_bytes(bytes));
    match test {
        TextTest::Equals(bytes) if bytes.first() == Some(&b'/') => {
            format!("{subject} == {}", escape_bytes(bytes))
        }
        TextTest::Equals(bytes) => format!("{subject} == {}", quoted(bytes)),
        TextTest::Glob(glob) => format!("{subject} matches {}", escape_bytes(glob.text().as_bytes())),
        TextTest::Contains(bytes) => format!("{subject} contains {}", quoted(bytes)),
        TextTest::StartsWith(bytes) => format!("{subject} starts_with {}", quoted(bytes)),
        TextTest::EndsWith(bytes) => format!("{subject} ends_with {}", quoted(bytes)),
    }
}

fn element_test(element: &Element) -> String {
    let join = |parts: &[Element], word| parts.iter().map(element_test).collect::<Vec<_>>().join(word);
    match element {
        Element::Const(b) => b.to_string(),
        Element::Not(inner) => format!("not ({})", element_test(inner)),
        Element::All(parts) => format!("({})", join(parts, " and ")),
        Element::Any(parts) => format!("({})", join(parts, " or ")),
        Element::Test(test) => text_test("x", test),
    }
}

/// A number by name, where its type has names.
fn name(fact: &FactRef, number: i64) -> String {
    let table = fact.field().kind.names();
    let name = table.and_then(|t| u32::try_from(number).ok().and_then(|code| t.name(code)));
    name.map_or_else(|| number.to_string(), str::to_owned)
}

fn number(fact: &FactRef, first: i64, last: i64) -> String {
    match (first, last) {
        (first, last) if first == last => format!("{fact} == {}", name(fact, first)),
        (i64::MIN, last) => format!("{fact} <= {last}"),
        (first, i64::MAX) => format!("{fact} >= {first}"),
        (first, last) => format!("{fact} in {first}-{last}"),
    }
}

/// A range of addresses as a prefix, where it is one.
pub fn network(network: Network) -> String {
    let (first, last) = (network.first, network.last);
    if first == last {
        return first.to_string();
    }
    let free = (first.0 ^ last.0).checked_ilog2().map_or(0, |bit| bit + 1);
    let mask = if free == 128 { u128::MAX } else { (1 << free) - 1 };
    let width = if first.is_v4() { 32 } else { 128 };
    if first.0 & mask == 0 && last.0 & mask == mask && free <= width {
        format!("{}/{}", IpAddr::from(first), width - free)
    } else {
        format!("{first}-{last}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use warmor_compiler::model::Glob;
    use warmor_compiler::span::Span;
    use warmor_policy::event::Address;
    use warmor_policy::schema::slot;

    fn fact(slot: usize) -> FactRef {
        FactRef { source: Source::Event, slot, key: None }
    }

    fn shown(cond: &Cond) -> String {
        condition(&Model::default(), cond)
    }

    fn atom(a: Atom) -> Cond {
        Cond::atom(a, Span::default())
    }

    #[test]
    fn alternatives_of_one_fact_are_a_list() {
        let glob = |g: &str| {
            atom(Atom::Text { fact: fact(slot::PATH), test: TextTest::Glob(Glob::parse(g).unwrap()) })
        };
        let port = |first, last| atom(Atom::Number { fact: fact(slot::PORT), first, last });
        let any = |parts| Cond::any(parts, Span::default());
        assert_eq!(shown(&any(vec![glob("/a/**"), glob("/b")])), "path in [/a/**, /b]");
        assert_eq!(shown(&any(vec![port(80, 80), port(8000, 8080)])), "port in [80, 8000-8080]");
        assert_eq!(shown(&any(vec![glob("/a"), port(1, 2)])), "path matches /a or port in 1-2");
        let both = Cond::all(vec![any(vec![glob("/a"), port(1, 2)]), port(3, 3)], Span::default());
        assert_eq!(shown(&both), "(path matches /a or port in 1-2) and port == 3");
    }

    #[test]
    fn networks_are_prefixes_where_they_can_be() {
        let v4 = |a: u128, b: u128| {
            network(Network { first: Address(0xffff_0000_0000 | a), last: Address(0xffff_0000_0000 | b) })
        };
        assert_eq!(v4(0x0a00_0000, 0x0aff_ffff), "10.0.0.0/8");
        assert_eq!(v4(0x0a00_0001, 0x0a00_0001), "10.0.0.1");
        assert_eq!(v4(0x0a00_0001, 0x0a00_0003), "10.0.0.1-10.0.0.3");
        assert_eq!(network(Network::V4), "0.0.0.0/0");
        assert_eq!(network(Network { first: Address(0), last: Address(u128::MAX) }), "::/0");
    }
}
