//! What a process can make of itself and of the kernel.

use crate::raw;
use nix::errno::Errno;
use nix::kmod::{ModuleInitFlags, finit_module, init_module};
use nix::sched::{CloneFlags, setns, unshare};
use nix::unistd::{Gid, Uid, setgid, setgroups, setuid};
use std::fs::File;
use std::io;

/// A kind of namespace by its word.
fn kind(word: &str) -> Option<i32> {
    Some(match word {
        "time" => 0x80,
        "mnt" => 0x0002_0000,
        "cgroup" => 0x0200_0000,
        "uts" => 0x0400_0000,
        "ipc" => 0x0800_0000,
        "user" => 0x1000_0000,
        "pid" => 0x2000_0000,
        "net" => 0x4000_0000,
        _ => return None,
    })
}

fn kinds(words: &str) -> Option<i32> {
    words.split(',').try_fold(0, |flags, word| Some(flags | kind(word)?))
}

/// Makes namespaces, or enters the one that it is in.
pub fn namespaces(way: &str, words: &str) -> Option<io::Result<()>> {
    let flags = kinds(words)?;
    Some(match way {
        "unshare" => unshare(CloneFlags::from_bits_retain(flags)).map_err(io::Error::from),
        "clone" => raw::clone(flags),
        "setns" => File::open(format!("/proc/self/ns/{words}"))
            .and_then(|file| Ok(setns(file, CloneFlags::from_bits_retain(flags))?)),
        _ => return None,
    })
}

/// Becomes somebody else.
pub fn identity(way: &str, id: u32) -> io::Result<()> {
    match way {
        "setuid" => setuid(Uid::from_raw(id))?,
        "setgid" => setgid(Gid::from_raw(id))?,
        _ => setgroups(&[Gid::from_raw(id)])?,
    }
    Ok(())
}

/// What is no module was read, and looked at.
fn looked_at(result: nix::Result<()>) -> io::Result<()> {
    match result {
        Err(Errno::ENOEXEC) => Ok(()),
        other => Ok(other?),
    }
}

/// Loads a module from a file.
pub fn module_file(path: &str) -> io::Result<()> {
    looked_at(finit_module(File::open(path)?, c"", ModuleInitFlags::empty()))
}

/// Loads a module out of memory.
pub fn module_memory() -> io::Result<()> {
    looked_at(init_module(&[0; 4096], c""))
}
