//! The thread that proves.
//!
//! It keeps what it knows of each program between edits, so it is asked again after each. A newer question stops the one that is
//! being worked on; if that was about another program, it is taken up again afterwards.

use crate::programs::{Generation, ProgramId};
use crossbeam_channel::{Receiver, Sender, unbounded};
use std::panic::{AssertUnwindSafe, catch_unwind};
use warmor_compiler::prove::{Budget, Findings, Prover};
use warmor_ide::Analysis;

/// How many programs the thread remembers what it knows of.
const MOST_PROVERS: usize = 8;
/// As for the server's own thread.
const STACK_BYTES: usize = crate::STACK_BYTES;

/// Something for the thread to do.
enum Job {
    /// Find what there is to find.
    Prove(ProgramId, Generation, Analysis),
    /// Stop working on a program: its text has changed and there is nothing to prove, or it is gone.
    Drop(ProgramId),
}

/// What came of a job.
#[derive(Debug)]
pub struct Proved {
    /// The program.
    pub program: ProgramId,
    /// Of which texts.
    pub generation: Generation,
    /// What was found; `None` when the prover failed.
    pub findings: Option<Findings>,
}

/// The other end of the thread.
#[derive(Debug)]
pub struct Proving {
    jobs: Sender<Job>,
    /// Where answers come from.
    pub answers: Receiver<Proved>,
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
    pub fn prove(&self, program: ProgramId, generation: Generation, analysis: Analysis) {
        // The thread ends only with this end of the channel.
        let _ = self.jobs.send(Job::Prove(program, generation, analysis));
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
}

struct Worker {
    todo: Receiver<Job>,
    done: Sender<Proved>,
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
        if let Job::Prove(program, generation, analysis) = job {
            self.waiting.push(Question { program, generation, analysis });
        }
    }

    /// Answers a question; gives it back when something else came up first.
    fn look(&mut self, question: Question) -> Option<Question> {
        let model = question.analysis.checked().model()?;
        let known = self.provers.iter().position(|(program, _)| *program == question.program);
        let mut prover =
            known.map_or_else(|| Prover::new(Budget::default()), |place| self.provers.remove(place).1);
        let todo = &self.todo;
        let looked = catch_unwind(AssertUnwindSafe(|| prover.look(model, &|| !todo.is_empty())));
        let findings = match looked {
            // What a panic left behind is not to be trusted.
            Err(_) => None,
            Ok(found) => {
                self.provers.push((question.program, prover));
                if self.provers.len() > MOST_PROVERS {
                    self.provers.remove(0);
                }
                match found {
                    None => return Some(question),
                    found => found,
                }
            }
        };
        let Question { program, generation, .. } = question;
        let _ = self.done.send(Proved { program, generation, findings });
        None
    }
}
