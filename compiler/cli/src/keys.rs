//! Key files: where they are looked for, and how they are read and written.

use crate::files::{project_around, read_text};
use crate::paths::from_here;
use std::io::Write;
use std::path::{Path, PathBuf};
use warmor_policy::artifact::PublicKey;
use warmor_policy::artifact::sign::SecretKey;
use warmor_report::Failure;

/// The secret key's file, where no other is named.
pub const SECRET: &str = "warmor.key";
/// The public key's file, where no other is named.
pub const PUBLIC: &str = "warmor.pub";

/// The folder that belongs to the work: the project around the working directory, else the working directory.
pub fn home() -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    let folder = from_here(&project_around(&here).unwrap_or(here));
    if folder.as_os_str() == "." { PathBuf::new() } else { folder }
}

/// Reads a secret key.
pub fn secret(file: Option<&Path>, password_file: Option<&Path>) -> Result<SecretKey, Failure> {
    let path = file.map_or_else(|| home().join(SECRET), Path::to_owned);
    if !path.exists() {
        return Err(Failure::new(format!("there is no secret key `{}`", path.display()))
            .help("make one with `warmorc keygen`, or name one with `--key`"));
    }
    let text = read_text(&path)?;
    let password = password_file.map(password).transpose()?;
    SecretKey::parse(&text, password.as_deref()).map_err(|e| {
        let failure = Failure::new(format!("`{}`: {e}", path.display()));
        if password.is_none() {
            failure.help("a password is read from the file that `--password-file` names")
        } else {
            failure
        }
    })
}

/// Reads public keys; without a file, the one in the project or the working directory, if it is there.
pub fn public(files: &[PathBuf]) -> Result<Vec<PublicKey>, Failure> {
    let default = home().join(PUBLIC);
    let files: Vec<&Path> = match files {
        [] if default.exists() => vec![&default],
        files => files.iter().map(PathBuf::as_path).collect(),
    };
    let read = |path: &Path| {
        let text = read_text(path)?;
        PublicKey::parse(&text).map_err(|e| Failure::new(format!("`{}`: {e}", path.display())))
    };
    files.into_iter().map(read).collect()
}

/// The first line of a file.
pub fn password(path: &Path) -> Result<String, Failure> {
    let text = crate::files::read_input(path)?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(line.to_owned()),
        _ => Err(Failure::new(format!("the first line of `{}` is empty", path.display()))
            .help("it is the password of the secret key")),
    }
}

/// Makes a file that is not there yet; a secret one only its owner can read, from its first byte on.
pub fn create(path: &Path, text: &str, secret: bool) -> Result<(), Failure> {
    let failed = |e: std::io::Error| {
        let failure = Failure::new(format!("`{}` cannot be written: {e}", path.display()));
        if e.kind() == std::io::ErrorKind::AlreadyExists {
            return Failure::new(format!("`{}` is there already", path.display())).help(
                "a key that is overwritten is gone: move it away first, or give another name with `--output`",
            );
        }
        failure
    };
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if secret {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    #[cfg(not(unix))]
    let _ = secret;
    let mut file = options.open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)
}
