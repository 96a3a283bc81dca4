//! A compiler that is wrong: each way to be wrong that is listed here, tried on random policies, on some where it makes a
//! difference that an event shows.

use crate::generate;
use crate::rng::Rng;
use warmor_compiler::evaluate::{self, Muted};
use warmor_compiler::lower::{Part, lower};
use warmor_compiler::model::{
    Atom, Compare, Cond, CondKind, Mode, Model, OnUnknown, Pattern, RuleEffect, TextTest,
};
use warmor_policy::event::{Address, Event, Source, encode};
use warmor_policy::image::{Image, STATES_END, Scratch, classifier, header, leaf, node};
use warmor_policy::schema::Action;
use warmor_policy::verdict::{Responses, Severity};

/// Mutants of one kind, where random policies have as many.
const ENOUGH: usize = 3;
const SEEDS: u64 = 400;
/// How many of the seeds a wrong model is tried on.
const MODEL_SEEDS: usize = 120;
const EVENTS: usize = 300;

/// What a wrong compiler makes of a model.
pub struct Mutant {
    /// In which way it is wrong.
    pub kind: &'static str,
    /// The seed of the model.
    pub seed: u64,
    /// The model.
    pub model: Model,
    /// The image of [`Part::Whole`] that does not mean what the model means.
    pub image: Image,
}

/// All ways to be wrong.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    OF_MODELS.iter().map(|(name, _)| *name).chain(OF_IMAGES.iter().map(|(name, _)| *name))
}

/// Changes the model as a wrong pass before lowering would; false when there is nothing to change.
type OfModel = fn(&mut Model) -> bool;

/// Changes a condition; false when it is not of the kind.
type OfCond = fn(&mut Cond) -> bool;

/// Changes the words of an image as a wrong lowering would; false when there is nothing to change.
type OfImage = fn(&mut Vec<u32>, &mut Rng) -> bool;

