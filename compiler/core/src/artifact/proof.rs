//! Proof that an artifact's bytes mean what its sources mean, and the evidence of it that the artifact carries.

use super::manifest::manifest;
use super::reopen::{model, reopen};
use crate::lower::Part as Lowered;
use crate::model::{Mode, Model};
use crate::prove::witness::line;
use crate::validate::{Invalid, NotRunner, Proof, VALIDATOR, Witness, module_image, validate, witness};
use warmor_policy::artifact::{
    About, Artifact, ArtifactError, Evidence, Manifest, Outcome, Part, Trust, with_evidence,
};

/// Why an artifact is not proved to mean what its sources mean.
#[derive(Clone, Debug)]
pub enum Unproved {
    /// The bytes are no artifact.
    Unreadable(ArtifactError),
    /// The module is not the fixed runner.
    Module(NotRunner),
    /// The tables of this part: why, and an event that shows it if one was found.
    Tables(Part, Invalid, Option<Box<Witness>>),
    /// The artifact's sources do not compile here: what is wrong with them.
    Sources(String),
    /// The manifest describes another program than the sources.
    Manifest,
}

impl Unproved {
    /// Whether the question is open: the budget ran out, it cannot be asked here, or nothing shows that what is not proved is wrong.
    pub fn is_inconclusive(&self) -> bool {
        match self {
            Self::Tables(_, Invalid::Table(_), _) | Self::Tables(_, _, Some(_)) => false,
            Self::Tables(_, _, None) | Self::Sources(_) => true,
            Self::Unreadable(_) | Self::Module(_) | Self::Manifest => false,
        }
    }

    /// The rank of the clause that it is about, if it is one.
    pub fn rank(&self) -> Option<u32> {
        match self {
            Self::Tables(_, Invalid::Unjustified(rank, _) | Invalid::Missing(rank, _), _) => Some(*rank),
            _ => None,
        }
    }

    /// An event that shows it, if one was found.
    pub fn witness(&self) -> Option<&Witness> {
        match self {
            Self::Tables(_, _, witness) => witness.as_deref(),
            _ => None,
        }
    }
}

impl std::fmt::Display for Unproved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreadable(why) => write!(f, "what was compiled cannot be read: {why}"),
            Self::Module(why) => why.fmt(f),
            Self::Tables(part, why, witness) => {
                let whose = match part {
                    Part::Tables => "kernel",
                    Part::Module => "module",
                };
                match witness {
                    None => write!(f, "in the {whose}'s tables: {why}"),
                    Some(w) => {
                        let event = line(&w.event);
                        let (source, tables) = if w.applies {
                            ("applies", "do not apply it")
                        } else {
                            ("does not apply", "apply it")
                        };
                        write!(
                            f,
                            "by the sources, clause {} {source} to {event}; the {whose}'s tables {tables}",
                            w.rank
                        )
                    }
                }
            }
            Self::Sources(why) => write!(f, "the sources do not compile here: {why}"),
            Self::Manifest => f.write_str("the manifest describes another program than the sources"),
        }
    }
}

impl std::error::Error for Unproved {}

/// Proves each part of an artifact that decides events: what its tables, as they stand in the bytes, mean, and that the module is
/// the runner. At most `budget` steps for each.
///
/// # Errors
/// When a part does not mean what the model means, or cannot be shown to.
pub fn prove(artifact: &Artifact, model: &Model, budget: u64) -> Result<Vec<Evidence>, Unproved> {
    let image = module_image(artifact.module()).map_err(Unproved::Module)?;
    let of = |part, lowered, image| {
        validate(model, lowered, image, budget).map_err(|why| {
            let shown = witness(model, image, &why).map(Box::new);
            Unproved::Tables(part, why, shown)
        })
    };
    let tables = of(Part::Tables, Lowered::Kernel, artifact.tables())?;
    // Where everything is for the kernel, both say the same, and one proof is enough.
    let all_prevent = model.policies.iter().all(|p| p.mode == Mode::Prevent) && model.detections.is_empty();
    let module = if all_prevent && image.words() == artifact.tables().words() {
        tables
    } else {
        of(Part::Module, Lowered::Whole, &image)?
    };
    let proved = |part, proof| evidence(artifact, part, Outcome::Proved, proof);
    Ok(vec![proved(Part::Tables, tables), proved(Part::Module, module)])
}

/// Proves an artifact from nothing but itself: its sources are read, checked and compared with what it decides by.
///
/// # Errors
/// When it does not mean what its sources mean, or cannot be shown to.
pub fn reprove(artifact: &Artifact, budget: u64) -> Result<Vec<Evidence>, Unproved> {
    let (sources, options) = reopen(artifact);
    let model = model(&sources, &options).map_err(Unproved::Sources)?;
    let evidence = prove(artifact, &model, budget)?;
    // Reports speak by the manifest. Another version of the compiler may word it otherwise.
    let (given, expected) = (artifact.manifest(), manifest(&sources, &model));
    if given.compiler == expected.compiler && !says_the_same(given, expected) {
        return Err(Unproved::Manifest);
    }
    Ok(evidence)
}

/// Compares what a manifest says of the program. The rest the reader has compared, or it follows from the tables.
fn says_the_same(given: &Manifest, expected: Manifest) -> bool {
    *given
        == Manifest {
            format: given.format,
            schema: given.schema,
            sources: given.sources,
            costs: given.costs,
            ..expected
        }
}

/// The evidence of an artifact of which nobody tried to prove anything.
fn skipped(artifact: &Artifact) -> Vec<Evidence> {
    Part::ALL.map(|part| evidence(artifact, part, Outcome::Skipped, Proof::default())).to_vec()
}

fn evidence(artifact: &Artifact, part: Part, outcome: Outcome, proof: Proof) -> Evidence {
    let claim = match part {
        Part::Tables => "the kernel's tables mean what the sources mean",
        Part::Module => "the module is the runner, and its tables mean what the sources mean",
    };
    Evidence {
        claim: claim.to_owned(),
        engine: VALIDATOR.to_owned(),
        outcome,
        about: Some(About {
            part,
            digest: artifact.part_digest(part),
            sources: artifact.manifest().sources,
            clauses: proof.clauses as u64,
            diagrams: proof.diagrams as u64,
            atoms: proof.atoms as u64,
            steps: proof.steps,
        }),
    }
}

/// Whether a build is to be proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validation {
    /// With at most so many steps for each part.
    Budget(u64),
    /// The evidence says that nobody tried.
    Skip,
}

/// The bytes of an artifact without a signature, with evidence on how they were proved. The bytes themselves are read and
/// proved, not what they were made of.
///
/// # Errors
/// When they are not proved.
pub fn with_proof(bytes: Vec<u8>, model: &Model, validation: Validation) -> Result<Vec<u8>, Unproved> {
    let artifact = Artifact::read(bytes, Trust::AllowUnsigned).map_err(Unproved::Unreadable)?;
    let evidence = match validation {
        Validation::Budget(budget) => prove(&artifact, model, budget)?,
        Validation::Skip => skipped(&artifact),
    };
    with_evidence(artifact, &evidence).map_err(Unproved::Unreadable)
}
