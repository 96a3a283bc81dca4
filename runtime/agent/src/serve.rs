//! The agent at work: reports become lines of the log, and requests of the control socket are answered. One loop does both, so that
//! what is in force changes between two reports and never during one.

use crate::adapters::audit::AuditLog;
use crate::adapters::canary;
use crate::adapters::kernel::{Kernel, KernelError};
use crate::adapters::recording::Recording;
use crate::adapters::signals::{StopSignals, Woken};
use crate::adapters::state::{Memory, State};
use crate::assess::{Assessed, Assessor};
use crate::control::{Answer, Ask, Caller, Control, Refused, Request};
use crate::domain::entry::Outcome;
use crate::domain::escape;
use crate::domain::line;
use crate::domain::plan::{Host, SECURITY, Stance};
use crate::domain::top::Top;
use crate::error::RunError;
use crate::metrics;
use crate::ports::{AuditSink, Counts, JudgeError};
use crate::prepare::{Prepared, Terms};
use serde_json::{Value, json};
use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use warmor_bpf::Counter;
use warmor_policy::artifact::Artifact;
use warmor_policy::artifact::manifest::Mode;
use warmor_policy::schema::Action;

/// How long the agent sleeps when nothing happens; then it looks after its log.
const IDLE: Duration = Duration::from_millis(500);
/// How long it sleeps when something is to be written, so that much is written at once when much happens.
const GATHER: Duration = Duration::from_millis(1);
/// Reports that are read before anything else is looked after again: a flood must not keep an operator waiting.
const BATCH: usize = 1024;
/// Denials that `why` can tell of.
const MOST_RECENT: usize = 512;

/// What decides now.
pub struct InForce {
    /// The number of its tables.
    pub generation: u32,
    /// The artifact.
    pub artifact: Artifact,
    /// Whether denials are kept to.
    pub stance: Stance,
    /// Actions whose denials are kept to, and those with rules that are not.
    pub enforced: BTreeSet<&'static str>,
    /// Actions with rules to enforce that are not kept to.
    pub unenforced: BTreeSet<&'static str>,
    /// Policies that are muted.
    pub muted: BTreeSet<String>,
    /// Since when, in seconds since 1970.
    pub since: u64,
    /// How long it took to put it in force.
    pub took: Duration,
}

impl InForce {
    /// What was prepared, from now on.
    pub fn of(prepared: Prepared, generation: u32, took: Duration) -> Self {
        let names = |actions: &BTreeSet<Action>| actions.iter().map(|action| action.name()).collect();
        Self {
            generation,
            stance: prepared.plan.stance,
            enforced: names(&prepared.plan.enforced),
            unenforced: names(&prepared.plan.unenforced),
            muted: prepared.muted,
            artifact: prepared.artifact,
            since: seconds(),
            took,
        }
    }
}

fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// An artifact that waits to be confirmed, and what it replaced.
pub struct Trial {
    until: Instant,
    before: Vec<u8>,
    muted_before: BTreeSet<String>,
}

/// How serving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By a signal.
    Signal,
    /// By a request to end and leave enforcement in place.
    Asked,
    /// By a request to take enforcement away.
    Remove,
}

/// The agent at work.
pub struct Agent {
    /// The kernel programs.
    pub kernel: Kernel,
    /// What makes entries of reports.
    pub assessor: Assessor,
    /// Where they go.
    pub log: AuditLog,
    /// Where every event that is judged goes too, if it does.
    pub recording: Option<Recording>,
    /// The log's file.
    pub log_path: PathBuf,
    /// What decides now.
    pub force: InForce,
    /// Whether programs on LSM hooks are among the kernel's.
    pub lsm: bool,
    /// This host.
    pub host: Host,
    /// Which artifacts are taken.
    pub terms: Terms,
    /// The cgroup whose processes the network rules hold for.
    pub cgroup: PathBuf,
    /// The control socket, if there is one.
    pub control: Option<Control>,
    /// What is kept from one start to the next, if anything is.
    pub state: Option<State>,
    /// Denials, newest last.
    pub recent: Recent,
    /// What is denied most.
    pub top: Top,
    /// What waits to be confirmed.
    pub trial: Option<Trial>,
}

