//! Paths, without looking at the disk.

use std::path::{Path, PathBuf};
use warmor_compiler::resolve::{absolute, relative};

/// The deepest folder that holds all of them.
pub fn common_folder(folders: &[&Path]) -> Option<PathBuf> {
    let (first, others) = folders.split_first()?;
    first.ancestors().find(|a| others.iter().all(|f| f.starts_with(a))).map(Path::to_owned)
}

/// The path as it is reached from the working directory, or from the root where that is shorter.
pub fn from_here(path: &Path) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    let whole = absolute(&here, path);
    match relative(&here, &whole).as_str() {
        "" => PathBuf::from("."),
        long if long.len() > whole.as_os_str().len() => whole,
        short => PathBuf::from(short),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_folder_holds_all_of_them() {
        let common = |f: &[&str]| common_folder(&f.iter().map(Path::new).collect::<Vec<_>>());
        assert_eq!(common(&["/a/b", "/a/b/c"]), Some("/a/b".into()));
        assert_eq!(common(&["/a/bc", "/a/b"]), Some("/a".into()));
    }
}
