//! The files of one compilation.
//!
//! The compiler reads no files: a shell adds the texts it has and asks [`Sources::missing`] what else is imported, until
//! nothing is. An editor replaces the text of one file at a time; all other trees are kept.

use super::manifest::{Manifest, read_manifest};
use super::stdlib::standard_module;
use crate::diagnostics::Sink;
use crate::span::{FileId, Span};
use crate::syntax::ast::{self, ImportSource, ItemKind};
use crate::syntax::error::SyntaxError;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// How a file came into the compilation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was asked for: its policies are the program, and its hygiene is judged.
    Root,
    /// A file of the program imports it by its path: its policies belong to the program.
    Imported,
    /// It belongs to a dependency: its definitions can be imported, its policies count only where they are.
    Library,
    /// It belongs to the standard library.
    Standard,
    /// It is the project's `warmor.toml`.
    Manifest,
}

/// A file with its tree.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Its number.
    pub id: FileId,
    /// Its path as the shell gave it: shown to people, and what `import "./x.warmor"` is relative to. Always with `/`.
    pub path: String,
    /// How it came into the compilation.
    pub origin: Origin,
    /// Its text.
    pub text: String,
    /// What the text says; empty for a manifest.
    pub tree: ast::File,
    /// What is wrong with it as text.
    pub errors: Vec<SyntaxError>,
}

/// A file that is imported but not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingFile {
    /// Its path, relative to what the importing file's path is relative to.
    pub path: String,
    /// The import.
    pub import: Span,
    /// What the importing file is: the missing one is to be added as the same, or as [`Origin::Imported`] for a root.
    pub origin: Origin,
}

/// The files of one compilation. Copies share the trees.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Arc<SourceFile>>,
    by_path: HashMap<String, FileId>,
    unavailable: BTreeMap<String, String>,
}

impl Sources {
    /// No files.
    pub fn new() -> Self {
        Self::default()
    }

    /// One file as the whole program.
    pub fn single(path: &str, text: &str) -> Self {
        let mut sources = Self::new();
        sources.set(path, text, Origin::Root);
        sources
    }

    /// Adds a file, or gives the file with this path a new text. The standard modules that it imports come along.
    pub fn set(&mut self, path: &str, text: &str, origin: Origin) -> FileId {
        let path = normalise(path);
        let known = self.by_path.get(&path).copied();
        let id = known.unwrap_or(FileId(self.files.len() as u32));
        let (tree, errors) = if origin == Origin::Manifest {
            let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
            (
                ast::File {
                    package: None,
                    items: Vec::new(),
                    attributes: Vec::new(),
                    span: Span::new(id, 0, end),
                },
                Vec::new(),
            )
        } else {
            let parsed = crate::syntax::parse(text, id);
            (parsed.file, parsed.errors)
        };
        let modules: Vec<String> = imports(&tree).filter_map(|(source, _)| module_name(source)).collect();
        self.unavailable.remove(&path);
        let file =
            Arc::new(SourceFile { id, path: path.clone(), origin, text: text.to_owned(), tree, errors });
        match known {
            Some(id) => self.files[id.0 as usize] = file,
            None => {
                self.files.push(file);
                self.by_path.insert(path, id);
            }
        }
        for name in modules {
            if let Some(module) = standard_module(&name)
                && !self.by_path.contains_key(module.path)
            {
                self.set(module.path, module.text, Origin::Standard);
            }
        }
        id
    }

    /// Says that an imported file cannot be read, and why. It is no longer missing; its import is an error.
    pub fn set_unavailable(&mut self, path: &str, reason: &str) {
        self.unavailable.insert(normalise(path), reason.to_owned());
    }

