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

/// A child in new namespaces, which ends at once.
pub fn clone(flags: i32) -> io::Result<()> {
    // SAFETY: without a stack of its own the child goes on with a copy of this one, and does nothing but end.
    let pid = result(unsafe { libc::syscall(libc::SYS_clone, flags | libc::SIGCHLD, 0, 0, 0, 0) })?;
    if pid == 0 {
        // SAFETY: it ends the child without running anything of this process's.
        unsafe { libc::_exit(0) }
    }
    nix::sys::wait::waitpid(nix::unistd::Pid::from_raw(pid as i32), None)?;
    Ok(())
}

/// A new map of the kernel's.
pub fn bpf_map() -> io::Result<OwnedFd> {
    const MAP_CREATE: i32 = 0;
    const ARRAY: u32 = 2;
    // Its kind, the length of keys and of values, how many; the rest is zero.
    let mut attributes = [0u32; 32];
    attributes[..4].copy_from_slice(&[ARRAY, 4, 4, 1]);
    // SAFETY: the kernel reads as many bytes as it is told.
    descriptor(unsafe {
        libc::syscall(libc::SYS_bpf, MAP_CREATE, attributes.as_ptr(), size_of_val(&attributes))
    })
}

/// A socket of any family.
pub fn socket(family: i32, kind: i32, protocol: i32) -> io::Result<OwnedFd> {
    // SAFETY: no pointer is passed.
    descriptor(unsafe { libc::syscall(libc::SYS_socket, family, kind, protocol) })
}

/// A file that is only in memory.
pub fn memory_file() -> io::Result<OwnedFd> {
    // SAFETY: the name outlives the call.
    descriptor(unsafe { libc::syscall(libc::SYS_memfd_create, c"probe".as_ptr(), 0) })
}

/// Sets an extended attribute; an access list gets one that says what the permission bits say.
pub fn set_attribute(path: &str, name: &str) -> io::Result<()> {
    // Version 2; the owner, the group and others: kind, permissions, and no number.
    const ACCESS_LIST: [u32; 7] = [2, 0x0006_0001, u32::MAX, 0x0004_0004, u32::MAX, 0x0004_0020, u32::MAX];
    let path = std::ffi::CString::new(path).map_err(io::Error::other)?;
    let value = ACCESS_LIST.map(u32::to_le_bytes).concat();
    let value = if name.starts_with("system.posix_acl") { value } else { b"x".to_vec() };
    let name = std::ffi::CString::new(name).map_err(io::Error::other)?;
    // SAFETY: the kernel reads the names to their ends and as many bytes as it is told.
    let done = unsafe { libc::setxattr(path.as_ptr(), name.as_ptr(), value.as_ptr().cast(), value.len(), 0) };
    result(done.into()).map(drop)
}
