//! From a report of the kernel to an entry of the log: what user space adds, what the artifact's module says of it, and whether
//! that is what the kernel did.

use crate::domain::descent::Descent;
use crate::domain::entry::{Entry, Standing};
use crate::domain::facts::{self, Machine};
use crate::domain::line::Clauses;
use crate::domain::plan::Stance;
use crate::ports::{Cgroups, Judge, JudgeError};
use std::rc::Rc;
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

/// What became of connections and datagrams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flows {
    /// They went through.
    pub allowed: u64,
    /// They were stopped.
    pub blocked: u64,
}

/// What became of reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Reports that were received.
    pub received: u64,
    /// Of them, those that had waited in the ring since before this agent.
    pub inherited: u64,
    /// Of them, those of which nothing is to be said.
    pub passed_over: u64,
    /// Connections and datagrams that went through, and those that were stopped.
    pub flows: Flows,
    /// Events that the module decided.
    pub judged: u64,
    /// Of them, those that a hook had decided on the same facts.
    pub compared: u64,
    /// Of them, those that it had decided otherwise.
    pub disagreements: u64,
    /// Events on which the module gave no answer.
    pub unanswered: u64,
}

/// An artifact while it decides, and what decides with it in user space.
pub struct Era {
    /// Decides with all policies and detections; none where this agent is built without an engine.
    pub judge: Option<Box<dyn Judge>>,
    /// The artifact's clauses.
    pub clauses: Rc<Clauses>,
    /// How the programs are set up.
    pub setting: Setting,
}

/// What makes entries of reports.
pub struct Assessor {
    /// Who descends from whom.
    pub descent: Descent,
    /// What became of reports so far.
    pub tally: Tally,
    /// Whether entries have their event even if nothing is to be said of it.
    pub keeps_events: bool,
    cgroups: Box<dyn Cgroups>,
    machine: Machine,
    era: Era,
    /// The one before: reports of it may still be in the ring.
    before: Option<Era>,
    /// For reports of neither.
    no_clauses: Rc<Clauses>,
    /// The number of the first report that is not older than this agent, for each CPU.
    first: Vec<u64>,
}

/// What is to be said of a report.
pub struct Assessed<'r> {
    /// The entry; none when the report was only wanted to be judged, and there is nothing to it.
    pub entry: Option<Entry<'r>>,
    /// What was judged and there is nothing to, where that is kept.
    pub passed_over: Option<Entry<'r>>,
    /// Whether it was sent before this agent.
    pub inherited: bool,
    /// Why there is no opinion on it, if there should have been one.
    pub failure: Option<JudgeError>,
    /// The clauses that the entry speaks of.
    pub clauses: Rc<Clauses>,
}

impl Assessor {
    /// Assesses reports of an era, in which `cgroups` names cgroups, on a machine.
    pub fn new(era: Era, descent: Descent, cgroups: Box<dyn Cgroups>, machine: Machine) -> Self {
        let (no_clauses, first) = (Rc::default(), Vec::new());
        let tally = Tally::default();
        Self { descent, tally, keeps_events: false, cgroups, machine, era, before: None, no_clauses, first }
    }

    /// For each CPU the number of reports that were sent before this agent: those of them that still come are counted apart.
    #[must_use]
    pub fn after(self, first: Vec<u64>) -> Self {
        Self { first, ..self }
    }

    /// From now on another artifact decides. Reports of the one before are still understood.
    pub fn begin(&mut self, era: Era) {
        self.before = Some(std::mem::replace(&mut self.era, era));
    }

    /// The era that decides now.
    pub fn era(&self) -> &Era {
        &self.era
    }

