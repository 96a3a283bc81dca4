//! The thread that finds out what takes longer than a key: what becomes of the tests, and what can be proved.
//!
//! It keeps what it knows of each program between edits, so it is asked again after each. A newer question stops the one that is
//! being worked on; if that was about another program, it is taken up again afterwards.

use crate::programs::{Generation, ProgramId};
use crossbeam_channel::{Receiver, Sender, unbounded};
use std::panic::{AssertUnwindSafe, catch_unwind};
use warmor_compiler::prove::{Budget, Findings, Prover};
use warmor_ide::{Analysis, Tested, run_tests};

/// How many programs the thread remembers what it knows of.
const MOST_PROVERS: usize = 8;
/// As for the server's own thread.
const STACK_BYTES: usize = crate::STACK_BYTES;

/// Something for the thread to do.
enum Job {
    /// Find what there is to find.
    Prove(ProgramId, Generation, Analysis, Work),
    /// Stop working on a program: its text has changed and there is nothing to prove, or it is gone.
    Drop(ProgramId),
}

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// To run the tests.
    pub test: bool,
    /// To look for what can be proved.
    pub prove: bool,
}

/// Something that was found out.
#[derive(Debug)]
pub struct Told {
    /// Of which program.
    pub program: ProgramId,
    /// Of which texts.
    pub generation: Generation,
    /// What.
    pub news: News,
    /// Whether that is all.
    pub is_last: bool,
}

/// What was found out.
#[derive(Debug)]
pub enum News {
    /// What became of the tests.
    Tested(Tested),
    /// What was found.
    Proved(Findings),
    /// The prover failed.
    Failed,
}

/// The other end of the thread.
#[derive(Debug)]
pub struct Proving {
    jobs: Sender<Job>,
    /// Where answers come from.
    pub answers: Receiver<Told>,
}

impl Proving {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start() -> std::io::Result<Self> {
        let (jobs, todo) = unbounded();
        let (done, answers) = unbounded();
        std::thread::Builder::new()
            .name("prover".to_owned())
            .stack_size(STACK_BYTES)
            .spawn(move || Worker { todo, done, waiting: Vec::new(), provers: Vec::new() }.run())?;
        Ok(Self { jobs, answers })
    }

    /// Asks what there is to find in a program.
    pub fn prove(&self, program: ProgramId, generation: Generation, analysis: Analysis, work: Work) {
        // The thread ends only with this end of the channel.
        let _ = self.jobs.send(Job::Prove(program, generation, analysis, work));
    }

    /// Says that nobody waits for a program's findings any more.
    pub fn forget(&self, program: ProgramId) {
        let _ = self.jobs.send(Job::Drop(program));
    }
}

struct Question {
    program: ProgramId,
    generation: Generation,
    analysis: Analysis,
    work: Work,
}

struct Worker {
    todo: Receiver<Job>,
    done: Sender<Told>,
    /// At most one of each program, the last one is next.
    waiting: Vec<Question>,
    /// Most recently used last.
    provers: Vec<(ProgramId, Prover)>,
}

impl Worker {
    fn run(mut self) {
        loop {
            if self.waiting.is_empty() {
                let Ok(job) = self.todo.recv() else { return };
                self.take(job);
            }
            while let Ok(job) = self.todo.try_recv() {
                self.take(job);
            }
            let Some(question) = self.waiting.pop() else { continue };
            if let Some(question) = self.look(question) {
                self.waiting.push(question);
            }
        }
    }

    fn take(&mut self, job: Job) {
        let (Job::Prove(program, ..) | Job::Drop(program)) = &job;
        let program = *program;
        self.waiting.retain(|q| q.program != program);
        if let Job::Prove(program, generation, analysis, work) = job {
            self.waiting.push(Question { program, generation, analysis, work });
        }
    }

    /// Answers a question; gives it back when something else came up first.
    fn look(&mut self, mut question: Question) -> Option<Question> {
        let has_tests = !question.analysis.checked().partial.tests.is_empty();
        // That there are none is only worth a word if nothing else comes.
        if question.work.test && (has_tests || !question.work.prove) {
            let todo = &self.todo;
            let tested =
                catch_unwind(AssertUnwindSafe(|| run_tests(&question.analysis, &|| !todo.is_empty())));
            let news = match tested {
                Ok(Some(tested)) => News::Tested(tested),
                Ok(None) if question.analysis.checked().has_errors() => return None,
                Ok(None) => return Some(question),
                Err(_) => News::Failed,
            };
            question.work.test = false;
            self.tell(&question, news, !question.work.prove);
        }
        if !question.work.prove {
            return None;
        }
        let model = question.analysis.checked().model()?;
        let known = self.provers.iter().position(|(program, _)| *program == question.program);
        let mut prover =
            known.map_or_else(|| Prover::new(Budget::default()), |place| self.provers.remove(place).1);
        let todo = &self.todo;
        let looked = catch_unwind(AssertUnwindSafe(|| prover.look(model, &|| !todo.is_empty())));
        let news = match looked {
            // What a panic left behind is not to be trusted.
            Err(_) => News::Failed,
            Ok(found) => {
                self.provers.push((question.program, prover));
                if self.provers.len() > MOST_PROVERS {
                    self.provers.remove(0);
                }
                match found {
                    None => return Some(question),
                    Some(findings) => News::Proved(findings),
                }
            }
        };
        self.tell(&question, news, true);
        None
    }

    fn tell(&self, question: &Question, news: News, is_last: bool) {
        let (program, generation) = (question.program, question.generation);
        // A server that is gone needs no answer.
        let _ = self.done.send(Told { program, generation, news, is_last });
    }
}
