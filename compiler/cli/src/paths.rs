//! Paths, without looking at the disk.

use std::path::{Path, PathBuf};

/// The path without `.` and `..`, from the root. Links are kept: people find the files where they named them.
pub fn absolute(here: &Path, path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in here.join(path).components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// The deepest folder that holds all of them.
pub fn common_folder(folders: &[&Path]) -> Option<PathBuf> {
    let (first, others) = folders.split_first()?;
    first.ancestors().find(|a| others.iter().all(|f| f.starts_with(a))).map(Path::to_owned)
}

/// The path from one folder to a file or folder, with `/` between its parts; empty for the folder itself.
pub fn relative(from: &Path, to: &Path) -> String {
    let common = from.ancestors().find(|a| to.starts_with(a)).unwrap_or(Path::new(""));
    let up = from.strip_prefix(common).map_or(0, |rest| rest.components().count());
    let down = to.strip_prefix(common).unwrap_or(to);
    let mut parts: Vec<String> = vec!["..".to_owned(); up];
    parts.extend(down.components().map(|c| c.as_os_str().to_string_lossy().into_owned()));
    parts.join("/")
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
    fn paths_are_relative_to_the_working_directory() {
        let path = |a: &str, b: &str| relative(Path::new(a), Path::new(b));
        assert_eq!(path("/a", "/a"), "");
        assert_eq!(path("/a", "/a/b/c"), "b/c");
        assert_eq!(path("/a/b", "/a/c"), "../c");
        assert_eq!(path("/a/b", "/"), "../..");
    }

    #[test]
    fn a_path_is_made_absolute_without_looking_at_the_disk() {
        let path = |p: &str| absolute(Path::new("/a/b"), Path::new(p));
        assert_eq!(path("../c/./d"), Path::new("/a/c/d"));
        assert_eq!(path("/x/../y"), Path::new("/y"));
        assert_eq!(path("../../.."), Path::new("/"));
    }

    #[test]
    fn the_common_folder_holds_all_of_them() {
        let common = |f: &[&str]| common_folder(&f.iter().map(Path::new).collect::<Vec<_>>());
        assert_eq!(common(&["/a/b", "/a/b/c"]), Some("/a/b".into()));
        assert_eq!(common(&["/a/bc", "/a/b"]), Some("/a".into()));
    }
}
