//! Both ways between this crate and the command `minisign` (Debian: package `minisign`).

use super::sample;
use crate::artifact::sign::{SecretKey, sign};
use crate::artifact::{Artifact, PublicKey, Trust, attach_signature};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A folder that goes when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("warmor-minisign-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.0.join(name), bytes).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn minisign(folder: &Path, arguments: &[&str], input: &str) -> bool {
    let mut child = Command::new("minisign")
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("the command `minisign` is installed");
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait().unwrap().success()
}

#[test]
#[ignore = "needs the command `minisign`, and 1 GiB to derive its key from a password"]
fn files_go_both_ways() {
    let folder = Folder::new();
    let key = SecretKey::generate().unwrap();
    let artifact = Artifact::read(sign(sample::unsigned(), &key).unwrap(), Trust::AllowUnsigned).unwrap();
    folder.write("ours.pub", key.public_text());
    folder.write("artifact", artifact.signed_bytes());
    folder.write("ours.sig", artifact.signature().unwrap().text());
    assert!(minisign(&folder.0, &["-Vm", "artifact", "-x", "ours.sig", "-p", "ours.pub"], ""));
    folder.write("changed", [artifact.signed_bytes(), b"\0"].concat());
    assert!(!minisign(&folder.0, &["-Vm", "changed", "-x", "ours.sig", "-p", "ours.pub"], ""));

    let keys = [key.public_key().unwrap()];
    folder.write("plain.key", key.to_text(None).unwrap().as_bytes());
    folder.write("secret.key", key.to_text(Some("pass word")).unwrap().as_bytes());
    for secret in ["plain.key", "secret.key"] {
        assert!(
            minisign(&folder.0, &["-Sm", "artifact", "-x", "theirs.sig", "-s", secret], "pass word\n"),
            "{secret}"
        );
        let signed = attach_signature(sample::unsigned(), &folder.read("theirs.sig")).unwrap();
        assert!(Artifact::read(signed, Trust::Keys(&keys)).is_ok(), "{secret}");
    }

    assert!(minisign(&folder.0, &["-G", "-p", "theirs.pub", "-s", "theirs.key"], "pass word\npass word\n"));
    let theirs = SecretKey::parse(&folder.read("theirs.key"), Some("pass word")).unwrap();
    assert_eq!(theirs.public_key().unwrap(), PublicKey::parse(&folder.read("theirs.pub")).unwrap());
}
