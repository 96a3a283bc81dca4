//! From a report of the kernel to an entry of the log: what user space adds, what the artifact's module says of it, and whether
//! that is what the kernel did.

use crate::domain::descent::Descent;
use crate::domain::entry::{Entry, Standing};
use crate::domain::facts::{self, Machine};
use crate::domain::line::Clauses;
use crate::domain::plan::Stance;
use crate::ports::{Cgroups, Judge, JudgeError};
use warmor_bpf::{PathFact, Report, ReportFlags};
use warmor_policy::event::encode;
use warmor_policy::schema::Action;

/// How the kernel programs are set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The generation of the artifact's tables. Reports of another are not about this artifact.
    pub generation: u32,
    /// Whether denials are kept to.
    pub stance: Stance,
    /// Whether programs on LSM hooks decide. Where they do not, an exec is seen when it has happened.
    pub lsm: bool,
    /// Whether the tables test ancestors. The kernel keeps of them what user space does not know: when it looked at processes
    /// older than itself, and what else it knew of an ancestor then.
    pub tests_ancestors: bool,
}

/// What became of reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Reports that were received.
    pub received: u64,
    /// Of them, those of which nothing is to be said.
    pub passed_over: u64,
    /// Events that the module decided.
    pub judged: u64,
    /// Of them, those that a hook had decided on the same facts.
    pub compared: u64,
    /// Of them, those that it had decided otherwise.
    pub disagreements: u64,
    /// Events on which the module gave no answer.
    pub unanswered: u64,
}

/// What makes entries of reports.
pub struct Assessor<'a> {
    /// Decides with all policies and detections; none where this agent is built without an engine.
    pub judge: Option<Box<dyn Judge>>,
    /// Names cgroups.
    pub cgroups: Box<dyn Cgroups>,
    /// The artifact's clauses.
    pub clauses: &'a Clauses,
    /// Who descends from whom.
    pub descent: Descent,
    /// This machine.
    pub machine: Machine,
    /// How the programs are set up.
    pub setting: Setting,
    /// What became of reports so far.
    pub tally: Tally,
}

impl Assessor<'_> {
    /// What is to be said of a report; nothing when it was only wanted to be judged, and there is nothing to it. The second part is
    /// why there was no opinion on it, if there should have been one.
    pub fn assess<'r>(&mut self, report: &'r Report) -> (Option<Entry<'r>>, Option<JudgeError>) {
        self.tally.received += 1;
        let ours = report.generation == self.setting.generation;
        let (entry, failure) = match self.opinion(report) {
            Some(Ok(entry)) => (entry, None),
            Some(Err(error)) => {
                self.tally.unanswered += 1;
                (Entry::of_kernel(report), Some(error))
            }
            None => (Entry::of_kernel(report), None),
        };
        if ours {
            self.descent.learn(report);
        }
        if entry.is_remarkable() || is_always_told(report) {
            (Some(entry), failure)
        } else {
            self.tally.passed_over += 1;
            (None, failure)
        }
    }

    /// The entry of a report that was judged; `None` when it is not one to be judged.
    fn opinion<'r>(&mut self, report: &'r Report) -> Option<Result<Entry<'r>, JudgeError>> {
        let standing = self.standing(report)?;
        let judge = self.judge.as_mut()?;
        let lineage = self.descent.of(report.image, report.forked);
        let cgroup = self.cgroups.path(report.cgroup);
        let event = facts::event(report, &lineage, &self.machine, cgroup.as_deref())?;
        let opinion = match encode(&event) {
            Ok(bytes) => judge.judge(&bytes),
            Err(_) => Err(JudgeError::Nonsense("the event has no byte form")),
        };
        Some(opinion.map(|opinion| {
            let kind = |rank| self.clauses.get(rank).map(|c| c.kind);
            let only_looking = self.setting.stance == Stance::Detect;
            let mut entry = Entry::judged(report, &opinion, kind, standing, only_looking);
            self.tally.judged += 1;
            self.tally.compared += u64::from(standing == Standing::Comparable);
            self.tally.disagreements += u64::from(entry.disagreement.is_some());
            if entry.is_remarkable() {
                entry.event = Some(event);
            }
            entry
        }))
    }

    /// How the kernel's verdict is to be read; `None` for a report that is not judged.
    fn standing(&self, report: &Report) -> Option<Standing> {
        let flags = report.flags;
        if report.generation != self.setting.generation {
            return None;
        }
        if flags.has(ReportFlags::STARTED) {
            // The hook has decided this exec before, and reported it if it was wanted.
            return (!self.setting.lsm).then_some(Standing::Unasked);
        }
        let stopped = flags.has(ReportFlags::DENIED) || flags.has(ReportFlags::WOULD_DENY);
        let unreadable_image = stopped && report.clause.is_none();
        let same_facts = !flags.has(ReportFlags::NO_SCRATCH)
            && !unreadable_image
            && !self.setting.tests_ancestors
            && !matches!(report.path, PathFact::Cut(..));
        Some(if same_facts { Standing::Comparable } else { Standing::Incomparable })
    }
}

/// Images that start, connections and datagrams are in the log whatever they are.
fn is_always_told(report: &Report) -> bool {
    report.flags.has(ReportFlags::STARTED)
        || matches!(Action::from_code(report.action), Some(Action::Connect | Action::Send))
}
