//! Operations through io_uring, by a worker of the kernel's: no system call of their own is made.

#![expect(
    unsafe_code,
    reason = "the rings are memory that is shared with the kernel; one entry is written, and one is read"
)]

use nix::libc;
use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};

/// Where things are in the rings, as io_uring_setup says.
#[repr(C)]
#[derive(Default)]
struct Params {
    entries: [u32; 2],
    flags: [u32; 8],
    /// head, tail, ring_mask, ring_entries, flags, dropped, array, and more.
    submission: [u32; 10],
    /// head, tail, ring_mask, ring_entries, overflow, cqes, and more.
    completion: [u32; 10],
}

/// One operation.
#[repr(C)]
#[derive(Default)]
pub struct Entry {
    opcode: u8,
    flags: u8,
    priority: u16,
    fd: i32,
    offset: u64,
    address: u64,
    length: u32,
    options: u32,
    rest: [u64; 4],
}

const RING_BYTES: usize = 4096;
const ENTRIES: u32 = 4;
/// The operation goes to a worker at once.
const ASYNC: u8 = 1 << 4;
const SUBMISSION: libc::off_t = 0;
const COMPLETION: libc::off_t = 0x800_0000;
const OPERATIONS: libc::off_t = 0x1000_0000;

fn map(ring: &OwnedFd, place: libc::off_t) -> io::Result<*mut u8> {
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: a new mapping, which nothing else in this process knows of.
    let at = unsafe {
        libc::mmap(ptr::null_mut(), RING_BYTES, protection, libc::MAP_SHARED, ring.as_raw_fd(), place)
    };
    if at == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(at.cast()) }
}

/// Submits one operation and waits for its result.
fn run(entry: Entry) -> io::Result<i32> {
    let mut params = Params::default();
    // SAFETY: the kernel writes a structure of this size.
    let fd = unsafe { libc::syscall(libc::SYS_io_uring_setup, ENTRIES, &raw mut params) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor is new.
    let ring = unsafe { OwnedFd::from_raw_fd(fd as i32) };
    let (submission, completion, operations) =
        (map(&ring, SUBMISSION)?, map(&ring, COMPLETION)?, map(&ring, OPERATIONS)?);
    // SAFETY: the offsets are the kernel's, and lie in the pages that were mapped; four entries are small.
    unsafe {
        operations.cast::<Entry>().write(entry);
        submission.add(params.submission[6] as usize).cast::<u32>().write(0);
        (*submission.add(params.submission[1] as usize).cast::<AtomicU32>()).store(1, Ordering::Release);
        let done = libc::syscall(libc::SYS_io_uring_enter, ring.as_raw_fd(), 1, 1, 1, 0, 0);
        if done < 0 {
            return Err(io::Error::last_os_error());
        }
        // Behind eight bytes of the user's, the result.
        Ok(completion.add(params.completion[5] as usize + 8).cast::<i32>().read())
    }
}

fn result(value: i32) -> io::Result<i32> {
    if value < 0 { Err(io::Error::from_raw_os_error(-value)) } else { Ok(value) }
}

const OPENAT: u8 = 18;
const CONNECT: u8 = 16;
const RENAMEAT: u8 = 35;
const UNLINKAT: u8 = 36;
const LINKAT: u8 = 39;
const SENDMSG: u8 = 9;

fn text(path: &str) -> io::Result<CString> {
    CString::new(path).map_err(io::Error::other)
}

/// An operation on files: open (for reading), unlink, rename, link.
pub fn on_files(way: &str, path: &str, other: &str) -> io::Result<()> {
    let (path, other) = (text(path)?, text(other)?);
    let (opcode, two) = match way {
        "ring-open" => (OPENAT, false),
        "ring-unlink" => (UNLINKAT, false),
        "ring-rename" => (RENAMEAT, true),
        _ => (LINKAT, true),
    };
    let mut entry =
        Entry { opcode, flags: ASYNC, fd: libc::AT_FDCWD, address: path.as_ptr() as u64, ..Entry::default() };
    if two {
        entry.length = libc::AT_FDCWD.cast_unsigned();
        entry.offset = other.as_ptr() as u64;
    }
    result(run(entry)?).map(drop)
}

/// Connects a socket.
pub fn connect(socket: &OwnedFd, address: &libc::sockaddr_in) -> io::Result<()> {
    let entry = Entry {
        opcode: CONNECT,
        flags: ASYNC,
        fd: socket.as_raw_fd(),
        address: ptr::from_ref(address) as u64,
        offset: size_of_val(address) as u64,
        ..Entry::default()
    };
    result(run(entry)?).map(drop)
}

/// Sends a datagram of one byte.
pub fn send(socket: &OwnedFd, address: &libc::sockaddr_in) -> io::Result<()> {
    let mut byte = [0u8];
    let mut part = libc::iovec { iov_base: byte.as_mut_ptr().cast(), iov_len: 1 };
    // SAFETY: a message of zeros is one without anything.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_name = ptr::from_ref(address).cast_mut().cast();
    message.msg_namelen = size_of_val(address) as u32;
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    let entry = Entry {
        opcode: SENDMSG,
        flags: ASYNC,
        fd: socket.as_raw_fd(),
        address: &raw const message as u64,
        length: 1,
        ..Entry::default()
    };
    result(run(entry)?).map(drop)
}
