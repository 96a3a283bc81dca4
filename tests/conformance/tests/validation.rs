//! Translation validation proves what the compiler makes of random policies. It proves nothing wrong, but it is not complete: of
//! ways through a diagram that no event takes it knows only some, and one that it does not know can keep it from a proof. Random
//! policies contradict themselves far more often than written ones, so they show how rarely that is.

use warmor_compiler::lower::{LowerError, Part, lower};
use warmor_compiler::validate::{DEFAULT_BUDGET, validate};
use warmor_tests::generate;
use warmor_tests::rng::Rng;

#[test]
fn what_the_compiler_makes_is_proved_but_for_one_in_a_hundred() {
    let mut proved = 0;
    let mut unproved = Vec::new();
    for seed in 0..400 {
        let model = generate::model(&mut Rng::new(seed), 4);
        for part in [Part::Whole, Part::Kernel] {
            let lowered = match lower(&model, part) {
                Ok(lowered) => lowered,
                Err(LowerError::TooManyAlternatives(_) | LowerError::TooComplex(_)) => continue,
                Err(other) => panic!("seed {seed}: {other}"),
            };
            match validate(&model, part, &lowered.image, DEFAULT_BUDGET) {
                Ok(_) => proved += 1,
                Err(invalid) => unproved.push(format!("seed {seed}, {part:?}: {invalid}")),
            }
        }
    }
    println!("{proved} proved, not proved: {unproved:#?}");
    assert!(proved >= 700, "{proved} images proved");
    assert!(
        100 * unproved.len() <= proved,
        "{} of {proved} images not proved: {unproved:#?}",
        unproved.len()
    );
}