/// The last denials as they are in the log.
#[derive(Default)]
pub struct Recent(VecDeque<(u32, String)>);

impl Recent {
    fn push(&mut self, pid: u32, line: String) {
        if self.0.len() == MOST_RECENT {
            self.0.pop_front();
        }
        self.0.push_back((pid, line));
    }

    /// Newest first.
    fn of(&self, pid: Option<u32>, most: usize) -> Vec<Value> {
        let ours = self.0.iter().rev().filter(|(of, _)| pid.is_none_or(|pid| pid == *of));
        ours.take(most).filter_map(|(_, line)| serde_json::from_str(line).ok()).collect()
    }
}

impl Agent {
    /// Works until a signal comes or somebody asks it to end.
    ///
    /// # Errors
    /// When the log cannot be written or the kernel refuses.
    pub fn serve(&mut self, stop: &StopSignals) -> Result<Ended, RunError> {
        loop {
            let left = self.trial.as_ref().map(|trial| trial.until.saturating_duration_since(Instant::now()));
            let idle = if self.log.is_waiting() { GATHER } else { IDLE };
            let wait = left.map_or(idle, |left| left.min(idle));
            let woken = stop.wait(self.kernel.ring(), self.control.as_ref().map(Control::wakes), wait)?;
            self.drain(BATCH)?;
            let failed = |error| RunError::Audit { path: self.log_path.clone(), error };
            self.log.flush().map_err(failed)?;
            while let Some(request) = self.control.as_ref().and_then(Control::next) {
                if let Some(ended) = self.serve_one(request) {
                    return Ok(ended);
                }
            }
            if self.trial.as_ref().is_some_and(|trial| trial.until <= Instant::now()) {
                self.expire();
            }
            if self.assessor.descent.is_crowded() {
                self.assessor.descent.retain(&self.kernel.images()?);
            }
            if woken == Woken::Stop {
                return Ok(Ended::Signal);
            }
        }
    }

    /// Writes down the reports that are there, at most so many.
    ///
    /// # Errors
    /// When a report is none.
    pub fn drain(&mut self, most: usize) -> Result<(), RunError> {
        for _ in 0..most {
            let Some(report) = self.kernel.next_report() else { break };
            let report = report.map_err(io::Error::other)?;
            self.log.received(&report);
            let Assessed { entry, passed_over, inherited, failure, clauses } = self.assessor.assess(&report);
            if let Some(failure) = failure {
                self.say_failure(&failure);
            }
            if let (Some(recording), Some(entry)) =
                (&mut self.recording, entry.as_ref().or(passed_over.as_ref()))
            {
                recording.add(entry, &clauses, &self.log.time(entry));
            }
            let Some(mut entry) = entry else { continue };
            if !entry.is_remarkable() {
                entry.event = None;
            }
            if entry.disagreement.is_some() {
                eprintln!("DISAGREEMENT: {}", line::human(&entry, &clauses, "the kernel:"));
            }
            if inherited {
                self.log.write_apart(&entry, &clauses);
            } else {
                self.log.write(&entry, &clauses);
            }
            if let Some(control) = &self.control {
                control.tell(|| self.log.json(&entry, &clauses));
            }
            let denial = matches!(entry.outcome, Outcome::Denied | Outcome::WouldDeny | Outcome::Finding);
            if denial && report.generation != canary::GENERATION {
                let rule = entry.clause.and_then(|rank| clauses.get(rank)).map(|clause| clause.name.as_str());
                self.top.add(rule.unwrap_or("(no rule)"), &report);
                self.recent.push(report.pid, self.log.json(&entry, &clauses));
            }
        }
        Ok(())
    }

