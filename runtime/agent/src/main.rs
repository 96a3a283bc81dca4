//! The agent's command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::SocketAddrV4;
use std::path::PathBuf;
use std::process::ExitCode;
use warmor_policy::schema::Action;
use warmord::adapters::canary::connect_from;
use warmord::check::check;
use warmord::domain::plan::{Stance, Wish};
use warmord::run::{Options, Proof, RunError, read_artifact, run};

#[derive(Parser)]
#[command(name = "warmord", version, about = "Enforces a Warmor policy in this machine's kernel")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Load an artifact, enforce it, and report until SIGTERM or SIGINT.
    Run(RunArgs),
    /// Say what of an artifact this host can enforce and see, and what not, and why. Loads nothing.
    ///
    /// Ends with 0 when it can keep to all of it, with 1 when it cannot, with 2 when the artifact is refused.
    Check(CheckArgs),
    /// Try the canary's endpoint from inside a cgroup: what `run` starts to prove that network rules are enforced.
    #[command(hide = true)]
    CanaryConnect { cgroup: PathBuf, endpoint: SocketAddrV4 },
}

#[derive(Args)]
struct RunArgs {
    /// The artifact, as `warmorc compile` wrote it.
    artifact: PathBuf,
    /// Whether to deny, or only to report what would be denied.
    #[arg(long, value_enum, default_value_t = ModeArg::Enforce)]
    mode: ModeArg,
    /// The cgroup (v2) whose processes the network rules hold for [default: all].
    #[arg(long, value_name = "PATH")]
    cgroup: Option<PathBuf>,
    /// Where reports go, for people; JSON lines go to FILE.jsonl.
    #[arg(long, value_name = "FILE", default_value = "/var/log/warmord.log")]
    audit_log: PathBuf,
    /// The public key (minisign) that must have signed the artifact.
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present = "allow_unsigned",
        conflicts_with = "allow_unsigned"
    )]
    pubkey: Option<PathBuf>,
    /// Accept an artifact whoever made it.
    #[arg(long)]
    allow_unsigned: bool,
    /// Refuse an artifact without the signer's word that its tables and its module are proved to mean what its sources mean.
    #[arg(long, conflicts_with = "allow_unsigned")]
    require_proof: bool,
    /// Enforce the network rules alone: connect, send and bind need no security module.
    #[arg(long)]
    only_network: bool,
    /// Go on although rules on this action cannot be enforced. May be given several times.
    #[arg(long, value_name = "ACTION", value_parser = action)]
    without: Vec<Action>,
    /// Report what this policy denies, and do not keep to it. May be given several times.
    #[arg(long, value_name = "POLICY")]
    mute: Vec<String>,
}

#[derive(Args)]
struct CheckArgs {
    /// The artifact, as `warmorc compile` wrote it.
    artifact: PathBuf,
    /// The public key (minisign) that must have signed the artifact.
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present = "allow_unsigned",
        conflicts_with = "allow_unsigned"
    )]
    pubkey: Option<PathBuf>,
    /// Accept an artifact whoever made it.
    #[arg(long)]
    allow_unsigned: bool,
    /// Refuse an artifact without the signer's word that its tables and its module are proved to mean what its sources mean.
    #[arg(long, conflicts_with = "allow_unsigned")]
    require_proof: bool,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t = FormatArg::Text)]
    format: FormatArg,
}

#[derive(Clone, Copy, ValueEnum)]
enum FormatArg {
    Text,
    Json,
}

fn proof(required: bool) -> Proof {
    if required { Proof::Required } else { Proof::Optional }
}

/// The answer, and whether this host can keep to all of the artifact.
fn checked(args: &CheckArgs) -> Result<(String, bool), RunError> {
    let verdict = check(&read_artifact(&args.artifact, args.pubkey.as_deref(), proof(args.require_proof))?)?;
    let text = match args.format {
        FormatArg::Text => verdict.lines().join("\n"),
        FormatArg::Json => verdict.json(),
    };
    Ok((text, verdict.is_whole()))
}

#[derive(Clone, Copy, ValueEnum)]
enum ModeArg {
    Detect,
    Enforce,
}

fn action(word: &str) -> Result<Action, String> {
    Action::from_name(word).ok_or_else(|| format!("there is no action `{word}`"))
}

fn options(args: RunArgs) -> Options {
    let stance = match args.mode {
        ModeArg::Detect => Stance::Detect,
        ModeArg::Enforce => Stance::Enforce,
    };
    Options {
        artifact: args.artifact,
        public_key: args.pubkey,
        proof: proof(args.require_proof),
        wish: Wish { stance, only_network: args.only_network, without: args.without.into_iter().collect() },
        cgroup: args.cgroup,
        mute: args.mute,
        audit_log: args.audit_log,
    }
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Run(args) => match run(&options(args)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("error: {error}");
                ExitCode::FAILURE
            }
        },
        Command::Check(args) => match checked(&args) {
            Ok((text, whole)) => {
                println!("{text}");
                ExitCode::from(u8::from(!whole))
            }
            Err(error) => {
                eprintln!("error: {error}");
                ExitCode::from(2)
            }
        },
        Command::CanaryConnect { cgroup, endpoint } => match connect_from(&cgroup, endpoint) {
            Ok(code) => ExitCode::from(code),
            Err(error) => {
                eprintln!("error: {error}");
                ExitCode::FAILURE
            }
        },
    }
}
