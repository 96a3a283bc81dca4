//! `warmorc verify`

use crate::files::{artifact_path, read_bytes};
use crate::keys;
use crate::output::{Exit, Failure, Output, Paint, escape, json_text};
use serde_json::json;
use std::path::PathBuf;
use warmor_policy::artifact::{Artifact, Trust};

/// Says whether an artifact is whole and signed by a key that is trusted
///
/// Ends with exit code 1 when it is not.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The artifact. Without it, the one in the project's folder
    #[arg(value_name = "ARTIFACT")]
    artifact: Option<PathBuf>,
    /// A public key that is trusted; may be given more than once. Without one, `warmor.pub` in the project or the working
    /// directory
    #[arg(long = "key", value_name = "FILE")]
    keys: Vec<PathBuf>,
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

pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    let path = artifact_path(args.artifact.as_deref())?;
    let keys = keys::public(&args.keys)?;
    if keys.is_empty() {
        return Err(Failure::new("there is no public key to check the signature with").help(format!(
            "name one with `--key`, or put it beside the artifact's project as `{}`",
            keys::PUBLIC
        )));
    }
    let shown = escape(&path.display().to_string());
    let result = Artifact::read(read_bytes(&path)?, Trust::Keys(&keys));
    if args.format == Format::Json {
        let answer = match &result {
            Ok(artifact) => json!({
                "version": 1,
                "verified": true,
                "package": artifact.manifest().package,
                "target": artifact.manifest().target,
                "digest": artifact.digest(),
                "key": artifact.signature().map(|s| s.key().to_string()),
            }),
            Err(why) => json!({ "version": 1, "verified": false, "why": why.to_string() }),
        };
        out.text(&json_text(&answer));
        return Ok(if result.is_ok() { Exit::Clean } else { Exit::Findings });
    }
    let paint = Paint(out.color());
    match result {
        Ok(artifact) => {
            let manifest = artifact.manifest();
            let key = artifact.signature().map_or_else(String::new, |s| s.key().to_string());
            out.line(&format!("{}: {shown}", paint.good("verified")));
            out.line(&format!("  package {} for {}", escape(&manifest.package), escape(&manifest.target)));
            out.line(&format!("  signed by {key}"));
            out.line(&format!("  digest {}", artifact.digest()));
            Ok(Exit::Clean)
        }
        Err(why) => {
            out.line(&format!("{}: {shown}", paint.bad("refused")));
            out.line(&format!("  {}", escape(&why.to_string())));
            Ok(Exit::Findings)
        }
    }
}