const OF_MODELS: &[(&str, OfModel)] = &[
    ("an exception of a rule is dropped", |m| m.rules.iter_mut().any(|r| r.except.pop().is_some())),
    ("a rule's `where` is dropped", |m| m.rules.iter_mut().any(|r| r.condition.take().is_some())),
    ("a denial becomes an allow", |m| effect(m, RuleEffect::Deny, RuleEffect::Allow)),
    ("an allow becomes a denial", |m| effect(m, RuleEffect::Allow, RuleEffect::Deny)),
    ("a denial becomes a record", |m| effect(m, RuleEffect::Deny, RuleEffect::Audit)),
    ("a rule loses an action", |m| {
        m.rules.iter_mut().any(|r| {
            let all: Vec<Action> = r.actions.iter().collect();
            r.actions = all.iter().skip(1).copied().collect();
            !all.is_empty()
        })
    }),
    ("a rule gains an action", |m| {
        m.rules.iter_mut().any(|r| {
            let missing = Action::all().find(|a| !r.actions.contains(*a));
            if let Some(action) = missing {
                r.actions.insert(action);
            }
            missing.is_some()
        })
    }),
    ("the objects of two rules are swapped", |m| {
        let [first, .., last] = m.rules.as_mut_slice() else { return false };
        std::mem::swap(&mut first.object, &mut last.object);
        true
    }),
    ("a policy takes the unknown the other way", |m| {
        m.policies.first_mut().is_some_and(|p| {
            p.unknown = if p.unknown == OnUnknown::Deny { OnUnknown::Allow } else { OnUnknown::Deny };
            true
        })
    }),
    ("a policy that prevents only detects", |m| mode(m, Mode::Prevent, Mode::Detect)),
    ("a policy that detects prevents", |m| mode(m, Mode::Detect, Mode::Prevent)),
    ("a posture loses an action", |m| {
        m.policies.iter_mut().any(|p| {
            let all: Vec<Action> = p.default_deny.iter().collect();
            p.default_deny = all.iter().skip(1).copied().collect();
            all.len() > 1
        })
    }),
    ("a posture gains an action", |m| {
        m.policies.iter_mut().any(|p| {
            let missing = Action::all().find(|a| !p.default_deny.contains(*a));
            missing.filter(|_| !p.default_deny.is_empty()).is_some_and(|a| {
                p.default_deny.insert(a);
                true
            })
        })
    }),
    ("an exception of a policy's scope is dropped", |m| {
        m.policies.iter_mut().any(|p| p.scope.except.pop().is_some())
    }),
    ("a subject of a policy's scope is dropped", |m| {
        m.policies
            .iter_mut()
            .any(|p| p.scope.subjects.as_mut().is_some_and(|s| s.len() > 1 && s.pop().is_some()))
    }),
    ("a policy for some is for any", |m| m.policies.iter_mut().any(|p| p.scope.subjects.take().is_some())),
    ("a rule's severity changes", |m| {
        m.rules.first_mut().is_some_and(|r| {
            r.severity = if r.severity == Severity::Low { Severity::High } else { Severity::Low };
            true
        })
    }),
    ("a rule's responses change", |m| {
        m.rules.iter_mut().filter(|r| r.effect == RuleEffect::Deny).any(|r| {
            r.responses = Responses(r.responses.0 ^ 1);
            true
        })
    }),
    ("a detection loses its actions", |m| {
        m.detections.iter_mut().any(|d| match &mut d.pattern {
            Pattern::Single(step) => {
                let some = !step.actions.is_empty();
                step.actions = [].into_iter().collect();
                some
            }
            _ => false,
        })
    }),
    ("a number's range begins one too late", |m| in_atoms(m, |a| number(a, 1, 0))),
    ("a number's range ends one too early", |m| in_atoms(m, |a| number(a, 0, -1))),
    ("a network ends one address too late", |m| {
        in_atoms(m, |a| {
            let Atom::Address { networks, .. } = a else { return false };
            networks.iter_mut().any(|n| {
                let next = n.last.0.checked_add(1);
                if let Some(next) = next {
                    n.last = Address(next);
                }
                next.is_some()
            })
        })
    }),
    ("a whole text is taken for a beginning", |m| {
        in_tests(m, |t| match t {
            TextTest::Equals(b) => Some(TextTest::StartsWith(b.clone())),
            _ => None,
        })
    }),
    ("an end is looked for anywhere", |m| {
        in_tests(m, |t| match t {
            TextTest::EndsWith(b) => Some(TextTest::Contains(b.clone())),
            _ => None,
        })
    }),
    ("what is looked for anywhere is looked for at the end", |m| {
        in_tests(m, |t| match t {
            TextTest::Contains(b) => Some(TextTest::EndsWith(b.clone())),
            _ => None,
        })
    }),
    ("a beginning loses its last byte", |m| {
        in_tests(m, |t| match t {
            TextTest::StartsWith(b) if !b.is_empty() => Some(TextTest::StartsWith(b[..b.len() - 1].to_vec())),
            _ => None,
        })
    }),
    ("a glob is taken for the text it is written as", |m| {
        in_tests(m, |t| match t {
            TextTest::Glob(g) => Some(TextTest::Equals(g.text().as_bytes().to_vec())),
            _ => None,
        })
    }),
    ("a mask of flags loses a bit", |m| {
        in_atoms(m, |a| {
            let Atom::Flags { mask, .. } = a else { return false };
            *mask &= mask.wrapping_sub(1);
            true
        })
    }),
    ("a comparison lets equals through", |m| {
        in_atoms(m, |a| {
            let Atom::Relation { compare, .. } = a else { return false };
            *compare = if *compare == Compare::Less { Compare::LessEqual } else { Compare::Less };
            true
        })
    }),
    ("a comparison adds one too many", |m| {
        in_atoms(m, |a| {
            let Atom::Relation { offset, .. } = a else { return false };
            *offset = offset.wrapping_add(1);
            true
        })
    }),
    ("one element of a list is asked of all", |m| {
        in_conds(m, |c| {
            let CondKind::Atom(Atom::ListAny { fact, element }) = &c.kind else { return false };
            c.kind = CondKind::Atom(Atom::ListAll { fact: fact.clone(), element: element.clone() });
            true
        })
    }),
    ("a negation is dropped", |m| {
        in_conds(m, |c| {
            let CondKind::Not(inner) = &c.kind else { return false };
            *c = (**inner).clone();
            true
        })
    }),
    ("`and` becomes `or`", |m| {
        in_conds(m, |c| {
            let CondKind::All(parts) = &c.kind else { return false };
            c.kind = CondKind::Any(parts.clone());
            true
        })
    }),
    ("`or` becomes `and`", |m| {
        in_conds(m, |c| {
            let CondKind::Any(parts) = &c.kind else { return false };
            c.kind = CondKind::All(parts.clone());
            true
        })
    }),
    ("ancestors are left out", |m| {
        in_conds(m, |c| {
            let CondKind::Atom(Atom::Ancestor { .. }) = &c.kind else { return false };
            c.kind = CondKind::Const(false);
            true
        })
    }),
    ("a fact of the parent is read from the process", |m| {
        in_atoms(m, |a| {
            let (Atom::Text { fact, .. } | Atom::Number { fact, .. } | Atom::Present { fact }) = a else {
                return false;
            };
            let parent = fact.source == Source::Parent;
            if parent {
                fact.source = Source::Process;
            }
            parent
        })
    }),
    ("another subject is asked for", |m| {
        let subjects = m.subjects.len() as u32;
        subjects > 1
            && m.policies.iter_mut().any(|p| {
                let scopes = p.scope.subjects.iter_mut().flatten();
                let mut members = scopes.filter_map(|c| match &mut c.kind {
                    CondKind::Atom(Atom::Member { subject, .. }) => Some(subject),
                    _ => None,
                });
                members.next().is_some_and(|s| {
                    s.0 = (s.0 + 1) % subjects;
                    true
                })
            })
    }),
];

