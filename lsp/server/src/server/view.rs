//! What a feature looks at.

use crate::client::Client;
use crate::convert;
use crate::documents::Documents;
use crate::programs::Program;
use crate::settings::Settings;
use crate::{standard, uri};
use gen_lsp_types as lsp;
use warmor_compiler::span::{FileId, Span};
use warmor_ide::{Analysis, Place};

/// The address of a file of a program, as the editor knows it. Standard modules are written to the cache for this.
pub fn address(program: &Program, documents: &Documents, file: FileId) -> Option<lsp::Uri> {
    let path = match program.path(file) {
        Some(path) => path,
        None => standard::file_of(program.standard_path(file)?)?,
    };
    Some(documents.get(&path).map_or_else(|| uri::of_path(&path), |d| d.uri.clone()))
}

/// What a feature looks at.
pub struct View<'a> {
    pub analysis: &'a Analysis,
    pub client: &'a Client,
    pub settings: &'a Settings,
    /// The file that was asked about.
    pub file: FileId,
    pub(super) program: &'a Program,
    pub(super) documents: &'a Documents,
}

impl View<'_> {
    /// A position in the file.
    pub fn place(&self, position: lsp::Position) -> Option<Place> {
        convert::place(self.analysis, self.file, position, self.client)
    }

    /// A span as lines and columns.
    pub fn range(&self, span: Span) -> lsp::Range {
        convert::range(self.analysis, span, self.client)
    }

    /// Lines and columns as a span of the file.
    pub fn span(&self, range: lsp::Range) -> Span {
        let offset = |position| self.place(position).map_or(0, |place| place.offset);
        let (start, end) = (offset(range.start), offset(range.end));
        Span::new(self.file, start.min(end), end.max(start))
    }

    /// The editor's count of changes of a file; `None` for one that is not open.
    pub fn version(&self, file: FileId) -> Option<i32> {
        self.documents.get(&self.program.path(file)?).map(|d| d.version)
    }

    /// The address of a span's file.
    pub fn uri(&self, span: Span) -> Option<lsp::Uri> {
        address(self.program, self.documents, span.file)
    }
}
