//! What `difference` says of two programs, against the reference evaluator on many events, and against Z3.
//!
//! Every event that fares differently must be in a group, by state, clauses and action; every example must show what its group says;
//! and where there is no group, the programs must be equivalent.

use warmor_compiler::check::{Options, check};
use warmor_compiler::difference::{
    Ask, Change, Detecting, Difference, Effect as Matters, Group, Owner, Side, State, difference,
};
use warmor_compiler::encode::{Answer, Formula, fit};
use warmor_compiler::evaluate::{Muted, Truth, applies, applying, decide, holds};
use warmor_compiler::model::{
    ActionSet, ClauseRef, Cond, Mode, Model, OnUnknown, PolicyId, Rule, RuleEffect, RuleId,
};
use warmor_compiler::prove;
use warmor_compiler::resolve::Sources;
use warmor_compiler::span::Span;
use warmor_policy::event::Event;
use warmor_policy::schema::Action;
use warmor_policy::verdict::{Effect, Responses, Severity};
use warmor_tests::rng::Rng;
use warmor_tests::{classes, generate};
use warmor_z3::Budget;

/// Combinations of classes, and random events, on which a pair of programs is compared.
const COMBINATIONS: usize = 400;
const RANDOM: usize = 200;

fn events(models: [&Model; 2], rng: &mut Rng) -> Vec<Event> {
    let mut out: Vec<Event> = Vec::new();
    for model in models {
        out.extend(classes::some(model, COMBINATIONS, rng));
    }
    out.extend((0..RANDOM).map(|_| generate::event(rng)));
    out.iter_mut().for_each(fit);
    out
}

/// What one program makes of an event.
struct Seen {
    state: State,
    responses: Responses,
    audit: bool,
    applying: Vec<ClauseRef>,
}

fn see(model: &Model, event: &Event) -> Seen {
    let decision = decide(model, event, &Muted::none());
    let state = match (decision.enforced, decision.reported) {
        (Effect::Deny, _) => State::Enforced,
        (_, Effect::Deny) => State::Reported,
        _ => State::Allowed,
    };
    let applying = applying(model, event);
    Seen { state, responses: decision.responses, audit: decision.audit, applying }
}

/// The clause that settles an event over the policies that prevent, or over all.
fn settles(model: &Model, seen: &Seen, prevents: bool) -> Option<ClauseRef> {
    let counts = |p: PolicyId| !prevents || model.policy(p).mode == Mode::Prevent;
    let rule = |effect| {
        let fits = |c: &&ClauseRef| match c {
            ClauseRef::Rule(id) => model.rule(*id).effect == effect && counts(model.rule(*id).policy),
            _ => false,
        };
        seen.applying.iter().find(fits)
    };
    let posture = || seen.applying.iter().find(|c| matches!(c, ClauseRef::Default(p) if counts(*p)));
    rule(RuleEffect::Deny).or_else(|| rule(RuleEffect::Allow)).or_else(posture).copied()
}

fn severity(model: &Model, clause: Option<ClauseRef>) -> Option<Severity> {
    clause.map(|c| match c {
        ClauseRef::Rule(id) => model.rule(id).severity,
        ClauseRef::Default(id) => model.policy(id).severity,
        ClauseRef::Detection(index) => model.detections[index as usize].severity,
    })
}

/// The clause by which a group is to name what a program makes of the event.
fn by(model: &Model, seen: &Seen, enforces: bool) -> Option<ClauseRef> {
    let prevents = seen.state == State::Enforced || (seen.state == State::Allowed && enforces);
    settles(model, seen, prevents)
}

fn is_of(side: &Side, model: &Model, seen: &Seen, enforces: bool) -> bool {
    let clause = by(model, seen, enforces);
    let denied = seen.state != State::Allowed;
    let opened = (seen.state == State::Reported && enforces).then(|| settles(model, seen, true)).flatten();
    side.state == seen.state
        && side.clause == clause
        && side.severity == severity(model, clause).filter(|_| denied)
        && side.opened_by == opened
}

#[derive(Default, Debug)]
struct Tally {
    pairs: usize,
    alike: usize,
    groups: usize,
    open: usize,
    /// Events that fared differently.
    different: usize,
    idle_edits: usize,
}

fn has(group: &Group, action: Action) -> bool {
    group.examples.iter().any(|e| e.action == action)
}

