//! Translation validation catches a compiler that is wrong, and finds an event that shows it.

use std::collections::BTreeMap;
use warmor_compiler::evaluate;
use warmor_compiler::lower::Part;
use warmor_compiler::validate::{DEFAULT_BUDGET, Invalid, validate, witness};
use warmor_policy::event::encode;
use warmor_policy::image::Scratch;
use warmor_tests::mutants::{Mutant, kinds, of_images, of_models};

/// Whether an event is found that shows what is wrong with a mutant. One that is found must show it.
fn is_shown(mutant: &Mutant, why: Invalid) -> bool {
    let Mutant { model, image, .. } = mutant;
    let Some(witness) = witness(model, image, &why) else { return matches!(why, Invalid::Table(_)) };
    let clause = model.clauses()[witness.rank as usize];
    let applies = evaluate::applies(model, clause, &witness.event);
    let bytes = encode(&witness.event).expect("an event");
    let mut scratch = Scratch::default();
    let found = image.applying(&bytes, &mut scratch).expect("an event").contains(&witness.rank);
    assert!(applies == witness.applies && found != applies, "{witness:?} shows nothing");
    true
}

fn all_are_caught(mutants: &[Mutant]) {
    let mut caught: BTreeMap<&str, usize> = BTreeMap::new();
    let mut shown = 0;
    for mutant in mutants {
        let Mutant { kind, seed, model, image } = mutant;
        let Err(why) = validate(model, Part::Whole, image, DEFAULT_BUDGET) else {
            panic!("seed {seed}: {kind}, and it is accepted")
        };
        *caught.entry(kind).or_default() += 1;
        if is_shown(mutant, why) {
            shown += 1;
        } else {
            println!("seed {seed}: {kind}: {why}, and no event shows it");
        }
    }
    println!("{caught:#?}\n{shown} of {} shown by an event", mutants.len());
    assert!(10 * shown >= 9 * mutants.len(), "{shown} of {} shown by an event", mutants.len());
}

#[test]
fn passes_that_change_the_meaning_are_caught() {
    all_are_caught(&of_models());
}

#[test]
fn tables_that_decide_otherwise_are_caught() {
    all_are_caught(&of_images());
}

#[test]
fn random_policies_show_every_way_to_be_wrong() {
    let made: Vec<&str> = of_models().iter().chain(&of_images()).map(|m| m.kind).collect();
    let missing: Vec<&str> = kinds().filter(|kind| !made.contains(kind)).collect();
    assert!(missing.is_empty(), "no random policy shows: {missing:?}");
}
