//! `warmord run`: verify, plan, load, prove, enforce, report, stop. Each step is a function; the order is the safety.

use crate::adapters::audit::{AuditLog, Place};
use crate::adapters::canary::{Canary, CanaryError, GENERATION};
use crate::adapters::cgroups::CgroupFolders;
use crate::adapters::kernel::{Kernel, KernelError};
#[cfg(feature = "wasm")]
use crate::adapters::module::{ModuleError, PolicyModule};
use crate::adapters::signals::{StopSignals, Woken};
use crate::adapters::{host, processes};
use crate::assess::{Assessed, Assessor, Era, Setting, Tally};
use crate::domain::demand::{Demand, TooLarge, demand};
use crate::domain::descent::Descent;
use crate::domain::escape;
use crate::domain::line::{self, Clauses};
use crate::domain::plan::{NETWORK, Plan, Refusal, SECURITY, Stance, Wish, plan, sees};
use crate::domain::records::Identity;
use crate::domain::watch::{Watch, watch};
use crate::ports::{AuditSink, Counts, Judge, JudgeError};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;
use warmor_bpf::{Config, Counter, Mode, Setup, Wanted};
use warmor_policy::artifact::{Artifact, ArtifactError, PublicKey, PublicKeyError, Trust, Unproved};
use warmor_policy::image::Image;
use warmor_policy::schema::Action;

/// What the operator asks for.
#[derive(Clone, Debug)]
pub struct Options {
    /// The artifact's file.
    pub artifact: PathBuf,
    /// The file of the key that must have signed it; none to accept anything.
    pub public_key: Option<PathBuf>,
    /// Whether it must say that it is proved.
    pub proof: Proof,
    /// What to switch on.
    pub wish: Wish,
    /// The cgroup whose processes the network rules hold for; none for all.
    pub cgroup: Option<PathBuf>,
    /// Policies whose denials are reported and not kept to.
    pub mute: Vec<String>,
    /// Where reports go.
    pub audit_log: Place,
}

