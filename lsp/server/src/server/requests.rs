//! Requests: each is answered at once, but for [commands](super::commands).

use super::Server;
use super::view::View;
use crate::convert::Failure;
use crate::diagnostics;
use crate::documents::path_of;
use crate::features;
use crate::programs::ProgramId;
use gen_lsp_types as lsp;
use gen_lsp_types::{Notification as _, Request as _};
use lsp_server::{ErrorCode, Message, Request, RequestId, Response};
use serde_json::Value;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use warmor_compiler::span::FileId;
use warmor_ide::{Analysis, Proof};

impl Server {
    pub(super) fn answer(&mut self, request: Request) {
        let id = request.id.clone();
        let response = if self.is_cancelled(&id) {
            Response::new_err(id, ErrorCode::RequestCanceled as i32, "cancelled by the editor".to_owned())
        } else if self.is_shut_down {
            Response::new_err(id, ErrorCode::InvalidRequest as i32, "the server is shut down".to_owned())
        } else if request.method == lsp::ShutdownRequest::METHOD.as_str() {
            self.is_shut_down = true;
            Response::new_ok(id, Value::Null)
        } else {
            let method = request.method.clone();
            if method == lsp::ExecuteCommandRequest::METHOD.as_str() {
                match self.execute(&id, request.params) {
                    Ok(()) => return,
                    Err(failure) => {
                        let refused = Response::new_err(id, failure.code as i32, failure.message);
                        let _ = self.connection.sender.send(Message::Response(refused));
                        return;
                    }
                }
            }
            match catch_unwind(AssertUnwindSafe(|| self.route(request))) {
                Ok(Ok(value)) => Response::new_ok(id, value),
                Ok(Err(failure)) => Response::new_err(id, failure.code as i32, failure.message),
                Err(_) => {
                    eprintln!("warmor-lsp: {method}: a mistake of this program, see above");
                    Response::new_err(id, ErrorCode::InternalError as i32, format!("`{method}` failed"))
                }
            }
        };
        let _ = self.connection.sender.send(Message::Response(response));
    }

    /// Whether the editor has taken a request back already.
    fn is_cancelled(&self, id: &RequestId) -> bool {
        self.inbox.iter().any(|message| match message {
            Message::Notification(n) if n.method == lsp::CancelNotification::METHOD.as_str() => {
                let cancelled = n.params.get("id").cloned().and_then(|v| serde_json::from_value(v).ok());
                cancelled.as_ref() == Some(id)
            }
            _ => false,
        })
    }

    fn route(&mut self, request: Request) -> Result<Value, Failure> {
        let Request { method, params, .. } = request;
        macro_rules! route {
            ($($asked:ident => $answer:path,)*) => {
                match method.as_str() {
                    $(m if m == lsp::$asked::METHOD.as_str() => self.ask::<lsp::$asked, _>(params, |view, params| Ok($answer(view, params))),)*
                    m if m == lsp::DocumentDiagnosticRequest::METHOD.as_str() => self.pull(params),
                    m if m == lsp::SemanticTokensRequest::METHOD.as_str() => self.colour(params),
                    m if m == lsp::SemanticTokensDeltaRequest::METHOD.as_str() => self.colour(params),
                    m if m == lsp::WorkspaceSymbolRequest::METHOD.as_str() => self.search(params),
                    m if m == lsp::HoverRequest::METHOD.as_str() => self.hover(params),
                    m if m == lsp::PrepareRenameRequest::METHOD.as_str() => {
                        self.ask::<lsp::PrepareRenameRequest, _>(params, features::prepare_rename)
                    }
                    m if m == lsp::RenameRequest::METHOD.as_str() => {
                        self.ask::<lsp::RenameRequest, _>(params, features::rename)
                    }
                    _ => Err(Failure {
                        code: ErrorCode::MethodNotFound,
                        message: format!("there is no method `{method}`"),
                    }),
                }
            };
        }
        route! {
            DefinitionRequest => features::definition,
            TypeDefinitionRequest => features::type_definition,
            ReferencesRequest => features::references,
            DocumentHighlightRequest => features::highlight,
            DocumentSymbolRequest => features::symbols,
            DocumentFormattingRequest => features::format,
            DocumentRangeFormattingRequest => features::format_range,
            DocumentOnTypeFormattingRequest => features::format_closed,
            DocumentLinkRequest => features::links,
            CodeActionRequest => features::actions,
            CompletionRequest => features::complete,
            SignatureHelpRequest => features::signature,
            CodeLensRequest => features::lenses,
            SemanticTokensRangeRequest => features::tokens_in,
            FoldingRangeRequest => features::folds,
            SelectionRangeRequest => features::selections,
            InlayHintRequest => features::hints,
        }
    }

