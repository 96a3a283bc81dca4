//! Going around: hover, definitions, references, outlines, links.

use crate::convert;
use crate::server::View;
use gen_lsp_types as lsp;
use warmor_compiler::span::Span;
use warmor_ide::{LinkTarget, OccurrenceKind, Outline, OutlineKind, Target};

/// `textDocument/hover`
pub fn hover(view: &View<'_>, params: lsp::HoverParams) -> Option<lsp::Hover> {
    let place = view.place(params.text_document_position_params.position)?;
    let hover = warmor_ide::hover(view.analysis, place)?;
    Some(lsp::Hover {
        contents: lsp::Contents::MarkupContent(lsp::MarkupContent {
            kind: lsp::MarkupKind::Markdown,
            value: hover.markdown,
        }),
        range: Some(view.range(hover.span)),
    })
}

/// `textDocument/definition`
pub fn definition(view: &View<'_>, params: lsp::DefinitionParams) -> Option<lsp::DefinitionResponse> {
    let place = view.place(params.text_document_position_params.position)?;
    Some(targets(view, &warmor_ide::definition(view.analysis, place), view.client.definition_links))
}

/// `textDocument/typeDefinition`
pub fn type_definition(
    view: &View<'_>,
    params: lsp::TypeDefinitionParams,
) -> Option<lsp::DefinitionResponse> {
    let place = view.place(params.text_document_position_params.position)?;
    Some(targets(view, &warmor_ide::type_definition(view.analysis, place), view.client.type_definition_links))
}

/// Both have answers of the same form.
fn targets(view: &View<'_>, targets: &[Target], with_links: bool) -> lsp::DefinitionResponse {
    let located = targets.iter().filter_map(|t| Some((t, view.uri(t.name)?)));
    if with_links {
        let links = located.map(|(target, uri)| lsp::LocationLink {
            origin_selection_range: Some(view.range(target.from)),
            target_uri: uri,
            target_range: view.range(target.whole),
            target_selection_range: view.range(target.name),
        });
        lsp::DefinitionResponse::DefinitionLinkList(links.collect())
    } else {
        let places = located.map(|(target, uri)| lsp::Location { uri, range: view.range(target.name) });
        lsp::DefinitionResponse::Definition(lsp::Definition::LocationList(places.collect()))
    }
}

/// `textDocument/references`
pub fn references(view: &View<'_>, params: lsp::ReferenceParams) -> Option<Vec<lsp::Location>> {
    let place = view.place(params.text_document_position_params.position)?;
    let found = warmor_ide::references(view.analysis, place);
    let wanted = found
        .iter()
        .filter(|o| params.context.include_declaration || o.kind == OccurrenceKind::Use)
        .filter_map(|o| view.location(o.span));
    Some(wanted.collect())
}

/// `textDocument/documentHighlight`
pub fn highlight(
    view: &View<'_>,
    params: lsp::DocumentHighlightParams,
) -> Option<Vec<lsp::DocumentHighlight>> {
    let place = view.place(params.text_document_position_params.position)?;
    let found = warmor_ide::references(view.analysis, place);
    let here = found.iter().filter(|o| o.span.file == place.file).map(|o| lsp::DocumentHighlight {
        range: view.range(o.span),
        kind: Some(match o.kind {
            OccurrenceKind::Definition => lsp::DocumentHighlightKind::Write,
            OccurrenceKind::Use => lsp::DocumentHighlightKind::Read,
        }),
    });
    Some(here.collect())
}

/// `textDocument/documentSymbol`
pub fn symbols(view: &View<'_>, _: lsp::DocumentSymbolParams) -> lsp::DocumentSymbolResponse {
    let outline = warmor_ide::outline(view.analysis, view.file);
    if view.client.outline_tree {
        let tree = outline.into_iter().map(|entry| symbol(view, entry)).collect();
        return lsp::DocumentSymbolResponse::DocumentSymbolList(tree);
    }
    let mut flat = Vec::new();
    flatten(view, &outline, None, &mut flat);
    lsp::DocumentSymbolResponse::SymbolInformationList(flat)
}

#[allow(deprecated, reason = "the struct has no other constructor")]
fn symbol(view: &View<'_>, entry: Outline) -> lsp::DocumentSymbol {
    lsp::DocumentSymbol {
        name: entry.name,
        detail: Some(entry.detail).filter(|d| !d.is_empty()),
        kind: convert::symbol_kind(entry.kind),
        tags: None,
        deprecated: None,
        range: view.range(entry.whole),
        selection_range: view.range(entry.selection),
        children: Some(entry.children.into_iter().map(|child| symbol(view, child)).collect()),
    }
}

#[allow(deprecated, reason = "the struct has no other constructor")]
fn flatten(
    view: &View<'_>,
    entries: &[Outline],
    inside: Option<&str>,
    out: &mut Vec<lsp::SymbolInformation>,
) {
    for entry in entries {
        if let Some(location) = view.location(entry.selection) {
            out.push(lsp::SymbolInformation {
                location,
                deprecated: None,
                base_symbol_information: lsp::BaseSymbolInformation {
                    name: entry.name.clone(),
                    kind: convert::symbol_kind(entry.kind),
                    tags: None,
                    container_name: inside.map(str::to_owned),
                },
            });
        }
        flatten(view, &entry.children, Some(&entry.name), out);
    }
}

/// `workspace/symbol`, in one program
pub fn search(view: &View<'_>, query: &str, out: &mut Vec<lsp::SymbolInformation>) {
    for entry in warmor_ide::search_symbols(view.analysis, query) {
        let inside =
            Some(entry.detail.as_str()).filter(|_| entry.kind == OutlineKind::Rule).map(str::to_owned);
        let alone = Outline { children: Vec::new(), ..entry };
        flatten(view, &[alone], inside.as_deref(), out);
    }
}

/// `textDocument/documentLink`
pub fn links(view: &View<'_>, _: lsp::DocumentLinkParams) -> Vec<lsp::DocumentLink> {
    let links = warmor_ide::links(view.analysis, view.file).into_iter().filter_map(|link| {
        let (target, tooltip) = match link.target {
            LinkTarget::File(file) => (view.uri(Span::new(file, 0, 0))?, None),
            LinkTarget::Code(code) => (convert::page(code), Some(code.title().to_owned())),
            LinkTarget::Address(address) => (lsp::Uri(address), None),
        };
        Some(lsp::DocumentLink { range: view.range(link.span), target: Some(target), tooltip, data: None })
    });
    links.collect()
}

impl View<'_> {
    /// A span with the address of its file.
    fn location(&self, span: Span) -> Option<lsp::Location> {
        Some(lsp::Location { uri: self.uri(span)?, range: self.range(span) })
    }
}
