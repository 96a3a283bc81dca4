//! The agent's command line.

mod verbs;

use clap::{Args, Parser, Subcommand, ValueEnum, value_parser};
use std::io::{BufWriter, Write as _};
use std::net::SocketAddrV4;
use std::path::PathBuf;
use std::process::ExitCode;
use warmor_policy::schema::Action;
use warmord::adapters::audit::Place;
use warmord::adapters::canary::connect_from;
use warmord::adapters::kernel::pins;
use warmord::adapters::state;
use warmord::check::check;
use warmord::control::SOCKET;
use warmord::domain::plan::{Stance, Wish};
use warmord::domain::verify::Anchor;
use warmord::error::RunError;
use warmord::log::{head, verify};
use warmord::prepare::{Proof, Terms, read_artifact};
use warmord::replay::{self, ReplayError};
use warmord::run::{Options, run};

/// Where the log goes where nobody says.
const LOG: &str = "/var/log/warmord.log";

#[derive(Parser)]
#[command(name = "warmord", version, about = "Enforces a Warmor policy in this machine's kernel")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Load an artifact, enforce it, and report until SIGTERM or SIGINT.
    ///
    /// Enforcement goes on when the agent ends, however it ends, and the next start takes it over without a gap. `warmord stop`
    /// takes it away.
    Run(RunArgs),
    #[command(flatten)]
    Ask(verbs::Verb),
    /// Say what of an artifact this host can enforce and see, and what not, and why. Loads nothing.
    ///
    /// Ends with 0 when it can keep to all of it, with 1 when it cannot, with 2 when the artifact is refused.
    Check(CheckArgs),
    /// Decide recorded events again, offline, and say what another artifact decides otherwise.
    ///
    /// Ends with 0 when there is no difference, with 1 when there is, with 2 when something cannot be read.
    Replay(ReplayArgs),
    /// Say whether an audit log is whole, or where it ends.
    #[command(subcommand)]
    Log(LogCommand),
    /// Try the canary's endpoint from inside a cgroup: what `run` starts to prove that network rules are enforced.
    #[command(hide = true)]
    CanaryConnect { cgroup: PathBuf, endpoint: SocketAddrV4 },
}

#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
struct RunArgs {
    /// The artifact, as `warmorc compile` wrote it [default: the one that was applied last].
    artifact: Option<PathBuf>,
    /// Whether to deny, or only to report what would be denied.
    #[arg(long, value_enum, default_value_t = ModeArg::Enforce)]
    mode: ModeArg,
    /// The cgroup (v2) whose processes the network rules hold for [default: all].
    #[arg(long, value_name = "PATH")]
    cgroup: Option<PathBuf>,
    /// Where reports go, for people; JSON lines go to FILE.jsonl.
    #[arg(long, value_name = "FILE", default_value = LOG)]
    audit_log: PathBuf,
    /// How long a file of the log gets before the next is begun: bytes, or with K, M or G [64K to 1024G].
    #[arg(long, value_name = "SIZE", default_value = "32M", value_parser = size)]
    log_max_size: u64,
    /// How many older files are kept of each.
    #[arg(long, value_name = "NUMBER", default_value_t = Place::KEEP, value_parser = value_parser!(u32).range(1..=1000))]
    log_keep: u32,
    /// Write each entry of the log, however often the same happens.
    #[arg(long)]
    no_aggregate: bool,
    /// Write every event that is judged to this new file too, for `warmord replay`.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// How long a recording gets before it ends [64K to 1024G].
    #[arg(long, value_name = "SIZE", default_value = "1G", value_parser = size, requires = "record")]
    record_max_size: u64,
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
    #[command(flatten)]
    lasting: LastingArgs,
}

/// What outlives the agent, and how it can be asked.
#[derive(Args)]
struct LastingArgs {
    /// Where programs and maps are pinned, so that enforcement outlives the agent.
    #[arg(long, value_name = "PATH", default_value = pins::ROOT)]
    pins: PathBuf,
    /// Take enforcement away when the agent ends: for trying out.
    #[arg(long, conflicts_with = "pins")]
    no_pin: bool,
    /// What is kept from one start to the next: the artifact in force, the last good one, what is muted.
    #[arg(long, value_name = "PATH", default_value = state::FOLDER)]
    state: PathBuf,
    /// Keep nothing, and begin from nothing.
    #[arg(long, conflicts_with = "state")]
    no_state: bool,
    /// The control socket, for root alone.
    #[arg(long, value_name = "PATH", default_value = SOCKET)]
    socket: PathBuf,
    /// Open no control socket.
    #[arg(long, conflicts_with = "socket")]
    no_socket: bool,
}

#[derive(Args)]
struct ReplayArgs {
    /// Events, one a line: a recording (`run --record`), a log's JSON lines, or as `warmorc eval` reads them. `-` for standard input.
    events: PathBuf,
    /// The artifact that decides.
    #[arg(long, value_name = "ARTIFACT")]
    policy: PathBuf,
    /// Another, whose verdicts are compared with the first one's. Without it, what was recorded is compared.
    #[arg(long, value_name = "ARTIFACT")]
    against: Option<PathBuf>,
    /// The public key (minisign) that must have signed the artifacts. Without it anything is accepted: nothing is enforced here.
    #[arg(long, value_name = "FILE")]
    pubkey: Option<PathBuf>,
    /// Pass over lines that cannot be read, and count them.
    #[arg(long)]
    lenient: bool,
    /// Only say what became of all, not of each event.
    #[arg(long)]
    summary: bool,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t = FormatArg::Text)]
    format: FormatArg,
}

