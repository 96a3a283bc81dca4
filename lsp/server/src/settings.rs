//! What the user set: the `initializationOptions`, such as `{ "prove": false, "target": "linux-5.10" }`.

use serde_json::Value;
use warmor_compiler::model::Target;

/// What the user set. Other settings are other editors' matter and left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Whether to run tests.
    pub test: bool,
    /// Whether to look for what can be proved.
    pub prove: bool,
    /// Whether rules show what they cost, where that is worth a thought.
    pub cost_hints: bool,
    /// What to compile for, before what a manifest says.
    pub target: Option<Target>,
}

impl Settings {
    /// Reads the parameters of `initialize`. What is not understood is told on standard error, and the default is taken.
    pub fn read(params: &Value) -> Self {
        let set = |name: &str| {
            params.pointer(&format!("/initializationOptions/{name}")).filter(|value| !value.is_null())
        };
        let mistaken = |name: &str, wanted: &str| {
            eprintln!("warmor-lsp: the setting `{name}` is ignored: it must be {wanted}");
        };
        let switch = |name: &str, default: bool| {
            set(name).map_or(default, |value| {
                value.as_bool().unwrap_or_else(|| {
                    mistaken(name, "true or false");
                    default
                })
            })
        };
        let (test, prove, cost_hints) =
            (switch("test", true), switch("prove", true), switch("costHints", false));
        let target = set("target").and_then(|value| {
            let target = value.as_str().and_then(|name| name.parse().ok());
            if target.is_none() {
                mistaken("target", "linux-VERSION (linux-6.1), windows or macos-pf");
            }
            target
        });
        Self { test, prove, cost_hints, target }
    }
}
