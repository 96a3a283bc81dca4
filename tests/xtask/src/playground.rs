//! `cargo xtask playground`: the compiler as a WebAssembly module, the package that embeds it, and the page, built and served.
//!
//! ```text
//!  playground/src ─► cargo ─► wasm-bindgen ─► wasm-opt ─► playground/web/generated
//!  playground/web ─► esbuild, tsc ─► target/playground/package and target/playground/site
//! ```

mod build;
mod serve;

use crate::{setup, shell};
use anyhow::Result;
use std::path::PathBuf;

/// Options of `cargo xtask playground`.
#[derive(clap::Args)]
pub struct Args {
    /// Open the page in a browser.
    #[arg(long)]
    pub open: bool,
    /// Build only, and serve nothing.
    #[arg(long, conflicts_with = "open")]
    pub build: bool,
    /// Where the page is served on this machine; 0 takes any free port.
    #[arg(long, value_name = "PORT", default_value_t = 8040)]
    pub port: u16,
}

/// The folder with everything that is no Rust.
fn web() -> PathBuf {
    shell::root().join("playground/web")
}

/// Where everything that is built goes.
fn out() -> PathBuf {
    shell::built().join("playground")
}

/// Builds everything, and serves the page.
///
/// # Errors
/// When something cannot be installed or built, or the port is taken.
pub fn run(args: &Args) -> Result<()> {
    setup::targets(&[build::TARGET])?;
    build::all()?;
    if args.build {
        return Ok(());
    }
    serve::serve(&out().join("site"), args.port, |address| {
        println!("  the playground is at {address} (end with ctrl-c)");
        if args.open {
            // Nobody waits for a browser; where there is none, the address was printed.
            let _ = std::process::Command::new("xdg-open").arg(address).spawn();
        }
    })
}
