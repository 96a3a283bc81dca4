//! The cases: `tests/guest/BOOT/NAME/{policy.warmor,case.sh}`. Adding a case is adding a folder; the guest finds its policy
//! compiled, as `policy.wasm`, and any other beside it.

use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;
use warmor_compiler::artifact::build;
use warmor_compiler::check::{Options, check};
use warmor_compiler::diagnostics::Level;
use warmor_compiler::resolve::Sources;

/// One case of the guest.
pub struct Case {
    /// The folder's name.
    pub name: String,
    /// Its files: name and bytes.
    pub files: Vec<(String, Vec<u8>)>,
}

/// The cases of a boot, sorted by name.
pub fn find(folder: &Path, filter: Option<&str>) -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !entry.path().is_dir() || filter.is_some_and(|f| !name.contains(f)) {
            continue;
        }
        let mut files = Vec::new();
        for file in fs::read_dir(entry.path())? {
            let file = file?;
            let file_name = file.file_name().to_string_lossy().into_owned();
            let bytes = fs::read(file.path())?;
            if let Some(stem) = file_name.strip_suffix(".warmor") {
                let text = String::from_utf8(bytes.clone()).with_context(|| format!("{name}/{file_name}"))?;
                let artifact = artifact(&text).with_context(|| format!("{name}/{file_name}"))?;
                files.push((format!("{stem}.wasm"), artifact));
            }
            files.push((file_name, bytes));
        }
        if !files.iter().any(|(file, _)| file == "policy.wasm") {
            bail!("{name} has no policy");
        }
        files.sort();
        cases.push(Case { name, files });
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(cases)
}

/// The unsigned artifact of one policy file.
fn artifact(text: &str) -> Result<Vec<u8>> {
    let sources = Sources::single("policy.warmor", text);
    let checked = check(&sources, &Options::default());
    if let Some(error) = checked.diagnostics.iter().find(|d| d.level == Level::Error) {
        bail!("{error:?}");
    }
    Ok(build(&sources, &checked.partial)?.bytes)
}
