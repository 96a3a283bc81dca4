//! The loop: takes one message after the other, and says what has changed once there is no message left to take.

use crate::capabilities;
use crate::client::Client;
use crate::diagnostics::Published;
use crate::disk::{projects_below, today};
use crate::documents::{Documents, is_unsaved, path_of};
use crate::pages::Pages;
use crate::programs::{Generation, Key, Program, ProgramId, Programs};
use crate::prover::{News, Proving, Told, Work};
use crate::settings::Settings;
use crate::uri;
use crossbeam_channel::select;
use gen_lsp_types as lsp;
use gen_lsp_types::Notification as _;
use lsp_server::{Connection, Message, Notification, Request, RequestId};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use warmor_compiler::resolve::{EXTENSION, MANIFEST};
use warmor_ide::Proof;

mod colours;
mod commands;
mod requests;
mod view;

pub use commands::{COMMANDS, command_of};
pub use view::{View, address};

use colours::Colours;
use commands::Asked;

/// Most messages that are taken before what they changed is told: an editor that never pauses must not wait for ever.
const MOST_AT_ONCE: usize = 64;
/// How long a proof may take before the editor shows that there is one.
const SHOW_AFTER: Duration = Duration::from_secs(1);
/// How often that is looked at.
const TICK: Duration = Duration::from_millis(250);

/// Serves one editor, until it says `exit` or goes away.
///
/// # Errors
/// When the editor breaks the protocol, or leaves without saying `shutdown`.
pub fn run() -> Result<(), String> {
    let (connection, threads) = Connection::stdio();
    let (id, params) = connection.initialize_start().map_err(|e| e.to_string())?;
    let client = Client::read(&params);
    let settings = Settings::read(&params);
    let offered = lsp::InitializeResult {
        capabilities: capabilities::offered(&client),
        server_info: Some(lsp::ServerInfo {
            name: "warmor-lsp".to_owned(),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        }),
    };
    let offered = serde_json::to_value(offered).map_err(|e| e.to_string())?;
    connection.initialize_finish(id, offered).map_err(|e| e.to_string())?;
    let started = |e: std::io::Error| format!("cannot start a thread: {e}");
    let (proving, pages) = (Proving::start().map_err(started)?, Pages::start().map_err(started)?);
    let mut server = Server {
        client,
        connection,
        proving,
        pages,
        asked: BTreeMap::new(),
        colours: Colours::default(),
        documents: Documents::default(),
        programs: Programs::new(settings.target),
        settings,
        published: Published::default(),
        told: BTreeMap::new(),
        proofs: BTreeMap::new(),
        inbox: VecDeque::new(),
        folders: folders(&params),
        requests: 0,
        is_shut_down: false,
    };
    server.begin();
    let ended = server.serve();
    // The threads of the connection end when nobody holds its channels.
    drop(server);
    ended?;
    threads.join().map_err(|e| e.to_string())
}

/// The workspace folders of `initialize`.
fn folders(params: &Value) -> Vec<PathBuf> {
    let address = |value: &Value| uri::to_path(&lsp::Uri(value.as_str()?.to_owned()));
    let listed = params.get("workspaceFolders").and_then(Value::as_array);
    let listed: Vec<PathBuf> =
        listed.into_iter().flatten().filter_map(|f| f.get("uri").and_then(address)).collect();
    if listed.is_empty() { params.get("rootUri").and_then(address).into_iter().collect() } else { listed }
}

/// A proof that is under way.
struct Running {
    since: Instant,
    /// The progress that the editor shows of it.
    token: Option<String>,
}

struct Server {
    client: Client,
    settings: Settings,
    connection: Connection,
    proving: Proving,
    pages: Pages,
    /// Commands that are being worked on.
    asked: BTreeMap<RequestId, Asked>,
    colours: Colours,
    documents: Documents,
    programs: Programs,
    published: Published,
    /// Of which texts of each program the editor has been told.
    told: BTreeMap<ProgramId, Generation>,
    proofs: BTreeMap<ProgramId, Running>,
    /// Messages that have come and are not yet taken.
    inbox: VecDeque<Message>,
    /// The workspace.
    folders: Vec<PathBuf>,
    /// How many requests this side has made.
    requests: i32,
    is_shut_down: bool,
}

/// Whether the loop goes on.
enum Next {
    Go,
    Exit,
}

impl Server {
    fn begin(&mut self) {
        if self.client.watches_files {
            let pattern = |glob: String| lsp::FileSystemWatcher {
                glob_pattern: lsp::GlobPattern::Pattern(glob),
                kind: None,
            };
            let watchers = vec![pattern(format!("**/*.{EXTENSION}")), pattern(format!("**/{MANIFEST}"))];
            let options = serde_json::to_value(lsp::DidChangeWatchedFilesRegistrationOptions { watchers });
            let registration = lsp::Registration {
                id: "files".to_owned(),
                method: lsp::DidChangeWatchedFilesNotification::METHOD.as_str().to_owned(),
                register_options: options.ok(),
            };
            self.request::<lsp::RegistrationRequest>(&lsp::RegistrationParams {
                registrations: vec![registration],
            });
        }
        for folder in self.folders.clone() {
            self.load_folder(&folder);
        }
    }