    /// What is to be said of a report.
    pub fn assess<'r>(&mut self, report: &'r Report) -> Assessed<'r> {
        self.tally.received += 1;
        let old = self.first.get(report.cpu as usize).is_some_and(|first| report.sequence < *first);
        self.tally.inherited += u64::from(old);
        if is_flow(report) {
            let denied = report.flags.has(ReportFlags::DENIED);
            let flows = &mut self.tally.flows;
            *(if denied { &mut flows.blocked } else { &mut flows.allowed }) += 1;
        }
        let clauses = self.era_of(report).map_or_else(|| self.no_clauses.clone(), |era| era.clauses.clone());
        let (entry, failure) = match self.opinion(report) {
            Some(Ok(entry)) => (entry, None),
            Some(Err(error)) => {
                self.tally.unanswered += 1;
                (Entry::of_kernel(report), Some(error))
            }
            None => (Entry::of_kernel(report), None),
        };
        self.descent.learn(report);
        let told = entry.is_remarkable() || is_always_told(report);
        self.tally.passed_over += u64::from(!told && !old);
        let (entry, passed_over) = if told { (Some(entry), None) } else { (None, Some(entry)) };
        let passed_over = passed_over.filter(|_| self.keeps_events);
        Assessed { entry, passed_over, inherited: old, failure, clauses }
    }

    fn era_of(&self, report: &Report) -> Option<&Era> {
        [Some(&self.era), self.before.as_ref()]
            .into_iter()
            .flatten()
            .find(|era| era.setting.generation == report.generation)
    }

    /// The entry of a report that was judged; `None` when it is not one to be judged.
    fn opinion<'r>(&mut self, report: &'r Report) -> Option<Result<Entry<'r>, JudgeError>> {
        let era = [Some(&mut self.era), self.before.as_mut()]
            .into_iter()
            .flatten()
            .find(|era| era.setting.generation == report.generation)?;
        let standing = era.setting.standing(report)?;
        let judge = era.judge.as_mut()?;
        let lineage = self.descent.of(report.image, report.forked);
        let cgroup = self.cgroups.path(report.cgroup);
        let event = facts::event(report, &lineage, &self.machine, cgroup.as_deref())?;
        let opinion = match encode(&event) {
            Ok(bytes) => judge.judge(&bytes),
            Err(_) => Err(JudgeError::Nonsense("the event has no byte form")),
        };
        Some(opinion.map(|opinion| {
            let kind = |rank| era.clauses.get(rank).map(|c| c.kind);
            let only_looking = era.setting.stance == Stance::Detect;
            let mut entry = Entry::judged(report, &opinion, kind, standing, only_looking);
            self.tally.judged += 1;
            self.tally.compared += u64::from(standing == Standing::Comparable);
            self.tally.disagreements += u64::from(entry.disagreement.is_some());
            if entry.is_remarkable() || self.keeps_events {
                entry.event = Some(event);
            }
            entry
        }))
    }
}

impl Setting {
    /// How the kernel's verdict is to be read; `None` for a report that is not judged.
    fn standing(self, report: &Report) -> Option<Standing> {
        let flags = report.flags;
        if flags.has(ReportFlags::STARTED) {
            // The hook has decided this exec before, and reported it if it was wanted.
            return (!self.lsm).then_some(Standing::Unasked);
        }
        let stopped = flags.has(ReportFlags::DENIED) || flags.has(ReportFlags::WOULD_DENY);
        let unreadable_image = stopped && report.clause.is_none();
        let same_facts = !flags.has(ReportFlags::NO_SCRATCH)
            && !unreadable_image
            && !self.tests_ancestors
            && !matches!(report.path, PathFact::Cut(..));
        Some(if same_facts { Standing::Comparable } else { Standing::Incomparable })
    }
}

/// Images that start, connections and datagrams are in the log whatever they are.
fn is_always_told(report: &Report) -> bool {
    report.flags.has(ReportFlags::STARTED) || is_flow(report)
}

