//! The page in a real browser.

use super::{build, out, web};
use crate::{setup, shell};
use anyhow::Result;
use std::process::Command;

/// What the page's tests look at.
pub const INPUTS: &[&str] = &[
    "Cargo.lock",
    "compiler/core",
    "compiler/report",
    "examples",
    "lsp/ide",
    "playground/Cargo.toml",
    "playground/src",
    "playground/web/package-lock.json",
    "playground/web/package.json",
    "playground/web/scripts",
    "playground/web/src",
    "playground/web/tests",
    "playground/web/tsconfig.json",
    "runtime/policy",
    "stdlib",
    "tests/xtask/src",
];

/// Builds the page and drives it in Chromium.
///
/// # Errors
/// When something cannot be installed or built, or a case fails.
pub fn in_browser() -> Result<()> {
    setup::packages(&[setup::BROWSER])?;
    setup::targets(&[build::TARGET])?;
    build::all()?;
    let mut drive = Command::new("node");
    shell::show(drive.current_dir(web()).arg("tests/browser/run.mjs").arg(out().join("site")))
}
