//! Commands: what an editor asks for by a click. They are answered when they are done, and the loop goes on meanwhile.

use super::Server;
use crate::convert::Failure;
use crate::documents::path_of;
use crate::pages::{Answer, Done, Question};
use crate::programs::{Key, ProgramId};
use crate::{standard, uri};
use gen_lsp_types as lsp;
use lsp_server::{ErrorCode, Message, RequestId, Response};
use serde_json::{Value, json};
use std::time::Instant;
use warmor_compiler::diagnostics::Code;
use warmor_ide::{Place, Shown, Subject};

/// The commands that editors may ask for.
pub const COMMANDS: [&str; 8] = [TEST, WITNESS, WHO_CAN, REACH, TABLES, WAT, CHANGES, FETCH];
const TEST: &str = "warmor.server.runTest";
const WITNESS: &str = "warmor.server.showWitness";
const WHO_CAN: &str = "warmor.server.whoCan";
const REACH: &str = "warmor.server.showReach";
const TABLES: &str = "warmor.server.showTables";
const WAT: &str = "warmor.server.showModule";
const CHANGES: &str = "warmor.server.showChanges";
const FETCH: &str = "warmor.server.fetchDependencies";

/// The command of a lens, and the code that it is about.
pub fn command_of(subject: Subject) -> (&'static str, Option<Code>) {
    match subject {
        Subject::Test => (TEST, None),
        Subject::Witness(code) => (WITNESS, Some(code)),
        Subject::WhoCan => (WHO_CAN, None),
        Subject::Reach => (REACH, None),
        Subject::Tables => (TABLES, None),
        Subject::Wat => (WAT, None),
        Subject::Changes => (CHANGES, None),
    }
}

/// A command that is being worked on.
pub(super) struct Asked {
    pub(super) since: Instant,
    /// The progress that the editor shows of it.
    pub(super) token: Option<String>,
}

impl Server {
    /// `workspace/executeCommand`. The answer comes later; what cannot be asked is refused at once.
    pub(super) fn execute(&mut self, id: &RequestId, params: Value) -> Result<(), Failure> {
        let asked: lsp::ExecuteCommandParams =
            serde_json::from_value(params).map_err(|e| Failure::invalid(e.to_string()))?;
        let argument = asked.arguments.unwrap_or_default().into_iter().next().unwrap_or_default();
        let (program, question) = self.question(&asked.command, &argument)?;
        self.pages.ask(id.clone(), program, question);
        self.asked.insert(id.clone(), Asked { since: Instant::now(), token: None });
        Ok(())
    }

    /// What a command means: its argument names a file, and mostly a place in it.
    fn question(&mut self, command: &str, argument: &Value) -> Result<(ProgramId, Question), Failure> {
        let uri = argument.get("uri").and_then(Value::as_str);
        let uri = uri.ok_or_else(|| Failure::invalid("the command names no document"))?;
        let refused = |why: &str| Failure { code: ErrorCode::RequestFailed, message: why.to_owned() };
        let path = path_of(&lsp::Uri(uri.to_owned()));
        let (id, file) = self.current(&path).ok_or_else(|| refused("the document is in no program"))?;
        let program = self.programs.get(id).ok_or_else(|| refused("the program is gone"))?;
        let analysis = program.known().ok_or_else(|| refused("the compiler failed on this program"))?;
        let position = argument.get("position").cloned().and_then(|p| serde_json::from_value(p).ok());
        let place = crate::convert::place(analysis, file, position.unwrap_or_default(), &self.client);
        let place = place.unwrap_or(Place { file, offset: 0 });
        let code = || argument.get("code").and_then(Value::as_str).and_then(Code::from_id);
        let subject = match command {
            TEST => Subject::Test,
            WITNESS => Subject::Witness(code().ok_or_else(|| Failure::invalid("the command names no code"))?),
            WHO_CAN => Subject::WhoCan,
            REACH => Subject::Reach,
            TABLES => Subject::Tables,
            WAT => Subject::Wat,
            CHANGES => {
                let question =
                    Question::Changes(analysis.clone(), program.key.clone(), program.options().clone());
                return Ok((id, question));
            }
            FETCH => {
                let Key::Project(root) = &program.key else {
                    return Err(refused("the file is in no project"));
                };
                let dependencies = analysis.checked().manifest.as_ref().map(|m| m.dependencies.clone());
                return Ok((id, Question::Fetch(root.clone(), dependencies.unwrap_or_default())));
            }
            _ => return Err(Failure::invalid(format!("there is no command `{command}`"))),
        };
        Ok((id, Question::Show(analysis.clone(), subject, place)))
    }

    /// Answers a command that is done. One that was taken back has its answer already.
    pub(super) fn done(&mut self, answer: Answer) {
        let Some(asked) = self.asked.remove(&answer.id) else { return };
        if let Some(token) = asked.token {
            self.progress(&token, json!({ "kind": "end" }));
        }
        let response = match answer.result {
            Ok(Done::Page(page)) => Response::new_ok(answer.id, self.present(&page)),
            Ok(Done::Fetched(number)) => {
                self.programs.reload(answer.program, &self.documents);
                Response::new_ok(answer.id, json!({ "fetched": number }))
            }
            Err(why) => Response::new_err(answer.id, ErrorCode::RequestFailed as i32, why),
        };
        let _ = self.connection.sender.send(Message::Response(response));
    }

    /// Has the editor open a page; one that opens no documents gets it with the answer.
    fn present(&mut self, page: &Shown) -> Value {
        let name = format!("{}.{}", page.title, page.extension);
        let file = self.client.shows_documents.then(|| standard::page(&name, &page.text)).flatten();
        let shown = file.map(|file| uri::of_path(&file));
        let Some(uri) = shown else {
            return json!({ "title": page.title, "text": page.text });
        };
        self.request::<lsp::ShowDocumentRequest>(&lsp::ShowDocumentParams {
            uri: uri.clone(),
            external: None,
            take_focus: Some(true),
            selection: None,
        });
        json!({ "title": page.title, "uri": uri })
    }

    /// A command is taken back: nobody waits for its answer.
    pub(super) fn take_back(&mut self, id: &RequestId) {
        let Some(asked) = self.asked.remove(id) else { return };
        if let Some(token) = asked.token {
            self.progress(&token, json!({ "kind": "end" }));
        }
        let cancelled = Response::new_err(
            id.clone(),
            ErrorCode::RequestCanceled as i32,
            "cancelled by the editor".to_owned(),
        );
        let _ = self.connection.sender.send(Message::Response(cancelled));
    }
}
