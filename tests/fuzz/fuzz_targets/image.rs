//! Any words are an image or get an error, and an image that is loaded decides and mutes without a panic.
//!
//! The bytes change single words of a sound image (offset in two bytes, value in four), or are the whole image.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use warmor_compiler::check::{Options, check};
use warmor_compiler::lower::{Part, lower};
use warmor_compiler::resolve::Sources;
use warmor_policy::event::{Event, Fact, Value, encode};
use warmor_policy::image::{Image, Scratch};
use warmor_policy::schema::{Action, slot};

const POLICY: &str = r"
package fuzz
subject cat = process.exe in [/bin/cat]
policy p for cat {
  mode prevent
  default deny write
  deny read /etc/**, /**/*.key, /srv/*.d/x, /**/.ssh/** except /etc/hosts
  deny connect tcp to 10.0.0.0/8 port [80, 443]
}
";

static WORDS: LazyLock<Vec<u32>> = LazyLock::new(|| {
    let checked = check(&Sources::single("fuzz.warmor", POLICY), &Options::default());
    let model = checked.model().unwrap_or_else(|| panic!("the policy is clean: {:?}", checked.diagnostics));
    lower(model, Part::Whole).expect("the policy can be lowered").image.words().to_vec()
});

static EVENTS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let event = |action, path: &[u8]| {
        let mut e = Event::new(action);
        e.process.0[slot::EXE] = Fact::Known(Value::Bytes(b"/bin/cat".to_vec()));
        e.facts[slot::PATH] = Fact::Known(Value::Bytes(path.to_vec()));
        encode(&e).expect("the event is short")
    };
    [&b"/etc/shadow"[..], b"/etc/hosts", b"/x/y.key", b"/home/a/.ssh/id", b"/srv/a.d/x", b""]
        .iter()
        .flat_map(|p| [event(Action::Read, p), event(Action::Write, p)])
        .collect()
});

fuzz_target!(|bytes: &[u8]| {
    let Some((mode, rest)) = bytes.split_first() else { return };
    let words = if *mode == 0 {
        rest.chunks_exact(4).map(|c| u32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect()
    } else {
        let mut words = WORDS.clone();
        for edit in rest.chunks_exact(6) {
            let at = usize::from(u16::from_le_bytes([edit[0], edit[1]])) % words.len();
            words[at] = u32::from_le_bytes([edit[2], edit[3], edit[4], edit[5]]);
        }
        words
    };
    let Ok(mut image) = Image::load(words) else { return };
    let mut scratch = Scratch::default();
    for event in EVENTS.iter() {
        let _ = image.decide(event);
        let _ = image.applying(event, &mut scratch);
    }
    image.set_muted(0, true);
    image.set_muted(u32::MAX, true);
});