    /// Says it once; all are counted.
    fn say_failure(&self, failure: &JudgeError) {
        if self.assessor.tally.unanswered == 1 {
            eprintln!(
                "NOT EVALUATED: {failure}; the kernel's verdict stands, and further events like this are counted"
            );
        }
    }

    /// Answers a request; says when it was one to end.
    fn serve_one(&mut self, request: Request) -> Option<Ended> {
        let caller = request.caller;
        let by = || caller_text(caller);
        let answer = match &request.ask {
            Ask::Status => self.status().map(Answer::Json),
            Ask::Policies => Ok(Answer::Json(self.policies())),
            Ask::Why { pid, last } => {
                Ok(Answer::Json(json!({ "denials": self.recent.of(*pid, (*last).min(MOST_RECENT)) })))
            }
            Ask::Top => Ok(Answer::Json(self.top.json())),
            Ask::Metrics => self.metrics().map(Answer::Text),
            Ask::Apply { artifact, confirm_within, dry_run } => {
                self.apply(artifact.clone(), *confirm_within, *dry_run, &by()).map(Answer::Json)
            }
            Ask::Confirm => self.confirm(&by()).map(Answer::Json),
            Ask::Rollback => self.rollback(&format!("by {}", by())).map(Answer::Json),
            Ask::Mute { policy, muted } => self.mute(policy, *muted, &by()).map(Answer::Json),
            Ask::Stop { remove } => {
                let ended = if *remove { Ended::Remove } else { Ended::Asked };
                println!(
                    "stop: asked for by {}{}",
                    by(),
                    if *remove { ", enforcement included" } else { "" }
                );
                let enforced = if *remove || !self.kernel.outlives() { "removed" } else { "left in place" };
                request.answer(Ok(Answer::Json(json!({ "enforcement": enforced }))));
                return Some(ended);
            }
        };
        request.answer(answer);
        None
    }

    /// Puts an artifact in force, or says what that would come to.
    fn apply(
        &mut self,
        bytes: Vec<u8>,
        confirm_within: Option<Duration>,
        dry_run: bool,
        by: &str,
    ) -> Result<Value, Refused> {
        if self.trial.is_some() && !dry_run {
            return Err(Refused::conflict(
                "what was applied last waits to be confirmed; `warmord confirm` or `warmord rollback` first",
            ));
        }
        let began = Instant::now();
        let muted = self.mutes_for(&bytes);
        let prepared = self.prepare(bytes, &muted).map_err(|error| Refused::unfit(error.to_string()))?;
        let about = json!({
            "package": prepared.artifact.manifest().package,
            "digest": prepared.artifact.digest().to_string(),
            "enforced": names(&prepared.plan.enforced),
            "unenforced": names(&prepared.plan.unenforced),
            "muted": muted,
        });
        if dry_run {
            return Ok(
                json!({ "applied": false, "would_apply": about, "generation": self.force.generation }),
            );
        }
        let trial = confirm_within.map(|time| Trial {
            until: began + time,
            before: self.force.artifact.bytes().to_vec(),
            muted_before: self.force.muted.clone(),
        });
        self.keep(prepared.artifact.bytes(), &muted, trial.is_some())?;
        if let Err(error) = self.enact(prepared, began) {
            // What is in force is what was: the file must say so, too.
            self.keep_current()?;
            return Err(Refused::conflict(error.to_string()));
        }
        self.trial = trial;
        let waits = confirm_within.map(|time| time.as_secs());
        println!(
            "applied by {by}: {}, generation {}{}",
            self.force.artifact.digest(),
            self.force.generation,
            waits.map_or_else(String::new, |s| format!("; goes back in {s} s unless it is confirmed"))
        );
        Ok(json!({
            "applied": true,
            "in_force": about,
            "generation": self.force.generation,
            "confirm_within_s": waits,
        }))
    }

    fn prepare(&self, bytes: Vec<u8>, muted: &BTreeSet<String>) -> Result<Prepared, RunError> {
        let prepared = Prepared::of(bytes, Path::new("the artifact"), &self.terms, muted, &self.host)?;
        if !self.lsm && SECURITY.iter().any(|action| prepared.plan.enforced.contains(action)) {
            return Err(RunError::NoHooks { why: "the kernel refused them when it started".to_owned() });
        }
        Ok(prepared)
    }

