//! From the compiler's words to the protocol's.

use crate::client::Client;
use gen_lsp_types as lsp;
use lsp_server::ErrorCode;
use warmor_compiler::diagnostics::{Applicability, Level};
use warmor_compiler::span::Span;
use warmor_ide::{Analysis, LineColumn, OutlineKind, Place, Reported};

/// Where the explanation of a code is.
const ERROR_PAGES: &str = "https://github.com/warmor/warmor/blob/main/docs/errors/";
/// Who says what is reported.
const SOURCE: &str = "warmor";

/// Why a request has no answer.
#[derive(Debug)]
pub struct Failure {
    pub code: ErrorCode,
    pub message: String,
}

impl Failure {
    /// The request makes no sense.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self { code: ErrorCode::InvalidParams, message: message.into() }
    }
}

/// A span as lines and columns.
pub fn range(analysis: &Analysis, span: Span, client: &Client) -> lsp::Range {
    let Some((file, lines)) = analysis.file(span.file).zip(analysis.lines(span.file)) else {
        return lsp::Range::default();
    };
    let position = |offset| {
        let place = lines.line_column(offset, &file.text, client.encoding);
        lsp::Position { line: place.line, character: place.column }
    };
    lsp::Range { start: position(span.start), end: position(span.end.max(span.start)) }
}

/// A position as an offset.
pub fn place(
    analysis: &Analysis,
    file: warmor_compiler::span::FileId,
    position: lsp::Position,
    client: &Client,
) -> Option<Place> {
    let text = &analysis.file(file)?.text;
    let at = LineColumn { line: position.line, column: position.character };
    Some(Place { file, offset: analysis.lines(file)?.offset(at, text, client.encoding) })
}

/// A diagnostic. `uri` gives the addresses of the files that it points to.
pub fn diagnostic(
    analysis: &Analysis,
    reported: &Reported<'_>,
    client: &Client,
    uri: &dyn Fn(Span) -> Option<lsp::Uri>,
) -> lsp::Diagnostic {
    let said = reported.diagnostic;
    let mut message = said.message.clone();
    if let Some(label) = said.labels.first().filter(|l| !l.text.is_empty()) {
        message.push_str(": ");
        message.push_str(&label.text);
    }
    let help = said.help.iter().map(|help| format!("help: {help}"));
    for more in said.notes.iter().map(|note| format!("note: {note}")).chain(help) {
        message.push('\n');
        message.push_str(&more);
    }
    let related = || {
        let others = said.labels.iter().skip(1).filter_map(|label| {
            let location =
                lsp::Location { uri: uri(label.span)?, range: range(analysis, label.span, client) };
            let message = if label.text.is_empty() { "here".to_owned() } else { label.text.clone() };
            Some(lsp::DiagnosticRelatedInformation { location, message })
        });
        Some(others.collect::<Vec<_>>()).filter(|list| !list.is_empty())
    };
    lsp::Diagnostic {
        range: range(analysis, said.span(), client),
        severity: Some(match said.level {
            Level::Error => lsp::DiagnosticSeverity::Error,
            Level::Warning => lsp::DiagnosticSeverity::Warning,
            Level::Note => lsp::DiagnosticSeverity::Information,
        }),
        code: Some(lsp::Code::String(said.code.id().to_owned())),
        code_description: client.code_description.then(|| lsp::CodeDescription { href: page(said.code) }),
        source: Some(SOURCE.to_owned()),
        message: lsp::Message::String(message),
        tags: (client.unnecessary_tag && reported.is_unnecessary())
            .then(|| vec![lsp::DiagnosticTag::Unnecessary]),
        related_information: client.related_information.then(related).flatten(),
        data: (client.diagnostic_data && !said.fixes.is_empty()).then(|| fixes(analysis, said, client, uri)),
    }
}

/// Where a code is explained.
pub fn page(code: warmor_compiler::diagnostics::Code) -> lsp::Uri {
    lsp::Uri(format!("{ERROR_PAGES}{}.md", code.id()))
}

/// The compiler's own changes that would mend a problem, for the quick fixes of an editor.
fn fixes(
    analysis: &Analysis,
    said: &warmor_compiler::diagnostics::Diagnostic,
    client: &Client,
    uri: &dyn Fn(Span) -> Option<lsp::Uri>,
) -> serde_json::Value {
    let list = said.fixes.iter().filter_map(|fix| {
        Some(serde_json::json!({
            "title": fix.title,
            "uri": uri(fix.span)?,
            "range": range(analysis, fix.span, client),
            "newText": fix.replacement,
            "safe": fix.applicability == Applicability::Safe,
        }))
    });
    serde_json::json!({ "fixes": list.collect::<Vec<_>>() })
}

/// The protocol's nearest word for an entry of the outline.
pub const fn symbol_kind(kind: OutlineKind) -> lsp::SymbolKind {
    match kind {
        OutlineKind::Package => lsp::SymbolKind::Package,
        OutlineKind::Let => lsp::SymbolKind::Constant,
        OutlineKind::Subject => lsp::SymbolKind::Class,
        OutlineKind::Predicate => lsp::SymbolKind::Function,
        OutlineKind::Param => lsp::SymbolKind::TypeParameter,
        OutlineKind::Template => lsp::SymbolKind::Interface,
        OutlineKind::Policy => lsp::SymbolKind::Module,
        OutlineKind::Rule => lsp::SymbolKind::Property,
        OutlineKind::Use => lsp::SymbolKind::Struct,
        OutlineKind::Limit => lsp::SymbolKind::Number,
        OutlineKind::Assertion => lsp::SymbolKind::Boolean,
        OutlineKind::Claim => lsp::SymbolKind::Key,
        OutlineKind::Test => lsp::SymbolKind::Method,
        OutlineKind::Expectation => lsp::SymbolKind::Key,
        OutlineKind::Detection => lsp::SymbolKind::Event,
    }
}
