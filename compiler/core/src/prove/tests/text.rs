//! Joint questions about texts, against all short texts and the reference evaluator's matchers.

use super::random::Random;
use crate::evaluate::{Truth, holds};
use crate::model::{Atom, Cond, FactRef, Glob, Model, TextTest};
use crate::prove::Answer;
use crate::prove::text::{TextKind, witness};
use crate::span::Span;
use warmor_policy::event::{Event, Fact, Source, Value};
use warmor_policy::schema::{Action, slot};

const GLOBS: &[&str] = &[
    "/a", "/a/*", "/a/**", "/**/b", "/*/b*", "/{a,b}", "/**", "/", "/*", "/**/a/**", "/a?", "/[!a]*",
    "/[ab]/.*", "*b", "**", "a*/b", "/a/**/b", "/?b", "**/a", "/{,a}",
];
const WORDS: &[&str] = &["", "a", "/a", "b/", "ab", "/a/b", "."];

fn passes(test: &TextTest, text: &[u8]) -> bool {
    let fact = FactRef { source: Source::Event, slot: slot::PATH, key: None };
    let cond = Cond::atom(Atom::Text { fact, test: test.clone() }, Span::default());
    let mut event = Event::new(Action::Read);
    event.facts[slot::PATH] = Fact::Known(Value::Bytes(text.to_vec()));
    holds(&Model::default(), &cond, &event) == Truth::True
}

/// All texts of up to so many bytes, shortest first.
fn short_texts(longest: usize) -> Vec<Vec<u8>> {
    let mut all = vec![Vec::new()];
    let mut from = 0;
    for _ in 0..longest {
        let until = all.len();
        for i in from..until {
            for byte in b"ab/.\xff" {
                let mut longer: Vec<u8> = all[i].clone();
                longer.push(*byte);
                all.push(longer);
            }
        }
        from = until;
    }
    all
}

fn is_canonical(text: &[u8]) -> bool {
    let text = text.to_vec();
    text == b"/"
        || text
            .strip_prefix(b"/")
            .is_some_and(|rest| rest.split(|b| *b == b'/').all(|s| !s.is_empty() && s != b"." && s != b".."))
}

fn random_test(r: &mut Random) -> TextTest {
    let word = |r: &mut Random| r.pick(WORDS).as_bytes().to_vec();
    match r.below(10) {
        0 => TextTest::Equals(word(r)),
        1 => TextTest::Contains(word(r)),
        2 => TextTest::StartsWith(word(r)),
        3 => TextTest::EndsWith(word(r)),
        _ => TextTest::Glob(Glob::parse(r.pick(GLOBS)).unwrap()),
    }
}

#[test]
fn the_witness_is_a_shortest_text_and_none_means_none() {
    let texts = short_texts(6);
    let mut found = 0;
    for seed in 0..600 {
        let mut r = Random(seed);
        let positive: Vec<TextTest> = (0..r.below(3)).map(|_| random_test(&mut r)).collect();
        let negative: Vec<TextTest> = (0..r.below(4)).map(|_| random_test(&mut r)).collect();
        let kind = r.pick(&[TextKind::Path, TextKind::Text]);
        let fits = |text: &[u8]| {
            (kind == TextKind::Text || is_canonical(text))
                && positive.iter().all(|t| passes(t, text))
                && !negative.iter().any(|t| passes(t, text))
        };
        let shortest = texts.iter().find(|t| fits(t));
        let (p, n): (Vec<_>, Vec<_>) = (positive.iter().collect(), negative.iter().collect());
        match witness(kind, &p, &n, 1_000_000) {
            Answer::Found(text) => {
                found += 1;
                assert!(fits(&text), "seed {seed}: {:?}", text.escape_ascii().to_string());
                assert!(
                    shortest.is_none_or(|s| s.len() == text.len()),
                    "seed {seed}: {text:?} is not shortest"
                );
            }
            Answer::Empty => assert_eq!(shortest, None, "seed {seed}: {positive:?} but not {negative:?}"),
            Answer::Budget => panic!("seed {seed} needs more than its budget"),
        }
    }
    assert!((100..550).contains(&found), "{found} of 600 questions have a text");
}

#[test]
fn a_text_is_printable_where_it_can_be() {
    let glob = |text: &str| TextTest::Glob(Glob::parse(text).unwrap());
    let ask =
        |positive: &[&TextTest], negative: &[&TextTest]| witness(TextKind::Path, positive, negative, 100_000);
    assert_eq!(ask(&[&glob("/srv/*/?.key")], &[&glob("/srv/a/*")]), Answer::Found(b"/srv/b/a.key".to_vec()));
    assert_eq!(ask(&[&glob("/a/.*")], &[]), Answer::Found(b"/a/.a".to_vec()));
    assert_eq!(ask(&[], &[&glob("/")]), Answer::Found(b"/a".to_vec()));
}

#[test]
fn several_globs_can_cover_one_together() {
    let glob = |text: &str| TextTest::Glob(Glob::parse(text).unwrap());
    let all = glob("/srv/**");
    let (deep, flat) = (glob("/srv/*/**"), glob("/srv/*"));
    let ask = |negative: &[&TextTest]| witness(TextKind::Path, &[&all], negative, 100_000);
    assert_eq!(ask(&[&deep, &flat]), Answer::Empty);
    assert_eq!(ask(&[&deep]), Answer::Found(b"/srv/a".to_vec()));
    assert_eq!(ask(&[&flat]), Answer::Found(b"/srv/a/a".to_vec()));
}

#[test]
fn a_question_that_needs_more_than_its_budget_says_so() {
    let glob = |text: String| TextTest::Glob(Glob::parse(&text).unwrap());
    let floating: Vec<TextTest> = (0..12).map(|i| glob(format!("/**/{i}x{i}/**"))).collect();
    let all: Vec<&TextTest> = floating.iter().collect();
    assert_eq!(witness(TextKind::Path, &all, &[], 2_000), Answer::Budget);
}
