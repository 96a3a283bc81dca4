//! One operation, tried in one way: what the tests run inside a cgroup or a guest. Prints why it fails, as busybox does.

mod network;
mod privileges;
mod processes;
mod raw;

use std::io;
use std::process::ExitCode;

const USAGE: &str = "usage: probe tcp|udp|send|tfo|bind|flood ADDRESS:PORT
       probe attach|readv|mem|environ|exe PID
       probe getfd PID FD
       probe pidfd-signal|tgkill PID SIGNAL
       probe unshare|clone|setns KIND[,KIND]...
       probe setuid|setgid|setgroups ID
       probe finit FILE
       probe init|bpf
       probe socket FAMILY TYPE PROTOCOL
       probe as USER PROGRAM [ARGUMENT]...
       probe offer [PROGRAM [ARGUMENT]...]
       probe trace PROGRAM [ARGUMENT]...";

/// Tries it; `None` when it is not one of those above.
fn attempt(args: &[String]) -> Option<io::Result<()>> {
    let (operation, rest) = args.split_first()?;
    Some(match (operation.as_str(), rest) {
        ("tcp" | "udp" | "send" | "tfo" | "bind" | "flood", [endpoint]) => {
            network::attempt(operation, endpoint.parse().ok()?)
        }
        ("attach" | "readv" | "mem" | "environ" | "exe", [pid]) => {
            processes::attempt(operation, process(pid)?, 0)
        }
        ("getfd" | "pidfd-signal" | "tgkill", [pid, number]) => {
            processes::attempt(operation, process(pid)?, number.parse().ok()?)
        }
        ("unshare" | "clone" | "setns", [kinds]) => privileges::namespaces(operation, kinds)?,
        ("setuid" | "setgid" | "setgroups", [id]) => privileges::identity(operation, id.parse().ok()?),
        ("finit", [file]) => privileges::module_file(file),
        ("init", []) => privileges::module_memory(),
        ("bpf", []) => raw::bpf_map().map(drop),
        ("socket", [family, kind, protocol]) => {
            let (family, kind) = (family.parse().ok()?, kind.parse().ok()?);
            raw::socket(family, kind, protocol.parse().ok()?).map(drop)
        }
        ("as", [user, program, args @ ..]) => processes::run_as(user.parse().ok()?, program, args),
        ("offer", program) => processes::offer(program),
        ("trace", program @ [_, ..]) => processes::trace(program),
        _ => return None,
    })
}

/// A process by its number, or this one.
fn process(word: &str) -> Option<i32> {
    if word == "self" { Some(std::process::id().cast_signed()) } else { word.parse().ok() }
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match attempt(&args) {
        Some(Ok(())) => ExitCode::SUCCESS,
        Some(Err(error)) => {
            eprintln!("probe: {}: {error}", args.join(" "));
            ExitCode::FAILURE
        }
        None => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}
