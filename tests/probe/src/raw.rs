//! System calls that no library wraps.

#![expect(
    unsafe_code,
    reason = "this is where system calls are made by number; every pointer is to memory that outlives the call"
)]

use nix::libc::{self, c_long};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

fn result(value: c_long) -> io::Result<c_long> {
    if value < 0 { Err(io::Error::last_os_error()) } else { Ok(value) }
}

fn descriptor(value: c_long) -> io::Result<OwnedFd> {
    // SAFETY: the kernel has just made this descriptor for this process, and nobody else knows of it.
    result(value).map(|fd| unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

/// A descriptor for a process.
pub fn pidfd(pid: i32) -> io::Result<OwnedFd> {
    // SAFETY: no pointer is passed.
    descriptor(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) })
}

/// A copy of another process's descriptor.
pub fn pidfd_getfd(pid: i32, fd: i32) -> io::Result<OwnedFd> {
    let process = pidfd(pid)?;
    // SAFETY: no pointer is passed.
    descriptor(unsafe { libc::syscall(libc::SYS_pidfd_getfd, process.as_raw_fd(), fd, 0) })
}

/// A signal by a process's descriptor.
pub fn pidfd_signal(pid: i32, signal: i32) -> io::Result<()> {
    let process = pidfd(pid)?;
    // SAFETY: without information beside it, no pointer is passed.
    result(unsafe { libc::syscall(libc::SYS_pidfd_send_signal, process.as_raw_fd(), signal, 0, 0) }).map(drop)
}

/// A signal to one thread.
pub fn tgkill(process: i32, thread: i32, signal: i32) -> io::Result<()> {
    // SAFETY: no pointer is passed.
    result(unsafe { libc::syscall(libc::SYS_tgkill, process, thread, signal) }).map(drop)
}