    fn load_folder(&mut self, folder: &Path) {
        for project in projects_below(folder) {
            self.programs.project(&project, &self.documents, today());
        }
    }

    fn serve(&mut self) -> Result<(), String> {
        loop {
            for _ in 0..MOST_AT_ONCE {
                while let Ok(message) = self.connection.receiver.try_recv() {
                    self.inbox.push_back(message);
                }
                let Some(message) = self.inbox.pop_front() else { break };
                if let Next::Exit = self.take(message) {
                    return if self.is_shut_down {
                        Ok(())
                    } else {
                        Err("`exit` without `shutdown`".to_owned())
                    };
                }
            }
            self.refresh();
            if self.inbox.is_empty() {
                self.wait()?;
            }
        }
    }

    /// Waits for something to do.
    fn wait(&mut self) -> Result<(), String> {
        let tick =
            if self.proofs.is_empty() && self.asked.is_empty() { Duration::from_hours(1) } else { TICK };
        select! {
            recv(self.connection.receiver) -> message => match message {
                Ok(message) => self.inbox.push_back(message),
                Err(_) if self.is_shut_down => return Ok(()),
                Err(_) => return Err("the editor went away".to_owned()),
            },
            recv(self.pages.answers) -> answer => match answer {
                Ok(answer) => self.done(answer),
                Err(_) => return Err("the thread for pages ended".to_owned()),
            },
            recv(self.proving.answers) -> told => match told {
                Ok(told) => self.hear(told),
                Err(_) => return Err("the prover's thread ended".to_owned()),
            },
            default(tick) => self.show_progress(),
        }
        Ok(())
    }

    fn take(&mut self, message: Message) -> Next {
        match message {
            Message::Request(request) => self.answer(request),
            Message::Notification(notification) => {
                if notification.method == lsp::ExitNotification::METHOD.as_str() {
                    return Next::Exit;
                }
                let method = notification.method.clone();
                let taken = catch_unwind(AssertUnwindSafe(|| self.notice(notification)));
                match taken {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => eprintln!("warmor-lsp: {method}: {error}"),
                    Err(_) => eprintln!("warmor-lsp: {method}: a mistake of this program, see above"),
                }
            }
            // Answers to this side's requests: nothing depends on them.
            Message::Response(_) => {}
        }
        Next::Go
    }

    fn notice(&mut self, notification: Notification) -> Result<(), serde_json::Error> {
        fn read<N: lsp::Notification>(notification: Notification) -> Result<N::Params, serde_json::Error> {
            serde_json::from_value(notification.params)
        }
        let method = notification.method.as_str();
        if method == lsp::DidOpenTextDocumentNotification::METHOD.as_str() {
            let document = read::<lsp::DidOpenTextDocumentNotification>(notification)?.text_document;
            let path = self.documents.open(document.uri, document.version, document.text);
            self.opened(&path);
        } else if method == lsp::DidChangeTextDocumentNotification::METHOD.as_str() {
            let params = read::<lsp::DidChangeTextDocumentNotification>(notification)?;
            let path = path_of(&params.text_document.text_document_identifier.uri);
            let (version, changes) = (params.text_document.version, params.content_changes);
            // At once: what is being proved is of a text that is gone, and must not take time from the new one.
            let is_open = self.documents.get(&path).is_some();
            for program in self.programs.with(&path).into_iter().filter(|_| is_open) {
                self.proving.forget(program);
            }
            if let Some(document) = self.documents.change(&path, version, changes, self.client.encoding) {
                let text = document.text.clone();
                self.programs.change(&path, &text, &self.documents);
            }
        } else if method == lsp::DidCloseTextDocumentNotification::METHOD.as_str() {
            let params = read::<lsp::DidCloseTextDocumentNotification>(notification)?;
            self.closed(&path_of(&params.text_document.uri));
        } else if method == lsp::CancelNotification::METHOD.as_str() {
            let id = notification.params.get("id").cloned().and_then(|id| serde_json::from_value(id).ok());
            if let Some(id) = id {
                self.take_back(&id);
            }
        } else if method == lsp::DidSaveTextDocumentNotification::METHOD.as_str() {
            let params = read::<lsp::DidSaveTextDocumentNotification>(notification)?;
            // An editor that watches files tells of the change by itself.
            if !self.client.watches_files {
                self.file_changed(&path_of(&params.text_document.uri), true);
            }
        } else if method == lsp::DidChangeWatchedFilesNotification::METHOD.as_str() {
            for change in read::<lsp::DidChangeWatchedFilesNotification>(notification)?.changes {
                let comes_or_goes = change.kind != lsp::FileChangeType::Changed;
                self.file_changed(&path_of(&change.uri), comes_or_goes);
            }
        } else if method == lsp::DidChangeWorkspaceFoldersNotification::METHOD.as_str() {
            let event = read::<lsp::DidChangeWorkspaceFoldersNotification>(notification)?.event;
            for folder in event.added.iter().filter_map(|f| uri::to_path(&f.uri)) {
                self.load_folder(&folder);
                self.folders.push(folder);
            }
            let removed: Vec<PathBuf> = event.removed.iter().filter_map(|f| uri::to_path(&f.uri)).collect();
            self.folders.retain(|f| !removed.contains(f));
            self.drop_unused();
        }
        Ok(())
    }

