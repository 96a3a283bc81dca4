//! `warmorc keygen`

use crate::keys::{self, PUBLIC, SECRET};
use crate::output::{Exit, Output};
use std::path::PathBuf;
use warmor_policy::artifact::sign::SecretKey;
use warmor_report::{Failure, escape};

/// Makes a key pair to sign artifacts with, in minisign's formats
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder for `warmor.key` (secret) and `warmor.pub`. Without one, the project, or the working directory
    #[arg(short, long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// Encrypts the secret key with the first line of this file, or of standard input (`-`)
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    let folder = args.output.clone().unwrap_or_else(keys::home);
    let (secret_path, public_path) = (folder.join(SECRET), folder.join(PUBLIC));
    let password = args.password_file.as_deref().map(keys::password).transpose()?;
    let failed = |e: warmor_policy::artifact::sign::SignError| Failure::new(e.to_string());
    let progress = out.progress("making a key");
    let key = SecretKey::generate().map_err(failed)?;
    let text = key.to_text(password.as_deref()).map_err(failed)?;
    drop(progress);
    // The public half first: a secret key without it is of no use, the other way round nothing is lost.
    keys::create(&public_path, &key.public_text(), false)?;
    if let Err(failure) = keys::create(&secret_path, &text, true) {
        // It was made a moment ago, and belongs to no key that exists.
        let _ = std::fs::remove_file(&public_path);
        return Err(failure);
    }
    let shown = |p: &std::path::Path| escape(&p.display().to_string());
    out.line(&format!("made the key {}", key.id()));
    out.line(&format!("  {}   secret: signs; keep it off the machines that enforce", shown(&secret_path)));
    out.line(&format!("  {}   public: give it to whoever checks", shown(&public_path)));
    if password.is_none() {
        out.line("the secret key is not encrypted: whoever reads the file can sign (`--password-file` encrypts it)");
    }
    Ok(Exit::Clean)
}
