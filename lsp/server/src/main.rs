//! `warmor-lsp`: the Warmor language server, over standard input and output.
//!
//! ```text
//! editor ─► connection ─► one ordered loop ─► documents ─► programs ─► analysis ─► answers, diagnostics ─► editor
//!                              ▲                                          │
//!                              └──────── findings ◄──── prover thread ◄───┘
//! ```
//!
//! *Messages are handled in the order in which they come*, so an answer is always about the text that the editor had when it
//! asked. What takes long is proved on a thread of its own, and thrown away when the text has changed since. Nothing but the
//! protocol is ever written to standard output.

mod capabilities;
mod client;
mod convert;
mod diagnostics;
mod disk;
mod documents;
mod features;
mod pages;
mod programs;
mod prover;
mod server;
mod settings;
mod standard;
mod uri;

use std::process::ExitCode;

/// How much stack the loop has: parsing and checking recurse as deep as the compiler's own limits allow, wherever an editor
/// starts this from.
const STACK_BYTES: usize = 32 << 20;

const HELP: &str = "\
The Warmor language server, for any editor that speaks the Language Server Protocol.

Usage: warmor-lsp [--stdio]

Options:
      --stdio    Speaks over standard input and output; what it does anyway
  -h, --help     Prints this
  -V, --version  Prints the version
";

fn main() -> ExitCode {
    for argument in std::env::args_os().skip(1) {
        match argument.to_str() {
            Some("--stdio") => {}
            Some("-h" | "--help") => {
                print!("{HELP}");
                return ExitCode::SUCCESS;
            }
            Some("-V" | "--version") => {
                println!("warmor-lsp {}", env!("CARGO_PKG_VERSION"));
                return ExitCode::SUCCESS;
            }
            _ => {
                eprintln!(
                    "warmor-lsp: unknown argument `{}`\n\n{HELP}",
                    argument.to_string_lossy().escape_debug()
                );
                return ExitCode::from(2);
            }
        }
    }
    let server =
        std::thread::Builder::new().name("server".to_owned()).stack_size(STACK_BYTES).spawn(server::run);
    match server.map(std::thread::JoinHandle::join) {
        Ok(Ok(Ok(()))) => ExitCode::SUCCESS,
        Ok(Ok(Err(error))) => {
            eprintln!("warmor-lsp: {error}");
            ExitCode::FAILURE
        }
        // The panic has told its story on standard error.
        Ok(Err(_)) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("warmor-lsp: cannot start a thread: {error}");
            ExitCode::FAILURE
        }
    }
}
