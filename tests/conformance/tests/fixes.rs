//! What `--fix` removes changes nothing: not what is enforced, not what is reported, not what is asked for, whatever is muted.

use warmor_compiler::check::{Options, check};
use warmor_compiler::diagnostics::Applicability;
use warmor_compiler::encode::fit;
use warmor_compiler::evaluate::{Muted, decide};
use warmor_compiler::model::{ClauseRef, Cond, Model, PolicyId};
use warmor_compiler::prove::{About, Budget, Finding, findings};
use warmor_compiler::resolve::Sources;
use warmor_tests::planted::planted;
use warmor_tests::rng::Rng;
use warmor_tests::{classes, generate};

fn is_safe(finding: &Finding) -> bool {
    finding.diagnostic.fixes.iter().any(|f| f.applicability == Applicability::Safe)
}

/// Compares two programs of the same policies on events of all classes and on random ones.
fn same(seed: u64, before: &Model, after: &Model, rng: &mut Rng) {
    let policies = before.policies.len() as u32;
    let mut events = classes::some(before, 600, rng);
    events.extend((0..200).map(|_| generate::event(rng)));
    events.iter_mut().for_each(fit);
    for event in &events {
        let mut muted = vec![Muted::none(), (0..policies).map(PolicyId).collect()];
        muted.extend((0..policies.min(4)).map(|p| [PolicyId(p)].into_iter().collect()));
        for muted in &muted {
            let (was, is) = (decide(before, event, muted), decide(after, event, muted));
            assert_eq!(
                (was.enforced, was.reported, was.audit, was.responses),
                (is.enforced, is.reported, is.audit, is.responses),
                "seed {seed}: {muted:?} {event:?}\n{before:#?}"
            );
        }
    }
}

#[test]
fn redundant_rules_can_go() {
    let mut gone = 0;
    for seed in 0..250 {
        let mut rng = Rng::new(seed);
        let mut model = generate::model(&mut rng, 5);
        model.assumptions.clear();
        if model.rules.is_empty() {
            continue;
        }
        // Rules that say less than another one says already.
        for _ in 0..3 {
            let (one, other) = (rng.below(model.rules.len()), rng.below(model.rules.len()));
            let mut less = model.rules[one].clone();
            let extra = model.rules[other].object.clone();
            less.condition = Some(match less.condition.take() {
                Some(own) => Cond::all(vec![own, extra], less.span),
                None => extra,
            });
            less.label = format!("less{}", model.rules.len());
            less.overrides.clear();
            model.rules.push(less);
        }
        let found = findings(&model, &Budget::default());
        let redundant: Vec<usize> = found
            .list
            .iter()
            .filter(|f| is_safe(f))
            .filter_map(|f| match f.about {
                About::Clause(ClauseRef::Rule(id)) => Some(id.0 as usize),
                _ => None,
            })
            .collect();
        gone += redundant.len();
        let mut less = model.clone();
        let mut at = 0;
        less.rules.retain(|_| {
            at += 1;
            !redundant.contains(&(at - 1))
        });
        same(seed, &model, &less, &mut rng);
    }
    assert!(gone >= 100, "{gone}");
}

fn model(text: &str) -> Model {
    let checked = check(&Sources::single("fixed.warmor", text), &Options::default());
    checked.into_model().unwrap_or_else(|found| panic!("{found:?}\n{text}"))
}

#[test]
fn a_fixed_text_means_the_same() {
    for seed in 0..8 {
        let mut rng = Rng::new(seed);
        let text = planted(&mut rng, 40, 20).text;
        let before = model(&text);
        let found = findings(&before, &Budget::default());
        let safe = found.list.iter().flat_map(|f| &f.diagnostic.fixes);
        let mut fixes: Vec<_> = safe.filter(|f| f.applicability == Applicability::Safe).collect();
        fixes.sort_by_key(|f| std::cmp::Reverse(f.span.start));
        let mut fixed = text.clone();
        for fix in &fixes {
            fixed.replace_range(fix.span.range(), &fix.replacement);
        }
        let after = model(&fixed);
        assert_eq!(after.rules.len() + fixes.len(), before.rules.len(), "seed {seed}");
        same(seed, &before, &after, &mut rng);
    }
}

#[test]
fn nothing_is_fixed_that_rests_on_an_assumption() {
    let policy = "subject s = process.exe in [/usr/bin/s]\npolicy p for s {\n  mode prevent\n  default deny read, mmap_exec\n  \
                  most: allow read /srv/** where process.uid >= 1000\n  few: allow read /srv/x\n}\n";
    let assumed = model(&format!("{policy}assume process.uid >= 1000\n"));
    let found = findings(&assumed, &Budget::default());
    let codes: Vec<&str> = found.list.iter().map(|f| f.diagnostic.code.id()).collect();
    assert_eq!(codes, ["W0302"]);
    assert!(!found.list.iter().any(is_safe));

    // Whatever is fixed under an assumption is fixed without it.
    let mut fixed = 0;
    for seed in 0..12 {
        let text = planted(&mut Rng::new(seed), 60, 20).text;
        let plain = model(&text);
        let assumed = model(&format!("{text}assume process.uid >= 1000\n"));
        let safe = |model: &Model| -> Vec<About> {
            let found = findings(model, &Budget::default());
            found.list.iter().filter(|f| is_safe(f)).map(|f| f.about).collect()
        };
        let (plain, assumed) = (safe(&plain), safe(&assumed));
        assert!(assumed.iter().all(|about| plain.contains(about)), "seed {seed}: {assumed:?} {plain:?}");
        fixed += assumed.len();
    }
    assert!(fixed >= 12, "{fixed}");
}
