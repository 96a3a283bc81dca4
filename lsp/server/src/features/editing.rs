//! Changing a text: formatting, renaming, code actions, help with calls.

use crate::convert::{self, Failure};
use crate::server::View;
use gen_lsp_types as lsp;
use lsp_server::ErrorCode;
use std::collections::{BTreeMap, HashMap};
use warmor_compiler::span::{FileId, Span};
use warmor_ide::{ActionKind, CompletionKind, Edit, NotRenamed, Origin, Reported};

/// `textDocument/formatting`
pub fn format(view: &View<'_>, _: lsp::DocumentFormattingParams) -> Option<Vec<lsp::TextEdit>> {
    let edits = warmor_ide::format(view.analysis, view.file)?;
    Some(edits.into_iter().map(|e| edit(view, e)).collect())
}

/// `textDocument/rangeFormatting`
pub fn format_range(
    view: &View<'_>,
    params: lsp::DocumentRangeFormattingParams,
) -> Option<Vec<lsp::TextEdit>> {
    let edits = warmor_ide::format_range(view.analysis, view.span(params.range))?;
    Some(edits.into_iter().map(|e| edit(view, e)).collect())
}

/// `textDocument/onTypeFormatting`, after a closing brace
pub fn format_closed(
    view: &View<'_>,
    params: lsp::DocumentOnTypeFormattingParams,
) -> Option<Vec<lsp::TextEdit>> {
    let edits = warmor_ide::format_closed(view.analysis, view.place(params.position)?)?;
    Some(edits.into_iter().map(|e| edit(view, e)).collect())
}

fn edit(view: &View<'_>, edit: Edit) -> lsp::TextEdit {
    lsp::TextEdit { range: view.range(edit.span), new_text: edit.text }
}

/// Changes of one or several files.
fn workspace_edit(view: &View<'_>, edits: Vec<Edit>) -> Option<lsp::WorkspaceEdit> {
    let mut by_file: BTreeMap<FileId, Vec<Edit>> = BTreeMap::new();
    for edit in edits {
        by_file.entry(edit.span.file).or_default().push(edit);
    }
    let mut changes = HashMap::new();
    let mut document_changes = Vec::new();
    for (file, edits) in by_file {
        let uri = view.uri(Span::new(file, 0, 0))?;
        let edits = edits.into_iter().map(|e| edit(view, e));
        if view.client.document_changes {
            document_changes.push(lsp::DocumentChange::TextDocumentEdit(lsp::TextDocumentEdit {
                text_document: lsp::OptionalVersionedTextDocumentIdentifier {
                    version: view.version(file),
                    text_document_identifier: lsp::TextDocumentIdentifier { uri },
                },
                edits: edits.map(lsp::Edit::TextEdit).collect(),
            }));
        } else {
            changes.insert(uri, edits.collect());
        }
    }
    Some(if view.client.document_changes {
        lsp::WorkspaceEdit { document_changes: Some(document_changes), ..lsp::WorkspaceEdit::default() }
    } else {
        lsp::WorkspaceEdit { changes: Some(changes), ..lsp::WorkspaceEdit::default() }
    })
}

/// `textDocument/prepareRename`
pub fn prepare_rename(
    view: &View<'_>,
    params: lsp::PrepareRenameParams,
) -> Result<Option<lsp::PrepareRenameResult>, Failure> {
    let Some(place) = view.place(params.text_document_position_params.position) else { return Ok(None) };
    let word = warmor_ide::prepare_rename(view.analysis, place).map_err(refused)?;
    let placeholder = view.analysis.text(word).to_owned();
    let range = view.range(word);
    let shown = lsp::PrepareRenamePlaceholder { range, placeholder };
    Ok(Some(lsp::PrepareRenameResult::PrepareRenamePlaceholder(shown)))
}

/// `textDocument/rename`
pub fn rename(view: &View<'_>, params: lsp::RenameParams) -> Result<Option<lsp::WorkspaceEdit>, Failure> {
    let Some(place) = view.place(params.text_document_position_params.position) else { return Ok(None) };
    let edits = warmor_ide::rename(view.analysis, place, &params.new_name).map_err(refused)?;
    Ok(workspace_edit(view, edits))
}

fn refused(NotRenamed(why): NotRenamed) -> Failure {
    Failure { code: ErrorCode::RequestFailed, message: why }
}

