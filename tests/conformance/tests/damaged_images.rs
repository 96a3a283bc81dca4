//! A sound image with one word replaced by another is refused, or decides and mutes without a panic.

use warmor_compiler::check::{Options, check};
use warmor_compiler::lower::{Part, lower};
use warmor_compiler::resolve::Sources;
use warmor_policy::event::{Event, Fact, Value, encode};
use warmor_policy::image::{Image, Scratch};
use warmor_policy::schema::{Action, slot};

const POLICY: &str = r"
package damage
subject cat = process.exe in [/bin/cat]
policy p for cat {
  mode prevent
  default deny write
  deny read /etc/**, /**/*.key, /srv/*.d/x, /**/.ssh/** except /etc/hosts
  deny connect tcp to 10.0.0.0/8 port [80, 443]
}
";

fn events() -> Vec<Vec<u8>> {
    let event = |action, path: &[u8]| {
        let mut e = Event::new(action);
        e.process.0[slot::EXE] = Fact::Known(Value::Bytes(b"/bin/cat".to_vec()));
        e.facts[slot::PATH] = Fact::Known(Value::Bytes(path.to_vec()));
        encode(&e).expect("the event is short")
    };
    [&b"/etc/shadow"[..], b"/x/y.key", b"/home/a/.ssh/id", b"/srv/a.d/x", b""]
        .iter()
        .flat_map(|p| [event(Action::Read, p), event(Action::Write, p)])
        .collect()
}

fn use_up(words: Vec<u32>, events: &[Vec<u8>]) -> bool {
    let Ok(mut image) = Image::load(words) else { return false };
    let mut scratch = Scratch::default();
    for muted in [true, false] {
        for event in events {
            let _ = image.decide(event);
            let _ = image.applying(event, &mut scratch);
        }
        image.set_muted(0, muted);
    }
    true
}

#[test]
fn one_word_of_an_image_is_replaced() {
    let checked = check(&Sources::single("damage.warmor", POLICY), &Options::default());
    let model = checked.model().expect("the policy is clean");
    let words = lower(model, Part::Whole).expect("the policy can be lowered").image.words().to_vec();
    let events = events();
    assert!(use_up(words.clone(), &events));
    let (mut loaded, mut refused) = (0, 0);
    for at in 0..words.len() {
        // Small numbers, numbers near the old one, and offsets of everything else in the image.
        let near = [-2i32, -1, 1, 2].map(|d| words[at].wrapping_add_signed(d));
        let values = (0..words.len() as u32 + 2).step_by(if at < 64 { 1 } else { 5 });
        for value in values.chain(near).chain([u32::MAX, u32::MAX >> 1]) {
            let mut damaged = words.clone();
            damaged[at] = value;
            if use_up(damaged, &events) {
                loaded += 1;
            } else {
                refused += 1;
            }
        }
    }
    // The test means something only if both happen.
    assert!(loaded > 1000 && refused > 1000, "{loaded} loaded, {refused} refused");
}
