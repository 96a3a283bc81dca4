//! What the encoding and Z3 prove of random policies is true of every event that we can think of, what they refute the
//! reference evaluator refutes too, and the exact engine says the same.

use warmor_compiler::encode::{Answer, Cause, Formula, Witness, fit, search_exactly};
use warmor_compiler::model::{ClauseRef, Model, PolicyId};
use warmor_compiler::prove;
use warmor_policy::event::Event;
use warmor_tests::classes;
use warmor_tests::generate;
use warmor_tests::rng::Rng;
use warmor_z3::Budget;

const MODELS: u64 = 60;
/// Combinations of classes, and random events, that a proof is tried on.
const COMBINATIONS: usize = 1_000;
const RANDOM: usize = 300;

fn events(model: &Model, rng: &mut Rng) -> Vec<Event> {
    let mut out = classes::some(model, COMBINATIONS, rng);
    out.extend((0..RANDOM).map(|_| generate::event(rng)));
    out.iter_mut().for_each(fit);
    out
}

/// The model without its rule of that number.
fn without(model: &Model, rule: usize) -> Model {
    let mut less = model.clone();
    less.rules.remove(rule);
    less
}

#[derive(Default, Debug)]
struct Tally {
    proved: usize,
    refuted: usize,
    inconclusive: usize,
    /// Questions that the exact engine answered too.
    compared: usize,
    /// Questions that it could not answer.
    exact_gave_up: usize,
}

impl Tally {
    fn check(&mut self, seed: u64, formula: &Formula<'_>, events: &[Event], rng: &mut Rng) {
        let models = formula.models();
        let answer = warmor_z3::prove(formula.clone(), &Budget::default());
        match (search_exactly(&formula.clone().negated(), &prove::Budget::default()), &answer) {
            (Answer::Inconclusive(_), _) => self.exact_gave_up += 1,
            (exact, found) => {
                let proved = |answer: &Answer| *answer == Answer::Proved;
                assert_eq!(
                    proved(&exact),
                    proved(found),
                    "seed {seed}: the engines differ\n{formula:?}\n{exact:?}\n{found:?}"
                );
                self.compared += 1;
            }
        }
        match answer {
            Answer::Proved => {
                self.proved += 1;
                for event in events {
                    let mut some = || {
                        let all = |m: &&Model| (0..m.policies.len() as u32).map(PolicyId);
                        let mut choice = |m| all(m).filter(|_| rng.one_in(3)).collect();
                        models.iter().map(|m| [choice(m), choice(m)]).collect()
                    };
                    let witness = Witness { event: event.clone(), muted: some() };
                    assert!(
                        formula.holds(&witness),
                        "seed {seed}: proved, but not true\n{formula:?}\n{witness:?}"
                    );
                }
            }
            Answer::Refuted(witness) => {
                self.refuted += 1;
                let mut fitted = witness.event.clone();
                fit(&mut fitted);
                assert_eq!(fitted, witness.event, "seed {seed}: the witness is no event of the domain");
            }
            Answer::Inconclusive(Cause::Replay(witness)) => {
                panic!("seed {seed}: the reference evaluator does not agree\n{formula:?}\n{witness:?}")
            }
            Answer::Inconclusive(cause) => {
                self.inconclusive += 1;
                eprintln!("seed {seed}: {cause}");
            }
        }
    }
}

#[test]
fn what_is_proved_is_true_and_what_is_refuted_is_false() {
    let mut tally = Tally::default();
    for seed in 0..MODELS {
        let mut rng = Rng::new(seed);
        let model = generate::model(&mut rng, 3);
        let events = events(&model, &mut rng);
        let clauses = model.clauses();
        for clause in &clauses {
            let never = Formula::Applies(&model, *clause).negated();
            tally.check(seed, &never, &events, &mut rng);
            let others: Vec<ClauseRef> = clauses.iter().copied().filter(|c| c != clause).collect();
            tally.check(seed, &Formula::covered(&model, *clause, &others), &events, &mut rng);
        }
        for rule in 0..model.rules.len() {
            let less = without(&model, rule);
            tally.check(seed, &Formula::equivalent(&model, &less), &events, &mut rng);
            tally.check(seed, &Formula::stricter(&model, &less), &events, &mut rng);
        }
    }
    eprintln!("{tally:?}");
    assert!(tally.proved > 300 && tally.refuted > 300 && tally.compared > 500, "{tally:?}");
    assert_eq!(tally.inconclusive, 0, "{tally:?}");
}

#[test]
fn muting_never_denies_more() {
    for seed in 0..MODELS {
        let model = generate::model(&mut Rng::new(seed), 5);
        let answer = warmor_z3::prove(Formula::muting_shrinks(&model), &Budget::default());
        assert_eq!(answer, Answer::Proved, "seed {seed}");
    }
}
