//! Any bytes are an event or get an error; what is an event is encoded again and means the same; an image decides both.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use warmor_compiler::check::{Options, check};
use warmor_compiler::lower::{Part, lower};
use warmor_compiler::resolve::Sources;
use warmor_policy::event::{decode, encode};
use warmor_policy::image::{Image, Scratch};

/// Looks at a fact of every type.
const POLICY: &str = r#"
package fuzz
subject web = pod.labels["app"] == "web" and process.exe in [/usr/sbin/*]
subject shell = process.exe in [/bin/sh]
policy seen for any {
  mode detect
  unknown allow
  deny read /etc/**, /**/*.key, /a/**/b except /etc/hosts where process.uid < process.gid
  deny exec /tmp/** where any(x in args, x starts_with "-") or has process.script
  deny connect tcp to 10.0.0.0/8 port [80, 443]
  deny bind tcp on 0.0.0.0/0 port 1-1023
  allow write /var/** where flags contains "O_TRUNC"
  deny signal shell where some ancestor (process.exe == /sbin/init)
}
policy pods for web { mode detect  default deny connect, read }
"#;

static IMAGE: LazyLock<Image> = LazyLock::new(|| {
    let checked = check(&Sources::single("fuzz.warmor", POLICY), &Options::default());
    let model = checked.model().unwrap_or_else(|| panic!("the policy is clean: {:?}", checked.diagnostics));
    lower(model, Part::Whole).expect("the policy can be lowered").image
});

fuzz_target!(|bytes: &[u8]| {
    let mut scratch = Scratch::default();
    let first = IMAGE.decide(bytes);
    let _ = IMAGE.applying(bytes, &mut scratch);
    let Ok(event) = decode(bytes) else { return };
    let again = encode(&event).map(|b| (IMAGE.decide(&b), decode(&b)));
    // Bytes may share strings, so an event can be longer when each fact has its own.
    let Ok((decision, decoded)) = again else { return };
    assert_eq!(decision, first, "{event:?}");
    assert_eq!(decoded.as_ref(), Ok(&event));
});
