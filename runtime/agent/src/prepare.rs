//! From an artifact's bytes to what can be put in force: read, trusted, planned for this host, and its module started. Nothing
//! outside of the agent is changed by it, so that a bad artifact leaves everything as it is.

#[cfg(feature = "wasm")]
use crate::adapters::module::PolicyModule;
use crate::assess::{Era, Setting};
use crate::domain::demand::{Demand, demand};
use crate::domain::line::Clauses;
use crate::domain::plan::{Host, Plan, Stance, Wish, plan, sees};
use crate::domain::watch::{Watch, watch};
use crate::error::RunError;
use crate::ports::Judge;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use warmor_bpf::{Mode, Setup, Wanted};
use warmor_policy::artifact::{Artifact, PublicKey, Trust};
use warmor_policy::image::Image;
use warmor_policy::schema::Action;

/// Whether an artifact must say that it is proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// It must, by the word of a signer who is trusted.
    Required,
    /// It need not.
    Optional,
}

/// Which artifacts are taken, and what of them.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The file of the key that must have signed an artifact; none to accept anything.
    pub public_key: Option<PathBuf>,
    /// Whether it must say that it is proved.
    pub proof: Proof,
    /// What to switch on.
    pub wish: Wish,
    /// Whether every event that can be seen is judged, whatever policies speak of: for a recording.
    pub all_events: bool,
}

/// Actions whose every event is in the log.
const TOLD: [Action; 2] = [Action::Connect, Action::Send];

fn read(path: &Path) -> Result<Vec<u8>, RunError> {
    std::fs::read(path).map_err(|error| RunError::Read { path: path.to_owned(), error })
}

/// Reads an artifact that the key of a file must have signed; whoever made it, without one.
///
/// # Errors
/// When a file cannot be read, what is in it is refused, or a proof is asked for that it has not.
pub fn read_artifact(path: &Path, public_key: Option<&Path>, proof: Proof) -> Result<Artifact, RunError> {
    trusted(read(path)?, path, public_key, proof)
}

/// The artifact of these bytes, which are called `name` in errors.
fn trusted(
    bytes: Vec<u8>,
    name: &Path,
    public_key: Option<&Path>,
    proof: Proof,
) -> Result<Artifact, RunError> {
    let refused = |error| RunError::Artifact { path: name.to_owned(), error };
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
        artifact.require_proof().map_err(|error| RunError::Unproved { path: name.to_owned(), error })?;
    }
    Ok(artifact)
}

/// An artifact that this host can keep to.
pub struct Prepared {
    /// The artifact.
    pub artifact: Artifact,
    /// Its tables, with what is muted.
    pub tables: Image,
    /// What the tables demand.
    pub demand: Demand,
    /// What is switched on.
    pub plan: Plan,
    /// What is judged in user space.
    pub watch: Watch,
    /// The names of the policies that are muted.
    pub muted: BTreeSet<String>,
    clauses: Rc<Clauses>,
    judge: Option<Box<dyn Judge>>,
}

impl Prepared {
    /// Reads the artifact of these bytes, called `name` in errors, and plans what of it is switched on here.
    ///
    /// # Errors
    /// When it is refused, does not fit, or this host cannot enforce it.
    pub fn of(
        bytes: Vec<u8>,
        name: &Path,
        terms: &Terms,
        muted: &BTreeSet<String>,
        host: &Host,
    ) -> Result<Self, RunError> {
        let artifact = trusted(bytes, name, terms.public_key.as_deref(), terms.proof)?;
        let indices = indices(&artifact, muted)?;
        let judge = judge(&artifact, &indices)?;
        let mut tables = artifact.tables().clone();
        for policy in &indices {
            tables.set_muted(*policy, true);
        }
        let demand = demand(&tables)?;
        let plan = plan(&demand, host, &terms.wish)?;
        let mut watch = if judge.is_some() { watch(artifact.manifest()) } else { Watch::default() };
        if terms.all_events && judge.is_some() {
            watch.actions.extend(Action::all().filter(|action| sees(plan.lsm, *action)));
        }
        let clauses = Rc::new(Clauses::of(artifact.manifest()));
        Ok(Self { artifact, tables, demand, plan, watch, muted: muted.clone(), clauses, judge })
    }

    /// Actions of which something is asked: by the tables, or in user space.
    pub fn asked(&self) -> BTreeSet<Action> {
        self.demand.mentioned.union(&self.watch.actions).copied().collect()
    }

    /// How the kernel programs use its tables.
    pub fn setup(&self, generation: u32) -> Setup {
        Setup {
            generation,
            mode: if self.plan.stance == Stance::Enforce { Mode::Enforce } else { Mode::Detect },
            wanted: Wanted::STARTS.and(TOLD.iter().chain(&self.watch.actions).map(|a| *a as u8)),
            blind: self.demand.blind,
            mentioned: self.demand.mentioned.iter().fold(0, |bits, action| bits | 1 << *action as u32),
        }
    }

    /// What decides in user space while its tables are those of a generation; once.
    pub fn era(&mut self, generation: u32, lsm: bool) -> Era {
        Era {
            judge: self.judge.take(),
            clauses: self.clauses.clone(),
            setting: Setting {
                generation,
                stance: self.plan.stance,
                lsm,
                tests_ancestors: self.demand.ancestors,
            },
        }
    }
}

/// The indices of the policies of these names.
fn indices(artifact: &Artifact, names: &BTreeSet<String>) -> Result<Vec<u32>, RunError> {
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
#[expect(clippy::unnecessary_wraps, reason = "with an engine it can fail")]
fn judge(_: &Artifact, _: &[u32]) -> Result<Option<Box<dyn Judge>>, RunError> {
    Ok(None)
}
