//! The page in a real browser.

use super::{build, out, web};
use crate::{setup, shell};
use anyhow::Result;
use std::process::Command;

/// Builds the page and drives it in Chromium.
///
/// # Errors
/// When something cannot be installed or built, or a case fails.
pub fn in_browser() -> Result<()> {
    setup::packages(&[setup::BROWSER])?;
    build::all()?;
    let mut drive = Command::new("node");
    shell::show(drive.current_dir(web()).arg("tests/browser/run.mjs").arg(out().join("site")))
}
