//! The verbs that ask a running agent.

use clap::{Args, Subcommand};
use serde_json::Value;
use std::fmt::Write as _;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use warmord::adapters::kernel::pins::{self, Pins};
use warmord::control::client::{ClientError, ask, follow};
use warmord::control::{Method, SOCKET};

/// Where the agent listens.
#[derive(Args)]
pub struct Socket {
    /// The control socket of the agent.
    #[arg(long, value_name = "PATH", default_value = SOCKET)]
    socket: PathBuf,
}

/// How an answer is written.
#[derive(Args)]
pub struct Written {
    /// Write the answer as JSON, as the agent gives it.
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand)]
pub enum Verb {
    /// Say what is in force, since when, and what was counted.
    Status {
        #[command(flatten)]
        socket: Socket,
        #[command(flatten)]
        written: Written,
    },
    /// List the policies in force.
    Policies {
        #[command(flatten)]
        socket: Socket,
        #[command(flatten)]
        written: Written,
    },
    /// Put an artifact in force, in place of the one that decides now.
    ///
    /// The running agent reads and checks it by the key that it was started with. What is refused changes nothing.
    Apply {
        /// The artifact, as `warmorc compile` wrote it.
        artifact: PathBuf,
        /// Say what would be enforced, and change nothing.
        #[arg(long)]
        dry_run: bool,
        /// Go back by itself, unless `warmord confirm` comes within this time: 90s, 5m, 1h.
        #[arg(long, value_name = "TIME", value_parser = seconds, conflicts_with = "dry_run")]
        confirm_within: Option<u32>,
        #[command(flatten)]
        socket: Socket,
        #[command(flatten)]
        written: Written,
    },
    /// Keep what was applied with --confirm-within.
    Confirm {
        #[command(flatten)]
        socket: Socket,
    },
    /// Go back to what was in force before an artifact that is not confirmed yet.
    Rollback {
        #[command(flatten)]
        socket: Socket,
    },
    /// Report what a policy denies, and no longer keep to it (break-glass).
    Mute {
        /// Its name.
        policy: String,
        #[command(flatten)]
        socket: Socket,
    },
    /// Keep to a policy again.
    Unmute {
        /// Its name.
        policy: String,
        #[command(flatten)]
        socket: Socket,
    },
    /// Say why something was blocked: the last denials, newest first.
    Why {
        /// Only those of this process.
        #[arg(long)]
        pid: Option<u32>,
        /// How many.
        #[arg(long, value_name = "N", default_value_t = 1)]
        last: usize,
        #[command(flatten)]
        socket: Socket,
        #[command(flatten)]
        written: Written,
    },
    /// Say what is denied most, and to whom.
    Top {
        #[command(flatten)]
        socket: Socket,
        #[command(flatten)]
        written: Written,
    },
    /// Show every line of the log from now on, as JSON lines, until interrupted.
    Events {
        #[command(flatten)]
        socket: Socket,
    },
    /// Show counters in Prometheus' text format.
    Metrics {
        #[command(flatten)]
        socket: Socket,
    },
    /// Take enforcement away: end the agent, if one runs, and remove all programs from the kernel.
    ///
    /// Asks before it does, and says what it takes away.
    Stop {
        /// Do not ask.
        #[arg(long)]
        yes: bool,
        /// End the agent and leave enforcement in place.
        #[arg(long)]
        only_agent: bool,
        /// Where programs and maps are pinned.
        #[arg(long, value_name = "PATH", default_value = pins::ROOT)]
        pins: PathBuf,
        #[command(flatten)]
        socket: Socket,
    },
}

/// A time as people write it, in seconds.
fn seconds(text: &str) -> Result<u32, String> {
    let wrong = || format!("`{text}` is not a time; write 90s, 5m or 1h");
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u32 = text[..end].parse().map_err(|_| wrong())?;
    let unit = match &text[end..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err(wrong()),
    };
    number.checked_mul(unit).filter(|seconds| *seconds > 0).ok_or_else(wrong)
}