    /// Answers a question about an open file.
    fn ask<R: lsp::Request, T: serde::Serialize>(
        &mut self,
        params: Value,
        answer: impl FnOnce(&View<'_>, R::Params) -> Result<T, Failure>,
    ) -> Result<Value, Failure> {
        let path = document_of(&params)?;
        let params = serde_json::from_value(params).map_err(|e| Failure::invalid(e.to_string()))?;
        match self.look(&path, |view| answer(view, params)) {
            Some(result) => json(result?),
            None => Ok(Value::Null),
        }
    }

    /// Looks at an open file; `None` where there is nothing to look at.
    fn look<T>(&mut self, path: &Path, at: impl FnOnce(&View<'_>) -> T) -> Option<T> {
        let (program, file) = self.current(path)?;
        let program = self.programs.get(program)?;
        let analysis = program.known()?;
        let (documents, client, settings) = (&self.documents, &self.client, &self.settings);
        Some(at(&View { analysis, client, settings, file, program, documents }))
    }

    /// `textDocument/hover`. What decisions of a large program cost is found out when somebody first looks.
    fn hover(&mut self, params: Value) -> Result<Value, Failure> {
        let mut unmeasured = None;
        let answer = self.ask::<lsp::HoverRequest, _>(params, |view, params| {
            unmeasured = Some(view.analysis).filter(|a| !a.is_measured()).cloned();
            Ok(features::hover(view, params))
        });
        if let Some(analysis) = unmeasured {
            self.pages.measure(analysis);
        }
        answer
    }

    /// `textDocument/semanticTokens/full`, and `…/full/delta` where there was an answer before
    fn colour(&mut self, params: Value) -> Result<Value, Failure> {
        let path = document_of(&params)?;
        let previous = params.get("previousResultId").and_then(Value::as_str).map(str::to_owned);
        let Some(tokens) = self.look(&path, features::tokens) else { return Ok(Value::Null) };
        match previous {
            None => json(self.colours.whole(path, tokens)),
            Some(previous) => json(self.colours.change(path, &previous, tokens)),
        }
    }

    /// `workspace/symbol`
    fn search(&mut self, params: Value) -> Result<Value, Failure> {
        let asked: lsp::WorkspaceSymbolParams =
            serde_json::from_value(params).map_err(|e| Failure::invalid(e.to_string()))?;
        let mut found = Vec::new();
        for id in self.programs.ids() {
            let Some(program) = self.programs.get_mut(id) else { continue };
            let _ = program.analysis();
            let Some((program, analysis)) = self.programs.get(id).and_then(|p| Some((p, p.known()?))) else {
                continue;
            };
            let file = FileId::default();
            let view = View {
                analysis,
                program,
                documents: &self.documents,
                client: &self.client,
                settings: &self.settings,
                file,
            };
            features::search(&view, &asked.query, &mut found);
        }
        json(found)
    }

    /// The program and number of a file, with an analysis of its current text.
    pub(super) fn current(&mut self, path: &Path) -> Option<(ProgramId, FileId)> {
        let id = self.programs.of(path)?;
        let program = self.programs.get_mut(id)?;
        let file = program.file(path)?;
        program.analysis()?;
        Some((id, file))
    }

    /// `textDocument/diagnostic`
    fn pull(&mut self, params: Value) -> Result<Value, Failure> {
        let path = document_of(&params)?;
        let previous = params.get("previousResultId").and_then(Value::as_str).map(str::to_owned);
        let mut state = String::new();
        for id in self.programs.with(&path) {
            let Some(program) = self.programs.get_mut(id) else { continue };
            let generation = program.generation;
            state.push(match program.analysis().map(Analysis::proof) {
                Some(Proof::Done(_)) => '+',
                Some(Proof::Pending) => '?',
                Some(Proof::Impossible | Proof::Unwanted) | None => '-',
            });
            state.push_str(if program.known().is_some_and(|a| a.tested().is_some()) { "t" } else { "" });
            state.push_str(&generation.to_string());
        }
        if previous.as_ref() == Some(&state) && !state.is_empty() {
            return Ok(serde_json::json!({ "kind": "unchanged", "resultId": state }));
        }
        let items = diagnostics::of_file(&path, &self.programs, &self.documents, &self.client);
        Ok(serde_json::json!({ "kind": "full", "resultId": state, "items": items }))
    }
}

/// An answer as it is sent.
fn json(answer: impl serde::Serialize) -> Result<Value, Failure> {
    serde_json::to_value(answer)
        .map_err(|e| Failure { code: ErrorCode::InternalError, message: e.to_string() })
}

/// The file that a request is about.
pub(super) fn document_of(params: &Value) -> Result<PathBuf, Failure> {
    let uri = params.pointer("/textDocument/uri").and_then(Value::as_str);
    let uri = uri.ok_or_else(|| Failure::invalid("the request names no document"))?;
    Ok(path_of(&lsp::Uri(uri.to_owned())))
}