/// That nothing was overlooked on one event.
fn covered(old: &Model, new: &Model, d: &Difference, event: &Event, tally: &mut Tally) -> Result<(), String> {
    let (before, after) = (see(old, event), see(new, event));
    let enforces = before.state == State::Enforced || after.state == State::Enforced;
    let level = |model: &Model, seen: &Seen| {
        severity(model, by(model, seen, enforces)).filter(|_| seen.state != State::Allowed)
    };
    let action = event.action;
    let open = d.open.iter().any(|(_, a, _)| *a == action);
    if (before.state, level(old, &before)) != (after.state, level(new, &after)) {
        tally.different += 1;
        let fits = |g: &Group| match &g.change {
            Change::Verdict { old: o, new: n } => {
                is_of(o, old, &before, enforces) && is_of(n, new, &after, enforces) && has(g, action)
            }
            _ => false,
        };
        if !open && !d.groups.iter().any(fits) {
            return Err(format!("{:?} became {:?}, and no group says so", before.state, after.state));
        }
    }
    let asked = |lost: bool, ask: &dyn Fn(&Ask) -> bool, what: &str| {
        let (model, seen) = if lost { (old, &before) } else { (new, &after) };
        let fits = |g: &Group| match &g.change {
            Change::Asked { edit, items, gained } => {
                let clause = if lost { edit.before() } else { edit.after() };
                *gained != lost
                    && has(g, action)
                    && items.iter().any(ask)
                    && clause.is_some_and(|c| applies(model, c, event) && seen.applying.contains(&c))
            }
            _ => false,
        };
        let found = open || d.groups.iter().any(fits);
        if found { Ok(()) } else { Err(format!("{what} is asked for in one program only (lost: {lost})")) }
    };
    for (lost, from, to, comparable) in [
        (true, &before, &after, after.state >= before.state),
        (false, &after, &before, before.state >= after.state),
    ] {
        if !comparable {
            continue;
        }
        for word in Responses(from.responses.0 & !to.responses.0).names() {
            asked(lost, &|ask| *ask == Ask::Response(word), word)?;
        }
        if from.audit && !to.audit {
            asked(lost, &|ask| matches!(ask, Ask::Record(_)), "a record")?;
        }
    }
    for (edit, _) in &d.edits {
        let detection = |c: Option<ClauseRef>| c.filter(|c| matches!(c, ClauseRef::Detection(_)));
        let (was, is) = (detection(edit.before()), detection(edit.after()));
        let fires = |model, c: Option<ClauseRef>| c.is_some_and(|c| applies(model, c, event));
        let how = match (fires(old, was), fires(new, is)) {
            (true, false) => Detecting::Stops,
            (false, true) => Detecting::Starts,
            _ => continue,
        };
        let fits = |g: &Group| g.change == (Change::Detection { edit: *edit, how }) && has(g, action);
        if !open && !d.groups.iter().any(fits) {
            return Err(format!("a detection {how:?} to fire, and no group says so"));
        }
    }
    Ok(())
}

/// That every example shows what its group says.
fn shown(old: &Model, new: &Model, d: &Difference) -> Result<(), String> {
    for group in &d.groups {
        if group.examples.is_empty() {
            return Err(format!("there is no example: {group:?}"));
        }
        let owner = group.owner(&d.edits).map(|owner| match owner {
            Owner::Old(clause) => (old, old.scope(clause)),
            Owner::New(clause) => (new, new.scope(clause)),
        });
        for concerned in &group.subjects {
            let subject =
                owner.and_then(|(m, scope)| Some((m, scope.subjects.as_ref()?.get(concerned.place)?)));
            let is_in = |e: &Event| subject.is_some_and(|(m, s)| holds(m, s, e) == Truth::True);
            if concerned.event.as_ref().is_some_and(|e| !is_in(e)) {
                return Err(format!("an event is of another subject: {group:?}"));
            }
        }
        let own = group.subjects.iter().filter_map(|s| s.event.as_ref());
        for (action, event) in
            group.examples.iter().map(|e| (e.action, &e.event)).chain(own.map(|e| (e.action, e)))
        {
            let mut fitted = event.clone();
            fit(&mut fitted);
            let (before, after) = (see(old, event), see(new, event));
            let enforces = before.state == State::Enforced || after.state == State::Enforced;
            let right = match &group.change {
                Change::Verdict { old: o, new: n } => {
                    is_of(o, old, &before, enforces)
                        && is_of(n, new, &after, enforces)
                        && (o.state, o.severity) != (n.state, n.severity)
                }
                Change::Asked { edit, gained, .. } => {
                    let (seen, clause) =
                        if *gained { (&after, edit.after()) } else { (&before, edit.before()) };
                    clause.is_some_and(|c| seen.applying.contains(&c))
                }
                Change::Detection { edit, how } => {
                    let fires =
                        |seen: &Seen, c: Option<ClauseRef>| c.is_some_and(|c| seen.applying.contains(&c));
                    (fires(&before, edit.before()), fires(&after, edit.after()))
                        == match how {
                            Detecting::Starts => (false, true),
                            Detecting::Stops => (true, false),
                            Detecting::Severity(..) => (true, true),
                        }
                }
            };
            if !right || fitted != *event || event.action != action {
                return Err(format!("the example does not show it: {group:?}"));
            }
        }
    }
    Ok(())
}