    fn opened(&mut self, path: &Path) {
        let Some(text) = self.documents.get(path).map(|d| d.text.clone()) else { return };
        self.programs.change(path, &text, &self.documents);
        let program = self.programs.open(path, &self.documents, today());
        // A new file of a project that was read before it was opened.
        if self.programs.get(program).is_some_and(|p| p.file(path).is_none()) {
            self.programs.reload(program, &self.documents);
        }
        self.told.remove(&program);
    }

    fn closed(&mut self, path: &Path) {
        self.documents.close(path);
        self.colours.forget(path);
        // From now on the text on the disk counts, or that there is none.
        let on_disk = if is_unsaved(path) { None } else { std::fs::read_to_string(path).ok() };
        match on_disk {
            Some(text) => self.programs.change(path, &text, &self.documents),
            None => {
                for program in self.programs.with(path) {
                    self.programs.reload(program, &self.documents);
                }
            }
        }
        for program in self.programs.with(path) {
            self.told.remove(&program);
        }
        self.drop_unused();
    }

    /// Drops the programs that neither an open file nor the workspace asks for.
    fn drop_unused(&mut self) {
        for id in self.programs.ids() {
            let Some(program) = self.programs.get(id) else { continue };
            let open = self.documents.iter().any(|d| match &program.key {
                Key::File(own) => *own == d.path,
                Key::Project(_) => program.file(&d.path).is_some(),
            });
            let wanted = matches!(&program.key, Key::Project(root) if self.folders.iter().any(|f| root.starts_with(f)));
            if open || wanted {
                continue;
            }
            self.end_proof(id);
            self.proving.forget(id);
            self.told.remove(&id);
            if let Some(program) = self.programs.remove(id) {
                self.publish(program.paths().collect());
            }
        }
    }

    /// A file changed on the disk, came or went.
    fn file_changed(&mut self, path: &Path, comes_or_goes: bool) {
        let is_manifest = path.file_name().is_some_and(|name| name == MANIFEST);
        if is_manifest && comes_or_goes {
            self.reload_everything();
            return;
        }
        if self.documents.get(path).is_some() && !is_manifest && !comes_or_goes {
            return;
        }
        for id in self.programs.ids() {
            let concerned = self.programs.get(id).is_some_and(|program| {
                let inside = matches!(&program.key, Key::Project(folder) if path.starts_with(folder));
                // An import that was missing may be there now.
                inside
                    || program.file(path).is_some()
                    || (comes_or_goes && matches!(program.key, Key::File(_)))
            });
            if concerned {
                self.programs.reload(id, &self.documents);
            }
        }
    }

    /// Begins anew: which file belongs to which project may have changed.
    fn reload_everything(&mut self) {
        for id in self.programs.ids() {
            self.end_proof(id);
            self.proving.forget(id);
            self.told.remove(&id);
            if let Some(program) = self.programs.remove(id) {
                self.publish(program.paths().collect());
            }
        }
        for folder in self.folders.clone() {
            self.load_folder(&folder);
        }
        let open: Vec<PathBuf> = self.documents.iter().map(|d| d.path.clone()).collect();
        for path in open {
            self.opened(&path);
        }
    }

