//! `cargo xtask playground`: the compiler as a WebAssembly module, the package that embeds it, and the page, built and served.
//!
//! ```text
//!  playground/src ─► cargo ─► wasm-bindgen ─► wasm-opt ─► playground/web/generated
//!  playground/web ─► esbuild, tsc ─► target/playground/package and target/playground/site
//!  docs, README.md … ─► marked ─► target/playground/site/docs
//! ```

mod browser;
mod build;
mod serve;

pub use browser::in_browser;

use crate::{editors, setup, shell};
use anyhow::Result;
use std::path::PathBuf;
use std::process::Command;

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

/// What the tests of the compiler for JavaScript depend on.
pub const COMPILER_INPUTS: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "compiler",
    "examples",
    "lsp/ide",
    "playground/Cargo.toml",
    "playground/examples",
    "playground/src",
    "playground/web/README.md",
    "playground/web/examples",
    "playground/web/package-lock.json",
    "playground/web/package.json",
    "playground/web/scripts",
    "playground/web/src",
    "playground/web/tests",
    "playground/web/tsconfig.json",
    "playground/web/tsconfig.package.json",
    "runtime/policy",
    "stdlib",
    "tests/xtask/src",
];

/// What the page's tests depend on beside that: the documentation stands beside the page.
pub const PAGE_INPUTS: &[&str] = &["CONTRIBUTING.md", "README.md", "SECURITY.md", "docs"];

/// Builds everything, and tries the package: in a worker, installed by somebody else, and beside the reference evaluator.
///
/// # Errors
/// When something cannot be installed or built, or a test fails.
pub fn compiler_tests() -> Result<()> {
    build::all()?;
    verdicts()?;
    shell::show(&mut shell::cargo(&["build", "--quiet", "--package", "warmorc"]))?;
    let mut test = editors::npm(&web(), &["test"]);
    test.env("NODE_OPTIONS", "--test-reporter=dot")
        .env("WARMOR_PLAYGROUND_PACKAGE", out().join("package"))
        .env("WARMORC", shell::built().join("debug/warmorc"));
    shell::show(&mut test)
}

/// Writes down what the reference evaluator says.
fn verdicts() -> Result<()> {
    let program = ["run", "--quiet", "--package", "warmor-playground", "--example", "verdicts"];
    let verdicts = shell::capture(&mut shell::cargo(&program))?;
    Ok(std::fs::write(out().join("verdicts.json"), verdicts)?)
}

/// Prints the figures of the module and of the page: a line each, or a JSON object a line.
///
/// # Errors
/// When something cannot be installed or built, or the page cannot be measured.
pub fn figures(json: bool) -> Result<()> {
    setup::packages(&[setup::BROWSER])?;
    build::all()?;
    verdicts()?;
    let scripts: [&[&str]; 2] = [&["tests/figures.mjs"], &["tests/browser/run.mjs", "SITE", "--measure"]];
    for script in scripts {
        let mut node = Command::new("node");
        node.current_dir(web()).env("WARMOR_PLAYGROUND_PACKAGE", out().join("package"));
        for word in script {
            node.arg(if *word == "SITE" { out().join("site") } else { word.into() });
        }
        for line in String::from_utf8_lossy(&shell::capture(&mut node)?).lines() {
            let Figure { case, value, unit } = serde_json::from_str(line)?;
            if json {
                println!(
                    r#"{{"bench": "playground", "case": "{case}", "value": {value:.3}, "unit": "{unit}"}}"#
                );
            } else {
                println!("{:<10} {case:<28} {value:>16.1} {unit}", "playground");
            }
        }
    }
    Ok(())
}

#[derive(serde::Deserialize)]
struct Figure {
    case: String,
    value: f64,
    unit: String,
}

/// Builds everything, and serves the page.
///
/// # Errors
/// When something cannot be installed or built, or the port is taken.
pub fn run(args: &Args) -> Result<()> {
    build::all()?;
    if args.build {
        return Ok(());
    }
    serve::serve(&out().join("site"), args.port, |address| {
        println!("  the playground is at {address} (end with ctrl-c)");
        if args.open {
            // Nobody waits for a browser; where there is none, the address was printed.
            let _ = Command::new("xdg-open").arg(address).spawn();
        }
    })
}
