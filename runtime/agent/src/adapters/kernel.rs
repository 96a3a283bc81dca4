//! The kernel programs: loading, attaching, filling the banks, reading the ring.

use crate::ports::Counts;
use aya::maps::{Array, ArrayOfMaps, HashMap, MapData, PerCpuArray, RingBuf};
use aya::programs::cgroup_sock_addr::CgroupSockAddrLink;
use aya::programs::lsm::LsmLink;
use aya::programs::tp_btf::BtfTracePointLink;
use aya::programs::{BtfTracePoint, CgroupAttachMode, CgroupSockAddr, Lsm, Program, ProgramError};
use aya::{Btf, Ebpf, EbpfLoader};
use std::collections::BTreeSet;
use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::path::{Path, PathBuf};
use warmor_bpf::limits::IMAGE_WORDS;
use warmor_bpf::{BANK_BYTES, Config, Counter, ImageId, Report, ReportError, Setup, TaskRecord, bank};
use warmor_policy::image::Image;
use warmor_policy::schema::Action;

type Bank = Array<MapData, [u8; BANK_BYTES]>;

/// Programs that follow subjects on LSM hooks. They come first: enforcement without them would look at everybody late.
const FOLLOW_LSM: [&str; 3] = ["task_alloc", "task_free", "bprm_committed_creds"];

/// The program that the canary tries.
const CANARY_LSM: &str = "file_open";

/// Programs that follow subjects at tracepoints, where the LSM cannot.
const FOLLOW_TRACE: [&str; 3] = ["sched_process_fork", "sched_process_free", "sched_process_exec"];

/// Programs on a cgroup.
const CGROUP: [&str; 6] = ["connect4", "connect6", "sendmsg4", "sendmsg6", "bind4", "bind6"];