fn compare(seed: u64, old: &Model, new: &Model, rng: &mut Rng, tally: &mut Tally) -> Difference {
    let d = difference(old, new, prove::Budget::default());
    tally.pairs += 1;
    tally.alike += usize::from(d.is_none());
    tally.groups += d.groups.len();
    tally.open += usize::from(!d.open.is_empty());
    tally.idle_edits += d.edits.iter().filter(|(_, e)| *e == Matters::None).count();
    let mut check = || {
        shown(old, new, &d)?;
        events([old, new], rng)
            .iter()
            .try_for_each(|e| covered(old, new, &d, e, tally).map_err(|why| format!("{why}\n{e:?}")))
    };
    if let Err(why) = check() {
        panic!("seed {seed}: {why}\n{d:#?}\n---- old\n{old:#?}\n---- new\n{new:#?}");
    }
    d
}

/// One change of the kind that people make.
fn edited(model: &Model, rng: &mut Rng) -> Model {
    let mut new = model.clone();
    if new.rules.is_empty() {
        return new;
    }
    let at = rng.below(new.rules.len());
    let other: Rule = rng.pick(&model.rules).clone();
    let policy = rng.below(new.policies.len());
    let rule = &mut new.rules[at];
    match rng.below(16) {
        0 | 1 => {
            new.rules.remove(at);
        }
        2 | 3 => {
            let label = format!("new{at}");
            let policy = PolicyId(policy as u32);
            let actions = rule.actions;
            new.rules.push(Rule { label, policy, actions, condition: None, ..other });
        }
        4 => rule.object = other.object,
        5 => rule.condition = other.condition,
        6 => rule.except = other.except,
        7 => rule.actions = other.actions,
        8 => rule.severity = other.severity,
        9 => rule.responses = other.responses,
        10 => {
            rule.effect = if rule.effect == RuleEffect::Deny { RuleEffect::Allow } else { RuleEffect::Deny }
        }
        11 => {
            let policy = &mut new.policies[policy];
            policy.mode = if policy.mode == Mode::Prevent { Mode::Detect } else { Mode::Prevent };
        }
        12 => {
            let policy = &mut new.policies[policy];
            policy.unknown =
                if policy.unknown == OnUnknown::Deny { OnUnknown::Allow } else { OnUnknown::Deny };
        }
        13 => {
            let all = new.policies[policy].default_deny;
            new.policies[policy].default_deny = all.iter().skip(1).collect::<ActionSet>();
        }
        14 => {
            let scope = new.policies[rng.below(new.policies.len())].scope.clone();
            new.policies[policy].scope = scope;
        }
        _ => {
            if let Some(detection) = new.detections.first_mut() {
                detection.severity = other.severity;
                detection.responses = other.responses;
            }
            new.detections.truncate(1);
        }
    }
    new
}

/// The same program, written differently.
fn rewritten(model: &Model, rng: &mut Rng) -> Model {
    let mut new = model.clone();
    for i in (1..new.rules.len()).rev() {
        new.rules.swap(i, rng.below(i + 1));
    }
    for (i, rule) in new.rules.iter_mut().enumerate() {
        rule.label = format!("other{i}");
        rule.span = Span { start: 7, ..rule.span };
        // `x` is `x or (x and y)` is `not not x`.
        let object = rule.object.clone();
        let also = rule.condition.clone().unwrap_or_else(|| object.clone());
        let span = rule.span;
        rule.object = match rng.below(3) {
            0 => Cond::any(vec![object.clone(), Cond::all(vec![object, also], span)], span),
            1 => Cond::not(Cond::not(object, span), span),
            _ => Cond::all(vec![object.clone(), object], span),
        };
    }
    for policy in &mut new.policies {
        policy.name.push('x');
    }
    for detection in &mut new.detections {
        detection.name.push('x');
    }
    new
}