    /// Of what is muted, the policies that an artifact has, too.
    fn mutes_for(&self, bytes: &[u8]) -> BTreeSet<String> {
        let terms = warmor_policy::artifact::Trust::AllowUnsigned;
        let Ok(artifact) = Artifact::read(bytes.to_vec(), terms) else { return BTreeSet::new() };
        let has = |name: &&String| artifact.manifest().policies.iter().any(|p| p.name == **name);
        self.force.muted.iter().filter(has).cloned().collect()
    }

    /// Lets what was prepared decide.
    fn enact(&mut self, mut prepared: Prepared, began: Instant) -> Result<(), RunError> {
        let generation = self.kernel.generation()?.wrapping_add(1).max(1);
        let swapped = self.hook(&prepared);
        let swapped = swapped.and_then(|()| self.kernel.swap(&prepared.tables, &prepared.setup(generation)));
        if let Err(error) = swapped {
            self.kernel.take_back()?;
            return Err(error.into());
        }
        self.kernel.settle()?;
        if prepared.artifact.digest() != self.force.artifact.digest() {
            self.log.artifact(prepared.artifact.digest());
        }
        self.assessor.begin(prepared.era(generation, self.lsm));
        self.force = InForce::of(prepared, generation, began.elapsed());
        Ok(())
    }

    /// Attaches what it needs beside what is there.
    fn hook(&mut self, prepared: &Prepared) -> Result<(), KernelError> {
        if self.lsm { self.kernel.attach_lsm(&prepared.asked()) } else { Ok(()) }
    }

    /// Keeps an artifact for the next start.
    fn keep(&self, artifact: &[u8], muted: &BTreeSet<String>, unconfirmed: bool) -> Result<(), Refused> {
        let Some(state) = &self.state else { return Ok(()) };
        let kept = || {
            if unconfirmed {
                state.keep_good(self.force.artifact.bytes())?;
            }
            let memory = Memory { muted: muted.clone(), unconfirmed, failed_starts: 0 };
            // In this order: a crash in between starts what was good.
            if unconfirmed {
                state.remember(&memory)?;
                state.keep(artifact)
            } else {
                state.keep(artifact)?;
                state.remember(&memory)
            }
        };
        kept().map_err(|error| Refused { status: 500, message: error.to_string() })
    }

    fn keep_current(&self) -> Result<(), Refused> {
        self.keep(self.force.artifact.bytes(), &self.force.muted, false)
    }

    fn confirm(&mut self, by: &str) -> Result<Value, Refused> {
        if self.trial.take().is_none() {
            return Err(Refused::conflict("nothing waits to be confirmed"));
        }
        self.keep_current()?;
        println!("confirmed by {by}: generation {}", self.force.generation);
        Ok(json!({ "confirmed": self.force.generation }))
    }

    fn rollback(&mut self, why: &str) -> Result<Value, Refused> {
        let Some(trial) = self.trial.take() else {
            return Err(Refused::conflict(
                "nothing waits to be confirmed, so there is nothing to go back to",
            ));
        };
        let began = Instant::now();
        let back = self.prepare(trial.before, &trial.muted_before);
        back.and_then(|prepared| self.enact(prepared, began))
            .map_err(|error| Refused { status: 500, message: format!("cannot go back: {error}") })?;
        self.keep_current()?;
        println!("ROLLED BACK {why}: {}, generation {}", self.force.artifact.digest(), self.force.generation);
        Ok(json!({ "generation": self.force.generation, "digest": self.force.artifact.digest().to_string() }))
    }

    /// Nobody has confirmed in time.
    fn expire(&mut self) {
        if let Err(refused) = self.rollback("because nobody confirmed it in time") {
            eprintln!("error: {}", refused.message);
        }
    }

