//! `warmord run`: verify, plan, load, prove, enforce, report, end. Each step is a function; the order is the safety.

use crate::adapters::audit::{AuditLog, Place, now};
use crate::adapters::canary::{self, Canary};
use crate::adapters::cgroups::CgroupFolders;
use crate::adapters::kernel::Kernel;
use crate::adapters::kernel::pins::Pins;
use crate::adapters::recording::Recording;
use crate::adapters::signals::StopSignals;
use crate::adapters::state::{MOST_FAILED_STARTS, Memory, State};
use crate::adapters::{host, processes};
use crate::assess::Assessor;
use crate::control::Control;
use crate::domain::clock::rfc3339;
use crate::domain::descent::Descent;
use crate::domain::plan::{SECURITY, Stance};
use crate::domain::records::Identity;
use crate::domain::top::Top;
use crate::error::RunError;
use crate::ports::Counts;
use crate::prepare::{Prepared, Terms};
use crate::say;
use crate::serve::{Agent, Ended, InForce, Recent};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;
use warmor_bpf::{Config, Counter, Report};

/// What the operator asks for.
#[derive(Clone, Debug)]
pub struct Options {
    /// The artifact's file; none for the one that was applied last.
    pub artifact: Option<PathBuf>,
    /// Which artifacts are taken, and what of them.
    pub terms: Terms,
    /// The cgroup whose processes the network rules hold for; none for all.
    pub cgroup: Option<PathBuf>,
    /// Policies whose denials are reported and not kept to, beside those that were muted before.
    pub mute: Vec<String>,
    /// Where reports go.
    pub audit_log: Place,
    /// Where every event that is judged goes too, and how long that may get.
    pub record: Option<(PathBuf, u64)>,
    /// Where programs and maps are pinned; none to take them away when the agent ends.
    pub pins: Option<PathBuf>,
    /// What is kept from one start to the next; none to keep nothing.
    pub state: Option<PathBuf>,
    /// The control socket; none for an agent that nobody can ask anything.
    pub socket: Option<PathBuf>,
}

/// Runs until it is asked to end.
///
/// # Errors
/// When anything stands in the way of doing what was asked. What this agent attached is not left behind then; what an earlier one
/// pinned goes on as it was.
pub fn run(options: &Options) -> Result<(), RunError> {
    let began = Instant::now();
    let stop = StopSignals::catch()?;
    let control = options.socket.as_deref().map(open_control).transpose()?;
    let state = options.state.as_deref().map(State::open).transpose()?;
    let mut memory = state.as_ref().map(State::memory).transpose()?.unwrap_or_default();
    let mut terms = options.terms.clone();
    beware(&memory, &mut terms);
    let (bytes, name) = artifact(options, state.as_ref(), &memory)?;
    let host = host::look();
    let muted = memory.muted.iter().chain(&options.mute).cloned().collect();
    let mut prepared = prepare(bytes, &name, &terms, &muted, options, &host)?;
    if terms.public_key.is_none() {
        println!("warning: the artifact's signature is not checked (--allow-unsigned)");
    }
    say::artifact(&prepared.artifact);
    let machine = host::machine();
    let identity = Identity {
        agent: env!("CARGO_PKG_VERSION"),
        artifact: prepared.artifact.digest(),
        boot: host::boot(),
        pid: std::process::id(),
    };
    let log_failed = |error| RunError::Audit { path: options.audit_log.path.clone(), error };
    let mut log = AuditLog::open(&options.audit_log, identity).map_err(log_failed)?;
    let recording = options.record.as_ref().map(|(path, size)| record(path, *size, &prepared)).transpose()?;
    let root = host::cgroup_root();
    let cgroup = options.cgroup.clone().or_else(|| root.clone()).ok_or(RunError::NoCgroup)?;
    // From here on a start can fail for another reason than what the operator said.
    if let Some(state) = &state {
        state.remember(&Memory { failed_starts: memory.failed_starts + 1, ..memory.clone() })?;
    }
    let Started { kernel, lsm, at, generation, before } = start(&prepared, options.pins.as_deref(), &cgroup)?;
    say::muted(&prepared.muted);
    let era = prepared.era(generation, lsm);
    say::watched(&prepared.artifact, &prepared.watch, era.judge.is_some(), lsm);
    say::ready(&prepared.plan, &cgroup);
    let descent = Descent::new(&processes::older_than(at));
    let assessor = Assessor::new(era, descent, Box::new(CgroupFolders::new(root)), machine);
    if let Some(last_seen) = before.last_seen(&log) {
        log.resume(&last_seen);
    }
    let mut assessor = assessor.after(before.emitted);
    assessor.keeps_events = recording.is_some();
    memory = Memory { muted: prepared.muted.clone(), unconfirmed: false, failed_starts: 0 };
    if let Some(state) = &state {
        state.keep(prepared.artifact.bytes())?;
        state.remember(&memory)?;
    }
    let mut agent = Agent {
        kernel,
        assessor,
        log,
        recording,
        log_path: options.audit_log.path.clone(),
        force: InForce::of(prepared, generation, began.elapsed()),
        lsm,
        host,
        terms,
        cgroup,
        control,
        state,
        recent: Recent::default(),
        top: Top::default(),
        trial: None,
    };
    let served = agent.serve(&stop);
    end(agent, served, &before.counts)
}

