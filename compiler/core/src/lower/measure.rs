//! What tables cost and tell apart, clause by clause: what `warmorc inspect` says of a whole image, for an author who looks at one rule.

use super::classifier::{Class, Flavour, classified};
use super::form::{Axes, Axis, AxisId, Form, Former, Pred, TestId, join};
use super::pattern::Direction;
use super::{LowerError, Lowered};
use crate::model::{Cond, FactRef, Model, Rule, RuleId};
use std::collections::{BTreeMap, BTreeSet};
use warmor_policy::image::{classifier, header, node};
use warmor_policy::schema::ACTION_COUNT;

/// What one decision costs at worst.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Diagrams that are walked, selectors among them.
    pub diagrams: usize,
    /// Automata that are run over texts of the event.
    pub automata: usize,
}

/// The classes of one fact, as far as the texts of the rules tell it apart in one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classes {
    /// The fact.
    pub fact: FactRef,
    /// How it is told apart.
    pub by: Told,
    /// In how many classes the rule's object is.
    pub matched: usize,
    /// How many there are, "none of them" included.
    pub all: usize,
}

/// By what a fact is told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Told {
    /// By its value.
    Value,
    /// By what the text begins with.
    Front,
    /// By what the text ends with.
    Back,
    /// By what is somewhere in the text.
    Inside,
    /// By the number of slashes in the text.
    Depth,
}

/// The worst case of a decision about each action, by the action's code: at most what the manifest says of the image.
pub fn costs(lowered: &Lowered) -> [Cost; ACTION_COUNT] {
    let words = lowered.image.words();
    let mut costs = [Cost::default(); ACTION_COUNT];
    let mut known: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for selector in list(words, header::SELECTORS, header::SELECTOR_COUNT) {
        let mut run = BTreeSet::new();
        let mut ends = BTreeSet::new();
        walk(words, *selector, &mut run, &mut ends);
        for (action, cost) in costs.iter_mut().enumerate() {
            let mut worst = Cost::default();
            for end in &ends {
                let roots = roots(words, *end, action);
                let mut automata = BTreeSet::new();
                for root in roots {
                    let own = known.entry(*root).or_insert_with(|| {
                        let mut own = BTreeSet::new();
                        walk(words, *root, &mut own, &mut BTreeSet::new());
                        own
                    });
                    automata.extend(own.iter().copied());
                }
                worst.diagrams = worst.diagrams.max(roots.len());
                worst.automata = worst.automata.max(automata.len());
            }
            cost.diagrams += 1 + worst.diagrams;
            cost.automata += run.len() + worst.automata;
        }
    }
    costs
}

/// A list of the image whose place and length its header has.
fn list(words: &[u32], at: usize, count: usize) -> &[u32] {
    let (at, count) = (words[at] as usize, words[count] as usize);
    words.get(at..at + count).unwrap_or_default()
}

/// The diagrams of an action where a selector ends.
fn roots(words: &[u32], end: u32, action: usize) -> &[u32] {
    match words[end as usize + 1 + action] as usize {
        0 => &[],
        at => words.get(at + 1..at + 1 + words[at] as usize).unwrap_or_default(),
    }
}

/// The automata that a walk from a root may run, and the ends of selectors that it may come to.
fn walk(words: &[u32], root: u32, automata: &mut BTreeSet<u32>, ends: &mut BTreeSet<u32>) {
    let mut seen = BTreeSet::new();
    let mut open = vec![root];
    while let Some(at) = open.pop() {
        if !seen.insert(at) {
            continue;
        }
        let at = at as usize;
        match words[at] & 0xff {
            kind @ (node::TEST | node::HITS) => {
                let test = words[at + 1] as usize;
                match words[test] {
                    classifier::TEXT | classifier::TEXT_REVERSED => automata.extend([test as u32]),
                    classifier::KEY => automata.extend([words[test + 3]]),
                    classifier::ANY | classifier::ALL => automata.extend([words[test + 1]]),
                    classifier::ANCESTOR => open.push(words[test + 1]),
                    _ => {}
                }
                if kind == node::TEST {
                    open.extend(&words[at + 3..at + 3 + words[at + 2] as usize]);
                }
            }
            node::SCOPES => ends.extend([at as u32]),
            _ => {}
        }
    }
}

/// Into how many classes the objects of all rules about a rule's actions put what the rule's object looks at, and in how many of them it
/// holds. Empty for a rule about everything; `None` where tables cannot say it within their budget.
pub fn classes(model: &Model, id: RuleId) -> Option<Vec<Classes>> {
    let rule = model.rules.get(id.0 as usize)?;
    let mut former = Former::new(model);
    let own = object(&mut former, rule).ok()?;
    let mut wanted: BTreeMap<AxisId, (Vec<Pred>, BTreeSet<TestId>)> = BTreeMap::new();
    each(&own, &mut |axis, pred| {
        let (preds, tests) = wanted.entry(axis).or_default();
        preds.push(pred.clone());
        pred.tests(&mut |test| {
            tests.insert(test);
        });
    });
    let shares = |other: &&Rule| other.actions.iter().any(|a| rule.actions.contains(a));
    for other in model.rules.iter().filter(shares) {
        let Ok(form) = object(&mut former, other) else { continue };
        each(&form, &mut |axis, pred| {
            if let Some((_, tests)) = wanted.get_mut(&axis) {
                pred.tests(&mut |test| {
                    tests.insert(test);
                });
            }
        });
    }
    let mut out = Vec::new();
    for (axis, (preds, tests)) in wanted {
        let tests: Vec<TestId> = tests.into_iter().collect();
        out.extend(count(&former.axes, axis, &preds, tests)?);
    }
    Some(out)
}

