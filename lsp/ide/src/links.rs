//! Links: files that are imported by path, codes that are silenced, addresses in comments.

use crate::analysis::Analysis;
use warmor_compiler::diagnostics::Code;
use warmor_compiler::span::{FileId, Span};
use warmor_compiler::syntax::ast::{ImportSource, ItemKind};
use warmor_compiler::syntax::lexer::lex;

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkTarget {
    /// To a file of the program.
    File(FileId),
    /// To the page of a code.
    Code(Code),
    /// To an address as it is written.
    Address(String),
}

/// A part of a text that leads somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The part.
    pub span: Span,
    /// Where it leads.
    pub target: LinkTarget,
}

/// The links of a file.
pub fn links(analysis: &Analysis, file: FileId) -> Vec<Link> {
    let Some(source) = analysis.file(file) else { return Vec::new() };
    let mut out = Vec::new();
    for item in &source.tree.items {
        if let ItemKind::Import(import) = &item.kind
            && let ImportSource::File(path) = &import.source
            && let Ok(target) = analysis.sources().imported(file, &path.value)
        {
            out.push(Link { span: path.span, target: LinkTarget::File(target) });
        }
    }
    for argument in source.tree.attributes.iter().flat_map(|a| &a.arguments) {
        if let Some(code) = Code::ALL.iter().find(|c| c.id() == argument.as_str()) {
            out.push(Link { span: argument.span, target: LinkTarget::Code(*code) });
        }
    }
    for comment in lex(&source.text, file).comments {
        addresses(comment.span, comment.span.text(&source.text), &mut out);
    }
    out.sort_by_key(|link| link.span.start);
    out
}

/// Marks that end a sentence rather than an address.
const MARKS: [char; 8] = ['.', ',', ';', ':', ']', '\'', '!', '?'];

/// The `https:` addresses in a comment, without the marks that end a sentence.
fn addresses(comment: Span, text: &str, out: &mut Vec<Link>) {
    for scheme in ["https://", "http://"] {
        for (at, _) in text.match_indices(scheme) {
            let rest = &text[at..];
            let end = rest
                .find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '`'))
                .unwrap_or(rest.len());
            let mut address = rest[..end].trim_end_matches(MARKS);
            // `(see https://a/b)`, but `https://a/b_(c)`.
            while address.ends_with(')') && address.matches(')').count() > address.matches('(').count() {
                address = address[..address.len() - 1].trim_end_matches(MARKS);
            }
            if address.len() > scheme.len() {
                let start = comment.start + at as u32;
                let span = Span::new(comment.file, start, start + address.len() as u32);
                out.push(Link { span, target: LinkTarget::Address(address.to_owned()) });
            }
        }
    }
}
