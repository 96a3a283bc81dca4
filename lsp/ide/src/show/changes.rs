//! What a program does otherwise than it did.

use super::Shown;
use crate::analysis::Analysis;
use warmor_compiler::difference::difference;
use warmor_compiler::prove::Budget;
use warmor_report::Places;
use warmor_report::difference::{Told, Version, markdown};

/// Compares with the program as it was; `old` is its name.
///
/// # Errors
/// Why they cannot be compared, in a sentence.
pub fn changes(before: &Analysis, after: &Analysis, old: &str) -> Result<Shown, String> {
    let broken = |name: &str| format!("{name} has errors");
    let [was, is] = [(before, old), (after, "the program")]
        .map(|(a, name)| a.checked().model().ok_or_else(|| broken(name)));
    let (was, is) = (was?, is?);
    let found = difference(was, is, Budget::default());
    let told = Told::new(
        Version { name: old, model: was, places: Places::new(before.sources()) },
        Version { name: "now", model: is, places: Places::new(after.sources()) },
        &found,
    );
    Ok(Shown { title: "changes".to_owned(), extension: "md", text: markdown(&told) })
}