fn is_flow(report: &Report) -> bool {
    matches!(Action::from_code(report.action), Some(Action::Connect | Action::Send))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entry::{Opinion, Outcome};
    use std::time::Duration;
    use warmor_bpf::layout;
    use warmor_policy::artifact::Manifest;
    use warmor_policy::verdict::{Decision, Effect, Rank, Reason, Responses};

    /// Always of the same opinion.
    struct Fixed(Result<Decision, JudgeError>);

    impl Judge for Fixed {
        fn judge(&mut self, _: &[u8]) -> Result<Opinion, JudgeError> {
            self.0.clone().map(|decision| Opinion { decision, applying: Vec::new() })
        }
    }

    struct NoCgroups;

    impl Cgroups for NoCgroups {
        fn path(&mut self, _: u64) -> Option<Vec<u8>> {
            None
        }
    }

    fn decision(enforced: Effect, reported: Effect) -> Decision {
        Decision {
            enforced,
            reported,
            reason: if reported == Effect::Deny { Reason::Denied } else { Reason::Unmentioned },
            clause: (reported == Effect::Deny).then_some(Rank(4)),
            audit: false,
            detected: false,
            responses: Responses::default(),
        }
    }

    const SETTING: Setting =
        Setting { generation: 2, stance: Stance::Enforce, lsm: true, tests_ancestors: false };

    fn report(action: Action, flags: u32, clause: u32) -> Report {
        let mut bytes = vec![0; Report::BYTES];
        let mut put = |at: usize, word: u32| bytes[at..at + 4].copy_from_slice(&word.to_le_bytes());
        put(std::mem::offset_of!(layout::Report, flags), flags);
        put(std::mem::offset_of!(layout::Report, clause), clause);
        put(std::mem::offset_of!(layout::Report, generation), 2);
        bytes[std::mem::offset_of!(layout::Report, action)] = action as u8;
        Report::parse(&bytes).unwrap()
    }

    const DENIED: u32 = 1;
    const STARTED: u32 = 8;
    const OBSERVED: u32 = 16;
    const NO_SCRATCH: u32 = 32;

    fn era(opinion: Result<Decision, JudgeError>, setting: Setting) -> Era {
        let clauses = Rc::new(Clauses::of(&Manifest::new("p", "linux-6.1", "0")));
        Era { judge: Some(Box::new(Fixed(opinion))), clauses, setting }
    }

    fn assessor(opinion: Result<Decision, JudgeError>, setting: Setting) -> Assessor {
        let machine = Machine { name: None, kernel: None, epoch: Duration::ZERO };
        Assessor::new(era(opinion, setting), Descent::new(&[]), Box::new(NoCgroups), machine)
    }

    /// What becomes of a report, and of how many like it.
    fn assess(
        report: &Report,
        opinion: Result<Decision, JudgeError>,
        setting: Setting,
    ) -> (Option<(Outcome, Option<Effect>)>, Tally) {
        let mut assessor = assessor(opinion, setting);
        let entry = assessor.assess(report).entry.map(|e| (e.outcome, e.disagreement));
        (entry, assessor.tally)
    }

    #[test]
    fn a_denial_that_is_not_enforced_is_a_finding_and_its_neighbour_is_passed_over() {
        let read = report(Action::Read, OBSERVED, u32::MAX);
        let (entry, _) = assess(&read, Ok(decision(Effect::Allow, Effect::Deny)), SETTING);
        assert_eq!(entry, Some((Outcome::Finding, None)));
        let (entry, tally) = assess(&read, Ok(decision(Effect::Allow, Effect::Allow)), SETTING);
        assert_eq!(entry, None);
        assert_eq!((tally.received, tally.passed_over, tally.compared), (1, 1, 1));
    }

    #[test]
    fn a_connection_is_told_though_nothing_is_to_be_said_of_it() {
        let connect = report(Action::Connect, OBSERVED, u32::MAX);
        let (entry, _) = assess(&connect, Ok(decision(Effect::Allow, Effect::Allow)), SETTING);
        assert_eq!(entry, Some((Outcome::Observed, None)));
    }

    #[test]
    fn a_kernel_that_allows_what_is_to_be_denied_is_found_out() {
        let read = report(Action::Read, OBSERVED, u32::MAX);
        let (entry, tally) = assess(&read, Ok(decision(Effect::Deny, Effect::Deny)), SETTING);
        assert_eq!(entry, Some((Outcome::Finding, Some(Effect::Deny))));
        assert_eq!(tally.disagreements, 1);
    }

    #[test]
    fn a_kernel_that_denies_what_is_to_be_allowed_is_found_out_and_has_denied() {
        let read = report(Action::Read, DENIED, 4);
        let (entry, tally) = assess(&read, Ok(decision(Effect::Allow, Effect::Allow)), SETTING);
        assert_eq!(entry, Some((Outcome::Denied, Some(Effect::Allow))));
        assert_eq!(tally.disagreements, 1);
    }

    #[test]
    fn verdicts_on_other_facts_are_not_compared() {
        let allow = Ok(decision(Effect::Allow, Effect::Allow));
        let mut long = report(Action::Read, DENIED, 4);
        long.path = PathFact::Cut(b"/a".to_vec(), 4000);
        for blind in [
            long,
            report(Action::Read, DENIED | NO_SCRATCH, u32::MAX),
            report(Action::Read, DENIED, u32::MAX),
        ] {
            assert_eq!(
                assess(&blind, allow.clone(), SETTING),
                (Some((Outcome::Denied, None)), Tally { received: 1, judged: 1, ..Tally::default() },)
            );
        }
        let setting = Setting { tests_ancestors: true, ..SETTING };
        assert_eq!(assess(&report(Action::Read, DENIED, 4), allow, setting).1.compared, 0);
    }

    #[test]
    fn an_exec_is_judged_once() {
        let started = report(Action::Exec, STARTED, u32::MAX);
        let deny = Ok(decision(Effect::Deny, Effect::Deny));
        let (entry, tally) = assess(&started, deny.clone(), SETTING);
        assert_eq!(
            (entry, tally.judged),
            (Some((Outcome::Started, None)), 0),
            "by the hook, where there is one"
        );
        let without = Setting { lsm: false, ..SETTING };
        assert_eq!(assess(&started, deny.clone(), without).0, Some((Outcome::Finding, None)));
        let looking = Setting { stance: Stance::Detect, ..without };
        assert_eq!(assess(&started, deny, looking).0, Some((Outcome::WouldDeny, None)));
    }

    #[test]
    fn a_judge_that_fails_leaves_the_kernels_word() {
        let trapped = Err(JudgeError::Trapped("unreachable".into()));
        let (entry, tally) = assess(&report(Action::Read, DENIED, 4), trapped, SETTING);
        assert_eq!(entry, Some((Outcome::Denied, None)));
        assert_eq!((tally.unanswered, tally.judged), (1, 0));
    }

    #[test]
    fn reports_of_the_artifact_before_are_judged_by_it() {
        let deny = || Ok(decision(Effect::Deny, Effect::Deny));
        let read = report(Action::Read, DENIED, 4);
        let mut assessor = assessor(deny(), SETTING);
        assessor.begin(era(Ok(decision(Effect::Allow, Effect::Allow)), Setting { generation: 3, ..SETTING }));
        assert_eq!(assessor.assess(&read).entry.map(|e| e.disagreement), Some(None));
        assessor.begin(era(deny(), Setting { generation: 4, ..SETTING }));
        assert_eq!(assessor.assess(&read).entry.map(|e| e.disagreement), Some(None));
        assert_eq!(
            (assessor.tally.judged, assessor.tally.received),
            (1, 2),
            "the second time it is forgotten"
        );
    }

    #[test]
    fn what_the_canary_caused_is_not_about_the_artifact() {
        let mut denied = report(Action::Read, DENIED, 4);
        denied.generation = 1;
        let (entry, tally) = assess(&denied, Ok(decision(Effect::Allow, Effect::Allow)), SETTING);
        assert_eq!((entry, tally.judged), (Some((Outcome::Denied, None)), 0));
    }
}
