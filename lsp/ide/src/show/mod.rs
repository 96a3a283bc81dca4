//! Answers that fill a page: what a lens opens.
//!
//! They take as long as the questions are hard: who calls them does so beside the work that must not wait.

mod answers;
mod artifact;
mod changes;
mod story;

pub use artifact::wat;
pub use changes::changes;

use crate::analysis::{Analysis, Place};
use warmor_compiler::diagnostics::Code;

/// What can be shown of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// What becomes of the test around it.
    Test,
    /// The event of the finding with that code.
    Witness(Code),
    /// Who can do what the rule around it is about.
    WhoCan,
    /// Who reaches what, of the whole program.
    Reach,
    /// The tables of the program.
    Tables,
    /// Its WASM module, as text.
    Wat,
    /// What it does otherwise than before: asked with [`changes`], for what was before is not in it.
    Changes,
}

/// A page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// What is on it, fit for the name of a file: `who-can-read`.
    pub title: String,
    /// How such files end: `txt`, `wat`, `md`.
    pub extension: &'static str,
    /// The page.
    pub text: String,
}

impl Shown {
    fn text(title: impl Into<String>, text: String) -> Self {
        Self { title: title.into(), extension: "txt", text }
    }
}

/// Shows what there is to show of a place.
///
/// # Errors
/// Why there is nothing, in a sentence.
pub fn show(analysis: &Analysis, subject: Subject, place: Place) -> Result<Shown, String> {
    if analysis.checked().has_errors() {
        return Err("the program has errors".to_owned());
    }
    match subject {
        Subject::Test => story::test(analysis, place),
        Subject::Witness(code) => story::witness(analysis, code, place),
        Subject::WhoCan => answers::who_can(analysis, place),
        Subject::Reach => Ok(answers::reach(analysis)),
        Subject::Tables => artifact::tables(analysis),
        Subject::Wat => artifact::module(analysis),
        Subject::Changes => Err("there is nothing to compare with".to_owned()),
    }
}
