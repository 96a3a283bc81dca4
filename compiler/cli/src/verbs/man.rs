//! `warmorc man`: for whoever packages the program.

use crate::output::{Exit, Output};
use std::path::PathBuf;
use warmor_report::Failure;

/// Writes the manual pages into a folder, or prints the main one
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder
    #[arg(value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

pub fn run(args: &Args, command: clap::Command, out: &mut Output) -> Result<Exit, Failure> {
    let failed = |e: std::io::Error| Failure::new(format!("the manual cannot be written: {e}"));
    if let Some(folder) = &args.folder {
        std::fs::create_dir_all(folder).map_err(failed)?;
        clap_mangen::generate_to(command, folder).map_err(failed)?;
    } else {
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page).map_err(failed)?;
        out.bytes(&page);
    }
    Ok(Exit::Clean)
}
