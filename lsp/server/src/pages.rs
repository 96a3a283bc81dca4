//! The thread that answers what takes long: pages that a lens opens, dependencies that are fetched.
//!
//! Each question is about the analysis that it comes with, so an edit meanwhile does no harm. They are answered one after the other.

use crate::programs::{Key, ProgramId, at_revision};
use crossbeam_channel::{Receiver, Sender, select, unbounded};
use lsp_server::RequestId;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use warmor_compiler::check::Options;
use warmor_compiler::resolve::Dependency;
use warmor_git::{Fetching, LOCK};
use warmor_ide::{Analysis, Place, Shown, Subject};

/// What programs are compared with.
const REVISION: &str = "HEAD";

/// Something that takes long.
#[derive(Debug)]
pub enum Question {
    /// A page about a place.
    Show(Analysis, Subject, Place),
    /// What a program does otherwise than what was committed.
    Changes(Analysis, Key, Options),
    /// The dependencies of the project in that folder, from their repositories.
    Fetch(PathBuf, BTreeMap<String, Dependency>),
}

/// What came of it.
#[derive(Debug)]
pub enum Done {
    /// A page.
    Page(Shown),
    /// So many dependencies are on the disk.
    Fetched(usize),
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// To which request.
    pub id: RequestId,
    /// Of which program.
    pub program: ProgramId,
    /// The answer, or why there is none.
    pub result: Result<Done, String>,
}

/// The other end of the thread.
#[derive(Debug)]
pub struct Pages {
    questions: Sender<(RequestId, ProgramId, Question)>,
    /// The newest program of which somebody wants to know what decisions cost.
    unmeasured: Sender<Analysis>,
    /// Where answers come from.
    pub answers: Receiver<Answer>,
}

impl Pages {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start() -> std::io::Result<Self> {
        let (questions, todo) = unbounded::<(RequestId, ProgramId, Question)>();
        let (unmeasured, to_measure) = unbounded::<Analysis>();
        let (done, answers) = unbounded();
        std::thread::Builder::new().name("pages".to_owned()).stack_size(crate::STACK_BYTES).spawn(
            move || {
                loop {
                    let (id, program, question) = select! {
                        recv(todo) -> asked => match asked {
                            Ok(asked) => asked,
                            Err(_) => return,
                        },
                        recv(to_measure) -> analysis => {
                            // The last one is of the newest text.
                            if let Some(newest) = analysis.into_iter().chain(to_measure.try_iter()).last() {
                                // Where that fails nobody is told what it costs.
                                let _ = catch_unwind(AssertUnwindSafe(|| newest.measure()));
                            }
                            continue;
                        },
                    };
                    let result = catch_unwind(AssertUnwindSafe(|| answer(question)));
                    let result =
                        result.unwrap_or_else(|_| Err("a mistake of this program: see its log".to_owned()));
                    if done.send(Answer { id, program, result }).is_err() {
                        return;
                    }
                }
            },
        )?;
        Ok(Self { questions, unmeasured, answers })
    }

    /// Has what a program's decisions cost found out, when there is time for it.
    pub fn measure(&self, analysis: Analysis) {
        let _ = self.unmeasured.send(analysis);
    }

    /// Asks.
    pub fn ask(&self, id: RequestId, program: ProgramId, question: Question) {
        // The thread ends only with this end of the channel.
        let _ = self.questions.send((id, program, question));
    }
}

fn answer(question: Question) -> Result<Done, String> {
    match question {
        Question::Show(analysis, subject, place) => {
            warmor_ide::show(&analysis, subject, place).map(Done::Page)
        }
        Question::Changes(analysis, key, options) => {
            let before = at_revision(REVISION, &key, &options)?;
            warmor_ide::changes(&before, &analysis, REVISION).map(Done::Page)
        }
        Question::Fetch(root, dependencies) => {
            let failed = |e: warmor_report::Failure| e.to_string();
            let found =
                warmor_git::fetch(&root, &dependencies, Fetching::default(), || ()).map_err(failed)?;
            if let Some(lock) = found.lock {
                let path = root.join(LOCK);
                std::fs::write(&path, lock).map_err(|e| format!("`{}`: {e}", path.display()))?;
            }
            Ok(Done::Fetched(found.fetched.len()))
        }
    }
}
