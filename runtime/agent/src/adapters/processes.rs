//! The processes that are older than the agent.

use crate::domain::descent::{Elder, Exe};
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

/// The inode number of the first pid namespace: fixed by the kernel (`PROC_PID_INIT_INO`).
const FIRST_PID_NAMESPACE: &str = "pid:[4026531836]";

/// Hundredths of a second since the machine started: the unit of a process's start time.
pub fn now() -> u64 {
    let uptime = fs::read_to_string("/proc/uptime").unwrap_or_default();
    let digits: String = uptime.chars().take_while(|c| *c != ' ').filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

/// All processes that started before `limit`. None where process ids are not those of the kernel: in a pid namespace of its own.
pub fn older_than(limit: u64) -> Vec<Elder> {
    let ours = fs::read_link("/proc/self/ns/pid");
    if !ours.is_ok_and(|ns| ns.as_os_str() == FIRST_PID_NAMESPACE) {
        return Vec::new();
    }
    let mounts = fs::read_link("/proc/self/ns/mnt").ok();
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|e| e.file_name().to_str()?.parse::<u32>().ok());
    pids.filter_map(|pid| {
        let folder = Path::new("/proc").join(pid.to_string());
        let (parent, started) = stat(&fs::read_to_string(folder.join("stat")).ok()?)?;
        // A path means what the host sees: in another mount namespace it is not to be trusted.
        let same_mounts = mounts.is_some() && fs::read_link(folder.join("ns/mnt")).ok() == mounts;
        let exe = match fs::read_link(folder.join("exe")) {
            Ok(path) if same_mounts => exe(path.into_os_string().into_vec()),
            // A task of the kernel's own.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Exe::Absent,
            _ => Exe::Unknown,
        };
        (started < limit).then_some(Elder { pid, parent, exe })
    })
    .collect()
}

/// The path of an executable; a file that was removed has no path that is sure to be its own.
fn exe(path: Vec<u8>) -> Exe {
    if path.first() == Some(&b'/')
        && !path.ends_with(b" (deleted)")
        && path.len() <= warmor_bpf::limits::EXE_BYTES
    {
        Exe::Known(path.into())
    } else {
        Exe::Unknown
    }
}

/// Parent and start time out of /proc/PID/stat. The name, in brackets, may hold anything; what counts is behind its end.
fn stat(text: &str) -> Option<(u32, u64)> {
    let fields: Vec<&str> = text.get(text.rfind(')')? + 1..)?.split_whitespace().collect();
    Some((fields.get(1)?.parse().ok()?, fields.get(19)?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_pretend_to_be_other_fields() {
        let text = "7 (a) S 1 99 ) R 5 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 12345 100 200";
        assert_eq!(stat(text), Some((5, 12345)));
        assert_eq!(stat("7 (a"), None);
        assert_eq!(stat("7 (a) S"), None);
    }

    #[test]
    fn this_process_is_found_with_its_executable() {
        let own = older_than(u64::MAX).into_iter().find(|e| e.pid == std::process::id());
        let Some(own) = own else { return };
        let path = std::env::current_exe().unwrap().into_os_string().into_vec();
        assert_eq!(own.exe, exe(path));
        assert!(older_than(0).is_empty());
    }

    #[test]
    fn what_was_removed_has_no_path() {
        assert_eq!(exe(b"/usr/bin/x (deleted)".to_vec()), Exe::Unknown);
        assert_eq!(exe(b"/usr/bin/x".to_vec()), Exe::Known(b"/usr/bin/x".as_slice().into()));
    }
}
