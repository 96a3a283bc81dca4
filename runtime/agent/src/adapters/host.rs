//! What this host is.

use crate::domain::escape;
use crate::domain::facts::Machine;
use crate::domain::plan::{Host, Modules, lsm_hooks};
use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use warmor_bpf::Agent;
use warmor_policy::schema::Action;

const SECURITY: &str = "/sys/kernel/security";

/// Looks at this host.
pub fn look() -> Host {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned();
    let skips_preempted = before(&release, (6, 2)) && fully_preemptible();
    Host { release, modules: modules(), missing: missing_hooks(), skips_preempted }
}

/// The LSM hooks of the programs that this kernel does not have.
pub fn missing_hooks() -> BTreeSet<&'static str> {
    missing(&fs::read("/sys/kernel/btf/vmlinux").unwrap_or_default())
}

/// Those that a kernel does not have, by the names in its type information.
fn missing(types: &[u8]) -> BTreeSet<&'static str> {
    let names: HashSet<&[u8]> =
        types.split(|b| *b == 0).filter_map(|name| name.strip_prefix(b"bpf_lsm_".as_slice())).collect();
    Action::all().flat_map(lsm_hooks).filter(|hook| !names.contains(hook.as_bytes())).collect()
}

/// The active security modules. Mounts securityfs where it is missing, at the place that is kept for it.
fn modules() -> Modules {
    let list = Path::new(SECURITY).join("lsm");
    let first = fs::read_to_string(&list);
    let text = first.or_else(|error| {
        let none = None::<&str>;
        let flags =
            nix::mount::MsFlags::MS_NOSUID | nix::mount::MsFlags::MS_NODEV | nix::mount::MsFlags::MS_NOEXEC;
        match nix::mount::mount(Some("securityfs"), SECURITY, Some("securityfs"), flags, none) {
            Ok(()) => fs::read_to_string(&list),
            Err(mount) => Err(std::io::Error::other(format!(
                "{}: {error}; mounting securityfs: {mount}",
                list.display()
            ))),
        }
    });
    match text {
        Ok(text) => Modules::Active(text.trim().split(',').map(str::to_owned).collect()),
        Err(error) => Modules::Unreadable(error.to_string()),
    }
}

fn before(release: &str, limit: (u32, u32)) -> bool {
    let mut numbers = release.split(['.', '-']).map_while(|n| n.parse::<u32>().ok());
    match (numbers.next(), numbers.next()) {
        (Some(major), Some(minor)) => (major, minor) < limit,
        // A release that cannot be read is taken for an old one: the safe side.
        _ => true,
    }
}

/// Whether tasks can be preempted inside the kernel. Up to Linux 6.1 a security program that was preempted in itself is
/// skipped for the next task on that CPU (commit 271de525e1d7 of 6.2 ended that).
fn fully_preemptible() -> bool {
    let version = fs::read_to_string("/proc/sys/kernel/version").unwrap_or_default();
    if version.contains("PREEMPT_RT") {
        return true;
    }
    if version.contains("PREEMPT_DYNAMIC") {
        // The word in brackets is what was chosen; without debugfs the command line is all there is.
        let chosen = fs::read_to_string("/sys/kernel/debug/sched/preempt").unwrap_or_default();
        let line = fs::read_to_string("/proc/cmdline").unwrap_or_default();
        return chosen.contains("(full)") || line.split_whitespace().any(|w| w == "preempt=full");
    }
    version.contains("PREEMPT ")
}

/// The inode number of this process's mount namespace: the host's, since the agent runs there.
///
/// # Errors
/// When /proc is not mounted.
pub fn mount_namespace() -> std::io::Result<u32> {
    Ok(fs::metadata("/proc/self/ns/mnt")?.ino() as u32)
}

/// This process, as the kernel programs tell it from all others.
///
/// # Errors
/// When /proc is not mounted.
pub fn agent() -> std::io::Result<Agent> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let started =
        start_of(&stat).ok_or_else(|| std::io::Error::other("/proc/self/stat has no start time"))?;
    Ok(Agent { pid: std::process::id(), started })
}

/// When a process started, by its line in /proc: the twenty-second word. The second is its name, which can hold anything.
fn start_of(stat: &str) -> Option<u64> {
    stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(19)?.parse().ok()
}

/// What facts of this machine can be read.
pub fn machine() -> Machine {
    let line = |path: &str| fs::read(path).ok().map(|text| text.trim_ascii().to_vec());
    let uptime = fs::read_to_string("/proc/uptime").unwrap_or_default();
    let uptime: f64 = uptime.split(' ').next().and_then(|s| s.parse().ok()).unwrap_or_default();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Machine {
        name: line("/proc/sys/kernel/hostname"),
        kernel: line("/proc/sys/kernel/osrelease"),
        epoch: now.saturating_sub(Duration::from_secs_f64(uptime.max(0.0))),
    }
}

/// The id of this boot, which no other has.
pub fn boot() -> Option<String> {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(escape::bytes(id.trim().as_bytes()))
}

/// Where the cgroup v2 hierarchy is mounted.
pub fn cgroup_root() -> Option<PathBuf> {
    let mounts = fs::read_to_string("/proc/mounts").ok()?;
    mounts.lines().find_map(|line| {
        let mut words = line.split(' ');
        let (_, place, kind) = (words.next()?, words.next()?, words.next()?);
        (kind == "cgroup2").then(|| PathBuf::from(place))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hooks_are_found_by_their_whole_names() {
        let missing = missing(b"\0bpf_lsm_file_open\0bpf_lsm_path_chmod_not\0x\0");
        assert!(!missing.contains("file_open") && missing.contains("path_chmod"));
    }

    #[test]
    fn a_start_is_found_behind_any_name() {
        let line = "7 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4242 20";
        assert_eq!(start_of(line), Some(4242));
        assert_eq!(start_of("7 (a) S 1"), None);
    }

    #[test]
    fn releases_are_compared_by_number() {
        assert!(before("6.1.0-56-amd64", (6, 2)));
        assert!(before("5.10.0", (6, 2)));
        assert!(!before("6.2.0", (6, 2)));
        assert!(!before("6.18.44-fc", (6, 2)));
        assert!(!before("10.0", (6, 2)));
        assert!(before("strange", (6, 2)));
    }
}
