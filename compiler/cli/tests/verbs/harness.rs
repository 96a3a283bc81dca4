//! A folder of its own for each test, and the binary run in it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder that is gone when the test is over.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("warmorc-test-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path.canonicalize().unwrap())
    }

    /// The shop as a project.
    pub fn shop() -> Self {
        let folder = Self::new();
        folder.write("warmor.toml", super::MANIFEST);
        folder.write("shop.warmor", super::SHOP);
        folder
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.0.join(name)).unwrap()
    }

    /// Runs `warmorc` with these words.
    pub fn run(&self, words: &str) -> Run {
        self.run_with(words, "")
    }

    /// The same with something on standard input.
    pub fn run_with(&self, words: &str, input: &str) -> Run {
        let words: Vec<&str> = words.split_whitespace().collect();
        self.run_words(&words, input)
    }

    pub fn run_words(&self, words: &[&str], input: &str) -> Run {
        let mut child = self.command(words).stdin(Stdio::piped()).spawn().unwrap();
        // A verb that does not read leaves a broken pipe behind, which is no concern of ours.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        Run { output: child.wait_with_output().unwrap(), folder: self.0.display().to_string() }
    }

    /// Runs a command that has been put together.
    pub fn finish(&self, mut command: Command) -> Run {
        Run { output: command.output().unwrap(), folder: self.0.display().to_string() }
    }

    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_warmorc"));
        command
            .args(words)
            .current_dir(&self.0)
            .env_clear()
            .env("SOURCE_DATE_EPOCH", "1767225600")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is left to the system's own cleaning.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What a run left behind.
pub struct Run {
    output: Output,
    folder: String,
}

impl Run {
    pub fn code(&self) -> i32 {
        self.output.status.code().expect("it was not killed")
    }

    pub fn stdout(&self) -> String {
        String::from_utf8(self.output.stdout.clone()).unwrap().replace(&self.folder, "[folder]")
    }

    pub fn stderr(&self) -> String {
        String::from_utf8(self.output.stderr.clone()).unwrap().replace(&self.folder, "[folder]")
    }

    /// Exit code, standard output and standard error, for a snapshot.
    pub fn all(&self) -> String {
        let mut text = format!("exit code {}\n", self.code());
        for (name, stream) in [("stdout", self.stdout()), ("stderr", self.stderr())] {
            if !stream.is_empty() {
                text.push_str(&format!("---- {name}\n{stream}"));
            }
        }
        text
    }
}