/// The texts that a rule's conditions have to be read from an end of, or searched: each takes an automaton of its own. `None` where tables
/// cannot say the rule.
pub fn readings(model: &Model, id: RuleId) -> Option<Vec<(FactRef, Told)>> {
    let rule = model.rules.get(id.0 as usize)?;
    let mut former = Former::new(model);
    let form = former.form(&rule.cond()).ok()?;
    let mut axes = BTreeSet::new();
    each(&form, &mut |axis, _| {
        axes.insert(axis);
    });
    let text = |axis: AxisId| match former.axes.axis(axis) {
        Axis::Text { fact, direction } => Some((fact.clone(), told(*direction))),
        _ => None,
    };
    Some(axes.into_iter().filter_map(text).collect())
}

const fn told(direction: Direction) -> Told {
    match direction {
        Direction::Forward => Told::Front,
        Direction::Backward => Told::Back,
        Direction::Floating => Told::Inside,
    }
}

/// What a rule is about, without its `where`.
fn object(former: &mut Former<'_>, rule: &Rule) -> Result<Form, LowerError> {
    let object = former.form(&rule.object)?;
    let except = Cond::not(Cond::any(rule.except.clone(), rule.span), rule.span);
    Ok(join(vec![object, former.form(&except)?], true))
}

fn each(form: &Form, found: &mut impl FnMut(AxisId, &Pred)) {
    match form {
        Form::Const(_) | Form::Unknown => {}
        Form::On(axis, pred) => found(*axis, pred),
        Form::All(parts) | Form::Any(parts) => parts.iter().for_each(|part| each(part, found)),
    }
}

fn count(axes: &Axes, axis: AxisId, preds: &[Pred], tests: Vec<TestId>) -> Option<Option<Classes>> {
    let Some(fact) = axes.axis(axis).fact().cloned() else { return Some(None) };
    let by = match axes.axis(axis) {
        Axis::Text { direction, .. } => told(*direction),
        Axis::Depth { .. } => Told::Depth,
        _ => Told::Value,
    };
    let classified = classified(axes, axis, tests, Flavour::Value).ok()?;
    let (mut matched, mut all) = (0, 0);
    for class in &classified.classes {
        let Class::Known { yes, .. } = class else { continue };
        all += 1;
        let members = classified.sets.members(*yes);
        let holds =
            |test: TestId, negated: bool| members.binary_search(&classified.index(test)).is_ok() != negated;
        matched += usize::from(preds.iter().any(|pred| pred.eval(&holds)));
    }
    Some(Some(Classes { fact, by, matched, all }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Options, check};
    use crate::lower::{Part, lower};
    use crate::resolve::Sources;
    use warmor_policy::schema::Action;

    fn model(text: &str) -> Model {
        check(&Sources::single("a.warmor", text), &Options::default()).into_model().unwrap()
    }

    #[test]
    fn an_action_costs_what_its_own_clauses_need() {
        let model = model(
            "policy p for any { mode prevent deny read /etc/**, /**/x/*.key deny connect to 10.0.0.0/8 }",
        );
        let lowered = lower(&model, Part::Whole).unwrap();
        let costs = costs(&lowered);
        let of = |action: Action| costs[action as usize];
        // Paths from the front, and paths with something in their middle: an automaton each.
        assert_eq!(of(Action::Read), Cost { diagrams: 3, automata: 2 });
        assert_eq!(of(Action::Connect), Cost { diagrams: 2, automata: 0 });
        assert_eq!(of(Action::Bpf), Cost { diagrams: 1, automata: 0 });
        let worst = costs.iter().map(|c| c.diagrams).max();
        assert!(worst <= Some(lowered.worst_walks));
        assert!(costs.iter().all(|c| c.automata <= lowered.stats.automata));
    }

    #[test]
    fn classes_are_told_apart_by_all_rules_about_an_action() {
        let model = model(
            "policy p for any { mode prevent deny read /etc/** deny read /etc/shadow, /srv/a deny write /x
               deny connect to 10.0.0.0/8 deny bpf }",
        );
        let of = |rule: u32| classes(&model, RuleId(rule)).unwrap();
        let counts = |rule| of(rule).iter().map(|c| (c.by, c.matched, c.all)).collect::<Vec<_>>();
        // Below /etc, /etc/shadow, /srv/a, and everything else.
        assert_eq!(counts(0), [(Told::Front, 2, 4)]);
        assert_eq!(counts(1), [(Told::Front, 2, 4)]);
        assert_eq!(counts(2), [(Told::Front, 1, 2)]);
        assert_eq!(counts(3), [(Told::Value, 1, 2)]);
        assert_eq!(counts(4), []);
    }

    #[test]
    fn a_text_is_read_once_for_each_end_that_tells_it() {
        let model = model(
            r#"policy p for any { mode detect deny read /etc/**, /srv/** deny read /home/**/.ssh/*
               deny exec /a/**/b/**/c where process.name contains "x" deny bpf }"#,
        );
        let of = |rule| readings(&model, RuleId(rule)).unwrap().into_iter().map(|(_, told)| told);
        assert_eq!(of(0).collect::<Vec<_>>(), [Told::Front]);
        assert_eq!(of(1).collect::<Vec<_>>(), [Told::Front, Told::Back]);
        assert_eq!(of(2).collect::<Vec<_>>(), [Told::Inside, Told::Inside]);
        assert_eq!(of(3).count(), 0);
    }
}