/// `textDocument/codeAction`
pub fn actions(view: &View<'_>, params: lsp::CodeActionParams) -> Vec<lsp::CodeActionResponse> {
    if !view.client.action_literals {
        return Vec::new();
    }
    let wanted = |kind: &str| {
        params.context.only.as_ref().is_none_or(|only| {
            only.iter().any(|asked| {
                let asked = String::from(asked.clone());
                asked.is_empty()
                    || kind == asked
                    || kind.strip_prefix(&asked).is_some_and(|rest| rest.starts_with('.'))
            })
        })
    };
    let uri = |span: Span| view.uri(span);
    let mut out = Vec::new();
    for action in warmor_ide::actions(view.analysis, view.span(params.range)) {
        let kind = match action.kind {
            ActionKind::QuickFix => lsp::CodeActionKind::QuickFix,
            ActionKind::Extract => lsp::CodeActionKind::RefactorExtract,
            ActionKind::Rewrite => lsp::CodeActionKind::RefactorRewrite,
            ActionKind::FixAll => lsp::CodeActionKind::SourceFixAll,
            ActionKind::Organise => lsp::CodeActionKind::SourceOrganizeImports,
        };
        if !wanted(&String::from(kind.clone())) {
            continue;
        }
        let Some(edit) = workspace_edit(view, action.edits) else { continue };
        let mends = action.mends.as_ref().map(|diagnostic| {
            let reported = Reported { diagnostic, origin: Origin::Check };
            vec![convert::diagnostic(view.analysis, &reported, view.client, &uri)]
        });
        out.push(lsp::CodeActionResponse::CodeAction(lsp::CodeAction {
            title: action.title,
            kind: Some(kind),
            diagnostics: mends,
            is_preferred: action.is_preferred.then_some(true),
            edit: Some(edit),
            ..lsp::CodeAction::default()
        }));
    }
    out
}

/// `textDocument/signatureHelp`
pub fn signature(view: &View<'_>, params: lsp::SignatureHelpParams) -> Option<lsp::SignatureHelp> {
    let place = view.place(params.text_document_position_params.position)?;
    let found = warmor_ide::signature(view.analysis, place)?;
    let parameters = found.parameters.iter().map(|(start, end)| lsp::ParameterInformation {
        label: lsp::ParameterInformationLabel::String(
            found.label.get(*start as usize..*end as usize).unwrap_or_default().to_owned(),
        ),
        documentation: None,
    });
    let signature = lsp::SignatureInformation {
        parameters: Some(parameters.collect()),
        documentation: Some(found.documentation).filter(|d| !d.is_empty()).map(markdown),
        label: found.label.clone(),
        active_parameter: None,
    };
    Some(lsp::SignatureHelp {
        signatures: vec![signature],
        active_signature: Some(0),
        active_parameter: Some(lsp::ActiveParameter::Int(found.active as u32)),
    })
}

fn markdown(value: String) -> lsp::Documentation {
    lsp::Documentation::MarkupContent(lsp::MarkupContent { kind: lsp::MarkupKind::Markdown, value })
}

/// `textDocument/completion`
pub fn complete(view: &View<'_>, params: lsp::CompletionParams) -> lsp::CompletionList {
    let place = view.place(params.text_document_position_params.position);
    let found = place.map(|place| warmor_ide::completions(view.analysis, place)).unwrap_or_default();
    let items = found.into_iter().enumerate().map(|(i, completion)| {
        let has_places = completion.snippet.contains('$') && view.client.snippets;
        let (format, text) = if has_places {
            (lsp::InsertTextFormat::Snippet, completion.snippet.clone())
        } else {
            (lsp::InsertTextFormat::PlainText, completion.plain())
        };
        let also: Vec<lsp::TextEdit> = completion.also.into_iter().map(|e| edit(view, e)).collect();
        lsp::CompletionItem {
            kind: Some(completion_kind(completion.kind)),
            detail: Some(completion.detail).filter(|d| !d.is_empty()),
            documentation: Some(completion.documentation).filter(|d| !d.is_empty()).map(markdown),
            sort_text: Some(format!("{i:05}")),
            // What is typed so far is compared with this: a path with its slashes, too.
            filter_text: Some(completion.label.clone()),
            label: completion.label,
            insert_text_format: Some(format),
            text_edit: Some(lsp::CompletionItemTextEdit::TextEdit(lsp::TextEdit {
                range: view.range(completion.replaced),
                new_text: text,
            })),
            additional_text_edits: Some(also).filter(|a| !a.is_empty()),
            ..lsp::CompletionItem::default()
        }
    });
    lsp::CompletionList { is_incomplete: false, items: items.collect(), ..lsp::CompletionList::default() }
}

const fn completion_kind(kind: CompletionKind) -> lsp::CompletionItemKind {
    match kind {
        CompletionKind::Keyword => lsp::CompletionItemKind::Keyword,
        CompletionKind::Snippet => lsp::CompletionItemKind::Snippet,
        CompletionKind::Action => lsp::CompletionItemKind::Method,
        CompletionKind::Fact => lsp::CompletionItemKind::Field,
        CompletionKind::EnumMember => lsp::CompletionItemKind::EnumMember,
        CompletionKind::Type => lsp::CompletionItemKind::TypeParameter,
        CompletionKind::Constant => lsp::CompletionItemKind::Constant,
        CompletionKind::Subject => lsp::CompletionItemKind::Class,
        CompletionKind::Predicate => lsp::CompletionItemKind::Function,
        CompletionKind::Template => lsp::CompletionItemKind::Interface,
        CompletionKind::Clause => lsp::CompletionItemKind::Reference,
        CompletionKind::Module => lsp::CompletionItemKind::Module,
        CompletionKind::Path => lsp::CompletionItemKind::File,
    }
}