/// Why the agent does not run, or no longer does.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A file could not be read.
    #[error("{}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The key's file holds no key.
    #[error("{}: {error}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// Why.
        error: PublicKeyError,
    },
    /// The artifact is refused.
    #[error("{}: {error}", path.display())]
    Artifact {
        /// The file.
        path: PathBuf,
        /// Why.
        error: ArtifactError,
    },
    /// The artifact does not say that it is proved, and it must.
    #[error("{}: a proof is required, and {error}", path.display())]
    Unproved {
        /// The file.
        path: PathBuf,
        /// Why it does not count as proved.
        error: Unproved,
    },
    /// The artifact does not fit into the kernel.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// The artifact's module cannot be run.
    #[cfg(feature = "wasm")]
    #[error(transparent)]
    Module(#[from] ModuleError),
    /// A policy could not be muted.
    #[error("the policy `{name}` cannot be muted: {why}")]
    Mute {
        /// Its name.
        name: String,
        /// Why.
        why: String,
    },
    /// This host cannot enforce it.
    #[error(transparent)]
    Refusal(#[from] Refusal),
    /// The kernel refuses.
    #[error(transparent)]
    Kernel(#[from] KernelError),
    /// Enforcement is not proved.
    #[error("refusing to claim enforcement: {0}")]
    Canary(#[from] CanaryError),
    /// There is no cgroup v2.
    #[error(
        "no cgroup v2 hierarchy is mounted; network rules need one (mount -t cgroup2 none /sys/fs/cgroup), or name a cgroup with --cgroup"
    )]
    NoCgroup,
    /// The audit log cannot be written.
    #[error("the audit log {}: {error}", path.display())]
    Audit {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The system refuses something else.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The generation of the policy's image.
const POLICY_GENERATION: u32 = GENERATION + 1;
/// Actions whose every event is in the log.
const TOLD: [Action; 2] = [Action::Connect, Action::Send];
/// How long the agent sleeps when nothing happens; then it looks after its log.
const IDLE: Duration = Duration::from_millis(500);
/// How long it sleeps when something is to be written, so that much is written at once when much happens.
const GATHER: Duration = Duration::from_millis(1);

/// Runs until it is asked to stop.
///
/// # Errors
/// When anything stands in the way of doing what was asked. Nothing stays attached then.
pub fn run(options: &Options) -> Result<(), RunError> {
    let stop = StopSignals::catch()?;
    let artifact = read_artifact(&options.artifact, options.public_key.as_deref(), options.proof)?;
    if options.public_key.is_none() {
        println!("warning: the artifact's signature is not checked (--allow-unsigned)");
    }
    println!(
        "artifact: {} for {}, {}",
        artifact.manifest().package,
        artifact.manifest().target,
        artifact.digest()
    );
    let muted = muted(&artifact, &options.mute)?;
    let judge = judge(&artifact, &muted)?;
    let mut tables = artifact.tables().clone();
    for policy in &muted {
        tables.set_muted(*policy, true);
    }
    let demand = demand(&tables)?;
    let plan = plan(&demand, &host::look(), &options.wish)?;
    let machine = host::machine();
    let audit = |error| RunError::Audit { path: options.audit_log.path.clone(), error };
    let identity = Identity {
        agent: env!("CARGO_PKG_VERSION"),
        artifact: artifact.digest(),
        boot: host::boot(),
        pid: std::process::id(),
    };
    let mut log = AuditLog::open(&options.audit_log, identity).map_err(audit)?;
    let root = host::cgroup_root();
    let cgroup = options.cgroup.clone().or_else(|| root.clone()).ok_or(RunError::NoCgroup)?;
    let watch = if judge.is_some() { watch(artifact.manifest()) } else { Watch::default() };
    let Started { mut kernel, lsm, at } = start(&tables, &demand, &plan, &watch, &cgroup)?;
    let era = Era {
        judge,
        clauses: Rc::new(Clauses::of(artifact.manifest())),
        setting: Setting {
            generation: POLICY_GENERATION,
            stance: plan.stance,
            lsm,
            tests_ancestors: demand.ancestors,
        },
    };
    say_muted(&options.mute);
    say_watched(&artifact, &watch, era.judge.is_some(), lsm);
    say_ready(&plan, &cgroup);
    let descent = Descent::new(&processes::older_than(at));
    let cgroups = Box::new(CgroupFolders::new(root));
    let mut assessor = Assessor::new(era, descent, cgroups, machine);
    let mut desk = Desk { assessor: &mut assessor, log: &mut log };
    let served = serve(&mut kernel, &stop, &mut desk);
    // Detach first, so that nothing is sent after the ring has been read for the last time.
    kernel.detach();
    served?;
    desk.drain(&mut kernel)?;
    let counts = kernel.counts()?;
    let unwritten = log.close(counts.get(Counter::Lost)).map_err(audit)?;
    say_counts(&counts, &assessor.tally, kernel.missed_calls());
    if unwritten > 0 {
        println!("  NOT IN THE LOG, which could not be written: {unwritten} record(s)");
    }
    Ok(())
}

/// The indices of the policies of these names.
fn muted(artifact: &Artifact, names: &[String]) -> Result<Vec<u32>, RunError> {
    let index = |name: &String| {
        let found = artifact.manifest().policies.iter().position(|p| p.name == *name);
        let none =
            || RunError::Mute { name: name.clone(), why: "the artifact has no such policy".to_owned() };
        found.map(|i| i as u32).ok_or_else(none)
    };
    names.iter().map(index).collect()
}

/// What decides in user space: the artifact's own module.
#[cfg(feature = "wasm")]
fn judge(artifact: &Artifact, muted: &[u32]) -> Result<Option<Box<dyn Judge>>, RunError> {
    let manifest = artifact.manifest();
    let mut module = PolicyModule::start(artifact.bytes(), manifest.clauses.len())?;
    for policy in muted {
        let name = || manifest.policies.get(*policy as usize).map_or_else(String::new, |p| p.name.clone());
        module.mute(*policy).map_err(|error| RunError::Mute { name: name(), why: error.to_string() })?;
    }
    Ok(Some(Box::new(module)))
}

/// Nothing, without an engine.
#[cfg(not(feature = "wasm"))]
fn judge(_: &Artifact, _: &[u32]) -> Result<Option<Box<dyn Judge>>, RunError> {
    Ok(None)
}

fn read(path: &Path) -> Result<Vec<u8>, RunError> {
    std::fs::read(path).map_err(|error| RunError::Read { path: path.to_owned(), error })
}

/// Whether an artifact must say that it is proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// It must, by the word of a signer who is trusted.
    Required,
    /// It need not.
    Optional,
}

/// Reads an artifact that the key of a file must have signed; whoever made it, without one.
///
/// # Errors
/// When a file cannot be read, what is in it is refused, or a proof is asked for that it has not.
pub fn read_artifact(path: &Path, public_key: Option<&Path>, proof: Proof) -> Result<Artifact, RunError> {
    let bytes = read(path)?;
    let refused = |error| RunError::Artifact { path: path.to_owned(), error };
    let artifact = match public_key {
        None => Artifact::read(bytes, Trust::AllowUnsigned).map_err(refused)?,
        Some(key) => {
            let text = String::from_utf8_lossy(&read(key)?).into_owned();
            let key =
                PublicKey::parse(&text).map_err(|error| RunError::Key { path: key.to_owned(), error })?;
            Artifact::read(bytes, Trust::Keys(&[key])).map_err(refused)?
        }
    };
    if proof == Proof::Required {
        artifact.require_proof().map_err(|error| RunError::Unproved { path: path.to_owned(), error })?;
    }
    Ok(artifact)
}

/// Programs at work.
struct Started {
    kernel: Kernel,
    /// Whether programs on LSM hooks are among them.
    lsm: bool,
    /// When the policy began to decide, as [`processes::now`] counts. Whoever is older was not followed from its start.
    at: u64,
}

/// Loads and attaches, proves with the canary that denials happen, and lets the policy decide.
fn start(
    tables: &Image,
    demand: &Demand,
    plan: &Plan,
    watch: &Watch,
    cgroup: &Path,
) -> Result<Started, RunError> {
    let host_mnt_ns = host::mount_namespace()?;
    let mut kernel = Kernel::load()?;
    let canary = Canary::new()?;
    kernel.configure(&Config { host_mnt_ns, agent: host::agent()? })?;
    canary.arm(&mut kernel)?;
    let asked = demand.mentioned.union(&watch.actions).copied().collect();
    let lsm = attach_followers(&mut kernel, plan, &asked)?;
    kernel.attach_cgroup(cgroup)?;
    if plan.stance == Stance::Enforce {
        if lsm {
            canary.prove_files()?;
        }
        canary.prove_network(cgroup)?;
        println!("canary: denied as it must be ({}network)", if lsm { "files, " } else { "" });
    }
    if !lsm {
        println!("files: not seen (no programs on LSM hooks); of exec, images that have started");
    }
    let at = processes::now();
    let setup = Setup {
        generation: POLICY_GENERATION,
        mode: if plan.stance == Stance::Enforce { Mode::Enforce } else { Mode::Detect },
        wanted: Wanted::STARTS.and(TOLD.iter().chain(&watch.actions).map(|a| *a as u8)),
        blind: demand.blind,
        mentioned: demand.mentioned.iter().fold(0, |bits, action| bits | 1 << *action as u32),
    };
    kernel.swap(tables, &setup)?;
    Ok(Started { kernel, lsm, at })
}

/// Attaches what follows subjects, and on LSM hooks what decides files and exec. Gives whether these are LSM hooks: where no
/// file rule is to be enforced, a host that forbids them (a container, a lockdown) is served by tracepoints.
fn attach_followers(kernel: &mut Kernel, plan: &Plan, asked: &BTreeSet<Action>) -> Result<bool, RunError> {
    if plan.lsm {
        match kernel.attach_lsm(asked) {
            Ok(()) => return Ok(true),
            Err(error) if SECURITY.iter().any(|a| plan.enforced.contains(a)) => return Err(error.into()),
            Err(error) => {
                kernel.detach();
                println!("note: {error}");
            }
        }
    }
    kernel.attach_trace()?;
    Ok(false)
}

fn list(actions: &BTreeSet<Action>, of: &[Action]) -> String {
    let names: Vec<_> = actions.iter().filter(|a| of.contains(a)).map(|a| a.name()).collect();
    names.join(", ")
}

fn say_muted(names: &[String]) {
    if !names.is_empty() {
        println!("MUTED, as asked: {} (denials are reported and not kept to)", names.join(", "));
    }
}

/// What is judged in user space, and what of it is not seen here.
fn say_watched(artifact: &Artifact, watch: &Watch, judged: bool, lsm: bool) {
    let all: Vec<Action> = Action::all().collect();
    let names = |names: Vec<&str>| escape::bytes(names.join(", ").as_bytes());
    if !judged {
        let watch = self::watch(artifact.manifest());
        let idle: Vec<_> = watch.watchers.iter().map(|(name, _)| name.as_str()).collect();
        if !idle.is_empty() {
            println!("NOT EVALUATED: built without an engine for policies that detect: {}", names(idle));
        }
        return;
    }
    if !watch.watchers.is_empty() {
        let watchers = names(watch.watchers.iter().map(|(name, _)| name.as_str()).collect());
        println!("detecting: {watchers}; every {} is judged", list(&watch.actions, &all));
    }
    for (name, actions) in watch.blind_to(|action| sees(lsm, action)) {
        println!("NOT SEEN by {}: {}", names(vec![name]), list(&actions, &all));
    }
    if !watch.unexecuted.is_empty() {
        let unexecuted = names(watch.unexecuted.iter().map(String::as_str).collect());
        println!("NOT EXECUTED: detections of sequences and counts: {unexecuted}");
    }
}

fn say_ready(plan: &Plan, cgroup: &Path) {
    let all: Vec<Action> = Action::all().collect();
    if !plan.unenforced.is_empty() && plan.stance == Stance::Enforce {
        println!("NOT ENFORCED, as asked: {}", list(&plan.unenforced, &all));
    }
    match plan.stance {
        Stance::Detect => println!("ready: detecting, nothing is denied; cgroup {}", cgroup.display()),
        Stance::Enforce => {
            let (files, network) = (list(&plan.enforced, &SECURITY), list(&plan.enforced, &NETWORK));
            let files = if files.is_empty() { "none".to_owned() } else { files };
            let network = if network.is_empty() { "none".to_owned() } else { network };
            println!("ready: enforcing; files and exec: {files}; network in {}: {network}", cgroup.display());
        }
    }
}

/// Where reports become entries of the log.
struct Desk<'d> {
    assessor: &'d mut Assessor,
    log: &'d mut AuditLog,
}

/// Writes reports until a signal comes.
fn serve(kernel: &mut Kernel, stop: &StopSignals, desk: &mut Desk<'_>) -> Result<(), RunError> {
    loop {
        let woken = stop.wait(kernel.ring(), if desk.log.is_waiting() { GATHER } else { IDLE })?;
        desk.drain(kernel)?;
        desk.log.flush()?;
        if desk.assessor.descent.is_crowded() {
            desk.assessor.descent.retain(&kernel.images()?);
        }
        if woken == Woken::Stop {
            return Ok(());
        }
    }
}

impl Desk<'_> {
    fn drain(&mut self, kernel: &mut Kernel) -> Result<(), RunError> {
        while let Some(report) = kernel.next_report() {
            let report = report.map_err(io::Error::other)?;
            self.log.received(&report);
            let Assessed { entry, failure, clauses } = self.assessor.assess(&report);
            if let Some(failure) = failure {
                self.say_failure(&failure);
            }
            if let Some(entry) = entry {
                if entry.disagreement.is_some() {
                    eprintln!("DISAGREEMENT: {}", line::human(&entry, &clauses, "the kernel:"));
                }
                self.log.write(&entry, &clauses);
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
}

fn say_counts(counts: &Counts, tally: &Tally, missed_calls: u64) {
    println!("stopped; detached");
    for (counter, name) in Counter::ALL {
        println!("  {name}: {}", counts.get(counter));
    }
    println!("  missed calls: {missed_calls}");
    let Tally { received, passed_over, judged, compared, disagreements, unanswered } = *tally;
    println!("  judged by the module: {judged}; without an answer: {unanswered}");
    println!("  compared with the kernel's verdict: {compared}; disagreements: {disagreements}");
    let (emitted, lost) = (counts.get(Counter::Emitted), counts.get(Counter::Lost));
    let unaccounted = emitted.abs_diff(received + lost);
    println!(
        "  reports: {emitted} sent = {} logged + {passed_over} judged, with nothing to say of + {lost} lost; \
         {unaccounted} unaccounted for",
        received - passed_over
    );
}
