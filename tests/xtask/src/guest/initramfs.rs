//! The guest's initial file system, as a cpio archive (format `newc`, see the kernel's
//! Documentation/driver-api/early-userspace/buffer-format.rst). Written here, so that no root and no device node is needed.

use super::{Program, cases::Case};
use anyhow::{Context, Result};
use std::fmt::Write as _;
use std::fs;

const DIRECTORY: u32 = 0o040_755;
const PROGRAM: u32 = 0o100_755;
const FILE: u32 = 0o100_644;
const SYMLINK: u32 = 0o120_777;
const CONSOLE: u32 = 0o020_600;

const FOLDERS: [&str; 12] =
    ["bin", "cases", "dev", "etc", "lib", "proc", "root", "run", "sys", "tmp", "usr", "var"];

/// The busybox commands that the cases use.
const APPLETS: [&str; 40] = [
    "[", "awk", "cat", "chmod", "chown", "chroot", "cp", "cut", "dd", "dmesg", "echo", "env", "false",
    "find", "grep", "head", "hostname", "ip", "kill", "ln", "ls", "mkdir", "mknod", "mount", "mv",
    "poweroff", "rm", "rmdir", "sed", "sh", "sleep", "sync", "tail", "test", "timeout", "touch", "true",
    "umount", "unshare", "wc",
];

#[derive(Default)]
struct Archive {
    bytes: Vec<u8>,
    entries: u32,
}

impl Archive {
    fn add(&mut self, name: &str, mode: u32, device: (u32, u32), data: &[u8]) {
        self.entries += 1;
        let mut header = String::from("070701");
        let size = data.len() as u32;
        for field in
            [self.entries, mode, 0, 0, 1, 0, size, 0, 0, device.0, device.1, name.len() as u32 + 1, 0]
        {
            let _ = write!(header, "{field:08x}");
        }
        self.bytes.extend_from_slice(header.as_bytes());
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.push(0);
        self.pad();
        self.bytes.extend_from_slice(data);
        self.pad();
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}

/// The archive with the programs and the cases.
pub fn build(programs: &[Program], cases: &[Case]) -> Result<Vec<u8>> {
    let mut archive = Archive::default();
    for folder in FOLDERS {
        archive.add(folder, DIRECTORY, (0, 0), &[]);
    }
    archive.add("dev/console", CONSOLE, (5, 1), &[]);
    archive.add("init", PROGRAM, (0, 0), include_bytes!("init.sh"));
    archive.add("lib/cases.sh", FILE, (0, 0), include_bytes!("cases.sh"));
    for program in programs {
        let bytes =
            fs::read(&program.from).with_context(|| format!("cannot read {}", program.from.display()))?;
        archive.add(&format!("bin/{}", program.name), PROGRAM, (0, 0), &bytes);
    }
    for applet in APPLETS {
        archive.add(&format!("bin/{applet}"), SYMLINK, (0, 0), b"busybox");
    }
    for case in cases {
        archive.add(&format!("cases/{}", case.name), DIRECTORY, (0, 0), &[]);
        for (name, bytes) in &case.files {
            archive.add(&format!("cases/{}/{name}", case.name), FILE, (0, 0), bytes);
        }
    }
    archive.add("TRAILER!!!", 0, (0, 0), &[]);
    Ok(archive.bytes)
}
