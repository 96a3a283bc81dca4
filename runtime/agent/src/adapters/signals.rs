//! Being asked to stop.

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

/// Catches the signals that ask the agent to stop.
pub struct StopSignals(SignalFd);

/// Why a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// There are reports.
    Reports,
    /// Somebody asks for something.
    Request,
    /// The agent is asked to stop.
    Stop,
    /// Neither, for as long as was asked.
    Idle,
}

impl StopSignals {
    /// From now on SIGTERM and SIGINT no longer end the process.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn catch() -> io::Result<Self> {
        let mut set = SigSet::empty();
        set.add(Signal::SIGTERM);
        set.add(Signal::SIGINT);
        set.thread_block()?;
        Ok(Self(SignalFd::with_flags(&set, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?))
    }

    /// Waits for reports, for requests, for a signal, or for the time to pass.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn wait(
        &self,
        reports: BorrowedFd<'_>,
        requests: Option<BorrowedFd<'_>>,
        limit: Duration,
    ) -> io::Result<Woken> {
        let waiting = [self.0.as_fd(), reports].into_iter().chain(requests);
        let mut fds: Vec<_> = waiting.map(|fd| PollFd::new(fd, PollFlags::POLLIN)).collect();
        let limit = PollTimeout::try_from(limit).unwrap_or(PollTimeout::MAX);
        match poll(&mut fds, limit) {
            Ok(0) | Err(nix::errno::Errno::EINTR) => return Ok(Woken::Idle),
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        if fds[0].any() == Some(true) && self.0.read_signal()?.is_some() {
            return Ok(Woken::Stop);
        }
        Ok(if fds[1].any() == Some(true) { Woken::Reports } else { Woken::Request })
    }
}
