//! One operation, tried in one way: what the tests run inside a cgroup or a guest. Prints why it fails, as busybox does.

mod files;
mod network;
mod privileges;
mod processes;
mod raw;
mod ring;

use std::io;
use std::process::ExitCode;

const USAGE: &str =
    "usage: probe tcp|udp|send|send-many|tfo|mptcp|ring-connect|ring-send|bind|flood ADDRESS:PORT
       probe elsewhere ADDRESS:PORT ADDRESS:PORT
       probe unix-connect|unix-send|unix-bind|unix-listen PATH
       probe serve PATH PATH
       probe ring-open|ring-unlink PATH
       probe ring-rename|ring-link PATH PATH
       probe attribute FILE NAME
       probe empty FILE
       probe from-memory PROGRAM
       probe itself
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
        ("elsewhere", [connected, to]) => network::send_elsewhere(connected.parse().ok()?, to.parse().ok()?),
        ("unix-connect" | "unix-send" | "unix-bind" | "unix-listen", [path]) => {
            network::local(operation, path)
        }
        ("serve", [stream, datagrams]) => network::serve(stream, datagrams),
        ("ring-open" | "ring-unlink", [path]) => ring::on_files(operation, path, ""),
        ("ring-rename" | "ring-link", [path, other]) => ring::on_files(operation, path, other),
        ("attribute", [file, name]) => raw::set_attribute(file, name),
        ("empty", [file]) => files::empty(file),
        ("from-memory", [program]) => files::run_from_memory(program),
        ("itself", []) => files::run_itself(),
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
        (_, [endpoint]) => network::attempt(operation, endpoint.parse().ok()?),
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
