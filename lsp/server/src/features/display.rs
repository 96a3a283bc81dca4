//! How a text looks: colours, folds, selections, hints.

use crate::server::{View, command_of};
use gen_lsp_types as lsp;
use warmor_compiler::span::Span;
use warmor_ide::{Class, FoldKind, SemanticToken};

/// The modifiers of semantic tokens, by bit.
pub const LEGEND_MODIFIERS: [&str; 3] = ["definition", "defaultLibrary", "documentation"];

/// The types of semantic tokens, by number.
pub fn legend() -> Vec<String> {
    Class::LEGEND.iter().map(|(_, name)| (*name).to_owned()).collect()
}

/// `textDocument/semanticTokens/full`
pub fn tokens(view: &View<'_>) -> lsp::SemanticTokens {
    encode(view, &warmor_ide::tokens(view.analysis, view.file))
}

/// `textDocument/semanticTokens/range`
pub fn tokens_in(view: &View<'_>, params: lsp::SemanticTokensRangeParams) -> lsp::SemanticTokens {
    let wanted = view.span(params.range);
    let mut tokens = warmor_ide::tokens(view.analysis, view.file);
    tokens.retain(|t| t.span.start < wanted.end && wanted.start < t.span.end);
    encode(view, &tokens)
}

fn encode(view: &View<'_>, tokens: &[SemanticToken]) -> lsp::SemanticTokens {
    let mut last = lsp::Position::default();
    let mut data = Vec::with_capacity(tokens.len());
    for token in tokens {
        let range = view.range(token.span);
        let (start, delta_line) = (range.start, range.start.line - last.line);
        let delta_start = if delta_line == 0 { start.character - last.character } else { start.character };
        let kind = Class::LEGEND.iter().position(|(class, _)| *class == token.class).unwrap_or(0);
        let modifiers = [token.is_definition, token.is_standard, token.is_documentation];
        let modifiers = modifiers.iter().enumerate().map(|(bit, set)| u32::from(*set) << bit).sum();
        data.push(lsp::SemanticToken {
            delta_line,
            delta_start,
            length: range.end.character - start.character,
            token_type: kind as u32,
            token_modifiers_bitset: modifiers,
        });
        last = start;
    }
    lsp::SemanticTokens { result_id: None, data }
}

/// `textDocument/foldingRange`
pub fn folds(view: &View<'_>, _: lsp::FoldingRangeParams) -> Vec<lsp::FoldingRange> {
    let folds = warmor_ide::folds(view.analysis, view.file).into_iter().map(|fold| {
        let range = view.range(fold.span);
        lsp::FoldingRange {
            start_line: range.start.line,
            start_character: None,
            end_line: range.end.line,
            end_character: None,
            kind: match fold.kind {
                FoldKind::Code => None,
                FoldKind::Comment => Some(lsp::FoldingRangeKind::Comment),
                FoldKind::Imports => Some(lsp::FoldingRangeKind::Imports),
            },
            collapsed_text: None,
        }
    });
    folds.collect()
}

/// `textDocument/selectionRange`
pub fn selections(view: &View<'_>, params: lsp::SelectionRangeParams) -> Vec<lsp::SelectionRange> {
    let around = params.positions.into_iter().map(|position| {
        let here = lsp::SelectionRange { range: lsp::Range { start: position, end: position }, parent: None };
        let Some(place) = view.place(position) else { return here };
        let spans = warmor_ide::selections(view.analysis, place);
        let nested =
            spans.into_iter().rev().fold(None, |parent: Option<Box<lsp::SelectionRange>>, span: Span| {
                Some(Box::new(lsp::SelectionRange { range: view.range(span), parent }))
            });
        nested.map_or(here, |whole| *whole)
    });
    around.collect()
}

/// `textDocument/codeLens`
pub fn lenses(view: &View<'_>, _: lsp::CodeLensParams) -> Vec<lsp::CodeLens> {
    let Some(uri) = view.uri(Span::new(view.file, 0, 0)) else { return Vec::new() };
    let lenses = warmor_ide::lenses(view.analysis, view.file).into_iter().map(|lens| {
        let start = view.range(lens.span).start;
        let (command, code) = command_of(lens.subject);
        let mut argument = serde_json::json!({ "uri": uri, "position": start });
        if let Some(code) = code {
            argument["code"] = code.id().into();
        }
        lsp::CodeLens {
            range: lsp::Range { start, end: start },
            command: Some(lsp::Command {
                title: lens.title,
                command: command.to_owned(),
                arguments: Some(vec![argument]),
                ..lsp::Command::default()
            }),
            data: None,
        }
    });
    lenses.collect()
}

/// `textDocument/inlayHint`
pub fn hints(view: &View<'_>, params: lsp::InlayHintParams) -> Vec<lsp::InlayHint> {
    let wanted = view.span(params.range);
    let mut hints = warmor_ide::hints(view.analysis, wanted);
    if view.settings.cost_hints {
        hints.extend(warmor_ide::cost_hints(view.analysis, wanted));
        hints.sort_by_key(|hint| hint.offset);
    }
    let hints = hints.into_iter().map(|hint| lsp::InlayHint {
        position: view.range(Span::new(view.file, hint.offset, hint.offset)).start,
        label: lsp::Label::String(hint.label),
        kind: None,
        text_edits: None,
        tooltip: Some(lsp::Tooltip::String(hint.tooltip)),
        padding_left: Some(true),
        padding_right: None,
        data: None,
    });
    hints.collect()
}
