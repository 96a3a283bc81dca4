//! `warmorc verify`

use crate::files::{artifact_path, read_bytes};
use crate::keys;
use crate::output::{Exit, Output};
use serde_json::json;
use std::path::{Path, PathBuf};
use warmor_compiler::artifact::{Unproved, reprove};
use warmor_compiler::validate::DEFAULT_BUDGET;
use warmor_policy::artifact::{Artifact, ArtifactError, Evidence, Trust};
use warmor_policy::event::json::AsJson;
use warmor_report::{Failure, Paint, escape, escape_lines, json_text};

/// Says whether an artifact is whole and signed by a key that is trusted
///
/// Ends with exit code 1 when it is not. What an artifact says of its proof is its signer's word; with `--reprove` the proof is made
/// again: exit code 1 when the artifact does not mean what its sources mean, 3 when that is not known.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The artifact. Without it, the one in the project's folder
    #[arg(value_name = "ARTIFACT")]
    artifact: Option<PathBuf>,
    /// A public key that is trusted; may be given more than once. Without one, `warmor.pub` in the project or the working
    /// directory
    #[arg(long = "key", value_name = "FILE")]
    keys: Vec<PathBuf>,
    /// Checks the sources that are in the artifact again, and proves again that its tables and its module mean what they mean
    #[arg(long)]
    reprove: bool,
    /// How many steps the proof may take before it counts as inconclusive
    #[arg(long, value_name = "STEPS", default_value_t = DEFAULT_BUDGET, requires = "reprove")]
    budget: u64,
    /// Proves again whoever made it: the signature may be missing, and is not looked at
    #[arg(long, requires = "reprove", conflicts_with = "keys")]
    allow_unsigned: bool,
    /// How the answer is printed
    #[arg(long, value_name = "FORMAT", default_value = "pretty", value_enum)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Pretty,
    /// One JSON object
    Json,
}

/// What became of a proof that was made again.
type Reproved = Result<Vec<Evidence>, Unproved>;

pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    let path = artifact_path(args.artifact.as_deref())?;
    let keys = if args.allow_unsigned { Vec::new() } else { keys::public(&args.keys)? };
    if keys.is_empty() && !args.allow_unsigned {
        return Err(Failure::new("there is no public key to check the signature with").help(format!(
            "name one with `--key`, or put it beside the artifact's project as `{}`",
            keys::PUBLIC
        )));
    }
    let trust = if args.allow_unsigned { Trust::AllowUnsigned } else { Trust::Keys(&keys) };
    let result = Artifact::read(read_bytes(&path)?, trust);
    let progress = out.progress("proving the artifact");
    let again = |artifact: &Artifact| args.reprove.then(|| reprove(artifact, args.budget));
    let reproved = result.as_ref().ok().and_then(again);
    drop(progress);
    let exit = match (&result, &reproved) {
        (Err(_), _) => Exit::Findings,
        (_, Some(Err(why))) if why.is_inconclusive() => Exit::Inconclusive,
        (_, Some(Err(_))) => Exit::Findings,
        (Ok(_), _) => Exit::Clean,
    };
    match args.format {
        Format::Json => out.text(&json_text(&json(&result, args, reproved.as_ref()))),
        Format::Pretty => pretty(&path, &result, args, reproved.as_ref(), out),
    }
    Ok(exit)
}

fn json(
    result: &Result<Artifact, ArtifactError>,
    args: &Args,
    reproved: Option<&Reproved>,
) -> serde_json::Value {
    let artifact = match result {
        Ok(artifact) => artifact,
        Err(why) => return json!({ "version": 1, "verified": false, "why": why.to_string() }),
    };
    let mut answer = json!({
        "version": 1,
        "verified": !args.allow_unsigned,
        "package": artifact.manifest().package,
        "target": artifact.manifest().target,
        "digest": artifact.digest(),
        "key": artifact.signature().filter(|_| !args.allow_unsigned).map(|s| s.key().to_string()),
    });
    match reproved {
        None => {}
        Some(Ok(evidence)) => answer["proof"] = json!({ "outcome": "proved", "evidence": evidence }),
        Some(Err(why)) => {
            let event = why.witness().map(|w| AsJson(&w.event));
            answer["proof"] = json!({
                "outcome": outcome(why),
                "why": why.to_string(),
                "clause": why.rank(),
                "event": event.map(|e| serde_json::to_value(e).unwrap_or_default()),
            });
        }
    }
    answer
}

/// What is known where it is not proved.
fn outcome(why: &Unproved) -> &'static str {
    if why.is_inconclusive() { "inconclusive" } else { "refuted" }
}

fn pretty(
    path: &Path,
    result: &Result<Artifact, ArtifactError>,
    args: &Args,
    reproved: Option<&Reproved>,
    out: &mut Output,
) {
    let shown = escape(&path.display().to_string());
    let paint = Paint(out.color());
    let artifact = match result {
        Ok(artifact) => artifact,
        Err(why) => {
            out.line(&format!("{}: {shown}", paint.bad("refused")));
            out.line(&format!("  {}", escape(&why.to_string())));
            return;
        }
    };
    let manifest = artifact.manifest();
    let key = artifact.signature().map_or_else(String::new, |s| s.key().to_string());
    let (read, signed) = if args.allow_unsigned {
        ("read".to_owned(), "  signature not looked at".to_owned())
    } else {
        (paint.good("verified"), format!("  signed by {key}"))
    };
    out.line(&format!("{read}: {shown}"));
    out.line(&format!("  package {} for {}", escape(&manifest.package), escape(&manifest.target)));
    out.line(&signed);
    out.line(&format!("  digest {}", artifact.digest()));
    match reproved {
        None => {}
        Some(Ok(evidence)) => {
            let claims = evidence.iter().map(|e| e.claim.as_str()).collect::<Vec<_>>().join("; ");
            out.line(&format!("{}: {claims}", paint.good("proved")));
        }
        Some(Err(why)) => {
            let word = if why.is_inconclusive() { "not known" } else { "refuted" };
            let text = escape_lines(&why.to_string());
            out.line(&format!("{}: {text}", paint.bad(word)));
            let clause = why.rank().and_then(|rank| Some((rank, manifest.clauses.get(rank as usize)?)));
            if let Some((rank, clause)) = clause {
                let place = format!("{}:{}:{}", clause.place.file, clause.place.line, clause.place.column);
                let policy = clause.policy.and_then(|p| manifest.policies.get(p as usize));
                let policy = policy.map_or(String::new(), |p| format!("{}.", p.name));
                out.line(&escape(&format!("  clause {rank} is {policy}{} ({place})", clause.label)));
            }
        }
    }
}