#[derive(Subcommand)]
enum LogCommand {
    /// Check every record of a log, with the files that were put aside.
    ///
    /// Ends with 0 when it is whole, with 1 when it is not, with 2 when it cannot be read.
    Verify(VerifyArgs),
    /// Print number and hash of the last record, to be remembered elsewhere.
    ///
    /// The end of the log is read, and nothing is checked.
    Head {
        /// The log, as `--audit-log` names it.
        #[arg(value_name = "FILE", default_value = LOG)]
        file: PathBuf,
    },
}

#[derive(Args)]
struct VerifyArgs {
    /// The log, as `--audit-log` names it; or files of JSON lines (`.jsonl`, `.jsonl.N`), oldest first.
    #[arg(value_name = "FILE", default_value = LOG)]
    files: Vec<PathBuf>,
    /// A record that must be among those of the log, as `log head` printed it.
    #[arg(long, value_name = "[NUMBER:]HASH", value_parser = anchor)]
    anchor: Option<Anchor>,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t = FormatArg::Text)]
    format: FormatArg,
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

/// A number of bytes, with K, M or G for powers of 1024.
fn size(text: &str) -> Result<u64, String> {
    let (digits, unit) = match text.as_bytes().last() {
        Some(b'K' | b'k') => (&text[..text.len() - 1], 1 << 10),
        Some(b'M' | b'm') => (&text[..text.len() - 1], 1 << 20),
        Some(b'G' | b'g') => (&text[..text.len() - 1], 1 << 30),
        _ => (text, 1),
    };
    let bytes = digits.parse::<u64>().ok().and_then(|n| n.checked_mul(unit));
    let bytes = bytes.ok_or_else(|| format!("`{text}` is no size; write it like 4096, 512K, 32M or 1G"))?;
    if Place::SIZES.contains(&bytes) { Ok(bytes) } else { Err("a file may have 64K to 1024G".to_owned()) }
}

fn anchor(text: &str) -> Result<Anchor, String> {
    let wrong = || "a record is named by its hash of 64 hexadecimal digits, or by NUMBER:HASH".to_owned();
    Anchor::parse(text).ok_or_else(wrong)
}

/// An answer of a verb about the log: what to print, and the exit code.
fn log(command: &LogCommand) -> (String, u8) {
    match command {
        LogCommand::Verify(args) => {
            let verdict = verify(&args.files, args.anchor);
            let text = match args.format {
                FormatArg::Text => verdict.lines().join("\n"),
                FormatArg::Json => verdict.json(),
            };
            (text, verdict.code())
        }
        LogCommand::Head { file } => match head(file) {
            Ok(head) => (format!("{}:{}", head.number, head.hash), 0),
            Err(error) => (format!("error: {error}"), 2),
        },
    }
}

/// Whether there is no difference.
fn replayed(args: ReplayArgs) -> Result<bool, ReplayError> {
    let options = replay::Options {
        events: args.events,
        policy: args.policy,
        against: args.against,
        public_key: args.pubkey,
        lenient: args.lenient,
        summary: args.summary,
        format: match args.format {
            FormatArg::Text => replay::Format::Text,
            FormatArg::Json => replay::Format::Json,
        },
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    let same = replay::replay(&options, &mut out)?;
    out.flush()?;
    Ok(same)
}

fn options(args: RunArgs) -> Options {
    let stance = match args.mode {
        ModeArg::Detect => Stance::Detect,
        ModeArg::Enforce => Stance::Enforce,
    };
    let lasting = args.lasting;
    Options {
        artifact: args.artifact,
        terms: Terms {
            public_key: args.pubkey,
            proof: proof(args.require_proof),
            wish: Wish {
                stance,
                only_network: args.only_network,
                without: args.without.into_iter().collect(),
            },
            all_events: args.record.is_some(),
        },
        cgroup: args.cgroup,
        mute: args.mute,
        audit_log: Place {
            path: args.audit_log,
            max_size: args.log_max_size,
            keep: args.log_keep,
            aggregate: !args.no_aggregate,
        },
        record: args.record.map(|path| (path, args.record_max_size)),
        pins: (!lasting.no_pin).then_some(lasting.pins),
        state: (!lasting.no_state).then_some(lasting.state),
        socket: (!lasting.no_socket).then_some(lasting.socket),
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
        Command::Ask(verb) => verbs::run(verb),
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
        Command::Replay(args) => match replayed(args) {
            Ok(same) => ExitCode::from(u8::from(!same)),
            Err(error) => {
                eprintln!("error: {error}");
                ExitCode::from(2)
            }
        },
        Command::Log(command) => {
            let (text, code) = log(&command);
            if code == 2 {
                eprintln!("{text}");
            } else {
                println!("{text}");
            }
            ExitCode::from(code)
        }
        Command::CanaryConnect { cgroup, endpoint } => match connect_from(&cgroup, endpoint) {
            Ok(code) => ExitCode::from(code),
            Err(error) => {
                eprintln!("error: {error}");
                ExitCode::FAILURE
            }
        },
    }
}
