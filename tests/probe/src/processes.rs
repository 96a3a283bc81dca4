//! What one process can do to another.

use crate::raw;
use nix::errno::Errno;
use nix::sys::ptrace;
use nix::sys::signal::Signal;
use nix::sys::uio::{RemoteIoVec, process_vm_readv};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;
use std::fs::{self, File};
use std::io::{self, IoSliceMut, Read};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Tries one way to get into another process, or to send it a signal.
pub fn attempt(way: &str, pid: i32, number: i32) -> io::Result<()> {
    match way {
        "attach" => attach(Pid::from_raw(pid)),
        "readv" => readv(Pid::from_raw(pid)),
        "mem" => File::open(format!("/proc/{pid}/mem")).map(drop),
        "environ" => File::open(format!("/proc/{pid}/environ")).and_then(|mut f| f.read(&mut [0]).map(drop)),
        "exe" => fs::read_link(format!("/proc/{pid}/exe")).map(drop),
        "getfd" => raw::pidfd_getfd(pid, number).map(drop),
        "pidfd-signal" => raw::pidfd_signal(pid, number),
        "tgkill" => raw::tgkill(pid, pid, number),
        _ => Err(io::Error::other("there is no such way")),
    }
}

fn attach(pid: Pid) -> io::Result<()> {
    ptrace::attach(pid)?;
    waitpid(pid, None)?;
    Ok(ptrace::detach(pid, None)?)
}

/// Reads at an address that nothing is mapped at: who may read gets as far as finding that out.
fn readv(pid: Pid) -> io::Result<()> {
    let mut byte = [0];
    let remote = [RemoteIoVec { base: 8, len: 1 }];
    match process_vm_readv(pid, &mut [IoSliceMut::new(&mut byte)], &remote) {
        Ok(_) | Err(Errno::EFAULT) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Starts a program as another user.
pub fn run_as(user: u32, program: &str, args: &[String]) -> io::Result<()> {
    Err(Command::new(program).args(args).uid(user).exec())
}

/// Offers itself to its parent, and starts a program if one is given.
pub fn offer(program: &[String]) -> io::Result<()> {
    ptrace::traceme()?;
    match program {
        [] => Ok(()),
        [name, args @ ..] => Err(Command::new(name).args(args).exec()),
    }
}

/// Starts a program that it traces from its first instruction. Fails as the program does.
pub fn trace(program: &[String]) -> io::Result<()> {
    let child = Command::new("/proc/self/exe").arg("offer").args(program).spawn()?;
    let pid = Pid::from_raw(child.id().cast_signed());
    loop {
        match waitpid(pid, None)? {
            // The trap is the tracer's own: that another image has started.
            WaitStatus::Stopped(_, Signal::SIGTRAP) => ptrace::cont(pid, None)?,
            WaitStatus::Stopped(_, signal) => ptrace::cont(pid, signal)?,
            WaitStatus::Exited(_, 0) => return Ok(()),
            status => return Err(io::Error::other(format!("{status:?}"))),
        }
    }
}
