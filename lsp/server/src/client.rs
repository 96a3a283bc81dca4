//! What the editor says that it can do.

use serde_json::Value;
use warmor_ide::Encoding;

/// The abilities of the editor that this server asks about.
///
/// They are read from the message itself: an editor that says something unheard-of elsewhere in it is no reason to refuse it.
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is an ability of its own")]
pub struct Client {
    /// What columns count.
    pub encoding: Encoding,
    /// It asks for diagnostics, and asks again when told to.
    pub pulls_diagnostics: bool,
    /// It shows where else a diagnostic points.
    pub related_information: bool,
    /// It shows a link for a code.
    pub code_description: bool,
    /// It fades what is unnecessary.
    pub unnecessary_tag: bool,
    /// It keeps what a diagnostic carries for its fixes.
    pub diagnostic_data: bool,
    /// It shows outlines as trees.
    pub outline_tree: bool,
    /// It takes a link from the word that was pointed at.
    pub definition_links: bool,
    /// It takes a link from the word whose type is asked for.
    pub type_definition_links: bool,
    /// It watches files when asked to.
    pub watches_files: bool,
    /// It takes changes of several files with the versions that they are of.
    pub document_changes: bool,
    /// It takes code actions that are changes.
    pub action_literals: bool,
    /// It fills in what a completion leaves open.
    pub snippets: bool,
    /// It opens documents when asked to.
    pub shows_documents: bool,
    /// It asks again for code lenses when told to.
    pub refreshes_lenses: bool,
    /// It asks again for inlay hints when told to.
    pub refreshes_hints: bool,
    /// It shows the progress of work.
    pub shows_progress: bool,
}

impl Client {
    /// Reads the parameters of `initialize`.
    pub fn read(params: &Value) -> Self {
        let at = |path: &str| params.pointer(&format!("/capabilities/{path}"));
        let is = |path: &str| at(path).and_then(Value::as_bool).unwrap_or(false);
        let lists = |path: &str, wanted: &dyn Fn(&Value) -> bool| {
            at(path).and_then(Value::as_array).is_some_and(|list| list.iter().any(wanted))
        };
        let offers = |name: &str| lists("general/positionEncodings", &|v| v.as_str() == Some(name));
        let encoding = if offers("utf-8") {
            Encoding::Utf8
        } else if offers("utf-32") && !offers("utf-16") {
            Encoding::Utf32
        } else {
            Encoding::Utf16
        };
        let has_diagnostics = |name: &str| {
            is(&format!("textDocument/publishDiagnostics/{name}"))
                || is(&format!("textDocument/diagnostic/{name}"))
        };
        let fades = |kind: &str| {
            lists(&format!("textDocument/{kind}/tagSupport/valueSet"), &|v| v.as_u64() == Some(1))
        };
        Self {
            encoding,
            pulls_diagnostics: at("textDocument/diagnostic").is_some_and(Value::is_object)
                && is("workspace/diagnostics/refreshSupport"),
            related_information: has_diagnostics("relatedInformation"),
            code_description: has_diagnostics("codeDescriptionSupport"),
            unnecessary_tag: fades("publishDiagnostics") || fades("diagnostic"),
            diagnostic_data: has_diagnostics("dataSupport"),
            outline_tree: is("textDocument/documentSymbol/hierarchicalDocumentSymbolSupport"),
            definition_links: is("textDocument/definition/linkSupport"),
            type_definition_links: is("textDocument/typeDefinition/linkSupport"),
            watches_files: is("workspace/didChangeWatchedFiles/dynamicRegistration"),
            document_changes: is("workspace/workspaceEdit/documentChanges"),
            action_literals: at("textDocument/codeAction/codeActionLiteralSupport")
                .is_some_and(Value::is_object),
            snippets: is("textDocument/completion/completionItem/snippetSupport"),
            shows_documents: is("window/showDocument/support"),
            refreshes_lenses: is("workspace/codeLens/refreshSupport"),
            refreshes_hints: is("workspace/inlayHint/refreshSupport"),
            shows_progress: is("window/workDoneProgress"),
        }
    }
}
