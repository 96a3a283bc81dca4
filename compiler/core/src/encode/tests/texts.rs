//! What is said of texts before a solver starts is true of every text: with its tests as they come out there are places in
//! the lines for which all of it holds. And it is enough to know how literals, prefixes and suffixes hang together.

use super::super::terms::{Node, Sort, Term};
use super::super::texts::lemmas;
use super::super::vocabulary::{Owner, Part, Place, TextId, Vocabulary};
use crate::model::{Glob, TextTest};
use crate::prove::text::Texts;
use rustc_hash::FxHashMap;
use warmor_policy::event::Source;
use warmor_policy::schema::slot;

fn tests() -> Vec<TextTest> {
    let globs = [
        "/a",
        "/a/**",
        "/a/*",
        "/a/b/**",
        "/a/b",
        "/**",
        "/**/b",
        "/a/**/b",
        "/{a,b}/**",
        "/a/b*",
        "/*",
        "/b/[ab]",
    ];
    let globs = globs.iter().map(|g| TextTest::Glob(Glob::parse(g).unwrap()));
    let others = [
        TextTest::StartsWith(b"/a".to_vec()),
        TextTest::EndsWith(b"b".to_vec()),
        TextTest::EndsWith(b"/b".to_vec()),
        TextTest::Contains(b"/b".to_vec()),
        TextTest::Equals(b"b".to_vec()),
        TextTest::StartsWith(vec![0xff]),
    ];
    globs.chain(others).collect()
}

/// All texts of some bytes up to a length.
fn texts() -> Vec<Vec<u8>> {
    let mut all = vec![Vec::new()];
    let mut last = all.clone();
    for _ in 0..5 {
        last = last
            .iter()
            .flat_map(|t: &Vec<u8>| b"/ab\xff".iter().map(|b| [t.as_slice(), &[*b]].concat()))
            .collect();
        all.extend(last.iter().cloned());
    }
    all
}

/// A vocabulary with one text that is put to all tests, and its lemmas.
fn asked() -> (Vocabulary<'static>, Vec<Term>, TextId) {
    let mut v = Vocabulary::new();
    let place = Place { owner: Owner::Source(Source::Event), slot: slot::PATH };
    let text = v.text(place, Part::Whole);
    for test in tests() {
        v.test(text, &test);
    }
    let lemmas = lemmas(&mut v);
    (v, lemmas, text)
}

/// Whether there are places in the lines for which all lemmas hold.
fn possible(v: &Vocabulary<'_>, lemmas: &[Term], outcome: &FxHashMap<Term, bool>) -> bool {
    let order = v.terms.reachable(lemmas);
    let lines: Vec<(Term, u32)> = order
        .iter()
        .filter_map(|term| match (v.terms.node(*term), v.terms.sort(*term)) {
            (Node::Var(_), Sort::Bits(width)) => Some((*term, width)),
            _ => None,
        })
        .collect();
    assert_eq!(lines.len(), 2, "one line for each direction");
    (0..1u128 << lines[0].1).any(|front| {
        (0..1u128 << lines[1].1).any(|back| {
            let mut values: FxHashMap<Term, u128> = FxHashMap::default();
            for term in &order {
                let variable = || match lines.iter().position(|(l, _)| l == term) {
                    Some(0) => front,
                    Some(_) => back,
                    None => u128::from(outcome[term]),
                };
                let value = v.terms.value(*term, |p| values[&p], variable);
                values.insert(*term, value);
            }
            lemmas.iter().all(|l| values[l] == 1)
        })
    })
}

#[test]
fn what_is_said_is_true_of_every_text() {
    let (v, lemmas, id) = asked();
    let asked = &v.texts[id.0 as usize].tests;
    let mut engine = Texts::default();
    let ids: Vec<_> = asked.iter().map(|t| engine.union(std::slice::from_ref(&t.asks))).collect();
    let mut seen: Vec<FxHashMap<Term, bool>> = Vec::new();
    for text in texts() {
        let outcome: FxHashMap<Term, bool> =
            asked.iter().zip(&ids).map(|(t, id)| (t.term, engine.matches(*id, &text))).collect();
        if !seen.contains(&outcome) {
            assert!(possible(&v, &lemmas, &outcome), "{}", text.escape_ascii());
            seen.push(outcome);
        }
    }
    assert!(seen.len() > 20, "{} outcomes", seen.len());
}

#[test]
fn literals_prefixes_and_suffixes_hang_together() {
    let (v, lemmas, id) = asked();
    let asked = &v.texts[id.0 as usize].tests;
    let mut engine = Texts::default();
    let exact = |t: &TextTest| {
        matches!(t, TextTest::Equals(_) | TextTest::StartsWith(_) | TextTest::EndsWith(_))
            || matches!(t, TextTest::Glob(g) if ["/a/**", "/a/b/**", "/**"].contains(&g.text()))
    };
    let ids: Vec<_> = asked.iter().map(|t| engine.union(std::slice::from_ref(&t.asks))).collect();
    let outcomes: Vec<FxHashMap<Term, bool>> = texts()
        .iter()
        .map(|text| asked.iter().zip(&ids).map(|(t, id)| (t.term, engine.matches(*id, text))).collect())
        .collect();
    // Flip one exact test of a literal: no text has that outcome, and the lemmas know.
    let literal = asked.iter().find(|t| t.asks == TextTest::Equals(b"/a/b".to_vec())).unwrap();
    let mut checked = 0;
    for outcome in outcomes.iter().filter(|o| o[&literal.term]).take(1) {
        for test in asked.iter().filter(|t| exact(&t.asks) && t.term != literal.term) {
            let mut flipped = outcome.clone();
            flipped.insert(test.term, !flipped[&test.term]);
            assert!(!possible(&v, &lemmas, &flipped), "{:?}", test.asks);
            checked += 1;
        }
    }
    assert!(checked >= 8, "{checked}");
}