/// Begins a recording.
fn record(path: &Path, max_size: u64, prepared: &Prepared) -> Result<Recording, RunError> {
    let begin = || {
        let time = rfc3339(now()?.wall);
        Recording::create(path, max_size, prepared.artifact.digest(), &time)
    };
    let recording = begin().map_err(|error| RunError::Record { path: path.to_owned(), error })?;
    println!("recording every event that is seen, in {}", path.display());
    Ok(recording)
}

fn open_control(socket: &Path) -> Result<Control, RunError> {
    Control::open(socket).map_err(|error| RunError::Control { path: socket.to_owned(), error })
}

/// An agent whose starts fail must not make a machine unusable: it looks on, and says so.
fn beware(memory: &Memory, terms: &mut Terms) {
    if memory.failed_starts >= MOST_FAILED_STARTS && terms.wish.stance == Stance::Enforce {
        eprintln!(
            "WARNING: the last {} starts of this agent failed. It STARTS IN DETECT: NOTHING IS DENIED.\n  \
             When the reason is mended, start it again: this start counts as a good one when it gets to its end",
            memory.failed_starts
        );
        terms.wish.stance = Stance::Detect;
    }
    if memory.unconfirmed {
        eprintln!(
            "WARNING: the artifact that was applied last was not confirmed before the agent ended; going on with the one before"
        );
    }
}

/// The bytes of the artifact to begin with, and what to call it.
fn artifact(
    options: &Options,
    state: Option<&State>,
    memory: &Memory,
) -> Result<(Vec<u8>, PathBuf), RunError> {
    if let Some(path) = &options.artifact {
        let failed = |error| RunError::Read { path: path.clone(), error };
        return Ok((std::fs::read(path).map_err(failed)?, path.clone()));
    }
    let folder = state.map_or_else(PathBuf::new, |state| state.folder().to_owned());
    let kept = state.map(|state| state.artifact(memory)).transpose()?.flatten();
    kept.map(|bytes| (bytes, folder.clone())).ok_or(RunError::NoArtifact(folder))
}

/// Prepares the artifact. A policy that was muted and is no longer in it is not; one that the operator names must be.
fn prepare(
    bytes: Vec<u8>,
    name: &Path,
    terms: &Terms,
    muted: &BTreeSet<String>,
    options: &Options,
    host: &crate::domain::plan::Host,
) -> Result<Prepared, RunError> {
    match Prepared::of(bytes.clone(), name, terms, muted, host) {
        Err(RunError::Mute { name: gone, .. }) if !options.mute.contains(&gone) => {
            println!("no longer muted, because it is no longer there: {gone}");
            let mut left = muted.clone();
            left.remove(&gone);
            prepare(bytes, name, terms, &left, options, host)
        }
        other => other,
    }
}

/// Programs at work.
struct Started {
    kernel: Kernel,
    /// Whether programs on LSM hooks are among them.
    lsm: bool,
    /// When the policy began to decide, as [`processes::now`] counts. Whoever is older was not followed from its start.
    at: u64,
    /// The number of its tables.
    generation: u32,
    /// What had been counted before.
    before: Before,
}

/// What was counted before this agent.
#[derive(Default)]
struct Before {
    counts: Counts,
    /// Reports that each CPU had sent; nothing when the programs are new.
    emitted: Vec<u64>,
}

impl Before {
    /// The last report of each CPU that an earlier agent saw, by its log. Without a log of these programs, what was sent before this
    /// agent came is not missed. Nothing when the programs are new.
    fn last_seen(&self, log: &AuditLog) -> Option<BTreeMap<u32, u64>> {
        if self.emitted.is_empty() {
            return None;
        }
        let told = log.before();
        if told.boot == host::boot() && !told.last_seen.is_empty() {
            return Some(told.last_seen.clone());
        }
        let last = |(cpu, sent): (usize, &u64)| Some((u32::try_from(cpu).ok()?, sent.checked_sub(1)?));
        Some(self.emitted.iter().enumerate().filter_map(last).collect())
    }
}

/// Loads and attaches, or finds what an earlier agent left in place; proves with the canary that denials happen; and lets the policy
/// decide.
fn start(prepared: &Prepared, pins: Option<&Path>, cgroup: &Path) -> Result<Started, RunError> {
    let pins = pins.map(Pins::open).transpose()?;
    let mut kernel = Kernel::load(pins)?;
    let before = kernel.generation()?;
    let counted = match before {
        0 => Before::default(),
        _ => Before { emitted: kernel.emitted()?, counts: kernel.counts()? },
    };
    let started = start_in(&mut kernel, before, prepared, cgroup);
    if started.is_err() && before == 0 {
        kernel.remove()?;
    }
    let (lsm, at, generation) = started?;
    Ok(Started { kernel, lsm, at, generation, before: counted })
}

