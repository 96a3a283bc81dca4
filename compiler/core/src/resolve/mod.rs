//! Which names there are: files, packages, imports, and the tables in which the checker looks names up.
//!
//! A *module* is a package (all files that say `package a.b`), or a single file that says none and is imported by its
//! path. Everything in a module is public. An import brings names into one file only. Three kinds of things have names of
//! their own and never hide each other: values (lets, parameters, subjects, predicates), templates, and policies with
//! detections.

mod manifest;
mod names;
mod project;
mod sources;
mod stdlib;

pub(crate) use manifest::read_manifest;
pub use manifest::{Dependency, LintLevels, Manifest, Revision};
pub use names::{DefId, DefKind, Definition, ModuleId, Symbols, Use};
pub(crate) use names::{Lookup, Names, Space, fact_names, fact_roots, standard_home};
pub use project::{
    EXTENSION, Entry, FileSystem, Layout, LayoutError, MANIFEST, MAX_FILES, absolute, project_around,
    relative,
};
pub(crate) use sources::dotted;
pub use sources::{MissingFile, Origin, SourceFile, Sources};
pub use stdlib::{STANDARD_MODULES, StandardModule};
