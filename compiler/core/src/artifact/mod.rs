//! The last step: a checked program becomes the bytes that are signed and shipped.
//!
//! The same sources, parameters, target and day give the same bytes on every machine. Nothing in them tells where the
//! sources were or when they were compiled.

mod manifest;
mod proof;
mod reopen;

pub use proof::{Unproved, Validation, prove, reprove, with_proof};
pub use reopen::reopen;

use crate::diagnostics::{Code, Diagnostic};
use crate::lower::{LowerError, Lowered, Part, lower, wasm};
use crate::model::{Mode, Model, Target};
use crate::resolve::{Origin, Sources};
use crate::span::Span;
use warmor_policy::artifact::{ArtifactBuilder, ArtifactError, Manifest, SourceFile, SourceKind};

/// Most words of tables that the kernel programs hold (2 MiB): the largest size class that every supported kernel loads.
pub const MAX_KERNEL_WORDS: usize = (1 << 20) - 16;

/// An artifact without a signature, with what is known of it.
#[derive(Clone, Debug)]
pub struct Built {
    /// The artifact.
    pub bytes: Vec<u8>,
    /// What its WASM module decides with: everything.
    pub whole: Lowered,
    /// What the kernel enforces.
    pub kernel: Lowered,
}

/// Why a program has no artifact.
#[derive(Clone, Debug)]
pub enum BuildError {
    /// Something in it does not fit into tables, with the place where it is written.
    Lower(LowerError),
    /// What the kernel is to enforce needs more words of tables than [`MAX_KERNEL_WORDS`].
    KernelTables {
        /// How many.
        words: usize,
        /// The first policy that prevents.
        policy: Span,
    },
    /// The parts do not fit together, which is a defect of the compiler.
    Artifact(ArtifactError),
}

impl std::fmt::Display for BuildError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Lower(e) => e.fmt(f),
            Self::KernelTables { words, .. } => write!(
                f,
                "the policies that prevent need {} KiB of tables; the kernel programs hold {} KiB",
                words / 256,
                MAX_KERNEL_WORDS / 256
            ),
            Self::Artifact(e) => write!(f, "the compiler made an artifact that it would not read: {e}"),
        }
    }
}

impl std::error::Error for BuildError {}

impl BuildError {
    /// The error as a finding at its place; `None` for a defect of the compiler.
    pub fn diagnostic(&self) -> Option<Diagnostic> {
        let (code, span, help) = match self {
            Self::Lower(LowerError::Unsupported(span)) => {
                (Code::NotInTables, *span, "compare with a value that is written out")
            }
            Self::Lower(LowerError::TooManyAlternatives(span)) => {
                (Code::TooManyAlternatives, *span, "split the rule into one for each alternative")
            }
            Self::Lower(LowerError::TooComplex(span)) => {
                (Code::TooComplex, *span, "use fewer `**` and `*` in one rule, or split it")
            }
            Self::KernelTables { policy, .. } => (
                Code::TooComplex,
                *policy,
                "put what need not be prevented into a policy in `mode detect`, or use fewer and simpler patterns",
            ),
            Self::Lower(LowerError::Defect(_)) | Self::Artifact(_) => return None,
        };
        Some(Diagnostic::new(code, span, self.to_string()).help(help))
    }
}

/// Compiles a program that has no errors.
///
/// # Errors
/// When a rule does not fit into tables, or all of them together do not fit into the kernel's.
pub fn build(sources: &Sources, model: &Model) -> Result<Built, BuildError> {
    let whole = lower(model, Part::Whole).map_err(BuildError::Lower)?;
    // Where everything is for the kernel, its tables are those of everything.
    let all_prevent = model.policies.iter().all(|p| p.mode == Mode::Prevent) && model.detections.is_empty();
    let kernel =
        if all_prevent { whole.clone() } else { lower(model, Part::Kernel).map_err(BuildError::Lower)? };
    let words = kernel.image.words().len();
    let prevents = model.policies.iter().find(|p| p.mode == Mode::Prevent);
    if let (Target::Linux(_), Some(policy)) = (model.target, prevents)
        && words > MAX_KERNEL_WORDS
    {
        return Err(BuildError::KernelTables { words, policy: policy.span });
    }
    let files = sources.files().filter_map(|f| {
        let kind = match f.origin {
            Origin::Root => SourceKind::Root,
            Origin::Imported => SourceKind::Imported,
            Origin::Library => SourceKind::Library,
            Origin::Standard => SourceKind::Standard,
            Origin::Manifest => return None,
        };
        Some(SourceFile { name: f.path.clone(), kind, text: f.text.clone() })
    });
    let builder = ArtifactBuilder {
        module: wasm::module(&whole),
        manifest: Manifest { costs: manifest::costs(&whole), ..manifest::manifest(sources, model) },
        tables: kernel.image.clone(),
        sources: files.collect(),
        evidence: Vec::new(),
    };
    let bytes = builder.write().map_err(BuildError::Artifact)?;
    Ok(Built { bytes, whole, kernel })
}
