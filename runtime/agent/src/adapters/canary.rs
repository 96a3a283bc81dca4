//! The canary: operations that the agent's own image denies, tried in earnest.

use super::kernel::{Kernel, KernelError};
use crate::domain::canary;
use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use warmor_bpf::{Mode, Setup, Wanted};

/// Why enforcement is not proved.
#[derive(Debug, thiserror::Error)]
pub enum CanaryError {
    /// A file that must not open did open.
    #[error(
        "a file that the canary denies could be opened: the programs on LSM hooks are attached and have no effect"
    )]
    FileAllowed,
    /// An endpoint that must not be reached was.
    #[error(
        "an endpoint that the canary denies could be connected to: the programs on the cgroup have no effect"
    )]
    EndpointAllowed,
    /// Something that is not denied failed.
    #[error("{0} is not denied by the canary and failed: {1}")]
    NeighbourDenied(&'static str, io::Error),
    /// It failed for another reason than a denial.
    #[error("the canary failed for another reason than a denial: {0}")]
    Io(#[from] io::Error),
    /// The kernel refused the canary's image.
    #[error(transparent)]
    Kernel(#[from] KernelError),
    /// The canary's image was refused.
    #[error("the canary's tables are not sound: {0}")]
    Image(#[from] warmor_policy::image::ImageError),
}

/// A folder with the file to be denied and its neighbour; removed when dropped.
pub struct Canary {
    folder: PathBuf,
    endpoint: SocketAddrV4,
}

/// The generation of the canary's image.
pub const GENERATION: u32 = 1;

impl Canary {
    /// Makes the files.
    ///
    /// # Errors
    /// When they cannot be made.
    pub fn new() -> io::Result<Self> {
        let base = if Path::new("/run").is_dir() { PathBuf::from("/run") } else { std::env::temp_dir() };
        let folder = base.canonicalize()?.join(format!("warmord-canary-{}", std::process::id()));
        match std::fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        std::fs::create_dir(&folder)?;
        File::create(folder.join("denied"))?;
        File::create(folder.join("allowed"))?;
        // 127/8 beyond 127.0.0.0/16 is the loopback and nobody's in particular; nothing is sent by connecting a datagram socket.
        let low = std::process::id().to_le_bytes();
        let endpoint = SocketAddrV4::new(Ipv4Addr::new(127, 233, low[1], low[0]), 9);
        Ok(Self { folder, endpoint })
    }

    /// Lets the canary's image decide.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn arm(&self, kernel: &mut Kernel) -> Result<(), CanaryError> {
        let image = canary::image(self.folder.join("denied").as_os_str().as_bytes(), self.endpoint)?;
        let (wanted, mode) = (Wanted::NOTHING, Mode::Enforce);
        kernel
            .swap(&image, &Setup { generation: GENERATION, mode, wanted, blind: 0, mentioned: u32::MAX })?;
        Ok(())
    }

    /// Proves that the programs on LSM hooks deny, and deny only what they should.
    ///
    /// # Errors
    /// When they do not.
    pub fn prove_files(&self) -> Result<(), CanaryError> {
        match File::open(self.folder.join("denied")) {
            Ok(_) => return Err(CanaryError::FileAllowed),
            Err(error) if error.raw_os_error() == Some(nix::libc::EPERM) => {}
            Err(error) => return Err(error.into()),
        }
        File::open(self.folder.join("allowed")).map_err(|e| CanaryError::NeighbourDenied("a file", e))?;
        Ok(())
    }

    /// Proves that the programs on a cgroup deny, by a process of the agent's own inside it.
    ///
    /// # Errors
    /// When they do not.
    pub fn prove_network(&self, cgroup: &Path) -> Result<(), CanaryError> {
        // A cgroup of its own below it: one that hands controllers on to its children may hold no process itself.
        let below = cgroup.join(format!("warmord-canary-{}", std::process::id()));
        std::fs::create_dir(&below)?;
        let status = Command::new("/proc/self/exe")
            .arg("canary-connect")
            .arg(&below)
            .arg(self.endpoint.to_string())
            .stdin(Stdio::null())
            .status();
        // The process has ended, and it takes the kernel a moment to see the cgroup empty.
        for _ in 0..50 {
            if std::fs::remove_dir(&below).is_ok() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        match status?.code() {
            Some(CONNECT_DENIED) => Ok(()),
            Some(CONNECT_ALLOWED) => Err(CanaryError::EndpointAllowed),
            other => {
                Err(io::Error::other(format!("the process that tries to connect ended with {other:?}"))
                    .into())
            }
        }
    }
}

impl Drop for Canary {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

const CONNECT_DENIED: i32 = 0;
const CONNECT_ALLOWED: i32 = 10;

/// What the process inside the cgroup does: enters it and tries the endpoint and its neighbour. Gives its exit code.
///
/// # Errors
/// When the cgroup cannot be entered, or a socket cannot be made, or the neighbour cannot be connected to.
pub fn connect_from(cgroup: &Path, endpoint: SocketAddrV4) -> io::Result<u8> {
    std::fs::write(cgroup.join("cgroup.procs"), "0")?;
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.connect(SocketAddrV4::new(*endpoint.ip(), endpoint.port() + 1))?;
    match socket.connect(endpoint) {
        Ok(()) => Ok(CONNECT_ALLOWED as u8),
        Err(error) if error.raw_os_error() == Some(nix::libc::EPERM) => Ok(CONNECT_DENIED as u8),
        Err(error) => Err(error),
    }
}