    /// Tells the editor what is known of changed programs, and asks the prover for the rest.
    fn refresh(&mut self) {
        let mut changed = Vec::new();
        for id in self.programs.ids() {
            let Some(program) = self.programs.get_mut(id) else { continue };
            let generation = program.generation;
            if self.told.get(&id) == Some(&generation) {
                continue;
            }
            if let Some(problem) = &program.problem {
                eprintln!("warmor-lsp: {problem}");
            }
            let work = Work { test: self.settings.test, prove: self.settings.prove };
            let pending = match program.analysis() {
                Some(analysis) if matches!(analysis.proof(), Proof::Pending) => {
                    Some(if work.prove { analysis.clone() } else { analysis.unproved() })
                }
                _ => None,
            };
            if let Some(unproved) = pending.clone().filter(|_| !work.prove) {
                program.set_analysis(unproved);
            }
            let pending = pending.filter(|_| work.test || work.prove).map(|analysis| (analysis, work));
            self.told.insert(id, generation);
            changed.push((id, generation, pending));
        }
        if changed.is_empty() {
            return;
        }
        let programs = changed.iter().filter_map(|(id, ..)| self.programs.get(*id));
        let files = programs.flat_map(Program::paths).collect();
        self.publish(files);
        for (id, generation, pending) in changed {
            match pending {
                Some((analysis, work)) => {
                    self.proofs.entry(id).or_insert_with(|| Running { since: Instant::now(), token: None });
                    self.proving.prove(id, generation, analysis, work);
                }
                None => {
                    self.proving.forget(id);
                    self.end_proof(id);
                }
            }
        }
    }

    /// Takes what was found out, if it is of the current texts.
    fn hear(&mut self, told: Told) {
        let Some(program) = self.programs.get_mut(told.program) else { return };
        if program.generation != told.generation {
            return;
        }
        let (id, known) = (program.id, program.known().cloned());
        match (told.news, known) {
            (News::Tested(tested), Some(analysis)) => program.set_analysis(analysis.with_tests(tested)),
            (News::Proved(findings), Some(analysis)) => {
                program.set_analysis(analysis.with_findings(findings));
            }
            (News::Failed, _) | (_, None) => {
                eprintln!("warmor-lsp: the prover failed on this program; what it finds is not shown");
            }
        }
        if told.is_last {
            self.end_proof(id);
        }
        if let Some(files) = self.programs.get(id).map(|p| p.paths().collect()) {
            self.publish(files);
        }
        if self.client.pulls_diagnostics {
            self.request::<lsp::DiagnosticRefreshRequest>(&());
        }
        if self.client.refreshes_lenses {
            self.request::<lsp::CodeLensRefreshRequest>(&());
        }
        if self.client.refreshes_hints {
            self.request::<lsp::InlayHintRefreshRequest>(&());
        }
    }

    fn show_progress(&mut self) {
        if !self.client.shows_progress {
            return;
        }
        let is_slow =
            |since: Instant, token: &Option<String>| token.is_none() && since.elapsed() >= SHOW_AFTER;
        let proofs = self.proofs.iter().filter(|(_, running)| is_slow(running.since, &running.token));
        let proofs: Vec<ProgramId> = proofs.map(|(id, _)| *id).collect();
        for id in proofs {
            let token = self.begin_progress("Proving");
            if let Some(running) = self.proofs.get_mut(&id) {
                running.token = Some(token);
            }
        }
        let asked = self.asked.iter().filter(|(_, asked)| is_slow(asked.since, &asked.token));
        let asked: Vec<RequestId> = asked.map(|(id, _)| id.clone()).collect();
        for id in asked {
            let token = self.begin_progress("Working on it");
            if let Some(asked) = self.asked.get_mut(&id) {
                asked.token = Some(token);
            }
        }
    }

    /// Has the editor show that something is being done.
    fn begin_progress(&mut self, title: &str) -> String {
        let token = format!("work/{}", self.requests);
        self.request::<lsp::WorkDoneProgressCreateRequest>(&lsp::WorkDoneProgressCreateParams {
            token: lsp::ProgressToken::String(token.clone()),
        });
        self.progress(&token, serde_json::json!({ "kind": "begin", "title": title, "cancellable": false }));
        token
    }

    fn end_proof(&mut self, id: ProgramId) {
        if let Some(token) = self.proofs.remove(&id).and_then(|running| running.token) {
            self.progress(&token, serde_json::json!({ "kind": "end" }));
        }
    }

    fn progress(&self, token: &str, value: Value) {
        let token = lsp::ProgressToken::String(token.to_owned());
        self.notify::<lsp::ProgressNotification>(&lsp::ProgressParams { token, value });
    }

    /// Tells the editor what there is to report of some files, where that has changed.
    fn publish(&mut self, files: BTreeSet<PathBuf>) {
        let news = self.published.update(files, &self.programs, &self.documents, &self.client);
        for params in news {
            self.notify::<lsp::PublishDiagnosticsNotification>(&params);
        }
    }

    fn notify<N: lsp::Notification>(&self, params: &N::Params) {
        let message = Notification::new(N::METHOD.as_str().to_owned(), params);
        // An editor that is gone is noticed where its messages are read.
        let _ = self.connection.sender.send(Message::Notification(message));
    }

    fn request<R: lsp::Request>(&mut self, params: &R::Params) {
        self.requests += 1;
        let id = RequestId::from(self.requests);
        let _ = self.connection.sender.send(Message::Request(Request::new(
            id,
            R::METHOD.as_str().to_owned(),
            params,
        )));
    }
}
