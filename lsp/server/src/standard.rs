//! Files for an editor to open that are nowhere else: modules of the standard library, and pages that were asked for.
//!
//! The compiler carries these modules in itself. "Go to definition" needs a file, so the module is written to the user's cache
//! when it is first asked for.

use std::path::PathBuf;
use warmor_compiler::resolve::STANDARD_MODULES;

/// Where a standard module can be read, by its path in a compilation; written there if it is not yet. `None` where nothing can be
/// written.
pub fn file_of(path: &str) -> Option<PathBuf> {
    let module = STANDARD_MODULES.iter().find(|m| m.path == path)?;
    let file = folder()?.join(module.path);
    if std::fs::read(&file).ok().as_deref() != Some(module.text.as_bytes()) {
        std::fs::create_dir_all(file.parent()?).ok()?;
        std::fs::write(&file, module.text).ok()?;
    }
    Some(file)
}

/// Writes a page that an editor is to open, and says where. `None` where nothing can be written.
pub fn page(name: &str, text: &str) -> Option<PathBuf> {
    let folder = cache()?.join("pages");
    std::fs::create_dir_all(&folder).ok()?;
    let file = folder.join(name);
    std::fs::write(&file, text).ok()?;
    Some(file)
}

fn folder() -> Option<PathBuf> {
    Some(cache()?.join(concat!("stdlib-", env!("CARGO_PKG_VERSION"))))
}

/// The user's folder for what can be made again.
fn cache() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let cache = set("XDG_CACHE_HOME")
        .or_else(|| set("LOCALAPPDATA"))
        .or_else(|| Some(set("HOME")?.join(".cache")))?;
    Some(cache.join("warmor"))
}