/// Carries a verb out.
pub fn run(verb: Verb) -> ExitCode {
    match verb_result(verb) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(if matches!(error, Failure::Asking(ClientError::NoAgent { .. })) { 2 } else { 1 })
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Asking(#[from] ClientError),
    #[error("{}: {error}", path.display())]
    Read { path: PathBuf, error: io::Error },
    #[error("the agent's answer is none that this version understands")]
    Answer,
    #[error("{0}")]
    Pins(#[from] pins::PinsError),
    #[error("not confirmed; nothing was changed (--yes does it without asking)")]
    Unconfirmed,
    #[error(transparent)]
    Io(#[from] io::Error),
}

fn value(socket: &Socket, method: Method, path: &str, body: Vec<u8>) -> Result<Value, Failure> {
    let bytes = ask(&socket.socket, method, path, body)?;
    serde_json::from_slice(&bytes).map_err(|_| Failure::Answer)
}

fn show(value: &Value, written: &Written, text: impl FnOnce(&Value) -> String) -> Result<(), Failure> {
    let out = if written.json {
        serde_json::to_string_pretty(value).map_err(|_| Failure::Answer)? + "\n"
    } else {
        text(value)
    };
    Ok(io::stdout().write_all(out.as_bytes())?)
}

fn verb_result(verb: Verb) -> Result<(), Failure> {
    match verb {
        Verb::Status { socket, written } => {
            show(&value(&socket, Method::GET, "/v1/status", vec![])?, &written, status)
        }
        Verb::Policies { socket, written } => {
            show(&value(&socket, Method::GET, "/v1/policies", vec![])?, &written, policies)
        }
        Verb::Apply { artifact, dry_run, confirm_within, socket, written } => {
            let bytes =
                std::fs::read(&artifact).map_err(|error| Failure::Read { path: artifact.clone(), error })?;
            let mut path = format!("/v1/apply?dry_run={dry_run}");
            if let Some(seconds) = confirm_within {
                let _ = write!(path, "&confirm_within={seconds}");
            }
            show(&value(&socket, Method::POST, &path, bytes)?, &written, applied)
        }
        Verb::Confirm { socket } => {
            let answer = value(&socket, Method::POST, "/v1/confirm", vec![])?;
            println!("confirmed: generation {}", answer["confirmed"]);
            Ok(())
        }
        Verb::Rollback { socket } => {
            let answer = value(&socket, Method::POST, "/v1/rollback", vec![])?;
            println!("back in force: {}, generation {}", word(&answer["digest"]), answer["generation"]);
            Ok(())
        }
        Verb::Mute { policy, socket } => mute(&socket, &policy, "mute"),
        Verb::Unmute { policy, socket } => mute(&socket, &policy, "unmute"),
        Verb::Why { pid, last, socket, written } => {
            let of = pid.map_or_else(String::new, |pid| format!("&pid={pid}"));
            let path = format!("/v1/why?last={last}{of}");
            show(&value(&socket, Method::GET, &path, vec![])?, &written, why)
        }
        Verb::Top { socket, written } => {
            show(&value(&socket, Method::GET, "/v1/top", vec![])?, &written, top)
        }
        Verb::Events { socket } => {
            let mut out = io::stdout().lock();
            Ok(follow(&socket.socket, "/v1/events", |line| writeln!(out, "{line}").is_ok())?)
        }
        Verb::Metrics { socket } => {
            let bytes = ask(&socket.socket, Method::GET, "/metrics", vec![])?;
            Ok(io::stdout().write_all(&bytes)?)
        }
        Verb::Stop { yes, only_agent, pins, socket } => stop(&socket, yes, only_agent, &pins),
    }
}

fn mute(socket: &Socket, policy: &str, what: &str) -> Result<(), Failure> {
    let path = format!("/v1/policies/{}/{what}", encoded(policy));
    let answer = value(socket, Method::POST, &path, vec![])?;
    let muted = words(&answer["muted"]);
    println!("muted now: {}", if muted.is_empty() { "nothing" } else { &muted });
    Ok(())
}

/// A name as part of a path.
fn encoded(name: &str) -> String {
    name.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            out.push(byte.into());
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

fn stop(socket: &Socket, yes: bool, only_agent: bool, root: &std::path::Path) -> Result<(), Failure> {
    let running = match value(socket, Method::GET, "/v1/status", vec![]) {
        Ok(status) => Some(status),
        Err(Failure::Asking(ClientError::NoAgent { .. })) => None,
        Err(error) => return Err(error),
    };
    if only_agent {
        value(socket, Method::POST, "/v1/stop?remove=false", vec![])?;
        println!("the agent ends");
        return Ok(());
    }
    let in_place = Pins::in_place(root)?;
    if running.is_none() && in_place.is_empty() {
        println!("nothing to stop: no agent runs, and nothing is pinned at {}", root.display());
        return Ok(());
    }
    if let Some(status) = &running {
        let force = &status["in_force"];
        println!(
            "in force: {} ({}), stance {}; enforced: {}",
            word(&force["package"]),
            word(&force["digest"]),
            word(&status["stance"]),
            words(&force["enforced"])
        );
    }
    if !in_place.is_empty() {
        let names: Vec<&str> = in_place.iter().map(String::as_str).collect();
        println!("programs in the kernel: {}", names.join(", "));
    }
    if !yes {
        if !io::stdin().is_terminal() {
            return Err(Failure::Unconfirmed);
        }
        print!("take all of it away, so that nothing is enforced any more? [y/N] ");
        io::stdout().flush()?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        if !matches!(answer.trim(), "y" | "Y" | "yes") {
            return Err(Failure::Unconfirmed);
        }
    }
    if running.is_some() {
        value(socket, Method::POST, "/v1/stop?remove=true", vec![])?;
        println!("the agent ends and takes enforcement away");
    } else if let Some(pins) = Pins::find(root)? {
        pins.remove()?;
        println!("enforcement is taken away");
    }
    Ok(())
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or("?")
}

fn words(value: &Value) -> String {
    let all: Vec<&str> = value.as_array().into_iter().flatten().map(word).collect();
    all.join(", ")
}

fn or_none(text: String) -> String {
    if text.is_empty() { "nothing".to_owned() } else { text }
}

fn status(status: &Value) -> String {
    let force = &status["in_force"];
    let mut out = String::new();
    let mut line = |key: &str, text: String| {
        let _ = writeln!(out, "{key:<12} {text}");
    };
    line(
        "agent",
        format!(
            "{} (process {}), Linux {}",
            word(&status["version"]),
            status["pid"],
            word(&status["kernel"])
        ),
    );
    line("stance", word(&status["stance"]).to_owned());
    line(
        "in force",
        format!(
            "{} for {}, generation {}",
            word(&force["package"]),
            word(&force["target"]),
            force["generation"]
        ),
    );
    line("digest", word(&force["digest"]).to_owned());
    line("enforced", or_none(words(&force["enforced"])));
    for (key, name) in [("unenforced", "NOT ENFORCED"), ("muted", "MUTED")] {
        let list = words(&force[key]);
        if !list.is_empty() {
            line(name, list);
        }
    }
    if let Some(left) = force["confirm_within_s"].as_u64() {
        line("UNCONFIRMED", format!("goes back in {left} s (warmord confirm, warmord rollback)"));
    }
    line("network of", word(&status["cgroup"]).to_owned());
    let stays = status["outlives_the_agent"].as_bool() == Some(true);
    line("when killed", if stays { "enforcement goes on" } else { "enforcement ends" }.to_owned());
    for (name, count) in status["counts"].as_object().into_iter().flatten() {
        if count.as_u64() != Some(0) {
            line("counted", format!("{count} {}", name.replace('_', " ")));
        }
    }
    for (key, name) in [("missed_calls", "missed calls"), ("disagreements", "disagreements")] {
        if status[key].as_u64() != Some(0) {
            line("COUNTED", format!("{} {name}", status[key]));
        }
    }
    out
}

fn policies(value: &Value) -> String {
    let mut out = String::new();
    for policy in value["policies"].as_array().into_iter().flatten() {
        let muted = if policy["muted"].as_bool() == Some(true) { "  MUTED" } else { "" };
        let _ = writeln!(
            out,
            "{:<8} {:<32} {} rules{muted}",
            word(&policy["mode"]),
            word(&policy["name"]),
            policy["rules"]
        );
    }
    if out.is_empty() { "no policies\n".to_owned() } else { out }
}

fn applied(value: &Value) -> String {
    let real = value["applied"].as_bool() == Some(true);
    let about = &value[if real { "in_force" } else { "would_apply" }];
    let mut out = format!(
        "{}: {} ({})\nenforced: {}\n",
        if real { "in force" } else { "would be in force" },
        word(&about["package"]),
        word(&about["digest"]),
        or_none(words(&about["enforced"]))
    );
    for (key, name) in [("unenforced", "NOT ENFORCED"), ("muted", "MUTED")] {
        let list = words(&about[key]);
        if !list.is_empty() {
            let _ = writeln!(out, "{name}: {list}");
        }
    }
    if let Some(seconds) = value["confirm_within_s"].as_u64() {
        let _ = writeln!(out, "goes back in {seconds} s, unless `warmord confirm` comes before");
    }
    out
}

/// What is asked at night, and its answer.
fn why(value: &Value) -> String {
    let mut out = String::new();
    for denial in value["denials"].as_array().into_iter().flatten() {
        let text = |key: &str| denial[key].as_str().unwrap_or_default();
        let object = object(denial);
        let _ = writeln!(out, "{}  {}  {} {object}", text("time"), text("outcome"), text("action"));
        let exe = if text("exe").is_empty() { "(no path)" } else { text("exe") };
        let _ = writeln!(out, "  who    {exe}, process {}, uid {}", denial["pid"], denial["uid"]);
        let rule = denial["rule"].as_str().unwrap_or("none: the tables could not be asked");
        let _ = writeln!(out, "  rule   {rule}  ({}, {})", text("severity"), text("place"));
        if !text("because").is_empty() {
            let _ = writeln!(out, "  why    {}", text("because"));
        }
        let step = match text("reason") {
            "posture" => "no rule allows it, and the policy denies by default",
            "denied" => "a rule denies it, and no allow can outweigh a deny",
            other => other,
        };
        let _ = writeln!(out, "  step   {step}");
        let unknown: Vec<&str> = ["path_unknown", "exe_unknown"]
            .into_iter()
            .filter(|key| denial[*key].as_bool() == Some(true))
            .collect();
        if !unknown.is_empty() {
            let _ = writeln!(
                out,
                "  note   not known: {} (the policy's `unknown` clause decided)",
                unknown.join(", ")
            );
        }
        if let Some(policy) = denial["policy"].as_str() {
            let _ = writeln!(out, "  if it must not be: warmord mute {policy}");
        }
    }
    if out.is_empty() { "nothing was denied since the agent started\n".to_owned() } else { out }
}

/// What was acted on: a path, an endpoint, a process, or what has a name.
fn object(denial: &Value) -> String {
    let text = |key: &str| denial[key].as_str();
    let endpoint = || {
        let address = text("address")?;
        Some(format!("{} {}", text("protocol").unwrap_or("?"), with_port(address, denial["port"].as_u64())))
    };
    let target = || {
        let target = denial["target"].as_object()?;
        let exe = target.get("exe").and_then(Value::as_str).unwrap_or("(unknown)");
        let pid =
            target.get("pid").and_then(Value::as_u64).map_or(String::new(), |pid| format!(", process {pid}"));
        Some(format!("{}{exe}{pid}", text("signal").map_or(String::new(), |signal| format!("{signal} to "))))
    };
    let path = text("path").map(str::to_owned);
    path.or_else(endpoint)
        .or_else(target)
        .or_else(|| text("capability").map(str::to_owned))
        .unwrap_or_default()
}

fn with_port(address: &str, port: Option<u64>) -> String {
    let port = port.map_or(String::new(), |port| format!(":{port}"));
    if address.contains(':') { format!("[{address}]{port}") } else { format!("{address}{port}") }
}

fn top(value: &Value) -> String {
    let mut out = String::new();
    for (key, title) in [("rules", "by rule"), ("programs", "by program"), ("actions", "by action")] {
        let _ = writeln!(out, "{title}");
        for row in value[key]["counts"].as_array().into_iter().flatten().take(10) {
            let _ = writeln!(out, "  {:>10}  {}", row["count"].as_u64().unwrap_or(0), word(&row["name"]));
        }
        if let Some(others) = value[key]["others"].as_u64().filter(|n| *n > 0) {
            let _ = writeln!(out, "  {others:>10}  (others, not told apart)");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn times_have_units() {
        assert_eq!(
            (seconds("90"), seconds("90s"), seconds("5m"), seconds("1h")),
            (Ok(90), Ok(90), Ok(300), Ok(3600))
        );
        for wrong in ["", "m", "0", "1d", "-1", "99999999h"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn everything_that_is_denied_has_an_object() {
        for (denial, said) in [
            (json!({ "path": "/etc/shadow" }), "/etc/shadow"),
            (json!({ "protocol": "tcp", "address": "10.0.0.1", "port": 443 }), "tcp 10.0.0.1:443"),
            (json!({ "protocol": "udp", "address": "fe80::1", "port": 53 }), "udp [fe80::1]:53"),
            (
                json!({ "signal": "SIGTERM", "target": { "exe": "/bin/a", "pid": 7 } }),
                "SIGTERM to /bin/a, process 7",
            ),
            (json!({ "capability": "CAP_SYS_ADMIN" }), "CAP_SYS_ADMIN"),
            (json!({ "path_unknown": true }), ""),
        ] {
            assert_eq!(object(&denial), said);
        }
    }

    #[test]
    fn names_do_not_change_the_path() {
        assert_eq!(encoded("web/../x?y"), "web%2F..%2Fx%3Fy");
    }
}