/// What the kernel refused.
#[derive(Debug, thiserror::Error)]
pub enum KernelError {
    /// The kernel does not describe its types.
    #[error("the kernel has no type information at /sys/kernel/btf/vmlinux (CONFIG_DEBUG_INFO_BTF): {0}")]
    Btf(aya::BtfError),
    /// The object was not accepted.
    #[error("the kernel programs cannot be loaded: {0}")]
    Object(#[from] aya::EbpfError),
    /// A program was not accepted.
    #[error("the program `{name}` cannot be {what}: {}", said(error))]
    Program {
        /// The program.
        name: &'static str,
        /// What was tried.
        what: &'static str,
        /// What the kernel said.
        error: Box<ProgramError>,
    },
    /// A map could not be read or written.
    #[error("the map `{name}` cannot be used: {error}")]
    Map {
        /// The map.
        name: &'static str,
        /// What the kernel said.
        error: Box<aya::maps::MapError>,
    },
    /// The object has no such part: it is not the one that belongs to this agent.
    #[error("the kernel object has no `{0}`")]
    Missing(&'static str),
    /// The cgroup cannot be opened.
    #[error("the cgroup {} cannot be opened: {error}", path.display())]
    Cgroup {
        /// The folder.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The image is longer than a bank.
    #[error("the tables have {0} words; a bank has {IMAGE_WORDS}")]
    ImageTooLong(usize),
}

/// What the kernel said, without the verifier's log when that is empty.
fn said(error: &ProgramError) -> String {
    match error {
        ProgramError::LoadError { io_error, verifier_log } if verifier_log.to_string().trim().is_empty() => {
            io_error.to_string()
        }
        other => other.to_string(),
    }
}

fn map_error(name: &'static str) -> impl Fn(aya::maps::MapError) -> KernelError {
    move |error| KernelError::Map { name, error: Box::new(error) }
}

fn program_error(name: &'static str, what: &'static str) -> impl Fn(ProgramError) -> KernelError {
    move |error| KernelError::Program { name, what, error: Box::new(error) }
}

/// What holds a program in its place; dropping it takes the program away.
#[expect(dead_code, reason = "held for what dropping it does")]
enum Link {
    Lsm(LsmLink),
    Trace(BtfTracePointLink),
    Cgroup(CgroupSockAddrLink),
}

/// The programs, in the kernel. Dropping it detaches them.
pub struct Kernel {
    links: Vec<Link>,
    /// Programs on LSM hooks that are attached.
    attached: BTreeSet<&'static str>,
    ebpf: Ebpf,
    btf: Btf,
    config: Array<MapData, [u8; Config::BYTES]>,
    bank: ArrayOfMaps<MapData, Bank>,
    counters: PerCpuArray<MapData, u64>,
    tasks: HashMap<MapData, u64, [u8; TaskRecord::BYTES]>,
    ring: RingBuf<MapData>,
}

impl Kernel {
    /// Brings the maps into the kernel. Nothing is attached and nothing is decided yet.
    ///
    /// # Errors
    /// When the kernel has no type information or does not accept a map.
    pub fn load() -> Result<Self, KernelError> {
        let btf = Btf::from_sys_fs().map_err(KernelError::Btf)?;
        let mut ebpf = EbpfLoader::new().btf(Some(&btf)).load(warmor_bpf::programs())?;
        let mut take = |name| ebpf.take_map(name).ok_or(KernelError::Missing(name));
        let (config, bank, counters) = (take("config")?, take("bank")?, take("counters")?);
        let (tasks, ring) = (take("tasks")?, take("reports")?);
        Ok(Self {
            config: Array::try_from(config).map_err(map_error("config"))?,
            bank: ArrayOfMaps::try_from(bank).map_err(map_error("bank"))?,
            counters: PerCpuArray::try_from(counters).map_err(map_error("counters"))?,
            tasks: HashMap::try_from(tasks).map_err(map_error("tasks"))?,
            ring: RingBuf::try_from(ring).map_err(map_error("reports"))?,
            links: Vec::new(),
            attached: BTreeSet::new(),
            ebpf,
            btf,
        })
    }

    /// Lets an image decide, used in this way. What decided until then goes on until the kernel has changed one pointer; when this
    /// is over, no hook call decides by what was before.
    ///
    /// # Errors
    /// When the image is longer than a bank, or the kernel has no memory; then everything is as before.
    pub fn swap(&mut self, image: &Image, setup: &Setup) -> Result<(), KernelError> {
        let value = bank(image.words(), setup).ok_or(KernelError::ImageTooLong(image.words().len()))?;
        let mut inner = Bank::create(1, 0).map_err(map_error("bank"))?;
        write_bank(&mut inner, &value)?;
        self.bank.set(0, &inner, 0).map_err(map_error("bank"))
    }

    /// Sets what holds for all images, before the first of them.
    ///
    /// # Errors
    /// When the kernel refuses the write.
    pub fn configure(&mut self, config: &Config) -> Result<(), KernelError> {
        self.config.set(0, config.to_bytes(), 0).map_err(map_error("config"))
    }

    /// Attaches the programs on LSM hooks that follow who is who, and those that decide these actions. What is attached stays so; a
    /// hook of which nothing is asked costs nothing.
    ///
    /// # Errors
    /// When the kernel refuses a program.
    pub fn attach_lsm(&mut self, actions: &BTreeSet<Action>) -> Result<(), KernelError> {
        for name in FOLLOW_LSM.into_iter().chain([CANARY_LSM]).chain(lsm_programs(actions)) {
            if !self.attached.insert(name) {
                continue;
            }
            let program: &mut Lsm = program(&mut self.ebpf, name)?;
            program.load(name, &self.btf).map_err(program_error(name, "loaded"))?;
            let link = program.attach().and_then(|id| program.take_link(id));
            self.links.push(Link::Lsm(link.map_err(program_error(name, "attached"))?));
        }
        Ok(())
    }

    /// Attaches the programs at tracepoints: who is who, where the LSM is not active.
    ///
    /// # Errors
    /// When the kernel refuses a program.
    pub fn attach_trace(&mut self) -> Result<(), KernelError> {
        for name in FOLLOW_TRACE {
            let program: &mut BtfTracePoint = program(&mut self.ebpf, name)?;
            program.load(name, &self.btf).map_err(program_error(name, "loaded"))?;
            let link = program.attach().and_then(|id| program.take_link(id));
            self.links.push(Link::Trace(link.map_err(program_error(name, "attached"))?));
        }
        Ok(())
    }

    /// Attaches the network programs to a cgroup; they see every process in it and below it.
    ///
    /// # Errors
    /// When the folder is no cgroup or the kernel refuses a program.
    pub fn attach_cgroup(&mut self, path: &Path) -> Result<(), KernelError> {
        let cgroup =
            File::open(path).map_err(|error| KernelError::Cgroup { path: path.to_owned(), error })?;
        for name in CGROUP {
            let program: &mut CgroupSockAddr = program(&mut self.ebpf, name)?;
            program.load().map_err(program_error(name, "loaded"))?;
            // Links can always stand beside other programs; the flag for that is one of the older way to attach.
            let link = program.attach(&cgroup, CgroupAttachMode::Single).and_then(|id| program.take_link(id));
            self.links.push(Link::Cgroup(link.map_err(program_error(name, "attached"))?));
        }
        Ok(())
    }

    /// The next report, if there is one.
    ///
    /// # Errors
    /// When the bytes are not a report.
    pub fn next_report(&mut self) -> Option<Result<Report, ReportError>> {
        self.ring.next().map(|item| Report::parse(&item))
    }

    /// Ready to read when there are reports.
    pub fn ring(&self) -> BorrowedFd<'_> {
        self.ring.as_fd()
    }

    /// The counters, summed over CPUs.
    ///
    /// # Errors
    /// When the kernel refuses the read.
    pub fn counts(&self) -> Result<Counts, KernelError> {
        let mut counts = Counts::default();
        for (counter, _) in Counter::ALL {
            let values = self.counters.get(&(counter as u32), 0).map_err(map_error("counters"))?;
            counts.set(counter, values.iter().sum());
        }
        Ok(counts)
    }

    /// The images that tasks run now, or descend from. One that starts meanwhile may be missing.
    ///
    /// # Errors
    /// When the kernel refuses the read.
    pub fn images(&self) -> Result<BTreeSet<ImageId>, KernelError> {
        let records = self.tasks.iter().map(|record| record.map(|(_, bytes)| TaskRecord::image(&bytes)));
        records.collect::<Result<_, _>>().map_err(map_error("tasks"))
    }

    /// Takes all programs out of the kernel's way. The maps stay, to be read.
    pub fn detach(&mut self) {
        self.links.clear();
        self.attached.clear();
    }

    /// How often the kernel did not call a program because it was already running on that CPU.
    pub fn missed_calls(&self) -> u64 {
        let misses = |program: &Program| {
            let info = std::fs::read_to_string(format!(
                "/proc/self/fdinfo/{}",
                program.fd().ok()?.as_fd().as_raw_fd()
            ))
            .ok()?;
            info.lines()
                .find_map(|l| l.strip_prefix("recursion_misses:"))
                .and_then(|v| v.trim().parse::<u64>().ok())
        };
        self.ebpf.programs().filter_map(|(_, program)| misses(program)).sum()
    }
}

/// The programs on LSM hooks that decide some actions.
fn lsm_programs(actions: &BTreeSet<Action>) -> impl Iterator<Item = &'static str> {
    actions.iter().flat_map(|a| a.info().hooks).filter_map(|hook| hook.strip_prefix("lsm/"))
}

/// Copies a bank into a map.
#[expect(
    clippy::needless_borrows_for_generic_args,
    reason = "by value, four megabytes would go over the stack"
)]
fn write_bank(inner: &mut Bank, value: &[u8; BANK_BYTES]) -> Result<(), KernelError> {
    inner.set(0, &*value, 0).map_err(map_error("bank"))
}

fn program<'e, P>(ebpf: &'e mut Ebpf, name: &'static str) -> Result<&'e mut P, KernelError>
where
    &'e mut P: TryFrom<&'e mut Program, Error = ProgramError>,
{
    let found = ebpf.program_mut(name).ok_or(KernelError::Missing(name))?;
    found.try_into().map_err(program_error(name, "found"))
}
