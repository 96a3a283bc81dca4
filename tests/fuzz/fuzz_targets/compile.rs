//! Any text goes through every pass: it is checked, and what is clean is lowered, or refused with an error. The engines then
//! agree with the reference on an event of each action of which nothing is known.

#![no_main]

use libfuzzer_sys::fuzz_target;
use warmor_compiler::check::{Options, check};
use warmor_compiler::evaluate::{Muted, decide};
use warmor_compiler::lower::{Part, lower, wasm};
use warmor_compiler::resolve::Sources;
use warmor_policy::event::{Event, encode};
use warmor_policy::schema::Action;

fuzz_target!(|text: &str| {
    let checked = check(&Sources::single("fuzz.warmor", text), &Options::default());
    let Some(model) = checked.model() else { return };
    let Ok(lowered) = lower(model, Part::Whole) else { return };
    let module = wasm::module(&lowered);
    assert_eq!(
        module,
        wasm::module(&lower(model, Part::Whole).expect("lowered before")),
        "bytes depend on more than the text"
    );
    for action in Action::all() {
        let event = Event::new(action);
        let bytes = encode(&event).expect("an event without facts is short");
        let expected = decide(model, &event, &Muted::none());
        assert_eq!(lowered.image.decide(&bytes).expect("an event"), expected, "{action:?}");
    }
});