const OF_IMAGES: &[(&str, OfImage)] = &[
    ("two children of a test are swapped", |words, rng| {
        let at = some(rng, &nodes(words, node::TEST));
        at.is_some_and(|at| {
            let count = words[at + 2] as usize;
            words.swap(at + 3 + rng.below(count), at + 3 + rng.below(count));
            true
        })
    }),
    ("a class leads to its neighbour's child", |words, rng| {
        let at = some(rng, &nodes(words, node::TEST));
        at.is_some_and(|at| {
            let child = rng.below(words[at + 2] as usize - 1);
            words[at + 3 + child] = words[at + 4 + child];
            true
        })
    }),
    ("a test asks for another fact", |words, rng| {
        let at = some(rng, &nodes(words, node::TEST));
        at.is_some_and(|at| {
            words[at] ^= 1 << 16;
            true
        })
    }),
    ("a bound of numbers is off by one", |words, rng| {
        let of_numbers = |at: &usize| words[words[*at + 1] as usize] == classifier::NUMBER;
        let tests: Vec<usize> = nodes(words, node::TEST).into_iter().filter(of_numbers).collect();
        some(rng, &tests).is_some_and(|at| {
            let classifier = words[at + 1] as usize;
            let bound = words[classifier + 2] as usize + 2 * rng.below(words[classifier + 1].max(1) as usize);
            words[bound] = words[bound].wrapping_add(1);
            true
        })
    }),
    ("a leaf holds the clauses of another", |words, rng| {
        let (at, count) = (words[header::LEAVES] as usize, words[header::LEAF_COUNT] as usize);
        if count == 0 {
            return false;
        }
        let (from, to) = (words[at + rng.below(count)] as usize, words[at + rng.below(count)] as usize);
        let other: Vec<u32> = words[from + 1..from + leaf::LEN].to_vec();
        words[to + 1..to + leaf::LEN].copy_from_slice(&other);
        true
    }),
    ("a state, a transition or a string is changed", |words, rng| {
        let first = words[header::STATES] as usize;
        let count = words.len() - STATES_END - first;
        if count == 0 {
            return false;
        }
        let at = first + rng.below(count);
        words[at] ^= 1 << rng.below(24);
        true
    }),
    ("a selector is left out", |words, _| {
        words[header::SELECTOR_COUNT] -= 1;
        true
    }),
];

fn some(rng: &mut Rng, of: &[usize]) -> Option<usize> {
    (!of.is_empty()).then(|| of[rng.below(of.len())])
}

/// All nodes of a kind below the selectors.
fn nodes(words: &[u32], kind: u32) -> Vec<usize> {
    let (at, count) = (words[header::SELECTORS] as usize, words[header::SELECTOR_COUNT] as usize);
    let mut open: Vec<u32> = words[at..at + count].to_vec();
    let mut seen = std::collections::BTreeSet::new();
    while let Some(at) = open.pop() {
        if !seen.insert(at) {
            continue;
        }
        let at = at as usize;
        match words[at] & 0xff {
            node::TEST | node::HITS => open.extend(&words[at + 3..at + 3 + words[at + 2] as usize]),
            node::SCOPES => {
                let lists = words[at + 1..=at + Action::all().count()].iter().filter(|l| **l != 0);
                for list in lists {
                    let list = *list as usize;
                    open.extend(&words[list + 1..=list + words[list] as usize]);
                }
            }
            _ => {}
        }
    }
    seen.into_iter().map(|at| at as usize).filter(|at| words[*at] & 0xff == kind).collect()
}

fn effect(model: &mut Model, from: RuleEffect, to: RuleEffect) -> bool {
    let rule = model.rules.iter_mut().find(|r| r.effect == from);
    rule.is_some_and(|r| {
        r.effect = to;
        true
    })
}

fn mode(model: &mut Model, from: Mode, to: Mode) -> bool {
    let policy = model.policies.iter_mut().find(|p| p.mode == from);
    policy.is_some_and(|p| {
        p.mode = to;
        true
    })
}

