//! One boot under QEMU's software emulation.

use super::console::Log;
use anyhow::{Context, Result, bail};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// A machine to boot.
pub struct Machine<'a> {
    /// The kernel image.
    pub kernel: &'a Path,
    /// The initial file system.
    pub initrd: &'a Path,
    /// The security modules to switch on.
    pub modules: &'a str,
    /// How many cases it will run; each adds to the time limit.
    pub cases: usize,
    /// Whether to show the console.
    pub show: bool,
}

const BOOT_LIMIT: Duration = Duration::from_mins(3);
const CASE_LIMIT: Duration = Duration::from_mins(4);
const ATTEMPTS: u32 = 3;

impl Machine<'_> {
    /// Boots, waits for the end, and keeps the console in `log_file`. Only a kernel that broke down is booted again: QEMU's
    /// emulation is known to crash some kernels at random, and a failed check must never be repeated until it holds.
    pub fn run(&self, log_file: &Path) -> Result<Log> {
        for attempt in 1..=ATTEMPTS {
            let log = self.boot(log_file)?;
            if log.ended() {
                return Ok(log);
            }
            if !log.panicked() {
                bail!("the guest did not come to its end; its console is in {}", log_file.display());
            }
            println!("guest: kernel panic in boot {attempt} of {ATTEMPTS}");
        }
        bail!("the guest's kernel broke down {ATTEMPTS} times; its console is in {}", log_file.display())
    }

    fn boot(&self, log_file: &Path) -> Result<Log> {
        let mut child = Command::new("qemu-system-x86_64")
            // Without cx16: cmpxchg16b is what the emulation gets wrong in some kernels.
            .args(["-M", "q35", "-accel", "tcg,thread=multi", "-cpu", "max,-cx16", "-smp", "2", "-m", "1024"])
            .args(["-nographic", "-no-reboot", "-nic", "none"])
            .arg("-kernel")
            .arg(self.kernel)
            .arg("-initrd")
            .arg(self.initrd)
            .arg("-append")
            .arg(format!("console=ttyS0 quiet panic=-1 lsm={}", self.modules))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .context("cannot start `qemu-system-x86_64`; install the package qemu-system-x86")?;
        let log = self.listen(&mut child, log_file);
        // Ends by itself after `poweroff`; a machine that hangs is stopped here.
        let _ = child.kill();
        let _ = child.wait();
        log
    }

    fn listen(&self, child: &mut Child, log_file: &Path) -> Result<Log> {
        let out = child.stdout.take().context("qemu has no output")?;
        let (send, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(out).split(b'\n').map_while(Result::ok) {
                if send.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                    return;
                }
            }
        });
        let deadline =
            Instant::now() + BOOT_LIMIT + CASE_LIMIT * u32::try_from(self.cases).unwrap_or(u32::MAX);
        let (mut log, mut text) = (Log::default(), String::new());
        while let Ok(raw) = lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            let line = log.push(&raw);
            text.push_str(line);
            text.push('\n');
            if self.show {
                println!("guest| {line}");
            }
        }
        fs::write(log_file, text)?;
        Ok(log)
    }
}
