//! The kernel programs: loading, attaching, swapping images, reading the ring.

pub mod pins;

use crate::adapters::host;
use crate::domain::plan::lsm_hooks;
use crate::ports::Counts;
use aya::maps::{Array, ArrayOfMaps, HashMap, MapData, PerCpuArray, RingBuf};
use aya::pin::PinError;
use aya::programs::links::{FdLink, LinkError, PinnedLink};
use aya::programs::{
    BtfTracePoint, CgroupAttachMode, CgroupSockAddr, Lsm, Program, ProgramError, ProgramFd, loaded_programs,
};
use aya::{Btf, Ebpf, EbpfLoader};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use warmor_bpf::limits::IMAGE_WORDS;
use warmor_bpf::{BANK_BYTES, Config, Counter, ImageId, Report, ReportError, Setup, TaskRecord, bank};
use warmor_policy::image::Image;
use warmor_policy::schema::Action;

use pins::{Pins, PinsError};

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
    /// A link could not be pinned or looked at.
    #[error("what holds the program `{name}` in its place cannot be {what}: {error}")]
    Link {
        /// The program.
        name: String,
        /// What was tried.
        what: &'static str,
        /// What the kernel said.
        error: String,
    },
    /// Pins could not be used.
    #[error(transparent)]
    Pins(#[from] PinsError),
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

/// The maps that outlive the agent, with the programs.
const KEPT: [&str; 6] = ["bank", "config", "generation", "tasks", "reports", "counters"];

/// The programs, in the kernel. Dropping it detaches those that are not pinned.
pub struct Kernel {
    /// What holds programs in their places, by the names of their pins; where there are pins, these do.
    links: BTreeMap<String, FdLink>,
    pins: Option<Pins>,
    /// The names of what is in its place, and of that what was put there since it was last settled.
    placed: BTreeSet<String>,
    attached: BTreeSet<String>,
    /// The numbers of the programs that are in their places.
    running: BTreeSet<u32>,
    ebpf: Ebpf,
    btf: Btf,
    config: Array<MapData, [u8; Config::BYTES]>,
    bank: ArrayOfMaps<MapData, Bank>,
    generation: Array<MapData, u32>,
    counters: PerCpuArray<MapData, u64>,
    tasks: HashMap<MapData, u64, [u8; TaskRecord::BYTES]>,
    ring: RingBuf<MapData>,
}

impl Kernel {
    /// Brings the maps into the kernel, or finds those that are pinned. Nothing is attached, and nothing is changed of what is.
    ///
    /// # Errors
    /// When the kernel has no type information or does not accept a map.
    pub fn load(pins: Option<Pins>) -> Result<Self, KernelError> {
        let btf = Btf::from_sys_fs().map_err(KernelError::Btf)?;
        let mut loader = EbpfLoader::new();
        loader.btf(Some(&btf));
        if let Some(pins) = &pins {
            for name in KEPT {
                loader.map_pin_path(name, pins.map(name));
            }
        }
        let mut ebpf = loader.load(warmor_bpf::programs())?;
        let mut take = |name| ebpf.take_map(name).ok_or(KernelError::Missing(name));
        let (config, bank, counters) = (take("config")?, take("bank")?, take("counters")?);
        let (tasks, ring, generation) = (take("tasks")?, take("reports")?, take("generation")?);
        Ok(Self {
            config: Array::try_from(config).map_err(map_error("config"))?,
            bank: ArrayOfMaps::try_from(bank).map_err(map_error("bank"))?,
            counters: PerCpuArray::try_from(counters).map_err(map_error("counters"))?,
            tasks: HashMap::try_from(tasks).map_err(map_error("tasks"))?,
            ring: RingBuf::try_from(ring).map_err(map_error("reports"))?,
            generation: Array::try_from(generation).map_err(map_error("generation"))?,
            links: BTreeMap::new(),
            pins,
            placed: BTreeSet::new(),
            attached: BTreeSet::new(),
            running: BTreeSet::new(),
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
        self.generation.set(0, setup.generation, 0).map_err(map_error("generation"))?;
        self.bank.set(0, &inner, 0).map_err(map_error("bank"))
    }

    /// The highest generation that an image has been given; 0 when there has been none.
    ///
    /// # Errors
    /// When the kernel refuses the read.
    pub fn generation(&self) -> Result<u32, KernelError> {
        self.generation.get(&0, 0).map_err(map_error("generation"))
    }

    /// Sets what holds for all images of this agent. That the table of tasks was full once is not forgotten.
    ///
    /// # Errors
    /// When the kernel refuses the write.
    pub fn configure(&mut self, config: &Config) -> Result<(), KernelError> {
        self.config.set(0, config.to_bytes(), 0).map_err(map_error("config"))?;
        // The programs count first and note it after that: looking at the counter now misses nothing.
        if self.counts()?.get(Counter::NoTaskSlot) > 0 {
            let config = Config { overflow: true, ..*config };
            self.config.set(0, config.to_bytes(), 0).map_err(map_error("config"))?;
        }
        Ok(())
    }

    /// Attaches the programs on LSM hooks that follow who is who, and those that decide these actions. What is attached stays so; a
    /// hook of which nothing is asked costs nothing. Hooks that this kernel does not have are left out: what that means for an
    /// action, the plan has settled.
    ///
    /// # Errors
    /// When the kernel refuses a program.
    pub fn attach_lsm(&mut self, actions: &BTreeSet<Action>) -> Result<(), KernelError> {
        let missing = host::missing_hooks();
        let deciding = actions.iter().flat_map(|a| lsm_hooks(*a)).filter(|hook| !missing.contains(hook));
        for name in FOLLOW_LSM.into_iter().chain([CANARY_LSM]).chain(deciding) {
            self.place(name, name.to_owned(), |kernel| {
                let program: &mut Lsm = program(&mut kernel.ebpf, name)?;
                program.load(name, &kernel.btf).map_err(program_error(name, "loaded"))?;
                let link = program.attach().and_then(|id| program.take_link(id));
                Ok(link.map_err(program_error(name, "attached"))?.into())
            })?;
        }
        Ok(())
    }

    /// Attaches the programs at tracepoints: who is who, where the LSM is not active.
    ///
    /// # Errors
    /// When the kernel refuses a program.
    pub fn attach_trace(&mut self) -> Result<(), KernelError> {
        for name in FOLLOW_TRACE {
            self.place(name, name.to_owned(), |kernel| {
                let program: &mut BtfTracePoint = program(&mut kernel.ebpf, name)?;
                program.load(name, &kernel.btf).map_err(program_error(name, "loaded"))?;
                let link = program.attach().and_then(|id| program.take_link(id));
                Ok(link.map_err(program_error(name, "attached"))?.into())
            })?;
        }
        Ok(())
    }

    /// Attaches the network programs to a cgroup; they see every process in it and below it.
    ///
    /// # Errors
    /// When the folder is no cgroup or the kernel refuses a program.
    pub fn attach_cgroup(&mut self, path: &Path) -> Result<(), KernelError> {
        let failed = |error| KernelError::Cgroup { path: path.to_owned(), error };
        let cgroup = File::open(path).map_err(failed)?;
        let id = cgroup.metadata().map_err(failed)?.ino();
        for name in CGROUP {
            self.place(name, format!("{name}-{id}"), |kernel| {
                let program: &mut CgroupSockAddr = program(&mut kernel.ebpf, name)?;
                program.load().map_err(program_error(name, "loaded"))?;
                // Links can always stand beside other programs; the flag for that is one of the older way to attach.
                let link =
                    program.attach(&cgroup, CgroupAttachMode::Single).and_then(|id| program.take_link(id));
                let link = link.map_err(program_error(name, "attached"))?;
                FdLink::try_from(link).map_err(link_error(name, "held"))
            })?;
        }
        Ok(())
    }

    /// Puts a program in its place, unless it is pinned there already.
    fn place(
        &mut self,
        name: &str,
        pin: String,
        attach: impl FnOnce(&mut Self) -> Result<FdLink, KernelError>,
    ) -> Result<(), KernelError> {
        if self.placed.contains(&pin) {
            return Ok(());
        }
        let path = self.pins.as_ref().map(|pins| pins.link(&pin));
        let looked = link_error(name, "looked at");
        let info = match path {
            None => {
                let link = attach(self)?;
                let info = link.info().map_err(looked)?;
                self.links.insert(pin.clone(), link);
                self.attached.insert(pin.clone());
                info
            }
            Some(path) if path.exists() => {
                let link = PinnedLink::from_pin(&path).map_err(link_error(name, "found"))?;
                FdLink::from(link).info().map_err(looked)?
            }
            Some(path) => {
                let failed = |error: PinError| KernelError::Link {
                    name: name.to_owned(),
                    what: "pinned",
                    error: error.to_string(),
                };
                let link = attach(self)?.pin(&path).map_err(failed)?;
                self.attached.insert(pin.clone());
                FdLink::from(link).info().map_err(looked)?
            }
        };
        self.running.insert(info.program_id());
        self.placed.insert(pin);
        Ok(())
    }

    /// Removes what an earlier agent pinned and this one did not put in its place or find there. Until now both decide, and an operation
    /// is denied that one of them denies.
    ///
    /// # Errors
    /// When something cannot be removed.
    pub fn settle(&mut self) -> Result<(), KernelError> {
        self.attached.clear();
        match &self.pins {
            Some(pins) => Ok(pins.retain(&self.placed)?),
            None => Ok(()),
        }
    }

    /// Whether the programs stay in their places when the agent ends.
    pub fn outlives(&self) -> bool {
        self.pins.is_some()
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

    /// How many reports each CPU wanted to send.
    ///
    /// # Errors
    /// When the kernel refuses the read.
    pub fn emitted(&self) -> Result<Vec<u64>, KernelError> {
        let values = self.counters.get(&(Counter::Emitted as u32), 0).map_err(map_error("counters"))?;
        Ok(values.to_vec())
    }

    /// The images that tasks run now, or descend from. One that starts meanwhile may be missing.
    ///
    /// # Errors
    /// When the kernel refuses the read.
    pub fn images(&self) -> Result<BTreeSet<ImageId>, KernelError> {
        let records = self.tasks.iter().map(|record| record.map(|(_, bytes)| TaskRecord::image(&bytes)));
        records.collect::<Result<_, _>>().map_err(map_error("tasks"))
    }

    /// Takes all programs out of the kernel's way, those of earlier agents too. The maps stay, to be read.
    ///
    /// # Errors
    /// When a pin cannot be removed.
    pub fn detach(&mut self) -> Result<(), KernelError> {
        self.links.clear();
        self.placed.clear();
        self.settle()
    }

    /// Takes out of the kernel's way what was attached since the last time it was settled.
    ///
    /// # Errors
    /// When a pin cannot be removed.
    pub fn take_back(&mut self) -> Result<(), KernelError> {
        for name in std::mem::take(&mut self.attached) {
            self.links.remove(&name);
            if let Some(pins) = &self.pins {
                pins.remove_link(&name)?;
            }
            self.placed.remove(&name);
        }
        Ok(())
    }

    /// Removes every pin. The maps go with the last program that knows them.
    ///
    /// # Errors
    /// When a pin cannot be removed.
    pub fn remove(&self) -> Result<(), KernelError> {
        match &self.pins {
            Some(pins) => Ok(pins.remove()?),
            None => Ok(()),
        }
    }

    /// How often the kernel did not call a program because it was already running on that CPU.
    pub fn missed_calls(&self) -> u64 {
        let misses = |program: ProgramFd| {
            let info = format!("/proc/self/fdinfo/{}", program.as_fd().as_raw_fd());
            let info = std::fs::read_to_string(info).ok()?;
            let line = info.lines().find_map(|l| l.strip_prefix("recursion_misses:"))?;
            line.trim().parse::<u64>().ok()
        };
        let ours = loaded_programs().flatten().filter(|program| self.running.contains(&program.id()));
        ours.filter_map(|program| misses(program.fd().ok()?)).sum()
    }
}

fn link_error(name: &str, what: &'static str) -> impl Fn(LinkError) -> KernelError {
    move |error| KernelError::Link { name: name.to_owned(), what, error: error.to_string() }
}

/// Copies a bank into a map. By value, four megabytes would go over the stack.
fn write_bank(inner: &mut Bank, value: &[u8; BANK_BYTES]) -> Result<(), KernelError> {
    inner.set(0, value, 0).map_err(map_error("bank"))
}

fn program<'e, P>(ebpf: &'e mut Ebpf, name: &'static str) -> Result<&'e mut P, KernelError>
where
    &'e mut P: TryFrom<&'e mut Program, Error = ProgramError>,
{
    let found = ebpf.program_mut(name).ok_or(KernelError::Missing(name))?;
    found.try_into().map_err(program_error(name, "found"))
}