fn number(atom: &mut Atom, first: i64, last: i64) -> bool {
    let Atom::Number { first: f, last: l, .. } = atom else { return false };
    *f = f.saturating_add(first);
    *l = l.saturating_add(last);
    true
}

fn in_tests(model: &mut Model, change: fn(&TextTest) -> Option<TextTest>) -> bool {
    let mut conds = conds(model);
    conds.iter_mut().any(|c| {
        each(c, &mut |c| {
            let CondKind::Atom(Atom::Text { test, .. }) = &mut c.kind else { return false };
            change(test).is_some_and(|changed| {
                *test = changed;
                true
            })
        })
    })
}

fn in_atoms(model: &mut Model, change: fn(&mut Atom) -> bool) -> bool {
    conds(model).into_iter().any(|c| {
        each(c, &mut |c| match &mut c.kind {
            CondKind::Atom(atom) => change(atom),
            _ => false,
        })
    })
}

fn in_conds(model: &mut Model, change: OfCond) -> bool {
    conds(model).into_iter().any(|c| each(c, &mut |c| change(c)))
}

/// The conditions of rules and subjects.
fn conds(model: &mut Model) -> Vec<&mut Cond> {
    let rules = model
        .rules
        .iter_mut()
        .flat_map(|r| std::iter::once(&mut r.object).chain(&mut r.except).chain(&mut r.condition));
    rules.chain(model.subjects.iter_mut().map(|s| &mut s.cond)).collect()
}

/// Offers each part of a condition until one is changed.
fn each(cond: &mut Cond, change: &mut dyn FnMut(&mut Cond) -> bool) -> bool {
    if change(cond) {
        return true;
    }
    match &mut cond.kind {
        CondKind::Not(inner) => each(inner, change),
        CondKind::All(parts) | CondKind::Any(parts) => parts.iter_mut().any(|p| each(p, change)),
        _ => false,
    }
}

/// Whether an event shows that two models differ.
fn models_differ(a: &Model, b: &Model, events: &[Event]) -> bool {
    let says = |m: &Model, e: &Event| (evaluate::decide(m, e, &Muted::none()), evaluate::applying(m, e));
    events.iter().any(|e| says(a, e) != says(b, e))
}

fn images_differ(a: &Image, b: &Image, events: &[Event]) -> bool {
    let (mut one, mut other) = (Scratch::default(), Scratch::default());
    events.iter().any(|e| {
        let bytes = encode(e).expect("the generator makes events");
        let says = |image: &Image, scratch: &mut Scratch| {
            (
                image.decide(&bytes).expect("an event"),
                image.applying(&bytes, scratch).expect("an event").to_vec(),
            )
        };
        says(a, &mut one) != says(b, &mut other)
    })
}

fn policies() -> impl Iterator<Item = (u64, Model, Vec<Event>, Rng)> {
    (0..SEEDS).map(|seed| {
        let mut rng = Rng::new(seed);
        let model = generate::model(&mut rng, 4);
        let events = (0..EVENTS).map(|_| generate::event(&mut rng)).collect();
        (seed, model, events, rng)
    })
}

/// Images of models that a pass before lowering has changed.
pub fn of_models() -> Vec<Mutant> {
    let all: Vec<_> = policies().take(MODEL_SEEDS).collect();
    let mut out = Vec::new();
    for (kind, change) in OF_MODELS {
        let mut made = 0;
        for (seed, model, events, _) in &all {
            let mut wrong = model.clone();
            if made == ENOUGH || !change(&mut wrong) || !models_differ(model, &wrong, events) {
                continue;
            }
            let Ok(lowered) = lower(&wrong, Part::Whole) else { continue };
            out.push(Mutant { kind, seed: *seed, model: model.clone(), image: lowered.image });
            made += 1;
        }
    }
    out
}

/// Images that were changed themselves.
pub fn of_images() -> Vec<Mutant> {
    let mut out = Vec::new();
    for (kind, change) in OF_IMAGES {
        let mut made = 0;
        for (seed, model, events, mut rng) in policies() {
            if made == 4 * ENOUGH {
                break;
            }
            let Ok(lowered) = lower(&model, Part::Whole) else { continue };
            let mut words = lowered.image.words().to_vec();
            if !change(&mut words, &mut rng) {
                continue;
            }
            // What is malformed is refused when it is loaded.
            let Ok(image) = Image::load(words) else { continue };
            if images_differ(&lowered.image, &image, &events) {
                out.push(Mutant { kind, seed, model, image });
                made += 1;
            }
        }
    }
    out
}
