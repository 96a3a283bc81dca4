//! Which diagnostics the editor has, and telling it when they change.

use crate::client::Client;
use crate::convert;
use crate::documents::Documents;
use crate::programs::{Key, Programs};
use crate::server::address;
use gen_lsp_types as lsp;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What was last sent for each file.
#[derive(Debug, Default)]
pub struct Published {
    sent: BTreeMap<PathBuf, (Option<i32>, Vec<lsp::Diagnostic>)>,
}

/// Everything that some program has to say of a file, each thing once.
pub fn of_file(
    path: &Path,
    programs: &Programs,
    documents: &Documents,
    client: &Client,
) -> Vec<lsp::Diagnostic> {
    let mut list: Vec<lsp::Diagnostic> = Vec::new();
    for program in programs.iter() {
        // A project speaks for its files; whoever else imports them has nothing to add but misunderstandings.
        let Some(file) = program.file(path) else { continue };
        let speaks = match &program.key {
            Key::Project(_) => true,
            Key::File(own) => own == path || programs.of(path).is_none_or(|id| id == program.id),
        };
        let Some(analysis) = program.known().filter(|_| speaks) else { continue };
        let uri = |span: warmor_compiler::span::Span| address(program, documents, span.file);
        for reported in warmor_ide::diagnostics(analysis, file) {
            let diagnostic = convert::diagnostic(analysis, &reported, client, &uri);
            if !list.contains(&diagnostic) {
                list.push(diagnostic);
            }
        }
    }
    list
}

impl Published {
    /// What must be sent after programs with these files have changed: of those, and of what is no file of any program any more.
    pub fn update(
        &mut self,
        files: BTreeSet<PathBuf>,
        programs: &Programs,
        documents: &Documents,
        client: &Client,
    ) -> Vec<lsp::PublishDiagnosticsParams> {
        let gone: Vec<PathBuf> = self
            .sent
            .keys()
            .filter(|p| !files.contains(*p) && programs.with(p).is_empty())
            .cloned()
            .collect();
        let mut out = Vec::new();
        for path in files.into_iter().chain(gone) {
            let document = documents.get(&path);
            // Who asks for diagnostics is told only of files that it cannot ask about.
            let asks = client.pulls_diagnostics && document.is_some();
            let list = if asks { Vec::new() } else { of_file(&path, programs, documents, client) };
            let version = document.map(|d| d.version);
            let before = self.sent.get(&path);
            let is_news = match before {
                None => !list.is_empty() || (document.is_some() && !asks),
                Some((old_version, old)) => *old != list || (!asks && *old_version != version),
            };
            if !is_news {
                continue;
            }
            let uri = document.map_or_else(|| crate::uri::of_path(&path), |d| d.uri.clone());
            if list.is_empty() && document.is_none() {
                self.sent.remove(&path);
            } else {
                self.sent.insert(path, (version, list.clone()));
            }
            out.push(lsp::PublishDiagnosticsParams { uri, version, diagnostics: list });
        }
        out
    }
}
