//! `warmord run`: verify, plan, load, prove, enforce, report, stop. Each step is a function; the order is the safety.

use crate::adapters::audit::AuditLog;
use crate::adapters::canary::{Canary, CanaryError, GENERATION};
use crate::adapters::host;
use crate::adapters::kernel::{Kernel, KernelError};
use crate::adapters::signals::{StopSignals, Woken};
use crate::domain::demand::{Demand, TooLarge, demand};
use crate::domain::line::{ClauseName, ClauseNames};
use crate::domain::plan::{NETWORK, Plan, Refusal, SECURITY, Stance, Wish, plan};
use crate::ports::{AuditSink, Counts};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use warmor_bpf::{Config, Counter, Mode, Wanted};
use warmor_policy::artifact::{Artifact, ArtifactError, PublicKey, PublicKeyError, Trust, manifest};
use warmor_policy::schema::Action;

/// What the operator asks for.
#[derive(Clone, Debug)]
pub struct Options {
    /// The artifact's file.
    pub artifact: PathBuf,
    /// The file of the key that must have signed it; none to accept anything.
    pub public_key: Option<PathBuf>,
    /// What to switch on.
    pub wish: Wish,
    /// The cgroup whose processes the network rules hold for; none for all.
    pub cgroup: Option<PathBuf>,
    /// Where reports go.
    pub audit_log: PathBuf,
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
    /// The artifact does not fit into the kernel.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
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

/// The bank that the canary's image is in, and then the policy's.
const CANARY_BANK: u32 = 0;
const POLICY_BANK: u32 = 1;
/// How long the agent sleeps when nothing happens; then it brings the log to its file.
const IDLE: Duration = Duration::from_millis(500);

/// Runs until it is asked to stop.
///
/// # Errors
/// When anything stands in the way of doing what was asked. Nothing stays attached then.
pub fn run(options: &Options) -> Result<(), RunError> {
    let stop = StopSignals::catch()?;
    let artifact = read_artifact(options)?;
    println!(
        "artifact: {} for {}, {}",
        artifact.manifest().package,
        artifact.manifest().target,
        artifact.digest()
    );
    let demand = demand(artifact.tables())?;
    let plan = plan(&demand, &host::look(), &options.wish)?;
    let mut log = open_log(options, &artifact)?;
    let cgroup = match &options.cgroup {
        Some(path) => path.clone(),
        None => host::cgroup_root().ok_or(RunError::NoCgroup)?,
    };
    let mut kernel = start(&artifact, &demand, &plan, &cgroup)?;
    say_unevaluated(&artifact);
    say_ready(&plan, &cgroup);
    let received = serve(&mut kernel, &stop, &mut log, &options.audit_log);
    // Detach first, so that nothing is sent after the ring has been read for the last time.
    kernel.detach();
    let received = received? + drain(&mut kernel, &mut log, &options.audit_log)?;
    flush(&mut log, &options.audit_log)?;
    say_counts(&kernel.counts()?, received, kernel.missed_calls());
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>, RunError> {
    std::fs::read(path).map_err(|error| RunError::Read { path: path.to_owned(), error })
}

fn read_artifact(options: &Options) -> Result<Artifact, RunError> {
    let bytes = read(&options.artifact)?;
    let refused = |error| RunError::Artifact { path: options.artifact.clone(), error };
    let Some(path) = &options.public_key else {
        println!("warning: the artifact's signature is not checked (--allow-unsigned)");
        return Artifact::read(bytes, Trust::AllowUnsigned).map_err(refused);
    };
    let text = String::from_utf8_lossy(&read(path)?).into_owned();
    let key = PublicKey::parse(&text).map_err(|error| RunError::Key { path: path.clone(), error })?;
    Artifact::read(bytes, Trust::Keys(&[key])).map_err(refused)
}

fn open_log(options: &Options, artifact: &Artifact) -> Result<AuditLog, RunError> {
    let manifest = artifact.manifest();
    let names = manifest.clauses.iter().map(|clause| {
        let policy = clause.policy.and_then(|p| manifest.policies.get(p as usize));
        let name = match policy {
            Some(policy) if !clause.label.is_empty() && clause.label != policy.name => {
                format!("{}.{}", policy.name, clause.label)
            }
            Some(policy) => policy.name.clone(),
            None => clause.label.clone(),
        };
        let place = format!("{}:{}", clause.place.file, clause.place.line);
        ClauseName { name, place, severity: clause.severity.name() }
    });
    AuditLog::open(&options.audit_log, ClauseNames(names.collect()))
        .map_err(|error| RunError::Audit { path: options.audit_log.clone(), error })
}

/// Loads and attaches, proves with the canary that denials happen, and lets the policy decide.
fn start(artifact: &Artifact, demand: &Demand, plan: &Plan, cgroup: &Path) -> Result<Kernel, RunError> {
    let host_mnt_ns = host::mount_namespace()?;
    let mut kernel = Kernel::load()?;
    let canary = Canary::new()?;
    canary.arm(&mut kernel, CANARY_BANK, host_mnt_ns)?;
    let lsm = attach_followers(&mut kernel, plan)?;
    kernel.attach_cgroup(cgroup)?;
    if plan.stance == Stance::Enforce {
        if lsm {
            canary.prove_files()?;
        }
        canary.prove_network(cgroup)?;
        println!("canary: denied as it must be ({}network)", if lsm { "files, " } else { "" });
    }
    if !lsm {
        println!("files and exec: not seen (no programs on LSM hooks); started images are reported");
    }
    kernel.fill(POLICY_BANK, artifact.tables())?;
    kernel.configure(&Config {
        active: POLICY_BANK,
        generation: GENERATION + 1,
        mode: if plan.stance == Stance::Enforce { Mode::Enforce } else { Mode::Detect },
        host_mnt_ns,
        wanted: Wanted::EXEC_AND_CONNECT,
        blind: [0, demand.blind],
    })?;
    Ok(kernel)
}

/// Attaches what follows subjects, and on LSM hooks what decides files and exec. Gives whether these are LSM hooks: where no
/// file rule is to be enforced, a host that forbids them (a container, a lockdown) is served by tracepoints.
fn attach_followers(kernel: &mut Kernel, plan: &Plan) -> Result<bool, RunError> {
    if plan.lsm {
        match kernel.attach_lsm() {
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

/// The kernel's tables hold the policies that prevent; this agent does not run the module that decides the others.
fn say_unevaluated(artifact: &Artifact) {
    let manifest = artifact.manifest();
    let detecting = manifest.policies.iter().filter(|p| p.mode == manifest::Mode::Detect).map(|p| &p.name);
    let names: Vec<_> =
        detecting.chain(manifest.detections.iter().map(|d| &d.name)).map(String::as_str).collect();
    if !names.is_empty() {
        println!("NOT EVALUATED: policies in `mode detect` and detections ({})", names.join(", "));
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

/// Writes reports until a signal comes; gives their number.
fn serve(kernel: &mut Kernel, stop: &StopSignals, log: &mut AuditLog, path: &Path) -> Result<u64, RunError> {
    let mut received = 0;
    loop {
        let woken = stop.wait(kernel.ring(), IDLE)?;
        received += drain(kernel, log, path)?;
        if woken != Woken::Reports {
            flush(log, path)?;
        }
        if woken == Woken::Stop {
            return Ok(received);
        }
    }
}

fn drain(kernel: &mut Kernel, log: &mut AuditLog, path: &Path) -> Result<u64, RunError> {
    let failed = |error| RunError::Audit { path: path.to_owned(), error };
    let mut received = 0;
    while let Some(report) = kernel.next_report() {
        received += 1;
        log.write(&report.map_err(io::Error::other)?).map_err(failed)?;
    }
    Ok(received)
}

fn flush(log: &mut AuditLog, path: &Path) -> Result<(), RunError> {
    log.flush().map_err(|error| RunError::Audit { path: path.to_owned(), error })
}

fn say_counts(counts: &Counts, received: u64, missed_calls: u64) {
    println!("stopped; detached");
    for (counter, name) in Counter::ALL {
        println!("  {name}: {}", counts.get(counter));
    }
    println!("  missed calls: {missed_calls}");
    let (emitted, lost) = (counts.get(Counter::Emitted), counts.get(Counter::Lost));
    let unaccounted = emitted.abs_diff(received + lost);
    println!("  reports: {emitted} sent = {received} logged + {lost} lost; {unaccounted} unaccounted for");
}
