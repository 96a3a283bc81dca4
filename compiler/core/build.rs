//! Generates the parser's tables from its grammar, and assembles the WASM runner.

use std::{env, error::Error, fs, path::Path};
use warmor_policy::event::{
    EVENT_TAGS, EVENT_VALUES, EVENT_VERSION, FIXED_BYTES, MAX_ANCESTORS, MAX_EVENT_BYTES, RECORD_VALUES,
    TAG_ABSENT, TAG_KNOWN,
};
use warmor_policy::image::{
    CLASS_KNOWN, CLASS_SHIFT, CLAUSE_WORDS, KIND_SHIFT, POLICY_WORDS, SINK, STATE_MASK, classifier, header,
    leaf, node, state,
};
use warmor_policy::schema::ACTION_COUNT;
use warmor_policy::verdict::Responses;

/// Address of the event buffer in the module's memory; the bytes below stay unused, so that 0 is no address.
const EVENT: usize = 0x1000;
/// Address of the image.
const IMAGE: usize = EVENT + MAX_EVENT_BYTES;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=src/lower/wasm/runner.wat");
    println!("cargo::rerun-if-changed=src/syntax/grammar.lalrpop");
    lalrpop::Configuration::new().use_cargo_dir_conventions().process()?;
    let out = env::var("OUT_DIR")?;
    let text = fs::read_to_string("src/lower/wasm/runner.wat")?;
    fs::write(Path::new(&out).join("runner.wasm"), wat::parse_str(constants(text))?)?;
    fs::write(
        Path::new(&out).join("layout.rs"),
        format!(
            "/// Address of the image in the module's memory.\npub const IMAGE_ADDRESS: usize = {IMAGE};\n"
        ),
    )?;
    Ok(())
}

/// Puts in the constants that the runner shares with the other engines.
fn constants(mut text: String) -> String {
    let word = |at: usize| IMAGE + 4 * at;
    let mut values = vec![
        ("EVENT", EVENT),
        ("EVENT_CAPACITY", MAX_EVENT_BYTES),
        ("EVENT_TAGS", EVENT_TAGS),
        ("EVENT_VALUES", EVENT_VALUES),
        ("EVENT_VERSION", EVENT_VERSION as usize),
        ("RECORD_VALUES", RECORD_VALUES),
        ("FIXED_BYTES", FIXED_BYTES),
        ("MAX_ANCESTORS", MAX_ANCESTORS),
        ("ACTIONS", ACTION_COUNT),
        ("ABSENT", TAG_ABSENT as usize),
        ("KNOWN", TAG_KNOWN as usize),
        ("IMAGE", IMAGE),
        ("WORDS", word(header::WORDS)),
        ("SELECTORS", word(header::SELECTORS)),
        ("SELECTOR_COUNT", word(header::SELECTOR_COUNT)),
        ("CLAUSES", word(header::CLAUSES)),
        ("CLAUSE_COUNT", word(header::CLAUSE_COUNT)),
        ("CLAUSE_WORDS", CLAUSE_WORDS),
        ("POLICIES", word(header::POLICIES)),
        ("POLICY_COUNT", word(header::POLICY_COUNT)),
        ("POLICY_WORDS", POLICY_WORDS),
        ("LEAVES", word(header::LEAVES)),
        ("LEAF_COUNT", word(header::LEAF_COUNT)),
        ("LEAF_ENFORCED_DENY", word(leaf::ENFORCED_DENY)),
        ("LEAF_ENFORCED_ALLOW", word(leaf::ENFORCED_ALLOW)),
        ("LEAF_ENFORCED_DEFAULT", word(leaf::ENFORCED_DEFAULT)),
        ("LEAF_REPORTED_DENY", word(leaf::REPORTED_DENY)),
        ("LEAF_REPORTED_ALLOW", word(leaf::REPORTED_ALLOW)),
        ("LEAF_REPORTED_DEFAULT", word(leaf::REPORTED_DEFAULT)),
        ("LEAF_FLAGS", word(leaf::FLAGS)),
        ("LEAF_RANKS", word(leaf::RANKS)),
        ("AUDIT", leaf::AUDIT as usize),
        ("DETECTED", leaf::DETECTED as usize),
        ("HARMLESS", Responses::HARMLESS.0 as usize),
        ("TEST", node::TEST as usize),
        ("TEXT", classifier::TEXT as usize),
        ("ANY", classifier::ANY as usize),
        ("RELATION", classifier::RELATION as usize),
        ("SAME", classifier::SAME as usize),
        ("ANCESTOR", classifier::ANCESTOR as usize),
        ("HITS", node::HITS as usize),
        ("CLASS_KNOWN", CLASS_KNOWN as usize),
        ("CLASS_SHIFT", CLASS_SHIFT as usize),
        ("SINK", SINK as usize),
        ("STATE_MASK", STATE_MASK as usize),
        ("KIND_SHIFT", KIND_SHIFT as usize),
        ("RANGE", state::RANGE as usize),
        ("STATE_FIRST", IMAGE),
        ("STATE_DEFAULT", word(state::DEFAULT)),
        ("STATE_BYTES", word(state::BYTES)),
        ("STATE_BY_KEY", word(state::BY_KEY)),
        ("STATE_SPAN", word(state::SPAN)),
        ("STATE_BY_BYTE", word(state::BY_BYTE)),
        ("STATE_AFTER", word(state::AFTER)),
        ("STATE_LENGTH", word(state::LENGTH)),
        ("STATE_TEXT", word(state::TEXT)),
    ];
    // The longest name first, for one may begin with another.
    values.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    for (name, value) in values {
        text = text.replace(&format!("@{name}"), &value.to_string());
    }
    text
}
