//! Where a span is, for people and for tools: a path as it is reached from here, lines and columns.

use std::cell::RefCell;
use std::collections::HashMap;
use warmor_compiler::resolve::{Origin, Sources};
use warmor_compiler::span::{FileId, Span};

/// A span as lines and columns. Both count from 1; columns count Unicode characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// How the file is reached.
    pub path: String,
    /// Line and column of the first character.
    pub start: (usize, usize),
    /// Line and column after the last one.
    pub end: (usize, usize),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.path, self.start.0, self.start.1)
    }
}

/// Finds places in the files of a compilation.
pub struct Places<'a> {
    sources: &'a Sources,
    /// How people reach a file of that path in the compilation.
    locate: Box<dyn Fn(&str) -> String + 'a>,
    /// Where lines start, for the files that were asked for.
    lines: RefCell<HashMap<FileId, Vec<usize>>>,
}

impl<'a> Places<'a> {
    /// Files have the paths of the compilation.
    pub fn new(sources: &'a Sources) -> Self {
        Self::located(sources, str::to_owned)
    }

    /// `locate` says how a file of that path in the compilation is reached.
    pub fn located(sources: &'a Sources, locate: impl Fn(&str) -> String + 'a) -> Self {
        Self { sources, locate: Box::new(locate), lines: RefCell::default() }
    }

    /// The files.
    pub fn sources(&self) -> &'a Sources {
        self.sources
    }

    /// How a file is reached.
    pub fn path(&self, file: FileId) -> String {
        match self.sources.file(file) {
            Some(f) if f.origin == Origin::Standard => f.path.clone(),
            // What was read from standard input has no place on the disk.
            Some(f) if f.path.starts_with('<') => f.path.clone(),
            Some(f) => (self.locate)(&f.path),
            None => String::new(),
        }
    }

    /// The text of a file.
    pub fn source(&self, file: FileId) -> &'a str {
        self.sources.file(file).map_or("", |f| &f.text)
    }

    /// Where the span is.
    pub fn place(&self, span: Span) -> Place {
        let range = span.range();
        Place {
            path: self.path(span.file),
            start: self.position(span.file, range.start),
            end: self.position(span.file, range.end),
        }
    }

    fn position(&self, file: FileId, offset: usize) -> (usize, usize) {
        let text = self.source(file);
        let mut lines = self.lines.borrow_mut();
        let starts = lines.entry(file).or_insert_with(|| {
            std::iter::once(0)
                .chain(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i + 1))
                .collect()
        });
        let line = starts.partition_point(|s| *s <= offset).max(1);
        let start = starts[line - 1];
        let column =
            text.get(start..offset.clamp(start, text.len())).map_or(offset - start, |t| t.chars().count());
        (line, column + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_from_one() {
        let sources = Sources::single("a.warmor", "# é\nlet x = 1\n");
        let places = Places::new(&sources);
        let place = places.place(Span::new(FileId(0), 5, 8));
        assert_eq!((place.start, place.end), ((2, 1), (2, 4)));
        assert_eq!(places.place(Span::new(FileId(0), 4, 4)).start, (1, 4));
        assert_eq!(places.place(Span::new(FileId(0), 15, 15)).start, (3, 1));
        assert_eq!(places.place(Span::new(FileId(0), 99, 99)).start.0, 3);
    }
}
