//! `cargo xtask guest`: the runtime's tests inside a kernel that has the BPF LSM.
//!
//! First come the cases that this machine's own kernel can run: network rules, in a cgroup of their own. Then a Debian kernel
//! boots under QEMU's software emulation with an initial file system that holds busybox, the agent and the
//! cases of `tests/guest`. The cases talk through the serial console; their lines are the result.

mod cases;
mod console;
mod host;
mod initramfs;
mod kernel;
mod qemu;

use crate::{agent, shell};
use anyhow::{Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Options of `cargo xtask guest`.
#[derive(clap::Args)]
pub struct Args {
    /// Run only the cases whose name contains this.
    pub filter: Option<String>,
    /// Show the guest's console while it runs.
    #[arg(long)]
    pub console: bool,
}

const BUSYBOX: &str = "/bin/busybox";

/// The Linux security modules of a boot. The first is how the agent must find a host, the second how it must not.
const BOOTS: [(&str, &str); 2] = [("bpf", "landlock,lockdown,yama,bpf"), ("nobpf", "landlock,lockdown,yama")];

/// Runs the cases of this machine and of all boots.
pub fn run(args: &Args) -> Result<()> {
    let work = shell::root().join("target/guest");
    fs::create_dir_all(&work)?;
    let kernel = kernel::fetch(&work)?;
    println!("guest: kernel {}", kernel.version);
    let programs = build_programs(&work)?;
    let mut failed = Vec::new();
    let mut passed = 0;
    for case in cases::find(&shell::root().join("tests/guest/host"), args.filter.as_deref())? {
        match host::run(&case, &work, &programs)? {
            host::Outcome::Passed => {
                passed += 1;
                println!("  ok      host/{}", case.name);
            }
            host::Outcome::Failed(said) => {
                println!("  FAILED  host/{}\n{said}", case.name);
                failed.push(format!("host/{}", case.name));
            }
            host::Outcome::Skipped(why) => println!("  SKIPPED host/{}: {why}", case.name),
        }
    }
    for (boot, modules) in BOOTS {
        let cases = cases::find(&shell::root().join("tests/guest").join(boot), args.filter.as_deref())?;
        if cases.is_empty() {
            continue;
        }
        let image = initramfs::build(&programs, &cases)?;
        let initrd = work.join(format!("{boot}.cpio"));
        fs::write(&initrd, image)?;
        println!("guest: {} case(s) with lsm={modules}", cases.len());
        let machine = qemu::Machine {
            kernel: &kernel.image,
            initrd: &initrd,
            modules,
            cases: cases.len(),
            show: args.console,
        };
        let log = machine.run(&work.join(format!("{boot}.log")))?;
        for case in &cases {
            match log.outcome(&case.name) {
                console::Outcome::Passed => {
                    passed += 1;
                    println!("  ok      {boot}/{}", case.name);
                }
                outcome => {
                    println!("  FAILED  {boot}/{}: {outcome}\n{}", case.name, log.said_by(&case.name));
                    failed.push(format!("{boot}/{}", case.name));
                }
            }
        }
    }
    if !failed.is_empty() {
        bail!("guest: {} of {} case(s) failed: {}", failed.len(), failed.len() + passed, failed.join(", "));
    }
    if passed == 0 {
        bail!("guest: no case has a name like that");
    }
    println!("guest: {passed} case(s) passed on Linux {}", kernel.version);
    Ok(())
}

/// A file for the guest.
struct Program {
    from: PathBuf,
    name: &'static str,
}

/// Builds the static programs of the guest.
fn build_programs(work: &Path) -> Result<Vec<Program>> {
    println!("guest: building static programs");
    agent::build()?;
    let programs = vec![
        Program { from: Path::new(BUSYBOX).into(), name: "busybox" },
        Program { from: stripped(work, "warmord")?, name: "warmord" },
        Program { from: stripped(work, "probe")?, name: "probe" },
    ];
    for program in &programs {
        if !program.from.is_file() {
            bail!("{} is missing; install the package busybox-static", program.from.display());
        }
    }
    Ok(programs)
}

/// The program without what a debugger needs: the guest would unpack a multiple of it into its memory.
fn stripped(work: &Path, name: &str) -> Result<PathBuf> {
    let to = work.join(name);
    shell::run(Command::new("strip").arg("-o").arg(&to).arg(agent::program(name)))?;
    Ok(to)
}