#[test]
fn nothing_that_differs_is_overlooked() {
    let mut tally = Tally::default();
    for seed in 0..300 {
        let mut rng = Rng::new(seed);
        let old = generate::model(&mut rng, 3);
        let new = edited(&old, &mut rng);
        compare(seed, &old, &new, &mut rng, &mut tally);
    }
    for seed in 0..40 {
        let mut rng = Rng::new(seed + 1000);
        let (old, new) = (generate::model(&mut rng, 2), generate::model(&mut rng, 2));
        compare(seed + 1000, &old, &new, &mut rng, &mut tally);
    }
    eprintln!("{tally:?}");
    assert!(
        tally.groups > 300 && tally.different > 1_000 && tally.alike > 20 && tally.idle_edits > 20,
        "{tally:?}"
    );
    // Values that compare as they should are only tried, and these programs compare facts all the time.
    assert!(tally.open * 10 < tally.pairs, "{tally:?}");
}

#[test]
fn a_program_written_differently_is_proved_to_be_the_same() {
    let mut open = 0;
    for seed in 0..100 {
        let mut rng = Rng::new(seed);
        let old = generate::model(&mut rng, 4);
        let new = rewritten(&old, &mut rng);
        let d = difference(&old, &new, prove::Budget::default());
        assert!(d.groups.is_empty() && d.settings.is_empty(), "seed {seed}: {d:#?}");
        open += usize::from(!d.open.is_empty());
        let same = difference(&old, &old.clone(), prove::Budget::default());
        assert!(same.is_none() && same.edits.is_empty(), "seed {seed}: {same:#?}");
    }
    assert!(open < 5, "{open} pairs are open");
}

#[test]
fn z3_agrees_on_what_is_equivalent() {
    let (mut alike, mut different) = (0, 0);
    for seed in 0..150 {
        let mut rng = Rng::new(seed + 5000);
        let old = generate::model(&mut rng, 2);
        let new = edited(&old, &mut rng);
        let d = difference(&old, &new, prove::Budget::default());
        if !d.open.is_empty() {
            continue;
        }
        let verdicts = d.groups.iter().any(|g| match &g.change {
            Change::Verdict { old, new } => old.state != new.state,
            _ => false,
        });
        match warmor_z3::prove(Formula::equivalent(&old, &new), &Budget::default()) {
            Answer::Proved => {
                assert!(!verdicts, "seed {seed}: Z3 proves that they are equivalent\n{d:#?}");
                alike += 1;
            }
            Answer::Refuted(witness) => {
                assert!(verdicts, "seed {seed}: Z3 finds a difference\n{witness:?}\n{d:#?}");
                different += 1;
            }
            Answer::Inconclusive(_) => {}
        }
    }
    assert!(alike > 20 && different > 20, "{alike} alike, {different} different");
}

/// A rule that nothing needs can go, and that is said of it.
#[test]
fn an_edit_without_effect_is_named() {
    let old = generate::model(&mut Rng::new(3), 3);
    let mut new = old.clone();
    let again = new.rules[0].clone();
    new.rules.push(Rule { label: "again".to_owned(), condition: Some(again.object.clone()), ..again });
    let d = difference(&old, &new, prove::Budget::default());
    assert!(d.is_none(), "{d:#?}");
    let added = ClauseRef::Rule(RuleId(old.rules.len() as u32));
    assert!(
        d.edits.iter().any(|(e, matters)| e.after() == Some(added) && *matters == Matters::None),
        "{d:#?}"
    );
}

#[test]
fn a_group_names_the_subjects_that_have_such_events() {
    let model = |rule: &str| {
        let text = format!(
            "subject a = process.exe in [/bin/a]\nsubject b = process.exe in [/bin/b]\n\
             subject c = process.exe in [/bin/c]\n\
             policy p for a, b, c {{ mode prevent x: deny exec /x {rule} }}\n\
             policy q for b {{ mode prevent deny read /etc/* }}\n"
        );
        check(&Sources::single("a.warmor", &text), &Options::default()).into_model().expect("it checks")
    };
    let (old, new) = (model("y: deny read /etc/shadow"), model(""));
    let d = difference(&old, &new, prove::Budget::default());
    let [group] = d.groups.as_slice() else { panic!("{d:#?}") };
    assert!(matches!(group.owner(&d.edits), Some(Owner::Old(_))), "{group:#?}");
    // What `b` is denied by its own policy it does not lose.
    let places: Vec<usize> = group.subjects.iter().map(|s| s.place).collect();
    assert_eq!(places, [0, 2], "{group:#?}");
    shown(&old, &new, &d).unwrap();
}