    /// The files that are imported by path and not there yet, each once.
    pub fn missing(&self) -> Vec<MissingFile> {
        let mut missing: Vec<MissingFile> = Vec::new();
        for file in &self.files {
            for (source, import) in imports(&file.tree) {
                let ImportSource::File(text) = source else { continue };
                let path = join(&file.path, &text.value);
                let known = self.by_path.contains_key(&path) || self.unavailable.contains_key(&path);
                if !known && !missing.iter().any(|m| m.path == path) {
                    let origin = if file.origin == Origin::Root { Origin::Imported } else { file.origin };
                    missing.push(MissingFile { path, import, origin });
                }
            }
        }
        missing
    }

    /// All files, by number.
    pub fn files(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter().map(AsRef::as_ref)
    }

    /// The file with that number.
    pub fn file(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize).map(AsRef::as_ref)
    }

    /// The file with that path.
    pub fn file_at(&self, path: &str) -> Option<&SourceFile> {
        self.by_path.get(&normalise(path)).and_then(|id| self.file(*id))
    }

    /// The file that another one imports by its path.
    ///
    /// # Errors
    /// Why there is none, in a sentence.
    pub fn imported(&self, from: FileId, text: &str) -> Result<FileId, String> {
        let path = join(self.file(from).map_or("", |f| &f.path), text);
        match self.by_path.get(&path) {
            Some(id) => Ok(*id),
            None => Err(match self.unavailable.get(&path) {
                Some(reason) => format!("`{path}`: {reason}"),
                None => format!("`{path}` was not loaded"),
            }),
        }
    }

    /// The project's manifest, if there is one. What is wrong with it is reported by the checker.
    pub fn manifest(&self) -> Option<Manifest> {
        let file = self.files().find(|f| f.origin == Origin::Manifest)?;
        Some(read_manifest(file, &mut Sink::default()))
    }

    /// The text that a span covers; empty where there is none.
    pub fn text(&self, span: Span) -> &str {
        self.file(span.file).map_or("", |f| span.text(&f.text))
    }
}

fn imports(tree: &ast::File) -> impl Iterator<Item = (&ImportSource, Span)> {
    tree.items.iter().filter_map(|item| match &item.kind {
        ItemKind::Import(import) => Some((&import.source, item.span)),
        _ => None,
    })
}

fn module_name(source: &ImportSource) -> Option<String> {
    match source {
        ImportSource::Module(name) => Some(dotted(name)),
        ImportSource::File(_) => None,
    }
}

/// The words of a name with dots between them.
pub(crate) fn dotted(name: &ast::QualifiedName) -> String {
    let mut out = String::new();
    for (i, segment) in name.segments.iter().enumerate() {
        if i > 0 {
            out.push('.');
        }
        out.push_str(&segment.text);
    }
    out
}

/// The path of a file that `from` names as `relative`.
fn join(from: &str, relative: &str) -> String {
    if relative.starts_with('/') {
        return normalise(relative);
    }
    match from.rfind('/') {
        Some(slash) => normalise(&format!("{}/{relative}", &from[..slash])),
        None => normalise(relative),
    }
}

/// The path without `.`, empty segments, and `..` where something can be left out for it.
fn normalise(path: &str) -> String {
    let path = path.replace('\\', "/");
    let rooted = path.starts_with('/');
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." if segments.last().is_some_and(|s| *s != "..") => {
                segments.pop();
            }
            ".." if rooted => {}
            other => segments.push(other),
        }
    }
    let joined = segments.join("/");
    if rooted { format!("/{joined}") } else { joined }
}

#[cfg(test)]
mod tests {
    use super::{join, normalise};

    #[test]
    fn paths_are_relative_to_the_importing_file() {
        assert_eq!(join("policies/web.warmor", "./x.warmor"), "policies/x.warmor");
        assert_eq!(join("policies/web.warmor", "../x.warmor"), "x.warmor");
        assert_eq!(join("web.warmor", "../x.warmor"), "../x.warmor");
        assert_eq!(join("../web.warmor", "../x.warmor"), "../../x.warmor");
        assert_eq!(join("/a/web.warmor", "../../../x.warmor"), "/x.warmor");
        assert_eq!(normalise("C:\\a\\.\\b"), "C:/a/b");
    }
}