    fn mute(&mut self, policy: &str, muted: bool, by: &str) -> Result<Value, Refused> {
        if self.trial.is_some() {
            return Err(Refused::conflict("what was applied last waits to be confirmed first"));
        }
        if !self.force.artifact.manifest().policies.iter().any(|p| p.name == policy) {
            return Err(Refused::missing(format!(
                "there is no policy `{}` in force",
                escape::bytes(policy.as_bytes())
            )));
        }
        let mut all = self.force.muted.clone();
        let changed = if muted { all.insert(policy.to_owned()) } else { all.remove(policy) };
        if changed {
            let began = Instant::now();
            let bytes = self.force.artifact.bytes().to_vec();
            let prepared = self.prepare(bytes, &all).map_err(|error| Refused::conflict(error.to_string()))?;
            self.enact(prepared, began).map_err(|error| Refused::conflict(error.to_string()))?;
            self.keep_current()?;
            let policy = escape::bytes(policy.as_bytes());
            println!("{} by {by}: {policy}", if muted { "MUTED" } else { "no longer muted" });
        }
        Ok(json!({ "muted": self.force.muted, "generation": self.force.generation }))
    }

    fn counts(&self) -> Result<Counts, Refused> {
        self.kernel.counts().map_err(|error| Refused { status: 500, message: error.to_string() })
    }

    fn status(&self) -> Result<Value, Refused> {
        let counts = self.counts()?;
        let counted: serde_json::Map<_, _> = Counter::ALL
            .into_iter()
            .map(|(counter, name)| (name.replace(' ', "_"), json!(counts.get(counter))))
            .collect();
        let force = &self.force;
        let manifest = force.artifact.manifest();
        let left = |trial: &Trial| trial.until.saturating_duration_since(Instant::now()).as_secs();
        Ok(json!({
            "version": env!("CARGO_PKG_VERSION"),
            "pid": std::process::id(),
            "kernel": self.host.release,
            "stance": stance(force.stance),
            "cgroup": self.cgroup.display().to_string(),
            "files_and_exec": self.lsm,
            "outlives_the_agent": self.kernel.outlives(),
            "in_force": {
                "generation": force.generation,
                "package": manifest.package,
                "target": manifest.target,
                "digest": force.artifact.digest().to_string(),
                "signed": force.artifact.signature().is_some(),
                "since": force.since,
                "enforced": force.enforced,
                "unenforced": force.unenforced,
                "muted": force.muted,
                "confirm_within_s": self.trial.as_ref().map(left),
            },
            "counts": counted,
            "missed_calls": self.kernel.missed_calls(),
            "disagreements": self.assessor.tally.disagreements,
        }))
    }

    fn policies(&self) -> Value {
        let manifest = self.force.artifact.manifest();
        let policies = manifest.policies.iter().enumerate().map(|(i, policy)| {
            let rules = manifest.clauses.iter().filter(|c| c.policy == Some(i as u32)).count();
            json!({
                "name": policy.name,
                "mode": if policy.mode == Mode::Prevent { "prevent" } else { "detect" },
                "muted": self.force.muted.contains(&policy.name),
                "rules": rules,
            })
        });
        json!({ "policies": policies.collect::<Vec<_>>() })
    }

    fn metrics(&self) -> Result<String, Refused> {
        Ok(metrics::text(
            &self.counts()?,
            &self.assessor.tally,
            &self.force,
            &self.top,
            self.kernel.missed_calls(),
        ))
    }
}

fn names(actions: &BTreeSet<Action>) -> Vec<&'static str> {
    actions.iter().map(|action| action.name()).collect()
}

/// The word for a stance.
pub fn stance(stance: Stance) -> &'static str {
    match stance {
        Stance::Detect => "detect",
        Stance::Enforce => "enforce",
    }
}

fn caller_text(caller: Caller) -> String {
    match caller.pid {
        Some(pid) => format!("uid {} (process {pid})", caller.uid),
        None => format!("uid {}", caller.uid),
    }
}
