//! Places, files and changes, as they cross.

use serde::{Deserialize, Serialize};
use tsify::Tsify;

/// A part of a file: from an offset up to, not including, another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Tsify)]
pub struct Range {
    /// The file's path; `std/….warmor` for a module of the standard library.
    pub file: String,
    /// Before which unit of UTF-16 it begins.
    pub from: u32,
    /// Before which unit it ends.
    pub to: u32,
}

/// A place as people count: line and column from 1, columns in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Tsify)]
pub struct Position {
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
}

/// A change of a file. Changes that come together are all of the text before any of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
pub struct Edit {
    /// What is replaced; empty to insert.
    pub range: Range,
    /// With what; empty to delete.
    pub text: String,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum FileKind {
    /// A policy of the program.
    Policy,
    /// Imported by a policy of the program, and part of it.
    Imported,
    /// Of a dependency: it defines, and its policies do not count.
    Library,
    /// Of the standard library; it cannot be changed.
    Standard,
    /// The project's `warmor.toml`.
    Manifest,
    /// Nothing that the compiler reads.
    Other,
}

/// A file of the workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct FileValue {
    /// Its path.
    pub path: String,
    /// What it is.
    pub kind: FileKind,
}

/// Files, by path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct FilesValue(pub Vec<FileValue>);
