//! Asks the system to bring files to the disk, beside the work: it may take long.

use std::fs::File;
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// A thread that asks.
pub(super) struct Syncer {
    files: Option<SyncSender<File>>,
    errors: Receiver<io::Error>,
    thread: Option<JoinHandle<()>>,
}

/// So many files may wait. With more waiting, asking again would add nothing.
const WAITING: usize = 4;

impl Syncer {
    /// Starts the thread.
    pub fn start() -> io::Result<Self> {
        let (files, requests) = sync_channel::<File>(WAITING);
        let (failures, errors) = sync_channel(1);
        let work = move || {
            for file in requests {
                if let Err(error) = file.sync_data() {
                    // One that nobody has looked at yet says as much.
                    let _ = failures.try_send(error);
                }
            }
        };
        let thread = std::thread::Builder::new().name("warmord-sync".into()).spawn(work)?;
        Ok(Self { files: Some(files), errors, thread: Some(thread) })
    }

    /// Asks for a file. Gives whether it will be done.
    pub fn ask(&self, file: File) -> bool {
        self.files.as_ref().is_some_and(|files| files.try_send(file).is_ok())
    }

    /// Why a file could not be brought to the disk.
    pub fn error(&self) -> Option<io::Error> {
        self.errors.try_recv().ok()
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        self.files = None;
        if let Some(thread) = self.thread.take() {
            // It ends when it has done what was asked.
            let _ = thread.join();
        }
    }
}
