//! Answers against every combination of classes, decided by the reference evaluator; and questions in words.

use crate::check::Options;
use crate::evaluate::{Muted, decide};
use crate::model::{Model, Scope};
use crate::prove::tests::laws::{ACTIONS, Facts, all_events, random_model};
use crate::prove::tests::random::Random;
use crate::prove::{Budget, Engine, ModelId};
use crate::query::{Fare, Meant, Outcome, Question, Verdict, ask, outcome, outcomes, rows};
use crate::resolve::{Origin, Sources};
use std::collections::BTreeSet;
use warmor_policy::event::Event;
use warmor_policy::verdict::Effect;

const ID: ModelId = ModelId(0);

fn random_question(r: &mut Random, model: &Model) -> Question {
    let scope = match r.below(3) {
        0 => Scope::default(),
        _ => model.policies[r.below(model.policies.len())].scope.clone(),
    };
    let event = model.rules[r.below(model.rules.len())].object.clone();
    let actions = (0..=r.below(2)).map(|_| r.pick(ACTIONS)).collect();
    Question { scope, actions, event }
}

fn agrees(model: &Model, event: &Event) {
    let (decision, outcome) = (decide(model, event, &Muted::none()), outcome(model, event));
    assert_eq!(decision.enforced == Effect::Deny, outcome.denies(Verdict::Enforced), "{event:?}");
    assert_eq!(decision.reported == Effect::Deny, outcome.denies(Verdict::Reported), "{event:?}");
}

#[test]
fn every_event_that_is_meant_has_an_outcome_that_is_listed() {
    let (mut meant_events, mut groups, mut fares) = (0, 0, BTreeSet::new());
    for seed in 0..120 {
        let facts = Facts { network: seed % 2 == 0, relations: false, ancestors: false };
        let mut r = Random(7_000 + seed);
        let model = random_model(&mut r, facts);
        let Some(events) = all_events(&model, 8_000) else { continue };
        events.iter().step_by(7).for_each(|e| agrees(&model, e));
        for _ in 0..3 {
            let question = random_question(&mut r, &model);
            let mut engine = Engine::new(&[&model], Budget::default());
            let meant = Meant::new(&engine, ID, &question);
            let found = outcomes(&mut engine, ID, &meant);
            assert!(found.open.is_empty(), "seed {seed}: {found:?}");
            for group in &found.groups {
                assert_eq!(outcome(&model, &group.witness), group.outcome, "seed {seed}");
                assert!(engine.holds(&group.witness, &meant.formula), "seed {seed}");
            }
            groups += found.groups.len();
            let listed: BTreeSet<Outcome> = found.groups.iter().map(|g| g.outcome).collect();
            for verdict in [Verdict::Enforced, Verdict::Reported] {
                fares.insert(found.fare(verdict));
            }
            for event in events.iter().filter(|e| question.actions.contains(e.action)) {
                if engine.holds(event, &meant.formula) {
                    meant_events += 1;
                    assert!(listed.contains(&outcome(&model, event)), "seed {seed}: {event:?}");
                    let denied = decide(&model, event, &Muted::none()).enforced == Effect::Deny;
                    match found.fare(Verdict::Enforced) {
                        Fare::Always => assert!(!denied, "seed {seed}: {event:?}"),
                        Fare::Never => assert!(denied, "seed {seed}: {event:?}"),
                        Fare::Depends => {}
                        fare => panic!("seed {seed}: {fare:?}, but there is {event:?}"),
                    }
                }
            }
        }
    }
    assert!(meant_events > 10_000 && groups > 300, "{meant_events} events, {groups} groups");
    assert!([Fare::Always, Fare::Never, Fare::Depends].iter().all(|f| fares.contains(f)), "{fares:?}");
}

#[test]
fn every_process_is_in_a_row() {
    let mut several = 0;
    for seed in 0..60 {
        let mut r = Random(9_000 + seed);
        let model = random_model(&mut r, Facts { network: false, relations: false, ancestors: false });
        let Some(events) = all_events(&model, 8_000) else { continue };
        let (mut engine, rows) = (Engine::new(&[&model], Budget::default()), rows(&model));
        for event in events.iter().step_by(11) {
            let inside = rows.iter().filter(|row| engine.holds(event, &row.formula(ID))).count();
            assert!(inside > 0, "seed {seed}: {event:?}");
            several += usize::from(inside > 1);
        }
    }
    assert!(several > 100, "{several}");
}

const PROGRAM: &str = "package house
import std.net.{private_v4}
let roots = [/srv/**, /var/www/**]
subject web = process.exe in [/usr/bin/web]
policy p for web {
  mode prevent
  default deny read, connect
  pages: allow read roots
  api: allow connect tcp to private_v4 port 443 where process.uid == 33
}
";

fn answer(subject: &str, words: &str) -> Result<Fare, String> {
    let mut sources = Sources::new();
    sources.set("deep/house.warmor", PROGRAM, Origin::Root);
    let words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
    let asked = ask(&mut sources, &Options::default(), subject, &words)
        .map_err(|errors| errors.iter().map(|e| e.message.clone()).collect::<Vec<_>>().join("; "))?;
    let mut engine = Engine::new(&[&asked.model], Budget::default());
    let meant = Meant::new(&engine, ID, &asked.question);
    Ok(outcomes(&mut engine, ID, &meant).fare(Verdict::Enforced))
}

#[test]
fn a_question_says_what_a_claim_may_say() {
    assert_eq!(answer("web", "read /srv/a"), Ok(Fare::Always));
    assert_eq!(answer("web", "read roots"), Ok(Fare::Always));
    assert_eq!(answer("web", "read /srv"), Ok(Fare::Never));
    assert_eq!(answer("web", "read /var/**"), Ok(Fare::Depends));
    assert_eq!(answer("web", "read /var/** where path in roots"), Ok(Fare::Always));
    assert_eq!(answer("/usr/bin/web", "read /etc/shadow"), Ok(Fare::Never));
    assert_eq!(answer("/usr/bin/*", "read /etc/shadow"), Ok(Fare::Depends));
    assert_eq!(answer("any except web", "read /etc/shadow"), Ok(Fare::Always));
    assert_eq!(answer("web", "connect 10.0.0.1:443"), Ok(Fare::Depends));
    assert_eq!(answer("web", "connect tcp private_v4:443 where process.uid == 33"), Ok(Fare::Always));
    assert_eq!(answer("web", "connect 10.0.0.1:444"), Ok(Fare::Never));
    assert_eq!(answer("web", "read /srv/a except /srv/**"), Ok(Fare::Nothing));
    assert_eq!(answer("web", "bpf"), Ok(Fare::Always));
}

#[test]
fn what_is_no_question_is_refused() {
    let wrong = |subject: &str, words: &str| answer(subject, words).expect_err(words);
    assert_eq!(wrong("wbe", "read /a"), "there is no name `wbe`");
    assert_eq!(wrong("web", "raed /a"), "there is no action `raed`");
    assert_eq!(wrong("roots", "read /a"), "a subject is needed here, but this is a glob");
    assert_eq!(wrong("web", "read /a } policy x for any { deny bpf"), "the words are more than one question");
    assert_eq!(wrong("web", "read /a never any can bpf"), "the words are more than one question");
    assert!(wrong("web", "read /a/../b").contains("`..`"));
    assert!(!wrong("web", "connect 10.0.0.1:99999").is_empty());
    assert!(!wrong("web", "").is_empty());
}