/// Starts with maps in which a generation decides already, or 0 for none.
fn start_in(
    kernel: &mut Kernel,
    before: u32,
    prepared: &Prepared,
    cgroup: &Path,
) -> Result<(bool, u64, u32), RunError> {
    let enforcing = prepared.plan.stance == Stance::Enforce;
    let lsm = if before == 0 {
        let canary = Canary::new()?;
        kernel.configure(&config()?)?;
        canary.arm(kernel)?;
        attach(kernel, prepared, cgroup, enforcing.then_some(&canary))?
    } else {
        println!(
            "in place since an earlier start: generation {before} goes on deciding until this one is proved"
        );
        kernel.configure(&config()?)?;
        if enforcing {
            prove_apart(prepared, cgroup)?;
        }
        attach(kernel, prepared, cgroup, None)?
    };
    let at = processes::now();
    let generation = before.max(canary::GENERATION) + 1;
    kernel.swap(&prepared.tables, &prepared.setup(generation))?;
    kernel.settle()?;
    Ok((lsm, at, generation))
}

/// What holds for all images of this agent.
fn config() -> io::Result<Config> {
    Ok(Config { host_mnt_ns: host::mount_namespace()?, agent: host::agent()?, overflow: false })
}

/// Proves that denials happen with programs and maps of its own, beside those that decide.
fn prove_apart(prepared: &Prepared, cgroup: &Path) -> Result<(), RunError> {
    let mut kernel = Kernel::load(None)?;
    let canary = Canary::new()?;
    kernel.configure(&config()?)?;
    canary.arm(&mut kernel)?;
    attach(&mut kernel, prepared, cgroup, Some(&canary)).map(|_| ())
}

/// Attaches all programs, and has the canary prove that they deny. Gives whether programs on LSM hooks are among them. What was
/// attached is taken back when something fails.
fn attach(
    kernel: &mut Kernel,
    prepared: &Prepared,
    cgroup: &Path,
    canary: Option<&Canary>,
) -> Result<bool, RunError> {
    let attached = (|| {
        let lsm = attach_followers(kernel, prepared)?;
        kernel.attach_cgroup(cgroup)?;
        if let Some(canary) = canary {
            if lsm {
                canary.prove_files()?;
            }
            canary.prove_network(cgroup)?;
            println!("canary: denied as it must be ({}network)", if lsm { "files, " } else { "" });
        }
        if !lsm {
            println!(
                "files, and raw, packet and unix sockets: not seen (no programs on LSM hooks); of exec, images that have started"
            );
        }
        Ok(lsm)
    })();
    if attached.is_err() {
        kernel.take_back()?;
    }
    attached
}

/// Attaches what follows subjects, and on LSM hooks what decides files and exec. Gives whether these are LSM hooks: where no
/// file rule is to be enforced, a host that forbids them (a container, a lockdown) is served by tracepoints.
fn attach_followers(kernel: &mut Kernel, prepared: &Prepared) -> Result<bool, RunError> {
    let plan = &prepared.plan;
    if plan.lsm {
        match kernel.attach_lsm(&prepared.asked()) {
            Ok(()) => return Ok(true),
            Err(error) if SECURITY.iter().any(|a| plan.enforced.contains(a)) => return Err(error.into()),
            Err(error) => {
                kernel.take_back()?;
                println!("note: {error}");
            }
        }
    }
    kernel.attach_trace()?;
    Ok(false)
}

/// As many reports as the ring can hold.
const RING_REPORTS: usize = (8 << 20) / Report::BYTES;

/// Ends: leaves in place what is to outlive the agent, or takes it away.
fn end(mut agent: Agent, served: Result<Ended, RunError>, before: &Counts) -> Result<(), RunError> {
    let stays = agent.kernel.outlives() && !matches!(served, Ok(Ended::Remove));
    if !stays {
        // Detach first, so that nothing is sent after the ring has been read for the last time.
        agent.kernel.detach()?;
    }
    served?;
    // Where enforcement goes on, reports go on coming: what the ring held is read, and what comes now is for the next agent.
    agent.drain(if stays { RING_REPORTS } else { usize::MAX })?;
    let counts = agent.kernel.counts()?.since(before);
    let failed = |error| RunError::Audit { path: agent.log_path.clone(), error };
    let recorded = agent.recording.take().map(|recording| recording.finish(counts.get(Counter::Lost)));
    let log = agent.log.close(counts.get(Counter::Lost)).map_err(failed)?;
    if stays {
        println!(
            "ended; generation {} GOES ON DECIDING, and reports wait for the next agent (`warmord stop` takes it away)",
            agent.force.generation
        );
    } else {
        println!("stopped; detached");
    }
    say::counts(&counts, &agent.assessor.tally, &log, agent.kernel.missed_calls(), stays);
    if let Some((events, left_out)) = recorded {
        println!("  recorded: {events} event(s); left out: {left_out}");
    }
    if !stays {
        agent.kernel.remove()?;
    }
    Ok(())
}
